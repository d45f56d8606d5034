//! Reading a clip by ranges: only the chunks that hold the range are fetched and decrypted, and nothing is handed out
//! that is not proved to be what was written: right clip, right place, right order, and the last chunk the last one.

use std::collections::VecDeque;
use std::fmt;
use std::ops::{ControlFlow, Range};

use bytes::{Bytes, BytesMut};
use tokio::task::JoinHandle;

use crate::format::{HEADER, Layout, Segment, SegmentCipher, Standing, TAG};
use crate::keys::DataKey;
use crate::shelf::{Bucket, Folder, Kind, OpenFile, Piece, Shelf, ShelfError};

/// Chunks in one request to an object store: up to 8 MiB.
const RUN: u64 = 8;

/// A segment that is not what was written, or a list of segments that cannot be all of a clip.
#[derive(Debug, thiserror::Error)]
#[error("segment {name}, chunk {chunk} of the clip: {what}")]
pub struct Damage {
    /// The segment's id.
    pub segment: [u8; 16],
    /// Name of its object.
    pub name: String,
    /// Index in the clip of the chunk; that of the segment's first where the object as a whole is meant.
    pub chunk: u64,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Its object is not there.
    Missing,
    /// Its object has another size.
    Size {
        /// Bytes it should hold.
        expected: u64,
        /// Bytes it holds.
        found: u64,
    },
    /// The disk cannot read it.
    Unreadable(String),
    /// Its header is another's.
    Header,
    /// A chunk does not decrypt: altered, moved, from another segment, or under another key.
    Chunk,
    /// It does not begin where the one before ends, or its figures cannot be.
    Gap,
    /// It stands behind the last chunk of the clip.
    BehindEnd,
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("the object is not there"),
            Self::Size { expected, found } => {
                write!(formatter, "the object holds {found} bytes and should hold {expected}")
            }
            Self::Unreadable(why) => write!(formatter, "the disk cannot read it back ({why})"),
            Self::Header => formatter.write_str("its header is not the one it was written with"),
            Self::Chunk => {
                formatter.write_str("does not decrypt: altered, moved, or written under another key")
            }
            Self::Gap => formatter.write_str("does not begin where the segment before it ends"),
            Self::BehindEnd => formatter.write_str("stands behind the end of the clip"),
        }
    }
}

/// Why a clip could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A segment is damaged; repair it from the mirror.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The shelf could not be read; the segment may be sound.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The range is not within the clip.
    #[error("bytes {start} to {end} were asked for; the clip has {bytes}")]
    Range {
        /// First byte asked for.
        start: u64,
        /// Place behind the last.
        end: u64,
        /// Bytes in the clip.
        bytes: u64,
    },
    /// The segments on record are not all of the clip: none of them holds its last chunk.
    #[error("the clip is not complete: no segment on record holds its end, at byte {bytes} or behind it")]
    Incomplete {
        /// Bytes in the segments on record.
        bytes: u64,
    },
    /// The cryptographic library refused to derive a key.
    #[error("a segment cannot be decrypted: the cryptographic library refused")]
    Cipher,
}

/// Reads bytes of a complete clip, counted from 0, and hands them out in order, chunk by chunk, until `sink` breaks.
///
/// `segments` are all segments of the clip, in order. A range that reaches the end of the clip also proves that it is
/// the end. Blocks; for a shelf in a bucket, call it from no async task.
///
/// # Errors
/// [`ReadError`], naming the segment and chunk. What was handed out before is sound.
pub fn read_range(
    shelf: &Shelf,
    clip: [u8; 16],
    key: &DataKey,
    segments: &[Segment],
    range: Range<u64>,
    sink: impl FnMut(Bytes) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let reading = Reading { shelf, clip, key, layout: Layout::of(shelf) };
    reading.complete(segments, range, sink)
}

