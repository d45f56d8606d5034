//! Looking at evidence: original bytes, whole or in part, decrypted on the way out. Every look is a custody event,
//! committed before the first byte goes out; a player that asks for range after range is one look.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip, SealedKey};
use onrecord_store::{commit, media, recordings};
use onrecord_vault::{Segment, read_range};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::custody::Event;
use crate::intake::segment_of;
use crate::{Action, Principal, Program, ProgramError, Rights};

/// How long looks of one principal at one clip count as one: ten minutes after the last, in microseconds.
const SESSION: i64 = 600_000_000;

/// How long what was opened is remembered, so that a player's next range finds it: two seconds, in microseconds.
const REMEMBERED: i64 = 2_000_000;

/// How many opened clips are remembered.
const OPENED: usize = 256;

/// How many decrypted chunks (256 KiB each) may wait for the socket.
const WAITING: usize = 8;

/// A reader that takes nothing for so long is taken for gone.
const STALLED: Duration = Duration::from_mins(1);

/// What bytes are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum For {
    /// To watch them here.
    Playing,
    /// To take them away.
    Download,
}

impl For {
    /// What it takes.
    fn action(self) -> Action {
        match self {
            Self::Playing => Action::Play,
            Self::Download => Action::Download,
        }
    }
}

/// Who looks at what, what for, and why.
type Look = (String, String, For, String);

fn look_of(who: &str, what: &str, wanted: For, why: &str) -> Look {
    (who.to_owned(), what.to_owned(), wanted, why.to_owned())
}

/// Looks that go on.
#[derive(Default)]
pub struct Sessions {
    /// When each was last seen. None stands here before it stands in the ledger.
    looks: Mutex<HashMap<Look, i64>>,
    /// Held while a look is written: who looks at the same meanwhile must wait for it.
    writing: tokio::sync::Mutex<()>,
    /// What was opened, and when.
    opened: Mutex<HashMap<Look, (i64, Arc<Readable>)>>,
}

impl Sessions {
    /// Whether this look goes on with one that stands in the ledger.
    fn goes_on(&self, look: &Look, now: i64) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, last| now - *last < SESSION);
        looks.get_mut(look).is_some_and(|last| {
            *last = now;
            true
        })
    }

    fn begun(&self, look: Look, now: i64) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).insert(look, now);
    }

    fn recall(&self, look: &Look, now: i64) -> Option<Arc<Readable>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, readable) = opened.get(look)?;
        (now - at < REMEMBERED).then(|| Arc::clone(readable))
    }

    fn remember(&self, look: Look, now: i64, readable: &Arc<Readable>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= OPENED {
            opened.retain(|_, (at, _)| now - *at < REMEMBERED);
        }
        opened.insert(look, (now, Arc::clone(readable)));
    }
}

/// Bytes that may be read now.
#[derive(Debug)]
pub struct Readable {
    /// The clip.
    pub clip_id: String,
    /// Bytes.
    pub size: u64,
    /// What they are, as the source or the maker says.
    pub content_type: Option<String>,
    /// The clip's name.
    pub name: String,
    /// What never changes as long as the bytes do not.
    pub tag: String,
    owner: String,
    key: SealedKey,
    segments: Vec<Segment>,
}

impl Program {
    /// Opens the original bytes of a clip for somebody, and records that they look.
    ///
    /// # Errors
    /// Where there is no such clip for them, where it is not complete, or where the look cannot be recorded.
    pub async fn open_original(
        &self,
        who: &Principal,
        clip_id: &str,
        wanted: For,
        why: &str,
    ) -> Result<Arc<Readable>, ProgramError> {
        let now = self.world.now();
        let look = look_of(&who.id, clip_id, wanted, why);
        // What a person may see can change while they look: they are asked about again with every range.
        let is_token = matches!(who.rights, Rights::Token(_));
        if let Some(readable) = self.live.sessions.recall(&look, now).filter(|_| is_token) {
            return Ok(readable);
        }
        let clip = self.known_clip(who, clip_id).await?;
        let readable = Arc::new(self.readable(clip).await?);
        self.look(who, &readable.clip_id, wanted, why).await?;
        self.live.sessions.remember(look, now, &readable);
        Ok(readable)
    }

