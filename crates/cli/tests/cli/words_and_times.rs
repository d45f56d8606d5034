//! What may stand in a file without harm, and local times that the clocks skipped or lived twice.

use crate::desk::{Audit, CALLS, Desk, RECORDINGS};

/// Recordings of another officer from October to April, so that the window reaches far enough.
const WINDOW: &str = "recording_id,officer_id,started_at,stopped_at\n\
    A,P9,2017-10-01T00:00:00Z,2017-10-01T01:00:00Z\nZ,P9,2018-04-01T00:00:00Z,2018-04-01T01:00:00Z\n";

/// A desk with one call of P1 in Chicago's local time, and these recordings of P1.
fn chicago(on_scene: &str, cleared: &str, recordings: &str) -> Desk {
    let calls = format!("call_id,officer_id,on_scene_at,cleared_at\nC1,P1,{on_scene},{cleared}\n");
    Desk::with(calls, format!("{WINDOW}{recordings}"))
}

fn local(desk: &Desk) -> Audit<'_> {
    desk.audit().and("--timezone America/Chicago")
}

#[test]
fn windows_line_ends_and_a_byte_order_mark() {
    let dos = |text: &str| format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    let ran = Desk::with(dos(CALLS), dos(RECORDINGS)).audit().done();
    assert_eq!((ran.said(), ran.rejected()), (vec!["recorded".to_owned()], vec![]));
}

#[test]
fn columns_in_any_order_and_white_space_around_values() {
    let calls = " cleared_at ,officer_id,on_scene_at,\"call_id\"\n2017-11-06T10:30:00Z , P1,\t2017-11-06T10:00:00Z,\" C1 \"\n";
    let ran = Desk::with(calls, RECORDINGS).audit().done();
    assert_eq!(ran.said(), ["recorded"]);
    assert_eq!(ran.outcomes()[0]["call_id"], "C1");
}

#[test]
fn lines_are_counted_through_quoted_line_ends_and_blank_lines() {
    let calls = "call_id,officer_id,on_scene_at,cleared_at,disposition\n\
        C1,P1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z,\"no\nreport,\n\"\"none\"\"\"\n\
        \n\
        C2,P1,2017-11-06T10:00:00Z,soon,\n\
        C3,P1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z,\r\n";
    let ran = Desk::with(calls, RECORDINGS).audit().done();
    let lines: Vec<_> = ran.outcomes().iter().map(|o| o["line"].clone()).collect();
    assert_eq!(lines, ["2", "6", "7"]);
    assert_eq!(ran.rejected(), ["calls.csv 6 cleared_at value"]);
    assert_eq!(ran.said(), ["recorded", "unverifiable unreadable_time", "recorded"]);
}

#[test]
fn unknown_columns_are_named_once_in_a_note() {
    let calls = "call_id,officer_id,on_scene_at,cleared_at,beat,Sergeant\n\
        C1,P1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z,1,a\nC2,P1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z,1,b\n";
    let ran = Desk::with(calls, RECORDINGS).audit().done();
    let notes = ran.summary()["notes"].as_array().unwrap().clone();
    let about: Vec<_> = notes.iter().filter_map(|n| n.as_str()).filter(|n| n.contains("calls.csv")).collect();
    assert_eq!(
        about,
        ["calls.csv: columns that the audit does not know were ignored: \"beat\", \"Sergeant\"."]
    );
    assert!(ran.stdout.contains("\"beat\", \"Sergeant\""));
}

#[test]
fn a_local_time_without_a_zone_cannot_be_read() {
    let desk = chicago("2017-11-06 10:00", "2017-11-06 10:30", "");
    let ran = desk.audit().done();
    assert_eq!(ran.said(), ["unverifiable unreadable_time"]);
    assert_eq!(ran.rejected(), ["calls.csv 2 on_scene_at value", "calls.csv 2 cleared_at value"]);
    assert!(ran.read("rejects.csv").contains("--timezone"));
}

#[test]
fn a_local_time_that_the_clocks_skipped() {
    let desk = chicago("2018-03-11 02:30", "2018-03-11 03:30", "R1,P1,2018-03-11 01:00,2018-03-11 04:00\n");
    let ran = local(&desk).done();
    assert_eq!(ran.said(), ["unverifiable unreadable_time"]);
    assert!(ran.reason().contains("never happened"), "{}", ran.reason());
    let recording = chicago(
        "2018-03-11 03:10",
        "2018-03-11 03:30",
        "R1,P1,2018-03-11 02:30,2018-03-11 04:00\nR2,P1,2018-03-01 00:00,2018-03-01 00:01\n",
    );
    let ran = local(&recording).done();
    assert_eq!(ran.rejected(), ["recordings.csv 4 started_at row"]);
    assert_eq!(ran.said(), ["unverifiable rejected_evidence"]);
}

