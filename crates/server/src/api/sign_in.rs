//! Signing in, the session, and what people change about themselves.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use onrecord_program::people::rights_of;
use onrecord_program::people::sign_in::{Held, IDLE, LONGEST, SignInError, SignedIn};
use onrecord_program::{Action, PersonRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Holder, IdleHolder, SESSION, needs_password_change, needs_second_factor};
use super::given::{CameFrom, Given, time};
use crate::{Encrypted, Problem, Shared};

/// What is shown before anyone signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BeforeAnswer {
    /// The agency's name.
    agency: String,
    /// What everybody must read first.
    banner: String,
    /// `password`, `passkey`, `oidc`: how one may sign in here.
    methods: Vec<&'static str>,
    /// What the way to the agency's identity provider is called, where there is one.
    provider: Option<String>,
    /// Whether everything here is invented.
    is_demo: bool,
    /// The zone of the department's clocks, an IANA name, where it is configured.
    timezone: Option<String>,
}

/// What is shown before anyone signs in.
#[utoipa::path(get, path = "/api/v1/sign-in", tag = "sign-in", responses((status = 200, body = BeforeAnswer)))]
pub(crate) async fn before(State(server): State<Shared>) -> Json<BeforeAnswer> {
    let config = &server.site.config;
    let site = &server.site;
    let further = [(site.passkeys.is_some(), "passkey"), (site.provider.is_some(), "oidc")];
    let further = further.into_iter().filter_map(|(is_here, word)| is_here.then_some(word));
    Json(BeforeAnswer {
        agency: config.name.clone(),
        banner: config.banner.clone(),
        methods: std::iter::once("password").chain(further).collect(),
        provider: site.provider.as_ref().map(|provider| provider.label().to_owned()),
        is_demo: config.demo,
        // Whoever signs in must be able to, even where the database is busy.
        timezone: server.program.timezone().await.ok().flatten(),
    })
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInBody {
    /// The sign-in name; capitals do not count.
    name: String,
    password: String,
    /// The six digits of the second factor, once the answer was `urn:onrecord:code-needed`.
    code: Option<String>,
}

/// Signs in.
///
/// Sets the cookie `onrecord_session`. 401 says `urn:onrecord:sign-in-failed`, `urn:onrecord:code-needed` or
/// `urn:onrecord:locked`.
#[utoipa::path(post, path = "/api/v1/sign-in", tag = "sign-in", request_body = SignInBody,
    responses((status = 200, body = SessionAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn sign_in(
    State(server): State<Shared>,
    CameFrom(from): CameFrom,
    encrypted: Option<axum::Extension<Encrypted>>,
    Given(body): Given<SignInBody>,
) -> Result<impl IntoResponse, Problem> {
    let signed_in = server.program.sign_in(&body.name, &body.password, body.code.as_deref(), from).await?;
    Ok((
        AppendHeaders([(header::SET_COOKIE, cookie_of(&signed_in, encrypted.is_some()))]),
        answer(&server, &signed_in.held),
    ))
}

/// The cookie as a browser is told to keep it.
pub(crate) fn cookie_of(signed_in: &SignedIn, is_encrypted: bool) -> HeaderValue {
    cookie(&signed_in.cookie, LONGEST / 1_000_000, is_encrypted)
}

fn cookie(value: &str, seconds: i64, is_encrypted: bool) -> HeaderValue {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{SESSION}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// A session.
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent facts, named for those who read the JSON"
)]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    person: PersonShown,
    /// The actions that are allowed on anything at all.
    may: Vec<&'static str>,
    /// What requests that change something must bear as X-CSRF-Token.
    csrf_token: String,
    /// After so long without a request the session is locked.
    idle_seconds: i64,
    /// When it ends, used or not. RFC 3339, UTC.
    ends_at: String,
    /// `password`, `passkey` or `oidc`.
    method: String,
    /// Whether another password must be chosen before anything else.
    must_change_password: bool,
    /// Whether a second factor must be set up before anything else.
    must_set_second_factor: bool,
    has_second_factor: bool,
    has_password: bool,
}

/// Who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonShown {
    id: String,
    name: String,
    display_name: String,
    officer_id: Option<String>,
    roles: Vec<&'static str>,
    /// Empty for all of them.
    districts: Vec<String>,
}

pub(crate) fn answer(server: &Shared, held: &Held) -> Json<SessionAnswer> {
    let who = held.principal();
    let person = &held.person;
    let rights = rights_of(person);
    let may =
        Action::WORDS.into_iter().filter(|(_, action)| who.may(*action)).map(|(word, _)| word).collect();
    Json(SessionAnswer {
        person: PersonShown {
            id: person.id.clone(),
            name: person.name.clone(),
            display_name: person.display_name.clone(),
            officer_id: rights.officer_id,
            roles: rights.roles.into_iter().map(PersonRole::word).collect(),
            districts: rights.districts,
        },
        may,
        csrf_token: held.csrf.clone(),
        idle_seconds: IDLE / 1_000_000,
        ends_at: time(held.session.ends_at),
        method: held.session.method.clone(),
        must_change_password: needs_password_change(held),
        must_set_second_factor: needs_second_factor(server, held),
        has_second_factor: person.totp_confirmed,
        has_password: person.password.is_some(),
    })
}

