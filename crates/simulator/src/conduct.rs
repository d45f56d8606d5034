//! What an officer with a camera does in an assignment that has to be recorded.

use crate::behaviour::{Account, Scene};
use crate::chance::Chance;
use crate::scenario::Conduct;
use crate::{excuses, lapses, outages};

/// Turns a scene into an account of what happened.
type Plan = fn(&Scene, &mut Chance, &mut Account);

/// How an officer is disposed in an assignment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disposition {
    /// How many times as often as stated the officer lapses.
    pub lapse_factor: f64,
    /// Nothing may happen that could be held against anybody.
    pub quiet: bool,
    /// The camera must not fail for good.
    pub camera_needed: bool,
}

/// No officer lapses more often than this.
const MOST_LAPSES: f64 = 0.8;

/// Draws a plan by the stated rates and carries it out.
pub(crate) fn act(
    scene: &Scene,
    rates: &Conduct,
    disposition: Disposition,
    chance: &mut Chance,
    account: &mut Account,
) {
    plan(scene, rates, disposition, chance)(scene, chance, account);
}

fn plan(scene: &Scene, rates: &Conduct, disposition: Disposition, chance: &mut Chance) -> Plan {
    let factor = disposition.lapse_factor.min(MOST_LAPSES / rates.lapses().max(f64::MIN_POSITIVE));
    let guilty = if disposition.quiet { 0.0 } else { 1.0 };
    let failing = if disposition.camera_needed { 0.0 } else { 1.0 };
    // Around the change of the clocks only what leaves one recording and no other times.
    let elaborate = if scene.over_the_change { 0.0 } else { 1.0 };
    let plans: [(f64, f64, Plan); 14] = [
        (rates.late_activation, factor * guilty, lapses::late_activation),
        (rates.early_stop, factor * guilty, lapses::early_stop),
        (rates.never_activated, factor * guilty, lapses::never_activated),
        (rates.gap, factor * guilty * elaborate, lapses::gap),
        (rates.several_lapses, factor * guilty * elaborate, lapses::several_lapses),
        (rates.many_small_lapses, factor * guilty * elaborate, lapses::many_small_lapses),
        (rates.exception, elaborate, excuses::exception),
        (rates.exception_unapproved, elaborate, excuses::exception_unapproved),
        (rates.exception_part, guilty * elaborate, excuses::exception_part),
        (rates.exception_other_call, guilty * elaborate, excuses::exception_other_call),
        (rates.outage, elaborate, outages::outage),
        (rates.outage_rest_of_shift, elaborate * failing, outages::outage_rest_of_shift),
        (rates.outage_part, guilty * elaborate, outages::outage_after_stop),
        (rates.used_under_other_id, guilty * elaborate, outages::used_under_other_id),
    ];
    let mut roll = chance.roll();
    for (rate, times, plan) in plans {
        roll -= rate * times;
        if roll < 0.0 {
            return plan;
        }
    }
    lapses::recorded_normally
}
