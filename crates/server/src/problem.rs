//! Errors as RFC 9457 problem details: what happened, and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use onrecord_program::ProgramError;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem, as it is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A stable name of the kind of problem.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The kind in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, and what to do.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, title, status: status.as_u16(), detail: detail.into() }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "urn:onrecord:bad-request", "The request cannot be used", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "urn:onrecord:not-found", "Nothing here", detail)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "urn:onrecord:sign-in",
            "Not signed in",
            "Sign in; or, as a program, send a token that an administrator made (onrecord admin token create) as \
             Authorization: Bearer TOKEN.",
        )
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "urn:onrecord:forbidden", "Not allowed", detail)
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<ProgramError> for Problem {
    fn from(error: ProgramError) -> Self {
        let detail = error.to_string();
        match error {
            ProgramError::Refused(_) => Self::bad_request(detail),
            ProgramError::Forbidden(_) => Self::forbidden(detail),
            ProgramError::NotFound { .. } => Self::not_found(detail),
            ProgramError::Conflict(_) | ProgramError::TakenOver => {
                Self::new(StatusCode::CONFLICT, "urn:onrecord:conflict", "Something else came first", detail)
            }
            ProgramError::Checksum(_) => {
                // tus says 460; Swift's door says otherwise by itself.
                let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
                Self::new(status, "urn:onrecord:checksum", "Checksum Mismatch", detail)
            }
            ProgramError::Full(_) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "urn:onrecord:full", "No room left", detail)
            }
            ProgramError::Away(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:onrecord:away", "Not right now", detail)
            }
            ProgramError::Store(_) => {
                tracing::error!(error = detail, "the database failed");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "urn:onrecord:away",
                    "Not right now",
                    "The database does not answer as it should; nothing was changed. Try again soon.",
                )
            }
            ProgramError::Fault(_) => {
                tracing::error!(error = detail, "a request failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "urn:onrecord:fault",
                    "A fault of ours",
                    "Something failed on the server; its log says what, under the request id of this answer.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// What stands where no route is.
pub(crate) fn no_such_page() -> Problem {
    Problem::not_found("There is nothing at this address; /api/openapi.json lists what there is.")
}

/// What stands where a route is, but not for the method of the request.
pub(crate) async fn not_by_this_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "urn:onrecord:method",
        "Not by this method",
        "There is something at this address, but not for this method; /api/openapi.json lists what there is.",
    )
}
