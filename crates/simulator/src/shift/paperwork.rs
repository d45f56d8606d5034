//! The paperwork of a shift: what evidence system, clerks and dispatchers write down of what happened, well or badly.

use super::Shift;
use crate::behaviour::{Account, Clip, Reviewed};
use crate::career::Held;
use crate::chance::Chance;
use crate::clock::Second;
use crate::dispatch::{Duty, Nature};
use crate::exports::{CALL_TIMES, CallNumber, CallRow, ExceptionRow, Exports, Owner, RecordingRow};
use crate::scenario::Scenario;
use crate::truth::Truth;

/// What goes wrong when an assignment is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClerkError {
    NoEnd,
    NoBegin,
    Unreadable,
    EndBeforeBegin,
}

/// What stands where a time cannot be read.
const UNREADABLE: [&str; 5] =
    ["1900-01-01T00:00:00-06:00", "2017-11-31T10:00:00-06:00", "0000-00-00 00:00:00", "pending", "24:61"];

impl Shift<'_> {
    pub(super) fn write_account(&mut self, duty: &Duty, account: &Account, exports: &mut Exports) {
        let Some(held) = self.officer.career.camera_at(duty.arrival) else {
            return;
        };
        for clip in &account.clips {
            self.write_clip(*clip, held, exports);
        }
        if let Some(clip) = account.technician {
            exports.recordings.push(RecordingRow {
                started: clip.activated - clip.buffer,
                owner: Owner::Technician(self.car.district),
                camera: Some(held.serial),
                activated: Some(clip.activated),
                stopped: clip.stopped,
                notice: clip.notice,
                clock_reset: false,
            });
        }
        if account.clock_reset {
            self.write_reset_clock(duty.arrival, held, exports);
        }
        for (at, event) in &account.events {
            exports.event(held.serial, *at, *event);
        }
        for filed in &account.filed {
            exports.exceptions.push(ExceptionRow {
                from: filed.from,
                to: filed.to,
                officer_id: self.officer.id,
                call: self.call_number(duty),
                about: filed.about,
                code: filed.code,
                approved: filed.approved,
            });
        }
        self.dead |= account.camera_failed;
    }

    pub(super) fn write_clip(&mut self, clip: Clip, held: Held, exports: &mut Exports) {
        let cameras = &self.setting.scenario.cameras;
        let short = self.chance.happens(cameras.short_buffer);
        let buffer = if short { self.chance.between(0, 25) } else { clip.buffer };
        let missing = if clip.stopped.is_some() { self.chance.roll() } else { 1.0 };
        let unnamed = missing < cameras.id_missing;
        let no_camera = !unnamed && missing < 2.0 * cameras.id_missing;
        exports.recordings.push(RecordingRow {
            started: clip.activated - buffer,
            owner: if unnamed { Owner::Unnamed } else { Owner::Officer(self.officer.id) },
            camera: (!no_camera).then_some(held.serial),
            activated: (buffer > 0).then_some(clip.activated),
            stopped: clip.stopped,
            notice: clip.notice,
            clock_reset: false,
        });
    }

    pub(super) fn write_reset_clock(&self, at: Second, held: Held, exports: &mut Exports) {
        exports.recordings.push(RecordingRow {
            started: at,
            owner: Owner::Officer(self.officer.id),
            camera: Some(held.serial),
            activated: Some(at + 30),
            stopped: Some(at + 630),
            notice: Reviewed::Nothing,
            clock_reset: true,
        });
    }

    pub(super) fn write_call(&mut self, index: usize, truth: Truth, exports: &mut Exports) {
        let duty = &self.duties[index];
        let call = &self.setting.calls[duty.call];
        let (times, unreadable) = self.written_times(index);
        exports.calls.push(CallRow {
            entered: call.entered,
            call: self.call_number(duty),
            officer_id: self.officer.id,
            car: duty.car,
            call_type: call.kind.word,
            priority: call.kind.priority,
            district: self.setting.district,
            disposition: call.disposition,
            times,
            unreadable,
            truth,
        });
    }

    /// The times as the clerk wrote them, and what of them cannot be read.
    fn written_times(
        &mut self,
        index: usize,
    ) -> ([Option<Second>; CALL_TIMES], Option<(usize, &'static str)>) {
        let duty = &self.duties[index];
        let arrived = match duty.nature {
            Nature::NoArrival => false,
            Nature::Exempt => self.chance.happens(0.8),
            _ => true,
        };
        let received = self.setting.calls[duty.call].received;
        let mut times = [
            received,
            Some(duty.dispatched),
            duty.en_route,
            arrived.then_some(duty.arrival),
            (duty.cleared > duty.end).then_some(duty.end),
            Some(duty.cleared),
        ];
        let mut unreadable = None;
        match self.clerk[index] {
            Some(ClerkError::NoEnd) => times[4..].fill(None),
            Some(ClerkError::NoBegin) => times[1..4].fill(None),
            Some(ClerkError::EndBeforeBegin) => {
                times[4] = None;
                times[5] = Some(duty.arrival - self.chance.between(0, 1_800));
            }
            Some(ClerkError::Unreadable) => {
                let column = [1, 3, 5][self.chance.one_of(3)];
                unreadable = Some((column, UNREADABLE[self.chance.one_of(UNREADABLE.len())]));
            }
            None => {}
        }
        (times, unreadable)
    }

    fn call_number(&self, duty: &Duty) -> CallNumber {
        CallNumber { day: self.setting.day, number: self.setting.calls[duty.call].number }
    }
}

/// Only ordinary assignments are written down badly: of the others one thing at a time is enough.
pub(super) fn clerk_error(duty: &Duty, scenario: &Scenario, chance: &mut Chance) -> Option<ClerkError> {
    let rates = &scenario.rows;
    if duty.nature != Nature::Ordinary {
        return None;
    }
    let shares = [
        (rates.no_end_time, ClerkError::NoEnd),
        (rates.no_begin_time, ClerkError::NoBegin),
        (rates.unreadable_time, ClerkError::Unreadable),
        (rates.end_before_begin, ClerkError::EndBeforeBegin),
    ];
    let mut roll = chance.roll();
    for (share, error) in shares {
        roll -= share;
        if roll < 0.0 {
            return Some(error);
        }
    }
    None
}
