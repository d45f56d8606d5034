//! The words of the audit: outcomes with their reasons, kinds of defects, statuses of notice.
//!
//! An outcome is what the data alone says of an obligation. It is never a finding: only people make those.

use crate::interval::Interval;

/// Why an obligation cannot be decided from the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyUnverifiable {
    /// A time that the policy needs cannot be read.
    UnreadableTime,
    /// A local time occurred twice and the row does not say which is meant.
    AmbiguousTime,
    /// The row has none of the times that begin the duty to record.
    NoBeginTime,
    /// The row has none of the times that end the duty to record.
    NoEndTime,
    /// The row ends before it begins.
    EndBeforeBegin,
    /// Neither an assignment nor a recording shows that the officer had a camera.
    CameraUnknown,
    /// The exported recordings do not reach over the whole obligation.
    OutsideRecordings,
    /// One of the officer's cameras recorded under another officer's id.
    CameraUsedUnderOtherId,
    /// A row that was rejected or spoilt could have shown the recording or the excuse.
    RejectedEvidence,
}

/// Why there was nothing to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyNotRequired {
    /// It began before the policy took effect.
    BeforePolicy,
    /// The policy exempts this type of call.
    ExemptType,
    /// The officer never arrived.
    NoArrival,
    /// Shorter than the policy's minimum duration.
    TooShort,
    /// Nothing recorded, but no longer than the tolerances at the start and at the end.
    WithinTolerance,
}

/// What the audit says of one obligation, with the reason where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// On record, within the policy's tolerances.
    Recorded,
    /// What is not on record is explained by exceptions, outages or the want of a camera.
    Excused {
        /// It would not be explained without an exception that still waits for its approval.
        approval_pending: bool,
    },
    /// There was nothing to record.
    NotRequired(WhyNotRequired),
    /// The officer had no camera.
    NoCamera,
    /// The camera may still hold the recording.
    AwaitingUpload,
    /// The data cannot say.
    Unverifiable(WhyUnverifiable),
    /// A part is on record or explained, a part is neither.
    Partial,
    /// Nothing is on record and too little of it is explained.
    Missing,
}

impl Outcome {
    /// How many different words there are.
    pub const WORDS: [&'static str; 8] = [
        "recorded",
        "excused",
        "not_required",
        "no_camera",
        "awaiting_upload",
        "unverifiable",
        "partial",
        "missing",
    ];

    /// The position of its word in [`Outcome::WORDS`].
    pub const fn index(self) -> usize {
        match self {
            Self::Recorded => 0,
            Self::Excused { .. } => 1,
            Self::NotRequired(_) => 2,
            Self::NoCamera => 3,
            Self::AwaitingUpload => 4,
            Self::Unverifiable(_) => 5,
            Self::Partial => 6,
            Self::Missing => 7,
        }
    }

    /// The outcome in the words of the exchange files.
    pub const fn word(self) -> &'static str {
        Self::WORDS[self.index()]
    }

    /// The reason in the words of the exchange files, empty where the outcome needs none.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Excused { approval_pending: true } => "approval_pending",
            Self::NotRequired(why) => match why {
                WhyNotRequired::BeforePolicy => "before_policy",
                WhyNotRequired::ExemptType => "exempt_type",
                WhyNotRequired::NoArrival => "no_arrival",
                WhyNotRequired::TooShort => "too_short",
                WhyNotRequired::WithinTolerance => "within_tolerance",
            },
            Self::Unverifiable(why) => match why {
                WhyUnverifiable::UnreadableTime => "unreadable_time",
                WhyUnverifiable::AmbiguousTime => "ambiguous_time",
                WhyUnverifiable::NoBeginTime => "no_begin_time",
                WhyUnverifiable::NoEndTime => "no_end_time",
                WhyUnverifiable::EndBeforeBegin => "end_before_begin",
                WhyUnverifiable::CameraUnknown => "camera_unknown",
                WhyUnverifiable::OutsideRecordings => "outside_recordings",
                WhyUnverifiable::CameraUsedUnderOtherId => "camera_used_under_other_id",
                WhyUnverifiable::RejectedEvidence => "rejected_evidence",
            },
            _ => "",
        }
    }

    /// How grave it is, from 0 (best) to 3: the order of the audit's principles.
    pub const fn gravity(self) -> u8 {
        match self {
            Self::Recorded | Self::Excused { .. } | Self::NotRequired(_) | Self::NoCamera => 0,
            Self::AwaitingUpload | Self::Unverifiable(_) => 1,
            Self::Partial => 2,
            Self::Missing => 3,
        }
    }
}

/// The kind of a defect: where in the obligation the recording lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefectKind {
    /// Nothing of the obligation is on record.
    NeverActivated,
    /// The recording begins too late.
    LateActivation,
    /// The recording ends too early.
    EarlyStop,
    /// The recording is interrupted.
    Gap,
}

impl DefectKind {
    /// Every kind, in the order of the report.
    pub const ALL: [Self; 4] = [Self::NeverActivated, Self::LateActivation, Self::EarlyStop, Self::Gap];

    /// The kind in the words of the exchange files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeverActivated => "never_activated",
            Self::LateActivation => "late_activation",
            Self::EarlyStop => "early_stop",
            Self::Gap => "gap",
        }
    }
}

/// A piece of an obligation that is neither on record nor explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Where in the obligation it lies.
    pub kind: DefectKind,
    /// When it was.
    pub during: Interval,
}

/// Whether people were told that they are being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeStatus {
    /// Nothing is on record, or the policy asks for no notice.
    NotApplicable,
    /// Given in time.
    Given,
    /// Not owed, by an exception such as an active shooter.
    Exempt,
    /// Given, but later than the policy asks.
    Late,
    /// Given, but long before the arrival.
    Earlier,
    /// Reviewed, and not given.
    NotGiven,
    /// Nobody has reviewed it yet.
    Unreviewed,
}

impl NoticeStatus {
    /// Every status, in the order of the report.
    pub const ALL: [Self; 7] = [
        Self::Given,
        Self::Exempt,
        Self::Late,
        Self::Earlier,
        Self::NotGiven,
        Self::Unreviewed,
        Self::NotApplicable,
    ];

    /// The status in the words of the exchange files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Given => "given",
            Self::Exempt => "exempt",
            Self::Late => "late",
            Self::Earlier => "earlier",
            Self::NotGiven => "not_given",
            Self::Unreviewed => "unreviewed",
        }
    }
}
