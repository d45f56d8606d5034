//! The simulated department as its readers see it: files, columns, rates, and a truth that a third party confirms.

#![allow(clippy::unwrap_used)] // helpers of tests, which the lint does not know as such

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use onrecord_simulator::{BEHAVIOURS, NAMES, Options, Scenario, Simulated, simulate};
use tempfile::TempDir;

const CHICAGO: &str = include_str!("../scenarios/chicago-2017.toml");
const TOWN: &str = include_str!("../scenarios/small-town.toml");

fn run(scenario: &Scenario, officers: u32, days: u32, seed: u64) -> (TempDir, Simulated) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { officers: Some(officers), days: Some(days), seed };
    let done = simulate(scenario, &options, folder.path(), &mut |_, _| {}).unwrap();
    (folder, done)
}

fn named(name: &str) -> Scenario {
    Scenario::named(name).unwrap()
}

/// The scenario with everything rare made frequent.
fn eventful(text: &str) -> Scenario {
    let rates = [
        ("no_end_time", 0.01),
        ("no_begin_time", 0.01),
        ("unreadable_time", 0.01),
        ("end_before_begin", 0.01),
        ("one_minute", 0.02),
        ("several_lapses", 0.04),
        ("many_small_lapses", 0.04),
        ("exception", 0.08),
        ("exception_unapproved", 0.04),
        ("exception_part", 0.05),
        ("exception_other_call", 0.02),
        ("outage", 0.06),
        ("outage_rest_of_shift", 0.01),
        ("outage_part", 0.03),
        ("used_under_other_id", 0.03),
        ("training_unknown", 0.3),
        ("repaired_per_month", 0.5),
        ("not_docked", 0.4),
        ("left_running", 0.3),
        ("clock_reset", 0.1),
        ("exception_misspelt", 0.3),
        ("id_missing", 0.1),
        ("late", 0.1),
        ("earlier", 0.1),
        ("not_given", 0.2),
        ("exempt", 0.05),
    ];
    let mut text = text.to_owned();
    for (key, rate) in rates {
        let stated = text.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
        text = text.replace(&stated, &format!("{key} = {rate}"));
    }
    Scenario::parse("eventful.toml", &text).unwrap()
}

fn lines(folder: &TempDir, file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    text.lines().map(fields).collect()
}

/// The fields of a line; only the list of defects is ever quoted.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

fn count<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for name in NAMES {
        let (first, told) = run(&named(name), 30, 6, 7);
        let (again, told_again) = run(&named(name), 30, 6, 7);
        let (other, _) = run(&named(name), 30, 6, 8);
        assert_eq!(bytes(first.path()), bytes(again.path()));
        assert_eq!(told, told_again);
        for file in ["calls.csv", "recordings.csv", "device_events.csv", "officers.csv", "truth.csv"] {
            assert_ne!(lines(&first, file), lines(&other, file), "{name} {file}");
        }
    }
}

#[test]
fn the_files_have_the_columns_of_the_contract() {
    let (folder, done) = run(&named("chicago-2017"), 132, 3, 1);
    let columns = [
        (
            "calls.csv",
            "call_id,officer_id,unit_id,call_type,priority,district,disposition,received_at,dispatched_at,en_route_at,\
             on_scene_at,left_scene_at,cleared_at",
        ),
        (
            "recordings.csv",
            "recording_id,officer_id,camera_serial,started_at,activated_at,stopped_at,notice,notice_at",
        ),
        ("officers.csv", "officer_id,name,badge,district,trained_at,camera_serial,camera_issued_at"),
        ("camera_assignments.csv", "camera_serial,officer_id,from,to"),
        ("exceptions.csv", "officer_id,call_id,from,to,code,approved_by,note"),
        ("device_events.csv", "camera_serial,at,event"),
        ("truth.csv", "line,call_id,officer_id,behaviour,outcome,reason,defects,in_grace,notice"),
    ];
    for (file, header) in columns {
        let lines = lines(&folder, file);
        assert_eq!(lines[0], fields(header), "{file}");
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{file}");
        assert!(lines.len() > 1, "{file}");
    }
    assert_eq!(lines(&folder, "calls.csv").len() as u64, done.obligations + 1);
    assert_eq!(lines(&folder, "truth.csv").len() as u64, done.obligations + 1);
    assert_eq!(lines(&folder, "recordings.csv").len() as u64, done.recordings + 1);
    assert_eq!(lines(&folder, "officers.csv").len() as u64, done.officers + 1);
}

#[test]
fn truth_names_the_line_and_the_ids_of_its_call() {
    let (folder, _) = run(&named("chicago-2017"), 60, 3, 1);
    let calls = lines(&folder, "calls.csv");
    for (index, truth) in lines(&folder, "truth.csv").iter().enumerate().skip(1) {
        assert_eq!(truth[0], (index + 1).to_string());
        assert_eq!(truth[1..3], calls[index][..2]);
    }
}

#[test]
fn calls_and_recordings_come_in_order_of_time() {
    let (folder, _) = run(&named("chicago-2017"), 200, 5, 3);
    let calls = lines(&folder, "calls.csv");
    let entered: Vec<&String> =
        calls.iter().skip(1).map(|call| if call[7].is_empty() { &call[8] } else { &call[7] }).collect();
    let readable: Vec<&&String> = entered.iter().filter(|time| time.starts_with("2017-11-1")).collect();
    assert!(readable.len() > 1_000 && readable.is_sorted());
    let recordings = lines(&folder, "recordings.csv");
    let started = recordings.iter().skip(1).map(|recording| &recording[3]);
    assert!(started.filter(|time| !time.starts_with("1970")).is_sorted());
}

