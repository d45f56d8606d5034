//! What a clip shows: facts, poster and waveform, read by sandboxed tools after the clip is sealed. A clip that no tool
//! can read is still evidence: it is marked, and shown.

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use onrecord_media::{Facts, Media, MediaError, Source};
use onrecord_store::clips::{self, Clip};
use onrecord_store::media::{self, Derivative, MediaRow};
use onrecord_store::{Tx, commit};
use onrecord_vault::{ClipWriter, DataKey, Place, Segment, Shelf, read_range};

use crate::intake::{row_of, segment_of};
use crate::{Program, ProgramError};

/// A clip in the vault, as media tools are fed it.
struct InVault {
    shelf: Arc<Shelf>,
    clip: [u8; 16],
    key: DataKey,
    segments: Vec<Segment>,
    size: u64,
}

impl Source for InVault {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut failed = Ok(());
        read_range(&self.shelf, self.clip, &self.key, &self.segments, range, |bytes| match sink(&bytes) {
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

impl Program {
    /// Looks into a sealed clip.
    pub(crate) async fn read_media(self: &Arc<Self>, clip_id: &str) -> Result<(), ProgramError> {
        let Some(clip) = clips::get(&self.store, clip_id).await? else { return Ok(()) };
        if clip.state == "disposed" {
            return Ok(());
        }
        let (Some(media), "clip" | "rejected") = (&self.media, clip.kind.as_str()) else {
            let failure = (clip.kind == "clip").then_some("No media tools are installed; install ffmpeg.");
            return self.keep_facts(&clip, "complete", None, failure.map(str::to_owned)).await;
        };
        let source = self.in_vault(&clip).await?;
        match media.probe(&source).await {
            Ok(facts) => {
                self.make_poster(media, &clip, &source, &facts).await?;
                self.make_waveform(media, &clip, &source, &facts).await?;
                let facts =
                    serde_json::to_string(&facts).map_err(|error| ProgramError::Fault(error.to_string()))?;
                self.keep_facts(&clip, "complete", Some(facts), None).await
            }
            Err(
                error @ (MediaError::Unreadable(_) | MediaError::Timeout { .. } | MediaError::TooLarge(_)),
            ) => self.keep_facts(&clip, "unreadable", None, Some(error.to_string())).await,
            Err(error) => Err(ProgramError::Fault(error.to_string())),
        }
    }

    async fn in_vault(&self, clip: &Clip) -> Result<InVault, ProgramError> {
        let (id, key) = self.open_key(&clip.id, &clip.key)?;
        let rows = clips::segments(&self.store, &clip.id).await?;
        let segments = rows.iter().map(segment_of).collect::<Result<_, _>>()?;
        Ok(InVault { shelf: Arc::clone(&self.shelf), clip: id, key, segments, size: clip.size.unwrap_or(0) })
    }

    async fn keep_facts(
        &self,
        clip: &Clip,
        state: &str,
        facts: Option<String>,
        failure: Option<String>,
    ) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        media::set(&mut tx, &clip.id, &MediaRow { facts, failure }, self.world.now()).await?;
        clips::set_state(&mut tx, &clip.id, state).await?;
        self.settle_recording(&mut tx, &clip.recording_id).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    async fn make_poster(
        self: &Arc<Self>,
        media: &Media,
        clip: &Clip,
        source: &InVault,
        facts: &Facts,
    ) -> Result<(), ProgramError> {
        match media.poster(source, facts).await {
            Ok(jpeg) => self.keep_derivative(clip, "poster", "image/jpeg", jpeg).await,
            Err(error) => {
                tracing::info!(clip = clip.id, %error, "no poster");
                Ok(())
            }
        }
    }

    async fn make_waveform(
        self: &Arc<Self>,
        media: &Media,
        clip: &Clip,
        source: &InVault,
        facts: &Facts,
    ) -> Result<(), ProgramError> {
        if facts.audio.is_none() {
            return Ok(());
        }
        match media.waveform(source).await {
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

    /// Encrypts and keeps something made from a clip.
    async fn keep_derivative(
        self: &Arc<Self>,
        clip: &Clip,
        kind: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ProgramError> {
        // Under the key of the clip's own period: it must be gone when that is.
        let id = self.world.id();
        let key = self.keys.new_data_key(self.world.filler());
        let wrapped = self.keys.wrap(&clip.key.period, *id.as_bytes(), &key)?;
        let made = Derivative {
            id: id.to_string(),
            clip_id: clip.id.clone(),
            kind: kind.to_owned(),
            content_type: content_type.to_owned(),
            size: bytes.len() as u64,
            key: clips::SealedKey {
                period: wrapped.period,
                version: wrapped.version,
                wrapped: wrapped.bytes,
            },
            created_at: self.world.now(),
        };
        let segments = self
            .blocking(move |program| {
                let mut writer = ClipWriter::new(
                    Arc::clone(&program.shelf),
                    *id.as_bytes(),
                    key,
                    Place { bytes: 0, chunks: 0 },
                    program.world.filler(),
                );
                writer.push(&bytes)?;
                Ok(writer.finish()?)
            })
            .await?;
        let mut tx = self.store.begin().await?;
        if self.add_derivative(&mut tx, &made, &segments).await? {
            commit(tx).await?;
        } else {
            drop(tx);
            self.delete_objects(segments.into_iter().map(|segment| segment.name).collect()).await;
        }
        Ok(())
    }

    async fn add_derivative(
        &self,
        tx: &mut Tx,
        made: &Derivative,
        segments: &[Segment],
    ) -> Result<bool, ProgramError> {
        if !media::add_derivative(tx, made).await? {
            return Ok(false);
        }
        for segment in segments {
            clips::add_segment(tx, &made.id, &row_of(segment)).await?;
        }
        Ok(true)
    }

    /// Makes a copy of a clip that browsers can play, where the original is not one and there is none yet.
    ///
    /// # Errors
    /// Where the clip cannot be read, or where it is too large for the memory that media work may use.
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
        let source = self.in_vault(&clip).await?;
        let id = self.world.id();
        let key = self.keys.new_data_key(self.world.filler());
        let wrapped = self.keys.wrap(&clip.key.period, *id.as_bytes(), &key)?;
        let start = Place { bytes: 0, chunks: 0 };
        let mut writer =
            ClipWriter::new(Arc::clone(&self.shelf), *id.as_bytes(), key, start, self.world.filler());
        let mut size = 0;
        let made = tools
            .proxy(&source, &facts, &mut |bytes| {
                size += bytes.len() as u64;
                writer.push(bytes).map_err(io::Error::other)
            })
            .await;
        if let Err(error) = made {
            self.blocking(move |_| {
                writer.abandon();
                Ok(())
            })
            .await?;
            return Err(ProgramError::Fault(error.to_string()));
        }
        let segments = self.blocking(move |_| Ok(writer.finish()?)).await?;
        let made = Derivative {
            id: id.to_string(),
            clip_id: clip.id,
            kind: "proxy".to_owned(),
            content_type: "video/mp4".to_owned(),
            size,
            key: clips::SealedKey {
                period: wrapped.period,
                version: wrapped.version,
                wrapped: wrapped.bytes,
            },
            created_at: self.world.now(),
        };
        let mut tx = self.store.begin().await?;
        if self.add_derivative(&mut tx, &made, &segments).await? {
            commit(tx).await?;
        }
        Ok(())
    }
}
