//! What recordings and calls are searched by: words in the order of their begin, and which of them are to be told anew.
//! What stands here is made from other tables, by a job, soon after they change.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;

use crate::sql::Sql;
use crate::{Dialect, Doing, Store, StoreError, Tx};

/// How many rows a statement writes.
const ROWS: usize = 200;
/// A word that fewer have leads a query.
const FEW: i64 = 2_000;
/// Totals are counted up to here: one more than "more than 10,000".
pub const MOST_COUNTED: i64 = 10_001;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Recordings, by their ids.
    Recordings,
    /// Calls, by their ids.
    Calls,
}

impl Scope {
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Recordings => 1,
            Self::Calls => 2,
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// Its items: one more than was asked for where there is a next page.
    pub items: Vec<T>,
    /// How many there are in all, at most [`MOST_COUNTED`].
    pub total: u64,
}

/// The words of a text: runs of letters and digits, in lower case.
pub fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().chars().take(60).collect())
}

/// A fact that is searched for like a word.
pub fn fact(name: &str, value: &str) -> String {
    format!("{name}:{value}")
}

/// One recording or call with what it is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Its id.
    pub id: String,
    /// When it begins.
    pub at: i64,
    /// Its words.
    pub words: BTreeSet<String>,
}

/// Marks recordings or calls: the search is to be told anew of them.
///
/// # Errors
/// Where the database cannot.
pub async fn mark(tx: &mut Tx, scope: Scope, ids: &[String]) -> Result<(), StoreError> {
    let ids: Vec<&String> = ids.iter().collect::<BTreeSet<_>>().into_iter().collect();
    for some in ids.chunks(ROWS) {
        let mut sql = Sql::new("INSERT INTO search_due (scope, id, marks)");
        for (at, id) in some.iter().enumerate() {
            sql.next_row(at == 0).bind(scope.number()).also((*id).clone()).push(", 1)");
        }
        sql.push(" ON CONFLICT (scope, id) DO UPDATE SET marks = search_due.marks + 1");
        sql.run(tx, "mark what is searched").await?;
    }
    Ok(())
}

/// Marks the recordings of an officer that overlap a time.
///
/// # Errors
/// Where the database cannot.
pub async fn mark_recordings_of(tx: &mut Tx, officer: &str, from: i64, to: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO search_due (scope, id, marks) SELECT 1, id, 1 FROM recordings WHERE officer_id = $1 \
         AND begin_at < $3 AND end_at > $2 ON CONFLICT (scope, id) DO UPDATE SET marks = search_due.marks + 1",
    )
    .bind(officer)
    .bind(from)
    .bind(to)
    .execute(&mut **tx)
    .await
    .doing("mark what is searched")?;
    Ok(())
}

/// Marks recordings that are kept elsewhere, by their ids there.
///
/// # Errors
/// Where the database cannot.
pub async fn mark_external(tx: &mut Tx, keys: &[String]) -> Result<(), StoreError> {
    for some in keys.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO search_due (scope, id, marks) SELECT 1, id, 1 FROM recordings WHERE principal = 'import' \
             AND source_key IN ",
        );
        sql.list(some).push(" ON CONFLICT (scope, id) DO UPDATE SET marks = search_due.marks + 1");
        sql.run(tx, "mark what is searched").await?;
    }
    Ok(())
}

/// Marks everything of some officers, whose names or districts have changed.
///
/// # Errors
/// Where the database cannot.
pub async fn mark_officers(tx: &mut Tx, officers: &[String]) -> Result<(), StoreError> {
    for some in officers.chunks(ROWS) {
        for begin in [
            "INSERT INTO search_due (scope, id, marks) SELECT 1, id, 1 FROM recordings WHERE officer_id IN ",
            "INSERT INTO search_due (scope, id, marks) SELECT DISTINCT CAST(2 AS BIGINT), call_id, CAST(1 AS BIGINT) \
             FROM outcomes WHERE officer_id IN ",
        ] {
            let mut sql = Sql::new(begin);
            sql.list(some).push(" ON CONFLICT (scope, id) DO UPDATE SET marks = search_due.marks + 1");
            sql.run(tx, "mark what is searched").await?;
        }
    }
    Ok(())
}

/// Marks the calls of outcomes that are about to go.
///
/// # Errors
/// Where the database cannot.
pub async fn mark_calls_of_rows(tx: &mut Tx, rows: &[i64]) -> Result<(), StoreError> {
    for some in rows.chunks(ROWS) {
        let mut sql = Sql::new(
            "INSERT INTO search_due (scope, id, marks) SELECT DISTINCT CAST(2 AS BIGINT), call_id, CAST(1 AS BIGINT) \
             FROM outcomes WHERE row_id IN (",
        );
        for (at, row) in some.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind(*row);
        }
        sql.push(") ON CONFLICT (scope, id) DO UPDATE SET marks = search_due.marks + 1");
        sql.run(tx, "mark what is searched").await?;
    }
    Ok(())
}

/// Some of what is marked, with its marks.
///
/// # Errors
/// Where the database cannot.
pub async fn due(store: &Store, scope: Scope, most: u32) -> Result<Vec<(String, i64)>, StoreError> {
    sqlx::query("SELECT id, marks FROM search_due WHERE scope = $1 ORDER BY id LIMIT $2")
        .bind(scope.number())
        .bind(i64::from(most))
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect())
        .doing("look for what is to be searched")
}

