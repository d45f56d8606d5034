//! A recording as its page shows it, and what people say of it: categories, notes, markers, corrections, restriction,
//! holds, alignment. Every change is one transaction with its ledger entry, and nothing that a source said is lost: what
//! is corrected stands beside it.

mod custody;
mod picture;
mod trail;
mod verify;

use std::sync::Arc;

use onrecord_ledger::Kind;
use onrecord_store::annotations::{self, Annotation, Correction, Hold};
use onrecord_store::recordings::{self, Recording};
use onrecord_store::search::{self, Scope};
use onrecord_store::sight::Class;
use onrecord_store::{Tx, commit, imports, jobs, outcomes};
use serde_json::{Value, json};

pub use custody::Step;
pub use picture::{AboutClip, Picture};
pub use trail::Point;
pub use verify::{Checked, Verified};

use crate::custody::Event;
use crate::jobs::{INDEX, UPDATE_OUTCOMES};
use crate::outcomes::rows;
use crate::{Action, Principal, Program, ProgramError, Resource, Rights};

/// How many recordings are categorised at once.
pub const MOST_AT_ONCE: usize = 500;
/// The longest text that people write, in characters.
pub const LONGEST_TEXT: usize = 4_000;

/// What was wrong about a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is this officer's.
    Officer(String),
    /// This camera made it.
    Camera(String),
    /// It was made by accident and shows nothing of a call.
    Accidental,
}

impl Wrong {
    fn kind(&self) -> &'static str {
        match self {
            Self::Officer(_) => "officer",
            Self::Camera(_) => "camera",
            Self::Accidental => "accidental",
        }
    }
}

/// A text that a person wrote, without white space around it.
///
/// # Errors
/// Where it is empty or too long.
pub(crate) fn text_of(what: &str, text: &str) -> Result<String, ProgramError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ProgramError::Refused(format!("The {what} is empty; write at least a word.")));
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(ProgramError::Refused(format!("The {what} has more than {LONGEST_TEXT} characters.")));
    }
    Ok(text.to_owned())
}

impl Program {
    /// A recording, for somebody who wants to do something with it.
    ///
    /// # Errors
    /// Where there is none that the caller may know of, or where they may not do this.
    pub async fn recording_for(
        &self,
        who: &Principal,
        action: Action,
        id: &str,
    ) -> Result<Recording, ProgramError> {
        let recording = recordings::get(&self.store, id)
            .await?
            .ok_or_else(|| ProgramError::NotFound { what: "recording", id: id.chars().take(80).collect() })?;
        let resource = self.resource(who, &recording).await?;
        who.permit(action, &resource).map_err(|refusal| refusal.of("recording", id))?;
        Ok(recording)
    }

    /// A recording, as rights see it for somebody.
    pub(crate) async fn resource(
        &self,
        who: &Principal,
        recording: &Recording,
    ) -> Result<Resource, ProgramError> {
        let is_named = match who.rights {
            Rights::Person(_) => recordings::is_named(&self.store, &recording.id, &who.id).await?,
            Rights::Token(_) => false,
        };
        Ok(Resource {
            officer_id: recording.officer_id.clone(),
            district: Some(recording.standing.district.clone()),
            class: recording.standing.restricted.as_deref().and_then(Class::of),
            is_named,
        })
    }

    /// Writes that somebody said something of a recording, and that the search is to be told.
    pub(crate) async fn note(
        &self,
        tx: &mut Tx,
        who: &Principal,
        recording: &str,
        event: (Kind, &str, &str),
        facts: Value,
    ) -> Result<(), ProgramError> {
        let (kind, what, reason) = event;
        let event =
            Event::new(kind, recording, &who.actor(), reason).with([("what", what.into()), ("said", facts)]);
        self.record(tx, event).await?;
        search::mark(tx, Scope::Recordings, &[recording.to_owned()]).await?;
        jobs::add(tx, INDEX, "all", self.world.now()).await?;
        Ok(())
    }

    async fn done(&self, tx: Tx) -> Result<(), ProgramError> {
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }

