//! Recordings: what one camera recorded without a break.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sight::{Columns, Sight};
use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Its id.
    pub id: String,
    /// By which door it came: `axis`, `tus`, `import`.
    pub source: String,
    /// Who brought it: a token's id.
    pub principal: String,
    /// What tells it apart from the principal's others.
    pub source_key: String,
    /// `receiving`, `complete`, `unreadable`, `external` or `disposed`.
    pub state: String,
    /// Its camera.
    pub camera_serial: Option<String>,
    /// Whose camera it was.
    pub officer_id: Option<String>,
    /// Its first frame, pre-event buffer included.
    pub started_at: Option<i64>,
    /// When the officer switched on.
    pub activated_at: Option<i64>,
    /// Its end.
    pub stopped_at: Option<i64>,
    /// The camera's own zone, as it says it.
    pub timezone: Option<String>,
    /// The camera's clock minus ours at docking, in microseconds.
    pub clock_offset: Option<i64>,
    /// Whether its source said that nothing more will come.
    pub transfer_complete: bool,
    /// Everything its source said, as JSON.
    pub metadata: String,
    /// When it was registered.
    pub created_at: i64,
}

/// Which recordings are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this camera.
    pub camera: Option<String>,
    /// Of this officer.
    pub officer: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// That end after this instant.
    pub from: Option<i64>,
    /// That start before this instant.
    pub to: Option<i64>,
    /// Of these officers, each from one instant to another: the assignments of a call.
    pub spans: Option<Vec<(String, i64, i64)>>,
    /// After this one (start, id), in the order of the list.
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: u32,
}

pub(crate) fn read(row: &AnyRow) -> Result<Recording, sqlx::Error> {
    Ok(Recording {
        id: row.try_get("id")?,
        source: row.try_get("source")?,
        principal: row.try_get("principal")?,
        source_key: row.try_get("source_key")?,
        state: row.try_get("state")?,
        camera_serial: row.try_get("camera_serial")?,
        officer_id: row.try_get("officer_id")?,
        started_at: row.try_get("started_at")?,
        activated_at: row.try_get("activated_at")?,
        stopped_at: row.try_get("stopped_at")?,
        timezone: row.try_get("timezone")?,
        clock_offset: row.try_get("clock_offset")?,
        transfer_complete: row.try_get::<i64, _>("transfer_complete")? != 0,
        metadata: row.try_get("metadata")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Registers a recording; where its principal has one with the same key already, that one is answered and nothing
/// changes. The second value tells whether it is new.
///
/// # Errors
/// Where the database cannot.
pub async fn register(tx: &mut Tx, new: &Recording) -> Result<(Recording, bool), StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO recordings (id, source, principal, source_key, state, camera_serial, officer_id, started_at, \
         activated_at, stopped_at, timezone, clock_offset, transfer_complete, metadata, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (principal, source_key) DO NOTHING",
    )
    .bind(&new.id)
    .bind(&new.source)
    .bind(&new.principal)
    .bind(&new.source_key)
    .bind(&new.state)
    .bind(new.camera_serial.as_deref())
    .bind(new.officer_id.as_deref())
    .bind(new.started_at)
    .bind(new.activated_at)
    .bind(new.stopped_at)
    .bind(new.timezone.as_deref())
    .bind(new.clock_offset)
    .bind(i64::from(new.transfer_complete))
    .bind(&new.metadata)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("register a recording")?
    .rows_affected();
    if inserted == 1 {
        return Ok((new.clone(), true));
    }
    let row = sqlx::query("SELECT * FROM recordings WHERE principal = $1 AND source_key = $2")
        .bind(&new.principal)
        .bind(&new.source_key)
        .fetch_one(&mut **tx)
        .await
        .doing("look up a recording")?;
    Ok((read(&row).doing("read a recording")?, false))
}

/// A recording by its id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Recording>, StoreError> {
    sqlx::query("SELECT * FROM recordings WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a recording")
}

/// A recording by its id, as this transaction sees it; others cannot change it until the transaction ends.
///
/// # Errors
/// Where the database cannot.
pub async fn get_in(tx: &mut Tx, id: &str) -> Result<Option<Recording>, StoreError> {
    // A write to the row locks it on both databases.
    sqlx::query("UPDATE recordings SET state = state WHERE id = $1 RETURNING *")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a recording")
}

/// Writes what a source has said since: everything but id, source, principal, key and time of registration.
///
/// # Errors
/// Where the database cannot.
pub async fn update(tx: &mut Tx, changed: &Recording) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recordings SET state = $2, camera_serial = $3, officer_id = $4, started_at = $5, activated_at = $6, \
         stopped_at = $7, timezone = $8, clock_offset = $9, transfer_complete = $10, metadata = $11 WHERE id = $1",
    )
    .bind(&changed.id)
    .bind(&changed.state)
    .bind(changed.camera_serial.as_deref())
    .bind(changed.officer_id.as_deref())
    .bind(changed.started_at)
    .bind(changed.activated_at)
    .bind(changed.stopped_at)
    .bind(changed.timezone.as_deref())
    .bind(changed.clock_offset)
    .bind(i64::from(changed.transfer_complete))
    .bind(&changed.metadata)
    .execute(&mut **tx)
    .await
    .doing("write a recording")?;
    Ok(())
}

/// Writes only the state.
///
/// # Errors
/// Where the database cannot.
pub async fn set_state(tx: &mut Tx, id: &str, state: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE recordings SET state = $2 WHERE id = $1")
        .bind(id)
        .bind(state)
        .execute(&mut **tx)
        .await
        .doing("write a recording's state")?;
    Ok(())
}

/// Recordings that may be seen, in the order of their start (those without a known start by their registration), then id.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &Filter, sight: &Sight) -> Result<Vec<Recording>, StoreError> {
    let mut query = Sql::new("SELECT * FROM recordings WHERE 1 = 1");
    sight.push(&mut query, Columns { officer: Some("officer_id"), ..Columns::default() });
    if let Some(camera) = &filter.camera {
        query.push(" AND camera_serial = ").bind(camera.as_str());
    }
    if let Some(officer) = &filter.officer {
        query.push(" AND officer_id = ").bind(officer.as_str());
    }
    if let Some(state) = &filter.state {
        query.push(" AND state = ").bind(state.as_str());
    }
    if let Some(from) = filter.from {
        query.push(" AND COALESCE(stopped_at, started_at, created_at) >= ").bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND COALESCE(started_at, created_at) < ").bind(to);
    }
    if let Some(spans) = &filter.spans {
        query.push(" AND (1 = 0");
        for (officer, from, to) in spans {
            query.push(" OR (officer_id = ").bind(officer.as_str());
            query.push(" AND COALESCE(started_at, created_at) < ").bind(*to);
            query.push(" AND COALESCE(stopped_at, started_at, created_at) > ").bind(*from).push(")");
        }
        query.push(")");
    }
    if let Some((start, id)) = &filter.after {
        query.push(" AND (COALESCE(started_at, created_at) > ").bind(*start);
        query.push(" OR (COALESCE(started_at, created_at) = ").bind(*start);
        query.push(" AND id > ").bind(id.as_str()).push("))");
    }
    query.push(" ORDER BY COALESCE(started_at, created_at), id LIMIT ").bind(i64::from(filter.limit));
    let rows = query.rows(store, "list recordings").await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing("read recordings")
}
