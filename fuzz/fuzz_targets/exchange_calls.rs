//! Calls of another layout: a mapping, or the name of a built-in one, then NUL, then the calls.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::{CallsLayout, Export, FileKind, Mapping, ReadOptions, RowReader, check};
use onrecord_fuzz::{file, parts, policy, text};

fuzz_target!(|input: &[u8]| {
    let [mapping, calls] = parts(input);
    let mapping = text(mapping);
    let Ok(mapping) = Mapping::profile(mapping).or_else(|_| Mapping::parse("mapping.toml".as_ref(), mapping))
    else {
        return;
    };
    let layout = CallsLayout { mapping: Some(mapping), ..CallsLayout::default() };
    let options = ReadOptions { layout, ..ReadOptions::default() };
    let path = file("calls.csv", calls);
    let _ = check(FileKind::Calls, &path, &options, policy(), &Export::default());
    if let Ok(mut reader) = RowReader::open(FileKind::Calls, &path, &options) {
        while let Ok(Some(_)) = reader.next_rows() {}
    }
});
