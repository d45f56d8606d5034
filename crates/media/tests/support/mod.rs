//! What the tests of this crate share: clips, and tools behind walls.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, reason = "tests; each uses a part")]

use std::fs::{self, File, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use onrecord_media::{MediaConfig, Source};
use tempfile::TempDir;

/// A user and group that nobody has, one per test: threads are counted per user, and one test takes them all.
pub fn nobody() -> (u32, u32) {
    let number = 1_000_000 + std::process::id();
    (number, number)
}

/// A clip in memory.
pub struct Bytes(pub Vec<u8>);

impl Source for Bytes {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let bytes = self.0.get(range.start as usize..range.end as usize);
        bytes.ok_or(io::ErrorKind::UnexpectedEof)?.chunks(1 << 16).try_for_each(sink)
    }
}

/// A clip on disk, and how much of it was read.
pub struct Counted {
    pub file: File,
    pub read: AtomicU64,
}

impl Source for Counted {
    fn size(&self) -> u64 {
        self.file.metadata().unwrap().len()
    }

    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.read.fetch_add(range.end - range.start, Ordering::Relaxed);
        let mut at = range.start;
        let mut buffer = vec![0; 1 << 20];
        while at < range.end {
            let piece = &mut buffer[..((range.end - at) as usize).min(1 << 20)];
            self.file.read_exact_at(piece, at)?;
            sink(piece)?;
            at += piece.len() as u64;
        }
        Ok(())
    }
}

/// An example of this crate, which `cargo test` and `cargo nextest` build before the tests run, unless they are told
/// which tests to build.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap().join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).with_extension("rs");
    let age = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let say = "build the examples first: cargo build -p onrecord-media --examples";
    assert!(built.is_file() && age(&built) >= age(&source), "{say}");
    built
}

/// Settings as a server has them, with the jailer of the tests; as another user where we may.
pub fn config() -> MediaConfig {
    MediaConfig {
        jailer: env!("CARGO_BIN_EXE_media-jail").into(),
        jailer_args: Vec::new(),
        run_as: rustix::process::getuid().is_root().then(nobody),
        wall: Duration::from_mins(2),
        cpu_seconds: 120,
        ..MediaConfig::default()
    }
}

/// A folder that other users may look into.
pub fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Makes a file with ffmpeg, outside any jail, from its own test picture and tone.
pub fn made(folder: &Path, name: &str, args: &str) -> Vec<u8> {
    let path = folder.join(name);
    let made = Command::new("/usr/bin/ffmpeg")
        .args("-nostdin -hide_banner -v error -y".split(' '))
        .args(args.split_whitespace())
        .arg(&path)
        .output()
        .expect("ffmpeg is needed for these tests");
    assert!(made.status.success(), "{args}: {}", String::from_utf8_lossy(&made.stderr));
    fs::read(path).unwrap()
}

/// Four seconds of picture.
pub const PICTURE: &str = "-f lavfi -i testsrc2=size=320x240:rate=10:duration=4";
/// Four seconds of a tone.
pub const TONE: &str = "-f lavfi -i sine=frequency=440:sample_rate=16000:duration=4";
/// Encoded as most cameras do.
pub const H264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10";
