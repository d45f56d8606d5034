//! Receipts: what an uploader gets back, and what anyone can check without us.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_ledger::Receipt;
use onrecord_store::clips::{self, Clip};
use onrecord_store::{ledger, recordings};

use crate::{Action, Principal, Program, ProgramError};

impl Program {
    /// The receipt of a clip, for whoever brought it and for those who may look at evidence.
    ///
    /// # Errors
    /// Where there is no such sealed clip that the caller may know of, or where the database or the shelf cannot.
    pub async fn receipt(self: &Arc<Self>, who: &Principal, clip_id: &str) -> Result<Receipt, ProgramError> {
        let clip = self.known_clip(who, clip_id).await?;
        let (Some(entry_id), Some(sha256), Some(size)) = (clip.entry_id, clip.sha256, clip.size) else {
            return Err(ProgramError::Conflict(
                "This clip is still being received; there is a receipt once all of it is here.".to_owned(),
            ));
        };
        let kept = ledger::entry(&self.store, entry_id)
            .await?
            .ok_or_else(|| ProgramError::Fault(format!("The ledger entry {entry_id} is missing.")))?;
        let proof = match kept.place {
            Some(place) => self.prove_inclusion(place).await?,
            None => None,
        };
        Ok(Receipt {
            recording_id: clip.recording_id,
            clip_id: clip.id,
            sha256,
            size,
            entry: kept.entry,
            salt: STANDARD.encode(&kept.salt),
            index: proof.as_ref().and(kept.place),
            proof: proof.as_ref().map(|proof| proof.proof.iter().map(|hash| STANDARD.encode(hash)).collect()),
            checkpoint: proof.map(|proof| proof.checkpoint),
        })
    }

    /// A clip that the caller may know of; one that was a repetition leads to the one that holds the bytes.
    pub(crate) async fn known_clip(&self, who: &Principal, clip_id: &str) -> Result<Clip, ProgramError> {
        let missing = || ProgramError::NotFound { what: "clip", id: clip_id.chars().take(80).collect() };
        let mut clip = clips::get(&self.store, clip_id).await?.ok_or_else(missing)?;
        if let Some(same_as) = &clip.same_as {
            clip = clips::get(&self.store, same_as).await?.ok_or_else(missing)?;
        }
        let recording = recordings::get(&self.store, &clip.recording_id).await?.ok_or_else(missing)?;
        let is_theirs = recording.principal == who.id;
        let resource = self.resource(who, &recording).await?;
        if is_theirs || who.permit(Action::View, &resource).is_ok() { Ok(clip) } else { Err(missing()) }
    }
}
