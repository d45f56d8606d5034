//! Notice: whether people were told that they are recorded, as a reviewer wrote it down.

use crate::behaviour::{Account, Behaviour, Reviewed, Scene};
use crate::chance::Chance;
use crate::excuses::active_shooter;
use crate::rules::{MARGIN, NOTICE_WITHIN};
use crate::scenario::Notices;
use crate::truth::NoticeStatus;

/// Well within the time in which notice is due.
const IN_TIME: i64 = NOTICE_WITHIN - MARGIN;
/// Well outside it.
const OUTSIDE: i64 = NOTICE_WITHIN + MARGIN;
/// To begin early enough for an early notice, the officer must have been free for so long.
const ROOM_FOR_EARLY: i64 = 600;

/// Decides what the reviewer of the officer's recordings of this assignment found. A quiet officer does nothing that
/// could be held against anybody.
pub(crate) fn review(
    scene: &Scene,
    rates: &Notices,
    quiet: bool,
    chance: &mut Chance,
    account: &mut Account,
) -> NoticeStatus {
    if account.clips.is_empty() {
        return NoticeStatus::NotApplicable;
    }
    let found = match intended(rates, chance) {
        NoticeStatus::Late | NoticeStatus::NotGiven if quiet => NoticeStatus::Unreviewed,
        NoticeStatus::Given => given(scene, rates, quiet, chance, account),
        NoticeStatus::Late => late(scene, chance, account),
        NoticeStatus::Earlier => earlier(scene, chance, account),
        NoticeStatus::Exempt
            if account.behaviour == Behaviour::RecordedNormally && !scene.over_the_change =>
        {
            active_shooter(scene, chance, account);
            not_given(account)
        }
        NoticeStatus::NotGiven => not_given(account),
        _ => NoticeStatus::Unreviewed,
    };
    if found != NoticeStatus::Given && account.notice_lifted() { NoticeStatus::Exempt } else { found }
}

fn intended(rates: &Notices, chance: &mut Chance) -> NoticeStatus {
    let shares = [
        (rates.given_in_time + rates.given_without_time, NoticeStatus::Given),
        (rates.late, NoticeStatus::Late),
        (rates.earlier, NoticeStatus::Earlier),
        (rates.not_given, NoticeStatus::NotGiven),
        (rates.exempt, NoticeStatus::Exempt),
    ];
    let mut roll = chance.roll();
    for (share, status) in shares {
        roll -= share;
        if roll < 0.0 {
            return status;
        }
    }
    NoticeStatus::Unreviewed
}

/// Given around the arrival, or without a time; whoever activates late cannot have given it in time.
fn given(
    scene: &Scene,
    rates: &Notices,
    quiet: bool,
    chance: &mut Chance,
    account: &mut Account,
) -> NoticeStatus {
    let without_time = rates.given_without_time / (rates.given_in_time + rates.given_without_time);
    let first = &mut account.clips[0];
    if chance.happens(without_time) || scene.over_the_change {
        first.notice = Reviewed::Given(None);
        return NoticeStatus::Given;
    }
    if first.activated > scene.begin + IN_TIME {
        return if quiet { NoticeStatus::Unreviewed } else { late(scene, chance, account) };
    }
    let earliest = (first.activated + 1).max(scene.begin - IN_TIME);
    first.notice = Reviewed::Given(Some(chance.between(earliest, scene.begin + IN_TIME)));
    NoticeStatus::Given
}

fn late(scene: &Scene, chance: &mut Chance, account: &mut Account) -> NoticeStatus {
    if scene.over_the_change {
        return NoticeStatus::Unreviewed;
    }
    let first = &mut account.clips[0];
    let earliest = (first.activated + 5).max(scene.begin + OUTSIDE);
    first.notice = Reviewed::Given(Some(chance.between(earliest, earliest + 120)));
    NoticeStatus::Late
}

/// Given on the way, long before the arrival.
fn earlier(scene: &Scene, chance: &mut Chance, account: &mut Account) -> NoticeStatus {
    let possible = account.behaviour == Behaviour::RecordedNormally
        && scene.begin - scene.free_since >= ROOM_FOR_EARLY
        && !scene.over_the_change;
    if !possible {
        return NoticeStatus::Unreviewed;
    }
    let first = &mut account.clips[0];
    first.activated = scene.begin - chance.between(150, 250);
    first.notice = Reviewed::Given(Some(first.activated + chance.between(5, OUTSIDE)));
    NoticeStatus::Earlier
}

fn not_given(account: &mut Account) -> NoticeStatus {
    for clip in &mut account.clips {
        clip.notice = Reviewed::NotGiven;
    }
    NoticeStatus::NotGiven
}
