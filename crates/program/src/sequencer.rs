//! The ledger's clockwork: gives entries their places, builds tiles, signs and publishes checkpoints.
//!
//! Order matters. Places are committed first; then the tiles are written; then, and only then, a checkpoint is signed
//! over them. A crash in between is mended by the next run: tiles follow from the entries, and writing one again writes
//! the same bytes. Several nodes may integrate at once for the same reason.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use onrecord_ledger::tree::{Tiles, TilesError, consistency_within, inclusion};
use onrecord_ledger::{Edge, Hash, Kind, commitment, leaf};
use onrecord_store::ledger::{self, Kept, TreeState};
use onrecord_store::{commit, settings};
use onrecord_vault::{Shelf, ShelfError};

use crate::custody::Event;
use crate::{Program, ProgramError};

/// How many entries get their places in one transaction: some 50 ms of work.
const AT_ONCE: u32 = 5_000;

/// How many tiles are remembered; each has at most 8 KiB (entry bundles are not read by the server).
const REMEMBERED: usize = 2_048;

/// Partial tiles are deleted when they have been out of use for so long: ten minutes, in microseconds.
const OUT_OF_USE: i64 = 600_000_000;

/// The setting that says how many entries of the present origin were published last.
pub(crate) const PUBLISHED_SIZE: &str = "ledger.published_size";

/// The tree as this process knows it.
#[derive(Default)]
pub struct Tree {
    /// The number of its origin, once it has been opened.
    number: OnceLock<u64>,
    edge: tokio::sync::Mutex<Option<Edge>>,
    tiles: Mutex<HashMap<String, Arc<Vec<u8>>>>,
    /// Partial tiles that were written, when, and for which size.
    partial: Mutex<Vec<(i64, u64, String)>>,
}

/// A proof that an entry stands in the tree.
#[derive(Debug, Clone)]
pub struct Inclusion {
    /// Hashes from the leaf to the root.
    pub proof: Vec<Hash>,
    /// The signed checkpoint whose root they lead to.
    pub checkpoint: String,
}

/// Reads tiles from the shelf, and remembers them. Blocks.
pub(crate) struct ShelfTiles<'a> {
    shelf: &'a Shelf,
    tree: &'a Tree,
}

/// Where a tile of an origin lies on the shelf. Each origin has tiles of its own, which are never written over.
pub fn tile_name(number: u64, path: &str) -> String {
    if number == 1 { format!("ledger/{path}") } else { format!("ledger/{number}/{path}") }
}

impl Tiles for ShelfTiles<'_> {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        if let Some(known) = self.tree.tiles.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(known.to_vec());
        }
        let bytes = self.shelf.get(&self.tree.tile_name(path)).map_err(|error| match error {
            ShelfError::Missing { .. } => TilesError::Missing { path: path.to_owned() },
            other => TilesError::Unreadable { path: path.to_owned(), reason: other.to_string() },
        })?;
        self.tree.remember(path, &bytes);
        Ok(bytes.to_vec())
    }
}

impl Tree {
    /// The number of its origin; the first one's, before it has been opened.
    pub(crate) fn number(&self) -> u64 {
        self.number.get().copied().unwrap_or(1)
    }

    fn tile_name(&self, path: &str) -> String {
        tile_name(self.number(), path)
    }

    fn remember(&self, path: &str, bytes: &[u8]) {
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if tiles.len() >= REMEMBERED {
            tiles.clear();
        }
        tiles.insert(path.to_owned(), Arc::new(bytes.to_vec()));
    }
}

/// The public leaf of a kept entry.
///
/// # Errors
/// Where the entry was damaged in the database.
pub fn leaf_of(kept: &Kept) -> Result<String, ProgramError> {
    let damaged = || ProgramError::Fault(format!("The ledger entry {} is damaged in the database.", kept.id));
    let kind = Kind::parse(&kept.kind).ok_or_else(damaged)?;
    let salt = <[u8; 32]>::try_from(kept.salt.as_slice()).map_err(|_| damaged())?;
    Ok(leaf(kind.public(), &commitment(&salt, &kept.entry)))
}

