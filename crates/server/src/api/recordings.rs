//! Recordings with their clips: listed, and one by one.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use onrecord_program::recordings::Shown;
use onrecord_program::{Action, Principal};
use onrecord_store::clips::Clip;
use onrecord_store::officers::Officer;
use onrecord_store::recordings::{Filter, Sort};
use onrecord_store::search;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::page::{self, instant, time};
use super::said::Query;
use crate::{Problem, Shared};

pub(crate) use super::page::after;

/// How many recordings a page has at most.
const PAGE: u32 = 1_000;

/// Which recordings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
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
    /// In this district.
    district: Option<String>,
    /// In this category; `none` for those in no category.
    category: Option<String>,
    /// Of duties with this outcome.
    outcome: Option<String>,
    /// With all of these words: officer's name or badge, call, category, notes, file name.
    q: Option<String>,
    /// started_at, -started_at, -size or -duration; started_at where not given.
    sort: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 1,000; 100 where not given.
    limit: Option<u32>,
}

/// A page of recordings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingsPage {
    items: Vec<RecordingAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
    /// How many there are in all; 10,001 stands for more than 10,000.
    total: u64,
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
    /// Whose it is, where the officer is known.
    officer: Option<OfficerAnswer>,
    district: Option<String>,
    categories: Vec<String>,
    /// juvenile, sexual_assault, undercover or internal_affairs; null where it is in no restricted class.
    restricted: Option<String>,
    /// Bytes of its clips.
    size: i64,
    /// By how much people moved its clock, in microseconds.
    alignment_us: i64,
}

/// An officer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct OfficerAnswer {
    id: String,
    name: Option<String>,
    badge: Option<String>,
    district: Option<String>,
}

impl From<Officer> for OfficerAnswer {
    fn from(officer: Officer) -> Self {
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: officer.officer_id,
            name: filled(officer.name),
            badge: filled(officer.badge),
            district: filled(officer.district),
        }
    }
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

fn clip(clip: Clip) -> ClipAnswer {
    // Sealed, and not yet looked into by a media tool: for whoever asks, still on its way.
    let state = if clip.state == "sealed" { "receiving".to_owned() } else { clip.state };
    ClipAnswer { id: clip.id, name: clip.name, kind: clip.kind, sha256: clip.sha256, size: clip.size, state }
}

pub(crate) fn answer(shown: Shown) -> RecordingAnswer {
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
        officer: shown.officer.map(OfficerAnswer::from),
        district: Some(recording.standing.district).filter(|district| !district.is_empty()),
        categories: shown.categories,
        restricted: recording.standing.restricted,
        size: recording.standing.size,
        alignment_us: recording.standing.alignment,
    }
}

fn sort(wanted: Option<&str>) -> Result<Sort, Problem> {
    match wanted {
        None | Some("started_at") => Ok(Sort::Started),
        Some("-started_at") => Ok(Sort::LastStarted),
        Some("-size") => Ok(Sort::Largest),
        Some("-duration") => Ok(Sort::Longest),
        Some(other) => Err(Problem::bad_request(format!(
            "sort is started_at, -started_at, -size or -duration, not {other}."
        ))),
    }
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
    let uncategorised = wanted.category.as_deref() == Some("none");
    let category = wanted.category.clone().filter(|_| !uncategorised);
    let facts = [("category", &category), ("outcome", &wanted.outcome)];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(search::fact(name, value.as_deref()?)));
    Ok(Filter {
        district: wanted.district.clone(),
        uncategorised,
        words_are_rare: false,
        words: page::words(wanted.q.as_deref()).into_iter().chain(facts).collect(),
        sort: sort(wanted.sort.as_deref())?,
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

/// Lists recordings; with `Accept: text/csv`, at most 100,000 of them as CSV.
#[utoipa::path(get, path = "/api/v1/recordings", tag = "recordings", params(Wanted),
    responses((status = 200, content((RecordingsPage = "application/json"), (String = "text/csv"))), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller.may(Action::View)?;
    let mut filter = filter(&wanted)?;
    if let Some(call) = &wanted.call {
        filter.spans = Some(server.program.spans_of_call(call).await?);
    }
    if page::wants_csv(&headers) {
        return as_csv(&server, &who, filter).await;
    }
    let page = one_page(&server, &who, &filter).await?;
    Ok(Json(page).into_response())
}

async fn one_page(server: &Shared, who: &Principal, filter: &Filter) -> Result<RecordingsPage, Problem> {
    let mut found = server.program.list_recordings(who, filter).await?;
    let most = filter.limit.saturating_sub(1) as usize;
    let has_more = found.items.len() > most;
    found.items.truncate(most);
    let next_cursor = found
        .items
        .last()
        .filter(|_| has_more)
        .map(|last| page::cursor_of(filter.sort.place_of(&last.recording), &last.recording.id));
    Ok(RecordingsPage {
        items: found.items.into_iter().map(answer).collect(),
        next_cursor,
        total: found.total,
    })
}

async fn as_csv(server: &Shared, who: &Principal, mut filter: Filter) -> Result<Response, Problem> {
    if let Some(rule) = who.refused(Action::Export) {
        return Err(Problem::forbidden(rule));
    }
    filter.limit = PAGE + 1;
    let mut items = Vec::new();
    loop {
        let mut found = one_page(server, who, &filter).await?;
        items.append(&mut found.items);
        match found.next_cursor {
            Some(cursor) if items.len() < page::MOST_ROWS => filter.after = Some(after(&cursor)?),
            _ => break,
        }
    }
    items.truncate(page::MOST_ROWS);
    Ok(page::csv(&items, "recordings"))
}
