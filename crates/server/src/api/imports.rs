//! Imports of exchange files.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use http_body_util::BodyExt as _;
use onrecord_exchange::{FileKind, PROFILES, Rejected};
use onrecord_program::imports::{HowToRead, Imported, Incoming};
use onrecord_program::{Action, ProgramError, records};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::body::Octets;
use super::said::{Path, Query};
use crate::{Problem, Shared};

/// A body that brings nothing for so long is taken for broken.
const SILENCE: Duration = Duration::from_mins(2);

/// How the file is to be read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    /// The zone of local times, an IANA name such as America/Chicago; where none is given, the installation's.
    timezone: Option<String>,
    /// The layout of calls: sfpd, nopd, cincinnati or sacramento; that of the exchange files where none is given.
    cad_profile: Option<String>,
    /// The column of calls that names the officer or officers, instead of the layout's.
    officer_column: Option<String>,
}

/// What became of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportAnswer {
    id: String,
    /// calls, recordings, officers, camera_assignments, exceptions or device_events.
    kind: &'static str,
    /// Of the file as received, lower-case hex.
    sha256: String,
    /// Bytes of the file as received.
    size: u64,
    rows: RowsAnswer,
    /// What could not be used, by line: the first 1,000.
    rejects: Vec<RejectAnswer>,
    /// How much could not be used, in all.
    rejects_total: u64,
    /// What whoever brought the file must know.
    notes: Vec<String>,
    /// How many officers' outcomes are still being decided anew; mostly none.
    outcomes_due: u64,
}

/// Rows of an import: read = accepted + rejected + duplicates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowsAnswer {
    read: i64,
    /// New rows that the audit uses.
    accepted: i64,
    /// New rows that it does not use.
    rejected: i64,
    /// Rows that stood earlier, in this file or in another.
    duplicates: i64,
}

/// A row or a value that could not be used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectAnswer {
    /// The line on which the row begins; the header is line 1.
    line: u64,
    /// Empty where the row as a whole does not fit.
    column: String,
    /// row: the row is not used; value: the value is treated as absent.
    what: &'static str,
    reason: String,
}

impl From<Rejected> for RejectAnswer {
    fn from(reject: Rejected) -> Self {
        let what = if reject.row { "row" } else { "value" };
        Self { line: reject.line, column: reject.column, what, reason: reject.reason }
    }
}

impl From<Imported> for ImportAnswer {
    fn from(done: Imported) -> Self {
        Self {
            id: done.id,
            kind: done.kind.name(),
            sha256: done.sha256,
            size: done.size,
            rows: RowsAnswer {
                read: done.rows.read,
                accepted: done.rows.accepted,
                rejected: done.rows.rejected,
                duplicates: done.rows.duplicate,
            },
            rejects: done.rejects.into_iter().map(RejectAnswer::from).collect(),
            rejects_total: done.rejects_in_all,
            notes: done.notes,
            outcomes_due: done.outcomes_due,
        }
    }
}

/// Takes in an exchange file.
///
/// The body is the file: CSV as the contract of the audit says, plain, gzip or zstd. Every row is kept once, however
/// often it comes; bringing the same file again changes nothing.
#[utoipa::path(post, path = "/api/v1/imports/{kind}", tag = "imports",
    params(("kind" = String, Path, description = "calls, recordings, officers, camera-assignments, exceptions or \
        device-events"), Reading),
    request_body(content = Octets, content_type = "text/csv"),
    responses((status = 200, body = ImportAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn take_in(
    State(server): State<Shared>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(reading): Query<Reading>,
    body: Body,
) -> Result<Json<ImportAnswer>, Problem> {
    let who = caller.may(Action::Import)?;
    let kind = FileKind::of(&kind).ok_or_else(|| {
        let kinds = FileKind::ALL.map(|kind| kind.name().replace('_', "-"));
        Problem::not_found(format!("There are imports of {}, and of nothing else.", kinds.join(", ")))
    })?;
    if let Some(profile) = &reading.cad_profile
        && !PROFILES.iter().any(|(name, _)| name == profile)
    {
        let known = PROFILES.map(|(name, _)| name).join(", ");
        return Err(Problem::bad_request(format!(
            "cad_profile is none of those that are built in: {known}."
        )));
    }
    let mut incoming = server.program.incoming(kind)?;
    receive(body, &mut incoming).await?;
    let how = HowToRead {
        timezone: reading.timezone,
        cad_profile: reading.cad_profile,
        officer_column: reading.officer_column,
    };
    let program = Arc::clone(&server.program);
    // On a task of its own: what has been received is taken in though its client may leave.
    let importing = tokio::spawn(async move { program.import(&who, incoming, how).await });
    let imported =
        importing.await.map_err(|error| ProgramError::Fault(format!("A task stopped: {error}.")))??;
    Ok(Json(imported.into()))
}

async fn receive(mut body: Body, incoming: &mut Incoming) -> Result<(), Problem> {
    loop {
        match tokio::time::timeout(SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Some(bytes) = frame.into_data().ok().filter(|bytes| !bytes.is_empty()) {
                    incoming.write(bytes).await?;
                }
            }
            Ok(None) => return Ok(()),
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Problem::bad_request(
                    "The file came only in part; nothing of it was kept. Send it again.",
                ));
            }
        }
    }
}

/// What became of the records of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordsAnswer {
    id: String,
    rows: RowsAnswer,
    /// Rows that cannot be used: the first 1,000.
    rejects: Vec<RejectAnswer>,
    /// Recordings that were linked, in all.
    linked: u64,
    /// New records that fit no recording.
    unlinked: u64,
}

/// Takes in a file of a records system: arrests, force reports, complaints and case numbers. The recordings that a
/// record is about are put into its category and its case.
#[utoipa::path(post, path = "/api/v1/imports/records", tag = "imports",
    request_body(content = Octets, content_type = "text/csv"),
    responses((status = 200, body = RecordsAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn take_in_records(
    State(server): State<Shared>,
    caller: Caller,
    body: Body,
) -> Result<Json<RecordsAnswer>, Problem> {
    let who = caller.may(Action::Import)?;
    let bytes = axum::body::to_bytes(body, records::LARGEST)
        .await
        .map_err(|_| Problem::bad_request("The file came only in part, or has more than 64 MiB."))?;
    let told = server.program.import_records(&who, &bytes).await?;
    let rejected = told.rejects.len() as i64;
    let rejects = told.rejects.into_iter().take(1_000);
    Ok(Json(RecordsAnswer {
        id: told.id,
        rows: RowsAnswer {
            read: told.read as i64,
            accepted: told.accepted as i64,
            rejected,
            duplicates: told.duplicates as i64,
        },
        rejects: rejects
            .map(|(line, column, reason)| RejectAnswer { line, column, what: "row", reason })
            .collect(),
        linked: told.linked,
        unlinked: told.unlinked,
    }))
}
