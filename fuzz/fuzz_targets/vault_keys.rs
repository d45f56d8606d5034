//! A key folder in which anything may lie, and wrapped keys that the database gives back.
//!
//! The parts are: the name and the bytes of a file among the KEKs, the name and bytes of a secret, a wrapped key.
#![no_main]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::{folder, parts, text};
use onrecord_vault::{DataKey, KeyRing, WrappedKey};

fn write(path: &Path, bytes: &[u8]) {
    if let Ok(mut file) =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
    {
        file.write_all(bytes).unwrap();
    }
}

fuzz_target!(|input: &[u8]| {
    let [kek_name, kek, name, secret, wrapped] = parts(input);
    let (kek_name, name) = (text(kek_name), text(name));
    let keys = folder().join("keys");
    let _ = fs::remove_dir_all(&keys);
    let ring = KeyRing::open(&keys, |bytes| bytes.fill(3)).unwrap();
    let is_plain = |name: &str| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    if is_plain(kek_name) {
        write(&keys.join("kek").join(kek_name), kek);
    }
    if is_plain(name) {
        write(&keys.join(name), secret);
    }
    let _ = ring.secret(name, || b"made".to_vec());
    drop(ring);
    let Ok(ring) = KeyRing::open(&keys, |bytes| bytes.fill(3)) else { return };
    for period in ring.periods().unwrap() {
        for version in ring.versions(&period).unwrap() {
            let wrapped = WrappedKey { period: period.clone(), version, bytes: wrapped.to_vec() };
            let _ = ring.unwrap([1; 16], &wrapped);
        }
        let made = ring.wrap(&period, [1; 16], &DataKey::from_bytes([5; 32]));
        if let Ok(made) = made {
            assert!(ring.unwrap([1; 16], &made).is_ok(), "what was wrapped can be unwrapped");
        }
        let _ = ring.rotate(&period);
        let _ = ring.destroy(&period);
    }
    let _ = ring.versions(text(wrapped));
});
