//! One exchange file, by itself: what the audit makes of it, and its rows as they are kept.
//!
//! The first byte says which kind. Local times have no zone here: making one takes far longer than reading a small file;
//! `exchange_decide` and `exchange_roster` have them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{Export, FileKind, ReadOptions, RowReader, check};
use onrecord_fuzz::{file, policy};

fuzz_target!(|input: &[u8]| {
    let [kind, bytes @ ..] = input else { return };
    let kind = FileKind::ALL[usize::from(*kind) % FileKind::ALL.len()];
    let options = ReadOptions::default();
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
