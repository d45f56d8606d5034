//! The door to the tools: settings, and one call per thing that can be asked of a recording. Each call waits for its
//! turn, then works where blocking is allowed.

use std::ffi::OsString;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use crate::boxes;
use crate::derive::{self, ProxyKind, Waveform};
use crate::error::MediaError;
use crate::facts::{self, Facts};
use crate::jail::Protection;
use crate::source::{Scratch, Source};
use crate::tool::{self, Input, Job, Sink};

/// What ffprobe may say at most about one recording, in bytes; the rest of a report is the same for the jailer.
const ANSWER: u64 = 1 << 20;
/// A clip up to this many bytes is copied whole to tell what it is; of a longer one its ends say it, and copying a gigabyte
/// for each would cost more than taking it in.
const SMALL: u64 = 64 << 20;
/// The kinds of files that cameras and phones make. No playlist, no list of other files, no image, no subtitle.
const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,wav,mp3,aac";

/// Where the tools are and what they may use up.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// The program that calls [`jail_main`](crate::jail_main): this binary, to be started again.
    pub jailer: PathBuf,
    /// The arguments by which it becomes the jailer.
    pub jailer_args: Vec<String>,
    /// Where ffprobe is; an absolute path.
    pub ffprobe: PathBuf,
    /// Where ffmpeg is; an absolute path.
    pub ffmpeg: PathBuf,
    /// The user and group that the tools run as; needs root. None: the server's own.
    pub run_as: Option<(u32, u32)>,
    /// The address space of one tool, in bytes.
    pub memory_bytes: u64,
    /// The processor time of one run, in seconds.
    pub cpu_seconds: u64,
    /// How long one run may take.
    pub wall: Duration,
    /// The largest clip held in memory as a whole, in bytes.
    pub scratch_bytes: u64,
}

impl Default for MediaConfig {
    /// This binary under `media-jail`, Debian's paths, 2 GiB, an hour of processor time and of waiting, 1 GiB of
    /// scratch memory.
    fn default() -> Self {
        Self {
            jailer: "/proc/self/exe".into(),
            jailer_args: vec!["media-jail".into()],
            ffprobe: "/usr/bin/ffprobe".into(),
            ffmpeg: "/usr/bin/ffmpeg".into(),
            run_as: None,
            memory_bytes: 2 << 30,
            cpu_seconds: 3600,
            wall: Duration::from_hours(1),
            scratch_bytes: 1 << 30,
        }
    }
}

/// The media tools, each run of them in a jail of its own.
///
/// The calls of a [`Source`] and of a sink block. On tokio's multi-threaded runtime the other tasks are moved out of
/// the way meanwhile; on a single-threaded runtime everything else waits, and a source that itself waits for that
/// runtime never returns. A call that has begun is not cut short by dropping its future; it ends by its limits.
#[derive(Debug)]
pub struct Media {
    config: MediaConfig,
    /// As many tools as there are processors: more would only hold more memory at once.
    turns: Semaphore,
}

impl Media {
    /// The tools under these settings. Nothing is started yet.
    pub fn new(config: MediaConfig) -> Self {
        Self { config, turns: Semaphore::new(available_parallelism().map_or(1, NonZero::get)) }
    }

    /// Which walls stand around a tool on this machine, found by standing inside them once.
    ///
    /// # Errors
    ///
    /// [`MediaError::ToolFailed`] where the jail cannot be locked; then no tool will run either.
    pub async fn protection(&self) -> Result<Protection, MediaError> {
        self.in_turn(|| {
            let job = Job { tool: None, args: Vec::new(), input: Input::None, output_limit: ANSWER };
            let report = self.gather(&job)?;
            serde_json::from_slice(&report)
                .map_err(|error| MediaError::failed("the media jailer", format!("its report: {error}")))
        })
        .await
    }

    /// What the recording says about itself. Of a clip over the scratch size only the telling parts are read.
    ///
    /// # Errors
    ///
    /// [`MediaError::Unreadable`] where it is no media that a tool knows; the clip is evidence all the same.
    pub async fn probe(&self, source: &dyn Source) -> Result<Facts, MediaError> {
        self.in_turn(|| {
            let scratch = self.telling(source)?;
            let input = Input::File(&scratch);
            let question = ["-print_format", "json", "-show_entries", facts::QUESTION];
            let job = self.job(&self.config.ffprobe, input, &[], &question, ANSWER);
            facts::read(&self.gather(&job)?)
        })
        .await
    }