/// Takes marks away, unless new ones came meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn unmark(tx: &mut Tx, scope: Scope, seen: &[(String, i64)]) -> Result<(), StoreError> {
    let mut by_marks: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (id, marks) in seen {
        by_marks.entry(*marks).or_default().push(id.clone());
    }
    for (marks, ids) in by_marks {
        for some in ids.chunks(ROWS) {
            let mut sql = Sql::new("DELETE FROM search_due WHERE scope = ");
            sql.bind(scope.number()).push(" AND marks = ").bind(marks).push(" AND id IN ").list(some);
            sql.run(tx, "unmark what is searched").await?;
        }
    }
    Ok(())
}

/// Writes by which words these are found, in place of those before.
///
/// # Errors
/// Where the database cannot.
pub async fn write(tx: &mut Tx, scope: Scope, told: &[Indexed]) -> Result<(), StoreError> {
    for some in told.chunks(ROWS) {
        let ids: Vec<String> = some.iter().map(|one| one.id.clone()).collect();
        let mut sql = Sql::new("DELETE FROM search_words WHERE scope = ");
        sql.bind(scope.number()).push(" AND id IN ").list(&ids);
        sql.run(tx, "forget words").await?;
    }
    let words: Vec<_> = told.iter().flat_map(|one| one.words.iter().map(move |word| (one, word))).collect();
    for some in words.chunks(ROWS * 2) {
        let mut sql = Sql::new("INSERT INTO search_words (scope, word, at, id)");
        for (at, (one, word)) in some.iter().enumerate() {
            sql.next_row(at == 0)
                .bind(scope.number())
                .also((*word).clone())
                .also(one.at)
                .also(one.id.clone())
                .push(")");
        }
        sql.push(" ON CONFLICT (scope, word, at, id) DO NOTHING");
        sql.run(tx, "write words").await?;
    }
    Ok(())
}

/// Words with those first that fewest have, and whether these are few enough to lead a query whatever else it asks for.
///
/// # Errors
/// Where the database cannot.
pub async fn rarest_first(
    store: &Store,
    scope: Scope,
    words: Vec<String>,
) -> Result<(Vec<String>, bool), StoreError> {
    let mut counted = Vec::with_capacity(words.len());
    for word in words {
        let count: i64 = sqlx::query(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM search_words WHERE scope = $1 AND word = $2 LIMIT $3) counted",
        )
        .bind(scope.number())
        .bind(&word)
        .bind(FEW)
        .fetch_one(store.reader())
        .await
        .and_then(|row| row.try_get(0))
        .doing("count words")?;
        counted.push((count, word));
    }
    counted.sort();
    let is_rare = counted.first().is_some_and(|(count, _)| *count < FEW);
    Ok((counted.into_iter().map(|(_, word)| word).collect(), is_rare))
}

/// What a query of rows with words begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// The first word: its rows are walked in the order of their begin.
    Words,
    /// The rows, in whatever order an index has them: each is looked up among the words.
    Rows(Dialect),
}

/// Begins a query of rows that have all of these words: `columns` of `table`, called `r`, with the id in `id`.
pub(crate) fn select(
    columns: &str,
    (table, id): (&str, &str),
    scope: Scope,
    words: &[String],
    lead: Lead,
) -> Sql {
    let (first, rest) = match (words.split_first(), lead) {
        (Some(words), Lead::Words) => words,
        (_, Lead::Words) => return Sql::new(&format!("SELECT {columns} FROM {table} r WHERE 1 = 1")),
        (_, Lead::Rows(dialect)) => {
            let mut sql = Sql::new(&format!("SELECT {columns} FROM {table} r WHERE 1 = 1"));
            // SQLite would look every word of the id through; this keeps it to the table's own order.
            let word_id = if dialect == Dialect::Sqlite { "o.id || ''" } else { "o.id" };
            for word in words {
                sql.push(" AND EXISTS (SELECT 1 FROM search_words o WHERE o.scope = ").bind(scope.number());
                sql.push(" AND o.word = ").bind(word.clone());
                sql.push(&format!(" AND o.at = r.begin_at AND {word_id} = r.{id})"));
            }
            return sql;
        }
    };
    let mut sql = Sql::new(&format!(
        "SELECT {columns} FROM search_words w JOIN {table} r ON r.{id} = w.id WHERE w.scope = "
    ));
    sql.bind(scope.number()).push(" AND w.word = ").bind(first.clone());
    for word in rest {
        sql.push(" AND EXISTS (SELECT 1 FROM search_words o WHERE o.scope = ").bind(scope.number());
        sql.push(" AND o.word = ").bind(word.clone()).push(" AND o.at = w.at AND o.id = w.id)");
    }
    sql
}

/// Counts the rows of a query, up to [`MOST_COUNTED`]. The query has no order and no limit.
pub(crate) async fn count(
    store: &Store,
    query: impl FnOnce(&str) -> Sql,
    doing: &'static str,
) -> Result<u64, StoreError> {
    let mut sql = query("1 AS one");
    sql.wrap("SELECT COUNT(*) FROM (").push(" LIMIT ").bind(MOST_COUNTED).push(") counted");
    let rows = sql.rows(store, doing).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).doing(doing)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        let words: Vec<_> = words_of("O'Brien, K-9 unit: ÄRGER").collect();
        assert_eq!(words, ["o", "brien", "k", "9", "unit", "ärger"]);
    }
}
