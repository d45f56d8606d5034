//! The key folder: key-encryption keys (KEKs), one per period, under which the data keys of clips are wrapped, and
//! other small secrets. Data keys themselves are kept wrapped, by the caller. Several threads and processes may use one
//! folder: a file appears whole or not at all, is never changed, and nothing of it is remembered between two calls,
//! so that a key destroyed by one process is gone for all.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use zeroize::Zeroizing;

use crate::Random;
use crate::format::hex;
use crate::shelf::{publish_new, sync_folder};

/// Bytes of a key.
const KEY: usize = 32;

/// Begins the associated data of a wrapped key, so that it can never be taken for anything else.
const LABEL: &[u8] = b"onrecord data key v1";

/// A clip's key. Its bytes leave memory with it and show in no log.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; KEY]>);

impl DataKey {
    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; KEY]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey(secret)")
    }
}

/// A data key under a KEK: may be kept with the clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The KEK's period, `YYYY-MM`.
    pub period: String,
    /// The KEK's version.
    pub version: u32,
    /// Nonce (12 bytes), ciphertext (32), tag (16).
    pub bytes: Vec<u8>,
}

/// Why the key folder could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others than the owner may read the folder or a key.
    #[error(
        "{path} may be used by others than its owner (mode {mode:o}); keys must be the owner's alone: \
         chmod {remedy} {path}, and think about whether somebody has read it"
    )]
    Exposed {
        /// The folder or file.
        path: String,
        /// Its mode.
        mode: u32,
        /// What it should be.
        remedy: &'static str,
    },
    /// The file system refused.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// The folder or file.
        path: String,
        /// What was being done, as a verb.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A key file that is not as it was written.
    #[error(
        "{path} does not hold a key of 32 bytes; put the copy of the key folder that is kept offline in its place"
    )]
    Spoilt {
        /// The file.
        path: String,
    },
    /// Not a period.
    #[error("“{period}” is not a period; a period is a month of intake, as in 2031-07")]
    Period {
        /// What was given.
        period: String,
    },
    /// The KEK was destroyed on purpose.
    #[error(
        "the keys of {period}, version {version}, were destroyed on purpose; what they protected is gone for good"
    )]
    Destroyed {
        /// The period.
        period: String,
        /// The version.
        version: u32,
    },
    /// The KEK is not in the folder, and was not destroyed by this program.
    #[error(
        "the key of {period}, version {version}, is not in the key folder; is this the right folder? \
         Otherwise put the copy that is kept offline in its place"
    )]
    Missing {
        /// The period.
        period: String,
        /// The version.
        version: u32,
    },
    /// The wrapped key does not open under its KEK for this clip.
    #[error(
        "a data key does not open under the key of {period}, version {version}: it belongs to another clip, was \
         altered, or the key folder is not the one it was wrapped with"
    )]
    Refused {
        /// The period.
        period: String,
        /// The version.
        version: u32,
    },
    /// The newest version of a KEK cannot be forgotten by itself.
    #[error(
        "version {version} of the key of {period} is in use; rotate first, wrap all data keys again, then forget it"
    )]
    InUse {
        /// The period.
        period: String,
        /// The version.
        version: u32,
    },
    /// Not a name for a secret.
    #[error(
        "“{name}” cannot name a secret: lower-case letters, digits, '-' and '.', beginning with a letter"
    )]
    Name {
        /// What was given.
        name: String,
    },
    /// The cryptographic library refused.
    #[error("a data key cannot be wrapped: the cryptographic library refused")]
    Cipher,
}

/// The key folder.
pub struct KeyRing {
    folder: PathBuf,
    rng: Mutex<Random>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyRing({})", self.folder.display())
    }
}

impl KeyRing {
    /// Opens the key folder; makes it (mode 0700) where it is missing. `rng` fills buffers with random bytes fit for
    /// keys. Finishes what a crash interrupted in [`KeyRing::destroy`].
    ///
    /// # Errors
    /// [`KeyError::Exposed`] where others may read the folder; [`KeyError::Io`].
    pub fn open(folder: &Path, rng: impl FnMut(&mut [u8]) + Send + 'static) -> Result<Self, KeyError> {
        make_folder(folder)?;
        make_folder(&folder.join("kek"))?;
        let ring = Self { folder: folder.to_owned(), rng: Mutex::new(Box::new(rng)) };
        let all = ring.entries()?;
        for gone in all.iter().filter(|entry| entry.is_gone) {
            let key = Entry { is_gone: false, ..gone.clone() };
            if all.contains(&key) {
                ring.retire(&key.period, key.version)?;
            }
        }
        Ok(ring)
    }

