//! The Merkle tree of RFC 6962 over the leaves, in the tiles of C2SP tlog-tiles: height 8, 256 hashes to a
//! tile.
//!
//! [`Edge`] is all that must be in memory to append: the unfinished tile of each level and the unfinished
//! bundle of entries. It hands out files to be stored; storing them, and storing them before a checkpoint is
//! signed, is the caller's work. Proofs are made from stored tiles, read through [`Tiles`].

use thiserror::Error;

pub use crate::proof::{
    ProofError, check_consistency, check_inclusion, consistency, consistency_within, inclusion,
};

/// A hash of the tree: SHA-256.
pub type Hash = [u8; 32];

/// The root of the empty tree: SHA-256 of nothing, RFC 6962, 2.1.
pub const EMPTY_ROOT: Hash = tlog_tiles::EMPTY_HASH.0;

/// Hashes in a full tile, entries in a full bundle.
pub(crate) const WIDTH: usize = 256;

/// The largest tree. Far beyond any ledger, and below where the arithmetic of tiles would overflow.
pub(crate) const LARGEST_SIZE: u64 = 1 << 56;

/// Bytes of a hash in a tile.
const HASH_BYTES: usize = 32;

/// Where tiles are read from.
pub trait Tiles {
    /// The bytes at a path such as `tile/0/x001/067`, `tile/0/000.p/5` or `tile/entries/000`.
    ///
    /// Of a partial tile (`.p/W`) a wider version serves as well, as its beginning is the same; an
    /// implementation that has dropped old partial tiles may answer with one. This crate asks for the exact
    /// path first and, where that is [`TilesError::Missing`], for the full tile.
    ///
    /// # Errors
    /// [`TilesError::Missing`] where there is no such tile, [`TilesError::Unreadable`] where reading failed.
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError>;
}

/// Why a tile could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TilesError {
    /// It is not there.
    #[error("{path} of the ledger is not there; write the tiles again from the entries")]
    Missing {
        /// Its path.
        path: String,
    },
    /// It could not be read.
    #[error("{path} of the ledger cannot be read: {reason}")]
    Unreadable {
        /// Its path.
        path: String,
        /// What the store says.
        reason: String,
    },
}

/// Why the tree cannot grow, be restored or give a proof.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TreeError {
    /// A tile could not be had.
    #[error(transparent)]
    Tiles(#[from] TilesError),
    /// A tile has the wrong length, or does not fit the others.
    #[error("{path} of the ledger is damaged: {reason}; write it again from the entries")]
    Damaged {
        /// Its path.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A leaf does not fit into a bundle of entries.
    #[error(
        "a leaf of {length} bytes cannot be written; a bundle of entries holds at most 65535 bytes of each"
    )]
    LeafTooLong {
        /// Its length.
        length: usize,
    },
    /// A proof was asked for something that is not in the tree.
    #[error(
        "there is no proof from {from} to a tree of {size} entries; the first must lie within the second"
    )]
    OutOfRange {
        /// The index of the entry, or the size of the older tree.
        from: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The tree would be larger than this program can count.
    #[error("a tree of {size} entries is too large; at most 2^56 are possible")]
    TooLarge {
        /// The size.
        size: u64,
    },
}

/// A file to be stored, at its path below the ledger's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileFile {
    /// Such as `tile/0/x001/067`, `tile/0/000.p/5`, `tile/entries/000.p/5`; no leading slash.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it is full and so will never change; a partial one is followed by wider ones at other paths.
    pub complete: bool,
}

/// The right edge of the tree: what is needed to append to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    /// By level, the hashes of its unfinished tile: always fewer than 256.
    levels: Vec<Vec<Hash>>,
    /// The unfinished bundle of entries, as it is stored.
    entries: Vec<u8>,
    /// Files that were finished since [`Edge::take_tiles`] was last called.
    finished: Vec<TileFile>,
}

