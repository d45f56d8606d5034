//! Ledger entries and how far the tree has come. Entries are inserted in the transaction that changes state; the
//! sequencer gives them their places.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sql::Sql;
use crate::{Dialect, Doing, Store, StoreError, Tx};

/// An entry that waits for its place.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Its kind, as in the entry.
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// Its exact canonical text.
    pub entry: String,
    /// What hides it in its leaf.
    pub salt: [u8; 32],
}

/// An entry as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its number in the database (not its place in the tree).
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// Its exact canonical text.
    pub entry: String,
    /// What hides it in its leaf.
    pub salt: Vec<u8>,
    /// Its place in the tree; none until it is sequenced.
    pub place: Option<u64>,
}

/// How far the tree has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeState {
    /// Which of this ledger's origins it is; the first is 1.
    pub number: u64,
    /// The ledger's name.
    pub origin: String,
    /// Entries with a place.
    pub sequenced: u64,
    /// Entries that are in tiles.
    pub integrated: u64,
    /// The signed checkpoint over the integrated ones, if any.
    pub note: Option<String>,
}

fn read(row: &AnyRow) -> Result<Kept, sqlx::Error> {
    Ok(Kept {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        entry: row.try_get("entry")?,
        salt: row.try_get("salt")?,
        place: row.try_get::<Option<i64>, _>("place")?.map(|place| place as u64),
    })
}

/// Adds an entry; answers its number in the database.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, entry: &NewEntry) -> Result<i64, StoreError> {
    sqlx::query(
        "INSERT INTO ledger_entries (kind, subject, entry, salt) VALUES ($1, $2, $3, $4) RETURNING id",
    )
    .bind(entry.kind)
    .bind(&entry.subject)
    .bind(&entry.entry)
    .bind(entry.salt.to_vec())
    .fetch_one(&mut **tx)
    .await
    .and_then(|row| row.try_get(0))
    .doing("add a ledger entry")
}

/// Adds many entries at once.
///
/// # Errors
/// Where the database cannot.
pub async fn add_all(tx: &mut Tx, entries: &[NewEntry]) -> Result<(), StoreError> {
    // Both databases take well over 4 × 200 values in a statement.
    for some in entries.chunks(200) {
        let mut query = Sql::new("INSERT INTO ledger_entries (kind, subject, entry, salt) VALUES ");
        for (place, entry) in some.iter().enumerate() {
            query.push(if place == 0 { "(" } else { ", (" }).bind(entry.kind);
            query.push(", ").bind(entry.subject.as_str()).push(", ").bind(entry.entry.as_str());
            query.push(", ").bind(entry.salt.as_slice()).push(")");
        }
        query.run(tx, "add ledger entries").await?;
    }
    Ok(())
}

/// An entry by its number in the database.
///
/// # Errors
/// Where the database cannot.
pub async fn entry(store: &Store, id: i64) -> Result<Option<Kept>, StoreError> {
    sqlx::query("SELECT id, kind, entry, salt, place FROM ledger_entries WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("read a ledger entry")
}

/// The entries about a subject, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn about(store: &Store, subject: &str) -> Result<Vec<Kept>, StoreError> {
    sqlx::query("SELECT id, kind, entry, salt, place FROM ledger_entries WHERE subject = $1 ORDER BY id")
        .bind(subject)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("read a custody trail")
}

/// The entries with the places from `from` up to and without `to`, in order.
///
/// # Errors
/// Where the database cannot.
pub async fn placed(store: &Store, from: u64, to: u64) -> Result<Vec<Kept>, StoreError> {
    sqlx::query(
        "SELECT id, kind, entry, salt, place FROM ledger_entries WHERE place >= $1 AND place < $2 ORDER BY place",
    )
    .bind(from as i64)
    .bind(to as i64)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("read ledger entries")
}

/// How far the tree has come; none before the first start.
///
/// # Errors
/// Where the database cannot.
pub async fn tree(store: &Store) -> Result<Option<TreeState>, StoreError> {
    sqlx::query("SELECT number, origin, sequenced, integrated, note FROM ledger_tree WHERE one = 1")
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read_tree).transpose())
        .doing("tell how far the ledger has come")
}

fn read_tree(row: &AnyRow) -> Result<TreeState, sqlx::Error> {
    Ok(TreeState {
        number: row.try_get::<i64, _>("number")? as u64,
        origin: row.try_get("origin")?,
        sequenced: row.try_get::<i64, _>("sequenced")? as u64,
        integrated: row.try_get::<i64, _>("integrated")? as u64,
        note: row.try_get("note")?,
    })
}

/// Opens the tree under its name, once.
///
/// # Errors
/// Where the database cannot.
pub async fn open_tree(tx: &mut Tx, origin: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ledger_tree (one, origin, sequenced, integrated) VALUES (1, $1, 0, 0) ON CONFLICT (one) DO NOTHING",
    )
    .bind(origin)
    .execute(&mut **tx)
    .await
    .doing("open the ledger")?;
    Ok(())
}

