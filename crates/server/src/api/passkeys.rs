//! Passkeys over HTTP. Options and answers are as browsers read and write them themselves
//! (`PublicKeyCredential.parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON`, `toJSON`).

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use onrecord_program::people::passkeys::{Asked, Created, Got, Site};
use onrecord_store::passkeys::Passkey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::auth::Holder;
use super::given::{CameFrom, Given, time};
use super::said::Path;
use super::sign_in::{SessionAnswer, answer, cookie_of, fresh};
use crate::{Encrypted, Problem, Shared};

/// What a browser is asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedAnswer {
    /// To be sent back with the answer, within five minutes.
    challenge_id: String,
    /// For `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    options: Value,
}

fn asked(asked: Asked) -> Json<AskedAnswer> {
    Json(AskedAnswer { challenge_id: asked.challenge_id, options: asked.options })
}

fn site(server: &Shared) -> Result<&Site, Problem> {
    server.site.passkeys.as_ref().ok_or_else(|| {
        Problem::not_found(
            "There are no passkeys here: the address of this server is not configured (public_url).",
        )
    })
}

/// Begins to make a passkey.
#[utoipa::path(post, path = "/api/v1/session/passkeys/begin", tag = "sign-in",
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 200, body = AskedAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 423, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn begin(
    State(server): State<Shared>,
    Holder(held): Holder,
) -> Result<Json<AskedAnswer>, Problem> {
    fresh(&server, &held)?;
    Ok(asked(server.program.begin_passkey(site(&server)?, &held).await?))
}

/// A passkey that a browser made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MadeBody {
    challenge_id: String,
    /// What the person calls it.
    name: String,
    /// What `toJSON` of the browser's answer gives.
    #[schema(value_type = Object)]
    credential: Created,
}

/// A passkey. Times are RFC 3339, UTC.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAnswer {
    id: String,
    name: String,
    created_at: String,
    used_at: Option<String>,
}

impl From<Passkey> for PasskeyAnswer {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name,
            created_at: time(passkey.created_at),
            used_at: passkey.used_at.map(time),
        }
    }
}

/// Keeps a passkey.
#[utoipa::path(post, path = "/api/v1/session/passkeys/finish", tag = "sign-in", request_body = MadeBody,
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 201, body = PasskeyAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 423, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn finish(
    State(server): State<Shared>,
    Holder(held): Holder,
    Given(body): Given<MadeBody>,
) -> Result<(StatusCode, Json<PasskeyAnswer>), Problem> {
    let program = &server.program;
    let made = program
        .finish_passkey(site(&server)?, &held, &body.challenge_id, &body.name, body.credential)
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One's own passkeys.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeysAnswer {
    items: Vec<PasskeyAnswer>,
}

/// Lists one's own passkeys.
#[utoipa::path(get, path = "/api/v1/session/passkeys", tag = "sign-in",
    responses((status = 200, body = PasskeysAnswer), (status = 401, body = Problem), (status = 423, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    Holder(held): Holder,
) -> Result<Json<PasskeysAnswer>, Problem> {
    let all = server.program.passkeys(&held.person.id).await?;
    Ok(Json(PasskeysAnswer { items: all.into_iter().map(PasskeyAnswer::from).collect() }))
}

/// Removes one of one's own passkeys.
#[utoipa::path(delete, path = "/api/v1/session/passkeys/{id}", tag = "sign-in",
    params(("id" = String, Path), ("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 204, description = "Removed"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn remove(
    State(server): State<Shared>,
    Holder(held): Holder,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    fresh(&server, &held)?;
    server.program.remove_passkey(&held, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks a browser for a passkey of this site. No name is needed.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey/begin", tag = "sign-in",
    responses((status = 200, body = AskedAnswer), (status = 404, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn begin_sign_in(
    State(server): State<Shared>,
    CameFrom(from): CameFrom,
) -> Result<Json<AskedAnswer>, Problem> {
    Ok(asked(server.program.begin_passkey_sign_in(site(&server)?, from).await?))
}

/// A browser's answer with a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GotBody {
    challenge_id: String,
    /// What `toJSON` of the browser's answer gives.
    #[schema(value_type = Object)]
    credential: Got,
}

/// Signs in with a passkey.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey/finish", tag = "sign-in", request_body = GotBody,
    responses((status = 200, body = SessionAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn sign_in(
    State(server): State<Shared>,
    CameFrom(from): CameFrom,
    encrypted: Option<axum::Extension<Encrypted>>,
    Given(body): Given<GotBody>,
) -> Result<impl IntoResponse, Problem> {
    let program = &server.program;
    let signed_in =
        program.sign_in_with_passkey(site(&server)?, &body.challenge_id, body.credential, from).await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, cookie_of(&signed_in, encrypted.is_some()))]);
    Ok((cookie, answer(&server, &signed_in.held)))
}
