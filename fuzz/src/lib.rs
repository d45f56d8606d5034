//! What fuzz targets share: input cut into parts, a folder for parsers that read files, the keys of seeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use onrecord_ledger::{LedgerKey, WitnessKey};
use onrecord_policy::Policy;
use tempfile::TempDir;

/// The input cut at every NUL byte into `N` parts; those that are not there are empty, the last keeps the rest.
pub fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut pieces = input.splitn(N, |byte| *byte == 0);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// Bytes as text; what is no UTF-8 ends it.
pub fn text(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

/// A folder of this process, in memory where `TMPDIR` is.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());
    FOLDER.path()
}

/// Writes a file into the folder, over the one of the run before.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// The verifier key that vouches for the checkpoints among the seeds. `make_seeds.py` makes the same from the same bytes.
pub fn ledger_key() -> &'static str {
    static KEY: LazyLock<String> =
        LazyLock::new(|| LedgerKey::generate("fuzz.example/ledger", &[7; 32]).unwrap().verifier_key());
    &KEY
}

/// The verifier key of the witness whose cosignatures are among the seeds.
pub fn witness_key() -> &'static str {
    static KEY: LazyLock<String> =
        LazyLock::new(|| WitnessKey::generate("witness.example", &[9; 32]).unwrap().vkey());
    &KEY
}

/// A shipped policy.
pub fn policy() -> &'static Policy {
    static POLICY: LazyLock<Policy> =
        LazyLock::new(|| Policy::parse("us-il-chicago", Policy::pack("us-il-chicago").unwrap()).unwrap());
    &POLICY
}
