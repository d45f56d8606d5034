//! The dock against the real server, over HTTP and over HTTPS with the certificate that the server made for itself. Needs
//! the built program: `ONRECORD_BIN`, or `onrecord` beside this test's folder; without it the test says so and ends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::env;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_client::{Client, Options, Source, Verdict, verify};
use onrecord_dock::{Event, Summary, run};
use support::{Dock, Server};

fn program() -> Option<PathBuf> {
    let given = env::var_os("ONRECORD_BIN").map(PathBuf::from);
    let beside = env::current_exe().ok().and_then(|test| Some(test.parent()?.parent()?.join("onrecord")));
    let found = given.or(beside).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: there is no onrecord program; build it, or name it in ONRECORD_BIN");
    }
    found
}

/// The real server, until it is dropped.
struct Real {
    program: PathBuf,
    data: PathBuf,
    port: u16,
    tls_port: u16,
    process: Option<Child>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Real {
    fn new(program: PathBuf, data: &Path) -> Self {
        Self { program, data: data.join("data"), port: free_port(), tls_port: free_port(), process: None }
    }

    fn token(&self) -> String {
        let mut command = Command::new(&self.program);
        command.args(["admin", "token", "create", "--role", "intake", "--data"]).arg(&self.data);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    }

    fn start(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.args(["--tls-listen", &format!("127.0.0.1:{}", self.tls_port), "--data"]).arg(&self.data);
        self.process = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not answer");
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn certificate(&self) -> String {
        let output = Command::new(&self.program)
            .args(["admin", "connection-file", "--data"])
            .arg(&self.data)
            .output()
            .unwrap();
        let file: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let pem = STANDARD.decode(file["HTTPSCertificate"][0].as_str().unwrap());
        String::from_utf8(pem.unwrap()).unwrap()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn dock_to(server: &str, token: &str, dock: &Dock, root: Option<String>) -> Summary {
    let mut config = dock.config();
    config.server = server.to_owned();
    config.token = token.to_owned();
    config.client = Options { root_certificates: root, piece: 3_000_000, tries: 200, ..config.client };
    config.client.receipt = Duration::from_secs(30);
    config.client.longest_pause = Duration::from_millis(100);
    let events = std::sync::Arc::clone(&dock.events);
    let heard = move |event: Event| events.lock().unwrap().push(event);
    run(config, jiff::Timestamp::now, std::future::pending(), heard).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_docked_is_in_the_real_servers_ledger() {
    let Some(program) = program() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut real = Real::new(program, folder.path());
    let token = real.token();
    real.start();
    let dock = Dock::new(&Server::start().await, "marker = true");
    let bytes: Vec<u8> = (0..10_000_000_u32).map(|at| (at % 249) as u8).collect();
    let file = dock.put("cam/DCIM/a.mp4", &bytes);
    dock.put("cam/DCIM/empty.mp4", b"");
    let http = format!("http://127.0.0.1:{}", real.port);
    let summary = dock_to(&http, &token, &dock, None).await;
    assert_eq!((summary.safe, summary.left), (2, 0), "{:?}", dock.whys());
    assert!(file.with_file_name("a.mp4.onrecord-safe").exists());
    // A second copy, over HTTPS with the server's own certificate, by the same ledger key.
    dock.put("cam2/b.mp4", b"another");
    let https = format!("https://localhost:{}", real.tls_port);
    let summary = dock_to(&https, &token, &dock, Some(real.certificate())).await;
    assert_eq!((summary.safe, summary.left), (3, 0), "{:?}", dock.whys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_loses_nothing() {
    let Some(program) = program() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut real = Real::new(program, folder.path());
    let token = real.token();
    real.start();
    let dock = Dock::new(&Server::start().await, "");
    let bytes: Vec<u8> = (0..40_000_000_u32).map(|at| (at % 249) as u8).collect();
    let file = dock.put("cam/a.mp4", &bytes);
    let http = format!("http://127.0.0.1:{}", real.port);
    let killing = async {
        let durable = |event: &Event| matches!(event, Event::Progress { durable, .. } if *durable > 0);
        while dock.heard(durable) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        real.kill();
        real.start();
    };
    let (summary, ()) = tokio::join!(dock_to(&http, &token, &dock, None), killing);
    assert_eq!((summary.safe, summary.left), (1, 0), "{:?}", dock.whys());
    // What the journal keeps is enough for anyone to check the file, without the server.
    real.kill();
    let journal = fs::read_to_string(dock.state.join("journal.jsonl")).unwrap();
    let safe: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    let receipt = serde_json::from_value(safe["safe"]["receipt"].clone()).unwrap();
    let source = Source::open(&file).unwrap();
    let key = safe["safe"]["ledger_key"].as_str();
    assert!(matches!(verify(&source, &receipt, key).unwrap(), Verdict::True { .. }));
}

#[tokio::test]
async fn a_token_that_is_none_is_refused_in_the_servers_words() {
    let Some(program) = program() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut real = Real::new(program, folder.path());
    real.start();
    let client =
        Client::new(&format!("http://127.0.0.1:{}", real.port), "wrong", Options::default()).unwrap();
    let refused = client.receipt("c1").await.unwrap_err().to_string();
    assert!(refused.contains("401") && refused.contains("token"), "{refused}");
}
