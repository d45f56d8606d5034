//! Lapses: the officer could have recorded and did not, or not all.

use crate::behaviour::{Account, Behaviour, Scene, Verdict, usual_start, usual_stop};
use crate::chance::Chance;
use crate::clock::Second;
use crate::rules::{END_TOLERANCE, GAP_TOLERANCE, MARGIN, START_TOLERANCE};
use crate::truth::DefectKind;

/// Long enough to be a late activation.
const LATE: i64 = START_TOLERANCE + MARGIN;
/// Long enough to be an early stop.
const EARLY: i64 = END_TOLERANCE + MARGIN;
/// Long enough to be a gap.
const GAP: i64 = GAP_TOLERANCE + MARGIN;
/// The longest lapse that is not the whole assignment.
const LONGEST: i64 = 900;
/// At least this much is recorded beside a lapse.
const RECORDED: i64 = 120;
/// Shorter assignments have no room for several lapses.
const ROOM_FOR_SEVERAL: i64 = 600;

/// Recorded from about the arrival to about the end, now and then with a short break.
pub(crate) fn recorded_normally(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let (start, stop) = (usual_start(scene, chance), usual_stop(scene, chance));
    if chance.happens(0.02) && !scene.over_the_change {
        let from = scene.begin + scene.length() / 2;
        let to = from + chance.between(2, GAP_TOLERANCE - MARGIN);
        account.behaviour = Behaviour::RecordedWithBlink;
        account.record(start, from);
        account.record(to, stop);
    } else {
        account.behaviour = Behaviour::RecordedNormally;
        account.record(start, stop);
    }
    account.verdict = Verdict::Recorded;
}

/// How late the officer of a late activation is, and how early one stops.
pub(crate) fn length_of_lapse(scene: &Scene, least: i64, chance: &mut Chance) -> i64 {
    let most = if scene.over_the_change { 300 } else { LONGEST };
    chance.between(least, most.min(scene.length() - RECORDED))
}

pub(crate) fn late_activation(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let start = scene.begin + length_of_lapse(scene, LATE, chance);
    account.behaviour = Behaviour::LateActivation;
    account.verdict = Verdict::Partial;
    account.record(start, usual_stop(scene, chance));
    account.lapse(DefectKind::LateActivation, scene.begin, start);
}

pub(crate) fn early_stop(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let stop = scene.end - length_of_lapse(scene, EARLY, chance);
    account.behaviour = Behaviour::EarlyStop;
    account.verdict = Verdict::Partial;
    account.record(usual_start(scene, chance), stop);
    account.lapse(DefectKind::EarlyStop, stop, scene.end);
}

/// Where a gap begins and ends, with recordings before and after it.
pub(crate) fn place_of_gap(scene: &Scene, chance: &mut Chance) -> (Second, Second) {
    let length = chance.between(GAP, 600.min(scene.length() - 2 * RECORDED + MARGIN));
    let from = scene.begin + chance.between(80, scene.length() - length - 80);
    (from, from + length)
}

pub(crate) fn gap(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let (from, to) = place_of_gap(scene, chance);
    account.behaviour = Behaviour::Gap;
    account.verdict = Verdict::Partial;
    account.record(usual_start(scene, chance), from);
    account.record(to, usual_stop(scene, chance));
    account.lapse(DefectKind::Gap, from, to);
}

/// Two or three long lapses, at least one of them at an end.
pub(crate) fn several_lapses(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    if scene.length() < ROOM_FOR_SEVERAL {
        return gap(scene, chance, account);
    }
    account.behaviour = Behaviour::SeveralLapses;
    account.verdict = Verdict::Partial;
    let fifth = scene.length() / 5;
    let which = chance.between(0, 3);
    let (late, early, gap) = (which != 0, which != 1, which != 2);
    let mut start = usual_start(scene, chance);
    if late {
        start = scene.begin + chance.between(LATE, fifth);
        account.lapse(DefectKind::LateActivation, scene.begin, start);
    }
    if gap {
        let from = scene.begin + 2 * fifth + chance.between(0, fifth / 4);
        let to = from + chance.between(GAP, fifth);
        account.record(start, from);
        account.lapse(DefectKind::Gap, from, to);
        start = to;
    }
    let mut stop = usual_stop(scene, chance);
    if early {
        stop = scene.end - chance.between(EARLY, fifth);
        account.lapse(DefectKind::EarlyStop, stop, scene.end);
    }
    account.record(start, stop);
}

/// Four lapses, each of them tolerated, more than tolerated together.
pub(crate) fn many_small_lapses(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    if scene.length() < ROOM_FOR_SEVERAL {
        return late_activation(scene, chance, account);
    }
    account.behaviour = Behaviour::ManySmallLapses;
    account.verdict = Verdict::Partial;
    let third = scene.length() / 3;
    let mut start = scene.begin + chance.between(46, 55);
    account.lapse(DefectKind::LateActivation, scene.begin, start);
    for middle in [scene.begin + third, scene.begin + 2 * third] {
        let to = middle + chance.between(22, 27);
        account.record(start, middle);
        account.lapse(DefectKind::Gap, middle, to);
        start = to;
    }
    let stop = scene.end - chance.between(46, 55);
    account.record(start, stop);
    account.lapse(DefectKind::EarlyStop, stop, scene.end);
}

pub(crate) fn never_activated(scene: &Scene, _: &mut Chance, account: &mut Account) {
    account.behaviour = Behaviour::NeverActivated;
    account.nothing(scene);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Stream;
    use crate::rules::TOLERANCE_TOTAL;

    fn many(plan: fn(&Scene, &mut Chance, &mut Account), mut check: impl FnMut(&Scene, &Account)) {
        let mut chance = Chance::new(7, Stream::Career { officer: 7 });
        for length in (300..6_000).step_by(7) {
            let scene = Scene {
                begin: 1_000_000,
                end: 1_000_000 + length,
                free_since: 999_000,
                over_the_change: false,
            };
            let mut account = Account::default();
            plan(&scene, &mut chance, &mut account);
            check(&scene, &account);
        }
    }

    #[test]
    fn clips_follow_one_another_and_reach_the_scene() {
        for plan in [recorded_normally, late_activation, early_stop, gap, several_lapses, many_small_lapses] {
            many(plan, |scene, account| {
                for clip in &account.clips {
                    assert!(clip.activated < clip.stopped.unwrap());
                    assert!(clip.activated < scene.end && scene.begin < clip.stopped.unwrap());
                }
                assert!(account.clips.windows(2).all(|pair| pair[0].stopped.unwrap() < pair[1].activated));
            });
        }
    }

    #[test]
    fn a_normal_recording_lacks_little() {
        many(recorded_normally, |scene, account| {
            let covered: i64 = account
                .clips
                .iter()
                .map(|clip| clip.stopped.unwrap().min(scene.end) - clip.activated.max(scene.begin))
                .sum();
            assert!(scene.length() - covered <= TOLERANCE_TOTAL - MARGIN);
            assert!(account.defects.is_empty());
        });
    }

    #[test]
    fn small_lapses_are_small_and_too_much_together() {
        many(many_small_lapses, |scene, account| {
            if scene.length() >= ROOM_FOR_SEVERAL {
                let lengths: Vec<i64> =
                    account.defects.iter().map(|defect| defect.to - defect.from).collect();
                assert!(lengths.iter().sum::<i64>() >= TOLERANCE_TOTAL + MARGIN);
                assert!(lengths[0] < START_TOLERANCE && lengths[3] < END_TOLERANCE);
                assert!(lengths[1] < GAP_TOLERANCE && lengths[2] < GAP_TOLERANCE);
            }
        });
    }
}
