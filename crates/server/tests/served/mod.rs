//! A real server with people, whose time the test moves; and a browser: a client that keeps its cookies and sends the
//! session's word along.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use onrecord_program::people::NewPerson;
use onrecord_program::{PersonRole, Program, World};
use onrecord_server::open::system_world;
use onrecord_server::{Config, open, serve};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::sync::oneshot;

/// A server, and the hands on its clock.
pub struct Served {
    pub address: SocketAddr,
    pub program: Arc<Program>,
    ahead: Arc<AtomicI64>,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Served {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_data(&folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.server.tls_listen = None;
        config.database.url = database().await;
        configure(&mut config);
        let ahead = Arc::new(AtomicI64::new(0));
        let opened = open(&config, world(&ahead)).await.unwrap();
        let program = Arc::clone(&opened.program);
        let (told, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let listening = move |plain, _| told.send(plain).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            serve(&config, opened, listening, stopped).await.unwrap();
        });
        Self { address: address.await.unwrap(), program, ahead, stop, done, folder }
    }

    /// Moves the server's clock on.
    pub fn later(&self, micros: i64) {
        self.ahead.fetch_add(micros, Ordering::SeqCst);
    }

    pub fn api(&self, what: &str) -> String {
        format!("http://{}/api/v1/{what}", self.address)
    }

    /// A person with a first password.
    pub async fn person(&self, name: &str, roles: &[PersonRole], districts: &[&str]) -> (String, String) {
        let new = new_person(name, roles, districts);
        let (person, password) = self.program.create_person(new, "test").await.unwrap();
        (person.name, password)
    }

    /// A person whose password need not be changed.
    pub async fn settled(&self, name: &str, roles: &[PersonRole], districts: &[&str]) -> (String, String) {
        let password = "harbour lamp tuesday".to_owned();
        let new = new_person(name, roles, districts);
        let person = self.program.create_person_with(new, Some(&password), "test").await.unwrap();
        (person.name, password)
    }

    /// The code that an authenticator shows now.
    pub fn code(&self, secret: &str) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let seconds = u64::try_from(self.program.world.now() / 1_000_000).unwrap();
        totp_rs::Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
    }

    /// The ledger's entries of a kind.
    pub async fn entries(&self, kind: &str) -> Vec<Value> {
        self.program.run_sequencer().await.unwrap();
        let size = self.program.tree_state().await.unwrap().sequenced;
        let kept = onrecord_store::ledger::placed(&self.program.store, 0, size).await.unwrap();
        let of_kind = kept.iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| serde_json::from_str(&entry.entry).unwrap()).collect()
    }

    pub async fn end(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
    }
}

/// A database of one's own, where the tests run with PostgreSQL (scripts/with-postgres); else SQLite in the data folder.
async fn database() -> Option<String> {
    let server = std::env::var("ONRECORD_TEST_POSTGRES").ok()?;
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&server).await.unwrap();
    let name = format!("t{}", system_world().id().simple());
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    Some(format!("{before}/{name}"))
}

fn new_person(name: &str, roles: &[PersonRole], districts: &[&str]) -> NewPerson {
    NewPerson {
        name: name.to_owned(),
        roles: roles.iter().copied().collect(),
        districts: districts.iter().map(|district| (*district).to_owned()).collect(),
        ..NewPerson::default()
    }
}

/// The system's time and so much more, and the system's chance.
fn world(ahead: &Arc<AtomicI64>) -> World {
    let (system, chance) = (system_world(), system_world());
    let ahead = Arc::clone(ahead);
    World::new(
        Arc::new(move || system.now() + ahead.load(Ordering::SeqCst)),
        Arc::new(move |buffer: &mut [u8]| {
            for chunk in buffer.chunks_mut(16) {
                let random: [u8; 16] = chance.random();
                chunk.copy_from_slice(&random[..chunk.len()]);
            }
        }),
    )
}

/// A browser.
pub struct Browser {
    client: Client,
    base: String,
    cookie: Option<String>,
    pub csrf: String,
}

impl Browser {
    pub fn new(served: &Served) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: served.api(""), cookie: None, csrf: String::new() }
    }

    pub async fn sign_in(&mut self, name: &str, password: &str, code: Option<&str>) -> (StatusCode, Value) {
        let body = json!({ "name": name, "password": password, "code": code });
        let answer = self.send(Method::POST, "sign-in", &body).await;
        answer.1["csrf_token"].as_str().unwrap_or_default().clone_into(&mut self.csrf);
        answer
    }

    pub async fn get(&mut self, what: &str) -> (StatusCode, Value) {
        self.send(Method::GET, what, &Value::Null).await
    }

    /// As a page asks that looks for news by itself.
    pub async fn get_by_itself(&mut self, what: &str) -> StatusCode {
        let mut request =
            self.client.get(format!("{}{what}", self.base)).header("x-onrecord-background", "1");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap().status()
    }

    pub async fn send(&mut self, method: Method, what: &str, body: &Value) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{what}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if !self.csrf.is_empty() {
            request = request.header("x-csrf-token", &self.csrf);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        if let Some(set) = answer.headers().get("set-cookie") {
            let set = set.to_str().unwrap();
            self.cookie = Some(set.split(';').next().unwrap().to_owned());
        }
        let status = answer.status();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
