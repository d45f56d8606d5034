//! A receipt proves one file and nothing else, and says so in words.
#![allow(clippy::unwrap_used)]

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_ledger::{
    Edge, Entry, Kind, LedgerKey, Receipt, TileFile, Tiles, TilesError, Verdict, WitnessKey, add_signature,
    commitment, inclusion, leaf, verify,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const FILE: &[u8] = b"the bytes of a clip";

struct Stored(Vec<TileFile>);

impl Tiles for Stored {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        let found = self.0.iter().find(|file| file.path == path).map(|file| file.bytes.clone());
        found.ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn ledger() -> LedgerKey {
    LedgerKey::generate("records.example.org/ledger", &[1; 32]).unwrap()
}

fn sealed() -> Entry {
    let Value::Object(facts) =
        json!({"sha256": hex(&sha256(FILE)), "size": FILE.len(), "recording_id": "rec-1"})
    else {
        unreachable!("facts are an object")
    };
    let (subject, actor, reason) = ("clip-1".into(), "dock:7".into(), "received".into());
    Entry { at: 1_700_000_000_000_000, kind: Kind::ClipSealed, subject, actor, reason, facts }
}

/// The receipt of an entry that is the fifth of eleven.
fn receipt_of(entry: &Entry) -> Receipt {
    let text = entry.canonical().unwrap();
    let mut edge = Edge::empty();
    for index in 0_u8..11 {
        let other = leaf("custody", &[index; 32]);
        let own = leaf(entry.kind.public(), &commitment(&[7; 32], &text));
        edge.append(if index == 4 { &own } else { &other }).unwrap();
    }
    let tiles = Stored(edge.take_tiles());
    let proof = inclusion(4, 11, &tiles).unwrap();
    Receipt {
        recording_id: "rec-1".into(),
        clip_id: "clip-1".into(),
        sha256: hex(&sha256(FILE)),
        size: FILE.len() as u64,
        entry: text,
        salt: STANDARD.encode([7; 32]),
        index: Some(4),
        proof: Some(proof.iter().map(|hash| STANDARD.encode(hash)).collect()),
        checkpoint: Some(ledger().sign_checkpoint(11, &edge.root())),
    }
}

fn receipt() -> Receipt {
    receipt_of(&sealed())
}

fn judged(receipt: &Receipt, key: Option<&str>) -> Verdict {
    verify(&sha256(FILE), FILE.len() as u64, &serde_json::to_string(receipt).unwrap(), key)
}

fn with_key(receipt: &Receipt) -> Verdict {
    judged(receipt, Some(&ledger().verifier_key()))
}

fn is_false(verdict: &Verdict, word: &str) -> bool {
    matches!(verdict, Verdict::False(why) if why.contains(word))
}

fn cannot_say(verdict: &Verdict, word: &str) -> bool {
    matches!(verdict, Verdict::CannotSay(why) if why.contains(word))
}

#[test]
fn an_honest_receipt_is_true_and_says_who_signed() {
    let Verdict::True { lines } = with_key(&receipt()) else { unreachable!("{:?}", with_key(&receipt())) };
    let text = lines.join("\n");
    assert!(
        text.contains("byte for byte") && text.contains("rec-1") && text.contains("entry number 4"),
        "{text}"
    );
    assert!(
        text.contains("2023-11-14T22:13:20Z") && text.contains("signed by the key that was given"),
        "{text}"
    );
    assert!(!text.contains("NOT CHECKED"), "{text}");
}

#[test]
fn without_a_key_a_receipt_says_that_the_signer_was_not_checked_and_how_to() {
    let Verdict::True { lines } = judged(&receipt(), None) else { unreachable!() };
    let last = lines.last().unwrap();
    assert!(last.contains("NOT CHECKED") && last.contains("--key") && last.contains("/ledger/key"), "{last}");
    assert!(!lines.join(" ").contains("is signed by"));
}

#[test]
fn another_file_is_false() {
    let text = serde_json::to_string(&receipt()).unwrap();
    let other = verify(&sha256(b"another"), FILE.len() as u64, &text, None);
    assert!(is_false(&other, "not the file"), "{other:?}");
    let longer = verify(&sha256(FILE), 1, &text, None);
    assert!(is_false(&longer, "not the file"), "{longer:?}");
}

#[test]
fn a_receipt_rewritten_for_another_file_is_false() {
    let mut forged = receipt();
    forged.sha256 = hex(&sha256(b"another"));
    let text = serde_json::to_string(&forged).unwrap();
    let verdict = verify(&sha256(b"another"), FILE.len() as u64, &text, None);
    assert!(is_false(&verdict, "not about this file"), "{verdict:?}");
    let mut entry = sealed();
    entry.facts.insert("sha256".into(), forged.sha256.clone().into());
    forged.entry = entry.canonical().unwrap();
    let text = serde_json::to_string(&forged).unwrap();
    let verdict = verify(&sha256(b"another"), FILE.len() as u64, &text, None);
    assert!(is_false(&verdict, "does not lead"), "{verdict:?}");
}

#[test]
fn an_entry_that_is_not_about_this_clip_is_false_even_with_a_right_proof() {
    let mut other = sealed();
    other.subject = "clip-2".into();
    assert!(is_false(&with_key(&receipt_of(&other)), "clip-2"));
    let mut other = sealed();
    other.kind = Kind::Exported;
    assert!(is_false(&with_key(&receipt_of(&other)), "exported"));
    let mut other = sealed();
    other.facts.insert("recording_id".into(), "rec-2".into());
    assert!(is_false(&with_key(&receipt_of(&other)), "rec-1"));
    let mut other = sealed();
    other.facts.insert("size".into(), 1.into());
    assert!(is_false(&with_key(&receipt_of(&other)), "not about this file"));
    let mut other = sealed();
    other.facts.remove("sha256");
    assert!(is_false(&with_key(&receipt_of(&other)), "not about this file"));
}

#[test]
fn a_recording_that_the_entry_does_not_name_is_not_vouched_for() {
    let mut entry = sealed();
    entry.facts.remove("recording_id");
    let mut receipt = receipt_of(&entry);
    receipt.recording_id = "anything".into();
    let Verdict::True { lines } = with_key(&receipt) else { unreachable!() };
    assert!(!lines.join(" ").contains("anything"));
}

#[test]
fn before_the_entry_has_its_place_nothing_can_be_said() {
    let mut early = receipt();
    (early.index, early.proof, early.checkpoint) = (None, None, None);
    let text = serde_json::to_string(&early).unwrap();
    assert!(!text.contains("index") && !text.contains("proof") && !text.contains("checkpoint"), "{text}");
    assert!(cannot_say(&with_key(&early), "Fetch the receipt again"));
    let mut half = receipt();
    half.proof = None;
    assert!(cannot_say(&with_key(&half), "no proof yet"));
}

#[test]
fn a_checkpoint_that_the_key_does_not_vouch_for_is_false() {
    let other = LedgerKey::generate("records.example.org/ledger", &[9; 32]).unwrap();
    assert!(is_false(&judged(&receipt(), Some(&other.verifier_key())), "no signature by the key"));
    let mut forged = receipt();
    forged.checkpoint = forged.checkpoint.map(|note| note.replacen("\n11\n", "\n12\n", 1));
    assert!(is_false(&with_key(&forged), "it is wrong"));
}

#[test]
fn a_key_or_a_receipt_that_cannot_be_read_lets_nothing_be_said() {
    assert!(cannot_say(&judged(&receipt(), Some("no key")), "key that was given"));
    let witness = WitnessKey::generate("w.example.org", &[2; 32]).unwrap();
    assert!(cannot_say(&judged(&receipt(), Some(&witness.vkey())), "key that was given"));
    for text in ["", "{}", "[]", "null", "{\"clip_id\":1}", &"[".repeat(9999)] {
        assert!(cannot_say(&verify(&sha256(FILE), 1, text, None), "cannot be read"), "{text}");
    }
    let mut salt = receipt();
    salt.salt = "AAAA".into();
    assert!(cannot_say(&with_key(&salt), "salt"));
    let mut proof = receipt();
    proof.proof = Some(vec!["?".into()]);
    assert!(cannot_say(&with_key(&proof), "proof"));
    let mut note = receipt();
    note.checkpoint = Some("?".into());
    assert!(cannot_say(&with_key(&note), "checkpoint"));
    let mut entry = receipt();
    entry.entry.push(' ');
    assert!(cannot_say(&with_key(&entry), "canonical"));
}

#[test]
fn members_that_are_not_known_and_cosignatures_do_no_harm() {
    let mut whole = receipt();
    let witness = WitnessKey::generate("w.example.org", &[2; 32]).unwrap();
    whole.checkpoint =
        whole.checkpoint.map(|note| add_signature(&note, &witness.cosign(&note, 5).unwrap()).unwrap());
    let mut json = serde_json::to_value(&whole).unwrap();
    json["later"] = json!({"a": [1.5]});
    let key = ledger().verifier_key() + "\n";
    let verdict = verify(&sha256(FILE), FILE.len() as u64, &json.to_string(), Some(&key));
    assert!(matches!(verdict, Verdict::True { .. }), "{verdict:?}");
}

/// Changes one byte of a text into another character of ASCII; says nothing where it would stay the same.
fn altered(text: &str, place: usize, to: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let byte = bytes.get_mut(place % text.len())?;
    if *byte == to {
        return None;
    }
    *byte = to;
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_piece_of_a_receipt_can_be_altered(piece in 0_usize..9, place in any::<usize>(), to in 9_u8..127) {
        let mut forged = receipt();
        let texts = [
            &mut forged.recording_id, &mut forged.clip_id, &mut forged.sha256, &mut forged.entry, &mut forged.salt,
        ];
        if let Some(text) = texts.into_iter().nth(piece) {
            let Some(other) = altered(text, place, to) else { return Ok(()) };
            *text = other;
        } else if piece == 5 {
            forged.size ^= 1 << (place % 64);
        } else if piece == 6 {
            forged.index = forged.index.map(|index| index ^ (1 << (place % 64)));
        } else if piece == 7 {
            let lines = forged.proof.as_mut().unwrap();
            let line = place % lines.len();
            let Some(other) = altered(&lines[line], place / 7, to) else { return Ok(()) };
            lines[line] = other;
        } else {
            let Some(other) = altered(forged.checkpoint.as_deref().unwrap(), place, to) else { return Ok(()) };
            forged.checkpoint = Some(other);
        }
        let verdict = with_key(&forged);
        prop_assert!(!matches!(verdict, Verdict::True { .. }), "{forged:?}");
    }

    #[test]
    fn no_text_makes_the_check_stumble(text in "[ -~]{0,200}", key in proptest::option::of("[ -~]{0,80}")) {
        prop_assert!(matches!(verify(&[0; 32], 0, &text, key.as_deref()), Verdict::CannotSay(_)));
    }
}
