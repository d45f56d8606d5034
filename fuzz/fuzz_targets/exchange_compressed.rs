//! A compressed exchange file: `.gz` where the first byte is even, `.zst` where it is odd.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{FileKind, ReadOptions, RowReader};
use onrecord_fuzz::file;

fuzz_target!(|input: &[u8]| {
    let [first, bytes @ ..] = input else { return };
    let path = file(if first % 2 == 0 { "officers.csv.gz" } else { "officers.csv.zst" }, bytes);
    if let Ok(mut reader) = RowReader::open(FileKind::Officers, &path, &ReadOptions::default()) {
        while let Ok(Some(_)) = reader.next_rows() {}
    }
});
