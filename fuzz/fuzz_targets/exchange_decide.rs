//! A whole export, its six files in the order of the contract with NUL between them: taken in row by row, then decided.
#![no_main]

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{Export, FileKind, ReadOptions, RowReader, Whole, Zones};
use onrecord_fuzz::{file, parts, policy};

fuzz_target!(|input: &[u8]| {
    // Zones are made once.
    static ZONES: LazyLock<Arc<Zones>> = LazyLock::new(Arc::default);
    let mut export = Export::default();
    for (kind, bytes) in FileKind::ALL.into_iter().zip(parts::<6>(input)) {
        let path = file("input.csv", bytes);
        let Ok(mut reader) = RowReader::open(kind, &path, &ReadOptions::default()) else { continue };
        export.have(kind);
        while let Ok(Some(rows)) = reader.next_rows() {
            for row in rows {
                if row.fits {
                    let values: Vec<Cow<'_, str>> = row.values.iter().map(|value| zoned(value)).collect();
                    export.add(kind, values.iter().map(|value| &**value));
                } else {
                    export.add_unfit(kind);
                }
            }
        }
    }
    let _ = export.accepted_recordings(&ZONES);
    let _ = export.decide(&Whole::default(), policy(), &ZONES);
});

/// A value as it is kept: local times name their zone. Reading them in one would make it anew for every file, which takes
/// far longer than the file.
fn zoned(value: &str) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    let has_offset = matches!(bytes.iter().nth_back(5), Some(b'+' | b'-'));
    let is_local = bytes.get(4) == Some(&b'-') && !value.ends_with([']', 'Z', 'z']) && !has_offset;
    if is_local { format!("{value}[America/Chicago]").into() } else { value.into() }
}
