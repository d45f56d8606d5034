//! What can go wrong between a recording and what a tool makes of it. The difference that matters to custody: a file
//! that no tool can read is still evidence and is marked so; a tool that could not do its work says nothing about it.

use std::io;
use std::time::Duration;

/// Why there is no answer about a recording.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The tool did its work and says that this is no media it knows. The clip stays evidence, marked unreadable.
    #[error("No media tool can read this file: {0}. It is kept as it is.")]
    Unreadable(String),
    /// The recording has no picture or no sound where one was asked for.
    #[error("The recording has no {0}.")]
    Lacks(&'static str),
    /// The tool could not be started, was refused something it needs, or died. It says nothing about the file.
    #[error(
        "{tool} failed: {what}. The recording is untouched; look at the server's media settings and try again."
    )]
    ToolFailed {
        /// The name of the program.
        tool: String,
        /// What it said, or how it ended.
        what: String,
    },
    /// The tool was stopped because it took longer than the settings allow.
    #[error(
        "{tool} was stopped after {after:?}. Allow more time in the media settings if the recording is long."
    )]
    Timeout {
        /// The name of the program.
        tool: String,
        /// The limit that was reached: wall-clock or processor time.
        after: Duration,
    },
    /// The file or what the tool made of it is larger than the settings allow.
    #[error("Too large: {0}.")]
    TooLarge(String),
    /// The evidence could not be read from where it is kept.
    #[error("The recording could not be read from its store: {0}. Look at the store, then try again.")]
    Source(#[source] io::Error),
    /// What the tool made could not be taken away.
    #[error("The result could not be written: {0}. Look at where it is written to, then try again.")]
    Sink(#[source] io::Error),
}

impl MediaError {
    /// A failure of the tool, in words.
    pub(crate) fn failed(tool: &str, what: impl Into<String>) -> Self {
        Self::ToolFailed { tool: tool.into(), what: what.into() }
    }
}
