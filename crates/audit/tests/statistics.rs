//! The statistics against a recount: shares by group one obligation at a time, calls one tick at a time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests, too

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span};
use onrecord_audit::{
    CallCounts, CallParts, Counts, Cut, FEWEST_OFFICERS, Fact, GroupKey, GroupShares, Interval, LocalMinute,
    OfficerId, Outcome, Share, Shares, Standing, UNKNOWN_TIME, WhyNotRequired, WhyUnverifiable,
    shares_by_group,
};
use onrecord_policy::{Moment, SECOND};
use proptest::prelude::*;

const CUTS: [Cut; 9] = [
    Cut::Everything,
    Cut::District,
    Cut::Officer,
    Cut::Unit,
    Cut::CallType,
    Cut::Month,
    Cut::Week,
    Cut::Weekday,
    Cut::Hour,
];

// ------------------------------------------------------------------------------------------- shares by group

/// One obligation, with what the recount needs to know of it.
#[derive(Clone, Debug)]
struct Seed {
    officer: u32,
    district: u32,
    unit: u32,
    call_type: u32,
    /// Seconds on the local clock since 2017-01-01T00:00.
    second: Option<i64>,
    outcome: u8,
    in_grace: bool,
}

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let second = prop::option::weighted(0.95, 0..3 * 366 * 86_400i64);
    let one = (0..9u32, 0..3u32, 0..4u32, 0..3u32, second, 0..8u8, prop::bool::weighted(0.2));
    let seed = one.prop_map(|(officer, district, unit, call_type, second, outcome, in_grace)| Seed {
        officer: officer * 3, // ids without gaps are not promised
        district,
        unit,
        call_type,
        second,
        outcome,
        in_grace,
    });
    prop::collection::vec(seed, 0..120)
}

fn new_year() -> jiff::civil::DateTime {
    date(2017, 1, 1).at(0, 0, 0, 0)
}

fn days_since_1970(day: Date) -> u32 {
    u32::try_from((day - date(1970, 1, 1)).get_days()).unwrap()
}

impl Seed {
    fn fact(&self) -> Fact {
        let to_new_year = new_year().duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_secs();
        let minute = |second: i64| LocalMinute::from_seconds(to_new_year + second);
        Fact {
            officer: OfficerId(self.officer),
            district: self.district,
            unit: self.unit,
            call_type: self.call_type,
            local_minute: self.second.map_or(LocalMinute::UNKNOWN, minute),
            outcome: self.outcome,
            in_grace: self.in_grace,
        }
    }

    fn group(&self, cut: Cut) -> GroupKey {
        let local = self.second.map(|s| new_year().checked_add(SignedDuration::from_secs(s)).unwrap());
        let of_time = |value: &dyn Fn(jiff::civil::DateTime) -> u32| local.map_or(UNKNOWN_TIME, value);
        let monday_offset = |day: Date| i64::from(day.weekday().to_monday_zero_offset());
        let value = match cut {
            Cut::Everything => 0,
            Cut::District => self.district,
            Cut::Officer => self.officer,
            Cut::Unit => self.unit,
            Cut::CallType => self.call_type,
            Cut::Month => of_time(&|t| {
                u32::from(t.year().unsigned_abs()) * 12 + u32::from(t.month().unsigned_abs()) - 1
            }),
            Cut::Week => of_time(&|t| {
                days_since_1970(t.date().checked_sub(Span::new().days(monday_offset(t.date()))).unwrap())
            }),
            Cut::Weekday => of_time(&|t| monday_offset(t.date()) as u32),
            Cut::Hour => of_time(&|t| u32::from(t.hour().unsigned_abs())),
        };
        (cut, value)
    }
}

fn facts(seeds: &[Seed]) -> Vec<Fact> {
    seeds.iter().map(Seed::fact).collect()
}

fn groups(seeds: &[Seed]) -> BTreeMap<GroupKey, Vec<&Seed>> {
    let mut groups: BTreeMap<GroupKey, Vec<&Seed>> = BTreeMap::new();
    for seed in seeds {
        for cut in CUTS {
            groups.entry(seed.group(cut)).or_default().push(seed);
        }
    }
    groups
}

