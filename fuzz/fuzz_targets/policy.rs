//! A policy, and what it says in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_policy::Policy;

fuzz_target!(|text: &str| {
    match Policy::parse("policy.toml", text) {
        Ok(policy) => {
            let _ = policy.explain();
            let _ = policy.warnings();
        }
        Err(error) => drop(error.to_string()),
    }
});
