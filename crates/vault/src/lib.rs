//! Evidence bytes in custody: a clip's bytes are encrypted as they come in, kept as segments that are written once and
//! never again, read by ranges, and checked. This crate knows neither SQL nor HTTP: which segments count is for the
//! caller to record, and the digest of a clip is for the caller to compute. The format stands in
//! `docs/design/custody.md`, "Vault: a segment".
//!
//! Everything here blocks (files, or a wait for the object store): call it from threads that may block, never from
//! inside an async task. [`Shelf::in_background`] is the way from async code.

mod format;
mod keys;
mod read;
mod scrub;
mod shelf;
mod write;

#[cfg(test)]
mod testing;

pub use format::{CHUNK, Segment, clip_folder};
pub use keys::{DataKey, KeyError, KeyRing, WrappedKey};
pub use read::{Damage, ReadError, What, read_begun, read_range};
pub use scrub::{
    Repair, RepairError, check_clip, check_segment, copy_segment, erase_clip, orphans, repair_segment,
};
pub use shelf::{BucketConfig, Object, Shelf, ShelfError};
pub use write::{ClipWriter, Place, WriteError};

/// Fills a buffer with random bytes fit for keys. Where chance is needed, the caller brings it.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send>;
