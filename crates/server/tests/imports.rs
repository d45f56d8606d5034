//! Imports and outcomes over HTTP: a real server, real requests.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::net::SocketAddr;

use onrecord_program::Role;
use onrecord_server::open::system_world;
use onrecord_server::{Config, open, serve};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const RECORDINGS: &str = "recording_id,officer_id,camera_serial,started_at,stopped_at\n\
    first,Z,z,2017-12-01T00:00:00Z,2017-12-01T00:01:00Z\n\
    r1,O1,c1,2017-12-10T15:59:00Z,2017-12-10T16:10:00Z\n\
    last,Z,z,2017-12-31T00:00:00Z,2017-12-31T00:01:00Z\n";
const CALLS: &str = "call_id,officer_id,dispatched_at,on_scene_at,cleared_at,weather\n\
    k1,O1,2017-12-10 09:50,2017-12-10 10:00,2017-12-10 10:30,rain\n\
    k2,O1,2017-12-10 11:50,pending,2017-12-10 12:30,\n\
    k3,,2017-12-10 09:50,2017-12-10 10:00,2017-12-10 10:30,\n";

/// A server, and who may speak to it.
struct Served {
    address: SocketAddr,
    admin: String,
    reader: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_data(&folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.server.tls_listen = None;
        let opened = open(&config, system_world()).await.unwrap();
        let (_, admin) = opened.program.create_token("a", Role::Admin, "test").await.unwrap();
        let (_, reader) = opened.program.create_token("r", Role::Reader, "test").await.unwrap();
        let (told, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let listening = move |plain, _| told.send(plain).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            serve(&config, opened, listening, stopped).await.unwrap();
        });
        Self { address: address.await.unwrap(), admin, reader, stop, done, _folder: folder }
    }

    async fn import(&self, token: &str, what: &str, body: impl Into<reqwest::Body>) -> Response {
        let address = format!("http://{}/api/v1/imports/{what}", self.address);
        Client::new().post(address).bearer_auth(token).body(body).send().await.unwrap()
    }

    async fn get(&self, what: &str) -> (StatusCode, Value) {
        let address = format!("http://{}/api/v1/{what}", self.address);
        let answer = Client::new().get(address).bearer_auth(&self.reader).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
    }
}

fn compressed(text: &str) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(text.as_bytes()).unwrap();
    to.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_imported_is_told_and_decided() {
    let served = Served::start().await;
    let answer = served.import(&served.admin, "recordings", compressed(RECORDINGS)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = served.import(&served.admin, "calls?timezone=America/Chicago", CALLS).await;
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["rows"], json!({ "read": 3, "accepted": 2, "rejected": 1, "duplicates": 0 }));
    assert_eq!((&told["rejects_total"], &told["outcomes_due"]), (&json!(2), &json!(0)));
    assert_eq!(told["rejects"][0]["line"], 3);
    assert_eq!(
        (&told["rejects"][0]["column"], &told["rejects"][0]["what"]),
        (&json!("on_scene_at"), &json!("value"))
    );
    assert_eq!(
        (&told["rejects"][1]["column"], &told["rejects"][1]["what"]),
        (&json!("officer_id"), &json!("row"))
    );
    assert!(told["notes"][0].as_str().unwrap().contains("weather"));

    let (_, first) = served.get("outcomes?officer=O1&limit=1").await;
    let mut partial = first["items"][0].clone();
    assert!(partial["computed_at"].take().is_string());
    assert_eq!(
        partial,
        json!({
            "line": 2, "call_id": "k1", "officer_id": "O1",
            "begin": "2017-12-10T16:00:00Z", "end": "2017-12-10T16:30:00Z",
            "outcome": "partial", "reason": null,
            "defects": [{ "kind": "early_stop", "from": "2017-12-10T16:10:00Z", "to": "2017-12-10T16:30:00Z" }],
            "covered_s": 600, "uncovered_s": 1200, "excused_s": 0, "in_grace": false, "notice": "not_applicable",
            "recordings": ["r1"], "citation": partial["citation"],
            "policy": "generic", "policy_version": partial["policy_version"], "computed_at": null,
        })
    );
    let (_, rest) = served.get(&format!("outcomes?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&rest["items"][0]["reason"], &rest["next_cursor"]),
        (&json!("unreadable_time"), &Value::Null)
    );
    assert_eq!(rest["items"][0]["defects"], Value::Null);
    for (query, found) in
        [("call=k1", 1), ("outcome=partial", 1), ("outcome=missing", 0), ("from=2017-12-10T16:30:00Z", 0)]
    {
        let (_, page) = served.get(&format!("outcomes?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
    let (_, recordings) = served.get("recordings?call=k1").await;
    assert_eq!(recordings["items"][0]["state"], "external");
    assert_eq!(recordings["items"].as_array().unwrap().len(), 1);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_is_refused_with_a_sentence() {
    let served = Served::start().await;
    for (token, what, body, status, words) in [
        (&served.reader, "calls", CALLS, StatusCode::FORBIDDEN, "admin"),
        (&served.admin, "weather", CALLS, StatusCode::NOT_FOUND, "camera-assignments"),
        (
            &served.admin,
            "calls",
            "call_id\n1\n",
            StatusCode::BAD_REQUEST,
            "calls.csv, line 1, column officer_id",
        ),
        (&served.admin, "calls?timezone=Mars/Olympus", CALLS, StatusCode::BAD_REQUEST, "Mars/Olympus"),
        (&served.admin, "calls?cad_profile=gotham", CALLS, StatusCode::BAD_REQUEST, "sfpd"),
        (
            &served.admin,
            "officers?cad_profile=sfpd",
            "officer_id\nO1\n",
            StatusCode::BAD_REQUEST,
            "cad_profile",
        ),
        (&served.admin, "calls?zone=UTC", CALLS, StatusCode::BAD_REQUEST, ""),
    ] {
        let answer = served.import(token, what, body).await;
        assert_eq!(answer.status(), status, "{what}");
        if !words.is_empty() {
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        }
    }
    let (_, none) = served.get("outcomes").await;
    assert!(none["items"].as_array().unwrap().is_empty());
    assert_eq!(served.get("outcomes?outcome=guilty").await.0, StatusCode::BAD_REQUEST);
    served.end().await;
}
