//! The dispatcher: one day's calls for service, and which car went to which of them when.
//!
//! A car handles one call at a time. Between leaving one call and arriving at the next lie at least [`REST`] seconds,
//! so that no recording of one reaches into the other.

use crate::calendar::Calendar;
use crate::calls::{self, CallType};
use crate::chance::{Chance, Stream};
use crate::clock::Second;
use crate::department::Department;
use crate::rules::{MARGIN, MINIMUM_DURATION};
use crate::scenario::Scenario;

/// The least time between the end of one assignment and the arrival at the next.
pub(crate) const REST: Second = 300;
/// Nobody arrives within this of the beginning of the recordings' export, before or (ten times this) after.
const EXPORT_EDGE: Second = 60;
/// Mean length of an assignment with the drive to it, for the number of assignments in a shift.
const MEAN_BUSY: f64 = 2_000.0;
/// Share of drives of which somebody writes down the start.
const EN_ROUTE_WRITTEN: f64 = 0.3;
/// Share of calls of which somebody writes down how they ended.
const DISPOSITION_WRITTEN: f64 = 0.6;
/// Another car is sent along where one is free within this time.
const SENT_ALONG_WITHIN: Second = 600;
/// A car may be busy this long before the clocks change, and is free again this long after.
const BEFORE_CHANGE: Second = 8_400;
const AFTER_CHANGE: Second = 1_800;

/// A call for service.
#[derive(Debug)]
pub(crate) struct Call {
    /// Absent where officers began the encounter themselves.
    pub received: Option<Second>,
    /// When it entered the dispatch system.
    pub entered: Second,
    pub kind: &'static CallType,
    pub disposition: &'static str,
    /// Its number among the calls of the day, from 1.
    pub number: u32,
}

/// What kind of assignment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Ordinary,
    Exempt,
    NoArrival,
    TooShort,
    OneMinute,
    /// In local times, begun before the clocks were put back and ended after: only one reading is in order.
    OverTheChange,
    /// In local times, within the hour that occurs twice.
    InRepeatedHour,
}

/// One car's part in one call, as it really went.
#[derive(Clone, Debug)]
pub(crate) struct Duty {
    pub car: u32,
    /// Which of the day's calls.
    pub call: usize,
    pub nature: Nature,
    /// The car's previous assignment was over, or its shift began.
    pub free_since: Second,
    pub dispatched: Second,
    pub en_route: Option<Second>,
    pub arrival: Second,
    pub end: Second,
    /// Later than `end` where paperwork follows.
    pub cleared: Second,
}

/// A day's dispatching.
#[derive(Debug, Default)]
pub(crate) struct DayOfCalls {
    pub calls: Vec<Call>,
    /// By car, and for each in order of time.
    pub duties: Vec<Duty>,
}

impl DayOfCalls {
    /// Dispatches all districts and watches of one day.
    pub fn new(
        department: &Department,
        calendar: &Calendar,
        scenario: &Scenario,
        day: u32,
        seed: u64,
    ) -> Self {
        let mut today = Self::default();
        for district in 0..department.posts.len() as u32 {
            for watch in 0..calendar.watches() {
                let chance = Chance::new(seed, Stream::Dispatch { day, district, watch });
                WatchDesk::new(department, calendar, scenario, chance, day, district, watch).run(&mut today);
            }
        }
        today.number_calls();
        today.duties.sort_by_key(|duty| (duty.car, duty.dispatched));
        today
    }

    fn number_calls(&mut self) {
        let mut order: Vec<usize> = (0..self.calls.len()).collect();
        order.sort_by_key(|index| self.calls[*index].entered);
        for (rank, index) in order.into_iter().enumerate() {
            self.calls[index].number = rank as u32 + 1;
        }
    }

    /// The duties of each car that had any.
    pub fn by_car(&self) -> impl Iterator<Item = &[Duty]> {
        self.duties.chunk_by(|one, next| one.car == next.car)
    }
}

/// A car that waits for its next assignment.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    car: u32,
    free_at: Second,
}

/// The desk that dispatches one watch of one district.
struct WatchDesk<'a> {
    scenario: &'a Scenario,
    calendar: &'a Calendar,
    chance: Chance,
    waiting: Vec<Waiting>,
    last_call: Second,
    /// Greatest wait between two assignments.
    longest_idle: i64,
    /// The hour that occurs twice, first reading and second, where it matters and the watch can reach it.
    change: Option<(Second, Second)>,
}

