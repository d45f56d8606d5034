//! People who may sign in: who they are, what they were given, and how they prove who they are. Passwords stand here as
//! hashes, secrets of second factors sealed; this module knows neither what hashes nor what seals.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::sql::Sql;
use crate::{Doing, Store, StoreError, Tx};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id: the principal in ledger entries.
    pub id: String,
    /// What they sign in with, in small letters.
    pub name: String,
    /// What others call them.
    pub display_name: String,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// The officer that they are, where they wear a camera.
    pub officer_id: Option<String>,
    /// Their roles, as a JSON list.
    pub roles: String,
    /// The districts for which they hold them, as a JSON list; empty for all of them.
    pub districts: String,
    /// `active` or `disabled`.
    pub state: String,
    /// The hash of their password; none for who signs in elsewhere.
    pub password: Option<String>,
    /// Whether they must choose another password first.
    pub must_change_password: bool,
    /// The sealed secret of their second factor.
    pub totp: Option<Vec<u8>>,
    /// Whether they have shown once that they can make its codes.
    pub totp_confirmed: bool,
    /// The last step whose code was used.
    pub totp_step: i64,
    /// How the identity provider names them.
    pub external_subject: Option<String>,
    /// Since when.
    pub created_at: i64,
    /// When anything of this was last changed.
    pub changed_at: i64,
    /// When they last signed in.
    pub signed_in_at: Option<i64>,
}

pub(crate) fn read(row: &AnyRow) -> Result<Person, sqlx::Error> {
    Ok(Person {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        mail: row.try_get("mail")?,
        officer_id: row.try_get("officer_id")?,
        roles: row.try_get("roles")?,
        districts: row.try_get("districts")?,
        state: row.try_get("state")?,
        password: row.try_get("password")?,
        must_change_password: row.try_get::<i64, _>("must_change_password")? != 0,
        totp: row.try_get("totp")?,
        totp_confirmed: row.try_get::<i64, _>("totp_confirmed")? != 0,
        totp_step: row.try_get("totp_step")?,
        external_subject: row.try_get("external_subject")?,
        created_at: row.try_get("created_at")?,
        changed_at: row.try_get("changed_at")?,
        signed_in_at: row.try_get("signed_in_at")?,
    })
}

/// Keeps a new person.
///
/// # Errors
/// Where the database cannot, or where there is one with this sign-in name (or external name) already.
pub async fn add(tx: &mut Tx, person: &Person) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO people (id, name, display_name, mail, officer_id, roles, districts, state, password, \
         must_change_password, totp_confirmed, totp_step, external_subject, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $12, $13)",
    )
    .bind(&person.id)
    .bind(&person.name)
    .bind(&person.display_name)
    .bind(person.mail.as_deref())
    .bind(person.officer_id.as_deref())
    .bind(&person.roles)
    .bind(&person.districts)
    .bind(&person.state)
    .bind(person.password.as_deref())
    .bind(i64::from(person.must_change_password))
    .bind(person.external_subject.as_deref())
    .bind(person.created_at)
    .bind(person.changed_at)
    .execute(&mut **tx)
    .await
    .doing("keep a person")?;
    Ok(())
}

/// Writes everything of a person but id, name, and the times of creation and of the last sign-in.
///
/// # Errors
/// Where the database cannot, or where the external name is another person's.
pub async fn update(tx: &mut Tx, person: &Person) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE people SET display_name = $2, mail = $3, officer_id = $4, roles = $5, districts = $6, state = $7, \
         password = $8, must_change_password = $9, totp = $10, totp_confirmed = $11, totp_step = $12, \
         external_subject = $13, changed_at = $14 WHERE id = $1",
    )
    .bind(&person.id)
    .bind(&person.display_name)
    .bind(person.mail.as_deref())
    .bind(person.officer_id.as_deref())
    .bind(&person.roles)
    .bind(&person.districts)
    .bind(&person.state)
    .bind(person.password.as_deref())
    .bind(i64::from(person.must_change_password))
    .bind(person.totp.as_deref())
    .bind(i64::from(person.totp_confirmed))
    .bind(person.totp_step)
    .bind(person.external_subject.as_deref())
    .bind(person.changed_at)
    .execute(&mut **tx)
    .await
    .doing("write a person")?;
    Ok(())
}

/// A person by their id.
///
/// # Errors
/// Where the database cannot.
pub async fn get(store: &Store, id: &str) -> Result<Option<Person>, StoreError> {
    sqlx::query("SELECT * FROM people WHERE id = $1")
        .bind(id)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a person")
}

