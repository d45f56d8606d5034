//! Trying a policy on history: which obligations have another outcome under another policy, and what that
//! does to the figures of each district.
//!
//! The engine of the audit runs twice over the same files. The first run keeps 24 bytes of each obligation;
//! the second, which meets the same obligations in the same order, compares as it goes. What belongs to a
//! policy (its window of grace, the exceptions it knows, the rows it rejects for a code that it does not know)
//! may differ between the runs; which rows are obligations does not depend on any policy.
//!
//! It compares outcomes and judges neither policy. An outcome that becomes *milder* may be a defect that a
//! lax rule no longer sees.

use std::hash::BuildHasher;
use std::iter::Flatten;
use std::path::{Path, PathBuf};
use std::vec;

use foldhash::fast::FixedState;
use onrecord_audit::{Counts, DefectKind, FileCounts, Outcome, Period, PolicyName, Share, Shares};
use onrecord_policy::{Micros, Policy, SECOND};
use serde::Serialize;

use crate::audit::{OutFile, OutFiles};
use crate::clock::{Zone, push_fraction, push_time};
use crate::csv::push_field;
use crate::decide_calls::{RowNames, Sink, Tally, decide_calls};
use crate::error::ExchangeError;
use crate::gather::{Bytes, Inputs, Progress, ReadOptions, prepare};
use crate::names::Names;
use crate::outcomes::Decided;
use crate::table::Reject;

/// The header of `changes.csv`.
const CHANGES_HEADER: &[u8] = b"line,call_id,officer_id,district,begin,end,outcome_a,reason_a,kinds_a,\
uncovered_s_a,outcome_b,reason_b,kinds_b,uncovered_s_b\n";
const STATUS: &str =
    "Outcomes from data alone under either policy, not reviewed by a person. An outcome is not a finding.";
/// How many outcomes there are.
const OUTCOMES: usize = Outcome::WORDS.len();

/// Two policies on the same files, as in `comparison.json`.
///
/// `unchanged + changed = obligations`, and `changed` counts other outcomes only: `milder + graver` of them
/// are less or more grave under B, the rest as grave as before (such as recorded and excused).
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The version of the program.
    pub onrecord: &'static str,
    /// What the figures are not: a finding.
    pub status: &'static str,
    /// The policy to compare with, usually the one in force.
    pub a: ComparedPolicy,
    /// The policy that is tried.
    pub b: ComparedPolicy,
    /// All obligations, the same under both.
    pub obligations: u64,
    /// Of them those with the same outcome.
    pub unchanged: u64,
    /// Of the unchanged those with another reason, other kinds of defects or another length in defects.
    pub altered: u64,
    /// Those with another outcome.
    pub changed: u64,
    /// Of the changed those that are less grave under B, in the order of the audit's principles.
    pub milder: u64,
    /// Of the changed those that are graver under B.
    pub graver: u64,
    /// How many obligations have which two outcomes, unchanged ones too, so that it sums to `obligations`;
    /// in the order of [`Outcome::WORDS`] under A, then under B.
    pub outcomes: Vec<OutcomeChange>,
    /// Every district by name, also those without a change.
    pub districts: Vec<DistrictChange>,
    /// Every kind of defect, in the order of [`DefectKind::ALL`].
    pub defects: Vec<DefectChange>,
    /// Everything a reader must know.
    pub notes: Vec<String>,
}

/// What one policy makes of the files.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedPolicy {
    /// Its name.
    pub policy: PolicyName,
    /// From when to when the recordings reach; none without recordings.
    pub recordings_window: Option<Period>,
    /// Rows of each file, calls first. Exceptions with a code that the policy does not know are rejected.
    pub files: Vec<FileCounts>,
    /// Shares over all obligations, without intervals.
    pub shares: Shares,
}

/// Obligations with one outcome under A and one under B.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeChange {
    /// The outcome under A.
    pub outcome_a: &'static str,
    /// The outcome under B.
    pub outcome_b: &'static str,
    /// How many.
    pub count: u64,
}

