//! The custody ledger as mathematics: what an entry is, what of it the public sees, the tree over the
//! entries, signed checkpoints, cosignatures of witnesses, receipts and their verification.
//!
//! Formats: C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature and tlog-witness; hashing as in
//! RFC 6962; entries as RFC 8785. This crate does no I/O, reads no clock and draws nothing by chance: tiles
//! come through [`Tiles`], instants and random bytes are arguments.
//!
//! ```
//! use onrecord_ledger::{Checkpoint, Edge, Entry, Kind, LedgerKey, commitment, leaf};
//!
//! let entry = Entry {
//!     at: 1_700_000_000_000_000,
//!     kind: Kind::ClipSealed,
//!     subject: "0199-clip".into(),
//!     actor: "dock:7".into(),
//!     reason: "received".into(),
//!     facts: serde_json::Map::new(),
//! };
//! let committed = commitment(&[7; 32], &entry.canonical()?);
//! let mut edge = Edge::empty();
//! edge.append(&leaf(entry.kind.public(), &committed))?;
//!
//! let key = LedgerKey::generate("records.example.org/ledger", &[1; 32])?;
//! let note = key.sign_checkpoint(edge.size(), &edge.root());
//! assert_eq!(Checkpoint::open(&note, &key.verifier_key())?.root, edge.root());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canonical;
pub mod checkpoint;
pub mod cosign;
pub mod entry;
mod key;
pub mod leaf;
mod proof;
pub mod receipt;
pub mod tree;
pub mod witness;

pub use checkpoint::{Checkpoint, CheckpointError, LedgerKey, origin_of};
pub use cosign::{CosignError, WitnessKey, add_signature, check_cosignature, take_cosignature};
pub use entry::{Entry, EntryError, Kind};
pub use key::KeyError;
pub use leaf::{commitment, leaf, leaf_hash};
pub use receipt::{Receipt, Verdict, verify};
pub use tree::{
    EMPTY_ROOT, Edge, Hash, ProofError, TileFile, Tiles, TilesError, TreeError, check_consistency,
    check_inclusion, consistency, consistency_within, entries_path, inclusion, tile_path,
};
