//! A server for tests, and who speaks to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_program::{Program, Role};
use onrecord_server::open::system_world;
use onrecord_server::{Config, open, serve};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::sync::oneshot;

/// A server with a token that may do everything.
pub struct Served {
    pub address: SocketAddr,
    pub program: Arc<Program>,
    token: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// A schema of its own in the PostgreSQL that the environment names, or none for SQLite.
async fn database(folder: &Path) -> Option<String> {
    use sqlx::Connection as _;
    let address = std::env::var("ONRECORD_TEST_POSTGRES").ok()?;
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
    let name: String =
        folder.file_name().unwrap().to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
    let schema = format!("application_{}", name.to_lowercase());
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
        .execute(&mut connection)
        .await
        .unwrap();
    let mark = if address.contains('?') { '&' } else { '?' };
    Some(format!("{address}{mark}options[search_path]={schema}"))
}

impl Served {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_data(&folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.server.tls_listen = None;
        config.database.url = database(folder.path()).await;
        // The tests need no media tools, which would have to find their jailer.
        config.media.ffprobe = "/nowhere".into();
        let opened = open(&config, system_world()).await.unwrap();
        opened.program.configure_audit(Some("us-il-chicago"), Some("America/Chicago")).await.unwrap();
        let (_, token) = opened.program.create_token("a", Role::Admin, "test").await.unwrap();
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
        Self { address: address.await.unwrap(), program, token, stop, done, _folder: folder }
    }

    /// Waits until outcomes and search are up to date.
    pub async fn settle(&self) {
        for _ in 0..400 {
            let (waiting, failed) = onrecord_store::jobs::counts(&self.program.store).await.unwrap();
            assert_eq!(failed, 0);
            if waiting == 0 {
                return;
            }
            self.program.live.bell.notify_waiters();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("jobs do not come to an end");
    }

    fn request(&self, method: Method, what: &str) -> reqwest::RequestBuilder {
        let address = format!("http://{}/api/v1/{what}", self.address);
        Client::new().request(method, address).bearer_auth(&self.token)
    }

    pub async fn get(&self, what: &str) -> (StatusCode, Value) {
        let answer = self.request(Method::GET, what).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// An answer with its headers.
    pub async fn answer(&self, what: &str) -> reqwest::Response {
        self.request(Method::GET, what).send().await.unwrap()
    }

    pub async fn text(&self, what: &str, accept: &str) -> String {
        let request = self.request(Method::GET, what).header("accept", accept);
        request.send().await.unwrap().text().await.unwrap()
    }

    pub async fn send(&self, method: Method, what: &str, body: String) -> (StatusCode, Value) {
        let answer = self.request(method, what).body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    pub async fn json(&self, method: Method, what: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.request(method, what).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Server-sent events, as they come.
    pub async fn stream(&self, what: &str) -> Events {
        let answer = self.request(Method::GET, what).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        Events(answer)
    }

    /// Brings a file.
    pub async fn upload(&self, metadata: &[(&str, &str)], bytes: &'static [u8]) {
        let metadata: Vec<String> =
            metadata.iter().map(|(name, value)| format!("{name} {}", STANDARD.encode(value))).collect();
        let answer = self
            .request(Method::POST, "uploads")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", bytes.len())
            .header("upload-metadata", metadata.join(","))
            .header("content-type", "application/offset+octet-stream")
            .body(bytes)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
    }

    pub async fn end(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
    }
}

pub struct Events(reqwest::Response);

impl Events {
    pub async fn next(&mut self) -> String {
        let bytes = tokio::time::timeout(Duration::from_secs(20), self.0.chunk()).await.unwrap().unwrap();
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }
}
