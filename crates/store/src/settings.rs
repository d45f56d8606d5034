//! Facts about this installation that outlive a process: addresses it listens on, whether keys were copied, …

use sqlx::Row;

use crate::{Doing, Store, StoreError, Tx};

/// Reads a setting.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, name: &str) -> Result<Option<String>, StoreError> {
    sqlx::query("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.map(|row| row.try_get(0)).transpose())
        .doing("read a setting")
}

/// Writes a setting.
///
/// # Errors
/// Where the database cannot.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
    )
    .bind(name)
    .bind(value)
    .execute(&mut **tx)
    .await
    .doing("write a setting")?;
    Ok(())
}
