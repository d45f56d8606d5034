//! Dispatched calls: from when to when each officer was on one.

use sqlx::Row;

use crate::{Doing, Store, StoreError};

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
