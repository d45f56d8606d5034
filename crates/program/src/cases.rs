//! Cases: what is in one is kept, by a hold that goes with the case, and is seen by the people that it names.

use std::sync::Arc;

use onrecord_ledger::Kind;
use onrecord_store::cases::{self, Case, CaseFilter, CaseNote};
use onrecord_store::search::{self, Found, Scope};
use onrecord_store::{Tx, annotations, commit, jobs, recordings};
use serde_json::{Value, json};

use crate::custody::Event;
use crate::evidence::text_of;
use crate::intake::{Attempt, Check, NewClip, NewRecording};
use crate::jobs::INDEX;
use crate::recordings::Shown;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// A case with what is in it.
#[derive(Debug, Clone)]
pub struct CasePicture {
    /// The case.
    pub case: Case,
    /// Its recordings, as far as the caller may see them.
    pub recordings: Vec<Shown>,
    /// Its notes.
    pub notes: Vec<CaseNote>,
    /// The people that it names, by id.
    pub people: Vec<String>,
    /// Whether the caller may change it.
    pub may_edit: bool,
}

/// What is changed about a case; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct CaseChange {
    /// What it is called.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// `open` or `closed`.
    pub state: Option<String>,
    /// The people that it names.
    pub people: Option<Vec<String>>,
}

