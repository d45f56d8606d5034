//! The witness from outside: over HTTP, with its folder on a disk, through restarts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use onrecord_ledger::{Edge, LedgerKey, Tiles, TilesError, consistency, take_cosignature};
use onrecord_witness::{Answer, Witness, WitnessConfig, WitnessError, run, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const ORIGIN: &str = "records.example.org/ledger";

fn key_of(origin: &str) -> LedgerKey {
    LedgerKey::generate(origin, &[1; 32]).unwrap()
}

fn config(data: &Path) -> WitnessConfig {
    WitnessConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: data.into(),
        logs: vec![key_of(ORIGIN).verifier_key(), key_of("other.example.org/ledger").verifier_key()],
        name: "witness.example.org".into(),
    }
}

fn open(data: &Path) -> Result<Witness, WitnessError> {
    Witness::open(&config(data), &[2; 32], Box::new(|| 1_700_000_000))
}

/// A ledger with its tiles.
struct Ledger(Edge, HashMap<String, Vec<u8>>);

impl Tiles for Ledger {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        self.1.get(path).cloned().ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

impl Ledger {
    fn of(size: u64) -> Self {
        let mut ledger = Self(Edge::empty(), HashMap::new());
        for index in 0..size {
            ledger.0.append(&format!("leaf {index}")).unwrap();
            ledger.1.extend(ledger.0.take_tiles().into_iter().map(|file| (file.path, file.bytes)));
        }
        ledger
    }

    fn note(&self) -> String {
        key_of(ORIGIN).sign_checkpoint(self.0.size(), &self.0.root())
    }

    fn submission(&self, old: u64) -> String {
        use std::fmt::Write as _;
        let mut body = format!("old {old}\n");
        for hash in consistency(old, self.0.size(), self).unwrap() {
            writeln!(body, "{}", base64(&hash)).unwrap();
        }
        format!("{body}\n{}", self.note())
    }
}

/// Base64 of a hash, by way of a checkpoint, which writes its root so.
fn base64(hash: &[u8; 32]) -> String {
    key_of(ORIGIN).sign_checkpoint(0, hash).lines().nth(2).unwrap().to_owned()
}

/// A service on a port of its own.
struct Service {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Service {
    fn start(witness: Witness) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, Arc::new(witness), async { stopped.await.unwrap_or(()) }).await.unwrap();
            });
        });
        Self { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String, String) {
        ask(self.address, method, path, body)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Status, head and body of an answer.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server may answer and close before it has read all of a body that is too large.
    let _ = stream.write_all(body.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_lowercase(), body.to_owned())
}

#[test]
fn a_ledger_is_cosigned_step_by_step_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let witness = open(folder.path()).unwrap();
    let vkey = witness.vkey();
    let service = Service::start(witness);
    let (five, nine) = (Ledger::of(5), Ledger::of(9));

    let (status, _, body) = service.ask("POST", "/add-checkpoint", &five.submission(0));
    assert_eq!(status, 200, "{body}");
    let (cosigned, time) = take_cosignature(&five.note(), &body, &vkey).unwrap();
    assert_eq!((cosigned.contains("witness.example.org"), time), (true, 1_700_000_000));

    let (status, head, body) = service.ask("POST", "/add-checkpoint", &nine.submission(0));
    assert_eq!((status, body.as_str()), (409, "5\n"));
    assert!(head.contains("content-type: text/x.tlog.size"), "{head}");

    assert_eq!(service.ask("POST", "/add-checkpoint", &nine.submission(5)).0, 200);
    assert_eq!(service.ask("POST", "/add-checkpoint", &five.submission(0)).2, "9\n");
    let (status, _, page) = service.ask("GET", "/", "");
    assert_eq!(status, 200);
    assert!(page.contains(&vkey) && page.contains("records.example.org/ledger 9\n"), "{page}");
    assert!(page.contains("other.example.org/ledger 0\n"), "{page}");
}

#[test]
fn each_refusal_has_the_status_of_the_specification() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(open(folder.path()).unwrap());
    let five = Ledger::of(5);
    let post = |body: &str| service.ask("POST", "/add-checkpoint", body).0;
    assert_eq!(post(""), 400);
    assert_eq!(post(&five.submission(0).replacen("old 0", "old 6", 1)), 400);
    let unknown =
        LedgerKey::generate("unknown.example.org", &[1; 32]).unwrap().sign_checkpoint(5, &five.0.root());
    assert_eq!(post(&format!("old 0\n\n{unknown}")), 404);
    let stolen = LedgerKey::generate(ORIGIN, &[9; 32]).unwrap().sign_checkpoint(5, &five.0.root());
    assert_eq!(post(&format!("old 0\n\n{stolen}")), 403);
    assert_eq!(post(&five.submission(0).replacen("old 0", "old 3", 1)), 409);
    assert_eq!(
        post(&five.submission(0).replacen("old 0\n", &format!("old 0\n{}\n", base64(&[3; 32])), 1)),
        422
    );
    assert_eq!(post(&"x".repeat(128 * 1024 + 1)), 413);
    assert_eq!(service.ask("GET", "/add-checkpoint", "").0, 405);
    assert_eq!(service.ask("GET", "/nothing", "").0, 404);
    assert_eq!(post(&five.submission(0)), 200, "nothing of all this was remembered");
}

