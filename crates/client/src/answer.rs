//! Answers of the server: read to a bound, and sorted into what may pass by waiting and what will not.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use crate::ClientError;

/// How much of an answer is read: far more than a receipt or a problem has.
const LARGEST: usize = 1024 * 1024;

/// Why a request came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Waiting may help.
    Passing {
        /// What happened.
        why: String,
        /// How long the server asks to wait.
        ask_after: Option<Duration>,
    },
    /// Waiting will not help.
    Final(ClientError),
}

impl Failure {
    pub(crate) fn passing(why: impl Into<String>) -> Self {
        Self::Passing { why: why.into(), ask_after: None }
    }

    pub(crate) fn nonsense(doing: &'static str, why: impl Into<String>) -> Self {
        Self::Final(ClientError::Nonsense { doing, why: why.into() })
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The reasons below say what happened; the outermost only repeats the address.
        let error = error.without_url();
        let mut why = error.to_string();
        let mut below: Option<&(dyn Error + 'static)> = error.source();
        while let Some(reason) = below {
            why = format!("{why}: {reason}");
            below = reason.source();
        }
        Self::passing(why)
    }
}

/// RFC 9457, as much of it as people need.
#[derive(Debug, Default, Deserialize)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
}

/// An answer that says yes, or why not.
pub(crate) async fn accepted(doing: &'static str, response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let ask_after = seconds(response.headers());
    let problem: Problem = match body(response).await {
        Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => Problem::default(),
    };
    let detail = problem.detail.or(problem.title).map_or_else(|| status.to_string(), |said| printable(&said));
    Err(sorted(doing, status, detail, ask_after))
}

fn sorted(doing: &'static str, status: StatusCode, detail: String, ask_after: Option<Duration>) -> Failure {
    let passing = match status.as_u16() {
        // Conflict: somebody else was at another byte; HEAD says where. 460: tus' checksum mismatch.
        408 | 409 | 423 | 425 | 429 | 460 => true,
        other => other >= 500,
    };
    if passing {
        return Failure::Passing {
            why: format!("the server says ({}): {detail}", status.as_u16()),
            ask_after,
        };
    }
    Failure::Final(match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => ClientError::Gone { detail },
        _ => ClientError::Refused { doing, status: status.as_u16(), detail },
    })
}

/// The body as text, to a bound.
pub(crate) async fn body(mut response: Response) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await? {
        if bytes.len() + part.len() > LARGEST {
            return Err(Failure::passing(format!("the answer has more than {LARGEST} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).map_err(|_| Failure::passing("the answer is not UTF-8"))
}

/// A number in a header.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// An id in a header.
pub(crate) fn id(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    is_id(text).then(|| text.to_owned())
}

/// Whether a text can stand in an address as it is.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= 100 && text.bytes().all(plain)
}

fn seconds(headers: &HeaderMap) -> Option<Duration> {
    number(headers, RETRY_AFTER.as_str()).map(Duration::from_secs)
}

/// What a stranger wrote, fit for a log: one line, no control characters, not endless.
fn printable(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let passes = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            matches!(sorted("test", status, String::new(), None), Failure::Passing { .. })
        };
        assert!([408, 409, 423, 429, 460, 500, 502, 503, 504, 507].into_iter().all(passes));
        assert!(![301, 400, 401, 403, 404, 410, 412, 413, 415].into_iter().any(passes));
    }

    #[test]
    fn an_id_cannot_hold_a_path() {
        let mut headers = HeaderMap::new();
        headers.insert("a", "0199-ab".parse().unwrap());
        headers.insert("b", "../secret".parse().unwrap());
        assert_eq!(id(&headers, "a").as_deref(), Some("0199-ab"));
        assert_eq!(id(&headers, "b"), None);
    }
}
