//! The calls as a whole: how many of a call's officers are on record, and for how long nobody is.

use std::ops::AddAssign;

use onrecord_policy::Micros;
use serde::Serialize;

use crate::interval::{Interval, Intervals};
use crate::outcome::Outcome;

/// What one obligation means for its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked of the officer, or all of it is explained: the call does not wait for a recording.
    NotAsked,
    /// The data cannot say.
    Undecided,
    /// Required, and some of it is on record.
    OnRecord,
    /// Required, and nothing of it is on record.
    OffRecord,
}

impl Standing {
    /// The standing of an outcome of which `covered` microseconds are on record.
    pub fn of(outcome: Outcome, covered: Micros) -> Self {
        match outcome {
            Outcome::NotRequired(_) | Outcome::NoCamera => Self::NotAsked,
            Outcome::Unverifiable(_) | Outcome::AwaitingUpload => Self::Undecided,
            Outcome::Excused { .. } if covered == 0 => Self::NotAsked,
            Outcome::Recorded | Outcome::Excused { .. } | Outcome::Partial | Outcome::Missing => {
                if covered > 0 { Self::OnRecord } else { Self::OffRecord }
            }
        }
    }
}

/// Calls by how many of their required officers are on record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    /// All calls with an accepted row.
    pub calls: u64,
    /// Every required officer is on record.
    pub all_on_record: u64,
    /// Some required officers are, some are not.
    pub some_on_record: u64,
    /// No required officer is.
    pub none_on_record: u64,
    /// At least one officer's obligation cannot be decided.
    pub undecided: u64,
    /// Nobody was required to record.
    pub nobody_required: u64,
    /// Microseconds of the decided calls with required officers, from the first that had to record to the
    /// last, pauses left out.
    #[serde(rename = "required_s", serialize_with = "seconds")]
    pub required: Micros,
    /// Of these, microseconds for which nobody recorded.
    #[serde(rename = "nobody_recorded_s", serialize_with = "seconds")]
    pub nobody_recorded: Micros,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn seconds<S: serde::Serializer>(micros: &Micros, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(*micros as f64 / 1e6)
}

impl AddAssign for CallCounts {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.all_on_record += other.all_on_record;
        self.some_on_record += other.some_on_record;
        self.none_on_record += other.none_on_record;
        self.undecided += other.undecided;
        self.nobody_required += other.nobody_required;
        self.required += other.required;
        self.nobody_recorded += other.nobody_recorded;
    }
}

/// The parts of one call, gathered officer by officer.
#[derive(Debug, Default)]
pub struct CallParts {
    on_record: u32,
    off_record: u32,
    undecided: u32,
    required: Intervals,
    recorded: Intervals,
}

impl CallParts {
    /// Adds one officer's obligation: its window and what of the window is on record.
    pub fn add(&mut self, standing: Standing, window: Interval, covered: impl Iterator<Item = Interval>) {
        match standing {
            Standing::NotAsked => return,
            Standing::Undecided => self.undecided += 1,
            Standing::OnRecord => self.on_record += 1,
            Standing::OffRecord => self.off_record += 1,
        }
        self.required.add(window);
        covered.for_each(|part| self.recorded.add(part));
    }

    /// Counts the call and forgets its parts, ready for the next.
    pub fn count(&mut self) -> CallCounts {
        let mut counts = CallCounts { calls: 1, ..CallCounts::default() };
        if self.undecided > 0 {
            counts.undecided = 1;
        } else if self.on_record + self.off_record == 0 {
            counts.nobody_required = 1;
        } else {
            counts.required = self.required.total();
            counts.nobody_recorded = counts.required - self.recorded.total();
            match (self.on_record, self.off_record) {
                (_, 0) => counts.all_on_record = 1,
                (0, _) => counts.none_on_record = 1,
                _ => counts.some_on_record = 1,
            }
        }
        (self.on_record, self.off_record, self.undecided) = (0, 0, 0);
        self.required.clear();
        self.recorded.clear();
        counts
    }
}
