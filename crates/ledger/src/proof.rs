//! Proofs of RFC 6962: that an entry is in a tree, and that a tree extends an older one. The mathematics is
//! that of the crate `tlog_tiles`; here its hashes are found in tiles, and what comes from outside is
//! bounded.

use std::cell::RefCell;
use std::collections::HashMap;

use thiserror::Error;
use tlog_tiles::HashReader;

use crate::tree::{Hash, LARGEST_SIZE, Tiles, TreeError, WIDTH, hashes, last_tile, perfect};

/// More hashes than a proof in a tree of up to 2^64 entries can need.
const LONGEST: usize = 64;

/// The proof that the entry at `index` is in the tree of `size` entries: hashes from the leaf to the root.
///
/// Works for every size whose tiles are there; of a partial tile that is gone a wider one serves, see
/// [`Tiles`].
///
/// # Errors
/// `index` is not below `size`, or a tile cannot be had or is damaged.
pub fn inclusion(index: u64, size: u64, tiles: &impl Tiles) -> Result<Vec<Hash>, TreeError> {
    bounded(index, size)?;
    if index >= size {
        return Err(TreeError::OutOfRange { from: index, size });
    }
    let reader = Reader::new(size, tiles);
    let proof = tlog_tiles::prove_record(size, index, &reader);
    reader.answer(proof, index)
}

/// The proof that the tree of `new` entries begins with the tree of `old` entries. Empty where `old` is 0 or
/// `new`.
///
/// # Errors
/// `old` is above `new`, or a tile cannot be had or is damaged.
pub fn consistency(old: u64, new: u64, tiles: &impl Tiles) -> Result<Vec<Hash>, TreeError> {
    consistency_within(old, new, new, tiles)
}

/// The same proof from the tiles of a tree of `held` entries that has grown out of the one of `new` entries. A tree that
/// grew by several entries at once never had tiles of the sizes between; the hashes are the same.
///
/// # Errors
/// As [`consistency`]; also where `new` is above `held`.
pub fn consistency_within(old: u64, new: u64, held: u64, tiles: &impl Tiles) -> Result<Vec<Hash>, TreeError> {
    bounded(old, new)?;
    bounded(new, held)?;
    if old == 0 {
        return Ok(Vec::new());
    }
    let reader = Reader::new(held, tiles);
    let proof = tlog_tiles::prove_tree(new, old, &reader);
    reader.answer(proof, old)
}

fn bounded(from: u64, size: u64) -> Result<(), TreeError> {
    if size > LARGEST_SIZE {
        return Err(TreeError::TooLarge { size });
    }
    if from > size { Err(TreeError::OutOfRange { from, size }) } else { Ok(()) }
}

/// Finds hashes of a tree of one size in tiles; reads each tile once.
struct Reader<'a, T> {
    size: u64,
    tiles: &'a T,
    read: RefCell<HashMap<(u8, u64), Vec<Hash>>>,
    /// Why reading failed: the error type of `tlog_tiles` has no room for it.
    failure: RefCell<Option<TreeError>>,
}

impl<'a, T: Tiles> Reader<'a, T> {
    fn new(size: u64, tiles: &'a T) -> Self {
        Self { size, tiles, read: RefCell::default(), failure: RefCell::default() }
    }

    fn answer(
        self,
        proof: Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error>,
        from: u64,
    ) -> Result<Vec<Hash>, TreeError> {
        let outside = TreeError::OutOfRange { from, size: self.size };
        proof
            .map(|hashes| hashes.into_iter().map(|hash| hash.0).collect())
            .map_err(|_| self.failure.into_inner().unwrap_or(outside))
    }

    /// The hash over entries `number * 2^height` to `(number + 1) * 2^height`, all within the tree.
    fn hash(&self, height: u8, number: u64) -> Result<Hash, TreeError> {
        let (level, above) = (height / 8, height % 8);
        let first = number << above;
        let index = first >> 8;
        let (last, partial) = last_tile(self.size, level);
        let width = if index < last { WIDTH } else { partial };
        let mut read = self.read.borrow_mut();
        let tile = match read.entry((level, index)) {
            std::collections::hash_map::Entry::Occupied(tile) => tile.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(hashes(self.tiles, level, index, width)?)
            }
        };
        let start = (first & 0xff) as usize;
        let part = tile.get(start..start + (1 << above));
        part.map(perfect).ok_or(TreeError::OutOfRange { from: number, size: self.size })
    }
}

impl<T: Tiles> HashReader for Reader<'_, T> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let found = indexes.iter().map(|index| {
            let (height, number) = tlog_tiles::split_stored_hash_index(*index);
            self.hash(height, number).map(tlog_tiles::Hash)
        });
        found.collect::<Result<_, _>>().map_err(|error| {
            *self.failure.borrow_mut() = Some(error);
            tlog_tiles::Error::IndexesNotInTree
        })
    }
}

/// A proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The entry is not shown to be in the tree.
    #[error("the proof does not lead from the entry to the root of the tree")]
    Inclusion,
    /// The newer tree is not shown to begin with the older one.
    #[error("the proof does not show that the newer tree begins with the older one")]
    Consistency,
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` entries with this root.
///
/// # Errors
/// The proof does not show it.
pub fn check_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= size || proof.len() > LONGEST {
        return Err(ProofError::Inclusion);
    }
    tlog_tiles::check_record(
        &wrapped(proof),
        size,
        tlog_tiles::Hash(*root),
        index,
        tlog_tiles::Hash(*leaf_hash),
    )
    .map_err(|_| ProofError::Inclusion)
}

/// Checks that the tree of `new_size` entries begins with the tree of `old_size` entries. Every tree begins
/// with the empty one; the proof must be empty then, and where the sizes are equal.
///
/// # Errors
/// The proof does not show it.
pub fn check_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let shown = match old_size {
        0 => {
            proof.is_empty() && *old_root == crate::tree::EMPTY_ROOT && (new_size > 0 || new_root == old_root)
        }
        _ if old_size > new_size || proof.len() > LONGEST => false,
        _ => tlog_tiles::check_tree(
            &wrapped(proof),
            new_size,
            tlog_tiles::Hash(*new_root),
            old_size,
            tlog_tiles::Hash(*old_root),
        )
        .is_ok(),
    };
    if shown { Ok(()) } else { Err(ProofError::Consistency) }
}

fn wrapped(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().copied().map(tlog_tiles::Hash).collect()
}
