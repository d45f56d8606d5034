//! A media tool that has been taken over tries everything it could do to a server; each attempt is refused, one by
//! one. Where an attempt can be made without harm, it is first made outside the jail and must succeed there: so a
//! refusal is the jail's doing. As root the tool runs as another user and, in a second round, as root without
//! privileges; otherwise as ourselves. Where the kernel has no Landlock, what only Landlock refuses is left out, aloud.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use onrecord_media::{Media, MediaConfig, MediaError};
use support::{Bytes, config, example, open_folder};
use tempfile::TempDir;

/// A folder that holds the hostile tool where every user can start it.
struct Lair {
    folder: TempDir,
}

impl Lair {
    fn new() -> Self {
        let folder = open_folder();
        fs::copy(example("hostile-tool"), folder.path().join("ffprobe")).unwrap();
        Self { folder }
    }

    fn tool(&self) -> PathBuf {
        self.folder.path().join("ffprobe")
    }

    /// A file beside the tool, of a mode.
    fn file(&self, name: &str, mode: u32) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, "the key").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }

    fn media(&self, change: impl FnOnce(&mut MediaConfig)) -> Media {
        let mut config = MediaConfig { ffprobe: self.tool(), memory_bytes: 1 << 30, ..config() };
        change(&mut config);
        Media::new(config)
    }

    /// The attempt outside the jail, by ourselves.
    fn unjailed(&self, order: &str) -> String {
        let mut tool = Command::new(self.tool())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tool.stdin.take().unwrap().write_all(order.as_bytes()).unwrap();
        String::from_utf8(tool.wait_with_output().unwrap().stderr).unwrap()
    }

    /// The attempt inside every jail that this machine can build; its answers.
    async fn jailed(&self, order: &str) -> Vec<String> {
        let own_user = config().run_as.is_some().then(|| self.media(|config| config.run_as = None));
        let mut answers = Vec::new();
        for media in std::iter::once(self.media(|_| {})).chain(own_user) {
            answers.push(attempt(&media, order).await.to_string());
        }
        answers
    }

    async fn refuses(&self, order: &str) {
        for answer in self.jailed(order).await {
            assert!(answer.contains("REFUSED (") && !answer.contains("SUCCEEDED"), "{order}: {answer}");
        }
    }

    /// Refused inside, though granted outside.
    async fn refuses_what_is_granted_outside(&self, order: &str) {
        let outside = self.unjailed(order);
        assert!(outside.starts_with("SUCCEEDED"), "{order}: {outside}");
        self.refuses(order).await;
    }

    /// Whether the kernel has Landlock; says so where a check is left out.
    async fn has_landlock(&self) -> bool {
        let has = self.media(|_| {}).protection().await.unwrap().landlock.is_some();
        if !has {
            eprintln!("LEFT OUT: this kernel has no Landlock");
        }
        has
    }
}

