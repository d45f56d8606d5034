//! Trying a policy on history: a hand-made department of eight obligations in which it is known what each
//! change of a rule does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests, which the lints do not know as such

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use onrecord_exchange::{Compared, ExchangeError, Extras, Inputs, ReadOptions, audit, compare};
use onrecord_policy::Policy;
use tempfile::TempDir;

/// Line 6 repeats line 5, line 8 has no officer. On every other line the duty begins at 10:00 on another day,
/// and lasts half an hour.
const CALLS: &str = "\
call_id,officer_id,call_type,district,dispatched_at,on_scene_at,cleared_at
recorded,ada,BURGLARY,D1,2024-05-01T10:00:00Z,2024-05-01T10:00:00Z,2024-05-01T10:30:00Z
late-80,ada,BURGLARY,D1,2024-05-02T10:00:00Z,2024-05-02T10:00:00Z,2024-05-02T10:30:00Z
late-100,ben,ASSAULT,D2,2024-05-03T10:00:00Z,2024-05-03T10:00:00Z,2024-05-03T10:30:00Z
lunch,ben,LUNCH-1,D2,2024-05-04T10:00:00Z,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z
lunch,ben,LUNCH-1,D2,2024-05-04T10:00:00Z,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z
on-the-way,eve,ASSAULT,\"North, East\",2024-05-05T09:50:00Z,2024-05-05T10:00:00Z,2024-05-05T10:30:00Z
no-officer,,ASSAULT,D2,2024-05-05T10:00:00Z,2024-05-05T10:00:00Z,2024-05-05T10:30:00Z
never,eve,ASSAULT,,2024-05-06T10:00:00Z,2024-05-06T10:00:00Z,2024-05-06T10:30:00Z
training,eve,ASSAULT,,2024-05-15T10:00:00Z,2024-05-15T10:00:00Z,2024-05-15T10:30:00Z
too-new,ada,ASSAULT,D1,2024-06-07T10:00:00Z,2024-06-07T10:00:00Z,2024-06-07T10:30:00Z
";

const RECORDINGS: &str = "\
recording_id,officer_id,started_at,stopped_at
r0,ada,2024-04-01T10:00:00Z,2024-04-01T10:05:00Z
r1,ada,2024-05-01T10:00:00Z,2024-05-01T10:30:00Z
r2,ada,2024-05-02T10:01:20Z,2024-05-02T10:30:00Z
r3,ben,2024-05-03T10:01:40.5Z,2024-05-03T10:30:00Z
r4,eve,2024-05-05T10:00:00Z,2024-05-05T10:30:00Z
r5,eve,2024-05-31T10:00:00Z,2024-05-31T10:05:00Z
";

const EXCEPTIONS: &str = "\
officer_id,from,to,code
eve,2024-05-15T09:00:00Z,2024-05-15T11:00:00Z,training
";

struct Department {
    folder: TempDir,
    inputs: Inputs,
}

impl Department {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, text: &str| -> PathBuf {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let inputs = Inputs {
            calls: written("calls.csv", CALLS),
            recordings: written("recordings.csv", RECORDINGS),
            exceptions: Some(written("exceptions.csv", EXCEPTIONS)),
            ..Inputs::default()
        };
        Self { folder, inputs }
    }

    fn compare(&self, a: &Policy, b: &Policy) -> Compared {
        compare(&self.inputs, &ReadOptions::default(), a, b, Some(&self.out()), &mut |_, _| {}).unwrap()
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("compared")
    }

    /// The lines of changes.csv, without their header.
    fn changes(&self) -> Vec<Vec<String>> {
        let mut rows = records(&self.out().join("changes.csv"));
        assert_eq!(rows.remove(0), CHANGES_HEADER);
        rows
    }

    fn outcomes(&self, policy: &Policy) -> Vec<BTreeMap<String, String>> {
        let out = self.folder.path().join("audit");
        audit(&self.inputs, &ReadOptions::default(), policy, Extras::default(), &out, &mut |_, _| {})
            .unwrap();
        let rows = records(&out.join("outcomes.csv"));
        let named = |row: &Vec<String>| rows[0].iter().cloned().zip(row.iter().cloned()).collect();
        rows[1..].iter().map(named).collect()
    }
}