/// One district under both policies.
#[derive(Clone, Debug, Serialize)]
pub struct DistrictChange {
    /// Its name; empty where the rows name none.
    pub name: String,
    /// All its obligations.
    pub obligations: u64,
    /// Those with another outcome.
    pub changed: u64,
    /// Of the changed those that are less grave under B.
    pub milder: u64,
    /// Of the changed those that are graver under B.
    pub graver: u64,
    /// Its shares under A, without intervals.
    pub a: Shares,
    /// Its shares under B, without intervals.
    pub b: Shares,
}

/// Defects of one kind under both policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefectChange {
    /// The kind.
    pub kind: &'static str,
    /// How many under A, in obligations that are partial or missing.
    pub count_a: u64,
    /// Further ones under A, provisional because the outcome is in doubt.
    pub provisional_a: u64,
    /// How many under B, in obligations that are partial or missing.
    pub count_b: u64,
    /// Further ones under B, provisional because the outcome is in doubt.
    pub provisional_b: u64,
}

/// Decides every obligation of the files under two policies and compares the outcomes. With a folder `out`,
/// which is made where it is missing, writes `comparison.json` and `changes.csv`: one line for each obligation
/// whose outcome differs, in the order of the calls, with `begin` and `end` as under B. `progress` is told of
/// both runs as one.
///
/// # Errors
/// As [`audit`](crate::audit()); also where the calls changed between the two runs.
pub fn compare(
    inputs: &Inputs,
    options: &ReadOptions,
    policy_a: &Policy,
    policy_b: &Policy,
    out: Option<&Path>,
    progress: &mut Progress<'_>,
) -> Result<Compared, ExchangeError> {
    let mut files = out.map(OutFiles::new).transpose()?;
    let mut changes = files.as_mut().map(|files| files.create("changes.csv")).transpose()?;
    if let Some(changes) = &mut changes {
        changes.write(CHANGES_HEADER.to_vec())?;
    }
    let mut first = FirstRun::default();
    let a = run(inputs, options, policy_a, &mut first, &mut |done, all| progress(done, all * 2))?;
    let mut second = SecondRun::after(first, &inputs.calls, changes);
    let b = run(inputs, options, policy_b, &mut second, &mut |done, all| progress(all + done, all * 2))?;
    let compared = second.finish()?.compared((policy_a, a), (policy_b, b));
    if let Some(mut files) = files {
        files.write("comparison.json", serde_json::to_vec_pretty(&compared).unwrap_or_default())?;
        files.keep()?;
    }
    Ok(compared)
}

/// What remains of a run beside its sink.
struct Ran {
    tally: Tally,
    window: Option<Period>,
    files: Vec<FileCounts>,
    notes: Vec<String>,
}

fn run<S: Sink>(
    inputs: &Inputs,
    options: &ReadOptions,
    policy: &Policy,
    sink: &mut S,
    progress: &mut Progress<'_>,
) -> Result<Ran, ExchangeError> {
    let mut bytes = Bytes::new(inputs, progress);
    let mut prepared = prepare(inputs, options, policy, &mut bytes)?;
    // No figure here is by month, weekday or hour, so that the clock of the figures does not matter.
    let totals = decide_calls(
        &inputs.calls.clone().into(),
        options,
        policy,
        &Zone::utc(),
        &mut prepared,
        sink,
        &mut bytes,
    )?;
    let mut files = vec![totals.counts];
    files.extend(prepared.gathered.files);
    let window = prepared.evidence.window().map(Into::into);
    Ok(Ran { tally: totals.tally, window, files, notes: prepared.gathered.notes })
}

/// What is compared of an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    /// Microseconds in defects; none where nothing was measured.
    uncovered: Option<Micros>,
    /// Stands for line, call and officer: files that change between the runs are noticed.
    who: u32,
    outcome: Outcome,
    kinds: Kinds,
}

