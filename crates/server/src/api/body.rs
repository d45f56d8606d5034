//! Bodies of evidence: into the program, and out of it by ranges.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use onrecord_program::intake::Attempt;
use onrecord_program::playback::{For, Readable};
use onrecord_program::{Principal, Program, ProgramError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Problem;

/// A body that brings nothing for so long is taken for broken.
const SILENCE: Duration = Duration::from_mins(2);

/// Bytes as they are.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it stands in the description of the API only")]
pub(crate) struct Octets(Vec<u8>);

/// How a body ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All of it came.
    Whole,
    /// The connection broke, or fell silent.
    Broken,
}

/// Hands a body to an attempt, piece by piece. Answers how it ended, and how many bytes came.
pub(crate) async fn pour(body: Body, attempt: &mut Attempt) -> Result<(Ended, u64), ProgramError> {
    let mut body = body;
    let mut poured = 0;
    loop {
        match tokio::time::timeout(SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(bytes) = frame.into_data() {
                    poured += bytes.len() as u64;
                    attempt.send(bytes).await?;
                }
            }
            Ok(None) => return Ok((Ended::Whole, poured)),
            Ok(Some(Err(_))) | Err(_) => return Ok((Ended::Broken, poured)),
        }
    }
}

/// What part of `size` bytes a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    All,
    Part(u64, u64),
    /// No byte of it is there.
    Nothing,
}

/// One range is served; a list of ranges, or something unreadable, gets everything, as RFC 9110 allows.
pub(crate) fn asked(range: Option<&HeaderValue>, size: u64) -> Asked {
    let Some((from, to)) = range
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Asked::All;
    };
    match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to && from < size => Asked::Part(from, to.min(size - 1) + 1),
        (Ok(from), Err(_)) if to.trim().is_empty() && from < size => Asked::Part(from, size),
        (Err(_), Ok(last)) if from.trim().is_empty() && last > 0 && size > 0 => {
            Asked::Part(size.saturating_sub(last), size)
        }
        (Ok(from), Ok(to)) if from > to => Asked::All,
        (Ok(_), Ok(_)) => Asked::Nothing,
        (Ok(_), Err(_)) if to.trim().is_empty() => Asked::Nothing,
        (Err(_), Ok(_)) if from.trim().is_empty() => Asked::Nothing,
        _ => Asked::All,
    }
}

/// Answers with bytes of evidence, whole or by range. They are never cached on the way, and never shown as a page.
pub(crate) fn answer(
    program: &Arc<Program>,
    who: &Principal,
    readable: &Arc<Readable>,
    headers: &HeaderMap,
    wanted: For,
) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", readable.tag);
    let unchanged =
        headers.get(header::IF_RANGE).is_none_or(|wanted| wanted.to_str().is_ok_and(|wanted| wanted == tag));
    let range = headers.get(header::RANGE).filter(|_| unchanged);
    let size = readable.size;
    let (status, from, to) = match asked(range, size) {
        Asked::All => (StatusCode::OK, 0, size),
        Asked::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Asked::Nothing => {
            let problem = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "urn:onrecord:range",
                "No such bytes",
                format!("This clip has {size} bytes; none of the bytes asked for is among them."),
            );
            let mut response = problem.into_response();
            if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(response);
        }
    };
    let pieces = program.stream(who, readable, from..to)?;
    let body = Body::from_stream(stream::unfold(pieces, |mut pieces| async move {
        let piece: Result<Bytes, ProgramError> = pieces.recv().await?;
        Some((piece, pieces))
    }));
    let mut builder = Response::builder()
        .status(status)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, to - from)
        .header(header::ETAG, tag)
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")
        .header(header::CONTENT_TYPE, safe_type(readable.content_type.as_deref()));
    if status == StatusCode::PARTIAL_CONTENT {
        builder = builder.header(header::CONTENT_RANGE, format!("bytes {from}-{}/{size}", to - 1));
    }
    if wanted == For::Download {
        builder = builder.header(header::CONTENT_DISPOSITION, attachment(&readable.name));
    }
    builder.body(body).map_err(|error| ProgramError::Fault(error.to_string()).into())
}

/// What stands as it is in the name of a file; all else stands as bytes of UTF-8 in percent.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A file under its own name, as RFC 6266 writes it.
fn attachment(name: &str) -> String {
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

/// Only types that a browser plays are named; anything else is bytes.
fn safe_type(said: Option<&str>) -> &'static str {
    let kinds = [
        "video/mp4",
        "video/x-matroska",
        "video/webm",
        "video/quicktime",
        "audio/mp4",
        "audio/mpeg",
        "audio/wav",
        "image/jpeg",
        "application/json",
    ];
    said.and_then(|said| kinds.into_iter().find(|kind| said.eq_ignore_ascii_case(kind)))
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str, size: u64) -> Asked {
        asked(Some(&HeaderValue::from_str(range).unwrap()), size)
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(of("bytes=0-0", 10), Asked::Part(0, 1));
        assert_eq!(of("bytes=3-", 10), Asked::Part(3, 10));
        assert_eq!(of("bytes=-4", 10), Asked::Part(6, 10));
        assert_eq!(of("bytes=-40", 10), Asked::Part(0, 10));
        assert_eq!(of("bytes=5-400", 10), Asked::Part(5, 10));
    }

    #[test]
    fn ranges_without_a_byte_are_not_satisfiable() {
        assert_eq!(of("bytes=10-", 10), Asked::Nothing);
        assert_eq!(of("bytes=10-12", 10), Asked::Nothing);
        assert_eq!(of("bytes=-0", 10), Asked::Nothing);
        assert_eq!(of("bytes=0-0", 0), Asked::Nothing);
    }

    #[test]
    fn a_file_is_saved_under_its_own_name_whatever_is_in_it() {
        assert_eq!(attachment("clip-1.mp4"), "attachment; filename*=UTF-8''clip-1.mp4");
        assert_eq!(attachment("é \"\r\n;"), "attachment; filename*=UTF-8''%C3%A9%20%22%0D%0A%3B");
    }

    #[test]
    fn what_is_no_range_gets_everything() {
        for range in ["bytes=5-3", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes="] {
            assert_eq!(of(range, 10), Asked::All, "{range}");
        }
    }
}
