//! Passkeys: the public keys with which people prove who they are without a password.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The credential's id, base64url.
    pub id: String,
    /// Whose it is.
    pub person_id: String,
    /// What they call it.
    pub name: String,
    /// What is needed to check its next signature, as JSON.
    pub credential: String,
    /// Since when.
    pub created_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
}

fn read(row: &AnyRow) -> Result<Passkey, sqlx::Error> {
    Ok(Passkey {
        id: row.try_get("id")?,
        person_id: row.try_get("person_id")?,
        name: row.try_get("name")?,
        credential: row.try_get("credential")?,
        created_at: row.try_get("created_at")?,
        used_at: row.try_get("used_at")?,
    })
}

/// Keeps a new passkey.
///
/// # Errors
/// Where the database cannot, or where this credential is known already.
pub async fn add(tx: &mut Tx, passkey: &Passkey) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO passkeys (id, person_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&passkey.id)
    .bind(&passkey.person_id)
    .bind(&passkey.name)
    .bind(&passkey.credential)
    .bind(passkey.created_at)
    .execute(&mut **tx)
    .await
    .doing("keep a passkey")?;
    Ok(())
}

/// A passkey by its credential's id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Passkey>, StoreError> {
    sqlx::query("SELECT * FROM passkeys WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a passkey")
}

/// A person's passkeys, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn of_person(store: &Store, person: &str) -> Result<Vec<Passkey>, StoreError> {
    sqlx::query("SELECT * FROM passkeys WHERE person_id = $1 ORDER BY created_at, id")
        .bind(person)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("list passkeys")
}

/// Notes a use: `credential` takes the place of `before`; false where somebody else used it meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn used(
    tx: &mut Tx,
    id: &str,
    before: &str,
    credential: &str,
    now: i64,
) -> Result<bool, StoreError> {
    sqlx::query("UPDATE passkeys SET credential = $3, used_at = $4 WHERE id = $1 AND credential = $2")
        .bind(id)
        .bind(before)
        .bind(credential)
        .bind(now)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("note the use of a passkey")
}

/// Removes a person's passkey; answers whether there was one.
///
/// # Errors
/// Where the database cannot.
pub async fn remove(tx: &mut Tx, person: &str, id: &str) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM passkeys WHERE person_id = $1 AND id = $2")
        .bind(person)
        .bind(id)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("remove a passkey")
}

/// Removes every passkey of a person.
///
/// # Errors
/// Where the database cannot.
pub async fn remove_all(tx: &mut Tx, person: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM passkeys WHERE person_id = $1")
        .bind(person)
        .execute(&mut **tx)
        .await
        .doing("remove passkeys")?;
    Ok(())
}
