//! A scenario: which department to invent, and how often what happens in it.
//!
//! A scenario is a TOML file. Two are built in. Every rate is stated there and nowhere else, so that whoever reads an
//! audit of a simulated department can compare what was asked for with what was found. A share is between 0 and 1.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::SimulateError;
use crate::clock::{Clock, TimeStyle};

/// The scenarios that are built in.
pub const NAMES: [&str; 2] = ["chicago-2017", "small-town"];

/// The most officers a scenario can have: camera serials have six digits.
pub(crate) const MOST_OFFICERS: u32 = 100_000;
/// The most days a scenario can last.
pub(crate) const MOST_DAYS: u32 = 1_000;

/// Which department to invent, and how often what happens in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Patrol officers.
    pub(crate) officers: u32,
    /// Days simulated, the last of them being `last_day`.
    pub(crate) days: u32,
    /// Local date `YYYY-MM-DD`.
    pub(crate) last_day: String,
    /// IANA name.
    pub(crate) timezone: String,
    /// Every file writes local times without offset, whatever `times` says.
    #[serde(default)]
    pub(crate) local_times: bool,
    #[serde(default)]
    pub(crate) times: Times,
    pub(crate) duty: DutyRoster,
    #[serde(default)]
    pub(crate) calls: Calls,
    #[serde(default)]
    pub(crate) rows: Rows,
    #[serde(default)]
    pub(crate) conduct: Conduct,
    #[serde(default)]
    pub(crate) cameras: Cameras,
    #[serde(default)]
    pub(crate) notice: Notices,
    pub(crate) districts: Vec<District>,
}

/// How each file writes its times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Times {
    pub calls: TimeStyle,
    pub recordings: TimeStyle,
    pub officers: TimeStyle,
    pub camera_assignments: TimeStyle,
    pub exceptions: TimeStyle,
    pub device_events: TimeStyle,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            calls: TimeStyle::Offset,
            recordings: TimeStyle::Utc,
            officers: TimeStyle::Utc,
            camera_assignments: TimeStyle::Offset,
            exceptions: TimeStyle::Offset,
            device_events: TimeStyle::UtcMillis,
        }
    }
}

/// Who works when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DutyRoster {
    /// Local times `HH:MM` at which the watches begin.
    pub watches: Vec<String>,
    /// Length of a shift; at most ten hours, so that no outage outlasts what a policy excuses.
    pub shift_minutes: u32,
    pub days_on: u32,
    pub days_off: u32,
    /// Share of cars with two officers.
    pub two_officer_cars: f64,
}

/// A police district and its place in the rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct District {
    pub number: u32,
    pub name: String,
    /// Its share of the department's officers, relative to the others.
    pub weight: f64,
    /// Local date on which the handing out of cameras begins.
    pub issued_on: String,
}

/// What kinds of assignment there are. Shares of all assignments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Calls {
    /// Mean number of assignments of a car in a shift.
    pub per_shift: f64,
    /// Begun by the officers themselves: neither received nor driven to.
    pub on_view: f64,
    /// A second car is sent along.
    pub second_car: f64,
    /// Two or three more cars are sent along.
    pub more_cars: f64,
    /// Meals and administration, which the policy exempts.
    pub exempt_type: f64,
    /// Called off on the way.
    pub no_arrival: f64,
    /// Over in less than a minute.
    pub too_short: f64,
    /// Exactly one minute long and not recorded: within what the policy tolerates.
    pub one_minute: f64,
    /// Paperwork keeps the car for some minutes after leaving the scene, and both times are written down.
    pub left_scene_written: f64,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            per_shift: 7.9,
            on_view: 0.35,
            second_car: 0.12,
            more_cars: 0.03,
            exempt_type: 0.02,
            no_arrival: 0.015,
            too_short: 0.004,
            one_minute: 0.0005,
            left_scene_written: 0.08,
        }
    }
}

/// How badly the dispatch export is kept. Shares of ordinary assignments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rows {
    pub no_end_time: f64,
    pub no_begin_time: f64,
    pub unreadable_time: f64,
    pub end_before_begin: f64,
}

impl Default for Rows {
    fn default() -> Self {
        Self { no_end_time: 0.002, no_begin_time: 0.0003, unreadable_time: 0.001, end_before_begin: 0.0005 }
    }
}