/// As [`read_range`], for a clip whose last bytes are still to come: the end of what there is need not be its end.
///
/// # Errors
/// As [`read_range`].
pub fn read_begun(
    shelf: &Shelf,
    clip: [u8; 16],
    key: &DataKey,
    segments: &[Segment],
    range: Range<u64>,
    sink: impl FnMut(Bytes) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let reading = Reading { shelf, clip, key, layout: Layout::of(shelf) };
    reading.begun(segments, range, sink)
}

/// Whose bytes are read, and from where.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub shelf: &'a Shelf,
    pub clip: [u8; 16],
    pub key: &'a DataKey,
    pub layout: Layout,
}

/// Chunks of one segment, the segment's first counted as 0.
#[derive(Clone)]
struct Part<'a> {
    segment: &'a Segment,
    chunks: Range<u64>,
}

impl Reading<'_> {
    pub fn complete(
        self,
        segments: &[Segment],
        range: Range<u64>,
        sink: impl FnMut(Bytes) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let bytes = check_order(segments, self.layout)?;
        if range.end >= bytes && !segments.last().is_some_and(|last| last.last_is_final) {
            return Err(ReadError::Incomplete { bytes });
        }
        self.within(segments, bytes, range, sink)
    }

    pub fn begun(
        self,
        segments: &[Segment],
        range: Range<u64>,
        sink: impl FnMut(Bytes) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let bytes = check_order(segments, self.layout)?;
        self.within(segments, bytes, range, sink)
    }

    fn within(
        self,
        segments: &[Segment],
        bytes: u64,
        range: Range<u64>,
        mut sink: impl FnMut(Bytes) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        if range.start > range.end || range.end > bytes {
            return Err(ReadError::Range { start: range.start, end: range.end, bytes });
        }
        let parts = self.plan(segments, bytes, &range);
        self.parts(parts, |segment, place, plain| {
            let begins = segment.at + place * self.layout.chunk as u64;
            let length = plain.len() as u64;
            let from = range.start.saturating_sub(begins).min(length) as usize;
            let to = range.end.saturating_sub(begins).min(length) as usize;
            if from < to { sink(plain.slice(from..to)) } else { ControlFlow::Continue(()) }
        })
    }

    /// Which chunks hold a range. The last chunk of all is among them where the range reaches the end.
    fn plan<'s>(&self, segments: &'s [Segment], bytes: u64, range: &Range<u64>) -> VecDeque<Part<'s>> {
        let chunk = self.layout.chunk as u64;
        let touches = |segment: &Segment| segment.at < range.end && segment.end() > range.start;
        let mut parts: VecDeque<Part<'s>> = segments
            .iter()
            .filter(|segment| touches(segment) && !range.is_empty())
            .map(|segment| {
                let first = range.start.saturating_sub(segment.at) / chunk;
                let behind = (range.end - segment.at).div_ceil(chunk).min(segment.chunks);
                Part { segment, chunks: first..behind }
            })
            .collect();
        if let Some(last) = segments.last().filter(|_| range.end == bytes)
            && parts.back().is_none_or(|part| !std::ptr::eq(part.segment, last))
        {
            parts.push_back(Part { segment: last, chunks: last.chunks - 1..last.chunks });
        }
        parts
    }

    /// Reads all of one segment.
    pub fn segment(
        self,
        segment: &Segment,
        mut sink: impl FnMut(Bytes) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        check_figures(segment, self.layout)?;
        let part = Part { segment, chunks: 0..segment.chunks };
        self.parts(VecDeque::from([part]), |_, _, plain| sink(plain))
    }

    /// Decrypts chunks in order and hands them out with their place in their segment.
    fn parts(
        self,
        parts: VecDeque<Part<'_>>,
        deliver: impl FnMut(&Segment, u64, Bytes) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let opener = Opener { reading: self, cipher: None, deliver };
        match self.shelf.kind() {
            Kind::Folder(folder) => opener.read_folder(folder, parts),
            Kind::Bucket(bucket) => opener.read_bucket(bucket, parts),
        }
    }

    pub fn cipher(&self, segment: &Segment) -> Result<SegmentCipher, ReadError> {
        SegmentCipher::new(self.clip, self.key, segment, self.layout).map_err(|_| ReadError::Cipher)
    }
}

