//! A shelf: named objects in a folder or in a bucket of an object store, each written whole. An object that is on the
//! shelf is durable: its file and folder are fsynced, or the object store has acknowledged it. What is inside the
//! objects is not this module's business.

mod bucket;
mod direct;
mod error;
mod folder;
mod upload;

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;

pub use bucket::BucketConfig;
pub(crate) use bucket::{Bucket, Piece};
pub use error::ShelfError;
pub(crate) use folder::{Folder, OpenFile, publish_new, sync_folder};
pub(crate) use upload::{Landing, Upload};

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name, with slashes.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written: microseconds since 1970, by the clock of the machine that keeps it.
    pub modified: i64,
}

/// A place for objects. Names are parts of letters, digits, `.`, `-` and `_`, joined by `/`; no part begins with a dot.
///
/// All methods block; those of a bucket must not be called from inside an async task, where they would panic.
pub struct Shelf(Kind);

/// What a shelf is.
pub(crate) enum Kind {
    /// Files in a folder.
    Folder(Folder),
    /// Objects in a bucket.
    Bucket(Bucket),
}

impl fmt::Debug for Shelf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Folder(folder) => write!(formatter, "Shelf({})", folder.root().display()),
            Kind::Bucket(bucket) => write!(formatter, "Shelf({bucket})"),
        }
    }
}

impl Shelf {
    /// Objects as files below a folder, which is made (mode 0700) where it is missing.
    ///
    /// # Errors
    /// [`ShelfError`] where the folder cannot be made or is not a folder.
    pub fn folder(path: impl Into<PathBuf>) -> Result<Self, ShelfError> {
        Folder::open(path.into()).map(|folder| Self(Kind::Folder(folder)))
    }

    /// Objects in a bucket of an S3 API, addressed by path. Requests run on `runtime`; a request that fails for a
    /// reason that may pass is repeated for up to a minute.
    ///
    /// # Errors
    /// [`ShelfError::Failed`] where the configuration cannot be right. The bucket is not asked.
    pub fn bucket(config: &BucketConfig, runtime: Handle) -> Result<Self, ShelfError> {
        Bucket::open(config, runtime, bucket::PATIENCE).map(|bucket| Self(Kind::Bucket(bucket)))
    }

