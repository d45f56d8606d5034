//! An entry of the ledger: one custody event, as canonical JSON. It is private; the public sees its
//! [leaf](mod@crate::leaf).
//!
//! Which facts a kind needs is known to who writes it (`onrecord-program`), not here; only what a receipt
//! relies on is checked, in [`crate::receipt`].

use serde_json::{Map, Value};
use thiserror::Error;

use crate::canonical;

/// The version of the form of entries.
const VERSION: i64 = 1;

/// Members that every entry has; no fact may be called so.
const FIXED: [&str; 6] = ["v", "at", "kind", "subject", "actor", "reason"];

/// What happened. Six kinds are shown to the public so that it can count them; the others show as `custody`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The bytes of a clip are durable and their digest is known. Public.
    ClipSealed,
    /// A recording was destroyed by a rule. Public.
    RecordingDisposed,
    /// Something was released to the public. Public.
    ReleasePublished,
    /// A policy came into force. Public.
    PolicyAdopted,
    /// A random review was drawn. Public.
    ReviewDrawn,
    /// A review was completed. Public.
    ReviewCompleted,
    /// A recording was announced.
    RecordingRegistered,
    /// Nothing more will come for a recording.
    RecordingCompleted,
    /// Somebody looked at evidence.
    Accessed,
    /// Somebody wrote a note on evidence.
    Annotated,
    /// Somebody marked evidence for attention.
    Flagged,
    /// A hold was set or lifted.
    Held,
    /// Evidence was shared with somebody.
    Shared,
    /// A copy left the system.
    Exported,
    /// A person stated a finding.
    Finding,
    /// Somebody appealed against a finding.
    Appeal,
    /// Who may do what was changed.
    AccessChanged,
    /// An exchange file was taken in.
    Imported,
    /// A key was made, rotated or destroyed.
    KeyChanged,
    /// The offset of a camera's clock was measured.
    ClockOffset,
    /// The system was restored from a backup.
    Restored,
    /// A new origin was opened; it names the last checkpoint of the old one.
    OriginOpened,
    /// An order of a court destroyed a salt.
    Expunged,
    /// Nothing: it hides quiet and busy hours.
    Padding,
}

impl Kind {
    /// Every kind, once.
    pub const ALL: [Self; 24] = [
        Self::ClipSealed,
        Self::RecordingDisposed,
        Self::ReleasePublished,
        Self::PolicyAdopted,
        Self::ReviewDrawn,
        Self::ReviewCompleted,
        Self::RecordingRegistered,
        Self::RecordingCompleted,
        Self::Accessed,
        Self::Annotated,
        Self::Flagged,
        Self::Held,
        Self::Shared,
        Self::Exported,
        Self::Finding,
        Self::Appeal,
        Self::AccessChanged,
        Self::Imported,
        Self::KeyChanged,
        Self::ClockOffset,
        Self::Restored,
        Self::OriginOpened,
        Self::Expunged,
        Self::Padding,
    ];

    /// Its name inside the entry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClipSealed => "clip.sealed",
            Self::RecordingDisposed => "recording.disposed",
            Self::ReleasePublished => "release.published",
            Self::PolicyAdopted => "policy.adopted",
            Self::ReviewDrawn => "review.drawn",
            Self::ReviewCompleted => "review.completed",
            Self::RecordingRegistered => "recording.registered",
            Self::RecordingCompleted => "recording.completed",
            Self::Accessed => "accessed",
            Self::Annotated => "annotated",
            Self::Flagged => "flagged",
            Self::Held => "held",
            Self::Shared => "shared",
            Self::Exported => "exported",
            Self::Finding => "finding",
            Self::Appeal => "appeal",
            Self::AccessChanged => "access.changed",
            Self::Imported => "imported",
            Self::KeyChanged => "key.changed",
            Self::ClockOffset => "clock.offset",
            Self::Restored => "restored",
            Self::OriginOpened => "origin.opened",
            Self::Expunged => "expunged",
            Self::Padding => "padding",
        }
    }

    /// Its name in the public leaf: the same for the six public kinds, `custody` for all others.
    pub const fn public(self) -> &'static str {
        match self {
            Self::ClipSealed
            | Self::RecordingDisposed
            | Self::ReleasePublished
            | Self::PolicyAdopted
            | Self::ReviewDrawn
            | Self::ReviewCompleted => self.name(),
            _ => "custody",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One custody event.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When it happened: microseconds since 1970 in UTC, within ±(2^53 - 1).
    pub at: i64,
    /// What happened.
    pub kind: Kind,
    /// What it is about: the id of a clip, a recording, a review …
    pub subject: String,
    /// Who did it.
    pub actor: String,
    /// Why, in words or by a rule.
    pub reason: String,
    /// What the kind needs besides; stands beside the members above. Whole numbers only.
    pub facts: Map<String, Value>,
}

