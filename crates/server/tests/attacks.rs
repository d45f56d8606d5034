//! What somebody who means no good sends: every answer is a sentence of the API, and nothing is left behind by it.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use onrecord_program::intake::{Check, NewClip, NewRecording};
use onrecord_program::playback::For;
use onrecord_program::{Principal, Program, ProgramError, Role};
use onrecord_server::open::system_world;
use onrecord_server::{Config, open, serve};
use onrecord_store::ledger::{about, published};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::sync::oneshot;

/// A server, and who may speak to it.
struct Served {
    address: SocketAddr,
    admin: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
    axis_key: String,
    program: Arc<Program>,
    folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_data(&folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.server.tls_listen = None;
        let opened = open(&config, system_world()).await.unwrap();
        let (_, admin) = opened.program.create_token("a", Role::Admin, "test").await.unwrap();
        let (axis_key, program) = (opened.axis_key.clone(), Arc::clone(&opened.program));
        let (told, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let listening = move |plain, _| told.send(plain).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            serve(&config, opened, listening, stopped).await.unwrap();
        });
        Self { address: address.await.unwrap(), admin, stop, done, axis_key, program, folder }
    }

    fn ask(&self, method: &str, what: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Client::new().request(method, format!("http://{}{what}", self.address)).bearer_auth(&self.admin)
    }

    async fn axis_token(&self) -> String {
        let signed_in = self.ask("GET", "/axis/auth/v1.0").header("x-auth-user", "axis");
        let answer = signed_in.header("x-auth-key", &self.axis_key).send().await.unwrap();
        answer.headers().get("x-auth-token").unwrap().to_str().unwrap().to_owned()
    }

    /// Begins an upload with metadata whose values stand in base64.
    async fn begin(&self, metadata: &str) -> StatusCode {
        let asked = self.ask("POST", "/api/v1/uploads").header("tus-resumable", "1.0.0");
        asked.header("upload-length", 5).header("upload-metadata", metadata).send().await.unwrap().status()
    }

    /// Keeps a clip; its id.
    async fn keep(&self, bytes: &'static str) -> String {
        let asked = self.ask("POST", "/api/v1/uploads").header("tus-resumable", "1.0.0").body(bytes);
        let asked = asked.header("upload-length", bytes.len());
        let answer = asked.header("content-type", "application/offset+octet-stream").send().await.unwrap();
        answer.headers().get("onrecord-clip").unwrap().to_str().unwrap().to_owned()
    }

    /// Puts or posts something of Axis with one value of metadata.
    async fn axis(&self, token: &str, method: &str, what: &str, name: &str, value: &str) -> StatusCode {
        let asked = self.ask(method, &format!("/axis/v1/AUTH_onrecord/{what}")).header("x-auth-token", token);
        asked.header(name, value).send().await.unwrap().status()
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
    }
}

