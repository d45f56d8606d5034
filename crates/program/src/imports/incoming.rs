//! The file of an import while it is received: on the disk for as long as the import lasts, since it is read twice.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use onrecord_exchange::FileKind;

use crate::access::hex;
use crate::{Program, ProgramError};

/// The largest file, as received: 2 GiB.
pub const LARGEST: u64 = 2 << 30;

/// A file that has lain for a day is no import's any more, in microseconds.
const OLD: i64 = 86_400 * 1_000_000;

/// A file that is being received. It is removed when this is dropped.
pub struct Incoming {
    pub(super) kind: FileKind,
    folder: PathBuf,
    file: PathBuf,
    /// None until the first bytes have told how the file is compressed.
    open: Option<File>,
    digest: Context,
    size: u64,
}

/// A file that was received whole.
pub(super) struct Received {
    pub path: PathBuf,
    pub sha256: String,
    pub size: u64,
}

fn cannot(error: &std::io::Error) -> ProgramError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            ProgramError::Full(format!("the file cannot be kept while it is read: {error}."))
        }
        _ => ProgramError::Fault(format!("The file of an import cannot be kept while it is read: {error}.")),
    }
}

impl Program {
    /// Begins to receive the file of an import.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn incoming(&self, kind: FileKind) -> Result<Incoming, ProgramError> {
        self.may_write()?;
        self.sweep_scratch();
        let id = hex(&self.world.random::<16>());
        let folder = self.scratch.join(format!("import-{id}"));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| cannot(&error))?;
        let file = folder.join(kind.name());
        Ok(Incoming { kind, folder, file, open: None, digest: Context::new(&SHA256), size: 0 })
    }

    /// Removes what crashes have left behind: folders that are older than any import can be.
    fn sweep_scratch(&self) {
        let oldest = self.world.now() - OLD;
        for entry in std::fs::read_dir(&self.scratch).into_iter().flatten().flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let is_old = age.is_some_and(|at| i64::try_from(at.as_micros()).is_ok_and(|at| at < oldest));
            if is_old && entry.file_name().as_encoded_bytes().starts_with(b"import-") {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Incoming {
    /// Takes the next bytes, which may not be empty.
    ///
    /// # Errors
    /// Where the file is too large, or the disk full.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ProgramError> {
        self.size += bytes.len() as u64;
        if self.size > LARGEST {
            return Err(ProgramError::Refused(format!(
                "An imported file has at most {LARGEST} bytes; this one has more. Export it in parts, or compress it."
            )));
        }
        self.digest.update(&bytes);
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.create(&bytes)?,
        };
        let written = tokio::task::spawn_blocking(move || file.write_all(&bytes).map(|()| file)).await;
        let written = written.map_err(|error| ProgramError::Fault(format!("A thread stopped: {error}.")))?;
        self.open = Some(written.map_err(|error| cannot(&error))?);
        Ok(())
    }

    /// Readers tell by the name whether a file is compressed; what comes over a network has none.
    fn create(&mut self, first: &[u8]) -> Result<File, ProgramError> {
        let extension = match first {
            [0x1F, 0x8B, ..] => "csv.gz",
            [0x28, 0xB5, 0x2F, 0xFD, ..] => "csv.zst",
            _ => "csv",
        };
        self.file.set_extension(extension);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&self.file).map_err(|error| cannot(&error))
    }

    /// The file is here, whole.
    pub(super) fn received(&mut self) -> Result<Received, ProgramError> {
        if self.open.is_none() {
            self.create(&[])?;
        }
        self.open = None;
        let digest = std::mem::replace(&mut self.digest, Context::new(&SHA256)).finish();
        Ok(Received { path: self.file.clone(), sha256: hex(digest.as_ref()), size: self.size })
    }

    /// A sentence about the file without the folder that it lies in, which is nobody's business.
    pub(super) fn without_folder(folder: &Path, sentence: &str) -> String {
        sentence.replace(&format!("{}/", folder.display()), "")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "the file of an import could not be removed");
        }
    }
}
