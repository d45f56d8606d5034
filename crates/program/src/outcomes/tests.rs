#![allow(clippy::unwrap_used, clippy::panic)]

mod department;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use onrecord_exchange::{Extras, FileKind, Inputs, ReadOptions, audit};
use onrecord_ledger::LedgerKey;
use onrecord_policy::{Moment, Policy};
use onrecord_store::clips::{Clip, SealedKey};
use onrecord_store::imports::{self, Counts, Import, NewRow};
use onrecord_store::outcomes::Filter;
use onrecord_store::recordings::{self, Recording, Standing};
use onrecord_store::sight::Sight;
use onrecord_store::{Store, commit, ledger, settings};
use onrecord_vault::{KeyRing, Shelf};
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::{POLICY, TIMEZONE};
use crate::imports::{HowToRead, Imported};
use crate::{Live, Principal, Program, ProgramError, Role, World};
use department::{Chance, Department};

/// A policy under which little time excuses and much can go wrong.
const STRICT: &str = r#"
[policy]
id = "strict"
version = "3"
title = "Strict"
[camera]
outage_limit = "1h"
longest_recording = "2h"
[activation]
begins = ["on_scene", "dispatched"]
ends = ["left_scene", "cleared"]
requires_arrival = false
start_tolerance = "60s"
end_tolerance = "60s"
gap_tolerance = "30s"
tolerance_total = "120s"
exempt_call_types = ["LUNCH*"]
[notice]
required = true
within = "120s"
exempt_codes = ["of_this_policy"]
[grace]
days = 10
[exceptions.of_this_policy]
title = "Of this policy"
citation = "Order 1"
needs_approval = true
[citations]
activation = "Order 2"
"#;

struct Case {
    program: Arc<Program>,
    folder: tempfile::TempDir,
    /// Every row that was ever brought, by kind, in order.
    brought: BTreeMap<FileKind, Vec<Vec<String>>>,
    /// What the recordings taken in here say now, in the order in which they were first told.
    own: Vec<Recording>,
}

fn admin() -> Principal {
    Principal::token("t1", Role::Admin)
}

fn world(seed: u64) -> World {
    let now = AtomicI64::new(1_600_000_000_000_000);
    let chance = AtomicU64::new(seed);
    World::new(
        Arc::new(move || now.fetch_add(1, Ordering::Relaxed)),
        Arc::new(move |buffer| {
            for byte in buffer.iter_mut() {
                let mut next = Chance(chance.fetch_add(1, Ordering::Relaxed));
                *byte = next.next() as u8;
            }
        }),
    )
}

/// A database of its own: in a folder, or a schema of the PostgreSQL that the environment names.
async fn store(folder: &Path, seed: u64) -> Store {
    let Ok(address) = std::env::var("ONRECORD_TEST_POSTGRES") else {
        return Store::open_folder(folder).await.unwrap();
    };
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
    let schema = format!("outcomes_{seed}_{}", std::process::id());
    for statement in [format!("DROP SCHEMA IF EXISTS {schema} CASCADE"), format!("CREATE SCHEMA {schema}")] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
    let mark = if address.contains('?') { '&' } else { '?' };
    Store::open(&format!("{address}{mark}options[search_path]={schema}")).await.unwrap()
}

