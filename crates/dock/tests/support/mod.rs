//! A small tus server with a real ledger, which fails and lies on purpose; a camera of files; and a dock to run.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use onrecord_client::{Options, Receipt, Source};
use onrecord_dock::{DockConfig, DockError, Event, Profile, Summary, Until};
use onrecord_ledger::{Edge, Entry, Kind, LedgerKey, Tiles, TilesError, commitment, inclusion, leaf};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How a receipt is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// A true receipt, of another clip.
    OtherClip,
    /// The digest of the receipt is changed to the one that was asked about.
    WrongDigest,
    /// It never gets a place in the ledger.
    NoProof,
    /// The proof leads elsewhere.
    BrokenProof,
    /// The checkpoint is signed by somebody else under the same name.
    OtherSigner,
    /// The entry says another size.
    OtherSize,
    /// No JSON at all.
    Noise,
}

pub const LIES: [Lie; 7] = [
    Lie::OtherClip,
    Lie::WrongDigest,
    Lie::NoProof,
    Lie::BrokenProof,
    Lie::OtherSigner,
    Lie::OtherSize,
    Lie::Noise,
];

/// What happens to one request instead of what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    /// It is answered with this status, and nothing is done.
    Status(u16),
    /// The connection is cut before anything is read.
    Cut,
    /// The connection is cut after so many bytes have been kept.
    CutAfter(usize),
    /// Everything is done, and the connection is cut before the answer.
    LoseAnswer,
    /// A bit of what was kept is turned.
    Corrupt,
    /// All that was kept of the upload is forgotten.
    Forget,
    /// A receipt is wrong.
    Lie(Lie),
    /// The test does something before the request is handled.
    Act(Act),
}

/// Something that happens outside the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Kill,
    Unplug,
    Rewrite,
}

#[derive(Default)]
struct Upload {
    length: usize,
    bytes: Vec<u8>,
    metadata: String,
    clip: Option<String>,
}

struct Kept {
    bytes: Vec<u8>,
    recording: String,
    entry: String,
    salt: [u8; 32],
    index: u64,
}

#[derive(Default)]
struct Files(HashMap<String, Vec<u8>>);

impl Tiles for Files {
    fn tile(&self, path: &str) -> Result<Vec<u8>, TilesError> {
        self.0.get(path).cloned().ok_or_else(|| TilesError::Missing { path: path.into() })
    }
}

struct State {
    key: LedgerKey,
    edge: Edge,
    tiles: Files,
    uploads: HashMap<String, Upload>,
    clips: BTreeMap<String, Kept>,
    faults: VecDeque<Fault>,
    /// Faults that stay for every receipt, until taken away.
    lie: Option<Lie>,
    number: u64,
    received: usize,
    requests: Vec<String>,
}

type Acting = Box<dyn Fn(Act) + Send + Sync>;

/// The server.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<State>>,
    act: Arc<Mutex<Option<Acting>>>,
    pub address: SocketAddr,
}

