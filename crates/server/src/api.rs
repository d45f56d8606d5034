//! The JSON API under `/api/v1`. One file for each thing it serves; the list of routes is the table of contents.

#![expect(unused_qualifications, reason = "utoipa's macros write their arguments with a path")]

mod auth;
pub(crate) mod body;
mod clips;
mod elsewhere;
mod given;
mod imports;
mod ledger;
mod openapi;
pub(crate) mod outcomes;
mod passkeys;
mod people;
pub(crate) mod recordings;
pub(crate) mod said;
mod sign_in;
mod tokens;
pub(crate) mod uploads;

pub(crate) use body::{Ended, pour};
pub(crate) use said::Path;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/openapi.json", get(openapi::document))
        .merge(sign_in_routes())
        .route("/api/v1/people", get(people::list).post(people::create))
        .route("/api/v1/people/{id}", get(people::show).patch(people::change))
        .route("/api/v1/people/{id}/reset", post(people::reset))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v1/tokens/{id}", delete(tokens::revoke))
        .route("/api/v1/recordings", get(recordings::list))
        .route("/api/v1/recordings/{id}", get(recordings::show))
        .route("/api/v1/clips/{id}/original", get(clips::original))
        .route("/api/v1/clips/{id}/receipt", get(clips::receipt))
        .route("/api/v1/clips/{id}/poster", get(clips::poster))
        .route("/api/v1/clips/{id}/waveform", get(clips::waveform))
        .route("/api/v1/clips/{id}/proxy", get(clips::proxy))
        .route("/api/v1/clips/{id}/clear", get(clips::clear))
        .route("/api/v1/imports/{kind}", post(imports::take_in))
        .route("/api/v1/outcomes", get(outcomes::list))
        .route("/api/v1/ledger/inclusion", get(ledger::inclusion))
        .route("/api/v1/ledger/consistency", get(ledger::consistency))
        .route("/api/v1/uploads", post(uploads::create).options(uploads::options))
        .route(
            "/api/v1/uploads/{id}",
            post(uploads::instead)
                .head(uploads::offset)
                .get(uploads::show)
                .patch(uploads::append)
                .delete(uploads::forget)
                .options(uploads::options),
        )
}

/// Signing in, and what people change about themselves.
fn sign_in_routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/sign-in", get(sign_in::before).post(sign_in::sign_in))
        .route("/api/v1/session", get(sign_in::session).delete(sign_in::sign_out))
        .route("/api/v1/session/unlock", post(sign_in::unlock))
        .route("/api/v1/session/password", post(sign_in::change_password))
        .route("/api/v1/session/totp", post(sign_in::begin_totp).delete(sign_in::remove_totp))
        .route("/api/v1/session/totp/confirm", post(sign_in::confirm_totp))
        .route("/api/v1/session/passkeys", get(passkeys::list))
        .route("/api/v1/session/passkeys/begin", post(passkeys::begin))
        .route("/api/v1/session/passkeys/finish", post(passkeys::finish))
        .route("/api/v1/session/passkeys/{id}", delete(passkeys::remove))
        .route("/api/v1/sign-in/passkey/begin", post(passkeys::begin_sign_in))
        .route("/api/v1/sign-in/passkey/finish", post(passkeys::sign_in))
        .route("/api/v1/sign-in/oidc", get(elsewhere::begin))
        .route("/api/v1/sign-in/oidc/callback", get(elsewhere::callback))
}