const CHANGES_HEADER: [&str; 14] = [
    "line",
    "call_id",
    "officer_id",
    "district",
    "begin",
    "end",
    "outcome_a",
    "reason_a",
    "kinds_a",
    "uncovered_s_a",
    "outcome_b",
    "reason_b",
    "kinds_b",
    "uncovered_s_b",
];

/// The records of a CSV file whose values hold no line ends.
fn records(path: &Path) -> Vec<Vec<String>> {
    fs::read_to_string(path).unwrap().lines().map(fields).collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => fields.last_mut().unwrap().push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

/// A policy with the defaults of the contract and what is added to its sections.
fn policy(activation: &str, rest: &str) -> Policy {
    let text = format!(
        "[policy]\nid = \"town\"\nversion = \"1\"\ntitle = \"Town\"\n[activation]\n{activation}\n{rest}\n\
         [citations]\nactivation = \"G.O. 1\"\n"
    );
    Policy::parse("town.toml", &text).unwrap()
}

fn in_force() -> Policy {
    policy("", "")
}

fn transitions(compared: &Compared) -> Vec<(&str, &str, u64)> {
    let transition = |c: &onrecord_exchange::OutcomeChange| (c.outcome_a, c.outcome_b, c.count);
    compared.outcomes.iter().map(transition).collect()
}

#[test]
fn ninety_seconds_instead_of_sixty_turn_a_lateness_of_eighty_into_recorded() {
    let department = Department::new();
    let compared = department.compare(&in_force(), &policy("start_tolerance = \"90s\"", ""));
    assert_eq!(
        transitions(&compared),
        [
            ("recorded", "recorded", 2),
            ("unverifiable", "unverifiable", 2),
            ("partial", "recorded", 1),
            ("partial", "partial", 1),
            ("missing", "missing", 2),
        ]
    );
    let figures = [compared.obligations, compared.unchanged, compared.altered];
    assert_eq!(figures, [8, 7, 0]);
    assert_eq!([compared.changed, compared.milder, compared.graver], [1, 1, 0]);
    assert_eq!(
        department.changes(),
        [fields(
            "3,late-80,ada,D1,2024-05-02T10:00:00Z,2024-05-02T10:30:00Z,partial,,late_activation,80,recorded,,,0"
        )]
    );
}

#[test]
fn each_district_has_its_changes_and_its_shares_under_both_policies() {
    let department = Department::new();
    let compared = department.compare(&in_force(), &policy("start_tolerance = \"90s\"", ""));
    let names: Vec<_> = compared.districts.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["", "D1", "D2", "North, East"]);
    let first = &compared.districts[1];
    assert_eq!([first.obligations, first.changed, first.milder, first.graver], [3, 1, 1, 0]);
    assert_eq!((first.a.decided, first.b.decided), (2, 2));
    assert_eq!([first.a.recorded.share, first.b.recorded.share], [Some(0.5), Some(1.0)]);
    assert_eq!([first.a.missing.share, first.b.missing.share], [Some(0.0), Some(0.0)]);
    assert_eq!([first.a.undecided.count, first.b.undecided.count], [1, 1]);
    assert_eq!(first.a.recorded.low, None);
    assert!(compared.districts.iter().all(|d| d.name == "D1" || d.changed == 0));
    assert_eq!(compared.districts.iter().map(|d| d.obligations).sum::<u64>(), compared.obligations);
}

#[test]
fn a_duty_that_begins_at_dispatch_makes_a_recording_from_arrival_on_late() {
    let department = Department::new();
    let compared = department.compare(&in_force(), &policy("begins = [\"dispatched\"]", ""));
    assert_eq!([compared.changed, compared.milder, compared.graver], [1, 0, 1]);
    let change = "7,on-the-way,eve,\"North, East\",2024-05-05T09:50:00Z,2024-05-05T10:30:00Z,recorded,,,0,partial,,\
                  late_activation,600";
    assert_eq!(department.changes(), [fields(change)]);
    let late = &compared.defects[1];
    assert_eq!((late.kind, late.count_a, late.count_b), ("late_activation", 2, 3));
}

