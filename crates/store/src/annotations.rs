//! What people say of recordings: categories, notes, markers, corrections and holds. Nothing here overwrites what a
//! source said, and what was taken back stays.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// A category that recordings are put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id: small letters, digits and `_`.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Whether it is no longer given.
    pub retired: bool,
}

/// A note or a marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Its id.
    pub id: String,
    /// Its recording.
    pub recording_id: String,
    /// `note` or `marker`.
    pub kind: String,
    /// Of a marker: microseconds after the first frame.
    pub at_us: Option<i64>,
    /// Its words.
    pub text: String,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub created_at: i64,
}

/// What was wrong about a recording, and what is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its id.
    pub id: String,
    /// Its recording.
    pub recording_id: String,
    /// `officer`, `camera` or `accidental`.
    pub kind: String,
    /// What stood there.
    pub before: Option<String>,
    /// What is right.
    pub after: Option<String>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub actor: String,
    /// When.
    pub created_at: i64,
}

/// A ban on destruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// Its recording.
    pub recording_id: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself.
    pub until: Option<i64>,
    /// The case for which it stands.
    pub case_id: Option<String>,
    /// Who set it.
    pub actor: String,
    /// When.
    pub created_at: i64,
    /// When it was lifted.
    pub lifted_at: Option<i64>,
    /// By whom.
    pub lifted_by: Option<String>,
}

/// Every category, in the agency's order.
///
/// # Errors
/// Where the database cannot.
pub async fn categories(store: &Store) -> Result<Vec<Category>, StoreError> {
    sqlx::query("SELECT id, title, retired FROM categories ORDER BY place, id")
        .fetch_all(store.reader())
        .await
        .and_then(|rows| {
            let read = |row: &AnyRow| {
                Ok(Category {
                    id: row.try_get("id")?,
                    title: row.try_get("title")?,
                    retired: row.try_get::<i64, _>("retired")? != 0,
                })
            };
            rows.iter().map(read).collect()
        })
        .doing("list categories")
}

/// Writes the agency's categories; those that are left out are retired.
///
/// # Errors
/// Where the database cannot.
pub async fn set_categories(tx: &mut Tx, categories: &[(String, String)]) -> Result<(), StoreError> {
    let doing = "write categories";
    sqlx::query("UPDATE categories SET retired = 1").execute(&mut **tx).await.doing(doing)?;
    for (place, (id, title)) in (1_i64..).zip(categories) {
        sqlx::query(
            "INSERT INTO categories (id, title, place, retired) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (id) DO UPDATE SET title = $2, place = $3, retired = 0",
        )
        .bind(id)
        .bind(title)
        .bind(place)
        .execute(&mut **tx)
        .await
        .doing(doing)?;
    }
    Ok(())
}

/// Which categories these recordings are in: recording and category.
///
/// # Errors
/// Where the database cannot.
pub async fn categories_of(
    store: &Store,
    recordings: &[String],
) -> Result<Vec<(String, String)>, StoreError> {
    let doing = "look up categories";
    let mut found = Vec::new();
    for some in recordings.chunks(500) {
        let mut sql =
            Sql::new("SELECT recording_id, category FROM recording_categories WHERE recording_id IN ");
        sql.list(some).push(" ORDER BY recording_id, category");
        for row in &sql.rows(store, doing).await? {
            found.push((row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?));
        }
    }
    Ok(found)
}

/// Puts a recording into a category; false where it is in it.
///
/// # Errors
/// Where the database cannot.
pub async fn categorise(
    tx: &mut Tx,
    recording: &str,
    category: &str,
    actor: &str,
    now: i64,
) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO recording_categories (recording_id, category, actor, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (recording_id, category) DO NOTHING",
    )
    .bind(recording)
    .bind(category)
    .bind(actor)
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("categorise a recording")
}

/// Takes a recording out of a category; false where it is not in it.
///
/// # Errors
/// Where the database cannot.
pub async fn uncategorise(tx: &mut Tx, recording: &str, category: &str) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM recording_categories WHERE recording_id = $1 AND category = $2")
        .bind(recording)
        .bind(category)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("categorise a recording")
}

/// Adds a note or a marker.
///
/// # Errors
/// Where the database cannot.
pub async fn annotate(tx: &mut Tx, new: &Annotation) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO annotations (id, recording_id, kind, at_us, text, actor, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&new.id)
    .bind(&new.recording_id)
    .bind(&new.kind)
    .bind(new.at_us)
    .bind(&new.text)
    .bind(&new.actor)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("annotate a recording")?;
    Ok(())
}

/// Takes a marker of a recording back; false where there is none.
///
/// # Errors
/// Where the database cannot.
pub async fn remove_marker(tx: &mut Tx, recording: &str, id: &str, now: i64) -> Result<bool, StoreError> {
    sqlx::query(
        "UPDATE annotations SET removed_at = $3 WHERE id = $2 AND recording_id = $1 AND kind = 'marker' \
         AND removed_at IS NULL",
    )
    .bind(recording)
    .bind(id)
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("remove a marker")
}

