//! Sessions of people who signed in, tries to sign in, and what a sign-in in several steps remembers between them.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::people::{self, Person};
use crate::{Doing, Store, StoreError, Tx};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The SHA-256 of its cookie, lower-case hex.
    pub hash: String,
    /// Whose it is.
    pub person_id: String,
    /// How they signed in: `password`, `passkey` or `oidc`.
    pub method: String,
    /// Since when.
    pub created_at: i64,
    /// When it was last used.
    pub seen_at: i64,
    /// When the person last proved who they are.
    pub proved_at: i64,
    /// When it ends, used or not.
    pub ends_at: i64,
}

fn read(row: &AnyRow) -> Result<Session, sqlx::Error> {
    Ok(Session {
        hash: row.try_get("hash")?,
        person_id: row.try_get("person_id")?,
        method: row.try_get("method")?,
        created_at: row.try_get("session_created_at")?,
        seen_at: row.try_get("seen_at")?,
        proved_at: row.try_get("proved_at")?,
        ends_at: row.try_get("ends_at")?,
    })
}

/// Begins a session.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (hash, person_id, method, created_at, seen_at, proved_at, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&session.hash)
    .bind(&session.person_id)
    .bind(&session.method)
    .bind(session.created_at)
    .bind(session.seen_at)
    .bind(session.proved_at)
    .bind(session.ends_at)
    .execute(&mut **tx)
    .await
    .doing("begin a session")?;
    Ok(())
}

/// The session with a hash, with the person, unless it has ended or the person was disabled.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, hash: &str, now: i64) -> Result<Option<(Session, Person)>, StoreError> {
    sqlx::query(
        "SELECT people.*, sessions.hash, sessions.person_id, sessions.method, sessions.seen_at, sessions.proved_at, \
         sessions.ends_at, sessions.created_at AS session_created_at \
         FROM sessions JOIN people ON people.id = sessions.person_id \
         WHERE sessions.hash = $1 AND sessions.ends_at > $2 AND people.state = 'active'",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(store.reader())
    .await
    .and_then(|row| row.map(|row| Ok((read(&row)?, people::read(&row)?))).transpose())
    .doing("look up a session")
}

/// Notes that a session is used.
///
/// # Errors
/// Where the database cannot.
pub async fn seen(tx: &mut Tx, hash: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at < $2")
        .bind(hash)
        .bind(now)
        .execute(&mut **tx)
        .await
        .doing("note the use of a session")?;
    Ok(())
}

/// Notes that the person has proved anew who they are.
///
/// # Errors
/// Where the database cannot.
pub async fn proved(tx: &mut Tx, hash: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET seen_at = $2, proved_at = $2 WHERE hash = $1")
        .bind(hash)
        .bind(now)
        .execute(&mut **tx)
        .await
        .doing("note who uses a session")?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// Where the database cannot.
pub async fn end(tx: &mut Tx, hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE hash = $1")
        .bind(hash)
        .execute(&mut **tx)
        .await
        .doing("end a session")?;
    Ok(())
}

/// Ends every session of a person but the one with the hash `but`.
///
/// # Errors
/// Where the database cannot.
pub async fn end_others(tx: &mut Tx, person: &str, but: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person_id = $1 AND hash <> $2")
        .bind(person)
        .bind(but)
        .execute(&mut **tx)
        .await
        .doing("end sessions")?;
    Ok(())
}

/// What has been tried under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Tries since the last that succeeded, this one included.
    pub tries: i64,
    /// Until when no more are taken.
    pub locked_until: Option<i64>,
}

/// Counts a try, before it is looked at, so that tries side by side count too.
///
/// # Errors
/// Where the database cannot.
pub async fn count_try(tx: &mut Tx, name: &str, now: i64) -> Result<Tries, StoreError> {
    sqlx::query(
        "INSERT INTO sign_in_tries (name, tries, tried_at) VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET \
         tries = CASE WHEN sign_in_tries.locked_until <= $2 THEN 1 ELSE sign_in_tries.tries + 1 END, \
         locked_until = CASE WHEN sign_in_tries.locked_until <= $2 THEN NULL ELSE sign_in_tries.locked_until END, \
         tried_at = $2 RETURNING tries, locked_until",
    )
    .bind(name)
    .bind(now)
    .fetch_one(&mut **tx)
    .await
    .and_then(|row| Ok(Tries { tries: row.try_get("tries")?, locked_until: row.try_get("locked_until")? }))
    .doing("count a try to sign in")
}

/// How many tries there were under a name.
///
/// # Errors
/// Where the database cannot.
pub async fn tries(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    sqlx::query("SELECT tries FROM sign_in_tries WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.map_or(Ok(0), |row| row.try_get("tries")))
        .doing("count tries to sign in")
}

/// Takes no more tries under a name until `until`.
///
/// # Errors
/// Where the database cannot.
pub async fn lock(tx: &mut Tx, name: &str, until: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE sign_in_tries SET locked_until = $2 WHERE name = $1")
        .bind(name)
        .bind(until)
        .execute(&mut **tx)
        .await
        .doing("lock a sign-in name")?;
    Ok(())
}

/// Takes a try back that was neither right nor wrong.
///
/// # Errors
/// Where the database cannot.
pub async fn uncount_try(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE sign_in_tries SET tries = tries - 1 WHERE name = $1 AND tries > 0")
        .bind(name)
        .execute(&mut **tx)
        .await
        .doing("count a try to sign in")?;
    Ok(())
}

/// Forgets the tries under a name.
///
/// # Errors
/// Where the database cannot.
pub async fn forget_tries(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sign_in_tries WHERE name = $1")
        .bind(name)
        .execute(&mut **tx)
        .await
        .doing("forget tries to sign in")?;
    Ok(())
}

/// Remembers something under an id until it expires.
///
/// # Errors
/// Where the database cannot.
pub async fn remember(
    tx: &mut Tx,
    id: &str,
    kind: &str,
    data: &str,
    expires_at: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO challenges (id, kind, data, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(kind)
        .bind(data)
        .bind(expires_at)
        .execute(&mut **tx)
        .await
        .doing("remember a challenge")?;
    Ok(())
}

/// What was remembered, once: it is forgotten with this.
///
/// # Errors
/// Where the database cannot.
pub async fn recall(tx: &mut Tx, id: &str, kind: &str, now: i64) -> Result<Option<String>, StoreError> {
    sqlx::query("DELETE FROM challenges WHERE id = $1 AND kind = $2 RETURNING data, expires_at")
        .bind(id)
        .bind(kind)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.map(|row| Ok((row.try_get("data")?, row.try_get("expires_at")?))).transpose())
        .map(|found: Option<(String, i64)>| found.filter(|(_, until)| *until > now).map(|(data, _)| data))
        .doing("recall a challenge")
}

/// Forgets what has ended: sessions and challenges, and tries of before `tries_before`.
///
/// # Errors
/// Where the database cannot.
pub async fn sweep(tx: &mut Tx, now: i64, tries_before: i64) -> Result<(), StoreError> {
    for (statement, before) in [
        ("DELETE FROM sessions WHERE ends_at <= $1", now),
        ("DELETE FROM challenges WHERE expires_at <= $1", now),
        ("DELETE FROM sign_in_tries WHERE tried_at < $1", tries_before),
    ] {
        sqlx::query(statement).bind(before).execute(&mut **tx).await.doing("forget what has ended")?;
    }
    Ok(())
}
