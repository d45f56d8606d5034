//! A checkpoint with its signatures, the answer of a witness, and keys as text. A signature line that is added leaves the
//! checkpoint as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::{ledger_key, parts, text, witness_key};
use onrecord_ledger::{
    Checkpoint, LedgerKey, WitnessKey, add_signature, check_cosignature, origin_of, take_cosignature,
};

fuzz_target!(|input: &[u8]| {
    let [note, answer, key] = parts::<3>(input).map(text);
    let _ = Checkpoint::open(note, ledger_key());
    let _ = check_cosignature(note, witness_key());
    if let Ok(more) = add_signature(note, answer) {
        let read = Checkpoint::read_unverified;
        assert_eq!(read(&more).unwrap(), read(note).unwrap());
    }
    if let Ok((cosigned, at)) = take_cosignature(note, answer, witness_key()) {
        assert_eq!(check_cosignature(&cosigned, witness_key()).unwrap(), at);
    }
    let _ = Checkpoint::open(note, key);
    let _ = take_cosignature(note, answer, key);
    let _ = origin_of(key);
    if let Ok(key) = LedgerKey::from_text(key) {
        assert_eq!(LedgerKey::from_text(&key.to_text()).unwrap().verifier_key(), key.verifier_key());
    }
    if let Ok(key) = WitnessKey::from_text(key) {
        let _ = key.cosign(note, u64::MAX);
    }
});
