//! A shelf that is a folder. A file gets its name only when its bytes are on the disk: written under a name that
//! begins with a dot, fsynced, renamed, its folder fsynced. A crash leaves at most such a dot file, which is no object.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::fs::{Advice, CWD, RenameFlags, fadvise, renameat_with};
use rustix::io::{Errno, pread};

use super::direct::{BLOCK, Direct};
use super::{Object, ShelfError, check_name, check_name_or_leftover, prefix_folder};

/// Folders that are remembered as durable; beyond that all are forgotten and looked at again.
const REMEMBERED: usize = 4096;

/// Tries to make a file in a folder that somebody else removes because it is empty.
const TRIES: usize = 4;

/// Files below a root folder.
#[derive(Clone)]
pub(crate) struct Folder(Arc<Inner>);

struct Inner {
    root: PathBuf,
    /// Folders whose entry in their parent is known to be on the disk.
    durable: Mutex<HashSet<PathBuf>>,
    /// Makes the names of files that are being written different.
    serial: AtomicU64,
}

impl Folder {
    /// Takes a folder as the root; makes it where it is missing.
    pub fn open(root: PathBuf) -> Result<Self, ShelfError> {
        let failed =
            |error: io::Error| ShelfError::failed(root.display().to_string(), "use the folder", error);
        if !root.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&root).map_err(failed)?;
            if let Some(parent) = root.canonicalize().map_err(failed)?.parent() {
                sync_folder(parent).map_err(failed)?;
            }
        }
        let (durable, serial) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self(Arc::new(Inner { root, durable, serial })))
    }

    pub fn root(&self) -> &Path {
        &self.0.root
    }

    pub fn put(&self, name: &str, parts: &[Bytes]) -> Result<(), ShelfError> {
        self.written(name, parts)?.replace()
    }

    /// Writes an object that must not be there yet: [`ShelfError::Differs`] where it is.
    pub fn put_new(&self, name: &str, parts: &[Bytes]) -> Result<(), ShelfError> {
        self.written(name, parts)?.publish()
    }

    fn written(&self, name: &str, parts: &[Bytes]) -> Result<NewFile, ShelfError> {
        let mut file = self.begin(name)?;
        parts.iter().try_for_each(|part| file.write(part))?;
        Ok(file)
    }

    pub fn get(&self, name: &str) -> Result<Bytes, ShelfError> {
        let file = self.open_file(name)?;
        let size = file.size()?;
        file.read(0, size as usize).map(Bytes::from)
    }

    pub fn get_range(&self, name: &str, range: Range<u64>) -> Result<Bytes, ShelfError> {
        let length = range.end.saturating_sub(range.start);
        self.open_file(name)?.read(range.start, length as usize).map(Bytes::from)
    }

    pub fn size(&self, name: &str) -> Result<u64, ShelfError> {
        let file =
            fs::metadata(self.path(name)?).map_err(|error| ShelfError::of_file(name, "find", error))?;
        Ok(file.len())
    }

    /// Opens an object for reading.
    pub fn open_file(&self, name: &str) -> Result<OpenFile, ShelfError> {
        let file = File::open(self.path(name)?).map_err(|error| ShelfError::of_file(name, "open", error))?;
        Ok(OpenFile { name: name.to_owned(), file })
    }

    pub fn delete(&self, name: &str) -> Result<(), ShelfError> {
        check_name_or_leftover(name)?;
        let path = self.0.root.join(name);
        let failed = |error| ShelfError::of_file(name, "remove", error);
        match fs::remove_file(&path) {
            Ok(()) => self.tidy(&path).map_err(failed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// After a file is gone: removes the folders above it that are empty now, and fsyncs the first that is not.
    fn tidy(&self, gone: &Path) -> io::Result<()> {
        let mut above = gone.parent();
        while let Some(folder) = above.filter(|folder| *folder != self.0.root) {
            self.0.forget(folder);
            match fs::remove_dir(folder) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => break,
            }
            above = folder.parent();
        }
        match above.map(sync_folder) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives an object a second name, durably.
    pub fn link(&self, name: &str, second: &str) -> Result<(), ShelfError> {
        let failed = |error| ShelfError::of_file(second, "write", error);
        let (from, to) = (self.path(name)?, self.path(second)?);
        let parent = to.parent().unwrap_or(&self.0.root);
        self.0.ensure(parent).map_err(failed)?;
        fs::hard_link(from, &to).map_err(|error| ShelfError::of_file(name, "copy", error))?;
        sync_folder(parent).map_err(failed)
    }

    pub fn each(
        &self,
        prefix: &str,
        mut take: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), ShelfError> {
        self.walk(
            prefix,
            |object, is_leftover| if is_leftover { ControlFlow::Continue(()) } else { take(object) },
        )
    }

    pub fn each_leftover(
        &self,
        prefix: &str,
        mut take: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), ShelfError> {
        self.walk(
            prefix,
            |object, is_leftover| if is_leftover { take(object) } else { ControlFlow::Continue(()) },
        )
    }

    /// Hands out every file below a folder, and whether it is a leftover. What goes away meanwhile is passed over.
    fn walk(
        &self,
        prefix: &str,
        mut take: impl FnMut(Object, bool) -> ControlFlow<()>,
    ) -> Result<(), ShelfError> {
        let mut folders = vec![prefix_folder(prefix)?.unwrap_or_default().to_owned()];
        while let Some(folder) = folders.pop() {
            let failed = |error| ShelfError::of_file(&folder, "list", error);
            let entries = match fs::read_dir(self.0.root.join(&folder)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(failed)?,
            };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                // What is not in UTF-8 was not put there by us.
                let Ok(last) = entry.file_name().into_string() else { continue };
                let name = if folder.is_empty() { last.clone() } else { format!("{folder}/{last}") };
                let found = match entry.metadata() {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    found => found.map_err(failed)?,
                };
                if found.is_dir() {
                    folders.push(name);
                } else if found.is_file() {
                    let modified = found.mtime() * 1_000_000 + found.mtime_nsec() / 1000;
                    let object = Object { name, size: found.len(), modified };
                    if take(object, last.starts_with('.')).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins a file that gets its name when it is whole.
    pub fn begin(&self, name: &str) -> Result<NewFile, ShelfError> {
        let target = self.path(name)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.0.create(&target) {
                Ok((file, temp)) => {
                    return Ok(NewFile {
                        name: name.to_owned(),
                        file: Arc::new(file),
                        early: Vec::new(),
                        direct: None,
                        temp,
                        target,
                        inner: Arc::clone(&self.0),
                    });
                }
                // Another thread found the folder empty and removed it; or a process that is gone left the name.
                Err(error) if tries < TRIES && is_race(&error) => {}
                Err(error) => return Err(ShelfError::of_file(name, "write", error)),
            }
        }
    }

    fn path(&self, name: &str) -> Result<PathBuf, ShelfError> {
        check_name(name).map(|()| self.0.root.join(name))
    }
}

fn is_race(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists)
}

impl Inner {
    /// Makes an empty file beside `target` under a name of its own.
    fn create(&self, target: &Path) -> io::Result<(File, PathBuf)> {
        let folder = target.parent().unwrap_or(&self.root);
        self.ensure(folder)?;
        let last = target.file_name().unwrap_or_default().to_string_lossy();
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let temp = folder.join(format!(".{last}.{}-{serial}.part", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp);
        if file.is_err() {
            self.forget(folder);
        }
        Ok((file?, temp))
    }

    /// Makes a folder and those above it, and fsyncs what holds them.
    fn ensure(&self, folder: &Path) -> io::Result<()> {
        if folder == self.root || self.lock().contains(folder) {
            return Ok(());
        }
        let Some(parent) = folder.parent() else { return Ok(()) };
        self.ensure(parent)?;
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.forget(parent);
                return Err(error);
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // Even where it exists: whoever made it may not have come to this line yet.
        sync_folder(parent)?;
        let mut durable = self.lock();
        if durable.len() >= REMEMBERED {
            durable.clear();
        }
        durable.insert(folder.to_owned());
        Ok(())
    }

    fn forget(&self, folder: &Path) {
        self.lock().remove(folder);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<PathBuf>> {
        // A set of paths is whole after any panic.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is being written. Dropped before it has its name, it is removed.
pub(crate) struct NewFile {
    name: String,
    file: Arc<File>,
    /// The first bytes, as long as it may be a small file, which is written in one go.
    early: Vec<u8>,
    /// What writes a large file.
    direct: Option<Direct>,
    temp: PathBuf,
    target: PathBuf,
    inner: Arc<Inner>,
}

impl NewFile {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ShelfError> {
        self.append(bytes).map_err(|error| self.failed(error))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(direct) = &mut self.direct else {
            self.early.extend_from_slice(bytes);
            if self.early.len() >= BLOCK {
                let early = std::mem::take(&mut self.early);
                self.direct.insert(Direct::start(&self.file)?).write(&early)?;
            }
            return Ok(());
        };
        match direct.write(bytes) {
            Ok(()) => Ok(()),
            // The thread has ended: it knows why.
            Err(error) => Err(self.settle().err().unwrap_or(error)),
        }
    }

    /// Hands everything to the system.
    fn settle(&mut self) -> io::Result<()> {
        match self.direct.take() {
            Some(direct) => direct.finish(),
            None => (&*self.file).write_all(&self.early),
        }
    }

    /// Makes the file durable under its name, which must be new.
    pub fn publish(mut self) -> Result<(), ShelfError> {
        self.named(publish_new)
    }

    /// Makes the file durable under its name in place of what has it.
    pub fn replace(mut self) -> Result<(), ShelfError> {
        self.named(|temp, target| fs::rename(temp, target))
    }

    fn named(&mut self, name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Result<(), ShelfError> {
        self.settle().map_err(|error| self.failed(error))?;
        let folder = self.target.parent().unwrap_or(&self.inner.root);
        self.file
            .sync_all()
            .and_then(|()| name(&self.temp, &self.target))
            .and_then(|()| sync_folder(folder))
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> ShelfError {
        ShelfError::of_file(&self.name, "write", error)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already where the file has its name. Otherwise, if it cannot be removed now, the scrub will.
        let _ = fs::remove_file(&self.temp);
    }
}

/// An object that is open for reading.
pub(crate) struct OpenFile {
    name: String,
    file: File,
}

impl OpenFile {
    /// Size in bytes.
    pub fn size(&self) -> Result<u64, ShelfError> {
        self.file.metadata().map(|file| file.len()).map_err(|error| self.failed(error))
    }

    /// Tells the system that all of it will be read from front to back.
    pub fn expect_sequential(&self) {
        // Advice: where it is not taken, reading is slower.
        let _ = fadvise(&self.file, 0, None, Advice::Sequential);
    }

    /// Tells the system to forget what it has of the file in memory, so that the disk itself is read.
    pub fn forget_cached(&self) {
        let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
    }

    /// Exactly so many bytes from a place on.
    pub fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, ShelfError> {
        let mut bytes = Vec::new();
        // More than the file holds need not be reserved, whatever was asked for.
        let held = self.size()?.saturating_sub(at).min(length as u64) as usize;
        bytes.reserve_exact(held);
        while bytes.len() < held {
            let next = at + bytes.len() as u64;
            match pread(&self.file, spare_capacity(&mut bytes), next) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(self.failed(error.into())),
            }
        }
        if bytes.len() < length {
            let (expected, found) = (at.saturating_add(length as u64), at.saturating_add(bytes.len() as u64));
            return Err(ShelfError::Short { name: self.name.clone(), expected, found });
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn failed(&self, error: io::Error) -> ShelfError {
        ShelfError::of_file(&self.name, "read", error)
    }
}

/// Gives a file its name in one step, and fails where the name is taken.
pub(crate) fn publish_new(temp: &Path, target: &Path) -> io::Result<()> {
    match renameat_with(CWD, temp, CWD, target, RenameFlags::NOREPLACE) {
        // File systems that do not know the flag; a hard link does not replace either.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(temp, target).and_then(|()| fs::remove_file(temp))
        }
        renamed => renamed.map_err(io::Error::from),
    }
}

/// Puts on the disk which files a folder holds.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
