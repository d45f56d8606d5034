//! A whole export, its six files in the order of the contract with NUL between them: taken in row by row, then decided.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{Export, FileKind, ReadOptions, RowReader, Whole, Zones};
use onrecord_fuzz::{file, parts, policy};

fuzz_target!(|input: &[u8]| {
    static OPTIONS: LazyLock<ReadOptions> = LazyLock::new(|| ReadOptions {
        timezone: Some("America/Chicago".to_owned()),
        ..ReadOptions::default()
    });
    let mut export = Export::default();
    for (kind, bytes) in FileKind::ALL.into_iter().zip(parts::<6>(input)) {
        let path = file("input.csv", bytes);
        let Ok(mut reader) = RowReader::open(kind, &path, &OPTIONS) else { continue };
        export.have(kind);
        while let Ok(Some(rows)) = reader.next_rows() {
            for row in rows {
                if row.fits {
                    export.add(kind, row.values.iter().map(String::as_str));
                } else {
                    export.add_unfit(kind);
                }
            }
        }
    }
    let zones = Arc::new(Zones::default());
    let _ = export.accepted_recordings(&zones);
    let _ = export.decide(&Whole::default(), policy(), &zones);
});
