//! What this crate reads of Axis body-worn systems, for the fuzzer only.

use crate::ProgramError;
use crate::axis::unwrap::KeyFile;
use crate::axis::{Metadata, times};

/// Reads the times of a recording and those of a clip.
///
/// # Errors
/// As for any metadata.
pub fn times(metadata: &Metadata) -> Result<(), ProgramError> {
    times::of_clip(metadata).and(times::of_recording(metadata).map(|_| ()))
}

/// Reads a key file. Answers how many bytes the wrapped key has.
///
/// # Errors
/// As for any key file.
pub fn key_file(bytes: &[u8]) -> Result<usize, ProgramError> {
    KeyFile::read(bytes).map(|(wrapped, _)| wrapped.len())
}
