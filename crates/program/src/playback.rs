//! Looking at evidence: original bytes, whole or in part, decrypted on the way out. Every look is a custody event,
//! committed before the first byte goes out; a player that asks for range after range is one look.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use onrecord_ledger::Kind;
use onrecord_store::clips::{self, SealedKey, SegmentRow};
use onrecord_store::{commit, media};
use onrecord_vault::{Segment, read_range};
use tokio::sync::mpsc;

use crate::custody::Event;
use crate::intake::segment_of;
use crate::{Principal, Program, ProgramError};

/// How long looks of one principal at one clip count as one: ten minutes after the last, in microseconds.
const SESSION: i64 = 600_000_000;

/// How many decrypted chunks (1 MiB each) may wait for the socket.
const WAITING: usize = 4;

/// Looks that go on.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<(String, String), i64>>);

impl Sessions {
    /// Whether this look begins a session.
    fn begins(&self, who: &str, what: &str, now: i64) -> bool {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, last| now - *last < SESSION);
        sessions.insert((who.to_owned(), what.to_owned()), now).is_none()
    }

    fn forget(&self, who: &str, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(who.to_owned(), what.to_owned()));
    }
}

/// Bytes that may be read now.
#[derive(Debug, Clone)]
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
    segments: Vec<SegmentRow>,
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
        why: &str,
    ) -> Result<Readable, ProgramError> {
        let clip = self.known_clip(who, clip_id).await?;
        let (Some(size), Some(sha256), Some(_)) = (clip.size, clip.sha256, clip.sealed_at) else {
            return Err(ProgramError::Conflict("This clip is still being received.".to_owned()));
        };
        if clip.state == "disposed" {
            return Err(ProgramError::NotFound { what: "clip", id: clip.id });
        }
        self.look(who, &clip.id, why).await?;
        let segments = clips::segments(&self.store, &clip.id).await?;
        Ok(Readable {
            size,
            content_type: clip.content_type,
            name: clip.name,
            tag: sha256,
            owner: clip.id.clone(),
            clip_id: clip.id,
            key: clip.key,
            segments,
        })
    }

    /// Opens what was made from a clip: `poster`, `waveform` or `proxy`.
    ///
    /// # Errors
    /// As [`Program::open_original`]; also where nothing of the kind has been made.
    pub async fn open_derivative(
        &self,
        who: &Principal,
        clip_id: &str,
        kind: &str,
        why: &str,
    ) -> Result<Readable, ProgramError> {
        let clip = self.known_clip(who, clip_id).await?;
        let made = media::derivative(&self.store, &clip.id, kind).await?.ok_or_else(|| {
            ProgramError::NotFound { what: "derivative", id: format!("{kind} of {}", clip.id) }
        })?;
        self.look(who, &clip.id, why).await?;
        let segments = clips::segments(&self.store, &made.id).await?;
        Ok(Readable {
            clip_id: clip.id,
            size: made.size,
            content_type: Some(made.content_type),
            name: format!("{kind}-{}", clip.name),
            tag: made.id.clone(),
            owner: made.id,
            key: made.key,
            segments,
        })
    }

    async fn look(&self, who: &Principal, clip_id: &str, why: &str) -> Result<(), ProgramError> {
        if !who.role.may_look() {
            return Err(ProgramError::NotFound { what: "clip", id: clip_id.to_owned() });
        }
        if !self.live.sessions.begins(&who.id, clip_id, self.world.now()) {
            return Ok(());
        }
        let recorded = async {
            let mut tx = self.store.begin().await?;
            self.record(&mut tx, Event::new(Kind::Accessed, clip_id, &who.actor(), why)).await?;
            commit(tx).await?;
            Ok(())
        }
        .await;
        if recorded.is_err() {
            self.live.sessions.forget(&who.id, clip_id);
        }
        recorded
    }

    /// Reads a range of bytes, on a thread of its own; the pieces arrive in order. A reader that goes away ends it.
    ///
    /// # Errors
    /// Where the key cannot be opened.
    pub fn stream(
        self: &Arc<Self>,
        readable: &Readable,
        range: Range<u64>,
    ) -> Result<mpsc::Receiver<Result<Bytes, ProgramError>>, ProgramError> {
        let (owner, key) = self.open_key(&readable.owner, &readable.key)?;
        let segments: Vec<Segment> = readable.segments.iter().map(segment_of).collect::<Result<_, _>>()?;
        let (pieces, out) = mpsc::channel(WAITING);
        let program = Arc::clone(self);
        let clip_id = readable.clip_id.clone();
        tokio::task::spawn_blocking(move || {
            let read = read_range(&program.shelf, owner, &key, &segments, range, |bytes| {
                if pieces.blocking_send(Ok(bytes)).is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            if let Err(error) = read {
                tracing::error!(clip = clip_id, %error, "evidence could not be read");
                let _ = pieces.blocking_send(Err(error.into()));
            }
        });
        Ok(out)
    }
}