impl Case {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = world(seed);
        let program = Program {
            store: store(folder.path(), seed).await,
            shelf: Arc::new(Shelf::folder(folder.path().join("evidence")).unwrap()),
            mirror: None,
            keys: Arc::new(KeyRing::open(&folder.path().join("keys"), world.filler()).unwrap()),
            media: None,
            ledger_key: LedgerKey::generate("test.example/ledger", &world.random()).unwrap(),
            scratch: folder.path().join("scratch"),
            world,
            mail: None,
            live: Live::default(),
        };
        Self { program: Arc::new(program), folder, brought: BTreeMap::new(), own: Vec::new() }
    }

    async fn set(&self, name: &str, value: &str) {
        let mut tx = self.program.store.begin().await.unwrap();
        settings::set(&mut tx, name, value).await.unwrap();
        commit(tx).await.unwrap();
    }

    async fn import(&mut self, kind: FileKind, rows: Vec<Vec<String>>) -> Imported {
        let text = file_of(kind, &rows);
        self.brought.entry(kind).or_default().extend(rows);
        self.import_text(kind, &text, HowToRead::default()).await.unwrap()
    }

    async fn import_text(
        &self,
        kind: FileKind,
        text: &str,
        how: HowToRead,
    ) -> Result<Imported, ProgramError> {
        let mut incoming = self.program.incoming(kind)?;
        for piece in text.as_bytes().chunks(1_000) {
            incoming.write(piece.to_vec().into()).await?;
        }
        self.program.import(&admin(), incoming, how).await
    }

    /// A recording that was taken in here, or what its source says of it now.
    async fn take_in(&mut self, recording: Recording) {
        let clip = Clip {
            id: format!("clip of {}", recording.id),
            recording_id: recording.id.clone(),
            kind: "clip".to_owned(),
            name: String::new(),
            content_type: None,
            state: "complete".to_owned(),
            size: Some(1),
            sha256: None,
            entry_id: None,
            same_as: None,
            key: SealedKey { period: String::new(), version: 1, wrapped: Vec::new() },
            metadata: String::new(),
            created_at: 0,
            sealed_at: Some(1),
        };
        let mut tx = self.program.store.begin().await.unwrap();
        recordings::register(&mut tx, &recording).await.unwrap();
        self.program.tell_the_audit(&mut tx, &recording, &[clip]).await.unwrap();
        commit(tx).await.unwrap();
        match self.own.iter_mut().find(|known| known.id == recording.id) {
            Some(known) => *known = recording,
            None => self.own.push(recording),
        }
    }

    /// The outcomes as they stand in the database.
    async fn outcomes(&self) -> Vec<Value> {
        let filter = Filter { limit: 1_000_000, ..Filter::default() };
        let kept = self.program.list_outcomes(&admin(), &filter).await.unwrap();
        kept.iter().map(|outcome| comparable(&as_in_the_file(outcome))).collect()
    }

    /// The outcomes of one audit over everything that was brought, and the window of its recordings.
    fn whole_audit(&self, policy: &Policy) -> (Vec<Value>, Option<(String, String)>) {
        let folder = self.folder.path().join("whole");
        std::fs::create_dir_all(&folder).unwrap();
        let mut all = self.brought.clone();
        let own = self.own.iter().map(row_of);
        all.entry(FileKind::Recordings).or_default().extend(own);
        all.entry(FileKind::Calls).or_default();
        let path = |kind: FileKind| {
            let rows = all.get(&kind)?;
            let path = folder.join(kind.name());
            std::fs::write(&path, file_of(kind, rows)).unwrap();
            Some(path)
        };
        let inputs = Inputs {
            calls: path(FileKind::Calls).unwrap(),
            recordings: path(FileKind::Recordings).unwrap(),
            officers: path(FileKind::Officers),
            camera_assignments: path(FileKind::CameraAssignments),
            exceptions: path(FileKind::Exceptions),
            device_events: path(FileKind::DeviceEvents),
        };
        let options = ReadOptions {
            timezone: Some("America/Chicago".to_owned()),
            ids_verified: true,
            ..ReadOptions::default()
        };
        let out = folder.join("out");
        let extras = Extras { jsonl: true, public: false };
        let done = audit(&inputs, &options, policy, extras, &out, &mut |_, _| ()).unwrap();
        let window = done.summary.recordings_window.map(|window| (window.from, window.to));
        let text = std::fs::read_to_string(out.join("outcomes.jsonl")).unwrap();
        (text.lines().map(|line| comparable(&serde_json::from_str(line).unwrap())).collect(), window)
    }
}

/// Without the line, which is that of the import.
fn comparable(outcome: &Value) -> Value {
    let mut outcome = outcome.clone();
    outcome.as_object_mut().unwrap().remove("line");
    outcome
}

