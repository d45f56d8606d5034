//! The description of the API, made from the handlers.

use std::collections::BTreeMap;

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
        cases::people_to_name,
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

/// What holds for every call: it has a name of its own, problems have a type of their own, an address may be unreadable;
/// whoever signed in may be refused, may have to do something else first, or may be locked; the database may be away.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let methods = [
                ("get", &mut item.get),
                ("head", &mut item.head),
                ("put", &mut item.put),
                ("post", &mut item.post),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ];
            for (method, operation) in methods {
                if let Some(operation) = operation {
                    operation.operation_id = Some(name_of(method, path));
                    let is_addressed = operation.parameters.as_ref().is_some_and(|it| !it.is_empty());
                    tell_problems(&mut operation.responses.responses, is_addressed);
                }
            }
        }
    }
}

/// The name of a call, which clients are generated by: `get_recordings_id_custody`.
fn name_of(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/api/v1").split(|one: char| !one.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).fold(method.to_owned(), |name, word| format!("{name}_{word}"))
}

fn tell_problems(responses: &mut BTreeMap<String, RefOr<Response>>, is_addressed: bool) {
    let mut also = vec![("503", "Not right now")];
    if responses.contains_key("401") {
        also.extend([("403", "Not allowed, or something else first"), ("423", "The session is locked")]);
    }
    if is_addressed {
        also.push(("400", "The address or a header cannot be read"));
    }
    for (status, words) in also {
        responses.entry(status.to_owned()).or_insert_with(|| problem(words));
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Every call of the document, with its path.
    fn calls() -> Vec<(String, Value)> {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().clone();
        let calls = paths.into_iter().flat_map(|(path, item)| {
            let calls: Vec<Value> = item.as_object().unwrap().values().cloned().collect();
            calls.into_iter().map(move |call| (path.clone(), call))
        });
        calls.collect()
    }

    #[test]
    fn every_call_has_a_name_of_its_own() {
        let calls = calls();
        let names: BTreeSet<&str> =
            calls.iter().map(|(_, call)| call["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.len(), calls.len());
        assert!(names.contains("get_recordings_id_custody"), "{names:?}");
    }

    #[test]
    fn what_is_said_to_be_part_of_a_path_stands_in_it() {
        for (path, call) in calls() {
            for parameter in call["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let is_in_path = path.contains(&format!("{{{name}}}"));
                assert_eq!(parameter["in"] == "path", is_in_path, "{path}: {name}");
            }
        }
    }
}
