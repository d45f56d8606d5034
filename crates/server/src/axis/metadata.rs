//! Metadata in headers: `X-Container-Meta-Name` and `X-Object-Meta-Name`, values URL-encoded UTF-8. Values are kept
//! decoded, under lower-case names, and written encoded.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use onrecord_program::axis::Metadata;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

pub(crate) const CONTAINER: &str = "x-container-meta-";
pub(crate) const OBJECT: &str = "x-object-meta-";

/// What a URL-encoded value leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(crate) fn read(headers: &HeaderMap, prefix: &str) -> Metadata {
    let named = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(prefix)?;
        // Like a byte that is no UTF-8: no database of ours must keep U+0000, and rejected content is never refused.
        let value = percent_decode(value.as_bytes()).decode_utf8_lossy().replace('\0', "\u{FFFD}");
        Some((name.to_owned(), value.trim().to_owned()))
    });
    named.collect()
}

pub(crate) fn write(headers: &mut HeaderMap, prefix: &str, metadata: &Metadata) {
    for (name, value) in metadata {
        let name = HeaderName::from_bytes(format!("{prefix}{name}").as_bytes());
        let value = HeaderValue::from_str(&utf8_percent_encode(value, PLAIN).to_string());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
}
