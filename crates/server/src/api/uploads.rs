//! Resumable uploads: tus 1.0 with creation, creation-with-upload, creation-defer-length, checksum, expiration and
//! termination. A request for an upload takes over from an older one that is still open, at once.

pub(crate) mod metadata;
pub(crate) mod rules;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use onrecord_program::intake::{Check, Sealed};
use onrecord_program::{Principal, Program};
use onrecord_store::uploads::Upload;
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Caller;
use super::body::{Ended, Octets, pour};
use super::said::Path;
use crate::{Problem, Shared};

/// What a server says of tus in every answer.
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str =
    "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination";
const BYTES: &str = "application/offset+octet-stream";

/// An answer that speaks tus.
pub(crate) struct Tus {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
}

impl Tus {
    fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// How far the upload has come, and until when it waits.
    fn standing(self, upload: &Upload, offset: u64) -> Self {
        let expires = jiff::Timestamp::from_microsecond(upload.expires_at)
            .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .unwrap_or_default();
        let tus = self.with("upload-offset", offset);
        if upload.state == "open" { tus.with("upload-expires", expires) } else { tus }
    }

    /// What came of it.
    fn sealed(self, sealed: &Sealed) -> Self {
        self.with("onrecord-clip", &sealed.clip_id).with("onrecord-recording", &sealed.recording_id)
    }
}

impl IntoResponse for Tus {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response.headers_mut().insert("tus-resumable", HeaderValue::from_static(VERSION));
        response
    }
}

/// A problem that speaks tus.
pub(crate) struct TusProblem(Problem);

impl<T: Into<Problem>> From<T> for TusProblem {
    fn from(problem: T) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for TusProblem {
    fn into_response(self) -> Response {
        let is_version = self.0.status == StatusCode::PRECONDITION_FAILED.as_u16();
        let mut response = self.0.into_response();
        response.headers_mut().insert("tus-resumable", HeaderValue::from_static(VERSION));
        if is_version {
            response.headers_mut().insert("tus-version", HeaderValue::from_static(VERSION));
        }
        response
    }
}

type Answer = Result<Tus, TusProblem>;

/// What this server can do.
pub(crate) async fn options() -> impl IntoResponse {
    Tus::new(StatusCode::NO_CONTENT)
        .with("tus-version", VERSION)
        .with("tus-extension", EXTENSIONS)
        .with("tus-max-size", onrecord_program::intake::LARGEST)
        .with("tus-checksum-algorithm", "sha1,sha256")
        .with("allow", "OPTIONS,POST,HEAD,GET,PATCH,DELETE")
}

/// Begins an upload (tus creation).
///
/// Metadata: filename, filetype, camera_serial, officer_id, started_at, activated_at, stopped_at, timezone. Bytes may
/// come along.
#[utoipa::path(post, path = "/api/v1/uploads", tag = "uploads",
    params(("Tus-Resumable" = String, Header), ("Upload-Length" = Option<u64>, Header),
        ("Upload-Defer-Length" = Option<u8>, Header), ("Upload-Metadata" = Option<String>, Header)),
    request_body(content = Octets, content_type = "application/offset+octet-stream"),
    responses((status = 201, description = "Begun; Location says where"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 412, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 460, body = Problem),
        (status = 507, body = Problem)))]
pub(crate) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, TusProblem> {
    rules::version(&headers)?;
    let who = caller.brings()?;
    let length = rules::length(&headers)?;
    let said = rules::text(&headers, "upload-metadata")?;
    let (recording, clip) = metadata::read(said.unwrap_or_default(), length)?;
    let check = rules::checksum(&headers)?;
    let brings_bytes = rules::brings_bytes(&headers)?;
    let upload = server.program.begin_upload(&who, recording, clip, said.unwrap_or_default()).await?;
    let location = format!("/api/v1/uploads/{}", upload.id);
    let created = Tus::new(StatusCode::CREATED).with("location", location);
    if !brings_bytes && length != Some(0) {
        return Ok(created.standing(&upload, 0).into_response());
    }
    let body = if brings_bytes { request.into_body() } else { Body::empty() };
    match take_in(&server, &who, &upload.id, 0, check, body).await {
        Ok(taken) => {
            let created = created.standing(&taken.upload, taken.offset);
            Ok(match &taken.sealed {
                Some(sealed) => created.sealed(sealed).into_response(),
                None => created.into_response(),
            })
        }
        Err(problem) => {
            // The client was never told of this upload.
            let _ = server.program.forget_upload(&who, &upload.id).await;
            Err(problem.into())
        }
    }
}

/// What came of a body.
struct Taken {
    upload: Upload,
    offset: u64,
    sealed: Option<Sealed>,
}

