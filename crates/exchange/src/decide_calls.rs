//! Deciding every obligation of the calls, as they are read.
//!
//! A round of blocks is parsed side by side, entered into the book of calls (which drops exact duplicates),
//! decided and written side by side, and forgotten. So memory holds the recordings and a few bytes for each
//! obligation, and every order is that of the file, whatever the number of threads.

use std::collections::HashSet;

use onrecord_audit::{
    CallCounts, Decision, DefectKind, Encounter, Fact, FileCounts, Interval, LocalMinute, NoticeStatus,
    Obligation, OfficerId, Outcome, Standing, Workspace, decide,
};
use onrecord_policy::{CallTime, Micros, Policy};
use rayon::prelude::*;

use crate::call_book::{CallBook, DecidedPart, NOTHING, SHARDS, shard_of};
use crate::calls::{
    CallNames, CallNumbers, CallParser, ParsedCall, ParsedCalls, ids_do_not_match, officer_of,
};
use crate::clock::{Clock, Zone};
use crate::error::ExchangeError;
use crate::gather::{Bytes, Prepared, ReadOptions};
use crate::outcomes::Decided;
use crate::source::{Input, Source};
use crate::table::Reject;

/// How many of the longest unrecorded encounters are kept.
const LONGEST: usize = 20;

/// What is made of each decided obligation.
pub(crate) trait Sink: Sync {
    /// What it makes of a block.
    type Block: Default + Send;
    /// Takes in one obligation; called side by side for several blocks.
    fn row(&self, block: &mut Self::Block, row: &Decided<'_>, names: &RowNames<'_>);
    /// Takes over a block and its rejects, in the order of the file.
    fn take(&mut self, block: Self::Block, rejects: Vec<Reject>) -> Result<(), ExchangeError>;
}

/// What the row says beside its times.
pub(crate) struct RowNames<'a> {
    pub district: &'a str,
}

/// What all obligations together show.
#[derive(Default)]
pub(crate) struct Totals {
    pub facts: Vec<Fact>,
    pub tally: Tally,
    pub longest: Vec<Encounter>,
    pub calls: CallCounts,
    pub counts: FileCounts,
    pub names: CallNames,
    /// Obligations by officer.
    pub obligations: Vec<u64>,
    /// What stands for the content of rejected rows.
    rejected: HashSet<u64>,
}

/// Counts that need no more than adding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Outcomes with their reasons: all, and those in grace.
    pub outcomes: Vec<(Outcome, [u64; 2])>,
    /// By the place of the kind in [`DefectKind::ALL`]: of partial and missing, then provisional.
    pub defects: [[DefectTotal; 2]; 4],
    /// Statuses of notice: all, and those in grace.
    pub notice: Vec<(NoticeStatus, [u64; 2])>,
    /// From the first begin to the last end.
    pub period: Option<Interval>,
}

/// Defects of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DefectTotal {
    pub count: u64,
    pub length: Micros,
    pub in_grace: u64,
}

impl Tally {
    fn add(&mut self, decision: &Decision, work: &Workspace) {
        let in_grace = decision.measures.is_some_and(|m| m.in_grace);
        count(&mut self.outcomes, decision.outcome, 1, in_grace.into());
        if let (Some(begin), Some(end)) = (decision.begin, decision.end) {
            self.extend(Interval::new(begin, end));
        }
        let Some(measures) = decision.measures else { return };
        count(&mut self.notice, measures.notice, 1, in_grace.into());
        let provisional = usize::from(!matches!(decision.outcome, Outcome::Partial | Outcome::Missing));
        for defect in work.defects() {
            let kind = DefectKind::ALL.iter().position(|k| *k == defect.kind);
            if let Some(total) =
                kind.and_then(|k| self.defects.get_mut(k)).and_then(|k| k.get_mut(provisional))
            {
                total.count += 1;
                total.length += defect.during.length();
                total.in_grace += u64::from(in_grace);
            }
        }
    }

    fn extend(&mut self, by: Interval) {
        let all = self.period.unwrap_or(by);
        self.period = Some(Interval::new(all.from.min(by.from), all.to.max(by.to)));
    }

    fn merge(&mut self, other: &Self) {
        for (outcome, [all, in_grace]) in &other.outcomes {
            count(&mut self.outcomes, *outcome, *all, *in_grace);
        }
        for (status, [all, in_grace]) in &other.notice {
            count(&mut self.notice, *status, *all, *in_grace);
        }
        for (sum, one) in self.defects.iter_mut().flatten().zip(other.defects.iter().flatten()) {
            sum.count += one.count;
            sum.length += one.length;
            sum.in_grace += one.in_grace;
        }
        if let Some(period) = other.period {
            self.extend(period);
        }
    }
}

