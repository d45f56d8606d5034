//! One officer's shift: what the officer did in each assignment, and what is true about it.

mod paperwork;

use self::paperwork::{ClerkError, clerk_error};
use crate::behaviour::{Account, Behaviour, Clip, Doubts, Event, Reviewed, Scene, usual_start, usual_stop};
use crate::calendar::Calendar;
use crate::career::{Afterwards, Held};
use crate::chance::Chance;
use crate::clock::{DAY, Second};
use crate::conduct::{self, Disposition};
use crate::department::{Car, Officer};
use crate::dispatch::{Call, Duty, Nature};
use crate::exports::{EventRow, Exports};
use crate::rules::PRE_EVENT_BUFFER;
use crate::scenario::Scenario;
use crate::truth::{Details, NoticeStatus, Outcome, Truth};
use crate::{excuses, notice, outages};

/// A recording of something else needs so long a break between two assignments.
const ROOM_FOR_UNPROMPTED: i64 = 1_500;

/// Where and when a shift takes place.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub scenario: &'a Scenario,
    pub calendar: &'a Calendar,
    /// Counted from the first of the period.
    pub day: u32,
    pub calls: &'a [Call],
    /// The number of the officer's district.
    pub district: u32,
}

/// One officer's shift, under way.
pub(crate) struct Shift<'a> {
    setting: Setting<'a>,
    car: &'a Car,
    officer: &'a mut Officer,
    duties: &'a [Duty],
    chance: Chance,
    start: Second,
    /// The mistakes in writing down each duty.
    clerk: Vec<Option<ClerkError>>,
    doubts: Doubts,
    quiet: bool,
    /// The last duty's recording is never stopped.
    left_running: bool,
    /// Today's misspelt exception, reset clock or camera handed in is still to come.
    mishap: Option<Mishap>,
    /// From here on the camera is of no use.
    dead: bool,
}

/// What befalls the officer in the first ordinary assignment of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Misspelt,
    ClockReset,
    HandedIn,
}

impl<'a> Shift<'a> {
    /// Prepares the shift of an officer with these assignments.
    pub fn new(
        setting: Setting<'a>,
        car: &'a Car,
        officer: &'a mut Officer,
        duties: &'a [Duty],
        mut chance: Chance,
    ) -> Self {
        let clerk: Vec<Option<ClerkError>> =
            duties.iter().map(|duty| clerk_error(duty, setting.scenario, &mut chance)).collect();
        let start = setting.calendar.shift_start(i64::from(setting.day), car.watch);
        let doubts = Doubts { uploaded: true, damaged_row: officer.career.clock_reset_on.is_some() };
        let quiet = officer.career.quiet_on(setting.day);
        let mut shift = Self {
            setting,
            car,
            officer,
            duties,
            chance,
            start,
            clerk,
            doubts,
            quiet,
            left_running: false,
            mishap: None,
            dead: false,
        };
        shift.foresee();
        shift
    }

    /// Settles what the officer's fate means for this shift.
    fn foresee(&mut self) {
        let career = &self.officer.career;
        let today = Some(self.setting.day);
        let ordinary = |index: usize| self.is_ordinary(index);
        if career.misspelt_on == today && (0..self.duties.len()).any(ordinary) {
            self.mishap = Some(Mishap::Misspelt);
            self.doubts.damaged_row = true;
        } else if career.clock_reset_on == today {
            self.mishap = Some(Mishap::ClockReset);
        } else if career.repair.is_some_and(|repair| Some(repair.day) == today && repair.during_call) {
            self.mishap = Some(Mishap::HandedIn);
        }
        if career.last_shift == today {
            let last_is_ordinary =
                self.duties.len().checked_sub(1).is_some_and(|last| self.is_ordinary(last));
            match career.afterwards {
                Afterwards::NotDocked => self.doubts.uploaded = false,
                Afterwards::LeftRunning { docked } if last_is_ordinary => {
                    self.left_running = true;
                    self.doubts.uploaded = docked;
                    self.doubts.damaged_row = true;
                }
                Afterwards::Docked | Afterwards::LeftRunning { .. } => {}
            }
        }
    }

    /// An assignment in which anything can happen: known times, a camera, within the export.
    fn is_ordinary(&self, index: usize) -> bool {
        let duty = &self.duties[index];
        duty.nature == Nature::Ordinary
            && self.clerk[index].is_none()
            && duty.arrival >= self.setting.calendar.recordings_from
            && self.officer.career.camera_at(duty.arrival).is_some()
    }

    /// Lives through the shift; `account` is scratch.
    pub fn work(mut self, account: &mut Account, exports: &mut Exports) {
        if let Some(held) = self.officer.career.camera_at(self.start) {
            let at = self.start - self.chance.between(30, 240);
            exports.event(held.serial, self.setting.calendar.unrepeated(at), Event::PowerOn);
        }
        for index in 0..self.duties.len() {
            self.unprompted(index, exports);
            account.clear();
            let truth = self.live_through(index, account, exports);
            self.write_call(index, truth, exports);
        }
        self.go_home(exports);
    }