impl<'a> WatchDesk<'a> {
    fn new(
        department: &Department,
        calendar: &'a Calendar,
        scenario: &'a Scenario,
        mut chance: Chance,
        day: u32,
        district: u32,
        watch: u32,
    ) -> Self {
        let start = calendar.shift_start(i64::from(day), watch);
        let last_call = calendar.last_call(start);
        let roster = &department.posts[district as usize].rosters[watch as usize];
        let on_duty = roster.iter().filter(|car| department.on_duty(&department.cars[**car as usize], day));
        let waiting =
            on_duty.map(|car| Waiting { car: *car, free_at: start + chance.between(300, 1_500) }).collect();
        let mean_idle = (last_call - start) as f64 / scenario.calls.per_shift - MEAN_BUSY;
        let repeated = calendar.clock.repeated_within(start, last_call + BEFORE_CHANGE);
        Self {
            scenario,
            calendar,
            chance,
            waiting,
            last_call,
            longest_idle: (2.0 * mean_idle) as i64,
            change: repeated.filter(|_| scenario.local_times),
        }
    }

    /// Sends cars to calls until the last has to go home.
    fn run(mut self, today: &mut DayOfCalls) {
        while let Some(next) = self.next_free(None) {
            let Waiting { car, free_at } = self.waiting[next];
            let at = free_at + self.chance.between(60, self.longest_idle.max(120));
            if at > self.last_call {
                self.waiting.swap_remove(next);
                continue;
            }
            let change =
                self.change.filter(|(from, to)| (from - BEFORE_CHANGE..to + AFTER_CHANGE).contains(&at));
            self.waiting[next].free_at = match change {
                Some(change) => self.around_the_change(change, car, free_at, today),
                None => self.send(next, at, today),
            };
        }
    }

    /// The car that has waited longest, other than the given one.
    fn next_free(&self, other_than: Option<usize>) -> Option<usize> {
        let others = self.waiting.iter().enumerate().filter(|(index, _)| Some(*index) != other_than);
        others.min_by_key(|(_, waiting)| (waiting.free_at, waiting.car)).map(|(index, _)| index)
    }

    /// Sends the car, and perhaps others, to a call entered at that time; says when the car is free again.
    fn send(&mut self, next: usize, at: Second, today: &mut DayOfCalls) -> Second {
        let rates = &self.scenario.calls;
        let first = self.waiting[next];
        let nature = self.nature();
        let on_view = nature == Nature::Exempt
            || (nature != Nature::NoArrival
                && self.chance.happens(rates.on_view / (1.0 - rates.exempt_type)));
        let received = (!on_view).then(|| at - self.chance.between(20, 400));
        let kind = self.kind(nature, on_view);
        let call = self.enter(received, at, kind, today);
        let free_again = self.assign(first, call, nature, on_view, at, today);
        if nature == Nature::Ordinary && !on_view {
            for _ in 0..self.more_cars() {
                self.send_along(next, call, at, today);
            }
        }
        free_again
    }

    /// How many more cars go along.
    fn more_cars(&mut self) -> i64 {
        let roll = self.chance.roll();
        let rates = &self.scenario.calls;
        if roll < rates.second_car {
            1
        } else if roll < rates.second_car + rates.more_cars {
            self.chance.between(2, 3)
        } else {
            0
        }
    }

    /// Sends another car to the call, where one is free soon.
    fn send_along(&mut self, first: usize, call: usize, at: Second, today: &mut DayOfCalls) {
        let Some(next) = self.next_free(Some(first)) else {
            return;
        };
        let other = self.waiting[next];
        if other.free_at <= at + SENT_ALONG_WITHIN {
            let at = (at + self.chance.between(20, 180)).max(other.free_at + 60);
            self.waiting[next].free_at = self.assign(other, call, Nature::Ordinary, false, at, today);
        }
    }

    fn nature(&mut self) -> Nature {
        let rates = &self.scenario.calls;
        let shares = [
            (rates.exempt_type, Nature::Exempt),
            (rates.no_arrival, Nature::NoArrival),
            (rates.too_short, Nature::TooShort),
            (rates.one_minute, Nature::OneMinute),
        ];
        let mut roll = self.chance.roll();
        for (share, nature) in shares {
            roll -= share;
            if roll < 0.0 {
                return nature;
            }
        }
        Nature::Ordinary
    }

