//! What an audit writes and prints.

use std::io::Write as _;

use crate::desk::{Audit, CALLS, Desk, RECORDINGS, Ran, table};

/// A department of six officers in which everything happens once.
fn department() -> Desk {
    let calls = "\
call_id,officer_id,unit_id,call_type,district,dispatched_at,on_scene_at,cleared_at
recorded,P1,1A,BURGLARY,1,2017-11-06T09:50:00Z,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
late,P1,1A,BURGLARY,1,2017-11-07T09:50:00Z,2017-11-07T10:00:00Z,2017-11-07T10:30:00Z
early,P1,1A,THEFT,1,2017-11-08T09:50:00Z,2017-11-08T10:00:00Z,2017-11-08T10:30:00Z
gap,P1,1A,THEFT,1,2017-11-09T09:50:00Z,2017-11-09T10:00:00Z,2017-11-09T10:30:00.5Z
never,P2,1B,THEFT,1,2017-11-06T09:50:00Z,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
excused,P2,1B,THEFT,1,2017-11-07T09:50:00Z,2017-11-07T10:00:00Z,2017-11-07T10:30:00Z
pending,P2,1B,THEFT,1,2017-11-08T09:50:00Z,2017-11-08T10:00:00Z,2017-11-08T10:30:00Z
battery,P2,1B,THEFT,2,2017-11-09T09:50:00Z,2017-11-09T10:00:00Z,2017-11-09T10:30:00Z
lunch,P3,1C,LUNCH BREAK,2,,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
turned back,P3,1C,THEFT,2,2017-11-06T11:00:00Z,,2017-11-06T11:30:00Z
minute,P3,1C,THEFT,2,,2017-11-06T12:00:00Z,2017-11-06T12:01:00Z
open,P3,1C,THEFT,2,,2017-11-06T13:00:00Z,
unread,P3,1C,THEFT,2,,2017-11-06T13:00:00Z,noon
backwards,P3,1C,THEFT,2,,2017-11-06T13:00:00Z,2017-11-06T12:00:00Z
before cameras,P4,1D,THEFT,2,,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
not uploaded,P4,1D,THEFT,2,,2017-11-20T10:00:00Z,2017-11-20T10:30:00Z
other id,P5,1E,THEFT,,,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
after export,P5,1E,THEFT,,,2017-12-06T10:00:00Z,2017-12-06T10:30:00Z
\"quoted, \"\"id\"\"\",P6,,,,,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z
";
    let recordings = "\
recording_id,officer_id,camera_serial,started_at,activated_at,stopped_at,notice,notice_at
a,P1,X1,2017-11-06T09:59:00Z,2017-11-06T09:59:30Z,2017-11-06T10:31:00Z,given,2017-11-06T10:00:20Z
b,P1,X1,2017-11-07T10:04:30Z,2017-11-07T10:05:00Z,2017-11-07T10:31:00Z,given,2017-11-07T10:05:10Z
c,P1,X1,2017-11-08T09:59:00Z,2017-11-08T09:59:30Z,2017-11-08T10:20:00Z,none,
d,P1,X1,2017-11-09T09:59:00Z,2017-11-09T09:59:10Z,2017-11-09T10:10:00Z,,
\"e,1\",P1,X1,2017-11-09T10:12:00Z,2017-11-09T10:12:30Z,2017-11-09T10:31:00Z,,
f,P2,X2,2017-11-03T09:59:00Z,2017-11-03T09:59:30Z,2017-11-03T10:31:00Z,,
g,P9,X5,2017-11-06T10:05:00Z,2017-11-06T10:05:30Z,2017-11-06T10:31:00Z,,
h,P6,X6,2017-11-06T09:59:00Z,,2017-11-06T10:31:00Z,given,
first,P9,X9,2017-11-01T00:00:00Z,2017-11-01T00:00:30Z,2017-11-01T00:01:00Z,,
last,P9,X9,2017-11-30T00:00:00Z,2017-11-30T00:00:30Z,2017-11-30T00:01:00Z,,
";
    let assignments = "\
camera_serial,officer_id,from,to
X1,P1,2017-10-20T00:00:00Z,
X2,P2,2017-01-01T00:00:00Z,
X3,P3,2017-01-01T00:00:00Z,
X4,P4,2017-11-15T00:00:00Z,
X5,P5,2017-01-01T00:00:00Z,
X6,P6,2017-01-01T00:00:00Z,
X9,P9,2017-01-01T00:00:00Z,
";
    let exceptions = "\
officer_id,call_id,from,to,code,approved_by
P2,excused,2017-11-07T09:00:00Z,2017-11-07T11:00:00Z,victim_request,
P2,,2017-11-08T09:00:00Z,2017-11-08T11:00:00Z,technical_failure,
";
    let events = "\
camera_serial,at,event
X1,2017-11-12T00:00:00Z,uploaded
X2,2017-11-09T09:00:00Z,battery_depleted
X2,2017-11-09T18:00:00Z,docked
X2,2017-11-12T00:00:00Z,uploaded
X3,2017-11-12T00:00:00Z,uploaded
X4,2017-11-19T00:00:00Z,uploaded
X5,2017-11-12T00:00:00Z,uploaded
X6,2017-11-12T00:00:00Z,uploaded
";
    Desk::with(calls, recordings)
        .file("assignments.csv", assignments)
        .file("exceptions.csv", exceptions)
        .file("events.csv", events)
}

