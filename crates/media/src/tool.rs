//! One run of a media tool, watched from outside: started through the jailer, fed by descriptor, listened to within
//! bounds, and killed with everything it started when it overstays. Blocking; the caller sees to where it runs. Not
//! here: what the tool may do inside (`jail`), and what its answer means.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::runtime::Handle;

use crate::boxes::Part;
use crate::error::MediaError;
use crate::jail::{NOT_JAILED, Order};
use crate::media::MediaConfig;
use crate::source::{Scratch, Source, stream};

/// What of a tool's complaints is kept.
const LOG: usize = 16 << 10;
/// What of them goes into a sentence.
const SENTENCE: usize = 300;
/// How often the memory behind a sparse file is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What ffmpeg says where a track was asked for that the file has not; other lines may follow.
const NO_TRACK: &str = "matches no streams";
/// How ffmpeg ends after a signal that it handles; the only one that reaches it is that its processor time is up.
const HANDLED_SIGNAL: i32 = 255;
/// Words of the tool or the loader that tell of its surroundings and not of the file.
const SURROUNDINGS: [&str; 5] = [
    "Cannot allocate memory",
    "Operation not permitted",
    "Permission denied",
    "Resource temporarily unavailable",
    "error while loading shared libraries",
];

/// What a tool is given to read.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// Nothing.
    None,
    /// A file in memory, in which it may jump.
    File(&'a Scratch),
    /// A pipe, and what to send down it.
    Pipe(&'a dyn Source, &'a [Part]),
}

impl Input<'_> {
    /// The arguments that name the input, with the only protocol by which the tool may open anything.
    pub fn args(&self) -> [&'static str; 4] {
        match self {
            // The `fd` protocol came with ffmpeg 6.0; by this name 5.1 opens the descriptor as a file.
            Self::File(_) => ["-protocol_whitelist", "file", "-i", "file:/proc/self/fd/0"],
            Self::None | Self::Pipe(..) => ["-protocol_whitelist", "pipe", "-i", "pipe:0"],
        }
    }

    fn stdio(&self) -> io::Result<Stdio> {
        Ok(match self {
            Self::None => Stdio::null(),
            Self::File(scratch) => scratch.descriptor()?.into(),
            Self::Pipe(..) => Stdio::piped(),
        })
    }
}

/// One run.
pub(crate) struct Job<'a> {
    /// The program; none: only the jailer's report.
    pub tool: Option<&'a Path>,
    pub args: Vec<OsString>,
    pub input: Input<'a>,
    /// Bytes of output after which it is stopped.
    pub output_limit: u64,
}

/// Where output goes, piece by piece.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// Why we stopped it.
enum Stop {
    Wall,
    Output,
    Memory,
    Sink(io::Error),
    Read(io::Error),
}

/// Runs a job to its end.
///
/// # Errors
///
/// [`MediaError::Unreadable`] where the tool ended with an error of its own, else what stopped it.
pub(crate) fn run(config: &MediaConfig, job: &Job<'_>, sink: Sink<'_>) -> Result<(), MediaError> {
    let name = name(job.tool);
    let mut child = start(config, job).map_err(|error| MediaError::failed(&name, error.to_string()))?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let watched = watch(config, job, &child, pipes, sink);
    // Only now may its number go to another process: nobody is left who would signal it.
    let status = child.wait().map_err(|error| MediaError::failed(&name, error.to_string()))?;
    let (stop, fed, log) = watched?;
    match stop {
        Some(Stop::Wall) => Err(MediaError::Timeout { tool: name, after: config.wall }),
        Some(Stop::Output) => {
            Err(MediaError::TooLarge(format!("{name} put out more than {} bytes", job.output_limit)))
        }
        Some(Stop::Memory) => Err(MediaError::failed(&name, "it took more memory than is allowed")),
        Some(Stop::Sink(error)) => Err(MediaError::Sink(error)),
        Some(Stop::Read(error)) => Err(MediaError::failed(&name, error.to_string())),
        None => fed.and_then(|()| judge(config, name, status, &log)),
    }
}

fn name(tool: Option<&Path>) -> String {
    let file = tool.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    file.unwrap_or_else(|| "the media jailer".into())
}