    /// Puts recordings into categories and takes them out of others, all of them or none.
    ///
    /// # Errors
    /// Where a recording is not the caller's to categorise, or a category is none of the agency's.
    pub async fn categorise(
        &self,
        who: &Principal,
        ids: &[String],
        add: &[String],
        remove: &[String],
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        if ids.len() > MOST_AT_ONCE {
            return Err(ProgramError::Refused(format!("At most {MOST_AT_ONCE} recordings at once.")));
        }
        self.check_categories(add).await?;
        for id in ids {
            self.recording_for(who, Action::Categorise, id).await?;
        }
        let (mut tx, now) = (self.store.begin().await?, self.world.now());
        for id in ids {
            let (mut added, mut removed) = (Vec::new(), Vec::new());
            for category in remove.iter().filter(|category| !add.contains(category)) {
                if annotations::uncategorise(&mut tx, id, category).await? {
                    removed.push(category);
                }
            }
            for category in add {
                if annotations::categorise(&mut tx, id, category, &who.actor(), now).await? {
                    added.push(category);
                }
            }
            if !(added.is_empty() && removed.is_empty()) {
                let facts = json!({ "added": added, "removed": removed });
                self.note(&mut tx, who, id, (Kind::Annotated, "categories", "categorised"), facts).await?;
            }
        }
        self.done(tx).await
    }

    /// Puts a recording into exactly these categories.
    ///
    /// # Errors
    /// As [`Program::categorise`].
    pub async fn set_categories(
        &self,
        who: &Principal,
        id: &str,
        categories: &[String],
    ) -> Result<(), ProgramError> {
        let ids = [id.to_owned()];
        let before = annotations::categories_of(&self.store, &ids).await?;
        let remove: Vec<String> =
            before.into_iter().map(|(_, category)| category).filter(|it| !categories.contains(it)).collect();
        self.categorise(who, &ids, categories, &remove).await
    }

