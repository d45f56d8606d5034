//! The JSON API under `/api/v1`. One file for each thing it serves; the list of routes is the table of contents.

#![expect(unused_qualifications, reason = "utoipa's macros write their arguments with a path")]

mod audit;
mod auth;
pub(crate) mod body;
mod calls;
mod cases;
mod clips;
mod desk;
mod elsewhere;
mod evidence;
mod given;
mod imports;
mod ledger;
mod openapi;
pub(crate) mod outcomes;
mod page;
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
use axum::routing::{delete, get, patch, post, put};

use crate::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .merge(desk_routes())
        .merge(case_routes())
        .route("/api/openapi.json", get(openapi::document))
        .merge(sign_in_routes())
        .route("/api/v1/people", get(people::list).post(people::create))
        .route("/api/v1/people/{id}", get(people::show).patch(people::change))
        .route("/api/v1/people/{id}/reset", post(people::reset))
        .route("/api/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v1/tokens/{id}", delete(tokens::revoke))
        .route("/api/v1/recordings", get(recordings::list))
        .route("/api/v1/recordings/categories", post(evidence::categorise_many))
        .route("/api/v1/recordings/{id}", get(evidence::show))
        .route("/api/v1/recordings/{id}/custody", get(evidence::custody))
        .route("/api/v1/recordings/{id}/trail", get(evidence::trail))
        .route("/api/v1/recordings/{id}/verify", post(evidence::verify))
        .route("/api/v1/recordings/{id}/categories", put(evidence::set_categories))
        .route("/api/v1/recordings/{id}/notes", post(evidence::add_note))
        .route("/api/v1/recordings/{id}/markers", post(evidence::add_marker))
        .route("/api/v1/recordings/{id}/markers/{marker}", delete(evidence::remove_marker))
        .route("/api/v1/recordings/{id}/corrections", post(evidence::correct))
        .route("/api/v1/recordings/{id}/restriction", put(evidence::restrict))
        .route("/api/v1/recordings/{id}/holds", post(evidence::hold))
        .route("/api/v1/recordings/{id}/holds/{hold}", delete(evidence::lift_hold))
        .route("/api/v1/recordings/{id}/alignment", put(evidence::align))
        .route("/api/v1/audit", get(audit::figures))
        .route("/api/v1/policy", get(audit::policy))
        .route("/api/v1/policy/comparisons", get(audit::comparisons).post(audit::compare))
        .route(
            "/api/v1/policy/comparisons/{id}",
            get(audit::show_comparison).delete(audit::cancel_comparison),
        )
        .route("/api/v1/calls", get(calls::list))
        .route("/api/v1/calls/{id}", get(calls::show))
        .route("/api/v1/calls/{id}/events", get(calls::events))
        .route("/api/v1/calls/{id}/accounts", post(calls::give_account))
        .route("/api/v1/accounts", get(calls::accounts))
        .route("/api/v1/accounts/{id}/decision", post(calls::decide))
        .route("/api/v1/clips/{id}/original", get(clips::original))
        .route("/api/v1/clips/{id}/receipt", get(clips::receipt))
        .route("/api/v1/clips/{id}/poster", get(clips::poster))
        .route("/api/v1/clips/{id}/waveform", get(clips::waveform))
        .route("/api/v1/clips/{id}/proxy", get(clips::proxy))
        .route("/api/v1/clips/{id}/clear", get(clips::clear))
        .route("/api/v1/imports/records", post(imports::take_in_records))
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

fn desk_routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/home", get(desk::home))
        .route("/api/v1/notifications", get(desk::notifications))
        .route("/api/v1/notifications/{id}/read", post(desk::read_notification))
        .route("/api/v1/saved-searches", get(desk::saved_searches).post(desk::save_search))
        .route("/api/v1/saved-searches/{id}", delete(desk::forget_search))
        .route("/api/v1/officers", get(desk::officers))
        .route("/api/v1/districts", get(desk::districts))
        .route("/api/v1/districts/outlines", put(desk::set_outlines))
        .route("/api/v1/categories", get(desk::categories).put(desk::set_categories))
        .route("/api/v1/administration", get(desk::administration))
}

fn case_routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/cases", get(cases::list).post(cases::open))
        .route("/api/v1/cases/people", get(cases::people_to_name))
        .route("/api/v1/cases/{id}", get(cases::show).merge(patch(cases::change)))
        .route("/api/v1/cases/{id}/recordings", post(cases::add_recordings))
        .route("/api/v1/cases/{id}/recordings/{recording}", delete(cases::remove_recording))
        .route("/api/v1/cases/{id}/notes", post(cases::add_note))
        .route("/api/v1/cases/{id}/media", post(cases::add_media))
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
