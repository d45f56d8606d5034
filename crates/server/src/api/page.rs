//! What lists have in common: their limits, cursors and times, and the same rows as CSV.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use onrecord_store::search::words_of;
use serde::Serialize;
use serde_json::Value;

use crate::Problem;

/// How many rows a CSV file has at most.
pub(crate) const MOST_ROWS: usize = 100_000;

/// RFC 3339, UTC.
pub(crate) fn time(at: Option<i64>) -> Option<String> {
    at.and_then(|at| Timestamp::from_microsecond(at).ok()).map(|at| at.to_string())
}

/// The instant of a parameter.
pub(crate) fn instant(name: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    text.map(|text| {
        text.parse::<Timestamp>().map(Timestamp::as_microsecond).map_err(|_| {
            Problem::bad_request(format!(
                "{name} is not an RFC 3339 time with an offset, such as 2026-11-23T08:00:00Z. \
                 (In an address, a plus sign is written %2B.)"
            ))
        })
    })
    .transpose()
}

/// How many items a page shall have; 50 where nothing is said.
pub(crate) fn limit(wanted: Option<u32>, most: u32) -> Result<u32, Problem> {
    let limit = wanted.unwrap_or(50);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::bad_request(format!("limit must be from 1 to {most}.")))
}

/// Cursors are opaque to callers: the place in the order and the id of the last item of a page.
pub(crate) fn cursor_of(place: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{place}:{id}"))
}

/// What a cursor stands for.
pub(crate) fn after(cursor: &str) -> Result<(i64, String), Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            let (start, id) = text.split_once(':')?;
            (!id.contains('\0')).then_some((start.parse().ok()?, id.to_owned()))
        })
        .ok_or_else(|| Problem::bad_request("cursor is none that this server gave out; begin without one."))
}

/// The words of a search; at most eight.
pub(crate) fn words(text: Option<&str>) -> Vec<String> {
    let mut words: Vec<String> = text.map(|text| words_of(text).take(8).collect()).unwrap_or_default();
    words.sort();
    words.dedup();
    words
}

/// Seconds of a length in microseconds.
pub(crate) fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// Whether a list is asked for as CSV.
pub(crate) fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.trim_start().starts_with("text/csv"))
}

/// Items as CSV under the names of their members; what is no plain value stands as JSON.
pub(crate) fn csv<T: Serialize>(items: &[T], name: &str) -> Response {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let Ok(Value::Object(members)) = serde_json::to_value(item) else { continue };
        if at == 0 {
            push_row(&mut text, members.keys().cloned());
        }
        push_row(&mut text, members.values().map(plain));
    }
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn push_row(text: &mut String, values: impl Iterator<Item = String>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            text.push(',');
        }
        // A cell that begins so is taken for a formula by programs that open such files.
        let value = if value.starts_with(['=', '+', '-', '@', '\t']) { format!("'{value}") } else { value };
        if value.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&value.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&value);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_csv_can_be_read_again_and_holds_no_formula() {
        let mut text = String::new();
        push_row(&mut text, ["a", "b,\"c\"", "=SUM(A1)"].map(str::to_owned).into_iter());
        assert_eq!(text, "a,\"b,\"\"c\"\"\",'=SUM(A1)\r\n");
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        assert_eq!(after(&cursor_of(-7, "a:b")).ok(), Some((-7, "a:b".to_owned())));
        assert!(after("nonsense").is_err());
    }
}
