//! Calls: listed, and one as a picture; its events; officers' accounts and the decisions on them.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use onrecord_program::accounts::NewAccount;
use onrecord_program::calls::{CallPicture, Lane, LaneRecording};
use onrecord_program::{Action, Principal, ProgramError};
use onrecord_store::accounts::{Account, AccountFilter};
use onrecord_store::calls::{Call, CallFilter, CallSort};
use onrecord_store::search;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::given::Given;
use super::outcomes::{OutcomeAnswer, answer as outcome};
use super::page::{self, instant, seconds, time};
use super::recordings::OfficerAnswer;
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// How many calls a page has at most.
const PAGE: u32 = 200;
/// How often a call is looked at for whoever watches it.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks without a change there are between two signs of life.
const QUIET: u32 = 15;

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// That begin at or after this instant (RFC 3339).
    from: Option<String>,
    /// That begin before this instant (RFC 3339).
    to: Option<String>,
    /// In this district.
    district: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    call_type: Option<String>,
    /// With a duty of this officer.
    officer: Option<String>,
    /// With a duty that has this outcome.
    outcome: Option<String>,
    /// With a duty of this officer that is partial or missing.
    lacking: Option<String>,
    /// With all of these words: call, type, officer's name or badge, unit.
    q: Option<String>,
    /// -begin, begin or -unrecorded; -begin where not given.
    sort: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; 50 where not given.
    limit: Option<u32>,
}

/// A page of calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallsPage {
    items: Vec<CallAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
    /// How many there are in all; 10,001 stands for more than 10,000.
    total: u64,
}

/// A call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallAnswer {
    call_id: String,
    call_type: Option<String>,
    district: Option<String>,
    /// When the first duty began.
    begin: Option<String>,
    /// When the last duty ended.
    end: Option<String>,
    /// Ids of its officers.
    officers: Vec<String>,
    /// The gravest outcome of its duties.
    worst: String,
    /// How many duties have which outcome.
    outcomes: BTreeMap<String, u64>,
    /// Seconds that its partial and missing duties lack, added up.
    unrecorded_s: f64,
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

pub(crate) fn call(call: Call) -> CallAnswer {
    CallAnswer {
        call_id: call.call_id,
        call_type: filled(call.call_type),
        district: filled(call.district),
        begin: time(Some(call.begin).filter(|at| *at != 0)),
        end: time(call.end),
        officers: serde_json::from_str(&call.officers).unwrap_or_default(),
        worst: call.worst,
        outcomes: serde_json::from_str(&call.outcomes).unwrap_or_default(),
        unrecorded_s: seconds(call.unrecorded),
    }
}

fn filter(wanted: Wanted) -> Result<CallFilter, Problem> {
    let sort = match wanted.sort.as_deref() {
        None | Some("-begin") => CallSort::Last,
        Some("begin") => CallSort::First,
        Some("-unrecorded") => CallSort::MostUnrecorded,
        Some(other) => {
            return Err(Problem::bad_request(format!("sort is -begin, begin or -unrecorded, not {other}.")));
        }
    };
    let facts = [("officer", &wanted.officer), ("outcome", &wanted.outcome), ("lacking", &wanted.lacking)];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(search::fact(name, value.as_deref()?)));
    Ok(CallFilter {
        from: instant("from", wanted.from.as_deref())?,
        to: instant("to", wanted.to.as_deref())?,
        words_are_rare: false,
        words: page::words(wanted.q.as_deref()).into_iter().chain(facts).collect(),
        district: wanted.district,
        call_type: wanted.call_type,
        sort,
        after: wanted.cursor.as_deref().map(page::after).transpose()?,
        limit: page::limit(wanted.limit, PAGE)? + 1,
    })
}

/// Lists calls; with `Accept: text/csv`, at most 100,000 of them as CSV.
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls", params(Wanted),
    responses((status = 200, content((CallsPage = "application/json"), (String = "text/csv"))), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller.may(Action::ViewCall)?;
    let mut filter = filter(wanted)?;
    if !page::wants_csv(&headers) {
        return Ok(Json(one_page(&server, &who, &filter).await?).into_response());
    }
    if let Some(rule) = who.refused(Action::Export) {
        return Err(Problem::forbidden(rule));
    }
    filter.limit = 1_001;
    let mut items = Vec::new();
    loop {
        let mut found = one_page(&server, &who, &filter).await?;
        items.append(&mut found.items);
        match found.next_cursor {
            Some(cursor) if items.len() < page::MOST_ROWS => filter.after = Some(page::after(&cursor)?),
            _ => break,
        }
    }
    items.truncate(page::MOST_ROWS);
    Ok(page::csv(&items, "calls"))
}