fn audit<'a>(desk: &'a Desk, more: &str) -> Audit<'a> {
    let files = "--camera-assignments assignments.csv --exceptions exceptions.csv --device-events events.csv";
    desk.audit().and(files).and("--policy us-il-chicago").and(more)
}

#[test]
fn the_outcomes_of_a_small_department() {
    let desk = department();
    let ran = audit(&desk, "").done();
    insta::assert_snapshot!("outcomes", ran.read("outcomes.csv"));
    insta::assert_snapshot!("rejects", ran.read("rejects.csv"));
}

/// The keys of a JSON value, one path a line; lists by their first entry.
fn keys(value: &serde_json::Value, path: &str, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, v)| keys(v, &format!("{path}.{key}"), into));
        }
        serde_json::Value::Array(list) => {
            list.iter().take(1).for_each(|v| keys(v, &format!("{path}[]"), into));
        }
        _ => into.push(path.trim_start_matches('.').to_owned()),
    }
}

#[test]
fn the_shape_of_the_summary() {
    let desk = department();
    let mut paths = Vec::new();
    keys(&audit(&desk, "").done().summary(), "", &mut paths);
    paths.sort();
    insta::assert_snapshot!("summary-keys", paths.join("\n"));
}

#[test]
fn no_share_stands_without_the_share_that_is_undecided() {
    let desk = department();
    let summary = audit(&desk, "").done().summary();
    let shares = &summary["shares"];
    let count = |name: &str| shares[name]["count"].as_u64().unwrap();
    assert_eq!(
        shares["decided"].as_u64().unwrap(),
        count("recorded") + count("excused") + count("partial") + count("missing")
    );
    assert_eq!(count("undecided"), 6);
    assert!(summary["status"].as_str().unwrap().contains("not a finding"));
}

#[test]
fn json_on_stdout_is_the_summary() {
    let desk = department();
    let ran = audit(&desk, "--format json").done();
    let printed: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(printed, ran.summary());
}

#[test]
fn text_on_stdout_says_what_it_is_and_where_the_report_lies() {
    let desk = department();
    let ran = audit(&desk, "").done();
    for part in [
        "19 obligations under Chicago, Illinois",
        "undecided",
        "rejects.csv",
        "not a finding",
        "out/report.html",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} is not in: {}", ran.stdout);
    }
}

#[test]
fn nothing_on_stderr_where_it_is_no_terminal() {
    let desk = department();
    assert_eq!(audit(&desk, "").done().stderr, "");
}

#[test]
fn every_line_of_jsonl_says_what_the_csv_says() {
    let desk = department();
    let ran = audit(&desk, "--jsonl").done();
    let (csv, jsonl) = (ran.outcomes(), ran.read("outcomes.jsonl"));
    assert_eq!(csv.len(), jsonl.lines().count());
    for (row, line) in csv.iter().zip(jsonl.lines()) {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        for (column, text) in row {
            let value = &json[column];
            let same = match value {
                serde_json::Value::Null => text.is_empty(),
                serde_json::Value::String(string) => string == text,
                serde_json::Value::Number(number) => text.parse::<f64>().ok() == number.as_f64(),
                other => serde_json::from_str::<serde_json::Value>(text).unwrap() == *other,
            };
            assert!(same, "{column}: {text:?} and {value}");
        }
    }
}

