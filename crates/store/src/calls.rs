//! Dispatched calls: from when to when each officer was on one, and the calls as they are listed.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::search::{self, Found, Lead, Scope};
use crate::sight::{Class, Columns, Relation, Sight};
use crate::sql::Sql;
use crate::{Dialect, Doing, Store, StoreError, Tx};

/// How many rows a statement writes.
const ROWS: usize = 400;

/// From when to when each officer of a call was on it.
///
/// # Errors
/// Where the database cannot.
pub async fn spans(store: &Store, call: &str) -> Result<Vec<(String, i64, i64)>, StoreError> {
    sqlx::query(
        "SELECT officer_id, from_at, to_at FROM call_spans WHERE call_id = $1 ORDER BY from_at, officer_id",
    )
    .bind(call)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect())
    .doing("look up a call")
}

/// From when to when an officer was on a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The call.
    pub call_id: String,
    /// The officer.
    pub officer_id: String,
    /// The first instant.
    pub from: i64,
    /// The first instant after.
    pub to: i64,
}

/// Forgets from when to when an officer was on these calls.
///
/// # Errors
/// Where the database cannot.
pub async fn forget_spans(tx: &mut Tx, officer: &str, calls: &[String]) -> Result<(), StoreError> {
    for some in calls.chunks(ROWS) {
        let mut sql = Sql::new("DELETE FROM call_spans WHERE officer_id = ");
        sql.bind(officer.to_owned()).push(" AND call_id IN ").list(some);
        sql.run(tx, "forget calls' times").await?;
    }
    Ok(())
}

/// Writes from when to when officers were on calls. No two spans have the same call, officer and beginning.
///
/// # Errors
/// Where the database cannot.
pub async fn add_spans(tx: &mut Tx, spans: &[Span]) -> Result<(), StoreError> {
    for some in spans.chunks(ROWS) {
        let mut sql = Sql::new("INSERT INTO call_spans (call_id, officer_id, from_at, to_at)");
        for (at, span) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(span.call_id.clone())
                .also(span.officer_id.clone())
                .also(span.from)
                .also(span.to)
                .push(")");
        }
        sql.push(" ON CONFLICT (call_id, officer_id, from_at) DO UPDATE SET to_at = excluded.to_at");
        sql.run(tx, "write calls' times").await?;
    }
    Ok(())
}

/// A call as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id.
    pub call_id: String,
    /// Its type, empty where no row names one.
    pub call_type: String,
    /// Its district, likewise.
    pub district: String,
    /// When the first duty began; 0 where that is not known.
    pub begin: i64,
    /// When the last duty ended.
    pub end: Option<i64>,
    /// Its officers: JSON, a list of ids.
    pub officers: String,
    /// The gravest outcome.
    pub worst: String,
    /// How many duties have which outcome: JSON, by outcome.
    pub outcomes: String,
    /// Microseconds that its officers' partial and missing duties lack, added up.
    pub unrecorded: i64,
}

/// The order of a list of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallSort {
    /// The latest first.
    #[default]
    Last,
    /// The earliest first.
    First,
    /// The one that lacks most first.
    MostUnrecorded,
}

/// Which calls are asked for.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// That begin at or after this instant.
    pub from: Option<i64>,
    /// That begin before this instant.
    pub to: Option<i64>,
    /// In this district.
    pub district: Option<String>,
    /// Of this type.
    pub call_type: Option<String>,
    /// With all of these words and facts.
    pub words: Vec<String>,
    /// Whether few have the first of them.
    pub words_are_rare: bool,
    /// In this order.
    pub sort: CallSort,
    /// After this one (its place in the order, and its id).
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: u32,
}

impl CallSort {
    /// Where a call stands in this order.
    pub fn place_of(self, call: &Call) -> i64 {
        match self {
            Self::Last | Self::First => call.begin,
            Self::MostUnrecorded => call.unrecorded,
        }
    }

    fn column(self, by_words: bool) -> (&'static str, bool) {
        let begin = if by_words { "w.at" } else { "r.begin_at" };
        match self {
            Self::Last => (begin, true),
            Self::First => (begin, false),
            Self::MostUnrecorded => ("r.unrecorded", true),
        }
    }
}

fn read(row: &AnyRow) -> Result<Call, sqlx::Error> {
    Ok(Call {
        call_id: row.try_get("call_id")?,
        call_type: row.try_get("call_type")?,
        district: row.try_get("district")?,
        begin: row.try_get("begin_at")?,
        end: row.try_get("end_at")?,
        officers: row.try_get("officers")?,
        worst: row.try_get("worst")?,
        outcomes: row.try_get("outcomes")?,
        unrecorded: row.try_get("unrecorded")?,
    })
}

/// Writes calls, new ones and others that changed.
///
/// # Errors
/// Where the database cannot.
pub async fn write(tx: &mut Tx, calls: &[Call]) -> Result<(), StoreError> {
    for some in calls.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO calls (call_id, call_type, district, begin_at, end_at, officers, worst, outcomes, unrecorded)",
        );
        for (at, call) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(call.call_id.clone())
                .also(call.call_type.clone())
                .also(call.district.clone())
                .also(call.begin)
                .also(call.end)
                .also(call.officers.clone())
                .also(call.worst.clone())
                .also(call.outcomes.clone())
                .also(call.unrecorded)
                .push(")");
        }
        sql.push(
            " ON CONFLICT (call_id) DO UPDATE SET call_type = excluded.call_type, district = excluded.district, \
             begin_at = excluded.begin_at, end_at = excluded.end_at, officers = excluded.officers, \
             worst = excluded.worst, outcomes = excluded.outcomes, unrecorded = excluded.unrecorded",
        );
        sql.run(tx, "write calls").await?;
    }
    Ok(())
}

