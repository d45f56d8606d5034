//! One officer's duty to record one assignment, as a row of calls states it.

use onrecord_policy::{CallTime, Moment};

use crate::recordings::OfficerId;

/// What a time of a row of calls turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeOfCall {
    /// The row does not have it.
    #[default]
    Absent,
    /// The row has something there that is no time.
    Unreadable,
    /// A local time that occurred twice, and the row does not settle which is meant.
    Ambiguous,
    /// An instant.
    At(Moment),
}

impl TimeOfCall {
    /// The instant, where it is known.
    pub const fn known(self) -> Option<Moment> {
        match self {
            Self::At(at) => Some(at),
            _ => None,
        }
    }
}

/// The six times of an assignment, eight bytes each: there are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTimes([Moment; CallTime::ALL.len()]);

/// Instants before any that can be read stand for what is no instant.
const ABSENT: Moment = Moment::MIN;
const UNREADABLE: Moment = Moment(i64::MIN + 1);
const AMBIGUOUS: Moment = Moment(i64::MIN + 2);

impl CallTimes {
    /// The times in the order of [`CallTime::ALL`].
    pub fn new(times: [TimeOfCall; CallTime::ALL.len()]) -> Self {
        Self(times.map(|time| match time {
            TimeOfCall::Absent => ABSENT,
            TimeOfCall::Unreadable => UNREADABLE,
            TimeOfCall::Ambiguous => AMBIGUOUS,
            TimeOfCall::At(at) => at,
        }))
    }

    /// One of the times.
    pub fn get(&self, which: CallTime) -> TimeOfCall {
        match self.0.get(which.index()).copied().unwrap_or(ABSENT) {
            ABSENT => TimeOfCall::Absent,
            UNREADABLE => TimeOfCall::Unreadable,
            AMBIGUOUS => TimeOfCall::Ambiguous,
            at => TimeOfCall::At(at),
        }
    }
}

impl Default for CallTimes {
    fn default() -> Self {
        Self([ABSENT; CallTime::ALL.len()])
    }
}

/// One officer's duty to record one assignment.
#[derive(Clone, Copy, Debug)]
pub struct Obligation<'a> {
    /// Whose duty.
    pub officer: OfficerId,
    /// Which call.
    pub call: &'a str,
    /// The times of the assignment.
    pub times: CallTimes,
    /// Whether the policy exempts the type of the call.
    pub exempt_type: bool,
}
