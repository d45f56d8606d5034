//! The tables, as numbered migrations. A migration that has been released is never changed; a new one is added.

use sqlx::{AssertSqlSafe, Row};

use crate::{Doing, Store, StoreError, commit};

/// Every migration in order; its number is its place, from 1 on.
const MIGRATIONS: [&str; 6] = [
    include_str!("../migrations/0001_custody.sql"),
    include_str!("../migrations/0002_imports.sql"),
    include_str!("../migrations/0003_origins.sql"),
    include_str!("../migrations/0004_people.sql"),
    include_str!("../migrations/0005_application.sql"),
    include_str!("../migrations/0006_speed.sql"),
];

/// Brings the schema up to date. Two nodes that start at once wait for each other.
pub(crate) async fn migrate(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    if store.dialect() == crate::Dialect::Postgres {
        // 0x6f6e7265 = "onre": the same number on every node.
        sqlx::query("SELECT CAST(pg_advisory_xact_lock(1869509221, 1) AS TEXT)")
            .execute(&mut *tx)
            .await
            .doing("lock the schema")?;
    }
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY)")
        .execute(&mut *tx)
        .await
        .doing("make the table of schema versions")?;
    let found: i64 = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM schema_versions")
        .fetch_one(&mut *tx)
        .await
        .and_then(|row| row.try_get(0))
        .doing("tell its schema version")?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, migration) in (1..).zip(MIGRATIONS) {
        if version > found {
            apply(store, &mut tx, version, migration).await?;
        }
    }
    commit(tx).await
}

async fn apply(store: &Store, tx: &mut crate::Tx, version: i64, migration: &str) -> Result<(), StoreError> {
    let text = store.dialect().schema(migration);
    for statement in text.split(";\n").map(str::trim).filter(|s| !s.is_empty()) {
        sqlx::query(AssertSqlSafe(statement.to_owned()))
            .execute(&mut **tx)
            .await
            .doing("be brought to a new schema")?;
    }
    sqlx::query("INSERT INTO schema_versions (version) VALUES ($1)")
        .bind(version)
        .execute(&mut **tx)
        .await
        .doing("note its schema version")?;
    Ok(())
}
