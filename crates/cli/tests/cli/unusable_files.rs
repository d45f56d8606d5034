//! A file that cannot be used at all stops the audit: one sentence names file, line and column and says what to do.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::desk::{Audit, CALLS, Desk, ONRECORD, RECORDINGS, names_in, table};

/// Every file of an audit: its option, its name, its header, and which of its columns must be there.
const FILES: [(&str, &str, &str, &[&str]); 6] = [
    ("--calls", "calls.csv", "call_id,officer_id,on_scene_at,cleared_at", &["call_id", "officer_id"]),
    (
        "--recordings",
        "recordings.csv",
        "recording_id,officer_id,camera_serial,started_at,stopped_at",
        &["recording_id", "started_at"],
    ),
    ("--officers", "officers.csv", "officer_id,name,camera_serial,camera_issued_at", &["officer_id"]),
    (
        "--camera-assignments",
        "assignments.csv",
        "camera_serial,officer_id,from,to",
        &["camera_serial", "officer_id", "from"],
    ),
    (
        "--exceptions",
        "exceptions.csv",
        "officer_id,call_id,from,to,code",
        &["officer_id", "from", "to", "code"],
    ),
    ("--device-events", "events.csv", "camera_serial,at,event", &["camera_serial", "at", "event"]),
];

/// An audit in which one file has this content.
fn audit_with<'a>(desk: &'a Desk, option: &str, name: &str, content: &[u8]) -> Audit<'a> {
    std::fs::write(desk.path(name), content).unwrap();
    let audit = desk.audit();
    if ["--calls", "--recordings"].contains(&option) { audit } else { audit.and(&format!("{option} {name}")) }
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zst(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

#[test]
fn an_empty_file() {
    for (option, name, _, _) in FILES {
        audit_with(&Desk::in_order(), option, name, b"").refuses(&[
            name,
            "line 1",
            "is empty",
            "Export it again",
        ]);
        audit_with(&Desk::in_order(), option, name, b"\n \r\n").refuses(&[name, "is empty"]);
    }
}

#[test]
fn a_header_without_rows_accuses_nobody() {
    for (option, name, header, _) in FILES {
        let desk = Desk::with(CALLS, RECORDINGS.replace("R1,P1", "R1,P8"));
        let audit = audit_with(&desk, option, name, format!("{header}\n").as_bytes());
        if name == "officers.csv" {
            audit.refuses(&[name, "line 2", "no rows", "leave --officers out"]);
            continue;
        }
        let said = audit.done().said();
        let expected: &[&str] = match name {
            "calls.csv" => &[],
            "assignments.csv" => &["no_camera"],
            _ => &["unverifiable camera_unknown"],
        };
        assert_eq!(said, expected, "{name}");
    }
}

#[test]
fn another_separator_than_the_comma() {
    for (option, name, header, _) in FILES {
        for (separator, word) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")] {
            let desk = Desk::in_order();
            let content = format!("{}\n", header.replace(',', separator));
            audit_with(&desk, option, name, content.as_bytes()).refuses(&[
                name,
                "line 1",
                "column",
                word,
                "Export the file with commas",
            ]);
        }
    }
}

#[test]
fn a_missing_column_is_named() {
    for (option, name, header, required) in FILES {
        for column in required {
            let desk = Desk::in_order();
            let content = format!("{}\nx\n", header.replace(column, "something"));
            audit_with(&desk, option, name, content.as_bytes()).refuses(&[
                name,
                "line 1",
                column,
                "is missing",
            ]);
        }
    }
}

#[test]
fn a_column_that_stands_twice() {
    for (option, name, header, required) in FILES {
        let content = format!("{header},{}\n", required[0]);
        audit_with(&Desk::in_order(), option, name, content.as_bytes()).refuses(&[
            name,
            "line 1",
            required[0],
            "stands twice",
            "Rename or remove",
        ]);
    }
}

#[test]
fn latin_1_is_found_at_its_line_and_column() {
    let content = b"officer_id,name,badge\nP1,Smith,1\nP2,Mu\xF1oz,2\n";
    audit_with(&Desk::in_order(), "--officers", "officers.csv", content).refuses(&[
        "officers.csv",
        "line 3",
        "column name",
        "not UTF-8",
        "Save it as UTF-8",
    ]);
    let header = b"call_id,officer_id,on_scene_at,cleared_at,Stra\xDFe\n";
    audit_with(&Desk::in_order(), "--calls", "calls.csv", header).refuses(&[
        "calls.csv",
        "line 1",
        "not UTF-8",
    ]);
}

