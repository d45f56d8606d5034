//! What this crate reads of requests, for the fuzzer only.

use axum::http::{HeaderMap, HeaderValue};
use onrecord_program::axis::{ContainerKind, Metadata, ObjectKind};

use crate::api::body::{Asked, asked};
use crate::api::uploads::{metadata, rules};
use crate::api::{outcomes, recordings};
use crate::{axis, ledger};

/// The bytes of a clip of `size` bytes that a `Range` header asks for: the first, and the one behind the last. None where
/// all are asked for, or none that is there.
pub fn range(header: &HeaderValue, size: u64) -> Option<(u64, u64)> {
    match asked(Some(header), size) {
        Asked::Part(from, to) => Some((from, to)),
        Asked::All | Asked::Nothing => None,
    }
}

/// Reads every header of an upload. Answers how many of them can be used.
pub fn upload(headers: &HeaderMap) -> usize {
    [
        rules::version(headers).is_ok(),
        rules::length(headers).is_ok(),
        rules::offset(headers).is_ok(),
        rules::checksum(headers).is_ok(),
        rules::brings_bytes(headers).is_ok(),
    ]
    .into_iter()
    .filter(|usable| *usable)
    .count()
}

/// Reads `Upload-Metadata`.
pub fn upload_metadata(text: &str) -> bool {
    metadata::read(text, None).is_ok()
}

/// Reads a cursor as that of recordings and as that of outcomes.
pub fn cursor(text: &str) -> (bool, bool) {
    (recordings::after(text).is_ok(), outcomes::after(text).is_ok())
}

/// Whether a path names a tile of the ledger.
pub fn tile(path: &str) -> bool {
    ledger::is_tile(path)
}

/// Reads what an Axis system says in an address and an `ETag`. Answers whether each can be used.
pub fn axis_address(path: &str, etag: &str) -> (bool, bool) {
    let place = axis::place(path);
    let is_known = place.is_some_and(|place| {
        place.object.as_deref().map(ObjectKind::of);
        ContainerKind::of(&place.container).is_ok()
    });
    (is_known, axis::md5_of(etag).is_ok())
}

/// Reads the metadata of a container, and those that come back once they are written into headers.
pub fn axis_metadata(headers: &HeaderMap) -> (Metadata, Metadata) {
    let read = axis::metadata::read(headers, axis::metadata::CONTAINER);
    let mut written = HeaderMap::new();
    axis::metadata::write(&mut written, axis::metadata::CONTAINER, &read);
    let again = axis::metadata::read(&written, axis::metadata::CONTAINER);
    (read, again)
}
