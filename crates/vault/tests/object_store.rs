//! The vault on a real object store. Needs one: set `ONRECORD_TEST_S3` to `ENDPOINT REGION BUCKET KEY SECRET` and run
//! with `--run-ignored all`.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::Arc;

use onrecord_vault::{
    BucketConfig, CHUNK, ClipWriter, DataKey, Place, Shelf, ShelfError, check_clip, erase_clip, read_range,
    repair_segment,
};

fn shelf(runtime: &tokio::runtime::Runtime) -> Arc<Shelf> {
    let given = std::env::var("ONRECORD_TEST_S3").unwrap();
    let [endpoint, region, bucket, access_key, secret_key] =
        given.split_whitespace().map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    let config = BucketConfig {
        allow_http: endpoint.starts_with("http:"),
        endpoint: Some(endpoint),
        region,
        bucket,
        access_key,
        secret_key,
        prefix: "onrecord-test/vault".to_owned(),
    };
    Arc::new(Shelf::bucket(&config, runtime.handle().clone()).unwrap())
}

fn random() -> onrecord_vault::Random {
    let mut count = 0_u8;
    Box::new(move |bytes| {
        count += 1;
        bytes.fill(count);
    })
}

#[test]
#[ignore = "needs an object store"]
fn a_clip_is_written_read_checked_repaired_and_erased() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (shelf, mirror) = (shelf(&runtime), Shelf::in_memory(runtime.handle().clone()));
    let (id, key) = ([0x0f; 16], DataKey::from_bytes([5; 32]));
    erase_clip(&shelf, id).unwrap();
    let clip: Vec<u8> = (0..40 * CHUNK + 77).map(|place| (place * 31 + place / 997) as u8).collect();
    let mut writer = ClipWriter::new(Arc::clone(&shelf), id, key.clone(), Place::default(), random());
    clip.chunks(100_000).for_each(|piece| writer.push(piece).unwrap());
    let segments = writer.finish().unwrap();
    assert_eq!(segments.len(), 3);
    for range in [0..clip.len(), 5..6, CHUNK - 1..clip.len() - 3, clip.len() - 1..clip.len()] {
        let mut read = Vec::new();
        read_range(&shelf, id, &key, &segments, range.start as u64..range.end as u64, |piece| {
            read.extend_from_slice(&piece);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(read == clip[range]);
    }
    let middle = &segments[1];
    mirror.put(&middle.name, vec![shelf.get(&middle.name).unwrap()]).unwrap();
    shelf.put(&middle.name, vec!["damaged".into()]).unwrap();
    assert!(check_clip(&shelf, id, &key, &segments, |_| {}).is_err());
    let repair = repair_segment(&shelf, &mirror, id, &key, middle).unwrap();
    assert!(matches!(repair, onrecord_vault::Repair::Replaced { kept: Some(_), .. }));
    check_clip(&shelf, id, &key, &segments, |_| {}).unwrap();
    assert_eq!(erase_clip(&shelf, id).unwrap(), 4);
    assert_eq!(shelf.list("").unwrap(), []);
}

#[test]
#[ignore = "needs an object store"]
fn objects_are_put_once_and_missing_ones_told_apart() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let shelf = shelf(&runtime);
    shelf.put_if_same("ledger/tile/0/000", "abc".into()).unwrap();
    shelf.put_if_same("ledger/tile/0/000", "abc".into()).unwrap();
    assert!(matches!(shelf.put_if_same("ledger/tile/0/000", "abd".into()), Err(ShelfError::Differs { .. })));
    assert_eq!(shelf.get_range("ledger/tile/0/000", 1..3).unwrap(), "bc");
    for range in [1..4, 7..9] {
        assert!(matches!(shelf.get_range("ledger/tile/0/000", range), Err(ShelfError::Short { .. })));
    }
    assert!(matches!(shelf.get("ledger/tile/0/001"), Err(ShelfError::Missing { .. })));
    assert!(!shelf.exists("ledger/tile/0/001").unwrap());
    let listed = shelf.list("ledger/").unwrap();
    assert_eq!(listed.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(), ["ledger/tile/0/000"]);
    shelf.delete("ledger/tile/0/000").unwrap();
    shelf.delete("ledger/tile/0/000").unwrap();
}
