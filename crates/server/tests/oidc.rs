//! Signing in through an identity provider from outside: `oidc-provider` of npm (tests/identity), as a browser would.
#![allow(clippy::unwrap_used, clippy::panic)]

mod served;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use onrecord_program::PersonRole;
use onrecord_program::people::Change;
use onrecord_server::config::OidcConfig;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use served::Served;

/// A provider that lets one person in.
struct Provider {
    process: Child,
    /// Kept open: a program that can no longer write ends.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Provider {
    fn start(redirect: &str, person: &Value) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/identity");
        let mut process = Command::new("node")
            .args(["provider.mjs", redirect])
            .current_dir(folder)
            .env("PERSON", person.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut issuer = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut issuer).unwrap();
        Self { process, _output: output, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

struct Elsewhere {
    served: Served,
    provider: Provider,
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Elsewhere {
    async fn start(person: &Value, configure: impl FnOnce(&mut OidcConfig)) -> Self {
        // The provider must know where to send the browser back before the server can be told of the provider.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let public = format!("http://127.0.0.1:{port}");
        let provider = Provider::start(&format!("{public}/api/v1/sign-in/oidc/callback"), person);
        let mut oidc = OidcConfig {
            issuer: provider.issuer.clone(),
            client_id: "onrecord".to_owned(),
            client_secret: Some("a secret of the tests".to_owned()),
            label: "Agency account".to_owned(),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            name_claim: None,
            roles_claim: None,
            roles: BTreeMap::new(),
        };
        configure(&mut oidc);
        let served = Served::start_with(|config| {
            config.server.listen.set_port(port);
            config.server.public_url = Some(public);
            config.oidc = Some(oidc);
        })
        .await;
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { served, provider, client, cookies: BTreeMap::new() }
    }

    /// One step of a browser: cookies go along and are kept.
    async fn step(&mut self, address: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.client.get(address).header("cookie", cookies.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Goes to the provider and back; answers where the browser stands at the end.
    async fn sign_in(&mut self) -> String {
        let mut address = self.served.api("sign-in/oidc?to=/calls");
        for _ in 0..12 {
            let answer = self.step(&address).await;
            let Some(next) = answer.headers().get("location") else {
                panic!("{address}: {} {}", answer.status(), answer.text().await.unwrap());
            };
            let next = next.to_str().unwrap().to_owned();
            if next.starts_with('/') && !next.starts_with("/interaction/") && !next.starts_with("/auth/") {
                return next;
            }
            let from_provider = address.starts_with(&self.provider.issuer);
            address = if next.starts_with('/') && from_provider {
                format!("{}{next}", self.provider.issuer)
            } else {
                next
            };
        }
        panic!("the browser is sent round in circles");
    }

    async fn session(&mut self) -> (StatusCode, Value) {
        let address = self.served.api("session");
        let answer = self.step(&address).await;
        (answer.status(), answer.json().await.unwrap_or_default())
    }
}

fn ann() -> Value {
    json!({ "sub": "0007", "preferred_username": "Ann", "name": "Ann B.", "email": "ann@example.org", "groups": ["police", "sergeants"] })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/identity, which scripts/test installs"]
async fn who_is_not_known_here_is_not_let_in_and_who_was_made_known_is() {
    let mut elsewhere = Elsewhere::start(&ann(), |_| {}).await;
    let (_, before) = served::Browser::new(&elsewhere.served).get("sign-in").await;
    assert_eq!(
        (&before["methods"], &before["provider"]),
        (&json!(["password", "oidc"]), &json!("Agency account"))
    );
    assert_eq!(elsewhere.sign_in().await, "/sign-in?problem=unknown-person");
    assert_eq!(elsewhere.session().await.0, StatusCode::UNAUTHORIZED);

    let (name, _) = elsewhere.served.person("ann", &[PersonRole::Records], &[]).await;
    assert_eq!(
        elsewhere.sign_in().await,
        "/sign-in?problem=unknown-person",
        "the name alone is not believed"
    );
    let program = &elsewhere.served.program;
    let person = program.person_named(&name).await.unwrap();
    let change = Change { external_subject: Some(Some("0007".to_owned())), ..Change::default() };
    program.change_person(&person.id, change, "test").await.unwrap();
    assert_eq!(elsewhere.sign_in().await, "/calls");
    let (status, session) = elsewhere.session().await;
    assert_eq!(
        (status, &session["method"], &session["person"]["name"]),
        (StatusCode::OK, &json!("oidc"), &json!("ann"))
    );
    assert_eq!(
        session["must_change_password"],
        json!(false),
        "a first password that was not used is not asked for"
    );
    let home = elsewhere.served.api("home");
    assert_eq!(elsewhere.step(&home).await.status(), StatusCode::OK);
    elsewhere.served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/identity, which scripts/test installs"]
async fn a_name_of_the_provider_can_be_the_sign_in_name_and_is_tied_to_its_person_once() {
    let mut elsewhere =
        Elsewhere::start(&ann(), |oidc| oidc.name_claim = Some("preferred_username".to_owned())).await;
    elsewhere.served.person("ann", &[PersonRole::Records], &[]).await;
    assert_eq!(elsewhere.sign_in().await, "/calls");
    let person = elsewhere.served.program.person_named("ann").await.unwrap();
    assert_eq!(person.external_subject.as_deref(), Some("0007"));
    let change = Change { external_subject: Some(Some("another".to_owned())), ..Change::default() };
    elsewhere.served.program.change_person(&person.id, change, "test").await.unwrap();
    elsewhere.cookies.clear();
    assert_eq!(elsewhere.sign_in().await, "/sign-in?problem=unknown-person");
    elsewhere.served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/identity, which scripts/test installs"]
async fn groups_of_the_provider_can_make_people_and_decide_on_their_roles() {
    let mut elsewhere = Elsewhere::start(&ann(), |oidc| {
        oidc.name_claim = Some("preferred_username".to_owned());
        oidc.roles_claim = Some("groups".to_owned());
        oidc.roles = [("sergeants".to_owned(), vec!["supervisor".to_owned()])].into();
    })
    .await;
    assert_eq!(elsewhere.sign_in().await, "/calls");
    let (_, session) = elsewhere.session().await;
    assert_eq!(session["person"]["roles"], json!(["supervisor"]));
    assert_eq!(
        (&session["person"]["display_name"], &session["has_password"]),
        (&json!("Ann B."), &json!(false))
    );
    let person = elsewhere.served.program.person_named("ann").await.unwrap();
    let change = Change { roles: Some([PersonRole::Administrator].into()), ..Change::default() };
    elsewhere.served.program.change_person(&person.id, change, "test").await.unwrap();
    elsewhere.served.person("boss", &[PersonRole::Administrator], &[]).await;
    elsewhere.cookies.clear();
    assert_eq!(elsewhere.sign_in().await, "/calls");
    assert_eq!(elsewhere.session().await.1["person"]["roles"], json!(["supervisor"]), "as the groups say");
    elsewhere.served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/identity, which scripts/test installs"]
async fn a_way_back_that_another_browser_began_leads_nowhere() {
    let mut elsewhere =
        Elsewhere::start(&ann(), |oidc| oidc.name_claim = Some("preferred_username".to_owned())).await;
    elsewhere.served.person("ann", &[PersonRole::Records], &[]).await;
    let begin = elsewhere.served.api("sign-in/oidc");
    let away = elsewhere.step(&begin).await;
    let address = reqwest::Url::parse(away.headers()["location"].to_str().unwrap()).unwrap();
    let asked: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked.contains_key("nonce"));
    let back = elsewhere.served.api(&format!("sign-in/oidc/callback?code=stolen&state={}", asked["state"]));
    let wrong = elsewhere.step(&back).await;
    assert_eq!(wrong.headers()["location"], "/sign-in?problem=provider-refused", "a code of nobody");
    assert_eq!(
        elsewhere.step(&back).await.headers()["location"],
        "/sign-in?problem=provider-refused",
        "used up"
    );
    elsewhere.step(&begin).await;
    elsewhere.cookies.clear();
    assert_eq!(
        elsewhere.step(&back).await.headers()["location"],
        "/sign-in?problem=provider-refused",
        "no cookie"
    );
    elsewhere.served.end().await;
}
