//! One recording as its page shows it, and what people say of it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use onrecord_program::Action;
use onrecord_program::evidence::{Picture, Wrong};
use onrecord_store::sight::Class;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::auth::Caller;
use super::given::Given;
use super::page::{instant, time};
use super::recordings::{RecordingAnswer, answer};
use super::said::Path;
use crate::{Problem, Shared};

/// A recording with everything that its page shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingPage {
    #[serde(flatten)]
    recording: RecordingAnswer,
    title: String,
    /// The calls of which it shows something.
    calls: Vec<CallOfRecording>,
    holds: Vec<HoldAnswer>,
    notes: Vec<NoteAnswer>,
    markers: Vec<NoteAnswer>,
    corrections: Vec<CorrectionAnswer>,
    cases: Vec<CaseOfRecording>,
    media: Vec<MediaAnswer>,
    /// By how much its times may be wrong, in microseconds; null where the camera's clock was never measured.
    clock_uncertainty_us: Option<i64>,
    /// What the caller may do with it: view, play, download, categorise, correct, restrict, hold, annotate.
    may: Vec<&'static str>,
}

/// A call of which a recording shows something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallOfRecording {
    call_id: String,
    call_type: Option<String>,
    district: Option<String>,
    begin: Option<String>,
    end: Option<String>,
    outcome: String,
    reason: Option<String>,
}

/// A ban on destruction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldAnswer {
    id: String,
    reason: String,
    until: Option<String>,
    /// The case for which it stands; it goes with the case.
    case_id: Option<String>,
    by: String,
    at: Option<String>,
    lifted_at: Option<String>,
    lifted_by: Option<String>,
}

/// A note, or a marker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteAnswer {
    id: String,
    /// Of a marker: microseconds after the first frame.
    at_us: Option<i64>,
    text: String,
    by: String,
    at: Option<String>,
}

/// What was wrong, and what is right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CorrectionAnswer {
    id: String,
    /// officer, camera or accidental.
    kind: String,
    before: Option<String>,
    after: Option<String>,
    reason: String,
    by: String,
    at: Option<String>,
}

/// A case that a recording is in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseOfRecording {
    id: String,
    number: String,
    title: String,
    state: String,
}

/// What is known of a clip.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that the page asks for by its name")]
pub(crate) struct MediaAnswer {
    clip_id: String,
    /// What the media tools read: container, duration_us, video, audio.
    #[schema(value_type = Option<Object>)]
    facts: Option<Value>,
    /// Why they could not read it.
    failure: Option<String>,
    /// original: browsers play the file as it is; proxy: they need the copy; null: nothing plays it.
    playable: Option<&'static str>,
    has_poster: bool,
    has_waveform: bool,
    /// Whether there is a clear copy of what its camera encrypted.
    has_clear: bool,
    /// Whether a GNSS trail came with the recording.
    has_trail: bool,
}

type Names = BTreeMap<String, String>;

