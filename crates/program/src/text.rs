//! How long the texts may be that sources say of evidence, and what may stand in them: the same for both databases.
//! PostgreSQL keeps no U+0000 in a text and nothing longer than some 2,700 bytes in an index.

use crate::ProgramError;

/// Bytes of the name of a file or object.
pub const NAME: usize = 1_024;
/// Bytes of what names a camera, an officer, a zone, a container or a type.
pub const WORD: usize = 256;

/// Refuses a text that cannot be kept.
///
/// # Errors
/// Where it has more than `most` bytes, or holds U+0000.
pub fn keepable(what: &str, text: &str, most: usize) -> Result<(), ProgramError> {
    if text.len() > most {
        return Err(ProgramError::Refused(format!("{what} has more than {most} bytes.")));
    }
    if text.contains('\0') {
        return Err(ProgramError::Refused(format!("{what} holds the character U+0000, which no name has.")));
    }
    Ok(())
}

/// What can be kept of a text that must not be refused: its first bytes, with U+FFFD where U+0000 stood.
pub fn kept(text: &str, most: usize) -> String {
    let mut text = text.replace('\0', "\u{FFFD}");
    text.truncate(text.floor_char_boundary(most));
    text
}
