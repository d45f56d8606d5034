//! Exchange files that were taken in, row by row, and the rows as the audit's evidence. A recording that was taken in
//! here stands among them as a row of recordings of its own.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::recordings::Recording;
use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// How many values a list in a statement has at most: both databases take many more, in all.
const LIST: usize = 500;
/// How many rows a statement inserts.
const ROWS: usize = 250;

/// An exchange file that is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: String,
    /// Its kind: `calls`, `recordings`, …
    pub kind: String,
    /// The SHA-256 of the file as received, lower-case hex.
    pub sha256: String,
    /// Bytes of the file as received.
    pub size: i64,
    /// Who brought it: a token's id.
    pub principal: String,
    /// When.
    pub created_at: i64,
}

/// What became of the rows of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the file.
    pub read: i64,
    /// Rows that the audit uses.
    pub accepted: i64,
    /// Rows that it does not.
    pub rejected: i64,
    /// Rows that stood earlier, in this file or in another.
    pub duplicate: i64,
}

/// A row to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRow {
    /// The line on which it begins.
    pub line: i64,
    /// What tells it apart: the SHA-256 of kind and values.
    pub content: Vec<u8>,
    /// Its values, as JSON.
    pub data: String,
    /// The officer it names.
    pub officer_id: Option<String>,
    /// The camera it names.
    pub camera_serial: Option<String>,
    /// The call it names.
    pub call_id: Option<String>,
    /// The recording it names.
    pub recording_id: Option<String>,
    /// Its earliest readable time.
    pub from_at: Option<i64>,
    /// Its latest readable time.
    pub to_at: Option<i64>,
    /// Whether the audit uses it.
    pub accepted: bool,
}

/// A kept row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number: rows of a kind are in the order of their numbers.
    pub id: i64,
    /// The kind of its file.
    pub kind: String,
    /// Its import; none where it stands for a recording that was taken in here.
    pub import_id: Option<String>,
    /// That recording.
    pub own_id: Option<String>,
    /// Its line in the import's file.
    pub line: i64,
    /// Its values, as JSON.
    pub data: String,
    /// The officer it names.
    pub officer_id: Option<String>,
    /// The camera it names.
    pub camera_serial: Option<String>,
    /// The call it names.
    pub call_id: Option<String>,
    /// The recording it names.
    pub recording_id: Option<String>,
    /// Its earliest readable time; of an accepted recording, where it lets the window of the recordings begin.
    pub from_at: Option<i64>,
    /// Its latest readable time; of an accepted recording, where it lets the window end.
    pub to_at: Option<i64>,
    /// Whether the audit uses it.
    pub accepted: bool,
}

fn read(row: &AnyRow) -> Result<Row, sqlx::Error> {
    Ok(Row {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        import_id: row.try_get("import_id")?,
        own_id: row.try_get("own_id")?,
        line: row.try_get("line")?,
        data: row.try_get("data")?,
        officer_id: row.try_get("officer_id")?,
        camera_serial: row.try_get("camera_serial")?,
        call_id: row.try_get("call_id")?,
        recording_id: row.try_get("recording_id")?,
        from_at: row.try_get("from_at")?,
        to_at: row.try_get("to_at")?,
        accepted: row.try_get::<i64, _>("accepted")? != 0,
    })
}

const COLUMNS: &str = "id, kind, import_id, own_id, line, data, officer_id, camera_serial, call_id, recording_id, from_at, \
                       to_at, accepted";

/// Reads texts, some of the values at a time: `begin` ends with `IN`, `end` is what stands behind the list.
async fn texts(store: &Store, begin: &str, values: &[String], end: &str) -> Result<Vec<String>, StoreError> {
    let doing = "look up the audit's rows";
    let mut found = Vec::new();
    for some in values.chunks(LIST) {
        let mut sql = Sql::new(begin);
        sql.list(some).push(end);
        for row in sql.rows(store, doing).await? {
            found.push(row.try_get(0).doing(doing)?);
        }
    }
    Ok(found)
}

/// Reads rows, some of the values at a time: `condition` ends with `IN`.
async fn rows(store: &Store, condition: &str, values: &[String]) -> Result<Vec<Row>, StoreError> {
    let doing = "read the audit's rows";
    let mut found = Vec::new();
    for some in values.chunks(LIST) {
        let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM import_rows WHERE {condition} "));
        sql.list(some);
        for row in &sql.rows(store, doing).await? {
            found.push(read(row).doing(doing)?);
        }
    }
    Ok(found)
}

