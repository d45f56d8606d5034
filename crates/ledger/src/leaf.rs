//! What the public sees of an entry: its public kind and a commitment. No time, no subject, no person.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::tree::Hash;

/// SHA-256(salt ‖ entry). The salt, 32 random bytes kept beside the entry, keeps anybody from finding the
/// entry by trying likely ones.
pub fn commitment(salt: &[u8; 32], entry: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(entry.as_bytes());
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The leaf, byte for byte as it is hashed and published. `kind` is what [`crate::Kind::public`] says.
pub fn leaf(kind: &str, commitment: &[u8; 32]) -> String {
    format!(r#"{{"v":1,"kind":{},"commitment":"{}"}}"#, Value::from(kind), STANDARD.encode(commitment))
}

/// The hash of a leaf in the tree: SHA-256(0x00 ‖ leaf), RFC 6962, 2.1.
pub fn leaf_hash(leaf: &str) -> Hash {
    tlog_tiles::record_hash(leaf.as_bytes()).0
}
