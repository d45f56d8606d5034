//! A policy as plain data. What each rule does to an obligation stands in the design of the audit.

use crate::call_time::CallTime;
use crate::call_type::CallTypePattern;
use crate::time::{DAY, Micros, Moment};

/// The rules by which one department's recordings are judged, each with the place it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A short name for machines, such as `us-il-chicago`.
    pub id: String,
    /// The version of this policy; an outcome pins the one it was decided by.
    pub version: String,
    /// The name for people, such as `Chicago, Illinois`.
    pub title: String,
    /// Assignments that began earlier are not judged; absent: all are.
    pub effective_from: Option<Moment>,
    /// Where the policy applies, in words.
    pub jurisdiction: Option<String>,
    /// The time zone of the place, an IANA name such as `America/Chicago`.
    pub timezone: Option<String>,
    /// The day on which the law was read for this policy, `YYYY-MM-DD`.
    pub read_on: Option<String>,
    /// What the camera must do, and how far its outages excuse.
    pub camera: Camera,
    /// When the camera must record.
    pub activation: Activation,
    /// When people must be told that they are being recorded.
    pub notice: Notice,
    /// How long officers may get used to the camera.
    pub grace: Grace,
    /// The reasons for which a camera may be off, in order of their code.
    pub exceptions: Vec<ExceptionRule>,
    /// Where each rule comes from.
    pub citations: Citations,
}

/// `[camera]`: what the device must do, and how far the data about it are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// The length before activation that a recording must keep; shorter ones are counted.
    pub pre_event_buffer: Micros,
    /// An outage (battery, storage, fault) excuses no longer than this.
    pub outage_limit: Micros,
    /// A recording that was still running at export counts no longer than this.
    pub longest_recording: Micros,
}

/// `[activation]`: the stretch of an assignment that must be on record, and what is tolerated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The duty begins at the first of these times that the assignment has; never empty, none twice.
    pub begins: Vec<CallTime>,
    /// The duty ends at the first of these times that the assignment has; never empty, none twice.
    pub ends: Vec<CallTime>,
    /// Where the officer never arrived, nothing had to be recorded.
    pub requires_arrival: bool,
    /// How late a recording may begin.
    pub start_tolerance: Micros,
    /// How early a recording may stop.
    pub end_tolerance: Micros,
    /// How long a recording may be interrupted.
    pub gap_tolerance: Micros,
    /// How much of an assignment may lack in all, each piece being tolerated by itself.
    pub tolerance_total: Micros,
    /// A shorter assignment needs no recording.
    pub minimum_duration: Micros,
    /// The types of call that need no recording.
    pub exempt_call_types: Vec<CallTypePattern>,
}

/// `[notice]`: telling people that they are being recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether notice must be given at all.
    pub required: bool,
    /// How long before or after arrival notice counts as given in time.
    pub within: Micros,
    /// The codes of the exceptions under which no notice is due; each is one of the policy's exceptions.
    pub exempt_codes: Vec<String>,
}

/// `[grace]`: the time after issue and training in which a lapse is coached, never disciplined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// In days of 24 hours.
    pub days: u32,
}

impl Grace {
    /// The grace period as a length: days of 24 hours.
    pub fn length(&self) -> Micros {
        Micros::from(self.days).saturating_mul(DAY)
    }
}

/// `[exceptions.CODE]`: a reason recognised by law or department for which a camera may, or must, be off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRule {
    /// The code that stands in the exceptions file.
    pub code: String,
    /// The reason in words; the code itself where the policy gives none.
    pub title: String,
    /// The law or rule that recognises the reason; never blank.
    pub citation: String,
    /// Whether a supervisor has to approve its use.
    pub needs_approval: bool,
    /// Whether no notice is due under it: the code is one of [`Notice::exempt_codes`].
    pub exempt_from_notice: bool,
}

/// `[citations]`: where the rules other than exceptions come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citations {
    /// The duty to record.
    pub activation: Option<String>,
    /// The duty to tell people.
    pub notice: Option<String>,
    /// The pre-event buffer.
    pub buffer: Option<String>,
    /// The grace period.
    pub grace: Option<String>,
}

impl Policy {
    /// The exception with this code, compared exactly, and its place in [`Policy::exceptions`].
    pub fn exception(&self, code: &str) -> Option<(usize, &ExceptionRule)> {
        self.exceptions.iter().enumerate().find(|(_, rule)| rule.code == code)
    }

    /// What a reader of the policy should know and that is no error, one sentence each: a rule in force for
    /// which the policy gives no citation, and an exemption so wide that nothing is left to judge.
    ///
    /// A rule is in force unless the policy switches it off: no notice required, a buffer of 0 s, 0 days of
    /// grace.
    pub fn warnings(&self) -> Vec<String> {
        let rules = [
            ("activation", true, &self.citations.activation),
            ("notice", self.notice.required, &self.citations.notice),
            ("buffer", self.camera.pre_event_buffer > 0, &self.citations.buffer),
            ("grace", self.grace.days > 0, &self.citations.grace),
        ];
        let uncited = rules.into_iter().filter(|(_, in_force, citation)| *in_force && citation.is_none());
        let mut warnings: Vec<String> = uncited
            .map(|(rule, ..)| format!("no citation for the rule {rule}; add {rule} = \"…\" to [citations]"))
            .collect();
        if self.activation.exempt_call_types.iter().any(CallTypePattern::matches_all) {
            warnings.push("exempt_call_types has \"*\": no call at all needs a recording".to_owned());
        }
        warnings
    }
}