/// Takes the right to write or use rows for as long as a transaction lasts, away from other nodes. SQLite has one
/// node, which must see to this itself.
///
/// # Errors
/// Where the database cannot.
pub async fn lock(store: &Store) -> Result<Option<Tx>, StoreError> {
    match store.dialect() {
        crate::Dialect::Sqlite => Ok(None),
        crate::Dialect::Postgres => {
            let mut tx = store.begin().await?;
            // 0x6f6e7265 = "onre"; 2 stands for the audit's rows.
            sqlx::query("SELECT CAST(pg_advisory_xact_lock(1869509221, 2) AS TEXT)")
                .execute(&mut *tx)
                .await
                .doing("lock the audit's rows")?;
            Ok(Some(tx))
        }
    }
}

/// Notes that an import has begun.
///
/// # Errors
/// Where the database cannot.
pub async fn begin(tx: &mut Tx, import: &Import) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO imports (id, kind, sha256, size, principal, state, rows_read, rows_accepted, rows_rejected, \
         rows_duplicate, created_at) VALUES ($1, $2, $3, $4, $5, 'begun', 0, 0, 0, 0, $6)",
    )
    .bind(&import.id)
    .bind(&import.kind)
    .bind(&import.sha256)
    .bind(import.size)
    .bind(&import.principal)
    .bind(import.created_at)
    .execute(&mut **tx)
    .await
    .doing("begin an import")?;
    Ok(())
}

/// Adds rows; those that stand there already are dropped. Answers the lines of the others.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, import: &Import, new: &[NewRow]) -> Result<Vec<i64>, StoreError> {
    let doing = "keep imported rows";
    let mut lines = Vec::with_capacity(new.len());
    for some in new.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO import_rows (kind, import_id, line, content, data, officer_id, camera_serial, call_id, \
             recording_id, from_at, to_at, accepted, settled)",
        );
        for (at, new) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(import.kind.clone())
                .also(import.id.clone())
                .also(new.line)
                .also(new.content.clone())
                .also(new.data.clone())
                .also(new.officer_id.clone())
                .also(new.camera_serial.clone())
                .also(new.call_id.clone())
                .also(new.recording_id.clone())
                .also(new.from_at)
                .also(new.to_at)
                .also(i64::from(new.accepted))
                .push(", 0)");
        }
        sql.push(" ON CONFLICT (content) DO NOTHING");
        if sql.run(tx, doing).await? == some.len() as u64 {
            lines.extend(some.iter().map(|new| new.line));
        } else {
            lines.extend(lines_of(tx, import, some).await?);
        }
    }
    Ok(lines)
}

/// Of these rows the lines of those that did not stand there before.
async fn lines_of(tx: &mut Tx, import: &Import, rows: &[NewRow]) -> Result<Vec<i64>, StoreError> {
    let doing = "look up imported rows";
    let mut sql = Sql::new("SELECT line FROM import_rows WHERE import_id = ");
    sql.bind(import.id.clone()).push(" AND content IN (");
    for (at, row) in rows.iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).bind(row.content.clone());
    }
    sql.push(")");
    let found = sql.rows_in(tx, doing).await?;
    let mut lines = found.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>().doing(doing)?;
    // The same row may stand further up in the same file.
    lines.retain(|line| rows.iter().any(|row| row.line == *line));
    Ok(lines)
}

/// Notes what became of an import's rows: it is done.
///
/// # Errors
/// Where the database cannot.
pub async fn finish(tx: &mut Tx, id: &str, counts: Counts) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE imports SET state = 'done', rows_read = $2, rows_accepted = $3, rows_rejected = $4, rows_duplicate = $5 \
         WHERE id = $1",
    )
    .bind(id)
    .bind(counts.read)
    .bind(counts.accepted)
    .bind(counts.rejected)
    .bind(counts.duplicate)
    .execute(&mut **tx)
    .await
    .doing("finish an import")?;
    Ok(())
}

