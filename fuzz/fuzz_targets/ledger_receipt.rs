//! A receipt, checked without a key and with one, as if by whoever holds the file that it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::ledger_key;
use onrecord_ledger::{Receipt, Verdict, verify};

fuzz_target!(|json: &str| {
    let (digest, size) = serde_json::from_str::<Receipt>(json)
        .map_or(([0; 32], 0), |receipt| (digest(&receipt.sha256).unwrap_or_default(), receipt.size));
    let open = verify(&digest, size, json, None);
    let signed = verify(&digest, size, json, Some(ledger_key()));
    if matches!(signed, Verdict::True { .. }) {
        assert!(matches!(open, Verdict::True { .. }), "what holds with a key holds without one");
    }
});

fn digest(hex: &str) -> Option<[u8; 32]> {
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()).collect::<Option<_>>()?;
    bytes.try_into().ok()
}
