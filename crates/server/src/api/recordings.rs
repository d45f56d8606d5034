//! Recordings with their clips: listed, and one by one.

use axum::Json;
use axum::extract::{Path, Query, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use onrecord_program::Action;
use onrecord_program::recordings::Shown;
use onrecord_store::clips::Clip;
use onrecord_store::recordings::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use crate::{Problem, Shared};

/// How many recordings a page has at most.
const PAGE: u32 = 1_000;

/// Which recordings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Of the camera with this serial.
    camera: Option<String>,
    /// Of this officer.
    officer: Option<String>,
    /// That overlap an assignment of this call.
    call: Option<String>,
    /// That end at or after this instant (RFC 3339).
    from: Option<String>,
    /// That start before this instant (RFC 3339).
    to: Option<String>,
    /// In this state: receiving, complete, unreadable, external, disposed.
    state: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 1,000; 100 where not given.
    limit: Option<u32>,
}

/// A page of recordings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page {
    items: Vec<RecordingAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// A recording. Times are RFC 3339, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingAnswer {
    id: String,
    camera_serial: Option<String>,
    officer_id: Option<String>,
    started_at: Option<String>,
    activated_at: Option<String>,
    stopped_at: Option<String>,
    timezone: Option<String>,
    /// The camera's clock minus the server's at docking, in microseconds.
    clock_offset_us: Option<i64>,
    /// receiving, complete, unreadable, external or disposed.
    state: String,
    /// Sound and picture.
    clips: Vec<ClipAnswer>,
    /// Keys, bookmarks, trails and whatever else came with it.
    attachments: Vec<ClipAnswer>,
}

/// The bytes of one file as received.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClipAnswer {
    id: String,
    name: String,
    /// clip, rejected, key, bookmark, trail or other.
    kind: String,
    /// Lower-case hex; absent until all bytes are here.
    sha256: Option<String>,
    /// Bytes.
    size: Option<u64>,
    /// receiving, complete, unreadable or disposed.
    state: String,
}

fn time(at: Option<i64>) -> Option<String> {
    at.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| at.to_string())
}

fn clip(clip: Clip) -> ClipAnswer {
    // Sealed, and not yet looked into by a media tool: for whoever asks, still on its way.
    let state = if clip.state == "sealed" { "receiving".to_owned() } else { clip.state };
    ClipAnswer { id: clip.id, name: clip.name, kind: clip.kind, sha256: clip.sha256, size: clip.size, state }
}

fn answer(shown: Shown) -> RecordingAnswer {
    let recording = shown.recording;
    let (clips, attachments): (Vec<Clip>, Vec<Clip>) =
        shown.clips.into_iter().partition(|clip| matches!(clip.kind.as_str(), "clip" | "rejected"));
    RecordingAnswer {
        id: recording.id,
        camera_serial: recording.camera_serial,
        officer_id: recording.officer_id,
        started_at: time(recording.started_at),
        activated_at: time(recording.activated_at),
        stopped_at: time(recording.stopped_at),
        timezone: recording.timezone,
        clock_offset_us: recording.clock_offset,
        state: recording.state,
        clips: clips.into_iter().map(clip).collect(),
        attachments: attachments.into_iter().map(clip).collect(),
    }
}

fn instant(name: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    text.map(|text| {
        text.parse::<Timestamp>().map(Timestamp::as_microsecond).map_err(|_| {
            Problem::bad_request(format!(
                "{name} is not an RFC 3339 time with an offset, such as 2026-11-23T08:00:00Z. \
                 (In an address, a plus sign is written %2B.)"
            ))
        })
    })
    .transpose()
}

/// Cursors are opaque to callers: the start and id of the last recording of a page.
fn cursor_of(start: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{start}:{id}"))
}

pub(crate) fn after(cursor: &str) -> Result<(i64, String), Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (start, id) = text.split_once(':')?;
            Some((start.parse().ok()?, id.to_owned()))
        })
        .ok_or_else(|| Problem::bad_request("cursor is none that this server gave out; begin without one."))
}

fn filter(wanted: &Wanted) -> Result<Filter, Problem> {
    let states = ["receiving", "complete", "unreadable", "external", "disposed"];
    if let Some(state) = wanted.state.as_deref().filter(|state| !states.contains(state)) {
        return Err(Problem::bad_request(format!("{state} is no state; there are {}.", states.join(", "))));
    }
    let limit = wanted.limit.unwrap_or(100);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be from 1 to {PAGE}.")));
    }
    Ok(Filter {
        camera: wanted.camera.clone(),
        officer: wanted.officer.clone(),
        state: wanted.state.clone(),
        from: instant("from", wanted.from.as_deref())?,
        to: instant("to", wanted.to.as_deref())?,
        spans: None,
        after: wanted.cursor.as_deref().map(after).transpose()?,
        limit: limit + 1,
    })
}

/// Lists recordings by their start.
#[utoipa::path(get, path = "/api/v1/recordings", tag = "recordings", params(Wanted),
    responses((status = 200, body = Page), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, Problem> {
    let who = caller.may(Action::View)?;
    let mut filter = filter(&wanted)?;
    if let Some(call) = &wanted.call {
        filter.spans = Some(server.program.spans_of_call(call).await?);
    }
    let mut found = server.program.list_recordings(&who, &filter).await?;
    let has_more = found.len() > (filter.limit - 1) as usize;
    found.truncate((filter.limit - 1) as usize);
    let next_cursor = found.last().filter(|_| has_more).map(|last| {
        let recording = &last.recording;
        cursor_of(recording.started_at.unwrap_or(recording.created_at), &recording.id)
    });
    Ok(Json(Page { items: found.into_iter().map(answer).collect(), next_cursor }))
}

/// One recording.
#[utoipa::path(get, path = "/api/v1/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = RecordingAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RecordingAnswer>, Problem> {
    let who = caller.may(Action::View)?;
    Ok(Json(answer(server.program.show_recording(&who, &id).await?)))
}
