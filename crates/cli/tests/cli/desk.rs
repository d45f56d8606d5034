//! A folder with exports, an audit over them, and what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use tempfile::TempDir;

/// The program.
pub const ONRECORD: &str = env!("CARGO_BIN_EXE_onrecord");

/// One officer's call from 10:00 to 10:30, and the recording of all of it.
pub const CALLS: &str = "call_id,officer_id,on_scene_at,cleared_at\n\
    C1,P1,2017-11-06T10:00:00Z,2017-11-06T10:30:00Z\n";
/// The recording of [`CALLS`], and recordings of somebody else on both sides, so that the window reaches far enough.
pub const RECORDINGS: &str = "recording_id,officer_id,camera_serial,started_at,stopped_at\n\
    R0,P9,X9,2017-11-01T00:00:00Z,2017-11-01T00:01:00Z\n\
    R1,P1,X1,2017-11-06T09:59:00Z,2017-11-06T10:31:00Z\n\
    R2,P9,X9,2017-11-30T00:00:00Z,2017-11-30T00:01:00Z\n";

/// A header and lines as a file.
pub fn table(header: &str, lines: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{header}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A line of a CSV file by the names of its columns.
pub type Row = BTreeMap<String, String>;

/// A folder in which exports lie and audits run.
pub struct Desk {
    folder: Rc<TempDir>,
}

impl Desk {
    pub fn empty() -> Self {
        Self { folder: Rc::new(tempfile::tempdir().unwrap()) }
    }

    /// With `calls.csv` and `recordings.csv`.
    pub fn with(calls: impl AsRef<[u8]>, recordings: impl AsRef<[u8]>) -> Self {
        Self::empty().file("calls.csv", calls).file("recordings.csv", recordings)
    }

    /// With one recorded call.
    pub fn in_order() -> Self {
        Self::with(CALLS, RECORDINGS)
    }

    /// Adds a file.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An audit of its calls and recordings under the policy `generic` into `out`.
    pub fn audit(&self) -> Audit<'_> {
        Audit::of(self, "calls.csv", "recordings.csv")
    }

    /// Runs the program in the folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let done = Command::new(ONRECORD).args(arguments).current_dir(self.folder.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ran = Ran {
            code: done.status.code(),
            stdout: text(done.stdout),
            stderr: text(done.stderr),
            out: self.path("out"),
            _folder: Rc::clone(&self.folder),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }
}

/// An audit that is about to run.
pub struct Audit<'a> {
    desk: &'a Desk,
    arguments: Vec<String>,
}

impl<'a> Audit<'a> {
    /// Of files with other names.
    pub fn of(desk: &'a Desk, calls: &str, recordings: &str) -> Self {
        let arguments = ["audit", "--calls", calls, "--recordings", recordings];
        Self { desk, arguments: arguments.map(str::to_owned).into() }
    }

    /// With more options, separated by spaces.
    pub fn and(mut self, options: &str) -> Self {
        self.arguments.extend(options.split_whitespace().map(str::to_owned));
        self
    }

    /// Runs it, under `generic` and into `out` where nothing else is said.
    pub fn run(mut self) -> Ran {
        for (option, default) in [("--policy", "generic"), ("--out", "out")] {
            if !self.arguments.iter().any(|a| a == option) {
                self.arguments.extend([option.to_owned(), default.to_owned()]);
            }
        }
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let mut ran = self.desk.run(&arguments);
        let out = self.arguments.iter().position(|a| a == "--out").and_then(|at| self.arguments.get(at + 1));
        ran.out = self.desk.path(out.unwrap());
        ran
    }

    /// Runs it; it must succeed and account for every row.
    pub fn done(self) -> Ran {
        let ran = self.run();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.accounts_for_every_row();
        ran
    }

    /// Runs it; it must refuse with exit code 2 and one sentence that holds all of `parts`.
    pub fn refuses(self, parts: &[&str]) {
        self.run().refused(parts);
    }
}

/// What came of a run.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub out: PathBuf,
    /// Lives as long as what was written is looked at.
    _folder: Rc<TempDir>,
}

