//! Cosignatures of witnesses: C2SP tlog-cosignature, the Ed25519 form (signature type 4).
//!
//! A cosignature says: at this time, this was the largest consistent tree of this ledger that I had seen.
//! When a witness may say so is decided in [`crate::witness`].

use signed_note::{Note, NoteError, Signature, Verifier as _};
use thiserror::Error;

use crate::checkpoint::{self, CheckpointError};
use crate::key::{KeyError, SigningKey, Use, VerifierKey, cosigned, time_of};

/// The key of a witness. Its `Debug` form shows no secret.
#[derive(Debug)]
pub struct WitnessKey(SigningKey);

impl WitnessKey {
    /// The key of the witness of this name (such as `witness.example.org`) from 32 random bytes.
    ///
    /// # Errors
    /// The name is empty or holds spaces, plus signs or control characters.
    pub fn generate(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        SigningKey::new(name, Use::Witness, seed).map(Self)
    }

    /// Reads the form that [`WitnessKey::to_text`] writes; space around it is ignored.
    ///
    /// # Errors
    /// It is no such key, or its id does not belong to it.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        SigningKey::from_text(text, Use::Witness).map(Self)
    }

    /// `PRIVATE+KEY+name+id+seed`: to be kept secret.
    pub fn to_text(&self) -> String {
        self.0.to_text()
    }

    /// `name+id+key`: what others verify this witness's cosignatures with.
    pub fn vkey(&self) -> String {
        self.0.verifier_key()
    }

    /// The name of the witness.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The signature line, with its end of line, by which this witness cosigns a checkpoint at a time in
    /// seconds since 1970.
    ///
    /// # Errors
    /// The note is no checkpoint, or the time is beyond 2^63 - 1.
    pub fn cosign(&self, note: &str, unix_seconds: u64) -> Result<String, CosignError> {
        let (note, _) = checkpoint::read(note)?;
        if i64::try_from(unix_seconds).is_err() {
            return Err(CosignError::Time { unix_seconds });
        }
        let signature = self.0.sign(&cosigned(unix_seconds, note.text()));
        Ok(self.0.line(&[unix_seconds.to_be_bytes().as_slice(), &signature].concat()))
    }
}

/// Checks the cosignature of the witness with this key and says when it was made, in seconds since 1970.
///
/// # Errors
/// The key cannot be used, the note is no checkpoint, or there is no right cosignature by this key.
pub fn check_cosignature(note: &str, vkey: &str) -> Result<u64, CosignError> {
    let key = VerifierKey::from_text(vkey, Use::Witness)?;
    let (note, _) = checkpoint::read(note)?;
    let signature = key.signature_on(&note).map_err(|error| match error {
        NoteError::InvalidSignature { name, .. } => CosignError::WrongSignature { key: name },
        _ => CosignError::NotSigned { key: key.name().into() },
    })?;
    Ok(time_of(&signature))
}

/// The note with one signature line more; one by the same key is replaced. The signature is not checked.
///
/// # Errors
/// The note is no checkpoint, or the line is not one signature line.
pub fn add_signature(note: &str, line: &str) -> Result<String, CosignError> {
    let (note, _) = checkpoint::read(note)?;
    let new = signature_of(line)?;
    let signatures = signatures_of(&note);
    let others = signatures.iter().filter(|old| (old.name(), old.id()) != (new.name(), new.id()));
    let mut out = [note.text(), b"\n"].concat();
    others.for_each(|signature| out.extend(signature.to_bytes()));
    out.extend(new.to_bytes());
    String::from_utf8(out).map_err(|_| CosignError::Line)
}

/// Takes the cosignature of one witness out of its answer, checks it, and adds it to the note. Lines by other
/// keys are ignored, as C2SP tlog-witness demands. Also says when it was made, in seconds since 1970.
///
/// # Errors
/// The key cannot be used, the note is no checkpoint, or the answer holds no right cosignature by this key.
pub fn take_cosignature(note: &str, answer: &str, vkey: &str) -> Result<(String, u64), CosignError> {
    let key = VerifierKey::from_text(vkey, Use::Witness)?;
    let line = answer.lines().find(|line| {
        signature_of(line).is_ok_and(|found| (found.name(), found.id()) == (key.name(), key.key_id()))
    });
    let line = line.ok_or_else(|| CosignError::NotSigned { key: key.name().into() })?;
    let cosigned = add_signature(note, line)?;
    let time = check_cosignature(&cosigned, vkey)?;
    Ok((cosigned, time))
}

fn signature_of(line: &str) -> Result<Signature, CosignError> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    if line.chars().any(char::is_control) {
        return Err(CosignError::Line);
    }
    Signature::from_bytes(line.as_bytes()).map_err(|_| CosignError::Line)
}

/// The signatures of a note: its type shows them only as text.
fn signatures_of(note: &Note) -> Vec<Signature> {
    let bytes = note.to_bytes();
    let lines = bytes.get(note.text().len()..).unwrap_or_default().split(|byte| *byte == b'\n');
    lines.filter_map(|line| Signature::from_bytes(line).ok()).collect()
}

/// Why a cosignature cannot be made, checked or added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CosignError {
    /// The key itself cannot be used.
    #[error("the key of the witness cannot be used: {0}")]
    Key(#[from] KeyError),
    /// What should be cosigned is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// There is no cosignature by this key.
    #[error("there is no cosignature by the witness {key}")]
    NotSigned {
        /// The name of the key.
        key: String,
    },
    /// There is one, and it is wrong.
    #[error("there is a cosignature that claims to be by the witness {key}, and it is wrong")]
    WrongSignature {
        /// The name of the key.
        key: String,
    },
    /// The line is no signature line.
    #[error("this is not a signature line; one begins with a long dash, then name and base64, on one line")]
    Line,
    /// The time cannot be written.
    #[error("the time {unix_seconds} lies beyond what a cosignature can hold; set the clock")]
    Time {
        /// Seconds since 1970.
        unix_seconds: u64,
    },
}
