//! What the tests of this crate share: shelves, small layouts, random bytes that are the same every time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Random;
use crate::format::{Layout, Segment};
use crate::keys::DataKey;
use crate::read::{ReadError, Reading};
use crate::shelf::Shelf;
use crate::write::{ClipWriter, Place};

/// Chunks of 32 bytes, four to a segment: many of both in little data.
pub(crate) const SMALL: Layout = Layout { chunk: 32, per_segment: 4 };

pub(crate) const CLIP: [u8; 16] = [0xc1; 16];

pub(crate) fn key() -> DataKey {
    DataKey::from_bytes([0x42; 32])
}

/// Bytes that differ from call to call in one run of the tests, and between writers.
pub(crate) fn random() -> Random {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    Box::new(|bytes| {
        let mut state = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    })
}

/// A shelf with what keeps it alive.
pub(crate) struct Stand {
    pub shelf: Arc<Shelf>,
    pub folder: Option<TempDir>,
    _runtime: Option<Runtime>,
}

impl Stand {
    pub fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Arc::new(Shelf::folder(folder.path().join("evidence")).unwrap());
        Self { shelf, folder: Some(folder), _runtime: None }
    }

    pub fn bucket() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let shelf = Arc::new(Shelf::in_memory(runtime.handle().clone()));
        Self { shelf, folder: None, _runtime: Some(runtime) }
    }

    pub fn both() -> [Self; 2] {
        [Self::folder(), Self::bucket()]
    }

    pub fn writer(&self, from: Place) -> ClipWriter {
        ClipWriter::with_layout(Arc::clone(&self.shelf), CLIP, key(), from, random(), SMALL)
    }

    /// Writes a clip in attempts, each of pushes of so many bytes; the last attempt takes what is left.
    pub fn write(&self, clip: &[u8], attempts: &[Vec<usize>]) -> Vec<Segment> {
        let (mut segments, mut rest) = (Vec::new(), clip);
        for pushes in attempts {
            let mut writer = self.writer(end(&segments));
            for push in pushes {
                let (now, later) = rest.split_at((*push).min(rest.len()));
                writer.push(now).unwrap();
                segments.extend(writer.take_durable());
                rest = later;
            }
            segments.extend(writer.pause().unwrap());
        }
        let mut writer = self.writer(end(&segments));
        writer.push(rest).unwrap();
        segments.extend(writer.finish().unwrap());
        segments
    }

    pub fn reading<'a>(&'a self, key: &'a DataKey) -> Reading<'a> {
        Reading { shelf: &self.shelf, clip: CLIP, key, layout: SMALL }
    }

    pub fn read(&self, segments: &[Segment], range: std::ops::Range<u64>) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.reading(&key()).complete(segments, range, |piece| {
            bytes.extend_from_slice(&piece);
            ControlFlow::Continue(())
        })?;
        Ok(bytes)
    }

    pub fn read_all(&self, segments: &[Segment]) -> Result<Vec<u8>, ReadError> {
        self.read(segments, 0..segments.iter().map(|segment| segment.bytes).sum())
    }

    /// Changes an object behind the back of everything.
    pub fn spoil(&self, name: &str, spoil: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.shelf.get(name).unwrap().to_vec();
        spoil(&mut bytes);
        self.shelf.put(name, vec![bytes.into()]).unwrap();
    }
}

/// The place behind the last segment.
pub(crate) fn end(segments: &[Segment]) -> Place {
    Place {
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
        chunks: segments.iter().map(|segment| segment.chunks).sum(),
    }
}

/// Bytes that show where they are from.
pub(crate) fn clip_of(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 + place / 251) as u8).collect()
}
