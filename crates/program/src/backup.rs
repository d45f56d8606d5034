//! Backups, and the way back. A copy of the data folder holds the database and the ciphertext, never the keys. What comes
//! back from a copy may be older than what the world has seen: it takes nothing in and signs nothing until it has proved
//! that its ledger extends the last checkpoint that was published.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use onrecord_ledger::{Checkpoint, Edge, Hash, Kind};
use onrecord_store::{commit, ledger, settings};
use onrecord_vault::{Shelf, copy_segment};

use crate::custody::Event;
use crate::sequencer::leaf_of;
use crate::{Program, ProgramError};

/// Set where the database came back from a copy.
pub const RESTORED: &str = "restored.at";

/// How many entries are read at a time.
const AT_ONCE: u64 = 10_000;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// Objects that were copied now; those of an earlier run are left as they are.
    pub copied: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// How a copy stands to a checkpoint.
pub(crate) enum Standing {
    /// Its entries lead to it.
    Extends {
        /// How many came after it.
        newer: u64,
    },
    /// It has fewer entries than the checkpoint.
    Short {
        /// How many it has.
        entries: u64,
    },
    /// It has as many, and others.
    Differs,
}

impl Program {
    /// Refuses to change anything where this is a copy that has not proved itself.
    pub(crate) fn may_write(&self) -> Result<(), ProgramError> {
        if !self.live.is_restored.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(ProgramError::Away(
            "this server came back from a backup and takes nothing in until an administrator has proved that its ledger \
             extends the last published checkpoint (onrecord admin prove-restore), or opened a new origin."
                .to_owned(),
        ))
    }

    /// Copies the database and every object into a folder; run again, it copies what is new.
    ///
    /// # Errors
    /// Where the database is no SQLite, or where something cannot be read or written.
    pub async fn back_up(self: &Arc<Self>, folder: &Path) -> Result<BackedUp, ProgramError> {
        let target = Shelf::folder(folder.join("evidence"))?;
        // The database first: every object that it names is there already.
        self.store.copy_to(&folder.join("onrecord.db")).await?;
        self.blocking(move |program| {
            let mut done = BackedUp { copied: 0, bytes: 0 };
            for object in program.shelf.list("")? {
                let has_it = target.size(&object.name).is_ok_and(|size| size == object.size);
                if !has_it {
                    done.bytes += copy_segment(&program.shelf, &target, &object.name)?;
                    done.copied += 1;
                }
            }
            Ok(done)
        })
        .await
    }

    /// Notes that this database came back from a copy.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn mark_restored(&self) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        settings::set(&mut tx, RESTORED, &self.world.now().to_string()).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Reads whether this database came back from a copy that has not proved itself.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn read_restored(&self) -> Result<bool, ProgramError> {
        let marked = settings::get(&self.store, RESTORED).await?.is_some_and(|at| !at.is_empty());
        self.live.is_restored.store(marked, Ordering::Relaxed);
        Ok(marked)
    }

    /// Proves that this ledger extends a published checkpoint, by building the tree of that size from the entries; then
    /// the server may write again. Answers how many entries came after it.
    ///
    /// # Errors
    /// Where the checkpoint is not this ledger's, or where the entries do not lead to it: then evidence or entries are
    /// lost, and only another copy helps, or a [new origin](Program::open_origin).
    pub async fn prove_restore(&self, note: &str, actor: &str) -> Result<u64, ProgramError> {
        let checkpoint = self.last_checkpoint(note).await?;
        let newer = match self.standing(&checkpoint).await? {
            Standing::Extends { newer } => newer,
            Standing::Short { entries } => {
                return Err(ProgramError::Refused(format!(
                    "The checkpoint holds {} entries and this copy only {entries}: the newest are lost. Restore a newer \
                     copy; if there is none, onrecord admin open-origin says so in public and goes on.",
                    checkpoint.size
                )));
            }
            Standing::Differs => {
                return Err(ProgramError::Refused(
                    "The entries of this copy do not lead to the checkpoint: it is a copy of something else, or was \
                     changed. Restore another copy; if there is none, onrecord admin open-origin says so in public and \
                     goes on."
                        .to_owned(),
                ));
            }
        };
        let mut tx = self.store.begin().await?;
        settings::set(&mut tx, RESTORED, "").await?;
        let event = Event::new(
            Kind::Restored,
            self.ledger_key.origin(),
            actor,
            "restored copy extends its checkpoint",
        )
        .with([("size", checkpoint.size.into())]);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        self.live.is_restored.store(false, Ordering::Relaxed);
        Ok(newer)
    }

    /// A checkpoint that this ledger's key has signed, and that is no older than the newest this copy remembers.
    ///
    /// # Errors
    /// Where it is another one.
    pub(crate) async fn last_checkpoint(&self, note: &str) -> Result<Checkpoint, ProgramError> {
        let checkpoint = Checkpoint::open(note, &self.ledger_key.verifier_key()).map_err(|error| {
            ProgramError::Refused(format!("The checkpoint is not one of this ledger: {error}."))
        })?;
        let known = ledger::published_sizes(&self.store).await?.into_iter().max();
        if let Some(newer) = known.filter(|size| *size > checkpoint.size) {
            return Err(ProgramError::Refused(format!(
                "The checkpoint holds {} entries, and this copy itself remembers that one of {newer} was published: give the \
                 last one, as a witness or /ledger/checkpoint had it.",
                checkpoint.size
            )));
        }
        Ok(checkpoint)
    }

    /// How the entries of this copy stand to a checkpoint.
    pub(crate) async fn standing(&self, checkpoint: &Checkpoint) -> Result<Standing, ProgramError> {
        let entries = self.tree_state().await?.sequenced;
        if entries < checkpoint.size {
            return Ok(Standing::Short { entries });
        }
        match self.root_of(checkpoint.size).await? {
            Some(root) if root == checkpoint.root => {
                Ok(Standing::Extends { newer: entries - checkpoint.size })
            }
            _ => Ok(Standing::Differs),
        }
    }

    /// The root of the tree of the first `size` entries, from the entries alone; none where some of them are missing.
    async fn root_of(&self, size: u64) -> Result<Option<Hash>, ProgramError> {
        let mut edge = Edge::empty();
        while edge.size() < size {
            let until = size.min(edge.size() + AT_ONCE);
            let before = edge.size();
            for kept in ledger::placed(&self.store, before, until).await? {
                edge.append(&leaf_of(&kept)?)?;
            }
            edge.take_tiles();
            if edge.size() != until {
                return Ok(None);
            }
        }
        Ok(Some(edge.root()))
    }
}
