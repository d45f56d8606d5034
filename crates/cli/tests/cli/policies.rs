//! Policies from outside: what is wrong in one is said with its line.

use crate::desk::Desk;

/// The shipped policy with one line changed.
fn changed(from: &str, to: &str) -> (Desk, usize) {
    let generic = include_str!("../../../../policies/generic.toml");
    let line = generic.lines().position(|line| line == from).unwrap() + 1;
    (Desk::in_order().file("own.toml", generic.replace(&format!("\n{from}\n"), &format!("\n{to}\n"))), line)
}

#[test]
fn an_unknown_key_names_its_line() {
    let (desk, line) = changed("requires_arrival = true", "requires_arival = true");
    let place = format!("{line}");
    desk.audit().and("--policy own.toml").refuses(&["own.toml", &place, "requires_arival"]);
    desk.run(&["policy", "check", "own.toml"]).refused(&["own.toml", &place, "requires_arival"]);
}

#[test]
fn a_bad_duration_names_its_line() {
    let (desk, line) = changed("gap_tolerance = \"30s\"", "gap_tolerance = \"half a minute\"");
    desk.audit().and("--policy own.toml").refuses(&["own.toml", &line.to_string(), "half a minute"]);
}

#[test]
fn a_policy_that_is_no_text() {
    let desk = Desk::in_order().file("own.toml", b"\xFF\xFE");
    desk.audit().and("--policy own.toml").refuses(&["own.toml", "cannot be read", "UTF-8"]);
}

#[test]
fn every_shipped_policy_can_be_used_and_explained() {
    let desk = Desk::in_order();
    for policy in ["generic", "us-il", "us-il-chicago"] {
        assert_eq!(desk.run(&["policy", "check", policy]).code, Some(0));
        let explained = desk.run(&["policy", "explain", policy]);
        assert!(explained.code == Some(0) && explained.stdout.lines().count() > 10);
        desk.audit().and(&format!("--policy {policy}")).done();
    }
}

#[test]
fn a_policy_is_tried_on_history() {
    let (desk, _) = changed("start_tolerance = \"60s\"", "start_tolerance = \"90s\"");
    let desk = desk.file(
        "recordings.csv",
        crate::desk::RECORDINGS.replace("R1,P1,X1,2017-11-06T09:59:00Z", "R1,P1,X1,2017-11-06T10:01:15Z"),
    );
    let files = ["--calls", "calls.csv", "--recordings", "recordings.csv", "--out", "tried"];
    let compared: Vec<_> = ["policy", "compare", "generic", "own.toml"].into_iter().chain(files).collect();
    let ran = desk.run(&compared);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let changes = std::fs::read_to_string(desk.path("tried/changes.csv")).unwrap();
    assert!(
        changes.lines().count() == 2 && changes.contains("partial") && changes.contains("recorded"),
        "{changes}"
    );
}
