//! API tokens. A token is shown once, when it is made; the database keeps a hash.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// A token that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id: the principal in ledger entries.
    pub id: String,
    /// What a person called it.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// Since when.
    pub created_at: i64,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

fn read(row: &AnyRow) -> Result<Token, sqlx::Error> {
    Ok(Token {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        created_at: row.try_get("created_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}

/// Keeps a new token. `hash` is the lower-case hex SHA-256 of its text.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, token: &Token, hash: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO tokens (id, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&token.id)
        .bind(&token.name)
        .bind(&token.role)
        .bind(hash)
        .bind(token.created_at)
        .execute(&mut **tx)
        .await
        .doing("keep a token")?;
    Ok(())
}

/// The token with a hash, unless it was revoked.
///
/// # Errors
/// Where the database cannot.
pub async fn by_hash(store: &Store, hash: &str) -> Result<Option<Token>, StoreError> {
    sqlx::query("SELECT * FROM tokens WHERE hash = $1 AND revoked_at IS NULL")
        .bind(hash)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a token")
}

/// Every token, the newest first.
///
/// # Errors
/// Where the database cannot.
pub async fn all(store: &Store) -> Result<Vec<Token>, StoreError> {
    sqlx::query("SELECT * FROM tokens ORDER BY created_at DESC, id")
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list tokens")
}

/// Revokes a token; answers whether there was one to revoke.
///
/// # Errors
/// Where the database cannot.
pub async fn revoke(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("revoke a token")
}
