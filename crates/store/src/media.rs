//! What media tools said of clips, and what was made from them.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::clips::{SealedKey, read_key};
use crate::{Doing, Store, StoreError, Tx};

/// What is known of a clip's content.
#[derive(Debug, Clone)]
pub struct MediaRow {
    /// Facts as JSON, where a tool could read it.
    pub facts: Option<String>,
    /// Why not, where none could.
    pub failure: Option<String>,
}

/// A thing made from a clip.
#[derive(Debug, Clone)]
pub struct Derivative {
    /// Its id: also the owner of its segments.
    pub id: String,
    /// What it was made from.
    pub clip_id: String,
    /// `poster`, `waveform` or `proxy`.
    pub kind: String,
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub size: u64,
    /// The key of its bytes, wrapped.
    pub key: SealedKey,
    /// When it was made.
    pub created_at: i64,
}

/// Keeps what a tool said.
///
/// # Errors
/// Where the database cannot.
pub async fn set(tx: &mut Tx, clip: &str, row: &MediaRow, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO media (clip_id, facts, failure, read_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (clip_id) DO UPDATE SET facts = $2, failure = $3, read_at = $4",
    )
    .bind(clip)
    .bind(row.facts.as_deref())
    .bind(row.failure.as_deref())
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("keep media facts")?;
    Ok(())
}

/// What is known of a clip's content; none before a tool has looked.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, clip: &str) -> Result<Option<MediaRow>, StoreError> {
    sqlx::query("SELECT facts, failure FROM media WHERE clip_id = $1")
        .bind(clip)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| {
            row.map(|row| Ok(MediaRow { facts: row.try_get(0)?, failure: row.try_get(1)? })).transpose()
        })
        .doing("read media facts")
}

fn read(row: &AnyRow) -> Result<Derivative, sqlx::Error> {
    Ok(Derivative {
        id: row.try_get("id")?,
        clip_id: row.try_get("clip_id")?,
        kind: row.try_get("kind")?,
        content_type: row.try_get("content_type")?,
        size: row.try_get::<i64, _>("size")? as u64,
        key: read_key(row)?,
        created_at: row.try_get("created_at")?,
    })
}

/// Keeps a thing made from a clip; false where one of its kind stands there already.
///
/// # Errors
/// Where the database cannot.
pub async fn add_derivative(tx: &mut Tx, made: &Derivative) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO derivatives (id, clip_id, kind, content_type, size, key_period, key_version, key_wrapped, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (clip_id, kind) DO NOTHING",
    )
    .bind(&made.id)
    .bind(&made.clip_id)
    .bind(&made.kind)
    .bind(&made.content_type)
    .bind(made.size as i64)
    .bind(&made.key.period)
    .bind(i64::from(made.key.version))
    .bind(made.key.wrapped.clone())
    .bind(made.created_at)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("keep a derivative")
}

/// A thing made from a clip.
///
/// # Errors
/// Where the database cannot.
pub async fn derivative(store: &Store, clip: &str, kind: &str) -> Result<Option<Derivative>, StoreError> {
    sqlx::query("SELECT * FROM derivatives WHERE clip_id = $1 AND kind = $2")
        .bind(clip)
        .bind(kind)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a derivative")
}

/// The kinds of things that were made from a clip.
///
/// # Errors
/// Where the database cannot.
pub async fn kinds_of(store: &Store, clip: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT kind FROM derivatives WHERE clip_id = $1 ORDER BY kind")
        .bind(clip)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
        .doing("look up derivatives")
}
