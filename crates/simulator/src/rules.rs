//! The rules the simulated department works under.
//!
//! These are the values of the shipped policy `us-il-chicago`. They are written down here a second time on purpose:
//! the simulator never reads a policy and never calls the audit, it only knows the rules the way an officer knows
//! them, so that its truth is a second opinion. All lengths are in seconds.

/// A camera started later than this after arrival is late.
pub(crate) const START_TOLERANCE: i64 = 60;
/// A camera stopped earlier than this before the end has stopped early.
pub(crate) const END_TOLERANCE: i64 = 60;
/// A break longer than this is a gap.
pub(crate) const GAP_TOLERANCE: i64 = 30;
/// Small lapses that together exceed this count, each of them.
#[cfg(test)]
pub(crate) const TOLERANCE_TOTAL: i64 = 120;
/// A shorter encounter need not be recorded.
pub(crate) const MINIMUM_DURATION: i64 = 60;
/// What the camera keeps from before the activation.
pub(crate) const PRE_EVENT_BUFFER: i64 = 30;
/// Notice is due within this of the arrival, before or after.
pub(crate) const NOTICE_WITHIN: i64 = 60;
/// The grace period after training.
pub(crate) const GRACE: i64 = 30 * 86_400;

/// How much longer than a tolerance every planned lapse is, and how much shorter every planned imprecision:
/// no plan comes so close to a rule that a second decides.
pub(crate) const MARGIN: i64 = 15;

/// A reason that law or policy recognises for a camera to be off.
#[derive(Debug)]
pub(crate) struct ExceptionCode {
    /// As written in the exceptions file.
    pub code: &'static str,
    /// How often it is used among exceptions that excuse.
    pub weight: f64,
    /// Whether a supervisor has to approve it.
    pub needs_approval: bool,
    /// Whether it also lifts the duty to give notice.
    pub lifts_notice: bool,
}

const fn code(code: &'static str, weight: f64) -> ExceptionCode {
    ExceptionCode { code, weight, needs_approval: false, lifts_notice: false }
}

const fn approved(code: &'static str, weight: f64) -> ExceptionCode {
    ExceptionCode { code, weight, needs_approval: true, lifts_notice: false }
}

/// Where `active_shooter` stands in [`EXCEPTION_CODES`].
pub(crate) const ACTIVE_SHOOTER: usize = 0;

/// The department's exceptions.
pub(crate) const EXCEPTION_CODES: [ExceptionCode; 9] = [
    ExceptionCode { code: "active_shooter", weight: 2.0, needs_approval: false, lifts_notice: true },
    code("exigent", 15.0),
    code("in_car_camera", 8.0),
    code("secure_facility", 10.0),
    code("victim_request", 30.0),
    code("witness_request", 25.0),
    approved("informant", 3.0),
    code("community_caretaking", 5.0),
    approved("technical_failure", 2.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lapses_in_which_nothing_counts_alone_can_count_together() {
        const { assert!(START_TOLERANCE + END_TOLERANCE + 2 * GAP_TOLERANCE > TOLERANCE_TOTAL + 2 * MARGIN) }
    }

    #[test]
    fn every_code_that_lifts_notice_can_be_used_without_approval() {
        assert!(EXCEPTION_CODES[ACTIVE_SHOOTER].lifts_notice);
        assert!(EXCEPTION_CODES.iter().all(|code| !(code.lifts_notice && code.needs_approval)));
    }
}