    /// A picture of the recording: JPEG, at most 640 pixels wide, turned the right way up.
    ///
    /// # Errors
    ///
    /// [`MediaError::Lacks`] where it has no picture.
    pub async fn poster(&self, source: &dyn Source, facts: &Facts) -> Result<Vec<u8>, MediaError> {
        if facts.video.is_none() {
            return Err(MediaError::Lacks("picture"));
        }
        self.in_turn(|| {
            let scratch = self.telling(source)?;
            derive::poster(facts, |before, after, limit| {
                self.gather(&self.job(&self.config.ffmpeg, Input::File(&scratch), before, after, limit))
            })
        })
        .await
    }

    /// How loud the recording is over time.
    ///
    /// # Errors
    ///
    /// [`MediaError::Lacks`] where it has no sound.
    pub async fn waveform(&self, source: &dyn Source) -> Result<Waveform, MediaError> {
        self.in_turn(|| {
            let mut fold = derive::Fold::default();
            let ended = self.with_whole(source, |input| {
                let job = self.job(&self.config.ffmpeg, input, &[], &derive::SOUND, derive::SOUND_LIMIT);
                tool::run(&self.config, &job, &mut |bytes| {
                    fold.take(bytes);
                    Ok(())
                })
            });
            match ended {
                Err(MediaError::Lacks(_)) => Err(MediaError::Lacks("sound")),
                ended => ended.map(|()| fold.finish()),
            }
        })
        .await
    }

    /// A copy that browsers play, as fragmented MP4, piece by piece into `sink`. Where it fails, `sink` may have got a
    /// part; throw that away.
    ///
    /// # Errors
    ///
    /// [`MediaError::Sink`] with the sink's own error, by which it also stops the tool.
    pub async fn proxy(
        &self,
        source: &dyn Source,
        facts: &Facts,
        sink: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
    ) -> Result<ProxyKind, MediaError> {
        self.in_turn(|| {
            let (kind, args) = derive::proxy(facts);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let limit = derive::proxy_limit(facts, source.size());
            self.with_whole(source, |input| {
                let job = self.job(&self.config.ffmpeg, input, &[], &args, limit);
                tool::run(&self.config, &job, sink)
            })?;
            Ok(kind)
        })
        .await
    }

    /// Waits for a free processor, then works where blocking harms nobody.
    async fn in_turn<T>(&self, work: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
        let closed = |_| MediaError::failed("media", "the server is shutting down");
        let _turn = self.turns.acquire().await.map_err(closed)?;
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
            _ => work(),
        }
    }

    /// The parts that say what a clip is; of a small one, all.
    fn telling(&self, source: &dyn Source) -> Result<Scratch, MediaError> {
        if source.size() <= self.config.scratch_bytes.min(SMALL) {
            Scratch::whole(source)
        } else {
            Scratch::telling(source, self.config.scratch_bytes)
        }
    }

    /// The whole clip as a file in memory, or down a pipe where it is too long for that.
    fn with_whole(
        &self,
        source: &dyn Source,
        work: impl FnOnce(Input<'_>) -> Result<(), MediaError>,
    ) -> Result<(), MediaError> {
        if source.size() <= self.config.scratch_bytes {
            work(Input::File(&Scratch::whole(source)?))
        } else {
            let parts = boxes::streaming(source, self.config.scratch_bytes)?;
            work(Input::Pipe(source, &parts))
        }
    }

    /// A run of `tool` on `input`, with its options before and after that is named.
    fn job<'a>(
        &self,
        tool: &'a Path,
        input: Input<'a>,
        before: &[&str],
        after: &[&str],
        output_limit: u64,
    ) -> Job<'a> {
        let quiet: &[&str] = &["-hide_banner", "-v", "error", "-format_whitelist", DEMUXERS];
        let stdin: &[&str] = if tool == self.config.ffmpeg { &["-nostdin"] } else { &[] };
        let args = [quiet, stdin, before, &input.args(), after].concat();
        Job { tool: Some(tool), args: args.into_iter().map(OsString::from).collect(), input, output_limit }
    }

    /// A run whose output is kept in memory.
    fn gather(&self, job: &Job<'_>) -> Result<Vec<u8>, MediaError> {
        let mut output = Vec::new();
        let sink: Sink<'_> = &mut |bytes| {
            output.extend_from_slice(bytes);
            Ok(())
        };
        tool::run(&self.config, job, sink)?;
        Ok(output)
    }
}
