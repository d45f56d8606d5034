//! Clips: the bytes of one file as received, and the segments that hold them.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sql::Sql;
use crate::{Dialect, Doing, Store, StoreError, Tx};

/// A data key as the database keeps it: wrapped by the key-encryption key of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The period, `YYYY-MM`.
    pub period: String,
    /// The version of the period's key-encryption key.
    pub version: u32,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// A clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Its id.
    pub id: String,
    /// Its recording.
    pub recording_id: String,
    /// `clip`, `key`, `bookmark`, `trail` or `rejected`.
    pub kind: String,
    /// Its name at its source.
    pub name: String,
    /// Its media type as the source says it.
    pub content_type: Option<String>,
    /// `receiving`, `complete`, `unreadable`, `repeated` or `disposed`.
    pub state: String,
    /// Its bytes, once all are there.
    pub size: Option<u64>,
    /// Its digest (lower-case hex), once all bytes are there.
    pub sha256: Option<String>,
    /// The ledger entry that sealed it.
    pub entry_id: Option<i64>,
    /// The clip whose bytes these are, where they had been received before.
    pub same_as: Option<String>,
    /// The key of its bytes.
    pub key: SealedKey,
    /// Everything its source said of it, as JSON.
    pub metadata: String,
    /// When it was registered.
    pub created_at: i64,
    /// When it was sealed.
    pub sealed_at: Option<i64>,
}

/// A piece of ciphertext, as the vault describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Its id, 16 bytes.
    pub id: Vec<u8>,
    /// Place of its first byte in the clip.
    pub at: u64,
    /// Bytes of plaintext.
    pub bytes: u64,
    /// Index of its first chunk in the clip.
    pub first_chunk: u64,
    /// How many chunks.
    pub chunks: u64,
    /// Bytes of its object.
    pub stored: u64,
    /// The name of its object.
    pub name: String,
    /// Whether its last chunk ends the clip.
    pub is_final: bool,
}

pub(crate) fn read_key(row: &AnyRow) -> Result<SealedKey, sqlx::Error> {
    Ok(SealedKey {
        period: row.try_get("key_period")?,
        version: row.try_get::<i64, _>("key_version")? as u32,
        wrapped: row.try_get("key_wrapped")?,
    })
}

fn read(row: &AnyRow) -> Result<Clip, sqlx::Error> {
    Ok(Clip {
        id: row.try_get("id")?,
        recording_id: row.try_get("recording_id")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        content_type: row.try_get("content_type")?,
        state: row.try_get("state")?,
        size: row.try_get::<Option<i64>, _>("size")?.map(|size| size as u64),
        sha256: row.try_get("sha256")?,
        entry_id: row.try_get("entry_id")?,
        same_as: row.try_get("same_as")?,
        key: read_key(row)?,
        metadata: row.try_get("metadata")?,
        created_at: row.try_get("created_at")?,
        sealed_at: row.try_get("sealed_at")?,
    })
}

/// Registers a clip whose bytes are about to come.
///
/// # Errors
/// Where the database cannot.
pub async fn register(tx: &mut Tx, new: &Clip) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO clips (id, recording_id, kind, name, content_type, state, key_period, key_version, key_wrapped, \
         metadata, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&new.id)
    .bind(&new.recording_id)
    .bind(&new.kind)
    .bind(&new.name)
    .bind(new.content_type.as_deref())
    .bind(&new.state)
    .bind(&new.key.period)
    .bind(i64::from(new.key.version))
    .bind(new.key.wrapped.clone())
    .bind(&new.metadata)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("register a clip")?;
    Ok(())
}

/// A clip by its id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Clip>, StoreError> {
    sqlx::query("SELECT * FROM clips WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a clip")
}

/// The clips of recordings, in the order in which they were registered.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recordings(store: &Store, recordings: &[String]) -> Result<Vec<Clip>, StoreError> {
    let mut clips = Vec::new();
    for some in recordings.chunks(500) {
        let mut query = Sql::new("SELECT * FROM clips WHERE recording_id IN (");
        for (place, id) in some.iter().enumerate() {
            query.push(if place == 0 { "" } else { ", " }).bind(id.as_str());
        }
        query.push(") ORDER BY created_at, id");
        let rows = query.rows(store, "list clips").await?;
        for row in &rows {
            clips.push(read(row).doing("read a clip")?);
        }
    }
    Ok(clips)
}

