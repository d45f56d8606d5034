//! What this crate writes, the checker in `tests/ledger` finds right: it was written from the specifications
//! alone, in another language. And what is damaged it finds wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_ledger::{
    Edge, Entry, Kind, LedgerKey, Receipt, TileFile, Tiles, TilesError, Verdict, WitnessKey, add_signature,
    commitment, inclusion, leaf, verify,
};
use serde_json::{Value, json};

/// More than 256 × 256, so that there is a tile of level 2.
const ENTRIES: u64 = 65_900;
const FILE: &[u8] = b"the bytes of a clip";

struct Stored(HashMap<String, Vec<u8>>);

impl Tiles for Stored {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        self.0.get(path).cloned().ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

fn key() -> LedgerKey {
    LedgerKey::generate("records.example.org/ledger", &[1; 32]).unwrap()
}

fn witness() -> WitnessKey {
    WitnessKey::generate("witness.example.org", &[2; 32]).unwrap()
}

fn sealed() -> Entry {
    let sha256 =
        digest(&SHA256, FILE).as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let facts = json!({ "sha256": sha256, "size": FILE.len(), "recording_id": "rec-1",
        "name": "\u{20ac}\u{1f600}\"\\\u{7f}\u{1}\n/", "\u{1f600}": [null, true, -1], "\u{fb33}": {"b": 1, "a": 2} });
    let Value::Object(facts) = facts else { unreachable!("facts are an object") };
    let (subject, actor, reason) = ("clip-1".into(), "dock:7".into(), "received".into());
    Entry { at: 1_700_000_000_000_000, kind: Kind::ClipSealed, subject, actor, reason, facts }
}

/// The ledger in a folder, and the receipt of its entry 1000.
fn written(folder: &Path) -> (String, Receipt) {
    let mut edge = Edge::empty();
    let entry = sealed().canonical().unwrap();
    for index in 0..ENTRIES {
        let mut other = [0; 32];
        other[..8].copy_from_slice(&index.to_be_bytes());
        let next = match index {
            1000 => leaf(Kind::ClipSealed.public(), &commitment(&[7; 32], &entry)),
            _ => leaf(Kind::ALL[index as usize % 24].public(), &other),
        };
        edge.append(&next).unwrap();
    }
    let files: Vec<TileFile> = edge.take_tiles();
    for file in &files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.bytes).unwrap();
    }
    let note = key().sign_checkpoint(edge.size(), &edge.root());
    let note = add_signature(&note, &witness().cosign(&note, 1_700_000_000).unwrap()).unwrap();
    fs::write(folder.join("checkpoint"), &note).unwrap();
    let stored = Stored(files.into_iter().map(|file| (file.path, file.bytes)).collect());
    let proof = inclusion(1000, ENTRIES, &stored).unwrap();
    let facts = sealed().facts;
    let receipt = Receipt {
        recording_id: "rec-1".into(),
        clip_id: "clip-1".into(),
        sha256: facts["sha256"].as_str().unwrap().into(),
        size: FILE.len() as u64,
        entry,
        salt: STANDARD.encode([7; 32]),
        index: Some(1000),
        proof: Some(proof.iter().map(|hash| STANDARD.encode(hash)).collect()),
        checkpoint: Some(note.clone()),
    };
    (note, receipt)
}

/// Whether the checker is content, and what it says.
fn checked(words: &[&str]) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/ledger/check_ledger.py");
    let done = Command::new("python3").args(["-B", script]).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said)
}

#[test]
fn the_independent_checker_agrees_and_finds_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let (vkey, witness) = (key().verifier_key(), witness().vkey());
    let (note, _) = written(folder.path());
    let words = ["--dir", path, "--key", &vkey, "--witness", &witness];
    let (right, said) = checked(&words);
    assert!(right, "{said}");
    assert!(
        said.contains("65900 entries, 261 tiles")
            && said.contains("cosigned by witness.example.org at 1700000000")
    );

    let tile = folder.path().join("tile/1/001.p/1");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[31] ^= 1;
    fs::write(&tile, &bytes).unwrap();
    let (right, said) = checked(&words);
    assert!(!right && said.contains("tile/1/001.p/1"), "{said}");

    fs::write(folder.path().join("checkpoint"), note.replacen("\n65900\n", "\n65899\n", 1)).unwrap();
    let (right, said) = checked(&words);
    assert!(!right && said.contains("signature"), "{said}");
}

#[test]
fn the_independent_checker_judges_receipts_alike() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (clip, vkey) = (place("clip.mp4"), key().verifier_key());
    fs::write(&clip, FILE).unwrap();
    let sha256: [u8; 32] = digest(&SHA256, FILE).as_ref().try_into().unwrap();
    let alike = |receipt: &Receipt, wanted: &str| {
        let json = serde_json::to_string(receipt).unwrap();
        fs::write(place("receipt.json"), &json).unwrap();
        let ours = match verify(&sha256, FILE.len() as u64, &json, Some(&vkey)) {
            Verdict::True { .. } => "true",
            Verdict::False(_) => "false",
            Verdict::CannotSay(_) => "cannot say",
        };
        let paths = (place("receipt.json"), clip.to_str().unwrap());
        let (_, theirs) =
            checked(&["--receipt", paths.0.to_str().unwrap(), "--file", paths.1, "--key", &vkey]);
        assert_eq!(ours, wanted);
        assert!(theirs.starts_with(&format!("{wanted}: ")), "{theirs}");
    };
    let (_, good) = written(folder.path());
    alike(&good, "true");
    alike(&Receipt { index: Some(1001), ..good.clone() }, "false");
    alike(&Receipt { salt: STANDARD.encode([8; 32]), ..good.clone() }, "false");
    alike(&Receipt { recording_id: "rec-2".into(), ..good.clone() }, "false");
    alike(&Receipt { proof: None, ..good.clone() }, "cannot say");
    alike(&Receipt { entry: good.entry.clone() + " ", ..good }, "cannot say");
}
