//! The exports: what dispatch system, evidence system and clerks would hand over, in order of time.

use crate::behaviour::{About, Event, Reviewed};
use crate::clock::Second;
use crate::truth::Truth;

/// Columns of times in the calls file.
pub(crate) const CALL_TIMES: usize = 6;

/// One row of `calls.csv`, and the truth about it.
#[derive(Debug)]
pub(crate) struct CallRow {
    pub entered: Second,
    pub call: CallNumber,
    pub officer_id: u32,
    pub car: u32,
    pub call_type: &'static str,
    pub priority: u32,
    pub district: u32,
    pub disposition: &'static str,
    /// Received, dispatched, en route, on scene, left scene, cleared.
    pub times: [Option<Second>; CALL_TIMES],
    /// Which of the times cannot be read, and what stands there.
    pub unreadable: Option<(usize, &'static str)>,
    pub truth: Truth,
}

/// A call's number: the day of the period it was made on, and its place in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallNumber {
    pub day: u32,
    pub number: u32,
}

/// Whose recording it is, as the evidence system has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    Officer(u32),
    /// Only the camera says who.
    Unnamed,
    /// The technician of the district at this position.
    Technician(u32),
}

/// One row of `recordings.csv`.
#[derive(Debug)]
pub(crate) struct RecordingRow {
    pub started: Second,
    pub owner: Owner,
    pub camera: Option<u32>,
    /// Absent where nothing was kept from before.
    pub activated: Option<Second>,
    pub stopped: Option<Second>,
    pub notice: Reviewed,
    /// All its times were written by a clock that began in 1970.
    pub clock_reset: bool,
}

/// One row of `exceptions.csv`.
#[derive(Debug)]
pub(crate) struct ExceptionRow {
    pub from: Second,
    pub to: Second,
    pub officer_id: u32,
    pub call: CallNumber,
    pub about: About,
    pub code: usize,
    pub approved: bool,
}

/// One row of `device_events.csv`.
#[derive(Debug)]
pub(crate) struct EventRow {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    pub camera: u32,
    pub event: Event,
}

/// Rows that wait until nothing earlier can come.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    rows: Vec<T>,
    at: fn(&T) -> i64,
}

impl<T> Pending<T> {
    fn new(at: fn(&T) -> i64) -> Self {
        Self { rows: Vec::new(), at }
    }

    /// Adds a row.
    pub fn push(&mut self, row: T) {
        self.rows.push(row);
    }

    /// Takes out the rows before this time, in order of time and, where that is equal, of being added.
    pub fn before(&mut self, time: i64) -> impl Iterator<Item = T> {
        self.rows.sort_by_key(self.at);
        let ripe = self.rows.partition_point(|row| (self.at)(row) < time);
        self.rows.drain(..ripe)
    }
}

/// All rows that are waiting.
#[derive(Debug)]
pub(crate) struct Exports {
    pub calls: Pending<CallRow>,
    pub recordings: Pending<RecordingRow>,
    pub exceptions: Pending<ExceptionRow>,
    pub events: Pending<EventRow>,
}

impl Exports {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            calls: Pending::new(|row| row.entered),
            recordings: Pending::new(|row| row.started),
            exceptions: Pending::new(|row| row.from),
            events: Pending::new(|row| row.at),
        }
    }

    /// A camera reports something, to the second.
    pub fn event(&mut self, camera: u32, at: Second, event: Event) {
        self.events.push(EventRow { at: at * 1_000, camera, event });
    }
}