fn as_in_the_file(outcome: &onrecord_store::outcomes::Outcome) -> Value {
    let time = |at: Option<i64>| at.map(|at| Moment(at).to_string());
    let mut row = json!({
        "call_id": outcome.call_id,
        "officer_id": outcome.officer_id,
        "begin": time(outcome.begin_at),
        "end": time(outcome.end_at),
        "outcome": outcome.outcome,
        "reason": outcome.reason,
    });
    if let Some(covered) = outcome.covered {
        let seconds = |length: i64| length as f64 / 1e6;
        let ids: Vec<String> = serde_json::from_str(outcome.recordings.as_ref().unwrap()).unwrap();
        let measured = row.as_object_mut().unwrap();
        let defects: Value = serde_json::from_str(outcome.defects.as_ref().unwrap()).unwrap();
        measured.insert("defects".into(), defects);
        measured.insert("covered_s".into(), seconds(covered).into());
        measured.insert("uncovered_s".into(), seconds(outcome.uncovered.unwrap()).into());
        measured.insert("excused_s".into(), seconds(outcome.excused.unwrap()).into());
        measured.insert("in_grace".into(), outcome.in_grace.unwrap().into());
        measured.insert("notice".into(), outcome.notice.clone().unwrap().into());
        measured.insert("recordings".into(), ids.join(";").into());
        measured.insert("citation".into(), outcome.citation.clone().unwrap().into());
    }
    row
}

fn row_of(recording: &Recording) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |at: Option<i64>| at.map_or_else(String::new, |at| Moment(at).to_string());
    vec![
        recording.id.clone(),
        text(&recording.officer_id),
        text(&recording.camera_serial),
        time(recording.started_at),
        time(recording.activated_at),
        time(recording.stopped_at),
        String::new(),
        String::new(),
    ]
}

