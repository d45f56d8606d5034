//! What Axis body-worn systems keep with us: containers and objects, each with metadata.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Doing, Store, StoreError, Tx};

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its metadata as a JSON object of texts.
    pub metadata: String,
    /// The recording that it is, if it is one.
    pub recording_id: Option<String>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its container.
    pub container: String,
    /// Its name.
    pub name: String,
    /// Its metadata as a JSON object of texts.
    pub metadata: String,
    /// The clip that keeps its bytes; none for objects without any.
    pub clip_id: Option<String>,
    /// The MD5 of its bytes, lower-case hex.
    pub etag: String,
    /// Its bytes.
    pub size: u64,
}

fn read_container(row: &AnyRow) -> Result<Container, sqlx::Error> {
    Ok(Container {
        name: row.try_get("name")?,
        metadata: row.try_get("metadata")?,
        recording_id: row.try_get("recording_id")?,
    })
}

fn read_object(row: &AnyRow) -> Result<Object, sqlx::Error> {
    Ok(Object {
        container: row.try_get("container")?,
        name: row.try_get("name")?,
        metadata: row.try_get("metadata")?,
        clip_id: row.try_get("clip_id")?,
        etag: row.try_get("etag")?,
        size: row.try_get::<i64, _>("size")? as u64,
    })
}

/// A container by its name.
///
/// # Errors
/// Where the database cannot.
pub async fn container(store: &Store, name: &str) -> Result<Option<Container>, StoreError> {
    sqlx::query("SELECT * FROM swift_containers WHERE name = $1")
        .bind(name)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read_container).transpose())
        .doing("look up a container")
}

/// A container by its name, as this transaction sees it; others cannot change it until the transaction ends.
///
/// # Errors
/// Where the database cannot.
pub async fn container_in(tx: &mut Tx, name: &str) -> Result<Option<Container>, StoreError> {
    // A write to the row locks it on both databases.
    sqlx::query("UPDATE swift_containers SET name = name WHERE name = $1 RETURNING *")
        .bind(name)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.as_ref().map(read_container).transpose())
        .doing("look up a container")
}

/// Adds a container; false where there is one of this name.
///
/// # Errors
/// Where the database cannot.
pub async fn add_container(tx: &mut Tx, container: &Container, now: i64) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO swift_containers (name, metadata, recording_id, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(&container.name)
    .bind(&container.metadata)
    .bind(container.recording_id.as_deref())
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("add a container")
}

/// Writes a container, new or changed.
///
/// # Errors
/// Where the database cannot.
pub async fn set_container(tx: &mut Tx, container: &Container, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO swift_containers (name, metadata, recording_id, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET metadata = $2, recording_id = $3, updated_at = $4",
    )
    .bind(&container.name)
    .bind(&container.metadata)
    .bind(container.recording_id.as_deref())
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("write a container")?;
    Ok(())
}

/// An object by its name.
///
/// # Errors
/// Where the database cannot.
pub async fn object(store: &Store, container: &str, name: &str) -> Result<Option<Object>, StoreError> {
    sqlx::query("SELECT * FROM swift_objects WHERE container = $1 AND name = $2")
        .bind(container)
        .bind(name)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read_object).transpose())
        .doing("look up an object")
}

/// Every object of a container, by name.
///
/// # Errors
/// Where the database cannot.
pub async fn objects(store: &Store, container: &str) -> Result<Vec<Object>, StoreError> {
    sqlx::query("SELECT * FROM swift_objects WHERE container = $1 ORDER BY name")
        .bind(container)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read_object).collect())
        .doing("list objects")
}

/// Writes an object, new or changed.
///
/// # Errors
/// Where the database cannot.
pub async fn set_object(tx: &mut Tx, object: &Object, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO swift_objects (container, name, metadata, clip_id, etag, size, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (container, name) DO UPDATE \
         SET metadata = $3, clip_id = $4, etag = $5, size = $6, updated_at = $7",
    )
    .bind(&object.container)
    .bind(&object.name)
    .bind(&object.metadata)
    .bind(object.clip_id.as_deref())
    .bind(&object.etag)
    .bind(object.size as i64)
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("write an object")?;
    Ok(())
}