/// The notes and markers of recordings, in the order in which they were written.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recordings(store: &Store, recordings: &[String]) -> Result<Vec<Annotation>, StoreError> {
    let doing = "look up annotations";
    let mut found = Vec::new();
    for some in recordings.chunks(500) {
        let mut sql = Sql::new(
            "SELECT id, recording_id, kind, at_us, text, actor, created_at FROM annotations \
             WHERE removed_at IS NULL AND recording_id IN ",
        );
        sql.list(some).push(" ORDER BY created_at, id");
        let read = |row: &AnyRow| {
            Ok(Annotation {
                id: row.try_get("id")?,
                recording_id: row.try_get("recording_id")?,
                kind: row.try_get("kind")?,
                at_us: row.try_get("at_us")?,
                text: row.try_get("text")?,
                actor: row.try_get("actor")?,
                created_at: row.try_get("created_at")?,
            })
        };
        for row in &sql.rows(store, doing).await? {
            found.push(read(row).doing(doing)?);
        }
    }
    Ok(found)
}

/// Keeps a correction.
///
/// # Errors
/// Where the database cannot.
pub async fn correct(tx: &mut Tx, new: &Correction) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO corrections (id, recording_id, kind, before, after, reason, actor, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&new.id)
    .bind(&new.recording_id)
    .bind(&new.kind)
    .bind(new.before.as_deref())
    .bind(new.after.as_deref())
    .bind(&new.reason)
    .bind(&new.actor)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("keep a correction")?;
    Ok(())
}

/// The corrections of a recording, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn corrections(store: &Store, recording: &str) -> Result<Vec<Correction>, StoreError> {
    let read = |row: &AnyRow| {
        Ok(Correction {
            id: row.try_get("id")?,
            recording_id: row.try_get("recording_id")?,
            kind: row.try_get("kind")?,
            before: row.try_get("before")?,
            after: row.try_get("after")?,
            reason: row.try_get("reason")?,
            actor: row.try_get("actor")?,
            created_at: row.try_get("created_at")?,
        })
    };
    sqlx::query("SELECT * FROM corrections WHERE recording_id = $1 ORDER BY created_at, id")
        .bind(recording)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("look up corrections")
}

/// Sets a hold.
///
/// # Errors
/// Where the database cannot.
pub async fn hold(tx: &mut Tx, new: &Hold) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO holds (id, recording_id, reason, until_at, case_id, actor, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&new.id)
    .bind(&new.recording_id)
    .bind(&new.reason)
    .bind(new.until)
    .bind(new.case_id.as_deref())
    .bind(&new.actor)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("set a hold")?;
    Ok(())
}

/// Lifts a hold of a recording; false where none stands. Holds of cases go with the case only.
///
/// # Errors
/// Where the database cannot.
pub async fn lift(tx: &mut Tx, recording: &str, id: &str, actor: &str, now: i64) -> Result<bool, StoreError> {
    sqlx::query(
        "UPDATE holds SET lifted_at = $3, lifted_by = $4 WHERE id = $2 AND recording_id = $1 AND lifted_at IS NULL \
         AND case_id IS NULL",
    )
    .bind(recording)
    .bind(id)
    .bind(now)
    .bind(actor)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("lift a hold")
}

/// Lifts the holds that a case has on a recording.
///
/// # Errors
/// Where the database cannot.
pub async fn lift_for_case(
    tx: &mut Tx,
    recording: &str,
    case_id: &str,
    actor: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE holds SET lifted_at = $3, lifted_by = $4 WHERE case_id = $2 AND recording_id = $1 AND lifted_at IS NULL",
    )
    .bind(recording)
    .bind(case_id)
    .bind(now)
    .bind(actor)
    .execute(&mut **tx)
    .await
    .doing("lift a case's hold")?;
    Ok(())
}

/// The holds of a recording, lifted ones too, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn holds(store: &Store, recording: &str) -> Result<Vec<Hold>, StoreError> {
    let read = |row: &AnyRow| {
        Ok(Hold {
            id: row.try_get("id")?,
            recording_id: row.try_get("recording_id")?,
            reason: row.try_get("reason")?,
            until: row.try_get("until_at")?,
            case_id: row.try_get("case_id")?,
            actor: row.try_get("actor")?,
            created_at: row.try_get("created_at")?,
            lifted_at: row.try_get("lifted_at")?,
            lifted_by: row.try_get("lifted_by")?,
        })
    };
    sqlx::query("SELECT * FROM holds WHERE recording_id = $1 ORDER BY created_at, id")
        .bind(recording)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("look up holds")
}