#[test]
fn utf_16() {
    for (option, name, header, _) in FILES {
        let units: Vec<u16> = format!("\u{FEFF}{header}\n").encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
        for content in [&little, &big] {
            audit_with(&Desk::in_order(), option, name, content).refuses(&[name, "UTF-16", "CSV UTF-8"]);
        }
        // Without the mark at its beginning nobody can be sure; but it is no CSV of ours.
        audit_with(&Desk::in_order(), option, name, &little[2..]).refuses(&[name, "line 1"]);
    }
}

#[test]
fn line_ends_of_an_old_kind() {
    for (option, name, header, _) in FILES {
        let content = format!("{header}\rA,B,2017-11-06T10:00:00Z,x\r");
        audit_with(&Desk::in_order(), option, name, content.as_bytes()).refuses(&[name, "line 1", "\\r"]);
    }
}

#[test]
fn a_quote_that_is_never_closed() {
    for (option, name, header, required) in FILES {
        let cut = format!("{header}\n\"A,2017\n");
        audit_with(&Desk::in_order(), option, name, cut.as_bytes())
            .refuses(&[name, "line 2", "quote", "Close it"]);
        // In the middle of a file whatever follows would become part of one value.
        let more = format!("{header}\n\"A,2017\n{}", "x,y\n".repeat(400_000));
        let column = format!("column {}", header.split(',').next().unwrap());
        let ran = audit_with(&Desk::in_order(), option, name, more.as_bytes()).run();
        ran.refused(&[name, "line 2", &column, "quote"]);
        assert!(!required.is_empty());
    }
}

