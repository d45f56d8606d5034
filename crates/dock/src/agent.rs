//! The agent: looks, lets a bounded number of files be brought at the same time, and looks again.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::future::Future;
use std::path::Path;
use std::pin::Pin as Pinned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use onrecord_client::{Client, origin_of};
use tokio::sync::OnceCell;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::camera::Cameras;
use crate::error::Trouble;
use crate::event::{Event, Name};
use crate::fact::{self, Written};
use crate::folder::{Folder, Found, Look, Place};
use crate::job;
use crate::journal::{Journal, Pin};
use crate::mark;
use crate::profile::{Profile, check_zone};
use crate::watchlist::{Tried, Waits, Watchlist};
use crate::{DockConfig, DockError, Until};

/// How many looks a run that ends by itself gives a file to stop growing.
const LOOKS: u32 = 20;
/// How large a camera's clock file may be, in bytes.
const LARGEST_CLOCK: u64 = 4096;

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Files that were made or found safe.
    pub safe: u64,
    /// Files that are there and not safe yet.
    pub left: u64,
    /// Folders that could not be looked at.
    pub unseen: u64,
}

/// What all files on their way share.
pub(crate) struct Agent {
    pub folder: Folder,
    pub client: Client,
    pub profile: Profile,
    pub timezone: Option<String>,
    journal: Mutex<Journal>,
    cameras: Mutex<Cameras>,
    pin: Pin,
    key: OnceCell<String>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    events: Box<dyn Fn(Event) + Send + Sync>,
}

