//! Figures of the audit, the policy in force, and policies tried on history.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use onrecord_program::Action;
use onrecord_store::outcomes::Selection;
use onrecord_store::results::Kept;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::given::Given;
use super::page::{instant, time};
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// Of which duties.
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
    /// Of this officer.
    officer: Option<String>,
    /// Of calls of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    call_type: Option<String>,
}

/// Figures of the audit, under the names of summary.json.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiguresAnswer {
    /// When they were counted; null while they are counted for the first time.
    computed_at: Option<String>,
    /// Whether newer ones are being counted.
    is_counting: bool,
    /// policy, obligations, outcomes, defects, notice, shares, shares_without_grace, by (district, officer, unit,
    /// call_type, month, week, weekday, hour), calls, cannot_say; null while they are counted for the first time.
    #[schema(value_type = Option<Object>)]
    figures: Option<Value>,
}

/// Shares with their intervals, and every cut of them. Large selections are counted by a job: what it counted last is
/// answered.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Wanted),
    responses((status = 200, body = FiguresAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn figures(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<FiguresAnswer>, Problem> {
    let who = caller.may(Action::ViewAudit)?;
    let selection = Selection {
        from: instant("from", wanted.from.as_deref())?,
        to: instant("to", wanted.to.as_deref())?,
        districts: None,
        officer: wanted.officer,
        call_type: wanted.call_type,
    };
    let told = server.program.figures(&who, selection, wanted.district).await?;
    Ok(Json(FiguresAnswer {
        computed_at: time(told.computed_at),
        is_counting: told.is_counting,
        figures: told.figures,
    }))
}

/// The policy in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyAnswer {
    id: String,
    version: String,
    title: String,
    jurisdiction: Option<String>,
    /// In plain English, every rule with its citation.
    explanation: String,
    /// Why a camera may be off.
    exceptions: Vec<ExceptionRuleAnswer>,
    /// Policies that are shipped.
    packs: Vec<&'static str>,
}

/// A reason for which a camera may be off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionRuleAnswer {
    code: String,
    title: String,
    citation: String,
    needs_approval: bool,
}

/// The policy in force, explained.
#[utoipa::path(get, path = "/api/v1/policy", tag = "audit",
    responses((status = 200, body = PolicyAnswer), (status = 401, body = Problem), (status = 500, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn policy(
    State(server): State<Shared>,
    Caller(_): Caller,
) -> Result<Json<PolicyAnswer>, Problem> {
    let policy = server.program.policy_in_force().await?;
    let exceptions = policy.exceptions.iter().map(|rule| ExceptionRuleAnswer {
        code: rule.code.clone(),
        title: rule.title.clone(),
        citation: rule.citation.clone(),
        needs_approval: rule.needs_approval,
    });
    Ok(Json(PolicyAnswer {
        id: policy.id.clone(),
        version: policy.version.clone(),
        title: policy.title.clone(),
        jurisdiction: policy.jurisdiction.clone(),
        explanation: policy.explain(),
        exceptions: exceptions.collect(),
        packs: onrecord_program::policy_packs(),
    }))
}

/// A policy that is tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComparison {
    /// The text of a policy file, or the name of a shipped policy.
    policy: String,
}

/// A comparison, or how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonAnswer {
    id: String,
    /// waiting, running, done, failed or cancelled.
    state: String,
    /// From 0 to 1.
    progress: f64,
    /// As in comparison.json: a, b, obligations, changed, milder, graver, outcomes, districts, defects.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why there is none.
    failure: Option<String>,
    created_at: Option<String>,
    done_at: Option<String>,
}

fn comparison(kept: Kept) -> ComparisonAnswer {
    ComparisonAnswer {
        id: kept.id,
        state: kept.state,
        progress: kept.progress as f64 / 1e3,
        result: kept.result.and_then(|text| serde_json::from_str(&text).ok()),
        failure: kept.failure,
        created_at: time(Some(kept.created_at)),
        done_at: time(kept.done_at),
    }
}

/// Begins to compare a policy with the one in force, on everything that was imported.
#[utoipa::path(post, path = "/api/v1/policy/comparisons", tag = "audit", request_body = NewComparison,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 202, body = ComparisonAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn compare(
    State(server): State<Shared>,
    caller: Caller,
    Given(said): Given<NewComparison>,
) -> Result<(StatusCode, Json<ComparisonAnswer>), Problem> {
    let who = caller.may(Action::ComparePolicy)?;
    let begun = server.program.begin_comparison(&who, &said.policy).await?;
    Ok((StatusCode::ACCEPTED, Json(comparison(begun))))
}

/// Comparisons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonsAnswer {
    items: Vec<ComparisonAnswer>,
}

/// The comparisons that the caller asked for, the newest first; at most 20.
#[utoipa::path(get, path = "/api/v1/policy/comparisons", tag = "audit",
    responses((status = 200, body = ComparisonsAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn comparisons(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<Json<ComparisonsAnswer>, Problem> {
    let who = caller.may(Action::ComparePolicy)?;
    let items = server.program.comparisons(&who).await?.into_iter().map(comparison).collect();
    Ok(Json(ComparisonsAnswer { items }))
}

/// A comparison, or how far it is.
#[utoipa::path(get, path = "/api/v1/policy/comparisons/{id}", tag = "audit", params(("id" = String, Path)),
    responses((status = 200, body = ComparisonAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn show_comparison(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ComparisonAnswer>, Problem> {
    let who = caller.may(Action::ComparePolicy)?;
    Ok(Json(comparison(server.program.comparison(&who, &id).await?)))
}

/// Cancels a comparison.
#[utoipa::path(delete, path = "/api/v1/policy/comparisons/{id}", tag = "audit", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn cancel_comparison(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::ComparePolicy)?;
    server.program.cancel_comparison(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
