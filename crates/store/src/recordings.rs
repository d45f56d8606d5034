//! Recordings: what one camera recorded without a break.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::search::{self, Found, Lead, Scope};
use crate::sight::{Columns, Sight};
use crate::sql::Sql;
use crate::{Dialect, Doing, Store, StoreError, Tx};

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
    /// What the program and people say of it: written by nobody but [`set_district`], [`set_restricted`],
    /// [`set_alignment`] and the sealing of clips.
    pub standing: Standing,
}

/// What is known of a recording beside what its source said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Bytes of its sealed clips.
    pub size: i64,
    /// Its district, empty where none is known.
    pub district: String,
    /// Its restricted class.
    pub restricted: Option<String>,
    /// By how much people moved its clock, in microseconds.
    pub alignment: i64,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The earliest first.
    #[default]
    Started,
    /// The latest first.
    LastStarted,
    /// The largest first.
    Largest,
    /// The longest first.
    Longest,
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
    /// In this district.
    pub district: Option<String>,
    /// In no category.
    pub uncategorised: bool,
    /// With all of these words and facts.
    pub words: Vec<String>,
    /// Whether few have the first of them.
    pub words_are_rare: bool,
    /// In this order.
    pub sort: Sort,
    /// After this one (its place in the order, and its id).
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
        standing: Standing {
            size: row.try_get("size")?,
            district: row.try_get("district")?,
            restricted: row.try_get("restricted")?,
            alignment: row.try_get("alignment")?,
        },
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

/// Writes what a source has said since: everything but id, source, principal, key and time of registration. What was
/// corrected stays corrected.
///
/// # Errors
/// Where the database cannot.
pub async fn update(tx: &mut Tx, changed: &Recording) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recordings SET state = $2, \
         camera_serial = COALESCE((SELECT after FROM corrections c WHERE c.recording_id = $1 AND c.kind = 'camera' \
         ORDER BY c.created_at DESC LIMIT 1), $3), \
         officer_id = COALESCE((SELECT after FROM corrections c WHERE c.recording_id = $1 AND c.kind = 'officer' \
         ORDER BY c.created_at DESC LIMIT 1), $4), started_at = $5, activated_at = $6, \
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

impl Sort {
    /// The column, and whether the largest comes first.
    fn column(self, by_words: bool) -> (&'static str, bool) {
        match self {
            // The words stand in this order already.
            Self::Started => (if by_words { "w.at" } else { "r.begin_at" }, false),
            Self::LastStarted => (if by_words { "w.at" } else { "r.begin_at" }, true),
            Self::Largest => ("r.size", true),
            Self::Longest => ("r.length", true),
        }
    }

    /// Where a recording stands in this order.
    pub fn place_of(self, recording: &Recording) -> i64 {
        let begin = recording.started_at.unwrap_or(recording.created_at);
        match self {
            Self::Started | Self::LastStarted => begin,
            Self::Largest => recording.standing.size,
            Self::Longest => {
                recording.stopped_at.or(recording.started_at).unwrap_or(recording.created_at) - begin
            }
        }
    }
}

/// How many values a list in a statement has at most.
const LIST: usize = 500;

/// Where rights find what they ask about.
const COLUMNS: Columns<'static> = Columns {
    officer: Some("r.officer_id"),
    district: Some("r.district"),
    restricted: Some("r.restricted"),
    named: Some((
        "r.id IN (SELECT cr.recording_id FROM case_people cp JOIN case_recordings cr ON cr.case_id = cp.case_id \
         WHERE cp.person_id = ",
        ")",
    )),
};