pub fn ledger_key(seed: u8) -> LedgerKey {
    LedgerKey::generate("records.example.org/ledger", &[seed; 32]).unwrap()
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State {
            key: ledger_key(1),
            edge: Edge::empty(),
            tiles: Files::default(),
            uploads: HashMap::new(),
            clips: BTreeMap::new(),
            faults: VecDeque::new(),
            lie: None,
            number: 0,
            received: 0,
            requests: Vec::new(),
        };
        let server = Self {
            state: Arc::new(Mutex::new(state)),
            act: Arc::default(),
            address: listener.local_addr().unwrap(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let server = server.clone();
                        async move { server.answer(request).await.ok_or("cut") }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        // Another clip, so that proofs have hashes and there is something to mistake a clip for.
        server.with(|state| state.seal(b"somebody else's".to_vec()));
        server
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap())
    }

    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|state| state.faults.extend(faults));
    }

    pub fn unscript(&self) {
        self.with(|state| state.faults.clear());
    }

    pub fn lie(&self, lie: Option<Lie>) {
        self.with(|state| state.lie = lie);
    }

    pub fn change_key(&self, seed: u8) {
        self.with(|state| state.key = ledger_key(seed));
    }

    pub fn on_act(&self, act: impl Fn(Act) + Send + Sync + 'static) {
        *self.act.lock().unwrap() = Some(Box::new(act));
    }

    /// How often it holds just these bytes, sealed.
    pub fn holds(&self, bytes: &[u8]) -> usize {
        self.with(|state| state.clips.values().filter(|clip| clip.bytes == bytes).count())
    }

    /// SHA-256 of everything that it holds, in hex.
    pub fn digests(&self) -> Vec<String> {
        self.with(|state| state.clips.values().map(|clip| hex(&clip.bytes)).collect())
    }

    /// Bytes that were brought, all in all.
    pub fn received(&self) -> usize {
        self.with(|state| state.received)
    }

    pub fn requests(&self) -> Vec<String> {
        self.with(|state| state.requests.clone())
    }

    /// What was said of the upload that was begun last, value by key.
    pub fn said(&self) -> BTreeMap<String, String> {
        let text = self.with(|state| state.uploads[&format!("u{}", state.number)].metadata.clone());
        let pair = |pair: &str| {
            let (key, value) = pair.split_once(' ').unwrap();
            (key.to_owned(), String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())
        };
        text.split(',').map(pair).collect()
    }

    /// None: the connection is cut.
    async fn answer(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let fault = self.with(|state| {
            state.requests.push(format!("{} {}", request.method(), request.uri()));
            state.faults.pop_front().unwrap_or(Fault::Nothing)
        });
        match fault {
            Fault::Status(status) => {
                let problem = json!({"title": "No", "status": status, "detail": "On purpose."}).to_string();
                return Some(respond(status, &[("content-type", "application/problem+json")], problem));
            }
            Fault::Cut => return None,
            Fault::Act(act) => {
                if let Some(acting) = &*self.act.lock().unwrap() {
                    acting(act);
                }
            }
            _ => {}
        }
        let lie = if let Fault::Lie(lie) = fault { Some(lie) } else { None };
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let answer = match (request.method().clone(), parts.as_slice()) {
            (Method::GET, ["ledger", "key"]) => {
                respond(200, &[], self.with(|state| state.key.verifier_key()))
            }
            (Method::POST, ["api", "v1", "uploads"]) => self.with(|state| state.begin(&request)),
            (Method::HEAD, ["api", "v1", "uploads", id]) => self.with(|state| state.standing(id)),
            (Method::PATCH, ["api", "v1", "uploads", id]) => {
                let id = (*id).to_owned();
                self.patch(&id, request, fault).await?
            }
            (Method::GET, ["api", "v1", "clips", id, "receipt"]) => self.with(|state| state.receipt(id, lie)),
            _ => respond(404, &[], String::new()),
        };
        if fault == Fault::LoseAnswer { None } else { Some(answer) }
    }

    async fn patch(
        &self,
        id: &str,
        request: Request<Incoming>,
        fault: Fault,
    ) -> Option<Response<Full<Bytes>>> {
        let at: usize = header(&request, "upload-offset").parse().unwrap();
        let stands = self.with(|state| state.uploads.get(id).map(|upload| upload.bytes.len()));
        match stands {
            None => return Some(respond(404, &[], String::new())),
            Some(stands) if stands != at => return Some(respond(409, &[], String::new())),
            Some(_) => {}
        }
        let most = if let Fault::CutAfter(most) = fault { most } else { usize::MAX };
        let (mut body, mut taken) = (request.into_body(), 0);
        while let Some(frame) = body.frame().await {
            // A client that broke off: what came is kept.
            let part = frame.ok()?.into_data().ok()?;
            let part = &part[..part.len().min(most - taken)];
            taken += part.len();
            self.with(|state| {
                state.received += part.len();
                if let Some(upload) = state.uploads.get_mut(id) {
                    upload.bytes.extend_from_slice(part);
                }
            });
            if taken == most {
                return None;
            }
        }
        self.with(|state| match fault {
            Fault::Forget => {
                state.uploads.remove(id);
                None
            }
            _ => Some(state.reached(id, fault == Fault::Corrupt)),
        })
    }
}

impl State {
    fn begin(&mut self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        self.number += 1;
        let id = format!("u{}", self.number);
        let upload = Upload {
            length: header(request, "upload-length").parse().unwrap(),
            metadata: header(request, "upload-metadata"),
            ..Upload::default()
        };
        let is_empty = upload.length == 0;
        self.uploads.insert(id.clone(), upload);
        if is_empty {
            self.reached(&id, false);
        }
        respond(201, &[("location", &format!("/api/v1/uploads/{id}"))], String::new())
    }

