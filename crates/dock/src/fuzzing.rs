//! What this crate reads of cameras and of its own folder, for the fuzzer only.

use std::path::Path;

use onrecord_client::Metadata;

use crate::fact::{Facts, read, said, text};
use crate::folder::Shape;
use crate::journal::Journal;
use crate::profile::Profile;
use crate::{DockError, mark};

/// What is said of a file of this path, where one description stands for the camera's and for the one beside it.
pub fn describe(profile: &Profile, path: &str, description: &[u8], zone: Option<&str>) -> Option<Metadata> {
    if !profile.is_media(path) {
        return None;
    }
    let description = text(description);
    let mut facts = Facts::new();
    if let Some(about) = profile.about() {
        facts.extend(read(&description, about.format, &about.fields));
    }
    facts.extend(profile.path_says(path));
    if let Some(about) = profile.sidecar() {
        facts.extend(read(&description, about.format, &about.fields));
    }
    Some(said(&facts, profile, zone))
}

/// Opens a journal. Answers how many of its lines could not be read.
///
/// # Errors
/// As for any journal.
pub fn journal(folder: &Path) -> Result<u64, DockError> {
    Journal::open(folder).map(|(_, damaged)| damaged)
}

/// Whether a marker is for a file of this size, changed at the beginning of 1970.
pub fn marker(bytes: &[u8], size: u64) -> bool {
    mark::names(bytes, Shape { size, modified: 0, changed: 0 })
}
