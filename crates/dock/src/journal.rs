//! What the agent knows across restarts: which uploads were begun and which files are safe, as JSON lines, each fsynced
//! before it counts. Lines are only ever added. A line that was torn by a power cut or a full disk is cut off; losing any
//! line costs an upload or a check done again, and never makes a file safe.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use onrecord_client::{Receipt, UploadUrl};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::DockError;

/// Which file it is: camera, path on it, size, time of change, and its first mebibyte. What is not the same is another
/// file.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FileKey(String);

impl FileKey {
    pub fn new(camera: &[u8], path: &[u8], size: u64, modified: i128, head: &[u8; 32]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"onrecord dock file v1");
        for part in [camera, path, &size.to_be_bytes(), &modified.to_be_bytes(), head] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        Self(context.finish().as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was shown of a file, and the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Safe {
    /// SHA-256 of the file as read from the camera after the upload, in lower-case hex.
    pub sha256: String,
    /// The verifier key by which the receipt was checked.
    pub ledger_key: String,
    pub receipt: Receipt,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: String,
    file: FileKey,
    /// The path, for people.
    path: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Begun(UploadUrl),
    Dropped(String),
    Safe(Box<Safe>),
    Deleted(String),
}

/// The journal of one state folder, which no other process can open meanwhile.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes that are whole lines.
    good: u64,
    /// Whether bytes after `good` may be the rest of a line that failed.
    torn: bool,
    begun: HashMap<FileKey, UploadUrl>,
    safe: HashMap<FileKey, Safe>,
    /// Held, not used: its lock keeps other agents out, and ends with the process however that ends.
    _lock: File,
}

impl Journal {
    /// Opens the journal in a folder, made where it is missing. Also says how many lines could not be read.
    pub fn open(folder: &Path) -> Result<(Self, u64), DockError> {
        let fail = |path: &Path, action| {
            let path = path.to_owned();
            move |source| DockError::File { path, action, source }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(fail(folder, "make the state folder"))?;
        let lock_path = folder.join("lock");
        let lock = options().open(&lock_path).map_err(fail(&lock_path, "open it"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| DockError::InUse { path: folder.to_owned() })?;
        let path = folder.join("journal.jsonl");
        let file = options().open(&path).map_err(fail(&path, "open it"))?;
        let mut journal = Self {
            file,
            good: 0,
            torn: false,
            begun: HashMap::new(),
            safe: HashMap::new(),
            _lock: lock,
            path,
        };
        let damaged = journal.load().map_err(fail(&journal.path, "read it"))?;
        sync_folder(folder).map_err(fail(folder, "make it durable"))?;
        Ok((journal, damaged))
    }

    fn load(&mut self) -> io::Result<u64> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let (mut line, mut damaged) = (Vec::new(), 0);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                self.torn = read > 0;
                return Ok(damaged);
            }
            self.good += read as u64;
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) => self.take(line),
                Err(_) => damaged += 1,
            }
        }
    }

    fn take(&mut self, line: Line) {
        match line.what {
            What::Begun(url) => {
                self.begun.insert(line.file, url);
            }
            What::Dropped(_) => {
                self.begun.remove(&line.file);
                self.safe.remove(&line.file);
            }
            What::Safe(safe) => {
                self.begun.remove(&line.file);
                self.safe.insert(line.file, *safe);
            }
            What::Deleted(_) => {}
        }
    }

    /// The upload that was begun for a file and not yet ended.
    pub fn begun(&self, file: &FileKey) -> Option<UploadUrl> {
        self.begun.get(file).cloned()
    }

    /// What was shown of a file, where it was shown by this key.
    pub fn safe(&self, file: &FileKey, ledger_key: &str) -> Option<Safe> {
        self.safe.get(file).filter(|safe| safe.ledger_key == ledger_key).cloned()
    }

    /// An upload was begun. Known from now on even where it cannot be written down.
    pub fn begin(
        &mut self,
        at: Timestamp,
        file: &FileKey,
        path: &str,
        url: &UploadUrl,
    ) -> Result<(), DockError> {
        self.begun.insert(file.clone(), url.clone());
        self.add(at, file, path, What::Begun(url.clone()))
    }

    /// What was known of a file does not hold (any more).
    pub fn forget(&mut self, at: Timestamp, file: &FileKey, path: &str, why: &str) -> Result<(), DockError> {
        self.begun.remove(file);
        self.safe.remove(file);
        self.add(at, file, path, What::Dropped(why.to_owned()))
    }

    /// A file is safe: so it is once this has returned, and not before.
    pub fn make_safe(
        &mut self,
        at: Timestamp,
        file: &FileKey,
        path: &str,
        safe: &Safe,
    ) -> Result<(), DockError> {
        self.add(at, file, path, What::Safe(Box::new(safe.clone())))?;
        self.begun.remove(file);
        self.safe.insert(file.clone(), safe.clone());
        Ok(())
    }

    /// A safe file was deleted from its camera.
    pub fn deleted(
        &mut self,
        at: Timestamp,
        file: &FileKey,
        path: &str,
        sha256: &str,
    ) -> Result<(), DockError> {
        self.add(at, file, path, What::Deleted(sha256.to_owned()))
    }

    fn add(&mut self, at: Timestamp, file: &FileKey, path: &str, what: What) -> Result<(), DockError> {
        let line = Line { at: at.to_string(), file: file.clone(), path: path.to_owned(), what };
        let written = self.append(&line);
        written.map_err(|source| DockError::File { path: self.path.clone(), action: "add a line", source })
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        if self.torn {
            self.file.set_len(self.good)?;
        }
        self.torn = true;
        self.file.write_all_at(&text, self.good)?;
        self.file.sync_data()?;
        self.good += text.len() as u64;
        self.torn = false;
        Ok(())
    }
}

