//! The description of the API, made from the handlers.

use axum::Json;
use utoipa::OpenApi;

use super::{calls, clips, evidence, imports, ledger, outcomes, recordings, uploads};
use crate::Problem;

#[derive(OpenApi)]
#[openapi(
    info(title = "Onrecord", description = "Evidence in custody: taken in, kept, proved.", license(name = "Apache-2.0")),
    paths(
        recordings::list,
        evidence::show,
        evidence::custody,
        evidence::trail,
        evidence::verify,
        evidence::set_categories,
        evidence::categorise_many,
        evidence::add_note,
        evidence::add_marker,
        evidence::remove_marker,
        evidence::correct,
        evidence::restrict,
        evidence::hold,
        evidence::lift_hold,
        evidence::align,
        calls::list,
        calls::show,
        calls::events,
        calls::give_account,
        calls::accounts,
        calls::decide,
        clips::original,
        clips::receipt,
        clips::poster,
        clips::waveform,
        clips::proxy,
        clips::clear,
        imports::take_in,
        outcomes::list,
        ledger::inclusion,
        ledger::consistency,
        uploads::create,
        uploads::offset,
        uploads::show,
        uploads::append,
        uploads::forget,
    ),
    components(schemas(Problem)),
    tags(
        (name = "recordings", description = "What cameras recorded"),
        (name = "calls", description = "Calls: who had to record, what is on record, and officers' accounts"),
        (name = "clips", description = "The bytes, and their receipts"),
        (name = "imports", description = "Exchange files, taken in row by row"),
        (name = "outcomes", description = "What the audit says of every call"),
        (name = "uploads", description = "Resumable upload: tus 1.0"),
        (name = "ledger", description = "Proofs that anyone may ask for"),
    )
)]
struct Document;

pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
