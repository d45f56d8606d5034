//! Work to be done later, put down in the same transaction as its cause. A job that fails is tried again, later and
//! later; after [`MOST_ATTEMPTS`] it stands as failed until somebody looks.

use sqlx::{AssertSqlSafe, Row};

use crate::{Doing, Store, StoreError, Tx};

/// How often a job is tried.
pub const MOST_ATTEMPTS: i64 = 10;

/// A job that this process has claimed.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// The how-manieth try this is, from 1.
    pub attempt: i64,
    /// How often it had been put down when it was claimed.
    pub wanted: i64,
}

/// Puts a job down, to be done from `run_at` on. One of the same kind and subject that has not begun stays one job; one
/// that is being done right now is done once more when it ends, never twice at a time.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, kind: &str, subject: &str, run_at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO jobs (kind, subject, run_at, attempts, state) VALUES ($1, $2, $3, 0, 'waiting') \
         ON CONFLICT (kind, subject) DO UPDATE SET wanted = jobs.wanted + 1, \
         run_at = CASE WHEN jobs.claimed_until IS NULL THEN $3 ELSE jobs.run_at END, \
         attempts = CASE WHEN jobs.claimed_until IS NULL THEN 0 ELSE jobs.attempts END, \
         failure = NULL, state = 'waiting'",
    )
    .bind(kind)
    .bind(subject)
    .bind(run_at)
    .execute(&mut **tx)
    .await
    .doing("put down a job")?;
    Ok(())
}

/// Claims the next job that is due, until `until`; a claim that ran out may be taken by another node.
///
/// # Errors
/// Where the database cannot.
pub async fn claim(store: &Store, now: i64, until: i64) -> Result<Option<Job>, StoreError> {
    // Looking needs no right to write, which SQLite gives to one at a time.
    let due = sqlx::query("SELECT id FROM jobs WHERE state = 'waiting' AND run_at <= $1 LIMIT 1")
        .bind(now)
        .fetch_optional(store.reader())
        .await
        .doing("look for jobs")?;
    if due.is_none() {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    let query = format!(
        "UPDATE jobs SET attempts = attempts + 1, claimed_until = $2, run_at = $2 WHERE id = (SELECT id FROM jobs \
         WHERE state = 'waiting' AND run_at <= $1 ORDER BY run_at, id LIMIT 1{}) \
         RETURNING id, kind, subject, attempts, wanted",
        store.dialect().skip_locked()
    );
    let job = sqlx::query(AssertSqlSafe(query))
        .bind(now)
        .bind(until)
        .fetch_optional(&mut *tx)
        .await
        .and_then(|row| {
            row.map(|row| {
                Ok(Job {
                    id: row.try_get("id")?,
                    kind: row.try_get("kind")?,
                    subject: row.try_get("subject")?,
                    attempt: row.try_get("attempts")?,
                    wanted: row.try_get("wanted")?,
                })
            })
            .transpose()
        })
        .doing("claim a job")?;
    crate::commit(tx).await?;
    Ok(job)
}

/// Holds a claim longer; a job that another node has taken meanwhile is left to it.
///
/// # Errors
/// Where the database cannot.
pub async fn renew(tx: &mut Tx, job: &Job, until: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE jobs SET claimed_until = $3, run_at = $3 WHERE id = $1 AND attempts = $2 AND state = 'waiting'")
        .bind(job.id)
        .bind(job.attempt)
        .bind(until)
        .execute(&mut **tx)
        .await
        .doing("hold a job")?;
    Ok(())
}

/// A job is done: it is forgotten; or done once more, at `now`, where it was put down anew meanwhile.
///
/// # Errors
/// Where the database cannot.
pub async fn done(tx: &mut Tx, job: &Job, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM jobs WHERE id = $1 AND attempts = $2 AND wanted = $3")
        .bind(job.id)
        .bind(job.attempt)
        .bind(job.wanted)
        .execute(&mut **tx)
        .await
        .doing("finish a job")?;
    sqlx::query(
        "UPDATE jobs SET run_at = $3, attempts = 0, claimed_until = NULL WHERE id = $1 AND attempts = $2",
    )
    .bind(job.id)
    .bind(job.attempt)
    .bind(now)
    .execute(&mut **tx)
    .await
    .doing("begin a job anew")?;
    Ok(())
}

/// A job failed: it is tried again at `run_at`, or given up after the last try.
///
/// # Errors
/// Where the database cannot.
pub async fn failed(tx: &mut Tx, job: &Job, why: &str, run_at: i64) -> Result<(), StoreError> {
    let state = if job.attempt >= MOST_ATTEMPTS { "failed" } else { "waiting" };
    sqlx::query("UPDATE jobs SET state = $3, failure = $4, run_at = $5, claimed_until = NULL WHERE id = $1 AND attempts = $2")
        .bind(job.id)
        .bind(job.attempt)
        .bind(state)
        .bind(why)
        .bind(run_at)
        .execute(&mut **tx)
        .await
        .doing("note a failed job")?;
    Ok(())
}

/// How many jobs wait and how many have been given up.
///
/// # Errors
/// Where the database cannot.
pub async fn counts(store: &Store) -> Result<(i64, i64), StoreError> {
    sqlx::query(
        "SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END), COUNT(CASE WHEN state = 'failed' THEN 1 END) FROM jobs",
    )
    .fetch_one(store.reader())
    .await
    .and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .doing("count jobs")
}
