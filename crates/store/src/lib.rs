//! The database: schema, migrations and queries, the same for SQLite and PostgreSQL. Nothing above this crate knows
//! SQL; what the two databases do differently stands in [`dialect`].
//!
//! A change of custody state and its ledger entry belong in one transaction: every function that changes state takes a
//! [`Tx`], which [`Store::begin`] gives. Reading functions take the [`Store`] or a transaction.
//!
//! Instants are UTC microseconds, sizes bytes.

pub mod accounts;
pub mod actors;
pub mod annotations;
pub mod calls;
pub mod cases;
pub mod clips;
pub mod desk;
pub mod dialect;
pub mod imports;
pub mod jobs;
pub mod ledger;
pub mod media;
pub mod officers;
pub mod origins;
pub mod outcomes;
pub mod passkeys;
pub mod people;
pub mod recordings;
pub mod records;
pub mod results;
pub mod schema;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod sight;
pub(crate) mod sql;
pub mod swift;
pub mod tokens;
pub mod uploads;

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool};

pub use dialect::Dialect;

/// The mode of the database's files: nobody's but the owner's, whatever folder they lie in.
const OWN: u32 = 0o600;

/// A transaction.
pub type Tx = sqlx::Transaction<'static, Any>;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, or cannot be reached.
    #[error("The database could not {doing}: {source}.")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// The database was written by a newer program.
    #[error(
        "The database has schema {found}, and this program knows schemas up to {known}: start the newer version of \
         onrecord that wrote it."
    )]
    Newer {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The address of the database is of a kind that is not known.
    #[error(
        "The database address `{0}` begins neither with `sqlite:` nor with `postgres:`; write one of the two."
    )]
    UnknownKind(String),
    /// A row holds what no version of this program writes.
    #[error("The database holds {what} that cannot be read: {value}.")]
    Damaged {
        /// What the value is.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// PostgreSQL is copied with its own tools.
    #[error(
        "PostgreSQL is backed up with its own tools (pg_dump, or base backups and the archive of its log). After a restore, \
         run onrecord admin mark-restored."
    )]
    OwnTools,
    /// Something was looked up that is not there.
    #[error("There is no {what} {id}.")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
}

impl StoreError {
    /// Whether the row that was written stands there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database { source: sqlx::Error::Database(e), .. } if e.is_unique_violation())
    }

    /// Whether the database can never keep a text that it was given: PostgreSQL keeps no U+0000 (22021, in JSON 22P05),
    /// and nothing in an index that is longer than a third of a page (54000).
    pub fn is_unkeepable(&self) -> bool {
        match self {
            Self::Database { source: sqlx::Error::Database(e), .. } => {
                matches!(e.code().as_deref(), Some("22021" | "22P05" | "54000"))
            }
            _ => false,
        }
    }

    /// Whether the disk of the database is full.
    pub fn is_full(&self) -> bool {
        match self {
            // SQLITE_FULL is 13, SQLITE_IOERR 10; PostgreSQL's disk_full is 53100.
            Self::Database { source: sqlx::Error::Database(e), .. } => {
                matches!(e.code().as_deref(), Some("13" | "53100"))
            }
            _ => false,
        }
    }
}

/// Adds to an error of the driver what was being done.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { doing, source })
    }
}

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    dialect: Dialect,
    /// SQLite lets one connection write at a time: a pool of one is the queue.
    write: AnyPool,
    read: AnyPool,
}

impl Store {
    /// Opens the SQLite database `onrecord.db` in a folder, which must exist; makes and migrates it where needed.
    ///
    /// # Errors
    /// Where the database cannot be opened or was written by a newer program.
    pub async fn open_folder(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join("onrecord.db");
        // SQLite gives its other files the mode of this one.
        let mut made = OpenOptions::new();
        made.create(true).append(true).mode(OWN).open(&file).map_err(sqlx::Error::Io).doing("be opened")?;
        Self::open(&format!("sqlite:{}?mode=rwc", file.display())).await
    }

    /// Opens a database by its address, `sqlite:PATH` or `postgres://…`, and migrates it where needed.
    ///
    /// # Errors
    /// Where the database cannot be opened or was written by a newer program.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(address)?;
        let options = |connections: u32| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(std::time::Duration::from_secs(20))
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        for statement in dialect.on_connect() {
                            sqlx::query(*statement).execute(&mut *connection).await?;
                        }
                        Ok(())
                    })
                })
        };
        let write = options(dialect.writers()).connect(address).await.doing("be opened")?;
        let read = match dialect {
            Dialect::Sqlite => options(4).connect(address).await.doing("be opened")?,
            Dialect::Postgres => write.clone(),
        };
        let store = Self { dialect, write, read };
        schema::migrate(&store).await?;
        Ok(store)
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.write.begin_with(self.dialect.begin()).await.doing("begin a transaction")
    }

    /// Answers where the database does.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.read).await.doing("answer")?;
        Ok(())
    }

    /// Copies the whole database, as it stands at one moment, into a new file. Only SQLite can.
    ///
    /// # Errors
    /// Where it is PostgreSQL, which has tools of its own for this, or where the file cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        if self.dialect == Dialect::Postgres {
            return Err(StoreError::OwnTools);
        }
        let temporary = file.with_extension("part");
        let _ = std::fs::remove_file(&temporary);
        sqlx::query("VACUUM INTO $1")
            .bind(temporary.display().to_string())
            .execute(&self.read)
            .await
            .doing("be copied")?;
        let kept = std::fs::set_permissions(&temporary, Permissions::from_mode(OWN))
            .and_then(|()| std::fs::File::open(&temporary))
            .and_then(|copy| copy.sync_all());
        kept.and_then(|()| std::fs::rename(&temporary, file)).map_err(sqlx::Error::Io).doing("keep its copy")
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }

    pub(crate) fn reader(&self) -> &AnyPool {
        &self.read
    }
}

/// Commits a transaction.
///
/// # Errors
/// Where the database could not; then nothing of it holds.
pub async fn commit(tx: Tx) -> Result<(), StoreError> {
    tx.commit().await.doing("commit")
}