async fn attempt(media: &Media, order: &str) -> MediaError {
    media.probe(&Bytes(order.into())).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walls_are_as_they_are_said_to_be() {
    let lair = Lair::new();
    let protection = lair.media(|_| {}).protection().await.unwrap();
    assert!(protection.seccomp);
    assert_eq!(protection.other_user, rustix::process::getuid().is_root());
    let own = lair.media(|config| config.run_as = None).protection().await.unwrap();
    assert!(own.seccomp && !own.other_user);
    assert_eq!(own.landlock, protection.landlock);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_another_user_in_an_empty_place_with_nothing_in_its_hands() {
    let lair = Lair::new();
    let leak = File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    assert!(!lair.unjailed("descriptors").contains("open []"));
    for answer in lair.jailed("descriptors").await {
        assert!(answer.contains("SUCCEEDED open []"), "{answer}");
    }
    for answer in lair.jailed("surroundings").await {
        assert!(answer.contains("SUCCEEDED 0 variables"), "{answer}");
    }
    if let Some((user, _)) = config().run_as {
        let who = attempt(&lair.media(|_| {}), "whoami").await.to_string();
        assert!(who.contains(&format!("SUCCEEDED user {user}")), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_no_key() {
    let lair = Lair::new();
    let (private, public) = (lair.file("key-0600", 0o600), lair.file("key-0644", 0o644));
    if config().run_as.is_some() {
        let answer = attempt(&lair.media(|_| {}), &format!("read {private}")).await.to_string();
        assert!(answer.contains("REFUSED ("), "{answer}");
    }
    if lair.has_landlock().await {
        lair.refuses_what_is_granted_outside(&format!("read {private}")).await;
        lair.refuses_what_is_granted_outside(&format!("read {public}")).await;
        lair.refuses_what_is_granted_outside("read /etc/passwd").await;
        lair.refuses_what_is_granted_outside("read /proc/self/status").await;
        lair.refuses_what_is_granted_outside("read /proc/1/status").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lists_no_folder() {
    let lair = Lair::new();
    for folder in [lair.folder.path(), Path::new("/"), Path::new("/usr/lib"), Path::new("/proc")] {
        lair.refuses_what_is_granted_outside(&format!("list {}", folder.display())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_writes_and_deletes_nothing() {
    let lair = Lair::new();
    let open = open_folder();
    fs::set_permissions(open.path(), Permissions::from_mode(0o777)).unwrap();
    let new = open.path().join("new");
    lair.refuses_what_is_granted_outside(&format!("write {}", new.display())).await;
    fs::remove_file(&new).unwrap();
    lair.refuses(&format!("write {}", new.display())).await;
    assert!(!new.exists());
    let writable = lair.file("mode-0666", 0o666);
    lair.refuses_what_is_granted_outside(&format!("write {writable}")).await;
    lair.refuses(&format!("truncate {writable}")).await;
    assert_eq!(fs::read(&writable).unwrap(), b"the key");
    // By the filter (EPERM), so also where there is no Landlock (whose word is EACCES).
    for answer in lair.jailed(&format!("write {writable}")).await {
        assert!(answer.contains("os error 1)"), "{answer}");
    }
    // The working folder.
    let here = "onrecord-hostile-tool-was-here";
    lair.refuses(&format!("write {here}")).await;
    lair.refuses(&format!("write /tmp/{here}")).await;
    lair.refuses(&format!("delete {writable}")).await;
    assert!(Path::new(&writable).exists());
    for place in [Path::new("/"), Path::new("."), Path::new("/tmp")] {
        assert!(!place.join(here).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_change_the_evidence() {
    Lair::new().refuses("evidence").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reaches_no_network_and_no_socket() {
    let lair = Lair::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    tcp.set_nonblocking(true).unwrap();
    let address = tcp.local_addr().unwrap();
    lair.refuses_what_is_granted_outside(&format!("tcp {address}")).await;
    assert!(tcp.accept().is_ok(), "the attempt outside");
    assert_eq!(tcp.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody from inside");
    let path = lair.folder.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    unix.set_nonblocking(true).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    lair.refuses_what_is_granted_outside(&format!("unix {}", path.display())).await;
    assert!(unix.accept().is_ok(), "the attempt outside");
    assert_eq!(unix.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody from inside");
    lair.refuses_what_is_granted_outside("udp").await;
    lair.refuses_what_is_granted_outside("listen").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_no_process_and_becomes_no_other_program() {
    let lair = Lair::new();
    lair.refuses_what_is_granted_outside("fork").await;
    if lair.has_landlock().await {
        lair.refuses("exec /bin/sh").await;
        lair.refuses("exec /usr/bin/ffmpeg").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_out_of_threads_and_memory_before_the_server_does() {
    let lair = Lair::new();
    for order in ["threads", "memory"] {
        lair.refuses(order).await;
    }
    // Some it needs, and gets.
    assert!(!lair.jailed("threads").await.iter().any(|answer| answer.contains("after 0 threads")));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_nothing_to_the_server() {
    let lair = Lair::new();
    for order in ["kill", "ptrace", "memory-of", "environment-of"] {
        lair.refuses(order).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_run_for_ever() {
    let lair = Lair::new();
    let began = Instant::now();
    let wall = Duration::from_secs(1);
    let asleep = attempt(&lair.media(|config| config.wall = wall), "sleep").await;
    assert!(matches!(asleep, MediaError::Timeout { after, .. } if after == wall), "{asleep}");
    let busy = attempt(&lair.media(|config| config.cpu_seconds = 1), "spin").await;
    assert!(matches!(busy, MediaError::Timeout { after, .. } if after == Duration::from_secs(1)), "{busy}");
    // Not a measurement: without the limits neither would ever have come back.
    assert!(began.elapsed() < Duration::from_mins(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_flood_the_server() {
    let lair = Lair::new();
    let flood = attempt(&lair.media(|_| {}), "flood").await;
    assert!(matches!(flood, MediaError::TooLarge(_)), "{flood}");
    let complaints = attempt(&lair.media(|_| {}), "complain").await;
    assert!(complaints.to_string().contains("SUCCEEDED flooded"), "heard out to the end");
    assert!(complaints.to_string().len() < 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_crash_is_its_own() {
    let lair = Lair::new();
    let crash = attempt(&lair.media(|_| {}), "crash").await;
    assert!(matches!(crash, MediaError::ToolFailed { .. }), "{crash}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_all_that_the_next_tool_is_served() {
    let lair = Lair::new();
    let media = lair.media(|config| config.wall = Duration::from_secs(1));
    for order in ["sleep", "flood", "crash", "sleep"] {
        attempt(&media, order).await;
    }
    assert!(attempt(&media, "surroundings").await.to_string().contains("SUCCEEDED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_that_cannot_be_had_is_an_error_and_not_a_shrug() {
    if rustix::process::getuid().is_root() {
        eprintln!("LEFT OUT: root may become any user");
        return;
    }
    let lair = Lair::new();
    let answer = attempt(&lair.media(|config| config.run_as = Some(support::nobody())), "whoami").await;
    assert!(matches!(answer, MediaError::ToolFailed { .. }), "{answer}");
}
