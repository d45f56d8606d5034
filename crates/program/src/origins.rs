//! A new origin for the ledger, where a restored copy cannot prove that it extends what the world has seen. The old
//! origin ends, and the last checkpoint of it that the world has is named in the first entry of the new one, in public:
//! what was lost between the copy and that checkpoint can be counted by anyone.
//!
//! Nothing that the copy holds is lost: its entries follow in the new tree in their old order, one place further on. And
//! nothing forks: the new origin has a name and a key that no other tree was ever signed under, and tiles of its own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_ledger::{Checkpoint, Entry, Kind, LedgerKey};
use onrecord_store::origins::{self, Closed};
use onrecord_store::{commit, ledger, settings};
use onrecord_vault::KeyRing;

use crate::backup::{RESTORED, Standing};
use crate::custody::Event;
use crate::sequencer::{PUBLISHED_SIZE, leaf_of};
use crate::{Program, ProgramError, World};

/// How many numbers of origins are tried; each that is taken was opened, or begun, with the same key folder.
const TRIES: u64 = 1_000;

/// Under which name the key folder keeps the key of an origin.
pub fn key_name(number: u64) -> String {
    if number == 1 { "ledger.key".to_owned() } else { format!("ledger.{number}.key") }
}

/// The name of an origin: the first one's, and from the second one on its number behind that.
fn origin_name(first: &str, number: u64) -> String {
    if number == 1 { first.to_owned() } else { format!("{first}/{number}") }
}

/// An origin as the public sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its number; the first is 1.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The key that its checkpoints are verified with.
    pub key: String,
    /// Of one that was closed: the last checkpoint of it that the world has.
    pub last_checkpoint: Option<String>,
    /// Of one that replaced another: why, and the proof of that.
    pub opened: Option<Opening>,
}

/// Why an origin was opened: its first entry, with what proves that it is that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Why.
    pub because: String,
    /// The first entry of the origin, in the exact text that was committed to.
    pub entry: String,
    /// The salt of that commitment, in base64.
    pub salt: String,
}

/// What came of opening an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its name.
    pub name: String,
    /// The key that its checkpoints are verified with.
    pub key: String,
    /// How many entries of the old tree follow its first one.
    pub kept: u64,
}

impl Program {
    /// Opens a new origin in place of the present one. `note` is the last checkpoint of the old one that the world has;
    /// `reason` is published. The servers must be started again.
    ///
    /// # Errors
    /// Where this is no restored copy; where the checkpoint is not this ledger's, or older than one that this copy knows
    /// of; where the copy does extend it; where an entry is damaged; where the key folder or the database cannot.
    pub async fn open_origin(
        self: &Arc<Self>,
        note: &str,
        reason: &str,
        actor: &str,
    ) -> Result<Opened, ProgramError> {
        let checkpoint = self.may_open_origin(note, reason).await?;
        self.check_entries().await?;
        let closed = self.tree_state().await?;
        let (number, key) = next_key(&self.keys, &self.world, &closed.origin, closed.number)?;
        let closed = Closed {
            number: closed.number,
            origin: closed.origin,
            vkey: self.ledger_key.verifier_key(),
            note: note.to_owned(),
            replaced_by: number,
            reason: reason.to_owned(),
            entry_id: 0,
        };
        let kept = self.replace_origin(closed, &checkpoint, &key, actor).await?;
        Ok(Opened { name: key.origin().to_owned(), key: key.verifier_key(), kept })
    }

    /// The number of the origin that this process serves.
    pub fn origin_number(&self) -> u64 {
        self.live.tree.number()
    }