    /// A fresh data key.
    pub fn new_data_key(&self, mut rng: impl FnMut(&mut [u8])) -> DataKey {
        let mut key = Zeroizing::new([0; KEY]);
        rng(key.as_mut());
        DataKey(key)
    }

    /// Wraps a clip's data key under the newest KEK of a period, which is made where there is none.
    ///
    /// # Errors
    /// [`KeyError`] where the KEK cannot be read or made.
    pub fn wrap(&self, period: &str, clip: [u8; 16], key: &DataKey) -> Result<WrappedKey, KeyError> {
        check_period(period)?;
        let all = self.entries()?;
        // Whoever else saw none makes the same version, since both count from what they saw.
        let version = match alive(&all, period).last() {
            Some(version) => version,
            None => self.make_after(&all, period)?,
        };
        let kek = self.kek(period, version)?;
        let mut nonce = [0; NONCE_LEN];
        self.fill(&mut nonce);
        let mut sealed = Zeroizing::new(*key.bytes());
        let tag = kek
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated(clip, period, version)),
                sealed.as_mut(),
            )
            .map_err(|Unspecified| KeyError::Cipher)?;
        let bytes = [nonce.as_ref(), sealed.as_ref(), tag.as_ref()].concat();
        Ok(WrappedKey { period: period.to_owned(), version, bytes })
    }

    /// The data key of a clip.
    ///
    /// # Errors
    /// [`KeyError::Destroyed`], [`KeyError::Missing`], or [`KeyError::Refused`] where the key is not this clip's.
    pub fn unwrap(&self, clip: [u8; 16], wrapped: &WrappedKey) -> Result<DataKey, KeyError> {
        let WrappedKey { period, version, bytes } = wrapped;
        let kek = self.kek(period, *version)?;
        let refused = || KeyError::Refused { period: period.clone(), version: *version };
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(refused)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let aad = Aad::from(associated(clip, period, *version));
        let opened = kek.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut sealed);
        let mut key = Zeroizing::new([0; KEY]);
        match opened {
            Ok(opened) if opened.len() == KEY => key.copy_from_slice(opened),
            _ => return Err(refused()),
        }
        Ok(DataKey(key))
    }

    /// Makes a new version of a period's KEK, under which keys are wrapped from now on. The old ones stay until
    /// [`KeyRing::forget_version`].
    ///
    /// # Errors
    /// [`KeyError`] where it cannot be made.
    pub fn rotate(&self, period: &str) -> Result<u32, KeyError> {
        check_period(period)?;
        self.make_after(&self.entries()?, period)
    }

    /// Destroys an old version of a period's KEK, once no data key is wrapped under it any more.
    ///
    /// # Errors
    /// [`KeyError::InUse`] for the newest version.
    pub fn forget_version(&self, period: &str, version: u32) -> Result<(), KeyError> {
        match self.versions(period)?.last() {
            Some(newest) if *newest == version => Err(KeyError::InUse { period: period.to_owned(), version }),
            _ => self.retire(period, version),
        }
    }

    /// Destroys all versions of a period's KEK: overwritten, removed, the folder fsynced. What was wrapped under them
    /// can never be read again, wherever copies of it lie, but for copies of the key folder itself. A later
    /// [`KeyRing::wrap`] in the same period begins with a new version.
    ///
    /// # Errors
    /// [`KeyError::Io`]; then call again.
    pub fn destroy(&self, period: &str) -> Result<(), KeyError> {
        for version in self.versions(period)? {
            self.retire(period, version)?;
        }
        self.sweep(period)
    }

    /// The periods that have a KEK, in order.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn periods(&self) -> Result<Vec<String>, KeyError> {
        let all = self.entries()?;
        let alive = all.iter().filter(|entry| !entry.is_gone && !all.contains(&entry.gone()));
        let periods: BTreeSet<&String> = alive.map(|entry| &entry.period).collect();
        Ok(periods.into_iter().cloned().collect())
    }

    /// The versions of a period's KEK that can be used, in order; the last is the one that [`KeyRing::wrap`] takes.
    ///
    /// # Errors
    /// [`KeyError::Period`], [`KeyError::Io`].
    pub fn versions(&self, period: &str) -> Result<Vec<u32>, KeyError> {
        check_period(period)?;
        Ok(alive(&self.entries()?, period).collect())
    }

    /// A small secret of another kind, by its name in the key folder: made once, the same ever after. Where two
    /// processes make it at the same time, both get what the first one made.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Exposed`], [`KeyError::Io`].
    pub fn secret(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, KeyError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain);
        if !is_name || name == "kek" {
            return Err(KeyError::Name { name: name.to_owned() });
        }
        let path = self.folder.join(name);
        if let Some(secret) = read_secret(&path)? {
            return Ok(secret.to_vec());
        }
        self.write_new(&path, &Zeroizing::new(make()))?;
        let secret = read_secret(&path)?.ok_or_else(|| {
            io_error(
                &path,
                "read",
                io::Error::new(io::ErrorKind::NotFound, "it vanished just after it was made"),
            )
        })?;
        Ok(secret.to_vec())
    }

    /// Reads a KEK.
    fn kek(&self, period: &str, version: u32) -> Result<LessSafeKey, KeyError> {
        check_period(period)?;
        let key = Entry { period: period.to_owned(), version, is_gone: false };
        let gone = self.path(&key.gone());
        if gone.try_exists().map_err(|error| io_error(&gone, "look for", error))? {
            return Err(KeyError::Destroyed { period: key.period, version });
        }
        let path = self.path(&key);
        let bytes = read_secret(&path)?.ok_or(KeyError::Missing { period: key.period, version })?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes);
        key.map(LessSafeKey::new).map_err(|Unspecified| KeyError::Spoilt { path: path.display().to_string() })
    }

    /// Makes the KEK after the last that a period ever had, as far as `all` says. Another process that saw the same makes
    /// the same version; the first file counts for both.
    fn make_after(&self, all: &BTreeSet<Entry>, period: &str) -> Result<u32, KeyError> {
        let last = all.iter().filter(|entry| entry.period == period).map(|entry| entry.version).max();
        let version = last.unwrap_or(0).saturating_add(1);
        let mut key = Zeroizing::new([0; KEY]);
        self.fill(key.as_mut());
        self.write_new(
            &self.path(&Entry { period: period.to_owned(), version, is_gone: false }),
            key.as_ref(),
        )?;
        Ok(version)
    }

    /// Marks a KEK as gone, then overwrites and removes it. The mark comes first: whatever a crash leaves of the key
    /// is not used again.
    fn retire(&self, period: &str, version: u32) -> Result<(), KeyError> {
        check_period(period)?;
        let key = Entry { period: period.to_owned(), version, is_gone: false };
        self.write_new(&self.path(&key.gone()), &[])?;
        destroy_file(&self.path(&key))?;
        self.sync_keks()
    }

    /// Destroys what a crash left of a period's KEKs before they had their names.
    fn sweep(&self, period: &str) -> Result<(), KeyError> {
        let folder = self.folder.join("kek");
        let beginning = format!(".{period}.");
        for entry in fs::read_dir(&folder).map_err(|error| io_error(&folder, "read", error))? {
            let entry = entry.map_err(|error| io_error(&folder, "read", error))?;
            if entry.file_name().to_string_lossy().starts_with(&beginning) {
                destroy_file(&entry.path())?;
            }
        }
        self.sync_keks()
    }

    fn sync_keks(&self) -> Result<(), KeyError> {
        let folder = self.folder.join("kek");
        sync_folder(&folder).map_err(|error| io_error(&folder, "fsync", error))
    }

    /// All KEKs and marks, in order.
    fn entries(&self) -> Result<BTreeSet<Entry>, KeyError> {
        let folder = self.folder.join("kek");
        let mut all = BTreeSet::new();
        for entry in fs::read_dir(&folder).map_err(|error| io_error(&folder, "read", error))? {
            let entry = entry.map_err(|error| io_error(&folder, "read", error))?;
            all.extend(entry.file_name().to_str().and_then(Entry::parse));
        }
        Ok(all)
    }

    fn path(&self, entry: &Entry) -> PathBuf {
        let kind = if entry.is_gone { "gone" } else { "key" };
        self.folder.join("kek").join(format!("{}.{}.{kind}", entry.period, entry.version))
    }

    /// Makes a file that appears whole and durable, or not at all; does nothing where there is one.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
        let failed = |error| io_error(path, "write", error);
        let folder = path.parent().unwrap_or(&self.folder);
        let mut unique = [0; 8];
        self.fill(&mut unique);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temp = folder.join(format!(".{name}.{}.new", hex(&unique)));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp).map_err(failed)?;
        let written =
            file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| publish_new(&temp, path));
        if let Err(error) = written {
            // Its own error would hide the one that matters; what stays is swept when the period is destroyed.
            let _ = fs::remove_file(&temp);
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(failed(error));
            }
        }
        sync_folder(folder).map_err(failed)
    }

    fn fill(&self, bytes: &mut [u8]) {
        (self.rng.lock().unwrap_or_else(PoisonError::into_inner))(bytes);
    }
}

