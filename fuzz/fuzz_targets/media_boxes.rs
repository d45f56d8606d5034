//! The boxes of a clip. Whatever they say, all of it goes down a pipe and never more than all of it is copied.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_media::fuzzing::boxes;

fuzz_target!(|clip: &[u8]| {
    let size = clip.len() as u64;
    for limit in [16, 1 << 20] {
        if let Ok((copied, sent)) = boxes(clip, limit) {
            assert!(copied <= size);
            assert_eq!(sent, size);
        }
    }
});
