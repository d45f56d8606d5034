//! `onrecord policy compare` as its users meet it: the program itself, on a hand-made department whose changes are
//! known and on an invented town.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests, which the lints do not know as such

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use onrecord_simulator::{Options, Scenario, simulate};
use serde_json::Value;
use tempfile::TempDir;

const CALLS: &str = "\
call_id,officer_id,call_type,district,dispatched_at,on_scene_at,cleared_at
recorded,ada,BURGLARY,1,2024-05-01T10:00:00Z,2024-05-01T10:00:00Z,2024-05-01T10:30:00Z
late-80,ada,BURGLARY,1,2024-05-02T10:00:00Z,2024-05-02T10:00:00Z,2024-05-02T10:30:00Z
lunch,ben,LUNCH,2,2024-05-03T10:00:00Z,2024-05-03T10:00:00Z,2024-05-03T10:30:00Z
on-the-way,ben,ASSAULT,2,2024-05-04T09:50:00Z,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z
no-officer,,ASSAULT,2,2024-05-04T09:50:00Z,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z
never,ben,ASSAULT,,2024-05-05T10:00:00Z,2024-05-05T10:00:00Z,2024-05-05T10:30:00Z
too-new,ada,ASSAULT,1,2024-06-05T10:00:00Z,2024-06-05T10:00:00Z,2024-06-05T10:30:00Z
";

const RECORDINGS: &str = "\
recording_id,officer_id,started_at,stopped_at
r0,ada,2024-04-01T10:00:00Z,2024-04-01T10:05:00Z
r1,ada,2024-05-01T10:00:00Z,2024-05-01T10:30:00Z
r2,ada,2024-05-02T10:01:20Z,2024-05-02T10:30:00Z
r3,ben,2024-05-04T10:00:00Z,2024-05-04T10:30:00Z
r4,ben,2024-05-31T10:00:00Z,2024-05-31T10:05:00Z
";

const IN_FORCE: &str = "\
[policy]
id = \"town\"
version = \"1\"
title = \"Town\"
";