fn named(names: &Names, actor: &str) -> String {
    names.get(actor).cloned().unwrap_or_else(|| actor.to_owned())
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn page_of(picture: Picture, names: &Names) -> RecordingPage {
    let has_trail = picture.shown.clips.iter().any(|clip| clip.kind == "trail");
    let (markers, notes): (Vec<_>, Vec<_>) =
        picture.annotations.into_iter().partition(|annotation| annotation.kind == "marker");
    let note = |note: onrecord_store::annotations::Annotation| NoteAnswer {
        id: note.id,
        at_us: note.at_us,
        text: note.text,
        by: named(names, &note.actor),
        at: time(Some(note.created_at)),
    };
    let calls = picture.duties.into_iter().map(|duty| CallOfRecording {
        call_id: duty.call_id,
        call_type: filled(duty.call_type),
        district: filled(duty.district),
        begin: time(duty.begin_at),
        end: time(duty.end_at),
        outcome: duty.outcome,
        reason: filled(duty.reason),
    });
    let holds = picture.holds.into_iter().map(|hold| HoldAnswer {
        id: hold.id,
        reason: hold.reason,
        until: time(hold.until),
        case_id: hold.case_id,
        by: named(names, &hold.actor),
        at: time(Some(hold.created_at)),
        lifted_at: time(hold.lifted_at),
        lifted_by: hold.lifted_by.map(|actor| named(names, &actor)),
    });
    let corrections = picture.corrections.into_iter().map(|correction| CorrectionAnswer {
        id: correction.id,
        kind: correction.kind,
        before: correction.before,
        after: correction.after,
        reason: correction.reason,
        by: named(names, &correction.actor),
        at: time(Some(correction.created_at)),
    });
    let cases = picture.cases.into_iter().map(|case| CaseOfRecording {
        id: case.id,
        number: case.number,
        title: case.title,
        state: case.state,
    });
    let media = picture.media.into_iter().map(|clip| MediaAnswer {
        clip_id: clip.clip_id,
        playable: clip
            .facts
            .as_ref()
            .map(|facts| if facts.browser_playable && !clip.has_clear { "original" } else { "proxy" }),
        facts: clip.facts.and_then(|facts| serde_json::to_value(facts).ok()),
        failure: clip.failure,
        has_poster: clip.has_poster,
        has_waveform: clip.has_waveform,
        has_clear: clip.has_clear,
        has_trail,
    });
    RecordingPage {
        title: picture.title,
        calls: calls.collect(),
        holds: holds.collect(),
        notes: notes.into_iter().map(note).collect(),
        markers: markers.into_iter().map(note).collect(),
        corrections: corrections.collect(),
        cases: cases.collect(),
        media: media.collect(),
        clock_uncertainty_us: picture.clock_uncertainty,
        may: picture.may.iter().map(|action| action.word()).collect(),
        recording: answer(picture.shown),
    }
}

/// One recording, with everything that its page shows.
#[utoipa::path(get, path = "/api/v1/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = RecordingPage), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RecordingPage>, Problem> {
    let who = caller.may(Action::View)?;
    Ok(Json(shown(&server, &who, &id).await?))
}

fn actors_of(picture: &Picture) -> BTreeSet<String> {
    let actors = picture.annotations.iter().map(|it| &it.actor);
    let actors = actors.chain(picture.corrections.iter().map(|it| &it.actor));
    let actors = actors.chain(picture.holds.iter().map(|it| &it.actor));
    actors.chain(picture.holds.iter().filter_map(|it| it.lifted_by.as_ref())).cloned().collect()
}

async fn shown(
    server: &Shared,
    who: &onrecord_program::Principal,
    id: &str,
) -> Result<RecordingPage, Problem> {
    let picture = server.program.picture(who, id).await?;
    let names = server.program.actor_names(actors_of(&picture)).await?;
    Ok(page_of(picture, &names))
}

/// The custody trail, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustodyAnswer {
    items: Vec<StepAnswer>,
}

/// A step of the custody trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepAnswer {
    at: Option<String>,
    /// The kind of the ledger entry.
    kind: &'static str,
    /// What happened, in plain words.
    sentence: String,
    /// Who did it, by name.
    actor: String,
    /// The entry's place in the ledger; null until it has one.
    index: Option<u64>,
}

/// What happened to a recording, in plain words, from the ledger.
#[utoipa::path(get, path = "/api/v1/recordings/{id}/custody", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = CustodyAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn custody(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CustodyAnswer>, Problem> {
    let who = caller.may(Action::View)?;
    let steps = server.program.custody_trail(&who, &id).await?;
    let items = steps.into_iter().map(|step| StepAnswer {
        at: time(Some(step.at)),
        kind: step.kind,
        sentence: step.sentence,
        actor: step.actor,
        index: step.index,
    });
    Ok(Json(CustodyAnswer { items: items.collect() }))
}

/// Where the camera was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrailAnswer {
    items: Vec<PointAnswer>,
}

/// A place at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointAnswer {
    at: Option<String>,
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lon: f64,
}

