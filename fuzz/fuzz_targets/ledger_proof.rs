//! Proofs and tiles: sizes and hashes that anybody may send, tiles that a store may give back.
//!
//! The input is two numbers of 8 bytes, big endian, two roots of 32 bytes, and hashes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_ledger::tree::{Edge, Hash, Tiles, TilesError, check_consistency, check_inclusion};
use onrecord_ledger::tree::{consistency, inclusion};

/// Gives the same bytes for every tile, as many as its name asks for.
struct Same<'a>(&'a [u8]);

impl Tiles for Same<'_> {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        let width: usize = path.rsplit_once(".p/").map_or(256, |(_, width)| width.parse().unwrap());
        match self.0 {
            [] => Err(TilesError::Missing { path: path.to_owned() }),
            bytes if path.starts_with("tile/entries/") => Ok(bytes.to_vec()),
            bytes => Ok(bytes.iter().copied().cycle().take(width * 32).collect()),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let mut number = || {
        let (first, after) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        rest = after;
        u64::from_be_bytes(*first)
    };
    let (one, other) = (number(), number());
    let (hashes, _) = rest.as_chunks::<32>();
    let hash = |at: usize| hashes.get(at).copied().unwrap_or_default();
    let proof: Vec<Hash> = hashes.iter().skip(2).copied().collect();
    let _ = check_inclusion(&hash(0), one, other, &hash(1), &proof);
    let _ = check_consistency(one, &hash(0), other, &hash(1), &proof);
    let tiles = Same(rest);
    let _ = inclusion(one, other, &tiles);
    let _ = consistency(one, other, &tiles);
    if let Ok(mut edge) = Edge::restore(one, &tiles) {
        let _ = edge.root();
        let _ = edge.append("leaf");
        let _ = edge.take_tiles();
    }
});