#[test]
fn an_exempt_type_of_call_is_not_required_any_more() {
    let department = Department::new();
    let compared = department.compare(&in_force(), &policy("exempt_call_types = [\"lunch*\"]", ""));
    assert!(transitions(&compared).contains(&("missing", "not_required", 1)));
    let change = "5,lunch,ben,D2,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z,missing,,never_activated,1800,not_required,\
                  exempt_type,,";
    assert_eq!(department.changes(), [fields(change)]);
    let [a, b] = [compared.a.shares, compared.b.shares];
    assert_eq!([a.obligations, a.decided, a.missing.count, a.not_required], [8, 6, 2, 0]);
    assert_eq!([b.obligations, b.decided, b.missing.count, b.not_required], [8, 5, 1, 1]);
}

#[test]
fn a_code_that_only_one_policy_knows_is_rejected_under_the_other() {
    let department = Department::new();
    let training = "[exceptions.training]\ncitation = \"G.O. 2\"";
    let compared = department.compare(&in_force(), &policy("", training));
    assert_eq!(
        transitions(&compared).into_iter().filter(|(a, b, _)| a != b).collect::<Vec<_>>(),
        [("unverifiable", "excused", 1)]
    );
    let rejected = |policy: &onrecord_exchange::ComparedPolicy| {
        let exceptions = policy.files.iter().find(|f| f.kind == "exceptions").unwrap();
        (exceptions.file.clone(), exceptions.rejected, exceptions.accepted)
    };
    assert_eq!(rejected(&compared.a), ("exceptions.csv".to_owned(), 1, 0));
    assert_eq!(rejected(&compared.b), ("exceptions.csv".to_owned(), 0, 1));
    let never = &compared.defects[0];
    assert_eq!((never.count_a, never.provisional_a), (2, 1));
    assert_eq!((never.count_b, never.provisional_b), (2, 0));
}

#[test]
fn an_outcome_as_grave_as_before_is_neither_milder_nor_graver() {
    let department = Department::new();
    let training = |more: &str| policy(more, "[exceptions.training]\ncitation = \"G.O. 2\"");
    let compared = department.compare(&training(""), &training("exempt_call_types = [\"ASSAULT\"]"));
    let changed: Vec<_> = transitions(&compared).into_iter().filter(|(a, b, _)| a != b).collect();
    assert_eq!(
        changed,
        [
            ("recorded", "not_required", 1),
            ("excused", "not_required", 1),
            ("unverifiable", "not_required", 1),
            ("partial", "not_required", 1),
            ("missing", "not_required", 1),
        ]
    );
    assert_eq!([compared.changed, compared.milder, compared.graver], [5, 3, 0]);
}

#[test]
fn the_same_outcome_with_another_reason_is_counted_and_not_listed() {
    let department = Department::new();
    let short = policy("minimum_duration = \"2h\"", "");
    let exempt = policy("minimum_duration = \"2h\"\nexempt_call_types = [\"LUNCH*\"]", "");
    let compared = department.compare(&short, &exempt);
    assert_eq!([compared.obligations, compared.changed, compared.altered], [8, 0, 1]);
    assert_eq!(department.changes(), Vec::<Vec<String>>::new());
}

#[test]
fn a_policy_compared_with_itself_changes_nothing() {
    let department = Department::new();
    let compared = department.compare(&in_force(), &in_force());
    assert_eq!([compared.obligations, compared.unchanged, compared.changed], [8, 8, 0]);
    assert_eq!([compared.altered, compared.milder, compared.graver], [0, 0, 0]);
    assert_eq!(department.changes(), Vec::<Vec<String>>::new());
    assert_eq!(compared.a.shares, compared.b.shares);
    assert!(compared.defects.iter().all(|d| (d.count_a, d.provisional_a) == (d.count_b, d.provisional_b)));
}

#[test]
fn the_changes_are_those_between_two_audits() {
    let department = Department::new();
    let tried = policy(
        "begins = [\"dispatched\"]\nstart_tolerance = \"90s\"\nexempt_call_types = [\"LUNCH*\"]",
        "[exceptions.training]\ncitation = \"G.O. 2\"",
    );
    let compared = department.compare(&in_force(), &tried);
    let changes = department.changes();
    let audits = [department.outcomes(&in_force()), department.outcomes(&tried)];
    assert_eq!(audits[0].len() as u64, compared.obligations);
    let differing = audits[0].iter().zip(&audits[1]).filter(|(a, b)| a["outcome"] != b["outcome"]);
    let expected: Vec<_> = differing.map(|(a, b)| expected_change(a, b)).collect();
    let without_district = |mut change: Vec<String>| {
        change.remove(3);
        change
    };
    assert_eq!(changes.into_iter().map(without_district).collect::<Vec<_>>(), expected);
    assert_eq!(expected.len() as u64, compared.changed);
    assert_eq!(compared.changed, 4);
}

