//! One line of log for each request. Addresses hold the ids of officers and cameras, so a line names the route, not the
//! address; the request id joins it to what the client was told.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::Shared;

/// The methods that are counted by name. Any word can be sent as a method, without a token: what somebody makes up must
/// neither fill the memory of the metrics nor say anything there or in the log.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn word(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

pub(crate) async fn each_request(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = server.program.world.id().simple().to_string();
    let method = word(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    server.metrics.count(method, &route, status, micros);
    span.in_scope(|| tracing::info!(method, route, status, micros, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
