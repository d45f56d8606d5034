//! Dispatched calls: from when to when each officer was on one.

use sqlx::Row;

use crate::{Doing, Store, StoreError, Tx};

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

/// Writes from when to when an officer was on a call, in place of what was known of it.
///
/// # Errors
/// Where the database cannot.
pub async fn set_spans(
    tx: &mut Tx,
    call: &str,
    officer: &str,
    spans: &[(i64, i64)],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM call_spans WHERE call_id = $1 AND officer_id = $2")
        .bind(call)
        .bind(officer)
        .execute(&mut **tx)
        .await
        .doing("write a call's times")?;
    for (from, to) in spans {
        sqlx::query(
            "INSERT INTO call_spans (call_id, officer_id, from_at, to_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (call_id, officer_id, from_at) DO UPDATE SET to_at = excluded.to_at \
             WHERE call_spans.to_at < excluded.to_at",
        )
        .bind(call)
        .bind(officer)
        .bind(*from)
        .bind(*to)
        .execute(&mut **tx)
        .await
        .doing("write a call's times")?;
    }
    Ok(())
}