async fn one_page(server: &Shared, who: &Principal, filter: &CallFilter) -> Result<CallsPage, Problem> {
    let mut found = server.program.list_calls(who, filter).await?;
    let most = filter.limit.saturating_sub(1) as usize;
    let has_more = found.items.len() > most;
    found.items.truncate(most);
    let last = found.items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| page::cursor_of(filter.sort.place_of(last), &last.call_id));
    Ok(CallsPage { items: found.items.into_iter().map(call).collect(), next_cursor, total: found.total })
}

/// From one instant to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntervalAnswer {
    from: Option<String>,
    to: Option<String>,
}

fn interval((from, to): (i64, i64)) -> IntervalAnswer {
    IntervalAnswer { from: time(Some(from)), to: time(Some(to)) }
}

/// A call as a picture: a lane for each duty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallPictureAnswer {
    #[serde(flatten)]
    call: CallAnswer,
    lanes: Vec<LaneAnswer>,
    /// Whether there are duties that the caller may not see.
    is_partial: bool,
    /// What the picture shows; null where no time is known.
    window: Option<IntervalAnswer>,
    /// When somebody was on record who had to be, as far as the lanes show.
    covered: Vec<IntervalAnswer>,
    /// When nobody was of those who had to be.
    nobody: Vec<IntervalAnswer>,
}

/// A duty of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneAnswer {
    officer: OfficerAnswer,
    unit: Option<String>,
    times: Vec<TimeAnswer>,
    outcome: OutcomeAnswer,
    recordings: Vec<LaneRecordingAnswer>,
    exceptions: Vec<ExceptionAnswer>,
    outages: Vec<OutageAnswer>,
    accounts: Vec<AccountAnswer>,
    may_give_account: bool,
    may_decide: bool,
}

/// A time of a duty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimeAnswer {
    /// received_at, dispatched_at, en_route_at, on_scene_at, left_scene_at or cleared_at.
    name: &'static str,
    /// Null where the text cannot be read as a time.
    at: Option<String>,
    /// As it came.
    text: String,
}

/// A recording in a lane.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LaneRecordingAnswer {
    /// Null where the caller may not see the recording itself.
    id: Option<String>,
    camera_serial: Option<String>,
    state: Option<String>,
    /// From the first frame, moved as people said.
    from: Option<String>,
    /// When the officer switched on.
    activated: Option<String>,
    /// Null while it runs.
    to: Option<String>,
    /// By how much people moved it.
    alignment_us: i64,
    /// Whether its bytes are here.
    has_media: bool,
}

/// Why a camera was off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionAnswer {
    from: Option<String>,
    to: Option<String>,
    code: String,
    title: Option<String>,
    citation: Option<String>,
    approved_by: Option<String>,
}

/// When a camera could not record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutageAnswer {
    from: Option<String>,
    to: Option<String>,
    /// battery_depleted, storage_full or fault.
    event: String,
    camera_serial: String,
}

/// What an officer says of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountAnswer {
    id: String,
    call_id: String,
    officer_id: String,
    district: Option<String>,
    code: Option<String>,
    from: Option<String>,
    to: Option<String>,
    text: String,
    /// noted (words only), accepted (needs no approval), pending, approved or rejected.
    state: String,
    by: String,
    at: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    reason: Option<String>,
}

type Names = BTreeMap<String, String>;

fn named(names: &Names, actor: &str) -> String {
    names.get(actor).cloned().unwrap_or_else(|| actor.to_owned())
}

pub(crate) fn account(account: Account, names: &Names) -> AccountAnswer {
    AccountAnswer {
        id: account.id,
        call_id: account.call_id,
        officer_id: account.officer_id,
        district: filled(account.district),
        code: account.code,
        from: time(Some(account.from)),
        to: time(Some(account.to)),
        text: account.text,
        state: account.state,
        by: named(names, &account.actor),
        at: time(Some(account.created_at)),
        decided_by: account.decided_by.map(|actor| named(names, &actor)),
        decided_at: time(account.decided_at),
        reason: account.reason,
    }
}

