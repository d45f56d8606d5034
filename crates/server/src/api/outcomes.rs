//! What the audit says of every call.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use onrecord_program::Action;
use onrecord_store::outcomes::{Filter, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::said::Query;
use crate::{Problem, Shared};

/// How many outcomes a page has at most.
const PAGE: u32 = 1_000;

/// The words of outcomes.
const WORDS: [&str; 8] = [
    "recorded",
    "excused",
    "not_required",
    "no_camera",
    "awaiting_upload",
    "unverifiable",
    "partial",
    "missing",
];

/// Which outcomes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Of this call.
    call: Option<String>,
    /// Of this officer.
    officer: Option<String>,
    /// recorded, excused, not_required, no_camera, awaiting_upload, unverifiable, partial or missing.
    outcome: Option<String>,
    /// Of duties that end after this instant (RFC 3339). Outcomes without a known end are left out.
    from: Option<String>,
    /// Of duties that begin before this instant (RFC 3339). Outcomes without a known begin are left out.
    to: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 1,000; 100 where not given.
    limit: Option<u32>,
}

/// A page of outcomes, in the order in which the calls were imported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutcomesPage {
    items: Vec<OutcomeAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// An outcome, from data alone; it is not a finding. The columns are those of outcomes.csv, null where empty. Times are
/// RFC 3339, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutcomeAnswer {
    /// The line in the file with which the call was first imported.
    line: i64,
    call_id: String,
    officer_id: String,
    begin: Option<String>,
    end: Option<String>,
    outcome: String,
    reason: Option<String>,
    /// Each with kind, from and to.
    #[schema(value_type = Option<Vec<Object>>)]
    defects: Option<Value>,
    #[schema(value_type = Option<f64>)]
    covered_s: Option<Number>,
    #[schema(value_type = Option<f64>)]
    uncovered_s: Option<Number>,
    #[schema(value_type = Option<f64>)]
    excused_s: Option<Number>,
    in_grace: Option<bool>,
    notice: Option<String>,
    /// Ids as in the imported recordings; those of recordings taken in here are their own.
    #[schema(value_type = Option<Vec<String>>)]
    recordings: Option<Value>,
    citation: Option<String>,
    /// The policy that it was decided under.
    policy: String,
    policy_version: String,
    /// When it was decided to be so. Deciding anew with the same result does not change it.
    computed_at: Option<String>,
}

fn time(at: Option<i64>) -> Option<String> {
    at.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| at.to_string())
}

/// Seconds as a plain number, whole where they are.
fn seconds(micros: Option<i64>) -> Option<Number> {
    let micros = micros?;
    if micros % 1_000_000 == 0 {
        return Some((micros / 1_000_000).into());
    }
    Number::from_f64(micros as f64 / 1e6)
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(crate) fn answer(outcome: Outcome) -> OutcomeAnswer {
    let list = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    OutcomeAnswer {
        line: outcome.line,
        call_id: outcome.call_id,
        officer_id: outcome.officer_id,
        begin: time(outcome.begin_at),
        end: time(outcome.end_at),
        outcome: outcome.outcome,
        reason: filled(Some(outcome.reason)),
        defects: list(outcome.defects),
        covered_s: seconds(outcome.covered),
        uncovered_s: seconds(outcome.uncovered),
        excused_s: seconds(outcome.excused),
        in_grace: outcome.in_grace,
        notice: filled(outcome.notice),
        recordings: list(outcome.recordings),
        citation: filled(outcome.citation),
        policy: outcome.policy,
        policy_version: outcome.policy_version,
        computed_at: time(Some(outcome.computed_at)),
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

/// Cursors are opaque to callers: the number of the last row of a page.
pub(crate) fn after(cursor: &str) -> Result<i64, Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
        .ok_or_else(|| Problem::bad_request("cursor is none that this server gave out; begin without one."))
}

fn filter(wanted: Wanted) -> Result<Filter, Problem> {
    if let Some(word) = wanted.outcome.as_deref().filter(|word| !WORDS.contains(word)) {
        return Err(Problem::bad_request(format!("{word} is no outcome; there are {}.", WORDS.join(", "))));
    }
    let limit = wanted.limit.unwrap_or(100);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be from 1 to {PAGE}.")));
    }
    Ok(Filter {
        from: instant("from", wanted.from.as_deref())?,
        to: instant("to", wanted.to.as_deref())?,
        after: wanted.cursor.as_deref().map(after).transpose()?,
        call: wanted.call,
        officer: wanted.officer,
        outcome: wanted.outcome,
        limit: limit + 1,
    })
}

/// Lists what the audit says of calls.
#[utoipa::path(get, path = "/api/v1/outcomes", tag = "outcomes", params(Wanted),
    responses((status = 200, body = OutcomesPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<OutcomesPage>, Problem> {
    let who = caller.may(Action::ViewCall)?;
    let filter = filter(wanted)?;
    let mut found = server.program.list_outcomes(&who, &filter).await?;
    let has_more = found.len() > (filter.limit - 1) as usize;
    found.truncate((filter.limit - 1) as usize);
    let next_cursor =
        found.last().filter(|_| has_more).map(|last| URL_SAFE_NO_PAD.encode(last.row_id.to_string()));
    Ok(Json(OutcomesPage { items: found.into_iter().map(answer).collect(), next_cursor }))
}
