use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::format::CHUNK;
use crate::read::read_range;
use crate::testing::{CLIP, SMALL, Stand, clip_of, end, key, random};

fn attempts() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0..200_usize, 0..4), 0..4)
}

fn reads_back(stand: &Stand, length: usize, attempts: &[Vec<usize>]) {
    let clip = clip_of(length);
    let segments = stand.write(&clip, attempts);
    assert_eq!(stand.read_all(&segments).unwrap(), clip);
    assert!(segments.last().unwrap().last_is_final);
    assert_eq!(segments.iter().filter(|segment| segment.last_is_final).count(), 1);
    for segment in &segments {
        assert_eq!(stand.shelf.size(&segment.name).unwrap(), segment.stored);
        assert!(segment.chunks <= SMALL.per_segment);
    }
    assert_eq!(stand.shelf.list("").unwrap().len(), segments.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn however_a_clip_is_cut_into_pushes_and_attempts_it_reads_back(
        length in 0..1000_usize, attempts in attempts()
    ) {
        reads_back(&Stand::bucket(), length, &attempts);
    }
}

proptest! {
    // Each segment costs fsyncs.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn in_a_folder_too(length in 0..1000_usize, attempts in attempts()) {
        reads_back(&Stand::folder(), length, &attempts);
    }
}

#[test]
fn an_empty_clip_is_one_empty_final_chunk() {
    for stand in Stand::both() {
        let segments = stand.writer(Place::default()).finish().unwrap();
        let [segment] = segments.as_slice() else { panic!("{segments:?}") };
        assert_eq!((segment.bytes, segment.chunks, segment.stored), (0, 1, 64 + 16));
        assert!(segment.last_is_final);
        assert_eq!(stand.read_all(&segments).unwrap(), b"");
    }
}

#[test]
fn a_pause_before_any_byte_writes_nothing() {
    for stand in Stand::both() {
        assert_eq!(stand.writer(Place::default()).pause().unwrap(), []);
        assert_eq!(stand.shelf.list("").unwrap(), []);
    }
}

#[test]
fn a_clip_that_ends_with_a_full_segment_has_no_chunk_more() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(128), &[]);
        assert_eq!(segments.iter().map(|segment| segment.chunks).collect::<Vec<_>>(), [4]);
    }
}

#[test]
fn a_clip_that_was_paused_at_its_end_is_ended_by_an_empty_chunk() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(64), &[vec![64]]);
        assert_eq!(segments.iter().map(|segment| segment.bytes).collect::<Vec<_>>(), [64, 0]);
        assert_eq!(stand.read_all(&segments).unwrap(), clip_of(64));
    }
}

#[test]
fn segments_are_told_of_in_order_and_each_once() {
    for stand in Stand::both() {
        let mut writer = stand.writer(Place::default());
        let mut segments = Vec::new();
        for piece in clip_of(2000).chunks(90) {
            writer.push(piece).unwrap();
            segments.extend(writer.take_durable());
        }
        segments.extend(writer.finish().unwrap());
        let places: Vec<u64> = segments.iter().map(|segment| segment.at).collect();
        assert_eq!(places, (0..16).map(|place| place * 128).collect::<Vec<u64>>());
    }
}

#[test]
fn what_a_killed_writer_leaves_is_no_object_and_the_next_takes_up_the_clip() {
    let stand = Stand::folder();
    let clip = clip_of(500);
    let mut killed = stand.writer(Place::default());
    killed.push(&clip[..300]).unwrap();
    killed.settle_all().unwrap();
    let mut segments = killed.take_durable();
    assert_eq!(end(&segments), Place { bytes: 256, chunks: 8 });
    std::mem::forget(killed);
    let leftovers = |stand: &Stand| {
        let mut names = Vec::new();
        let note = |object: crate::shelf::Object| {
            names.push(object.name);
            ControlFlow::Continue(())
        };
        stand.shelf.each_leftover("", note).unwrap();
        names
    };
    assert_eq!(leftovers(&stand).len(), 1, "the segment that was being written");
    assert_eq!(stand.shelf.list("").unwrap().len(), 2);
    let mut writer = stand.writer(end(&segments));
    writer.push(&clip[256..]).unwrap();
    segments.extend(writer.finish().unwrap());
    assert_eq!(stand.read_all(&segments).unwrap(), clip);
    let [leftover] = leftovers(&stand).try_into().unwrap();
    stand.shelf.delete(&leftover).unwrap();
    assert_eq!(leftovers(&stand), [""; 0]);
}

