//! Administration of tokens: which programs may call.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use onrecord_program::{Action, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::Caller;
use super::given::{Given, time};
use super::said::Path;
use crate::{Problem, Shared};

/// Every token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokensAnswer {
    items: Vec<TokenAnswer>,
}

/// A token; its text was shown when it was made. Times are RFC 3339, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    id: String,
    name: String,
    /// intake, reader or admin.
    role: String,
    created_at: String,
    /// Absent where it is in use.
    revoked_at: Option<String>,
}

/// Lists tokens, the newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, body = TokensAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
) -> Result<Json<TokensAnswer>, Problem> {
    caller.may(Action::ManageTokens)?;
    let all = server.program.list_tokens().await?;
    let items = all.into_iter().map(|token| TokenAnswer {
        id: token.id,
        name: token.name,
        role: token.role,
        created_at: time(token.created_at),
        revoked_at: token.revoked_at.map(time),
    });
    Ok(Json(TokensAnswer { items: items.collect() }))
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenBody {
    /// What people call it.
    name: String,
    /// intake, reader or admin.
    role: String,
}

/// A token with its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTokenAnswer {
    id: String,
    /// Shown now and never again.
    token: String,
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewTokenBody,
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 201, body = NewTokenAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Given(body): Given<NewTokenBody>,
) -> Result<(StatusCode, Json<NewTokenAnswer>), Problem> {
    let who = caller.may(Action::ManageTokens)?;
    let Some(role) = Role::of(&body.role) else {
        let known = Role::WORDS.map(|(word, _)| word).join(", ");
        return Err(Problem::bad_request(format!("A token's role is one of: {known}.")));
    };
    if body.name.chars().count() > 200 {
        return Err(Problem::bad_request("A token's name has at most 200 characters."));
    }
    let (id, token) = server.program.create_token(&body.name, role, &who.actor()).await?;
    Ok((StatusCode::CREATED, Json(NewTokenAnswer { id, token })))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens",
    params(("id" = String, Path), ("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 204, description = "Revoked"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn revoke(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let who = caller.may(Action::ManageTokens)?;
    server.program.revoke_token(&id, &who.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
