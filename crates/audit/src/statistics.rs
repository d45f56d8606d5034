//! Shares of outcomes with their intervals, overall and by every cut of the contract.
//!
//! An officer's calls are not independent of one another, so the intervals come from a bootstrap that draws
//! officers, not obligations. The draw has a fixed seed: the same facts give the same figures on every run.

use std::collections::HashMap;
use std::ops::AddAssign;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;

use crate::outcome::Outcome;
use crate::recordings::OfficerId;

/// How many departments the bootstrap draws.
pub const RESAMPLES: usize = 400;
/// Groups of fewer officers get no interval: a bootstrap over so few says nothing.
pub const FEWEST_OFFICERS: usize = 5;
const SEED: u64 = 0x0071_65C0_4D0A_11CA;

/// What one obligation contributes to the statistics. Ids are places in the caller's lists of names.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// Whose obligation.
    pub officer: OfficerId,
    /// Which district; 0 where the row names none.
    pub district: u32,
    /// Which unit; 0 where the row names none.
    pub unit: u32,
    /// Which type of call; 0 where the row names none.
    pub call_type: u32,
    /// When the duty began: minutes since 1970-01-01T00:00 on the local clock; none where unknown.
    pub local_minute: LocalMinute,
    /// The position of the outcome in [`Outcome::WORDS`].
    pub outcome: u8,
    /// Whether the officer's grace period was running.
    pub in_grace: bool,
}

/// Minutes since 1970-01-01T00:00 on the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMinute(u32);

impl LocalMinute {
    /// The begin of an obligation is not known.
    pub const UNKNOWN: Self = Self(u32::MAX);

    /// From seconds on the local clock since 1970-01-01T00:00.
    pub fn from_seconds(seconds: i64) -> Self {
        u32::try_from(seconds / 60).map_or(Self::UNKNOWN, Self)
    }

    fn known(self) -> Option<u32> {
        (self != Self::UNKNOWN).then_some(self.0)
    }

    fn day(self) -> Option<u32> {
        self.known().map(|m| m / 1440)
    }
}

/// A way to cut the department into groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cut {
    /// The whole department, one group.
    Everything,
    /// By police district.
    District,
    /// By officer.
    Officer,
    /// By unit, such as a car.
    Unit,
    /// By type of call.
    CallType,
    /// By month: months since year 0.
    Month,
    /// By week: the day number (since 1970-01-01) of its Monday.
    Week,
    /// By day of the week: 0 is Monday.
    Weekday,
    /// By hour of the day, 0 to 23.
    Hour,
}

/// A group of one cut: the cut and the value in it (an id, or what the cut says).
pub type GroupKey = (Cut, u32);

/// The value of a time cut for obligations whose begin is unknown.
pub const UNKNOWN_TIME: u32 = u32::MAX;

/// The days that the facts reach over, each with its month.
struct Calendar {
    first: u32,
    /// Months since year 0, for each day from the first on.
    months: Vec<u32>,
}

impl Calendar {
    fn of(facts: &[Fact]) -> Self {
        let days = || facts.iter().filter_map(|f| f.local_minute.day());
        let (first, last) = (days().min().unwrap_or(0), days().max().unwrap_or(0));
        Self { first, months: (first..=last).map(month_of).collect() }
    }

    /// The groups of the time cuts that an obligation falls into, as places in [`Calendar::keys`].
    fn places(&self, at: LocalMinute) -> [usize; 4] {
        let [weeks, months] = [self.weeks(), self.month_count()];
        let (hour, weekday, week, month) = match (at.known(), at.day()) {
            (Some(minute), Some(day)) => (
                (minute / 60 % 24) as usize,
                weekday_of(day) as usize,
                ((monday_of(day) - monday_of(self.first)) / 7) as usize,
                (self.month(day) - self.month(self.first)) as usize,
            ),
            _ => (24, 7, weeks, months),
        };
        [hour, 25 + weekday, 33 + week, 34 + weeks + month]
    }

    fn month(&self, day: u32) -> u32 {
        self.months.get((day - self.first) as usize).copied().unwrap_or(0)
    }

    fn weeks(&self) -> usize {
        let last = self.first + self.months.len().saturating_sub(1) as u32;
        ((monday_of(last) - monday_of(self.first)) / 7) as usize + 1
    }

    fn month_count(&self) -> usize {
        let (first, last) = (self.months.first(), self.months.last());
        last.zip(first).map_or(0, |(last, first)| (last - first) as usize + 1)
    }

