//! Cases: recordings and other media under a number, with notes and the people that they are for.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::search::{Found, count};
use crate::sight::{Columns, Sight};
use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Its number, as the agency counts.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// `open` or `closed`.
    pub state: String,
    /// What it is about.
    pub description: String,
    /// Who opened it.
    pub created_by: String,
    /// When.
    pub created_at: i64,
    /// When it was changed last.
    pub changed_at: i64,
}

/// A note on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNote {
    /// Its id.
    pub id: String,
    /// Its words.
    pub text: String,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub created_at: i64,
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// `open` or `closed`.
    pub state: Option<String>,
    /// With this text in number or title.
    pub text: Option<String>,
    /// After this one (when it was changed, and its id).
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: u32,
}

/// Where rights find what they ask about.
const COLUMNS: Columns<'static> = Columns {
    officer: None,
    district: None,
    restricted: None,
    named: Some(("EXISTS (SELECT 1 FROM case_people cp WHERE cp.case_id = r.id AND cp.person_id = ", ")")),
};

fn read(row: &AnyRow) -> Result<Case, sqlx::Error> {
    Ok(Case {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        title: row.try_get("title")?,
        state: row.try_get("state")?,
        description: row.try_get("description")?,
        created_by: row.try_get("created_by")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

/// Opens a case.
///
/// # Errors
/// Where the database cannot, or where its number is taken.
pub async fn add(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cases (id, number, title, state, description, created_by, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&case.id)
    .bind(&case.number)
    .bind(&case.title)
    .bind(&case.state)
    .bind(&case.description)
    .bind(&case.created_by)
    .bind(case.created_at)
    .bind(case.changed_at)
    .execute(&mut **tx)
    .await
    .doing("open a case")?;
    Ok(())
}

/// Writes title, state and description of a case, and when it was changed.
///
/// # Errors
/// Where the database cannot.
pub async fn update(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    sqlx::query("UPDATE cases SET title = $2, state = $3, description = $4, changed_at = $5 WHERE id = $1")
        .bind(&case.id)
        .bind(&case.title)
        .bind(&case.state)
        .bind(&case.description)
        .bind(case.changed_at)
        .execute(&mut **tx)
        .await
        .doing("write a case")?;
    Ok(())
}

/// A case by its id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Case>, StoreError> {
    sqlx::query("SELECT * FROM cases WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a case")
}

/// A case by its number.
///
/// # Errors
/// Where the database cannot.
pub async fn with_number(store: &Store, number: &str) -> Result<Option<Case>, StoreError> {
    sqlx::query("SELECT * FROM cases WHERE number = $1")
        .bind(number)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a case")
}

fn query(columns: &str, filter: &CaseFilter, sight: &Sight) -> Sql {
    let mut sql = Sql::new(&format!("SELECT {columns} FROM cases r WHERE 1 = 1"));
    if let Some(state) = &filter.state {
        sql.push(" AND r.state = ").bind(state.clone());
    }
    if let Some(text) = &filter.text {
        let text: String = text.to_lowercase().chars().filter(|it| !matches!(it, '%' | '_' | '\\')).collect();
        sql.push(" AND (LOWER(r.number) LIKE ").bind(format!("{text}%"));
        sql.push(" OR LOWER(r.title) LIKE ").bind(format!("%{text}%")).push(")");
    }
    sight.push(&mut sql, COLUMNS);
    sql
}

/// A page of the cases that may be seen, those first that were changed last.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &CaseFilter, sight: &Sight) -> Result<Found<Case>, StoreError> {
    let total = count(store, |columns| query(columns, filter, sight), "count cases").await?;
    let mut sql = query("r.*", filter, sight);
    if let Some((at, id)) = &filter.after {
        sql.push(" AND (r.changed_at, r.id) < (").bind(*at).also(id.clone()).push(")");
    }
    sql.push(" ORDER BY r.changed_at DESC, r.id DESC LIMIT ").bind(i64::from(filter.limit));
    let rows = sql.rows(store, "list cases").await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>().doing("list cases")?;
    Ok(Found { items, total })
}

/// The cases that a recording is in, as far as they may be seen.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recording(store: &Store, recording: &str, sight: &Sight) -> Result<Vec<Case>, StoreError> {
    let mut sql = Sql::new(
        "SELECT r.* FROM case_recordings x JOIN cases r ON r.id = x.case_id WHERE x.recording_id = ",
    );
    sql.bind(recording.to_owned());
    sight.push(&mut sql, COLUMNS);
    sql.push(" ORDER BY r.number");
    let rows = sql.rows(store, "look up a recording's cases").await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing("look up a recording's cases")
}

