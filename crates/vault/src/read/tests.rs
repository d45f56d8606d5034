use proptest::prelude::*;

use super::*;
use crate::testing::{CLIP, SMALL, Stand, clip_of, key};

fn is_damage(read: &Result<Vec<u8>, ReadError>) -> bool {
    matches!(read, Err(ReadError::Damage(_)))
}

fn what(read: Result<Vec<u8>, ReadError>) -> What {
    match read {
        Err(ReadError::Damage(damage)) => damage.what,
        other => panic!("{other:?}"),
    }
}

fn ranges_are_slices(stand: &Stand, length: usize, cuts: &[usize], ranges: &[(usize, usize)]) {
    let clip = clip_of(length);
    let attempts: Vec<Vec<usize>> = cuts.iter().map(|cut| vec![*cut]).collect();
    let segments = stand.write(&clip, &attempts);
    for (one, other) in ranges {
        let (start, end) = (one.min(other) % (length + 1), one.max(other) % (length + 1));
        let range = start.min(end)..start.max(end);
        let read = stand.read(&segments, range.start as u64..range.end as u64).unwrap();
        assert_eq!(read, &clip[range]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_range_is_that_slice(
        length in 0..900_usize,
        cuts in prop::collection::vec(0..300_usize, 0..4),
        ranges in prop::collection::vec((0..1000_usize, 0..1000_usize), 1..20),
    ) {
        ranges_are_slices(&Stand::bucket(), length, &cuts, &ranges);
    }

    #[test]
    fn any_flipped_bit_is_found(length in 0..600_usize, at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let stand = Stand::bucket();
        let segments = stand.write(&clip_of(length), &[vec![150]]);
        let stored: usize = segments.iter().map(|segment| segment.stored as usize).sum();
        let mut at = at.index(stored);
        for segment in &segments {
            if at < segment.stored as usize {
                stand.spoil(&segment.name, |bytes| bytes[at] ^= 1 << bit);
                break;
            }
            at -= segment.stored as usize;
        }
        prop_assert!(is_damage(&stand.read_all(&segments)));
    }

    #[test]
    fn any_other_length_of_an_object_is_found(length in 0..600_usize, keep in any::<prop::sample::Index>()) {
        let stand = Stand::bucket();
        let segments = stand.write(&clip_of(length), &[]);
        let last = segments.last().unwrap();
        stand.spoil(&last.name, |bytes| bytes.truncate(keep.index(bytes.len())));
        prop_assert!(is_damage(&stand.read_all(&segments)));
    }

    #[test]
    fn no_shuffled_repeated_or_shortened_list_of_segments_reads_as_the_clip(
        order in prop::collection::vec(0..5_usize, 0..7)
    ) {
        prop_assume!(order != [0, 1, 2, 3, 4]);
        no_such_order_reads(&Stand::bucket(), &order);
    }
}

/// Five segments in another order than theirs, as they are recorded and with figures made to fit: what the chunks
/// themselves say is what counts.
fn no_such_order_reads(stand: &Stand, order: &[usize]) {
    let segments = stand.write(&clip_of(600), &[]);
    assert_eq!(segments.len(), 5);
    let list: Vec<Segment> = order.iter().map(|index| segments[*index].clone()).collect();
    assert!(stand.read_all(&list).is_err());
    assert!(stand.read_all(&made_to_fit(list)).is_err());
}

/// Records that follow each other without a gap and end the clip, as a forger would write them.
fn made_to_fit(mut list: Vec<Segment>) -> Vec<Segment> {
    let (mut at, mut first_chunk) = (0, 0);
    for segment in &mut list {
        (segment.at, segment.first_chunk, segment.last_is_final) = (at, first_chunk, false);
        at += segment.bytes;
        first_chunk += segment.chunks;
    }
    if let Some(last) = list.last_mut() {
        last.last_is_final = true;
    }
    list
}

#[test]
fn a_segment_that_is_recorded_several_times_in_a_row_does_not_read_as_its_neighbours() {
    for stand in Stand::both() {
        no_such_order_reads(&stand, &[0, 1, 1, 1, 4]);
        no_such_order_reads(&stand, &[0, 0]);
    }
}

#[test]
fn an_end_that_borrows_the_id_of_the_segment_before_it_is_no_end() {
    for stand in Stand::both() {
        let mut segments = stand.write(&clip_of(600), &[]);
        segments.truncate(2);
        let before = segments[1].clone();
        let end = Segment {
            at: before.end(),
            bytes: 0,
            first_chunk: before.first_chunk + before.chunks,
            chunks: 1,
            stored: Layout::stored(0, 1),
            last_is_final: true,
            ..before
        };
        segments.push(end);
        assert!(stand.read_all(&segments).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn in_a_folder_too(
        length in 0..900_usize,
        cuts in prop::collection::vec(0..300_usize, 0..3),
        ranges in prop::collection::vec((0..1000_usize, 0..1000_usize), 1..20),
    ) {
        ranges_are_slices(&Stand::folder(), length, &cuts, &ranges);
    }
}

#[test]
fn swapped_objects_are_found_even_of_the_same_size() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(384), &[]);
        let [first, second] =
            [&segments[0].name, &segments[1].name].map(|name| stand.shelf.get(name).unwrap());
        stand.shelf.put(&segments[0].name, vec![second]).unwrap();
        stand.shelf.put(&segments[1].name, vec![first]).unwrap();
        assert_eq!(what(stand.read_all(&segments)), What::Header);
        assert_eq!(what(stand.read(&segments, 40..41)), What::Chunk, "where the header is not read");
    }
}

#[test]
fn damage_names_the_segment_and_the_chunk() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(384), &[]);
        stand.spoil(&segments[1].name, |bytes| bytes[64 + 2 * 48] ^= 1);
        let Err(ReadError::Damage(damage)) = stand.read_all(&segments) else { panic!("read") };
        assert_eq!((damage.segment, damage.chunk), (segments[1].id, 6));
        let text = damage.to_string();
        assert!(text.contains(&segments[1].name) && text.contains("chunk 6 of the clip"), "{text}");
        assert_eq!(
            stand.read(&segments, 0..192).unwrap(),
            &clip_of(384)[..192],
            "the chunks before it are sound"
        );
    }
}

