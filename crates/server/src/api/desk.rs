//! What waits on the caller, what pages choose from, and how the installation is.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use onrecord_program::Action;
use onrecord_store::annotations::Category;
use onrecord_store::desk::{Notification, SavedSearch};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::calls::{AccountAnswer, CallAnswer, account, call};
use super::evidence::Made;
use super::given::Given;
use super::page::time;
use super::recordings::{OfficerAnswer, RecordingAnswer, answer};
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// The largest outlines: 16 MiB.
const LARGEST_OUTLINES: usize = 16 << 20;

/// What waits on the caller. A list that is not theirs is null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HomeAnswer {
    /// An officer's own recordings of the last 30 days in no category.
    to_categorise: Option<WaitingRecordings>,
    /// An officer's own calls that lack video.
    to_explain: Option<WaitingCalls>,
    /// Accounts that wait for the caller's decision.
    to_decide: Option<WaitingAccounts>,
    /// Calls with a duty of which nothing is on record, the latest first.
    lacking: Option<WaitingCalls>,
    /// What was not read yet.
    notifications: Vec<NotificationAnswer>,
}

/// Recordings that wait: how many in all (10,001 stands for more than 10,000), and the first of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingRecordings {
    total: u64,
    items: Vec<RecordingAnswer>,
}

/// Calls that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCalls {
    total: u64,
    items: Vec<CallAnswer>,
}

/// Accounts that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingAccounts {
    total: u64,
    items: Vec<AccountAnswer>,
}

/// Something that the caller should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationAnswer {
    id: String,
    /// account_pending or account_decided.
    kind: String,
    /// The page that it is about, such as /calls/ID.
    subject: String,
    text: String,
    at: Option<String>,
    read_at: Option<String>,
}

fn notification(it: Notification) -> NotificationAnswer {
    NotificationAnswer {
        id: it.id,
        kind: it.kind,
        subject: it.subject,
        text: it.text,
        at: time(Some(it.created_at)),
        read_at: time(it.read_at),
    }
}

/// What waits on the caller.
#[utoipa::path(get, path = "/api/v1/home", tag = "desk",
    responses((status = 200, body = HomeAnswer), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn home(
    State(server): State<Shared>,
    Caller(who): Caller,
) -> Result<Json<HomeAnswer>, Problem> {
    let home = server.program.home(&who).await?;
    let actors: BTreeSet<String> =
        home.to_decide.iter().flat_map(|found| &found.items).map(|it| it.actor.clone()).collect();
    let names = server.program.actor_names(actors).await?;
    let calls = |found: onrecord_store::search::Found<onrecord_store::calls::Call>| WaitingCalls {
        total: found.total,
        items: found.items.into_iter().map(call).collect(),
    };
    Ok(Json(HomeAnswer {
        to_categorise: home.to_categorise.map(|found| WaitingRecordings {
            total: found.total,
            items: found.items.into_iter().map(answer).collect(),
        }),
        to_explain: home.to_explain.map(calls),
        to_decide: home.to_decide.map(|found| WaitingAccounts {
            total: found.total,
            items: found.items.into_iter().map(|it| account(it, &names)).collect(),
        }),
        lacking: home.lacking.map(calls),
        notifications: home.unread.into_iter().map(notification).collect(),
    }))
}

/// Notifications.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationsAnswer {
    items: Vec<NotificationAnswer>,
}