    /// A bucket that lives in memory, for tests.
    pub fn in_memory(runtime: Handle) -> Self {
        Self(Kind::Bucket(Bucket::in_memory(runtime)))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// Writes an object whole; one of the same name is replaced in one step.
    ///
    /// # Errors
    /// [`ShelfError::Full`], [`ShelfError::Away`] or [`ShelfError::Failed`]; then the object is as it was.
    pub fn put(&self, name: &str, parts: Vec<Bytes>) -> Result<(), ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.put(name, &parts),
            Kind::Bucket(bucket) => bucket.put(name, parts),
        }
    }

    /// Writes an object that must never change: does nothing where it is there already with the same bytes.
    ///
    /// # Errors
    /// [`ShelfError::Differs`] where it is there with other bytes; otherwise as [`Shelf::put`].
    pub fn put_if_same(&self, name: &str, bytes: Bytes) -> Result<(), ShelfError> {
        match self.get(name) {
            Ok(there) if there == bytes => return Ok(()),
            Ok(_) => return Err(ShelfError::Differs { name: name.to_owned() }),
            Err(ShelfError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        match &self.0 {
            Kind::Folder(folder) => match folder.put_new(name, std::slice::from_ref(&bytes)) {
                Err(ShelfError::Differs { .. }) if self.get(name)? == bytes => Ok(()),
                written => written,
            },
            Kind::Bucket(bucket) => bucket.put(name, vec![bytes]),
        }
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// [`ShelfError::Missing`] where there is none.
    pub fn get(&self, name: &str) -> Result<Bytes, ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.get(name),
            Kind::Bucket(bucket) => bucket.get(name),
        }
    }

    /// Some bytes of an object, counted from 0.
    ///
    /// # Errors
    /// [`ShelfError::Missing`] where there is no such object, [`ShelfError::Short`] where it ends before the range does.
    pub fn get_range(&self, name: &str, range: Range<u64>) -> Result<Bytes, ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.get_range(name, range),
            Kind::Bucket(bucket) => bucket.get_range(name, range),
        }
    }

    /// Size of an object in bytes.
    ///
    /// # Errors
    /// [`ShelfError::Missing`] where there is none.
    pub fn size(&self, name: &str) -> Result<u64, ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.size(name),
            Kind::Bucket(bucket) => bucket.size(name),
        }
    }

    /// Whether there is an object of this name.
    ///
    /// # Errors
    /// [`ShelfError`] where that cannot be told.
    pub fn exists(&self, name: &str) -> Result<bool, ShelfError> {
        match self.size(name) {
            Ok(_) => Ok(true),
            Err(ShelfError::Missing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes an object, durably; one that is not there is no error. Takes the names of leftovers, too.
    ///
    /// # Errors
    /// [`ShelfError`] where it cannot be removed.
    pub fn delete(&self, name: &str) -> Result<(), ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.delete(name),
            Kind::Bucket(bucket) => bucket.delete(name),
        }
    }

    /// All objects below a folder (`clips/ab/`), in the order of their names; all of the shelf for an empty prefix.
    /// For many objects use [`Shelf::each`].
    ///
    /// # Errors
    /// [`ShelfError`] where the listing cannot be read.
    pub fn list(&self, prefix: &str) -> Result<Vec<Object>, ShelfError> {
        let mut objects = Vec::new();
        self.each(prefix, |object| {
            objects.push(object);
            ControlFlow::Continue(())
        })?;
        objects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(objects)
    }

    /// Hands out all objects below a folder, in no order, until told to stop.
    ///
    /// # Errors
    /// [`ShelfError`] where the listing cannot be read.
    pub fn each(&self, prefix: &str, take: impl FnMut(Object) -> ControlFlow<()>) -> Result<(), ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.each(prefix, take),
            Kind::Bucket(bucket) => bucket.each(prefix, take),
        }
    }

    /// Hands out what a crash left half written below a folder; none of it is an object. An object store keeps
    /// nothing half written.
    pub(crate) fn each_leftover(
        &self,
        prefix: &str,
        take: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.each_leftover(prefix, take),
            Kind::Bucket(_) => Ok(()),
        }
    }

    /// Makes `aside` an object with the bytes of `name`, without reading them where that can be helped.
    pub(crate) fn copy_within(&self, name: &str, aside: &str) -> Result<(), ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.link(name, aside),
            Kind::Bucket(bucket) => bucket.copy(name, aside),
        }
    }

    /// Begins an object that is written piece by piece and must be new.
    pub(crate) fn begin(&self, name: &str) -> Result<Upload, ShelfError> {
        match &self.0 {
            Kind::Folder(folder) => folder.begin(name).map(Upload::File),
            Kind::Bucket(bucket) => Ok(Upload::object(bucket.clone(), name)),
        }
    }

    /// How many objects may become durable in the background at a time.
    pub(crate) fn in_flight(&self) -> usize {
        match &self.0 {
            Kind::Folder(_) => 1,
            Kind::Bucket(_) => 2,
        }
    }

    /// Does blocking work with the shelf on a thread for such work, from async code.
    ///
    /// # Errors
    /// What `work` returns; [`ShelfError::Failed`] where it did not come to its end.
    pub async fn in_background<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ShelfError> + Send + 'static,
    ) -> Result<T, ShelfError> {
        let shelf = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&shelf))
            .await
            .unwrap_or_else(|error| Err(ShelfError::failed("the shelf", "work with", error)))
    }
}

/// Refuses names that could leave the shelf, or that another shelf could not keep.
pub(crate) fn check_name(name: &str) -> Result<(), ShelfError> {
    check_parts(name, |part| !part.starts_with('.'))
}

/// As [`check_name`]; the last part may begin with a dot, as leftovers do.
fn check_name_or_leftover(name: &str) -> Result<(), ShelfError> {
    check_parts(name, |part| !part.starts_with('.') || (part.len() > 2 && name.ends_with(part)))
}

fn check_parts(name: &str, rule: impl Fn(&str) -> bool) -> Result<(), ShelfError> {
    let plain = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
    };
    if name.len() <= 512 && name.split('/').all(|part| plain(part) && rule(part)) {
        return Ok(());
    }
    Err(ShelfError::Name { name: name.chars().take(80).collect() })
}

/// The folder that a listing begins at: the prefix without the slash at its end; none for the whole shelf.
fn prefix_folder(prefix: &str) -> Result<Option<&str>, ShelfError> {
    match prefix.strip_suffix('/').unwrap_or(prefix) {
        "" => Ok(None),
        folder => check_name(folder).map(|()| Some(folder)),
    }
}

#[cfg(test)]
mod tests;
