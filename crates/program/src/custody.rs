//! Custody events: every change of state writes one, in the transaction that makes the change.

use onrecord_ledger::{Entry, Kind};
use onrecord_store::Tx;
use onrecord_store::ledger::{self, NewEntry};
use serde_json::{Map, Value};

use crate::{Program, ProgramError};

/// What happened, to what, by whom, and why.
#[derive(Debug)]
pub struct Event {
    kind: Kind,
    subject: String,
    actor: String,
    reason: String,
    facts: Map<String, Value>,
}

impl Event {
    /// An event without further facts.
    pub fn new(kind: Kind, subject: &str, actor: &str, reason: &str) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            actor: actor.to_owned(),
            reason: reason.to_owned(),
            facts: Map::new(),
        }
    }

    /// Adds facts.
    #[must_use]
    pub fn with<const N: usize>(mut self, facts: [(&str, Value); N]) -> Self {
        self.facts.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        self
    }
}

impl Program {
    /// Writes an event into the ledger as part of a transaction; answers its number in the database.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn record(&self, tx: &mut Tx, event: Event) -> Result<i64, ProgramError> {
        let entry = Entry {
            at: self.world.now(),
            kind: event.kind,
            subject: event.subject,
            actor: event.actor,
            reason: event.reason,
            facts: event.facts,
        };
        let text = entry.canonical()?;
        let new = NewEntry {
            kind: entry.kind.name(),
            subject: entry.subject,
            entry: text,
            salt: self.world.random(),
        };
        let id = ledger::add(tx, &new).await?;
        Ok(id)
    }
}
