//! The canonical text of a ledger entry. What is read is written back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_ledger::Entry;

fuzz_target!(|text: &str| {
    if let Ok(entry) = Entry::parse(text) {
        assert_eq!(entry.canonical().as_deref(), Ok(text));
    }
});