// A year of a large department has tens of millions of obligations.
const _: () = assert!(size_of::<Kept>() <= 24);

impl Kept {
    fn of(row: &Decided<'_>) -> Self {
        Self {
            uncovered: row.decision.measures.map(|m| m.uncovered),
            who: FixedState::with_seed(1).hash_one((row.line, row.call, row.officer)) as u32,
            outcome: row.decision.outcome,
            kinds: Kinds::of(row),
        }
    }

    /// Adds outcome, reason, kinds and seconds in defects, each behind a comma.
    fn csv(&self, text: &mut Vec<u8>) {
        for value in [self.outcome.word(), self.outcome.reason(), &self.kinds.joined()] {
            text.push(b',');
            text.extend_from_slice(value.as_bytes());
        }
        text.push(b',');
        if let Some(length) = self.uncovered {
            text.extend_from_slice((length / SECOND).to_string().as_bytes());
            push_fraction(text, length % SECOND);
        }
    }
}

/// Which kinds of defects an obligation has: one bit for each of [`DefectKind::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kinds(u8);

impl Kinds {
    fn of(row: &Decided<'_>) -> Self {
        let has = |kind: &DefectKind| row.work.defects().iter().any(|defect| defect.kind == *kind);
        let measured = row.decision.measures.is_some();
        let bits = DefectKind::ALL.iter().enumerate().filter(|(_, kind)| measured && has(kind));
        Self(bits.map(|(bit, _)| 1 << bit).sum())
    }

    fn joined(self) -> String {
        let kinds = DefectKind::ALL.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        kinds.map(|(_, kind)| kind.word()).collect::<Vec<_>>().join(";")
    }
}

/// Keeps what the first run decides, in the order of the file.
#[derive(Default)]
struct FirstRun {
    /// By block, so that nothing is copied to make room.
    kept: Vec<Vec<Kept>>,
}

impl Sink for FirstRun {
    type Block = Vec<Kept>;

    fn row(&self, block: &mut Vec<Kept>, row: &Decided<'_>, _: &RowNames<'_>) {
        block.push(Kept::of(row));
    }

    fn take(&mut self, mut block: Vec<Kept>, _: Vec<Reject>) -> Result<(), ExchangeError> {
        block.shrink_to_fit();
        self.kept.push(block);
        Ok(())
    }
}

/// Compares what the second run decides with what the first one kept, and writes what changed.
struct SecondRun {
    before: Flatten<vec::IntoIter<Vec<Kept>>>,
    calls: PathBuf,
    changes: Option<OutFile>,
    found: Found,
}

/// A block of the second run.
#[derive(Default)]
struct SecondBlock {
    rows: Vec<SecondRow>,
    /// The districts of the rows.
    districts: Names,
    /// The rows up to `end`, one behind the other, where changes are written.
    text: Vec<u8>,
}

struct SecondRow {
    kept: Kept,
    /// Its place in the block's districts.
    district: u32,
    /// Where its text ends.
    text_end: usize,
}

impl Sink for SecondRun {
    type Block = SecondBlock;

    fn row(&self, block: &mut SecondBlock, row: &Decided<'_>, names: &RowNames<'_>) {
        if self.changes.is_some() {
            push_obligation(&mut block.text, row, names.district);
        }
        let district = block.districts.number(names.district);
        block.rows.push(SecondRow { kept: Kept::of(row), district, text_end: block.text.len() });
    }

    fn take(&mut self, block: SecondBlock, _: Vec<Reject>) -> Result<(), ExchangeError> {
        let districts: Vec<u32> =
            block.districts.iter().map(|name| self.found.districts.number(name)).collect();
        let (mut text, mut text_begin) = (Vec::new(), 0);
        for row in block.rows {
            let before = self.before.next().filter(|before| before.who == row.kept.who);
            let before = before.ok_or_else(|| files_changed(&self.calls))?;
            let district = districts.get(row.district as usize).copied().unwrap_or_default();
            if self.found.add(district, &before, &row.kept) {
                text.extend_from_slice(block.text.get(text_begin..row.text_end).unwrap_or_default());
                before.csv(&mut text);
                row.kept.csv(&mut text);
                text.push(b'\n');
            }
            text_begin = row.text_end;
        }
        match &mut self.changes {
            Some(changes) if !text.is_empty() => changes.write(text),
            _ => Ok(()),
        }
    }
}

