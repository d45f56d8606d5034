use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use super::*;
use crate::testing::random;

const MARCH: &str = "2031-03";

/// A place for a key folder, which is the owner's alone.
fn place() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let keys = above.path().join("keys");
    (above, keys)
}

fn ring(folder: &Path) -> KeyRing {
    KeyRing::open(folder, random()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("kek")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_wrapped_key_comes_back_for_its_clip_only() {
    let (_above, path) = place();
    let ring = ring(&path);
    let key = ring.new_data_key(random());
    let wrapped = ring.wrap(MARCH, [1; 16], &key).unwrap();
    assert_eq!((wrapped.version, wrapped.bytes.len()), (1, 60));
    assert_eq!(ring.unwrap([1; 16], &wrapped).unwrap().bytes(), key.bytes());
    assert!(matches!(ring.unwrap([2; 16], &wrapped), Err(KeyError::Refused { .. })));
    for place in 0..60 {
        let mut spoilt = wrapped.clone();
        spoilt.bytes[place] ^= 1;
        assert!(matches!(ring.unwrap([1; 16], &spoilt), Err(KeyError::Refused { .. })));
        spoilt.bytes.truncate(place);
        assert!(matches!(ring.unwrap([1; 16], &spoilt), Err(KeyError::Refused { .. })));
    }
}

#[test]
fn wrapping_the_same_key_twice_never_repeats_a_nonce() {
    let (_above, path) = place();
    let ring = ring(&path);
    let key = ring.new_data_key(random());
    let all: BTreeSet<Vec<u8>> =
        (0..50).map(|_| ring.wrap(MARCH, [1; 16], &key).unwrap().bytes[..12].to_vec()).collect();
    assert_eq!(all.len(), 50);
}

#[test]
fn keys_stay_over_a_restart_and_are_the_owners_alone() {
    let (_above, path) = place();
    let key = DataKey::from_bytes([7; 32]);
    let wrapped = ring(&path).wrap(MARCH, [1; 16], &key).unwrap();
    assert_eq!(ring(&path).unwrap([1; 16], &wrapped).unwrap().bytes(), key.bytes());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("kek")), 0o700);
    assert_eq!(mode(&path.join("kek/2031-03.1.key")), 0o600);
    assert_eq!(fs::read(path.join("kek/2031-03.1.key")).unwrap().len(), 32);
    assert_eq!(format!("{key:?}"), "DataKey(secret)");
}