    /// Every origin, the oldest first; the last one is the present one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn origins(&self) -> Result<Vec<Origin>, ProgramError> {
        let mut all = Vec::new();
        let mut opened = None;
        for closed in origins::closed(&self.store).await? {
            let next = self.opening(&closed).await?;
            all.push(Origin {
                number: closed.number,
                name: closed.origin,
                key: closed.vkey,
                last_checkpoint: Some(closed.note),
                opened: opened.replace(next),
            });
        }
        let state = self.tree_state().await?;
        let key = self.ledger_key.verifier_key();
        all.push(Origin { number: state.number, name: state.origin, key, last_checkpoint: None, opened });
        Ok(all)
    }

    /// The checkpoint, where a new origin may be opened in view of it.
    async fn may_open_origin(&self, note: &str, reason: &str) -> Result<Checkpoint, ProgramError> {
        let refuse = |why: String| Err(ProgramError::Refused(why));
        if !self.read_restored().await? {
            return refuse(
                "A new origin is opened only where a copy was restored (onrecord admin restore or mark-restored); this \
                 ledger goes on under its own."
                    .to_owned(),
            );
        }
        if reason.trim().is_empty() {
            return refuse("Say why a new origin is opened; the public will read it.".to_owned());
        }
        let checkpoint = self.last_checkpoint(note).await?;
        if let Standing::Extends { .. } = self.standing(&checkpoint).await? {
            return refuse(
                "This copy extends the checkpoint, so nothing is lost: onrecord admin prove-restore lets the server go \
                 on under its old origin."
                    .to_owned(),
            );
        }
        Ok(checkpoint)
    }

    async fn opening(&self, closed: &Closed) -> Result<Opening, ProgramError> {
        let kept = ledger::entry(&self.store, closed.entry_id).await?.ok_or_else(|| {
            ProgramError::Fault(format!("The entry that opened origin {} is missing.", closed.replaced_by))
        })?;
        Ok(Opening { because: closed.reason.clone(), entry: kept.entry, salt: STANDARD.encode(&kept.salt) })
    }

    /// Reads every entry once, so that no tree is begun that cannot be built.
    async fn check_entries(&self) -> Result<(), ProgramError> {
        let mut last = 0;
        loop {
            let some = ledger::after(&self.store, last, 10_000).await?;
            for kept in &some {
                leaf_of(kept)?;
                Entry::parse(&kept.entry).map_err(|error| {
                    ProgramError::Fault(format!("The ledger entry {} is damaged: {error}.", kept.id))
                })?;
            }
            match some.last() {
                Some(kept) => last = kept.id,
                None => return Ok(()),
            }
        }
    }

    /// One transaction: the first entry, the places, the name, and the end of being read only.
    async fn replace_origin(
        &self,
        mut closed: Closed,
        checkpoint: &Checkpoint,
        key: &LedgerKey,
        actor: &str,
    ) -> Result<u64, ProgramError> {
        let meanwhile =
            || ProgramError::Conflict("Somebody else is at work on the ledger; try again.".to_owned());
        let mut tx = self.store.begin().await?;
        if !ledger::lock(&self.store, &mut tx).await? {
            return Err(meanwhile());
        }
        let event = Event::new(Kind::OriginOpened, key.origin(), actor, &closed.reason).with([
            ("old_origin", closed.origin.as_str().into()),
            ("old_key", closed.vkey.as_str().into()),
            ("old_checkpoint", closed.note.as_str().into()),
            ("old_size", checkpoint.size.into()),
        ]);
        closed.entry_id = self.record(&mut tx, event).await?;
        let kept = origins::replace(&mut tx, &closed, key.origin()).await?.ok_or_else(meanwhile)?;
        settings::set(&mut tx, PUBLISHED_SIZE, "0").await?;
        settings::set(&mut tx, RESTORED, "").await?;
        commit(tx).await?;
        Ok(kept)
    }
}

/// A key that nobody has signed with: the first number after `number` under which the key folder holds none. A number
/// that is taken was opened with another copy, or begun and cut off; a second tree under its key would be a fork.
fn next_key(
    keys: &KeyRing,
    world: &World,
    present: &str,
    number: u64,
) -> Result<(u64, LedgerKey), ProgramError> {
    let first = present.strip_suffix(&format!("/{number}")).filter(|_| number > 1).unwrap_or(present);
    for next in number + 1..number + TRIES {
        let key = LedgerKey::generate(&origin_name(first, next), &world.random())
            .map_err(|error| ProgramError::Fault(error.to_string()))?;
        let text = key.to_text().into_bytes();
        if keys.secret(&key_name(next), || text.clone())? == text {
            return Ok((next, key));
        }
    }
    Err(ProgramError::Fault(format!("The key folder holds keys of {TRIES} origins: look what made them.")))
}

#[cfg(test)]
mod tests;