#[test]
fn the_public_report_names_no_officer_no_call_and_no_exact_time() {
    let calls = (0..400).map(|n| {
        let (officer, district, hour, minute) = (n % 40, n % 2, n % 7, n % 10);
        format!(
            "Kall{n},Offizier{officer},Distrikt{district},2017-11-06T1{hour}:0{minute}:13Z,2017-11-06T1{hour}:3{minute}:17Z"
        )
    });
    let recordings = (0..40).map(|n| {
        let hour = n % 10;
        format!("Aufnahme{n},Offizier{n},Kamera{n},2017-11-06T0{hour}:00:11Z,2017-11-06T1{hour}:00:19Z")
    });
    let desk = Desk::with(
        table("call_id,officer_id,district,on_scene_at,cleared_at", calls),
        table("recording_id,officer_id,camera_serial,started_at,stopped_at", recordings),
    )
    .file("officers.csv", "officer_id,name\nOffizier1,Nachname\n");
    let ran = desk.audit().and("--public --officers officers.csv").done();
    let report = ran.read("report-public.html");
    assert!(report.contains("<html"), "the report is empty");
    for secret in ["Offizier", "Nachname", "Kall", "Kamera", "Aufnahme", ":13Z", ":11Z", "10:00:13", "T10:00"]
    {
        assert!(!report.contains(secret), "{secret}");
    }
    assert!(report.contains("Distrikt1"));
    assert!(ran.read("report.html").contains("Offizier"));
}

#[test]
fn strict_writes_everything_and_then_exits_with_2() {
    let desk = Desk::with(format!("{CALLS}C2,P1,soon,later\n"), RECORDINGS);
    let ran = desk.audit().and("--strict").run();
    ran.refused(&["--strict", "rejects.csv", "2 rows or values"]);
    assert_eq!(ran.written(), ["outcomes.csv", "rejects.csv", "report.html", "summary.json"]);
    assert_eq!(ran.said(), ["recorded", "unverifiable unreadable_time"]);
    assert_eq!(Desk::in_order().audit().and("--strict").run().code, Some(0));
}

#[test]
fn compressed_files_give_the_same_outcomes() {
    let desk = department();
    let plain = audit(&desk, "--out plain").done();
    for name in ["calls.csv", "recordings.csv", "events.csv"] {
        let content = std::fs::read(desk.path(name)).unwrap();
        let mut gz = flate2::write::GzEncoder::new(
            std::fs::File::create(desk.path(&format!("{name}.gz"))).unwrap(),
            flate2::Compression::best(),
        );
        gz.write_all(&content).unwrap();
        gz.finish().unwrap();
        std::fs::write(desk.path(&format!("{name}.zst")), zstd::encode_all(content.as_slice(), 3).unwrap())
            .unwrap();
    }
    for kind in ["gz", "zst"] {
        let packed = Audit::of(&desk, &format!("calls.csv.{kind}"), &format!("recordings.csv.{kind}"))
            .and("--camera-assignments assignments.csv --exceptions exceptions.csv --policy us-il-chicago")
            .and(&format!("--device-events events.csv.{kind} --out {kind}"))
            .done();
        assert_eq!(packed.read("outcomes.csv"), plain.read("outcomes.csv"));
        assert_eq!(packed.read("rejects.csv").replace(&format!(".{kind}"), ""), plain.read("rejects.csv"));
    }
}

/// The outcomes without the column that names the line.
fn without_lines(ran: &Ran) -> Vec<String> {
    ran.read("outcomes.csv").lines().skip(1).map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
}

#[test]
fn the_order_of_the_recordings_does_not_matter_and_that_of_the_calls_is_kept() {
    let desk = department();
    let plain = audit(&desk, "--out plain").done();
    let turned = |name: &str| {
        let text = std::fs::read_to_string(desk.path(name)).unwrap();
        let (header, rest) = text.split_once('\n').unwrap();
        let lines: Vec<_> = rest.lines().rev().collect();
        format!("{header}\n{}\n", lines.join("\n"))
    };
    let other = department()
        .file("calls.csv", turned("calls.csv"))
        .file("recordings.csv", turned("recordings.csv").replace("e,1", "e1"))
        .file("assignments.csv", turned("assignments.csv"))
        .file("exceptions.csv", turned("exceptions.csv"));
    let ran = audit(&other, "").done();
    let mut expected: Vec<_> = without_lines(&plain).iter().map(|l| l.replace("\"d;e,1\"", "e1;d")).collect();
    expected.reverse();
    assert_eq!(without_lines(&ran), expected);
}
