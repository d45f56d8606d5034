//! Every call with the parts of its officers: finds exact duplicates while the calls are read, and counts
//! afterwards for how long nobody of a call recorded.
//!
//! Calls are kept by a hash of their id in a few shards, so that both cores can work on them; a year of a
//! large department must fit in memory, so that a part takes 48 bytes.

use std::collections::HashMap;

use hashbrown::HashTable;
use onrecord_audit::{CallCounts, CallParts, Interval, Standing};
use onrecord_policy::Moment;
use rayon::prelude::*;

/// How many shards there are.
pub(crate) const SHARDS: usize = 8;

/// Which shard a call belongs to.
pub(crate) fn shard_of(call: u64) -> usize {
    (call >> 61) as usize % SHARDS
}

/// A row of a block, waiting to be entered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Its place in the block.
    pub row: u32,
    /// Stands for the call.
    pub call: u64,
    /// Stands for the content of the row.
    pub content: u64,
}

/// What deciding found of one part of a call.
#[derive(Clone, Debug)]
pub(crate) struct DecidedPart {
    /// Its place in the shard.
    pub part: u32,
    pub standing: Standing,
    pub window: Interval,
    /// The first piece on record, empty where there is none.
    pub covered: Interval,
    /// The further pieces.
    pub more: Vec<Interval>,
}

struct Head {
    call: u64,
    last: u32,
}

struct Part {
    content: u64,
    window: Interval,
    /// The first piece on record; further ones stand in `more`.
    covered: Interval,
    /// The part of the same call that was entered before.
    previous: u32,
    standing: Standing,
}

const NONE: u32 = u32::MAX;
/// No piece.
pub(crate) const NOTHING: Interval = Interval::new(Moment::MIN, Moment::MIN);

#[derive(Default)]
struct Shard {
    calls: HashTable<Head>,
    parts: Vec<Part>,
    more: HashMap<u32, Vec<Interval>>,
}

impl Shard {
    /// Enters rows; answers for each its part, or none where the same row was entered before.
    fn enter(&mut self, entries: &[Entry]) -> Vec<(u32, Option<u32>)> {
        entries.iter().map(|entry| (entry.row, self.enter_one(entry))).collect()
    }

    fn enter_one(&mut self, entry: &Entry) -> Option<u32> {
        let part = self.parts.len() as u32;
        let head = self
            .calls
            .entry(entry.call, |h| h.call == entry.call, |h| h.call)
            .or_insert(Head { call: entry.call, last: NONE })
            .into_mut();
        let mut at = head.last;
        while let Some(known) = self.parts.get(at as usize) {
            if known.content == entry.content {
                return None;
            }
            at = known.previous;
        }
        let (previous, content) = (std::mem::replace(&mut head.last, part), entry.content);
        self.parts.push(Part {
            content,
            window: NOTHING,
            covered: NOTHING,
            previous,
            standing: Standing::NotAsked,
        });
        Some(part)
    }

    fn record(&mut self, decided: DecidedPart) {
        let Some(part) = self.parts.get_mut(decided.part as usize) else {
            return;
        };
        part.standing = decided.standing;
        part.window = decided.window;
        part.covered = decided.covered;
        if !decided.more.is_empty() {
            self.more.insert(decided.part, decided.more);
        }
    }

    fn count(&self) -> CallCounts {
        let (mut counts, mut call) = (CallCounts::default(), CallParts::default());
        for head in &self.calls {
            let mut at = head.last;
            while let Some(part) = self.parts.get(at as usize) {
                let more = self.more.get(&at).into_iter().flatten().copied();
                call.add(part.standing, part.window, std::iter::once(part.covered).chain(more));
                at = part.previous;
            }
            counts += call.count();
        }
        counts
    }
}

/// Every call with its parts.
pub(crate) struct CallBook {
    shards: Vec<Shard>,
}

impl Default for CallBook {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }
}

/// For each shard and block: the rows and their parts.
pub(crate) type Entered = Vec<Vec<Vec<(u32, Option<u32>)>>>;

impl CallBook {
    /// Enters the rows of blocks, which stand per block and shard.
    pub fn enter(&mut self, blocks: &[&[Vec<Entry>; SHARDS]]) -> Entered {
        let one = |(at, shard): (usize, &mut Shard)| {
            blocks.iter().map(|block| block.get(at).map_or_else(Vec::new, |rows| shard.enter(rows))).collect()
        };
        self.shards.par_iter_mut().enumerate().map(one).collect()
    }

    /// Keeps what was decided of the rows, which stand per block and shard.
    pub fn record(&mut self, mut blocks: Vec<[Vec<DecidedPart>; SHARDS]>) {
        let mut per_shard: Vec<Vec<Vec<DecidedPart>>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for block in &mut blocks {
            for (rows, shard) in block.iter_mut().zip(&mut per_shard) {
                shard.push(std::mem::take(rows));
            }
        }
        self.shards.par_iter_mut().zip(per_shard).for_each(|(shard, blocks)| {
            blocks.into_iter().flatten().for_each(|decided| shard.record(decided));
        });
    }

    /// Counts the calls.
    pub fn count(&self) -> CallCounts {
        self.shards.par_iter().map(Shard::count).reduce(CallCounts::default, |mut sum, one| {
            sum += one;
            sum
        })
    }
}
