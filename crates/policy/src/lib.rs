//! policy
pub mod time;
pub use time::{DAY, HOUR, Micros, Moment, SECOND};
