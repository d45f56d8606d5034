//! What the audit says of every accepted row of calls, and whose outcomes are to be decided anew.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sight::{Columns, Sight};
use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// How many rows a statement writes.
const ROWS: usize = 200;
/// Where rights find what they ask about.
const COLUMNS: Columns<'static> =
    Columns { officer: Some("officer_id"), district: Some("district"), restricted: None, named: None };

/// What the audit says of a row of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The number of the row of calls.
    pub row_id: i64,
    /// Its line in its file.
    pub line: i64,
    /// The call.
    pub call_id: String,
    /// The officer.
    pub officer_id: String,
    /// The call's district, empty where the row names none.
    pub district: String,
    /// The officer's unit, likewise.
    pub unit: String,
    /// The call's type, likewise.
    pub call_type: String,
    /// When the duty to record began.
    pub begin_at: Option<i64>,
    /// When it ended.
    pub end_at: Option<i64>,
    /// The outcome.
    pub outcome: String,
    /// Why, empty where the outcome needs no reason.
    pub reason: String,
    /// The defects: JSON.
    pub defects: Option<String>,
    /// Microseconds on record.
    pub covered: Option<i64>,
    /// Microseconds in defects.
    pub uncovered: Option<i64>,
    /// Microseconds explained and not on record.
    pub excused: Option<i64>,
    /// Whether the officer's grace period was running.
    pub in_grace: Option<bool>,
    /// Whether people were told.
    pub notice: Option<String>,
    /// The officer's recordings that overlap: JSON.
    pub recordings: Option<String>,
    /// The rules that the outcome rests on.
    pub citation: Option<String>,
    /// The policy it was decided under.
    pub policy: String,
    /// That policy's version.
    pub policy_version: String,
    /// When it was decided.
    pub computed_at: i64,
    /// Stands for all of it but the moment of deciding.
    pub digest: String,
}

fn read(row: &AnyRow) -> Result<Outcome, sqlx::Error> {
    Ok(Outcome {
        row_id: row.try_get("row_id")?,
        line: row.try_get("line")?,
        call_id: row.try_get("call_id")?,
        officer_id: row.try_get("officer_id")?,
        district: row.try_get("district")?,
        unit: row.try_get("unit")?,
        call_type: row.try_get("call_type")?,
        begin_at: row.try_get("begin_at")?,
        end_at: row.try_get("end_at")?,
        outcome: row.try_get("outcome")?,
        reason: row.try_get("reason")?,
        defects: row.try_get("defects")?,
        covered: row.try_get("covered")?,
        uncovered: row.try_get("uncovered")?,
        excused: row.try_get("excused")?,
        in_grace: row.try_get::<Option<i64>, _>("in_grace")?.map(|grace| grace != 0),
        notice: row.try_get("notice")?,
        recordings: row.try_get("recordings")?,
        citation: row.try_get("citation")?,
        policy: row.try_get("policy")?,
        policy_version: row.try_get("policy_version")?,
        computed_at: row.try_get("computed_at")?,
        digest: row.try_get("digest")?,
    })
}

/// Which outcomes are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this call.
    pub call: Option<String>,
    /// Of this officer.
    pub officer: Option<String>,
    /// With this word.
    pub outcome: Option<String>,
    /// That end after this instant.
    pub from: Option<i64>,
    /// That begin before this instant.
    pub to: Option<i64>,
    /// After this row.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// Outcomes that may be seen, in the order in which their calls were taken in.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &Filter, sight: &Sight) -> Result<Vec<Outcome>, StoreError> {
    let mut sql = Sql::new("SELECT * FROM outcomes WHERE row_id > ");
    sql.bind(filter.after.unwrap_or(0));
    sight.push(&mut sql, COLUMNS);
    if let Some(call) = &filter.call {
        sql.push(" AND call_id = ").bind(call.clone());
    }
    if let Some(officer) = &filter.officer {
        sql.push(" AND officer_id = ").bind(officer.clone());
    }
    if let Some(outcome) = &filter.outcome {
        sql.push(" AND outcome = ").bind(outcome.clone());
    }
    if let Some(from) = filter.from {
        sql.push(" AND end_at > ").bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND begin_at < ").bind(to);
    }
    sql.push(" ORDER BY row_id LIMIT ").bind(i64::from(filter.limit));
    let rows = sql.rows(store, "list outcomes").await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing("list outcomes")
}

