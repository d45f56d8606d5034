//! A duty roster.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::fuzzing::roster;

fuzz_target!(|bytes: &[u8]| {
    let _ = roster(bytes, "America/Chicago", "1A11", 1_780_000_000_000_000);
});
