//! The watched folder, by descriptors: every step goes from an open folder to a name in it and follows no link, so that
//! nothing outside is ever read, marked or deleted, whatever a camera holds and whatever happens meanwhile.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, AtFlags, Dir, FileType, Mode, OFlags, fadvise, openat, statat, unlinkat};

/// How deep folders may lie in each other.
const DEEPEST: usize = 16;
/// How many names a look reads: far more than a camera holds, and a bound on what a broken one can cost.
const MOST: usize = 200_000;

/// What a marker's name ends with.
pub(crate) const MARKER: &str = ".onrecord-safe";

/// A file under the watched folder: the names of the folders on the way, then its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place(Vec<OsString>);

impl Place {
    /// The camera's folder; none for a file that lies directly in the watched folder.
    pub fn camera(&self) -> Option<&OsStr> {
        if self.0.len() > 1 { self.0.first().map(OsString::as_os_str) } else { None }
    }

    pub fn name(&self) -> &OsStr {
        self.0.last().map_or(OsStr::new(""), OsString::as_os_str)
    }

    /// Another name in the same folder; none where it is not one plain name.
    pub fn beside(&self, name: &OsStr) -> Option<Self> {
        let mut names = self.0.clone();
        names.pop();
        Self(names).within(name)
    }

    /// The place of a name in a camera's root.
    pub fn in_camera(camera: Option<&OsStr>, name: &str) -> Option<Self> {
        name.split('/').try_fold(Self(camera.map(OsStr::to_owned).into_iter().collect()), |place, name| {
            place.within(OsStr::new(name))
        })
    }

    fn within(mut self, name: &OsStr) -> Option<Self> {
        let bytes = name.as_bytes();
        if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') || bytes.contains(&0)
        {
            return None;
        }
        self.0.push(name.to_owned());
        Some(self)
    }

    /// For people and patterns: the names with `/` between them; what is no Unicode is replaced.
    pub fn text(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|name| name.to_string_lossy()).collect();
        names.join("/")
    }

    /// The names below the camera's folder, exactly. A name holds no NUL.
    pub fn below_camera(&self) -> Vec<u8> {
        let from = usize::from(self.0.len() > 1);
        self.0.iter().skip(from).map(|name| name.as_bytes()).collect::<Vec<_>>().join(&0)
    }
}

/// How a file looks without reading it. Where two looks differ, it is another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bytes.
    pub size: u64,
    /// When its bytes last changed, by the camera's or this computer's clock: nanoseconds since 1970.
    pub modified: i128,
    /// When anything of it last changed, nanoseconds since 1970: catches a change that put `modified` back.
    pub changed: i128,
}

impl Shape {
    pub fn of(file: &File) -> io::Result<Self> {
        let facts = file.metadata()?;
        Ok(Self {
            size: facts.len(),
            modified: nanoseconds(facts.mtime(), facts.mtime_nsec()),
            changed: nanoseconds(facts.ctime(), facts.ctime_nsec()),
        })
    }
}

fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

/// A file as a look found it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub place: Place,
    pub shape: Shape,
    /// The device that it lies on.
    pub device: u64,
    /// Whether a marker lies beside it.
    pub marked: bool,
}

/// What a look found.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub files: Vec<Found>,
    /// Folders directly in the watched one that hold anything: an empty one is a mount point without a camera.
    pub cameras: BTreeSet<OsString>,
    /// What could not be looked at.
    pub troubles: Vec<(String, io::Error)>,
    names: usize,
}

/// The watched folder. It is opened anew each time, for it may be a mount point itself; the operator named it, so links
/// on the way to it are followed.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

