//! The four principles of the audit, and the engine against a second reading of the contract, on small random
//! departments.
//!
//! Officers, cameras and times are few, so that rows meet in every way that they can. `PROPTEST_CASES` sets the
//! number of departments for each property; without it there are some fifty thousand in all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // helpers of tests, too

mod reference;

use std::collections::{BTreeMap, BTreeSet};

use onrecord_audit::{DeviceEvent, NoticeMark, NoticeStatus, Outcome, WhyUnverifiable};
use onrecord_policy::{CallTime, HOUR, Moment, SECOND};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use reference::{Answer, Assigned, Called, Clock, Excepted, Recorded, Reported, Rules, Spoilt, Time, World};

// -------------------------------------------------------------------------------------------- random departments

/// 2017-11-01T00:00:00Z.
const ORIGIN: Moment = Moment(1_509_494_400 * SECOND);
const CALLS: [&str; 2] = ["A-1", "A-2"];
const STARTS: [DeviceEvent; 3] = [DeviceEvent::BatteryDepleted, DeviceEvent::StorageFull, DeviceEvent::Fault];
const ENDS: [DeviceEvent; 5] = [
    DeviceEvent::PowerOn,
    DeviceEvent::PowerOff,
    DeviceEvent::Docked,
    DeviceEvent::FaultCleared,
    DeviceEvent::Uploaded,
];

/// How many departments a property sees.
fn cases(by_default: u32) -> ProptestConfig {
    let cases =
        if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { by_default };
    ProptestConfig { cases, failure_persistence: None, ..Config::default() }
}

fn maybe<T: Clone + std::fmt::Debug>(
    chance: f64,
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(chance, value)
}

fn chance(of: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(of)
}

prop_compose! {
    fn recording(officers: u32, cameras: u32)(
        officer in 0..officers,
        camera in maybe(0.8, 0..cameras),
        started in 0..90i64,
        buffer in prop_oneof![2 => Just(0), 1 => 0..4i64],
        length in prop_oneof![1 => Just(0), 4 => 0..8i64, 6 => 4..30i64],
        running in chance(0.06),
        notice in select(&[NoticeMark::Unreviewed, NoticeMark::Given, NoticeMark::Given, NoticeMark::None][..]),
        notice_at in maybe(0.7, -5..15i64),
    ) -> Recorded {
        let activated = started + buffer;
        Recorded {
            officer,
            camera,
            started,
            activated,
            stopped: (!running).then_some(activated + length),
            notice,
            notice_at: notice_at.map(|after| activated + after),
        }
    }
}

prop_compose! {
    fn assignment(officers: u32, cameras: u32)(
        officer in 0..officers,
        camera in maybe(0.85, 0..cameras),
        from in prop_oneof![Just(0), 0..60i64],
        length in maybe(0.5, 1..60i64),
    ) -> Assigned {
        Assigned { officer, camera, from, to: length.map(|length| from + length) }
    }
}

prop_compose! {
    fn exception(officers: u32)(
        officer in 0..officers,
        call in maybe(0.5, select(&CALLS[..])),
        from in 0..80i64,
        length in 1..30i64,
        rule in 0..3usize,
        approved in any::<bool>(),
    ) -> Excepted {
        Excepted { officer, call, from, to: from + length, rule, approved }
    }
}

/// Times of events lie close together, so that some are the same.
fn event(cameras: u32, kinds: &'static [DeviceEvent]) -> impl Strategy<Value = Reported> {
    (0..cameras, prop_oneof![(0..24i64).prop_map(|at| at * 4), 0..96i64], select(kinds))
        .prop_map(|(camera, at, event)| Reported { camera, at, event })
}

fn spoilt(officers: u32, cameras: u32) -> impl Strategy<Value = Spoilt> {
    let span = (0..110i64, maybe(0.7, 0..12i64)).prop_map(|(from, length)| (from, length.map(|l| from + l)));
    // One camera more than there are: it may be nobody's.
    (maybe(0.5, 0..officers), maybe(0.6, 0..=cameras), maybe(0.7, span))
        .prop_map(|(officer, camera, span)| Spoilt { officer, camera, span })
}

