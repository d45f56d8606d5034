//! Dispatched calls: from when to when each officer was on one.

use sqlx::Row;

use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// How many rows a statement writes.
const ROWS: usize = 400;

/// From when to when each officer of a call was on it.
///
/// # Errors
/// Where the database cannot.
pub async fn spans(store: &Store, call: &str) -> Result<Vec<(String, i64, i64)>, StoreError> {
    sqlx::query(
        "SELECT officer_id, from_at, to_at FROM call_spans WHERE call_id = $1 ORDER BY from_at, officer_id",
    )
    .bind(call)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect())
    .doing("look up a call")
}

/// From when to when an officer was on a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The call.
    pub call_id: String,
    /// The officer.
    pub officer_id: String,
    /// The first instant.
    pub from: i64,
    /// The first instant after.
    pub to: i64,
}

/// Forgets from when to when an officer was on these calls.
///
/// # Errors
/// Where the database cannot.
pub async fn forget_spans(tx: &mut Tx, officer: &str, calls: &[String]) -> Result<(), StoreError> {
    for some in calls.chunks(ROWS) {
        let mut sql = Sql::new("DELETE FROM call_spans WHERE officer_id = ");
        sql.bind(officer.to_owned()).push(" AND call_id IN ").list(some);
        sql.run(tx, "forget calls' times").await?;
    }
    Ok(())
}

/// Writes from when to when officers were on calls. No two spans have the same call, officer and beginning.
///
/// # Errors
/// Where the database cannot.
pub async fn add_spans(tx: &mut Tx, spans: &[Span]) -> Result<(), StoreError> {
    for some in spans.chunks(ROWS) {
        let mut sql = Sql::new("INSERT INTO call_spans (call_id, officer_id, from_at, to_at)");
        for (at, span) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(span.call_id.clone())
                .also(span.officer_id.clone())
                .also(span.from)
                .also(span.to)
                .push(")");
        }
        sql.push(" ON CONFLICT (call_id, officer_id, from_at) DO UPDATE SET to_at = excluded.to_at");
        sql.run(tx, "write calls' times").await?;
    }
    Ok(())
}
