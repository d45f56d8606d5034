//! The parsers of this crate, for the fuzzer only: bytes in, checks that must hold for any of them.

use std::io;
use std::ops::Range;

use crate::boxes::{Part, streaming, telling};
use crate::{MediaError, Source};

/// A clip in memory.
struct Bytes<'a>(&'a [u8]);

impl Source for Bytes<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let bytes = self.0.get(range.start as usize..range.end as usize);
        sink(bytes.ok_or(io::ErrorKind::UnexpectedEof)?)
    }
}

/// Walks the boxes of a clip. Says how many bytes would be copied from it, and how many would go down a pipe.
///
/// # Errors
/// As for any clip.
pub fn boxes(clip: &[u8], limit: u64) -> Result<(u64, u64), MediaError> {
    let source = Bytes(clip);
    let copied = telling(&source, limit)?.iter().map(|range| range.end - range.start).sum();
    let sent = streaming(&source, limit)?.into_iter().map(|part| match part {
        Part::Copy(range) => range.end - range.start,
        Part::Bytes(bytes) => bytes.len() as u64,
    });
    Ok((copied, sent.sum()))
}

/// Reads an answer of ffprobe.
///
/// # Errors
/// As for any answer.
pub fn facts(answer: &[u8]) -> Result<crate::Facts, MediaError> {
    crate::facts::read(answer)
}
