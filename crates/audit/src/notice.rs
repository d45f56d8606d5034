//! Whether people were told that they are being recorded: step 11 of deciding.

use onrecord_policy::{Micros, Moment};

use crate::outcome::NoticeStatus;
use crate::recordings::{NoticeMark, Recording};

/// The first status that holds over the officer's recordings of an obligation. `within` is in microseconds
/// on both sides of `arrival`, ends included. `other_reading` gives the second reading of a local time that
/// occurred twice; `exempt` tells whether an exception takes the duty away.
pub(crate) fn notice_status(
    recordings: &[Recording],
    other_reading: impl Fn(u32) -> Option<Moment>,
    arrival: Moment,
    within: Micros,
    exempt: impl FnOnce() -> bool,
) -> NoticeStatus {
    let (mut late, mut earlier) = (false, false);
    for recording in recordings.iter().filter(|r| r.notice == NoticeMark::Given) {
        let Some(at) = recording.notice_at() else {
            return NoticeStatus::Given;
        };
        for at in [Some(at), other_reading(recording.order)].into_iter().flatten() {
            if arrival - within <= at && at <= arrival + within {
                return NoticeStatus::Given;
            }
            late |= at > arrival;
            earlier |= at < arrival;
        }
    }
    if exempt() {
        NoticeStatus::Exempt
    } else if late {
        NoticeStatus::Late
    } else if earlier {
        NoticeStatus::Earlier
    } else if recordings.iter().all(|r| r.notice == NoticeMark::None) {
        NoticeStatus::NotGiven
    } else {
        NoticeStatus::Unreviewed
    }
}
