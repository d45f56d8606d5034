//! What a clip shows: facts, poster and waveform, read by sandboxed tools after the clip is sealed. A clip that no tool
//! can read is still evidence: it is marked, and shown. What is made from a clip is encrypted under a key of the clip's
//! own period, so that it is gone when that is.

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use onrecord_media::{Facts, Media, MediaError, Source};
use onrecord_store::clips::{self, Clip, SealedKey};
use onrecord_store::commit;
use onrecord_store::media::{self, Derivative, MediaRow};
use onrecord_vault::{ClipWriter, DataKey, Place, ReadError, Segment, Shelf, read_range};

use crate::intake::{id_bytes, row_of, segment_of};
use crate::{Program, ProgramError};

/// Bytes in the vault, as media tools are fed them.
pub(crate) struct InVault {
    shelf: Arc<Shelf>,
    owner: [u8; 16],
    key: DataKey,
    segments: Vec<Segment>,
    size: u64,
}

impl InVault {
    /// Hands every byte over, piece by piece, until `take` has enough.
    pub(crate) fn each(&self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), ReadError> {
        read_range(&self.shelf, self.owner, &self.key, &self.segments, 0..self.size, |bytes| {
            if take(&bytes) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}

impl Source for InVault {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut failed = Ok(());
        read_range(&self.shelf, self.owner, &self.key, &self.segments, range, |bytes| match sink(&bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Err(error);
                ControlFlow::Break(())
            }
        })
        .map_err(io::Error::other)?;
        failed
    }
}

/// What a look into a clip came to.
enum Looked {
    Facts(Box<Facts>),
    /// No tool can read it, and why.
    Unreadable(String),
}

impl Program {
    /// Looks into a sealed clip.
    pub(crate) async fn read_media(self: &Arc<Self>, clip_id: &str) -> Result<(), ProgramError> {
        let Some(clip) = clips::get(&self.store, clip_id).await? else { return Ok(()) };
        if clip.state == "disposed" {
            return Ok(());
        }
        let (Some(tools), "clip" | "rejected") = (&self.media, clip.kind.as_str()) else {
            let failure =
                (clip.kind == "clip").then(|| "No media tools are installed; install ffmpeg.".to_owned());
            return self.keep_facts(&clip, "complete", MediaRow { facts: None, failure }).await;
        };
        let (source, is_clear) = match self.clear_copy(&clip).await {
            Ok(Some(clear)) => (self.source_of(&clear.id, &clear.key, clear.size).await?, true),
            Ok(None) => (self.in_vault(&clip).await?, false),
            Err(ProgramError::Fault(why)) => {
                return self
                    .keep_facts(&clip, "unreadable", MediaRow { facts: None, failure: Some(why) })
                    .await;
            }
            Err(error) => return Err(error),
        };
        match look(tools, &source).await? {
            Looked::Facts(facts) => {
                self.make_poster(tools, &clip, &source, &facts).await?;
                self.make_waveform(tools, &clip, &source, &facts).await?;
                let facts =
                    serde_json::to_string(&facts).map_err(|error| ProgramError::Fault(error.to_string()))?;
                self.keep_facts(&clip, "complete", MediaRow { facts: Some(facts), failure: None }).await
            }
            // Its key has come meanwhile, and with it this job once more.
            Looked::Unreadable(_) if !is_clear && self.key_beside(&clip).await?.is_some() => Ok(()),
            Looked::Unreadable(why) => {
                self.keep_facts(&clip, "unreadable", MediaRow { facts: None, failure: Some(why) }).await
            }
        }
    }

    /// A clip's original bytes.
    pub(crate) async fn in_vault(&self, clip: &Clip) -> Result<InVault, ProgramError> {
        self.source_of(&clip.id, &clip.key, clip.size.unwrap_or(0)).await
    }

    async fn source_of(&self, owner: &str, key: &SealedKey, size: u64) -> Result<InVault, ProgramError> {
        let (id, key) = self.open_key(owner, key)?;
        let rows = clips::segments(&self.store, owner).await?;
        let segments = rows.iter().map(segment_of).collect::<Result<_, _>>()?;
        Ok(InVault { shelf: Arc::clone(&self.shelf), owner: id, key, segments, size })
    }

    /// All bytes of a clip that is known to be small.
    pub(crate) async fn read_small(self: &Arc<Self>, clip: &Clip) -> Result<Vec<u8>, ProgramError> {
        let source = self.in_vault(clip).await?;
        self.blocking(move |_| {
            let mut all = Vec::new();
            source.each(|bytes| {
                all.extend_from_slice(bytes);
                true
            })?;
            Ok(all)
        })
        .await
    }

    async fn keep_facts(&self, clip: &Clip, state: &str, row: MediaRow) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        media::set(&mut tx, &clip.id, &row, self.world.now()).await?;
        clips::set_state(&mut tx, &clip.id, state).await?;
        self.settle_recording(&mut tx, &clip.recording_id).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    async fn make_poster(
        self: &Arc<Self>,
        tools: &Media,
        clip: &Clip,
        source: &InVault,
        facts: &Facts,
    ) -> Result<(), ProgramError> {
        match tools.poster(source, facts).await {
            Ok(jpeg) => self.keep_derivative(clip, "poster", "image/jpeg", jpeg).await,
            Err(MediaError::Lacks(_)) => Ok(()),
            Err(error) => {
                tracing::info!(clip = clip.id, %error, "no poster");
                Ok(())
            }
        }
    }