/// What officers and their cameras do. Shares of ordinary assignments of an officer of average nature, who has a
/// camera and is past the grace period; what remains is recorded normally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Conduct {
    pub late_activation: f64,
    pub early_stop: f64,
    pub gap: f64,
    /// Two or three long lapses in one assignment.
    pub several_lapses: f64,
    /// Four lapses, each tolerated alone, too much together.
    pub many_small_lapses: f64,
    pub never_activated: f64,
    /// The six lapses above happen this many times as often in the grace period.
    pub grace_factor: f64,
    /// An exception excuses all that is not recorded.
    pub exception: f64,
    /// The same, but the exception needs an approval that is not there yet.
    pub exception_unapproved: f64,
    /// An exception excuses a part only.
    pub exception_part: f64,
    /// An exception was filed under another call's number.
    pub exception_other_call: f64,
    /// Battery, memory or a fault stops the camera for a while.
    pub outage: f64,
    /// The same, until the end of the shift.
    pub outage_rest_of_shift: f64,
    /// The officer stops recording, and only later the battery dies.
    pub outage_part: f64,
    /// The camera was signed out under the technician's id.
    pub used_under_other_id: f64,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            late_activation: 0.025,
            early_stop: 0.015,
            gap: 0.010,
            several_lapses: 0.003,
            many_small_lapses: 0.002,
            never_activated: 0.020,
            grace_factor: 1.8,
            exception: 0.015,
            exception_unapproved: 0.003,
            exception_part: 0.002,
            exception_other_call: 0.0005,
            outage: 0.006,
            outage_rest_of_shift: 0.0003,
            outage_part: 0.0007,
            used_under_other_id: 0.001,
        }
    }
}

impl Conduct {
    /// How often an officer of average nature lapses, all kinds together.
    pub fn lapses(&self) -> f64 {
        self.late_activation
            + self.early_stop
            + self.gap
            + self.several_lapses
            + self.many_small_lapses
            + self.never_activated
    }
}

/// How cameras are handed out, fail and are docked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cameras {
    /// Days it takes to hand out a district's cameras.
    pub issue_days: u32,
    /// Share of officers whose training nobody wrote down.
    pub training_unknown: f64,
    /// Share of officers whose camera goes into repair in any 30 days.
    pub repaired_per_month: f64,
    /// Share of those whose camera is handed in during a call.
    pub handed_in_during_call: f64,
    /// Share of officers who have not docked after their last shift when the export is made.
    pub not_docked: f64,
    /// Share of such a shift's recordings that have not arrived.
    pub not_arrived: f64,
    /// Share of officers whose last recording is still running when the export is made.
    pub left_running: f64,
    /// Share of officers with one recording from a camera whose clock had been reset to 1970.
    pub clock_reset: f64,
    /// Share of officers with one exception whose code is misspelt.
    pub exception_misspelt: f64,
    /// Share of recordings with less than the required pre-event buffer.
    pub short_buffer: f64,
    /// Share of recordings without the officer's id, and as many without the camera's.
    pub id_missing: f64,
    /// Share of breaks between two assignments with a recording of something else.
    pub unprompted: f64,
    /// Minutes into the first day at which the export of recordings begins.
    pub export_begins_after: u32,
}

impl Default for Cameras {
    fn default() -> Self {
        Self {
            issue_days: 7,
            training_unknown: 0.02,
            repaired_per_month: 0.02,
            handed_in_during_call: 0.5,
            not_docked: 0.08,
            not_arrived: 0.75,
            left_running: 0.005,
            clock_reset: 0.003,
            exception_misspelt: 0.004,
            short_buffer: 0.03,
            id_missing: 0.005,
            unprompted: 0.12,
            export_begins_after: 45,
        }
    }
}

/// Whether people were told that they are recorded. Shares of recorded assignments; the rest nobody has reviewed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Notices {
    pub given_in_time: f64,
    /// Given, and the reviewer wrote down no time.
    pub given_without_time: f64,
    pub late: f64,
    /// More than a minute before the arrival.
    pub earlier: f64,
    pub not_given: f64,
    /// Not given, under an exception that lifts the duty.
    pub exempt: f64,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            given_in_time: 0.12,
            given_without_time: 0.10,
            late: 0.02,
            earlier: 0.004,
            not_given: 0.02,
            exempt: 0.001,
        }
    }
}

