//! The officers, as the newest import names them.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// An officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Officer {
    /// Their id.
    pub officer_id: String,
    /// Their name, empty where none is known.
    pub name: String,
    /// The number on their star, likewise.
    pub badge: String,
    /// Their district, likewise.
    pub district: String,
}

fn read(row: &AnyRow) -> Result<Officer, sqlx::Error> {
    Ok(Officer {
        officer_id: row.try_get("officer_id")?,
        name: row.try_get("name")?,
        badge: row.try_get("badge")?,
        district: row.try_get("district")?,
    })
}

/// Writes who an officer is, unless a newer row has said so.
///
/// # Errors
/// Where the database cannot.
pub async fn write(tx: &mut Tx, officer: &Officer, row_id: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO officers (officer_id, name, badge, district, row_id) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (officer_id) DO UPDATE SET name = $2, badge = $3, district = $4, row_id = $5 \
         WHERE officers.row_id <= $5",
    )
    .bind(&officer.officer_id)
    .bind(&officer.name)
    .bind(&officer.badge)
    .bind(&officer.district)
    .bind(row_id)
    .execute(&mut **tx)
    .await
    .doing("write an officer")?;
    Ok(())
}

/// The officers with these ids, as far as they are known.
///
/// # Errors
/// Where the database cannot.
pub async fn with_ids(store: &Store, ids: &[String]) -> Result<Vec<Officer>, StoreError> {
    let mut found = Vec::new();
    for some in ids.chunks(500) {
        let mut sql = Sql::new("SELECT officer_id, name, badge, district FROM officers WHERE officer_id IN ");
        sql.list(some);
        for row in &sql.rows(store, "look up officers").await? {
            found.push(read(row).doing("look up officers")?);
        }
    }
    Ok(found)
}

/// Officers whose id, badge or a word of whose name begins with a text, by id.
///
/// # Errors
/// Where the database cannot.
pub async fn find(store: &Store, text: &str, limit: u32) -> Result<Vec<Officer>, StoreError> {
    let text: String = text.to_lowercase().chars().filter(|it| !matches!(it, '%' | '_' | '\\')).collect();
    sqlx::query(
        "SELECT officer_id, name, badge, district FROM officers WHERE LOWER(officer_id) LIKE $1 OR LOWER(badge) LIKE $1 \
         OR LOWER(name) LIKE $1 OR LOWER(name) LIKE $2 ORDER BY officer_id LIMIT $3",
    )
    .bind(format!("{text}%"))
    .bind(format!("% {text}%"))
    .bind(i64::from(limit))
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .doing("look for officers")
}

/// Every district that an officer or a call has, by name.
///
/// # Errors
/// Where the database cannot.
pub async fn districts(store: &Store) -> Result<Vec<String>, StoreError> {
    sqlx::query(
        // From one district of the calls to the next by their index, past the millions between.
        "WITH RECURSIVE found (district) AS (SELECT MIN(district) FROM calls UNION ALL \
         SELECT (SELECT MIN(c.district) FROM calls c WHERE c.district > found.district) FROM found \
         WHERE found.district IS NOT NULL) SELECT district FROM officers WHERE district <> '' UNION \
         SELECT district FROM found WHERE district <> ''",
    )
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>())
    .map(|mut districts| {
        districts.sort();
        districts
    })
    .doing("list districts")
}
