//! Administration of people: who may sign in, and with which rights.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use onrecord_program::people::{Change, NewPerson, rights_of};
use onrecord_program::{Action, PersonRole};
use onrecord_store::people::{Filter, Person};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::given::{Given, given, time};
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// The most on a page.
const PAGE: u32 = 200;
/// Totals are told up to this, which stands for "more than 10,000".
const COUNTED: u32 = 10_001;

/// Which people are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Words in the sign-in name, display name, mail or officer id.
    q: Option<String>,
    /// `active` or `disabled`.
    state: Option<String>,
    /// As the last page said.
    cursor: Option<String>,
    /// From 1 to 200; 50 where not given.
    limit: Option<u32>,
}

/// A page of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeoplePage {
    items: Vec<PersonAnswer>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
    /// 10,001 stands for more than 10,000.
    total: u64,
}

/// A person. Times are RFC 3339, UTC.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonAnswer {
    id: String,
    /// What they sign in with.
    name: String,
    display_name: String,
    mail: Option<String>,
    officer_id: Option<String>,
    roles: Vec<&'static str>,
    /// Empty for all of them.
    districts: Vec<String>,
    /// active or disabled.
    state: String,
    /// How the identity provider names them.
    external_subject: Option<String>,
    must_change_password: bool,
    has_password: bool,
    has_second_factor: bool,
    created_at: String,
    changed_at: String,
    signed_in_at: Option<String>,
}

fn answer(person: Person) -> PersonAnswer {
    let rights = rights_of(&person);
    PersonAnswer {
        roles: rights.roles.into_iter().map(PersonRole::word).collect(),
        districts: rights.districts,
        id: person.id,
        name: person.name,
        display_name: person.display_name,
        mail: person.mail,
        officer_id: person.officer_id,
        state: person.state,
        external_subject: person.external_subject,
        must_change_password: person.must_change_password,
        has_password: person.password.is_some(),
        has_second_factor: person.totp_confirmed,
        created_at: time(person.created_at),
        changed_at: time(person.changed_at),
        signed_in_at: person.signed_in_at.map(time),
    }
}

/// Lists people by their sign-in names.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(Wanted),
    responses((status = 200, body = PeoplePage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<PeoplePage>, Problem> {
    caller.may(Action::ManagePeople)?;
    let limit = wanted.limit.unwrap_or(50);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be from 1 to {PAGE}.")));
    }
    let filter = Filter {
        words: wanted.q.filter(|words| !words.is_empty()),
        state: wanted.state,
        after: wanted.cursor,
        limit: limit + 1,
    };
    let (mut found, total) = server.program.list_people(&filter, COUNTED).await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.name.clone());
    Ok(Json(PeoplePage { items: found.into_iter().map(answer).collect(), next_cursor, total }))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = PersonAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PersonAnswer>, Problem> {
    caller.may(Action::ManagePeople)?;
    Ok(Json(answer(server.program.person(&id).await?)))
}

/// A new person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPersonBody {
    /// What they sign in with: letters, digits and . - _ @ +
    name: String,
    #[serde(default)]
    display_name: String,
    mail: Option<String>,
    officer_id: Option<String>,
    roles: Vec<String>,
    /// Empty for all of them.
    #[serde(default)]
    districts: Vec<String>,
    /// How the identity provider names them.
    external_subject: Option<String>,
}

/// A person with the password that is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithPassword {
    person: PersonAnswer,
    /// To be changed at the next sign-in; shown now and never again.
    password: String,
}

fn roles_of(words: &[String]) -> Result<BTreeSet<PersonRole>, Problem> {
    let role = |word: &String| {
        PersonRole::of(word).ok_or_else(|| {
            let known = PersonRole::WORDS.map(|(word, _)| word).join(", ");
            Problem::bad_request(format!("There is no role {word}; there are: {known}."))
        })
    };
    words.iter().map(role).collect()
}

/// Makes a person.
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = NewPersonBody,
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 201, body = WithPassword), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Given(body): Given<NewPersonBody>,
) -> Result<(StatusCode, Json<WithPassword>), Problem> {
    let who = caller.may(Action::ManagePeople)?;
    let new = NewPerson {
        roles: roles_of(&body.roles)?,
        name: body.name,
        display_name: body.display_name,
        mail: body.mail,
        officer_id: body.officer_id,
        districts: body.districts,
        external_subject: body.external_subject,
    };
    let (person, password) = server.program.create_person(new, &who.actor()).await?;
    Ok((StatusCode::CREATED, Json(WithPassword { person: answer(person), password })))
}

/// What is changed of a person; what is left out stays.
#[allow(clippy::option_option, reason = "left out, null, and a text are three different things")]
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    mail: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    officer_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    external_subject: Option<Option<String>>,
    roles: Option<Vec<String>>,
    districts: Option<Vec<String>>,
    /// active or disabled.
    state: Option<String>,
}

/// Changes a person. One who is disabled is signed out everywhere.
#[utoipa::path(patch, path = "/api/v1/people/{id}", tag = "people", request_body = ChangeBody,
    params(("id" = String, Path), ("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 200, body = PersonAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 423, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn change(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Given(body): Given<ChangeBody>,
) -> Result<Json<PersonAnswer>, Problem> {
    let who = caller.may(Action::ManagePeople)?;
    let is_active = match body.state.as_deref() {
        None => None,
        Some("active") => Some(true),
        Some("disabled") => Some(false),
        Some(_) => return Err(Problem::bad_request("state is active or disabled.")),
    };
    let change = Change {
        display_name: body.display_name,
        mail: body.mail,
        officer_id: body.officer_id,
        roles: body.roles.as_deref().map(roles_of).transpose()?,
        districts: body.districts,
        external_subject: body.external_subject,
        is_active,
    };
    Ok(Json(answer(server.program.change_person(&id, change, &who.actor()).await?)))
}

/// Gives a person a new password and removes their second factors: for who has lost either.
#[utoipa::path(post, path = "/api/v1/people/{id}/reset", tag = "people",
    params(("id" = String, Path), ("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 200, body = WithPassword), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn reset(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<WithPassword>, Problem> {
    let who = caller.may(Action::ManagePeople)?;
    let password = server.program.reset_person(&id, &who.actor()).await?;
    let person = server.program.person(&id).await?;
    Ok(Json(WithPassword { person: answer(person), password }))
}