/// What is compared of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The number of the row of calls.
    pub row_id: i64,
    /// Stands for all of it but the moment of deciding.
    pub digest: String,
    /// When the duty to record began.
    pub begin_at: Option<i64>,
    /// When it ended.
    pub end_at: Option<i64>,
}

/// What is compared of every outcome of these officers.
///
/// # Errors
/// Where the database cannot.
pub async fn known(store: &Store, officers: &[String]) -> Result<Vec<Known>, StoreError> {
    let doing = "look up outcomes";
    let mut sql = Sql::new("SELECT row_id, digest, begin_at, end_at FROM outcomes WHERE officer_id IN ");
    sql.list(officers);
    let rows = sql.rows(store, doing).await?;
    let known = |row: &AnyRow| {
        Ok(Known {
            row_id: row.try_get(0)?,
            digest: row.try_get(1)?,
            begin_at: row.try_get(2)?,
            end_at: row.try_get(3)?,
        })
    };
    rows.iter().map(known).collect::<Result<_, _>>().doing(doing)
}

/// Writes outcomes, new ones and others that changed.
///
/// # Errors
/// Where the database cannot.
pub async fn write(tx: &mut Tx, outcomes: &[Outcome]) -> Result<(), StoreError> {
    for some in outcomes.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO outcomes (row_id, line, call_id, officer_id, begin_at, end_at, outcome, reason, defects, covered, \
             uncovered, excused, in_grace, notice, recordings, citation, policy, policy_version, computed_at, digest, district, \
             unit, call_type)",
        );
        for (at, new) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(new.row_id)
                .also(new.line)
                .also(new.call_id.clone())
                .also(new.officer_id.clone())
                .also(new.begin_at)
                .also(new.end_at)
                .also(new.outcome.clone())
                .also(new.reason.clone())
                .also(new.defects.clone())
                .also(new.covered)
                .also(new.uncovered)
                .also(new.excused)
                .also(new.in_grace.map(i64::from))
                .also(new.notice.clone())
                .also(new.recordings.clone())
                .also(new.citation.clone())
                .also(new.policy.clone())
                .also(new.policy_version.clone())
                .also(new.computed_at)
                .also(new.digest.clone())
                .also(new.district.clone())
                .also(new.unit.clone())
                .also(new.call_type.clone())
                .push(")");
        }
        sql.push(
            " ON CONFLICT (row_id) DO UPDATE SET begin_at = excluded.begin_at, end_at = excluded.end_at, \
             outcome = excluded.outcome, reason = excluded.reason, defects = excluded.defects, covered = excluded.covered, \
             uncovered = excluded.uncovered, excused = excluded.excused, in_grace = excluded.in_grace, \
             notice = excluded.notice, recordings = excluded.recordings, citation = excluded.citation, \
             policy = excluded.policy, policy_version = excluded.policy_version, computed_at = excluded.computed_at, \
             digest = excluded.digest, district = excluded.district, unit = excluded.unit, call_type = excluded.call_type",
        );
        sql.run(tx, "write outcomes").await?;
    }
    Ok(())
}

/// Deletes the outcomes of these rows of calls.
///
/// # Errors
/// Where the database cannot.
pub async fn delete(tx: &mut Tx, rows: &[i64]) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query("DELETE FROM outcomes WHERE row_id = $1")
            .bind(*row)
            .execute(&mut **tx)
            .await
            .doing("delete an outcome")?;
    }
    Ok(())
}

/// Officers with an outcome that ends after one instant, or begins before another.
///
/// # Errors
/// Where the database cannot.
pub async fn officers_beyond(
    store: &Store,
    ends_after: i64,
    begins_before: i64,
) -> Result<Vec<String>, StoreError> {
    sqlx::query(
        "SELECT officer_id FROM outcomes WHERE end_at > $1 UNION SELECT officer_id FROM outcomes WHERE begin_at < $2",
    )
    .bind(ends_after)
    .bind(begins_before)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    .doing("look for outcomes at the window's edges")
}

