//! Writing a large file past the page cache, on a thread of its own: hash and cipher go on while the disk writes, and no
//! memory is filled with ciphertext that nobody will read soon. Where the file system knows no direct writes, the thread
//! writes as usual.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl, fstatvfs};
use rustix::io::Errno;

/// Bytes of a block: one write.
pub(super) const BLOCK: usize = 1 << 20;
/// What addresses, places and lengths of direct writes must be multiples of, on any disk in use.
const ALIGNED: usize = 4096;
/// Blocks that may wait for the disk.
const WAITING: usize = 3;
/// Bytes of the disk that large files leave free: while the database finds room, what was taken in can still be looked at
/// (each look is an entry), and what is refused can be said.
const RESERVE: u64 = 64 << 20;

/// Memory for one write, at an address that direct writes may use.
struct Block {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
}

impl Block {
    fn new() -> Self {
        let memory = vec![0; BLOCK + ALIGNED];
        let start = memory.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Self { memory, start, filled: 0 }
    }

    /// Takes what fits; answers how much that was.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(BLOCK - self.filled);
        let from = self.start + self.filled;
        self.memory[from..from + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        taken
    }

    /// What is to be written: the last block of a file is filled up with zeros, which are cut off later.
    fn written(&mut self) -> &[u8] {
        let end = self.filled.next_multiple_of(ALIGNED);
        self.memory[self.start + self.filled..self.start + end].fill(0);
        &self.memory[self.start..self.start + end]
    }
}

/// A file that a thread writes.
pub(super) struct Direct {
    filling: Block,
    full: SyncSender<Block>,
    spare: Receiver<Block>,
    writer: JoinHandle<io::Result<()>>,
}

impl Direct {
    /// Starts the thread; the file must be empty.
    pub fn start(file: &Arc<File>) -> io::Result<Self> {
        let (full, blocks) = sync_channel(WAITING);
        let (back, spare) = channel();
        for _ in 0..WAITING {
            let _ = back.send(Block::new());
        }
        let file = Arc::clone(file);
        let writer = thread::Builder::new().name("vault writer".to_owned()).spawn(move || {
            // Where this is refused, the writes go through memory.
            let _ = set_direct(&file, true);
            let mut place = 0;
            for mut block in blocks {
                let Block { filled, .. } = block;
                leave_reserve(&file)?;
                write_at(&file, block.written(), place)?;
                place += filled as u64;
                block.filled = 0;
                let _ = back.send(block);
            }
            file.set_len(place)
        })?;
        Ok(Self { filling: Block::new(), full, spare, writer })
    }

    /// Takes bytes; waits where the disk is slower.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = self.filling.fill(bytes);
            bytes = &bytes[taken..];
            if self.filling.filled == BLOCK {
                // Where the thread has ended, finishing tells why.
                let next = self.spare.recv().map_err(|_| stopped())?;
                let full = std::mem::replace(&mut self.filling, next);
                self.full.send(full).map_err(|_| stopped())?;
            }
        }
        Ok(())
    }

    /// Writes the rest and waits for the thread; the file has its exact length then.
    pub fn finish(self) -> io::Result<()> {
        let Self { filling, full, writer, .. } = self;
        if filling.filled > 0 {
            let _ = full.send(filling);
        }
        drop(full);
        writer.join().unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> io::Error {
    io::Error::other("the thread that writes has ended")
}

/// Fails as a full disk does where only the reserve is left.
fn leave_reserve(file: &File) -> io::Result<()> {
    let disk = fstatvfs(file)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < RESERVE + BLOCK as u64 { Err(Errno::NOSPC.into()) } else { Ok(()) }
}

fn set_direct(file: &File, direct: bool) -> rustix::io::Result<()> {
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, direct);
    fcntl_setfl(file, flags)
}

/// Writes; once more through memory where the file system takes direct writes only in other sizes.
fn write_at(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    match file.write_all_at(bytes, place) {
        Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
            set_direct(file, false)?;
            file.write_all_at(bytes, place)
        }
        written => written,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_file_holds_exactly_what_was_written(sizes in prop::collection::vec(0_usize..700_000, 0..12)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let file = Arc::new(File::create_new(&path).unwrap());
            let mut direct = Direct::start(&file).unwrap();
            let mut expected = Vec::new();
            for (nth, size) in sizes.into_iter().enumerate() {
                let piece: Vec<u8> = (0..size).map(|at| (at * 31 + nth) as u8).collect();
                direct.write(&piece).unwrap();
                expected.extend(piece);
            }
            direct.finish().unwrap();
            prop_assert!(std::fs::read(&path).unwrap() == expected);
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        File::create_new(&path).unwrap();
        let file = Arc::new(File::open(&path).unwrap());
        let mut direct = Direct::start(&file).unwrap();
        let written = (0..20).try_for_each(|_| direct.write(&vec![7; BLOCK]));
        assert!(written.is_err() || direct.finish().is_err());
    }
}