impl Entry {
    /// The text that is committed to: RFC 8785, version 1.
    ///
    /// # Errors
    /// A fact is called like a fixed member, is nested too deeply, or holds a number that is not whole or is
    /// outside ±(2^53 - 1); or `at` is outside that range.
    pub fn canonical(&self) -> Result<String, EntryError> {
        let mut members = self.facts.clone();
        let fixed: [Value; 6] = [
            VERSION.into(),
            self.at.into(),
            self.kind.name().into(),
            self.subject.as_str().into(),
            self.actor.as_str().into(),
            self.reason.as_str().into(),
        ];
        for (name, value) in FIXED.into_iter().zip(fixed) {
            if members.insert(name.into(), value).is_some() {
                return Err(EntryError::Reserved { fact: name.into() });
            }
        }
        canonical::object(&members)
    }

    /// Reads an entry; the text must be exactly what [`Entry::canonical`] writes.
    ///
    /// # Errors
    /// The text is not JSON, lacks a member, is of another version or kind, or is not canonical.
    pub fn parse(text: &str) -> Result<Self, EntryError> {
        let mut facts: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| EntryError::NotJson { reason: error.to_string() })?;
        if whole(&mut facts, "v")? != VERSION {
            return Err(EntryError::Version);
        }
        let name = text_of(&mut facts, "kind")?;
        let entry = Self {
            at: whole(&mut facts, "at")?,
            kind: Kind::parse(&name).ok_or(EntryError::UnknownKind { kind: name })?,
            subject: text_of(&mut facts, "subject")?,
            actor: text_of(&mut facts, "actor")?,
            reason: text_of(&mut facts, "reason")?,
            facts,
        };
        if entry.canonical()? == text { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }
}

fn whole(members: &mut Map<String, Value>, name: &'static str) -> Result<i64, EntryError> {
    let value = members.remove(name).ok_or(EntryError::Missing { name })?;
    value.as_i64().ok_or(EntryError::Form { name, wanted: "a whole number" })
}

fn text_of(members: &mut Map<String, Value>, name: &'static str) -> Result<String, EntryError> {
    match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(EntryError::Form { name, wanted: "a text" }),
        None => Err(EntryError::Missing { name }),
    }
}

/// Why an entry cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EntryError {
    /// The text is not a JSON object.
    #[error("the entry is not a JSON object: {reason}")]
    NotJson {
        /// What the reader of JSON says.
        reason: String,
    },
    /// A member that every entry has is not there.
    #[error("the entry has no \"{name}\"; every entry has v, at, kind, subject, actor and reason")]
    Missing {
        /// The member.
        name: &'static str,
    },
    /// A member is of another type.
    #[error("\"{name}\" of the entry must be {wanted}")]
    Form {
        /// The member.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// The entry is of a version that this program does not know.
    #[error("the entry is not of version 1; a newer version of this program may be needed to read it")]
    Version,
    /// The entry is of a kind that this program does not know.
    #[error("the entry is of kind \"{kind}\", which this version of the program does not know")]
    UnknownKind {
        /// The kind as written.
        kind: String,
    },
    /// A fact has the name of a fixed member.
    #[error("a fact of the entry is called \"{fact}\", which every entry has already; choose another name")]
    Reserved {
        /// The name.
        fact: String,
    },
    /// A number has a fraction or is too large to be kept exactly by every reader.
    #[error(
        "\"{fact}\" of the entry holds the number {number}; only whole numbers within ±9007199254740991 are \
         allowed, write others as text"
    )]
    Number {
        /// The outermost member.
        fact: String,
        /// The number as it came.
        number: String,
    },
    /// A fact is nested too deeply.
    #[error("\"{fact}\" of the entry is nested more than {deepest} deep; make it flatter")]
    TooDeep {
        /// The outermost member.
        fact: String,
        /// How deep is allowed.
        deepest: usize,
    },
    /// The text says the same in other bytes.
    #[error(
        "the entry is not in the canonical form of RFC 8785, so it is not the text that was committed to"
    )]
    NotCanonical,
}