fn shares_of(shares: &Shares) -> [Share; 5] {
    [shares.recorded, shares.excused, shares.partial, shares.missing, shares.undecided]
}

/// Everything but the intervals, one obligation at a time.
fn agree_with_a_recount(shares: &Shares, seeds: &[&Seed]) -> Result<(), TestCaseError> {
    let of = |words: &[&str]| {
        let has_word = |s: &&&Seed| words.contains(&Outcome::WORDS[s.outcome as usize]);
        seeds.iter().filter(has_word).count() as u64
    };
    prop_assert_eq!(shares.obligations, seeds.len() as u64);
    prop_assert_eq!(shares.not_required, of(&["not_required"]));
    prop_assert_eq!(shares.no_camera, of(&["no_camera"]));
    let decided = ["recorded", "excused", "partial", "missing"];
    prop_assert_eq!(shares.decided, of(&decided));
    let undecided = ["unverifiable", "awaiting_upload"];
    let expected = decided.map(|word| (of(&[word]), of(&decided)));
    let expected = [&expected[..], &[(of(&undecided), of(&decided) + of(&undecided))]].concat();
    for (share, (count, whole)) in shares_of(shares).iter().zip(expected) {
        prop_assert_eq!(share.count, count);
        prop_assert_eq!(share.share, (whole > 0).then(|| count as f64 / whole as f64));
    }
    Ok(())
}

/// An officer's own share of each of the five words, where the officer has a share in them at all.
fn own_shares(seeds: &[&Seed]) -> [Vec<f64>; 5] {
    let mut by_officer: BTreeMap<u32, Counts> = BTreeMap::new();
    for seed in seeds {
        by_officer.entry(seed.officer).or_default().0[seed.outcome as usize] += 1;
    }
    let mut shares: [Vec<f64>; 5] = Default::default();
    for Counts([recorded, excused, _, _, awaiting, unverifiable, partial, missing]) in
        by_officer.into_values()
    {
        let decided = recorded + excused + partial + missing;
        let undecided = awaiting + unverifiable;
        for (own, (n, of)) in shares.iter_mut().zip([
            (recorded, decided),
            (excused, decided),
            (partial, decided),
            (missing, decided),
            (undecided, decided + undecided),
        ]) {
            own.extend((of > 0).then(|| f64::from(n) / f64::from(of)));
        }
    }
    shares
}