    fn standing(&self, id: &str) -> Response<Full<Bytes>> {
        let Some(upload) = self.uploads.get(id) else { return respond(404, &[], String::new()) };
        let (offset, length) = (upload.bytes.len().to_string(), upload.length.to_string());
        let mut headers = vec![("upload-offset", offset.as_str()), ("upload-length", length.as_str())];
        if let Some(clip) = &upload.clip {
            headers.push(("onrecord-clip", clip));
        }
        respond(200, &headers, String::new())
    }

    fn reached(&mut self, id: &str, corrupt: bool) -> Response<Full<Bytes>> {
        let upload = self.uploads.get_mut(id).unwrap();
        if corrupt && let Some(byte) = upload.bytes.last_mut() {
            *byte ^= 1;
        }
        let offset = upload.bytes.len().to_string();
        if upload.bytes.len() < upload.length {
            return respond(204, &[("upload-offset", &offset)], String::new());
        }
        let (known, bytes) = (upload.clip.clone(), upload.bytes.clone());
        let clip = known.unwrap_or_else(|| self.seal(bytes));
        if let Some(upload) = self.uploads.get_mut(id) {
            upload.clip = Some(clip.clone());
        }
        let recording = self.clips[&clip].recording.clone();
        let headers = [
            ("upload-offset", offset.as_str()),
            ("onrecord-clip", &clip),
            ("onrecord-recording", &recording),
        ];
        respond(204, &headers, String::new())
    }

    fn seal(&mut self, bytes: Vec<u8>) -> String {
        let number = self.clips.len() as u8;
        let (clip, recording) = (format!("c{number}"), format!("r{number}"));
        let mut facts = serde_json::Map::new();
        facts.insert("sha256".into(), hex(&bytes).into());
        facts.insert("size".into(), bytes.len().into());
        facts.insert("recording_id".into(), recording.clone().into());
        let entry = Entry {
            at: 1_800_000_000_000_000,
            kind: Kind::ClipSealed,
            subject: clip.clone(),
            actor: "token:dock".into(),
            reason: "received".into(),
            facts,
        };
        let (entry, salt) = (entry.canonical().unwrap(), [number; 32]);
        let index = self.edge.append(&leaf("clip.sealed", &commitment(&salt, &entry))).unwrap();
        self.tiles.0.extend(self.edge.take_tiles().into_iter().map(|file| (file.path, file.bytes)));
        self.clips.insert(clip.clone(), Kept { bytes, recording, entry, salt, index });
        clip
    }

    fn receipt(&mut self, clip: &str, lie: Option<Lie>) -> Response<Full<Bytes>> {
        let lie = lie.or(self.lie);
        let asked = clip;
        let clip = if lie == Some(Lie::OtherClip) { "c0" } else { clip };
        let Some(kept) = self.clips.get(clip) else { return respond(404, &[], String::new()) };
        let key = if lie == Some(Lie::OtherSigner) { ledger_key(99) } else { ledger_key_of(&self.key) };
        let proof = inclusion(kept.index, self.edge.size(), &self.tiles).unwrap();
        let mut receipt = Receipt {
            recording_id: kept.recording.clone(),
            clip_id: asked.to_owned(),
            sha256: hex(&kept.bytes),
            size: kept.bytes.len() as u64,
            entry: kept.entry.clone(),
            salt: STANDARD.encode(kept.salt),
            index: Some(kept.index),
            proof: Some(proof.iter().map(|hash| STANDARD.encode(hash)).collect()),
            checkpoint: Some(key.sign_checkpoint(self.edge.size(), &self.edge.root())),
        };
        match lie {
            Some(Lie::WrongDigest) => receipt.entry = receipt.entry.replace(&receipt.sha256, &"0".repeat(64)),
            Some(Lie::NoProof) => (receipt.index, receipt.proof, receipt.checkpoint) = (None, None, None),
            Some(Lie::BrokenProof) => {
                receipt.proof = Some(vec![STANDARD.encode([0; 32]); proof.len()]);
            }
            Some(Lie::OtherSize) => receipt.size += 1,
            _ => {}
        }
        let text =
            if lie == Some(Lie::Noise) { "[]".to_owned() } else { serde_json::to_string(&receipt).unwrap() };
        respond(200, &[("content-type", "application/json")], text)
    }
}

