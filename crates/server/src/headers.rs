//! What every answer tells browsers: run nothing that is not ours, show us in nobody's frame, guess no types, send our
//! addresses to nobody. Pages and API share one origin, so one policy serves both.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::{Encrypted, Peer, Shared};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// What no page of ours needs of the device.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), \
    display-capture=(), browsing-topics=()";

/// A year: whoever has spoken TLS with us once shall not speak without it.
const ONLY_TLS: &str = "max-age=31536000";

pub(crate) async fn on_each_answer(
    State(server): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    if says_encrypted(&server, &request) {
        request.extensions_mut().insert(Encrypted);
    }
    let is_api = request.uri().path().starts_with("/api/");
    // What anyone may check, other sites may show.
    let is_public = request.uri().path().starts_with("/ledger/");
    let is_encrypted = request.extensions().get::<Encrypted>().is_some();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            if is_public { "cross-origin" } else { "same-origin" },
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Evidence has a stricter policy of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    if is_encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    response
}

/// Whether a balancer that the configuration names says that its client speaks TLS. Of anybody else it is not believed.
fn says_encrypted(server: &Shared, request: &Request) -> bool {
    let trusted = &server.site.config.trusted_proxies;
    request.extensions().get::<Peer>().is_some_and(|peer| trusted.contains(&peer.0))
        && request.headers().get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}
