//! The public ledger: its newest checkpoint, its tiles, its key, and its origins. Reveals kinds and commitments, and why
//! an origin was opened, nothing else; takes no token.
//!
//! Each origin has an address of its own for ever, `/ledger/<number>`; `/ledger` itself is always the present one.

pub(crate) mod witnesses;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use onrecord_program::ProgramError;
use onrecord_program::origins::Origin;
use onrecord_program::sequencer::tile_name;
use onrecord_store::ledger::published;
use onrecord_vault::ShelfError;
use serde::Serialize;

use crate::api::Path;
use crate::{Problem, Shared};

const PARTIAL: &str = "public, max-age=60";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const NOT_AT_ALL: &str = "no-cache";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/key", get(key))
        .route("/ledger/origins", get(origins))
        .route("/ledger/tile/{*path}", get(tile))
        .route("/ledger/{number}/checkpoint", get(checkpoint_of))
        .route("/ledger/{number}/key", get(key_of))
        .route("/ledger/{number}/tile/{*path}", get(tile_of))
}

async fn checkpoint(State(server): State<Shared>) -> Result<Response, Problem> {
    let found = published(&server.program.store).await.map_err(ProgramError::from)?;
    let (note, _) = found.ok_or_else(|| Problem::not_found("No checkpoint has been published yet."))?;
    Ok(text(note))
}

async fn checkpoint_of(state: State<Shared>, Path(number): Path<u64>) -> Result<Response, Problem> {
    match origin(&state, number).await?.last_checkpoint {
        Some(last) => Ok(text(last)),
        None => checkpoint(state).await,
    }
}

async fn key(State(server): State<Shared>) -> Response {
    text(format!("{}\n", server.program.ledger_key.verifier_key()))
}

async fn key_of(state: State<Shared>, Path(number): Path<u64>) -> Result<Response, Problem> {
    Ok(text(format!("{}\n", origin(&state, number).await?.key)))
}

fn text(text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, NOT_AT_ALL)];
    (headers, text).into_response()
}

async fn origin(server: &Shared, number: u64) -> Result<Origin, Problem> {
    let all = server.program.origins().await?;
    let found = all.into_iter().find(|origin| origin.number == number);
    found.ok_or_else(|| Problem::not_found(format!("This ledger has no origin {number}.")))
}

/// An origin in the public list.
#[derive(Serialize)]
struct ListedOrigin {
    number: u64,
    origin: String,
    key: String,
    /// Where its checkpoint, key and tiles are served for ever, below the server's own address.
    address: String,
    /// Of one that was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_checkpoint: Option<String>,
    /// Of one that replaced another.
    #[serde(skip_serializing_if = "Option::is_none")]
    opened: Option<ListedOpening>,
}

/// Why an origin was opened. `entry` and `salt` open the commitment in its first leaf.
#[derive(Serialize)]
struct ListedOpening {
    because: String,
    entry: String,
    salt: String,
}

async fn origins(State(server): State<Shared>) -> Result<Response, Problem> {
    let listed = |origin: Origin| ListedOrigin {
        number: origin.number,
        origin: origin.name,
        key: origin.key,
        address: format!("/ledger/{}", origin.number),
        last_checkpoint: origin.last_checkpoint,
        opened: origin.opened.map(|opened| ListedOpening {
            because: opened.because,
            entry: opened.entry,
            salt: opened.salt,
        }),
    };
    let all: Vec<ListedOrigin> = server.program.origins().await?.into_iter().map(listed).collect();
    Ok(([(header::CACHE_CONTROL, NOT_AT_ALL)], Json(all)).into_response())
}

/// Once there is a second origin, what is served here is not the same for ever: caches may hold the first one's.
async fn tile(State(server): State<Shared>, Path(path): Path<String>) -> Result<Response, Problem> {
    let number = server.program.origin_number();
    serve_tile(&server, number, &path, if number == 1 { FOR_EVER } else { NOT_AT_ALL }).await
}

async fn tile_of(
    State(server): State<Shared>,
    Path((number, path)): Path<(u64, String)>,
) -> Result<Response, Problem> {
    serve_tile(&server, number, &path, FOR_EVER).await
}

async fn serve_tile(
    server: &Shared,
    number: u64,
    path: &str,
    complete: &'static str,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("The ledger has no such tile.");
    if !is_tile(path) {
        return Err(missing());
    }
    let shelf = Arc::clone(&server.program.shelf);
    let name = tile_name(number, &format!("tile/{path}"));
    let found = tokio::task::spawn_blocking(move || shelf.get(&name))
        .await
        .map_err(|error| ProgramError::Fault(error.to_string()))?;
    let bytes = match found {
        Ok(bytes) => bytes,
        Err(ShelfError::Missing { .. }) => return Err(missing()),
        Err(error) => return Err(ProgramError::from(error).into()),
    };
    let mut response = bytes.into_response();
    let cache = if path.contains(".p/") { PARTIAL } else { complete };
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