/// The line of changes.csv that two lines of outcomes.csv make, without the district that these do not have.
fn expected_change(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<String> {
    let mut change: Vec<String> =
        ["line", "call_id", "officer_id", "begin", "end"].map(|c| b[c].clone()).into();
    for side in [a, b] {
        change.extend([side["outcome"].clone(), side["reason"].clone(), kinds(&side["defects"])]);
        change.push(side["uncovered_s"].clone());
    }
    change
}

/// The kinds in a list of defects, each once, in the order of the report.
fn kinds(defects: &str) -> String {
    let every = ["never_activated", "late_activation", "early_stop", "gap"];
    let has = |kind: &&str| defects.contains(&format!("\"{kind}\""));
    every.into_iter().filter(has).collect::<Vec<_>>().join(";")
}

#[test]
fn comparison_json_is_what_is_answered_and_the_same_on_every_run() {
    let department = Department::new();
    let [a, b] = [in_force(), policy("start_tolerance = \"90s\"", "")];
    let compared = department.compare(&a, &b);
    let file = department.out().join("comparison.json");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, serde_json::to_string_pretty(&compared).unwrap());
    department.compare(&a, &b);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["a"]["policy"]["id"], "town");
    assert_eq!(value["districts"][1]["b"]["recorded"]["share"], 1.0);
}

#[test]
fn without_a_folder_nothing_is_written_and_all_is_counted() {
    let department = Department::new();
    let files = || fs::read_dir(department.folder.path()).unwrap().count();
    let before = files();
    let options = ReadOptions::default();
    let tried = policy("start_tolerance = \"90s\"", "");
    let counted = compare(&department.inputs, &options, &in_force(), &tried, None, &mut |_, _| {}).unwrap();
    assert_eq!(files(), before);
    let written = department.compare(&in_force(), &tried);
    assert_eq!(serde_json::to_string(&counted).unwrap(), serde_json::to_string(&written).unwrap());
}

#[test]
fn progress_goes_once_from_nothing_to_all() {
    let department = Department::new();
    let mut told = Vec::new();
    let options = ReadOptions::default();
    compare(&department.inputs, &options, &in_force(), &in_force(), None, &mut |done, all| {
        told.push((done, all));
    })
    .unwrap();
    assert!(told.is_sorted());
    let halves = told.iter().map(|(done, all)| done * 2 >= *all).collect::<Vec<_>>();
    assert_eq!((halves.first(), halves.last()), (Some(&false), Some(&true)), "{told:?}");
    assert!(told.iter().all(|(done, all)| done <= all));
}

/// Compares while the calls are exchanged for others at the begin of the second run, which reads the recordings first.
fn compare_with_calls_changed(calls: &str) -> ExchangeError {
    let department = Department::new();
    let mut exchange = |done: u64, all: u64| {
        if done * 2 >= all {
            let new = department.folder.path().join("new.csv");
            fs::write(&new, calls).unwrap();
            fs::rename(&new, &department.inputs.calls).unwrap();
        }
    };
    let out = department.out();
    let options = ReadOptions::default();
    let error = compare(&department.inputs, &options, &in_force(), &in_force(), Some(&out), &mut exchange)
        .unwrap_err();
    assert_eq!(fs::read_dir(out).unwrap().count(), 0, "no half files are left behind");
    error
}

#[test]
fn calls_that_change_between_the_runs_are_noticed() {
    let fewer = CALLS.lines().take(5).collect::<Vec<_>>().join("\n");
    let more = format!("{CALLS}{}", CALLS.lines().nth(1).unwrap().replace("ada", "ben"));
    let other = CALLS.replace("late-100,ben", "late-100,eve");
    for calls in [fewer, more, other] {
        let error = compare_with_calls_changed(&calls).to_string();
        assert!(error.contains("calls.csv: its rows were not the same"), "{error}");
    }
}
