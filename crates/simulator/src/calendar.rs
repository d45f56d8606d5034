//! The simulated period: its days, when each watch begins, and from when to when the exports reach.

use crate::SimulateError;
use crate::clock::{Clock, DAY, Second};
use crate::scenario::{Scenario, second_of_day};

/// No new call is taken this close to the end of a shift.
const LAST_CALL_BEFORE_END: Second = 45 * 60;
/// Overtime, docking and uploading are over this long after the last shift.
const EXPORT_AFTER_LAST_SHIFT: Second = 6 * 3_600;

/// The simulated period.
#[derive(Debug)]
pub(crate) struct Calendar {
    pub clock: Clock,
    /// The first day, counted from 1970-01-01.
    pub first_day: i64,
    pub days: u32,
    /// Length of a shift.
    pub shift: Second,
    /// Local midnight of the first day.
    pub from: Second,
    /// Local midnight after the last day.
    pub to: Second,
    /// The recordings' export begins; the camera check that proves it starts here.
    pub recordings_from: Second,
    /// The exports are made; the camera check that proves it stops here.
    pub recordings_to: Second,
    /// Seconds from local midnight to the start of each watch.
    watches: Vec<Second>,
}

impl Calendar {
    /// The period of `days` days that ends with the scenario's last day.
    pub fn new(scenario: &Scenario, days: u32) -> Result<Self, SimulateError> {
        let first_day = scenario.last_day() + 1 - i64::from(days);
        let clock = Clock::new(&scenario.timezone, (scenario.last_day() + 60) * DAY)?;
        let from = clock.instant(first_day, 0);
        let to = clock.instant(first_day + i64::from(days), 0);
        let shift = i64::from(scenario.duty.shift_minutes) * 60;
        let watches: Vec<Second> =
            scenario.duty.watches.iter().filter_map(|start| second_of_day(start)).collect();
        let last_start = watches.iter().max().copied().unwrap_or(0);
        let last_shift = clock.instant(first_day + i64::from(days) - 1, last_start);
        Ok(Self {
            first_day,
            days,
            shift,
            from,
            to,
            recordings_from: from + i64::from(scenario.cameras.export_begins_after) * 60,
            recordings_to: last_shift + shift + EXPORT_AFTER_LAST_SHIFT,
            watches,
            clock,
        })
    }

    /// How many watches a day has.
    pub fn watches(&self) -> u32 {
        self.watches.len() as u32
    }

    /// When the watch begins on the day, counted from the first of the period; may lie outside it.
    pub fn shift_start(&self, day: i64, watch: u32) -> Second {
        let start = self.watches.get(watch as usize).copied().unwrap_or(0);
        self.clock.instant(self.first_day + day, start)
    }

    /// After this no new call is taken.
    pub fn last_call(&self, shift_start: Second) -> Second {
        shift_start + self.shift - LAST_CALL_BEFORE_END
    }

    /// The time itself, or, where its local reading occurs twice, a moment after that hour: nobody docks, issues or
    /// repairs cameras in it, so that only calls and recordings have to be told apart.
    pub fn unrepeated(&self, at: Second) -> Second {
        self.clock.repeated(at).map_or(at, |(_, end)| end + 300)
    }
}
