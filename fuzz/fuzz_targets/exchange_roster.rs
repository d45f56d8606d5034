//! A duty roster.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use onrecord_exchange::Zone;
use onrecord_exchange::fuzzing::roster;

fuzz_target!(|bytes: &[u8]| {
    static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::named("America/Chicago").unwrap());
    let _ = roster(bytes, ZONE.clone(), "1A11", 1_780_000_000_000_000);
});