/// Makes this transaction the only sequencer until it ends; false where another one is at it.
///
/// # Errors
/// Where the database cannot.
pub async fn lock(store: &Store, tx: &mut Tx) -> Result<bool, StoreError> {
    match store.dialect() {
        // The one writer of SQLite holds this transaction.
        Dialect::Sqlite => Ok(true),
        Dialect::Postgres => {
            sqlx::query("SELECT CASE WHEN pg_try_advisory_xact_lock(1869509221, 2) THEN 1 ELSE 0 END")
                .fetch_one(&mut **tx)
                .await
                .and_then(|row| row.try_get::<i32, _>(0))
                .map(|locked| locked == 1)
                .doing("lock the ledger")
        }
    }
}

/// Gives waiting entries their places, in the order of their numbers, at most `limit` of them; answers how many entries
/// have one now. The transaction must hold the [`lock`].
///
/// # Errors
/// Where the database cannot.
pub async fn sequence(tx: &mut Tx, limit: u32) -> Result<u64, StoreError> {
    let sequenced: i64 = sqlx::query("SELECT sequenced FROM ledger_tree WHERE one = 1")
        .fetch_one(&mut **tx)
        .await
        .and_then(|row| row.try_get(0))
        .doing("tell how far the ledger has come")?;
    let placed = sqlx::query(
        "UPDATE ledger_entries SET place = waiting.place FROM (SELECT id AS waiting_id, \
         $1 + row_number() OVER (ORDER BY id) - 1 AS place FROM ledger_entries \
         WHERE place IS NULL ORDER BY id LIMIT $2) AS waiting WHERE ledger_entries.id = waiting.waiting_id",
    )
    .bind(sequenced)
    .bind(i64::from(limit))
    .execute(&mut **tx)
    .await
    .doing("sequence ledger entries")?
    .rows_affected() as i64;
    if placed > 0 {
        sqlx::query("UPDATE ledger_tree SET sequenced = $1 WHERE one = 1")
            .bind(sequenced + placed)
            .execute(&mut **tx)
            .await
            .doing("note how far the ledger has come")?;
    }
    Ok((sequenced + placed) as u64)
}

/// Whether entries wait for their places.
///
/// # Errors
/// Where the database cannot.
pub async fn waits(store: &Store) -> Result<bool, StoreError> {
    sqlx::query("SELECT 1 FROM ledger_entries WHERE place IS NULL LIMIT 1")
        .fetch_optional(store.reader())
        .await
        .map(|row| row.is_some())
        .doing("look for waiting ledger entries")
}

/// At most `limit` entries with larger numbers in the database than `id`, in the order of those.
///
/// # Errors
/// Where the database cannot.
pub async fn after(store: &Store, id: i64, limit: u32) -> Result<Vec<Kept>, StoreError> {
    sqlx::query("SELECT id, kind, entry, salt, place FROM ledger_entries WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("read ledger entries")
}

/// The sizes of the checkpoints of this origin that were published.
///
/// # Errors
/// Where the database cannot.
pub async fn published_sizes(store: &Store) -> Result<Vec<u64>, StoreError> {
    sqlx::query(
        "SELECT DISTINCT size FROM ledger_checkpoints WHERE number = (SELECT number FROM ledger_tree)",
    )
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| Ok(row.try_get::<i64, _>(0)? as u64)).collect())
    .doing("list published checkpoints")
}

/// Notes that the tiles of `size` entries are durable, with the checkpoint that says so. Never goes back, and never to
/// another origin.
///
/// # Errors
/// Where the database cannot.
pub async fn integrated(tx: &mut Tx, origin: &str, size: u64, note: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE ledger_tree SET integrated = $1, note = $2 WHERE one = 1 AND integrated <= $1 AND origin = $3",
    )
        .bind(size as i64)
        .bind(note)
        .bind(origin)
        .execute(&mut **tx)
        .await
        .doing("note the ledger's checkpoint")?;
    Ok(())
}

/// Publishes a checkpoint, or the same one with more cosignatures.
///
/// # Errors
/// Where the database cannot.
pub async fn publish(tx: &mut Tx, size: u64, note: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ledger_checkpoints (size, note, published_at, number) \
         VALUES ($1, $2, $3, (SELECT number FROM ledger_tree)) ON CONFLICT (size, published_at) DO UPDATE SET note = $2",
    )
    .bind(size as i64)
    .bind(note)
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("publish a checkpoint")?;
    Ok(())
}

/// The checkpoint of this origin that was published last, and when.
///
/// # Errors
/// Where the database cannot.
pub async fn published(store: &Store) -> Result<Option<(String, i64)>, StoreError> {
    sqlx::query(
        "SELECT note, published_at FROM ledger_checkpoints WHERE number = (SELECT number FROM ledger_tree) \
         ORDER BY published_at DESC, size DESC LIMIT 1",
    )
    .fetch_optional(store.reader())
    .await
    .and_then(|row| row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose())
    .doing("read the published checkpoint")
}