fn file_of(kind: FileKind, rows: &[Vec<String>]) -> String {
    let mut text = kind.columns().join(",") + "\n";
    for row in rows {
        let fields: Vec<String> = row
            .iter()
            .map(|value| if value.contains([',', '\n']) { format!("\"{value}\"") } else { value.clone() })
            .collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

fn own_recording(department: &Department, chance: &mut Chance, id: u64) -> Recording {
    let (officer_id, camera_serial, started, activated_at, stopped_at) = department.own(chance);
    Recording {
        id: format!("own-{id}"),
        source: "tus".to_owned(),
        principal: "t2".to_owned(),
        source_key: format!("own-{id}"),
        state: "receiving".to_owned(),
        camera_serial,
        officer_id,
        started_at: Some(started),
        activated_at,
        stopped_at,
        timezone: None,
        clock_offset: None,
        transfer_complete: true,
        metadata: "{}".to_owned(),
        created_at: 1,
        standing: Standing::default(),
    }
}

/// Brings a department's rows in some order and in some files, some of them twice, with recordings that are taken in
/// between, and looks at every so many of these steps whether the outcomes are those of one whole audit.
async fn play(seed: u64) -> Result<(), TestCaseError> {
    let mut chance = Chance(seed);
    let department = Department::new(&mut chance);
    let mut case = Case::new(seed).await;
    case.set(TIMEZONE, "America/Chicago").await;
    let strict = case.folder.path().join("strict.toml");
    std::fs::write(&strict, STRICT).unwrap();
    let policies = ["generic", "us-il-chicago", strict.to_str().unwrap()];
    let mut policy = *chance.one(&policies);
    case.set(POLICY, policy).await;
    let mut earlier: Vec<(FileKind, Vec<Vec<String>>)> = Vec::new();
    for step in 0..4 + chance.below(14) {
        match chance.below(12) {
            0 if !earlier.is_empty() => {
                let (kind, rows) = chance.one(&earlier).clone();
                let again = case.import(kind, rows.clone()).await;
                prop_assert_eq!(again.rows.duplicate, again.rows.read);
                prop_assert!(again.rejects.is_empty());
            }
            1 => {
                policy = *chance.one(&policies);
                case.set(POLICY, policy).await;
            }
            2..=4 => {
                let id = if chance.often(30) { chance.below(3) } else { step + 10 };
                let recording = own_recording(&department, &mut chance, id);
                case.take_in(recording).await;
            }
            _ => {
                let kind = *chance.one(&department.kinds);
                let most = if kind == FileKind::Officers { 4 } else { 25 };
                let mut least = 0;
                if kind == FileKind::Officers {
                    least = 1;
                }
                let mut rows: Vec<_> =
                    (0..least + chance.below(most)).map(|_| department.row(&mut chance, kind)).collect();
                if kind == FileKind::Recordings && chance.often(50) {
                    rows.extend(department.edges());
                }
                earlier.push((kind, rows.clone()));
                let done = case.import(kind, rows).await.rows;
                prop_assert_eq!(done.read, done.accepted + done.rejected + done.duplicate);
            }
        }
        if chance.often(40) {
            check(&case, policy).await?;
        }
    }
    check(&case, policy).await?;
    case.program.store.close().await;
    Ok(())
}

async fn check(case: &Case, policy: &str) -> Result<(), TestCaseError> {
    case.program.update_outcomes().await.unwrap();
    let text = Policy::pack(policy).map_or_else(|| STRICT.to_owned(), str::to_owned);
    let policy = Policy::parse(policy, &text).unwrap();
    let (kept, (whole, window)) = (case.outcomes().await, case.whole_audit(&policy));
    let known = imports::window(&case.program.store).await.unwrap();
    prop_assert_eq!(known.map(|(from, to)| (Moment(from).to_string(), Moment(to).to_string())), window);
    prop_assert_eq!(kept.len(), whole.len());
    for (kept, whole) in kept.iter().zip(&whole) {
        prop_assert_eq!(kept, whole);
    }
    Ok(())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// How many departments are played: the usual variable of proptest asks for more than the suite has time for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn outcomes_are_those_of_one_whole_audit(seed in any::<u64>()) {
        run(play(seed))?;
    }
}

const DAY: &str = "recording_id,officer_id,camera_serial,started_at,stopped_at\n\
    first,Z,z,2017-12-01T00:00:00Z,2017-12-01T00:01:00Z\nlast,Z,z,2017-12-31T00:00:00Z,2017-12-31T00:01:00Z\n";
const CALLS: &str = "call_id,officer_id,dispatched_at,on_scene_at,cleared_at\n\
    k1,O1,2017-12-10 09:50,2017-12-10 10:00,2017-12-10 10:30\n\
    k2,O2,2017-12-10 09:50,2017-12-10 10:00,2017-12-10 10:30\n";

fn chicago() -> HowToRead {
    HowToRead { timezone: Some("America/Chicago".to_owned()), ..HowToRead::default() }
}

impl Case {
    async fn brought(kinds: &[(FileKind, &str)]) -> Self {
        let case = Self::new(1).await;
        for (kind, text) in kinds {
            case.import_text(*kind, text, chicago()).await.unwrap();
        }
        case
    }

    /// Call, officer, outcome and reason.
    async fn said(&self) -> Vec<String> {
        let filter = Filter { limit: 1_000, ..Filter::default() };
        let kept = self.program.list_outcomes(&admin(), &filter).await.unwrap();
        let said = |o: &onrecord_store::outcomes::Outcome| {
            format!("{} {} {} {}", o.call_id, o.officer_id, o.outcome, o.reason).trim().to_owned()
        };
        kept.iter().map(said).collect()
    }

    async fn entries(&self, subject: &str) -> Vec<Value> {
        let entries = ledger::about(&self.program.store, subject).await.unwrap();
        entries.iter().map(|kept| serde_json::from_str(&kept.entry).unwrap()).collect()
    }

    async fn external(&self) -> Vec<Recording> {
        let filter =
            recordings::Filter { state: Some("external".to_owned()), limit: 100, ..Default::default() };
        recordings::list(&self.program.store, &filter, &Sight::everything()).await.unwrap().items
    }
}

#[test]
fn a_file_that_comes_again_changes_nothing() {
    run(async {
        let case = Case::brought(&[(FileKind::Recordings, DAY), (FileKind::Calls, CALLS)]).await;
        let before = (case.said().await, case.external().await);
        let again = case.import_text(FileKind::Calls, CALLS, chicago()).await.unwrap();
        let none = Counts { read: 2, duplicate: 2, ..Counts::default() };
        assert_eq!((again.rows, again.outcomes_due), (none, 0));
        let again_ = case.import_text(FileKind::Recordings, DAY, chicago()).await.unwrap();
        assert_eq!(again_.rows, none);
        assert_eq!(before, (case.said().await, case.external().await));
        let [entry] = &case.entries(&again.id).await[..] else { panic!("one entry for each import") };
        assert_eq!(entry["kind"], "imported");
        assert_eq!(entry["sha256"].as_str().unwrap(), again.sha256);
        assert_eq!((entry["rows"].as_i64(), entry["rows_duplicate"].as_i64()), (Some(2), Some(2)));
    });
}

#[test]
fn rows_that_stand_further_up_in_the_same_large_file_are_duplicates_once_each() {
    run(async {
        let case = Case::new(2).await;
        let row = |n: usize| {
            format!(
                "O1,2017-12-{:02}T10:00:00Z,2017-12-{:02}T11:00:{:02}Z,court\n",
                n % 28 + 1,
                n % 28 + 1,
                n % 60
            )
        };
        let mut text = "officer_id,from,to,code\n".to_owned();
        // 420 rows that differ, then all of them again, then some that are new among others that are not.
        (0..420).chain(0..420).for_each(|n| text.push_str(&row(n)));
        let new = |n: usize| format!("O{n}x,2017-12-01T10:00:00Z,2017-12-01T11:00:00Z,court\n");
        (0..300).for_each(|n| text.push_str(&if n % 3 == 0 { new(n) } else { row(n) }));
        let done = case.import_text(FileKind::Exceptions, &text, HowToRead::default()).await.unwrap();
        assert_eq!(
            (done.rows.read, done.rows.accepted + done.rows.rejected, done.rows.duplicate),
            (1_140, 520, 620)
        );
    });
}

#[test]
fn what_is_read_and_rejected_is_told_by_line() {
    run(async {
        let case = Case::new(2).await;
        let text = "recording_id,officer_id,camera_serial,started_at,stopped_at,notice\n\
            r1,O1,c1,2017-12-10T10:00:00Z,2017-12-10T11:00:00Z,perhaps\n\
            ,O1,c1,2017-12-10T10:00:00Z,2017-12-10T11:00:00Z,\n\
            r2,,c9,2017-12-10T10:00:00Z,2017-12-10T11:00:00Z,\n\
            r3,O1,c1,2017-12-10T10:00:00Z,2017-12-10T11:00:00Z,,too,many\n\
            r1,O1,c1,2017-12-10T10:00:00Z,2017-12-10T11:00:00Z,perhaps\n";
        let done = case.import_text(FileKind::Recordings, text, HowToRead::default()).await.unwrap();
        assert_eq!(done.rows, Counts { read: 5, accepted: 1, rejected: 3, duplicate: 1 });
        let told: Vec<_> = done.rejects.iter().map(|r| (r.line, r.column.as_str(), r.row)).collect();
        assert_eq!(
            told,
            [(2, "notice", false), (3, "recording_id", true), (4, "officer_id", true), (5, "", true)]
        );
        assert_eq!(case.external().await.len(), 1);
    });
}

#[test]
fn whose_a_recording_is_may_be_known_from_an_earlier_import_or_a_later_one() {
    run(async {
        let assigned = |from: &str| format!("camera_serial,officer_id,from\nc1,O1,{from}\n");
        let recording = "recording_id,camera_serial,started_at,stopped_at\nr1,c1,2017-12-10T15:59:00Z,2017-12-10T16:31:00Z\n";
        let case = Case::brought(&[
            (FileKind::Recordings, DAY),
            (FileKind::Calls, CALLS),
            (FileKind::CameraAssignments, &assigned("2017-12-01T00:00:00Z")),
        ])
        .await;
        let done = case.import_text(FileKind::Recordings, recording, chicago()).await.unwrap();
        assert_eq!(done.rows, Counts { read: 1, accepted: 1, ..Counts::default() });
        assert_eq!(case.said().await, ["k1 O1 recorded", "k2 O2 no_camera"]);
        let spans = case.program.spans_of_call("k1").await.unwrap();
        assert_eq!(spans, [("O1".to_owned(), 1_512_921_600_000_000, 1_512_923_400_000_000)]);
        let later = Case::brought(&[
            (FileKind::Recordings, DAY),
            (FileKind::Calls, CALLS),
            (FileKind::Recordings, recording),
        ])
        .await;
        assert_eq!(later.external().await.len(), 2);
        let assigned = assigned("2017-12-01T00:00:00Z");
        later.import_text(FileKind::CameraAssignments, &assigned, chicago()).await.unwrap();
        assert_eq!(later.said().await, ["k1 O1 recorded", "k2 O2 no_camera"]);
        let found = later.external().await;
        assert_eq!(found.iter().find(|r| r.source_key == "r1").unwrap().officer_id.as_deref(), Some("O1"));
    });
}

#[test]
fn an_id_that_an_earlier_import_has_for_something_else_is_told_and_not_used() {
    run(async {
        let of = |stopped: &str| {
            format!("recording_id,officer_id,started_at,stopped_at\nr1,O1,2017-12-10T15:59:00Z,{stopped}\n")
        };
        let case = Case::brought(&[
            (FileKind::Recordings, DAY),
            (FileKind::Calls, CALLS),
            (FileKind::Recordings, &of("2017-12-10T16:31:00Z")),
        ])
        .await;
        assert_eq!(case.said().await, ["k1 O1 recorded", "k2 O2 unverifiable camera_unknown"]);
        let other =
            case.import_text(FileKind::Recordings, &of("2017-12-10T16:32:00Z"), chicago()).await.unwrap();
        assert_eq!(other.rows, Counts { read: 1, rejected: 1, ..Counts::default() });
        assert_eq!((other.rejects[0].line, other.rejects[0].column.as_str()), (2, "recording_id"));
        assert_eq!(case.said().await[0], "k1 O1 unverifiable camera_unknown");
    });
}

#[test]
fn of_a_file_that_cannot_be_used_nothing_is_kept() {
    run(async {
        let case = Case::new(3).await;
        for (kind, text, words) in [
            (FileKind::Calls, "call_id,who\n1,2\n", "calls.csv, line 1, column officer_id: is missing"),
            (FileKind::Calls, "call_id,officer_id\n\"1,2\n", "calls.csv, line 2"),
            (FileKind::Officers, "officer_id\n", "officers.csv, line 2"),
            (FileKind::DeviceEvents, "", "device_events.csv, line 1"),
        ] {
            let refused = case.import_text(kind, text, HowToRead::default()).await.unwrap_err();
            assert!(matches!(refused, ProgramError::Refused(_)), "{refused}");
            assert!(refused.to_string().starts_with(words), "{refused}");
        }
        assert!(!imports::any_of_kind(&case.program.store, "calls").await.unwrap());
        assert_eq!(std::fs::read_dir(&case.program.scratch).unwrap().count(), 0);
        // What a crash left behind goes with the next import, once it is old. The clock of the test stands in 2020, where
        // every file is from the future: nothing is old.
        std::fs::create_dir(case.program.scratch.join("import-left")).unwrap();
        drop(case.program.incoming(FileKind::Calls).unwrap());
        assert!(case.program.scratch.join("import-left").exists());
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_hours(400_000);
        std::fs::File::open(case.program.scratch.join("import-left")).unwrap().set_modified(old).unwrap();
        drop(case.program.incoming(FileKind::Calls).unwrap());
        assert!(!case.program.scratch.join("import-left").exists());
    });
}

#[test]
fn what_a_crash_left_of_an_import_is_swept_away() {
    run(async {
        let case = Case::brought(&[(FileKind::Recordings, DAY)]).await;
        let import = Import {
            id: "half".to_owned(),
            kind: "calls".to_owned(),
            sha256: String::new(),
            size: 0,
            principal: String::new(),
            created_at: 0,
        };
        let mut tx = case.program.store.begin().await.unwrap();
        imports::begin(&mut tx, &import).await.unwrap();
        let row = NewRow { content: vec![1], data: "{}".to_owned(), accepted: true, ..NewRow::default() };
        imports::add(&mut tx, &import, &[row]).await.unwrap();
        commit(tx).await.unwrap();
        case.program.update_outcomes().await.unwrap();
        assert!(imports::waiting(&case.program.store, 10).await.unwrap().is_empty());
        assert!(imports::unfinished(&case.program.store).await.unwrap().is_empty());
        let done = case.import_text(FileKind::Calls, CALLS, chicago()).await.unwrap();
        assert_eq!(done.rows.accepted, 2);
    });
}

#[test]
fn outcomes_remember_the_policy_and_since_when_they_stand() {
    run(async {
        let case = Case::brought(&[(FileKind::Recordings, DAY), (FileKind::Calls, CALLS)]).await;
        let filter = Filter { limit: 10, ..Filter::default() };
        let list = async || case.program.list_outcomes(&admin(), &filter).await.unwrap();
        let before = list().await;
        let recording = "recording_id,officer_id,started_at,stopped_at\nr1,O1,2017-12-10T15:59:00Z,2017-12-10T16:31:00Z\n";
        case.import_text(FileKind::Recordings, recording, chicago()).await.unwrap();
        let after = list().await;
        assert!(after[0].computed_at > before[0].computed_at && after[0].outcome == "recorded");
        assert_eq!(after[1], before[1]);
        let strict = case.folder.path().join("strict.toml");
        std::fs::write(&strict, STRICT).unwrap();
        case.program.configure_audit(strict.to_str(), Some("America/Chicago")).await.unwrap();
        while case.program.run_job().await.unwrap() {}
        for (now, before) in list().await.iter().zip(&after) {
            assert_eq!((now.policy.as_str(), now.policy_version.as_str()), ("strict", "3"));
            assert!(now.computed_at > before.computed_at);
        }
        let refused = case.program.configure_audit(Some("no-such-pack"), None).await.unwrap_err();
        assert!(refused.to_string().contains("us-il-chicago"), "{refused}");
        assert!(case.program.configure_audit(None, Some("Mars/Olympus")).await.is_err());
        let kept = settings::get(&case.program.store, POLICY).await.unwrap();
        assert_eq!(kept.as_deref(), strict.to_str());
    });
}

#[test]
fn calls_in_a_citys_layout_are_decided_as_in_its_file() {
    run(async {
        let header = "cad_number,dup_cad_number,pd_incident_report,received_datetime,entry_datetime,dispatch_datetime,\
            enroute_datetime,onscene_datetime,close_datetime,call_type_original,call_type_original_desc,call_type_final,\
            call_type_final_desc,priority_original,priority_final,agency,disposition,onview_flag,sensitive_call,\
            intersection_name,police_district,star";
        let mut text = format!("{header}\n");
        // The second is in the hour that occurs twice, the third has no time that can be read.
        for (nth, (on_scene, close)) in [
            ("2017/11/04 10:00:00 AM", "2017/11/04 10:30:00 AM"),
            ("2017/11/05 01:10:00 AM", "2017/11/05 01:30:00 AM"),
            ("soon", "2017/11/05 10:30:00 AM"),
            ("", "2017/11/05 10:30:00 AM"),
        ]
        .iter()
        .enumerate()
        {
            let rest = "917,A,917,A,B,B,Police,HAN,N,false,\"A, B\",MISSION";
            writeln!(text, "k{nth},,,,,2017/11/04 09:50:00 AM,,{on_scene},{close},{rest},O{nth}").unwrap();
        }
        let recordings = "recording_id,officer_id,started_at,stopped_at\nfirst,O0,2017-11-01T00:00:00Z,2017-11-01T00:01:00Z\n\
            last,O3,2017-11-30T00:00:00Z,2017-11-30T00:01:00Z\n";
        let case = Case::new(4).await;
        case.import_text(FileKind::Recordings, recordings, HowToRead::default()).await.unwrap();
        let how = HowToRead {
            cad_profile: Some("sfpd".to_owned()),
            officer_column: Some("star".to_owned()),
            ..HowToRead::default()
        };
        let done = case.import_text(FileKind::Calls, &text, how).await.unwrap();
        assert_eq!(done.rows, Counts { read: 4, accepted: 4, ..Counts::default() });
        assert_eq!(
            case.said().await,
            [
                "k0 O0 missing",
                "k1 O1 unverifiable ambiguous_time",
                "k2 O2 unverifiable unreadable_time",
                "k3 O3 not_required no_arrival",
            ]
        );
    });
}

/// Brings files one after the other, rows separated by blanks, and looks after each whether all is as in one audit.
async fn told(files: &[(FileKind, &str)]) -> Vec<String> {
    let mut case = Case::new(5).await;
    case.set(POLICY, "us-il-chicago").await;
    for (kind, rows) in files {
        let width = kind.columns().len();
        let row = |text: &str| {
            let mut row: Vec<String> = text.split(',').map(str::to_owned).collect();
            row.resize(width, String::new());
            row
        };
        case.import(*kind, rows.split(' ').filter(|row| !row.is_empty()).map(row).collect()).await;
        check(&case, "us-il-chicago").await.unwrap();
    }
    case.said().await
}

const EDGES: &str = "first,Z,z,2017-12-01T00:00:00Z,,2017-12-01T00:01:00Z last,Z,z,2017-12-31T00:00:00Z,,2017-12-31T00:01:00Z";
/// A call of O1 from ten o'clock to half past ten.
const TEN: &str = "k1,O1,,,,,,,,,2017-12-10T10:00:00Z,,2017-12-10T10:30:00Z";

#[test]
fn a_camera_of_somebody_else_casts_no_doubt_though_only_a_contradiction_brings_it_in() {
    run(async {
        let recordings = "r0,O1,c1,2017-12-03T10:00:00Z,,2017-12-03T10:30:00Z \
            r1,O1,c1,2017-12-04T10:00:00Z,,2017-12-04T10:30:00Z r1,,c2,2017-12-10T10:00:00Z,,2017-12-10T10:30:00Z";
        let files =
            [(FileKind::Recordings, EDGES), (FileKind::Calls, TEN), (FileKind::Recordings, recordings)];
        assert_eq!(told(&files).await, ["k1 O1 unverifiable rejected_evidence"]);
        let his = "r2,P,c2,2017-12-05T10:00:00Z,,2017-12-05T10:30:00Z";
        let files = [&files[..], &[(FileKind::Recordings, his)]].concat();
        assert_eq!(told(&files).await, ["k1 O1 missing"]);
    });
}

#[test]
fn an_officer_who_contradicts_himself_takes_no_camera_from_another() {
    run(async {
        let files = [
            (FileKind::Recordings, EDGES),
            (FileKind::Calls, TEN),
            (FileKind::Recordings, "r1,,c1,2017-12-10T09:59:00Z,,2017-12-10T10:31:00Z"),
            (FileKind::Officers, "O1,,,,,c1,2017-12-01T00:00:00Z"),
            (FileKind::Officers, "P,,,,,c1,2017-12-02T00:00:00Z"),
        ];
        assert_eq!(told(&files).await, ["k1 O1 unverifiable rejected_evidence"]);
        let files = [&files[..], &[(FileKind::Officers, "P,,,,,c2,2017-12-02T00:00:00Z")]].concat();
        assert_eq!(told(&files).await, ["k1 O1 recorded"]);
    });
}

#[test]
fn the_window_reaches_as_far_as_it_is_known_whose_the_recordings_are() {
    run(async {
        let early = "first,Z,z,2017-12-01T00:00:00Z,,2017-12-01T00:01:00Z r0,O1,c1,2017-12-02T00:00:00Z,,2017-12-02T00:01:00Z";
        let late = "late,,c1,2017-12-20T00:00:00Z,,2017-12-20T00:01:00Z";
        let files = [(FileKind::Recordings, early), (FileKind::Calls, TEN), (FileKind::Recordings, late)];
        assert_eq!(told(&files).await, ["k1 O1 unverifiable outside_recordings"]);
        let issued = (FileKind::Officers, "O1,,,,,c1,2017-12-01T00:00:00Z");
        let files = [&files[..], &[issued]].concat();
        assert_eq!(told(&files).await, ["k1 O1 missing"]);
        // The file of assignments takes the place of the officers': it gives nobody a camera.
        let files = [&files[..], &[(FileKind::CameraAssignments, "")]].concat();
        assert_eq!(told(&files).await, ["k1 O1 no_camera"]);
        let assigned = (FileKind::CameraAssignments, "c1,O1,2017-12-01T00:00:00Z");
        let files = [&files[..], &[assigned]].concat();
        assert_eq!(told(&files).await, ["k1 O1 missing"]);
    });
}