    async fn readable(&self, clip: Clip) -> Result<Readable, ProgramError> {
        let (Some(size), Some(tag), Some(_)) = (clip.size, clip.sha256, clip.sealed_at) else {
            return Err(ProgramError::Conflict("This clip is still being received.".to_owned()));
        };
        if clip.state == "disposed" {
            return Err(ProgramError::NotFound { what: "clip", id: clip.id });
        }
        Ok(Readable {
            size,
            content_type: clip.content_type,
            name: clip.name,
            tag,
            segments: self.segments_of(&clip.id).await?,
            owner: clip.id.clone(),
            clip_id: clip.id,
            key: clip.key,
        })
    }

    /// Opens what was made from a clip: `poster`, `waveform`, `proxy` or `clear`.
    ///
    /// # Errors
    /// As [`Program::open_original`]; also where nothing of the kind has been made.
    pub async fn open_derivative(
        &self,
        who: &Principal,
        clip_id: &str,
        kind: &str,
        wanted: For,
        why: &str,
    ) -> Result<Arc<Readable>, ProgramError> {
        let clip = self.known_clip(who, clip_id).await?;
        let made = media::derivative(&self.store, &clip.id, kind).await?.ok_or_else(|| {
            ProgramError::NotFound { what: "derivative", id: format!("{kind} of {}", clip.id) }
        })?;
        self.look(who, &clip.id, wanted, why).await?;
        Ok(Arc::new(Readable {
            clip_id: clip.id,
            size: made.size,
            content_type: Some(made.content_type),
            name: format!("{kind}-{}", clip.name),
            tag: made.id.clone(),
            segments: self.segments_of(&made.id).await?,
            owner: made.id,
            key: made.key,
        }))
    }

    async fn segments_of(&self, owner: &str) -> Result<Vec<Segment>, ProgramError> {
        clips::segments(&self.store, owner).await?.iter().map(segment_of).collect()
    }

    /// Refuses who may not have the bytes of the recording that a clip belongs to for this.
    async fn may_have(&self, who: &Principal, clip_id: &str, wanted: For) -> Result<(), ProgramError> {
        let missing = || ProgramError::NotFound { what: "clip", id: clip_id.to_owned() };
        let clip = clips::get(&self.store, clip_id).await?.ok_or_else(missing)?;
        let recording = recordings::get(&self.store, &clip.recording_id).await?.ok_or_else(missing)?;
        who.permit(wanted.action(), &self.resource(who, &recording).await?)
            .map_err(|refusal| refusal.of("clip", clip_id))
    }

    async fn look(&self, who: &Principal, clip_id: &str, wanted: For, why: &str) -> Result<(), ProgramError> {
        self.may_have(who, clip_id, wanted).await?;
        self.may_write()?;
        let (sessions, look) = (&self.live.sessions, look_of(&who.id, clip_id, wanted, why));
        if sessions.goes_on(&look, self.world.now()) {
            return Ok(());
        }
        let _writing = sessions.writing.lock().await;
        if sessions.goes_on(&look, self.world.now()) {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        let event = Event::new(Kind::Accessed, clip_id, &who.actor(), why);
        let event = if wanted == For::Download { event.with([("what", "downloaded".into())]) } else { event };
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        sessions.begun(look, self.world.now());
        Ok(())
    }

    /// Reads a range of bytes, on a thread of its own; the pieces arrive in order. A reader that goes away ends it.
    ///
    /// # Errors
    /// Where the key cannot be opened.
    pub fn stream(
        self: &Arc<Self>,
        who: &Principal,
        readable: &Arc<Readable>,
        range: Range<u64>,
    ) -> Result<mpsc::Receiver<Result<Bytes, ProgramError>>, ProgramError> {
        let (owner, key) = self.open_key(&readable.owner, &readable.key)?;
        let seat = self.live.seats.of_a_reader(who)?;
        let (pieces, out) = mpsc::channel(WAITING);
        let (program, readable) = (Arc::clone(self), Arc::clone(readable));
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let read = read_range(&program.shelf, owner, &key, &readable.segments, range, |bytes| {
                if runtime.block_on(pieces.send_timeout(Ok(bytes), STALLED)).is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            if let Err(error) = read {
                tracing::error!(clip = readable.clip_id, %error, "evidence could not be read");
                let _ = runtime.block_on(pieces.send_timeout(Err(error.into()), STALLED));
            }
        });
        Ok(out)
    }
}
