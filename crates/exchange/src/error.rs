//! What stops an audit: a file that cannot be used at all, or an output that cannot be written.

use std::path::{Path, PathBuf};

/// A sentence that names the file, the line and column where there are any, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file cannot be opened or read.
    #[error("{}: cannot be read: {source}. Check the path and that you may read the file.", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A compressed file is damaged or cut off.
    #[error(
        "{}, after line {line}: the compressed data is damaged or cut off ({source}). Export or copy the file again.",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The last line that could be read.
        line: u64,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// A file cannot be used.
    #[error("{}{}{}: {problem}", file.display(), place("line", .line.map(|l| l.to_string()).as_deref()), place("column", .column.as_deref()))]
    Unusable {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: Option<u64>,
        /// The name of the column.
        column: Option<String>,
        /// What is wrong and what to do, as a sentence.
        problem: String,
    },
    /// An output cannot be written.
    #[error("{}: cannot be written: {source}. Choose a folder with --out in which you may write and that has room.", file.display())]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The ids of two exports do not match.
    #[error("{0}")]
    IdsDoNotMatch(String),
    /// Something the caller asked for cannot be done.
    #[error("{0}")]
    Asked(String),
}

fn place(what: &str, where_: Option<&str>) -> String {
    where_.map_or_else(String::new, |w| format!(", {what} {w}"))
}

impl ExchangeError {
    /// A file that cannot be used, as a whole.
    pub(crate) fn unusable(file: &Path, line: impl Into<Option<u64>>, problem: impl Into<String>) -> Self {
        Self::Unusable { file: file.to_owned(), line: line.into(), column: None, problem: problem.into() }
    }

    /// The same with the column.
    pub(crate) fn in_column(self, name: impl Into<String>) -> Self {
        match self {
            Self::Unusable { file, line, problem, .. } => {
                Self::Unusable { file, line, column: Some(name.into()), problem }
            }
            other => other,
        }
    }

    pub(crate) fn write(file: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Write { file: file.to_owned(), source }
    }
}
