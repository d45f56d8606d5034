//! Results of long work: figures of the audit, comparisons of policies. Each is kept under what was asked for.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// A result, or the work on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// `figures` or `comparison`.
    pub kind: String,
    /// What was asked for: JSON.
    pub asked: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Of a thousand, how much is done.
    pub progress: i64,
    /// The result: JSON.
    pub result: Option<String>,
    /// Why there is none.
    pub failure: Option<String>,
    /// Who asked.
    pub actor: String,
    /// When.
    pub created_at: i64,
    /// When it was done.
    pub done_at: Option<i64>,
}

fn read(row: &AnyRow) -> Result<Kept, sqlx::Error> {
    Ok(Kept {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        asked: row.try_get("asked")?,
        state: row.try_get("state")?,
        progress: row.try_get("progress")?,
        result: row.try_get("result")?,
        failure: row.try_get("failure")?,
        actor: row.try_get("actor")?,
        created_at: row.try_get("created_at")?,
        done_at: row.try_get("done_at")?,
    })
}

/// Notes that a result is wanted; one that is there already stays readable until the new one is done.
///
/// # Errors
/// Where the database cannot.
pub async fn want(tx: &mut Tx, new: &Kept) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO results (id, kind, asked, state, progress, actor, created_at) VALUES ($1, $2, $3, $4, 0, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET state = $4, progress = 0, failure = NULL",
    )
    .bind(&new.id)
    .bind(&new.kind)
    .bind(&new.asked)
    .bind(&new.state)
    .bind(&new.actor)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("want a result")?;
    Ok(())
}

/// A result by its id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Kept>, StoreError> {
    sqlx::query("SELECT * FROM results WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a result")
}

/// The newest results of a kind that somebody asked for.
///
/// # Errors
/// Where the database cannot.
pub async fn of_actor(store: &Store, kind: &str, actor: &str) -> Result<Vec<Kept>, StoreError> {
    sqlx::query("SELECT * FROM results WHERE kind = $1 AND actor = $2 ORDER BY created_at DESC, id LIMIT 20")
        .bind(kind)
        .bind(actor)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list results")
}

/// Notes how far the work is; false where it was cancelled.
///
/// # Errors
/// Where the database cannot.
pub async fn progress(tx: &mut Tx, id: &str, of_thousand: i64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE results SET state = 'running', progress = $2 WHERE id = $1 AND state IN ('waiting', 'running')")
        .bind(id)
        .bind(of_thousand)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("note the progress of a result")
}

/// Keeps a result, or why there is none, unless it was cancelled.
///
/// # Errors
/// Where the database cannot.
pub async fn finish(tx: &mut Tx, id: &str, result: Result<&str, &str>, now: i64) -> Result<(), StoreError> {
    let state = if result.is_ok() { "done" } else { "failed" };
    sqlx::query(
        "UPDATE results SET state = $2, progress = 1000, result = COALESCE($3, result), failure = $4, done_at = $5 \
         WHERE id = $1 AND state <> 'cancelled'",
    )
    .bind(id)
    .bind(state)
    .bind(result.ok())
    .bind(result.err())
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("keep a result")?;
    Ok(())
}

/// Cancels work that is not done; false where there is none.
///
/// # Errors
/// Where the database cannot.
pub async fn cancel(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    sqlx::query(
        "UPDATE results SET state = 'cancelled', done_at = $2 WHERE id = $1 AND state IN ('waiting', 'running')",
    )
    .bind(id)
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("cancel a result")
}
