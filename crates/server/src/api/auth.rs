//! Who asks: a token in the header, or the cookie of a person who signed in. Both become a principal, and no handler need
//! know which it was. A request that bears a cookie and changes something must bear the session's word as well: another
//! site can make a browser send the cookie, but not that.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use onrecord_program::people::sign_in::Held;
use onrecord_program::{Action, Principal};

use crate::{Problem, Shared};

/// The name of the cookie.
pub(crate) const SESSION: &str = "onrecord_session";

/// Somebody with a token that holds, or who signed in and may go on.
pub(crate) struct Caller(pub Principal);

/// Somebody who signed in, and whose session is not locked; they may still have to change their password.
pub(crate) struct Holder(pub Held);

/// Somebody who signed in; the session may be locked.
pub(crate) struct IdleHolder(pub Held);

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let token = header
                .to_str()
                .ok()
                .and_then(|value| value.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim())
                .ok_or_else(Problem::unauthorized)?;
            return server.program.principal(token).await?.map(Self).ok_or_else(Problem::unauthorized);
        }
        let Holder(held) = Holder::from_request_parts(parts, server).await?;
        if needs_password_change(&held) {
            return Err(must_first(
                "urn:onrecord:password-change-needed",
                "Choose a password of your own first.",
            ));
        }
        if needs_second_factor(server, &held) {
            let words = "The agency wants a second factor: set one up first.";
            return Err(must_first("urn:onrecord:second-factor-needed", words));
        }
        Ok(Self(held.principal()))
    }
}

fn must_first(kind: &'static str, words: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, kind, "Something else first", words)
}

/// Whether somebody must choose another password before anything else. Whom the agency's provider or a passkey vouches for
/// has not used it.
pub(crate) fn needs_password_change(held: &Held) -> bool {
    held.session.method == "password" && held.person.must_change_password
}

/// Whether somebody must set a second factor up before anything else.
pub(crate) fn needs_second_factor(server: &Shared, held: &Held) -> bool {
    server.site.sign_in.require_second_factor
        && held.session.method == "password"
        && !held.person.totp_confirmed
}

impl FromRequestParts<Shared> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let IdleHolder(held) = IdleHolder::from_request_parts(parts, server).await?;
        if held.is_idle {
            return Err(Problem::new(
                StatusCode::LOCKED,
                "urn:onrecord:idle-locked",
                "Locked",
                "Nothing was done here for 15 minutes. Give your password to go on.",
            ));
        }
        Ok(Self(held))
    }
}

impl FromRequestParts<Shared> for IdleHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let cookie = cookie(parts, SESSION).ok_or_else(Problem::unauthorized)?;
        // What a page asks by itself, to see whether there is news, keeps nobody's session open.
        let is_use = !parts.headers.contains_key("x-onrecord-background");
        let held = server.program.session(&cookie, is_use).await?.ok_or_else(Problem::unauthorized)?;
        let only_looks = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let word = parts.headers.get("x-csrf-token").map(HeaderValue::as_bytes).unwrap_or_default();
        if !only_looks && !held.is_csrf(word) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "urn:onrecord:csrf",
                "Not from our page",
                "A request that changes something must bear the session's csrf_token as X-CSRF-Token.",
            ));
        }
        Ok(Self(held))
    }
}

/// A cookie by its name.
pub(crate) fn cookie(parts: &Parts, name: &str) -> Option<String> {
    parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|one| one.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
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
