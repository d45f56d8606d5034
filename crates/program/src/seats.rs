//! How many uploads and readers a node serves at a time. Each has a thread of its own; without a bound, clients that are
//! slow on purpose would take every thread, and the ledger, jobs and everybody else would wait for one. Nor can one caller
//! take every seat: a token that is lost or a station that has gone mad leaves a quarter of them to the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Principal, ProgramError};

/// Requests that bring bytes at a time.
const UPLOADS: usize = 1_024;
/// Requests that read evidence at a time.
const READERS: usize = 256;

/// How many threads for blocking work a node's runtime needs: one for each seat, and enough for everything else.
pub const THREADS: usize = UPLOADS + READERS + 512;

/// The seats of a node.
pub struct Seats {
    uploads: Arc<Row>,
    readers: Arc<Row>,
}

/// Seats of a kind, and how many of them each caller has.
struct Row {
    all: usize,
    taken: Mutex<HashMap<String, usize>>,
}

/// A seat. It is free again when this is dropped.
pub(crate) struct Seat {
    row: Arc<Row>,
    who: String,
}

impl Default for Seats {
    fn default() -> Self {
        let row = |all| Arc::new(Row { all, taken: Mutex::default() });
        Self { uploads: row(UPLOADS), readers: row(READERS) }
    }
}

impl Seats {
    pub(crate) fn of_an_upload(&self, who: &Principal) -> Result<Seat, ProgramError> {
        take(&self.uploads, &who.id, "many clips are being received at once.")
    }

    pub(crate) fn of_a_reader(&self, who: &Principal) -> Result<Seat, ProgramError> {
        take(&self.readers, &who.id, "much evidence is being read at once.")
    }
}

fn take(row: &Arc<Row>, who: &str, why: &str) -> Result<Seat, ProgramError> {
    let mut taken = row.taken.lock().unwrap_or_else(PoisonError::into_inner);
    let (all, own) = (taken.values().sum::<usize>(), taken.get(who).copied().unwrap_or(0));
    if all >= row.all || own >= row.all / 4 * 3 {
        return Err(ProgramError::Away(why.to_owned()));
    }
    taken.insert(who.to_owned(), own + 1);
    Ok(Seat { row: Arc::clone(row), who: who.to_owned() })
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.row.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.who) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(all: usize) -> Arc<Row> {
        Arc::new(Row { all, taken: Mutex::default() })
    }

    #[test]
    fn one_caller_leaves_a_quarter_of_the_seats_to_others() {
        let row = row(8);
        let mut own: Vec<Seat> = (0..6).filter_map(|_| take(&row, "t1", "full").ok()).collect();
        assert_eq!((own.len(), take(&row, "t1", "full").is_err()), (6, true));
        let others: Vec<Seat> = (0..2).filter_map(|_| take(&row, "t2", "full").ok()).collect();
        assert_eq!((others.len(), take(&row, "t3", "full").is_err()), (2, true));
        own.pop();
        assert!(take(&row, "t3", "full").is_ok());
    }

    #[test]
    fn a_row_forgets_whoever_has_left() {
        let row = row(8);
        drop([take(&row, "t1", "full"), take(&row, "t1", "full"), take(&row, "t2", "full")]);
        assert!(row.taken.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