fn count<T: PartialEq>(counts: &mut Vec<(T, [u64; 2])>, what: T, all: u64, in_grace: u64) {
    match counts.iter_mut().find(|(known, _)| *known == what) {
        Some((_, sums)) => {
            sums[0] += all;
            sums[1] += in_grace;
        }
        None => counts.push((what, [all, in_grace])),
    }
}

/// Reads the calls and decides every obligation.
pub(crate) fn decide_calls<S: Sink>(
    calls: &Input,
    options: &ReadOptions,
    policy: &Policy,
    zone: &Zone,
    prepared: &mut Prepared,
    sink: &mut S,
    bytes: &mut Bytes<'_, '_>,
) -> Result<Totals, ExchangeError> {
    let mut source = Source::open(calls)?;
    let columns = options.layout.find(&source, &mut prepared.gathered.notes)?;
    let call_zone = match (&prepared.clock.zone, options.layout.mapping.as_ref().and_then(|m| m.timezone())) {
        (Some(zone), _) => Some(zone.clone()),
        (None, Some(name)) => Some(Zone::named(name)?),
        (None, None) => None,
    };
    let (clock, content) =
        (options.layout.times(Clock { zone: call_zone, zones: prepared.clock.zones.clone() }), columns.all());
    let mut totals = Totals {
        counts: FileCounts { kind: "calls", file: source.base_name(), ..FileCounts::default() },
        ..Totals::default()
    };
    let mut book = CallBook::default();
    while let Some(blocks) = source.next_round()? {
        bytes.add(blocks.iter().map(|b| b.len() as u64).sum());
        let parser = CallParser {
            columns: &columns,
            content: &content,
            clock: &clock,
            roster: prepared.roster.as_ref(),
            officers: &prepared.gathered.officers,
            names: &totals.names,
        };
        let parsed: Vec<_> = blocks.par_iter().map(|block| parser.block(block)).collect();
        drop(blocks);
        let numbers: Vec<_> =
            parsed.iter().map(|b| b.take_over(&mut prepared.gathered.officers, &mut totals.names)).collect();
        let entered = book.enter(&parsed.iter().map(|b| &b.entries).collect::<Vec<_>>());
        let deciding =
            Deciding { policy, zone, prepared, names: &totals.names, sink: &*sink, enough: totals.enough() };
        let decided: Vec<_> = parsed
            .par_iter()
            .zip(&numbers)
            .enumerate()
            .map(|(at, (block, numbers))| {
                deciding.block(block, numbers, entered.iter().filter_map(|s| s.get(at)))
            })
            .collect();
        let mut parts = Vec::new();
        for (block, parsed) in decided.into_iter().zip(parsed) {
            parts.push(totals.take(block, parsed, sink)?);
        }
        book.record(parts);
    }
    check_ids(&totals, prepared, options)?;
    totals.calls = book.count();
    Ok(totals)
}

/// What deciding a block needs.
struct Deciding<'a, S> {
    policy: &'a Policy,
    zone: &'a Zone,
    prepared: &'a Prepared,
    names: &'a CallNames,
    sink: &'a S,
    /// A shorter encounter is not among the longest.
    enough: Micros,
}

/// What deciding a block gives.
struct DecidedBlock<B> {
    made: B,
    facts: Vec<Fact>,
    tally: Tally,
    longest: Vec<Encounter>,
    parts: [Vec<DecidedPart>; SHARDS],
    accepted_lines: u64,
    duplicate_lines: u64,
    /// Lines of which every row stood earlier already: their bad values are not listed again.
    dropped: Vec<u64>,
}

const DUPLICATE: u32 = u32::MAX;

