//! The key file beside a clip that a camera encrypted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_program::fuzzing::key_file;

fuzz_target!(|bytes: &[u8]| {
    let _ = key_file(bytes);
});