/// Imports that were begun and never finished.
///
/// # Errors
/// Where the database cannot.
pub async fn unfinished(store: &Store) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT id FROM imports WHERE state = 'begun'")
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
        .doing("look for unfinished imports")
}

/// Forgets some rows of an import that was never finished; answers how many. Where none is left the import is
/// forgotten too.
///
/// # Errors
/// Where the database cannot.
pub async fn forget(tx: &mut Tx, id: &str, most: u32) -> Result<u64, StoreError> {
    let forgotten = sqlx::query(
        "DELETE FROM import_rows WHERE id IN (SELECT id FROM import_rows WHERE import_id = $1 ORDER BY id LIMIT $2)",
    )
    .bind(id)
    .bind(i64::from(most))
    .execute(&mut **tx)
    .await
    .doing("forget an unfinished import")?
    .rows_affected();
    if forgotten == 0 {
        sqlx::query("DELETE FROM imports WHERE id = $1 AND state = 'begun'")
            .bind(id)
            .execute(&mut **tx)
            .await
            .doing("forget an unfinished import")?;
    }
    Ok(forgotten)
}

/// Whether a file of a kind was ever taken in.
///
/// # Errors
/// Where the database cannot.
pub async fn any_of_kind(store: &Store, kind: &str) -> Result<bool, StoreError> {
    sqlx::query("SELECT id FROM imports WHERE kind = $1 AND state = 'done' LIMIT 1")
        .bind(kind)
        .fetch_optional(store.reader())
        .await
        .map(|row| row.is_some())
        .doing("look for imports")
}

/// The rows of an import whose recording_id (of recordings) or officer_id (of officers) stands on rows of different
/// content: line and id, by line. To be asked in the transaction that adds the rows.
///
/// # Errors
/// Where the database cannot.
pub async fn contradicted(tx: &mut Tx, import: &Import) -> Result<Vec<(i64, String)>, StoreError> {
    let query = match import.kind.as_str() {
        "recordings" => {
            "SELECT line, recording_id FROM import_rows r WHERE import_id = $1 AND EXISTS (SELECT 1 FROM import_rows o \
             WHERE o.recording_id = r.recording_id AND o.id <> r.id) ORDER BY line"
        }
        "officers" => {
            "SELECT line, officer_id FROM import_rows r WHERE import_id = $1 AND EXISTS (SELECT 1 FROM import_rows o \
             WHERE o.officer_id = r.officer_id AND o.kind = 'officers' AND o.id <> r.id) ORDER BY line"
        }
        _ => return Ok(Vec::new()),
    };
    sqlx::query(query)
        .bind(&import.id)
        .fetch_all(&mut **tx)
        .await
        .and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect())
        .doing("look for contradictions")
}

/// What a recording that was taken in here says as a row, if it stands there.
///
/// # Errors
/// Where the database cannot.
pub async fn own(tx: &mut Tx, own_id: &str) -> Result<Option<Row>, StoreError> {
    sqlx::query(
        "SELECT id, kind, import_id, own_id, line, data, officer_id, camera_serial, call_id, recording_id, from_at, to_at, \
         accepted FROM import_rows WHERE own_id = $1",
    )
    .bind(own_id)
    .fetch_optional(&mut **tx)
    .await
    .and_then(|row| row.as_ref().map(read).transpose())
    .doing("look up a recording's row")
}

/// Writes what a recording that was taken in here says as a row.
///
/// # Errors
/// Where the database cannot.
pub async fn set_own(tx: &mut Tx, own_id: &str, new: &NewRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO import_rows (kind, own_id, line, content, data, officer_id, camera_serial, recording_id, from_at, \
         to_at, accepted, settled) VALUES ('recordings', $1, 0, $2, $3, $4, $5, $1, $6, $7, 0, 0) \
         ON CONFLICT (own_id) DO UPDATE SET data = $3, officer_id = $4, camera_serial = $5, from_at = $6, to_at = $7, \
         accepted = 0, settled = 0",
    )
    .bind(own_id)
    .bind(new.content.clone())
    .bind(&new.data)
    .bind(new.officer_id.as_deref())
    .bind(new.camera_serial.as_deref())
    .bind(new.from_at)
    .bind(new.to_at)
    .execute(&mut **tx)
    .await
    .doing("keep a recording's row")?;
    Ok(())
}