impl Edge {
    /// The edge of the empty tree.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The edge of the tree of `size` entries, from its stored tiles.
    ///
    /// Compare [`Edge::root`] with a checkpoint of this size: only then is it the same tree.
    ///
    /// # Errors
    /// A tile cannot be had or is damaged, or the tree is too large.
    pub fn restore(size: u64, tiles: &impl Tiles) -> Result<Self, TreeError> {
        if size > LARGEST_SIZE {
            return Err(TreeError::TooLarge { size });
        }
        let mut edge = Self { size, ..Self::default() };
        for level in 0..8 {
            if size >> (8 * level) == 0 {
                break;
            }
            let (index, width) = last_tile(size, level);
            edge.levels.push(if width == 0 { Vec::new() } else { hashes(tiles, level, index, width)? });
        }
        let (index, width) = last_tile(size, 0);
        if width > 0 {
            edge.entries = bundle(tiles, index, width, edge.levels.first().map_or(&[], Vec::as_slice))?;
        }
        Ok(edge)
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree, RFC 6962, 2.1.
    pub fn root(&self) -> Hash {
        let mut peaks = Vec::new();
        for tile in self.levels.iter().rev() {
            let mut rest = tile.as_slice();
            while !rest.is_empty() {
                let (peak, after) = rest.split_at(1 << rest.len().ilog2());
                peaks.push(perfect(peak));
                rest = after;
            }
        }
        peaks.into_iter().rev().reduce(|right, left| node(&left, &right)).unwrap_or(EMPTY_ROOT)
    }

    /// Appends a leaf and says its index.
    ///
    /// # Errors
    /// The leaf is longer than 65535 bytes, or the tree is full; nothing is appended then.
    pub fn append(&mut self, leaf: &str) -> Result<u64, TreeError> {
        let length = u16::try_from(leaf.len()).map_err(|_| TreeError::LeafTooLong { length: leaf.len() })?;
        if self.size >= LARGEST_SIZE {
            return Err(TreeError::TooLarge { size: self.size });
        }
        let index = self.size;
        self.size += 1;
        self.entries.extend_from_slice(&length.to_be_bytes());
        self.entries.extend_from_slice(leaf.as_bytes());
        if self.size.is_multiple_of(WIDTH as u64) {
            let bytes = std::mem::take(&mut self.entries);
            self.finished.push(TileFile { path: entries_path(index >> 8, WIDTH), bytes, complete: true });
        }
        self.push(crate::leaf::leaf_hash(leaf));
        Ok(index)
    }

    /// Puts a hash into the tile of level 0, and hashes of tiles that it fills into the levels above.
    fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0_u8.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(tile) = self.levels.get_mut(usize::from(level)) else { return };
            tile.push(hash);
            if tile.len() < WIDTH {
                return;
            }
            let full = std::mem::take(tile);
            hash = perfect(&full);
            let index = (self.size >> (8 * (level + 1))) - 1;
            self.finished.push(TileFile {
                path: tile_path(level, index, WIDTH),
                bytes: full.concat(),
                complete: true,
            });
        }
    }

    /// The files to be stored for a checkpoint of the tree as it is: every file finished since the last call,
    /// and all partial ones as they are now (also those that have not changed: storing a file twice does no
    /// harm).
    pub fn take_tiles(&mut self) -> Vec<TileFile> {
        let mut files = std::mem::take(&mut self.finished);
        let (index, width) = last_tile(self.size, 0);
        if width > 0 {
            files.push(TileFile {
                path: entries_path(index, width),
                bytes: self.entries.clone(),
                complete: false,
            });
        }
        for (level, tile) in (0_u8..).zip(&self.levels) {
            let (index, width) = last_tile(self.size, level);
            if width > 0 {
                let path = tile_path(level, index, width);
                files.push(TileFile { path, bytes: tile.concat(), complete: false });
            }
        }
        files
    }
}

/// The index and the width (0 to 255) of the unfinished tile of a level (below 8) in a tree of this size.
pub(crate) fn last_tile(size: u64, level: u8) -> (u64, usize) {
    let hashes = size >> (8 * level);
    (hashes >> 8, (hashes & 0xff) as usize)
}

/// The path of a tile of hashes; `width` 256 is a full tile.
pub fn tile_path(level: u8, index: u64, width: usize) -> String {
    format!("tile/{level}/{}", numbered(index, width))
}

/// The path of a bundle of entries; `width` 256 is a full one.
pub fn entries_path(index: u64, width: usize) -> String {
    format!("tile/entries/{}", numbered(index, width))
}

/// C2SP tlog-tiles: three digits to a path element, all but the last with an `x`; then the width of a partial
/// one.
fn numbered(index: u64, width: usize) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH { format!("{path}.p/{width}") } else { path }
}

/// The first `width` hashes of a tile.
pub(crate) fn hashes(
    tiles: &impl Tiles,
    level: u8,
    index: u64,
    width: usize,
) -> Result<Vec<Hash>, TreeError> {
    let path = tile_path(level, index, width);
    let bytes = exact_or_full(tiles, &path, &tile_path(level, index, WIDTH))?;
    let (all, rest) = bytes.as_chunks::<HASH_BYTES>();
    match all.get(..width) {
        Some(first) if rest.is_empty() && all.len() <= WIDTH => Ok(first.to_vec()),
        _ => Err(TreeError::Damaged { path, reason: "it does not hold the number of hashes that it should" }),
    }
}

/// The first `width` entries of a bundle, as they are stored; each must hash to its place in the tile of
/// level 0.
fn bundle(tiles: &impl Tiles, index: u64, width: usize, leaves: &[Hash]) -> Result<Vec<u8>, TreeError> {
    let path = entries_path(index, width);
    let bytes = exact_or_full(tiles, &path, &entries_path(index, WIDTH))?;
    let mut rest = bytes.as_slice();
    for leaf in leaves {
        let Some((entry, after)) = split_entry(rest) else {
            return Err(TreeError::Damaged { path, reason: "it ends within an entry" });
        };
        if tlog_tiles::record_hash(entry).0 != *leaf {
            return Err(TreeError::Damaged {
                path,
                reason: "an entry does not hash to its place in the tree",
            });
        }
        rest = after;
    }
    let used = bytes.len() - rest.len();
    Ok(bytes.get(..used).unwrap_or_default().to_vec())
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn exact_or_full(tiles: &impl Tiles, exact: &str, full: &str) -> Result<Vec<u8>, TilesError> {
    match tiles.tile(exact) {
        Err(TilesError::Missing { path }) if exact != full => match tiles.tile(full) {
            Err(TilesError::Missing { .. }) => Err(TilesError::Missing { path }),
            other => other,
        },
        other => other,
    }
}

/// The hash over hashes whose number is a power of two.
pub(crate) fn perfect(row: &[Hash]) -> Hash {
    let mut row = row.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node(left, right)).collect();
    }
    row.first().copied().unwrap_or(EMPTY_ROOT)
}

fn node(left: &Hash, right: &Hash) -> Hash {
    tlog_tiles::node_hash(tlog_tiles::Hash(*left), tlog_tiles::Hash(*right)).0
}
