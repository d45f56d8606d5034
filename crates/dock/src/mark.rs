//! What is done on the camera once a file is safe: a marker beside it, or its deletion, as the profile says. A marker names
//! the file it was laid for; one that lies beside another file is taken away, for cameras use names again.

use std::io;

use serde::{Deserialize, Serialize};

use crate::folder::{Folder, Found, Place, Shape, marker_name};
use crate::journal::Safe;

/// How large a marker may be, in bytes.
const LARGEST: u64 = 4096;

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    clip_id: String,
    sha256: String,
    size: u64,
    /// Nanoseconds since 1970, as text: more digits than JSON numbers keep.
    modified: String,
}

/// Whether a marker is for a file of this shape.
pub(crate) fn names(marker: &[u8], shape: Shape) -> bool {
    let read: Result<Marker, _> = serde_json::from_slice(marker);
    read.is_ok_and(|read| read.size == shape.size && read.modified == shape.modified.to_string())
}

fn marker_of(found: &Found) -> Option<Place> {
    found.place.beside(&marker_name(found.place.name()))
}

/// Whether the marker beside a file was laid for just this file.
fn is_for(folder: &Folder, marker: &Place, shape: Shape) -> bool {
    names(&folder.read_small(marker, LARGEST).unwrap_or_default(), shape)
}

/// Takes a marker away that was laid for another file. Says whether it did.
pub(crate) fn clear_stale(folder: &Folder, found: &Found) -> io::Result<bool> {
    match marker_of(found) {
        Some(marker) if found.marked && !is_for(folder, &marker, found.shape) => {
            folder.remove(&marker).map(|()| true)
        }
        _ => Ok(false),
    }
}

/// Takes the marker of a file away, where there is one.
pub(crate) fn clear(folder: &Folder, found: &Found) -> io::Result<()> {
    match marker_of(found).map(|marker| folder.remove(&marker)) {
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Lays a marker beside a file that is safe.
pub(crate) fn lay(folder: &Folder, found: &Found, safe: &Safe) -> io::Result<()> {
    let marker = marker_of(found).ok_or(io::ErrorKind::InvalidFilename)?;
    clear(folder, found)?;
    let text = serde_json::to_vec(&Marker {
        clip_id: safe.receipt.clip_id.clone(),
        sha256: safe.sha256.clone(),
        size: found.shape.size,
        modified: found.shape.modified.to_string(),
    })?;
    folder.create_small(&marker, &text)
}

/// Deletes a file that is safe, where it still has the shape in which it was read.
pub(crate) fn delete(folder: &Folder, found: &Found) -> io::Result<()> {
    if Shape::of(&folder.open_file(&found.place)?)? != found.shape {
        return Err(io::Error::other("it changed after it was read; it stays"));
    }
    folder.remove(&found.place)?;
    clear(folder, found)
}
