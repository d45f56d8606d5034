//! What lies on somebody's desk: notifications and saved searches.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// Something that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: String,
    /// For whom.
    pub person_id: String,
    /// `account_pending`, `account_decided`, …
    pub kind: String,
    /// What it is about, as a path of the pages.
    pub subject: String,
    /// In a sentence, without evidence.
    pub text: String,
    /// When.
    pub created_at: i64,
    /// When it was read.
    pub read_at: Option<i64>,
}

/// A search that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// `evidence`, `calls`, `audit` or `cases`.
    pub page: String,
    /// The query of the page's address.
    pub query: String,
    /// When it was saved.
    pub created_at: i64,
}

/// Tells somebody something, once.
///
/// # Errors
/// Where the database cannot.
pub async fn notify(tx: &mut Tx, new: &Notification) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO notifications (id, person_id, kind, subject, text, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (person_id, kind, subject) DO UPDATE SET text = $5, created_at = $6, read_at = NULL, \
         mailed_at = NULL",
    )
    .bind(&new.id)
    .bind(&new.person_id)
    .bind(&new.kind)
    .bind(&new.subject)
    .bind(&new.text)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("notify somebody")?;
    Ok(())
}

/// The newest notifications of somebody, at most 100.
///
/// # Errors
/// Where the database cannot.
pub async fn notifications(store: &Store, person: &str) -> Result<Vec<Notification>, StoreError> {
    sqlx::query("SELECT * FROM notifications WHERE person_id = $1 ORDER BY created_at DESC, id LIMIT 100")
        .bind(person)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(notification).collect())
        .doing("list notifications")
}

fn notification(row: &AnyRow) -> Result<Notification, sqlx::Error> {
    Ok(Notification {
        id: row.try_get("id")?,
        person_id: row.try_get("person_id")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        text: row.try_get("text")?,
        created_at: row.try_get("created_at")?,
        read_at: row.try_get("read_at")?,
    })
}

/// What somebody was neither mailed nor has read, the oldest first, at most 100.
///
/// # Errors
/// Where the database cannot.
pub async fn not_mailed(store: &Store, person: &str) -> Result<Vec<Notification>, StoreError> {
    sqlx::query(
        "SELECT * FROM notifications WHERE person_id = $1 AND mailed_at IS NULL AND read_at IS NULL \
         ORDER BY created_at, id LIMIT 100",
    )
    .bind(person)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(notification).collect())
    .doing("look for mail to be sent")
}

/// Somebody was mailed this, unless they were told it anew meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn mailed(tx: &mut Tx, it: &Notification, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE notifications SET mailed_at = $3 WHERE id = $1 AND created_at = $2")
        .bind(&it.id)
        .bind(it.created_at)
        .bind(now)
        .execute(&mut **tx)
        .await
        .doing("note what was mailed")?;
    Ok(())
}

/// Somebody has read a notification; false where it is not theirs.
///
/// # Errors
/// Where the database cannot.
pub async fn read(tx: &mut Tx, person: &str, id: &str, now: i64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE notifications SET read_at = COALESCE(read_at, $3) WHERE person_id = $1 AND id = $2")
        .bind(person)
        .bind(id)
        .bind(now)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("read a notification")
}

/// Keeps a search.
///
/// # Errors
/// Where the database cannot.
pub async fn save(tx: &mut Tx, person: &str, search: &SavedSearch) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO saved_searches (id, person_id, title, page, query, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&search.id)
    .bind(person)
    .bind(&search.title)
    .bind(&search.page)
    .bind(&search.query)
    .bind(search.created_at)
    .execute(&mut **tx)
    .await
    .doing("save a search")?;
    Ok(())
}

/// The searches that somebody keeps, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn saved(store: &Store, person: &str) -> Result<Vec<SavedSearch>, StoreError> {
    let read = |row: &AnyRow| {
        Ok(SavedSearch {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            page: row.try_get("page")?,
            query: row.try_get("query")?,
            created_at: row.try_get("created_at")?,
        })
    };
    sqlx::query("SELECT * FROM saved_searches WHERE person_id = $1 ORDER BY created_at, id LIMIT 200")
        .bind(person)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list saved searches")
}

/// Forgets a search; false where it is not theirs.
///
/// # Errors
/// Where the database cannot.
pub async fn forget(tx: &mut Tx, person: &str, id: &str) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM saved_searches WHERE person_id = $1 AND id = $2")
        .bind(person)
        .bind(id)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("forget a search")
}

/// How much there is: recordings, sealed clips, their bytes, calls.
///
/// # Errors
/// Where the database cannot.
pub async fn holdings(store: &Store) -> Result<[i64; 4], StoreError> {
    sqlx::query(
        "SELECT (SELECT COUNT(*) FROM recordings), (SELECT COUNT(*) FROM clips WHERE sealed_at IS NOT NULL), \
         (SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM clips WHERE sealed_at IS NOT NULL), \
         (SELECT COUNT(*) FROM calls)",
    )
    .fetch_one(store.reader())
    .await
    .and_then(|row| Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?]))
    .doing("count what there is")
}

/// Jobs that failed for good: kind, subject and why; at most 50.
///
/// # Errors
/// Where the database cannot.
pub async fn failed_jobs(store: &Store) -> Result<Vec<(String, String, String)>, StoreError> {
    sqlx::query("SELECT kind, subject, COALESCE(failure, '') FROM jobs WHERE state = 'failed' ORDER BY id DESC LIMIT 50")
        .fetch_all(store.reader())
        .await
        .and_then(|rows| {
            rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
        })
        .doing("list failed jobs")
}