impl Scenario {
    /// The scenarios that are built in.
    pub const NAMES: [&'static str; 2] = NAMES;

    /// The built-in scenario of this name.
    pub fn named(name: &str) -> Option<Self> {
        let text = match name {
            "chicago-2017" => include_str!("../scenarios/chicago-2017.toml"),
            "small-town" => include_str!("../scenarios/small-town.toml"),
            _ => return None,
        };
        Self::parse(name, text).ok()
    }

    /// Reads a scenario; `file` only names it in errors.
    ///
    /// # Errors
    /// Names the line that is not TOML, that holds an unknown or missing key, or a value that no department can have.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self, SimulateError> {
        let wrong = |line, problem| SimulateError::Scenario { file: file.as_ref().to_owned(), line, problem };
        let scenario: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            wrong(line, error.message().trim_end().to_owned())
        })?;
        match scenario.first_problem() {
            None => Ok(scenario),
            Some((key, problem)) => Err(wrong(line_of(text, key), problem)),
        }
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line about the scenario.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Patrol officers, unless the options say otherwise.
    pub fn officers(&self) -> u32 {
        self.officers
    }

    /// Days, unless the options say otherwise.
    pub fn days(&self) -> u32 {
        self.days
    }

    /// The zone that the audit must be told, where some file holds local times without offset.
    pub fn zone_of_local_times(&self) -> Option<&str> {
        let times = &self.times;
        let styles = [
            times.calls,
            times.recordings,
            times.officers,
            times.camera_assignments,
            times.exceptions,
            times.device_events,
        ];
        let local = styles.iter().any(|style| self.style(*style) == TimeStyle::Local);
        local.then_some(self.timezone.as_str())
    }

    /// The style of one file's times.
    pub(crate) fn style(&self, stated: TimeStyle) -> TimeStyle {
        if self.local_times { TimeStyle::Local } else { stated }
    }

    /// The last day, counted from 1970-01-01.
    pub(crate) fn last_day(&self) -> i64 {
        day_number(&self.last_day).unwrap_or_default()
    }

    /// The first value that no department can have: its key, and what to write instead.
    fn first_problem(&self) -> Option<(&'static str, String)> {
        self.problem_of_roster().or_else(|| self.problem_of_districts()).or_else(|| self.problem_of_shares())
    }

    fn problem_of_roster(&self) -> Option<(&'static str, String)> {
        let duty = &self.duty;
        let count = |number: u32, most: u32| (1..=most).contains(&number);
        if !count(self.officers, MOST_OFFICERS) {
            return Some(("officers", format!("officers must be from 1 to {MOST_OFFICERS}")));
        }
        if !count(self.days, MOST_DAYS) {
            return Some(("days", format!("days must be from 1 to {MOST_DAYS}")));
        }
        if day_number(&self.last_day).is_none_or(|day| !(YEAR_2016..YEAR_2038).contains(&day)) {
            return Some((
                "last_day",
                "last_day must be a date such as \"2017-11-18\", from 2016 to 2037".into(),
            ));
        }
        if Clock::new(&self.timezone, 0).is_err() {
            return Some(("timezone", "timezone must be an IANA name such as \"America/Chicago\"".into()));
        }
        if duty.watches.is_empty() || duty.watches.iter().any(|start| second_of_day(start).is_none()) {
            return Some((
                "watches",
                "watches must be local times such as [\"00:00\", \"08:00\", \"16:00\"]".into(),
            ));
        }
        if !(120..=600).contains(&duty.shift_minutes) {
            return Some(("shift_minutes", "shift_minutes must be from 120 to 600".into()));
        }
        if !count(duty.days_on, 30) || duty.days_off > 30 {
            return Some(("days_on", "days_on must be from 1 to 30 and days_off at most 30".into()));
        }
        if !(1.0..=30.0).contains(&self.calls.per_shift) {
            return Some(("per_shift", "per_shift must be from 1.0 to 30.0".into()));
        }
        if !(1.0..=5.0).contains(&self.conduct.grace_factor) {
            return Some(("grace_factor", "grace_factor must be from 1.0 to 5.0".into()));
        }
        None
    }

    fn problem_of_districts(&self) -> Option<(&'static str, String)> {
        if self.districts.is_empty() || self.districts.len() > 99 {
            return Some(("districts", "a department has from 1 to 99 [[districts]]".into()));
        }
        for district in &self.districts {
            if !(1..=99).contains(&district.number) {
                return Some(("number", format!("district number {} must be from 1 to 99", district.number)));
            }
            if !(district.weight > 0.0 && district.weight <= 1_000_000.0) {
                return Some(("weight", format!("the weight of {} must be above 0", district.name)));
            }
            if day_number(&district.issued_on).is_none_or(|day| day < YEAR_2015) {
                let date = format!("issued_on of {} must be a date such as \"2017-10-23\"", district.name);
                return Some(("issued_on", date));
            }
        }
        None
    }

    fn problem_of_shares(&self) -> Option<(&'static str, String)> {
        let (duty, calls, rows, notice, cameras) =
            (&self.duty, &self.calls, &self.rows, &self.notice, &self.cameras);
        // Those of one line exclude each other.
        let groups: [(&'static str, &[f64]); 15] = [
            ("[duty]", &[duty.two_officer_cars]),
            ("[calls]", &[calls.exempt_type, calls.no_arrival, calls.too_short, calls.one_minute]),
            ("[calls]", &[calls.exempt_type, calls.on_view]),
            ("[calls]", &[calls.second_car, calls.more_cars]),
            ("[calls]", &[calls.left_scene_written]),
            ("[rows]", &[rows.no_end_time, rows.no_begin_time, rows.unreadable_time, rows.end_before_begin]),
            ("[conduct]", &self.conduct.shares()),
            ("[cameras]", &[cameras.training_unknown]),
            ("[cameras]", &[cameras.repaired_per_month]),
            ("[cameras]", &[cameras.handed_in_during_call]),
            ("[cameras]", &[cameras.not_docked, cameras.left_running]),
            ("[cameras]", &[cameras.not_arrived]),
            ("[cameras]", &[cameras.clock_reset, cameras.exception_misspelt]),
            (
                "[cameras]",
                &[cameras.short_buffer, cameras.unprompted, cameras.id_missing, cameras.id_missing],
            ),
            ("[notice]", &notice.shares()),
        ];
        let wrong = |shares: &[f64]| {
            shares.iter().any(|share| !(0.0..=1.0).contains(share)) || shares.iter().sum::<f64>() > 1.0 + 1e-9
        };
        let (table, _) = groups.into_iter().find(|(_, shares)| wrong(shares))?;
        let remedy = "shares are from 0 to 1, and those that exclude each other at most 1 together";
        Some((table, format!("a share in {table} is too large or below 0: {remedy}")))
    }
}

