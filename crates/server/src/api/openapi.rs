//! The description of the API, made from the handlers.

use axum::Json;
use utoipa::OpenApi;

use super::{audit, calls, cases, clips, desk, evidence, imports, ledger, outcomes, recordings, uploads};
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
        audit::figures,
        audit::policy,
        audit::compare,
        audit::comparisons,
        audit::show_comparison,
        audit::cancel_comparison,
        calls::list,
        calls::show,
        calls::events,
        calls::give_account,
        calls::accounts,
        calls::decide,
        cases::list,
        cases::show,
        cases::open,
        cases::change,
        cases::add_recordings,
        cases::remove_recording,
        cases::add_note,
        cases::add_media,
        desk::home,
        desk::notifications,
        desk::read_notification,
        desk::saved_searches,
        desk::save_search,
        desk::forget_search,
        desk::officers,
        desk::districts,
        desk::set_outlines,
        desk::categories,
        desk::set_categories,
        desk::administration,
        clips::original,
        clips::receipt,
        clips::poster,
        clips::waveform,
        clips::proxy,
        clips::clear,
        imports::take_in,
        imports::take_in_records,
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
        (name = "audit", description = "Figures, the policy in force, and policies tried on history"),
        (name = "cases", description = "Recordings and other media under a number"),
        (name = "desk", description = "What waits on the caller, what pages choose from, how the installation is"),
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
