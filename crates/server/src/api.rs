//! The JSON API under `/api/v1`. One file for each thing it serves; the list of routes is the table of contents.

#![expect(unused_qualifications, reason = "utoipa's macros write their arguments with a path")]

mod auth;
pub(crate) mod body;
mod clips;
mod imports;
mod ledger;
mod openapi;
pub(crate) mod outcomes;
pub(crate) mod recordings;
pub(crate) mod said;
pub(crate) mod uploads;

pub(crate) use body::{Ended, pour};
pub(crate) use said::Path;

use axum::Router;
use axum::routing::{get, post};

use crate::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/openapi.json", get(openapi::document))
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
