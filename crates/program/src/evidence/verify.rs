//! Reading the bytes of a recording again, now, and comparing them with what was sealed.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip};
use onrecord_store::{commit, ledger};

use crate::access::hex;
use crate::custody::Event;
use crate::{Action, Principal, Program, ProgramError};

/// What reading again came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The sealed clips of the recording.
    pub clips: Vec<Checked>,
    /// When.
    pub at: i64,
}

/// A clip that was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The digest with which it was sealed.
    pub expected: String,
    /// The digest of its bytes now; none where they could not be read.
    pub found: Option<String>,
    /// The place of its seal in the ledger.
    pub index: Option<u64>,
    /// How many entries the checkpoint is over that holds it.
    pub checkpoint_size: Option<u64>,
}

impl Checked {
    /// Whether the bytes are what was sealed.
    pub fn is_same(&self) -> bool {
        self.found.as_deref() == Some(&self.expected)
    }
}

impl Program {
    /// Reads every sealed clip of a recording and compares its digest.
    ///
    /// # Errors
    /// Where there is none that the caller may see, or where the look cannot be recorded.
    pub async fn verify_recording(
        self: &Arc<Self>,
        who: &Principal,
        id: &str,
    ) -> Result<Verified, ProgramError> {
        self.may_write()?;
        self.recording_for(who, Action::View, id).await?;
        let mut checked = Vec::new();
        for clip in clips::of_recordings(&self.store, &[id.to_owned()]).await? {
            if clip.sealed_at.is_some() && clip.same_as.is_none() && clip.state != "disposed" {
                checked.push(self.check_clip(&clip).await?);
            }
        }
        let mut tx = self.store.begin().await?;
        for clip in &checked {
            let result = if clip.is_same() { "the same" } else { "DIFFERENT" };
            let event = Event::new(Kind::Accessed, &clip.id, &who.actor(), "verified on demand")
                .with([("what", "verified".into()), ("result", result.into())]);
            self.record(&mut tx, event).await?;
        }
        commit(tx).await?;
        Ok(Verified { clips: checked, at: self.world.now() })
    }

    async fn check_clip(self: &Arc<Self>, clip: &Clip) -> Result<Checked, ProgramError> {
        let source = self.in_vault(clip).await?;
        let digest = self
            .blocking(move |_| {
                let mut digest = Context::new(&SHA256);
                let read = source.each(|bytes| {
                    digest.update(bytes);
                    true
                });
                Ok(read.map(|()| hex(digest.finish().as_ref())))
            })
            .await?;
        let found = match digest {
            Ok(found) => Some(found),
            Err(error) => {
                tracing::error!(clip = clip.id, %error, "evidence could not be read");
                None
            }
        };
        let index = match clip.entry_id {
            Some(entry) => ledger::entry(&self.store, entry).await?.and_then(|kept| kept.place),
            None => None,
        };
        let tree = self.tree_state().await?;
        Ok(Checked {
            id: clip.id.clone(),
            name: clip.name.clone(),
            expected: clip.sha256.clone().unwrap_or_default(),
            found,
            index,
            checkpoint_size: index.filter(|index| *index < tree.integrated).map(|_| tree.integrated),
        })
    }
}
