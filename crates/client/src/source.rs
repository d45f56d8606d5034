//! A file that is brought: read by position from an open descriptor, so that neither a rename nor a link put in its
//! place can change what is read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use tokio::sync::mpsc;

/// How much is read at once.
const READ: usize = 256 * 1024;
/// How many reads may lie ready: what one upload takes of memory is this many times [`READ`].
const READY: usize = 8;

/// An open file with the size that it had when it was opened.
#[derive(Debug, Clone)]
pub struct Source {
    file: Arc<File>,
    size: u64,
}

/// What the bytes of a file are, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// How many there are.
    pub size: u64,
}

impl Digest {
    /// The SHA-256 in lower-case hexadecimal digits, as receipts write it.
    pub fn hex(&self) -> String {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        self.sha256.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl Source {
    /// Opens a file. A link is followed; who does not want that opens it himself and uses [`Source::new`].
    ///
    /// # Errors
    /// It cannot be opened, or is not a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Takes an open file.
    ///
    /// # Errors
    /// It is not a file but a folder, a pipe or a device, or the system cannot say.
    pub fn new(file: File) -> io::Result<Self> {
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not a file"));
        }
        Ok(Self { file: Arc::new(file), size: facts.len() })
    }

    /// Its size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Reads all of it as it now is, to its present end. Blocks.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn digest(&self) -> io::Result<Digest> {
        self.digest_up_to(u64::MAX)
    }

    /// Reads the first `most` bytes, or as many as there are. Blocks.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn digest_up_to(&self, most: u64) -> io::Result<Digest> {
        let mut context = Context::new(&SHA256);
        let mut buffer = vec![0; READ];
        let mut size = 0;
        while size < most {
            let want = usize::try_from(most - size).map_or(READ, |left| left.min(READ));
            let part = buffer.get_mut(..want).unwrap_or_default();
            let read = read_at(&self.file, part, size)?;
            if read == 0 {
                break;
            }
            context.update(part.get(..read).unwrap_or_default());
            size += read as u64;
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(context.finish().as_ref());
        Ok(Digest { sha256, size })
    }

    /// The bytes from `from`, `length` of them, read ahead on a thread of its own. What goes wrong is put into `trouble`.
    pub(crate) fn read_ahead(
        &self,
        from: u64,
        length: u64,
        trouble: Arc<Trouble>,
    ) -> mpsc::Receiver<io::Result<Bytes>> {
        let (send, receive) = mpsc::channel(READY);
        let source = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut at = from;
            while at < from + length {
                let part = source.part(at, from + length - at, &trouble);
                at += part.as_ref().map_or(0, |part| part.len() as u64);
                let is_over = part.is_err();
                // Nobody listens any more once the request has ended.
                if send.blocking_send(part).is_err() || is_over {
                    return;
                }
            }
        });
        receive
    }

    fn part(&self, at: u64, left: u64, trouble: &Trouble) -> io::Result<Bytes> {
        let mut buffer = vec![0; usize::try_from(left).map_or(READ, |left| left.min(READ))];
        match read_at(&self.file, &mut buffer, at) {
            Ok(0) => {
                let _ = trouble.0.set(Wrong::Ended { at });
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(read) => {
                buffer.truncate(read);
                Ok(buffer.into())
            }
            Err(error) => {
                let _ = trouble.0.set(Wrong::Failed(error.kind(), error.to_string()));
                Err(error)
            }
        }
    }
}

fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// What went wrong with a file while a request sent it: the request itself only knows that it broke off.
#[derive(Debug, Default)]
pub(crate) struct Trouble(OnceLock<Wrong>);

#[derive(Debug)]
enum Wrong {
    Ended { at: u64 },
    Failed(io::ErrorKind, String),
}

impl Trouble {
    /// The error, where there is one.
    pub(crate) fn error(&self, size: u64) -> Option<crate::ClientError> {
        self.0.get().map(|wrong| match wrong {
            Wrong::Ended { at } => crate::ClientError::SourceShrank { at: *at, size },
            Wrong::Failed(kind, said) => crate::ClientError::Source(io::Error::new(*kind, said.clone())),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_digest_is_that_of_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..700_000), most: u32) {
            let file = file_of(&bytes);
            let source = Source::open(file.path()).unwrap();
            let all = aws_lc_rs::digest::digest(&SHA256, &bytes);
            prop_assert_eq!(&source.digest().unwrap().sha256, all.as_ref());
            let most = most as usize % 800_000;
            let part = &bytes[..most.min(bytes.len())];
            let digest = source.digest_up_to(most as u64).unwrap();
            prop_assert_eq!(digest.size, part.len() as u64);
            let short = aws_lc_rs::digest::digest(&SHA256, part);
            prop_assert_eq!(&digest.sha256, short.as_ref());
        }
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_told_from_a_broken_connection() {
        let file = file_of(&vec![7; 600_000]);
        let source = Source::open(file.path()).unwrap();
        std::fs::write(file.path(), [7; 10]).unwrap();
        let trouble = Arc::new(Trouble::default());
        let mut parts = source.read_ahead(0, source.size(), Arc::clone(&trouble));
        while let Some(Ok(_)) = parts.recv().await {}
        let error = trouble.error(source.size()).unwrap().to_string();
        assert_eq!(error, "the file ended at byte 10 of 600000: it has become shorter since it was opened");
    }

    #[test]
    fn a_folder_is_no_source() {
        assert!(Source::open(std::env::temp_dir().as_path()).is_err());
    }
}
