//! Cases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use onrecord_program::Action;
use onrecord_program::cases::{CaseChange, CasePicture};
use onrecord_store::cases::{Case, CaseFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::body::{Ended, Octets, pour};
use super::evidence::Made;
use super::given::Given;
use super::page::{self, time};
use super::recordings::{RecordingAnswer, answer};
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// How many cases a page has at most.
const PAGE: u32 = 200;

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// open or closed.
    state: Option<String>,
    /// Whose number begins with this text, or whose title holds it.
    q: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; 50 where not given.
    limit: Option<u32>,
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CasesPage {
    items: Vec<CaseAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
    /// How many there are in all; 10,001 stands for more than 10,000.
    total: u64,
}

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseAnswer {
    id: String,
    number: String,
    title: String,
    /// open or closed.
    state: String,
    description: String,
    created_at: Option<String>,
    changed_at: Option<String>,
}

fn case(case: Case) -> CaseAnswer {
    CaseAnswer {
        id: case.id,
        number: case.number,
        title: case.title,
        state: case.state,
        description: case.description,
        created_at: time(Some(case.created_at)),
        changed_at: time(Some(case.changed_at)),
    }
}

/// A case with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CasePage {
    #[serde(flatten)]
    case: CaseAnswer,
    created_by: String,
    /// As far as the caller may see them.
    recordings: Vec<RecordingAnswer>,
    notes: Vec<CaseNoteAnswer>,
    people: Vec<PersonOfCase>,
    may_edit: bool,
}

/// Somebody whom a case names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonOfCase {
    id: String,
    name: String,
}

/// A note on a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseNoteAnswer {
    id: String,
    text: String,
    by: String,
    at: Option<String>,
}

/// Lists cases, those first that were changed last.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(Wanted),
    responses((status = 200, body = CasesPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<CasesPage>, Problem> {
    let who = caller.may(Action::ViewCase)?;
    let limit = page::limit(wanted.limit, PAGE)?;
    let filter = CaseFilter {
        state: wanted.state,
        text: wanted.q.filter(|text| !text.trim().is_empty()),
        after: wanted.cursor.as_deref().map(page::after).transpose()?,
        limit: limit + 1,
    };
    let mut found = server.program.list_cases(&who, &filter).await?;
    let has_more = found.items.len() > limit as usize;
    found.items.truncate(limit as usize);
    let last = found.items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| page::cursor_of(last.changed_at, &last.id));
    Ok(Json(CasesPage {
        items: found.items.into_iter().map(case).collect(),
        next_cursor,
        total: found.total,
    }))
}

fn actors_of(picture: &CasePicture) -> BTreeSet<String> {
    let people = picture.people.iter().map(|id| format!("person:{id}"));
    let notes = picture.notes.iter().map(|note| note.actor.clone());
    people.chain(notes).chain([picture.case.created_by.clone()]).collect()
}

fn picture(picture: CasePicture, names: &BTreeMap<String, String>) -> CasePage {
    let named = |actor: &str| names.get(actor).cloned().unwrap_or_else(|| actor.to_owned());
    let notes = picture.notes.into_iter().map(|note| CaseNoteAnswer {
        id: note.id,
        text: note.text,
        by: named(&note.actor),
        at: time(Some(note.created_at)),
    });
    let people =
        picture.people.into_iter().map(|id| PersonOfCase { name: named(&format!("person:{id}")), id });
    CasePage {
        created_by: named(&picture.case.created_by),
        recordings: picture.recordings.into_iter().map(answer).collect(),
        notes: notes.collect(),
        people: people.collect(),
        may_edit: picture.may_edit,
        case: case(picture.case),
    }
}

async fn shown(server: &Shared, who: &onrecord_program::Principal, id: &str) -> Result<CasePage, Problem> {
    let found = server.program.case(who, id).await?;
    let names = server.program.actor_names(actors_of(&found)).await?;
    Ok(picture(found, &names))
}

/// A case with what is in it.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = CasePage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CasePage>, Problem> {
    let who = caller.may(Action::ViewCase)?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// Who is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedWanted {
    /// Words of a name, at least two letters.
    q: String,
}

/// People who may be named in a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedAnswer {
    items: Vec<PersonOfCase>,
}