/// What the caller was told, the newest first; at most 100.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "desk",
    responses((status = 200, body = NotificationsAnswer), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn notifications(
    State(server): State<Shared>,
    Caller(who): Caller,
) -> Result<Json<NotificationsAnswer>, Problem> {
    let items = server.program.notifications(&who).await?.into_iter().map(notification).collect();
    Ok(Json(NotificationsAnswer { items }))
}

/// The caller has read a notification.
#[utoipa::path(post, path = "/api/v1/notifications/{id}/read", tag = "desk", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn read_notification(
    State(server): State<Shared>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    server.program.read_notification(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Saved searches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedSearchesAnswer {
    items: Vec<SavedSearchAnswer>,
}

/// A search that the caller keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedSearchAnswer {
    id: String,
    title: String,
    /// evidence, calls, audit or cases.
    page: String,
    /// The query of the page's address.
    query: String,
    at: Option<String>,
}

fn saved(search: SavedSearch) -> SavedSearchAnswer {
    SavedSearchAnswer {
        id: search.id,
        title: search.title,
        page: search.page,
        query: search.query,
        at: time(Some(search.created_at)),
    }
}

/// The searches that the caller keeps.
#[utoipa::path(get, path = "/api/v1/saved-searches", tag = "desk",
    responses((status = 200, body = SavedSearchesAnswer), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn saved_searches(
    State(server): State<Shared>,
    Caller(who): Caller,
) -> Result<Json<SavedSearchesAnswer>, Problem> {
    let items = server.program.saved_searches(&who).await?.into_iter().map(saved).collect();
    Ok(Json(SavedSearchesAnswer { items }))
}

/// A search to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSearch {
    title: String,
    /// evidence, calls, audit or cases.
    page: String,
    /// The query of the page's address.
    query: String,
}

/// Keeps a search.
#[utoipa::path(post, path = "/api/v1/saved-searches", tag = "desk", request_body = NewSearch,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 201, body = Made), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn save_search(
    State(server): State<Shared>,
    Caller(who): Caller,
    Given(said): Given<NewSearch>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let id = server.program.save_search(&who, &said.title, &said.page, &said.query).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// Forgets a search.
#[utoipa::path(delete, path = "/api/v1/saved-searches/{id}", tag = "desk", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn forget_search(
    State(server): State<Shared>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    server.program.forget_search(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which officers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficersWanted {
    /// Whose id, badge or a word of whose name begins with this text.
    q: Option<String>,
}

/// Officers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfficersAnswer {
    items: Vec<OfficerAnswer>,
}

/// Officers to choose from; at most 50.
#[utoipa::path(get, path = "/api/v1/officers", tag = "desk", params(OfficersWanted),
    responses((status = 200, body = OfficersAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn officers(
    State(server): State<Shared>,
    Caller(who): Caller,
    Query(wanted): Query<OfficersWanted>,
) -> Result<Json<OfficersAnswer>, Problem> {
    let found = server.program.find_officers(&who, wanted.q.as_deref().unwrap_or_default().trim()).await?;
    Ok(Json(OfficersAnswer { items: found.into_iter().map(OfficerAnswer::from).collect() }))
}

/// The districts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DistrictsAnswer {
    /// By name.
    items: Vec<String>,
    /// A GeoJSON feature collection whose features name their `district`; null where none is loaded.
    #[schema(value_type = Option<Object>)]
    outlines: Option<Value>,
}

/// The districts, with their outlines where they are loaded.
#[utoipa::path(get, path = "/api/v1/districts", tag = "desk",
    responses((status = 200, body = DistrictsAnswer), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn districts(
    State(server): State<Shared>,
    Caller(_): Caller,
) -> Result<Json<DistrictsAnswer>, Problem> {
    let (items, outlines) = server.program.districts().await?;
    Ok(Json(DistrictsAnswer { items, outlines }))
}

/// Loads the outlines of districts: a GeoJSON feature collection of polygons whose properties name their `district`.
#[utoipa::path(put, path = "/api/v1/districts/outlines", tag = "desk",
    request_body(content = Object, content_type = "application/json"),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn set_outlines(
    State(server): State<Shared>,
    caller: Caller,
    body: Body,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::ManageAgency)?;
    let bytes = axum::body::to_bytes(body, LARGEST_OUTLINES)
        .await
        .map_err(|_| Problem::bad_request("The outlines came only in part, or have more than 16 MiB."))?;
    let outlines = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("The outlines are no JSON: {error}.")))?;
    server.program.load_outlines(&who, &outlines).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agency's categories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoriesAnswer {
    items: Vec<CategoryAnswer>,
}

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryAnswer {
    id: String,
    title: String,
    /// Whether it is no longer given.
    retired: bool,
}

