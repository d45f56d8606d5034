//! Recordings as people see them: with their clips and attachments.

use std::collections::HashMap;

use onrecord_ledger::Kind;
use onrecord_store::Tx;
use onrecord_store::clips::{self, Clip};
use onrecord_store::recordings::{self, Filter, Recording};

use crate::custody::Event;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// A recording with its clips, in the order in which they were registered.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The recording.
    pub recording: Recording,
    /// Its clips and attachments; repetitions are left out.
    pub clips: Vec<Clip>,
}

impl Program {
    /// Lists recordings.
    ///
    /// # Errors
    /// Where the caller may not look at recordings, or where the database cannot.
    pub async fn list_recordings(
        &self,
        who: &Principal,
        filter: &Filter,
    ) -> Result<Vec<Shown>, ProgramError> {
        let sight = who.sight(Action::View);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "recordings", id: String::new() });
        }
        let found = recordings::list(&self.store, filter, &sight).await?;
        let ids: Vec<String> = found.iter().map(|recording| recording.id.clone()).collect();
        let mut by_recording: HashMap<String, Vec<Clip>> = HashMap::new();
        for clip in clips::of_recordings(&self.store, &ids).await? {
            if clip.same_as.is_none() {
                by_recording.entry(clip.recording_id.clone()).or_default().push(clip);
            }
        }
        Ok(found
            .into_iter()
            .map(|recording| Shown {
                clips: by_recording.remove(&recording.id).unwrap_or_default(),
                recording,
            })
            .collect())
    }

    /// A recording with its clips.
    ///
    /// # Errors
    /// Where there is none that the caller may see, or where the database cannot.
    pub async fn show_recording(&self, who: &Principal, id: &str) -> Result<Shown, ProgramError> {
        let recording = recordings::get(&self.store, id)
            .await?
            .ok_or_else(|| ProgramError::NotFound { what: "recording", id: id.chars().take(80).collect() })?;
        who.permit(Action::View, &Self::resource_of(&recording)).map_err(|refusal| refusal.of("recording", id))?;
        let mut clips = clips::of_recordings(&self.store, std::slice::from_ref(&recording.id)).await?;
        clips.retain(|clip| clip.same_as.is_none());
        Ok(Shown { recording, clips })
    }

    /// A recording, as rights see it.
    pub(crate) fn resource_of(recording: &Recording) -> Resource {
        Resource { officer_id: recording.officer_id.clone(), ..Resource::default() }
    }

    /// From when to when each officer of a call was on it: what its recordings are looked for by.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn spans_of_call(&self, call: &str) -> Result<Vec<(String, i64, i64)>, ProgramError> {
        Ok(onrecord_store::calls::spans(&self.store, call).await?)
    }

    /// Brings a recording's state up to date after one of its clips, or its source's word, has changed: it is complete
    /// when its source has said that nothing more comes and every clip that came has been looked at by a media tool.
    pub(crate) async fn settle_recording(&self, tx: &mut Tx, id: &str) -> Result<(), ProgramError> {
        let Some(recording) = recordings::get_in(tx, id).await? else { return Ok(()) };
        if !matches!(recording.state.as_str(), "receiving" | "complete" | "unreadable") {
            return Ok(());
        }
        let clips = clips::of_recording_in(tx, id).await?;
        self.tell_the_audit(tx, &recording, &clips).await?;
        recordings::count_bytes(tx, id).await?;
        search::mark(tx, Scope::Recordings, &[id.to_owned()]).await?;
        jobs::add(tx, INDEX, "all", self.world.now()).await?;
        let of = |state: &str| clips.iter().any(|clip| clip.state == state && clip.kind != "key");
        let state = match () {
            () if !recording.transfer_complete || of("sealed") => "receiving",
            () if of("complete") => "complete",
            () if of("unreadable") => "unreadable",
            () => "receiving",
        };
        if state == recording.state {
            return Ok(());
        }
        recordings::set_state(tx, id, state).await?;
        if state != "receiving" {
            let event = Event::new(Kind::RecordingCompleted, id, "system", "every clip is here")
                .with([("state", state.into())]);
            self.record(tx, event).await?;
        }
        Ok(())
    }
}
