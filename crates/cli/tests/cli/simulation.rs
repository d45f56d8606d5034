//! Invented departments: the audit says of every call what really happened, whatever the number of threads.

use std::collections::BTreeMap;

use crate::desk::{Desk, Ran, Row, rows};

const FILES: &str = "--officers data/officers.csv --camera-assignments data/camera_assignments.csv \
    --exceptions data/exceptions.csv --device-events data/device_events.csv --policy us-il-chicago";

/// Invents a department into `data`.
fn simulated(arguments: &str) -> Desk {
    let desk = Desk::empty();
    let arguments: Vec<_> =
        ["simulate", "--out", "data"].into_iter().chain(arguments.split_whitespace()).collect();
    let ran = desk.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    desk
}

fn audit(desk: &Desk, more: &str) -> Ran {
    crate::desk::Audit::of(desk, "data/calls.csv", "data/recordings.csv").and(FILES).and(more).done()
}

/// What the truth and the audit both say of a row.
fn said(row: &Row) -> Vec<String> {
    let mut said: Vec<_> = ["line", "call_id", "officer_id", "outcome", "reason", "in_grace", "notice"]
        .map(|c| row[c].clone())
        .into();
    let defects: Option<serde_json::Value> = serde_json::from_str(&row["defects"]).ok();
    said.push(defects.map_or_else(String::new, |d| d.to_string()));
    said
}

fn tells_the_truth(desk: &Desk, ran: &Ran) {
    let truth = rows(&std::fs::read_to_string(desk.path("data/truth.csv")).unwrap());
    let found = ran.outcomes();
    assert_eq!(truth.len(), found.len());
    for (true_, found) in truth.iter().zip(&found) {
        assert_eq!(said(true_), said(found), "{}", true_["behaviour"]);
    }
}

#[test]
fn the_audit_of_the_small_town_tells_the_truth() {
    let desk = simulated("--scenario small-town");
    tells_the_truth(&desk, &audit(&desk, "--timezone America/Chicago"));
}

#[test]
fn the_audit_of_a_part_of_chicago_tells_the_truth() {
    let desk = simulated("--scenario chicago-2017 --officers 150 --days 20 --seed 7");
    tells_the_truth(&desk, &audit(&desk, ""));
}

#[test]
fn one_thread_and_two_and_a_second_run_write_the_same_bytes() {
    let desk = simulated("--scenario chicago-2017 --officers 120 --days 10");
    let every_byte = |ran: &Ran| -> BTreeMap<String, Vec<u8>> {
        let name = |name: String| (name.clone(), std::fs::read(ran.out.join(name)).unwrap());
        ran.written().into_iter().map(name).collect()
    };
    let one = every_byte(&audit(&desk, "--jsonl --public --threads 1 --out one"));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        [
            "outcomes.csv",
            "outcomes.jsonl",
            "rejects.csv",
            "report-public.html",
            "report.html",
            "summary.json"
        ]
    );
    for more in ["--threads 2 --out two", "--threads 2 --out two", "--out three"] {
        let other = every_byte(&audit(&desk, &format!("--jsonl --public {more}")));
        for (name, bytes) in &one {
            assert!(other.get(name) == Some(bytes), "{name} differs with {more}");
        }
    }
}

#[test]
fn the_line_that_simulate_prints_is_the_audit_to_run() {
    let desk = Desk::empty();
    for scenario in ["small-town", "chicago-2017"] {
        let ran = desk.run(&[
            "simulate",
            "--scenario",
            scenario,
            "--officers",
            "12",
            "--days",
            "2",
            "--out",
            scenario,
        ]);
        let line = ran.stdout.split_once("onrecord audit").unwrap().1.replace('\\', " ");
        let arguments: Vec<_> = ["audit"].into_iter().chain(line.split_whitespace()).collect();
        assert_eq!(desk.run(&arguments).code, Some(0));
        assert!(desk.path(&format!("{scenario}/report/outcomes.csv")).exists());
    }
}

#[test]
fn the_scenario_that_is_written_makes_the_same_files() {
    let desk = simulated("--scenario small-town --officers 3 --days 2 --seed 5");
    let again = desk.run(&["simulate", "--scenario", "data/scenario.toml", "--seed", "5", "--out", "again"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    for name in crate::desk::names_in(&desk.path("data")) {
        let read = |folder: &str| std::fs::read(desk.path(folder).join(&name)).unwrap();
        assert!(read("data") == read("again"), "{name}");
    }
}

#[test]
fn what_cannot_be_simulated_is_said_in_a_sentence() {
    let desk = Desk::empty().file("own.toml", "name = \"x\"\nofficer = 3\n").file("taken", "");
    let refused = |arguments: &[&str], parts: &[&str]| {
        let all: Vec<_> = ["simulate"].into_iter().chain(arguments.iter().copied()).collect();
        desk.run(&all).refused(parts);
    };
    refused(&["--scenario", "gotham", "--out", "x"], &["gotham", "chicago-2017, small-town"]);
    refused(&["--scenario", "own.toml", "--out", "x"], &["own.toml:2", "officer"]);
    refused(&["--scenario", "small-town", "--days", "0", "--out", "x"], &["days is 0", "from 1 to"]);
    refused(&["--scenario", "small-town", "--out", "taken/x"], &["taken/x", "cannot be written"]);
}