const TRIED: &str = "\
[policy]
id = \"town\"
version = \"2\"
title = \"Town\"
[activation]
begins = [\"dispatched\"]
start_tolerance = \"90s\"
exempt_call_types = [\"LUNCH*\"]
";

/// What is printed of the hand-made department, but for the folder.
const PRINTED: &str = "\
A  a.toml: Town (id town, version 1)
B  b.toml: Town (id town, version 2)

Another outcome under B: 3 of 6 obligations; 2 milder, 1 graver, 0 as grave as before.

Under A   Under B       Obligations
recorded  partial                 1
partial   recorded                1
missing   not_required            1

All obligations       A         B
required and decided  5         4
  recorded            2  40.0%  2  50.0%
  excused             0   0.0%  0   0.0%
  partial             1  20.0%  1  25.0%
  missing             2  40.0%  1  25.0%
undecided besides     1  16.7%  1  20.0%
not required          0         1
no camera             0         0

District  Obligations  Changed  Milder  Graver        Recorded       Missing      Undecided
1                   3        1       1       0  50.0% → 100.0%   0.0% → 0.0%  33.3% → 33.3%
2                   2        2       1       1    50.0% → 0.0%  50.0% → 0.0%    0.0% → 0.0%
In 1 of 3 districts nothing changes.

Defects          A  B  In doubt: A  B
never_activated  2  1            0  0
late_activation  1  1            0  0
early_stop       0  0            0  0
gap              0  0            0  0

calls.csv: rows or values that could not be used: 1.
`onrecord audit` lists them in rejects.csv.

Changes: tried/changes.csv
Outcomes from data alone under either policy, not reviewed by a person. An outcome is not a finding.
";

const CHANGES: &str = "\
line,call_id,officer_id,district,begin,end,outcome_a,reason_a,kinds_a,uncovered_s_a,outcome_b,reason_b,kinds_b,uncovered_s_b
3,late-80,ada,1,2024-05-02T10:00:00Z,2024-05-02T10:30:00Z,partial,,late_activation,80,recorded,,,0
4,lunch,ben,2,2024-05-03T10:00:00Z,2024-05-03T10:30:00Z,missing,,never_activated,1800,not_required,exempt_type,,
5,on-the-way,ben,2,2024-05-04T09:50:00Z,2024-05-04T10:30:00Z,recorded,,,0,partial,,late_activation,600
";

/// A folder with exports, and the flags that name them.
struct Desk {
    folder: TempDir,
    files: Vec<String>,
}

impl Desk {
    /// With the hand-made department and the two policies `a.toml` and `b.toml`.
    fn hand_made() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written =
            [("calls.csv", CALLS), ("recordings.csv", RECORDINGS), ("a.toml", IN_FORCE), ("b.toml", TRIED)];
        for (name, text) in written {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let files = ["--calls", "calls.csv", "--recordings", "recordings.csv"];
        Self { folder, files: files.map(str::to_owned).into() }
    }

    /// With two weeks of the invented town of twelve officers, whose dispatch writes local times.
    fn small_town() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let town = Scenario::named("small-town").unwrap();
        let options = Options { officers: Some(12), days: Some(14), seed: 1 };
        simulate(&town, &options, folder.path(), &mut |_, _| {}).unwrap();
        let mut files = vec!["--timezone".to_owned(), "America/Chicago".to_owned()];
        for kind in ["calls", "recordings", "officers", "camera-assignments", "exceptions", "device-events"] {
            files.extend([format!("--{kind}"), format!("{}.csv", kind.replace('-', "_"))]);
        }
        Self { folder, files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in the folder, with the files.
    fn onrecord(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_onrecord"));
        Command::new(program)
            .args(arguments)
            .args(&self.files)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// What it prints where it succeeds.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.onrecord(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `policy compare` answers as JSON, with its files in the folder `tried`.
    fn compared(&self, a: &str, b: &str) -> Value {
        let arguments = ["policy", "compare", a, b, "--out", "tried", "--format", "json"];
        serde_json::from_str(&self.printed(&arguments)).unwrap()
    }

    /// The lines of outcomes.csv under a policy.
    fn outcomes(&self, policy: &str) -> Vec<Vec<String>> {
        self.printed(&["audit", "--policy", policy, "--out", "audited"]);
        self.records("audited/outcomes.csv")
    }

    /// The records of a CSV file without its header.
    fn records(&self, name: &str) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines().skip(1).map(fields).collect()
    }
}

/// The fields of a line, none of whose values holds a line end.
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

/// What changes.csv must say of two lines of outcomes.csv, but for the district, which those do not have.
fn expected_change(a: &[String], b: &[String]) -> Vec<String> {
    // line, call_id, officer_id, begin, end, outcome, reason, defects, covered_s, uncovered_s
    let mut change = b[..5].to_vec();
    for side in [a, b] {
        let every = ["never_activated", "late_activation", "early_stop", "gap"];
        let kinds = every.into_iter().filter(|kind| side[7].contains(&format!("\"{kind}\"")));
        let kinds = kinds.collect::<Vec<_>>().join(";");
        change.extend([side[5].clone(), side[6].clone(), kinds, side[9].clone()]);
    }
    change
}

fn sum_of_outcomes(compared: &Value) -> u64 {
    let outcomes = compared["outcomes"].as_array().unwrap();
    outcomes.iter().map(|o| o["count"].as_u64().unwrap()).sum()
}

#[test]
fn the_hand_made_department_is_printed_in_short_tables() {
    let desk = Desk::hand_made();
    let printed = desk.printed(&["policy", "compare", "a.toml", "b.toml", "--out", "tried"]);
    assert_eq!(printed, PRINTED);
    assert_eq!(fs::read_to_string(desk.path("tried/changes.csv")).unwrap(), CHANGES);
    let mut names: Vec<_> =
        fs::read_dir(desk.path("tried")).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["changes.csv", "comparison.json"]);
}

#[test]
fn as_json_it_prints_comparison_json() {
    let desk = Desk::hand_made();
    let compared = desk.compared("a.toml", "b.toml");
    let file = fs::read_to_string(desk.path("tried/comparison.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&file).unwrap(), compared);
    assert_eq!(compared["a"]["policy"]["version"], "1");
    assert_eq!(compared["b"]["policy"]["version"], "2");
    assert_eq!((&compared["obligations"], &compared["changed"]), (&6.into(), &3.into()));
    assert_eq!(sum_of_outcomes(&compared), 6);
}

#[test]
fn without_out_nothing_is_written_and_the_text_says_how_to_have_it() {
    let desk = Desk::hand_made();
    let printed = desk.printed(&["policy", "compare", "a.toml", "b.toml"]);
    assert!(printed.contains("Give --out DIR to have every change listed."), "{printed}");
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 4);
}

#[test]
fn two_versions_that_cannot_be_told_apart_are_named() {
    let desk = Desk::hand_made();
    fs::write(desk.path("b.toml"), TRIED.replace("\"2\"", "\"1\"")).unwrap();
    let warning = "A and B differ but have the same id and version";
    assert!(desk.printed(&["policy", "compare", "a.toml", "b.toml"]).contains(warning));
    assert!(!desk.printed(&["policy", "compare", "a.toml", "a.toml"]).contains(warning));
}

#[test]
fn a_town_compared_with_itself_changes_nothing() {
    let desk = Desk::small_town();
    let printed = desk.printed(&["policy", "compare", "us-il-chicago", "us-il-chicago", "--out", "tried"]);
    assert!(printed.contains("Another outcome under B: none of "), "{printed}");
    let compared = desk.compared("us-il-chicago", "us-il-chicago");
    for figure in ["changed", "milder", "graver", "altered"] {
        assert_eq!(compared[figure], 0, "{figure}");
    }
    assert_eq!(compared["obligations"], compared["unchanged"]);
    assert_eq!(compared["a"], compared["b"]);
    assert!(sum_of_outcomes(&compared) > 500);
    assert_eq!(compared["obligations"], sum_of_outcomes(&compared));
    assert_eq!(desk.records("tried/changes.csv"), Vec::<Vec<String>>::new());
}

#[test]
fn the_changes_in_a_town_are_those_between_two_audits() {
    let desk = Desk::small_town();
    let chicago =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/us-il-chicago.toml"))
            .unwrap();
    let tried = chicago
        .replace("start_tolerance = \"60s\"", "start_tolerance = \"90s\"")
        .replace("begins = [\"on_scene\", \"en_route\", \"dispatched\"]", "begins = [\"dispatched\"]")
        .replace("[exceptions.community_caretaking]", "[exceptions.something_else]");
    fs::write(desk.path("tried.toml"), &tried).unwrap();
    let compared = desk.compared("us-il-chicago", "tried.toml");
    let [under_a, under_b] = ["us-il-chicago", "tried.toml"].map(|policy| desk.outcomes(policy));
    assert_eq!(under_a.len(), under_b.len());
    assert_eq!(compared["obligations"], under_a.len());
    assert_eq!(compared["obligations"], sum_of_outcomes(&compared));
    let pairs = || under_a.iter().zip(&under_b);
    let expected: Vec<_> =
        pairs().filter(|(a, b)| a[5] != b[5]).map(|(a, b)| expected_change(a, b)).collect();
    assert!(expected.len() > 50);
    assert_eq!(compared["changed"], expected.len());
    let mut changes = desk.records("tried/changes.csv");
    changes.iter_mut().for_each(|change| drop(change.remove(3)));
    assert_eq!(changes, expected);
    for outcomes in compared["outcomes"].as_array().unwrap() {
        let same = pairs().filter(|(a, b)| outcomes["outcome_a"] == a[5] && outcomes["outcome_b"] == b[5]);
        assert_eq!(outcomes["count"], same.count(), "{outcomes}");
    }
}

#[test]
fn the_shares_and_defects_in_a_town_are_those_of_two_audits() {
    let desk = Desk::small_town();
    let compared = desk.compared("generic", "us-il-chicago");
    for (side, policy) in [("a", "generic"), ("b", "us-il-chicago")] {
        desk.outcomes(policy);
        let summary = fs::read_to_string(desk.path("audited/summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let shares = &compared[side]["shares"];
        for name in ["recorded", "excused", "partial", "missing", "undecided"] {
            assert_eq!(shares[name]["count"], summary["shares"][name]["count"], "{name}");
            assert_eq!(shares[name]["share"], summary["shares"][name]["share"], "{name}");
            assert_eq!(shares[name].get("low"), None);
        }
        for name in ["obligations", "decided", "not_required", "no_camera"] {
            assert_eq!(shares[name], summary["shares"][name], "{name}");
        }
        let of_audit = summary["defects"].as_array().unwrap();
        for (defects, audited) in compared["defects"].as_array().unwrap().iter().zip(of_audit) {
            assert_eq!(defects["kind"], audited["kind"]);
            assert_eq!(defects[format!("count_{side}")], audited["count"]);
            assert_eq!(defects[format!("provisional_{side}")], audited["provisional"]);
        }
    }
}

#[test]
fn what_cannot_be_used_is_said_in_a_sentence() {
    let desk = Desk::hand_made();
    for (b, sentence) in [
        ("none.toml", "onrecord: none.toml: is neither a file nor a shipped policy."),
        ("calls.csv", "onrecord: calls.csv"),
    ] {
        let output = desk.onrecord(&["policy", "compare", "a.toml", b, "--out", "tried"]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(sentence), "{said}");
        assert!(!desk.path("tried").exists());
    }
    fs::remove_file(desk.path("recordings.csv")).unwrap();
    let output = desk.onrecord(&["policy", "compare", "a.toml", "b.toml", "--out", "tried"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("recordings.csv"), "{said}");
    assert_eq!(fs::read_dir(desk.path("tried")).unwrap().count(), 0, "no half files are left behind");
}

#[test]
fn the_help_teaches_by_an_example() {
    let program = Path::new(env!("CARGO_BIN_EXE_onrecord"));
    let help = |arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = help(&["policy", "compare", "--help"]);
    for part in ["90 seconds instead of 60", "changes.csv", "--recordings", "--timezone", "Exit codes"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(help(&["policy", "--help"]).contains("Try a policy on history"));
}