impl Ran {
    /// Exit code 2, and one sentence that holds all of `parts`.
    pub fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(2), "{} {}", self.stdout, self.stderr);
        let sentence = self.stderr.lines().find(|l| l.starts_with("onrecord: ")).unwrap_or_default();
        for part in parts {
            assert!(sentence.contains(part), "{part:?} is not in: {}", self.stderr);
        }
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.out.join(name)).unwrap()
    }

    pub fn rows(&self, name: &str) -> Vec<Row> {
        rows(&self.read(name))
    }

    pub fn outcomes(&self) -> Vec<Row> {
        self.rows("outcomes.csv")
    }

    /// Outcome and reason of every row, as `partial` or `unverifiable no_end_time`.
    pub fn said(&self) -> Vec<String> {
        self.outcomes()
            .iter()
            .map(|row| format!("{} {}", row["outcome"], row["reason"]).trim().to_owned())
            .collect()
    }

    /// File, line, column and what of every reject, as `calls.csv 2 on_scene_at value`.
    pub fn rejected(&self) -> Vec<String> {
        let place = |r: &Row| format!("{} {} {} {}", r["file"], r["line"], r["column"], r["what"]);
        self.rows("rejects.csv").iter().map(place).collect()
    }

    /// Why the only reject is one.
    pub fn reason(&self) -> String {
        match self.rows("rejects.csv").as_slice() {
            [only] => only["reason"].clone(),
            rejects => panic!("not one reject but {rejects:?}"),
        }
    }

    pub fn summary(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("summary.json")).unwrap()
    }

    /// The counts of a file: read, accepted, rejected, duplicate.
    pub fn counts(&self, kind: &str) -> [u64; 4] {
        let summary = self.summary();
        let file = summary["files"].as_array().unwrap().iter().find(|f| f["kind"] == kind).unwrap();
        ["read", "accepted", "rejected", "duplicate"].map(|name| file[name].as_u64().unwrap())
    }

    /// Every row is accepted, rejected or a duplicate; every rejected row is listed; every accepted call is decided.
    fn accounts_for_every_row(&self) {
        let (summary, rejects) = (self.summary(), self.rows("rejects.csv"));
        for file in summary["files"].as_array().unwrap() {
            let [read, accepted, rejected, duplicate] = self.counts(file["kind"].as_str().unwrap());
            assert_eq!(read, accepted + rejected + duplicate, "{file}");
            let lines = |what: &str| -> std::collections::BTreeSet<&str> {
                let of_file = |r: &&Row| r["file"] == file["file"].as_str().unwrap() && r["what"] == what;
                rejects.iter().filter(of_file).map(|r| r["line"].as_str()).collect()
            };
            assert_eq!(rejected, lines("row").len() as u64, "{file} {rejects:?}");
            if file["kind"] == "calls" {
                let decided: std::collections::BTreeSet<_> =
                    self.outcomes().iter().map(|o| o["line"].clone()).collect();
                assert_eq!(accepted, decided.len() as u64, "{file}");
                assert!(decided.iter().all(|line| !lines("row").contains(line.as_str())));
            }
        }
        assert!(rejects.iter().all(|r| !r["reason"].is_empty()));
    }

    /// The names of the files in its folder.
    pub fn written(&self) -> Vec<String> {
        names_in(&self.out)
    }
}

/// The names of the files in a folder, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The rows of a CSV text (RFC 4180).
pub fn rows(text: &str) -> Vec<Row> {
    let mut records: Vec<Vec<String>> = vec![vec![String::new()]];
    let (mut quoted, mut characters) = (false, text.chars().peekable());
    while let Some(c) = characters.next() {
        let record = records.last_mut().unwrap();
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                record.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\n' if !quoted => records.push(vec![String::new()]),
            other => record.last_mut().unwrap().push(other),
        }
    }
    let mut records = records.into_iter().filter(|r| r.len() > 1);
    let header = records.next().unwrap();
    records.map(|r| header.iter().cloned().zip(r).collect()).collect()
}
