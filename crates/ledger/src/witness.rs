//! What a witness decides about a submission, C2SP tlog-witness `add-checkpoint`: to cosign it only where it
//! extends the last checkpoint of that ledger that it cosigned. Pure: remembering, and remembering before
//! answering, is the work of `onrecord-witness`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::tree::{EMPTY_ROOT, Hash, check_consistency};

/// The most bytes of a submission: 63 hashes, and a note with room for some dozen signatures of any kind.
pub const LARGEST_BODY: usize = 128 * 1024;

/// The most lines of a proof, by the specification.
const LONGEST_PROOF: usize = 63;

/// The last tree of a ledger that a witness cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Entries in it.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Seen {
    /// What a witness has seen of a ledger that is new to it: the empty tree.
    pub const NOTHING: Self = Self { size: 0, root: EMPTY_ROOT };
}

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Remember this tree, durably, then cosign.
    Cosign(Seen),
    /// The submission does not start from the tree seen last, whose size this is; or it has another root than
    /// that.
    Conflict(u64),
    /// No key is known for this origin.
    UnknownOrigin,
    /// No signature by a known key of this origin is right.
    BadSignature,
    /// The proof does not show that the tree extends the last.
    BadProof,
    /// The submission does not keep to the form; says where.
    Malformed(&'static str),
}

impl Outcome {
    /// The status code of HTTP that the specification gives it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosign(_) => 200,
            Self::Conflict(_) => 409,
            Self::UnknownOrigin => 404,
            Self::BadSignature => 403,
            Self::BadProof => 422,
            Self::Malformed(_) => 400,
        }
    }
}

/// A submission that is well formed and signed by a known key of its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    old: u64,
    proof: Vec<Hash>,
    note: String,
    checkpoint: Checkpoint,
}

impl Submission {
    /// Reads the body of a request and checks its signature against the keys of the ledgers that are known. A
    /// key that cannot be read is as good as unknown; check keys where they come in.
    ///
    /// # Errors
    /// The answer to give: [`Outcome::Malformed`], [`Outcome::UnknownOrigin`] or [`Outcome::BadSignature`].
    pub fn read(body: &[u8], known: &[String]) -> Result<Self, Outcome> {
        let (old, proof, note) = parse(body).map_err(Outcome::Malformed)?;
        let claimed = Checkpoint::read_unverified(note)
            .map_err(|_| Outcome::Malformed("what follows the empty line is not a checkpoint"))?;
        let mut outcome = Outcome::UnknownOrigin;
        for key in known.iter().filter(|key| name_of(key) == claimed.origin) {
            match Checkpoint::open(note, key) {
                Ok(checkpoint) => return Self::new(old, proof, note, checkpoint),
                Err(CheckpointError::Key(_)) => {}
                Err(_) => outcome = Outcome::BadSignature,
            }
        }
        Err(outcome)
    }

    fn new(old: u64, proof: Vec<Hash>, note: &str, checkpoint: Checkpoint) -> Result<Self, Outcome> {
        if old > checkpoint.size {
            return Err(Outcome::Malformed("the old size is larger than the size of the checkpoint"));
        }
        Ok(Self { old, proof, note: note.into(), checkpoint })
    }

    /// Which ledger it is about.
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// The signed note, to be kept and cosigned.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Decides, given what was seen last of this ledger ([`Seen::NOTHING`] where nothing was).
    pub fn decide(&self, last: Seen) -> Outcome {
        let new = Seen { size: self.checkpoint.size, root: self.checkpoint.root };
        if self.old != last.size || (new.size == last.size && new.root != last.root) {
            return Outcome::Conflict(last.size);
        }
        match check_consistency(last.size, &last.root, new.size, &new.root, &self.proof) {
            Ok(()) => Outcome::Cosign(new),
            Err(_) => Outcome::BadProof,
        }
    }
}

/// The name of a verifier key: the origin of its ledger.
fn name_of(vkey: &str) -> &str {
    vkey.trim().split_once('+').map_or("", |(name, _)| name)
}

/// Old size, proof and note of a body; or what is wrong with it.
fn parse(body: &[u8]) -> Result<(u64, Vec<Hash>, &str), &'static str> {
    if body.len() > LARGEST_BODY {
        return Err("the request is larger than 128 KiB");
    }
    let body = std::str::from_utf8(body).map_err(|_| "the request is not UTF-8")?;
    let (head, note) = body.split_once("\n\n").ok_or("there is no empty line before the checkpoint")?;
    let mut lines = head.split('\n');
    let old =
        lines.next().and_then(|line| line.strip_prefix("old ")).ok_or("the first line is not \"old N\"")?;
    let size: u64 = old.parse().map_err(|_| "the old size is not a number")?;
    if size.to_string() != old {
        return Err("the old size is not written in plain decimal digits");
    }
    let mut proof = Vec::new();
    for line in lines {
        if proof.len() == LONGEST_PROOF {
            return Err("the proof has more than 63 lines");
        }
        let hash = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
        proof.push(hash.ok_or("a line of the proof is not a hash in base64")?);
    }
    Ok((size, proof, note))
}
