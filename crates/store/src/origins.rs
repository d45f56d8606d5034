//! The ledger's origins: those that were closed, and the step from one to the next. How far the present one has come is
//! in [`crate::ledger`].

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// An origin that another one has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Its number; the first is 1.
    pub number: u64,
    /// Its name.
    pub origin: String,
    /// The key that its checkpoints are verified with.
    pub vkey: String,
    /// The last checkpoint of it that the world has.
    pub note: String,
    /// The number of the origin that came after it.
    pub replaced_by: u64,
    /// Why.
    pub reason: String,
    /// The entry that opened the next one, by its number in the database.
    pub entry_id: i64,
}

fn read(row: &AnyRow) -> Result<Closed, sqlx::Error> {
    Ok(Closed {
        number: row.try_get::<i64, _>("number")? as u64,
        origin: row.try_get("origin")?,
        vkey: row.try_get("vkey")?,
        note: row.try_get("note")?,
        replaced_by: row.try_get::<i64, _>("replaced_by")? as u64,
        reason: row.try_get("reason")?,
        entry_id: row.try_get("entry_id")?,
    })
}

/// The origins that were closed, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn closed(store: &Store) -> Result<Vec<Closed>, StoreError> {
    sqlx::query(
        "SELECT number, origin, vkey, note, replaced_by, reason, entry_id FROM ledger_origins ORDER BY number",
    )
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("list the ledger's origins")
}

/// Replaces the present origin: the entry `closed.entry_id` gets the first place of the new tree, every entry that had a
/// place comes behind it in the old order, and nothing is in tiles or signed yet. Answers how many had one; none where
/// the origin is not the present one any more. The transaction must hold the [lock](crate::ledger::lock).
///
/// # Errors
/// Where the database cannot.
pub async fn replace(tx: &mut Tx, closed: &Closed, origin: &str) -> Result<Option<u64>, StoreError> {
    let present = sqlx::query("UPDATE ledger_tree SET number = $1, origin = $2 WHERE number = $3")
        .bind(closed.replaced_by as i64)
        .bind(origin)
        .bind(closed.number as i64)
        .execute(&mut **tx)
        .await
        .doing("open an origin")?
        .rows_affected();
    if present == 0 {
        return Ok(None);
    }
    let moved = move_behind(tx, closed.entry_id).await?;
    sqlx::query("UPDATE ledger_tree SET sequenced = $1, integrated = 0, note = NULL")
        .bind(moved as i64 + 1)
        .execute(&mut **tx)
        .await
        .doing("open an origin")?;
    note(tx, closed).await?;
    Ok(Some(moved))
}

/// Gives one entry the first place, and the places behind it to those that had one. Places are unique at every row that
/// is changed, so they go by way of negative ones.
async fn move_behind(tx: &mut Tx, first: i64) -> Result<u64, StoreError> {
    let moved = sqlx::query(
        "UPDATE ledger_entries SET place = -old.rank_of_it FROM (SELECT id AS old_id, \
         row_number() OVER (ORDER BY place) AS rank_of_it FROM ledger_entries WHERE place IS NOT NULL) AS old \
         WHERE ledger_entries.id = old.old_id",
    )
    .execute(&mut **tx)
    .await
    .doing("move ledger entries")?
    .rows_affected();
    sqlx::query("UPDATE ledger_entries SET place = -place WHERE place < 0")
        .execute(&mut **tx)
        .await
        .doing("move ledger entries")?;
    sqlx::query("UPDATE ledger_entries SET place = 0 WHERE id = $1")
        .bind(first)
        .execute(&mut **tx)
        .await
        .doing("give a ledger entry its place")?;
    Ok(moved)
}

async fn note(tx: &mut Tx, closed: &Closed) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ledger_origins (number, origin, vkey, note, replaced_by, reason, entry_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(closed.number as i64)
    .bind(&closed.origin)
    .bind(&closed.vkey)
    .bind(&closed.note)
    .bind(closed.replaced_by as i64)
    .bind(&closed.reason)
    .bind(closed.entry_id)
    .execute(&mut **tx)
    .await
    .doing("note a closed origin")?;
    Ok(())
}
