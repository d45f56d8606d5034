//! Which files are there, which have stopped growing, and which are next. Pure: instants are arguments, and nothing is read
//! or written here.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::folder::{Found, Place, Shape};

/// How a file was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    Safe,
    Failed,
    /// Somebody must do something before it can end well.
    Stubborn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not yet seen twice in the same shape and quiet for long enough.
    Growing {
        since: Instant,
        looks: u32,
    },
    /// To be brought, now or after a wait.
    Waiting {
        from: Instant,
    },
    Busy,
    Safe,
}

#[derive(Debug)]
struct Entry {
    found: Found,
    state: State,
    failures: u32,
    /// Whether the last look found it.
    is_there: bool,
}

/// The waits between tries of a file, and how long it must be quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub quiet: Duration,
    pub first: Duration,
    pub longest: Duration,
}

/// How many files stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub growing: u64,
    /// Not tried yet, or being tried.
    pub untried: u64,
    pub failed: u64,
}

/// The files under the watched folder.
#[derive(Debug)]
pub(crate) struct Watchlist {
    entries: HashMap<Place, Entry>,
    waits: Waits,
}

impl Watchlist {
    pub fn new(waits: Waits) -> Self {
        Self { entries: HashMap::new(), waits }
    }

    /// Takes in a look, and says which files are new or have another shape than before.
    pub fn look(&mut self, files: Vec<Found>, now: Instant) -> Vec<Found> {
        for entry in self.entries.values_mut() {
            entry.is_there = false;
        }
        let mut fresh = Vec::new();
        for found in files {
            match self.entries.get_mut(&found.place) {
                Some(entry) if entry.state == State::Busy => entry.is_there = true,
                Some(entry) if is_same(&entry.found, &found) => {
                    entry.seen_again(found, now, self.waits.quiet);
                }
                _ => {
                    fresh.push(found.clone());
                    let state = State::Growing { since: now, looks: 1 };
                    let entry = Entry { state, failures: 0, is_there: true, found };
                    self.entries.insert(entry.found.place.clone(), entry);
                }
            }
        }
        self.entries.retain(|_, entry| entry.is_there || entry.state == State::Busy);
        fresh
    }

    /// Takes the next files to bring, the oldest first; they count as busy from now on.
    pub fn next(&mut self, most: usize, now: Instant) -> Vec<Found> {
        let is_due = |entry: &Entry| matches!(entry.state, State::Waiting { from } if from <= now);
        let mut due: Vec<&mut Entry> = self.entries.values_mut().filter(|entry| is_due(entry)).collect();
        due.sort_by(|one, other| {
            let order = |entry: &Entry| (entry.found.shape.modified, entry.found.place.clone());
            order(one).cmp(&order(other))
        });
        let take = |entry: &mut Entry| {
            entry.state = State::Busy;
            entry.found.clone()
        };
        due.into_iter().take(most).map(take).collect()
    }

    /// Takes in how a try of a busy file ended, and says after how long it is tried again.
    pub fn tried(&mut self, place: &Place, tried: Tried, now: Instant) -> Duration {
        let Some(entry) = self.entries.get_mut(place) else { return Duration::ZERO };
        let wait = match tried {
            Tried::Safe => {
                entry.state = State::Safe;
                entry.failures = 0;
                return Duration::ZERO;
            }
            Tried::Failed => self.waits.first,
            Tried::Stubborn => self.waits.first.saturating_mul(16),
        };
        let wait = wait.saturating_mul(1 << entry.failures.min(16)).min(self.waits.longest);
        entry.failures += 1;
        entry.state = State::Waiting { from: now + wait };
        if !entry.is_there {
            self.entries.remove(place);
        }
        wait
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in self.entries.values() {
            match entry.state {
                State::Safe => {}
                State::Growing { .. } => counts.growing += 1,
                State::Waiting { .. } if entry.failures > 0 => counts.failed += 1,
                State::Waiting { .. } | State::Busy => counts.untried += 1,
            }
        }
        counts
    }
}

impl Entry {
    fn seen_again(&mut self, found: Found, now: Instant, quiet: Duration) {
        self.is_there = true;
        self.found = found;
        if let State::Growing { since, looks } = self.state {
            let is_quiet = now.saturating_duration_since(since) >= quiet;
            self.state = if is_quiet {
                State::Waiting { from: now }
            } else {
                State::Growing { since, looks: looks + 1 }
            };
        }
    }
}

fn is_same(one: &Found, other: &Found) -> bool {
    let facts = |found: &Found| -> (Shape, u64) { (found.shape, found.device) };
    facts(one) == facts(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WAITS: Waits = Waits {
        quiet: Duration::from_secs(10),
        first: Duration::from_secs(5),
        longest: Duration::from_mins(10),
    };

    fn found(size: u64) -> Found {
        let shape = Shape { size, modified: 1, changed: 1 };
        Found { place: Place::in_camera(None, "a.mp4").unwrap(), shape, device: 1, marked: false }
    }

    #[test]
    fn a_file_is_next_once_it_was_quiet_over_two_looks() {
        let (mut list, start) = (Watchlist::new(WAITS), Instant::now());
        let mut next = |size, second| {
            let now = start + Duration::from_secs(second);
            list.look(vec![found(size)], now);
            list.next(9, now).len()
        };
        assert_eq!([next(1, 0), next(2, 20), next(2, 25), next(3, 31), next(3, 41)], [0, 0, 0, 0, 1]);
    }

    #[test]
    fn even_without_a_quiet_time_one_look_is_not_enough() {
        let mut list = Watchlist::new(Waits { quiet: Duration::ZERO, ..WAITS });
        let now = Instant::now();
        list.look(vec![found(1)], now);
        assert!(list.next(9, now).is_empty());
        list.look(vec![found(1)], now);
        assert_eq!(list.next(9, now).len(), 1);
        assert!(list.next(9, now).is_empty());
    }

    #[test]
    fn a_file_that_went_and_came_back_is_looked_at_anew() {
        let mut list = Watchlist::new(Waits { quiet: Duration::ZERO, ..WAITS });
        let now = Instant::now();
        list.look(vec![found(1)], now);
        list.look(vec![found(1)], now);
        let place = list.next(9, now).remove(0).place;
        list.look(Vec::new(), now);
        list.tried(&place, Tried::Failed, now);
        assert_eq!(list.counts(), Counts::default());
        assert_eq!(list.look(vec![found(1)], now).len(), 1);
    }

    proptest! {
        #[test]
        fn waits_grow_to_their_bound_and_never_beyond(failures in 1_usize..40) {
            let mut list = Watchlist::new(Waits { quiet: Duration::ZERO, ..WAITS });
            let now = Instant::now();
            list.look(vec![found(1)], now);
            let mut last = Duration::ZERO;
            for failure in 0..failures {
                list.look(vec![found(1)], now + Duration::from_secs(failure as u64 * 700));
                let due = now + Duration::from_secs(failure as u64 * 700 + 600);
                prop_assert_eq!(list.next(9, due).len(), 1);
                let wait = list.tried(&found(1).place, Tried::Failed, now + Duration::from_secs(failure as u64 * 700));
                prop_assert!(wait >= last && wait <= WAITS.longest);
                last = wait;
            }
        }
    }
}
