//! An invented police department: dispatch, cameras, recordings, lapses, and the truth about each.
//!
//! [`simulate`] writes the exchange files that an audit reads, and beside them `truth.csv`: for every obligation what
//! really happened, and what an audit under the rules of `us-il-chicago` must therefore say. The truth is written from
//! the simulated behaviour, in the order in which life has it: an officer has a nature (`career`), a dispatcher sends
//! a car (`dispatch`), the officer acts or fails to (`conduct`, `lapses`, `excuses`, `outages`), the shift ends
//! at the dock (`shift`), clerks write it down, well or badly (`exports`, `files`). Nothing here compares
//! intervals to find out what happened, and nothing here calls the audit.
//!
//! The same scenario, options and seed give the same bytes, on every machine.

mod behaviour;
mod calendar;
mod calls;
mod career;
mod chance;
mod clock;
mod conduct;
mod department;
mod dispatch;
mod error;
mod excuses;
mod exports;
mod files;
mod lapses;
mod names;
mod notice;
mod outages;
mod rules;
mod scenario;
mod shift;
mod truth;

use std::path::Path;

pub use behaviour::BEHAVIOURS;
pub use error::SimulateError;
pub use scenario::{NAMES, Scenario};

use behaviour::{Account, Event, Reviewed};
use calendar::Calendar;
use chance::{Chance, Stream};
use clock::TimeStyle;
use department::Department;
use dispatch::{DayOfCalls, Duty};
use exports::{Exports, Owner, RecordingRow};
use files::Files;
use scenario::{MOST_DAYS, MOST_OFFICERS};
use shift::{Setting, Shift};

/// What to change about a scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Officers on patrol, instead of the scenario's number.
    pub officers: Option<u32>,
    /// Days up to the scenario's last day, instead of the scenario's number.
    pub days: Option<u32>,
    /// Where chance begins; the same seed gives the same bytes.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Rows of calls.csv and of truth.csv.
    pub obligations: u64,
    /// Rows of recordings.csv.
    pub recordings: u64,
    /// Rows of officers.csv.
    pub officers: u64,
    /// Local midnight before the first day, RFC 3339.
    pub from: String,
    /// Local midnight after the last day, RFC 3339.
    pub to: String,
}

/// Rows this long before the first watch of a day can still come from that day, in seconds.
const EARLIEST: i64 = 3_600;

/// Writes the exchange files of the scenario's department and the truth about them into the folder `out`, which is
/// created where it is missing. `progress` hears of each day done: how many, and of how many.
///
/// ```
/// use onrecord_simulator::{Options, Scenario, simulate};
/// let town = Scenario::named("small-town").ok_or("no such scenario")?;
/// let out = tempfile::tempdir()?;
/// let options = Options { days: Some(2), seed: 1, ..Options::default() };
/// let done = simulate(&town, &options, out.path(), &mut |_, _| {})?;
/// assert_eq!(done.officers, 12);
/// assert_eq!(done.to, "2017-11-19T00:00:00-06:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where an option is out of range, the time zone is unknown, or a file cannot be written.
pub fn simulate(
    scenario: &Scenario,
    options: &Options,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Simulated, SimulateError> {
    let scenario = Scenario {
        officers: within("officers", options.officers.unwrap_or(scenario.officers), MOST_OFFICERS)?,
        days: within("days", options.days.unwrap_or(scenario.days), MOST_DAYS)?,
        ..scenario.clone()
    };
    let calendar = Calendar::new(&scenario, scenario.days)?;
    let mut department = Department::new(&scenario, &calendar, scenario.officers, options.seed);
    let mut files = Files::create(out, &scenario)?;
    let mut exports = Exports::new();
    check_cameras(&department, &calendar, &mut exports);
    for day in 0..scenario.days {
        work(&scenario, &calendar, &mut department, day, options.seed, &mut exports);
        let next = (0..calendar.watches()).map(|watch| calendar.shift_start(i64::from(day) + 1, watch)).min();
        files.write_before(next.unwrap_or(calendar.to) - EARLIEST, &mut exports, &department, &calendar)?;
        progress(u64::from(day) + 1, u64::from(scenario.days));
    }
    files.write_before(i64::MAX, &mut exports, &department, &calendar)?;
    let (obligations, recordings) = files.finish()?;
    files::write_officers(out, &scenario, &department, &calendar)?;
    files::write_camera_assignments(out, &scenario, &department, &calendar)?;
    files::write_scenario(out, &scenario, options.seed)?;
    Ok(Simulated {
        obligations,
        recordings,
        officers: department.officers.len() as u64,
        from: clock::written(&calendar.clock, TimeStyle::Offset, calendar.from),
        to: clock::written(&calendar.clock, TimeStyle::Offset, calendar.to),
    })
}

fn within(option: &'static str, value: u32, most: u32) -> Result<u32, SimulateError> {
    if (1..=most).contains(&value) { Ok(value) } else { Err(SimulateError::Number { option, value, most }) }
}

/// Lets every officer on duty work one day.
fn work(
    scenario: &Scenario,
    calendar: &Calendar,
    department: &mut Department,
    day: u32,
    seed: u64,
    exports: &mut Exports,
) {
    let today = DayOfCalls::new(department, calendar, scenario, day, seed);
    let mut busy = today.by_car().peekable();
    let mut account = Account::default();
    for index in 0..department.cars.len() {
        let duties: &[Duty] = busy.next_if(|duties| duties[0].car as usize == index).unwrap_or(&[]);
        let car = &department.cars[index];
        if !department.on_duty(car, day) {
            continue;
        }
        let district = department.posts[car.district as usize].number;
        let setting = Setting { scenario, calendar, day, calls: &today.calls, district };
        for officer in car.first_officer..car.first_officer + car.officers {
            let chance = Chance::new(seed, Stream::Shift { day, officer });
            let officer = &mut department.officers[officer as usize];
            Shift::new(setting, car, officer, duties, chance).work(&mut account, exports);
        }
    }
}

/// The technicians' first and last camera checks, with which the recordings' export begins and ends. They are docked
/// like every camera, so that every export of device events knows of uploads.
fn check_cameras(department: &Department, calendar: &Calendar, exports: &mut Exports) {
    for (index, post) in department.posts.iter().enumerate() {
        for started in [calendar.recordings_from, calendar.recordings_to - 90] {
            exports.recordings.push(RecordingRow {
                started,
                owner: Owner::Technician(index as u32),
                camera: Some(post.test_camera),
                activated: Some(started + 30),
                stopped: Some(started + 90),
                notice: Reviewed::Nothing,
                clock_reset: false,
            });
        }
        for (after, event) in [(120, Event::Docked), (300, Event::Uploaded)] {
            exports.event(post.test_camera, calendar.recordings_from + after, event);
        }
    }
}