#[test]
fn a_truncated_or_missing_object_is_damage() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(384), &[]);
        let stored = segments[2].stored;
        stand.spoil(&segments[2].name, |bytes| bytes.truncate(70));
        assert_eq!(what(stand.read_all(&segments)), What::Size { expected: stored, found: 70 });
        stand.spoil(&segments[2].name, |bytes| bytes.resize(stored as usize + 1, 0));
        assert_eq!(what(stand.read_all(&segments)), What::Size { expected: stored, found: stored + 1 });
        stand.shelf.delete(&segments[2].name).unwrap();
        assert_eq!(what(stand.read_all(&segments)), What::Missing);
    }
}

#[test]
fn a_clip_without_its_last_segment_is_not_complete_but_can_be_read_as_begun() {
    for stand in Stand::both() {
        let clip = clip_of(384);
        let mut segments = stand.write(&clip, &[]);
        segments.pop();
        assert!(matches!(stand.read_all(&segments), Err(ReadError::Incomplete { bytes: 256 })));
        assert_eq!(stand.read(&segments, 3..200).unwrap(), &clip[3..200]);
        let mut read = Vec::new();
        let sink = |piece: Bytes| {
            read.extend_from_slice(&piece);
            ControlFlow::Continue(())
        };
        stand.reading(&key()).begun(&segments, 0..256, sink).unwrap();
        assert_eq!(read, &clip[..256]);
        assert!(matches!(stand.read(&[], 0..0), Err(ReadError::Incomplete { bytes: 0 })));
    }
}

#[test]
fn the_end_of_a_clip_cannot_be_forged_in_the_records() {
    for stand in Stand::both() {
        let mut segments = stand.write(&clip_of(384), &[]);
        segments.pop();
        segments[1].last_is_final = true;
        assert_eq!(what(stand.read_all(&segments)), What::Chunk);
        assert_eq!(
            what(stand.read(&segments, 256..256)),
            What::Chunk,
            "an empty range at the end proves it, too"
        );
    }
}

#[test]
fn another_clip_or_another_key_reads_nothing() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(100), &[]);
        let nothing = |_| -> ControlFlow<()> { panic!("handed something out") };
        let other = DataKey::from_bytes([1; 32]);
        assert!(stand.reading(&other).complete(&segments, 40..50, nothing).is_err());
        let key = key();
        let other = Reading { shelf: &stand.shelf, clip: [9; 16], key: &key, layout: SMALL };
        assert!(other.complete(&segments, 40..50, nothing).is_err());
        assert_ne!(CLIP, [9; 16]);
    }
}

#[test]
fn a_range_outside_of_the_clip_is_refused() {
    let stand = Stand::bucket();
    let segments = stand.write(&clip_of(100), &[]);
    for range in [0..101, 101..101, u64::MAX..u64::MAX, 0..u64::MAX] {
        assert!(matches!(stand.read(&segments, range), Err(ReadError::Range { bytes: 100, .. })));
    }
    // Backwards on purpose.
    let backwards = Range { start: 7, end: 3 };
    assert!(matches!(stand.read(&segments, backwards), Err(ReadError::Range { .. })));
}

#[test]
fn figures_that_cannot_be_are_damage_not_a_panic() {
    let stand = Stand::folder();
    let sound = stand.write(&clip_of(100), &[]);
    let spoil = |change: fn(&mut Segment)| {
        let mut segments = sound.clone();
        change(&mut segments[0]);
        stand.read(&segments, 0..1).is_err()
    };
    assert!(spoil(|segment| segment.bytes = u64::MAX));
    assert!(spoil(|segment| segment.chunks = u64::MAX));
    assert!(spoil(|segment| segment.chunks = 0));
    assert!(spoil(|segment| segment.stored = 0));
    assert!(spoil(|segment| (segment.bytes, segment.chunks, segment.stored) = (1 << 40, 1 << 35, 17 << 36)));
    assert!(spoil(|segment| segment.name = "../../etc/passwd".to_owned()));
}

#[test]
fn reading_stops_when_the_sink_says_so() {
    for stand in Stand::both() {
        let segments = stand.write(&clip_of(600), &[]);
        let mut pieces = 0;
        let sink = |_| {
            pieces += 1;
            ControlFlow::Break(())
        };
        stand.reading(&key()).complete(&segments, 0..600, sink).unwrap();
        assert_eq!(pieces, 1);
    }
}

#[test]
fn only_the_chunks_of_a_range_are_looked_at() {
    for stand in Stand::both() {
        let clip = clip_of(384);
        let segments = stand.write(&clip, &[]);
        stand.spoil(&segments[0].name, |bytes| bytes[64] ^= 1);
        stand.shelf.delete(&segments[2].name).unwrap();
        assert_eq!(stand.read(&segments, 32..256).unwrap(), &clip[32..256]);
    }
}
