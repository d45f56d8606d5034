//! The two measures of time that every part of Onrecord shares.

use std::fmt;
use std::ops::{Add, Sub};

/// A length of time in microseconds. May be negative where it is a difference.
pub type Micros = i64;

/// One second in microseconds.
pub const SECOND: Micros = 1_000_000;
/// One hour in microseconds.
pub const HOUR: Micros = 3_600 * SECOND;
/// Twenty-four hours in microseconds.
pub const DAY: Micros = 24 * HOUR;

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Arithmetic saturates, so that no instant read from outside can overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Earlier than any instant that can be read.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than any instant that can be read.
    pub const MAX: Self = Self(i64::MAX);
}

impl Add<Micros> for Moment {
    type Output = Self;
    fn add(self, by: Micros) -> Self {
        Self(self.0.saturating_add(by))
    }
}

impl Sub<Micros> for Moment {
    type Output = Self;
    fn sub(self, by: Micros) -> Self {
        Self(self.0.saturating_sub(by))
    }
}

impl Sub for Moment {
    type Output = Micros;
    fn sub(self, earlier: Self) -> Micros {
        self.0.saturating_sub(earlier.0)
    }
}

/// RFC 3339 in UTC with `Z`, the fraction of a second only as long as it must be.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => f.write_str("(beyond the year 9999)"),
        }
    }
}