impl<S: Sink> Deciding<'_, S> {
    fn block<'e>(
        &self,
        block: &ParsedCalls,
        numbers: &CallNumbers,
        entered: impl Iterator<Item = &'e Vec<(u32, Option<u32>)>>,
    ) -> DecidedBlock<S::Block> {
        let mut part_of = vec![DUPLICATE; block.rows.len()];
        for (row, part) in entered.flatten() {
            if let (Some(slot), Some(part)) = (part_of.get_mut(*row as usize), part) {
                *slot = *part;
            }
        }
        let mut decided = DecidedBlock {
            made: S::Block::default(),
            facts: Vec::with_capacity(block.rows.len()),
            tally: Tally::default(),
            longest: Vec::new(),
            parts: Default::default(),
            accepted_lines: 0,
            duplicate_lines: 0,
            dropped: Vec::new(),
        };
        let exempt = self.exempt_types();
        let (mut work, mut at) = (Workspace::default(), 0);
        for line in block.rows.chunk_by(|_, next| !next.first_of_line) {
            let parts = part_of.get(at..at + line.len()).unwrap_or_default();
            at += line.len();
            if parts.iter().all(|part| *part == DUPLICATE) {
                decided.duplicate_lines += 1;
                decided.dropped.extend(line.first().map(|row| row.line));
                continue;
            }
            decided.accepted_lines += 1;
            for (row, part) in line.iter().zip(parts).filter(|(_, part)| **part != DUPLICATE) {
                self.row(block, numbers, row, *part, &exempt, &mut work, &mut decided);
            }
        }
        decided
    }

    /// For each type of call whether the policy exempts it.
    fn exempt_types(&self) -> Vec<bool> {
        let patterns = &self.policy.activation.exempt_call_types;
        if patterns.is_empty() {
            return Vec::new();
        }
        self.names.call_types.iter().map(|t| !t.is_empty() && patterns.iter().any(|p| p.matches(t))).collect()
    }

    #[allow(clippy::too_many_arguments)] // the block's parts are borrowed one by one
    fn row(
        &self,
        block: &ParsedCalls,
        numbers: &CallNumbers,
        row: &ParsedCall,
        part: u32,
        exempt: &[bool],
        work: &mut Workspace,
        decided: &mut DecidedBlock<S::Block>,
    ) {
        let officer = officer_of(row.officer, numbers);
        let call_type = numbers.call_types.number(row.call_type);
        let district = numbers.districts.number(row.district);
        let exempt_type = exempt.get(call_type as usize).copied().unwrap_or(false);
        let obligation = Obligation { officer, call: block.call(row), times: row.times, exempt_type };
        let decision = decide(&self.prepared.evidence, self.policy, &obligation, work);
        let said = Decided {
            line: row.line,
            call: obligation.call,
            officer: block.officer(row),
            decision: &decision,
            work,
        };
        self.sink.row(&mut decided.made, &said, &RowNames { district: self.names.districts.text(district) });
        decided.tally.add(&decision, work);
        let local = |at| LocalMinute::from_seconds(self.zone.local_seconds(at));
        decided.facts.push(Fact {
            officer,
            district,
            unit: numbers.units.number(row.unit),
            call_type,
            local_minute: decision.begin.map_or(LocalMinute::UNKNOWN, local),
            outcome: decision.outcome.index() as u8,
            in_grace: decision.measures.is_some_and(|m| m.in_grace),
        });
        Self::part(row, part, &decision, work, decided);
        self.among_the_longest(row, numbers, &said, &mut decided.longest);
    }

    fn part(
        row: &ParsedCall,
        part: u32,
        decision: &Decision,
        work: &Workspace,
        decided: &mut DecidedBlock<S::Block>,
    ) {
        let standing = Standing::of(decision.outcome, decision.measures.map_or(0, |m| m.covered));
        if standing == Standing::NotAsked {
            return;
        }
        let window =
            decision.begin.zip(decision.end).map_or(NOTHING, |(begin, end)| Interval::new(begin, end));
        let (covered, more) = match work.covered().as_slice() {
            [] => (NOTHING, Vec::new()),
            [first, more @ ..] => (*first, more.to_vec()),
        };
        if let Some(parts) = decided.parts.get_mut(shard_of(row.hash)) {
            parts.push(DecidedPart { part, standing, window, covered, more });
        }
    }

    fn among_the_longest(
        &self,
        row: &ParsedCall,
        numbers: &CallNumbers,
        said: &Decided<'_>,
        longest: &mut Vec<Encounter>,
    ) {
        let (decision, work) = (said.decision, said.work);
        let uncovered = decision.measures.map_or(0, |m| m.uncovered);
        let lapse = matches!(decision.outcome, Outcome::Partial | Outcome::Missing);
        let shortest = if longest.len() < LONGEST { 0 } else { longest.last().map_or(0, |e| e.uncovered) };
        let (Some(begin), Some(end), true) = (decision.begin, decision.end, lapse) else {
            return;
        };
        if uncovered <= shortest || uncovered < self.enough {
            return;
        }
        let officer = officer_of(row.officer, numbers);
        let encounter = Encounter {
            line: said.line,
            call_id: said.call.to_owned(),
            officer_id: said.officer.to_owned(),
            officer_name: self.prepared.gathered.officer_names.get(&officer.0).cloned().unwrap_or_default(),
            district: self.names.districts.text(numbers.districts.number(row.district)).to_owned(),
            unit: self.names.units.text(numbers.units.number(row.unit)).to_owned(),
            call_type: self.names.call_types.text(numbers.call_types.number(row.call_type)).to_owned(),
            outcome: decision.outcome.word(),
            in_grace: decision.measures.is_some_and(|m| m.in_grace),
            window: Interval::new(begin, end),
            arrived: row.times.get(CallTime::OnScene).known(),
            covered: work.covered().as_slice().to_vec(),
            excused: work.excused().as_slice().to_vec(),
            defects: work.defects().to_vec(),
            uncovered,
        };
        insert_longest(longest, encounter);
    }
}

