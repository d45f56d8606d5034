//! Sealing: the moment at which bytes become evidence.

use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip, SegmentRow};
use onrecord_store::uploads::{self, Upload};
use onrecord_store::{Tx, commit, jobs, recordings};

use crate::axis::unwrap::stem;
use crate::custody::Event;
use crate::{Principal, Program, ProgramError, jobs::READ_MEDIA};

/// A clip whose bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The clip that holds the bytes: where they had been received before, the earlier one.
    pub clip_id: String,
    /// Its recording.
    pub recording_id: String,
    /// Lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Whether the same bytes had been received before.
    pub is_repeat: bool,
    /// The MD5, where the door asks for it.
    pub md5: Option<[u8; 16]>,
}

impl Program {
    /// Seals a clip: its last segments, its digest, its ledger entry, the end of its upload and the jobs that follow are
    /// one transaction. A second upload of the same clip by the same principal is recognised by recording, name, size and
    /// digest: it is acknowledged with the first one's id, and its bytes are let go.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own, and there is one caller")]
    pub(super) async fn seal(
        &self,
        who: &Principal,
        upload: &Upload,
        clip: &Clip,
        segments: &[SegmentRow],
        size: u64,
        sha256: String,
        md5: Option<[u8; 16]>,
    ) -> Result<Sealed, ProgramError> {
        let mut tx = self.store.begin().await?;
        if !uploads::finish(&mut tx, &upload.id, upload.attempt, size).await? {
            return Err(ProgramError::TakenOver);
        }
        // Two uploads of the same clip that end at once: the second one finds the first.
        recordings::get_in(&mut tx, &clip.recording_id).await?;
        let earlier = clips::of_recording_in(&mut tx, &clip.recording_id).await?.into_iter().find(|other| {
            other.id != clip.id
                && other.sealed_at.is_some()
                && other.name == clip.name
                && other.kind == clip.kind
                && other.size == Some(size)
                && other.sha256.as_deref() == Some(&sha256)
        });
        let mut sealed = Sealed {
            clip_id: clip.id.clone(),
            recording_id: clip.recording_id.clone(),
            sha256,
            size,
            is_repeat: false,
            md5,
        };
        let unneeded = if let Some(earlier) = earlier {
            sealed.clip_id = earlier.id;
            sealed.is_repeat = true;
            clips::repeated(&mut tx, &clip.id, &sealed.clip_id).await?;
            let mut objects = clips::forget_segments(&mut tx, &clip.id).await?;
            objects.extend(segments.iter().map(|segment| segment.name.clone()));
            objects
        } else {
            for segment in segments {
                clips::add_segment(&mut tx, &clip.id, segment).await?;
            }
            self.enter(&mut tx, who, clip, &sealed).await?;
            Vec::new()
        };
        commit(tx).await?;
        self.live.bell.notify_waiters();
        self.delete_objects(unneeded).await;
        Ok(sealed)
    }

    /// The ledger entry of a sealed clip, and what is to be done with it next.
    async fn enter(
        &self,
        tx: &mut Tx,
        who: &Principal,
        clip: &Clip,
        sealed: &Sealed,
    ) -> Result<(), ProgramError> {
        let now = self.world.now();
        let event = Event::new(Kind::ClipSealed, &clip.id, &who.actor(), "received").with([
            ("recording_id", clip.recording_id.as_str().into()),
            ("content", clip.kind.as_str().into()),
            ("name", clip.name.as_str().into()),
            ("sha256", sealed.sha256.as_str().into()),
            ("size", sealed.size.into()),
        ]);
        let entry = self.record(tx, event).await?;
        clips::seal(tx, &clip.id, sealed.size, &sealed.sha256, entry, now).await?;
        jobs::add(tx, READ_MEDIA, &clip.id, now).await?;
        if clip.kind == "key" {
            self.look_again(tx, clip).await?;
        }
        if self.mirror.is_some() {
            jobs::add(tx, crate::jobs::COPY, &clip.id, now).await?;
        }
        Ok(())
    }

    /// The key of an encrypted clip has come after the clip: now a media tool can read it.
    async fn look_again(&self, tx: &mut Tx, key: &Clip) -> Result<(), ProgramError> {
        for clip in clips::of_recording_in(tx, &key.recording_id).await? {
            if clip.kind == "clip" && clip.sealed_at.is_some() && stem(&clip.name) == stem(&key.name) {
                clips::set_state(tx, &clip.id, "sealed").await?;
                jobs::add(tx, READ_MEDIA, &clip.id, self.world.now()).await?;
            }
        }
        Ok(())
    }
}