/// Finds active people by their names, to name them in a case; at most 8.
#[utoipa::path(get, path = "/api/v1/cases/people", tag = "cases", params(NamedWanted),
    responses((status = 200, body = NamedAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn people_to_name(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<NamedWanted>,
) -> Result<Json<NamedAnswer>, Problem> {
    caller.may(Action::EditCase)?;
    let found = server.program.people_to_name(&wanted.q).await?;
    Ok(Json(NamedAnswer { items: found.into_iter().map(|(id, name)| PersonOfCase { id, name }).collect() }))
}

/// A new case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCase {
    /// As the agency counts.
    number: String,
    title: String,
    description: Option<String>,
    /// Ids of the people that it names: they see what is in it.
    people: Option<Vec<String>>,
}

/// Opens a case.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = NewCase,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn open(
    State(server): State<Shared>,
    caller: Caller,
    Given(said): Given<NewCase>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::EditCase)?;
    let change = CaseChange {
        title: Some(said.title),
        description: said.description,
        state: None,
        people: said.people,
    };
    let id = server.program.open_case(&who, &said.number, change).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// What is changed about a case; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    title: Option<String>,
    description: Option<String>,
    /// open or closed.
    state: Option<String>,
    /// Ids of the people that it names.
    people: Option<Vec<String>>,
}

/// Changes a case.
#[utoipa::path(patch, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path)), request_body = Change,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = CasePage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<Change>,
) -> Result<Json<CasePage>, Problem> {
    let who = caller.may(Action::EditCase)?;
    let change = CaseChange {
        title: said.title,
        description: said.description,
        state: said.state,
        people: said.people,
    };
    server.program.change_case(&who, &id, change).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// Recordings that are put into a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recordings {
    recording_ids: Vec<String>,
}

/// Puts recordings into a case: each is held for as long as it is in it.
#[utoipa::path(post, path = "/api/v1/cases/{id}/recordings", tag = "cases", params(("id" = String, Path)),
    request_body = Recordings,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = CasePage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn add_recordings(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<Recordings>,
) -> Result<Json<CasePage>, Problem> {
    let who = caller.may(Action::EditCase)?;
    server.program.add_to_case(&who, &id, &said.recording_ids).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// Takes a recording out of a case.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/recordings/{recording}", tag = "cases",
    params(("id" = String, Path), ("recording" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn remove_recording(
    State(server): State<Shared>,
    caller: Caller,
    Path((id, recording)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::EditCase)?;
    server.program.remove_from_case(&who, &id, &recording).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A note on a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCaseNote {
    text: String,
}

/// Writes a note on a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/notes", tag = "cases", params(("id" = String, Path)),
    request_body = NewCaseNote,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn add_note(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewCaseNote>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::EditCase)?;
    let id = server.program.note_on_case(&who, &id, &said.text).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// What other media are called.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Media {
    /// The name of the file.
    name: String,
    /// When it begins (RFC 3339), where that is known.
    started_at: Option<String>,
}

/// Brings other media into a case: in-car, interview room, a citizen's video, a document. The body is the file; it is
/// sealed like a clip, and its recording is put into the case. Answers the recording's id.
#[utoipa::path(post, path = "/api/v1/cases/{id}/media", tag = "cases", params(("id" = String, Path), Media),
    request_body(content = Octets, content_type = "application/octet-stream"),
    responses((status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
        (status = 507, body = Problem)))]
pub(crate) async fn add_media(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(said): Query<Media>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::EditCase)?;
    let started_at = page::instant("started_at", said.started_at.as_deref())?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let program = &server.program;
    let mut attempt = program.begin_case_media(&who, &id, &said.name, content_type, started_at).await?;
    let upload = attempt.upload.id.clone();
    match pour(body, &mut attempt).await {
        Ok((Ended::Whole, bytes)) => {
            server.metrics.taken_in.fetch_add(bytes, Ordering::Relaxed);
            let sealed = attempt.finish().await?;
            server.metrics.sealed.fetch_add(1, Ordering::Relaxed);
            program.finish_case_media(&who, &id, &sealed.recording_id).await?;
            Ok((StatusCode::CREATED, Json(Made { id: sealed.recording_id })))
        }
        Ok((Ended::Broken, _)) => {
            let _ = attempt.abandon().await;
            let _ = program.forget_upload(&who, &upload).await;
            Err(Problem::bad_request("The file came only in part; nothing of it was kept. Send it again."))
        }
        Err(_) => {
            // The attempt has ended by itself: it knows why.
            let why = attempt.pause().await.err().unwrap_or(onrecord_program::ProgramError::TakenOver);
            Err(why.into())
        }
    }
}