    /// The groups of the time cuts: hours, weekdays, weeks, months, each with "unknown" as its last.
    fn keys(&self) -> Vec<GroupKey> {
        let first_month = self.months.first().copied().unwrap_or(0);
        let hours = (0..24).chain([UNKNOWN_TIME]).map(|hour| (Cut::Hour, hour));
        let weekdays = (0..7).chain([UNKNOWN_TIME]).map(|day| (Cut::Weekday, day));
        let weeks = (0..self.weeks() as u32).map(|w| monday_of(self.first) + w * 7).chain([UNKNOWN_TIME]);
        let months = (0..self.month_count() as u32).map(|m| first_month + m).chain([UNKNOWN_TIME]);
        let weeks = weeks.map(|week| (Cut::Week, week));
        hours.chain(weekdays).chain(weeks).chain(months.map(|month| (Cut::Month, month))).collect()
    }
}

/// 0 is Monday; 1970-01-01 was a Thursday.
fn weekday_of(day: u32) -> u32 {
    (day + 3) % 7
}

fn monday_of(day: u32) -> u32 {
    day.saturating_sub(weekday_of(day))
}

/// Months since year 0 of a day counted from 1970-01-01.
fn month_of(day: u32) -> u32 {
    let date =
        jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(day.min(2_932_000))));
    u32::from(date.year().unsigned_abs()) * 12 + u32::from(date.month().unsigned_abs()) - 1
}

/// Numbers of obligations by outcome, in the order of [`Outcome::WORDS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts(pub [u32; Outcome::WORDS.len()]);

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, n)| *sum += n);
    }
}

impl Counts {
    /// All obligations.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|n| u64::from(*n)).sum()
    }

    /// Recorded, excused, partial, missing, undecided: what the shares are made of.
    fn in_question(&self) -> [u32; 5] {
        let [recorded, excused, _, _, awaiting, unverifiable, partial, missing] = self.0;
        [recorded, excused, partial, missing, awaiting + unverifiable]
    }

    /// Required and decided: recorded, excused, partial and missing.
    pub fn decided(&self) -> u64 {
        self.in_question().iter().take(4).map(|n| u64::from(*n)).sum()
    }

    /// Unverifiable and awaiting upload.
    pub fn undecided(&self) -> u64 {
        u64::from(self.in_question()[4])
    }
}

/// A share with its 95% interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many obligations.
    pub count: u64,
    /// Their share, 0 to 1; none where there is nothing to share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The interval's lower end; none where too few officers give one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The interval's upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// The shares of a group. The undecided share always stands beside the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shares {
    /// All obligations of the group.
    pub obligations: u64,
    /// Of them not required.
    pub not_required: u64,
    /// Of them without a camera.
    pub no_camera: u64,
    /// Of them required and decided: what the next four are shares of.
    pub decided: u64,
    /// On record.
    pub recorded: Share,
    /// Explained.
    pub excused: Share,
    /// Partly on record or explained.
    pub partial: Share,
    /// Not on record.
    pub missing: Share,
    /// Unverifiable or awaiting upload, as a share of these and the decided ones.
    pub undecided: Share,
}

/// One group of a cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupShares {
    /// Which group.
    pub key: GroupKey,
    /// How many officers it has.
    pub officers: usize,
    /// Over all its obligations.
    pub all: Shares,
    /// Over those outside any grace period.
    pub without_grace: Shares,
}

/// Obligations: all, and those in grace.
#[derive(Clone, Copy, Default)]
struct WithGrace {
    all: Counts,
    in_grace: Counts,
}

impl WithGrace {
    fn add(&mut self, fact: &Fact) {
        let outcome = fact.outcome as usize;
        if let Some(n) = self.all.0.get_mut(outcome) {
            *n += 1;
        }
        if let Some(n) = self.in_grace.0.get_mut(outcome).filter(|_| fact.in_grace) {
            *n += 1;
        }
    }

    fn without_grace(&self) -> Counts {
        let mut rest = self.all;
        rest.0.iter_mut().zip(self.in_grace.0).for_each(|(n, grace)| *n -= grace);
        rest
    }
}

/// One officer's obligations in one group.
#[derive(Clone, Copy)]
struct Cluster {
    key: GroupKey,
    officer: u32,
    counts: WithGrace,
}

