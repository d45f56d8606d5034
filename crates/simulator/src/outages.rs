//! Outages: the camera, not the officer, did not record.

use crate::behaviour::{Account, Behaviour, Clip, Event, Reviewed, Scene, Verdict, usual_start, usual_stop};
use crate::chance::Chance;
use crate::clock::Second;
use crate::lapses::{self, length_of_lapse, place_of_gap};
use crate::rules::{END_TOLERANCE, MARGIN, PRE_EVENT_BUFFER, START_TOLERANCE};
use crate::truth::DefectKind;

/// Shorter assignments have no room for an outage after the officer has stopped.
const ROOM_FOR_BOTH: i64 = 600;

/// Soon after the assignment, before the next one's recording can begin.
fn soon_after(scene: &Scene, chance: &mut Chance) -> Second {
    scene.end + chance.between(5, 80)
}

/// A battery or a fault stops the camera for a while, which excuses all that is not recorded.
pub(crate) fn outage(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    account.verdict = Verdict::Excused;
    match chance.weighted([0.4, 0.2, 0.25, 0.15].into_iter()) {
        0 => {
            let died = scene.end - length_of_lapse(scene, END_TOLERANCE + MARGIN, chance);
            account.behaviour = Behaviour::BatteryDied;
            account.record(usual_start(scene, chance), died);
            account.events.push((died, Event::BatteryDepleted));
            account.events.push((soon_after(scene, chance), Event::PowerOn));
        }
        1 => {
            let (died, changed) = place_of_gap(scene, chance);
            account.behaviour = Behaviour::BatteryChanged;
            account.record(usual_start(scene, chance), died);
            account.record(changed, usual_stop(scene, chance));
            account.events.push((died, Event::BatteryDepleted));
            account.events.push((changed, Event::PowerOn));
        }
        2 => {
            let cleared = scene.begin + length_of_lapse(scene, START_TOLERANCE + MARGIN, chance);
            account.behaviour = Behaviour::FaultAtStart;
            account.record(cleared, usual_stop(scene, chance));
            account.events.push((scene.begin - chance.between(30, 100), Event::Fault));
            account.events.push((cleared, Event::FaultCleared));
        }
        _ => {
            account.behaviour = Behaviour::FaultThroughout;
            account.events.push((scene.begin - chance.between(30, 100), Event::Fault));
            account.events.push((soon_after(scene, chance), Event::FaultCleared));
        }
    }
}

/// The camera fails, and only the dock revives it.
pub(crate) fn outage_rest_of_shift(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let failed = scene.end - length_of_lapse(scene, END_TOLERANCE + MARGIN, chance);
    let event = [Event::BatteryDepleted, Event::StorageFull, Event::Fault][chance.one_of(3)];
    account.behaviour = Behaviour::CameraFailed;
    account.verdict = Verdict::Excused;
    account.record(usual_start(scene, chance), failed);
    account.events.push((failed, event));
    account.camera_failed = true;
}

/// The camera failed in an earlier assignment.
pub(crate) fn camera_dead(account: &mut Account) {
    account.behaviour = Behaviour::CameraDead;
    account.verdict = Verdict::Excused;
}

/// The officer stops recording, and only a while later the battery dies: that excuses the rest alone.
pub(crate) fn outage_after_stop(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    if scene.length() < ROOM_FOR_BOTH {
        return lapses::early_stop(scene, chance, account);
    }
    let stop = scene.end - chance.between(240, 400);
    let died = stop + chance.between(END_TOLERANCE + MARGIN, 180);
    account.behaviour = Behaviour::OutageAfterStop;
    account.verdict = Verdict::Partial;
    account.record(usual_start(scene, chance), stop);
    account.events.push((died, Event::BatteryDepleted));
    account.events.push((soon_after(scene, chance), Event::PowerOn));
    account.lapse(DefectKind::EarlyStop, stop, died);
}

/// The camera breaks during the call and is handed in: after that the officer has none.
pub(crate) fn camera_handed_in(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let at = scene.end - length_of_lapse(scene, END_TOLERANCE + MARGIN, chance);
    account.behaviour = Behaviour::CameraHandedIn;
    account.verdict = Verdict::Excused;
    account.record(usual_start(scene, chance), at);
    account.handed_in = Some(at);
}

/// The camera records, but under the technician's id: all of the call, or what the officer's own recording lacks.
pub(crate) fn used_under_other_id(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    let mut from = scene.begin + chance.between(0, 40);
    if chance.happens(0.7) {
        account.nothing(scene);
        account.behaviour = Behaviour::UsedUnderOtherId;
    } else {
        lapses::early_stop(scene, chance, account);
        account.behaviour = Behaviour::UsedUnderOtherIdAtEnd;
        from = account.defects[0].from + chance.between(0, 10);
    }
    account.technician = Some(Clip {
        buffer: PRE_EVENT_BUFFER.min(from - scene.begin + 60),
        activated: from,
        stopped: Some(scene.end - chance.between(0, 10)),
        notice: Reviewed::Nothing,
    });
}

/// The camera records, and its clock says 1970.
pub(crate) fn clock_reset(scene: &Scene, account: &mut Account) {
    account.nothing(scene);
    account.behaviour = Behaviour::ClockReset;
    account.clock_reset = true;
}

/// The recording has no end: it is still running when the export is made.
pub(crate) fn left_running(scene: &Scene, chance: &mut Chance, account: &mut Account) {
    if chance.happens(0.3) {
        lapses::late_activation(scene, chance, account);
        account.behaviour = Behaviour::LeftRunningLate;
    } else {
        account.record(usual_start(scene, chance), scene.end);
        account.behaviour = Behaviour::LeftRunning;
        account.verdict = Verdict::Recorded;
    }
    for clip in &mut account.clips {
        clip.stopped = None;
    }
}
