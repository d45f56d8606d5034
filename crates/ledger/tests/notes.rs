//! Signed checkpoints, cosignatures, and what a witness decides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use onrecord_ledger::witness::{Outcome, Seen, Submission};
use onrecord_ledger::{
    Checkpoint, CheckpointError, CosignError, EMPTY_ROOT, Edge, KeyError, LedgerKey, Tiles, TilesError,
    WitnessKey, add_signature, check_cosignature, consistency, take_cosignature,
};
use proptest::prelude::*;

const ORIGIN: &str = "records.example.org/ledger";

fn ledger() -> LedgerKey {
    LedgerKey::generate(ORIGIN, &[1; 32]).unwrap()
}

fn witness() -> WitnessKey {
    WitnessKey::generate("witness.example.org", &[2; 32]).unwrap()
}

/// The example of the Go library for notes, of which the format comes.
#[test]
fn a_key_of_another_program_is_read() {
    let key = LedgerKey::from_text(
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n",
    )
    .unwrap();
    assert_eq!(key.verifier_key(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    assert_eq!(
        key.to_text(),
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    );
}

#[test]
fn keys_survive_their_text_form_and_do_not_show_themselves() {
    let (key, other) = (ledger(), witness());
    assert_eq!(LedgerKey::from_text(&key.to_text()).unwrap().verifier_key(), key.verifier_key());
    assert_eq!(WitnessKey::from_text(&other.to_text()).unwrap().vkey(), other.vkey());
    let secret = key.to_text().rsplit('+').next().unwrap().to_owned();
    assert!(!format!("{key:?}").contains(&secret));
    assert!(format!("{key:?}").contains(ORIGIN));
}

#[test]
fn keys_that_are_no_keys_are_refused_with_the_reason() {
    let note = ledger().sign_checkpoint(1, &[3; 32]);
    let open = |key: &str| match Checkpoint::open(&note, key) {
        Err(CheckpointError::Key(error)) => error,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(onrecord_ledger::origin_of(&ledger().verifier_key()), Ok(ORIGIN.to_owned()));
    assert_eq!(onrecord_ledger::origin_of("x"), Err(KeyError::Form));
    assert_eq!(open(""), KeyError::Form);
    assert_eq!(open("a+b"), KeyError::Form);
    assert_eq!(open(&ledger().to_text()), KeyError::Private);
    assert_eq!(open(&witness().vkey()), KeyError::Purpose { found: 4, wanted: 1 });
    assert_eq!(open(&ledger().verifier_key().replace("records", "recordz")), KeyError::Id);
    assert!(matches!(LedgerKey::generate("two words", &[0; 32]), Err(KeyError::Name { .. })));
    assert!(matches!(LedgerKey::generate("a+b", &[0; 32]), Err(KeyError::Name { .. })));
    assert!(matches!(LedgerKey::generate("", &[0; 32]), Err(KeyError::Name { .. })));
    assert!(matches!(LedgerKey::generate("a\u{1}", &[0; 32]), Err(KeyError::Name { .. })));
    assert!(matches!(LedgerKey::from_text(&ledger().verifier_key()), Err(KeyError::NotPrivate)));
    assert!(matches!(LedgerKey::from_text(&witness().to_text()), Err(KeyError::Purpose { .. })));
}

#[test]
fn a_checkpoint_says_what_was_signed() {
    let note = ledger().sign_checkpoint(7, &[3; 32]);
    let wanted = Checkpoint { origin: ORIGIN.into(), size: 7, root: [3; 32] };
    assert!(note.starts_with(
        "records.example.org/ledger\n7\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\n\n\u{2014} "
    ));
    assert_eq!(Checkpoint::open(&note, &ledger().verifier_key()), Ok(wanted.clone()));
    assert_eq!(Checkpoint::read_unverified(&note), Ok(wanted));
}

#[test]
fn no_signature_a_wrong_one_and_no_checkpoint_are_told_apart() {
    let note = ledger().sign_checkpoint(7, &[3; 32]);
    let key = ledger().verifier_key();
    let other = LedgerKey::generate(ORIGIN, &[9; 32]).unwrap().verifier_key();
    let named = || ORIGIN.to_owned();
    assert_eq!(Checkpoint::open(&note, &other), Err(CheckpointError::NotSigned { key: named() }));
    let forged = note.replacen("\n7\n", "\n8\n", 1);
    assert_eq!(Checkpoint::open(&forged, &key), Err(CheckpointError::WrongSignature { key: named() }));
    for bad in [
        "",
        "x",
        "a\n1\n",
        "a\n1\nAAAA\n\n\u{2014} a AAAAAAAA\n",
        &note[..note.len() - 1],
        &note.replace('\n', "\r\n"),
    ] {
        assert_eq!(Checkpoint::open(bad, &key), Err(CheckpointError::Malformed), "{bad}");
        assert_eq!(Checkpoint::read_unverified(bad), Err(CheckpointError::Malformed));
    }
}

#[test]
fn a_key_vouches_only_for_its_own_ledger() {
    let honest = LedgerKey::generate("other.example.org/ledger", &[5; 32]).unwrap();
    let note = honest.sign_checkpoint(7, &[3; 32]);
    let text = note.split("\n\n").next().unwrap().replace("other.", "records.");
    // The signature is by the right key over a text that names another origin: only who has the key can make
    // one.
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    let signature = pair.sign(format!("{text}\n").as_bytes());
    let id = u32::from_str_radix(honest.verifier_key().split('+').nth(1).unwrap(), 16).unwrap();
    let line = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        [&id.to_be_bytes(), signature.as_ref()].concat(),
    );
    let note = format!("{text}\n\n\u{2014} other.example.org/ledger {line}\n");
    assert!(matches!(
        Checkpoint::open(&note, &honest.verifier_key()),
        Err(CheckpointError::OtherOrigin { origin, .. }) if origin == ORIGIN
    ));
}

/// The example in C2SP tlog-cosignature: the text that is signed, and the place of the time.
#[test]
fn a_cosignature_has_the_form_of_the_specification() {
    let note = ledger().sign_checkpoint(7, &[3; 32]);
    let line = witness().cosign(&note, 1_679_315_147).unwrap();
    let encoded = line.strip_prefix("\u{2014} witness.example.org ").unwrap().trim_end();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
    assert_eq!(bytes.len(), 4 + 8 + 64);
    assert_eq!(bytes[4..12], 1_679_315_147_u64.to_be_bytes());
    let text = note.split("\n\n").next().unwrap();
    let message = format!("cosignature/v1\ntime 1679315147\n{text}\n");
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
    assert_eq!(bytes[12..], *pair.sign(message.as_bytes()).as_ref());
}

#[test]
fn a_cosigned_checkpoint_is_still_the_ledgers_and_says_when() {
    let note = ledger().sign_checkpoint(7, &[3; 32]);
    let key = witness().vkey();
    assert!(matches!(check_cosignature(&note, &key), Err(CosignError::NotSigned { .. })));
    let once = add_signature(&note, &witness().cosign(&note, 5).unwrap()).unwrap();
    let twice = add_signature(&once, &witness().cosign(&once, 6).unwrap()).unwrap();
    assert_eq!(check_cosignature(&once, &key), Ok(5));
    assert_eq!(check_cosignature(&twice, &key), Ok(6));
    assert_eq!(once.lines().count(), twice.lines().count());
    assert!(Checkpoint::open(&twice, &ledger().verifier_key()).is_ok());
    let moved = once.replacen("\n7\n", "\n8\n", 1);
    assert!(matches!(check_cosignature(&moved, &key), Err(CosignError::WrongSignature { .. })));
    assert!(matches!(witness().cosign(&note, u64::MAX), Err(CosignError::Time { .. })));
    assert_eq!(add_signature(&note, "nonsense"), Err(CosignError::Line));
    assert_eq!(
        add_signature(&note, &format!("x\n{}", witness().cosign(&note, 5).unwrap())),
        Err(CosignError::Line)
    );
}

#[test]
fn of_an_answer_only_the_line_of_the_trusted_witness_is_taken() {
    let note = ledger().sign_checkpoint(7, &[3; 32]);
    let stranger = WitnessKey::generate("stranger.example.org", &[3; 32]).unwrap();
    let answer = format!("{}{}", stranger.cosign(&note, 4).unwrap(), witness().cosign(&note, 5).unwrap());
    let (cosigned, time) = take_cosignature(&note, &answer, &witness().vkey()).unwrap();
    assert_eq!((time, cosigned.contains("stranger")), (5, false));
    let other = ledger().sign_checkpoint(8, &[3; 32]);
    assert!(matches!(
        take_cosignature(&other, &answer, &witness().vkey()),
        Err(CosignError::WrongSignature { .. })
    ));
    assert!(matches!(take_cosignature(&note, "", &witness().vkey()), Err(CosignError::NotSigned { .. })));
}

/// The tree of this many leaves, with its tiles.
struct Grown(Edge, std::collections::HashMap<String, Vec<u8>>);

impl Tiles for Grown {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        self.1.get(path).cloned().ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

fn grown(size: u64, salt: &str) -> Grown {
    let mut grown = Grown(Edge::empty(), std::collections::HashMap::new());
    for index in 0..size {
        grown.0.append(&format!("{salt}{index}")).unwrap();
        let files = grown.0.take_tiles();
        grown.1.extend(files.into_iter().map(|file| (file.path, file.bytes)));
    }
    grown
}

fn seen(tree: &Grown) -> Seen {
    Seen { size: tree.0.size(), root: tree.0.root() }
}

fn body(old: u64, proof: &[[u8; 32]], note: &str) -> String {
    let lines: String = proof
        .iter()
        .map(|hash| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash) + "\n")
        .collect();
    format!("old {old}\n{lines}\n{note}")
}

fn decided(body: &str, last: Seen) -> Outcome {
    match Submission::read(body.as_bytes(), &[ledger().verifier_key()]) {
        Ok(submission) => submission.decide(last),
        Err(outcome) => outcome,
    }
}

#[test]
fn a_witness_cosigns_only_what_extends_what_it_saw() {
    let (small, large) = (grown(5, ""), grown(9, ""));
    let note = ledger().sign_checkpoint(9, &large.0.root());
    let proof = consistency(5, 9, &large).unwrap();
    let first = body(0, &[], &ledger().sign_checkpoint(5, &small.0.root()));
    assert_eq!(decided(&first, Seen::NOTHING), Outcome::Cosign(seen(&small)));
    assert_eq!(decided(&body(5, &proof, &note), seen(&small)), Outcome::Cosign(seen(&large)));
    assert_eq!(decided(&body(9, &[], &note), seen(&large)), Outcome::Cosign(seen(&large)));
    assert_eq!(decided(&body(5, &proof, &note), seen(&large)), Outcome::Conflict(9));
    assert_eq!(decided(&body(0, &[], &note), seen(&small)), Outcome::Conflict(5));
    assert_eq!(decided(&body(5, &[], &note), seen(&small)), Outcome::BadProof);
    assert_eq!(decided(&body(0, &proof, &note), Seen::NOTHING), Outcome::BadProof);
    let other = grown(9, "other");
    let split = ledger().sign_checkpoint(9, &other.0.root());
    assert_eq!(decided(&body(9, &[], &split), seen(&large)), Outcome::Conflict(9));
    let proof = consistency(5, 9, &other).unwrap();
    assert_eq!(decided(&body(5, &proof, &split), seen(&small)), Outcome::BadProof);
    let empty = ledger().sign_checkpoint(0, &EMPTY_ROOT);
    assert_eq!(decided(&body(0, &[], &empty), Seen::NOTHING), Outcome::Cosign(Seen::NOTHING));
    let fake = ledger().sign_checkpoint(0, &[1; 32]);
    assert_eq!(decided(&body(0, &[], &fake), Seen::NOTHING), Outcome::Conflict(0));
}

#[test]
fn a_witness_knows_its_ledgers_and_their_keys() {
    let note = ledger().sign_checkpoint(1, &[3; 32]);
    let read = |keys: &[String]| Submission::read(body(0, &[], &note).as_bytes(), keys).map(|_| ());
    let other = LedgerKey::generate("other.example.org/ledger", &[1; 32]).unwrap().verifier_key();
    let rotated = LedgerKey::generate(ORIGIN, &[8; 32]).unwrap().verifier_key();
    assert_eq!(read(&[]), Err(Outcome::UnknownOrigin));
    assert_eq!(read(&[other]), Err(Outcome::UnknownOrigin));
    assert_eq!(read(std::slice::from_ref(&rotated)), Err(Outcome::BadSignature));
    assert_eq!(read(&[rotated, ledger().verifier_key()]), Ok(()));
    let forged = body(0, &[], &note.replacen("\n1\n", "\n2\n", 1));
    let forged = Submission::read(forged.as_bytes(), &[ledger().verifier_key()]);
    assert_eq!(forged, Err(Outcome::BadSignature));
}

#[test]
fn what_does_not_keep_to_the_form_is_malformed() {
    let note = ledger().sign_checkpoint(5, &[3; 32]);
    let good = body(0, &[], &note);
    assert!(Submission::read(good.as_bytes(), &[ledger().verifier_key()]).is_ok());
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let bad = [
        String::new(),
        note.clone(),
        good.replacen("old 0", "old 00", 1),
        good.replacen("old 0", "old +0", 1),
        good.replacen("old 0", "old", 1),
        good.replacen("old 0", "Old 0", 1),
        good.replacen("old 0", "old 18446744073709551616", 1),
        good.replacen("old 0", "old 6", 1),
        good.replacen("old 0\n", "old 0\nAAAA\n", 1),
        good.replacen("old 0\n", &format!("old 0\n{}", hash.repeat(64)), 1),
        good.replacen("\n\n", "\n", 1),
        good.replace('\n', "\r\n"),
        format!("{good}{}", "x".repeat(200_000)),
        format!("{good}\n"),
    ];
    for bad in bad {
        let outcome = decided(&bad, Seen::NOTHING);
        assert!(matches!(outcome, Outcome::Malformed(_)), "{outcome:?} for {}", &bad[..bad.len().min(300)]);
        assert_eq!(outcome.status(), 400);
    }
    let longest = good.replacen("old 0\n", &format!("old 0\n{}", hash.repeat(63)), 1);
    assert_eq!(decided(&longest, Seen::NOTHING), Outcome::BadProof);
}

proptest! {
    #[test]
    fn no_bytes_make_a_witness_stumble(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Submission::read(&bytes, &[ledger().verifier_key()]);
    }

    #[test]
    fn a_witness_accepts_every_honest_step_and_no_step_back(a in 0_u64..40, b in 0_u64..40) {
        let (old, new) = (a.min(b), a.max(b));
        let (small, large) = (grown(old, ""), grown(new, ""));
        let proof = if old == new { Vec::new() } else { consistency(old, new, &large).unwrap() };
        let forward = body(old, &proof, &ledger().sign_checkpoint(new, &large.0.root()));
        prop_assert_eq!(decided(&forward, seen(&small)), Outcome::Cosign(seen(&large)));
        if old < new {
            let back = ledger().sign_checkpoint(old, &small.0.root());
            for claimed in 0..=old {
                prop_assert_eq!(decided(&body(claimed, &[], &back), seen(&large)), Outcome::Conflict(new));
            }
        }
    }
}
