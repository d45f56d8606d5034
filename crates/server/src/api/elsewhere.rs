//! Signing in through the agency's identity provider: away with the browser, and back.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_program::people::sign_in::SignInError;
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::cookie;
use super::said::Query;
use super::sign_in::cookie_of;
use crate::oidc::{Begun, OidcError, Provider};
use crate::{Encrypted, Problem, Shared};

/// Ties a sign-in to the browser that began it. Lax: the way back comes from the provider's site.
const BEGUN: &str = "onrecord_oidc";
/// For so long a sign-in may take: seconds.
const TAKES: i64 = 600;
/// What it is remembered as.
const KIND: &str = "oidc";

/// Where to go on afterwards.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Begin {
    /// A page of ours; `/` where not given.
    to: Option<String>,
}

/// Sends the browser to the identity provider.
#[utoipa::path(get, path = "/api/v1/sign-in/oidc", tag = "sign-in", params(Begin),
    responses((status = 303, description = "To the identity provider; or back to /sign-in?problem=…"),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn begin(
    State(server): State<Shared>,
    encrypted: Option<axum::Extension<Encrypted>>,
    Query(begin): Query<Begin>,
) -> Result<Response, Problem> {
    let provider = provider(&server)?;
    let program = &server.program;
    let state = URL_SAFE_NO_PAD.encode(program.world.random::<32>());
    let to = begin.to.filter(|to| is_ours(to)).unwrap_or_else(|| "/".to_owned());
    let chance = [program.world.random::<32>(), program.world.random::<32>()];
    let (address, begun) = match provider.begin(&state, chance, to, program.world.now()).await {
        Ok(begun) => begun,
        Err(error) => return Ok(back(&error)),
    };
    let begun = serde_json::to_string(&begun).unwrap_or_default();
    program.remember(&state, KIND, &begun, TAKES * 1_000_000).await?;
    let cookie = begun_cookie(&state, TAKES, encrypted.is_some());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), to_page(&address)).into_response())
}

/// What the identity provider sends back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Where the identity provider sends the browser back to.
#[utoipa::path(get, path = "/api/v1/sign-in/oidc/callback", tag = "sign-in", params(Back),
    responses((status = 303, description = "Signed in; or back to /sign-in?problem=…"), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn callback(
    State(server): State<Shared>,
    encrypted: Option<axum::Extension<Encrypted>>,
    parts: Parts,
    Query(answer): Query<Back>,
) -> Result<Response, Problem> {
    let provider = provider(&server)?;
    let program = &server.program;
    let is_encrypted = encrypted.is_some();
    let cleared = (header::SET_COOKIE, begun_cookie("", 0, is_encrypted));
    let state = answer.state.filter(|state| cookie(&parts, BEGUN).as_deref() == Some(state));
    let remembered = match state {
        Some(state) => program.recall(&state, KIND).await?,
        None => None,
    };
    let begun: Option<Begun> = remembered.and_then(|text| serde_json::from_str(&text).ok());
    let (Some(begun), Some(code)) = (begun, answer.code) else {
        let why = answer.error.unwrap_or_else(|| "it was not begun here, or long ago".to_owned());
        return Ok((AppendHeaders([cleared]), back(&OidcError::Untrue(why))).into_response());
    };
    let claimed = match provider.finish(&begun, code, program.world.now()).await {
        Ok(claimed) => claimed,
        Err(error) => return Ok((AppendHeaders([cleared]), back(&error)).into_response()),
    };
    match program.sign_in_elsewhere(claimed).await {
        Ok(signed_in) => {
            let session = (header::SET_COOKIE, cookie_of(&signed_in, is_encrypted));
            Ok((AppendHeaders([session, cleared]), to_page(&begun.to)).into_response())
        }
        Err(SignInError::Program(error)) => Err(error.into()),
        Err(_) => Ok((AppendHeaders([cleared]), to_page("/sign-in?problem=unknown-person")).into_response()),
    }
}

fn provider(server: &Shared) -> Result<&Provider, Problem> {
    server.site.provider.as_ref().ok_or_else(|| {
        Problem::not_found("No identity provider is configured here: sign in with a password.")
    })
}

fn begun_cookie(value: &str, seconds: i64, is_encrypted: bool) -> HeaderValue {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!(
        "{BEGUN}={value}; Path=/api/v1/sign-in/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Back to the sign-in page, which says what went wrong; the log says why.
fn back(error: &OidcError) -> Response {
    tracing::warn!(%error, "a sign-in through the identity provider failed");
    to_page(match error {
        OidcError::Away(_) => "/sign-in?problem=provider-away",
        OidcError::Untrue(_) => "/sign-in?problem=provider-refused",
    })
}

fn to_page(address: &str) -> Response {
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/sign-in"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

/// Whether this is a page of ours, and not another site in disguise.
fn is_ours(to: &str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_pages_of_ours_are_gone_on_to() {
        assert!(is_ours("/") && is_ours("/calls/k1?tab=map"));
        for other in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:x",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
