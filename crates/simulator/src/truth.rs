//! The truth about an obligation, in the audit's words but from the simulated behaviour.

use crate::behaviour::Behaviour;
use crate::clock::Second;

/// What the audit should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Recorded,
    Excused,
    NotRequired,
    NoCamera,
    AwaitingUpload,
    Unverifiable,
    Partial,
    Missing,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Excused => "excused",
            Self::NotRequired => "not_required",
            Self::NoCamera => "no_camera",
            Self::AwaitingUpload => "awaiting_upload",
            Self::Unverifiable => "unverifiable",
            Self::Partial => "partial",
            Self::Missing => "missing",
        }
    }
}

/// What is not recorded and not excused, for longer than tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Defect {
    pub kind: DefectKind,
    pub from: Second,
    pub to: Second,
}

/// Where in an obligation a defect lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefectKind {
    NeverActivated,
    LateActivation,
    EarlyStop,
    Gap,
}

impl DefectKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::NeverActivated => "never_activated",
            Self::LateActivation => "late_activation",
            Self::EarlyStop => "early_stop",
            Self::Gap => "gap",
        }
    }
}

/// Whether people were told that they are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeStatus {
    NotApplicable,
    Given,
    Exempt,
    Late,
    Earlier,
    NotGiven,
    Unreviewed,
}

impl NoticeStatus {
    pub fn word(self) -> &'static str {
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

/// What is known of an obligation that was required, had a camera, and lies within the recordings' export.
#[derive(Clone, Debug)]
pub(crate) struct Details {
    pub defects: Vec<Defect>,
    pub in_grace: bool,
    pub notice: NoticeStatus,
}

/// The truth about one obligation.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub behaviour: Behaviour,
    pub outcome: Outcome,
    /// Empty where the outcome needs none.
    pub reason: &'static str,
    /// Absent where nothing had to be looked at: not required, no camera, or times that cannot be used.
    pub details: Option<Details>,
}

impl Truth {
    /// An obligation that is settled before anybody looks for recordings.
    pub fn settled(behaviour: Behaviour, outcome: Outcome, reason: &'static str) -> Self {
        Self { behaviour, outcome, reason, details: None }
    }
}
