//! What a request brings in JSON, and where it comes from.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::{Peer, Problem, Shared};

/// The most that a request of this kind may bring, in bytes.
const MOST: usize = 256 * 1024;

/// A value in JSON. A form of another site cannot send this type without being asked first, which no server of ours allows.
pub(crate) struct Given<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.split(';').next().is_some_and(|it| it.trim() == "application/json"));
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "urn:onrecord:type",
                "Not of this type",
                "Send JSON, with Content-Type: application/json.",
            ));
        }
        let body = to_bytes(request.into_body(), MOST).await.map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "urn:onrecord:too-large",
                "Too much",
                format!("This request may bring at most {MOST} bytes."),
            )
        })?;
        // PostgreSQL cannot keep it in a text, and nothing that we give out holds it.
        if body.windows(6).any(|six| six == b"\\u0000") {
            return Err(Problem::bad_request(
                "The JSON of this request holds the character U+0000, which stands in no text here.",
            ));
        }
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            Problem::bad_request(format!("The JSON of this request cannot be used: {error}."))
        })
    }
}

/// The address that a request comes from: the connection's, or what a balancer says that the configuration names.
pub(crate) struct CameFrom(pub IpAddr);

impl FromRequestParts<Shared> for CameFrom {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let trusted = &server.site.config.trusted_proxies;
        if !trusted.contains(&peer) {
            return Ok(Self(peer));
        }
        // Each balancer adds at the end; what stands before the first that is not ours may be invented.
        let said = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let addresses: Vec<IpAddr> =
            said.flat_map(|value| value.split(',')).filter_map(|one| one.trim().parse().ok()).collect();
        Ok(Self(addresses.into_iter().rev().find(|address| !trusted.contains(address)).unwrap_or(peer)))
    }
}

/// Reads a value that may be left out, or null: left out, it stays as it is.
pub(crate) fn given<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(from).map(Some)
}

/// An instant as the API writes it: RFC 3339, UTC.
pub(crate) fn time(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default()
}
