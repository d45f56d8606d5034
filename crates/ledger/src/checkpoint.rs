//! Checkpoints: the size and the root of the tree, signed by the ledger. C2SP tlog-checkpoint and
//! signed-note.

use signed_note::{Note, NoteError};
use thiserror::Error;

use crate::key::{KeyError, SigningKey, Use, VerifierKey};
use crate::tree::Hash;

/// The key of a ledger: it signs checkpoints. Its `Debug` form shows no secret.
#[derive(Debug)]
pub struct LedgerKey(SigningKey);

impl LedgerKey {
    /// The key of this origin (such as `records.example.org/ledger`) from 32 random bytes.
    ///
    /// # Errors
    /// The origin is empty or holds spaces, plus signs or control characters.
    pub fn generate(origin: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        SigningKey::new(origin, Use::Log, seed).map(Self)
    }

    /// Reads the form that [`LedgerKey::to_text`] writes; space around it is ignored.
    ///
    /// # Errors
    /// It is no such key, or its id does not belong to it.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        SigningKey::from_text(text, Use::Log).map(Self)
    }

    /// `PRIVATE+KEY+origin+id+seed`: to be kept secret.
    pub fn to_text(&self) -> String {
        self.0.to_text()
    }

    /// `origin+id+key`: what the public verifies with.
    pub fn verifier_key(&self) -> String {
        self.0.verifier_key()
    }

    /// The origin that this key signs for; it is also the name of the key.
    pub fn origin(&self) -> &str {
        self.0.name()
    }

    /// The signed note that says: the tree of this origin has this size and root.
    ///
    /// Who signs two roots for one size, or a tree that does not extend the last, has broken the ledger for
    /// ever.
    pub fn sign_checkpoint(&self, size: u64, root: &Hash) -> String {
        let text = format!("{}\n{size}\n{}\n", self.origin(), tlog_tiles::Hash(*root));
        let signature = self.0.sign(text.as_bytes());
        format!("{text}\n{}", self.0.line(&signature))
    }
}

/// The origin whose checkpoints this verifier key verifies; for checking keys where they are configured.
///
/// # Errors
/// It is no verifier key of a ledger.
pub fn origin_of(vkey: &str) -> Result<String, KeyError> {
    VerifierKey::from_text(vkey, Use::Log).map(|key| signed_note::Verifier::name(&key).to_owned())
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger.
    pub origin: String,
    /// Entries in its tree.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads a signed note and checks the signature of the ledger's key. Other signatures are not looked at.
    ///
    /// # Errors
    /// See [`CheckpointError`]: no signature by this key, a wrong one, or no checkpoint at all.
    pub fn open(note: &str, vkey: &str) -> Result<Self, CheckpointError> {
        let key = VerifierKey::from_text(vkey, Use::Log)?;
        let (note, checkpoint) = read(note)?;
        let name = signed_note::Verifier::name(&key).to_owned();
        key.signature_on(&note).map_err(|error| match error {
            NoteError::InvalidSignature { .. } => CheckpointError::WrongSignature { key: name.clone() },
            _ => CheckpointError::NotSigned { key: name.clone() },
        })?;
        if checkpoint.origin == name {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherOrigin { origin: checkpoint.origin, key: name })
        }
    }

    /// Reads a signed note without checking who signed it.
    ///
    /// # Errors
    /// It is not a note with a signature, or its text is no checkpoint.
    pub fn read_unverified(note: &str) -> Result<Self, CheckpointError> {
        read(note).map(|(_, checkpoint)| checkpoint)
    }
}

/// The note and what it says.
pub(crate) fn read(note: &str) -> Result<(Note, Checkpoint), CheckpointError> {
    let note = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    let said = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| CheckpointError::Malformed)?;
    let checkpoint = Checkpoint { origin: said.origin().into(), size: said.size(), root: said.hash().0 };
    Ok((note, checkpoint))
}

/// Why a checkpoint cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The key itself cannot be used.
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// It is not a checkpoint.
    #[error(
        "this is not a checkpoint: it must hold origin, size and root on a line each, an empty line and one or more \
         signatures, and nothing else"
    )]
    Malformed,
    /// There is no signature by this key.
    #[error("the checkpoint carries no signature by the key of {key}")]
    NotSigned {
        /// The name of the key.
        key: String,
    },
    /// There is one, and it is wrong.
    #[error("the checkpoint carries a signature that claims to be by the key of {key}, and it is wrong")]
    WrongSignature {
        /// The name of the key.
        key: String,
    },
    /// The signature is right, but the checkpoint is about another ledger.
    #[error("the checkpoint is about the ledger {origin}, but the key belongs to {key}")]
    OtherOrigin {
        /// The origin that the checkpoint names.
        origin: String,
        /// The name of the key.
        key: String,
    },
}
