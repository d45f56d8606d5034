//! Receipts: what an uploader gets back, and what it proves of a file, offline. Nothing is needed but the
//! file's digest and the receipt; with the ledger's key also who vouches for it.
//!
//! A receipt holds the entry with its salt, so it is for those who may know the entry. What goes to the
//! public is another form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::entry::{Entry, Kind};
use crate::key::{Use, VerifierKey};
use crate::leaf::{commitment, leaf, leaf_hash};
use crate::tree::{Hash, check_inclusion};

/// A receipt, as JSON. Members that it does not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The recording that the clip belongs to.
    pub recording_id: String,
    /// The clip: the bytes of one file.
    pub clip_id: String,
    /// SHA-256 of the clip: 64 hexadecimal digits, lower case.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// The entry, in exactly the text that was committed to.
    pub entry: String,
    /// The 32 bytes of salt in the commitment, in base64.
    pub salt: String,
    /// The place of the entry in the ledger, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Hashes in base64 from the leaf to the root, once the entry has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Vec<String>>,
    /// The signed note whose root the proof leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// What can be said of a file and its receipt. The sentences are for people who are no engineers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The file is the one that was sealed.
    True {
        /// What was shown, a sentence each, and what was not.
        lines: Vec<String>,
    },
    /// The file, the entry, the proof or the signature is not what the receipt says.
    False(String),
    /// Nothing is shown, neither for nor against the file.
    CannotSay(String),
}

/// Checks a file, given its SHA-256 and its size in bytes, against a receipt; with the ledger's verifier key
/// where there is one.
pub fn verify(file_sha256: &[u8; 32], file_size: u64, receipt_json: &str, key: Option<&str>) -> Verdict {
    match check(file_sha256, file_size, receipt_json, key) {
        Ok(lines) => Verdict::True { lines },
        Err(other) => other,
    }
}

fn check(file: &[u8; 32], size: u64, receipt_json: &str, key: Option<&str>) -> Result<Vec<String>, Verdict> {
    if let Some(key) = key {
        VerifierKey::from_text(key, Use::Log)
            .map_err(|error| cannot(format!("The key that was given cannot be used: {error}.")))?;
    }
    let receipt: Receipt = serde_json::from_str(receipt_json)
        .map_err(|error| cannot(format!("The receipt cannot be read, so nothing can be said: {error}.")))?;
    let entry = Entry::parse(&receipt.entry)
        .map_err(|error| cannot(format!("The receipt's ledger entry cannot be used: {error}.")))?;
    let salt = decode(&receipt.salt)
        .ok_or_else(|| cannot("The receipt is damaged: its salt is not 32 bytes in base64.".into()))?;
    same_file(file, size, &receipt, &entry)?;
    about_this_clip(&receipt, &entry)?;
    let place = Place::of(&receipt)?;
    let checkpoint = checkpoint_of(place.note, key)?;
    let hash = leaf_hash(&leaf(entry.kind.public(), &commitment(&salt, &receipt.entry)));
    check_inclusion(&hash, place.index, checkpoint.size, &checkpoint.root, &place.proof).map_err(|_| {
        Verdict::False(format!(
            "The receipt does not prove its entry: the proof does not lead from entry number {} to the root of \
             the checkpoint of {} with {} entries. The entry, its salt, the proof or the checkpoint was altered.",
            place.index, checkpoint.origin, checkpoint.size
        ))
    })?;
    Ok(shown(&receipt, &entry, place.index, &checkpoint, key.is_some()))
}

fn cannot(sentence: String) -> Verdict {
    Verdict::CannotSay(sentence)
}

/// The file's digest and size are those of the receipt and of the entry.
fn same_file(file: &[u8; 32], size: u64, receipt: &Receipt, entry: &Entry) -> Result<(), Verdict> {
    let digest = hex(file);
    let is_digest = receipt.sha256.len() == 64
        && receipt.sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_digest {
        return Err(cannot("The receipt is damaged: its sha256 is not 64 hexadecimal digits.".into()));
    }
    if receipt.sha256 != digest || receipt.size != size {
        return Err(Verdict::False(format!(
            "This is not the file that the receipt is about: the file has {size} bytes and the SHA-256 {digest}, \
             the receipt says {} bytes and {}.",
            receipt.size, receipt.sha256
        )));
    }
    let sealed = entry.facts.get("sha256").and_then(|value| value.as_str());
    if sealed != Some(digest.as_str())
        || entry.facts.get("size").and_then(serde_json::Value::as_u64) != Some(size)
    {
        return Err(Verdict::False(format!(
            "The ledger entry in the receipt is not about this file: it does not say {size} bytes with the SHA-256 \
             {digest}."
        )));
    }
    Ok(())
}

