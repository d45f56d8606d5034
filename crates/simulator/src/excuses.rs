//! Exceptions: reasons that law or policy recognises, filed for all of what is not recorded, a part of it, or wrongly.

use crate::behaviour::{About, Account, Behaviour, Filed, Scene, Verdict, usual_start, usual_stop};
use crate::chance::Chance;
use crate::clock::Second;
use crate::lapses::{self, length_of_lapse, place_of_gap};
use crate::rules::{ACTIVE_SHOOTER, END_TOLERANCE, EXCEPTION_CODES, MARGIN, START_TOLERANCE};
use crate::truth::DefectKind;

/// Shorter assignments have no room for an exception that covers a part.
const ROOM_FOR_PARTS: i64 = 900;

impl Account {
    fn file(&mut self, from: Second, to: Second, code: usize, approved: bool, chance: &mut Chance) {
        let about = if chance.happens(0.3) { About::AnyCall } else { About::ThisCall };
        self.filed.push(Filed { from, to, code, approved, about });
    }

    /// Whether an exception of an active shooter lifts the duty to give notice.
    pub fn notice_lifted(&self) -> bool {
        let lifts = |filed: &&Filed| EXCEPTION_CODES[filed.code].lifts_notice;
        self.filed.iter().filter(lifts).any(|filed| matches!(filed.about, About::ThisCall | About::AnyCall))
    }
}

/// An exception that is in force: approved where it has to be.
fn in_force(chance: &mut Chance) -> (usize, bool) {
    let code = chance.weighted(EXCEPTION_CODES.iter().map(|code| code.weight));
    (code, EXCEPTION_CODES[code].needs_approval || chance.happens(0.5))
}

/// An exception that needs an approval it does not have.
fn unapproved(chance: &mut Chance) -> (usize, bool) {
    let weight = |code: &crate::rules::ExceptionCode| if code.needs_approval { 1.0 } else { 0.0 };
    (chance.weighted(EXCEPTION_CODES.iter().map(weight)), false)
}

/// An exception covers all that is not recorded.
pub(crate) fn exception(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let (code, approved) = in_force(chance);
    excused(scene, code, approved, chance, account);
}

/// An exception covers all that is not recorded, and nobody has approved it yet.
pub(crate) fn exception_unapproved(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let (code, approved) = unapproved(chance);
    excused(scene, code, approved, chance, account);
    account.behaviour = Behaviour::ExceptionUnapproved;
    account.verdict = Verdict::ApprovalPending;
}

fn excused(scene: &Scene, code: usize, approved: bool, chance: &mut Chance, account: &mut Account) {
    let (before, after) = (chance.between(0, 60), chance.between(0, 30));
    account.verdict = Verdict::Excused;
    match chance.weighted([0.45, 0.2, 0.2, 0.15].into_iter()) {
        0 => {
            account.behaviour = Behaviour::ExceptionWhole;
            account.file(scene.begin - before, scene.end + after, code, approved, chance);
        }
        1 => {
            let start = scene.begin + length_of_lapse(scene, START_TOLERANCE + MARGIN, chance);
            account.behaviour = Behaviour::ExceptionStart;
            account.record(start, usual_stop(scene, chance));
            account.file(scene.begin - before, start + after, code, approved, chance);
        }
        2 => {
            let stop = scene.end - length_of_lapse(scene, END_TOLERANCE + MARGIN, chance);
            account.behaviour = Behaviour::ExceptionEnd;
            account.record(usual_start(scene, chance), stop);
            account.file(stop - before, scene.end + after, code, approved, chance);
        }
        _ => {
            let (from, to) = place_of_gap(scene, chance);
            account.behaviour = Behaviour::ExceptionMiddle;
            account.record(usual_start(scene, chance), from);
            account.record(to, usual_stop(scene, chance));
            account.file(from - before, to + after, code, approved, chance);
        }
    }
}

/// An exception covers a part of what is not recorded.
pub(crate) fn exception_part(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    if scene.length() < ROOM_FOR_PARTS {
        return lapses::never_activated(scene, chance, account);
    }
    let (code, approved) = in_force(chance);
    let hundredth = |share: i64| scene.begin + scene.length() * share / 100;
    match chance.between(0, 3) {
        0 => {
            let to = hundredth(chance.between(20, 40));
            account.behaviour = Behaviour::ExceptionLesserPart;
            account.verdict = Verdict::Missing;
            account.file(scene.begin, to, code, approved, chance);
            account.lapse(DefectKind::NeverActivated, to, scene.end);
        }
        1 => {
            let from = hundredth(chance.between(20, 40));
            account.behaviour = Behaviour::ExceptionGreaterPart;
            account.verdict = Verdict::Partial;
            account.file(from, scene.end + chance.between(0, 30), code, approved, chance);
            account.lapse(DefectKind::NeverActivated, scene.begin, from);
        }
        2 => {
            let (from, to) = (hundredth(chance.between(30, 40)), hundredth(chance.between(50, 60)));
            account.behaviour = Behaviour::ExceptionMidway;
            account.verdict = Verdict::Missing;
            account.file(from, to, code, approved, chance);
            account.lapse(DefectKind::NeverActivated, scene.begin, from);
            account.lapse(DefectKind::NeverActivated, to, scene.end);
        }
        _ => {
            let start = hundredth(chance.between(40, 60));
            let to = hundredth(chance.between(15, 25));
            account.behaviour = Behaviour::ExceptionTooShort;
            account.verdict = Verdict::Partial;
            account.record(start, usual_stop(scene, chance));
            account.file(scene.begin - chance.between(0, 60), to, code, approved, chance);
            account.lapse(DefectKind::LateActivation, to, start);
        }
    }
}

/// An exception covers everything, but names another call.
pub(crate) fn exception_other_call(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    filed_wrongly(scene, About::OtherCall, chance, account);
    account.behaviour = Behaviour::ExceptionOtherCall;
}

/// An exception covers everything, but nobody knows its code.
pub(crate) fn exception_misspelt(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    filed_wrongly(scene, About::Misspelt, chance, account);
    account.behaviour = Behaviour::ExceptionMisspelt;
}

fn filed_wrongly(scene: &Scene, about: About, chance: &mut Chance, account: &mut Account) {
    account.nothing(scene);
    let (code, approved) = in_force(chance);
    account.filed.push(Filed { from: scene.begin, to: scene.end, code, approved, about });
}

/// An active shooter: everything is recorded, and nobody had time to say so.
pub(crate) fn active_shooter(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let to = scene.begin + scene.length() * chance.between(30, 90) / 100;
    account.file(scene.begin - chance.between(0, 60), to, ACTIVE_SHOOTER, true, chance);
}