/// Rows of which it has not been seen to yet what follows; recordings come last.
///
/// # Errors
/// Where the database cannot.
pub async fn waiting(store: &Store, most: u32) -> Result<Vec<Row>, StoreError> {
    // By name, recordings happen to be the last of the kinds.
    sqlx::query(
        "SELECT id, kind, import_id, own_id, line, data, officer_id, camera_serial, call_id, recording_id, from_at, to_at, \
         accepted FROM import_rows WHERE settled = 0 ORDER BY kind, id LIMIT $1",
    )
    .bind(i64::from(most))
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("look for new rows")
}

/// It has been seen to what follows from these rows. A row that was written anew meanwhile waits on.
///
/// # Errors
/// Where the database cannot.
pub async fn settle(tx: &mut Tx, rows: &[Row]) -> Result<(), StoreError> {
    let imported: Vec<&Row> = rows.iter().filter(|row| row.own_id.is_none()).collect();
    for some in imported.chunks(LIST) {
        let mut sql = Sql::new("UPDATE import_rows SET settled = 1 WHERE id IN (");
        for (at, row) in some.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind(row.id);
        }
        sql.push(")");
        sql.run(tx, "settle rows").await?;
    }
    for row in rows.iter().filter(|row| row.own_id.is_some()) {
        sqlx::query("UPDATE import_rows SET settled = 1 WHERE id = $1 AND data = $2")
            .bind(row.id)
            .bind(&row.data)
            .execute(&mut **tx)
            .await
            .doing("settle a row")?;
    }
    Ok(())
}

/// The audit accepts these rows of imports; nothing else about them has changed.
///
/// # Errors
/// Where the database cannot.
pub async fn accept(tx: &mut Tx, rows: &[i64]) -> Result<(), StoreError> {
    for some in rows.chunks(LIST) {
        let mut sql = Sql::new("UPDATE import_rows SET accepted = 1 WHERE id IN (");
        for (at, id) in some.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind(*id);
        }
        sql.push(")");
        sql.run(tx, "accept rows").await?;
    }
    Ok(())
}

/// Writes what the audit makes of a recording's row, unless it was written anew meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn set_standing(tx: &mut Tx, row: &Row) -> Result<(), StoreError> {
    sqlx::query("UPDATE import_rows SET accepted = $3, from_at = $4, to_at = $5 WHERE id = $1 AND data = $2")
        .bind(row.id)
        .bind(&row.data)
        .bind(i64::from(row.accepted))
        .bind(row.from_at)
        .bind(row.to_at)
        .execute(&mut **tx)
        .await
        .doing("write a row's standing")?;
    Ok(())
}

/// Lets the recordings of these cameras that name no officer wait again: whose they are may have changed.
///
/// # Errors
/// Where the database cannot.
pub async fn unsettle_by_cameras(tx: &mut Tx, cameras: &[String]) -> Result<(), StoreError> {
    for some in cameras.chunks(LIST) {
        let mut sql = Sql::new(
            "UPDATE import_rows SET settled = 0 WHERE kind = 'recordings' AND officer_id IS NULL AND camera_serial IN ",
        );
        sql.list(some);
        sql.run(tx, "look at recordings again").await?;
    }
    Ok(())
}

/// Lets every recording that names a camera and no officer wait again.
///
/// # Errors
/// Where the database cannot.
pub async fn unsettle_all_by_camera(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE import_rows SET settled = 0 WHERE kind = 'recordings' AND officer_id IS NULL AND camera_serial IS NOT NULL",
    )
    .execute(&mut **tx)
    .await
    .doing("look at recordings again")?;
    Ok(())
}

/// Every row that names one of these officers.
///
/// # Errors
/// Where the database cannot.
pub async fn of_officers(store: &Store, officers: &[String]) -> Result<Vec<Row>, StoreError> {
    rows(store, "officer_id IN", officers).await
}

/// Every row that names one of these cameras.
///
/// # Errors
/// Where the database cannot.
pub async fn of_cameras(store: &Store, cameras: &[String]) -> Result<Vec<Row>, StoreError> {
    rows(store, "camera_serial IN", cameras).await
}