#[test]
fn a_local_time_that_occurred_twice_is_settled_by_the_rows_order_or_stays_in_doubt() {
    let whole_night = "R1,P1,2017-11-05T05:00:00Z,2017-11-05T10:00:00Z\n";
    // On scene at 1:50 and cleared at 1:10 fit only as 1:50 before and 1:10 after the clocks went back.
    let ran = local(&chicago("2017-11-05 01:50", "2017-11-05 01:10", whole_night)).done();
    assert_eq!(ran.said(), ["recorded"]);
    assert_eq!(
        [&ran.outcomes()[0]["begin"], &ran.outcomes()[0]["end"]],
        ["2017-11-05T06:50:00Z", "2017-11-05T07:10:00Z"]
    );
    // From 1:10 to 1:50 fits in three ways.
    let ran = local(&chicago("2017-11-05 01:10", "2017-11-05 01:50", whole_night)).done();
    assert_eq!(ran.said(), ["unverifiable ambiguous_time"]);
    assert_eq!([&ran.outcomes()[0]["begin"], &ran.outcomes()[0]["end"]], ["", ""]);
}

#[test]
fn a_recording_with_a_time_that_occurred_twice_covers_both_readings() {
    let recording = "R1,P1,2017-11-05 01:10,2017-11-05 01:50\n";
    for (from, to) in
        [("2017-11-05T06:15:00Z", "2017-11-05T06:45:00Z"), ("2017-11-05T07:15:00Z", "2017-11-05T07:45:00Z")]
    {
        assert_eq!(local(&chicago(from, to, recording)).done().said(), ["recorded"]);
    }
}

#[test]
fn an_exception_with_a_time_that_occurred_twice_reaches_as_far_as_it_may() {
    let desk = |from: &str, to: &str| {
        chicago(from, to, "R1,P1,2017-10-20 00:00,2017-10-20 00:01\n").file(
            "exceptions.csv",
            "officer_id,from,to,code,approved_by\nP1,2017-11-05 01:10,2017-11-05 01:50,exigent,Sgt\n",
        )
    };
    for (from, to) in
        [("2017-11-05T06:15:00Z", "2017-11-05T06:45:00Z"), ("2017-11-05T07:15:00Z", "2017-11-05T07:45:00Z")]
    {
        assert_eq!(local(&desk(from, to)).and("--exceptions exceptions.csv").done().said(), ["excused"]);
    }
}

#[test]
fn a_device_event_at_a_time_that_occurred_twice_is_rejected() {
    let desk =
        chicago("2017-11-05T06:15:00Z", "2017-11-05T06:45:00Z", "R1,P1,2017-10-20 00:00,2017-10-20 00:01\n")
            .file("events.csv", "camera_serial,at,event\nX1,2017-11-05 01:10,battery_depleted\n");
    let ran = local(&desk).and("--device-events events.csv").done();
    assert_eq!(ran.rejected(), ["events.csv 2 at row"]);
    assert_eq!(ran.said(), ["awaiting_upload"]);
}

#[test]
fn a_leap_second_exists_only_at_the_end_of_a_utc_day() {
    let ran = chicago("2017-01-01T00:00:00Z", "2017-01-01T00:00:60Z", "").audit().done();
    assert_eq!(ran.said(), ["unverifiable unreadable_time"]);
    let ran = chicago("2016-12-31T18:00:00-06:00", "2016-12-31T23:59:60Z", "").audit().done();
    assert_eq!(ran.outcomes()[0]["end"], "2017-01-01T00:00:00Z");
}

#[test]
fn recordings_exported_for_a_period_say_nothing_outside_it() {
    let desk = Desk::with(CALLS, RECORDINGS.replace("R1,P1", "R1,P2").replace("R2,P9", "R2,P1"));
    assert_eq!(desk.audit().done().said(), ["missing"]);
    let outside = ["unverifiable outside_recordings"];
    assert_eq!(desk.audit().and("--recordings-from 2017-11-06T10:00:01Z").done().said(), outside);
    assert_eq!(desk.audit().and("--recordings-to 2017-11-06T10:29:59Z").done().said(), outside);
}

#[test]
fn a_time_that_in_utc_lies_after_the_year_9999_is_no_time() {
    let ran = chicago("2017-11-06T10:00:00Z", "9999-12-31T23:59:59-23:59", "").audit().done();
    assert_eq!(ran.said(), ["unverifiable unreadable_time"]);
    assert_eq!(ran.rejected(), ["calls.csv 2 cleared_at value"]);
}
