//! The description of the API, made from the handlers.

use axum::Json;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::{
    audit, calls, cases, clips, desk, elsewhere, evidence, imports, ledger, outcomes, passkeys, people,
    recordings, sign_in, tokens, uploads,
};
use crate::Problem;

#[derive(OpenApi)]
#[openapi(
    info(title = "Onrecord", description = "Evidence in custody: taken in, kept, proved.", license(name = "Apache-2.0")),
    paths(
        sign_in::before,
        sign_in::sign_in,
        sign_in::session,
        sign_in::sign_out,
        sign_in::unlock,
        sign_in::change_password,
        sign_in::begin_totp,
        sign_in::confirm_totp,
        sign_in::remove_totp,
        passkeys::list,
        passkeys::begin,
        passkeys::finish,
        passkeys::remove,
        passkeys::begin_sign_in,
        passkeys::sign_in,
        elsewhere::begin,
        elsewhere::callback,
        people::list,
        people::create,
        people::show,
        people::change,
        people::reset,
        tokens::list,
        tokens::create,
        tokens::revoke,
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
    modifiers(&Everywhere),
    tags(
        (name = "sign-in", description = "Signing in, the session, one's own secrets"),
        (name = "people", description = "Who may sign in, and with which rights"),
        (name = "tokens", description = "Which programs may call"),
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

/// What holds for every call: problems have a type of their own, a session may be locked, the database may be away.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let items = document.paths.paths.values_mut();
        let operations = items.flat_map(|item| {
            [&mut item.get, &mut item.head, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        });
        for operation in operations.flatten() {
            let responses = &mut operation.responses.responses;
            if responses.contains_key("401") {
                responses.entry("423".to_owned()).or_insert_with(|| problem("The session is locked"));
            }
            responses.entry("503".to_owned()).or_insert_with(|| problem("Not right now"));
            for (status, response) in responses {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                    && let Some(content) = response.content.shift_remove("application/json")
                {
                    response.content.insert(PROBLEM.to_owned(), content);
                }
            }
        }
    }
}

const PROBLEM: &str = "application/problem+json";

fn problem(words: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(words).content(PROBLEM, content).build().into()
}

pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
