//! The evidence on its way to a tool: out of a [`Source`], into a sealed file in memory that the tool may read and
//! nobody may change, or down a pipe where it is too long for that. Plaintext never touches a disk here.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

use crate::boxes::{self, Part};
use crate::error::MediaError;

/// The bytes of one clip, wherever they are kept. Called where blocking is allowed.
pub trait Source: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Hands every byte of `range` to `sink`, in order, in pieces of any size.
    ///
    /// # Errors
    ///
    /// Whatever kept it from reading, and the error of `sink`, with which it stops.
    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>;
}

/// Evidence in memory: a file without a name, read-only and sealed. What was not copied reads as zeros and takes no
/// memory.
#[derive(Debug)]
pub(crate) struct Scratch {
    file: File,
    /// The memory it took when it was sealed, in bytes.
    sealed_at: u64,
}

impl Scratch {
    /// The whole clip.
    pub fn whole(source: &dyn Source) -> Result<Self, MediaError> {
        Self::holding(source, std::iter::once(0..source.size()))
    }

    /// The parts of a long clip that say what it is, each in its place.
    pub fn telling(source: &dyn Source, scratch_bytes: u64) -> Result<Self, MediaError> {
        Self::holding(source, boxes::telling(source, scratch_bytes)?.into_iter())
    }

    fn holding(source: &dyn Source, ranges: impl Iterator<Item = Range<u64>>) -> Result<Self, MediaError> {
        let memory = |error: io::Error| MediaError::failed("scratch memory", error.to_string());
        let file = File::from(memory_file().map_err(memory)?);
        file.set_len(source.size()).map_err(memory)?;
        for range in ranges {
            copy(source, range, &mut |bytes, at| file.write_all_at(bytes, at)).map_err(
                |error| match error {
                    Stopped::Source(error) => MediaError::Source(error),
                    Stopped::Taker(error) => memory(error),
                },
            )?;
        }
        seal(&file).map_err(memory)?;
        let sealed_at = taken(&file).map_err(memory)?;
        Ok(Self { file, sealed_at })
    }

    /// The memory it has come to take since it was sealed, in bytes: reading a hole by a mapping fills it.
    pub fn grown(&self) -> io::Result<u64> {
        Ok(taken(&self.file)?.saturating_sub(self.sealed_at))
    }

    /// A descriptor for the tool, open for reading only.
    pub fn descriptor(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }
}

fn taken(file: &File) -> io::Result<u64> {
    // stat(2): always in units of 512 bytes.
    Ok(file.metadata()?.blocks() * 512)
}