/// Rows of officers and camera assignments that name one of these cameras.
///
/// # Errors
/// Where the database cannot.
pub async fn holders_of(store: &Store, cameras: &[String]) -> Result<Vec<Row>, StoreError> {
    rows(store, "kind IN ('officers', 'camera_assignments') AND camera_serial IN", cameras).await
}

/// Rows of officers with one of these ids.
///
/// # Errors
/// Where the database cannot.
pub async fn officers(store: &Store, officers: &[String]) -> Result<Vec<Row>, StoreError> {
    rows(store, "kind = 'officers' AND officer_id IN", officers).await
}

/// Rows of recordings with one of these ids.
///
/// # Errors
/// Where the database cannot.
pub async fn of_recordings(store: &Store, recordings: &[String]) -> Result<Vec<Row>, StoreError> {
    rows(store, "recording_id IN", recordings).await
}

/// Officers who stand on a row together with one of these cameras.
///
/// # Errors
/// Where the database cannot.
pub async fn officers_of_cameras(store: &Store, cameras: &[String]) -> Result<Vec<String>, StoreError> {
    let begin =
        "SELECT DISTINCT officer_id FROM import_rows WHERE officer_id IS NOT NULL AND camera_serial IN ";
    texts(store, begin, cameras, "").await
}

/// Cameras that stand on a row together with one of these officers.
///
/// # Errors
/// Where the database cannot.
pub async fn cameras_of_officers(store: &Store, officers: &[String]) -> Result<Vec<String>, StoreError> {
    let begin =
        "SELECT DISTINCT camera_serial FROM import_rows WHERE camera_serial IS NOT NULL AND officer_id IN ";
    texts(store, begin, officers, "").await
}

/// Of these officers those with calls.
///
/// # Errors
/// Where the database cannot.
pub async fn with_calls(store: &Store, officers: &[String]) -> Result<Vec<String>, StoreError> {
    let begin = "SELECT DISTINCT officer_id FROM import_rows WHERE kind = 'calls' AND officer_id IN ";
    texts(store, begin, officers, "").await
}

/// Every officer with calls.
///
/// # Errors
/// Where the database cannot.
pub async fn all_with_calls(store: &Store) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT DISTINCT officer_id FROM import_rows WHERE kind = 'calls' AND officer_id IS NOT NULL")
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
        .doing("list officers with calls")
}

/// Where assignments come from the officers: rows that assign a camera for sure, which no other row contradicts.
const ISSUED: &str = "SELECT i.camera_serial FROM import_rows i WHERE i.kind = 'officers' AND i.from_at IS NOT NULL AND \
                      i.officer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM import_rows o WHERE o.kind = 'officers' \
                      AND o.officer_id = i.officer_id AND o.id <> i.id)";

/// Whether the officers tell who was issued a camera, and when.
///
/// # Errors
/// Where the database cannot.
pub async fn any_issued(store: &Store) -> Result<bool, StoreError> {
    let found = Sql::new(&format!("{ISSUED} LIMIT 1")).rows(store, "look for issued cameras").await?;
    Ok(!found.is_empty())
}

/// The condition under which the camera of the row `r` was ever anybody's: assigned by a row that the audit accepts, or
/// on a recording, accepted or not, that names an officer.
fn somebodys(issued_by_officers: bool) -> String {
    let mut text = "EXISTS (SELECT 1 FROM import_rows h WHERE h.camera_serial = r.camera_serial AND h.kind = 'recordings' \
                    AND h.officer_id IS NOT NULL) OR EXISTS (SELECT 1 FROM import_rows h WHERE h.camera_serial = \
                    r.camera_serial AND h.kind = 'camera_assignments' AND h.accepted = 1)"
        .to_owned();
    if issued_by_officers {
        text.push_str(" OR EXISTS (");
        text.push_str(ISSUED);
        text.push_str(" AND i.camera_serial = r.camera_serial)");
    }
    text
}

/// Of these cameras those that were ever anybody's. `issued_by_officers` tells whether assignments come from the
/// officers.
///
/// # Errors
/// Where the database cannot.
pub async fn held(
    store: &Store,
    cameras: &[String],
    issued_by_officers: bool,
) -> Result<Vec<String>, StoreError> {
    let begin = "SELECT DISTINCT r.camera_serial FROM import_rows r WHERE r.camera_serial IN ";
    texts(store, begin, cameras, &format!(" AND ({})", somebodys(issued_by_officers))).await
}