/// Deletes calls of which no duty is left.
///
/// # Errors
/// Where the database cannot.
pub async fn delete(tx: &mut Tx, calls: &[String]) -> Result<(), StoreError> {
    for some in calls.chunks(ROWS) {
        let mut sql = Sql::new("DELETE FROM calls WHERE call_id IN ");
        sql.list(some);
        sql.run(tx, "delete calls").await?;
    }
    Ok(())
}

/// A call by its id, whoever may see it.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Call>, StoreError> {
    sqlx::query("SELECT * FROM calls WHERE call_id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a call")
}

/// A page of the calls that may be seen.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &CallFilter, sight: &Sight) -> Result<Found<Call>, StoreError> {
    let counted_by = lead(filter, sight, store.dialect());
    let total =
        search::count(store, |columns| query(columns, filter, counted_by, sight), "count calls").await?;
    // A few hits are sorted; many are found by walking the order's own index, which a sum is not.
    let is_few = total < search::MOST_COUNTED as u64;
    let in_order = filter.sort != CallSort::MostUnrecorded;
    let lead = if is_few || in_order { counted_by } else { Lead::Rows(store.dialect()) };
    let mut query = query("r.*", filter, lead, sight);
    let (column, is_down) = filter.sort.column(lead == Lead::Words && !words(filter, sight).is_empty());
    let id = if column == "w.at" { "w.id" } else { "r.call_id" };
    let column = if is_few && column == "r.unrecorded" { "r.unrecorded + 0" } else { column };
    let (beyond, order) = if is_down { ("<", " DESC") } else { (">", "") };
    if let Some((place, after)) = &filter.after {
        query.push(&format!(" AND ({column}, {id}) {beyond} (")).bind(*place).also(after.clone()).push(")");
    }
    query.push(&format!(" ORDER BY {column}{order}, {id}{order} LIMIT ")).bind(i64::from(filter.limit));
    let rows = query.rows(store, "list calls").await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>().doing("list calls")?;
    Ok(Found { items, total })
}

/// Whether nothing but a person's own calls may be seen: then these are searched for like a word.
fn only_own(sight: &Sight) -> Option<&String> {
    let only = sight.allowed.iter().all(|(relation, _)| *relation == Relation::Own);
    sight.officer_id.as_ref().filter(|_| only && !sight.is_nothing())
}

fn words(filter: &CallFilter, sight: &Sight) -> Vec<String> {
    let own = only_own(sight).map(|officer| search::fact("officer", officer));
    own.into_iter().chain(filter.words.iter().cloned()).collect()
}

/// Words lead where they are few, where they stand for an officer's own calls, or where nothing else narrows the rows.
/// PostgreSQL walks words quicker than rows in any case.
fn lead(filter: &CallFilter, sight: &Sight, dialect: Dialect) -> Lead {
    let is_narrowed = filter.district.is_some() || filter.call_type.is_some() || sight.districts.is_some();
    let by_words = filter.words_are_rare || only_own(sight).is_some() || !is_narrowed;
    if by_words || dialect == Dialect::Postgres { Lead::Words } else { Lead::Rows(dialect) }
}

fn query(columns: &str, filter: &CallFilter, lead: Lead, sight: &Sight) -> Sql {
    let words = words(filter, sight);
    let mut query = search::select(columns, ("calls", "call_id"), Scope::Calls, &words, lead);
    let begin = if lead == Lead::Words && !words.is_empty() { "w.at" } else { "r.begin_at" };
    if let Some(district) = &filter.district {
        query.push(" AND r.district = ").bind(district.clone());
    }
    if let Some(call_type) = &filter.call_type {
        query.push(" AND r.call_type = ").bind(call_type.clone());
    }
    if let Some(from) = filter.from {
        query.push(&format!(" AND {begin} >= ")).bind(from);
    }
    if let Some(to) = filter.to {
        query.push(&format!(" AND {begin} < ")).bind(to);
    }
    if only_own(sight).is_some() {
        return query;
    }
    // A row of calls has several officers: whether one of them asks is looked up.
    let own = Columns {
        named: Some((
            "EXISTS (SELECT 1 FROM outcomes o WHERE o.call_id = r.call_id AND o.officer_id = ",
            ")",
        )),
        district: Some("r.district"),
        ..Columns::default()
    };
    sight_of_calls(sight).push(&mut query, own);
    query
}

/// The sight with a person's own calls as those that name the officer.
fn sight_of_calls(sight: &Sight) -> Sight {
    let named = |(relation, class): &(Relation, Option<Class>)| match relation {
        Relation::Own => (Relation::Named, *class),
        other => (*other, *class),
    };
    Sight {
        person_id: sight.officer_id.clone(),
        allowed: sight.allowed.iter().filter(|(it, _)| *it != Relation::Named).map(named).collect(),
        ..sight.clone()
    }
}