    fn kind(&mut self, nature: Nature, on_view: bool) -> &'static CallType {
        let kinds: &'static [CallType] = match (nature, on_view) {
            (Nature::Exempt, _) => &calls::EXEMPT,
            (_, true) => &calls::ON_VIEW,
            (_, false) => &calls::DISPATCHED,
        };
        &kinds[self.chance.weighted(kinds.iter().map(|kind| kind.weight))]
    }

    fn enter(
        &mut self,
        received: Option<Second>,
        at: Second,
        kind: &'static CallType,
        today: &mut DayOfCalls,
    ) -> usize {
        let disposition = if self.chance.happens(DISPOSITION_WRITTEN) {
            calls::DISPOSITIONS[self.chance.one_of(calls::DISPOSITIONS.len())]
        } else {
            ""
        };
        today.calls.push(Call { received, entered: received.unwrap_or(at), kind, disposition, number: 0 });
        today.calls.len() - 1
    }

    /// Lets the car handle the call; says when it is free again.
    fn assign(
        &mut self,
        Waiting { car, free_at: free_since }: Waiting,
        call: usize,
        nature: Nature,
        on_view: bool,
        at: Second,
        today: &mut DayOfCalls,
    ) -> Second {
        let chance = &mut self.chance;
        let rested = free_since + REST + chance.between(0, 60);
        let en_route = (!on_view && chance.happens(EN_ROUTE_WRITTEN)).then(|| at + chance.between(15, 90));
        let drive = if on_view { 0 } else { chance.between(120, 720) };
        let arrival =
            clear_of_export_begin(self.calendar, rested.max(en_route.unwrap_or(at) + drive), chance);
        let dispatched = if on_view { arrival } else { at };
        if on_view {
            today.calls[call].entered = arrival;
        }
        let end = match nature {
            Nature::NoArrival => dispatched.max(en_route.unwrap_or(dispatched)) + chance.between(60, 900),
            Nature::TooShort => arrival + chance.between(5, MINIMUM_DURATION - MARGIN),
            Nature::OneMinute => arrival + MINIMUM_DURATION,
            _ => arrival + chance.quantile(today.calls[call].kind.length.quantiles()),
        };
        let paperwork = matches!(nature, Nature::Ordinary | Nature::Exempt)
            && chance.happens(self.scenario.calls.left_scene_written);
        let cleared = if paperwork { end + chance.between(60, 360) } else { end };
        today.duties.push(Duty {
            car,
            call,
            nature,
            free_since,
            dispatched,
            en_route,
            arrival,
            end,
            cleared,
        });
        cleared
    }

    /// Handles at most one call around the hour that occurs twice, so that all that is written about it is known to
    /// be ambiguous, or not; says when the car is free again.
    fn around_the_change(
        &mut self,
        (first, last): (Second, Second),
        car: u32,
        free_since: Second,
        today: &mut DayOfCalls,
    ) -> Second {
        let dispatched = first - self.chance.between(600, 900);
        if free_since + REST <= dispatched && dispatched <= self.last_call {
            let over = self.chance.happens(0.5);
            let kind = self.kind(Nature::Ordinary, false);
            let received = dispatched - self.chance.between(30, 120);
            let call = self.enter(Some(received), dispatched, kind, today);
            let (nature, arrival, end) = if over {
                let begin = first + self.chance.between(2_400, 3_000);
                (Nature::OverTheChange, begin, first + 3_600 + self.chance.between(600, 1_200))
            } else {
                let reading = if self.chance.happens(0.5) { 3_600 } else { 0 };
                let begin = first + reading + self.chance.between(300, 900);
                (Nature::InRepeatedHour, begin, begin + self.chance.between(900, 1_800))
            };
            let cleared = end;
            today.duties.push(Duty {
                car,
                call,
                nature,
                free_since,
                dispatched,
                en_route: None,
                arrival,
                end,
                cleared,
            });
        }
        last + AFTER_CHANGE
    }
}

/// Moves an arrival out of the minutes around the beginning of the recordings' export, where seconds would decide
/// whether it lies inside.
fn clear_of_export_begin(calendar: &Calendar, arrival: Second, chance: &mut Chance) -> Second {
    let edge = calendar.recordings_from;
    if (edge - EXPORT_EDGE..edge + 10 * EXPORT_EDGE).contains(&arrival) {
        edge + 10 * EXPORT_EDGE + chance.between(0, 120)
    } else {
        arrival
    }
}
