//! The witness over HTTP: `POST /add-checkpoint` and a page for people at `/`.
//!
//! TLS is the work of a proxy in front, as C2SP tlog-witness leaves it open; what is sent is signed and
//! public.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use onrecord_ledger::witness::LARGEST_BODY;
use tokio::net::TcpListener;

use crate::error::WitnessError;
use crate::keeper::{Witness, WitnessConfig};

/// How long the body of a request may take to arrive; a submission is a few kilobytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a witness with the clock and the randomness of this machine until `shutdown` is done.
///
/// # Errors
/// It cannot start (see [`Witness::open`]), or cannot listen.
pub async fn run(
    config: WitnessConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WitnessError> {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| WitnessError::Random)?;
    let witness = Arc::new(Witness::open(&config, &seed, Box::new(system_time))?);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| WitnessError::Serve { listen: config.listen.to_string(), source })?;
    tracing::info!(listen = %config.listen, key = witness.vkey(), "witness is ready");
    serve(listener, witness, shutdown).await
}

/// Serves a witness on a socket until `shutdown` is done; requests under way are finished.
///
/// # Errors
/// The socket fails.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WitnessError> {
    let listen =
        listener.local_addr().map_or_else(|_| String::from("the socket"), |address| address.to_string());
    axum::serve(listener, router(witness))
        .with_graceful_shutdown(shutdown)
        .await
        .map_err(|source| WitnessError::Serve { listen, source })
}

/// The routes of a witness.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new().route("/", get(home)).route("/add-checkpoint", post(add_checkpoint)).with_state(witness)
}

/// Seconds since 1970; 0 on a machine whose clock stands before that.
fn system_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

async fn home(State(witness): State<Arc<Witness>>) -> String {
    witness.describe()
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, "The request broke off or is larger than 128 KiB.\n")
                .into_response();
        }
        Err(_) => {
            return (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.\n").into_response();
        }
    };
    // On a thread of its own: it waits for the disk, and must come to its end also where the client hangs up.
    let answered = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    match answered.map_err(|_| WitnessError::Broken).and_then(|answer| answer) {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "request not answered");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The witness could not store what it saw; it cosigned nothing.\n",
            )
                .into_response()
        }
    }
}