impl Notices {
    fn shares(&self) -> [f64; 6] {
        [self.given_in_time, self.given_without_time, self.late, self.earlier, self.not_given, self.exempt]
    }
}

impl Conduct {
    fn shares(&self) -> [f64; 14] {
        [
            self.late_activation,
            self.early_stop,
            self.gap,
            self.several_lapses,
            self.many_small_lapses,
            self.never_activated,
            self.exception,
            self.exception_unapproved,
            self.exception_part,
            self.exception_other_call,
            self.outage,
            self.outage_rest_of_shift,
            self.outage_part,
            self.used_under_other_id,
        ]
    }
}

const YEAR_2015: i64 = 16_436;
const YEAR_2016: i64 = 16_801;
const YEAR_2038: i64 = 24_837;

/// The day since 1970-01-01 of a date `YYYY-MM-DD`.
pub(crate) fn day_number(text: &str) -> Option<i64> {
    let date: jiff::civil::Date = text.parse().ok()?;
    Some(crate::clock::day_of(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())))
}

/// Seconds from midnight to a local time `HH:MM`.
pub(crate) fn second_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 3_600 + minute * 60)
}

fn line_at(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

/// The line that states the key or opens the table; 1 where it is left to its default.
fn line_of(text: &str, key: &str) -> usize {
    let states = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| key.starts_with('[') || rest.trim_start().starts_with('='))
    };
    text.lines().position(states).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_can_be_read() {
        for name in NAMES {
            assert_eq!(Scenario::named(name).map(|scenario| scenario.name), Some(name.to_owned()));
        }
        assert!(Scenario::named("atlantis").is_none());
    }

    #[test]
    fn chicago_has_its_districts_and_the_last_four_in_their_order() {
        let mut districts = Scenario::named("chicago-2017").unwrap().districts;
        assert_eq!(districts.len(), 22);
        districts.sort_by(|a, b| a.issued_on.cmp(&b.issued_on));
        let last: Vec<&str> = districts[18..].iter().map(|district| district.name.as_str()).collect();
        assert_eq!(last, ["Calumet", "Near West", "Albany Park", "Grand Central"]);
        assert_eq!(districts[0].name, "Shakespeare");
    }

    #[test]
    fn an_error_names_file_line_and_remedy() {
        let text = include_str!("../scenarios/small-town.toml");
        let spoilt = text.replace("days = 30", "days = 0");
        let error = Scenario::parse("town.toml", &spoilt).unwrap_err().to_string();
        let line = text.lines().position(|line| line.starts_with("days = 30")).unwrap() + 1;
        assert_eq!(error, format!("town.toml:{line}: days must be from 1 to 1000"));
        let unknown = format!("colour = \"blue\"\n{text}");
        let error = Scenario::parse("town.toml", &unknown).unwrap_err().to_string();
        assert!(error.starts_with("town.toml:1: unknown field `colour`"), "{error}");
    }

    #[test]
    fn shares_beyond_one_are_refused() {
        let mut scenario = Scenario::named("small-town").unwrap();
        scenario.conduct.gap = 0.95;
        let text = toml::to_string(&scenario).unwrap();
        let error = Scenario::parse("town.toml", &text).unwrap_err().to_string();
        assert!(error.contains("[conduct]"), "{error}");
    }
}
