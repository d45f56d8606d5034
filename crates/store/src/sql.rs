//! Statements whose text depends on what is asked for. Values are always bound, never written into the text.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

use crate::{Dialect, Doing, Store, StoreError, Tx};

/// What stands in a text for a value until it is known which database will read it.
const VALUE: char = '\u{1}';

/// A statement in the making: its text, and the values for the places in it, in their order.
pub(crate) struct Sql {
    text: String,
    values: AnyArguments,
    failed: Option<sqlx::Error>,
}

impl Sql {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: AnyArguments::default(), failed: None }
    }

    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Puts a text in front of what stands here.
    pub fn wrap(&mut self, begin: &str) -> &mut Self {
        self.text.insert_str(0, begin);
        self
    }

    /// The text so far.
    #[cfg(test)]
    pub fn text(&self) -> String {
        written(&self.text, Dialect::Postgres)
    }

    /// Binds a value where the text stands now.
    pub fn bind<'v>(&mut self, value: impl Encode<'v, Any> + Type<Any> + 'v) -> &mut Self {
        if let Err(error) = self.values.add(value) {
            self.failed = Some(sqlx::Error::Encode(error));
        }
        self.text.push(VALUE);
        self
    }

    /// Binds a value behind another one.
    pub fn also<'v>(&mut self, value: impl Encode<'v, Any> + Type<Any> + 'v) -> &mut Self {
        self.push(", ").bind(value)
    }

    /// Binds a list of texts, in brackets.
    pub fn list(&mut self, values: &[String]) -> &mut Self {
        for (at, value) in values.iter().enumerate() {
            self.push(if at == 0 { "(" } else { ", " }).bind(value.clone());
        }
        self.push(")")
    }

    /// Begins the next row of the values to be inserted; `)` ends it.
    pub fn next_row(&mut self, is_first: bool) -> &mut Self {
        self.push(if is_first { " VALUES (" } else { ", (" })
    }

    fn checked(self, dialect: Dialect) -> Result<(AssertSqlSafe<String>, AnyArguments), sqlx::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok((AssertSqlSafe(written(&self.text, dialect)), self.values)),
        }
    }

    /// Every row of the answer.
    pub async fn rows(self, store: &Store, doing: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        let (text, values) = self.checked(store.dialect()).doing(doing)?;
        sqlx::query_with(text, values).fetch_all(store.reader()).await.doing(doing)
    }

    /// Carries the statement out in a transaction; every row of the answer.
    pub async fn rows_in(self, tx: &mut Tx, doing: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        let (text, values) = self.checked(Dialect::under(tx)).doing(doing)?;
        sqlx::query_with(text, values).fetch_all(&mut **tx).await.doing(doing)
    }

    /// Carries the statement out; answers how many rows it touched.
    pub async fn run(self, tx: &mut Tx, doing: &'static str) -> Result<u64, StoreError> {
        let (text, values) = self.checked(Dialect::under(tx)).doing(doing)?;
        sqlx::query_with(text, values).execute(&mut **tx).await.map(|done| done.rows_affected()).doing(doing)
    }
}

/// A text as a database reads it. PostgreSQL wants its values numbered; SQLite looks a number up among all the numbers of
/// the statement, at every place, which of thousands of values takes longer than everything else.
fn written(text: &str, dialect: Dialect) -> String {
    let mut written = String::with_capacity(text.len() + text.len() / 4);
    for (number, piece) in text.split(VALUE).enumerate() {
        match dialect {
            _ if number == 0 => {}
            Dialect::Sqlite => written.push('?'),
            Dialect::Postgres => {
                written.push('$');
                written.push_str(&number.to_string());
            }
        }
        written.push_str(piece);
    }
    written
}