fn start(config: &MediaConfig, job: &Job<'_>) -> io::Result<Child> {
    let order = Order {
        tool: job.tool.map(Path::to_path_buf),
        run_as: config.run_as,
        memory_bytes: config.memory_bytes,
        cpu_seconds: config.cpu_seconds,
    };
    Command::new(&config.jailer)
        .args(&config.jailer_args)
        .arg(serde_json::to_string(&order)?)
        .args(&job.args)
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(job.input.stdio()?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

type Pipes = (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>);
type Watched = (Option<Stop>, Result<(), MediaError>, String);

/// Feeds, hears and guards a tool until it has ended, without taking its end (and so its number) away.
fn watch(
    config: &MediaConfig,
    job: &Job<'_>,
    child: &Child,
    (stdin, stdout, stderr): Pipes,
    sink: Sink<'_>,
) -> Result<Watched, MediaError> {
    let name = name(job.tool);
    let pid = Pid::from_child(child);
    let runtime = Handle::try_current().ok();
    thread::scope(|scope| {
        let (ended, end) = channel::<()>();
        let guard = scope.spawn(move || guard(config, job.input, pid, &end));
        let log = scope.spawn(|| read_log(stderr));
        let feeder = scope.spawn(|| {
            // A source may need the runtime to wait on.
            let _entered = runtime.as_ref().map(Handle::enter);
            match (job.input, stdin) {
                (Input::Pipe(source, parts), Some(mut pipe)) => stream(source, parts, &mut pipe),
                _ => Ok(()),
            }
        });
        let heard = hear(stdout, job.output_limit, sink);
        if heard.is_some() {
            kill(pid);
        }
        let waited = wait(pid);
        // Without a receiver the guard has already done its work.
        let _ = ended.send(());
        let guarded = joined(guard, &name)?;
        let fed = joined(feeder, &name)?;
        let log = joined(log, &name)?;
        waited.map_err(|error| MediaError::failed(&name, error.to_string()))?;
        Ok((heard.or(guarded), fed, log))
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>, name: &str) -> Result<T, MediaError> {
    thread.join().map_err(|_| MediaError::failed(name, "a thread that served it broke down"))
}

/// Waits until the process has ended, but leaves it for `Child::wait`.
fn wait(pid: Pid) -> io::Result<()> {
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(rustix::io::Errno::INTR) => {}
            ended => return Ok(ended.map(|_| ())?),
        }
    }
}

/// Kills the tool and whatever shares its process group. Called only while the tool has not been waited for.
fn kill(pid: Pid) {
    // The only error left is that it has ended already.
    let _ = kill_process_group(pid, Signal::KILL);
}

/// Kills the tool when its time is up, when it fills the holes of a sparse file, or when whoever listens is gone.
fn guard(config: &MediaConfig, input: Input<'_>, pid: Pid, end: &Receiver<()>) -> Option<Stop> {
    let until = Instant::now() + config.wall;
    let grown = || if let Input::File(scratch) = input { scratch.grown().unwrap_or(u64::MAX) } else { 0 };
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let stop = match end.recv_timeout(left.min(LOOK)) {
            Ok(()) => return None,
            Err(RecvTimeoutError::Timeout) if left.is_zero() => Stop::Wall,
            Err(RecvTimeoutError::Timeout) if grown() > config.memory_bytes => Stop::Memory,
            Err(RecvTimeoutError::Timeout) => continue,
            // The one who listens broke down; nobody wants the rest.
            Err(RecvTimeoutError::Disconnected) => Stop::Wall,
        };
        kill(pid);
        return Some(stop);
    }
}

/// Passes the output on; says why where it stopped before the end.
fn hear(stdout: Option<ChildStdout>, limit: u64, sink: Sink<'_>) -> Option<Stop> {
    let mut stdout = stdout?;
    let (mut buffer, mut heard) = (vec![0; 64 << 10], 0_u64);
    loop {
        let read = match stdout.read(&mut buffer) {
            Ok(0) => return None,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Some(Stop::Read(error)),
        };
        heard += read as u64;
        if heard > limit {
            return Some(Stop::Output);
        }
        if let Err(error) = sink(buffer.get(..read).unwrap_or_default()) {
            return Some(Stop::Sink(error));
        }
    }
}

/// Keeps the end of what the tool complains about, which is where it says why it gave up, and hears the rest out.
fn read_log(stderr: Option<ChildStderr>) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    let Some(mut stderr) = stderr else { return String::new() };
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let over = kept.len().saturating_sub(LOG);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// What the way it ended means.
fn judge(config: &MediaConfig, tool: String, status: ExitStatus, log: &str) -> Result<(), MediaError> {
    let said = last_words(log);
    let after = Duration::from_secs(config.cpu_seconds);
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(HANDLED_SIGNAL), _) | (None, Some(libc::SIGXCPU)) => Err(MediaError::Timeout { tool, after }),
        (Some(code), _) if code == i32::from(NOT_JAILED) || is_surroundings(log) => {
            Err(MediaError::ToolFailed { tool, what: said })
        }
        (Some(_), _) if log.contains(NO_TRACK) => Err(MediaError::Lacks("such track")),
        (Some(_), _) => Err(MediaError::Unreadable(said)),
        (None, signal) => {
            let what = format!("signal {}, {said}", signal.unwrap_or_default());
            Err(MediaError::ToolFailed { tool, what })
        }
    }
}

fn is_surroundings(log: &str) -> bool {
    SURROUNDINGS.iter().any(|words| log.contains(words))
}

/// The last line that says something, without what it cannot help saying.
fn last_words(log: &str) -> String {
    let clean = |line: &str| line.replace("file:/proc/self/fd/0: ", "").replace("pipe:0: ", "");
    let printable =
        |text: String| text.chars().filter(|c| !c.is_control()).take(SENTENCE).collect::<String>();
    let mut lines = log.lines().rev().map(|line| printable(clean(line)).trim().to_owned());
    lines.find(|line| !line.is_empty()).unwrap_or_else(|| "it gave no reason".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ops::Range;

    use super::*;

    /// A clip of zeros that is too long to be held.
    struct Zeros;

    impl Source for Zeros {
        fn size(&self) -> u64 {
            1 << 30
        }

        fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
            sink(&vec![0; (range.end - range.start) as usize])
        }
    }

    #[test]
    fn a_tool_that_fills_the_holes_of_the_evidence_is_killed() {
        let scratch = Scratch::telling(&Zeros, 1 << 20).unwrap();
        let config = MediaConfig { memory_bytes: 4 << 20, ..MediaConfig::default() };
        let mut child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let (_listener, end) = channel();
        scratch.fill_holes();
        let stop = guard(&config, Input::File(&scratch), Pid::from_child(&child), &end);
        assert!(matches!(stop, Some(Stop::Memory)));
        assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
    }

    #[test]
    fn the_last_words_are_those_of_the_tool_without_our_names_and_control_characters() {
        let log = "Format not known\nfile:/proc/self/fd/0: Invalid data\u{1b}[0m found\n\n \n";
        assert_eq!(last_words(log), "Invalid data[0m found");
        assert_eq!(last_words(""), "it gave no reason");
        assert_eq!(last_words(&"x".repeat(9999)).len(), SENTENCE);
    }
}
