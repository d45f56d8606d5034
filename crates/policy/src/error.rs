//! What is said about a policy file that cannot be used.

/// Why a policy file cannot be used: which file, which line, what is wrong there and what to do about it.
///
/// Only the first thing wrong is reported; a policy is either read whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {message}")]
pub struct PolicyError {
    /// The name of the file as it was given to [`Policy::parse`](crate::Policy::parse).
    pub file: String,
    /// The line on which it is wrong; the first line is 1.
    pub line: usize,
    /// A sentence or two: what is wrong and what to do.
    pub message: String,
}