/// Decrypts what comes from the shelf.
struct Opener<'a, Deliver> {
    reading: Reading<'a>,
    /// The cipher of the segment at hand.
    cipher: Option<SegmentCipher>,
    deliver: Deliver,
}

impl<Deliver: FnMut(&Segment, u64, Bytes) -> ControlFlow<()>> Opener<'_, Deliver> {
    fn read_folder(mut self, folder: &Folder, parts: VecDeque<Part<'_>>) -> Result<(), ReadError> {
        for Part { segment, chunks } in parts {
            let file = open_sound(folder, segment)?;
            if chunks.start == 0 {
                let header = file.read(0, HEADER).map_err(|error| of_shelf(segment, 0, error))?;
                self.check_header(segment, &header)?;
            }
            if chunks.end - chunks.start > 1 {
                file.expect_sequential();
            }
            for place in chunks {
                let length = self.sealed_length(segment, place);
                let sealed = file.read(self.reading.layout.place(place), length);
                let sealed = sealed.map_err(|error| of_shelf(segment, place, error))?;
                // A vector that nobody shares becomes a buffer without a copy.
                let sealed = BytesMut::from(Bytes::from(sealed));
                if self.open(segment, place, sealed)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn read_bucket(mut self, bucket: &Bucket, parts: VecDeque<Part<'_>>) -> Result<(), ReadError> {
        let mut runs = parts.into_iter().flat_map(in_runs);
        let layout = self.reading.layout;
        let mut ahead = runs.next().map(|run| Fetch::begin(bucket, run, layout));
        while let Some(fetch) = ahead.take() {
            ahead = runs.next().map(|run| Fetch::begin(bucket, run, layout));
            let (Part { segment, chunks }, mut sealed) = fetch.wait(bucket)?;
            if chunks.start == 0 {
                let header = sealed.split_to(HEADER);
                self.check_header(segment, &header)?;
            }
            for place in chunks {
                let chunk = sealed.split_to(self.sealed_length(segment, place));
                if self.open(segment, place, chunk)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Bytes of a chunk and its tag.
    fn sealed_length(&self, segment: &Segment, place: u64) -> usize {
        let begins = place * self.reading.layout.chunk as u64;
        let plain = segment.bytes.saturating_sub(begins).min(self.reading.layout.chunk as u64);
        plain as usize + TAG
    }

    fn check_header(&mut self, segment: &Segment, header: &[u8]) -> Result<(), ReadError> {
        if self.cipher(segment)?.header() == header {
            return Ok(());
        }
        Err(damage(segment, 0, What::Header).into())
    }

    fn open(
        &mut self,
        segment: &Segment,
        place: u64,
        mut sealed: BytesMut,
    ) -> Result<ControlFlow<()>, ReadError> {
        let standing = Standing::of(segment, place);
        let opened = self.cipher(segment)?.open(place as u32, standing, &mut sealed);
        opened.map_err(|_| damage(segment, place, What::Chunk))?;
        sealed.truncate(sealed.len().saturating_sub(TAG));
        Ok((self.deliver)(segment, place, sealed.freeze()))
    }

    fn cipher(&mut self, segment: &Segment) -> Result<&SegmentCipher, ReadError> {
        let Reading { clip, layout, .. } = self.reading;
        let cipher = match self.cipher.take() {
            Some(cipher) if cipher.is_of(clip, segment, layout) => cipher,
            _ => self.reading.cipher(segment)?,
        };
        Ok(self.cipher.insert(cipher))
    }
}

/// Opens a segment's file, if it has the size it should have.
fn open_sound(folder: &Folder, segment: &Segment) -> Result<OpenFile, ReadError> {
    let failed = |error| of_shelf(segment, 0, error);
    let file = folder.open_file(&segment.name).map_err(failed)?;
    check_size(segment, file.size().map_err(failed)?)?;
    Ok(file)
}

pub(crate) fn check_size(segment: &Segment, found: u64) -> Result<(), Damage> {
    let expected = segment.stored;
    if found == expected { Ok(()) } else { Err(damage(segment, 0, What::Size { expected, found })) }
}

/// Cuts a part into what one request fetches.
fn in_runs(part: Part<'_>) -> impl Iterator<Item = Part<'_>> {
    let Part { segment, chunks } = part;
    let mut next = chunks.start;
    std::iter::from_fn(move || {
        let first = next;
        next = chunks.end.min(first + RUN);
        (first < next).then_some(Part { segment, chunks: first..next })
    })
}

/// A request that is under way. Dropped, it is given up.
struct Fetch<'a> {
    part: Part<'a>,
    length: usize,
    task: Option<JoinHandle<Result<Piece, ShelfError>>>,
}

impl<'a> Fetch<'a> {
    fn begin(bucket: &Bucket, part: Part<'a>, layout: Layout) -> Self {
        let from = if part.chunks.start == 0 { 0 } else { layout.place(part.chunks.start) };
        let to = layout.place(part.chunks.end).min(part.segment.stored);
        let task = bucket.piece_later(part.segment.name.clone(), from..to);
        Self { part, length: to.saturating_sub(from) as usize, task: Some(task) }
    }

    /// Waits for the bytes, of an object of the right size.
    fn wait(mut self, bucket: &Bucket) -> Result<(Part<'a>, BytesMut), ReadError> {
        let (segment, place) = (self.part.segment, self.part.chunks.start);
        let failed = |error| of_shelf(segment, place, error);
        let Some(task) = self.task.take() else { return Err(damage(segment, place, What::Missing).into()) };
        let Piece { bytes, size } = bucket.wait(task, &segment.name).map_err(failed)?;
        check_size(segment, size)?;
        let (expected, found) = (self.length as u64, bytes.len() as u64);
        if found != expected {
            return Err(damage(segment, place, What::Size { expected, found }).into());
        }
        Ok((self.part.clone(), BytesMut::from(bytes)))
    }
}

impl Drop for Fetch<'_> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Checks that segments follow each other without a gap from the beginning of the clip on; returns their bytes.
pub(crate) fn check_order(segments: &[Segment], layout: Layout) -> Result<u64, Damage> {
    let (mut at, mut first_chunk, mut ended) = (0, 0, false);
    for segment in segments {
        if ended {
            return Err(damage(segment, 0, What::BehindEnd));
        }
        if segment.at != at || segment.first_chunk != first_chunk {
            return Err(damage(segment, 0, What::Gap));
        }
        check_figures(segment, layout)?;
        at = segment.end();
        first_chunk += segment.chunks;
        ended = segment.last_is_final;
    }
    Ok(at)
}

/// Checks that bytes, chunks and size of a segment fit each other and are such as a writer writes.
pub(crate) fn check_figures(segment: &Segment, layout: Layout) -> Result<(), Damage> {
    let Segment { at, bytes, first_chunk, chunks, stored, .. } = *segment;
    let fits = chunks == layout.chunks_for(bytes)
        && stored == Layout::stored(bytes, chunks)
        && chunks < u64::from(u32::MAX)
        && at.checked_add(bytes).is_some()
        && first_chunk.checked_add(chunks).is_some();
    if fits { Ok(()) } else { Err(damage(segment, 0, What::Gap)) }
}

/// What an error of the shelf says about a segment: damage where the object is at fault.
fn of_shelf(segment: &Segment, place: u64, error: ShelfError) -> ReadError {
    let expected = segment.stored;
    match error {
        ShelfError::Missing { .. } => damage(segment, place, What::Missing).into(),
        ShelfError::Short { found, .. } => damage(segment, place, What::Size { expected, found }).into(),
        ShelfError::Unreadable { source, .. } => {
            damage(segment, place, What::Unreadable(source.to_string())).into()
        }
        error => error.into(),
    }
}

pub(crate) fn damage(segment: &Segment, place: u64, what: What) -> Damage {
    let chunk = segment.first_chunk.saturating_add(place);
    Damage { segment: segment.id, name: segment.name.clone(), chunk, what }
}

#[cfg(test)]
mod tests;
