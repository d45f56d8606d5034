//! A clip whose object, and whose figures in the database, are not what was written. Whatever is handed out is right.
//!
//! The input is a header of figures, each a byte that is added, then places in the object and what is laid over them.
#![no_main]

use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::folder;
use onrecord_vault::{
    CHUNK, ClipWriter, DataKey, Place, Segment, Shelf, check_clip, check_segment, read_begun, read_range,
};
use tokio::runtime::{Builder, Runtime};

const CLIP: [u8; 16] = [0xc1; 16];

/// A shelf with one clip of two segments, and the objects as they were written.
struct Stand {
    shelf: Arc<Shelf>,
    clip: Vec<u8>,
    segments: Vec<Segment>,
    objects: Vec<Vec<u8>>,
}

fn key() -> DataKey {
    DataKey::from_bytes([0x42; 32])
}

fn stand(shelf: Shelf) -> Stand {
    let shelf = Arc::new(shelf);
    let clip: Vec<u8> = (0..CHUNK + 90).map(|place| (place * 7 + place / 251) as u8).collect();
    let writer = |from: Place, seed: u8| {
        let mut next = seed;
        let rng = Box::new(move |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                next = next.wrapping_mul(5).wrapping_add(1);
                next
            })
        });
        ClipWriter::new(Arc::clone(&shelf), CLIP, key(), from, rng)
    };
    let mut first = writer(Place::default(), 1);
    first.push(&clip[..CHUNK + 40]).unwrap();
    let mut segments = first.pause().unwrap();
    let end = Place {
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
        chunks: segments.iter().map(|segment| segment.chunks).sum(),
    };
    let mut second = writer(end, 2);
    second.push(&clip[end.bytes as usize..]).unwrap();
    segments.extend(second.finish().unwrap());
    let objects = segments.iter().map(|segment| shelf.get(&segment.name).unwrap().to_vec()).collect();
    Stand { shelf, clip, segments, objects }
}

fn stands() -> &'static [Stand; 2] {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).build().unwrap());
    static STANDS: LazyLock<[Stand; 2]> = LazyLock::new(|| {
        [
            stand(Shelf::folder(folder().join("evidence")).unwrap()),
            stand(Shelf::in_memory(RUNTIME.handle().clone())),
        ]
    });
    &STANDS
}

/// Whether bytes of a clip that were handed out stand there in the clip.
fn read(stand: &Stand, segments: &[Segment], from: u64, to: u64) {
    let sink = |mut at: usize| {
        move |bytes: Bytes| {
            assert_eq!(stand.clip.get(at..at + bytes.len()), Some(&*bytes), "no wrong byte is handed out");
            at += bytes.len();
            ControlFlow::Continue(())
        }
    };
    let _ = read_range(&stand.shelf, CLIP, &key(), segments, from..to, sink(from as usize));
    let _ = read_begun(&stand.shelf, CLIP, &key(), segments, from..to, sink(from as usize));
}

fuzz_target!(|input: &[u8]| {
    let Some((head, rest)) = input.split_first_chunk::<16>() else { return };
    let stand = &stands()[usize::from(head[0] & 1)];
    let mut segments = stand.segments.clone();
    if head[0] & 2 != 0 {
        segments.reverse();
    }
    if head[0] & 4 != 0 {
        segments.truncate(1);
    }
    let spoilt = usize::from(head[0] >> 3 & 1);
    // Five bits of a figure, three of its place: from 1 to far beyond any clip.
    let big = |byte: u8| u64::from(byte & 0x1f) << (8 * (byte >> 5));
    if let Some(segment) = segments.get_mut(spoilt) {
        segment.at = segment.at.wrapping_add(big(head[1]));
        segment.bytes = segment.bytes.wrapping_add(big(head[2]));
        segment.first_chunk = segment.first_chunk.wrapping_add(big(head[3]));
        segment.chunks = segment.chunks.wrapping_add(big(head[4]));
        segment.stored = segment.stored.wrapping_add(big(head[5]));
        segment.last_is_final ^= head[6] & 1 != 0;
        segment.id[0] ^= head[7];
    }
    let name = &stand.segments[spoilt].name;
    let mut object = stand.objects[spoilt].clone();
    for [high, middle, low, byte] in rest.as_chunks::<4>().0 {
        let at = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        match object.get_mut(at) {
            Some(place) => *place ^= byte,
            None if at & 1 == 0 => object.truncate(at >> 8),
            None => object.push(*byte),
        }
    }
    let is_spoilt = object != stand.objects[spoilt];
    if is_spoilt {
        stand.shelf.put(name, vec![object.into()]).unwrap();
    }
    let number = |at: usize| u64::from(u32::from_be_bytes([0, head[at], head[at + 1], head[at + 2]]));
    let (from, to) = (number(8), number(11));
    read(stand, &segments, from, to);
    read(stand, &segments, from.min(to), stand.clip.len() as u64);
    read(stand, &segments, from, u64::MAX - to);
    let whole = check_clip(&stand.shelf, CLIP, &key(), &segments, |_| ());
    assert!(whole.is_err() || (!is_spoilt && segments == stand.segments), "damage is found");
    for segment in &segments {
        let _ = check_segment(&stand.shelf, CLIP, &key(), segment, |_| ());
    }
    if is_spoilt {
        stand.shelf.put(name, vec![stand.objects[spoilt].clone().into()]).unwrap();
    }
});
