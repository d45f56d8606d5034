//! The content destination of Axis body-worn systems: a subset of OpenStack Swift. Facts and answers stand in the design
//! of intake. Everything below `/axis` comes through here, because any other method or path is 400, and a bad token is
//! 401 before anything else is looked at.

mod connection;
mod documents;
pub(crate) mod metadata;
mod sign_in;

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use md5::{Digest as _, Md5};
use onrecord_program::ProgramError;
use onrecord_program::axis::Made;

pub use connection::{ConnectionFile, connection_file};

use crate::api::{Ended, pour};
use crate::{Problem, Shared};

/// How many bytes an object may bring whose bytes are not kept.
const PLAIN: usize = 64 * 1024;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/axis/auth/v1.0", any(sign_in::sign_in))
        .route("/axis", any(serve))
        .route("/axis/", any(serve))
        .route("/axis/{*path}", any(serve))
}

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) container: String,
    pub(crate) object: Option<String>,
}

/// `/axis/v1/{account}/{container}[/{object}]`, each part decoded.
pub(crate) fn place(path: &str) -> Option<Place> {
    let mut parts = path.strip_prefix("/axis/v1/")?.split('/').map(|part| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8()
            .ok()
            .filter(|part| !part.is_empty() && !part.contains('\0'))
    });
    if parts.next()?? != sign_in::ACCOUNT {
        return None;
    }
    let container = parts.next()??.into_owned();
    // A slash at the end of a container's address names no object.
    let object = match parts.next() {
        Some(Some(object)) => Some(object.into_owned()),
        Some(None) if path.ends_with('/') => None,
        Some(None) => return None,
        None => None,
    };
    parts.next().is_none().then_some(Place { container, object })
}

/// A problem as this door answers it.
fn problem(error: ProgramError) -> Response {
    match error {
        ProgramError::Checksum(_) => Problem::bad_request(error.to_string()).into_response(),
        ProgramError::Conflict(_) | ProgramError::TakenOver => {
            Problem::from(ProgramError::Away(error.to_string())).into_response()
        }
        other => Problem::from(other).into_response(),
    }
}

fn bad_request() -> Response {
    Problem::bad_request(
        "The content destination knows GET and HEAD, PUT and POST of /axis/v1/{account}/{container}/{object} and no \
         deeper path.",
    )
    .into_response()
}

async fn serve(State(server): State<Shared>, request: Request) -> Response {
    if !sign_in::is_signed_in(&server, request.headers()) {
        return Problem::unauthorized().into_response();
    }
    let Some(place) = place(request.uri().path()) else { return bad_request() };
    let method = request.method().clone();
    let answered = match (method, place.object) {
        (Method::GET, object) => Ok(documents::get(&place.container, object.as_deref())),
        (Method::HEAD, None) => head_container(&server, &place.container).await,
        (Method::HEAD, Some(object)) => head_object(&server, &place.container, &object).await,
        (Method::PUT, None) => put_container(&server, &place.container, request.headers()).await,
        (Method::POST, None) => post_container(&server, &place.container, request.headers()).await,
        (Method::PUT, Some(object)) => put_object(&server, &place.container, &object, request).await,
        (Method::POST, Some(object)) => {
            post_object(&server, &place.container, &object, request.headers()).await
        }
        _ => Ok(bad_request()),
    };
    answered.unwrap_or_else(problem)
}

type Answer = Result<Response, ProgramError>;

async fn head_container(server: &Shared, container: &str) -> Answer {
    let known = server.program.head_container(container).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    metadata::write(response.headers_mut(), metadata::CONTAINER, &known);
    Ok(response)
}

async fn head_object(server: &Shared, container: &str, name: &str) -> Answer {
    if let Some(document) = documents::of(container, name) {
        return Ok(documents::answer(document));
    }
    let (object, known) = server.program.head_object(container, name).await?;
    let mut response = StatusCode::OK.into_response();
    metadata::write(response.headers_mut(), metadata::OBJECT, &known);
    etag(&mut response, &object.etag);
    Ok(response)
}

