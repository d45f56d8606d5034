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

impl Fact {
    fn keys(&self) -> [GroupKey; 9] {
        let minute = self.local_minute.known();
        let or_unknown = |value: Option<u32>| value.unwrap_or(UNKNOWN_TIME);
        let day = self.local_minute.day();
        let weekday = day.map(|d| (d + 3) % 7); // 1970-01-01 was a Thursday
        [
            (Cut::Everything, 0),
            (Cut::District, self.district),
            (Cut::Officer, self.officer.0),
            (Cut::Unit, self.unit),
            (Cut::CallType, self.call_type),
            (Cut::Month, or_unknown(day.map(month_of))),
            (Cut::Week, or_unknown(day.zip(weekday).map(|(d, w)| d.saturating_sub(w)))),
            (Cut::Weekday, or_unknown(weekday)),
            (Cut::Hour, or_unknown(minute.map(|m| m / 60 % 24))),
        ]
    }
}

/// Months since year 0 of a day counted from 1970-01-01.
fn month_of(day: u32) -> u32 {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(day.min(2_932_000))));
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

/// One officer's obligations in one group: all, and those outside grace.
#[derive(Clone, Copy)]
struct Cluster {
    key: GroupKey,
    officer: u32,
    counts: [Counts; 2],
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
    let one_officer = |rows: &[u32]| {
        let mut counts: HashMap<GroupKey, [Counts; 2], foldhash::fast::FixedState> = HashMap::default();
        for fact in rows.iter().filter_map(|row| facts.get(*row as usize)) {
            for key in fact.keys() {
                let [all, without_grace] = counts.entry(key).or_default();
                let outcome = fact.outcome as usize;
                if let Some(n) = all.0.get_mut(outcome) {
                    *n += 1;
                }
                if let Some(n) = without_grace.0.get_mut(outcome).filter(|_| !fact.in_grace) {
                    *n += 1;
                }
            }
        }
        let officer = rows.first().map_or(0, officer);
        counts.into_iter().map(move |(key, counts)| Cluster { key, officer, counts })
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
    let [mut all, mut without_grace] = [Counts::default(); 2];
    for cluster in group {
        all += cluster.counts[0];
        without_grace += cluster.counts[1];
    }
    let shares = |which: usize, counts: &Counts| {
        let intervals = (group.len() >= FEWEST_OFFICERS).then(|| bootstrap(group, which, weights));
        Shares::new(counts, intervals.as_ref())
    };
    Some(GroupShares {
        key,
        officers: group.len(),
        all: shares(0, &all),
        without_grace: shares(1, &without_grace),
    })
}

/// Lower and upper ends for the five shares.
type Ends = [Option<(f64, f64)>; 5];

fn bootstrap(group: &[Cluster], which: usize, weights: &Weights) -> Ends {
    let mut sums = [[0u32; RESAMPLES]; 5];
    for cluster in group {
        let drawn = weights.of(cluster.officer);
        let counts = cluster.counts.get(which).copied().unwrap_or_default().in_question();
        for (sum, count) in sums.iter_mut().zip(counts) {
            if count > 0 {
                sum.iter_mut().zip(drawn).for_each(|(s, w)| *s += u32::from(*w) * count);
            }
        }
    }
    let [recorded, excused, partial, missing, undecided] = &sums;
    let sum_of = |at: usize, of: &[&[u32; RESAMPLES]]| -> f64 {
        of.iter().filter_map(|s| s.get(at)).map(|n| f64::from(*n)).sum()
    };
    let ends = |one: &[u32; RESAMPLES], with_undecided: bool| {
        let mut shares: Vec<f64> = (0..RESAMPLES)
            .filter_map(|at| {
                let rest = if with_undecided { sum_of(at, &[undecided]) } else { 0.0 };
                let whole = sum_of(at, &[recorded, excused, partial, missing]) + rest;
                (whole > 0.0).then(|| sum_of(at, &[one]) / whole)
            })
            .collect();
        percentiles(&mut shares)
    };
    [ends(recorded, false), ends(excused, false), ends(partial, false), ends(missing, false), ends(undecided, true)]
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
