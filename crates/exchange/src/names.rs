//! Ids and names as numbers: each distinct text once.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Distinct texts, numbered from 0 in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// All texts, one behind the other, and where each ends.
    text: String,
    ends: Vec<u32>,
    table: HashTable<Named>,
}

#[derive(Clone, Copy, Debug)]
struct Named {
    hash: u64,
    begin: u32,
    end: u32,
    number: u32,
}

fn hash(text: &str) -> u64 {
    FixedState::with_seed(1).hash_one(text.as_bytes())
}

impl Names {
    /// The number of a text that is known already.
    #[inline]
    pub fn find(&self, text: &str) -> Option<u32> {
        self.find_hashed(hash(text), text)
    }

    #[inline]
    fn find_hashed(&self, hash: u64, text: &str) -> Option<u32> {
        let same =
            |n: &Named| n.hash == hash && self.text.get(n.begin as usize..n.end as usize) == Some(text);
        self.table.find(hash, same).map(|n| n.number)
    }

    /// The number of a text, a new one where it is not known yet.
    #[inline]
    pub fn number(&mut self, text: &str) -> u32 {
        let hash = hash(text);
        if let Some(number) = self.find_hashed(hash, text) {
            return number;
        }
        let (begin, number) = (self.text.len() as u32, self.ends.len() as u32);
        self.text.push_str(text);
        let end = self.text.len() as u32;
        self.ends.push(end);
        self.table.insert_unique(hash, Named { hash, begin, end, number }, |n| n.hash);
        number
    }

    pub fn text(&self, number: u32) -> &str {
        let end = |at: usize| self.ends.get(at).map_or(0, |e| *e as usize);
        let begin = (number as usize).checked_sub(1).map_or(0, end);
        self.text.get(begin..end(number as usize)).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.text(number))
    }
}

/// The names of one block: those known before it, and new ones of its own until they are taken over.
pub(crate) struct BlockNames<'a> {
    known: &'a Names,
    new: Names,
}

/// A name in a block: its number, if it was known, or its place among the block's new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockName(u32);

const NEW: u32 = 1 << 31;

impl BlockName {
    /// A name that was known before the block.
    pub fn known(officer: onrecord_audit::OfficerId) -> Self {
        Self(officer.0)
    }

    /// The number under which it is kept until the block is taken over.
    pub fn in_block(self) -> u32 {
        self.0
    }
}

impl<'a> BlockNames<'a> {
    pub fn new(known: &'a Names) -> Self {
        Self { known, new: Names::default() }
    }

    #[inline]
    pub fn number(&mut self, text: &str) -> BlockName {
        BlockName(self.known.find(text).unwrap_or_else(|| self.new.number(text) | NEW))
    }

    /// The text of a name of this block.
    pub fn text(&self, name: BlockName) -> &str {
        if name.0 & NEW == 0 { self.known.text(name.0) } else { self.new.text(name.0 ^ NEW) }
    }

    /// The new names, for [`TakenOver`].
    pub fn into_new(self) -> NewNames {
        NewNames(self.new)
    }
}

/// The names that a block brings.
#[derive(Debug, Default)]
pub(crate) struct NewNames(Names);

impl NewNames {
    /// Adds them to the known names.
    pub fn take_over(&self, known: &mut Names) -> TakenOver {
        TakenOver(self.0.iter().map(|text| known.number(text)).collect())
    }
}

/// What the block's new names are called now.
pub(crate) struct TakenOver(Vec<u32>);

impl TakenOver {
    /// The same for a number from [`BlockName::in_block`].
    #[inline]
    pub fn number_in_block(&self, number: u32) -> u32 {
        self.number(BlockName(number))
    }

    #[inline]
    pub fn number(&self, name: BlockName) -> u32 {
        if name.0 & NEW == 0 {
            name.0
        } else {
            self.0.get((name.0 ^ NEW) as usize).copied().unwrap_or(u32::MAX)
        }
    }
}