/// Intervals stand where there are officers enough, in order, and never beyond what single officers do.
fn intervals_are_sound(group: &GroupShares, shares: &Shares, seeds: &[&Seed]) -> Result<(), TestCaseError> {
    for (share, own) in shares_of(shares).into_iter().zip(own_shares(seeds)) {
        prop_assert_eq!(share.low.is_some(), share.high.is_some());
        prop_assert!(share.share.is_none_or(|s| (0.0..=1.0).contains(&s)));
        let Some((low, high)) = share.low.zip(share.high) else { continue };
        prop_assert!(share.share.is_some() && group.officers >= FEWEST_OFFICERS);
        prop_assert!(low <= high);
        let least = own.iter().copied().fold(1.0, f64::min);
        let most = own.iter().copied().fold(0.0, f64::max);
        prop_assert!(least - 1e-12 <= low && high <= most + 1e-12, "{low}..{high} of {own:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_group_agrees_with_a_recount(seeds in seeds()) {
        let expected = groups(&seeds);
        let says = shares_by_group(&facts(&seeds));
        let keys: Vec<_> = says.iter().map(|g| g.key).collect();
        prop_assert_eq!(keys, expected.keys().copied().collect::<Vec<_>>());
        for (group, seeds) in says.iter().zip(expected.values()) {
            let officers: BTreeSet<u32> = seeds.iter().map(|s| s.officer).collect();
            prop_assert_eq!(group.officers, officers.len());
            agree_with_a_recount(&group.all, seeds)?;
            intervals_are_sound(group, &group.all, seeds)?;
            let without_grace: Vec<&Seed> = seeds.iter().copied().filter(|s| !s.in_grace).collect();
            agree_with_a_recount(&group.without_grace, &without_grace)?;
            intervals_are_sound(group, &group.without_grace, &without_grace)?;
        }
    }

    #[test]
    fn the_groups_of_every_cut_add_up_to_the_whole(seeds in seeds()) {
        let says = shares_by_group(&facts(&seeds));
        let counts = |shares: &Shares| {
            let parts = shares_of(shares).map(|s| s.count);
            [&[shares.obligations, shares.not_required, shares.no_camera, shares.decided][..], &parts].concat()
        };
        for cut in CUTS {
            let sum = says.iter().filter(|g| g.key.0 == cut).fold([[0; 9]; 2], |mut sum, group| {
                for (sum, shares) in sum.iter_mut().zip([&group.all, &group.without_grace]) {
                    sum.iter_mut().zip(counts(shares)).for_each(|(s, n)| *s += n);
                }
                sum
            });
            prop_assert_eq!(sum[0][0], seeds.len() as u64);
            prop_assert_eq!(sum[1][0], seeds.iter().filter(|s| !s.in_grace).count() as u64);
            let whole = says.first().map(|g| [counts(&g.all), counts(&g.without_grace)]);
            prop_assert!(whole.is_none_or(|w| w == sum), "{:?}", cut);
        }
    }

    #[test]
    fn neither_the_order_of_obligations_nor_the_number_of_threads_matters(seeds in seeds(), by in 0..120usize) {
        let mut other = facts(&seeds);
        other.reverse();
        other.rotate_left(by % seeds.len().max(1));
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        prop_assert_eq!(shares_by_group(&facts(&seeds)), alone.install(|| shares_by_group(&other)));
    }

    #[test]
    fn where_all_officers_do_the_same_there_is_no_doubt(
        outcomes in prop::collection::vec(0..8u8, 1..20),
        officers in FEWEST_OFFICERS as u32..12,
    ) {
        let of_one = |officer: u32| {
            outcomes.iter().map(move |outcome| Seed {
                officer, district: 0, unit: 0, call_type: 0, second: None, outcome: *outcome, in_grace: false,
            })
        };
        let seeds: Vec<Seed> = (0..officers).flat_map(of_one).collect();
        let says = shares_by_group(&facts(&seeds));
        for share in shares_of(&says[0].all) {
            prop_assert_eq!((share.low, share.high), (share.share, share.share));
        }
    }
}

#[test]
fn fewer_officers_than_it_takes_get_no_interval() {
    let facts_of = |officers: usize| {
        let one = |officer| Seed {
            officer,
            district: 0,
            unit: 0,
            call_type: 0,
            second: None,
            outcome: 0,
            in_grace: false,
        };
        facts(&(0..officers as u32).map(one).collect::<Vec<_>>())
    };
    assert_eq!(shares_by_group(&facts_of(FEWEST_OFFICERS - 1))[0].all.recorded.low, None);
    assert_eq!(shares_by_group(&facts_of(FEWEST_OFFICERS))[0].all.recorded.low, Some(1.0));
}

// -------------------------------------------------------------------------------------------------- calls

/// One officer's part of a call: standing, window, what of the window is on record.
type Part = (Standing, (i64, i64), Vec<(i64, i64)>);

fn part() -> impl Strategy<Value = Part> {
    let standing = prop_oneof![
        3 => Just(Standing::OnRecord),
        2 => Just(Standing::OffRecord),
        1 => Just(Standing::NotAsked),
        1 => prop::bool::weighted(0.3).prop_map(|u| if u { Standing::Undecided } else { Standing::NotAsked }),
    ];
    let pieces = prop::collection::vec((0..60i64, 0..20i64), 0..4);
    (standing, 0..60i64, 1..40i64, pieces).prop_map(|(standing, from, length, pieces)| {
        let window = (from, from + length);
        let clip = |(from, length): (i64, i64)| (from.max(window.0), (from + length).min(window.1));
        let on_record = pieces.into_iter().map(clip).filter(|(from, to)| from < to);
        // Only who is on record has something on record.
        let pieces = if standing == Standing::OnRecord { on_record.collect() } else { vec![] };
        (standing, window, pieces)
    })
}

/// The call, one second at a time.
fn recount(parts: &[Part]) -> CallCounts {
    let asked: Vec<&Part> = parts.iter().filter(|(standing, ..)| *standing != Standing::NotAsked).collect();
    let number_of = |which: Standing| asked.iter().filter(|(standing, ..)| *standing == which).count();
    let mut counts = CallCounts { calls: 1, ..CallCounts::default() };
    if number_of(Standing::Undecided) > 0 {
        counts.undecided = 1;
        return counts;
    }
    match (number_of(Standing::OnRecord), number_of(Standing::OffRecord)) {
        (0, 0) => counts.nobody_required = 1,
        (_, 0) => counts.all_on_record = 1,
        (0, _) => counts.none_on_record = 1,
        (..) => counts.some_on_record = 1,
    }
    let inside = |t: i64, (from, to): &(i64, i64)| *from <= t && t < *to;
    let required = (0..100).filter(|t| asked.iter().any(|(_, window, _)| inside(*t, window)));
    let recorded = |t: &i64| asked.iter().any(|(.., pieces)| pieces.iter().any(|piece| inside(*t, piece)));
    counts.required = required.clone().count() as i64 * SECOND;
    counts.nobody_recorded = required.filter(|t| !recorded(t)).count() as i64 * SECOND;
    counts
}

fn interval((from, to): (i64, i64)) -> Interval {
    Interval::new(Moment(from * SECOND), Moment(to * SECOND))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_call_agrees_with_a_recount(calls in prop::collection::vec(prop::collection::vec(part(), 0..6), 0..6)) {
        let mut gathered = CallParts::default();
        let (mut says, mut expected) = (CallCounts::default(), CallCounts::default());
        for parts in &calls {
            for (standing, window, pieces) in parts {
                gathered.add(*standing, interval(*window), pieces.iter().copied().map(interval));
            }
            let one = gathered.count();
            prop_assert_eq!(one, recount(parts));
            says += one;
            expected += recount(parts);
        }
        prop_assert_eq!(says, expected);
        let by_standing = says.all_on_record + says.some_on_record + says.none_on_record;
        prop_assert_eq!(says.calls, calls.len() as u64);
        prop_assert_eq!(says.calls, by_standing + says.undecided + says.nobody_required);
        prop_assert!((0..=says.required).contains(&says.nobody_recorded));
    }

    #[test]
    fn the_order_of_officers_does_not_matter(mut parts in prop::collection::vec(part(), 0..6)) {
        let count = |parts: &[Part]| {
            let mut gathered = CallParts::default();
            for (standing, window, pieces) in parts {
                gathered.add(*standing, interval(*window), pieces.iter().copied().map(interval));
            }
            gathered.count()
        };
        let forwards = count(&parts);
        parts.reverse();
        prop_assert_eq!(forwards, count(&parts));
    }
}

#[test]
fn a_call_waits_for_the_recordings_of_those_who_were_asked() {
    let excused = Outcome::Excused { approval_pending: false };
    for (outcome, covered, standing) in [
        (Outcome::Recorded, 1, Standing::OnRecord),
        (Outcome::Recorded, 0, Standing::OffRecord),
        (Outcome::Partial, 1, Standing::OnRecord),
        (Outcome::Partial, 0, Standing::OffRecord),
        (Outcome::Missing, 0, Standing::OffRecord),
        (excused, 1, Standing::OnRecord),
        (excused, 0, Standing::NotAsked),
        (Outcome::NotRequired(WhyNotRequired::NoArrival), 0, Standing::NotAsked),
        (Outcome::NoCamera, 0, Standing::NotAsked),
        (Outcome::AwaitingUpload, 1, Standing::Undecided),
        (Outcome::Unverifiable(WhyUnverifiable::RejectedEvidence), 1, Standing::Undecided),
    ] {
        assert_eq!(Standing::of(outcome, covered), standing, "{outcome:?} with {covered}");
    }
}