impl Program {
    /// Lists cases.
    ///
    /// # Errors
    /// Where the caller may see none, or where the database cannot.
    pub async fn list_cases(
        &self,
        who: &Principal,
        filter: &CaseFilter,
    ) -> Result<Found<Case>, ProgramError> {
        let sight = who.sight(Action::ViewCase);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "cases", id: String::new() });
        }
        Ok(cases::list(&self.store, filter, &sight).await?)
    }

    /// A case, for somebody who wants to do something with it.
    async fn case_for(&self, who: &Principal, action: Action, id: &str) -> Result<Case, ProgramError> {
        let missing = || ProgramError::NotFound { what: "case", id: id.chars().take(80).collect() };
        let case = cases::get(&self.store, id).await?.ok_or_else(missing)?;
        let is_named = cases::people(&self.store, id).await?.contains(&who.id);
        let resource = Resource { is_named, ..Resource::default() };
        who.permit(action, &resource).map_err(|refusal| refusal.of("case", id))?;
        Ok(case)
    }

    /// Whether somebody may know of a case.
    pub(crate) async fn may_know_case(&self, who: &Principal, id: &str) -> Result<bool, ProgramError> {
        match self.case_for(who, Action::ViewCase, id).await {
            Ok(_) => Ok(true),
            Err(ProgramError::NotFound { .. } | ProgramError::Forbidden(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A case with what is in it.
    ///
    /// # Errors
    /// Where there is none that the caller may see.
    pub async fn case(&self, who: &Principal, id: &str) -> Result<CasePicture, ProgramError> {
        let case = self.case_for(who, Action::ViewCase, id).await?;
        let ids = cases::recordings(&self.store, id).await?;
        let mut seen = Vec::new();
        for recording in recordings::with_ids(&self.store, &ids).await? {
            if who.permit(Action::View, &self.resource(who, &recording).await?).is_ok() {
                seen.push(recording);
            }
        }
        seen.sort_by_key(|recording| recording.started_at.unwrap_or(recording.created_at));
        Ok(CasePicture {
            recordings: self.shown(seen).await?,
            notes: cases::notes(&self.store, id).await?,
            people: cases::people(&self.store, id).await?,
            may_edit: self.case_for(who, Action::EditCase, id).await.is_ok(),
            case,
        })
    }

    /// Opens a case; answers its id.
    ///
    /// # Errors
    /// Where the caller may not, or the number is taken.
    pub async fn open_case(
        self: &Arc<Self>,
        who: &Principal,
        number: &str,
        change: CaseChange,
    ) -> Result<String, ProgramError> {
        self.may_write()?;
        who.permit(Action::EditCase, &Resource::default())
            .map_err(|refusal| ProgramError::Forbidden(refusal.rule))?;
        let now = self.world.now();
        let case = Case {
            id: self.world.id().to_string(),
            number: text_of("number", number)?,
            title: text_of("title", change.title.as_deref().unwrap_or_default())?,
            state: "open".to_owned(),
            description: change.description.unwrap_or_default(),
            created_by: who.actor(),
            created_at: now,
            changed_at: now,
        };
        let mut tx = self.store.begin().await?;
        cases::add(&mut tx, &case).await.map_err(|error| {
            if error.is_duplicate() {
                ProgramError::Conflict(format!("There is a case with the number {} already.", case.number))
            } else {
                error.into()
            }
        })?;
        if let Some(people) = &change.people {
            cases::set_people(&mut tx, &case.id, people).await?;
        }
        let facts = json!({ "number": case.number, "title": case.title, "people": change.people });
        self.record_case(&mut tx, who, &case.id, "case opened", facts).await?;
        commit(tx).await?;
        Ok(case.id)
    }

    /// Changes a case. One that is closed still keeps what is in it.
    ///
    /// # Errors
    /// Where there is none that the caller may change.
    pub async fn change_case(
        &self,
        who: &Principal,
        id: &str,
        change: CaseChange,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        let mut case = self.case_for(who, Action::EditCase, id).await?;
        if let Some(state) = change.state.as_deref().filter(|state| !matches!(*state, "open" | "closed")) {
            return Err(ProgramError::Refused(format!("A case is open or closed, not {state}.")));
        }
        let facts = json!({
            "title": change.title, "description": change.description, "state": change.state, "people": change.people,
        });
        if let Some(title) = &change.title {
            case.title = text_of("title", title)?;
        }
        case.description = change.description.unwrap_or(case.description);
        case.state = change.state.unwrap_or(case.state);
        case.changed_at = self.world.now();
        let mut tx = self.store.begin().await?;
        cases::update(&mut tx, &case).await?;
        if let Some(people) = &change.people {
            cases::set_people(&mut tx, id, people).await?;
        }
        self.record_case(&mut tx, who, id, "case changed", facts).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Puts recordings into a case: each is held for as long as it is in it.
    ///
    /// # Errors
    /// Where the case is not the caller's to change, or a recording not theirs to see.
    pub async fn add_to_case(&self, who: &Principal, id: &str, ids: &[String]) -> Result<(), ProgramError> {
        self.may_write()?;
        let case = self.case_for(who, Action::EditCase, id).await?;
        for recording in ids {
            self.recording_for(who, Action::View, recording).await?;
        }
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        for recording in ids {
            self.put_into(&mut tx, who, &case, recording, now).await?;
        }
        let case = Case { changed_at: now, ..case };
        cases::update(&mut tx, &case).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    /// Takes a recording out of a case; the case's hold on it is lifted.
    ///
    /// # Errors
    /// Where the case is not the caller's to change, or the recording not in it.
    pub async fn remove_from_case(
        &self,
        who: &Principal,
        id: &str,
        recording: &str,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        let case = self.case_for(who, Action::EditCase, id).await?;
        let missing = || ProgramError::NotFound {
            what: "recording in the case",
            id: recording.chars().take(80).collect(),
        };
        // What they may not know of they cannot take out, and are told what they would be told if it were not there.
        self.recording_for(who, Action::View, recording).await.map_err(|error| match error {
            ProgramError::NotFound { .. } => missing(),
            other => other,
        })?;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        if !cases::remove_recording(&mut tx, id, recording).await? {
            return Err(missing());
        }
        annotations::lift_for_case(&mut tx, recording, id, &who.actor(), now).await?;
        self.record_case(&mut tx, who, recording, "taken out of", json!({ "number": case.number })).await?;
        search::mark(&mut tx, Scope::Recordings, &[recording.to_owned()]).await?;
        jobs::add(&mut tx, INDEX, "all", now).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Writes a note on a case; answers its id.
    ///
    /// # Errors
    /// Where the case is not the caller's to change.
    pub async fn note_on_case(&self, who: &Principal, id: &str, text: &str) -> Result<String, ProgramError> {
        self.may_write()?;
        let case = self.case_for(who, Action::EditCase, id).await?;
        let note = CaseNote {
            id: self.world.id().to_string(),
            text: text_of("text", text)?,
            actor: who.actor(),
            created_at: self.world.now(),
        };
        let mut tx = self.store.begin().await?;
        cases::add_note(&mut tx, id, &note).await?;
        cases::update(&mut tx, &Case { changed_at: note.created_at, ..case }).await?;
        self.record_case(&mut tx, who, id, "note written", json!({ "id": note.id, "text": note.text }))
            .await?;
        commit(tx).await?;
        Ok(note.id)
    }

    /// Begins to take other media into a case: an upload like any other, of a recording of its own.
    ///
    /// # Errors
    /// Where the case is not the caller's to change, or there is no room.
    pub async fn begin_case_media(
        self: &Arc<Self>,
        who: &Principal,
        id: &str,
        name: &str,
        content_type: Option<&str>,
        started_at: Option<i64>,
    ) -> Result<Attempt, ProgramError> {
        let case = self.case_for(who, Action::EditCase, id).await?;
        let recording = NewRecording {
            source: "case",
            started_at,
            transfer_complete: true,
            metadata: json!({ "case": case.number, "name": name }).to_string(),
            ..NewRecording::default()
        };
        let clip = NewClip {
            kind: "clip",
            name: text_of("name", name)?,
            content_type: content_type.map(str::to_owned),
            metadata: "{}".to_owned(),
            length: None,
        };
        let upload = self.begin_upload(who, recording, clip, "").await?;
        self.attempt(who, &upload.id, Some(0), Check::None).await
    }

    /// Puts media that were taken in whole into their case.
    ///
    /// # Errors
    /// As [`Program::add_to_case`].
    pub async fn finish_case_media(
        &self,
        who: &Principal,
        id: &str,
        recording: &str,
    ) -> Result<(), ProgramError> {
        let case = self.case_for(who, Action::EditCase, id).await?;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        self.put_into(&mut tx, who, &case, recording, now).await?;
        cases::update(&mut tx, &Case { changed_at: now, ..case }).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    pub(crate) async fn put_into(
        &self,
        tx: &mut Tx,
        who: &Principal,
        case: &Case,
        recording: &str,
        now: i64,
    ) -> Result<(), ProgramError> {
        if cases::add_recording(tx, &case.id, recording, &who.actor(), now).await? {
            let reason = format!("in the case {}", case.number);
            self.set_hold(tx, who, recording, &reason, None, Some(&case.id)).await?;
            self.record_case(tx, who, recording, "put into", json!({ "number": case.number })).await?;
        }
        Ok(())
    }

    pub(crate) async fn record_case(
        &self,
        tx: &mut Tx,
        who: &Principal,
        subject: &str,
        reason: &str,
        said: Value,
    ) -> Result<(), ProgramError> {
        let event = Event::new(Kind::Annotated, subject, &who.actor(), reason)
            .with([("what", "case".into()), ("said", said)]);
        self.record(tx, event).await?;
        Ok(())
    }
}