/// Where the camera was, in order of time.
#[utoipa::path(get, path = "/api/v1/recordings/{id}/trail", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = TrailAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn trail(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TrailAnswer>, Problem> {
    let who = caller.may(Action::Play)?;
    let points = server.program.trail(&who, &id).await?;
    let items = points.into_iter().map(|it| PointAnswer { at: time(Some(it.at)), lat: it.lat, lon: it.lon });
    Ok(Json(TrailAnswer { items: items.collect() }))
}

/// What reading the bytes again came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerifiedAnswer {
    clips: Vec<CheckedAnswer>,
    verified_at: Option<String>,
}

/// A clip that was read again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedAnswer {
    id: String,
    name: String,
    /// The digest with which it was sealed.
    expected: String,
    /// The digest of its bytes now; null where they could not be read.
    found: Option<String>,
    is_same: bool,
    /// The place of its seal in the ledger.
    index: Option<u64>,
    /// How many entries the checkpoint is over that holds the seal.
    checkpoint_size: Option<u64>,
}

/// Reads the bytes of a recording again, now, and compares their digests with what was sealed.
#[utoipa::path(post, path = "/api/v1/recordings/{id}/verify", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = VerifiedAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn verify(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<VerifiedAnswer>, Problem> {
    let who = caller.may(Action::View)?;
    let verified = server.program.verify_recording(&who, &id).await?;
    let clips = verified.clips.into_iter().map(|clip| CheckedAnswer {
        is_same: clip.is_same(),
        id: clip.id,
        name: clip.name,
        expected: clip.expected,
        found: clip.found,
        index: clip.index,
        checkpoint_size: clip.checkpoint_size,
    });
    Ok(Json(VerifiedAnswer { clips: clips.collect(), verified_at: time(Some(verified.at)) }))
}

/// The categories of a recording.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Categories {
    categories: Vec<String>,
}

/// Puts a recording into exactly these categories.
#[utoipa::path(put, path = "/api/v1/recordings/{id}/categories", tag = "recordings", params(("id" = String, Path)),
    request_body = Categories,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = RecordingPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn set_categories(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<Categories>,
) -> Result<Json<RecordingPage>, Problem> {
    let who = caller.may(Action::Categorise)?;
    server.program.set_categories(&who, &id, &said.categories).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// Many recordings, what they are put into, and what they are taken out of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManyCategories {
    /// At most 500.
    recording_ids: Vec<String>,
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

/// How many recordings were categorised.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Categorised {
    recordings: usize,
}

/// Categorises many recordings at once: all of them, or none where one of them is not the caller's to categorise.
#[utoipa::path(post, path = "/api/v1/recordings/categories", tag = "recordings", request_body = ManyCategories,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = Categorised), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn categorise_many(
    State(server): State<Shared>,
    caller: Caller,
    Given(said): Given<ManyCategories>,
) -> Result<Json<Categorised>, Problem> {
    let who = caller.may(Action::Categorise)?;
    server.program.categorise(&who, &said.recording_ids, &said.add, &said.remove).await?;
    Ok(Json(Categorised { recordings: said.recording_ids.len() }))
}

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    pub id: String,
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    text: String,
}

/// Writes a note on a recording.
#[utoipa::path(post, path = "/api/v1/recordings/{id}/notes", tag = "recordings", params(("id" = String, Path)),
    request_body = NewNote,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn add_note(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewNote>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::Annotate)?;
    let id = server.program.annotate(&who, &id, None, &said.text).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// A marker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMarker {
    /// Microseconds after the first frame.
    at_us: i64,
    text: String,
}

/// Sets a marker.
#[utoipa::path(post, path = "/api/v1/recordings/{id}/markers", tag = "recordings", params(("id" = String, Path)),
    request_body = NewMarker,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn add_marker(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewMarker>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::Annotate)?;
    let id = server.program.annotate(&who, &id, Some(said.at_us), &said.text).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// Takes a marker back.