/// Keeps the longest, the earlier line first among equals.
fn insert_longest(longest: &mut Vec<Encounter>, encounter: Encounter) {
    let at = longest.partition_point(|e| (-e.uncovered, e.line) < (-encounter.uncovered, encounter.line));
    longest.insert(at, encounter);
    longest.truncate(LONGEST);
}

impl Totals {
    fn enough(&self) -> Micros {
        if self.longest.len() < LONGEST { 0 } else { self.longest.last().map_or(0, |e| e.uncovered) }
    }

    /// Takes a block over, in the order of the file.
    fn take<S: Sink>(
        &mut self,
        block: DecidedBlock<S::Block>,
        mut parsed: ParsedCalls,
        sink: &mut S,
    ) -> Result<[Vec<DecidedPart>; SHARDS], ExchangeError> {
        let mut dropped = block.dropped;
        for (line, content) in &parsed.rejected {
            if content.is_some_and(|c| !self.rejected.insert(c)) {
                self.counts.duplicate += 1;
                dropped.push(*line);
            } else {
                self.counts.rejected += 1;
            }
        }
        if !dropped.is_empty() {
            dropped.sort_unstable();
            parsed.rejects.retain(|r| dropped.binary_search(&r.line).is_err());
        }
        self.counts.read += parsed.read;
        self.counts.accepted += block.accepted_lines;
        self.counts.duplicate += block.duplicate_lines;
        self.counts.bad_values +=
            parsed.rejects.iter().filter(|r| r.what == crate::table::What::Value).count() as u64;
        self.tally.merge(&block.tally);
        for fact in &block.facts {
            let officer = fact.officer.0 as usize;
            if self.obligations.len() <= officer {
                self.obligations.resize(officer + 1, 0);
            }
            if let Some(n) = self.obligations.get_mut(officer) {
                *n += 1;
            }
        }
        self.facts.extend(block.facts);
        block.longest.into_iter().for_each(|e| insert_longest(&mut self.longest, e));
        sink.take(block.made, parsed.rejects)?;
        Ok(block.parts)
    }
}

/// Where most officers of the calls do not appear in the recordings, the ids of the two exports differ.
fn check_ids(totals: &Totals, prepared: &Prepared, options: &ReadOptions) -> Result<(), ExchangeError> {
    let with_obligations = || totals.obligations.iter().enumerate().filter(|(_, n)| **n > 0);
    let appears = |officer: usize| prepared.gathered.in_recordings.contains(&OfficerId(officer as u32));
    let all = with_obligations().count();
    let found = with_obligations().filter(|(officer, _)| appears(*officer)).count();
    if all < 20 || found * 2 >= all || options.ids_verified {
        return Ok(());
    }
    let text = |officer: usize| prepared.gathered.officers.text(officer as u32);
    let calls: Vec<_> =
        with_obligations().filter(|(o, _)| !appears(*o)).take(3).map(|(o, _)| text(o)).collect();
    let mut others: Vec<_> = prepared.gathered.in_recordings.iter().copied().collect();
    others.sort_unstable();
    let not_in_calls = |o: &&OfficerId| totals.obligations.get(o.0 as usize).copied().unwrap_or(0) == 0;
    let recordings: Vec<_> = others.iter().filter(not_in_calls).take(3).map(|o| text(o.0 as usize)).collect();
    Err(ids_do_not_match(found, all, &calls, &recordings))
}
