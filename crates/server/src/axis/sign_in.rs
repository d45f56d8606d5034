//! Signing in as Axis systems do: user and key against a token that lasts a day. A token is its expiry, signed with a key
//! of the key folder, so that any node accepts what another one gave.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Problem, Shared};

/// The one account.
pub(super) const ACCOUNT: &str = "AUTH_onrecord";
/// The user name of the connection file.
pub(super) const USER: &str = "axis";

/// A day, in microseconds.
const LASTS: i64 = 86_400 * 1_000_000;

pub(super) async fn sign_in(State(server): State<Shared>, request: Request) -> Response {
    if request.method() != Method::GET {
        return super::bad_request();
    }
    let headers = request.headers();
    let given = |name: &str| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_key = verify_slices_are_equal(given("x-auth-key"), server.axis_key.as_bytes()).is_ok();
    if given("x-auth-user") != USER.as_bytes() || !is_key {
        return Problem::new(
            StatusCode::UNAUTHORIZED,
            "urn:onrecord:sign-in",
            "Not signed in",
            "User or key is not that of the connection file: make one anew (onrecord admin connection-file).",
        )
        .into_response();
    }
    let token = token(&server, server.program.world.now() + LASTS);
    let base = base(headers, request.extensions().get::<crate::Encrypted>().is_some());
    let url = format!("{base}/axis/v1/{ACCOUNT}");
    let mut response = StatusCode::OK.into_response();
    for (name, value) in
        [("x-auth-token", token.as_str()), ("x-storage-token", &token), ("x-storage-url", &url)]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// How the client reached us.
fn base(headers: &HeaderMap, is_encrypted: bool) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if is_encrypted { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn token(server: &Shared, expires: i64) -> String {
    let signed = hmac::sign(&server.axis_signer, format!("axis {expires}").as_bytes());
    format!("AUTH_tk{expires}.{}", URL_SAFE_NO_PAD.encode(signed))
}

/// Whether a request carries a token that holds.
pub(super) fn is_signed_in(server: &Shared, headers: &HeaderMap) -> bool {
    let check = || {
        let token = headers.get("x-auth-token")?.to_str().ok()?.strip_prefix("AUTH_tk")?;
        let (expires, signature) = token.split_once('.')?;
        let expires: i64 = expires.parse().ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(&server.axis_signer, format!("axis {expires}").as_bytes(), &signature).ok()?;
        (server.program.world.now() < expires).then_some(())
    };
    check().is_some()
}
