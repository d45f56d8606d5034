//! Recordings as people see them: with their clips and attachments.

use onrecord_ledger::Kind;
use onrecord_store::clips::{self, Clip};
use onrecord_store::officers::Officer;
use onrecord_store::recordings::{self, Filter, Recording};
use onrecord_store::search::{self, Found, Scope};
use onrecord_store::{Tx, jobs};

use crate::custody::Event;
use crate::jobs::INDEX;
use crate::{Action, Principal, Program, ProgramError};

/// A recording with its clips, in the order in which they were registered.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The recording.
    pub recording: Recording,
    /// Its clips and attachments; repetitions are left out.
    pub clips: Vec<Clip>,
    /// Whose it is, as far as officers are known.
    pub officer: Option<Officer>,
    /// The categories that it is in.
    pub categories: Vec<String>,
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
    ) -> Result<Found<Shown>, ProgramError> {
        let sight = who.sight(Action::View);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "recordings", id: String::new() });
        }
        let mut filter = filter.clone();
        (filter.words, filter.words_are_rare) =
            search::rarest_first(&self.store, Scope::Recordings, filter.words).await?;
        let found = recordings::list(&self.store, &filter, &sight).await?;
        Ok(Found { items: self.shown(found.items).await?, total: found.total })
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
