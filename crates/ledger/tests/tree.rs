//! The tree against the recursive definitions of RFC 6962, 2.1, written out here as slowly as they read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use onrecord_ledger::{
    EMPTY_ROOT, Edge, Hash, ProofError, TileFile, Tiles, TilesError, TreeError, check_consistency,
    check_inclusion, consistency, consistency_within, entries_path, inclusion, leaf_hash, tile_path,
};
use proptest::prelude::*;

/// Files by path, as an object store keeps them.
#[derive(Default, Clone)]
struct Stored(HashMap<String, Vec<u8>>);

impl Stored {
    fn keep(&mut self, files: Vec<TileFile>) {
        for file in files {
            if let Some(old) = self.0.insert(file.path.clone(), file.bytes.clone()) {
                assert_eq!(old, file.bytes, "{} was written twice with other bytes", file.path);
            }
        }
    }
}

impl Tiles for Stored {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        self.0.get(path).cloned().ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

fn sha256(parts: &[&[u8]]) -> Hash {
    digest(&SHA256, &parts.concat()).as_ref().try_into().unwrap()
}

fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// MTH of RFC 6962, 2.1.
fn mth(leaves: &[String]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => sha256(&[&[0], one.as_bytes()]),
        more => {
            let (left, right) = more.split_at(split(more.len()));
            sha256(&[&[1], &mth(left), &mth(right)])
        }
    }
}

/// PATH of RFC 6962, 2.1.1.
fn path(m: usize, leaves: &[String]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if m < k { (path(m, left), right) } else { (path(m - k, right), left) };
    proof.push(mth(other));
    proof
}

/// SUBPROOF of RFC 6962, 2.1.2.
fn subproof(m: usize, leaves: &[String], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) =
        if m <= k { (subproof(m, left, whole), right) } else { (subproof(m - k, right, false), left) };
    proof.push(mth(other));
    proof
}

fn leaves(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("leaf {i}")).collect()
}

/// The tree of these leaves, stored as it stood at each of these sizes and at the end.
fn grown(leaves: &[String], sizes: &[usize]) -> (Edge, Stored) {
    let (mut edge, mut stored) = (Edge::empty(), Stored::default());
    for (index, leaf) in leaves.iter().enumerate() {
        if sizes.contains(&index) {
            stored.keep(edge.take_tiles());
        }
        assert_eq!(edge.append(leaf).unwrap(), index as u64);
    }
    stored.keep(edge.take_tiles());
    (edge, stored)
}

#[test]
fn the_empty_tree_has_the_root_of_nothing_and_no_tiles() {
    let mut edge = Edge::empty();
    assert_eq!((edge.size(), edge.root()), (0, mth(&[])));
    assert_eq!(edge.root(), EMPTY_ROOT);
    assert_eq!(edge.take_tiles(), Vec::new());
    assert_eq!(Edge::restore(0, &Stored::default()).unwrap(), Edge::empty());
}

#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(tile_path(1, 0, 5), "tile/1/000.p/5");
    assert_eq!(tile_path(2, 999, 256), "tile/2/999");
    assert_eq!(entries_path(1000, 7), "tile/entries/x001/000.p/7");
}

/// The example of C2SP tlog-tiles: 70,000 entries.
#[test]
fn the_tiles_of_70000_entries_are_those_that_the_specification_names() {
    let (_, stored) = grown(&leaves(70_000), &[]);
    let named = |start: &str| stored.0.keys().filter(|path| path.starts_with(start)).count();
    assert_eq!(
        (named("tile/0/"), named("tile/1/"), named("tile/2/"), named("tile/entries/")),
        (274, 2, 1, 274)
    );
    assert_eq!(stored.0["tile/0/273.p/112"].len(), 112 * 32);
    assert_eq!(stored.0["tile/1/000"].len(), 256 * 32);
    assert_eq!(stored.0["tile/1/001.p/17"].len(), 17 * 32);
    assert_eq!(stored.0["tile/2/000.p/1"].len(), 32);
    assert!(stored.0.contains_key("tile/entries/273.p/112"));
}

#[test]
fn a_tree_of_256_entries_has_a_full_tile_and_a_partial_one_above() {
    let (_, stored) = grown(&leaves(256), &[]);
    let mut paths: Vec<_> = stored.0.keys().map(String::as_str).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    assert_eq!(stored.0["tile/1/000.p/1"], mth(&leaves(256)));
}

