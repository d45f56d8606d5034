//! Headers and addresses of the JSON API and the ledger, parts with NUL between them: a range, upload metadata, an upload
//! checksum, lengths, a cursor, a tile.
#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::{parts, text};
use onrecord_server::fuzzing::{cursor, range, tile, upload, upload_metadata};

fuzz_target!(|input: &[u8]| {
    let [asked, said, checksum, number, page, path] = parts(input);
    if let Ok(asked) = HeaderValue::from_bytes(asked) {
        for size in [0, 1, 1000, u64::MAX] {
            if let Some((from, to)) = range(&asked, size) {
                assert!(from < to && to <= size);
            }
        }
    }
    upload_metadata(text(said));
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("tus-resumable", b"1.0.0".as_slice()),
        ("upload-checksum", checksum),
        ("upload-length", number),
        ("upload-offset", number),
        ("upload-defer-length", number),
        ("content-type", said),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    upload(&headers);
    cursor(text(page));
    if tile(text(path)) {
        assert!(!text(path).contains(".."), "no tile leads out of its folder");
    }
});
