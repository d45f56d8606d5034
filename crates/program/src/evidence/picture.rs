//! A recording as its page shows it.

use std::collections::BTreeSet;

use onrecord_media::Facts;
use onrecord_store::annotations::{self, Annotation, Correction, Hold};
use onrecord_store::cases::{self, Case};
use onrecord_store::officers::Officer;
use onrecord_store::outcomes::Outcome;
use onrecord_store::recordings::Recording;
use onrecord_store::{clips, media};

use super::custody::A_CASE;
use crate::access::Action;
use crate::recordings::Shown;
use crate::{Principal, Program, ProgramError};

/// Everything about a recording.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The recording with its clips, its officer and categories.
    pub shown: Shown,
    /// What it is called.
    pub title: String,
    /// The duties that it shows something of.
    pub duties: Vec<Outcome>,
    /// Notes and markers.
    pub annotations: Vec<Annotation>,
    /// What was wrong about it.
    pub corrections: Vec<Correction>,
    /// Holds, lifted ones too.
    pub holds: Vec<Hold>,
    /// The cases that it is in, as far as the caller may know of them.
    pub cases: Vec<Case>,
    /// What is known of its clips.
    pub media: Vec<AboutClip>,
    /// By how much its times may be wrong, in microseconds; none where the camera's clock was never measured.
    pub clock_uncertainty: Option<i64>,
    /// What the caller may do with it.
    pub may: BTreeSet<Action>,
}

/// What is known of a clip.
#[derive(Debug, Clone)]
pub struct AboutClip {
    /// Its id.
    pub clip_id: String,
    /// What the media tools read.
    pub facts: Option<Facts>,
    /// Why they could not.
    pub failure: Option<String>,
    /// Whether there is a still picture.
    pub has_poster: bool,
    /// Whether there is a waveform.
    pub has_waveform: bool,
    /// Whether there is a clear copy of what its camera encrypted.
    pub has_clear: bool,
}

impl Program {
    /// A recording as its page shows it.
    ///
    /// # Errors
    /// Where there is none that the caller may see, or where the database cannot.
    pub async fn picture(&self, who: &Principal, id: &str) -> Result<Picture, ProgramError> {
        let recording = self.recording_for(who, Action::View, id).await?;
        let resource = self.resource(who, &recording).await?;
        let ids = [recording.id.clone()];
        let duties = self.duties_of(&recording).await?;
        let clock_uncertainty = recording.clock_offset.map(uncertainty);
        let mut shown = self.shown(vec![recording]).await?;
        let shown =
            shown.pop().ok_or_else(|| ProgramError::NotFound { what: "recording", id: id.to_owned() })?;
        let may = Action::WORDS
            .iter()
            .map(|(_, action)| *action)
            .filter(|action| action.kind() == Action::View.kind() && who.permit(*action, &resource).is_ok())
            .collect();
        let mut media = Vec::new();
        for clip in shown.clips.iter().filter(|clip| matches!(clip.kind.as_str(), "clip" | "rejected")) {
            media.push(self.about_clip(&clip.id).await?);
        }
        Ok(Picture {
            title: title(&shown.recording, shown.officer.as_ref(), &duties),
            annotations: annotations::of_recordings(&self.store, &ids).await?,
            corrections: annotations::corrections(&self.store, id).await?,
            holds: self.holds_as_seen(who, id).await?,
            cases: cases::of_recording(&self.store, id, &who.sight(Action::ViewCase)).await?,
            shown,
            duties,
            media,
            clock_uncertainty,
            may,
        })
    }

    /// The holds of a recording. Of one that stands for a case which somebody may not know of they learn that it stands.
    async fn holds_as_seen(&self, who: &Principal, id: &str) -> Result<Vec<Hold>, ProgramError> {
        let mut holds = annotations::holds(&self.store, id).await?;
        for hold in &mut holds {
            let Some(case) = &hold.case_id else { continue };
            if !self.may_know_case(who, case).await? {
                hold.case_id = None;
                A_CASE.clone_into(&mut hold.reason);
            }
        }
        Ok(holds)
    }

    async fn about_clip(&self, clip_id: &str) -> Result<AboutClip, ProgramError> {
        let row = media::get(&self.store, clip_id).await?;
        let made = media::kinds_of(&self.store, clip_id).await?;
        let has = |kind: &str| made.iter().any(|made| made == kind);
        let facts = row.as_ref().and_then(|row| row.facts.as_deref());
        Ok(AboutClip {
            clip_id: clip_id.to_owned(),
            facts: facts.and_then(|facts| serde_json::from_str(facts).ok()),
            failure: row.and_then(|row| row.failure),
            has_poster: has("poster"),
            has_waveform: has("waveform"),
            has_clear: has("clear"),
        })
    }

    /// Recordings as lists show them.
    pub(crate) async fn shown(&self, found: Vec<Recording>) -> Result<Vec<Shown>, ProgramError> {
        let ids: Vec<String> = found.iter().map(|recording| recording.id.clone()).collect();
        let officers = found.iter().filter_map(|recording| recording.officer_id.clone()).collect();
        let officers = self.officers_by_id(officers).await?;
        let categories = annotations::categories_of(&self.store, &ids).await?;
        let clips = clips::of_recordings(&self.store, &ids).await?;
        let show = |recording: Recording| Shown {
            officer: recording.officer_id.as_ref().and_then(|id| officers.get(id)).cloned(),
            categories: categories
                .iter()
                .filter(|(id, _)| *id == recording.id)
                .map(|(_, category)| category.clone())
                .collect(),
            clips: clips
                .iter()
                .filter(|clip| clip.recording_id == recording.id && clip.same_as.is_none())
                .cloned()
                .collect(),
            recording,
        };
        Ok(found.into_iter().map(show).collect())
    }
}

/// The offset is measured at docking and has grown since the docking before: half of it, and a tenth of a second for the
/// measuring.
fn uncertainty(offset: i64) -> i64 {
    offset.saturating_abs() / 2 + 100_000
}

/// What a recording is called: the call that it shows, or whose it is.
fn title(recording: &Recording, officer: Option<&Officer>, duties: &[Outcome]) -> String {
    let named = officer.map(|officer| officer.name.clone()).filter(|name| !name.is_empty());
    let officer = named.or_else(|| recording.officer_id.clone()).or_else(|| recording.camera_serial.clone());
    let officer = officer.unwrap_or_else(|| "Recording".to_owned());
    let call = duties.iter().find(|duty| duty.outcome != "not_required").or(duties.first());
    match call {
        Some(duty) if !duty.call_type.is_empty() => format!("{} · {officer}", duty.call_type),
        Some(duty) => format!("Call {} · {officer}", duty.call_id),
        None => officer,
    }
}
