//! The headers of tus, read strictly.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_program::intake::{Check, LARGEST};

use super::{BYTES, VERSION};
use crate::Problem;

/// A header as text; none where it is absent. One that stands twice is refused: on the way here somebody else may have
/// gone by the other one.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    if headers.get_all(name).iter().nth(1).is_some() {
        return Err(Problem::bad_request(format!("{name} stands twice; send it once.")));
    }
    headers
        .get(name)
        .map(|value| {
            value.to_str().map_err(|_| Problem::bad_request(format!("{name} holds bytes that are no text.")))
        })
        .transpose()
}

pub(crate) fn version(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get("tus-resumable").is_some_and(|version| version == VERSION) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "urn:onrecord:tus-version",
        "Another version of tus",
        format!("This server speaks tus {VERSION}; send Tus-Resumable: {VERSION}."),
    ))
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Problem> {
    text(headers, name)?
        .map(|value| {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            value.parse().ok().filter(|_| digits).ok_or_else(|| {
                Problem::bad_request(format!("{name} must be a whole number of bytes, not below 0."))
            })
        })
        .transpose()
}

/// `Upload-Length`; none where the client says that it will say later.
pub(crate) fn length(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let deferred = match text(headers, "upload-defer-length")? {
        None => false,
        Some("1") => true,
        Some(_) => return Err(Problem::bad_request("Upload-Defer-Length can only be 1.")),
    };
    match (number(headers, "upload-length")?, deferred) {
        (Some(length), false) if length > LARGEST => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "urn:onrecord:too-large",
            "Too large",
            format!("A clip has at most {LARGEST} bytes."),
        )),
        (Some(length), false) => Ok(Some(length)),
        (None, true) => Ok(None),
        _ => Err(Problem::bad_request("Send either Upload-Length, or Upload-Defer-Length: 1.")),
    }
}

/// `Upload-Offset`.
pub(crate) fn offset(headers: &HeaderMap) -> Result<u64, Problem> {
    number(headers, "upload-offset")?
        .ok_or_else(|| Problem::bad_request("Upload-Offset is missing: say at which byte this goes on."))
}

pub(super) fn wrong_type() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "urn:onrecord:media-type",
        "Not the type that tus demands",
        format!("Bytes of an upload are sent as Content-Type: {BYTES}."),
    )
}

/// Whether the body holds bytes of the upload. A body of another type is refused; none at all is fine.
pub(crate) fn brings_bytes(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) {
        Some(kind) if kind == BYTES.as_bytes() => Ok(true),
        None => Ok(false),
        Some(_) => {
            let is_empty = !headers.contains_key(header::TRANSFER_ENCODING)
                && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
            if is_empty { Ok(false) } else { Err(wrong_type()) }
        }
    }
}

/// `Upload-Checksum`.
pub(crate) fn checksum(headers: &HeaderMap) -> Result<Check, Problem> {
    let Some(value) = text(headers, "upload-checksum")? else { return Ok(Check::None) };
    let refuse = || {
        Problem::bad_request(
            "Upload-Checksum must be an algorithm, sha1 or sha256, a space, and the digest in base64."
                .to_owned(),
        )
    };
    let (algorithm, digest) = value.trim().split_once(' ').ok_or_else(refuse)?;
    let digest = STANDARD.decode(digest.trim()).map_err(|_| refuse())?;
    match algorithm {
        "sha1" => Ok(Check::sha1(digest.as_slice().try_into().map_err(|_| refuse())?)),
        "sha256" => Ok(Check::sha256(digest.as_slice().try_into().map_err(|_| refuse())?)),
        _ => Err(refuse()),
    }
}
