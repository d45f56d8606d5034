//! What keeps the agent from starting or going on, and what keeps one file from being safe.

use std::io;
use std::path::PathBuf;

use onrecord_client::ClientError;
use thiserror::Error;

/// Why the agent cannot work.
#[derive(Debug, Error)]
pub enum DockError {
    /// A file or folder of the agent cannot be read or written.
    #[error("{path}: cannot {action}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Another agent uses the state folder.
    #[error(
        "{path}: another dock agent runs with this state folder; stop it, or give this one a folder of its own",
        path = path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The state folder lies where cameras are looked for.
    #[error(
        "{path}: the state folder lies inside the watched folder; put it on the computer's own disk",
        path = path.display()
    )]
    StateInside {
        /// The folder.
        path: PathBuf,
    },
    /// The token file is empty or not text.
    #[error(
        "{path}: this holds no token; write one line into it, as `onrecord admin token create --role intake` prints it",
        path = path.display()
    )]
    Token {
        /// The file.
        path: PathBuf,
    },
    /// The profile cannot be used.
    #[error("the camera profile {name}: {why}")]
    Profile {
        /// Its name or file.
        name: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// There is no such profile.
    #[error(
        "there is no camera profile {name:?}; built in are {known}; a file of your own must end in .toml"
    )]
    NoProfile {
        /// As given.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The zone is none.
    #[error("{zone:?} is not a time zone; give an IANA name like America/Chicago")]
    Zone {
        /// As given.
        zone: String,
    },
    /// The ledger key is none.
    #[error(
        "the ledger key {key:?} cannot be used: {why}; take it from the department, its address ends in /ledger/key"
    )]
    Key {
        /// As given or as pinned.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server cannot be spoken to at all.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A thread of the agent's own broke off.
    #[error("a task of the agent broke off: {why}; this is a fault in it, restart it and report this")]
    Broken {
        /// What the runtime says.
        why: String,
    },
}

/// Why a file is not safe yet.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// The camera's folder or file cannot be used.
    #[error("cannot {action}: {source}")]
    Camera { action: &'static str, source: io::Error },
    /// It is another file by now.
    #[error("it changed while it was brought; it is looked at anew")]
    Changed,
    /// The server does not do its part.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server has other bytes.
    #[error(
        "the server's receipt is about {receipt_size} bytes with the SHA-256 {receipt}, the file on the camera has {size} \
         with {file}; it is brought again from its first byte"
    )]
    OtherBytes { receipt: String, receipt_size: u64, file: String, size: u64 },
    /// The receipt proves nothing.
    #[error("the receipt does not show that the file is in the ledger: {0}")]
    Unproven(String),
    /// The agent cannot write down what it did.
    #[error("cannot write it down, so it does not count: {0}")]
    State(#[from] DockError),
}

impl Trouble {
    /// Whether somebody must do something before it can end well: it is tried again, but seldom.
    pub fn is_stubborn(&self) -> bool {
        match self {
            Self::Client(error) => matches!(
                error,
                ClientError::Refused { .. } | ClientError::Nonsense { .. } | ClientError::Setup { .. }
            ),
            Self::OtherBytes { .. } | Self::Unproven(_) => true,
            Self::Camera { .. } | Self::Changed | Self::State(_) => false,
        }
    }
}