/// The shares of every group of every cut, in order of the cut and the value.
pub fn shares_by_group(facts: &[Fact]) -> Vec<GroupShares> {
    let mut clusters = clusters(facts);
    clusters.par_sort_unstable_by_key(|c| (c.key, c.officer));
    let officers = facts.iter().map(|f| f.officer.0 as usize + 1).max().unwrap_or(0);
    let weights = Weights::draw(&active_officers(facts, officers));
    let groups: Vec<_> = clusters.chunk_by(|a, b| a.key == b.key).collect();
    groups.into_par_iter().filter_map(|group| group_shares(group, &weights)).collect()
}

fn active_officers(facts: &[Fact], officers: usize) -> Vec<bool> {
    let mut active = vec![false; officers];
    for fact in facts {
        if let Some(seen) = active.get_mut(fact.officer.0 as usize) {
            *seen = true;
        }
    }
    active
}

fn clusters(facts: &[Fact]) -> Vec<Cluster> {
    let officers = facts.iter().map(|f| f.officer.0 as usize + 1).max().unwrap_or(0);
    let order = by_officer(facts, officers);
    let officer = |at: &u32| facts.get(*at as usize).map_or(u32::MAX, |f| f.officer.0);
    let of_one: Vec<_> = order.chunk_by(|a, b| officer(a) == officer(b)).collect();
    let calendar = Calendar::of(facts);
    let time_keys = calendar.keys();
    let one_officer = |rows: &[u32]| {
        let officer = rows.first().map_or(0, officer);
        let mut everything = WithGrace::default();
        let mut by_time = vec![WithGrace::default(); time_keys.len()];
        let mut by_name: HashMap<GroupKey, WithGrace, foldhash::fast::FixedState> = HashMap::default();
        for fact in rows.iter().filter_map(|row| facts.get(*row as usize)) {
            everything.add(fact);
            for place in calendar.places(fact.local_minute) {
                if let Some(counts) = by_time.get_mut(place) {
                    counts.add(fact);
                }
            }
            let names =
                [(Cut::District, fact.district), (Cut::Unit, fact.unit), (Cut::CallType, fact.call_type)];
            for key in names {
                by_name.entry(key).or_default().add(fact);
            }
        }
        let whole = [((Cut::Everything, 0), everything), ((Cut::Officer, officer), everything)];
        let by_time: Vec<_> =
            time_keys.iter().copied().zip(by_time).filter(|(_, c)| c.all.total() > 0).collect();
        let groups = whole.into_iter().chain(by_time).chain(by_name);
        groups.map(move |(key, counts)| Cluster { key, officer, counts })
    };
    of_one.into_par_iter().flat_map_iter(one_officer).collect()
}

/// The places of the facts, by officer.
fn by_officer(facts: &[Fact], officers: usize) -> Vec<u32> {
    let mut next = vec![0u32; officers + 1];
    for fact in facts {
        if let Some(n) = next.get_mut(fact.officer.0 as usize + 1) {
            *n += 1;
        }
    }
    let mut sum = 0;
    for begin in &mut next {
        sum += *begin;
        *begin = sum;
    }
    let mut order = vec![0u32; facts.len()];
    for (at, fact) in facts.iter().enumerate() {
        if let Some(place) = next.get_mut(fact.officer.0 as usize)
            && let Some(slot) = order.get_mut(*place as usize)
        {
            *slot = at as u32;
            *place += 1;
        }
    }
    order
}

/// How often each officer is drawn in each resample.
struct Weights(Vec<[u8; RESAMPLES]>);

impl Weights {
    /// Draws as many officers as are active, with replacement, [`RESAMPLES`] times.
    fn draw(active: &[bool]) -> Self {
        let mut weights = vec![[0u8; RESAMPLES]; active.len()];
        let active: Vec<usize> = active.iter().enumerate().filter(|(_, a)| **a).map(|(at, _)| at).collect();
        let mut chance = ChaCha8Rng::seed_from_u64(SEED);
        for resample in 0..RESAMPLES {
            for _ in 0..active.len() {
                let at = (u64::from(chance.next_u32()) * active.len() as u64) >> 32;
                let officer = active.get(at as usize).and_then(|o| weights.get_mut(*o));
                if let Some(drawn) = officer.and_then(|w| w.get_mut(resample)) {
                    *drawn = drawn.saturating_add(1);
                }
            }
        }
        Self(weights)
    }

    fn of(&self, officer: u32) -> &[u8; RESAMPLES] {
        self.0.get(officer as usize).unwrap_or(&[0; RESAMPLES])
    }
}

