//! A file that is no such file at all, such as a small archive of millions of lines, is refused before it fills the memory.
#![expect(clippy::unwrap_used, reason = "a test fails where something is not there")]

use std::fmt::Write as _;

use onrecord_exchange::{Export, FileKind, ReadOptions, check};
use onrecord_policy::Policy;

const MOST: usize = 2_000_000;

/// A header, and so many rows that do not fit it.
fn file_of_misfits(kind: FileKind, rows: usize) -> tempfile::NamedTempFile {
    let mut text = format!("{}\n", kind.columns().join(","));
    (0..rows).for_each(|row| writeln!(text, "{}", row % 10).unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn checked(kind: FileKind, rows: usize) -> Result<usize, String> {
    let policy = Policy::parse("generic", Policy::pack("generic").unwrap()).unwrap();
    let file = file_of_misfits(kind, rows);
    let checked = check(kind, file.path(), &ReadOptions::default(), &policy, &Export::default());
    checked.map(|checked| checked.rejects.len()).map_err(|error| error.to_string())
}

#[test]
fn of_each_kind_more_than_two_million_unusable_rows_are_refused_with_the_first_of_them() {
    let kinds = [FileKind::Calls, FileKind::Recordings, FileKind::Officers, FileKind::DeviceEvents];
    for kind in kinds.into_iter().chain([FileKind::CameraAssignments, FileKind::Exceptions]) {
        let refusal = checked(kind, MOST + 1).unwrap_err();
        assert!(refusal.contains(", line 2: more than 2000000 rows"), "{}: {refusal}", kind.name());
        assert!(refusal.contains("Nothing was taken in."), "{}: {refusal}", kind.name());
    }
}

#[test]
fn two_million_are_told_one_by_one() {
    assert_eq!(checked(FileKind::DeviceEvents, MOST).unwrap(), MOST);
}
