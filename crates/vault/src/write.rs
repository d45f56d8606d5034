//! Writing a clip: bytes in, encrypted segments out. The caller computes the digest of the clip and records the
//! segments; until a segment is recorded it counts for nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use zeroize::Zeroize as _;

use crate::Random;
use crate::format::{HEADER, Layout, Segment, SegmentCipher, Standing, TAG};
use crate::keys::DataKey;
use crate::shelf::{Landing, Shelf, ShelfError, Upload};

/// How far a clip has come: what earlier attempts made durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the clip.
    pub bytes: u64,
    /// Chunks of the clip.
    pub chunks: u64,
}

/// Why a clip could not be written on.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The shelf did not take a segment.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The cryptographic library refused to encrypt.
    #[error(
        "a segment cannot be encrypted: the cryptographic library refused; the attempt is over, begin another"
    )]
    Cipher,
    /// Writing failed before; what followed would have left a gap.
    #[error("the attempt is over since writing failed; take up the clip again at its last durable byte")]
    Stopped,
}

/// Writes a clip, or the rest of one, from a thread that may block.
///
/// One full chunk is held back until the next byte comes, so that the last chunk of the clip can be marked as the last.
/// Dropped without [`ClipWriter::pause`] or [`ClipWriter::finish`], it leaves at most segments that nobody has
/// recorded, for the scrub to find.
pub struct ClipWriter {
    shelf: Arc<Shelf>,
    clip: [u8; 16],
    key: DataKey,
    layout: Layout,
    rng: Random,
    /// Where the next segment begins.
    place: Place,
    /// Plaintext of the chunk that is being filled, with room for its tag.
    buffer: Vec<u8>,
    /// The segment that is being written. There is one only while the buffer holds something.
    open: Option<Open>,
    /// Segments on their way to durability, in order.
    landing: VecDeque<(Segment, Landing)>,
    /// Durable segments that were not taken yet, in order.
    durable: Vec<Segment>,
    stopped: bool,
    /// Why writing failed, until somebody has been told.
    why: Option<WriteError>,
}

struct Open {
    segment: Segment,
    cipher: SegmentCipher,
    upload: Upload,
}

impl ClipWriter {
    /// Takes up a clip where earlier attempts ended: `from` is the end of the last segment on record, or the default
    /// for a new clip. `rng` fills buffers with random bytes for the ids of segments; they must never repeat.
    pub fn new(shelf: Arc<Shelf>, clip: [u8; 16], key: DataKey, from: Place, rng: Random) -> Self {
        let layout = Layout::of(&shelf);
        Self::with_layout(shelf, clip, key, from, rng, layout)
    }

    pub(crate) fn with_layout(
        shelf: Arc<Shelf>,
        clip: [u8; 16],
        key: DataKey,
        from: Place,
        rng: Random,
        layout: Layout,
    ) -> Self {
        Self {
            shelf,
            clip,
            key,
            layout,
            rng,
            place: from,
            buffer: Vec::with_capacity(layout.chunk + TAG),
            open: None,
            landing: VecDeque::new(),
            durable: Vec::new(),
            stopped: false,
            why: None,
        }
    }