/// Marks officers: their outcomes are to be decided anew.
///
/// # Errors
/// Where the database cannot.
pub async fn mark(tx: &mut Tx, officers: &BTreeSet<String>) -> Result<(), StoreError> {
    let officers: Vec<&String> = officers.iter().collect();
    for some in officers.chunks(ROWS) {
        let mut sql = Sql::new("INSERT INTO outcomes_due (officer_id, marks)");
        for (at, officer) in some.iter().enumerate() {
            sql.next_row(at == 0).bind((*officer).clone()).push(", 1)");
        }
        sql.push(" ON CONFLICT (officer_id) DO UPDATE SET marks = outcomes_due.marks + 1");
        sql.run(tx, "mark outcomes").await?;
    }
    Ok(())
}

/// Marks everybody with a call who stands on a row with this officer or this camera.
///
/// # Errors
/// Where the database cannot.
pub async fn mark_related(
    tx: &mut Tx,
    officer: Option<&str>,
    camera: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outcomes_due (officer_id, marks) SELECT DISTINCT officer_id, CAST(1 AS BIGINT) FROM import_rows \
         WHERE officer_id IS NOT NULL AND (officer_id = $1 OR camera_serial = $2) \
         ON CONFLICT (officer_id) DO UPDATE SET marks = outcomes_due.marks + 1",
    )
    .bind(officer)
    .bind(camera)
    .execute(&mut **tx)
    .await
    .doing("mark outcomes")?;
    Ok(())
}

/// Some officers who are marked, with their marks.
///
/// # Errors
/// Where the database cannot.
pub async fn due(store: &Store, most: u32) -> Result<Vec<(String, i64)>, StoreError> {
    sqlx::query("SELECT officer_id, marks FROM outcomes_due ORDER BY officer_id LIMIT $1")
        .bind(i64::from(most))
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect())
        .doing("look for marked outcomes")
}

/// How many officers are marked.
///
/// # Errors
/// Where the database cannot.
pub async fn count_due(store: &Store) -> Result<i64, StoreError> {
    sqlx::query("SELECT COUNT(*) FROM outcomes_due")
        .fetch_one(store.reader())
        .await
        .and_then(|row| row.try_get(0))
        .doing("count marked outcomes")
}

/// Takes marks away, unless new ones came meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn unmark(tx: &mut Tx, seen: &[(String, i64)]) -> Result<(), StoreError> {
    let mut by_marks: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (officer, marks) in seen {
        by_marks.entry(*marks).or_default().push(officer.clone());
    }
    for (marks, officers) in by_marks {
        let mut sql = Sql::new("DELETE FROM outcomes_due WHERE marks = ");
        sql.bind(marks).push(" AND officer_id IN ").list(&officers);
        sql.run(tx, "unmark outcomes").await?;
    }
    Ok(())
}

/// The outcomes of some calls, whoever may see them.
///
/// # Errors
/// Where the database cannot.
pub async fn of_calls(store: &Store, calls: &[String]) -> Result<Vec<Outcome>, StoreError> {
    let doing = "look up the outcomes of calls";
    let mut found = Vec::new();
    for some in calls.chunks(ROWS) {
        let mut sql = Sql::new("SELECT * FROM outcomes WHERE call_id IN ");
        sql.list(some).push(" ORDER BY call_id, begin_at, row_id");
        for row in &sql.rows(store, doing).await? {
            found.push(read(row).doing(doing)?);
        }
    }
    Ok(found)
}

/// The outcomes of an officer that overlap a time, whoever may see them.
///
/// # Errors
/// Where the database cannot.
pub async fn overlapping(
    store: &Store,
    officer: &str,
    from: i64,
    to: i64,
) -> Result<Vec<Outcome>, StoreError> {
    sqlx::query(
        "SELECT * FROM outcomes WHERE officer_id = $1 AND begin_at < $3 AND end_at > $2 ORDER BY begin_at, row_id",
    )
    .bind(officer)
    .bind(from)
    .bind(to)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("look up an officer's outcomes")
}