/// Six times, mostly in order and present.
fn times() -> impl Strategy<Value = [Time; 6]> {
    let steps = [0..10i64, 0..6, 0..6, 0..6, 0..40, 0..5];
    let what = prop_oneof![
        40 => Just(None),
        6 => Just(Some(Time::Absent)),
        1 => Just(Some(Time::Unreadable)),
        1 => Just(Some(Time::Ambiguous)),
        2 => (0..96i64).prop_map(|at| Some(Time::At(at))),
    ];
    (10..50i64, steps, prop::array::uniform6(what)).prop_map(|(mut at, steps, what)| {
        let mut times = [Time::Absent; 6];
        for (place, time) in times.iter_mut().enumerate() {
            at += steps[place];
            *time = what[place].unwrap_or(Time::At(at));
        }
        times
    })
}

fn call(officers: u32) -> impl Strategy<Value = Called> {
    // One officer more than have rows.
    (0..=officers, select(&CALLS[..]), times(), chance(0.03))
        .prop_map(|(officer, call, times, exempt_type)| Called { officer, call, times, exempt_type })
}

/// Some of `times`, at least one, in any order.
fn order_of(times: &'static [CallTime]) -> impl Strategy<Value = Vec<CallTime>> {
    prop::sample::subsequence(times, 1..=times.len()).prop_shuffle()
}

prop_compose! {
    fn rules()(
        (effective_from, outage_limit, longest_recording) in (maybe(0.1, 0..50i64), 0..20i64, 0..40i64),
        begins in order_of(&[CallTime::OnScene, CallTime::EnRoute, CallTime::Dispatched, CallTime::Received]),
        ends in order_of(&[CallTime::LeftScene, CallTime::Cleared]),
        requires_arrival in any::<bool>(),
        tolerances in prop_oneof![3 => prop::array::uniform4(0..7i64), 1 => Just([0; 4])],
        minimum_duration in prop_oneof![2 => Just(0), 1 => 0..8i64],
        (notice_required, notice_within) in (chance(0.8), 0..5i64),
        grace_days in 0..4u32,
        codes in prop::collection::vec(any::<(bool, bool)>(), 3),
    ) -> Rules {
        let [start_tolerance, end_tolerance, gap_tolerance, total] = tolerances;
        Rules {
            effective_from,
            outage_limit,
            longest_recording,
            begins,
            ends,
            requires_arrival,
            start_tolerance,
            end_tolerance,
            gap_tolerance,
            tolerance_total: total * 2,
            minimum_duration,
            notice_required,
            notice_within,
            grace_days,
            codes,
        }
    }
}

fn few<T: std::fmt::Debug>(one: impl Strategy<Value = T>, most: usize) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, 0..=most)
}

/// Now and then one or two, mostly none.
fn rarely<T: Clone + std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(one, 1..=2)]
}

fn world() -> impl Strategy<Value = World> {
    (2..=4u32, 1..=4u32).prop_flat_map(|(officers, cameras)| world_of(officers, cameras))
}

prop_compose! {
    fn world_of(officers: u32, cameras: u32)(
        tick in select(&[1, SECOND, HOUR, 3 * HOUR, 3 * HOUR][..]),
        rules in rules(),
        recordings in few(recording(officers, cameras), 8),
        assignments in maybe(0.6, few(assignment(officers, cameras), 6)),
        exceptions in few(exception(officers), 4),
        outages in few(event(cameras, &STARTS), 4),
        others in prop_oneof![3 => few(event(cameras, &ENDS[..4]), 4).boxed(), 2 => few(event(cameras, &ENDS), 8).boxed()],
        events_rejected in chance(0.05),
        trained in prop::collection::btree_map(0..officers, 0..70i64, 0..=2),
        spoilt in rarely(spoilt(officers, cameras)),
        rejected_pairs in rarely((0..officers, 0..=cameras)),
        window in prop_oneof![
            4 => Just((Some(0), Some(120))),
            1 => Just((None, None)),
            1 => (maybe(0.5, 0..30i64), maybe(0.5, 60..120i64)),
        ],
        calls in prop::collection::vec(call(officers), 1..=4),
        shuffle in any::<u64>(),
    ) -> World {
        let mut events = [outages, others].concat();
        if !events.is_empty() {
            let by = shuffle as usize % events.len();
            events.rotate_left(by);
        }
        World {
            clock: Clock { origin: ORIGIN, tick },
            rules,
            recordings,
            assignments,
            exceptions,
            events,
            events_rejected,
            trained,
            spoilt,
            rejected_pairs,
            window,
            calls,
        }
    }
}