    /// Takes the next bytes of the clip.
    ///
    /// # Errors
    /// [`WriteError`]; then the attempt is over. [`ClipWriter::take_durable`] still says how far it came.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.unless_stopped(|writer| writer.push_all(bytes))
    }

    fn push_all(&mut self, mut bytes: &[u8]) -> Result<(), WriteError> {
        while !bytes.is_empty() {
            if self.buffer.len() == self.layout.chunk {
                self.seal_before_more()?;
            }
            let room = self.layout.chunk - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// The segments that became durable since the last call, in order. Does not wait; after an error it waits for
    /// those that are on their way.
    pub fn take_durable(&mut self) -> Vec<Segment> {
        while self.landing.front().is_some_and(|(_, landing)| self.stopped || landing.is_done()) {
            if let Err(error) = self.settle_front() {
                if !self.stopped {
                    self.why = Some(error);
                }
                self.stopped = true;
                break;
            }
        }
        std::mem::take(&mut self.durable)
    }

    /// Ends the attempt while the clip is not complete: what is held back becomes the last chunk of a segment, but not
    /// of the clip. Returns, once they are durable, the segments that were not taken yet.
    ///
    /// # Errors
    /// [`WriteError`]; segments that were not taken before are left to the scrub.
    pub fn pause(mut self) -> Result<Vec<Segment>, WriteError> {
        self.unless_stopped(|writer| {
            if writer.buffer.is_empty() {
                writer.settle_all()
            } else {
                writer.seal_last(Standing::EndsSegment)
            }
        })?;
        Ok(std::mem::take(&mut self.durable))
    }

    /// Ends the clip: what is held back becomes its last chunk, which is empty where no byte came since the last pause.
    /// Returns, once they are durable, the segments that were not taken yet.
    ///
    /// # Errors
    /// [`WriteError`]; segments that were not taken before are left to the scrub.
    pub fn finish(mut self) -> Result<Vec<Segment>, WriteError> {
        self.unless_stopped(|writer| writer.seal_last(Standing::EndsClip))?;
        Ok(std::mem::take(&mut self.durable))
    }

    /// Ends the attempt and removes what it wrote and nobody took.
    pub fn abandon(mut self) {
        self.open = None;
        // What cannot be removed now is an orphan, and the scrub's.
        let written =
            self.landing.drain(..).filter_map(|(segment, landing)| landing.wait().ok().map(|()| segment));
        for segment in self.durable.drain(..).chain(written) {
            let _ = self.shelf.delete(&segment.name);
        }
    }

    /// Does what `act` says, and nothing ever after once that has failed.
    fn unless_stopped(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        if self.stopped {
            return Err(self.why.take().unwrap_or(WriteError::Stopped));
        }
        let done = act(self);
        if done.is_err() {
            self.stopped = true;
            self.open = None;
        }
        done
    }

    /// The held chunk is not the last: seals it, and ends its segment where that is full.
    fn seal_before_more(&mut self) -> Result<(), WriteError> {
        let chunks = self.open.as_ref().map_or(0, |open| open.segment.chunks);
        if chunks + 1 < self.layout.per_segment {
            let open = self.seal(Standing::Inside)?;
            self.open = Some(open);
            return Ok(());
        }
        let Open { segment, upload, .. } = self.seal(Standing::EndsSegment)?;
        while self.landing.len() >= self.shelf.in_flight() {
            self.settle_front()?;
        }
        self.landing.push_back((segment, upload.land_later()));
        Ok(())
    }

    /// The held chunk is the last of this attempt.
    fn seal_last(&mut self, standing: Standing) -> Result<(), WriteError> {
        let Open { segment, upload, .. } = self.seal(standing)?;
        self.landing.push_back((segment, upload.land()));
        self.settle_all()
    }

    /// Encrypts the held chunk into the open segment, or into a new one.
    fn seal(&mut self, standing: Standing) -> Result<Open, WriteError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        let bytes = self.buffer.len() as u64;
        // A segment has far fewer chunks than 2^32.
        let place = open.segment.chunks as u32;
        open.cipher.seal(place, standing, &mut self.buffer).map_err(|_| WriteError::Cipher)?;
        open.upload.write(&mut self.buffer)?;
        open.segment.bytes += bytes;
        open.segment.chunks += 1;
        open.segment.stored += bytes + TAG as u64;
        open.segment.last_is_final = standing == Standing::EndsClip;
        self.place.bytes += bytes;
        self.place.chunks += 1;
        Ok(open)
    }

    fn begin(&mut self) -> Result<Open, WriteError> {
        let mut id = [0; 16];
        (self.rng)(&mut id);
        let segment = Segment::begin(self.clip, id, self.place.bytes, self.place.chunks);
        let cipher = SegmentCipher::new(self.clip, &self.key, &segment, self.layout);
        let cipher = cipher.map_err(|_| WriteError::Cipher)?;
        let mut upload = self.shelf.begin(&segment.name)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(cipher.header());
        upload.write(&mut header)?;
        Ok(Open { segment, cipher, upload })
    }

    fn settle_all(&mut self) -> Result<(), WriteError> {
        while !self.landing.is_empty() {
            self.settle_front()?;
        }
        Ok(())
    }

    /// Waits for the segment that has been on its way longest. If that fails, those behind it are given up, too: they
    /// would stand behind a gap.
    fn settle_front(&mut self) -> Result<(), WriteError> {
        if let Some((segment, landing)) = self.landing.pop_front() {
            if let Err(error) = landing.wait() {
                self.landing.clear();
                return Err(error.into());
            }
            self.durable.push(segment);
        }
        Ok(())
    }
}

impl Drop for ClipWriter {
    fn drop(&mut self) {
        // Plaintext of evidence does not lie about in freed memory.
        self.buffer.zeroize();
    }
}

#[cfg(test)]
mod tests;