#[test]
fn a_key_that_others_may_read_is_refused_with_the_remedy() {
    let (_above, path) = place();
    let wrapped = ring(&path).wrap(MARCH, [1; 16], &DataKey::from_bytes([7; 32])).unwrap();
    let file = path.join("kek/2031-03.1.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let error = ring(&path).unwrap([1; 16], &wrapped).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
    let error = KeyRing::open(&path, random()).unwrap_err();
    assert!(error.to_string().contains("(mode 750)") && error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn rotation_keeps_the_old_version_until_it_is_forgotten() {
    let (_above, path) = place();
    let ring = ring(&path);
    let key = DataKey::from_bytes([7; 32]);
    let old = ring.wrap(MARCH, [1; 16], &key).unwrap();
    assert_eq!(ring.rotate(MARCH).unwrap(), 2);
    let new = ring.wrap(MARCH, [1; 16], &ring.unwrap([1; 16], &old).unwrap()).unwrap();
    assert_eq!(new.version, 2);
    assert!(matches!(ring.forget_version(MARCH, 2), Err(KeyError::InUse { .. })));
    ring.forget_version(MARCH, 1).unwrap();
    assert!(matches!(ring.unwrap([1; 16], &old), Err(KeyError::Destroyed { version: 1, .. })));
    assert_eq!(ring.unwrap([1; 16], &new).unwrap().bytes(), key.bytes());
    assert_eq!(ring.versions(MARCH).unwrap(), [2]);
    let relabelled = WrappedKey { version: 2, ..old };
    assert!(matches!(ring.unwrap([1; 16], &relabelled), Err(KeyError::Refused { .. })));
}

#[test]
fn a_destroyed_period_cannot_be_unwrapped_by_anyone_and_begins_anew() {
    let (_above, path) = place();
    let (ring, other) = (ring(&path), ring(&path));
    let key = DataKey::from_bytes([7; 32]);
    let wrapped = ring.wrap(MARCH, [1; 16], &key).unwrap();
    ring.rotate(MARCH).unwrap();
    ring.wrap("2031-04", [1; 16], &key).unwrap();
    assert_eq!(ring.periods().unwrap(), [MARCH, "2031-04"]);
    fs::write(path.join("kek/.2031-03.3.key.00.new"), b"half made").unwrap();
    other.destroy(MARCH).unwrap();
    assert_eq!(ring.periods().unwrap(), ["2031-04"]);
    assert_eq!(names(&path), ["2031-03.1.gone", "2031-03.2.gone", "2031-04.1.key"]);
    assert!(matches!(ring.unwrap([1; 16], &wrapped), Err(KeyError::Destroyed { .. })));
    let again = ring.wrap(MARCH, [1; 16], &key).unwrap();
    assert_eq!(again.version, 3, "a version is never used twice");
    assert!(ring.unwrap([1; 16], &wrapped).is_err());
}

#[test]
fn a_destruction_that_a_crash_interrupted_is_finished_at_the_next_start() {
    let (_above, path) = place();
    let wrapped = ring(&path).wrap(MARCH, [1; 16], &DataKey::from_bytes([7; 32])).unwrap();
    fs::write(path.join("kek/2031-03.1.gone"), b"").unwrap();
    let ring = ring(&path);
    assert_eq!(names(&path), ["2031-03.1.gone"]);
    assert!(matches!(ring.unwrap([1; 16], &wrapped), Err(KeyError::Destroyed { .. })));
}

#[test]
fn a_lost_key_and_a_spoilt_key_are_told_apart_from_a_destroyed_one() {
    let (_above, path) = place();
    let ring = ring(&path);
    let wrapped = ring.wrap(MARCH, [1; 16], &DataKey::from_bytes([7; 32])).unwrap();
    let file = path.join("kek/2031-03.1.key");
    fs::write(&file, b"short").unwrap();
    assert!(matches!(ring.unwrap([1; 16], &wrapped), Err(KeyError::Spoilt { .. })));
    fs::remove_file(&file).unwrap();
    assert!(matches!(ring.unwrap([1; 16], &wrapped), Err(KeyError::Missing { .. })));
}

#[test]
fn threads_and_processes_that_make_a_key_at_once_agree_on_it() {
    let (_above, path) = place();
    let path = Arc::new(path);
    let threads: Vec<_> = (0..8_u8)
        .map(|number| {
            let path = Arc::clone(&path);
            std::thread::spawn(move || {
                let ring = ring(&path);
                let secret = ring.secret("note-key", || vec![number; 9]).unwrap();
                (ring.wrap(MARCH, [number; 16], &DataKey::from_bytes([number; 32])).unwrap(), secret)
            })
        })
        .collect();
    let made: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let ring = ring(&path);
    for (number, (wrapped, secret)) in (0..8_u8).zip(&made) {
        assert_eq!(wrapped.version, 1);
        assert_eq!(ring.unwrap([number; 16], wrapped).unwrap().bytes(), &[number; 32]);
        assert_eq!(secret, &made[0].1);
    }
    assert_eq!(names(&path), ["2031-03.1.key"]);
}

#[test]
fn a_secret_is_made_once() {
    let (_above, path) = place();
    let ring = ring(&path);
    assert_eq!(ring.secret("ledger.ed25519", || b"first".to_vec()).unwrap(), b"first");
    assert_eq!(ring.secret("ledger.ed25519", || b"second".to_vec()).unwrap(), b"first");
    let mode = fs::metadata(path.join("ledger.ed25519")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    for name in ["", "kek", "../x", "a/b", ".x", "Ledger", "7"] {
        assert!(matches!(ring.secret(name, Vec::new), Err(KeyError::Name { .. })), "{name}");
    }
}

#[test]
fn what_is_not_a_month_is_no_period() {
    let (_above, path) = place();
    let ring = ring(&path);
    for period in ["", "2031", "2031-13", "2031-00", "2031-3", "2031-031", "../../x", "２０３１-03"] {
        let error = ring.wrap(period, [1; 16], &DataKey::from_bytes([7; 32])).unwrap_err();
        assert!(matches!(error, KeyError::Period { .. }), "{period}");
    }
}
