//! Time and chance, which every use case is given, so that tests choose them.

use std::sync::Arc;

use uuid::Uuid;

/// Tells the time: UTC microseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with random bytes that nobody can foretell.
pub type Chance = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The time and chance of a process.
#[derive(Clone)]
pub struct World {
    clock: Clock,
    chance: Chance,
}

impl World {
    /// A world with its own time and chance.
    pub fn new(clock: Clock, chance: Chance) -> Self {
        Self { clock, chance }
    }

    /// The time, UTC microseconds.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.chance)(&mut bytes);
        bytes
    }

    /// A new id: a UUID of version 7, so that ids sort by time.
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid()
    }

    /// Fills buffers for whoever needs many.
    pub fn filler(&self) -> onrecord_vault::Random {
        let chance = Arc::clone(&self.chance);
        Box::new(move |buffer| chance(buffer))
    }

    /// The period of an instant, as keys are kept by: `YYYY-MM`, UTC.
    pub fn period(at: i64) -> String {
        jiff::Timestamp::from_microsecond(at)
            .map_or_else(|_| "1970-01".to_owned(), |at| at.strftime("%Y-%m").to_string())
    }
}