impl SecondRun {
    fn after(first: FirstRun, calls: &Path, changes: Option<OutFile>) -> Self {
        let before = first.kept.into_iter().flatten();
        Self { before, calls: calls.to_owned(), changes, found: Found::default() }
    }

    /// What was found, once all of it is written.
    fn finish(mut self) -> Result<Found, ExchangeError> {
        if self.before.next().is_some() {
            return Err(files_changed(&self.calls));
        }
        self.changes.as_mut().map_or(Ok(()), OutFile::close)?;
        Ok(self.found)
    }
}

fn files_changed(calls: &Path) -> ExchangeError {
    ExchangeError::unusable(
        calls,
        None,
        "its rows were not the same when it was read again for the second policy. Compare on copies of the files \
         that nothing writes to.",
    )
}

/// Adds line, call, officer, district, begin and end.
fn push_obligation(text: &mut Vec<u8>, row: &Decided<'_>, district: &str) {
    text.extend_from_slice(row.line.to_string().as_bytes());
    for value in [row.call, row.officer, district] {
        text.push(b',');
        push_field(text, value);
    }
    for time in [row.decision.begin, row.decision.end] {
        text.push(b',');
        if let Some(at) = time {
            push_time(text, at);
        }
    }
}

/// What both runs together show.
#[derive(Default)]
struct Found {
    districts: Names,
    /// By the number of the district.
    matrices: Vec<Matrix>,
    /// Obligations with the same outcome, but not the same in all that is kept.
    altered: u64,
}

/// How many obligations have which outcome under A (the row) and under B (the column).
#[derive(Clone, Copy, Default)]
struct Matrix {
    counts: [[u64; OUTCOMES]; OUTCOMES],
    milder: u64,
    graver: u64,
}

impl Found {
    /// Adds an obligation; answers whether its outcome changes.
    fn add(&mut self, district: u32, a: &Kept, b: &Kept) -> bool {
        let district = district as usize;
        if self.matrices.len() <= district {
            self.matrices.resize(district + 1, Matrix::default());
        }
        if let Some(matrix) = self.matrices.get_mut(district) {
            matrix.add(a.outcome, b.outcome);
        }
        let changed = a.outcome.index() != b.outcome.index();
        self.altered += u64::from(!changed && a != b);
        changed
    }

    fn compared(&self, (policy_a, a): (&Policy, Ran), (policy_b, b): (&Policy, Ran)) -> Compared {
        let mut all = Matrix::default();
        self.matrices.iter().for_each(|matrix| all.merge(matrix));
        let mut notes = a.notes.clone();
        notes.extend(b.notes.iter().filter(|note| !a.notes.contains(note)).cloned());
        Compared {
            onrecord: env!("CARGO_PKG_VERSION"),
            status: STATUS,
            obligations: all.total(),
            unchanged: all.total() - all.changed(),
            altered: self.altered,
            changed: all.changed(),
            milder: all.milder,
            graver: all.graver,
            outcomes: all.outcomes(),
            districts: self.districts(),
            defects: defects(&a.tally, &b.tally),
            notes,
            a: a.policy(policy_a, &all.under_a()),
            b: b.policy(policy_b, &all.under_b()),
        }
    }

    fn districts(&self) -> Vec<DistrictChange> {
        let mut districts: Vec<_> = (0u32..)
            .zip(&self.matrices)
            .map(|(number, matrix)| DistrictChange {
                name: self.districts.text(number).to_owned(),
                obligations: matrix.total(),
                changed: matrix.changed(),
                milder: matrix.milder,
                graver: matrix.graver,
                a: shares(&matrix.under_a()),
                b: shares(&matrix.under_b()),
            })
            .collect();
        districts.sort_by(|one, other| one.name.cmp(&other.name));
        districts
    }
}