/// The clips of a recording, as this transaction sees them.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recording_in(tx: &mut Tx, recording: &str) -> Result<Vec<Clip>, StoreError> {
    sqlx::query("SELECT * FROM clips WHERE recording_id = $1 ORDER BY created_at, id")
        .bind(recording)
        .fetch_all(&mut **tx)
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list clips")
}

/// Seals a clip: its bytes are durable and match this digest.
///
/// # Errors
/// Where the database cannot.
pub async fn seal(
    tx: &mut Tx,
    id: &str,
    size: u64,
    sha256: &str,
    entry: i64,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE clips SET state = 'sealed', size = $2, sha256 = $3, entry_id = $4, sealed_at = $5 \
         WHERE id = $1 AND sealed_at IS NULL",
    )
    .bind(id)
    .bind(size as i64)
    .bind(sha256)
    .bind(entry)
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("seal a clip")?;
    Ok(())
}

/// Notes that a clip's bytes had been received before, as those of another clip of its recording.
///
/// # Errors
/// Where the database cannot.
pub async fn repeated(tx: &mut Tx, id: &str, same_as: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE clips SET state = 'repeated', same_as = $2 WHERE id = $1 AND sealed_at IS NULL")
        .bind(id)
        .bind(same_as)
        .execute(&mut **tx)
        .await
        .doing("note a repeated clip")?;
    Ok(())
}

/// Writes the state of a sealed clip.
///
/// # Errors
/// Where the database cannot.
pub async fn set_state(tx: &mut Tx, id: &str, state: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE clips SET state = $2 WHERE id = $1")
        .bind(id)
        .bind(state)
        .execute(&mut **tx)
        .await
        .doing("write a clip's state")?;
    Ok(())
}

/// Forgets a clip that never was sealed, and its segments; answers the names of the objects that nobody needs now.
///
/// # Errors
/// Where the database cannot.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<Vec<String>, StoreError> {
    let objects = forget_segments(tx, id).await?;
    sqlx::query("DELETE FROM clips WHERE id = $1 AND sealed_at IS NULL")
        .bind(id)
        .execute(&mut **tx)
        .await
        .doing("forget a clip")?;
    Ok(objects)
}

/// Forgets the segments of a clip that is not sealed; answers the names of the objects that nobody needs now.
///
/// # Errors
/// Where the database cannot.
pub async fn forget_segments(tx: &mut Tx, owner: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query(
        "DELETE FROM segments WHERE owner = $1 AND owner NOT IN (SELECT id FROM clips WHERE sealed_at IS NOT NULL) \
         RETURNING name",
    )
    .bind(owner)
    .fetch_all(&mut **tx)
    .await
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    .doing("forget segments")
}

/// Adds a durable segment.
///
/// # Errors
/// Where the database cannot, or where another segment has its place.
pub async fn add_segment(tx: &mut Tx, owner: &str, segment: &SegmentRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO segments (owner, place, id, bytes, first_chunk, chunks, stored, name, is_final) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(owner)
    .bind(segment.at as i64)
    .bind(segment.id.clone())
    .bind(segment.bytes as i64)
    .bind(segment.first_chunk as i64)
    .bind(segment.chunks as i64)
    .bind(segment.stored as i64)
    .bind(&segment.name)
    .bind(i64::from(segment.is_final))
    .execute(&mut **tx)
    .await
    .doing("add a segment")?;
    Ok(())
}

/// The segments of a clip or derivative, in order.
///
/// # Errors
/// Where the database cannot.
pub async fn segments(store: &Store, owner: &str) -> Result<Vec<SegmentRow>, StoreError> {
    sqlx::query("SELECT * FROM segments WHERE owner = $1 ORDER BY place")
        .bind(owner)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read_segment).collect())
        .doing("list segments")
}