/// Rejected rows that name no officer, and no camera that was ever anybody's: they could concern anyone.
///
/// # Errors
/// Where the database cannot.
pub async fn about_anybody(store: &Store, issued_by_officers: bool) -> Result<Vec<Row>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM import_rows r WHERE officer_id IS NULL AND accepted = 0 AND kind <> 'calls' AND \
         (camera_serial IS NULL OR NOT ({})) ORDER BY id",
        somebodys(issued_by_officers)
    );
    let doing = "look for rows that could concern anyone";
    let rows = Sql::new(&query).rows(store, doing).await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing(doing)
}

/// From the first to the last frame of all accepted recordings.
///
/// # Errors
/// Where the database cannot.
pub async fn window(store: &Store) -> Result<Option<(i64, i64)>, StoreError> {
    let edge = async |query: &'static str| {
        sqlx::query(query)
            .fetch_optional(store.reader())
            .await
            .and_then(|row| row.map(|row| row.try_get::<i64, _>(0)).transpose())
            .doing("look for the window of the recordings")
    };
    // One by one: an index gives each edge at once.
    let from = edge(
        "SELECT from_at FROM import_rows WHERE kind = 'recordings' AND accepted = 1 ORDER BY from_at LIMIT 1",
    );
    let to = edge(
        "SELECT to_at FROM import_rows WHERE kind = 'recordings' AND accepted = 1 ORDER BY to_at DESC LIMIT 1",
    );
    Ok(from.await?.zip(to.await?))
}

/// Lists recordings whose bytes are kept elsewhere, or writes what is known of them now.
///
/// # Errors
/// Where the database cannot.
pub async fn list_external(tx: &mut Tx, recordings: &[Recording]) -> Result<(), StoreError> {
    // An id stands on one accepted row, so that no statement meets a recording twice.
    for some in recordings.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO recordings (id, source, principal, source_key, state, camera_serial, officer_id, started_at, \
             activated_at, stopped_at, transfer_complete, metadata, created_at)",
        );
        for (at, new) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(new.id.clone())
                .also(new.source.clone())
                .also(new.principal.clone())
                .also(new.source_key.clone())
                .also(new.state.clone())
                .also(new.camera_serial.clone())
                .also(new.officer_id.clone())
                .also(new.started_at)
                .also(new.activated_at)
                .also(new.stopped_at)
                .also(i64::from(new.transfer_complete))
                .also(new.metadata.clone())
                .also(new.created_at)
                .push(")");
        }
        sql.push(
            " ON CONFLICT (principal, source_key) DO UPDATE SET \
             camera_serial = COALESCE((SELECT c.after FROM corrections c WHERE c.recording_id = recordings.id \
             AND c.kind = 'camera' ORDER BY c.created_at DESC LIMIT 1), excluded.camera_serial), \
             officer_id = COALESCE((SELECT c.after FROM corrections c WHERE c.recording_id = recordings.id \
             AND c.kind = 'officer' ORDER BY c.created_at DESC LIMIT 1), excluded.officer_id), started_at = excluded.started_at, activated_at = excluded.activated_at, \
             stopped_at = excluded.stopped_at, metadata = excluded.metadata WHERE recordings.state = 'external'",
        );
        sql.run(tx, "list recordings kept elsewhere").await?;
    }
    Ok(())
}

/// A recording kept elsewhere whose row is no longer accepted stays in the list, as the officer's whom its own row
/// names.
///
/// # Errors
/// Where the database cannot.
pub async fn name_external(tx: &mut Tx, row: &Row) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recordings SET officer_id = $2 WHERE principal = 'import' AND source_key = $1 AND state = 'external'",
    )
    .bind(row.recording_id.as_deref())
    .bind(row.officer_id.as_deref())
    .execute(&mut **tx)
    .await
    .doing("list recordings kept elsewhere")?;
    Ok(())
}

/// The row of a recording that is kept elsewhere.
///
/// # Errors
/// Where the database cannot.
pub async fn external(tx: &mut Tx, recording_id: &str) -> Result<Option<Row>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM import_rows WHERE recording_id = $1 AND own_id IS NULL AND kind = 'recordings' \
         ORDER BY id DESC LIMIT 1"
    );
    sqlx::query(AssertSqlSafe(query))
        .bind(recording_id)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a recording's row")
}

