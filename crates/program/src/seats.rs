//! How many uploads and readers a node serves at a time. Each has a thread of its own; without a bound, clients that are
//! slow on purpose would take every thread, and the ledger, jobs and everybody else would wait for one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ProgramError;

/// Requests that bring bytes at a time.
const UPLOADS: usize = 1_024;
/// Requests that read evidence at a time.
const READERS: usize = 256;

/// How many threads for blocking work a node's runtime needs: one for each seat, and enough for everything else.
pub const THREADS: usize = UPLOADS + READERS + 512;

/// The seats of a node. One is free again when what holds it is dropped.
pub struct Seats {
    uploads: Arc<Semaphore>,
    readers: Arc<Semaphore>,
}

impl Default for Seats {
    fn default() -> Self {
        Self { uploads: Arc::new(Semaphore::new(UPLOADS)), readers: Arc::new(Semaphore::new(READERS)) }
    }
}

impl Seats {
    pub(crate) fn of_an_upload(&self) -> Result<OwnedSemaphorePermit, ProgramError> {
        taken(&self.uploads, "many clips are being received at once.")
    }

    pub(crate) fn of_a_reader(&self) -> Result<OwnedSemaphorePermit, ProgramError> {
        taken(&self.readers, "much evidence is being read at once.")
    }
}

fn taken(seats: &Arc<Semaphore>, why: &str) -> Result<OwnedSemaphorePermit, ProgramError> {
    Arc::clone(seats).try_acquire_owned().map_err(|_| ProgramError::Away(why.to_owned()))
}
