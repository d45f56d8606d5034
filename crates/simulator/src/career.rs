//! An officer's career over the period: nature, training, cameras, and the rare things that befall the officer's data.
//!
//! All of it is decided before the first day, because the law of evidence works backwards: a recording that still runs
//! when the export is made casts doubt on the day before it.

use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::clock::Second;
use crate::rules;
use crate::scenario::Cameras;

/// A camera in an officer's hands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub serial: u32,
    pub from: Second,
    /// Handed in then; absent while the officer still has it.
    pub to: Option<Second>,
}

/// A camera that goes into repair at the end of a shift or in the middle of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repair {
    pub day: u32,
    pub during_call: bool,
    /// The officer gets another camera before the watch of this day.
    pub back_on: u32,
}

/// What happens to the camera after the officer's last shift before the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// Docked and uploaded like after every shift.
    Docked,
    /// Not docked: what it recorded arrives in part or not at all.
    NotDocked,
    /// Its last recording has no end, though it may have been docked.
    LeftRunning { docked: bool },
}

/// What one officer brings along and meets with.
#[derive(Debug)]
pub(crate) struct Career {
    /// How many times as often as the average this officer lapses.
    pub nature: f64,
    /// Absent where nobody wrote it down, or where it has not happened yet.
    pub trained_at: Option<Second>,
    /// One after the other.
    pub cameras: Vec<Held>,
    pub repair: Option<Repair>,
    pub last_shift: Option<u32>,
    pub afterwards: Afterwards,
    /// On this day an exception gets a code that nobody knows.
    pub misspelt_on: Option<u32>,
    /// On this day the camera's clock says 1970.
    pub clock_reset_on: Option<u32>,
    replacement: u32,
}

/// The serial numbers of first cameras begin here, those of replacements there.
const FIRST_CAMERAS: u32 = 10_000;
const REPLACEMENTS: u32 = 500_000;
/// Repairs end early enough before the export for the technician to have read the old camera out.
const NO_REPAIR_IN_LAST: u32 = 7;
/// Between a shift in doubt and the last one lie at least this many days.
const DOUBTS_APART: u32 = 3;

impl Career {
    /// Decides the career of the officer at this position, who works on these days of the period.
    pub fn new(
        officer: u32,
        district_issue: i64,
        watch: u32,
        shifts: &[u32],
        rates: &Cameras,
        calendar: &Calendar,
        chance: &mut Chance,
    ) -> Self {
        let nature = chance.nature();
        let issue_day = district_issue + chance.between(0, i64::from(rates.issue_days) - 1);
        let trained_day = issue_day - chance.between(1, 10);
        let trained_hour = chance.between(9, 14);
        let trained_known = !chance.happens(rates.training_unknown);
        let trained = calendar.clock.instant(calendar.first_day + trained_day, trained_hour * 3_600);
        let mut career = Self {
            nature,
            trained_at: (trained_known && trained < calendar.to).then_some(trained),
            cameras: Vec::new(),
            repair: None,
            last_shift: shifts.last().copied(),
            afterwards: Afterwards::Docked,
            misspelt_on: None,
            clock_reset_on: None,
            replacement: REPLACEMENTS + officer,
        };
        if let Some(from) = issued_at(issue_day, watch, shifts, calendar) {
            career.cameras.push(Held { serial: FIRST_CAMERAS + officer, from, to: None });
            let equipped: Vec<u32> = shifts
                .iter()
                .copied()
                .filter(|day| calendar.shift_start(i64::from(*day), watch) > from)
                .collect();
            career.meet_with(&equipped, rates, calendar, chance);
        }
        career
    }

    /// Decides what befalls the officer in the shifts with a camera.
    fn meet_with(&mut self, equipped: &[u32], rates: &Cameras, calendar: &Calendar, chance: &mut Chance) {
        let Some(last) = equipped.last().copied() else {
            return;
        };
        let day = equipped[chance.one_of(equipped.len())];
        let months = f64::from(calendar.days) / 30.0;
        if chance.happens(rates.repaired_per_month * months) && day + NO_REPAIR_IN_LAST < calendar.days {
            let back_on = day + chance.between(1, 3) as u32;
            let during_call = chance.happens(rates.handed_in_during_call);
            self.repair = Some(Repair { day, during_call, back_on });
        } else if chance.happens(rates.clock_reset) {
            self.clock_reset_on = Some(day);
        } else if chance.happens(rates.exception_misspelt) && day + DOUBTS_APART <= last {
            self.misspelt_on = Some(day);
        }
        if chance.happens(rates.not_docked) {
            self.afterwards = Afterwards::NotDocked;
        } else if chance.happens(rates.left_running) {
            self.afterwards = Afterwards::LeftRunning { docked: chance.happens(0.7) };
        }
    }

    /// The camera in the officer's hands at that time.
    pub fn camera_at(&self, at: Second) -> Option<Held> {
        self.cameras.iter().find(|held| held.from <= at && held.to.is_none_or(|to| at < to)).copied()
    }

    /// Hands the camera in; another one is given out at `back`.
    pub fn hand_in(&mut self, at: Second, back: Second) {
        if let Some(held) = self.cameras.last_mut() {
            held.to = Some(at);
            self.cameras.push(Held { serial: self.replacement, from: back, to: None });
        }
    }

    /// A day on which the officer does nothing that the doubt cast by a shift of the day before or after could touch:
    /// whether it still reaches there is a matter of seconds.
    pub fn quiet_on(&self, day: u32) -> bool {
        let beside_misspelt = self.misspelt_on.is_some_and(|doubt| doubt.abs_diff(day) == 1);
        let before_running = matches!(self.afterwards, Afterwards::LeftRunning { .. })
            && self.last_shift.is_some_and(|last| day + 1 == last);
        beside_misspelt || before_running
    }

    /// Whether a lapse that begins then, with this camera in hand, is coached only.
    pub fn in_grace(&self, held: Held, begin: Second) -> bool {
        begin < self.trained_at.unwrap_or(held.from) + rules::GRACE
    }
}

/// When the camera is handed out: long ago, or ten minutes before the first watch from the day of issue on.
fn issued_at(issue_day: i64, watch: u32, shifts: &[u32], calendar: &Calendar) -> Option<Second> {
    if issue_day < 0 {
        return Some(calendar.clock.instant(calendar.first_day + issue_day, 10 * 3_600));
    }
    let first = shifts.iter().find(|day| i64::from(**day) >= issue_day)?;
    Some(calendar.unrepeated(calendar.shift_start(i64::from(*first), watch) - 600))
}
