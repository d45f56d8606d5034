//! What ffprobe answers, which a hostile clip may have made it say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_media::fuzzing::facts;

fuzz_target!(|answer: &[u8]| {
    let _ = facts(answer);
});