/// Runs the agent: until `shutdown` comes, or until everything has been tried once where `config.until` says so. `clock`
/// gives the present time, `events` hears what happens; it may be called from any thread.
///
/// Dropping the future, or killing the process, at any moment loses nothing.
///
/// # Errors
/// See [`DockError`]: it cannot start. What goes wrong with a camera, a file or the server is an [`Event`].
pub async fn run(
    config: DockConfig,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
    events: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Summary, DockError> {
    let waits = Waits {
        quiet: Duration::from_secs(config.profile.quiet_seconds()),
        first: config.first_pause,
        longest: config.longest_pause,
    };
    let (until, look_every, at_once) = (config.until, config.look_every, config.at_once.max(1));
    let agent = Arc::new(Agent::open(config, Box::new(clock), Box::new(events))?);
    let rounds = Rounds {
        agent,
        list: Watchlist::new(waits),
        jobs: JoinSet::new(),
        places: HashMap::new(),
        at_once,
        unseen: 0,
        safe: 0,
        most_looks: LOOKS + looks_in(waits.quiet, look_every),
    };
    let shutdown = std::pin::pin!(shutdown);
    rounds.turn(until, look_every, shutdown).await
}

impl Agent {
    fn open(
        config: DockConfig,
        clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
        events: Box<dyn Fn(Event) + Send + Sync>,
    ) -> Result<Self, DockError> {
        check_zone(config.timezone.as_deref()).map_err(|zone| DockError::Zone { zone })?;
        let client = Client::new(&config.server, &config.token, config.client)?;
        let fail = |source| DockError::File { path: config.watch.clone(), action: "watch it", source };
        let folder = Folder::open(&config.watch).map_err(fail)?;
        if is_inside(&config.state, &config.watch) {
            return Err(DockError::StateInside { path: config.state });
        }
        let (journal, lines) = Journal::open(&config.state)?;
        if lines > 0 {
            events(Event::JournalDamaged { lines });
        }
        let pin = Pin::in_folder(&config.state);
        let key = match config.key {
            Some(key) => Some(key),
            None => pin.read()?,
        };
        if let Some(key) = &key {
            origin_of(key).map_err(|error| DockError::Key { key: key.clone(), why: error.to_string() })?;
        }
        Ok(Self {
            folder,
            client,
            profile: config.profile,
            timezone: config.timezone,
            journal: Mutex::new(journal),
            cameras: Mutex::default(),
            pin,
            key: OnceCell::new_with(key),
            clock,
            events,
        })
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub fn say(&self, event: Event) {
        (self.events)(event);
    }

    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn cameras(&self) -> MutexGuard<'_, Cameras> {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key by which receipts are checked: given, pinned, or taken from the server now and pinned.
    pub async fn ledger_key(&self) -> Result<String, Trouble> {
        let taken = self.key.get_or_try_init(|| async {
            let key = self.client.ledger_key().await?;
            self.pin.write(&key)?;
            self.say(Event::KeyPinned { key: key.clone() });
            Ok::<_, Trouble>(key)
        });
        taken.await.cloned()
    }

    /// Looks at everything once. Blocks.
    fn look(&self) -> Look {
        let look = self.folder.look(&|path| self.profile.is_media(path));
        let mut events = Vec::new();
        self.cameras().look(&look.cameras, &mut events);
        events.into_iter().for_each(|event| self.say(event));
        if let Some(clock) = self.profile.clock() {
            let unread = self.cameras().unread(clock.written);
            for camera in unread {
                self.read_clock(&camera);
            }
        }
        for (folder, error) in &look.troubles {
            self.say(Event::NotSeen { folder: Name::of(folder), why: error.to_string() });
        }
        look
    }

    fn read_clock(&self, camera: &OsString) -> Option<()> {
        let clock = self.profile.clock()?;
        let place = Place::in_camera(Some(camera), &clock.file)?;
        let bytes = self.folder.read_small(&place, LARGEST_CLOCK).ok()?;
        let now = self.now();
        let zone = self.timezone.as_deref().or(self.profile.timezone());
        let said = Written::read(&fact::text(&bytes), &clock.times)?.instant(zone)?;
        let event = self.cameras().read(camera, clock.written, said, now)?;
        self.say(event);
        Some(())
    }

    /// Takes markers away that lie beside other files than they were laid for. Blocks.
    fn clear_markers(&self, fresh: &[Found]) {
        for found in fresh.iter().filter(|found| found.marked) {
            let file = Name::from(&found.place);
            match mark::clear_stale(&self.folder, found) {
                Ok(true) => self.say(Event::StaleMarker { file }),
                Ok(false) => {}
                Err(error) => self.say(Event::NotUnmarked { file, why: error.to_string() }),
            }
        }
    }
}

/// How many looks fall into a time.
fn looks_in(time: Duration, every: Duration) -> u32 {
    let looks = time.as_millis() / every.as_millis().max(1);
    u32::try_from(looks).unwrap_or(u32::MAX / 2)
}

/// Whether a folder lies in another, links followed; also one that is not there yet.
fn is_inside(inner: &Path, outer: &Path) -> bool {
    let absolute = std::path::absolute(inner).unwrap_or_else(|_| inner.to_owned());
    let there = absolute.ancestors().find_map(|path| fs::canonicalize(path).ok());
    match (there, fs::canonicalize(outer)) {
        (Some(there), Ok(outer)) => there.starts_with(outer),
        _ => false,
    }
}

/// Runs something that blocks on a thread for such things.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DockError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| DockError::Broken { why: error.to_string() })
}

type Ended = Result<(Id, Result<(), Trouble>), JoinError>;

/// Look after look.
struct Rounds {
    agent: Arc<Agent>,
    list: Watchlist,
    jobs: JoinSet<Result<(), Trouble>>,
    places: HashMap<Id, Place>,
    at_once: usize,
    unseen: u64,
    safe: u64,
    most_looks: u32,
}

impl Rounds {
    async fn turn(
        mut self,
        until: Until,
        every: Duration,
        mut shutdown: Pinned<&mut impl Future<Output = ()>>,
    ) -> Result<Summary, DockError> {
        let mut looks = 0;
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(self.summary()),
                looked = self.look() => looked?,
            }
            looks += 1;
            let next = Instant::now() + every;
            loop {
                self.start();
                if until == Until::Tried && self.is_tried(looks) {
                    return Ok(self.summary());
                }
                tokio::select! {
                    () = &mut shutdown => return Ok(self.summary()),
                    Some(ended) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => self.ended(ended),
                    () = tokio::time::sleep_until(next) => break,
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), DockError> {
        let agent = Arc::clone(&self.agent);
        let look = blocking(move || agent.look()).await?;
        self.unseen = look.troubles.len() as u64;
        let fresh = self.list.look(look.files, Instant::now());
        let agent = Arc::clone(&self.agent);
        blocking(move || agent.clear_markers(&fresh)).await
    }

    fn start(&mut self) {
        let free = self.at_once.saturating_sub(self.jobs.len());
        for found in self.list.next(free, Instant::now()) {
            let place = found.place.clone();
            let job = self.jobs.spawn(job::bring(Arc::clone(&self.agent), found));
            self.places.insert(job.id(), place);
        }
    }

    fn ended(&mut self, ended: Ended) {
        let (id, why) = match ended {
            Ok((id, Ok(()))) => (id, None),
            Ok((id, Err(trouble))) => (id, Some((trouble.is_stubborn(), trouble.to_string()))),
            Err(broken) => (broken.id(), Some((true, format!("a fault in the agent: {broken}")))),
        };
        let Some(place) = self.places.remove(&id) else { return };
        let tried = match &why {
            None => Tried::Safe,
            Some((false, _)) => Tried::Failed,
            Some((true, _)) => Tried::Stubborn,
        };
        self.safe += u64::from(why.is_none());
        let wait = self.list.tried(&place, tried, Instant::now());
        if let Some((_, why)) = why {
            self.agent.say(Event::NotYet { file: Name::from(&place), why, again_in: wait.as_secs() });
        }
    }

    /// Whether every file that is there has been tried, and none is still expected to stop growing.
    fn is_tried(&self, looks: u32) -> bool {
        let counts = self.list.counts();
        counts.untried == 0 && (counts.growing == 0 || looks >= self.most_looks)
    }

    fn summary(&self) -> Summary {
        let counts = self.list.counts();
        let left = counts.growing + counts.untried + counts.failed;
        Summary { safe: self.safe, left, unseen: self.unseen }
    }
}
