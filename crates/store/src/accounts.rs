//! What officers say about calls without video.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::search::{Found, count};
use crate::sight::{Columns, Sight};
use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// An officer's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The call that it is about.
    pub call_id: String,
    /// The officer whose duty it is about.
    pub officer_id: String,
    /// The call's district, empty where none is known.
    pub district: String,
    /// The policy's code; none where it is in words only.
    pub code: Option<String>,
    /// From when on the camera was off.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// In the officer's words.
    pub text: String,
    /// `noted` (words only), `accepted` (needs no approval), `pending`, `approved` or `rejected`.
    pub state: String,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub created_at: i64,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
    /// Why it was decided so.
    pub reason: Option<String>,
}

/// Which accounts are asked for.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this officer.
    pub officer: Option<String>,
    /// After this one (when it was written, and its id).
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: u32,
}

fn read(row: &AnyRow) -> Result<Account, sqlx::Error> {
    Ok(Account {
        id: row.try_get("id")?,
        call_id: row.try_get("call_id")?,
        officer_id: row.try_get("officer_id")?,
        district: row.try_get("district")?,
        code: row.try_get("code")?,
        from: row.try_get("from_at")?,
        to: row.try_get("to_at")?,
        text: row.try_get("text")?,
        state: row.try_get("state")?,
        actor: row.try_get("actor")?,
        created_at: row.try_get("created_at")?,
        decided_by: row.try_get("decided_by")?,
        decided_at: row.try_get("decided_at")?,
        reason: row.try_get("reason")?,
    })
}

/// Keeps an account.
///
/// # Errors
/// Where the database cannot.
pub async fn add(tx: &mut Tx, new: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO accounts (id, call_id, officer_id, district, code, from_at, to_at, text, state, actor, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&new.id)
    .bind(&new.call_id)
    .bind(&new.officer_id)
    .bind(&new.district)
    .bind(new.code.as_deref())
    .bind(new.from)
    .bind(new.to)
    .bind(&new.text)
    .bind(&new.state)
    .bind(&new.actor)
    .bind(new.created_at)
    .execute(&mut **tx)
    .await
    .doing("keep an account")?;
    Ok(())
}

/// Decides on an account that is pending; false where it is not.
///
/// # Errors
/// Where the database cannot.
pub async fn decide(
    tx: &mut Tx,
    id: &str,
    state: &str,
    by: &str,
    reason: &str,
    now: i64,
) -> Result<bool, StoreError> {
    sqlx::query(
        "UPDATE accounts SET state = $2, decided_by = $3, reason = $4, decided_at = $5 WHERE id = $1 AND state = 'pending'",
    )
    .bind(id)
    .bind(state)
    .bind(by)
    .bind(reason)
    .bind(now)
    .execute(&mut **tx)
    .await
    .map(|done| done.rows_affected() == 1)
    .doing("decide on an account")
}

/// An account by its id, whoever may see it.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Account>, StoreError> {
    sqlx::query("SELECT * FROM accounts WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up an account")
}

/// The accounts of a call, the oldest first, whoever may see them.
///
/// # Errors
/// Where the database cannot.
pub async fn of_call(store: &Store, call: &str) -> Result<Vec<Account>, StoreError> {
    sqlx::query("SELECT * FROM accounts WHERE call_id = $1 ORDER BY created_at, id")
        .bind(call)
        .fetch_all(store.reader())
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .doing("look up a call's accounts")
}

fn query(columns: &str, filter: &AccountFilter, sight: &Sight) -> Sql {
    let mut sql = Sql::new(&format!("SELECT {columns} FROM accounts r WHERE 1 = 1"));
    if let Some(state) = &filter.state {
        sql.push(" AND r.state = ").bind(state.clone());
    }
    if let Some(officer) = &filter.officer {
        sql.push(" AND r.officer_id = ").bind(officer.clone());
    }
    let columns =
        Columns { officer: Some("r.officer_id"), district: Some("r.district"), ..Columns::default() };
    sight.push(&mut sql, columns);
    sql
}

/// A page of the accounts that may be seen, the oldest first.
///
/// # Errors
/// Where the database cannot.
pub async fn list(
    store: &Store,
    filter: &AccountFilter,
    sight: &Sight,
) -> Result<Found<Account>, StoreError> {
    let total = count(store, |columns| query(columns, filter, sight), "count accounts").await?;
    let mut sql = query("r.*", filter, sight);
    if let Some((at, id)) = &filter.after {
        sql.push(" AND (r.created_at, r.id) > (").bind(*at).also(id.clone()).push(")");
    }
    sql.push(" ORDER BY r.created_at, r.id LIMIT ").bind(i64::from(filter.limit));
    let rows = sql.rows(store, "list accounts").await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>().doing("list accounts")?;
    Ok(Found { items, total })
}