    async fn make_waveform(
        self: &Arc<Self>,
        tools: &Media,
        clip: &Clip,
        source: &InVault,
        facts: &Facts,
    ) -> Result<(), ProgramError> {
        if facts.audio.is_none() {
            return Ok(());
        }
        match tools.waveform(source).await {
            Ok(waveform) => {
                let text =
                    serde_json::to_vec(&waveform).map_err(|error| ProgramError::Fault(error.to_string()))?;
                self.keep_derivative(clip, "waveform", "application/json", text).await
            }
            Err(error) => {
                tracing::info!(clip = clip.id, %error, "no waveform");
                Ok(())
            }
        }
    }

    /// A thing to be made from a clip, with the key of its bytes; its size is not known yet.
    pub(crate) fn new_derivative(
        &self,
        clip: &Clip,
        kind: &str,
        content_type: &str,
    ) -> Result<(Derivative, DataKey), ProgramError> {
        let id = self.world.id();
        let key = self.keys.new_data_key(self.world.filler());
        let wrapped = self.keys.wrap(&clip.key.period, *id.as_bytes(), &key)?;
        let made = Derivative {
            id: id.to_string(),
            clip_id: clip.id.clone(),
            kind: kind.to_owned(),
            content_type: content_type.to_owned(),
            size: 0,
            key: SealedKey { period: wrapped.period, version: wrapped.version, wrapped: wrapped.bytes },
            created_at: self.world.now(),
        };
        Ok((made, key))
    }

    /// What writes the bytes of a thing made from a clip.
    pub(crate) fn derivative_writer(
        &self,
        made: &Derivative,
        key: DataKey,
    ) -> Result<ClipWriter, ProgramError> {
        let start = Place { bytes: 0, chunks: 0 };
        Ok(ClipWriter::new(Arc::clone(&self.shelf), id_bytes(&made.id)?, key, start, self.world.filler()))
    }

    /// Keeps a thing made from a clip; where another node was quicker, its own bytes are let go.
    pub(crate) async fn commit_derivative(
        &self,
        made: &Derivative,
        segments: Vec<Segment>,
    ) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        clips::hold_keys(&self.store, &mut tx).await?;
        if self.keys.versions(&made.key.period)?.last() != Some(&made.key.version) {
            drop(tx);
            self.delete_objects(segments.into_iter().map(|segment| segment.name).collect()).await;
            return Err(ProgramError::Away(
                "the key that this was made under was rotated meanwhile.".to_owned(),
            ));
        }
        if media::add_derivative(&mut tx, made).await? {
            for segment in &segments {
                clips::add_segment(&mut tx, &made.id, &row_of(segment)).await?;
            }
            commit(tx).await?;
        } else {
            drop(tx);
            self.delete_objects(segments.into_iter().map(|segment| segment.name).collect()).await;
        }
        Ok(())
    }

    /// Encrypts and keeps something small that was made from a clip.
    async fn keep_derivative(
        self: &Arc<Self>,
        clip: &Clip,
        kind: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ProgramError> {
        let (made, key) = self.new_derivative(clip, kind, content_type)?;
        let made = Derivative { size: bytes.len() as u64, ..made };
        let mut writer = self.derivative_writer(&made, key)?;
        let segments = self
            .blocking(move |_| {
                writer.push(&bytes)?;
                Ok(writer.finish()?)
            })
            .await?;
        self.commit_derivative(&made, segments).await
    }

    /// Makes a copy of a clip that browsers can play, where there is none yet.
    ///
    /// # Errors
    /// Where no tool could read the clip, or where the copy cannot be made.
    pub async fn make_proxy(self: &Arc<Self>, clip_id: &str) -> Result<(), ProgramError> {
        let (Some(clip), Some(tools)) = (clips::get(&self.store, clip_id).await?, &self.media) else {
            return Ok(());
        };
        if media::derivative(&self.store, clip_id, "proxy").await?.is_some() {
            return Ok(());
        }
        let facts = media::get(&self.store, clip_id).await?.and_then(|row| row.facts);
        let facts: Facts = facts
            .and_then(|facts| serde_json::from_str(&facts).ok())
            .ok_or_else(|| ProgramError::Conflict("No media tool could read this clip.".to_owned()))?;
        let source = match self.clear_copy(&clip).await? {
            Some(clear) => self.source_of(&clear.id, &clear.key, clear.size).await?,
            None => self.in_vault(&clip).await?,
        };
        let (made, key) = self.new_derivative(&clip, "proxy", "video/mp4")?;
        let mut writer = self.derivative_writer(&made, key)?;
        let mut size = 0;
        let proxied = tools
            .proxy(&source, &facts, &mut |bytes| {
                size += bytes.len() as u64;
                writer.push(bytes).map_err(io::Error::other)
            })
            .await;
        let segments = self
            .blocking(move |_| match proxied {
                Ok(_) => Ok(writer.finish()?),
                Err(error) => {
                    writer.abandon();
                    Err(ProgramError::Fault(error.to_string()))
                }
            })
            .await?;
        self.commit_derivative(&Derivative { size, ..made }, segments).await
    }
}

async fn look(tools: &Media, source: &InVault) -> Result<Looked, ProgramError> {
    match tools.probe(source).await {
        Ok(facts) => Ok(Looked::Facts(Box::new(facts))),
        Err(error @ (MediaError::Unreadable(_) | MediaError::Timeout { .. } | MediaError::TooLarge(_))) => {
            Ok(Looked::Unreadable(error.to_string()))
        }
        Err(error) => Err(ProgramError::Fault(error.to_string())),
    }
}