async fn is_problem(answer: Response, status: StatusCode, what: &str) {
    assert_eq!(answer.status(), status, "{what}");
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{what}");
    let text = answer.text().await.unwrap();
    assert!(text.contains("\"detail\":\""), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_says_wrong_is_told_as_a_problem() {
    let served = Served::start().await;
    for what in [
        "/api/v1/recordings?limit=x",
        "/api/v1/recordings?limit=-1",
        "/api/v1/recordings?nobody_knows=1",
        "/api/v1/recordings?camera=a&camera=b",
        "/api/v1/outcomes?state=x",
        "/api/v1/ledger/inclusion",
        "/api/v1/ledger/inclusion?index=18446744073709551616",
        "/api/v1/ledger/consistency?from=-1&to=1",
        "/api/v1/recordings/%ff",
        "/api/v1/clips/%ff/original",
        "/ledger/tile/%ff",
    ] {
        let answer = served.ask("GET", what).send().await.unwrap();
        is_problem(answer, StatusCode::BAD_REQUEST, what).await;
    }
    for (method, what) in [("PUT", "/api/v1/recordings"), ("DELETE", "/ledger/key"), ("FOO", "/healthz")] {
        let answer = served.ask(method, what).send().await.unwrap();
        is_problem(answer, StatusCode::METHOD_NOT_ALLOWED, what).await;
    }
    served.end().await;
}

/// PostgreSQL keeps no U+0000 in a text; SQLite would.
#[tokio::test(flavor = "multi_thread")]
async fn the_character_nul_is_refused_wherever_text_comes_in() {
    let served = Served::start().await;
    for what in [
        "/api/v1/recordings?camera=%00",
        "/api/v1/recordings?call=a%00",
        "/api/v1/recordings?cursor=NTphAGI",
        "/api/v1/outcomes?officer=%00",
        "/api/v1/recordings/%00",
        "/api/v1/clips/a%00/receipt",
        "/api/v1/uploads/%00",
    ] {
        let answer = served.ask("GET", what).send().await.unwrap();
        is_problem(answer, StatusCode::BAD_REQUEST, what).await;
    }
    // "a", U+0000
    for key in ["filename", "filetype", "camera_serial", "officer_id", "timezone"] {
        assert_eq!(served.begin(&format!("{key} YQA=")).await, StatusCode::BAD_REQUEST, "{key}");
    }
    let token = served.axis_token().await;
    for what in ["a%00_CAM1_20260914T134107Z", "Users", "Users/a%00", "RejectedContent_x%00"] {
        let asked =
            served.ask("PUT", &format!("/axis/v1/AUTH_onrecord/{what}")).header("x-auth-token", &token);
        let status = asked.send().await.unwrap().status();
        let is_right = if what == "Users" { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
        assert_eq!(status, is_right, "{what}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_content_is_kept_whatever_its_metadata_say() {
    let served = Served::start().await;
    let token = served.axis_token().await;
    let container = "/axis/v1/AUTH_onrecord/RejectedContent_UnknownTime_1";
    let asked = served.ask("PUT", container).header("x-auth-token", &token);
    let asked = asked
        .header("x-container-meta-userid", "a%00b")
        .header("x-container-meta-timezone", "z".repeat(9_000));
    let asked = asked.header("x-container-meta-bwcserialnumber", "s".repeat(9_000));
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::CREATED);
    let asked = served.ask("PUT", &format!("{container}/x.mkv")).header("x-auth-token", &token).body("x");
    let asked = asked.header("content-type", "t".repeat(3_000));
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::CREATED);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_longer_than_any_source_gives_are_refused() {
    let served = Served::start().await;
    // 1,200 times "aaa"
    let long = "YWFh".repeat(1_200);
    for key in ["filename", "filetype", "camera_serial", "officer_id", "timezone"] {
        assert_eq!(served.begin(&format!("{key} {long}")).await, StatusCode::BAD_REQUEST, "{key}");
    }
    assert_eq!(served.begin("filename YWFh").await, StatusCode::CREATED);
    let token = served.axis_token().await;
    let users = served.ask("PUT", "/axis/v1/AUTH_onrecord/Users").header("x-auth-token", &token);
    assert_eq!(users.send().await.unwrap().status(), StatusCode::CREATED);
    for what in [format!("RejectedContent_{long}"), format!("Users/{long}")] {
        let asked =
            served.ask("PUT", &format!("/axis/v1/AUTH_onrecord/{what}")).header("x-auth-token", &token);
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_tus_that_stands_twice_is_refused() {
    let served = Served::start().await;
    let asked = served.ask("POST", "/api/v1/uploads").header("tus-resumable", "1.0.0");
    let answer = asked.header("upload-length", 5).header("upload-length", 6).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_below_the_door_of_axis_asks_for_a_token_first() {
    let served = Served::start().await;
    let token = served.axis_token().await;
    for what in
        ["/axis", "/axis/", "/axis/v1", "/axis/v2/a", "/axis/auth/v2.0", "/axis/a/b/c", "/axis/v1/%ff"]
    {
        let answer = served.ask("GET", what).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{what}");
        let answer = served.ask("GET", what).header("x-auth-token", &token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{what}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_that_no_tree_can_have_is_missing() {
    let served = Served::start().await;
    let answer =
        served.ask("GET", &format!("/ledger/tile/0/{}000", "x999/".repeat(300))).send().await.unwrap();
    is_problem(answer, StatusCode::NOT_FOUND, "a tile").await;
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_somebody_makes_up_do_not_show_in_the_metrics() {
    let served = Served::start().await;
    served.ask("OFFICER-4711", "/healthz").send().await.unwrap();
    let text = served.ask("GET", "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("4711") && text.contains("method=\"other\""), "{text}");
    served.end().await;
}

/// The tree grows by several entries at once: most sizes never had tiles of their own.
#[tokio::test(flavor = "multi_thread")]
async fn growth_between_any_two_sizes_is_proved() {
    let served = Served::start().await;
    for _ in 0..9 {
        assert_eq!(served.begin("filename YWFh").await, StatusCode::CREATED);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    for from in 1..9 {
        let what = format!("/api/v1/ledger/consistency?from={from}&to=9");
        assert_eq!(served.ask("GET", &what).send().await.unwrap().status(), StatusCode::OK, "{what}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_names_no_database_keeps_are_not_imported() {
    let served = Served::start().await;
    for id in ["r\0".to_owned(), "r".repeat(2_000)] {
        let file = format!(
            "recording_id,officer_id,camera_serial,started_at,stopped_at\n\
            {id},O1,c1,2017-12-10T15:59:00Z,2017-12-10T16:10:00Z\n"
        );
        let answer = served.ask("POST", "/api/v1/imports/recordings").body(file).send().await.unwrap();
        is_problem(answer, StatusCode::BAD_REQUEST, "an import").await;
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_its_owners_alone() {
    let served = Served::start().await;
    let data = served.folder.path().join("data");
    for file in ["onrecord.db", "onrecord.db-wal", "onrecord.db-shm"] {
        let mode = std::fs::metadata(data.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} has the mode {mode:o}");
    }
    let copy = served.folder.path().join("copy");
    served.program.back_up(&copy).await.unwrap();
    let mode = std::fs::metadata(copy.join("onrecord.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "the copy has the mode {mode:o}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_copy_forgets_removes_and_rotates_nothing() {
    let served = Served::start().await;
    let begun =
        served.ask("POST", "/api/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", 5);
    let begun = begun.send().await.unwrap();
    let upload = begun.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let program = &served.program;
    program.mark_restored().await.unwrap();
    assert!(program.read_restored().await.unwrap());
    let deleted = served.ask("DELETE", &upload).header("tus-resumable", "1.0.0").send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::SERVICE_UNAVAILABLE);
    let period = onrecord_program::World::period(program.world.now());
    assert!(matches!(program.rotate(&period, "test").await, Err(ProgramError::Away(_))));
    assert!(matches!(program.scrub(u64::MAX).await, Err(ProgramError::Away(_))));
    assert!(matches!(program.create_token("t", Role::Admin, "test").await, Err(ProgramError::Away(_))));
    assert_eq!(program.forget_expired().await.unwrap(), 0);
    let head = served.ask("HEAD", &upload).header("tus-resumable", "1.0.0").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    served.end().await;
}

/// A copy that holds a checkpoint cannot be proved with an older one.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_copy_is_proved_by_the_last_checkpoint_that_it_knows_or_a_newer_one() {
    let served = Served::start().await;
    let program = &served.program;
    let (older, _) = published(&program.store).await.unwrap().unwrap();
    served.keep("hello").await;
    let (newer, _) = program.publish(0).await.unwrap();
    program.mark_restored().await.unwrap();
    program.read_restored().await.unwrap();
    assert!(matches!(program.prove_restore(&older, "test").await, Err(ProgramError::Refused(_))));
    program.prove_restore(&newer, "test").await.unwrap();
    served.end().await;
}

/// A clip is announced just when keys are rotated: whoever commits first, its key can be opened afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_clip_that_is_announced_while_keys_are_rotated_keeps_its_key() {
    let served = Served::start().await;
    served.keep("earlier").await;
    let program = &served.program;
    let who = Principal::token("t", Role::Intake);
    let clip = NewClip {
        kind: "clip",
        name: "a".to_owned(),
        content_type: None,
        metadata: "{}".to_owned(),
        length: Some(5),
    };
    let writing = program.store.begin().await.unwrap();
    let begun = tokio::spawn({
        let (program, who) = (Arc::clone(program), who.clone());
        async move { program.begin_upload(&who, NewRecording::default(), clip, "").await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rotated = tokio::spawn({
        let program = Arc::clone(program);
        let period = onrecord_program::World::period(program.world.now());
        async move { program.rotate(&period, "test").await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(writing);
    let upload = begun.await.unwrap();
    rotated.await.unwrap();
    let mut attempt = program.attempt(&who, &upload.id, Some(0), Check::None).await.unwrap();
    attempt.send("hello".into()).await.unwrap();
    attempt.finish().await.unwrap();
    served.end().await;
}

/// Two requests of one person for the same clip, and the ledger cannot be written yet: neither gets a byte.
#[tokio::test(flavor = "multi_thread")]
async fn no_look_goes_out_on_another_one_that_is_not_written_yet() {
    let served = Served::start().await;
    let clip = served.keep("hello").await;
    let who = Principal::token("t", Role::Reader);
    let writing = served.program.store.begin().await.unwrap();
    let looks: Vec<_> = (0..2)
        .map(|_| {
            let (program, who, clip) = (Arc::clone(&served.program), who.clone(), clip.clone());
            tokio::spawn(async move {
                program.open_original(&who, &clip, For::Playing, "because").await.map(drop)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(looks.iter().all(|look| !look.is_finished()));
    drop(writing);
    for look in looks {
        look.await.unwrap().unwrap();
    }
    assert_eq!(about(&served.program.store, &clip).await.unwrap().len(), 2, "sealed once, seen once");
    served.program.open_original(&who, &clip, For::Playing, "another reason").await.unwrap();
    assert_eq!(about(&served.program.store, &clip).await.unwrap().len(), 3, "another reason is another look");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_that_are_merged_at_once_lose_nothing() {
    let served = Served::start().await;
    let token = served.axis_token().await;
    served.axis(&token, "PUT", "System", "x-container-meta-a", "a").await;
    let merging = (0..24).map(|serial| {
        let (name, served, token) = (format!("x-container-meta-k{serial}"), &served, &token);
        async move { served.axis(token, "POST", "System", &name, "v").await }
    });
    for status in futures_util::future::join_all(merging).await {
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let known = served.program.head_container("System").await.unwrap();
    assert_eq!(known.len(), 25, "{known:?}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_gives_a_recording_to_another_officer_is_in_the_ledger() {
    let served = Served::start().await;
    let token = served.axis_token().await;
    for what in ["Users", "Devices", "Users/u1", "Users/u2", "Devices/CAM"] {
        let status = served.axis(&token, "PUT", what, "x-container-meta-a", "a").await;
        assert_eq!(status, StatusCode::CREATED, "{what}");
    }
    let what = "u1_CAM_20260914T134107Z";
    assert_eq!(served.axis(&token, "PUT", what, "x-container-meta-userid", "u1").await, StatusCode::CREATED);
    let program = &served.program;
    let container = onrecord_store::swift::container(&program.store, what).await.unwrap().unwrap();
    let recording = container.recording_id.unwrap();
    assert_eq!(
        served.axis(&token, "POST", what, "x-container-meta-stoptime", "1789393300").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        about(&program.store, &recording).await.unwrap().len(),
        1,
        "what was not known yet is no correction"
    );
    assert_eq!(
        served.axis(&token, "POST", what, "x-container-meta-userid", "u2").await,
        StatusCode::NO_CONTENT
    );
    let entries = about(&program.store, &recording).await.unwrap();
    assert!(
        entries.len() == 2 && entries[1].entry.contains(r#""officer_id":{"is":"u2","was":"u1"}"#),
        "{entries:?}"
    );
    served.end().await;
}
