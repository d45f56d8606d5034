//! Whether the server lives, whether it can serve, and how much it has served. No personal data, so no token.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use onrecord_store::jobs;

use crate::{Problem, Shared};

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

async fn alive() -> &'static str {
    "ok\n"
}

async fn ready(State(server): State<Shared>) -> Result<&'static str, Problem> {
    let program = &server.program;
    program.store.ping().await.map_err(onrecord_program::ProgramError::from)?;
    let shelf = std::sync::Arc::clone(&program.shelf);
    let answer = tokio::task::spawn_blocking(move || shelf.exists("ledger/ready")).await;
    match answer {
        Ok(Ok(_)) => Ok("ready\n"),
        Ok(Err(error)) => Err(onrecord_program::ProgramError::from(error).into()),
        Err(error) => Err(onrecord_program::ProgramError::Fault(error.to_string()).into()),
    }
}

async fn metrics(State(server): State<Shared>) -> Result<impl IntoResponse, Problem> {
    let mut text = server.metrics.text();
    let tree = server.program.tree_state().await?;
    let (waiting, failed) =
        jobs::counts(&server.program.store).await.map_err(onrecord_program::ProgramError::from)?;
    for (name, help, value) in [
        ("onrecord_ledger_entries", "Ledger entries with a place.", tree.sequenced as i64),
        ("onrecord_ledger_integrated", "Ledger entries under a checkpoint.", tree.integrated as i64),
        ("onrecord_jobs_waiting", "Jobs that wait.", waiting),
        ("onrecord_jobs_failed", "Jobs that were given up.", failed),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
