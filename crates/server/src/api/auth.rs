//! Who asks: a token in the header, and what its role may do.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use onrecord_program::{Action, Principal};

use crate::{Problem, Shared};

/// Somebody with a valid token.
pub(crate) struct Caller(pub Principal);

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Problem::unauthorized)?;
        server.program.principal(token).await?.map(Self).ok_or_else(Problem::unauthorized)
    }
}

impl Caller {
    /// Refuses who may not bring recordings.
    pub fn brings(self) -> Result<Principal, Problem> {
        if self.0.may_bring() {
            return Ok(self.0);
        }
        Err(Problem::forbidden(
            "You may not bring recordings: that takes a token with the role intake or admin.",
        ))
    }

    /// Refuses who may do this to nothing at all.
    pub fn may(self, action: Action) -> Result<Principal, Problem> {
        match self.0.refused(action) {
            None => Ok(self.0),
            Some(rule) => Err(Problem::forbidden(rule)),
        }
    }
}