#[test]
fn after_a_restart_the_witness_has_its_key_and_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    let vkey = first.vkey();
    assert_eq!(first.add_checkpoint(Ledger::of(5).submission(0).as_bytes()).unwrap().status, 200);
    drop(first);
    let again = Witness::open(&config(folder.path()), &[77; 32], Box::new(|| 1)).unwrap();
    assert_eq!(again.vkey(), vkey);
    let conflict = again.add_checkpoint(Ledger::of(9).submission(0).as_bytes()).unwrap();
    assert_eq!((conflict.status, conflict.body.as_str()), (409, "5\n"));
    assert_eq!(again.add_checkpoint(Ledger::of(9).submission(5).as_bytes()).unwrap().status, 200);
    let mode = fs::metadata(folder.path().join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_cannot_be_stored_is_not_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let witness = open(folder.path()).unwrap();
    let seen = folder.path().join("seen");
    fs::remove_dir_all(&seen).unwrap();
    assert!(witness.add_checkpoint(Ledger::of(5).submission(0).as_bytes()).is_err());
    fs::create_dir(&seen).unwrap();
    let later = witness.add_checkpoint(Ledger::of(9).submission(0).as_bytes()).unwrap();
    assert_eq!(later.status, 200, "the failed one was not remembered: {}", later.body);
}

#[test]
fn a_failure_to_store_is_a_500_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(open(folder.path()).unwrap());
    fs::remove_dir_all(folder.path().join("seen")).unwrap();
    let (status, _, body) = service.ask("POST", "/add-checkpoint", &Ledger::of(5).submission(0));
    assert_eq!((status, body.contains("cosigned nothing")), (500, true));
}

#[test]
fn a_rest_of_a_write_that_was_cut_off_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let witness = open(folder.path()).unwrap();
    witness.add_checkpoint(Ledger::of(5).submission(0).as_bytes()).unwrap();
    drop(witness);
    let seen = folder.path().join("seen");
    let file = fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    fs::write(file.with_extension("checkpoint.new"), "records.exam").unwrap();
    let witness = open(folder.path()).unwrap();
    assert_eq!(witness.add_checkpoint(Ledger::of(9).submission(5).as_bytes()).unwrap().status, 200);
}

#[test]
fn a_witness_that_has_lost_its_memory_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let witness = open(folder.path()).unwrap();
    witness.add_checkpoint(Ledger::of(5).submission(0).as_bytes()).unwrap();
    drop(witness);
    let file = fs::read_dir(folder.path().join("seen")).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "").unwrap();
    assert!(matches!(open(folder.path()), Err(WitnessError::Memory { .. })));
    fs::write(&file, key_of("other.example.org/ledger").sign_checkpoint(5, &[0; 32])).unwrap();
    assert!(matches!(open(folder.path()), Err(WitnessError::OtherMemory { .. })));
}

#[test]
fn a_witness_refuses_a_folder_in_use_and_keys_that_are_not_safe_or_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let running = open(folder.path()).unwrap();
    assert!(matches!(open(folder.path()), Err(WitnessError::InUse { .. })));
    drop(running);
    let mut other = config(folder.path());
    other.name = "somebody.example.org".into();
    let refused = Witness::open(&other, &[2; 32], Box::new(|| 1));
    assert!(matches!(refused, Err(WitnessError::Renamed { .. })));
    let mut other = config(folder.path());
    other.logs.push("nonsense".into());
    assert!(matches!(Witness::open(&other, &[2; 32], Box::new(|| 1)), Err(WitnessError::Log { .. })));
    let key = folder.path().join("key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(open(folder.path()), Err(WitnessError::Exposed { .. })));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "").unwrap();
    assert!(matches!(open(folder.path()), Err(WitnessError::Key { .. })));
}

/// Eight clients race; whatever the order, the sizes that are cosigned only grow, and each from the one
/// before.
#[test]
fn of_requests_that_race_none_rolls_the_memory_back() {
    let folder = tempfile::tempdir().unwrap();
    let witness = open(folder.path()).unwrap();
    let ledgers: Vec<_> = (1..=8).map(Ledger::of).collect();
    let answers: Vec<(u64, Answer)> = thread::scope(|scope| {
        let racing: Vec<_> = ledgers
            .iter()
            .flat_map(|ledger| (0..ledger.0.size()).map(move |old| (ledger, old)))
            .map(|(ledger, old)| {
                let witness = &witness;
                let body = ledger.submission(old);
                scope.spawn(move || (old, witness.add_checkpoint(body.as_bytes()).unwrap()))
            })
            .collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut starts: Vec<_> =
        answers.iter().filter(|(_, answer)| answer.status == 200).map(|(old, _)| *old).collect();
    starts.sort_unstable();
    let mut once = starts.clone();
    once.dedup();
    assert_eq!(starts, once, "two cosignatures start from the same tree: a fork");
    assert_eq!(starts.first(), Some(&0));
    let others = answers.iter().filter(|(_, answer)| answer.status != 200);
    others.for_each(|(_, answer)| assert_eq!(answer.status, 409));
}

#[test]
fn run_serves_with_the_clock_and_chance_of_the_machine_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(config(folder.path()), async {})).unwrap();
    let first = fs::read_to_string(folder.path().join("key")).unwrap();
    let other = tempfile::tempdir().unwrap();
    runtime.block_on(run(config(other.path()), async {})).unwrap();
    assert_ne!(first, fs::read_to_string(other.path().join("key")).unwrap());
    assert!(first.starts_with("PRIVATE+KEY+witness.example.org+"));
}