impl Program {
    /// Opens the ledger under the name of its key.
    ///
    /// # Errors
    /// Where the database holds a ledger of another name, or cannot.
    pub async fn open_ledger(&self) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        ledger::open_tree(&mut tx, self.ledger_key.origin()).await?;
        commit(tx).await?;
        let state = self.tree_state().await?;
        let _ = self.live.tree.number.set(state.number);
        Ok(())
    }

    /// How far the tree has come.
    ///
    /// # Errors
    /// Where the database cannot tell, or where it holds the ledger under another name than the key's.
    pub async fn tree_state(&self) -> Result<TreeState, ProgramError> {
        let state = ledger::tree(&self.store)
            .await?
            .ok_or_else(|| ProgramError::Fault("The ledger has not been opened.".to_owned()))?;
        if state.origin == self.ledger_key.origin() {
            return Ok(state);
        }
        Err(ProgramError::Fault(format!(
            "The database holds the ledger {}, and this program the key of {}: give the key folder that belongs to this \
             database. Where a new origin was opened just now, start the server again.",
            state.origin,
            self.ledger_key.origin()
        )))
    }

    /// Gives waiting entries their places and integrates them; answers how many entries the tree holds.
    ///
    /// # Errors
    /// Where the database or the shelf cannot.
    pub async fn run_sequencer(self: &Arc<Self>) -> Result<u64, ProgramError> {
        if self.may_write().is_err() {
            return Ok(self.tree_state().await?.sequenced);
        }
        let mut edge = self.live.tree.edge.lock().await;
        while ledger::waits(&self.store).await? {
            let mut tx = self.store.begin().await?;
            if !ledger::lock(&self.store, &mut tx).await? {
                break;
            }
            ledger::sequence(&mut tx, AT_ONCE).await?;
            commit(tx).await?;
        }
        let state = self.tree_state().await?;
        if state.sequenced > state.integrated || state.note.is_none() {
            self.integrate(&mut edge, &state).await?;
        }
        Ok(state.sequenced)
    }

    async fn integrate(
        self: &Arc<Self>,
        edge: &mut Option<Edge>,
        state: &TreeState,
    ) -> Result<(), ProgramError> {
        let mut growing = match edge.take() {
            Some(edge) if edge.size() <= state.sequenced => edge,
            _ => self.restore_edge(state.integrated).await?,
        };
        while growing.size() < state.sequenced {
            let until = state.sequenced.min(growing.size() + u64::from(AT_ONCE));
            let entries = ledger::placed(&self.store, growing.size(), until).await?;
            if entries.len() as u64 != until - growing.size() {
                return Err(ProgramError::Fault(format!(
                    "The ledger lacks entries between {} and {until} in the database: it was tampered with or restored \
                     in part. Nothing more is signed until that is mended.",
                    growing.size()
                )));
            }
            growing = self.grow(growing, entries).await?;
        }
        let note = self.ledger_key.sign_checkpoint(growing.size(), &growing.root());
        let mut tx = self.store.begin().await?;
        ledger::integrated(&mut tx, &state.origin, growing.size(), &note).await?;
        commit(tx).await?;
        *edge = Some(growing);
        Ok(())
    }

    async fn restore_edge(self: &Arc<Self>, size: u64) -> Result<Edge, ProgramError> {
        self.blocking(move |program| {
            Ok(Edge::restore(size, &ShelfTiles { shelf: &program.shelf, tree: &program.live.tree })?)
        })
        .await
    }

    /// Appends entries and writes the tiles that this makes or changes.
    async fn grow(self: &Arc<Self>, mut edge: Edge, entries: Vec<Kept>) -> Result<Edge, ProgramError> {
        self.blocking(move |program| {
            for kept in &entries {
                edge.append(&leaf_of(kept)?)?;
            }
            let size = edge.size();
            for tile in edge.take_tiles() {
                program
                    .shelf
                    .put(&program.live.tree.tile_name(&tile.path), vec![tile.bytes.clone().into()])?;
                program.live.tree.remember(&tile.path, &tile.bytes);
                if !tile.complete {
                    let mut partial =
                        program.live.tree.partial.lock().unwrap_or_else(PoisonError::into_inner);
                    partial.push((program.world.now(), size, tile.path));
                }
            }
            Ok(edge)
        })
        .await
    }

    /// Runs something that blocks, on a thread for such things.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ProgramError> + Send + 'static,
    ) -> Result<T, ProgramError> {
        let program = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&program))
            .await
            .unwrap_or_else(|error| Err(ProgramError::Fault(format!("A thread stopped: {error}."))))
    }

    /// Proves that the entry at a place stands in the tree of the newest checkpoint; none while it is not integrated.
    ///
    /// # Errors
    /// Where the database or the shelf cannot.
    pub async fn prove_inclusion(self: &Arc<Self>, place: u64) -> Result<Option<Inclusion>, ProgramError> {
        let state = self.tree_state().await?;
        let Some(checkpoint) = state.note.filter(|_| place < state.integrated) else { return Ok(None) };
        let size = state.integrated;
        let proof = self
            .blocking(move |program| {
                Ok(inclusion(place, size, &ShelfTiles { shelf: &program.shelf, tree: &program.live.tree })?)
            })
            .await?;
        Ok(Some(Inclusion { proof, checkpoint }))
    }

    /// Proves that the tree of one size is the beginning of the tree of another.
    ///
    /// # Errors
    /// Where there is no tree of such a size, or where the shelf cannot be read.
    pub async fn prove_consistency(self: &Arc<Self>, old: u64, new: u64) -> Result<Vec<Hash>, ProgramError> {
        let state = self.tree_state().await?;
        if old > new || new > state.integrated {
            return Err(ProgramError::Refused(format!(
                "There is a proof from one size to a larger one, up to {}; {old} to {new} was asked for.",
                state.integrated
            )));
        }
        self.blocking(move |program| {
            let tiles = ShelfTiles { shelf: &program.shelf, tree: &program.live.tree };
            Ok(consistency_within(old, new, state.integrated, &tiles)?)
        })
        .await
    }

    /// Publishes a checkpoint over everything so far, after padding that hides how much happened; answers it with the
    /// moment of publication.
    ///
    /// # Errors
    /// Where the database or the shelf cannot.
    pub async fn publish(self: &Arc<Self>, pad_to: u64) -> Result<(String, i64), ProgramError> {
        self.may_write()?;
        // What waits gets its places first: padding counts from them.
        self.run_sequencer().await?;
        self.pad(pad_to).await?;
        self.run_sequencer().await?;
        let state = self.tree_state().await?;
        let note =
            state.note.ok_or_else(|| ProgramError::Fault("There is no checkpoint to publish.".to_owned()))?;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        ledger::publish(&mut tx, state.integrated, &note, now).await?;
        settings::set(&mut tx, PUBLISHED_SIZE, &state.integrated.to_string()).await?;
        commit(tx).await?;
        self.delete_old_partials().await?;
        Ok((note, now))
    }

    /// Adds cosignatures to a checkpoint that was published.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn add_cosignatures(
        &self,
        size: u64,
        note: &str,
        published_at: i64,
    ) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        ledger::publish(&mut tx, size, note, published_at).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Fills up what came since the last publication to a multiple of `to` entries.
    async fn pad(&self, to: u64) -> Result<(), ProgramError> {
        let published = settings::get(&self.store, PUBLISHED_SIZE).await?;
        let published: u64 = published.and_then(|size| size.parse().ok()).unwrap_or(0);
        let since = self.tree_state().await?.sequenced.saturating_sub(published);
        let lacking = if to == 0 { 0 } else { (to - since % to) % to };
        let mut tx = self.store.begin().await?;
        for _ in 0..lacking {
            self.record(&mut tx, Event::new(Kind::Padding, "", "system", "padding")).await?;
        }
        commit(tx).await?;
        Ok(())
    }

    async fn delete_old_partials(self: &Arc<Self>) -> Result<(), ProgramError> {
        let published = ledger::published_sizes(&self.store).await?;
        let before = self.world.now() - OUT_OF_USE;
        let old: Vec<String> = {
            let mut partial = self.live.tree.partial.lock().unwrap_or_else(PoisonError::into_inner);
            let (old, kept) = partial.drain(..).partition(|(at, _, _)| *at < before);
            *partial = kept;
            old
        }
        .into_iter()
        .filter(|(_, size, _): &(i64, u64, String)| !published.contains(size))
        .map(|(_, _, path)| self.live.tree.tile_name(&path))
        .collect();
        self.delete_objects(old).await;
        Ok(())
    }
}
