//! Names of those who did something.

use sqlx::Row;

use crate::{Doing, Store, StoreError};

/// The name of a person.
///
/// # Errors
/// Where the database cannot.
pub async fn person(store: &Store, id: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT display_name FROM people WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.map(|row| row.try_get(0)).transpose())
        .doing("look up a person's name")
}

/// The name of a token.
///
/// # Errors
/// Where the database cannot.
pub async fn token(store: &Store, id: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT name FROM tokens WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.map(|row| row.try_get(0)).transpose())
        .doing("look up a token's name")
}

/// The people who are a certain officer, by id.
///
/// # Errors
/// Where the database cannot.
pub async fn people_of_officer(store: &Store, officer: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT id FROM people WHERE officer_id = $1 AND state = 'active' ORDER BY id")
        .bind(officer)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
        .doing("look up an officer's sign-in")
}

/// The people with a role that reaches a district, by id.
///
/// # Errors
/// Where the database cannot.
pub async fn with_role(store: &Store, role: &str, district: &str) -> Result<Vec<String>, StoreError> {
    // Roles and districts are JSON lists of words; no district is all of them.
    let (role, district) = (format!("%\"{role}\"%"), format!("%\"{district}\"%"));
    sqlx::query(
        "SELECT id FROM people WHERE state = 'active' AND roles LIKE $1 AND (districts = '[]' OR districts LIKE $2) \
         ORDER BY id LIMIT 500",
    )
    .bind(role)
    .bind(district)
    .fetch_all(store.reader())
    .await
    .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
    .doing("look up who has a role")
}
