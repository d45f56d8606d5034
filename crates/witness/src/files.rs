//! Files that are either as they were or as they should be, whatever is cut off in between.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::WitnessError;

/// Makes a folder that only this user can look into, and those above it.
pub(crate) fn folder(path: &Path) -> Result<(), WitnessError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path, "make this folder"))
}

/// The text of a file; nothing where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, WitnessError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, "read this file")(error)),
    }
}

/// Whether anybody but the owner may read a file.
pub(crate) fn exposed(path: &Path) -> Result<bool, WitnessError> {
    let about = fs::metadata(path).map_err(failed(path, "look at this file"))?;
    Ok(about.permissions().mode() & 0o077 != 0)
}

/// Writes a file that only this user may read. When this returns, the file survives a loss of power; when it
/// fails, the file is as it was before, or as it should be now. One writer at a time.
pub(crate) fn keep(folder: &Path, name: &str, text: &str) -> Result<(), WitnessError> {
    let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(failed(&new, "make this file"))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed(&new, "write this file"))?;
    fs::rename(&new, &path).map_err(failed(&path, "replace this file"))?;
    // Without this the new name, and with it what was seen, could be gone after a loss of power.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder, "store this folder"))
}

/// Holds a folder for this process alone, for as long as the file that is returned lives.
pub(crate) fn hold(folder: &Path) -> Result<File, WitnessError> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed(&path, "make this file"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(WitnessError::InUse { path: folder.into() }),
        Err(fs::TryLockError::Error(error)) => Err(failed(&path, "lock this file")(error)),
    }
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> WitnessError {
    let path = path.to_owned();
    move |source| WitnessError::File { path, action, source }
}