const INTO: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Not blocking: a pipe that was put in a file's place would otherwise hold the agent for ever.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// Takes a folder, which must be there now.
    pub fn open(path: &Path) -> io::Result<Self> {
        let folder = Self(path.to_owned());
        folder.root()?;
        Ok(folder)
    }

    fn root(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(&self.0, flags, Mode::empty())?)
    }

    /// Finds every file that `wanted` says yes to, by its path under the watched folder.
    pub fn look(&self, wanted: &dyn Fn(&str) -> bool) -> Look {
        let mut look = Look::default();
        match self.root() {
            Ok(root) => walk(root, &mut Vec::new(), wanted, &mut look),
            Err(error) => look.troubles.push((".".to_owned(), error)),
        }
        look
    }

    /// Opens a file for reading.
    pub fn open_file(&self, place: &Place) -> io::Result<File> {
        let parent = self.parent(place)?;
        let facts = statat(&parent, place.name(), AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
            return Err(not_a_file());
        }
        let file = File::from(openat(&parent, place.name(), READ, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file()) }
    }

    /// Reads a small file whole.
    pub fn read_small(&self, place: &Place, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_file(place)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it has more than {most} bytes"),
            ));
        }
        Ok(bytes)
    }

    /// Writes a small file that must not exist yet, durably.
    pub fn create_small(&self, place: &Place, bytes: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let parent = self.parent(place)?;
        let mut file = File::from(openat(&parent, place.name(), flags, Mode::from_raw_mode(0o644))?);
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Removes a name. A folder is refused by the system.
    pub fn remove(&self, place: &Place) -> io::Result<()> {
        let parent = self.parent(place)?;
        Ok(unlinkat(&parent, place.name(), AtFlags::empty())?)
    }

    fn parent(&self, place: &Place) -> io::Result<OwnedFd> {
        let mut folder = self.root()?;
        let names = place.0.split_last().map_or(&[][..], |(_, names)| names);
        for name in names {
            folder = openat(&folder, name.as_os_str(), INTO, Mode::empty())?;
        }
        Ok(folder)
    }
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "this is not a file")
}

/// Lets go of what memory holds of a file, so that it is read from the camera itself. A system that cannot do so reads
/// from memory what the camera gave before.
pub(crate) fn forget_cached(file: &File) {
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}

fn walk(folder: impl AsFd, way: &mut Vec<OsString>, wanted: &dyn Fn(&str) -> bool, look: &mut Look) {
    let names = match names_in(&folder, MOST.saturating_sub(look.names)) {
        Ok(names) => names,
        Err(error) => return look.troubles.push((Place(way.clone()).text(), error)),
    };
    look.names += names.len();
    if let ([camera], false) = (way.as_slice(), names.is_empty()) {
        look.cameras.insert(camera.clone());
    }
    for name in &names {
        way.push(name.clone());
        if let Err(error) = step(&folder, way, &names, wanted, look) {
            // What vanished between two glances is no trouble: the next look does not find it.
            if error.kind() != io::ErrorKind::NotFound {
                look.troubles.push((Place(way.clone()).text(), error));
            }
        }
        way.pop();
    }
}

