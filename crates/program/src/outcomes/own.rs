//! Recordings that were taken in here, as the audit sees them: each a row of recordings.

use onrecord_policy::Moment;
use onrecord_store::clips::Clip;
use onrecord_store::imports::{self, NewRow};
use onrecord_store::recordings::Recording;
use onrecord_store::{Tx, jobs, outcomes};

use super::rows::json;
use crate::jobs::UPDATE_OUTCOMES;
use crate::{Program, ProgramError};

impl Program {
    /// Writes what a recording says to the audit, where that has changed: as soon as one of its clips is sealed and its
    /// start is known.
    pub(crate) async fn tell_the_audit(
        &self,
        tx: &mut Tx,
        recording: &Recording,
        clips: &[Clip],
    ) -> Result<(), ProgramError> {
        let is_footage = |clip: &&Clip| matches!(clip.kind.as_str(), "clip" | "rejected");
        let sealed = clips.iter().filter(is_footage).any(|clip| clip.sealed_at.is_some());
        let Some(started_at) = recording.started_at.filter(|_| sealed) else { return Ok(()) };
        let time = |at: Option<i64>| at.map(|at| Moment(at).to_string());
        let values = [
            ("recording_id", Some(recording.id.clone())),
            ("officer_id", recording.officer_id.clone()),
            ("camera_serial", recording.camera_serial.clone()),
            ("started_at", time(Some(started_at))),
            ("activated_at", time(recording.activated_at)),
            ("stopped_at", time(recording.stopped_at)),
        ];
        let trimmed = values.iter().filter_map(|(column, value)| Some((*column, value.as_deref()?.trim())));
        let data = json(trimmed.filter(|(_, value)| !value.is_empty()));
        let known = imports::own(tx, &recording.id).await?;
        if known.as_ref().is_some_and(|known| known.data == data) {
            return Ok(());
        }
        if let Some(known) = known {
            outcomes::mark_related(tx, known.officer_id.as_deref(), known.camera_serial.as_deref()).await?;
        }
        let named = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let new = NewRow {
            // Equal rows of an import are the import's: this one is told apart by what it stands for.
            content: format!("own {}", recording.id).into_bytes(),
            officer_id: named(&recording.officer_id),
            camera_serial: named(&recording.camera_serial),
            data,
            ..NewRow::default()
        };
        imports::set_own(tx, &recording.id, &new).await?;
        jobs::add(tx, UPDATE_OUTCOMES, "all", self.world.now()).await?;
        Ok(())
    }
}
