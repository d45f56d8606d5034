//! What can stop a simulation, each in one sentence: what is wrong, where, and what to do.

use std::path::PathBuf;

/// Why a scenario could not be read or a department not be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The scenario's text is not what a scenario looks like.
    #[error("{}:{line}: {problem}", file.display())]
    Scenario {
        /// The file that was read, as it was named.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// The scenario's time zone is not an IANA name.
    #[error("the time zone {name:?} is unknown; write an IANA name such as \"America/Chicago\"")]
    Zone {
        /// The name as written.
        name: String,
    },
    /// A number asked for that no department can have.
    #[error("{option} is {value}; choose a number from 1 to {most}")]
    Number {
        /// The option's name.
        option: &'static str,
        /// What was asked for.
        value: u32,
        /// The largest that is possible.
        most: u32,
    },
    /// A file or folder could not be written.
    #[error("{} cannot be written ({source}); choose a folder that can be written and has room", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