    async fn check_categories(&self, wanted: &[String]) -> Result<(), ProgramError> {
        let known = annotations::categories(&self.store).await?;
        let known: Vec<&str> = known.iter().filter(|it| !it.retired).map(|it| it.id.as_str()).collect();
        match wanted.iter().find(|category| !known.contains(&category.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(ProgramError::Refused(format!(
                "There is no category {unknown}; there are {}.",
                known.join(", ")
            ))),
        }
    }

    /// Writes a note, or, with `at_us`, a marker so many microseconds after the first frame; answers its id.
    ///
    /// # Errors
    /// Where the recording is not the caller's to annotate, or there are no words.
    pub async fn annotate(
        &self,
        who: &Principal,
        id: &str,
        at_us: Option<i64>,
        text: &str,
    ) -> Result<String, ProgramError> {
        self.may_write()?;
        let recording = self.recording_for(who, Action::Annotate, id).await?;
        let text = text_of("text", text)?;
        if at_us.is_some_and(|at| at < 0) {
            return Err(ProgramError::Refused("A marker cannot stand before the first frame.".to_owned()));
        }
        let kind = if at_us.is_some() { "marker" } else { "note" };
        let new = Annotation {
            id: self.world.id().to_string(),
            recording_id: recording.id,
            kind: kind.to_owned(),
            at_us,
            text,
            actor: who.actor(),
            created_at: self.world.now(),
        };
        let mut tx = self.store.begin().await?;
        annotations::annotate(&mut tx, &new).await?;
        let facts = json!({ "id": new.id, "at_us": at_us, "text": new.text });
        self.note(&mut tx, who, id, (Kind::Annotated, kind, "written"), facts).await?;
        self.done(tx).await?;
        Ok(new.id)
    }

    /// Takes a marker back.
    ///
    /// # Errors
    /// Where the recording is not the caller's to annotate, or has no such marker.
    pub async fn remove_marker(&self, who: &Principal, id: &str, marker: &str) -> Result<(), ProgramError> {
        self.may_write()?;
        self.recording_for(who, Action::Annotate, id).await?;
        let mut tx = self.store.begin().await?;
        if !annotations::remove_marker(&mut tx, id, marker, self.world.now()).await? {
            return Err(ProgramError::NotFound { what: "marker", id: marker.chars().take(80).collect() });
        }
        let facts = json!({ "id": marker });
        self.note(&mut tx, who, id, (Kind::Annotated, "marker", "removed"), facts).await?;
        self.done(tx).await
    }

    /// Corrects whose a recording is, which camera made it, or says that it was made by accident. The source's own words
    /// stay; the audit follows the correction.
    ///
    /// # Errors
    /// Where the recording is not the caller's to correct, or nothing is wrong.
    pub async fn correct(
        &self,
        who: &Principal,
        id: &str,
        wrong: Wrong,
        reason: &str,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        self.recording_for(who, Action::Correct, id).await?;
        let reason = text_of("reason", reason)?;
        let mut tx = self.store.begin().await?;
        let missing = || ProgramError::NotFound { what: "recording", id: id.to_owned() };
        let before = recordings::get_in(&mut tx, id).await?.ok_or_else(missing)?;
        let mut after = before.clone();
        let (was, is) = match &wrong {
            Wrong::Officer(officer) => {
                after.officer_id = Some(text_of("officer", officer)?);
                (before.officer_id.clone(), after.officer_id.clone())
            }
            Wrong::Camera(camera) => {
                after.camera_serial = Some(text_of("camera", camera)?);
                (before.camera_serial.clone(), after.camera_serial.clone())
            }
            Wrong::Accidental => (None, None),
        };
        if is.is_some() && was == is {
            return Err(ProgramError::Refused("That is what stands there already.".to_owned()));
        }
        let correction = Correction {
            id: self.world.id().to_string(),
            recording_id: id.to_owned(),
            kind: wrong.kind().to_owned(),
            before: was.clone(),
            after: is.clone(),
            reason: reason.clone(),
            actor: who.actor(),
            created_at: self.world.now(),
        };
        annotations::correct(&mut tx, &correction).await?;
        recordings::update(&mut tx, &after).await?;
        let facts = json!({ "kind": wrong.kind(), "before": was, "after": is });
        self.note(&mut tx, who, id, (Kind::Annotated, "correction", &reason), facts).await?;
        self.let_audit_follow(&mut tx, &before, &after).await?;
        self.done(tx).await
    }

    /// The audit goes by what is right.
    async fn let_audit_follow(
        &self,
        tx: &mut Tx,
        before: &Recording,
        after: &Recording,
    ) -> Result<(), ProgramError> {
        if after.source != "import" {
            return self.settle_recording(tx, &after.id).await;
        }
        let Some(row) = imports::external(tx, &after.source_key).await? else { return Ok(()) };
        let data = rows::with_values(
            &row,
            [("officer_id", after.officer_id.as_deref()), ("camera_serial", after.camera_serial.as_deref())],
        );
        outcomes::mark_related(tx, before.officer_id.as_deref(), before.camera_serial.as_deref()).await?;
        imports::correct(tx, row.id, &data, after.officer_id.as_deref(), after.camera_serial.as_deref())
            .await?;
        jobs::add(tx, UPDATE_OUTCOMES, "all", self.world.now()).await?;
        Ok(())
    }

    /// Puts a recording into a restricted class, or out of it.
    ///
    /// # Errors
    /// Where the recording is not the caller's to restrict, before or after.
    pub async fn restrict(
        &self,
        who: &Principal,
        id: &str,
        class: Option<Class>,
        reason: &str,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        let recording = self.recording_for(who, Action::Restrict, id).await?;
        let resource = Resource { class, ..self.resource(who, &recording).await? };
        who.permit(Action::Restrict, &resource).map_err(|refusal| ProgramError::Forbidden(refusal.rule))?;
        let reason = text_of("reason", reason)?;
        let mut tx = self.store.begin().await?;
        recordings::set_restricted(&mut tx, id, class.map(Class::word)).await?;
        let facts = json!({ "class": class.map(Class::word), "before": recording.standing.restricted });
        self.note(&mut tx, who, id, (Kind::AccessChanged, "restriction", &reason), facts).await?;
        self.done(tx).await
    }

    /// Forbids to destroy a recording; answers the hold's id.
    ///
    /// # Errors
    /// Where the recording is not the caller's to hold.
    pub async fn hold(
        &self,
        who: &Principal,
        id: &str,
        reason: &str,
        until: Option<i64>,
    ) -> Result<String, ProgramError> {
        self.may_write()?;
        self.recording_for(who, Action::Hold, id).await?;
        let now = self.world.now();
        if until.is_some_and(|until| until <= now) {
            return Err(ProgramError::Refused("The hold would end before it began.".to_owned()));
        }
        let mut tx = self.store.begin().await?;
        let reason = text_of("reason", reason)?;
        let hold = self.set_hold(&mut tx, who, id, &reason, until, None).await?;
        self.done(tx).await?;
        Ok(hold)
    }

    /// Sets a hold as part of a transaction; answers its id.
    pub(crate) async fn set_hold(
        &self,
        tx: &mut Tx,
        who: &Principal,
        recording: &str,
        reason: &str,
        until: Option<i64>,
        case_id: Option<&str>,
    ) -> Result<String, ProgramError> {
        let hold = Hold {
            id: self.world.id().to_string(),
            recording_id: recording.to_owned(),
            reason: reason.to_owned(),
            until,
            case_id: case_id.map(str::to_owned),
            actor: who.actor(),
            created_at: self.world.now(),
            lifted_at: None,
            lifted_by: None,
        };
        annotations::hold(tx, &hold).await?;
        let facts = json!({ "id": hold.id, "until": until, "case_id": case_id });
        self.note(tx, who, recording, (Kind::Held, "hold", reason), facts).await?;
        Ok(hold.id)
    }

    /// Lifts a hold.
    ///
    /// # Errors
    /// Where the recording is not the caller's to hold, or has no such hold.
    pub async fn lift_hold(&self, who: &Principal, id: &str, hold: &str) -> Result<(), ProgramError> {
        self.may_write()?;
        self.recording_for(who, Action::Hold, id).await?;
        let mut tx = self.store.begin().await?;
        if !annotations::lift(&mut tx, id, hold, &who.actor(), self.world.now()).await? {
            return Err(ProgramError::NotFound {
                what: "hold that can be lifted",
                id: hold.chars().take(80).collect(),
            });
        }
        self.note(&mut tx, who, id, (Kind::Held, "hold", "lifted"), json!({ "id": hold })).await?;
        self.done(tx).await
    }

    /// Moves a recording's clock in the picture of a call, where the cameras' clocks disagree: an annotation, which the
    /// audit does not follow.
    ///
    /// # Errors
    /// Where the recording is not the caller's to annotate, or the move is longer than a day.
    pub async fn align(
        &self,
        who: &Principal,
        id: &str,
        offset_us: i64,
        reason: &str,
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        let recording = self.recording_for(who, Action::Annotate, id).await?;
        if offset_us.unsigned_abs() > 86_400_000_000 {
            return Err(ProgramError::Refused("A recording is moved by at most a day.".to_owned()));
        }
        let reason = text_of("reason", reason)?;
        let mut tx = self.store.begin().await?;
        recordings::set_alignment(&mut tx, id, offset_us).await?;
        let facts = json!({ "offset_us": offset_us, "before": recording.standing.alignment });
        self.note(&mut tx, who, id, (Kind::Annotated, "alignment", &reason), facts).await?;
        self.done(tx).await
    }

    /// The agency's categories.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn categories(&self) -> Result<Vec<annotations::Category>, ProgramError> {
        Ok(annotations::categories(&self.store).await?)
    }

    /// Writes the agency's categories, id and title, in their order; those that are left out are no longer given.
    ///
    /// # Errors
    /// Where the caller may not, or an id is none.
    pub async fn write_categories(
        self: &Arc<Self>,
        who: &Principal,
        categories: &[(String, String)],
    ) -> Result<(), ProgramError> {
        self.may_write()?;
        who.permit(Action::ManageAgency, &Resource::agency())
            .map_err(|refusal| refusal.of("categories", ""))?;
        let is_id = |id: &str| {
            let is_letter =
                |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            (1..=40).contains(&id.len()) && id.chars().all(is_letter)
        };
        for (id, title) in categories {
            if !is_id(id) {
                return Err(ProgramError::Refused(format!(
                    "The id of a category has 1 to 40 small letters, digits and _; {id} has others."
                )));
            }
            text_of("title", title)?;
        }
        let mut tx = self.store.begin().await?;
        annotations::set_categories(&mut tx, categories).await?;
        let ids: Vec<&String> = categories.iter().map(|(id, _)| id).collect();
        let event = Event::new(Kind::AccessChanged, "categories", &who.actor(), "categories written")
            .with([("categories", json!(ids))]);
        self.record(&mut tx, event).await?;
        self.done(tx).await
    }
}