#[test]
fn an_abandoned_attempt_leaves_nothing() {
    for stand in Stand::both() {
        let mut writer = stand.writer(Place::default());
        writer.push(&clip_of(700)).unwrap();
        writer.abandon();
        assert_eq!(stand.shelf.list("").unwrap(), []);
        if let Some(folder) = &stand.folder {
            assert_eq!(std::fs::read_dir(folder.path().join("evidence")).unwrap().count(), 0);
        }
    }
}

#[test]
fn a_writer_that_failed_takes_nothing_more_but_tells_how_far_it_came() {
    let stand = Stand::folder();
    let mut writer = stand.writer(Place::default());
    writer.push(&clip_of(300)).unwrap();
    // A folder where a file should go: the clip's own folder is taken away and cannot be made again.
    writer.settle_all().unwrap();
    let evidence = stand.folder.as_ref().unwrap().path().join("evidence");
    std::fs::rename(evidence.join("clips"), evidence.join("away")).unwrap();
    std::fs::write(evidence.join("clips"), b"in the way").unwrap();
    let error = (0..8).find_map(|_| writer.push(&clip_of(100)).err()).unwrap();
    assert!(error.to_string().contains("cannot write clips/c1/"), "{error}");
    assert!(matches!(writer.push(b"more"), Err(WriteError::Stopped)));
    assert_eq!(end(&writer.take_durable()), Place { bytes: 256, chunks: 8 });
    assert!(matches!(writer.finish(), Err(WriteError::Stopped)));
}

#[test]
fn whoever_pushes_on_learns_why_a_segment_did_not_land() {
    let stand = Stand::folder();
    // Every segment has the same name: the second finds it taken.
    let same = Box::new(|bytes: &mut [u8]| bytes.fill(7));
    let shelf = Arc::clone(&stand.shelf);
    let mut writer = ClipWriter::with_layout(shelf, CLIP, key(), Place::default(), same, SMALL);
    writer.push(&clip_of(300)).unwrap();
    while !writer.stopped {
        writer.take_durable();
    }
    let error = writer.push(b"more").unwrap_err();
    assert!(matches!(error, WriteError::Shelf(ShelfError::Differs { .. })), "{error}");
    assert!(matches!(writer.push(b"more"), Err(WriteError::Stopped)));
}

#[test]
fn no_subkey_meets_a_nonce_twice_whatever_is_broken_off_and_begun_again() {
    let stand = Stand::bucket();
    let mut used = HashSet::new();
    let mut count = 0;
    let mut note = |segments: &[Segment]| {
        for segment in segments {
            for place in 0..segment.chunks {
                // The subkey follows from these and the data key, the nonce from the rest.
                let standing = Standing::of(segment, place);
                let last = standing != Standing::Inside;
                assert!(used.insert((segment.id, segment.at, segment.first_chunk, place, last)));
                count += 1;
            }
        }
        assert_eq!(used.len(), count);
    };
    let mut ids = HashSet::new();
    for length in [0, 1, 31, 32, 33, 128, 129, 700] {
        for attempts in [vec![], vec![vec![40]], vec![vec![40], vec![200]]] {
            let segments = stand.write(&clip_of(length), &attempts);
            note(&segments);
            assert!(segments.iter().all(|segment| ids.insert(segment.id)));
        }
    }
}

#[test]
fn full_sized_chunks_and_segments_are_cut_where_the_format_says() {
    for (stand, sizes) in Stand::both().into_iter().zip([&[256_u64, 9][..], &[64, 64, 64, 64, 9][..]]) {
        let clip = clip_of(264 * CHUNK + 5);
        let mut writer = ClipWriter::new(Arc::clone(&stand.shelf), CLIP, key(), Place::default(), random());
        for piece in clip.chunks(300_000) {
            writer.push(piece).unwrap();
        }
        let segments = writer.finish().unwrap();
        assert_eq!(segments.iter().map(|segment| segment.chunks).collect::<Vec<_>>(), sizes);
        let (mut read, start) = (Vec::new(), 3 * CHUNK as u64 - 9);
        read_range(&stand.shelf, CLIP, &key(), &segments, start..clip.len() as u64, |piece| {
            read.extend_from_slice(&piece);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(read == clip[start as usize..]);
    }
}