/// Takes a body in, and seals the clip where that was the last of it.
async fn take_in(
    server: &Shared,
    who: &Principal,
    id: &str,
    at: u64,
    check: Check,
    body: Body,
) -> Result<Taken, Problem> {
    let program: &Arc<Program> = &server.program;
    let mut attempt = program.attempt(who, id, Some(at), check).await?;
    let upload = attempt.upload.clone();
    let Ok((ended, poured)) = pour(body, &mut attempt).await else {
        // The attempt has ended by itself: it knows why.
        let offset = attempt.pause().await?;
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "urn:onrecord:conflict",
            "Something else came first",
            format!("Another request took this upload over at byte {offset}."),
        ));
    };
    server.metrics.taken_in.fetch_add(poured, Ordering::Relaxed);
    let reached = at + poured;
    if ended == Ended::Whole && upload.length == Some(reached) {
        let sealed = attempt.finish().await?;
        server.metrics.sealed.fetch_add(1, Ordering::Relaxed);
        let upload = Upload { state: "done".to_owned(), ..upload };
        return Ok(Taken { upload, offset: reached, sealed: Some(sealed) });
    }
    let offset = attempt.pause().await?;
    Ok(Taken { upload, offset, sealed: None })
}

/// How far an upload has come (tus core). An older request that is still open ends with this.
#[utoipa::path(head, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 200, description = "Upload-Offset says"), (status = 401), (status = 403), (status = 404),
        (status = 412)))]
pub(crate) async fn offset(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    rules::version(&headers)?;
    let who = caller.brings()?;
    let upload = server.program.upload(&who, &id).await?;
    let mut tus = Tus::new(StatusCode::OK).with("cache-control", "no-store").standing(&upload, upload.place);
    tus = match upload.length {
        Some(length) => tus.with("upload-length", length),
        None => tus.with("upload-defer-length", 1),
    };
    if !upload.metadata.is_empty() {
        tus = tus.with("upload-metadata", &upload.metadata);
    }
    if upload.state == "done" {
        tus = tus.with("onrecord-clip", &upload.clip_id);
    }
    Ok(tus)
}

/// An upload in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadAnswer {
    id: String,
    clip_id: String,
    /// open or done.
    state: String,
    /// Bytes that are durable.
    offset: u64,
    /// Bytes in all, where known.
    length: Option<u64>,
}

/// An upload, for people and programs that do not speak tus.
#[utoipa::path(get, path = "/api/v1/uploads/{id}", tag = "uploads", params(("id" = String, Path)),
    responses((status = 200, body = UploadAnswer), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<UploadAnswer>, Problem> {
    let who = caller.brings()?;
    let upload = server.program.known_upload(&who, &id).await?;
    Ok(Json(UploadAnswer {
        id: upload.id,
        clip_id: upload.clip_id,
        state: upload.state,
        offset: upload.place,
        length: upload.length,
    }))
}

/// Brings bytes (tus core).
///
/// The answer comes when they are durable; with the last byte the clip is sealed, and `Onrecord-Clip` names it.
#[utoipa::path(patch, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header), ("Upload-Offset" = u64, Header),
        ("Upload-Checksum" = Option<String>, Header), ("Upload-Length" = Option<u64>, Header)),
    request_body(content = Octets, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "Durable; Upload-Offset says how far"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 415, body = Problem),
        (status = 460, body = Problem), (status = 503, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn append(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer {
    rules::version(&headers)?;
    let who = caller.brings()?;
    if !rules::brings_bytes(&headers)? {
        return Err(rules::wrong_type().into());
    }
    let at = rules::offset(&headers)?;
    let check = rules::checksum(&headers)?;
    if headers.contains_key("upload-length") {
        let length = rules::length(&headers)?;
        server.program.set_upload_length(&who, &id, length.unwrap_or(0)).await?;
    }
    let taken = take_in(&server, &who, &id, at, check, request.into_body()).await?;
    let tus = Tus::new(StatusCode::NO_CONTENT).standing(&taken.upload, taken.offset);
    Ok(match &taken.sealed {
        Some(sealed) => tus.sealed(sealed),
        None => tus,
    })
}

/// Throws an upload away (tus termination). What is sealed stays: evidence goes by disposition only.
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)),
    responses((status = 204, description = "Gone"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem)))]
pub(crate) async fn forget(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    rules::version(&headers)?;
    let who = caller.brings()?;
    server.program.forget_upload(&who, &id).await?;
    Ok(Tus::new(StatusCode::NO_CONTENT))
}

/// Clients that cannot send PATCH or DELETE name them in a header, as tus allows.
pub(crate) async fn instead(
    state: State<Shared>,
    caller: Caller,
    id: Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer {
    match headers.get("x-http-method-override").map(HeaderValue::as_bytes) {
        Some(b"PATCH") => append(state, caller, id, headers, request).await,
        Some(b"DELETE") => forget(state, caller, id, headers).await,
        Some(b"HEAD") => offset(state, caller, id, headers).await,
        _ => Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "urn:onrecord:method",
            "Not by this method",
            "Bytes are brought with PATCH; or with POST and X-HTTP-Method-Override: PATCH.",
        )
        .into()),
    }
}
