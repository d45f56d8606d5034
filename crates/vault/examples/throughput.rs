//! How fast a clip is taken in and read back: `throughput [FOLDER] [GiB] [PUSH KiB]` hashes and encrypts zeros into
//! FOLDER, reads them back, and prints MB/s with the processor time that it took, beside the time that hash and cipher
//! alone take for as many bytes. Run it with `--release` on an idle machine.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use onrecord_vault::{CHUNK, ClipWriter, DataKey, Place, Segment, Shelf, read_range};

const CLIP: [u8; 16] = [7; 16];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "throughput-scratch".to_owned());
    let gib: u64 = arguments.next().map_or(4, |text| text.parse().unwrap());
    let push: usize = arguments.next().map_or(64, |text| text.parse().unwrap());
    let bytes = gib << 30;
    let piece = vec![0x5a; push << 10];
    let shelf = Arc::new(Shelf::folder(&folder).unwrap());
    let key = DataKey::from_bytes([3; 32]);
    println!("{:>28} {:>9} {:>8} {:>8}", "", "MB/s", "user s", "system s");
    timed("hash and cipher alone", bytes, || hash_and_cipher(bytes, &piece));
    let segments = timed("hash and write", bytes, || write(&shelf, &key, bytes, &piece));
    timed("read", bytes, || read(&shelf, &key, &segments, bytes));
    std::fs::remove_dir_all(folder).unwrap();
}

fn hash_and_cipher(bytes: u64, piece: &[u8]) {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[9; 32]).unwrap());
    let mut hash = Context::new(&SHA256);
    for _ in 0..bytes / piece.len() as u64 {
        hash.update(piece);
    }
    let mut chunk = vec![0x5a; CHUNK];
    for place in 0..bytes / CHUNK as u64 {
        let nonce = Nonce::try_assume_unique_for_key(&[&[0; 4][..], &place.to_be_bytes()].concat()).unwrap();
        let _ = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut chunk).unwrap();
    }
    let _ = hash.finish();
}

fn write(shelf: &Arc<Shelf>, key: &DataKey, bytes: u64, piece: &[u8]) -> Vec<Segment> {
    let mut count = 0_u64;
    // Distinct is all that a measurement needs.
    let rng = Box::new(move |buffer: &mut [u8]| {
        count += 1;
        for (byte, from) in buffer.iter_mut().zip(count.to_be_bytes().into_iter().cycle()) {
            *byte = from;
        }
    });
    let mut writer = ClipWriter::new(Arc::clone(shelf), CLIP, key.clone(), Place::default(), rng);
    let (mut hash, mut segments) = (Context::new(&SHA256), Vec::new());
    for _ in 0..bytes / piece.len() as u64 {
        hash.update(piece);
        writer.push(piece).unwrap();
        segments.extend(writer.take_durable());
    }
    segments.extend(writer.finish().unwrap());
    let _ = hash.finish();
    segments
}

fn read(shelf: &Shelf, key: &DataKey, segments: &[Segment], bytes: u64) {
    let mut read = 0;
    read_range(shelf, CLIP, key, segments, 0..bytes, |piece| {
        read += piece.len() as u64;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(read, bytes);
}

fn timed<T>(what: &str, bytes: u64, act: impl FnOnce() -> T) -> T {
    let ((user, system), start) = (processor(), Instant::now());
    let result = act();
    let (elapsed, (user_after, system_after)) = (start.elapsed(), processor());
    let rate = bytes as f64 / 1e6 / elapsed.as_secs_f64();
    let (user, system) = (user_after - user, system_after - system);
    println!("{what:>28} {rate:>9.0} {user:>8.2} {system:>8.2}");
    result
}

/// Processor time of this process in seconds: its own and the system's for it.
fn processor() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Linux counts them in hundredths.
    let ticks = |field: usize| fields[field].parse::<f64>().unwrap() / 100.0;
    (ticks(11), ticks(12))
}