/// Runs an audit and answers the most memory it had, in kB, as far as looking every few milliseconds shows it.
fn peak_memory(desk: &Desk, calls: &str) -> (u64, Duration, String) {
    let began = Instant::now();
    let mut child = Command::new(ONRECORD)
        .args([
            "audit",
            "--calls",
            calls,
            "--recordings",
            "recordings.csv",
            "--policy",
            "generic",
            "--out",
            "out",
        ])
        .current_dir(desk.path(""))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    (most, began.elapsed(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn a_line_of_two_gigabytes_is_refused_at_once() {
    let desk = Desk::in_order();
    let plain = std::fs::File::options().append(true).open(desk.path("calls.csv")).unwrap();
    plain.set_len(2 << 30).unwrap();
    let packed = std::fs::File::create(desk.path("calls.csv.zst")).unwrap();
    let mut packed = zstd::Encoder::new(packed, 1).unwrap();
    packed.write_all(CALLS.as_bytes()).unwrap();
    let megabyte = vec![b'a'; 1 << 20];
    for _ in 0..512 {
        packed.write_all(&megabyte).unwrap();
    }
    packed.finish().unwrap();
    for calls in ["calls.csv", "calls.csv.zst"] {
        let (memory, time, said) = peak_memory(&desk, calls);
        assert!(
            said.contains(calls) && said.contains("line 3") && said.contains("is this a CSV file?"),
            "{said}"
        );
        assert!(memory < 300_000, "{calls}: {memory} kB");
        assert!(time < Duration::from_secs(10), "{calls}: {time:?}");
    }
}

#[test]
fn compressed_data_that_is_cut_off_or_garbage() {
    let many = (0..20_000u32)
        .map(|n| format!("C{n},P{},2017-11-06T10:00:{:02}Z,2017-11-06T11:00:00Z", n * n % 997, n % 60));
    let calls = table("call_id,officer_id,on_scene_at,cleared_at", many);
    for (name, packed) in [("calls.csv.gz", gz(calls.as_bytes())), ("calls.csv.zst", zst(calls.as_bytes()))] {
        for cut in [3, packed.len() / 2, packed.len() - 1] {
            let desk = Desk::in_order().file(name, &packed[..cut]);
            Audit::of(&desk, name, "recordings.csv").refuses(&[name, "damaged or cut off", "Export or copy"]);
        }
        let desk = Desk::in_order().file(name, "call_id,officer_id\nno compression at all\n");
        Audit::of(&desk, name, "recordings.csv").refuses(&[name, "damaged or cut off"]);
    }
}

#[test]
fn a_folder_or_nothing_where_a_file_should_be() {
    for (option, name, _, _) in FILES {
        let desk = Desk::in_order();
        let _ = std::fs::remove_file(desk.path(name));
        let audit = |desk| {
            if name == "calls.csv" || name == "recordings.csv" {
                Desk::audit(desk)
            } else {
                Desk::audit(desk).and(&format!("{option} {name}"))
            }
        };
        audit(&desk).refuses(&[name, "cannot be read", "Check the path"]);
        std::fs::create_dir(desk.path(name)).unwrap();
        audit(&desk).refuses(&[name, "is a folder", "Name the file in it"]);
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let desk = Desk::in_order().file("taken", "a file");
    desk.audit().and("--out taken").refuses(&["taken", "cannot be written", "--out"]);
    desk.audit().and("--out taken/further").refuses(&["taken/further", "cannot be written", "--out"]);
    std::fs::create_dir_all(desk.path("out/outcomes.csv")).unwrap();
    desk.audit().refuses(&["outcomes.csv", "cannot be written"]);
}

#[test]
fn an_audit_that_stops_leaves_what_stood_there() {
    let desk = Desk::in_order();
    let before = desk.audit().done();
    let outcomes = before.read("outcomes.csv");
    let desk = desk.file("calls.csv", format!("{CALLS}\"C2"));
    desk.audit().refuses(&["calls.csv", "line 3"]);
    assert_eq!(before.read("outcomes.csv"), outcomes);
    assert!(names_in(&before.out).iter().all(|name| !name.contains(".part")));
}

/// A department of 24 officers whose recordings name them in another way.
fn other_ids() -> Desk {
    let calls = (0..24).map(|n| format!("C{n},P{n},2017-11-06T10:00:00Z,2017-11-06T10:30:00Z"));
    let recordings =
        (0..24).map(|n| format!("R{n},officer-{n},X{n},2017-11-06T09:59:00Z,2017-11-06T10:31:00Z"));
    Desk::with(
        table("call_id,officer_id,on_scene_at,cleared_at", calls),
        table("recording_id,officer_id,camera_serial,started_at,stopped_at", recordings),
    )
}

#[test]
fn exports_whose_ids_do_not_match() {
    let desk = other_ids();
    desk.audit().refuses(&["24 officers", "\"P0\"", "\"officer-0\"", "--ids-verified"]);
    assert!(!desk.path("out/outcomes.csv").exists());
    let verified = desk.audit().and("--ids-verified").done();
    assert!(verified.said().iter().all(|said| said == "unverifiable camera_unknown"));
}

#[test]
fn options_that_cannot_be_used() {
    let desk = Desk::in_order();
    desk.audit().and("--timezone Chicago").refuses(&["Chicago", "America/Chicago"]);
    desk.audit().and("--recordings-from yesterday").refuses(&["--recordings-from", "yesterday"]);
    desk.audit().and("--recordings-to 2017-11-05T01:30:00 --timezone America/Chicago").refuses(&[
        "--recordings-to",
        "twice",
        "offset",
    ]);
    for threads in ["0", "1025", "two"] {
        assert_eq!(desk.audit().and(&format!("--threads {threads}")).run().code, Some(2));
    }
    desk.audit().and("--cad-profile boston").refuses(&["boston", "sfpd, nopd, cincinnati, sacramento"]);
    desk.audit().and("--policy strict").refuses(&["strict", "generic, us-il, us-il-chicago"]);
    desk.audit().and("--officer-column badge").refuses(&["calls.csv", "line 1", "badge", "is missing"]);
}

#[test]
fn an_export_that_a_result_would_overwrite_is_not_overwritten() {
    let desk = Desk::in_order().file("rejects.csv", CALLS);
    let folder = desk.path("rejects.csv").parent().unwrap().to_str().unwrap().to_owned();
    let calls = desk.path("rejects.csv").to_str().unwrap().to_owned();
    let recordings = desk.path("recordings.csv").to_str().unwrap().to_owned();
    desk.run(&[
        "audit",
        "--calls",
        &calls,
        "--recordings",
        &recordings,
        "--policy",
        "generic",
        "--out",
        &folder,
    ])
    .refused(&["rejects.csv", "overwrite", "--out"]);
    assert_eq!(std::fs::read_to_string(&calls).unwrap(), CALLS);
    desk.run(&["simulate", "--scenario", "small-town", "--out", &folder]).refused(&[
        "calls.csv",
        "invented",
        "--out",
    ]);
    assert_eq!(std::fs::read_to_string(desk.path("calls.csv")).unwrap(), CALLS);
}

#[test]
fn a_full_standard_output_is_a_sentence_and_a_closed_one_is_no_error() {
    use std::process::{Command, Stdio};
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = Command::new(ONRECORD).args(["policy", "check", "generic"]).stdout(full).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("standard output cannot be written"));
    let mut closed =
        Command::new(ONRECORD).args(["policy", "explain", "generic"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(closed.stdout.take());
    assert_eq!(closed.wait().unwrap().code(), Some(0));
}
