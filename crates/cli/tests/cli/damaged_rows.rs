//! Rows that cannot be used are listed, and what they might have shown is held against nobody.

use std::time::{Duration, Instant};

use crate::desk::{CALLS, Desk, RECORDINGS, table};

/// A desk where P1's only recording is replaced by these lines.
fn recorded_by(lines: &str) -> Desk {
    let whole = RECORDINGS.lines().find(|l| l.starts_with("R1")).unwrap();
    Desk::with(CALLS, RECORDINGS.replace(whole, lines))
}

#[test]
fn without_damage_it_is_missing() {
    assert_eq!(
        recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z").audit().done().said(),
        ["missing"]
    );
}

#[test]
fn a_row_with_a_value_too_few_or_too_many_casts_doubt_on_everybody() {
    for line in [
        "R5,P7,2017-11-02T09:00:00Z,2017-11-02T10:00:00Z",
        "R5,P7,X7,2017-11-02T09:00:00Z,,2017-11-02T10:00:00Z",
    ] {
        let desk = recorded_by(&format!("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z\n{line}"));
        let ran = desk.audit().done();
        assert_eq!(ran.rejected(), ["recordings.csv 4  row"]);
        assert!(ran.reason().contains("values") && ran.reason().contains("quote"), "{}", ran.reason());
        assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
    }
}

#[test]
fn empty_values_too_many_at_the_end_are_no_harm() {
    let ran = recorded_by("R1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z,,").audit().done();
    assert_eq!((ran.said(), ran.rejected()), (vec!["recorded".to_owned()], vec![]));
}

#[test]
fn a_row_of_calls_that_does_not_fit_is_listed_and_not_decided() {
    let ran = Desk::with(format!("{CALLS}C2,P1\n"), RECORDINGS).audit().done();
    assert_eq!(ran.rejected(), ["calls.csv 3  row"]);
    assert_eq!(ran.said(), ["recorded"]);
}

