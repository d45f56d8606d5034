//! One exchange file, by itself: what the audit makes of it, and its rows as they are kept.
//!
//! The first byte says which kind, the second whether local times have a zone (`Z`).
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{Export, FileKind, ReadOptions, RowReader, check};
use onrecord_fuzz::{file, policy};

fuzz_target!(|input: &[u8]| {
    let [kind, zone, bytes @ ..] = input else { return };
    let kind = FileKind::ALL[usize::from(*kind) % FileKind::ALL.len()];
    let timezone = (*zone == b'Z').then(|| "America/Chicago".to_owned());
    let options = ReadOptions { timezone, ..ReadOptions::default() };
    let path = file("input.csv", bytes);
    let checked = check(kind, &path, &options, policy(), &Export::default());
    let read = || {
        let (mut reader, mut rows) = (RowReader::open(kind, &path, &options)?, 0);
        while let Some(some) = reader.next_rows()? {
            rows += some.len();
        }
        Ok::<_, onrecord_exchange::ExchangeError>(rows)
    };
    let rows = read();
    assert!(checked.is_err() || rows.is_ok(), "what can be checked can be kept");
});
