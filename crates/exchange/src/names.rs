//! Ids and names as numbers: each distinct text once.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Distinct texts, numbered from 0 in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Names {
    texts: Vec<Box<str>>,
    table: HashTable<u32>,
}

fn hash(text: &str) -> u64 {
    FixedState::with_seed(1).hash_one(text)
}

impl Names {
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The number of a text that is known already.
    #[inline]
    pub fn find(&self, text: &str) -> Option<u32> {
        self.table.find(hash(text), |at| self.text(*at) == text).copied()
    }

    /// The number of a text, a new one where it is not known yet.
    #[inline]
    pub fn number(&mut self, text: &str) -> u32 {
        let hash_of = hash(text);
        if let Some(at) = self.table.find(hash_of, |at| self.text(*at) == text) {
            return *at;
        }
        let new = self.texts.len() as u32;
        self.texts.push(text.into());
        let texts = &self.texts;
        self.table.insert_unique(hash_of, new, |at| hash(texts.get(*at as usize).map_or("", |t| t)));
        new
    }

    pub fn text(&self, at: u32) -> &str {
        self.texts.get(at as usize).map_or("", |t| t)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|t| &**t)
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

impl<'a> BlockNames<'a> {
    pub fn new(known: &'a Names) -> Self {
        Self { known, new: Names::default() }
    }

    #[inline]
    pub fn number(&mut self, text: &str) -> BlockName {
        BlockName(self.known.find(text).unwrap_or_else(|| self.new.number(text) | NEW))
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
    #[inline]
    pub fn number(&self, name: BlockName) -> u32 {
        if name.0 & NEW == 0 { name.0 } else { self.0.get((name.0 ^ NEW) as usize).copied().unwrap_or(u32::MAX) }
    }
}