/// The ledger key that is held on to.
#[derive(Debug)]
pub(crate) struct Pin(PathBuf);

impl Pin {
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("ledger-key"))
    }

    pub fn read(&self) -> Result<Option<String>, DockError> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => {
                Err(DockError::File { path: self.0.clone(), action: "read the pinned key", source })
            }
        }
    }

    /// Writes it whole or not at all.
    pub fn write(&self, key: &str) -> Result<(), DockError> {
        let new = self.0.with_extension("new");
        let write = || {
            let mut file = options().truncate(true).open(&new)?;
            io::Write::write_all(&mut file, format!("{key}\n").as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &self.0)?;
            self.0.parent().map_or(Ok(()), sync_folder)
        };
        write().map_err(|source| DockError::File {
            path: self.0.clone(),
            action: "pin the ledger's key",
            source,
        })
    }
}

/// Read and write, made where missing, for nobody else: a receipt says who recorded what.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    options
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(number: u8) -> FileKey {
        FileKey::new(b"cam", &[number], 1, 1, &[0; 32])
    }

    fn url(text: &str) -> UploadUrl {
        serde_json::from_value(text.into()).unwrap()
    }

    fn safe() -> Safe {
        let receipt = Receipt {
            recording_id: "r".into(),
            clip_id: "c".into(),
            sha256: "0".repeat(64),
            size: 1,
            entry: "{}".into(),
            salt: String::new(),
            index: None,
            proof: None,
            checkpoint: None,
        };
        Safe { sha256: "0".repeat(64), ledger_key: "key".into(), receipt }
    }

    #[test]
    fn what_was_written_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.begin(Timestamp::UNIX_EPOCH, &key(1), "a", &url("u1")).unwrap();
        journal.begin(Timestamp::UNIX_EPOCH, &key(2), "b", &url("u2")).unwrap();
        journal.make_safe(Timestamp::UNIX_EPOCH, &key(1), "a", &safe()).unwrap();
        journal.forget(Timestamp::UNIX_EPOCH, &key(2), "b", "gone").unwrap();
        journal.begin(Timestamp::UNIX_EPOCH, &key(3), "c", &url("u3")).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(DockError::InUse { .. })));
        drop(journal);
        let (journal, damaged) = Journal::open(folder.path()).unwrap();
        assert_eq!(damaged, 0);
        assert_eq!(journal.safe(&key(1), "key"), Some(safe()));
        assert_eq!(journal.safe(&key(1), "another ledger's key"), None);
        assert_eq!((journal.begun(&key(1)), journal.begun(&key(2))), (None, None));
        assert_eq!(journal.begun(&key(3)), Some(url("u3")));
    }

    #[test]
    fn a_file_is_not_safe_where_the_line_could_not_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        // A disk on which nothing can be written: every write to this device says so.
        journal.file = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        assert!(journal.make_safe(Timestamp::UNIX_EPOCH, &key(1), "a", &safe()).is_err());
        assert_eq!(journal.safe(&key(1), "key"), None);
        assert!(journal.begin(Timestamp::UNIX_EPOCH, &key(1), "a", &url("u")).is_err());
        assert_eq!(journal.begun(&key(1)), Some(url("u")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Cut at any byte, with anything after the cut: whole lines before it count, nothing else does, and what is
        /// added afterwards can be read.
        #[test]
        fn a_torn_journal_loses_its_last_line_only(cut in 0_usize..2_000, rest in "[^\n]{0,50}") {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal.jsonl");
            let (mut journal, _) = Journal::open(folder.path()).unwrap();
            for number in 0..4 {
                journal.make_safe(Timestamp::UNIX_EPOCH, &key(number), "a", &safe()).unwrap();
            }
            drop(journal);
            let whole = fs::read(&path).unwrap();
            let cut = cut.min(whole.len());
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            fs::write(&path, [&whole[..cut], rest.as_bytes()].concat()).unwrap();
            let (mut journal, damaged) = Journal::open(folder.path()).unwrap();
            prop_assert_eq!((damaged, journal.safe.len()), (0, lines));
            journal.make_safe(Timestamp::UNIX_EPOCH, &key(9), "a", &safe()).unwrap();
            drop(journal);
            let (journal, damaged) = Journal::open(folder.path()).unwrap();
            prop_assert_eq!((damaged, journal.safe.len()), (0, lines + 1));
        }
    }
}
