//! Clips: their original bytes, what was made from them, and their receipts.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use onrecord_program::playback::For;
use onrecord_program::{Action, Principal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::body::{self, Octets};
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// Why somebody looks; it stands in the custody trail.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Why {
    /// In the viewer's own words.
    reason: Option<String>,
}

/// What somebody wants bytes for, and why; it stands in the custody trail.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// In the viewer's own words.
    reason: Option<String>,
    /// Whether they are to be kept: that takes the right to download, stands as such in the custody trail, and is answered
    /// as an attachment. Without it, they are played here.
    #[serde(default)]
    #[param(required = false)]
    download: bool,
}

fn words(reason: Option<&String>) -> String {
    reason.map_or("not stated", String::as_str).chars().take(500).collect()
}

impl Why {
    fn words(&self) -> String {
        words(self.reason.as_ref())
    }
}

impl Wanted {
    fn words(&self) -> String {
        words(self.reason.as_ref())
    }

    fn what_for(&self) -> For {
        if self.download { For::Download } else { For::Playing }
    }

    /// Refuses who may do this to nothing at all.
    fn by(&self, caller: Caller) -> Result<Principal, Problem> {
        caller.may(if self.download { Action::Download } else { Action::Play })
    }
}

/// The original bytes, exactly as received.
///
/// Ranges are served. The look is recorded in the ledger before the first byte goes out.
#[utoipa::path(get, path = "/api/v1/clips/{id}/original", tag = "clips",
    params(("id" = String, Path), Wanted),
    responses((status = 200, description = "All bytes", body = Octets, content_type = "*/*"),
        (status = 206, description = "The bytes asked for", body = Octets, content_type = "*/*"),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 416, body = Problem)))]
pub(crate) async fn original(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = wanted.by(caller)?;
    let (what_for, why) = (wanted.what_for(), wanted.words());
    let readable = server.program.open_original(&who, &id, what_for, &why).await?;
    body::answer(&server.program, &who, &readable, &headers, what_for)
}

/// A still picture.
#[utoipa::path(get, path = "/api/v1/clips/{id}/poster", tag = "clips", params(("id" = String, Path), Why),
    responses((status = 200, description = "JPEG", body = Octets, content_type = "image/jpeg"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn poster(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(why): Query<Why>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller.may(Action::Play)?;
    let readable = server.program.open_derivative(&who, &id, "poster", For::Playing, &why.words()).await?;
    body::answer(&server.program, &who, &readable, &headers, For::Playing)
}

/// How loud it is, over time.
#[utoipa::path(get, path = "/api/v1/clips/{id}/waveform", tag = "clips", params(("id" = String, Path), Why),
    responses((status = 200, description = "JSON: per_second, peaks", body = Object), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn waveform(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(why): Query<Why>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller.may(Action::Play)?;
    let readable = server.program.open_derivative(&who, &id, "waveform", For::Playing, &why.words()).await?;
    body::answer(&server.program, &who, &readable, &headers, For::Playing)
}

/// A copy that browsers can play, made when first asked for, where the original is not such a file.
#[utoipa::path(get, path = "/api/v1/clips/{id}/proxy", tag = "clips", params(("id" = String, Path), Wanted),
    responses((status = 200, description = "Fragmented MP4", body = Octets, content_type = "video/mp4"),
        (status = 206, description = "The bytes asked for", body = Octets, content_type = "video/mp4"),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 416, body = Problem)))]
pub(crate) async fn proxy(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = wanted.by(caller)?;
    let (what_for, why) = (wanted.what_for(), wanted.words());
    let clip = server.program.open_original(&who, &id, what_for, &why).await?;
    server.program.make_proxy(&clip.clip_id).await?;
    let readable = server.program.open_derivative(&who, &id, "proxy", what_for, &why).await?;
    body::answer(&server.program, &who, &readable, &headers, what_for)
}

/// The clear copy of a clip that its camera encrypted end to end.
#[utoipa::path(get, path = "/api/v1/clips/{id}/clear", tag = "clips", params(("id" = String, Path), Wanted),
    responses((status = 200, description = "All bytes", body = Octets, content_type = "*/*"),
        (status = 206, description = "The bytes asked for", body = Octets, content_type = "*/*"),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 416, body = Problem)))]
pub(crate) async fn clear(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = wanted.by(caller)?;
    let (what_for, why) = (wanted.what_for(), wanted.words());
    let readable = server.program.open_derivative(&who, &id, "clear", what_for, &why).await?;
    body::answer(&server.program, &who, &readable, &headers, what_for)
}

/// A receipt, as ledger.md says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptAnswer {
    recording_id: String,
    clip_id: String,
    /// Lower-case hex.
    sha256: String,
    /// Bytes.
    size: u64,
    /// The exact canonical text of the ledger entry.
    entry: String,
    /// Base64.
    salt: String,
    /// The entry's place in the tree; absent until it is sequenced.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    /// Base64 hashes from the leaf to the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Vec<String>>,
    /// The signed note that the proof leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

/// The receipt of a clip: with the file, all that anyone needs to check it, offline.
#[utoipa::path(get, path = "/api/v1/clips/{id}/receipt", tag = "clips", params(("id" = String, Path)),
    responses((status = 200, body = ReceiptAnswer), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub(crate) async fn receipt(
    State(server): State<Shared>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<ReceiptAnswer>, Problem> {
    let receipt = server.program.receipt(&who, &id).await?;
    Ok(Json(ReceiptAnswer {
        recording_id: receipt.recording_id,
        clip_id: receipt.clip_id,
        sha256: receipt.sha256,
        size: receipt.size,
        entry: receipt.entry,
        salt: receipt.salt,
        index: receipt.index,
        proof: receipt.proof,
        checkpoint: receipt.checkpoint,
    }))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