fn etag(response: &mut Response, etag: &str) {
    if let Ok(value) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

async fn put_container(server: &Shared, container: &str, headers: &HeaderMap) -> Answer {
    let made = server.program.put_container(container, metadata::read(headers, metadata::CONTAINER)).await?;
    Ok(match made {
        Made::New => StatusCode::CREATED,
        Made::Merged => StatusCode::ACCEPTED,
    }
    .into_response())
}

async fn post_container(server: &Shared, container: &str, headers: &HeaderMap) -> Answer {
    server.program.post_container(container, metadata::read(headers, metadata::CONTAINER)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn post_object(server: &Shared, container: &str, name: &str, headers: &HeaderMap) -> Answer {
    server.program.post_object(container, name, metadata::read(headers, metadata::OBJECT)).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn put_object(server: &Shared, container: &str, name: &str, request: Request) -> Answer {
    if documents::of(container, name).is_some() {
        return Ok(Problem::forbidden(format!("{name} is ours to write.")).into_response());
    }
    let said = metadata::read(request.headers(), metadata::OBJECT);
    let etag = if server.program.keeps_bytes(container).await? {
        put_bytes(server, container, name, &said, request).await?
    } else {
        let Ok(body) = to_bytes(request.into_body(), PLAIN).await else {
            return Err(ProgramError::Refused(format!("Objects in {container} have at most {PLAIN} bytes.")));
        };
        let etag = onrecord_program::access::hex(&Md5::digest(&body));
        server.program.put_plain_object(container, name, &said, etag.clone()).await?;
        etag
    };
    let mut response = StatusCode::CREATED.into_response();
    self::etag(&mut response, &etag);
    Ok(response)
}

/// Takes in the bytes of a clip, a key, a bookmark or a trail; answers their MD5.
async fn put_bytes(
    server: &Shared,
    container: &str,
    name: &str,
    said: &onrecord_program::axis::Metadata,
    request: Request,
) -> Result<String, ProgramError> {
    let (parts, body): (_, Body) = request.into_parts();
    let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let content_type = text(header::CONTENT_TYPE).map(str::to_owned);
    let md5 = text(header::ETAG).map(md5_of).transpose()?;
    let program = &server.program;
    let mut attempt = program.begin_object(container, name, content_type, said, length, md5).await?;
    let upload = attempt.upload.id.clone();
    match pour(body, &mut attempt).await {
        Ok((Ended::Whole, bytes)) => {
            server.metrics.taken_in.fetch_add(bytes, Ordering::Relaxed);
            let (_, etag) = program.finish_object(attempt, container, name, said).await?;
            server.metrics.sealed.fetch_add(1, Ordering::Relaxed);
            Ok(etag)
        }
        Ok((Ended::Broken, _)) => {
            let _ = attempt.abandon().await;
            program.forget_object(&upload).await;
            Err(ProgramError::Refused("The body broke off; nothing of it was kept.".to_owned()))
        }
        Err(_) => {
            // The attempt has ended by itself: it knows why.
            let why = attempt.pause().await.err().unwrap_or(ProgramError::TakenOver);
            program.forget_object(&upload).await;
            Err(why)
        }
    }
}

/// The MD5 that a client promises, in hex.
pub(crate) fn md5_of(etag: &str) -> Result<[u8; 16], ProgramError> {
    let etag = etag.trim_matches('"');
    let bytes: Option<Vec<u8>> = (etag.len() == 32 && etag.is_ascii())
        .then(|| (0..16).map(|at| u8::from_str_radix(&etag[2 * at..2 * at + 2], 16).ok()).collect())
        .flatten();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        ProgramError::Refused("The ETag that was sent along is no MD5 in hexadecimal.".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_containers_and_objects_and_nothing_deeper() {
        let found = place("/axis/v1/AUTH_onrecord/a%20b/c%2Fd").unwrap();
        assert_eq!(found, Place { container: "a b".to_owned(), object: Some("c/d".to_owned()) });
        assert_eq!(place("/axis/v1/AUTH_onrecord/a/").unwrap().object, None);
        for path in [
            "/axis/v1/AUTH_onrecord/a/b/c",
            "/axis/v1/AUTH_onrecord",
            "/axis/v1/other/a",
            "/axis/v1/AUTH_onrecord//b",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }

    #[test]
    fn a_promised_md5_is_read_strictly() {
        assert!(md5_of("d41d8cd98f00b204e9800998ecf8427e").is_ok());
        assert!(md5_of("\"d41d8cd98f00b204e9800998ecf8427e\"").is_ok());
        for wrong in
            ["", "d41d8cd98f00b204e9800998ecf8427", "zz1d8cd98f00b204e9800998ecf8427e", "éééééééééééééééé"]
        {
            assert!(md5_of(wrong).is_err(), "{wrong}");
        }
    }
}
