//! The public ledger: its newest checkpoint, its tiles, its key. Reveals kinds and commitments, nothing else; takes no
//! token.

pub(crate) mod witnesses;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use onrecord_program::ProgramError;
use onrecord_program::sequencer::tile_name;
use onrecord_store::ledger::published;
use onrecord_vault::ShelfError;

use crate::api::Path;
use crate::{Problem, Shared};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/key", get(key))
        .route("/ledger/tile/{*path}", get(tile))
}

async fn checkpoint(State(server): State<Shared>) -> Result<Response, Problem> {
    let found = published(&server.program.store).await.map_err(ProgramError::from)?;
    let (note, _) = found.ok_or_else(|| Problem::not_found("No checkpoint has been published yet."))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, note).into_response())
}

async fn key(State(server): State<Shared>) -> Response {
    let text = format!("{}\n", server.program.ledger_key.verifier_key());
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn tile(State(server): State<Shared>, Path(path): Path<String>) -> Result<Response, Problem> {
    let missing = || Problem::not_found("The ledger has no such tile.");
    if !is_tile(&path) {
        return Err(missing());
    }
    let is_partial = path.contains(".p/");
    let shelf = Arc::clone(&server.program.shelf);
    let name = tile_name(&format!("tile/{path}"));
    let found = tokio::task::spawn_blocking(move || shelf.get(&name))
        .await
        .map_err(|error| ProgramError::Fault(error.to_string()))?;
    let bytes = match found {
        Ok(bytes) => bytes,
        Err(ShelfError::Missing { .. }) => return Err(missing()),
        Err(error) => return Err(ProgramError::from(error).into()),
    };
    let mut response = bytes.into_response();
    let cache = if is_partial { "public, max-age=60" } else { "public, max-age=31536000, immutable" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

/// How many groups of three digits the number of a tile has at most: the largest tree has fewer than 2^64 entries.
const GROUPS: usize = 7;

/// `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, with N in groups of three digits, all but the last behind an `x`.
pub(crate) fn is_tile(path: &str) -> bool {
    let Some((level, rest)) = path.split_once('/') else { return false };
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let number = match rest.split_once(".p/") {
        Some((number, width)) if digits(width, 3) => number,
        Some(_) => return false,
        None => rest,
    };
    let mut groups: Vec<&str> = number.split('/').collect();
    let last = groups.pop().unwrap_or_default();
    (level == "entries" || digits(level, 2))
        && groups.len() < GROUPS
        && last.len() == 3
        && digits(last, 3)
        && groups
            .iter()
            .all(|group| group.strip_prefix('x').is_some_and(|group| group.len() == 3 && digits(group, 3)))
}

#[cfg(test)]
mod tests {
    use super::is_tile;

    #[test]
    fn tiles_are_named_as_tlog_tiles_says() {
        for path in ["0/000", "0/x001/x234/067", "7/000.p/255", "entries/000.p/1", "entries/x001/000"] {
            assert!(is_tile(path), "{path}");
        }
    }

    #[test]
    fn nothing_else_is_a_tile() {
        for path in [
            "",
            "0",
            "0/",
            "0/00",
            "0/../000",
            "0/001/067",
            "x/000",
            "0/000.p/",
            "0/000.p/1/2",
            "0/000.p/1234",
            "0/x001/x001/x001/x001/x001/x001/x001/000",
        ] {
            assert!(!is_tile(path), "{path}");
        }
    }
}