fn group_shares(group: &[Cluster], weights: &Weights) -> Option<GroupShares> {
    let key = group.first()?.key;
    let mut counts = WithGrace::default();
    for cluster in group {
        counts.all += cluster.counts.all;
        counts.in_grace += cluster.counts.in_grace;
    }
    let ends = (group.len() >= FEWEST_OFFICERS).then(|| bootstrap(group, weights));
    let (all, without_grace) = ends.as_ref().map(|[all, without]| (all, without)).unzip();
    Some(GroupShares {
        key,
        officers: group.len(),
        all: Shares::new(&counts.all, all),
        without_grace: Shares::new(&counts.without_grace(), without_grace),
    })
}

/// Lower and upper ends for the five shares.
type Ends = [Option<(f64, f64)>; 5];

/// For each of the five shares what each resample counts.
type Sums = [[u32; RESAMPLES]; 5];

/// The ends over all obligations, and over those outside grace.
fn bootstrap(group: &[Cluster], weights: &Weights) -> [Ends; 2] {
    let (mut all, mut in_grace) = ([[0; RESAMPLES]; 5], [[0; RESAMPLES]; 5]);
    for cluster in group {
        let drawn = weights.of(cluster.officer);
        add_drawn(&mut all, &cluster.counts.all, drawn);
        add_drawn(&mut in_grace, &cluster.counts.in_grace, drawn);
    }
    let ends_of_all = ends(&all);
    all.iter_mut().flatten().zip(in_grace.iter().flatten()).for_each(|(sum, grace)| *sum -= grace);
    [ends_of_all, ends(&all)]
}

fn add_drawn(sums: &mut Sums, counts: &Counts, drawn: &[u8; RESAMPLES]) {
    for (sum, count) in sums.iter_mut().zip(counts.in_question()) {
        if count > 0 {
            sum.iter_mut().zip(drawn).for_each(|(s, w)| *s += u32::from(*w) * count);
        }
    }
}

fn ends(sums: &Sums) -> Ends {
    let [recorded, excused, partial, missing, undecided] = sums;
    let mut decided = [0u32; RESAMPLES];
    for sum in [recorded, excused, partial, missing] {
        decided.iter_mut().zip(sum).for_each(|(d, n)| *d += n);
    }
    let mut with_undecided = decided;
    with_undecided.iter_mut().zip(undecided).for_each(|(d, n)| *d += n);
    let ends = |part: &[u32; RESAMPLES], whole: &[u32; RESAMPLES]| {
        let shares = part.iter().zip(whole).filter(|(_, whole)| **whole > 0);
        percentiles(&mut shares.map(|(part, whole)| f64::from(*part) / f64::from(*whole)).collect::<Vec<_>>())
    };
    let of_decided = |part| ends(part, &decided);
    let [r, e, p, m] = [recorded, excused, partial, missing].map(of_decided);
    [r, e, p, m, ends(undecided, &with_undecided)]
}

/// The 2.5th and the 97.5th percentile; none where fewer than half of the resamples gave a share.
fn percentiles(shares: &mut [f64]) -> Option<(f64, f64)> {
    if shares.len() < RESAMPLES / 2 {
        return None;
    }
    let last = shares.len() - 1;
    let (low, high) = (last * 25 / 1000, last - last * 25 / 1000);
    let low = *shares.select_nth_unstable_by(low, f64::total_cmp).1;
    let high = *shares.select_nth_unstable_by(high, f64::total_cmp).1;
    Some((low, high))
}

impl Shares {
    fn new(counts: &Counts, ends: Option<&Ends>) -> Self {
        let [recorded, excused, partial, missing, undecided] = counts.in_question().map(u64::from);
        let decided = counts.decided();
        let share = |count: u64, of: u64, which: usize| {
            let end = ends.and_then(|e| e.get(which).copied().flatten()).filter(|_| of > 0);
            Share {
                count,
                share: (of > 0).then(|| count as f64 / of as f64),
                low: end.map(|e| e.0),
                high: end.map(|e| e.1),
            }
        };
        let [.., not_required, no_camera, _, _, _, _] = counts.0;
        Self {
            obligations: counts.total(),
            not_required: u64::from(not_required),
            no_camera: u64::from(no_camera),
            decided,
            recorded: share(recorded, decided, 0),
            excused: share(excused, decided, 1),
            partial: share(partial, decided, 2),
            missing: share(missing, decided, 3),
            undecided: share(undecided, decided + undecided, 4),
        }
    }
}
