//! What the witness remembers, and that it remembers before it answers. No HTTP here, and no clock or chance
//! of its own: both are arguments.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aws_lc_rs::digest::{SHA256, digest};
use onrecord_ledger::witness::{Outcome, Seen, Submission};
use onrecord_ledger::{Checkpoint, WitnessKey, origin_of};

use crate::error::WitnessError;
use crate::files;

/// What time it is, in seconds since 1970.
pub type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// How a witness is set up.
#[derive(Debug, Clone)]
pub struct WitnessConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its folder: the key, and what it has seen.
    pub data: PathBuf,
    /// The verifier keys of the ledgers that it watches; several of one ledger where keys were rotated.
    pub logs: Vec<String>,
    /// Its name, such as `witness.example.org`; part of its key.
    pub name: String,
}

/// A witness with its memory.
///
/// Each ledger has its own lock. It is held from the look at what was seen last, over storing what is new, to
/// the cosignature: otherwise two requests could roll the memory back (C2SP tlog-witness, add-checkpoint).
pub struct Witness {
    key: WitnessKey,
    logs: Vec<String>,
    folder: PathBuf,
    seen: BTreeMap<String, Mutex<Seen>>,
    clock: Clock,
    /// Keeps other processes out of the folder.
    _held: File,
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code of HTTP.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Witness {
    /// Opens the folder, makes a key from `seed` (32 random bytes) where there is none yet, and reads what
    /// was seen.
    ///
    /// # Errors
    /// The folder cannot be used or is in use, a key cannot be used, or what was seen cannot be read: then the
    /// witness does not start, since without memory its cosignature would mean nothing.
    pub fn open(config: &WitnessConfig, seed: &[u8; 32], clock: Clock) -> Result<Self, WitnessError> {
        let folder = config.data.join("seen");
        files::folder(&folder)?;
        let held = files::hold(&config.data)?;
        let key = key(&config.data, &config.name, seed)?;
        let mut seen = BTreeMap::new();
        for vkey in &config.logs {
            let origin =
                origin_of(vkey).map_err(|source| WitnessError::Log { vkey: vkey.clone(), source })?;
            let last = remembered(&folder, &origin)?;
            seen.insert(origin, Mutex::new(last));
        }
        Ok(Self { key, logs: config.logs.clone(), folder, seen, clock, _held: held })
    }

    /// The key that others verify its cosignatures with.
    pub fn vkey(&self) -> String {
        self.key.vkey()
    }

    /// Answers `POST /add-checkpoint`. Waits for the disk, and for other requests about the same ledger.
    ///
    /// # Errors
    /// What was seen could not be stored. Nothing is cosigned then.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<Answer, WitnessError> {
        let submission = match Submission::read(body, &self.logs) {
            Ok(submission) => submission,
            Err(outcome) => return Ok(refusal(&outcome)),
        };
        let Some(seen) = self.seen.get(submission.origin()) else {
            return Ok(refusal(&Outcome::UnknownOrigin));
        };
        let mut seen = seen.lock().map_err(|_| WitnessError::Broken)?;
        let outcome = submission.decide(*seen);
        let Outcome::Cosign(new) = outcome else {
            tracing::warn!(
                origin = submission.origin(),
                seen = seen.size,
                ?outcome,
                "checkpoint not cosigned"
            );
            return Ok(refusal(&outcome));
        };
        if new != *seen {
            files::keep(&self.folder, &file_name(submission.origin()), submission.note())?;
            *seen = new;
        }
        let body = self.key.cosign(submission.note(), (self.clock)())?;
        tracing::info!(origin = submission.origin(), size = new.size, "checkpoint cosigned");
        Ok(Answer { status: 200, content_type: TEXT, body })
    }

    /// What it is, its key, and what it has seen: for people.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "This is {}, a witness of transparency logs (C2SP tlog-witness).\n\n\
             It cosigns a checkpoint of a ledger only where it extends the last one that it saw.\n\
             Its verifier key:\n\n{}\n\nWhat it has seen (origin, entries):\n\n",
            self.key.name(),
            self.vkey()
        );
        for (origin, seen) in &self.seen {
            // A lock that broke still guards what was stored last; it is only shown here.
            let size = seen.lock().map_or_else(|broken| broken.into_inner().size, |seen| seen.size);
            let _ = writeln!(text, "{origin} {size}");
        }
        text
    }
}

/// The key in the folder; a new one where there is none.
fn key(data: &Path, name: &str, seed: &[u8; 32]) -> Result<WitnessKey, WitnessError> {
    let path = data.join("key");
    let Some(text) = files::read(&path)? else {
        let key = WitnessKey::generate(name, seed).map_err(WitnessError::Name)?;
        files::keep(data, "key", &(key.to_text() + "\n"))?;
        return Ok(key);
    };
    if files::exposed(&path)? {
        return Err(WitnessError::Exposed { path });
    }
    let key =
        WitnessKey::from_text(&text).map_err(|source| WitnessError::Key { path: path.clone(), source })?;
    if key.name() == name {
        Ok(key)
    } else {
        Err(WitnessError::Renamed { path, found: key.name().into(), wanted: name.into() })
    }
}

/// What was last seen of a ledger. The signature was checked before the note was stored, and its key may have
/// been taken out of the configuration since.
fn remembered(folder: &Path, origin: &str) -> Result<Seen, WitnessError> {
    let path = folder.join(file_name(origin));
    let Some(note) = files::read(&path)? else { return Ok(Seen::NOTHING) };
    match Checkpoint::read_unverified(&note) {
        Ok(last) if last.origin == origin => Ok(Seen { size: last.size, root: last.root }),
        Ok(other) => Err(WitnessError::OtherMemory { path, origin: origin.into(), found: other.origin }),
        Err(source) => Err(WitnessError::Memory { path, origin: origin.into(), source }),
    }
}

/// A name for any origin, whatever its length and characters; the note in the file names the origin itself.
fn file_name(origin: &str) -> String {
    let mut name = String::with_capacity(75);
    for byte in digest(&SHA256, origin.as_bytes()).as_ref() {
        let _ = write!(name, "{byte:02x}");
    }
    name + ".checkpoint"
}

fn refusal(outcome: &Outcome) -> Answer {
    let (content_type, body) = match outcome {
        Outcome::Conflict(size) => ("text/x.tlog.size", format!("{size}\n")),
        Outcome::UnknownOrigin => (TEXT, "This witness does not watch this ledger.\n".into()),
        Outcome::BadSignature => {
            (TEXT, "No signature by a key that is known for this ledger is right.\n".into())
        }
        Outcome::BadProof => {
            (TEXT, "The proof does not show that the checkpoint extends the last one seen.\n".into())
        }
        Outcome::Malformed(why) => (TEXT, format!("The request is malformed: {why}.\n")),
        Outcome::Cosign(_) => (TEXT, String::new()),
    };
    Answer { status: outcome.status(), content_type, body }
}
