//! What SQLite and PostgreSQL do differently.

use crate::{StoreError, Tx};

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file, one writer at a time.
    Sqlite,
    /// A server.
    Postgres,
}

impl Dialect {
    pub(crate) fn of(address: &str) -> Result<Self, StoreError> {
        match address.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            // The rest of an address may hold a password.
            other => Err(StoreError::UnknownKind(other.map_or("", |(kind, _)| kind).to_owned())),
        }
    }

    /// Whose transaction it is.
    pub(crate) fn under(tx: &Tx) -> Self {
        match tx.backend_name() {
            "PostgreSQL" => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// What every new connection is told. In WAL mode, `synchronous=FULL` makes a commit survive a loss of power. The log is
    /// emptied at 32 MiB instead of 4, since what many commits change, such as the tops of indexes, is then written once.
    pub(crate) fn on_connect(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[
                "PRAGMA journal_mode=WAL",
                "PRAGMA synchronous=FULL",
                "PRAGMA foreign_keys=ON",
                "PRAGMA busy_timeout=15000",
                "PRAGMA cache_size=-65536",
                "PRAGMA wal_autocheckpoint=8192",
            ],
            Self::Postgres => &["SET synchronous_commit = on"],
        }
    }

    pub(crate) fn writers(self) -> u32 {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 16,
        }
    }

    /// SQLite must ask for the right to write at once: a transaction that reads first and writes later may fail.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// The schema is written once; types that have other names are put in here.
    pub(crate) fn schema(self, text: &str) -> String {
        let [serial, blob, generated, clustered] = match self {
            Self::Sqlite => ["INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", "VIRTUAL", " WITHOUT ROWID"],
            Self::Postgres => ["BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA", "STORED", ""],
        };
        let names =
            [("{serial}", serial), ("{bytes}", blob), ("{generated}", generated), ("{clustered}", clustered)];
        names.into_iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word))
    }

    /// What a query of rows that others may have locked ends with.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}