    /// What happened in the assignment; recordings, exceptions and events go into the exports.
    fn live_through(&mut self, index: usize, account: &mut Account, exports: &mut Exports) -> Truth {
        let duty = &self.duties[index];
        let scene = Scene {
            begin: duty.arrival,
            end: duty.end,
            free_since: duty.free_since,
            over_the_change: duty.nature == Nature::OverTheChange,
        };
        if let Some(truth) = self.settled_by_the_row(index) {
            let met_somebody = matches!(duty.nature, Nature::Ordinary | Nature::InRepeatedHour);
            if met_somebody && self.can_record(scene.begin) {
                account.record(usual_start(&scene, &mut self.chance), usual_stop(&scene, &mut self.chance));
                self.write_account(duty, account, exports);
            }
            return truth;
        }
        let held = match self.camera_in_hand(duty) {
            Ok(held) => held,
            Err(truth) => return truth,
        };
        let in_grace = self.officer.career.in_grace(held, scene.begin);
        self.act(index, &scene, in_grace, account);
        let rates = &self.setting.scenario.notice;
        let notice = notice::review(&scene, rates, self.quiet, &mut self.chance, account);
        self.write_account(duty, account, exports);
        if let Some(at) = account.handed_in {
            self.hand_in(at, exports);
        }
        let (outcome, reason) = account.outcome(self.doubts);
        let details = Details { defects: account.defects.clone(), in_grace, notice: self.doubted(notice) };
        Truth { behaviour: account.behaviour, outcome, reason, details: Some(details) }
    }

    /// The camera with which the officer should record; where there is none, or nobody can know, the truth.
    fn camera_in_hand(&self, duty: &Duty) -> Result<Held, Truth> {
        let career = &self.officer.career;
        let Some(held) = career.camera_at(duty.arrival) else {
            let had_one = career.cameras.first().is_some_and(|first| first.from < duty.arrival);
            let behaviour = if had_one { Behaviour::CameraInRepair } else { Behaviour::NoCameraYet };
            return Err(Truth::settled(behaviour, Outcome::NoCamera, ""));
        };
        if duty.arrival < self.setting.calendar.recordings_from {
            let behaviour = Behaviour::BeforeRecordings;
            return Err(Truth::settled(behaviour, Outcome::Unverifiable, "outside_recordings"));
        }
        if duty.nature == Nature::OneMinute {
            return Err(Truth::settled(Behaviour::OneMinute, Outcome::NotRequired, "within_tolerance"));
        }
        Ok(held)
    }

    /// What a damaged row might have shown is not held against anybody.
    fn doubted(&self, notice: NoticeStatus) -> NoticeStatus {
        match notice {
            NoticeStatus::Late | NoticeStatus::NotGiven if self.doubts.damaged_row => {
                NoticeStatus::Unreviewed
            }
            notice => notice,
        }
    }

    /// Where the row of the calls file alone decides.
    fn settled_by_the_row(&self, index: usize) -> Option<Truth> {
        let unverifiable = |behaviour, reason| Some(Truth::settled(behaviour, Outcome::Unverifiable, reason));
        let not_required = |behaviour, reason| Some(Truth::settled(behaviour, Outcome::NotRequired, reason));
        match self.clerk[index] {
            Some(ClerkError::NoEnd) => return unverifiable(Behaviour::NoEndTime, "no_end_time"),
            Some(ClerkError::NoBegin) => return unverifiable(Behaviour::NoBeginTime, "no_begin_time"),
            Some(ClerkError::Unreadable) => {
                return unverifiable(Behaviour::UnreadableTime, "unreadable_time");
            }
            Some(ClerkError::EndBeforeBegin) => {
                return unverifiable(Behaviour::EndBeforeBegin, "end_before_begin");
            }
            None => {}
        }
        match self.duties[index].nature {
            Nature::InRepeatedHour => unverifiable(Behaviour::AmbiguousTime, "ambiguous_time"),
            Nature::Exempt => not_required(Behaviour::ExemptType, "exempt_type"),
            Nature::NoArrival => not_required(Behaviour::NoArrival, "no_arrival"),
            Nature::TooShort => not_required(Behaviour::TooShort, "too_short"),
            Nature::Ordinary | Nature::OneMinute | Nature::OverTheChange => None,
        }
    }

    /// Whether a recording made then is in the export.
    fn can_record(&self, at: Second) -> bool {
        !self.dead
            && self.doubts.uploaded
            && at >= self.setting.calendar.recordings_from + 600
            && self.officer.career.camera_at(at).is_some()
    }

