//! What the agent tells whoever runs it. Names come from cameras, so they are made fit for a log first.

use std::fmt;

use crate::folder::Place;

/// A name from a camera, fit for a terminal and a log: one line, bounded, nothing that moves a cursor or turns writing
/// around.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// How many characters of a name are shown.
const LONGEST: usize = 240;

impl Name {
    pub(crate) fn of(text: &str) -> Self {
        let mut shown = String::new();
        for (at, one) in text.chars().enumerate() {
            if at == LONGEST {
                shown.push('…');
                break;
            }
            // Control characters, and those that Unicode uses to direct, join or hide writing.
            let hides = matches!(one, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
                || matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
                || matches!(one, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
            if one.is_control() || hides {
                shown.extend(one.escape_unicode());
            } else {
                shown.push(one);
            }
        }
        Self(shown)
    }
}

impl From<&Place> for Name {
    fn from(place: &Place) -> Self {
        Self::of(&place.text())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that happened. `Display` is a sentence for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A camera is there that was not there at the look before.
    CameraCame {
        /// Its folder.
        camera: Name,
    },
    /// A camera is no longer there.
    CameraWent {
        /// Its folder.
        camera: Name,
    },
    /// What a camera's clock shows against ours.
    ClockOffset {
        /// Its folder.
        camera: Name,
        /// Camera minus ours, in microseconds.
        microseconds: i64,
    },
    /// A file begins to be brought, or goes on.
    Bringing {
        /// The file.
        file: Name,
        /// Its size in bytes.
        size: u64,
        /// Whether an earlier upload goes on.
        resumed: bool,
    },
    /// So much of it is durable at the server.
    Progress {
        /// The file.
        file: Name,
        /// Bytes that are durable.
        durable: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// The server holds it, the ledger says so, and both were checked against the camera.
    Safe {
        /// The file.
        file: Name,
        /// The server's name for its bytes.
        clip_id: String,
        /// Lower-case hex.
        sha256: String,
    },
    /// A marker was laid beside it.
    Marked {
        /// The file.
        file: Name,
    },
    /// It was deleted from the camera, as the profile says.
    Deleted {
        /// The file.
        file: Name,
    },
    /// A marker was taken away because the file beside it is not the one that it was laid for.
    StaleMarker {
        /// The file.
        file: Name,
    },
    /// A marker that is not shown to be true could not be taken away. Do not trust it.
    NotUnmarked {
        /// The file.
        file: Name,
        /// Why.
        why: String,
    },
    /// It is not safe yet; it is tried again.
    NotYet {
        /// The file.
        file: Name,
        /// Why.
        why: String,
        /// When it is tried again, in seconds.
        again_in: u64,
    },
    /// A safe file could not be marked or deleted. It stays safe.
    NotTidied {
        /// The file.
        file: Name,
        /// Why.
        why: String,
    },
    /// A folder could not be looked at.
    NotSeen {
        /// The folder.
        folder: Name,
        /// Why.
        why: String,
    },
    /// The ledger's key was taken from the server and is held on to from now on.
    KeyPinned {
        /// The verifier key.
        key: String,
    },
    /// Lines of the journal cannot be read; what they said is done again.
    JournalDamaged {
        /// How many.
        lines: u64,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CameraCame { camera } => write!(f, "{camera}: a camera is docked"),
            Self::CameraWent { camera } => write!(f, "{camera}: the camera is gone"),
            Self::ClockOffset { camera, microseconds } => {
                let (sign, whole) =
                    (if *microseconds < 0 { "behind" } else { "ahead" }, microseconds.unsigned_abs());
                write!(
                    f,
                    "{camera}: the camera's clock is {}.{:03} s {sign}",
                    whole / 1_000_000,
                    whole / 1_000 % 1_000
                )
            }
            Self::Bringing { file, size, resumed: true } => write!(f, "{file}: goes on ({size} bytes)"),
            Self::Bringing { file, size, resumed: false } => write!(f, "{file}: begins ({size} bytes)"),
            Self::Progress { file, durable, size } => {
                write!(f, "{file}: {durable} of {size} bytes are durable")
            }
            Self::Safe { file, clip_id, sha256 } => {
                write!(f, "{file}: safe as clip {clip_id}, SHA-256 {sha256}, receipt verified")
            }
            Self::Marked { file } => write!(f, "{file}: marked as safe on the camera"),
            Self::Deleted { file } => write!(f, "{file}: deleted from the camera"),
            Self::StaleMarker { file } => {
                write!(f, "{file}: a marker was taken away; it was laid for another file of this name")
            }
            Self::NotUnmarked { file, why } => {
                write!(f, "{file}: the marker beside it is not to be trusted and cannot be taken away: {why}")
            }
            Self::NotYet { file, why, again_in } => {
                write!(f, "{file}: not safe yet: {why}. It is tried again in {again_in} s")
            }
            Self::NotTidied { file, why } => write!(f, "{file}: safe, but not tidied up: {why}"),
            Self::NotSeen { folder, why } => write!(f, "{folder}: cannot be looked at: {why}"),
            Self::KeyPinned { key } => write!(
                f,
                "the ledger's key {key} was taken from the server; compare it with the one that the department names"
            ),
            Self::JournalDamaged { lines } => {
                write!(f, "{lines} lines of the journal cannot be read; what they said is done again")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_cannot_turn_writing_around_or_clear_the_terminal() {
        assert_eq!(Name::of("a\u{202e}4pm.\u{1b}[2J\nb").to_string(), r"a\u{202e}4pm.\u{1b}[2J\u{a}b");
    }

    proptest! {
        #[test]
        fn every_name_is_one_bounded_line(text in any::<String>()) {
            let shown = Name::of(&text).to_string();
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(shown.chars().count() <= LONGEST * 10 + 1);
        }
    }
}
