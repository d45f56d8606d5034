//! People at the command line: the first administrator is made so.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::desk::{Desk, ONRECORD};

#[test]
fn people_are_made_listed_changed_reset_and_disabled() {
    let desk = Desk::empty();
    let user = |arguments: &[&str]| {
        let what: Vec<&str> =
            ["admin", "user"].iter().chain(arguments).chain(&["--data", "data"]).copied().collect();
        desk.run(&what)
    };
    let made = user(&["add", "JDoe", "--display-name", "J. Doe", "--role", "administrator"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(
        made.stdout.trim().split('-').map(str::len).collect::<Vec<_>>(),
        [5, 5, 5, 5],
        "a first password"
    );
    let again = user(&["add", "jdoe", "--role", "officer"]);
    assert_eq!(again.code, Some(2), "{}", again.stdout);
    assert!(again.stderr.contains("jdoe"), "{}", again.stderr);
    assert_eq!(user(&["add", "sgt7", "--role", "supervisor", "--district", "7"]).code, Some(0));
    assert_eq!(
        user(&["roles", "sgt7", "--role", "supervisor", "--role", "officer", "--district", "8"]).code,
        Some(0)
    );
    let reset = user(&["reset", "sgt7"]);
    assert_ne!(reset.stdout.trim(), made.stdout.trim());
    assert_eq!(user(&["disable", "sgt7"]).code, Some(0));
    let last = user(&["disable", "jdoe"]);
    assert!(last.stderr.contains("Nobody would be left"), "{}", last.stderr);
    let listed = user(&["list"]).stdout;
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["jdoe", "active", "administrator", "(all", "districts)"]);
    assert_eq!(lines[1], ["sgt7", "disabled", "officer,", "supervisor", "(districts", "8)"]);
}

#[test]
fn a_password_from_standard_input_must_be_good_enough() {
    let desk = Desk::empty();
    let add = |password: &str| {
        let mut child = Command::new(ONRECORD)
            .args(["admin", "user", "add", "ann", "--role", "records", "--password-stdin", "--data", "data"])
            .current_dir(desk.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait().unwrap().success()
    };
    assert!(!add("password1234\n"));
    assert!(add("harbour lamp tuesday\n"));
}