    /// What the officer does in an assignment that has to be recorded.
    fn act(&mut self, index: usize, scene: &Scene, in_grace: bool, account: &mut Account) {
        let rates = self.setting.scenario;
        let not_docked = self.officer.career.last_shift == Some(self.setting.day)
            && self.officer.career.afterwards == Afterwards::NotDocked;
        if self.dead {
            return outages::camera_dead(account);
        }
        if self.is_ordinary(index) {
            if let Some(mishap) = self.mishap.take() {
                return self.suffer(mishap, scene, account);
            }
            if self.left_running && index + 1 == self.duties.len() {
                return outages::left_running(scene, &mut self.chance, account);
            }
        }
        if not_docked && self.chance.happens(rates.cameras.not_arrived) {
            account.nothing(scene);
            account.behaviour = Behaviour::NotUploadedYet;
            return;
        }
        let grace_factor = if in_grace { rates.conduct.grace_factor } else { 1.0 };
        let disposition = Disposition {
            lapse_factor: self.officer.career.nature * grace_factor,
            quiet: self.quiet,
            camera_needed: self.left_running,
        };
        conduct::act(scene, &rates.conduct, disposition, &mut self.chance, account);
    }

    fn suffer(&mut self, mishap: Mishap, scene: &Scene, account: &mut Account) {
        match mishap {
            Mishap::Misspelt => excuses::exception_misspelt(scene, &mut self.chance, account),
            Mishap::ClockReset => outages::clock_reset(scene, account),
            Mishap::HandedIn => outages::camera_handed_in(scene, &mut self.chance, account),
        }
    }

    /// Something else is recorded between two assignments.
    fn unprompted(&mut self, index: usize, exports: &mut Exports) {
        let duty = &self.duties[index];
        let calendar = self.setting.calendar;
        let usual = !matches!(duty.nature, Nature::InRepeatedHour | Nature::OverTheChange);
        let (free_since, until) = (duty.free_since, duty.dispatched.min(duty.arrival) - 420);
        if until - free_since < ROOM_FOR_UNPROMPTED - 420
            || !self.chance.happens(self.setting.scenario.cameras.unprompted)
            || !usual
            || calendar.clock.repeated_within(free_since, until).is_some()
            || !self.can_record(free_since)
        {
            return;
        }
        let from = self.chance.between(free_since + 180, until - 120);
        let stopped = Some(from + self.chance.between(60, until - from));
        let clip = Clip { buffer: PRE_EVENT_BUFFER, activated: from, stopped, notice: Reviewed::Nothing };
        if let Some(held) = self.officer.career.camera_at(from) {
            self.write_clip(clip, held, exports);
        }
    }

    /// Docks and uploads, unless that is what goes wrong.
    fn go_home(&mut self, exports: &mut Exports) {
        let worked_until = self.duties.iter().map(|duty| duty.cleared).max().unwrap_or(self.start);
        let home =
            worked_until.max(self.start + self.setting.calendar.shift) + self.chance.between(120, 1_200);
        let Some(held) = self.officer.career.camera_at(home) else {
            return;
        };
        if self.mishap == Some(Mishap::ClockReset) {
            self.write_reset_clock(home, held, exports);
        }
        if self.docks() {
            let uploaded = home + self.chance.between(300, 9_000);
            self.dock(held.serial, home, uploaded, exports);
        }
        if self.officer.career.repair.is_some_and(|repair| repair.day == self.setting.day) {
            self.hand_in(home + 60, exports);
        }
    }

    fn docks(&self) -> bool {
        self.officer.career.last_shift != Some(self.setting.day)
            || match self.officer.career.afterwards {
                Afterwards::Docked => true,
                Afterwards::NotDocked => false,
                Afterwards::LeftRunning { docked } => docked || !self.left_running,
            }
    }

    /// Docking to the second, uploading to the millisecond, neither in an hour that occurs twice.
    fn dock(&mut self, camera: u32, docked: Second, uploaded: Second, exports: &mut Exports) {
        let calendar = self.setting.calendar;
        exports.event(camera, calendar.unrepeated(docked), Event::Docked);
        let at = calendar.unrepeated(uploaded) * 1_000 + self.chance.between(1, 999);
        exports.events.push(EventRow { at, camera, event: Event::Uploaded });
    }

    /// Hands the camera in; the technician reads it out two days later.
    fn hand_in(&mut self, at: Second, exports: &mut Exports) {
        let career = &mut self.officer.career;
        let (Some(repair), Some(held)) = (career.repair, career.camera_at(at - 1)) else {
            return;
        };
        let calendar = self.setting.calendar;
        let back = calendar.shift_start(i64::from(repair.back_on), self.car.watch) - 600;
        career.hand_in(at, calendar.unrepeated(back));
        let read_out = at + 2 * DAY + self.chance.between(0, 4 * 3_600);
        self.dock(held.serial, read_out, read_out + 1_800, exports);
    }
}
