//! Looking after what is on the shelf: reading everything back, repairing it from a mirror, copying it to one, finding
//! what nobody knows, and removing what is disposed of. When and how much, and who is told, is for the caller.

use std::ops::ControlFlow;

use bytes::Bytes;

use crate::format::{HEADER, Layout, Segment, Standing, TAG, clip_folder};
use crate::keys::DataKey;
use crate::read::{Damage, ReadError, Reading, What, check_figures, check_order, check_size, damage};
use crate::shelf::{Kind, Object, Shelf, ShelfError};

/// Damaged objects are kept below this folder.
const ASIDE: &str = "damaged";

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing: the segment is sound.
    Sound,
    /// The segment was damaged and is sound now.
    Replaced {
        /// What was wrong.
        damage: What,
        /// Where the damaged object is kept now; none where there was no object.
        kept: Option<String>,
    },
}

/// Why a segment could not be repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The mirror's object is damaged, too, or cannot be read. Nothing was changed.
    #[error("the mirror cannot help, nothing was changed: {0}")]
    Mirror(#[source] ReadError),
    /// The shelf itself could not be read or written.
    #[error(transparent)]
    Shelf(#[from] ReadError),
}

impl From<ShelfError> for RepairError {
    fn from(error: ShelfError) -> Self {
        Self::Shelf(error.into())
    }
}

/// Reads all of a complete clip back, from the disk itself where it is in a folder, and hands every byte to `hash`.
/// Whether the digest is the right one is for the caller to say.
///
/// # Errors
/// [`ReadError::Damage`] for the first segment that is not what was written; other [`ReadError`]s where that cannot be
/// told. Go on with [`check_segment`] to learn of all that are damaged.
pub fn check_clip(
    shelf: &Shelf,
    clip: [u8; 16],
    key: &DataKey,
    segments: &[Segment],
    mut hash: impl FnMut(&[u8]),
) -> Result<(), ReadError> {
    let bytes = check_order(segments, Layout::of(shelf))?;
    if !segments.last().is_some_and(|last| last.last_is_final) {
        return Err(ReadError::Incomplete { bytes });
    }
    segments.iter().try_for_each(|segment| check_segment(shelf, clip, key, segment, &mut hash))
}

/// Reads all of one segment back, as [`check_clip`] does.
///
/// # Errors
/// As [`check_clip`].
pub fn check_segment(
    shelf: &Shelf,
    clip: [u8; 16],
    key: &DataKey,
    segment: &Segment,
    hash: impl FnMut(&[u8]),
) -> Result<(), ReadError> {
    check(Reading { shelf, clip, key, layout: Layout::of(shelf) }, segment, hash)
}

/// Before, so that the disk is read and not what the system remembers; after, so that evidence which people are looking
/// at is not driven out of memory.
fn check(reading: Reading<'_>, segment: &Segment, mut hash: impl FnMut(&[u8])) -> Result<(), ReadError> {
    forget_cached(reading.shelf, segment);
    let checked = reading.segment(segment, |bytes| {
        hash(&bytes);
        ControlFlow::Continue(())
    });
    forget_cached(reading.shelf, segment);
    checked
}

fn forget_cached(shelf: &Shelf, segment: &Segment) {
    if let Kind::Folder(folder) = shelf.kind()
        && let Ok(file) = folder.open_file(&segment.name)
    {
        file.forget_cached();
    }
}

/// Replaces a damaged segment by the mirror's, once every chunk of that is proved to be sound. The damaged object is
/// kept below `damaged/`; readers find one or the other at every moment.
///
/// # Errors
/// [`RepairError`].
pub fn repair_segment(
    shelf: &Shelf,
    mirror: &Shelf,
    clip: [u8; 16],
    key: &DataKey,
    segment: &Segment,
) -> Result<Repair, RepairError> {
    repair(Reading { shelf, clip, key, layout: Layout::of(shelf) }, mirror, segment)
}

fn repair(reading: Reading<'_>, mirror: &Shelf, segment: &Segment) -> Result<Repair, RepairError> {
    let damage = match check(reading, segment, |_| {}) {
        Ok(()) => return Ok(Repair::Sound),
        Err(ReadError::Damage(Damage { what, .. })) => what,
        Err(error) => return Err(error.into()),
    };
    let bytes = mirror.get(&segment.name).map_err(|error| RepairError::Mirror(error.into()))?;
    check_bytes(reading, segment, &bytes).map_err(RepairError::Mirror)?;
    let kept = keep_aside(reading.shelf, &segment.name)?;
    reading.shelf.put(&segment.name, vec![bytes])?;
    check(reading, segment, |_| {})?;
    Ok(Repair::Replaced { damage, kept })
}

/// Checks an object in memory, so that the very bytes that were checked can be written.
fn check_bytes(reading: Reading<'_>, segment: &Segment, object: &Bytes) -> Result<(), ReadError> {
    check_figures(segment, reading.layout)?;
    check_size(segment, object.len() as u64)?;
    let cipher = reading.cipher(segment)?;
    let (header, chunks) = object.split_at_checked(HEADER).unwrap_or_default();
    if header != cipher.header() {
        return Err(damage(segment, 0, What::Header).into());
    }
    for (place, sealed) in (0..segment.chunks).zip(chunks.chunks(reading.layout.chunk + TAG)) {
        let opened = cipher.open(place as u32, Standing::of(segment, place), &mut sealed.to_vec());
        opened.map_err(|_| damage(segment, place, What::Chunk))?;
    }
    Ok(())
}

/// Gives the damaged object a second name that was never used; the mirror's takes the first one.
fn keep_aside(shelf: &Shelf, name: &str) -> Result<Option<String>, ShelfError> {
    let mut aside = format!("{ASIDE}/{name}");
    let mut times = 1;
    while shelf.exists(&aside)? {
        times += 1;
        aside = format!("{ASIDE}/{name}.{times}");
    }
    match shelf.copy_within(name, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(ShelfError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Copies an object to another shelf as it is, for a mirror; returns its size in bytes. Needs no key and proves
/// nothing: the scrub of the mirror does.
///
/// # Errors
/// [`ShelfError`] of either shelf.
pub fn copy_segment(from: &Shelf, to: &Shelf, name: &str) -> Result<u64, ShelfError> {
    let bytes = from.get(name)?;
    let size = bytes.len() as u64;
    to.put(name, vec![bytes])?;
    Ok(size)
}

/// Objects of clips that nobody knows, and what crashes left half written: all that is older than `older_than`
/// microseconds at `now` (microseconds since 1970). [`Shelf::delete`] takes their names. The age leaves out what is
/// being written and not yet recorded.
///
/// # Errors
/// [`ShelfError`] where the shelf cannot be listed.
pub fn orphans(
    shelf: &Shelf,
    known: impl Fn(&str) -> bool,
    older_than: i64,
    now: i64,
) -> Result<Vec<Object>, ShelfError> {
    let is_old = |object: &Object| now.saturating_sub(object.modified) > older_than;
    let mut orphans = Vec::new();
    shelf.each("clips", |object| {
        if is_old(&object) && !known(&object.name) {
            orphans.push(object);
        }
        ControlFlow::Continue(())
    })?;
    shelf.each_leftover("", |object| {
        if is_old(&object) {
            orphans.push(object);
        }
        ControlFlow::Continue(())
    })?;
    Ok(orphans)
}

/// Removes everything of a clip from a shelf: its segments, damaged ones that were kept, and what a crash left half
/// written. Returns how many objects there were. Call it again where it failed.
///
/// # Errors
/// [`ShelfError`] where something could not be removed.
pub fn erase_clip(shelf: &Shelf, clip: [u8; 16]) -> Result<u64, ShelfError> {
    let mut names = Vec::new();
    for folder in [clip_folder(clip), format!("{ASIDE}/{}", clip_folder(clip))] {
        let mut note = |object: Object| {
            names.push(object.name);
            ControlFlow::Continue(())
        };
        shelf.each(&folder, &mut note)?;
        shelf.each_leftover(&folder, &mut note)?;
    }
    names.iter().try_for_each(|name| shelf.delete(name))?;
    Ok(names.len() as u64)
}

#[cfg(test)]
mod tests;