/// A page of the recordings that may be seen.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &Filter, sight: &Sight) -> Result<Found<Recording>, StoreError> {
    let longest = if filter.from.is_some() || filter.spans.is_some() { longest(store).await? } else { 0 };
    let counted_by = lead(filter, sight, store.dialect());
    let count = |columns: &str| query(columns, filter, counted_by, longest, sight);
    let total = search::count(store, count, "count recordings").await?;
    // A few hits are sorted; many are found by walking the order's own index, which a sum is not.
    let is_few = total < search::MOST_COUNTED as u64;
    let in_order = matches!(filter.sort, Sort::Started | Sort::LastStarted);
    let lead = if is_few || in_order { counted_by } else { Lead::Rows(store.dialect()) };
    let mut query = query("r.*", filter, lead, longest, sight);
    let (column, is_down) = filter.sort.column(lead == Lead::Words && !filter.words.is_empty());
    let id = if column == "w.at" { "w.id" } else { "r.id" };
    let column = match column {
        "r.size" if is_few => "r.size + 0",
        "r.length" if is_few => "r.length + 0",
        other => other,
    };
    let (beyond, order) = if is_down { ("<", " DESC") } else { (">", "") };
    if let Some((place, after)) = &filter.after {
        query.push(&format!(" AND ({column}, {id}) {beyond} (")).bind(*place).also(after.clone()).push(")");
    }
    query.push(&format!(" ORDER BY {column}{order}, {id}{order} LIMIT ")).bind(i64::from(filter.limit));
    let rows = query.rows(store, "list recordings").await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>().doing("read recordings")?;
    Ok(Found { items, total })
}

/// How long the longest recording is: how long before an instant one may begin that still goes on then.
async fn longest(store: &Store) -> Result<i64, StoreError> {
    sqlx::query("SELECT length FROM recordings ORDER BY length DESC LIMIT 1")
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.map_or(Ok(0), |row| row.try_get(0)))
        .doing("look for the longest recording")
}

/// Words lead where they are few, or where nothing else narrows the rows; a state does not, since most recordings are in one.
/// Otherwise a frequent word, an outcome say, would be walked through in all districts for the rows of one.
fn lead(filter: &Filter, sight: &Sight, dialect: Dialect) -> Lead {
    let is_narrowed = [&filter.camera, &filter.officer, &filter.district].into_iter().any(Option::is_some)
        || filter.spans.is_some()
        || sight.districts.is_some();
    if filter.words_are_rare || !is_narrowed { Lead::Words } else { Lead::Rows(dialect) }
}

fn query(columns: &str, filter: &Filter, lead: Lead, longest: i64, sight: &Sight) -> Sql {
    let mut query = search::select(columns, ("recordings", "id"), Scope::Recordings, &filter.words, lead);
    let equals = [
        (" AND r.camera_serial = ", &filter.camera),
        (" AND r.officer_id = ", &filter.officer),
        (" AND r.state = ", &filter.state),
        (" AND r.district = ", &filter.district),
    ];
    for (condition, value) in equals {
        if let Some(value) = value {
            query.push(condition).bind(value.clone());
        }
    }
    let begin = if lead == Lead::Words && !filter.words.is_empty() { "w.at" } else { "r.begin_at" };
    if let Some(from) = filter.from {
        query.push(" AND r.end_at >= ").bind(from);
        query.push(&format!(" AND {begin} >= ")).bind(from.saturating_sub(longest));
    }
    if let Some(to) = filter.to {
        query.push(&format!(" AND {begin} < ")).bind(to);
    }
    if let Some(spans) = &filter.spans {
        query.push(if spans.is_empty() { " AND (1 = 0" } else { " AND (" });
        for (at, (officer, from, to)) in spans.iter().enumerate() {
            query.push(if at == 0 { "(" } else { " OR (" });
            query.push("r.officer_id = ").bind(officer.clone());
            query.push(" AND r.begin_at < ").bind(*to);
            query.push(" AND r.begin_at >= ").bind(from.saturating_sub(longest));
            query.push(" AND r.end_at > ").bind(*from).push(")");
        }
        query.push(")");
    }
    if filter.uncategorised {
        query.push(" AND NOT EXISTS (SELECT 1 FROM recording_categories c WHERE c.recording_id = r.id)");
    }
    sight.push(&mut query, COLUMNS);
    query
}