/// What a file in the folder of KEKs says by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    period: String,
    version: u32,
    is_gone: bool,
}

impl Entry {
    fn parse(name: &str) -> Option<Self> {
        let (period, rest) = name.split_once('.')?;
        let (version, kind) = rest.split_once('.')?;
        check_period(period).ok()?;
        let is_gone = match kind {
            "key" => false,
            "gone" => true,
            _ => return None,
        };
        Some(Self { period: period.to_owned(), version: version.parse().ok()?, is_gone })
    }

    /// The mark that says that this one was destroyed.
    fn gone(&self) -> Self {
        Self { is_gone: true, ..self.clone() }
    }
}

/// `onrecord data key v1` ‖ clip id ‖ period ‖ version.
fn associated(clip: [u8; 16], period: &str, version: u32) -> Vec<u8> {
    [LABEL, &clip, period.as_bytes(), &version.to_be_bytes()].concat()
}

fn check_period(period: &str) -> Result<(), KeyError> {
    let is_month = match period.as_bytes() {
        [y1, y2, y3, y4, b'-', m1, m2] => {
            [y1, y2, y3, y4].into_iter().all(u8::is_ascii_digit)
                && matches!((m1, m2), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'))
        }
        _ => false,
    };
    if is_month { Ok(()) } else { Err(KeyError::Period { period: period.chars().take(20).collect() }) }
}

/// Makes a folder for the owner alone, durably, or checks that it is one.
/// The versions of a period's KEK that can be used, in order.
fn alive<'a>(all: &'a BTreeSet<Entry>, period: &'a str) -> impl Iterator<Item = u32> + 'a {
    let usable =
        move |entry: &&Entry| entry.period == period && !entry.is_gone && !all.contains(&entry.gone());
    all.iter().filter(usable).map(|entry| entry.version)
}

fn make_folder(folder: &Path) -> Result<(), KeyError> {
    if !folder.is_dir() {
        let failed = |error| io_error(folder, "make the key folder", error);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        if let Some(parent) = folder.canonicalize().map_err(failed)?.parent() {
            sync_folder(parent).map_err(failed)?;
        }
    }
    let found = fs::metadata(folder).map_err(|error| io_error(folder, "look at", error))?;
    check_mode(folder, found.mode(), "700")
}

fn check_mode(path: &Path, mode: u32, remedy: &'static str) -> Result<(), KeyError> {
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::Exposed { path: path.display().to_string(), mode: mode & 0o7777, remedy }),
    }
}

/// A secret file's bytes; none where there is no such file.
fn read_secret(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let failed = |error| io_error(path, "read", error);
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let found = file.metadata().map_err(failed)?;
    check_mode(path, found.mode(), "600")?;
    // Enough room from the start: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(found.len() as usize + 1));
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Overwrites a file with zeros and removes it. No more can be done from here; the medium may keep older blocks.
fn destroy_file(path: &Path) -> Result<(), KeyError> {
    let overwrite = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let length = file.metadata()?.len();
        io::copy(&mut io::repeat(0).take(length), &mut file)?;
        file.flush()?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    match overwrite() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(path, "destroy", error)),
        _ => Ok(()),
    }
}

fn io_error(path: &Path, doing: &'static str, source: io::Error) -> KeyError {
    KeyError::Io { path: path.display().to_string(), doing, source }
}

#[cfg(test)]
mod tests;