fn lane_recording(shown: &LaneRecording) -> LaneRecordingAnswer {
    let recording = shown.recording.as_ref();
    let state = recording.map(|recording| recording.state.clone());
    LaneRecordingAnswer {
        id: recording.map(|recording| recording.id.clone()),
        camera_serial: recording.and_then(|recording| recording.camera_serial.clone()),
        has_media: state
            .as_deref()
            .is_some_and(|state| matches!(state, "complete" | "receiving" | "unreadable")),
        state,
        from: time(Some(shown.from)),
        activated: time(Some(shown.activated)),
        to: time(shown.to),
        alignment_us: recording.map_or(0, |recording| recording.standing.alignment),
    }
}

fn lane(lane: Lane, names: &Names) -> LaneAnswer {
    let times = lane.times.into_iter().map(|(name, at, text)| TimeAnswer { name, at: time(at), text });
    let exceptions = lane.exceptions.into_iter().map(|said| ExceptionAnswer {
        from: time(Some(said.from)),
        to: time(Some(said.to)),
        code: said.code,
        title: said.title,
        citation: said.citation,
        approved_by: said.approved_by.map(|actor| named(names, &actor)),
    });
    let outages = lane.outages.into_iter().map(|outage| OutageAnswer {
        from: time(Some(outage.from)),
        to: time(Some(outage.to)),
        event: outage.event,
        camera_serial: outage.camera_serial,
    });
    LaneAnswer {
        officer: lane.officer.into(),
        unit: filled(lane.unit),
        times: times.collect(),
        outcome: outcome(lane.outcome),
        recordings: lane.recordings.iter().map(lane_recording).collect(),
        exceptions: exceptions.collect(),
        outages: outages.collect(),
        accounts: lane.accounts.into_iter().map(|it| account(it, names)).collect(),
        may_give_account: lane.may_give_account,
        may_decide: lane.may_decide,
    }
}

fn picture(picture: CallPicture, names: &Names) -> CallPictureAnswer {
    CallPictureAnswer {
        call: call(picture.call),
        lanes: picture.lanes.into_iter().map(|it| lane(it, names)).collect(),
        is_partial: picture.is_partial,
        window: picture.window.map(interval),
        covered: picture.covered.into_iter().map(interval).collect(),
        nobody: picture.nobody.into_iter().map(interval).collect(),
    }
}

fn actors_of(accounts: &[Account]) -> BTreeSet<String> {
    accounts.iter().flat_map(|it| [Some(&it.actor), it.decided_by.as_ref()]).flatten().cloned().collect()
}

fn actors_in(picture: &CallPicture) -> BTreeSet<String> {
    let mut actors = BTreeSet::new();
    for lane in &picture.lanes {
        actors.append(&mut actors_of(&lane.accounts));
        actors.extend(lane.exceptions.iter().filter_map(|it| it.approved_by.clone()));
    }
    actors
}

/// A call as a picture: who had to record, what is on record, what explains the rest, and what nobody saw.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = CallPictureAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CallPictureAnswer>, Problem> {
    let who = caller.may(Action::ViewCall)?;
    let found = server.program.call_picture(&who, &id).await?;
    let names = server.program.actor_names(actors_in(&found)).await?;
    Ok(Json(picture(found, &names)))
}

/// Tells whoever watches a call, within two seconds, that something about it has changed: server-sent events `changed`.
#[utoipa::path(get, path = "/api/v1/calls/{id}/events", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream"),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn events(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let who = caller.may(Action::ViewCall)?;
    let version = server.program.call_version(&who, &id).await?;
    let watch = Watch { server: Arc::clone(&server), who, id, version, quiet: QUIET };
    let body = Body::from_stream(stream::unfold(watch, |watch| async move {
        let (text, watch) = watch.next().await?;
        Some((Ok::<Bytes, Infallible>(Bytes::from_static(text.as_bytes())), watch))
    }));
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
        .map_err(|error| ProgramError::Fault(error.to_string()).into())
}

/// Somebody watches a call.
struct Watch {
    server: Shared,
    who: Principal,
    id: String,
    version: String,
    quiet: u32,
}