fn step(
    folder: impl AsFd,
    way: &mut Vec<OsString>,
    names: &BTreeSet<OsString>,
    wanted: &dyn Fn(&str) -> bool,
    look: &mut Look,
) -> io::Result<()> {
    let place = Place(way.clone());
    let facts = statat(&folder, place.name(), AtFlags::SYMLINK_NOFOLLOW)?;
    match FileType::from_raw_mode(facts.st_mode) {
        FileType::Directory if way.len() >= DEEPEST => {
            Err(io::Error::other(format!("folders lie more than {DEEPEST} deep")))
        }
        FileType::Directory => {
            let inner = openat(&folder, place.name(), INTO, Mode::empty())?;
            walk(inner, way, wanted, look);
            Ok(())
        }
        FileType::RegularFile if wanted(&place.text()) => {
            let shape = Shape {
                size: u64::try_from(facts.st_size).unwrap_or_default(),
                modified: nanoseconds(facts.st_mtime, facts.st_mtime_nsec as i64),
                changed: nanoseconds(facts.st_ctime, facts.st_ctime_nsec as i64),
            };
            let marked = names.contains(&marker_name(place.name()));
            look.files.push(Found { place, shape, device: facts.st_dev, marked });
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The name of a file's marker.
pub(crate) fn marker_name(name: &OsStr) -> OsString {
    let mut marker = name.to_owned();
    marker.push(MARKER);
    marker
}

fn names_in(folder: impl AsFd, most: usize) -> io::Result<BTreeSet<OsString>> {
    let mut names = BTreeSet::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name == b"." || name == b".." {
            continue;
        }
        if names.len() == most {
            return Err(io::Error::other(format!(
                "there are more than {MOST} names; this look does not take them in"
            )));
        }
        names.insert(OsString::from_vec(name));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn places(look: &Look) -> Vec<String> {
        look.files.iter().map(|found| found.place.text()).collect()
    }

    #[test]
    fn no_link_is_followed_not_even_one_put_in_place_between_look_and_read() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret.mp4"), "secret").unwrap();
        fs::create_dir_all(inside.path().join("cam/dcim")).unwrap();
        fs::write(inside.path().join("cam/dcim/a.mp4"), "a").unwrap();
        symlink(outside.path(), inside.path().join("link")).unwrap();
        symlink(outside.path().join("secret.mp4"), inside.path().join("cam/b.mp4")).unwrap();
        let folder = Folder::open(inside.path()).unwrap();
        let look = folder.look(&|_| true);
        assert_eq!(places(&look), ["cam/dcim/a.mp4"]);
        let place = look.files[0].place.clone();
        assert!(folder.open_file(&place).is_ok());
        fs::rename(inside.path().join("cam/dcim"), inside.path().join("cam/old")).unwrap();
        fs::write(outside.path().join("a.mp4"), "secret").unwrap();
        symlink(outside.path(), inside.path().join("cam/dcim")).unwrap();
        assert!(folder.open_file(&place).is_err());
        assert!(folder.remove(&place).is_err());
        assert!(outside.path().join("a.mp4").exists());
    }

    #[test]
    fn a_pipe_in_a_files_place_does_not_hold_the_agent() {
        let inside = tempfile::tempdir().unwrap();
        let pipe = inside.path().join("a.mp4");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let folder = Folder::open(inside.path()).unwrap();
        assert!(folder.look(&|_| true).files.is_empty());
        assert!(folder.open_file(&Place::in_camera(None, "a.mp4").unwrap()).is_err());
    }

    #[test]
    fn an_empty_mount_point_is_no_camera() {
        let inside = tempfile::tempdir().unwrap();
        fs::create_dir_all(inside.path().join("empty")).unwrap();
        fs::create_dir_all(inside.path().join("full/x")).unwrap();
        let look = Folder::open(inside.path()).unwrap().look(&|_| true);
        assert_eq!(look.cameras.into_iter().collect::<Vec<_>>(), ["full"]);
    }

    #[test]
    fn a_name_from_a_profile_stays_in_the_camera() {
        assert!(Place::in_camera(Some(OsStr::new("cam")), "../other/a").is_none());
        assert!(Place::in_camera(Some(OsStr::new("cam")), "/etc/passwd").is_none());
        assert_eq!(Place::in_camera(Some(OsStr::new("cam")), "a/b").unwrap().text(), "cam/a/b");
    }

    #[test]
    fn folders_that_lie_too_deep_are_said_and_the_rest_is_found() {
        let inside = tempfile::tempdir().unwrap();
        let deep: String = "d/".repeat(20);
        fs::create_dir_all(inside.path().join(&deep)).unwrap();
        fs::write(inside.path().join("d/a.mp4"), "").unwrap();
        let look = Folder::open(inside.path()).unwrap().look(&|_| true);
        assert_eq!((places(&look), look.troubles.len()), (vec!["d/a.mp4".to_owned()], 1));
    }
}