#[test]
fn a_required_value_that_is_empty() {
    let ran = Desk::with(format!("{CALLS},P1,,\nC3,,,\n"), RECORDINGS).audit().done();
    assert_eq!(ran.rejected(), ["calls.csv 3 call_id row", "calls.csv 4 officer_id row"]);
    let ran = recorded_by(
        ",P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z\nR3,P1,X1,2017-11-03T09:00:00Z,2017-11-03T10:00:00Z",
    )
    .audit()
    .done();
    assert_eq!(ran.rejected(), ["recordings.csv 3 recording_id row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn a_camera_clock_that_was_reset_to_1970() {
    let ran = recorded_by(
        "R1,P1,X1,1970-01-01T00:00:05Z,1970-01-01T00:32:05Z\nR3,P1,X1,2017-11-08T09:00:00Z,2017-11-08T10:00:00Z",
    )
    .audit()
    .done();
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
    let reasons: Vec<_> = ran.rows("rejects.csv").iter().map(|r| r["reason"].clone()).collect();
    assert!(reasons.iter().all(|r| r.contains("before 2005") && r.contains("clock")), "{reasons:?}");
    assert_eq!(ran.rejected(), ["recordings.csv 3 started_at row", "recordings.csv 3 stopped_at value"]);
    // The window does not reach back to 1970 because of it.
    assert!(ran.summary()["recordings_window"]["from"].as_str().unwrap().starts_with("2017-11-01"));
}

#[test]
fn a_recording_that_stops_before_it_starts_or_lasts_longer_than_a_day() {
    for (times, column, word) in [
        ("2017-11-06T10:31:00Z,2017-11-06T09:59:00Z", "stopped_at", "stops before it begins"),
        ("2017-11-05T09:59:00Z,2017-11-06T10:31:00Z", "stopped_at", "longer than 24 hours"),
    ] {
        let desk =
            recorded_by(&format!("R1,P1,X1,{times}\nR3,P1,X1,2017-11-03T09:00:00Z,2017-11-03T10:00:00Z"));
        let ran = desk.audit().done();
        assert_eq!(ran.rejected(), [format!("recordings.csv 3 {column} row")]);
        assert!(ran.reason().contains(word), "{}", ran.reason());
        assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
    }
}

#[test]
fn a_call_that_ends_before_it_begins() {
    let calls = "call_id,officer_id,on_scene_at,cleared_at\n\
        C1,P1,2017-11-06T10:30:00Z,2017-11-06T10:00:00Z\nC2,P1,2017-11-06T10:00:00Z,2017-11-06T10:00:00Z\n";
    let ran = Desk::with(calls, RECORDINGS).audit().done();
    assert_eq!(ran.said(), ["unverifiable end_before_begin"; 2]);
    assert_eq!(ran.outcomes()[0]["begin"], "2017-11-06T10:30:00Z");
}

#[test]
fn a_recording_id_on_rows_of_different_content() {
    let ran = recorded_by(
        "R1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z\nR1,P1,X1,2017-11-06T10:10:00Z,2017-11-06T10:31:00Z\n\
         R4,P1,X1,2017-11-03T09:00:00Z,2017-11-03T10:00:00Z",
    )
    .audit()
    .done();
    assert_eq!(ran.rejected(), ["recordings.csv 3 recording_id row", "recordings.csv 4 recording_id row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn exact_duplicates_are_counted_and_dropped() {
    let row = CALLS.lines().nth(1).unwrap();
    let recording = RECORDINGS.lines().nth(2).unwrap();
    let desk = Desk::with(format!("{CALLS} {row} \n{row}\n"), format!("{RECORDINGS}{recording}\n"));
    let ran = desk
        .file(
            "exceptions.csv",
            "officer_id,from,to,code\nP1,2017-11-06T10:00:00Z,2017-11-06T10:05:00Z,exigent\n\
             P1,2017-11-06T10:00:00Z,2017-11-06T10:05:00Z,exigent\n",
        )
        .audit()
        .and("--exceptions exceptions.csv")
        .done();
    assert_eq!(ran.said(), ["recorded"]);
    assert_eq!(ran.counts("calls"), [3, 1, 0, 2]);
    assert_eq!(ran.counts("recordings"), [4, 3, 0, 1]);
    assert_eq!(ran.counts("exceptions"), [2, 1, 0, 1]);
    assert!(ran.rejected().is_empty());
}

#[test]
fn recordings_that_overlap_count_once() {
    let ran = recorded_by(
        "R1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:20:00Z\nR3,P1,X2,2017-11-06T10:05:00Z,2017-11-06T10:31:00Z\n\
         R4,P1,X1,2017-11-06T10:06:00Z,2017-11-06T10:07:00Z",
    )
    .audit()
    .done();
    let outcome = &ran.outcomes()[0];
    assert_eq!((outcome["outcome"].as_str(), outcome["covered_s"].as_str()), ("recorded", "1800"));
    assert_eq!(outcome["recordings"], "R1;R3;R4");
}

#[test]
fn a_recording_without_an_officer_belongs_to_who_had_the_camera() {
    let assignments = "camera_serial,officer_id,from,to\nX1,P1,2017-11-01T00:00:00Z,\n";
    let recorded =
        recorded_by("R1,,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z").file("assignments.csv", assignments);
    assert_eq!(recorded.audit().and("--camera-assignments assignments.csv").done().said(), ["recorded"]);
    let nobodys =
        recorded_by("R1,,X5,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z").file("assignments.csv", assignments);
    let ran = nobodys.audit().and("--camera-assignments assignments.csv").done();
    assert_eq!(ran.rejected(), ["recordings.csv 3 officer_id row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn an_unknown_code_is_listed_with_the_known_ones_and_turns_nobody_to_missing() {
    let desk = recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z").file(
        "exceptions.csv",
        "officer_id,from,to,code\nP1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z,exigant\n",
    );
    let ran = desk.audit().and("--exceptions exceptions.csv").done();
    assert_eq!(ran.rejected(), ["exceptions.csv 2 code row"]);
    assert!(ran.reason().contains("exigant") && ran.reason().contains("exigent"), "{}", ran.reason());
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn an_unknown_event_makes_uploads_doubtful() {
    let desk = recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z")
        .file("events.csv", "camera_serial,at,event\nX1,2017-11-06T18:00:00Z,upload\n");
    let ran = desk.audit().and("--device-events events.csv").done();
    assert_eq!(ran.rejected(), ["events.csv 2 event row"]);
    assert!(ran.reason().contains("uploaded"), "{}", ran.reason());
    assert_eq!(ran.said(), ["awaiting_upload"]);
}

#[test]
fn an_unknown_word_of_notice_is_treated_as_absent() {
    let recordings = "recording_id,officer_id,camera_serial,started_at,stopped_at,notice\n\
        R0,P9,X9,2017-11-01T00:00:00Z,2017-11-01T00:01:00Z,\nR1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z,yes\n";
    let ran = Desk::with(CALLS, recordings).audit().and("--policy us-il-chicago").done();
    assert_eq!(ran.rejected(), ["recordings.csv 3 notice value"]);
    assert_eq!(
        (ran.said(), ran.outcomes()[0]["notice"].as_str()),
        (vec!["recorded".to_owned()], "unreviewed")
    );
}

#[test]
fn from_that_is_not_before_to() {
    let desk = recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z")
        .file("exceptions.csv", "officer_id,from,to,code\nP1,2017-11-06T10:30:00Z,2017-11-06T10:00:00Z,exigent\n")
        .file("assignments.csv", "camera_serial,officer_id,from,to\nX1,P1,2017-11-01T00:00:00Z,\nX1,P1,2017-11-09T00:00:00Z,2017-11-09T00:00:00Z\n");
    let ran = desk.audit().and("--exceptions exceptions.csv --camera-assignments assignments.csv").done();
    assert_eq!(ran.rejected(), ["assignments.csv 3 to row", "exceptions.csv 2 to row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn an_officer_id_on_rows_of_different_content() {
    let desk = recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z")
        .file("officers.csv", "officer_id,name\nP1,Smith\nP1,Smyth\nP2,Jones\n");
    let ran = desk.audit().and("--officers officers.csv").done();
    assert_eq!(ran.rejected(), ["officers.csv 2 officer_id row", "officers.csv 3 officer_id row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn a_recording_still_running_at_export_is_no_proof_of_anything_later() {
    let ran = recorded_by("R1,P1,X1,2017-11-06T03:00:00Z,").audit().done();
    assert_eq!(ran.said(), ["recorded"]);
    let ran = recorded_by("R1,P1,X1,2017-11-05T03:00:00Z,").audit().done();
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn ten_thousand_exceptions_on_one_officer() {
    let at =
        |second: u32| format!("2017-11-06T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    let exceptions =
        (30_000..40_000).map(|second| format!("P1,{},{},exigent,Sgt", at(second), at(second + 2)));
    let calls = (0..1_000).map(|n| format!("C{n},P1,2017-11-06T10:00:00Z,2017-11-06T10:30:{:02}Z", n % 60));
    let desk = recorded_by("R1,P1,X1,2017-11-02T00:00:00Z,2017-11-02T00:05:00Z")
        .file("calls.csv", table("call_id,officer_id,on_scene_at,cleared_at", calls))
        .file("exceptions.csv", table("officer_id,from,to,code,approved_by", exceptions));
    let began = Instant::now();
    let ran = desk.audit().and("--exceptions exceptions.csv").done();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(ran.said(), vec!["excused"; 1_000]);
    assert_eq!(ran.counts("exceptions"), [10_000, 10_000, 0, 0]);
}

/// Two stray quotes make one legal record of three rows. Nobody is accused, and the row is listed.
#[test]
fn a_quote_out_of_place_that_swallows_rows_accuses_nobody() {
    let recordings = "recording_id,officer_id,camera_serial,started_at,stopped_at\n\
        R0,P9,X9,2017-11-01T00:00:00Z,2017-11-01T00:01:00Z\n\
        \"R3,P8,X8,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z\n\
        R1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z\n\
        R4\",P8,X8,2017-11-07T09:59:00Z,2017-11-07T10:31:00Z\n\
        R2,P9,X9,2017-11-30T00:00:00Z,2017-11-30T00:01:00Z\n\
        R5,P1,X1,2017-11-29T00:00:00Z,2017-11-29T00:01:00Z\n";
    let ran = Desk::with(CALLS, recordings).audit().done();
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
    assert_eq!(ran.rejected(), ["recordings.csv 3  row"]);
}

#[test]
fn a_quote_out_of_place_in_free_text_of_calls_drops_no_row_silently() {
    let calls = "call_id,officer_id,disposition,on_scene_at,cleared_at\n\
        C1,P1,\"open,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z\n\
        C2,P1,x,2017-11-06T11:00:00Z,2017-11-06T11:30:00Z\n\
        C3,P1,closed\",2017-11-06T12:00:00Z,2017-11-06T12:30:00Z\n";
    let ran = Desk::with(calls, RECORDINGS).audit().done();
    assert_eq!(ran.rejected(), ["calls.csv 2  row"]);
    let fine = calls.replace("\"open,2017", "\"open\nand shut\",2017").replace("closed\"", "closed");
    assert_eq!(Desk::with(fine, RECORDINGS).audit().done().said().len(), 3);
}