/// The outcomes that these recordings show something of, each with its recording, in order of their begin.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recordings(store: &Store, ids: &[String]) -> Result<Vec<(String, Outcome)>, StoreError> {
    let doing = "look up what recordings show";
    let mut found = Vec::new();
    for some in ids.chunks(ROWS) {
        let mut sql = Sql::new(
            "SELECT r.id AS shown_by, o.* FROM recordings r JOIN outcomes o ON o.officer_id = r.officer_id \
             AND o.begin_at < COALESCE(r.stopped_at, COALESCE(r.activated_at, r.started_at) + 1) \
             AND o.end_at > COALESCE(r.activated_at, r.started_at) WHERE r.id IN ",
        );
        sql.list(some).push(" ORDER BY o.begin_at, o.row_id");
        for row in &sql.rows(store, doing).await? {
            found.push((row.try_get("shown_by").doing(doing)?, read(row).doing(doing)?));
        }
    }
    Ok(found)
}

/// Which outcomes figures are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of duties that begin at or after this instant.
    pub from: Option<i64>,
    /// Of duties that begin before this instant.
    pub to: Option<i64>,
    /// In one of these districts; none for all.
    pub districts: Option<Vec<String>>,
    /// Of this officer.
    pub officer: Option<String>,
    /// Of calls of this type.
    pub call_type: Option<String>,
}

fn select(columns: &str, selection: &Selection) -> Sql {
    let mut sql = Sql::new(&format!("SELECT {columns} FROM outcomes WHERE 1 = 1"));
    if let Some(from) = selection.from {
        sql.push(" AND begin_at >= ").bind(from);
    }
    if let Some(to) = selection.to {
        sql.push(" AND begin_at < ").bind(to);
    }
    match &selection.districts {
        Some(districts) if districts.is_empty() => {
            sql.push(" AND 1 = 0");
        }
        Some(districts) => {
            sql.push(" AND district IN ").list(districts);
        }
        None => {}
    }
    if let Some(officer) = &selection.officer {
        sql.push(" AND officer_id = ").bind(officer.clone());
    }
    if let Some(call_type) = &selection.call_type {
        sql.push(" AND call_type = ").bind(call_type.clone());
    }
    sql
}

/// Counts a selection, up to `most`.
///
/// # Errors
/// Where the database cannot.
pub async fn count(store: &Store, selection: &Selection, most: i64) -> Result<i64, StoreError> {
    let mut sql = select("1 AS one", selection);
    sql.wrap("SELECT COUNT(*) FROM (").push(" LIMIT ").bind(most).push(") counted");
    let rows = sql.rows(store, "count outcomes").await?;
    rows.first().map_or(Ok(0), |row| row.try_get(0)).doing("count outcomes")
}

/// All of a small selection, in the order of their rows. The database does not order them: it would walk through every
/// outcome that there is for a few.
///
/// # Errors
/// Where the database cannot.
pub async fn all_selected(store: &Store, selection: &Selection) -> Result<Vec<Outcome>, StoreError> {
    let rows = select("*", selection).rows(store, "read outcomes").await?;
    let mut found: Vec<Outcome> = rows.iter().map(read).collect::<Result<_, _>>().doing("read outcomes")?;
    found.sort_by_key(|outcome| outcome.row_id);
    Ok(found)
}

/// Some of a large selection, those after a row, in the order of their rows.
///
/// # Errors
/// Where the database cannot.
pub async fn selected(
    store: &Store,
    selection: &Selection,
    after: i64,
    most: u32,
) -> Result<Vec<Outcome>, StoreError> {
    let mut sql = select("*", selection);
    sql.push(" AND row_id > ").bind(after);
    sql.push(" ORDER BY row_id LIMIT ").bind(i64::from(most));
    let rows = sql.rows(store, "read outcomes").await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing("read outcomes")
}