/// A person by their id, as this transaction sees them; others cannot change them until the transaction ends.
///
/// # Errors
/// Where the database cannot.
pub async fn get_in(tx: &mut Tx, id: &str) -> Result<Option<Person>, StoreError> {
    // A write to the row locks it on both databases.
    sqlx::query("UPDATE people SET state = state WHERE id = $1 RETURNING *")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a person")
}

/// A person by their sign-in name, in small letters.
///
/// # Errors
/// Where the database cannot.
pub async fn by_name(store: &Store, name: &str) -> Result<Option<Person>, StoreError> {
    sqlx::query("SELECT * FROM people WHERE name = $1")
        .bind(name)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a person")
}

/// A person by how the identity provider names them.
///
/// # Errors
/// Where the database cannot.
pub async fn by_external_subject(store: &Store, subject: &str) -> Result<Option<Person>, StoreError> {
    sqlx::query("SELECT * FROM people WHERE external_subject = $1")
        .bind(subject)
        .fetch_optional(store.reader())
        .await
        .and_then(|row| row.as_ref().map(read).transpose())
        .doing("look up a person")
}

/// Which people are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whose sign-in name, display name, mail or officer id contains this.
    pub words: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// After this sign-in name.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl Filter {
    fn push(&self, query: &mut Sql) {
        if let Some(words) = &self.words {
            let escaped = words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let like = format!("%{escaped}%");
            query.push(" AND (");
            for (at, column) in ["name", "display_name", "mail", "officer_id"].iter().enumerate() {
                query.push(if at == 0 { "" } else { " OR " }).push("LOWER(COALESCE(").push(column);
                query.push(", '')) LIKE ").bind(like.clone()).push(" ESCAPE '\\'");
            }
            query.push(")");
        }
        if let Some(state) = &self.state {
            query.push(" AND state = ").bind(state.clone());
        }
    }
}

/// People in the order of their sign-in names.
///
/// # Errors
/// Where the database cannot.
pub async fn list(store: &Store, filter: &Filter) -> Result<Vec<Person>, StoreError> {
    let mut query = Sql::new("SELECT * FROM people WHERE 1 = 1");
    filter.push(&mut query);
    if let Some(after) = &filter.after {
        query.push(" AND name > ").bind(after.clone());
    }
    query.push(" ORDER BY name LIMIT ").bind(i64::from(filter.limit));
    let rows = query.rows(store, "list people").await?;
    rows.iter().map(read).collect::<Result<_, _>>().doing("read people")
}

/// How many people there are of this kind, at most `most`.
///
/// # Errors
/// Where the database cannot.
pub async fn count(store: &Store, filter: &Filter, most: u32) -> Result<u64, StoreError> {
    let mut query = Sql::new("SELECT COUNT(*) AS found FROM (SELECT 1 FROM people WHERE 1 = 1");
    filter.push(&mut query);
    query.push(" LIMIT ").bind(i64::from(most)).push(") AS some");
    let rows = query.rows(store, "count people").await?;
    let found = rows.first().map_or(Ok(0), |row| row.try_get::<i64, _>("found")).doing("count people")?;
    Ok(found as u64)
}

/// The active people who hold a role, as this transaction sees them.
///
/// # Errors
/// Where the database cannot.
pub async fn active_with_role(tx: &mut Tx, role: &str) -> Result<Vec<String>, StoreError> {
    sqlx::query("SELECT id FROM people WHERE state = 'active' AND roles LIKE $1")
        .bind(format!("%\"{role}\"%"))
        .fetch_all(&mut **tx)
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get("id")).collect())
        .doing("list people with a role")
}

/// Notes a sign-in.
///
/// # Errors
/// Where the database cannot.
pub async fn signed_in(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE people SET signed_in_at = $2 WHERE id = $1")
        .bind(id)
        .bind(now)
        .execute(&mut **tx)
        .await
        .doing("note a sign-in")?;
    Ok(())
}

/// Uses a step of a second factor up; false where it, or a later one, was used before.
///
/// # Errors
/// Where the database cannot.
pub async fn use_totp_step(tx: &mut Tx, id: &str, step: i64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE people SET totp_step = $2 WHERE id = $1 AND totp_step < $2")
        .bind(id)
        .bind(step)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected() == 1)
        .doing("note a used code")
}