impl Ran {
    fn policy(self, policy: &Policy, counts: &Counts) -> ComparedPolicy {
        ComparedPolicy {
            policy: policy.into(),
            recordings_window: self.window,
            files: self.files,
            shares: shares(counts),
        }
    }
}

impl Matrix {
    fn add(&mut self, a: Outcome, b: Outcome) {
        if let Some(count) = self.counts.get_mut(a.index()).and_then(|row| row.get_mut(b.index())) {
            *count += 1;
        }
        self.milder += u64::from(b.gravity() < a.gravity());
        self.graver += u64::from(b.gravity() > a.gravity());
    }

    fn merge(&mut self, other: &Self) {
        let counts = self.counts.iter_mut().flatten();
        counts.zip(other.counts.iter().flatten()).for_each(|(sum, count)| *sum += count);
        self.milder += other.milder;
        self.graver += other.graver;
    }

    /// Each pair of places in [`Outcome::WORDS`] with its count.
    fn cells(&self) -> impl Iterator<Item = ([usize; 2], u64)> {
        let row = |(a, row): (usize, &'_ [u64; OUTCOMES])| {
            let row = *row;
            row.into_iter().enumerate().map(move |(b, count)| ([a, b], count))
        };
        self.counts.iter().enumerate().flat_map(row)
    }

    fn total(&self) -> u64 {
        self.cells().map(|(_, count)| count).sum()
    }

    fn changed(&self) -> u64 {
        self.cells().filter(|([a, b], _)| a != b).map(|(_, count)| count).sum()
    }

    fn under_a(&self) -> Counts {
        self.by_outcome(|[a, _]| a)
    }

    fn under_b(&self) -> Counts {
        self.by_outcome(|[_, b]| b)
    }

    fn by_outcome(&self, which: impl Fn([usize; 2]) -> usize) -> Counts {
        let mut counts = Counts::default();
        for (pair, count) in self.cells() {
            if let Some(sum) = counts.0.get_mut(which(pair)) {
                *sum += count as u32; // the engine numbers obligations with 32 bits
            }
        }
        counts
    }

    fn outcomes(&self) -> Vec<OutcomeChange> {
        let word = |place: usize| Outcome::WORDS.get(place).copied().unwrap_or_default();
        self.cells()
            .filter(|(_, count)| *count > 0)
            .map(|([a, b], count)| OutcomeChange { outcome_a: word(a), outcome_b: word(b), count })
            .collect()
    }
}

/// Shares as those of an audit, without intervals: how two policies differ on the same obligations is counted,
/// not estimated.
fn shares(counts: &Counts) -> Shares {
    let [recorded, excused, not_required, no_camera, _, _, partial, missing] = counts.0.map(u64::from);
    let (decided, undecided) = (counts.decided(), counts.undecided());
    let share = |count: u64, of: u64| Share {
        count,
        share: (of > 0).then(|| count as f64 / of as f64),
        ..Share::default()
    };
    Shares {
        obligations: counts.total(),
        not_required,
        no_camera,
        decided,
        recorded: share(recorded, decided),
        excused: share(excused, decided),
        partial: share(partial, decided),
        missing: share(missing, decided),
        undecided: share(undecided, decided + undecided),
    }
}

fn defects(a: &Tally, b: &Tally) -> Vec<DefectChange> {
    let kinds = DefectKind::ALL.iter().zip(&a.defects).zip(&b.defects);
    kinds
        .map(|((kind, [lapses_a, provisional_a]), [lapses_b, provisional_b])| DefectChange {
            kind: kind.word(),
            count_a: lapses_a.count,
            provisional_a: provisional_a.count,
            count_b: lapses_b.count,
            provisional_b: provisional_b.count,
        })
        .collect()
}