/// Whether `after` accuses more gravely than `before`: of a lapse where there was none, or of all instead of a part.
fn accuses_more(before: &Answer, after: &Answer) -> bool {
    is_accusation(after) && after.outcome.gravity() > before.outcome.gravity()
}

fn is_accusation(answer: &Answer) -> bool {
    matches!(answer.outcome, Outcome::Partial | Outcome::Missing)
}

fn nobody_is_accused_more(before: &World, after: &World) -> Result<(), TestCaseError> {
    for ((call, was), is) in before.calls.iter().zip(before.decided()).zip(after.decided()) {
        prop_assert!(!accuses_more(&was, &is), "{call:?}\nwas {was:?}\nis  {is:?}");
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------- the contract itself

proptest! {
    #![proptest_config(cases(12_000))]

    #[test]
    fn the_engine_says_what_the_contract_says(world in world()) {
        for (call, says) in world.calls.iter().zip(world.decided()) {
            let contract = world.reference(call);
            prop_assert_eq!(says, contract, "of {:?}", call);
        }
    }
}

/// The properties mean little if the departments are all alike.
#[test]
fn the_departments_meet_every_outcome_reason_defect_and_status() {
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..3000 {
        let world = world().new_tree(&mut runner).unwrap().current();
        for answer in world.decided() {
            let outcome = answer.outcome;
            *met.entry(format!("{} {}", outcome.word(), outcome.reason())).or_default() += 1;
            if let Some(measured) = &answer.measured {
                *met.entry(measured.notice.word().to_owned()).or_default() += 1;
                for (kind, _, _) in &measured.defects {
                    *met.entry(kind.word().to_owned()).or_default() += 1;
                }
                if measured.in_grace {
                    *met.entry("in_grace".to_owned()).or_default() += 1;
                }
            }
        }
    }
    println!("{met:#?}");
    // 9 undecided, 5 not required, 2 excused, 5 other outcomes; 7 statuses; 4 kinds; grace.
    assert_eq!(met.len(), 9 + 5 + 2 + 5 + 7 + 4 + 1, "{met:#?}");
    assert!(met.values().all(|n| *n >= 10), "{met:#?}");
}

// --------------------------------------------------------------------------------- 1. no false accusation

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn who_has_neither_recording_nor_known_camera_is_not_accused(mut world in world(), officer in 0..4u32) {
        world.assignments = None;
        world.recordings.retain(|r| r.officer != officer);
        for (call, says) in world.calls.iter().zip(world.decided()) {
            prop_assert!(call.officer != officer || !is_accusation(&says), "{:?}: {:?}", call, says);
        }
    }

    #[test]
    fn who_has_no_recording_is_missing_only_where_a_camera_was_assigned_at_begin(world in world()) {
        for (call, says) in world.calls.iter().zip(world.decided()) {
            let own = world.recordings.iter().any(|r| r.officer == call.officer);
            if let Some((begin, _)) = says.during.filter(|_| !own && is_accusation(&says)) {
                let assigned = world.assignments.iter().flatten().any(|a| {
                    a.officer == call.officer && a.from <= begin && a.to.is_none_or(|to| begin < to)
                });
                prop_assert!(assigned, "{:?}: {:?}", call, says);
            }
        }
    }

    #[test]
    fn a_shorter_window_accuses_nobody(world in world(), from in 0..60i64, to in 40..120i64) {
        let mut shorter = world.clone();
        shorter.window = match world.recordings_window() {
            Some((first, last)) => (Some(from.max(first)), Some(to.min(last))),
            None => (None, None),
        };
        nobody_is_accused_more(&world, &shorter)?;
        for (call, says) in shorter.calls.iter().zip(shorter.decided()) {
            if let (true, Some((begin, end))) = (is_accusation(&says), says.during) {
                let (from, to) = shorter.window;
                prop_assert!(from <= Some(begin) && Some(end) <= to, "{:?}: {:?}", call, says);
            }
        }
    }

    #[test]
    fn while_nothing_is_known_to_be_uploaded_nobody_is_accused(mut world in world()) {
        world.events.retain(|e| e.event != DeviceEvent::Uploaded);
        world.events_rejected = true;
        for says in world.decided() {
            prop_assert!(!is_accusation(&says), "{:?}", says);
        }
    }

    #[test]
    fn an_upload_that_is_not_known_accuses_nobody(
        mut world in world(),
        uploads in prop::collection::vec(event(4, &ENDS[4..]), 2..6),
        which in any::<prop::sample::Index>(),
    ) {
        let without = which.index(uploads.len());
        let mut fewer = world.clone();
        fewer.events.extend(uploads.iter().enumerate().filter(|(place, _)| *place != without).map(|(_, e)| e.clone()));
        world.events.extend(uploads);
        nobody_is_accused_more(&world, &fewer)?;
    }

    #[test]
    fn a_row_that_could_be_anybodys_at_any_time_leaves_nobody_accused(mut world in world(), camera in maybe(0.5, Just(99))) {
        world.spoilt.push(Spoilt { officer: None, camera, span: None });
        for says in world.decided() {
            prop_assert!(!is_accusation(&says), "{:?}", says);
            let notice = says.measured.map(|m| m.notice);
            prop_assert!(!matches!(notice, Some(NoticeStatus::Late | NoticeStatus::NotGiven)), "{:?}", notice);
        }
    }

    #[test]
    fn a_time_that_the_policy_needs_and_nobody_can_read_accuses_nobody(
        mut world in world(),
        which in 0..6usize,
        time in select(&[Time::Unreadable, Time::Ambiguous][..]),
    ) {
        world.calls.iter_mut().for_each(|call| call.times[which] = time);
        let needed = [&world.rules.begins[..], &world.rules.ends[..], &[CallTime::OnScene]].concat();
        for says in world.decided() {
            let why = matches!(
                says.outcome,
                Outcome::Unverifiable(WhyUnverifiable::UnreadableTime | WhyUnverifiable::AmbiguousTime)
            );
            prop_assert!(why || !needed.contains(&CallTime::ALL[which]), "{:?}", says);
        }
    }

    #[test]
    fn a_rejected_row_more_accuses_nobody(world in world(), row in spoilt(4, 3)) {
        let mut more = world.clone();
        more.spoilt.push(row);
        nobody_is_accused_more(&world, &more)?;
    }
}

// ------------------------------------------------------------------------------- 3. an excuse never hurts

fn excusing_never_hurts(before: &World, after: &World) -> Result<(), TestCaseError> {
    for ((call, was), is) in before.calls.iter().zip(before.decided()).zip(after.decided()) {
        prop_assert!(is.outcome.gravity() <= was.outcome.gravity(), "{call:?}\nwas {was:?}\nis  {is:?}");
        let (was, is) = (was.measured, is.measured);
        prop_assert_eq!(was.is_some(), is.is_some());
        for (was, is) in was.iter().zip(&is) {
            prop_assert!(is.uncovered <= was.uncovered, "{call:?}\nwas {was:?}\nis  {is:?}");
            for (kind, from, to) in &is.defects {
                let within = |(k, f, t): &(_, i64, i64)| k == kind && f <= from && to <= t;
                prop_assert!(was.defects.iter().any(within), "{call:?}\nwas {was:?}\nis  {is:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn an_exception_more_never_hurts(world in world(), one in exception(4), at in any::<prop::sample::Index>()) {
        let mut more = world.clone();
        more.exceptions.insert(at.index(world.exceptions.len() + 1), one);
        excusing_never_hurts(&world, &more)?;
    }

    #[test]
    fn an_outage_more_never_hurts(world in world(), one in event(4, &STARTS), at in any::<prop::sample::Index>()) {
        let mut more = world.clone();
        more.events.insert(at.index(world.events.len() + 1), one);
        excusing_never_hurts(&world, &more)?;
    }

    #[test]
    fn an_approval_never_hurts(mut world in world(), mut one in exception(4)) {
        let mut approved = world.clone();
        one.approved = false;
        world.exceptions.push(one.clone());
        one.approved = true;
        approved.exceptions.push(one);
        excusing_never_hurts(&world, &approved)?;
        for (was, is) in world.decided().iter().zip(approved.decided()) {
            let settled = was.outcome == Outcome::Excused { approval_pending: false };
            prop_assert!(!settled || is.outcome == was.outcome, "was {:?}\nis  {:?}", was, is);
        }
    }
}

// ------------------------------------------------------------------------------- 4. damage never accuses

/// What stays of a row whose times or codes are spoilt: its times, or nothing that can be relied on.
fn damaged(
    officer: Option<u32>,
    camera: Option<u32>,
    span: Option<(i64, Option<i64>)>,
    times_stay: bool,
) -> Spoilt {
    Spoilt { officer, camera, span: span.filter(|_| times_stay) }
}

fn damage_recording(world: &mut World, which: usize, times_stay: bool) {
    let row = world.recordings.remove(which);
    world.spoilt.push(damaged(Some(row.officer), row.camera, Some((row.started, row.stopped)), times_stay));
    world.rejected_pairs.extend(row.camera.map(|camera| (row.officer, camera)));
}

fn damage_exception(world: &mut World, which: usize, times_stay: bool) {
    let row = world.exceptions.remove(which);
    world.spoilt.push(damaged(Some(row.officer), None, Some((row.from, Some(row.to))), times_stay));
}

fn damage_event(world: &mut World, which: usize, times_stay: bool) {
    let row = world.events.remove(which);
    world.spoilt.push(damaged(None, Some(row.camera), Some((row.at, Some(row.at))), times_stay));
    world.events_rejected = true;
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_damaged_recording_accuses_nobody(world in world(), times_stay: bool) {
        for which in 0..world.recordings.len() {
            let mut after = world.clone();
            damage_recording(&mut after, which, times_stay);
            nobody_is_accused_more(&world, &after)?;
        }
    }

    #[test]
    fn a_damaged_exception_accuses_nobody(world in world(), times_stay: bool) {
        for which in 0..world.exceptions.len() {
            let mut after = world.clone();
            damage_exception(&mut after, which, times_stay);
            nobody_is_accused_more(&world, &after)?;
        }
    }

    #[test]
    fn a_damaged_device_event_accuses_nobody(world in world(), times_stay: bool) {
        for which in 0..world.events.len() {
            let mut after = world.clone();
            damage_event(&mut after, which, times_stay);
            nobody_is_accused_more(&world, &after)?;
        }
    }

    #[test]
    fn a_recording_that_lost_one_of_its_times_accuses_nobody(world in world(), loses_stop: bool) {
        for which in 0..world.recordings.len() {
            let mut after = world.clone();
            let row = &mut after.recordings[which];
            after.spoilt.push(damaged(Some(row.officer), row.camera, None, false));
            // The value counts as absent: it is running, or was activated at once.
            if loses_stop { row.stopped = None } else { row.activated = row.started }
            nobody_is_accused_more(&world, &after)?;
        }
    }

    #[test]
    fn damage_upon_damage_accuses_nobody(world in world(), blows in prop::collection::vec(any::<(u8, prop::sample::Index)>(), 2..6)) {
        let mut after = world.clone();
        for (what, which) in blows {
            match what % 3 {
                0 if !after.recordings.is_empty() => {
                    let which = which.index(after.recordings.len());
                    damage_recording(&mut after, which, false);
                }
                1 if !after.exceptions.is_empty() => {
                    let which = which.index(after.exceptions.len());
                    damage_exception(&mut after, which, false);
                }
                2 if !after.events.is_empty() => {
                    let which = which.index(after.events.len());
                    damage_event(&mut after, which, false);
                }
                _ => {}
            }
        }
        nobody_is_accused_more(&world, &after)?;
    }
}

// ------------------------------------------------------------------------------------ what must not matter

/// The places `0..n` in some order.
fn some_order(n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = seed | 1;
    for at in (1..n).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (state >> 33) as usize % (at + 1));
    }
    order
}

fn in_order<T: Clone>(rows: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|at| rows[*at].clone()).collect()
}

/// Another order, but events of one camera and one instant, whose order tells which came first, keep theirs.
fn reorder_events(events: &[Reported], seed: u64) -> Vec<Reported> {
    let order = some_order(events.len(), seed);
    let mut of_one_instant: BTreeMap<(u32, i64), Vec<usize>> = BTreeMap::new();
    for (place, e) in events.iter().enumerate().rev() {
        of_one_instant.entry((e.camera, e.at)).or_default().push(place);
    }
    let next = |place: &usize| {
        let e = &events[*place];
        of_one_instant.get_mut(&(e.camera, e.at)).unwrap().pop().unwrap()
    };
    in_order(events, &order.iter().map(next).collect::<Vec<_>>())
}

/// The citations of an answer are in the order of the exceptions' file, which a reordering changes.
fn with_sorted_citations(mut answer: Answer) -> Answer {
    answer.measured.iter_mut().for_each(|m| m.cited.sort_unstable());
    answer
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn the_order_of_rows_does_not_matter(world in world(), seed: u64) {
        let mut other = world.clone();
        let order = some_order(world.recordings.len(), seed);
        other.recordings = in_order(&world.recordings, &order);
        other.events = reorder_events(&world.events, seed);
        other.exceptions = in_order(&world.exceptions, &some_order(world.exceptions.len(), seed));
        other.spoilt = in_order(&world.spoilt, &some_order(world.spoilt.len(), seed));
        other.rejected_pairs = in_order(&world.rejected_pairs, &some_order(world.rejected_pairs.len(), seed));
        other.assignments = world.assignments.as_ref().map(|rows| in_order(rows, &some_order(rows.len(), seed)));
        for (was, mut is) in world.decided().into_iter().zip(other.decided()) {
            if let Some(measured) = &mut is.measured {
                measured.recordings = measured.recordings.iter().map(|place| order[*place]).collect();
                measured.recordings.sort_unstable();
            }
            prop_assert_eq!(with_sorted_citations(was), with_sorted_citations(is));
        }
    }

    #[test]
    fn the_same_events_at_another_time_are_decided_alike(world in world(), later in -400_000_000..800_000_000i64) {
        let mut shifted = world.clone();
        shifted.clock.origin = ORIGIN + (later * SECOND + later);
        prop_assert_eq!(world.decided(), shifted.decided());
    }

    #[test]
    fn deciding_again_or_in_another_order_changes_nothing(world in world()) {
        let mut engine = world.engine();
        let mut backwards: Vec<Answer> = world.calls.iter().rev().map(|call| engine.decide(call)).collect();
        backwards.reverse();
        let again: Vec<Answer> = world.calls.iter().map(|call| engine.decide(call)).collect();
        prop_assert_eq!(&backwards, &again);
        let alone = world.calls.iter().map(|call| world.engine().decide(call));
        prop_assert_eq!(alone.collect::<Vec<_>>(), again);
    }

    #[test]
    fn rows_of_others_who_share_no_camera_do_not_matter(world in world(), more in few(recording(2, 2), 3)) {
        let (officers, cameras): (BTreeSet<u32>, BTreeSet<u32>) = ((0..=4).collect(), (0..=4).collect());
        let mut larger = world.clone();
        let stopped = |r: &Recorded| r.stopped.is_some();
        larger.window = (world.window.0.or(Some(0)), world.window.1.or(Some(120)));
        let smaller = larger.clone();
        larger.recordings.extend(more.into_iter().filter(stopped).map(|r| Recorded {
            officer: r.officer + 1 + officers.last().unwrap(),
            camera: r.camera.map(|c| c + 1 + cameras.last().unwrap()),
            ..r
        }));
        prop_assert_eq!(smaller.decided(), larger.decided());
    }
}
