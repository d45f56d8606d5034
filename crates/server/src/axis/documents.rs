//! The two documents that Axis systems read: what we can do, and which categories there are.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use md5::{Digest as _, Md5};

use crate::Problem;

/// What we can do; once declared, for ever.
const CAPABILITIES: &str = r#"{"Read":{"ReadCategories":true},"Store":{"StoreBookmarks":true,"StoreUserIDKey":true,"StoreSignedVideo":true,"StoreGNSSTrackRecording":true,"StoreRejectedContent":true},"StoreAndRead":{"StoreReadSystemID":true}}"#;

/// Categories that officers may choose from at the camera. An agency's own come with the application; unknown ones are
/// kept anyway.
const CATEGORIES: &str = r#"{"Categories":[]}"#;

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document(&'static str);

pub(super) fn of(container: &str, object: &str) -> Option<Document> {
    match (container, object) {
        ("System", "Capabilities.json") => Some(Document(CAPABILITIES)),
        ("System", "Categories.json") => Some(Document(CATEGORIES)),
        _ => None,
    }
}

/// GET of anything else is forbidden: evidence is not read through this door.
pub(super) fn get(container: &str, object: Option<&str>) -> Response {
    match object.and_then(|object| of(container, object)) {
        Some(document) => answer(document),
        None => {
            Problem::forbidden("Nothing but Capabilities.json and Categories.json is read through this door.")
                .into_response()
        }
    }
}

pub(super) fn answer(document: Document) -> Response {
    let mut response = document.0.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let etag = onrecord_program::access::hex(&Md5::digest(document.0.as_bytes()));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    response
}