/// Keys are not cloned by their crate; their text is.
fn ledger_key_of(key: &LedgerKey) -> LedgerKey {
    LedgerKey::from_text(&key.to_text()).unwrap()
}

fn header(request: &Request<Incoming>, name: &str) -> String {
    request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn respond(status: u16, headers: &[(&str, &str)], body: String) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(body.into())).unwrap()
}

pub fn hex(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    Source::open(file.path()).unwrap().digest().unwrap().hex()
}

/// A profile whose files are quiet at once.
pub fn profile(more: &str) -> Profile {
    Profile::parse("test", &format!("extensions = ['mp4']\nquiet_seconds = 0\n{more}")).unwrap()
}

/// A watched folder, a state folder, and what lies in the first.
pub struct Dock {
    pub watch: PathBuf,
    pub state: PathBuf,
    pub server: String,
    pub profile: Profile,
    pub key: Option<String>,
    pub piece: u64,
    pub events: Arc<Mutex<Vec<Event>>>,
    root: tempfile::TempDir,
}

impl Dock {
    pub fn new(server: &Server, more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (watch, state) = (root.path().join("watch"), root.path().join("state"));
        fs::create_dir_all(watch.join("cam")).unwrap();
        Self {
            watch,
            state,
            server: format!("http://{}", server.address),
            profile: profile(more),
            key: None,
            piece: 1_000,
            events: Arc::default(),
            root,
        }
    }

    pub fn put(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.watch.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn config(&self) -> DockConfig {
        let mut config = DockConfig::new(
            self.watch.clone(),
            self.server.clone(),
            "token".into(),
            self.state.clone(),
            self.profile.clone(),
        );
        config.until = Until::Tried;
        config.key.clone_from(&self.key);
        config.look_every = Duration::from_millis(3);
        config.first_pause = Duration::from_millis(1);
        config.longest_pause = Duration::from_millis(5);
        config.client = Options {
            piece: self.piece,
            tries: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(4),
            receipt: Duration::from_millis(300),
            ..Options::default()
        };
        config
    }

    /// Runs until everything has been tried once.
    pub async fn run(&self) -> Summary {
        loop {
            match self.try_run().await {
                // A killed run may still hold the lock with a thread that ends by itself.
                Err(DockError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(2)).await,
                ended => return ended.unwrap(),
            }
        }
    }

    pub async fn try_run(&self) -> Result<Summary, DockError> {
        let events = Arc::clone(&self.events);
        let clock = || jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let heard = move |event| events.lock().unwrap().push(event);
        onrecord_dock::run(self.config(), clock, std::future::pending(), heard).await
    }

    /// Digests of the files that the journal calls safe.
    pub fn safe(&self) -> Vec<String> {
        let text = fs::read_to_string(self.state.join("journal.jsonl")).unwrap_or_default();
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let safe = lines.filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            Some(line["safe"]["sha256"].as_str()?.to_owned())
        });
        safe.collect()
    }

    pub fn markers(&self) -> Vec<PathBuf> {
        let mut markers = Vec::new();
        let Ok(entries) = fs::read_dir(self.watch.join("cam")) else { return markers };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with(".onrecord-safe") {
                markers.push(path);
            }
        }
        markers
    }

    pub fn heard(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| is(event)).count()
    }

    pub fn whys(&self) -> Vec<String> {
        let whys = |event: &Event| match event {
            Event::NotYet { why, .. } => Some(why.clone()),
            _ => None,
        };
        self.events.lock().unwrap().iter().filter_map(whys).collect()
    }

    /// What is safe, by journal or by marker, is held by the server, and marked is only what the marker names.
    pub fn assert_nothing_wrongly_safe(&self, server: &Server) {
        let held = server.digests();
        for digest in self.safe() {
            assert!(held.contains(&digest), "called safe, but not held: {digest}");
        }
        for marker in self.markers() {
            let said: Value = serde_json::from_slice(&fs::read(&marker).unwrap()).unwrap();
            let digest = said["sha256"].as_str().unwrap().to_owned();
            assert!(held.contains(&digest), "marked, but not held: {}", marker.display());
        }
    }
}

/// Writes bytes and puts the time of change back: what a camera's clock that stands still would do.
pub fn write_keeping_time(path: &Path, bytes: &[u8]) {
    let modified = fs::metadata(path).and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    fs::write(path, bytes).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}
