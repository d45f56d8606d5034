//! Times in Axis metadata: epoch seconds UTC, and beside them RFC 3339 under the same name with `ISO` behind it. Either
//! may lack; what stands there must be a time, and the end must not come before the beginning.

use jiff::Timestamp;

use super::Metadata;
use crate::ProgramError;

/// The times of a recording, UTC microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub start: Option<i64>,
    pub stop: Option<i64>,
    pub trigger_on: Option<i64>,
    pub trigger_off: Option<i64>,
}

pub(crate) fn of_recording(metadata: &Metadata) -> Result<Times, ProgramError> {
    let times = Times {
        start: time(metadata, "StartTime")?,
        stop: time(metadata, "StopTime")?,
        trigger_on: time(metadata, "TriggerOnTime")?,
        trigger_off: time(metadata, "TriggerOffTime")?,
    };
    lasts("StartTime", times.start, "StopTime", times.stop)?;
    lasts("TriggerOnTime", times.trigger_on, "TriggerOffTime", times.trigger_off)?;
    Ok(times)
}

pub(crate) fn of_clip(metadata: &Metadata) -> Result<(), ProgramError> {
    lasts("StartTime", time(metadata, "StartTime")?, "StopTime", time(metadata, "StopTime")?)
}

fn lasts(from: &str, start: Option<i64>, to: &str, stop: Option<i64>) -> Result<(), ProgramError> {
    match (start, stop) {
        (Some(start), Some(stop)) if stop <= start => Err(ProgramError::Refused(format!(
            "{to} is not after {from}: a recording without a duration cannot be stored."
        ))),
        _ => Ok(()),
    }
}

fn time(metadata: &Metadata, name: &str) -> Result<Option<i64>, ProgramError> {
    let lower = name.to_ascii_lowercase();
    for key in [lower.clone(), format!("{lower}iso")] {
        if let Some(value) = metadata.get(&key).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            return parse(value).map(Some).ok_or_else(|| {
                ProgramError::Refused(format!(
                    "{name} is {}, which is neither epoch seconds nor an RFC 3339 time.",
                    value.chars().take(60).collect::<String>()
                ))
            });
        }
    }
    Ok(None)
}

/// Epoch seconds, with a fraction perhaps, or RFC 3339; from 2005 on, as in the audit.
fn parse(value: &str) -> Option<i64> {
    let at = match value.split_once('.') {
        _ if value.contains(['-', ':', 'T']) => value.parse::<Timestamp>().ok()?.as_microsecond(),
        None => value.parse::<i64>().ok()?.checked_mul(1_000_000)?,
        Some((seconds, fraction)) => {
            let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
            seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(digits.parse().ok()?)?
        }
    };
    (EARLIEST..LATEST).contains(&at).then_some(at)
}

/// 2005-01-01: cameras whose clock was reset say 1970.
const EARLIEST: i64 = 1_104_537_600_000_000;
/// 2100-01-01.
const LATEST: i64 = 4_102_444_800_000_000;
