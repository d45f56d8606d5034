//! Statements whose text depends on what is asked for. Values are always bound, never written into the text.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

use crate::{Doing, Store, StoreError, Tx};

/// A statement in the making: text with `$1`, `$2` … and the values for them.
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
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Binds a value where the text stands now.
    pub fn bind<'v>(&mut self, value: impl Encode<'v, Any> + Type<Any> + 'v) -> &mut Self {
        if let Err(error) = self.values.add(value) {
            self.failed = Some(sqlx::Error::Encode(error));
        }
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
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

    fn checked(self) -> Result<(AssertSqlSafe<String>, AnyArguments), sqlx::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok((AssertSqlSafe(self.text), self.values)),
        }
    }

    /// Every row of the answer.
    pub async fn rows(self, store: &Store, doing: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        let (text, values) = self.checked().doing(doing)?;
        sqlx::query_with(text, values).fetch_all(store.reader()).await.doing(doing)
    }

    /// Carries the statement out in a transaction; every row of the answer.
    pub async fn rows_in(self, tx: &mut Tx, doing: &'static str) -> Result<Vec<AnyRow>, StoreError> {
        let (text, values) = self.checked().doing(doing)?;
        sqlx::query_with(text, values).fetch_all(&mut **tx).await.doing(doing)
    }

    /// Carries the statement out; answers how many rows it touched.
    pub async fn run(self, tx: &mut Tx, doing: &'static str) -> Result<u64, StoreError> {
        let (text, values) = self.checked().doing(doing)?;
        sqlx::query_with(text, values).execute(&mut **tx).await.map(|done| done.rows_affected()).doing(doing)
    }
}