/// Writes a long clip down a pipe, in the order in which a tool that cannot go back can read it. A tool that has
/// heard enough and hangs up is no error.
pub(crate) fn stream(source: &dyn Source, parts: &[Part], pipe: &mut dyn Write) -> Result<(), MediaError> {
    for part in parts {
        let sent = match part {
            Part::Bytes(bytes) => pipe.write_all(bytes).map_err(Stopped::Taker),
            Part::Copy(range) => copy(source, range.clone(), &mut |bytes, _| pipe.write_all(bytes)),
        };
        match sent {
            Ok(()) => {}
            Err(Stopped::Taker(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(Stopped::Taker(error)) => {
                return Err(MediaError::failed("the pipe to the tool", error.to_string()));
            }
            Err(Stopped::Source(error)) => return Err(MediaError::Source(error)),
        }
    }
    Ok(())
}

/// Reads up to `length` bytes at `at`; fewer where the clip ends.
pub(crate) fn read_at(source: &dyn Source, at: u64, length: u64) -> Result<Vec<u8>, MediaError> {
    let end = at.saturating_add(length).min(source.size());
    let mut bytes = Vec::new();
    let read = copy(source, at.min(end)..end, &mut |piece, _| {
        bytes.extend_from_slice(piece);
        Ok(())
    });
    match read {
        Ok(()) => Ok(bytes),
        Err(Stopped::Source(error) | Stopped::Taker(error)) => Err(MediaError::Source(error)),
    }
}

enum Stopped {
    Source(io::Error),
    Taker(io::Error),
}

/// Hands a range to `taker`, with the place of each piece, and sees to it that the source keeps its word.
fn copy(
    source: &dyn Source,
    range: Range<u64>,
    taker: &mut dyn FnMut(&[u8], u64) -> io::Result<()>,
) -> Result<(), Stopped> {
    let (mut at, mut refused) = (range.start, None);
    let read = source.read(range.clone(), &mut |bytes| {
        let end = at + bytes.len() as u64;
        if end > range.end {
            return Err(io::Error::other("more bytes came than were asked for"));
        }
        if let Err(error) = taker(bytes, at) {
            let kind = error.kind();
            refused = Some(error);
            return Err(kind.into());
        }
        at = end;
        Ok(())
    });
    match (refused, read) {
        (Some(error), _) => Err(Stopped::Taker(error)),
        (None, Err(error)) => Err(Stopped::Source(error)),
        (None, Ok(())) if at < range.end => Err(Stopped::Source(io::ErrorKind::UnexpectedEof.into())),
        (None, Ok(())) => Ok(()),
    }
}

fn memory_file() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match memfd_create("evidence", flags | MemfdFlags::NOEXEC_SEAL) {
        // Kernels before 6.3 do not know the flag; the mode below says the same.
        Err(Errno::INVAL) => Ok(memfd_create("evidence", flags)?),
        made => Ok(made?),
    }
}

/// Another user may read it, nobody may write, grow, shrink or run it, and nobody may take that back.
fn seal(file: &File) -> io::Result<()> {
    fchmod(file, Mode::RUSR | Mode::RGRP | Mode::ROTH)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    Ok(fcntl_add_seals(file, seals)?)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use super::*;

    /// A clip in memory.
    pub struct Bytes(pub Vec<u8>);

    impl Source for Bytes {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
            let bytes = self.0.get(range.start as usize..range.end as usize);
            bytes.ok_or(io::ErrorKind::UnexpectedEof)?.chunks(7).try_for_each(sink)
        }
    }

    impl Scratch {
        /// Does what a tool could do by mapping the file.
        pub fn fill_holes(&self) {
            rustix::fs::fallocate(&self.file, rustix::fs::FallocateFlags::empty(), 0, 64 << 20).unwrap();
        }
    }

    /// A source that breaks its word by one byte.
    struct Liar(u64, Vec<u8>);

    impl Source for Liar {
        fn size(&self) -> u64 {
            self.0
        }

        fn read(&self, _: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
            sink(&self.1)
        }
    }

    #[test]
    fn scratch_holds_the_clip_and_cannot_be_changed() {
        let scratch = Scratch::whole(&Bytes(b"evidence".to_vec())).unwrap();
        let mut text = String::new();
        scratch.descriptor().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "evidence");
        for file in [&scratch.file, &scratch.descriptor().unwrap()] {
            assert!(file.write_all_at(b"x", 0).is_err());
            assert!(file.set_len(0).is_err());
            assert!(file.set_len(100).is_err());
        }
        let file = &scratch.file;
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o444);
    }

    #[test]
    fn a_source_that_gives_too_little_or_too_much_is_found_out() {
        for (said, given) in [(10, vec![0; 9]), (10, vec![0; 11])] {
            assert!(matches!(Scratch::whole(&Liar(said, given)), Err(MediaError::Source(_))));
        }
    }

    #[test]
    fn a_tool_that_hangs_up_is_no_error() {
        let (ear, mut mouth) = io::pipe().unwrap();
        drop(ear);
        let source = Bytes(vec![0; 100]);
        assert!(stream(&source, &[Part::Copy(0..100)], &mut mouth).is_ok());
    }
}
