//! What a witness is sent, and what it decides.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::ledger_key;
use onrecord_ledger::witness::{Outcome, Seen, Submission};

fuzz_target!(|body: &[u8]| {
    let known = [ledger_key().to_owned()];
    let Ok(submission) = Submission::read(body, &known) else { return };
    for last in [Seen::NOTHING, Seen { size: 1, root: [1; 32] }, Seen { size: u64::MAX, root: [1; 32] }] {
        if let Outcome::Cosign(new) = submission.decide(last) {
            assert!(new.size >= last.size, "a witness never goes back");
        }
    }
});