/// Whether a case that this recording is in names a person.
///
/// # Errors
/// Where the database cannot.
pub async fn is_named(store: &Store, id: &str, person: &str) -> Result<bool, StoreError> {
    sqlx::query(
        "SELECT 1 FROM case_recordings cr JOIN case_people cp ON cp.case_id = cr.case_id \
         WHERE cr.recording_id = $1 AND cp.person_id = $2 LIMIT 1",
    )
    .bind(id)
    .bind(person)
    .fetch_optional(store.reader())
    .await
    .map(|row| row.is_some())
    .doing("look up who a case names")
}

/// The recordings with these ids.
///
/// # Errors
/// Where the database cannot.
pub async fn with_ids(store: &Store, ids: &[String]) -> Result<Vec<Recording>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        let mut sql = Sql::new("SELECT * FROM recordings WHERE id IN ");
        sql.list(some);
        for row in &sql.rows(store, "look up recordings").await? {
            found.push(read(row).doing("read recordings")?);
        }
    }
    Ok(found)
}

/// Writes the district of some recordings.
///
/// # Errors
/// Where the database cannot.
pub async fn set_district(tx: &mut Tx, ids: &[String], district: &str) -> Result<(), StoreError> {
    for some in ids.chunks(LIST) {
        let mut sql = Sql::new("UPDATE recordings SET district = ");
        sql.bind(district.to_owned()).push(" WHERE id IN ").list(some);
        sql.run(tx, "write the district of recordings").await?;
    }
    Ok(())
}

/// Writes the restricted class of a recording.
///
/// # Errors
/// Where the database cannot.
pub async fn set_restricted(tx: &mut Tx, id: &str, class: Option<&str>) -> Result<(), StoreError> {
    sqlx::query("UPDATE recordings SET restricted = $2 WHERE id = $1")
        .bind(id)
        .bind(class)
        .execute(&mut **tx)
        .await
        .doing("restrict a recording")?;
    Ok(())
}

/// Writes by how much a recording's clock is moved.
///
/// # Errors
/// Where the database cannot.
pub async fn set_alignment(tx: &mut Tx, id: &str, micros: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE recordings SET alignment = $2 WHERE id = $1")
        .bind(id)
        .bind(micros)
        .execute(&mut **tx)
        .await
        .doing("align a recording")?;
    Ok(())
}

/// Counts the bytes of a recording's sealed clips anew.
///
/// # Errors
/// Where the database cannot.
pub async fn count_bytes(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recordings SET size = COALESCE((SELECT CAST(SUM(clips.size) AS BIGINT) FROM clips \
         WHERE clips.recording_id = recordings.id AND clips.sealed_at IS NOT NULL AND clips.kind IN ('clip', 'rejected')), 0) \
         WHERE id = $1",
    )
    .bind(id)
    .execute(&mut **tx)
    .await
    .doing("count a recording's bytes")?;
    Ok(())
}

/// Of some ids, ours or those of imports, the ones whose recordings may be seen.
///
/// # Errors
/// Where the database cannot.
pub async fn seen_with_either_id(
    store: &Store,
    ids: &[String],
    sight: &Sight,
) -> Result<BTreeSet<String>, StoreError> {
    let mut seen = BTreeSet::new();
    for some in ids.chunks(500) {
        let mut sql = Sql::new("SELECT r.id, r.source_key, r.principal FROM recordings r WHERE (r.id IN ");
        sql.list(some).push(" OR (r.principal = 'import' AND r.source_key IN ").list(some).push("))");
        sight.push(&mut sql, COLUMNS);
        for row in &sql.rows(store, "look up which recordings may be seen").await? {
            let column = |name: &str| row.try_get::<String, _>(name).doing("read a recording's id");
            seen.insert(column("id")?);
            if column("principal")? == "import" {
                seen.insert(column("source_key")?);
            }
        }
    }
    Ok(seen)
}

/// The recordings with an id, ours or that of an import.
///
/// # Errors
/// Where the database cannot.
pub async fn with_either_id(store: &Store, id: &str) -> Result<Vec<Recording>, StoreError> {
    sqlx::query("SELECT * FROM recordings WHERE id = $1 OR (source_key = $1 AND principal = 'import')")
        .bind(id)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("look up a recording")
}