#[test]
fn a_bundle_is_each_entry_behind_its_length() {
    let (_, stored) = grown(&["ab".to_owned(), String::new(), "c".to_owned()], &[]);
    assert_eq!(stored.0["tile/entries/000.p/3"], b"\0\x02ab\0\0\0\x01c");
}

#[test]
fn every_proof_of_small_trees_is_that_of_the_rfc_and_checks() {
    let all = leaves(70);
    let (_, stored) = grown(&all, &(1..70).collect::<Vec<_>>());
    for size in 1..=all.len() {
        let root = mth(&all[..size]);
        for index in 0..size {
            let proof = inclusion(index as u64, size as u64, &stored).unwrap();
            assert_eq!(proof, path(index, &all[..size]));
            check_inclusion(&leaf_hash(&all[index]), index as u64, size as u64, &root, &proof).unwrap();
        }
        for old in 1..=size {
            let proof = consistency(old as u64, size as u64, &stored).unwrap();
            assert_eq!(proof, subproof(old, &all[..size], true));
            check_consistency(old as u64, &mth(&all[..old]), size as u64, &root, &proof).unwrap();
        }
        assert_eq!(consistency(0, size as u64, &stored).unwrap(), Vec::<Hash>::new());
    }
}

/// Only the last tree's tiles are there: for older sizes a full tile must serve, or the wider one that a
/// store gives.
#[test]
fn proofs_of_old_sizes_work_where_a_wider_tile_is_all_there_is() {
    struct Widest(Stored);
    impl Tiles for Widest {
        fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
            let stem = path.split(".p/").next().unwrap();
            let wider = |name: &&String| name.starts_with(&format!("{stem}.p/"));
            let name = self.0.0.keys().find(wider).cloned().unwrap_or_else(|| path.into());
            self.0.tile(&name)
        }
    }
    let all = leaves(700);
    let (_, stored) = grown(&all, &[]);
    let tiles = Widest(stored.clone());
    for size in [1, 2, 100, 255, 256, 257, 511, 512, 513, 600, 699, 700] {
        let root = mth(&all[..size]);
        let proof = inclusion(size as u64 / 2, size as u64, &tiles).unwrap();
        check_inclusion(&leaf_hash(&all[size / 2]), size as u64 / 2, size as u64, &root, &proof).unwrap();
        let proof = consistency(size as u64, 700, &tiles).unwrap();
        check_consistency(size as u64, &root, 700, &mth(&all), &proof).unwrap();
    }
    assert!(inclusion(3, 300, &stored).is_ok(), "full tiles serve for the partial ones of 300 entries");
    assert!(
        inclusion(3, 600, &stored).is_err(),
        "tile/0/002.p/88 was never stored, and there is no full one"
    );
}

#[test]
fn a_damaged_or_missing_tile_is_an_error_and_no_proof() {
    let (_, stored) = grown(&leaves(300), &[]);
    let mut cut = stored.clone();
    cut.0.get_mut("tile/0/001.p/44").unwrap().pop();
    assert!(matches!(inclusion(290, 300, &cut), Err(TreeError::Damaged { .. })));
    assert!(matches!(Edge::restore(300, &cut), Err(TreeError::Damaged { .. })));
    let mut gone = stored.clone();
    gone.0.remove("tile/0/001.p/44");
    let missing = TilesError::Missing { path: "tile/0/001.p/44".into() };
    assert_eq!(inclusion(290, 300, &gone), Err(TreeError::Tiles(missing)));
    let mut other = stored;
    other.0.get_mut("tile/entries/001.p/44").unwrap()[5] ^= 1;
    assert!(matches!(Edge::restore(300, &other), Err(TreeError::Damaged { .. })));
}

#[test]
fn what_lies_outside_the_tree_has_no_proof() {
    let (_, stored) = grown(&leaves(5), &[]);
    assert_eq!(inclusion(5, 5, &stored), Err(TreeError::OutOfRange { from: 5, size: 5 }));
    assert_eq!(inclusion(0, 0, &stored), Err(TreeError::OutOfRange { from: 0, size: 0 }));
    assert_eq!(consistency(6, 5, &stored), Err(TreeError::OutOfRange { from: 6, size: 5 }));
    assert!(matches!(consistency(1, u64::MAX, &stored), Err(TreeError::TooLarge { .. })));
    assert!(matches!(inclusion(1, u64::MAX, &stored), Err(TreeError::TooLarge { .. })));
}