/// The recordings of a case, in the order in which they were added.
///
/// # Errors
/// Where the database cannot.
pub async fn recordings(store: &Store, case: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query(
        "SELECT recording_id FROM case_recordings WHERE case_id = $1 ORDER BY created_at, recording_id",
    )
    .bind(case)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    .doing("list a case's recordings")
}

/// Puts a recording into a case; false where it is in it.
///
/// # Errors
/// Where the database cannot.
pub async fn add_recording(
    tx: &mut Tx,
    case: &str,
    recording: &str,
    actor: &str,
    now: i64,
) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO case_recordings (case_id, recording_id, actor, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (case_id, recording_id) DO NOTHING",
    )
    .bind(case)
    .bind(recording)
    .bind(actor)
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("put a recording into a case")
}

/// Takes a recording out of a case; false where it is not in it.
///
/// # Errors
/// Where the database cannot.
pub async fn remove_recording(tx: &mut Tx, case: &str, recording: &str) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM case_recordings WHERE case_id = $1 AND recording_id = $2")
        .bind(case)
        .bind(recording)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("take a recording out of a case")
}

/// Writes a note on a case.
///
/// # Errors
/// Where the database cannot.
pub async fn add_note(tx: &mut Tx, case: &str, note: &CaseNote) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO case_notes (id, case_id, text, actor, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&note.id)
        .bind(case)
        .bind(&note.text)
        .bind(&note.actor)
        .bind(note.created_at)
        .execute(&mut **tx)
        .await
        .doing("write a note on a case")?;
    Ok(())
}

/// The notes on a case, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn notes(store: &Store, case: &str) -> Result<Vec<CaseNote>, StoreError> {
    let read = |row: &AnyRow| {
        Ok(CaseNote {
            id: row.try_get("id")?,
            text: row.try_get("text")?,
            actor: row.try_get("actor")?,
            created_at: row.try_get("created_at")?,
        })
    };
    sqlx::query(
        "SELECT id, text, actor, created_at FROM case_notes WHERE case_id = $1 ORDER BY created_at, id",
    )
    .bind(case)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("list a case's notes")
}

/// The people that a case names, by id.
///
/// # Errors
/// Where the database cannot.
pub async fn people(store: &Store, case: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT person_id FROM case_people WHERE case_id = $1 ORDER BY person_id")
        .bind(case)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
        .doing("list the people of a case")
}

/// Writes which people a case names.
///
/// # Errors
/// Where the database cannot.
pub async fn set_people(tx: &mut Tx, case: &str, people: &[String]) -> Result<(), StoreError> {
    let doing = "write the people of a case";
    sqlx::query("DELETE FROM case_people WHERE case_id = $1")
        .bind(case)
        .execute(&mut **tx)
        .await
        .doing(doing)?;
    for person in people {
        sqlx::query(
            "INSERT INTO case_people (case_id, person_id) VALUES ($1, $2) ON CONFLICT (case_id, person_id) DO NOTHING",
        )
        .bind(case)
        .bind(person)
        .execute(&mut **tx)
        .await
        .doing(doing)?;
    }
    Ok(())
}
