//! The pages: the static files of `web/build`, which are part of the program. Building the program needs no Node.js: where
//! the folder was missing, a page says how to make it. (A program built without optimisation reads the folder each time, so
//! that pages can be worked on without compiling.)
//!
//! Files whose names hold a digest of their content may be kept for ever; for the rest a browser asks each time whether
//! they have changed. An address that is no file is a page of the application, and the application shows it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::problem;

#[derive(Embed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Built;

/// The application itself.
const INDEX: &str = "index.html";
/// What lies here never changes.
const FOR_EVER: &str = "_app/immutable/";
/// Doors for programs: what is not there is a problem, never a page.
const DOORS: [&str; 6] = ["/api/", "/axis/", "/ledger/", "/healthz", "/readyz", "/metrics"];
/// What stands where the pages were not built.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Onrecord</title></head><body>\
    <h1>The server runs; its pages were not built</h1><p>In the folder <code>web</code>, run <code>npm ci</code> and \
    <code>npm run build</code>; then build the program again. The API answers meanwhile: \
    <a href=\"/api/openapi.json\">/api/openapi.json</a> lists what there is.</p></body></html>\n";

pub(crate) async fn page(request: Request) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || DOORS.iter().any(|door| path.starts_with(door)) {
        return problem::no_such_page().into_response();
    }
    let name = path.trim_start_matches('/');
    let headers = request.headers();
    if let Some(file) = Built::get(name) {
        return answer(name, file, headers);
    }
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_page {
        return problem::no_such_page().into_response();
    }
    match Built::get(INDEX) {
        Some(file) => answer(INDEX, file, headers),
        None => (type_and_age("text/html; charset=utf-8", "no-store"), NOT_BUILT).into_response(),
    }
}

fn type_and_age(kind: &'static str, age: &'static str) -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, age)]
}

fn answer(name: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let age = if name.starts_with(FOR_EVER) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", onrecord_program::access::hex(&file.metadata.sha256_hash()));
    let (encoding, file) = compressed(name, headers).map_or((None, file), |(word, file)| (Some(word), file));
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data).into_response()
    };
    let sent = response.headers_mut();
    for (name, value) in type_and_age(content_type(name), age) {
        sent.insert(name, HeaderValue::from_static(value));
    }
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        sent.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding.filter(|_| !is_known) {
        sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file as it was compressed when the pages were built, in a form that the browser takes.
fn compressed(name: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let taken = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes =
        |word: &str| taken.split(',').any(|one| one.split(';').next().is_some_and(|it| it.trim() == word));
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(word, _)| takes(word))
        .find_map(|(word, ending)| Some((word, Built::get(&format!("{name}.{ending}"))?)))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
