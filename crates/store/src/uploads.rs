//! Resumable uploads: how far each has come, and who may go on.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id, as in its address.
    pub id: String,
    /// The clip that it brings.
    pub clip_id: String,
    /// Who began it.
    pub principal: String,
    /// Bytes in all; none while the client has not said.
    pub length: Option<u64>,
    /// Bytes that are durable.
    pub place: u64,
    /// Chunks that are durable.
    pub chunks: u64,
    /// How many requests have brought bytes; only the newest may go on.
    pub attempt: i64,
    /// The metadata as the client sent it.
    pub metadata: String,
    /// `open` or `done`.
    pub state: String,
    /// When it began.
    pub created_at: i64,
    /// When it is forgotten if nothing more comes.
    pub expires_at: i64,
}

fn read(row: &AnyRow) -> Result<Upload, sqlx::Error> {
    Ok(Upload {
        id: row.try_get("id")?,
        clip_id: row.try_get("clip_id")?,
        principal: row.try_get("principal")?,
        length: row.try_get::<Option<i64>, _>("length")?.map(|length| length as u64),
        place: row.try_get::<i64, _>("place")? as u64,
        chunks: row.try_get::<i64, _>("chunks")? as u64,
        attempt: row.try_get("attempt")?,
        metadata: row.try_get("metadata")?,
        state: row.try_get("state")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}

/// Begins an upload.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, new: &Upload) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO uploads (id, clip_id, principal, length, place, chunks, attempt, metadata, state, created_at, \
         expires_at) VALUES ($1, $2, $3, $4, 0, 0, 0, $5, 'open', $6, $7)",
    )
    .bind(&new.id)
    .bind(&new.clip_id)
    .bind(&new.principal)
    .bind(new.length.map(|length| length as i64))
    .bind(&new.metadata)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(&mut **tx)
    .await
    .doing("begin an upload")?;
    Ok(())
}

/// An upload by its id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Upload>, StoreError> {
    sqlx::query("SELECT * FROM uploads WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up an upload")
}

/// Begins a new attempt: whoever brought bytes until now may add no more. Answers the upload as it stands; none where it
/// is gone.
///
/// # Errors
/// Where the database cannot.
pub async fn attempt(tx: &mut Tx, id: &str, expires_at: i64) -> Result<Option<Upload>, StoreError> {
    sqlx::query("UPDATE uploads SET attempt = attempt + 1, expires_at = $2 WHERE id = $1 RETURNING *")
        .bind(id)
        .bind(expires_at)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("begin an attempt")
}

/// Notes how far an attempt has come; false where it is no longer the newest.
///
/// # Errors
/// Where the database cannot.
pub async fn advance(
    tx: &mut Tx,
    id: &str,
    attempt: i64,
    place: u64,
    chunks: u64,
) -> Result<bool, StoreError> {
    sqlx::query(
        "UPDATE uploads SET place = $3, chunks = $4 WHERE id = $1 AND attempt = $2 AND state = 'open'",
    )
    .bind(id)
    .bind(attempt)
    .bind(place as i64)
    .bind(chunks as i64)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("note how far an upload has come")
}

/// The client has said how many bytes there are.
///
/// # Errors
/// Where the database cannot.
pub async fn set_length(tx: &mut Tx, id: &str, length: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE uploads SET length = $2 WHERE id = $1 AND length IS NULL")
        .bind(id)
        .bind(length as i64)
        .execute(&mut **tx)
        .await
        .doing("note an upload's length")?;
    Ok(())
}

/// All `size` bytes are there and sealed. False where the attempt is no longer the newest.
///
/// # Errors
/// Where the database cannot.
pub async fn finish(tx: &mut Tx, id: &str, attempt: i64, size: u64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE uploads SET state = 'done', place = $3, length = $3 WHERE id = $1 AND attempt = $2 AND state = 'open'")
        .bind(id)
        .bind(attempt)
        .bind(size as i64)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("finish an upload")
}

/// Forgets an upload.
///
/// # Errors
/// Where the database cannot.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM uploads WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await
        .doing("forget an upload")?;
    Ok(())
}

/// Uploads that were not finished in time.
///
/// # Errors
/// Where the database cannot.
pub async fn expired(store: &Store, now: i64) -> Result<Vec<Upload>, StoreError> {
    sqlx::query("SELECT * FROM uploads WHERE state = 'open' AND expires_at < $1 LIMIT 100")
        .bind(now)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list expired uploads")
}