fn read_segment(row: &AnyRow) -> Result<SegmentRow, sqlx::Error> {
    Ok(SegmentRow {
        id: row.try_get("id")?,
        at: row.try_get::<i64, _>("place")? as u64,
        bytes: row.try_get::<i64, _>("bytes")? as u64,
        first_chunk: row.try_get::<i64, _>("first_chunk")? as u64,
        chunks: row.try_get::<i64, _>("chunks")? as u64,
        stored: row.try_get::<i64, _>("stored")? as u64,
        name: row.try_get("name")?,
        is_final: row.try_get::<i64, _>("is_final")? != 0,
    })
}

/// Whether an object's name belongs to a segment.
///
/// # Errors
/// Where the database cannot.
pub async fn is_segment(store: &Store, name: &str) -> Result<bool, StoreError> {
    sqlx::query("SELECT 1 FROM segments WHERE name = $1")
        .bind(name)
        .fetch_optional(store.reader())
        .await
        .map(|row| row.is_some())
        .doing("look up a segment")
}

/// Sealed clips after an id, in the order of their ids.
///
/// # Errors
/// Where the database cannot.
pub async fn sealed_after(store: &Store, after: &str, limit: u32) -> Result<Vec<Clip>, StoreError> {
    sqlx::query("SELECT * FROM clips WHERE id > $1 AND sealed_at IS NOT NULL AND state <> 'disposed' ORDER BY id LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list sealed clips")
}

/// Until the transaction ends, no key-encryption key is left behind ([`only_new_keys`]): what is wrapped and committed in
/// it stays readable. Any number of transactions may hold this at a time.
///
/// # Errors
/// Where the database cannot.
pub async fn hold_keys(store: &Store, tx: &mut Tx) -> Result<(), StoreError> {
    lock_keys(store, tx, "SELECT CAST(pg_advisory_xact_lock_shared(1869509221, 3) AS TEXT)").await
}

/// Waits for every transaction that [`hold_keys`], and keeps new ones out until this one ends.
///
/// # Errors
/// Where the database cannot.
pub async fn only_new_keys(store: &Store, tx: &mut Tx) -> Result<(), StoreError> {
    lock_keys(store, tx, "SELECT CAST(pg_advisory_xact_lock(1869509221, 3) AS TEXT)").await
}

async fn lock_keys(store: &Store, tx: &mut Tx, lock: &'static str) -> Result<(), StoreError> {
    // The one writer of SQLite holds the transaction.
    if store.dialect() == Dialect::Postgres {
        sqlx::query(lock).execute(&mut **tx).await.doing("lock the keys")?;
    }
    Ok(())
}

/// Owners (clips and derivatives) whose keys are wrapped by an older version of their period's key, with those keys.
///
/// # Errors
/// Where the database cannot.
pub async fn keys_before(
    tx: &mut Tx,
    period: &str,
    version: u32,
    limit: u32,
) -> Result<Vec<(String, SealedKey)>, StoreError> {
    sqlx::query(
        "SELECT id, key_period, key_version, key_wrapped FROM clips WHERE key_period = $1 AND key_version < $2 \
         UNION ALL \
         SELECT id, key_period, key_version, key_wrapped FROM derivatives WHERE key_period = $1 AND key_version < $2 \
         LIMIT $3",
    )
    .bind(period)
    .bind(i64::from(version))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await
    .and_then(|rows| rows.iter().map(|row| Ok((row.try_get("id")?, read_key(row)?))).collect())
    .doing("list wrapped keys")
}

/// Replaces the wrapped key of a clip or derivative.
///
/// # Errors
/// Where the database cannot.
pub async fn rewrap(tx: &mut Tx, owner: &str, key: &SealedKey) -> Result<(), StoreError> {
    for query in [
        "UPDATE clips SET key_period = $2, key_version = $3, key_wrapped = $4 WHERE id = $1",
        "UPDATE derivatives SET key_period = $2, key_version = $3, key_wrapped = $4 WHERE id = $1",
    ] {
        sqlx::query(query)
            .bind(owner)
            .bind(&key.period)
            .bind(i64::from(key.version))
            .bind(key.wrapped.clone())
            .execute(&mut **tx)
            .await
            .doing("replace a wrapped key")?;
    }
    Ok(())
}