/// Corrects a row of recordings: what its file said is kept beside it.
///
/// # Errors
/// Where the database cannot.
pub async fn correct(
    tx: &mut Tx,
    row: i64,
    data: &str,
    officer: Option<&str>,
    camera: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE import_rows SET source_data = COALESCE(source_data, data), data = $2, officer_id = $3, \
         camera_serial = $4, settled = 0 WHERE id = $1",
    )
    .bind(row)
    .bind(data)
    .bind(officer)
    .bind(camera)
    .execute(&mut **tx)
    .await
    .doing("correct a row")?;
    Ok(())
}

/// Writes a row that somebody wrote here and no file holds, such as an officer's account as a row of exceptions.
///
/// # Errors
/// Where the database cannot.
pub async fn write_here(tx: &mut Tx, kind: &str, own_id: &str, new: &NewRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO import_rows (kind, own_id, line, content, data, officer_id, camera_serial, call_id, from_at, to_at, \
         accepted, settled) VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, 1, 0) \
         ON CONFLICT (own_id) DO UPDATE SET data = $4, from_at = $8, to_at = $9, settled = 0",
    )
    .bind(kind)
    .bind(own_id)
    .bind(new.content.clone())
    .bind(&new.data)
    .bind(new.officer_id.as_deref())
    .bind(new.camera_serial.as_deref())
    .bind(new.call_id.as_deref())
    .bind(new.from_at)
    .bind(new.to_at)
    .execute(&mut **tx)
    .await
    .doing("write a row of our own")?;
    Ok(())
}

/// Takes back a row that was written here.
///
/// # Errors
/// Where the database cannot.
pub async fn take_back(tx: &mut Tx, own_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM import_rows WHERE own_id = $1")
        .bind(own_id)
        .execute(&mut **tx)
        .await
        .doing("take a row of our own back")?;
    Ok(())
}

/// Rows by their numbers.
///
/// # Errors
/// Where the database cannot.
pub async fn with_ids(store: &Store, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
    let doing = "read the audit's rows";
    let mut found = Vec::new();
    for some in ids.chunks(LIST) {
        let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM import_rows WHERE id IN ("));
        for (at, id) in some.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind(*id);
        }
        sql.push(")");
        for row in &sql.rows(store, doing).await? {
            found.push(read(row).doing(doing)?);
        }
    }
    Ok(found)
}

/// Accepted rows of a kind that name one of these officers or cameras (`column` says which) and meet a time.
async fn meeting(
    store: &Store,
    (kind, column): (&str, &str),
    values: &[String],
    from: i64,
    to: i64,
) -> Result<Vec<Row>, StoreError> {
    let doing = "read the audit's rows";
    let mut found = Vec::new();
    for some in values.chunks(LIST) {
        let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM import_rows WHERE {column} IN "));
        sql.list(some).push(" AND accepted = 1 AND kind = ").bind(kind.to_owned());
        sql.push(" AND from_at < ").bind(to).push(" AND to_at >= ").bind(from).push(" ORDER BY from_at, id");
        for row in &sql.rows(store, doing).await? {
            found.push(read(row).doing(doing)?);
        }
    }
    Ok(found)
}

/// Exceptions of these officers that meet a time.
///
/// # Errors
/// Where the database cannot.
pub async fn exceptions(
    store: &Store,
    officers: &[String],
    from: i64,
    to: i64,
) -> Result<Vec<Row>, StoreError> {
    meeting(store, ("exceptions", "officer_id"), officers, from, to).await
}

/// Events of these cameras in a time, in order.
///
/// # Errors
/// Where the database cannot.
pub async fn events(store: &Store, cameras: &[String], from: i64, to: i64) -> Result<Vec<Row>, StoreError> {
    meeting(store, ("device_events", "camera_serial"), cameras, from, to).await
}

/// Rows of a kind in the order of the file that all of them make together, those after a number.
///
/// # Errors
/// Where the database cannot.
pub async fn of_kind(store: &Store, kind: &str, after: i64, most: u32) -> Result<Vec<Row>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM import_rows WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3");
    sqlx::query(AssertSqlSafe(query))
        .bind(kind)
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("read the audit's rows")
}