#[test]
fn absurd_sizes_and_proofs_from_outside_are_refused_without_harm() {
    let hash = [9; 32];
    let sizes = [0, 1, 2, 3, u64::MAX / 2, u64::MAX - 1, u64::MAX];
    for size in sizes {
        for from in sizes {
            for length in [0, 1, 63, 64, 65, 5000] {
                let proof = vec![hash; length];
                assert!(check_inclusion(&hash, from, size, &[1; 32], &proof).is_err());
                assert!(check_consistency(from, &hash, size, &[1; 32], &proof).is_err());
            }
        }
    }
}

#[test]
fn every_tree_begins_with_the_empty_one_and_with_itself() {
    let root = mth(&leaves(3));
    check_consistency(0, &EMPTY_ROOT, 3, &root, &[]).unwrap();
    check_consistency(0, &EMPTY_ROOT, 0, &EMPTY_ROOT, &[]).unwrap();
    check_consistency(3, &root, 3, &root, &[]).unwrap();
    assert_eq!(check_consistency(0, &EMPTY_ROOT, 0, &root, &[]), Err(ProofError::Consistency));
    assert_eq!(check_consistency(0, &EMPTY_ROOT, 3, &root, &[root]), Err(ProofError::Consistency));
    assert_eq!(check_consistency(3, &root, 3, &[0; 32], &[]), Err(ProofError::Consistency));
}

#[test]
fn a_leaf_that_no_bundle_can_hold_is_refused_and_changes_nothing() {
    let mut edge = Edge::empty();
    edge.append("a").unwrap();
    let before = edge.clone();
    assert_eq!(edge.append(&"x".repeat(65_536)), Err(TreeError::LeafTooLong { length: 65_536 }));
    assert_eq!(edge, before);
    edge.append(&"x".repeat(65_535)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_root_is_that_of_the_rfc_whatever_the_leaves(all in prop::collection::vec(".{0,40}", 0..700)) {
        let (edge, _) = grown(&all, &[]);
        prop_assert_eq!(edge.root(), mth(&all));
    }

    #[test]
    fn an_edge_restored_at_any_size_goes_on_to_the_same_tiles(
        size in 0_usize..1400, stop in 0_usize..1400,
    ) {
        let all = leaves(size);
        let stop = stop.min(size);
        let (straight, wanted) = grown(&all, &[stop]);
        let (before, mut stored) = grown(&all[..stop], &[]);
        let mut edge = Edge::restore(stop as u64, &stored).unwrap();
        prop_assert_eq!(edge.root(), before.root());
        all[stop..].iter().for_each(|leaf| { edge.append(leaf).unwrap(); });
        stored.keep(edge.take_tiles());
        prop_assert_eq!(&edge, &straight);
        prop_assert_eq!(&stored.0, &wanted.0);
        prop_assert_eq!(Edge::restore(size as u64, &wanted).unwrap(), straight);
    }

    #[test]
    fn proofs_in_larger_trees_check_and_altered_ones_do_not(
        size in 1_usize..1200, place in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>(),
    ) {
        let all = leaves(size);
        let (edge, stored) = grown(&all, &[]);
        let index = place.index(size);
        let (leaf, root) = (leaf_hash(&all[index]), edge.root());
        let mut proof = inclusion(index as u64, size as u64, &stored).unwrap();
        prop_assert_eq!(&proof, &path(index, &all));
        prop_assert!(check_inclusion(&leaf, index as u64, size as u64, &root, &proof).is_ok());
        prop_assert!(check_inclusion(&leaf, (index as u64 + 1) % size as u64, size as u64, &root, &proof).is_err()
            || size == 1);
        if !proof.is_empty() {
            let bit = bit.index(proof.len() * 256);
            proof[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
            prop_assert!(check_inclusion(&leaf, index as u64, size as u64, &root, &proof).is_err());
            proof.pop();
            prop_assert!(check_inclusion(&leaf, index as u64, size as u64, &root, &proof).is_err());
        }
    }
}

/// A tree that grew from 1 entry to 36 and then to 300 never had tiles of 3 entries.
#[test]
fn sizes_that_were_never_signed_are_proved_from_the_tiles_of_a_later_tree() {
    let all = leaves(300);
    let (_, stored) = grown(&all, &[1, 36]);
    for (old, new) in [(1, 3), (2, 5), (7, 36), (30, 255), (256, 257), (3, 299), (1, 300)] {
        let proof = consistency_within(old as u64, new as u64, 300, &stored).unwrap();
        check_consistency(old as u64, &mth(&all[..old]), new as u64, &mth(&all[..new]), &proof).unwrap();
    }
    assert!(matches!(consistency_within(1, 301, 300, &stored), Err(TreeError::OutOfRange { .. })));
}