/// The session.
#[utoipa::path(get, path = "/api/v1/session", tag = "sign-in",
    responses((status = 200, body = SessionAnswer), (status = 401, body = Problem), (status = 423, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn session(State(server): State<Shared>, Holder(held): Holder) -> Json<SessionAnswer> {
    answer(&server, &held)
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "sign-in", params(("X-CSRF-Token" = String, Header)),
    responses((status = 204, description = "Signed out"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn sign_out(
    State(server): State<Shared>,
    IdleHolder(held): IdleHolder,
    encrypted: Option<axum::Extension<Encrypted>>,
) -> Result<impl IntoResponse, Problem> {
    server.program.sign_out(&held).await?;
    let cleared = [(header::SET_COOKIE, cookie("", 0, encrypted.is_some()))];
    // What the browser kept of the pages' data goes with the session.
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cleared), [("clear-site-data", "\"cache\", \"storage\"")]))
}

/// A password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    password: String,
}

/// Proves anew who uses the session: after it was locked, or before one's own secrets are changed.
#[utoipa::path(post, path = "/api/v1/session/unlock", tag = "sign-in", request_body = PasswordBody,
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 204, description = "Unlocked"), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 429, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn unlock(
    State(server): State<Shared>,
    IdleHolder(held): IdleHolder,
    CameFrom(from): CameFrom,
    Given(body): Given<PasswordBody>,
) -> Result<StatusCode, Problem> {
    server.program.unlock(&held, &body.password, from).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordBody {
    current: String,
    /// At least 12 characters.
    new: String,
}

/// Changes one's own password; every other session of the person ends.
#[utoipa::path(post, path = "/api/v1/session/password", tag = "sign-in", request_body = ChangePasswordBody,
    params(("X-CSRF-Token" = String, Header)),
    responses((status = 204, description = "Changed"), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn change_password(
    State(server): State<Shared>,
    Holder(held): Holder,
    Given(body): Given<ChangePasswordBody>,
) -> Result<StatusCode, Problem> {
    server.program.change_password(&held, &body.current, &body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What an authenticator is told once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpAnswer {
    /// In base 32, to be typed in.
    secret: String,
    /// `otpauth://…`, to be shown as a picture.
    uri: String,
}

/// Begins to set a second factor up.
///
/// It counts once a code of it was shown. 403 says `urn:onrecord:prove-again` where it is more than 15 minutes since the
/// person gave their password: unlock does that, too.
#[utoipa::path(post, path = "/api/v1/session/totp", tag = "sign-in", params(("X-CSRF-Token" = String, Header)),
    responses((status = 200, body = TotpAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn begin_totp(
    State(server): State<Shared>,
    Holder(held): Holder,
) -> Result<Json<TotpAnswer>, Problem> {
    fresh(&server, &held)?;
    let setup = server.program.begin_totp(&held, &server.site.config.name).await?;
    Ok(Json(TotpAnswer { secret: setup.secret, uri: setup.uri }))
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    /// Six digits.
    code: String,
}

/// Takes the second factor into use.
#[utoipa::path(post, path = "/api/v1/session/totp/confirm", tag = "sign-in", request_body = CodeBody,
    params(("X-CSRF-Token" = String, Header)),
    responses((status = 204, description = "In use"), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn confirm_totp(
    State(server): State<Shared>,
    Holder(held): Holder,
    Given(body): Given<CodeBody>,
) -> Result<StatusCode, Problem> {
    server.program.confirm_totp(&held, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes one's second factor.
#[utoipa::path(delete, path = "/api/v1/session/totp", tag = "sign-in", params(("X-CSRF-Token" = String, Header)),
    responses((status = 204, description = "Removed"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn remove_totp(
    State(server): State<Shared>,
    Holder(held): Holder,
) -> Result<StatusCode, Problem> {
    fresh(&server, &held)?;
    server.program.remove_totp(&held).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses who has not proved who they are for a while.
pub(crate) fn fresh(server: &Shared, held: &Held) -> Result<(), Problem> {
    if server.program.is_fresh(held) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "urn:onrecord:prove-again",
        "Prove who you are",
        "It is a while since you gave your password: give it again (POST /api/v1/session/unlock), then repeat this.",
    ))
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        let (status, kind, title) = match error {
            SignInError::Failed => (StatusCode::UNAUTHORIZED, "urn:onrecord:sign-in-failed", "Not signed in"),
            SignInError::Unknown => {
                (StatusCode::UNAUTHORIZED, "urn:onrecord:unknown-person", "Not known here")
            }
            SignInError::CodeNeeded => {
                (StatusCode::UNAUTHORIZED, "urn:onrecord:code-needed", "A code is needed")
            }
            SignInError::Locked => (StatusCode::UNAUTHORIZED, "urn:onrecord:locked", "Locked for a while"),
            SignInError::TooFast => {
                (StatusCode::TOO_MANY_REQUESTS, "urn:onrecord:too-fast", "Too many tries")
            }
            SignInError::Program(error) => return error.into(),
        };
        Self::new(status, kind, title, error.to_string())
    }
}