fn category(category: Category) -> CategoryAnswer {
    CategoryAnswer { id: category.id, title: category.title, retired: category.retired }
}

/// The agency's categories, in its order.
#[utoipa::path(get, path = "/api/v1/categories", tag = "desk",
    responses((status = 200, body = CategoriesAnswer), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn categories(
    State(server): State<Shared>,
    Caller(_): Caller,
) -> Result<Json<CategoriesAnswer>, Problem> {
    let items = server.program.categories().await?.into_iter().map(category).collect();
    Ok(Json(CategoriesAnswer { items }))
}

/// The categories that are given from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCategories {
    items: Vec<NewCategory>,
}

/// A category.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCategory {
    /// 1 to 40 small letters, digits and _.
    id: String,
    title: String,
}

/// Writes the agency's categories in their order; those that are left out are no longer given.
#[utoipa::path(put, path = "/api/v1/categories", tag = "desk", request_body = NewCategories,
    responses((status = 413, body = Problem), (status = 415, body = Problem), (status = 200, body = CategoriesAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn set_categories(
    State(server): State<Shared>,
    caller: Caller,
    Given(said): Given<NewCategories>,
) -> Result<Json<CategoriesAnswer>, Problem> {
    let who = caller.may(Action::ManageAgency)?;
    let new: Vec<(String, String)> = said.items.into_iter().map(|it| (it.id, it.title)).collect();
    server.program.write_categories(&who, &new).await?;
    let items = server.program.categories().await?.into_iter().map(category).collect();
    Ok(Json(CategoriesAnswer { items }))
}

/// How the installation is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdministrationAnswer {
    version: &'static str,
    /// sqlite or postgres.
    database: &'static str,
    jobs_waiting: i64,
    /// Jobs that were given up.
    jobs_failed: Vec<FailedJob>,
    /// Officers whose outcomes are being decided anew.
    outcomes_due: i64,
    ledger: LedgerAnswer,
    /// Whether an operator has confirmed a copy of the keys (onrecord admin keys confirm-copy).
    keys_copied: bool,
    /// Whether media tools are installed.
    has_media_tools: bool,
    holdings: Holdings,
}

/// A job that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedJob {
    kind: String,
    subject: String,
    failure: String,
}

/// How far the ledger has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerAnswer {
    /// Entries with a place.
    sequenced: u64,
    /// Entries under a checkpoint.
    integrated: u64,
}

/// How much there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holdings {
    recordings: i64,
    clips: i64,
    bytes: i64,
    calls: i64,
}

/// How the installation is.
#[utoipa::path(get, path = "/api/v1/administration", tag = "desk",
    responses((status = 200, body = AdministrationAnswer), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn administration(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<Json<AdministrationAnswer>, Problem> {
    let who = caller.may(Action::ViewAdministration)?;
    let health = server.program.health(&who).await?;
    let failed = health.jobs_failed.into_iter();
    let [recordings, clips, bytes, calls] = health.holdings;
    Ok(Json(AdministrationAnswer {
        version: env!("CARGO_PKG_VERSION"),
        database: health.database,
        jobs_waiting: health.jobs_waiting,
        jobs_failed: failed.map(|(kind, subject, failure)| FailedJob { kind, subject, failure }).collect(),
        outcomes_due: health.outcomes_due,
        ledger: LedgerAnswer { sequenced: health.ledger.0, integrated: health.ledger.1 },
        keys_copied: health.keys_copied,
        has_media_tools: health.has_media,
        holdings: Holdings { recordings, clips, bytes, calls },
    }))
}