/// The entry says that this clip was sealed, and of the same recording where it names one.
fn about_this_clip(receipt: &Receipt, entry: &Entry) -> Result<(), Verdict> {
    if entry.kind != Kind::ClipSealed {
        return Err(Verdict::False(format!(
            "The ledger entry in the receipt does not say that a clip was sealed; it is of the kind {}.",
            entry.kind.name()
        )));
    }
    if entry.subject != receipt.clip_id {
        return Err(Verdict::False(format!(
            "The receipt names the clip {}, but its ledger entry is about {}.",
            receipt.clip_id, entry.subject
        )));
    }
    match entry.facts.get("recording_id").map(serde_json::Value::as_str) {
        None => Ok(()),
        Some(Some(recording)) if recording == receipt.recording_id => Ok(()),
        Some(_) => Err(Verdict::False(format!(
            "The receipt names the recording {}, but its ledger entry names another.",
            receipt.recording_id
        ))),
    }
}

/// Where the receipt says that the entry stands.
struct Place<'a> {
    index: u64,
    proof: Vec<Hash>,
    note: &'a str,
}

impl<'a> Place<'a> {
    fn of(receipt: &'a Receipt) -> Result<Self, Verdict> {
        let (Some(index), Some(proof), Some(note)) = (receipt.index, &receipt.proof, &receipt.checkpoint)
        else {
            return Err(cannot(
                "The file is the one that the receipt describes, but the receipt holds no proof yet: it was written \
                 before its entry had a place in the ledger. Fetch the receipt again and repeat this check."
                    .into(),
            ));
        };
        let proof = proof.iter().map(|hash| decode(hash)).collect::<Option<_>>().ok_or_else(|| {
            cannot("The receipt is damaged: a line of its proof is not 32 bytes in base64.".into())
        })?;
        Ok(Self { index, proof, note })
    }
}

fn checkpoint_of(note: &str, key: Option<&str>) -> Result<Checkpoint, Verdict> {
    let opened = match key {
        Some(key) => Checkpoint::open(note, key),
        None => Checkpoint::read_unverified(note),
    };
    opened.map_err(|error| match error {
        CheckpointError::Malformed => {
            cannot("The receipt is damaged: its checkpoint cannot be read as a signed note.".into())
        }
        wrong => Verdict::False(format!(
            "The checkpoint in the receipt is not vouched for by the key that was given: {wrong}."
        )),
    })
}

/// The sentences of a receipt that holds. The recording and the time are said only as the entry says them.
fn shown(receipt: &Receipt, entry: &Entry, index: u64, ledger: &Checkpoint, signed: bool) -> Vec<String> {
    let mut lines = vec![
        format!("The file is, byte for byte, the clip {} as it was sealed.", receipt.clip_id),
        format!("It has {} bytes; its SHA-256 is {}.", receipt.size, receipt.sha256),
    ];
    if entry.facts.contains_key("recording_id") {
        lines.push(format!("It belongs to the recording {}.", receipt.recording_id));
    }
    if let Ok(at) = Timestamp::from_microsecond(entry.at) {
        lines.push(format!("The ledger's keeper wrote that this happened at {at} (UTC)."));
    }
    lines.push(format!(
        "That was written into the ledger {} as entry number {index} (counted from 0), and the proof leads from it \
         to the checkpoint with {} entries.",
        ledger.origin, ledger.size
    ));
    lines.push(if signed {
        format!("The checkpoint is signed by the key that was given, the key of {}.", ledger.origin)
    } else {
        format!(
            "NOT CHECKED: who signed the checkpoint. Anybody could have made a receipt like this. To check it, \
             obtain the verifier key of {} from the department (its address ends in /ledger/key) in a way that does \
             not depend on who gave you this receipt, and repeat this check with --key.",
            ledger.origin
        )
    });
    lines
}

fn decode(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
