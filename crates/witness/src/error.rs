//! What keeps a witness from starting or serving.

use std::io;
use std::path::PathBuf;

use onrecord_ledger::{CheckpointError, CosignError, KeyError};
use thiserror::Error;

/// Why the witness cannot work.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// A file or folder cannot be read or written.
    #[error("{path}: cannot {action}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Another process uses the folder.
    #[error(
        "{path}: another witness runs on this folder; two would answer from two memories. Stop it, or give this one \
         a folder of its own",
        path = path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The key file holds no key.
    #[error("{path}: {source}; restore the file from your offline copy", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The key can be read by others on this machine.
    #[error("{path}: others on this machine may read this key; run `chmod 600` on it", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The key belongs to another name.
    #[error(
        "{path}: this is the key of the witness {found}, but the witness is to be called {wanted}; use the old name, \
         or an empty folder for a new witness",
        path = path.display()
    )]
    Renamed {
        /// The file.
        path: PathBuf,
        /// The name in the key.
        found: String,
        /// The name in the configuration.
        wanted: String,
    },
    /// The name cannot be used.
    #[error("the witness cannot have this name: {0}")]
    Name(KeyError),
    /// A key of a ledger in the configuration cannot be used.
    #[error("the ledger key {vkey:?} in the configuration cannot be used: {source}")]
    Log {
        /// The key as configured.
        vkey: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// What was remembered of a ledger cannot be read.
    #[error(
        "{path}: what this witness last saw of {origin} cannot be read: {source}. Restore the file from a backup; \
         without it the witness would forget, so it does not start",
        path = path.display()
    )]
    Memory {
        /// The file.
        path: PathBuf,
        /// The ledger.
        origin: String,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// What was remembered is of another ledger.
    #[error("{path}: this should be the last checkpoint of {origin}, but is one of {found}; restore it from a backup", path = path.display())]
    OtherMemory {
        /// The file.
        path: PathBuf,
        /// The ledger that it should be of.
        origin: String,
        /// The ledger that it is of.
        found: String,
    },
    /// A checkpoint that was decided to be cosigned cannot be.
    #[error("the checkpoint cannot be cosigned: {0}")]
    Cosign(#[from] CosignError),
    /// A request before this one ended in the middle of its work.
    #[error(
        "an earlier request about this ledger broke off; restart the witness so that it reads its memory again"
    )]
    Broken,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a key; try again later")]
    Random,
    /// The service cannot listen or has ended.
    #[error("cannot serve on {listen}: {source}")]
    Serve {
        /// The address.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
}