impl Watch {
    /// Waits for a change; none where the call can no longer be seen, or the server stops.
    async fn next(mut self) -> Option<(&'static str, Self)> {
        // The first answer says at once that somebody listens.
        if self.quiet >= QUIET {
            self.quiet = 0;
            return Some((": watching\n\n", self));
        }
        loop {
            let ring = self.server.program.live.bell.notified();
            let _ = tokio::time::timeout(LOOK, ring).await;
            // Many bells ring while much is taken in: one look in a while is enough.
            tokio::time::sleep(LOOK / 4).await;
            if self.server.stopping.load(Ordering::Relaxed) {
                return None;
            }
            // What somebody may see can change while they watch.
            self.who = self.server.program.principal_now(&self.who).await.ok()??;
            let version = self.server.program.call_version(&self.who, &self.id).await.ok()?;
            if version != self.version {
                self.version = version;
                self.quiet = 0;
                return Some(("event: changed\ndata: {}\n\n", self));
            }
            self.quiet += 1;
            if self.quiet >= QUIET {
                self.quiet = 0;
                return Some((": still watching\n\n", self));
            }
        }
    }
}

/// What an officer says of a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccountBody {
    officer_id: String,
    /// A code of the policy's exceptions, or null for words only.
    code: Option<String>,
    /// From when on the camera was off (RFC 3339); the duty's begin where not given.
    from: Option<String>,
    /// Until when (RFC 3339); the duty's end where not given.
    to: Option<String>,
    text: String,
}

/// Takes an officer's account of a call: pending where the policy wants approval.
#[utoipa::path(post, path = "/api/v1/calls/{id}/accounts", tag = "calls", params(("id" = String, Path)),
    request_body = NewAccountBody,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = AccountAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn give_account(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<NewAccountBody>,
) -> Result<(StatusCode, Json<AccountAnswer>), Problem> {
    let who = caller.may(Action::GiveAccount)?;
    let said = NewAccount {
        from: instant("from", said.from.as_deref())?,
        to: instant("to", said.to.as_deref())?,
        officer_id: said.officer_id,
        code: said.code,
        text: said.text,
    };
    let given = server.program.give_account(&who, &id, said).await?;
    let names = server.program.actor_names(actors_of(std::slice::from_ref(&given))).await?;
    Ok((StatusCode::CREATED, Json(account(given, &names))))
}

/// A decision on an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionBody {
    approve: bool,
    reason: String,
}

/// Decides on an account that waits; somebody else than the officer does.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/decision", tag = "calls", params(("id" = String, Path)),
    request_body = DecisionBody,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = AccountAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn decide(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(said): Given<DecisionBody>,
) -> Result<Json<AccountAnswer>, Problem> {
    let who = caller.may(Action::ApproveException)?;
    let decided = server.program.decide_account(&who, &id, said.approve, &said.reason).await?;
    let names = server.program.actor_names(actors_of(std::slice::from_ref(&decided))).await?;
    Ok(Json(account(decided, &names)))
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountsWanted {
    /// noted, accepted, pending, approved or rejected.
    state: Option<String>,
    /// Of this officer.
    officer: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; 50 where not given.
    limit: Option<u32>,
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountsPage {
    items: Vec<AccountAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
    /// How many there are in all; 10,001 stands for more than 10,000.
    total: u64,
}

/// Lists accounts, the oldest first; of those that wait, the ones that the caller may decide on.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "calls", params(AccountsWanted),
    responses((status = 200, body = AccountsPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn accounts(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<AccountsWanted>,
) -> Result<Json<AccountsPage>, Problem> {
    let who = caller.may(Action::ViewCall)?;
    let states = ["noted", "accepted", "pending", "approved", "rejected"];
    if let Some(state) = wanted.state.as_deref().filter(|state| !states.contains(state)) {
        return Err(Problem::bad_request(format!("{state} is no state; there are {}.", states.join(", "))));
    }
    let limit = page::limit(wanted.limit, PAGE)?;
    let filter = AccountFilter {
        state: wanted.state,
        officer: wanted.officer,
        after: wanted.cursor.as_deref().map(page::after).transpose()?,
        limit: limit + 1,
    };
    let mut found = server.program.list_accounts(&who, &filter).await?;
    let has_more = found.items.len() > limit as usize;
    found.items.truncate(limit as usize);
    let last = found.items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| page::cursor_of(last.created_at, &last.id));
    let names = server.program.actor_names(actors_of(&found.items)).await?;
    let items = found.items.into_iter().map(|it| account(it, &names)).collect();
    Ok(Json(AccountsPage { items, next_cursor, total: found.total }))
}
