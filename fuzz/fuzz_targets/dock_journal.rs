//! What the dock's agent finds in its own folder and on cameras: a journal, NUL, a marker.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use onrecord_dock::fuzzing::{journal, marker};
use onrecord_fuzz::{folder, parts};

fuzz_target!(|input: &[u8]| {
    let [lines, beside] = parts(input);
    let state = folder().join("state");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("journal.jsonl"), lines).unwrap();
    let damaged = journal(&state).unwrap();
    assert!(damaged <= lines.iter().filter(|byte| **byte == b'\n').count() as u64);
    marker(beside, 3);
});