#[utoipa::path(delete, path = "/api/v1/recordings/{id}/markers/{marker}", tag = "recordings",
    params(("id" = String, Path), ("marker" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn remove_marker(
    State(server): State<Shared>,
    caller: Caller,
    Path((id, marker)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::Annotate)?;
    server.program.remove_marker(&who, &id, &marker).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was wrong about a recording.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCorrection {
    /// officer, camera or accidental.
    kind: String,
    /// Of kind officer: whose it is.
    officer_id: Option<String>,
    /// Of kind camera: which camera made it.
    camera_serial: Option<String>,
    reason: String,
}

fn wrong(said: &NewCorrection) -> Result<Wrong, Problem> {
    match (said.kind.as_str(), said.officer_id.clone(), said.camera_serial.clone()) {
        ("officer", Some(officer), None) => Ok(Wrong::Officer(officer)),
        ("camera", None, Some(camera)) => Ok(Wrong::Camera(camera)),
        ("accidental", None, None) => Ok(Wrong::Accidental),
        _ => Err(Problem::bad_request(
            "A correction has the kind officer with officer_id, camera with camera_serial, or accidental with neither.",
        )),
    }
}

/// Corrects a recording. What its source said stays beside it; the audit follows.
#[utoipa::path(post, path = "/api/v1/recordings/{id}/corrections", tag = "recordings", params(("id" = String, Path)),
    request_body = NewCorrection,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = RecordingPage), (status = 204), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn correct(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewCorrection>,
) -> Result<Json<RecordingPage>, Problem> {
    let who = caller.may(Action::Correct)?;
    server.program.correct(&who, &id, wrong(&said)?, &said.reason).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// A restricted class, or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restriction {
    /// juvenile, sexual_assault, undercover, internal_affairs, or null.
    class: Option<String>,
    reason: String,
}

/// Puts a recording into a restricted class, or out of it.
#[utoipa::path(put, path = "/api/v1/recordings/{id}/restriction", tag = "recordings", params(("id" = String, Path)),
    request_body = Restriction,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = RecordingPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn restrict(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<Restriction>,
) -> Result<Json<RecordingPage>, Problem> {
    let who = caller.may(Action::Restrict)?;
    let class = match said.class.as_deref() {
        None => None,
        Some(word) => Some(Class::of(word).ok_or_else(|| {
            let words = Class::WORDS.map(|(word, _)| word).join(", ");
            Problem::bad_request(format!("{word} is no restricted class; there are {words}, and null."))
        })?),
    };
    server.program.restrict(&who, &id, class, &said.reason).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}

/// A hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    reason: String,
    /// When it ends by itself (RFC 3339).
    until: Option<String>,
}

/// Forbids to destroy a recording.
#[utoipa::path(post, path = "/api/v1/recordings/{id}/holds", tag = "recordings", params(("id" = String, Path)),
    request_body = NewHold,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn hold(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewHold>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let who = caller.may(Action::Hold)?;
    let until = instant("until", said.until.as_deref())?;
    let id = server.program.hold(&who, &id, &said.reason, until).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// Lifts a hold.
#[utoipa::path(delete, path = "/api/v1/recordings/{id}/holds/{hold}", tag = "recordings",
    params(("id" = String, Path), ("hold" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn lift_hold(
    State(server): State<Shared>,
    caller: Caller,
    Path((id, hold)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::Hold)?;
    server.program.lift_hold(&who, &id, &hold).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// By how much the clock is moved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alignment {
    /// Microseconds, added to the recording's times in pictures of calls.
    offset_us: i64,
    reason: String,
}

/// Moves a recording's clock in pictures of calls; the audit does not follow.
#[utoipa::path(put, path = "/api/v1/recordings/{id}/alignment", tag = "recordings", params(("id" = String, Path)),
    request_body = Alignment,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = RecordingPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn align(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<Alignment>,
) -> Result<Json<RecordingPage>, Problem> {
    let who = caller.may(Action::Annotate)?;
    server.program.align(&who, &id, said.offset_us, &said.reason).await?;
    Ok(Json(shown(&server, &who, &id).await?))
}
