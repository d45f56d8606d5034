//! What can go wrong in a use case, said so that a person can act on it.

use onrecord_ledger::EntryError;
use onrecord_ledger::tree::{TilesError, TreeError};
use onrecord_store::StoreError;
use onrecord_vault::{KeyError, ReadError, ShelfError, WriteError};

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// What was asked for can never be done: the caller must change it.
    #[error("{0}")]
    Refused(String),
    /// The caller may know of it, and may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// What was asked for is not there, or not the caller's to know of.
    #[error("There is no {what} {id} that you may see.")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Somebody else was quicker, or it is done already.
    #[error("{0}")]
    Conflict(String),
    /// The bytes do not match the digest that came with them.
    #[error("The bytes do not match their {0} checksum; they were thrown away. Send them again.")]
    Checksum(&'static str),
    /// A newer request has taken over.
    #[error("Another request has taken this upload over; ask for its offset and go on from there.")]
    TakenOver,
    /// No room.
    #[error("There is no room left to keep this: {0}")]
    Full(String),
    /// Not now; again soon.
    #[error("This cannot be done right now: {0} Try again soon.")]
    Away(String),
    /// A fault of ours.
    #[error("{0}")]
    Fault(String),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ProgramError {
    fn from(error: StoreError) -> Self {
        match error {
            error if error.is_full() => Self::Full(error.to_string()),
            error if error.is_unkeepable() => Self::Refused(
                "A text holds the character U+0000 or is longer than any name may be; the database cannot keep it."
                    .to_owned(),
            ),
            error => Self::Store(error),
        }
    }
}

impl From<ShelfError> for ProgramError {
    fn from(error: ShelfError) -> Self {
        match error {
            ShelfError::Full { .. } => Self::Full(error.to_string()),
            ShelfError::Away { .. } => Self::Away(error.to_string()),
            _ => Self::Fault(error.to_string()),
        }
    }
}

impl From<WriteError> for ProgramError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Shelf(error) => error.into(),
            _ => Self::Fault(error.to_string()),
        }
    }
}

impl From<ReadError> for ProgramError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Shelf(error) => error.into(),
            _ => Self::Fault(error.to_string()),
        }
    }
}

impl From<KeyError> for ProgramError {
    fn from(error: KeyError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<EntryError> for ProgramError {
    fn from(error: EntryError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<TreeError> for ProgramError {
    fn from(error: TreeError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<TilesError> for ProgramError {
    fn from(error: TilesError) -> Self {
        Self::Fault(error.to_string())
    }
}
