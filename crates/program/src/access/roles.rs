//! The words of rights: roles, actions, and the things that actions are done to.

use onrecord_store::sight::{Class, Relation};

/// What a person may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonRole {
    /// Wears a camera.
    Officer,
    /// Answers for the officers of districts.
    Supervisor,
    /// Answers for the program.
    ProgramManager,
    /// Keeps recordings in order.
    EvidenceTechnician,
    /// Answers requests for recordings.
    Records,
    /// Is given what is in a case.
    Prosecutor,
    /// Looks at everything and changes nothing.
    Oversight,
    /// Looks after people and the system.
    Administrator,
}

impl PersonRole {
    /// Every role with its word.
    pub const WORDS: [(&'static str, Self); 8] = [
        ("officer", Self::Officer),
        ("supervisor", Self::Supervisor),
        ("program_manager", Self::ProgramManager),
        ("evidence_technician", Self::EvidenceTechnician),
        ("records", Self::Records),
        ("prosecutor", Self::Prosecutor),
        ("oversight", Self::Oversight),
        ("administrator", Self::Administrator),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// The role with a word.
    pub fn of(word: &str) -> Option<Self> {
        with_word(&Self::WORDS, word)
    }
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Know of a recording, and what is known about it.
    View,
    /// Watch it.
    Play,
    /// Take its bytes away.
    Download,
    /// Say what it is evidence of.
    Categorise,
    /// Correct whose it is, or that it should not be.
    Correct,
    /// Put it into a restricted class, or take it out.
    Restrict,
    /// Keep it from being disposed of.
    Hold,
    /// Add notes, markers and alignments.
    Annotate,
    /// Know of a call and its outcomes.
    ViewCall,
    /// Say why a call has no video.
    GiveAccount,
    /// Decide on such an account.
    ApproveException,
    /// See shares and their cuts.
    ViewAudit,
    /// Compare a changed policy against history.
    ComparePolicy,
    /// Take lists away.
    Export,
    /// Know of a case.
    ViewCase,
    /// Change a case.
    EditCase,
    /// Bring exchange files in.
    Import,
    /// See how the system is.
    ViewAdministration,
    /// Make, change and disable people.
    ManagePeople,
    /// Make and revoke tokens.
    ManageTokens,
    /// Change what belongs to the agency: categories, outlines.
    ManageAgency,
}

impl Action {
    /// Every action with its word, as the policies and the API write it.
    pub const WORDS: [(&'static str, Self); 21] = [
        ("view", Self::View),
        ("play", Self::Play),
        ("download", Self::Download),
        ("categorise", Self::Categorise),
        ("correct", Self::Correct),
        ("restrict", Self::Restrict),
        ("hold", Self::Hold),
        ("annotate", Self::Annotate),
        ("view_call", Self::ViewCall),
        ("give_account", Self::GiveAccount),
        ("approve_exception", Self::ApproveException),
        ("view_audit", Self::ViewAudit),
        ("compare_policy", Self::ComparePolicy),
        ("export", Self::Export),
        ("view_case", Self::ViewCase),
        ("edit_case", Self::EditCase),
        ("import", Self::Import),
        ("view_administration", Self::ViewAdministration),
        ("manage_people", Self::ManagePeople),
        ("manage_tokens", Self::ManageTokens),
        ("manage_agency", Self::ManageAgency),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// The action with a word.
    pub fn of(word: &str) -> Option<Self> {
        with_word(&Self::WORDS, word)
    }

    /// What it is done to.
    pub fn kind(self) -> ResourceKind {
        match self {
            Self::View
            | Self::Play
            | Self::Download
            | Self::Categorise
            | Self::Correct
            | Self::Restrict
            | Self::Hold
            | Self::Annotate => ResourceKind::Recording,
            Self::ViewCall | Self::GiveAccount | Self::ApproveException => ResourceKind::Call,
            Self::ViewCase | Self::EditCase => ResourceKind::Case,
            _ => ResourceKind::Agency,
        }
    }
}

/// The kinds of things that actions are done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A recording, its clips and what was said of it.
    Recording,
    /// A call of an officer, with its outcome.
    Call,
    /// A case.
    Case,
    /// The agency as a whole, or the part of it that is in a district.
    Agency,
}

impl ResourceKind {
    /// Its name in the policies.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recording => "Recording",
            Self::Call => "Call",
            Self::Case => "Case",
            Self::Agency => "Agency",
        }
    }

    /// The action without which a thing of this kind is not even known of; none where everybody knows it.
    pub(crate) fn known_by(self) -> Option<Action> {
        match self {
            Self::Recording => Some(Action::View),
            Self::Call => Some(Action::ViewCall),
            Self::Case => Some(Action::ViewCase),
            Self::Agency => None,
        }
    }
}

/// A thing, described as far as rights go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resource {
    /// The officer that it is about.
    pub officer_id: Option<String>,
    /// The district that it is in.
    pub district: Option<String>,
    /// Its restricted class.
    pub class: Option<Class>,
    /// Whether a case names the person who asks (for a case: whether it does).
    pub is_named: bool,
}

impl Resource {
    /// The agency as a whole.
    pub fn agency() -> Self {
        Self::default()
    }
}

/// What a refused person is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct Refusal {
    /// What was refused.
    pub action: Action,
    /// The rule in plain words.
    pub rule: String,
    /// Whether the person may know that the thing is there; otherwise it must be answered as one that is not.
    pub may_know: bool,
}

/// Every relation, the closest first.
pub(crate) const RELATIONS: [Relation; 4] =
    [Relation::Own, Relation::Named, Relation::District, Relation::Other];

fn word_of<T: Copy + PartialEq>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words.iter().find(|(_, one)| *one == wanted).map_or("", |(word, _)| word)
}

fn with_word<T: Copy>(words: &[(&'static str, T)], wanted: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == wanted).map(|(_, one)| *one)
}
