//! What a request says in its address, read so that everything that cannot be used is answered in the API's own words.
//! U+0000 is refused here for all: PostgreSQL cannot keep it in a text, and nothing that we give out holds it.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{Problem, Shared};

/// The parts of the path that a route names.
pub(crate) struct Path<T>(pub T);

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub T);

fn nul() -> Problem {
    Problem::bad_request("The address holds the character U+0000 (%00), which stands in no name here.")
}

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, server).await;
        if named.is_ok_and(|named| named.iter().any(|(_, value)| value.contains('\0'))) {
            return Err(nul());
        }
        let read: Result<_, PathRejection> = axum::extract::Path::from_request_parts(parts, server).await;
        let axum::extract::Path(path) = read.map_err(|why| {
            Problem::bad_request(format!("The address cannot be read: {}.", why.body_text()))
        })?;
        Ok(Self(path))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(nul());
        }
        let read: Result<_, QueryRejection> = axum::extract::Query::from_request_parts(parts, server).await;
        let axum::extract::Query(query) = read.map_err(|why| Problem::bad_request(sentence(&why)))?;
        Ok(Self(query))
    }
}

fn sentence(why: &QueryRejection) -> String {
    let text = why.body_text();
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
    format!("What stands behind the question mark cannot be read: {text}.")
}