#[test]
fn every_plan_occurs() {
    let (city, _) = run(&eventful(CHICAGO), 250, 18, 1);
    let (town, _) = run(&eventful(TOWN), 40, 18, 1);
    let truths: Vec<Vec<String>> =
        [city, town].iter().flat_map(|folder| lines(folder, "truth.csv")).collect();
    let found = count(truths.iter().map(|truth| truth[3].as_str()));
    let absent: Vec<_> = BEHAVIOURS.iter().filter(|behaviour| !found.contains_key(*behaviour)).collect();
    assert!(absent.is_empty(), "{absent:?}");
}

#[test]
fn rates_are_near_the_stated_ones() {
    let (folder, _) = run(&named("chicago-2017"), 600, 30, 5);
    let truths = lines(&folder, "truth.csv");
    let all = count(truths.iter().skip(1).map(|truth| truth[3].as_str()));
    let share = |counts: &BTreeMap<&str, usize>, words: &[&str], of: usize| {
        words.iter().filter_map(|word| counts.get(word)).sum::<usize>() as f64 / of as f64
    };
    let near = |found: f64, stated: f64| assert!((found / stated - 1.0).abs() < 0.15, "{found} {stated}");
    near(share(&all, &["exempt_type"], truths.len()), 0.02);
    near(share(&all, &["no_arrival"], truths.len()), 0.015);
    // An officer past the grace period, with nothing in doubt.
    let seasoned: Vec<_> = truths.iter().filter(|truth| truth[7] == "false").collect();
    let counts = count(seasoned.iter().map(|truth| truth[3].as_str()));
    let among = |words: &[&str]| share(&counts, words, seasoned.len());
    near(among(&["late_activation"]), 0.025);
    near(among(&["early_stop"]), 0.015);
    near(among(&["gap"]), 0.010);
    near(among(&["never_activated"]), 0.020);
    near(among(&["exception_whole", "exception_start", "exception_end", "exception_middle"]), 0.015);
    near(among(&["recorded_normally", "recorded_with_blink"]), 0.89);
    // New officers lapse more often.
    let new: Vec<_> = truths.iter().filter(|truth| truth[7] == "true").collect();
    let counts = count(new.iter().map(|truth| truth[3].as_str()));
    assert!(share(&counts, &["never_activated"], new.len()) > 0.025);
}

#[test]
fn any_number_of_officers_and_days_can_be_simulated() {
    for (officers, days) in [(1, 1), (2, 3), (5, 1), (23, 2), (140, 1)] {
        for name in NAMES {
            let (folder, done) = run(&named(name), officers, days, 11);
            assert_eq!(done.officers, u64::from(officers));
            assert!(lines(&folder, "recordings.csv").len() > 1);
        }
    }
    let none = Options { officers: Some(0), ..Options::default() };
    let error = simulate(&named("small-town"), &none, Path::new("/nowhere"), &mut |_, _| {}).unwrap_err();
    assert_eq!(error.to_string(), "officers is 0; choose a number from 1 to 100000");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("occupied");
    fs::write(&file, "").unwrap();
    let options = Options { days: Some(1), ..Options::default() };
    let error = simulate(&named("small-town"), &options, &file, &mut |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("occupied") && error.contains("choose a folder"), "{error}");
}

#[test]
fn the_written_scenario_runs_again() {
    let (folder, _) = run(&named("small-town"), 9, 4, 3);
    let text = fs::read_to_string(folder.path().join("scenario.toml")).unwrap();
    let scenario = Scenario::parse("scenario.toml", &text).unwrap();
    let again = tempfile::tempdir().unwrap();
    let options = Options { seed: 3, ..Options::default() };
    simulate(&scenario, &options, again.path(), &mut |_, _| {}).unwrap();
    assert_eq!(bytes(folder.path()), bytes(again.path()));
}

#[test]
fn progress_is_told_day_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { days: Some(3), ..Options::default() };
    let mut told = Vec::new();
    simulate(&named("small-town"), &options, folder.path(), &mut |done, of| {
        told.push((done, of));
    })
    .unwrap();
    assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
}

/// Runs `check_truth.py`, a plain and slow reading of the audit's contract that shares no code with this crate.
fn confirm(folders: &[&TempDir], timezone: Option<&str>) {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_truth.py"));
    command.args(folders.iter().map(|folder| folder.path()));
    if let Some(timezone) = timezone {
        command.args(["--timezone", timezone]);
    }
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let complained = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}{complained}");
        }
        Err(error) => eprintln!("not checked: python3 cannot be started ({error})"),
    }
}

#[test]
fn a_third_party_confirms_the_truth_about_the_city() {
    let scenario = named("chicago-2017");
    let (one, _) = run(&scenario, 60, 10, 1);
    let (two, _) = run(&scenario, 60, 30, 2);
    let (three, _) = run(&eventful(CHICAGO), 80, 16, 3);
    confirm(&[&one, &two, &three], None);
}

#[test]
fn a_third_party_confirms_the_truth_about_the_town_with_local_times() {
    let (one, _) = run(&named("small-town"), 12, 30, 1);
    let (two, _) = run(&named("small-town"), 12, 30, 2);
    let (three, _) = run(&eventful(TOWN), 40, 16, 3);
    confirm(&[&one, &two, &three], Some("America/Chicago"));
}

#[test]
fn a_third_party_confirms_the_truth_about_three_watches_around_the_change_of_the_clocks() {
    let text = CHICAGO.replace("local_times = false", "local_times = true");
    let scenario = eventful(&text.replace("last_day = \"2017-11-18\"", "last_day = \"2017-11-05\""));
    let (folder, _) = run(&scenario, 300, 3, 4);
    confirm(&[&folder], Some("America/Chicago"));
}
