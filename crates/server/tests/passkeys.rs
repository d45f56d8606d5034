//! Passkeys over HTTP, with an authenticator of the test's own: a P-256 key, and the bytes that a device would send.
#![allow(clippy::unwrap_used)]

mod served;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_program::PersonRole;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use served::{Browser, Served};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// What a person holds a finger on.
struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: String,
    counter: u32,
    origin: String,
    flags: u8,
}

impl Authenticator {
    fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let (id, origin) = (vec![7; 16], origin.to_owned());
        Self { key, id, user: String::new(), counter: 0, origin, flags: USER_PRESENT | USER_VERIFIED }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn data(&mut self, rp: &str, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = digest(&SHA256, rp.as_bytes()).as_ref().to_vec();
        data.push(self.flags | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// What `navigator.credentials.create` answers.
    fn create(&mut self, options: &Value) -> Value {
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.user);
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(&data);
        let client = self.client_data("webauthn.create", options);
        json!({ "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": text(&object), "clientDataJSON": text(&client), "transports": ["internal"] } })
    }

    /// What `navigator.credentials.get` answers.
    fn get(&mut self, options: &Value) -> Value {
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let client = self.client_data("webauthn.get", options);
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({ "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "authenticatorData": text(&data), "clientDataJSON": text(&client),
                "signature": text(signature.as_ref()), "userHandle": self.user } })
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

const ORIGIN: &str = "http://localhost:8080";

async fn served() -> Served {
    Served::start_with(|config| config.server.public_url = Some(ORIGIN.to_owned())).await
}

/// A person with a passkey, and who holds it.
async fn with_passkey(served: &Served) -> (Browser, Authenticator) {
    let (name, password) = served.settled("pam", &[PersonRole::Records], &[]).await;
    let mut browser = Browser::new(served);
    browser.sign_in(&name, &password, None).await;
    let (status, asked) = browser.send(Method::POST, "session/passkeys/begin", &Value::Null).await;
    assert_eq!((status, &asked["options"]["rp"]["id"]), (StatusCode::OK, &json!("localhost")));
    let wanted = &asked["options"]["authenticatorSelection"];
    assert_eq!(
        (&wanted["userVerification"], &wanted["residentKey"]),
        (&json!("required"), &json!("required"))
    );
    let mut authenticator = Authenticator::new(ORIGIN);
    let made = json!({ "challenge_id": asked["challenge_id"], "name": "my phone", "credential": authenticator.create(&asked["options"]) });
    let (status, kept) = browser.send(Method::POST, "session/passkeys/finish", &made).await;
    assert_eq!(status, StatusCode::CREATED, "{kept}");
    assert_eq!(
        browser.send(Method::POST, "session/passkeys/finish", &made).await.0,
        StatusCode::BAD_REQUEST,
        "once"
    );
    (browser, authenticator)
}

async fn sign_in(served: &Served, authenticator: &mut Authenticator) -> (StatusCode, Value, Browser) {
    let mut browser = Browser::new(served);
    let (status, asked) = browser.send(Method::POST, "sign-in/passkey/begin", &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{asked}");
    let got =
        json!({ "challenge_id": asked["challenge_id"], "credential": authenticator.get(&asked["options"]) });
    let (status, said) = browser.send(Method::POST, "sign-in/passkey/finish", &got).await;
    (status, said, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_lets_its_person_in_without_name_password_or_code() {
    let served = served().await;
    let (mut own, mut authenticator) = with_passkey(&served).await;
    let (status, session, mut browser) = sign_in(&served, &mut authenticator).await;
    assert_eq!((status, &session["method"]), (StatusCode::OK, &json!("passkey")));
    assert_eq!(session["person"]["name"], "pam");
    assert_eq!(browser.get("session").await.0, StatusCode::OK);
    let (_, listed) = own.get("session/passkeys").await;
    assert_eq!(listed["items"][0]["name"], "my phone");
    assert!(listed["items"][0]["used_at"].is_string());
    let gone = format!("session/passkeys/{}", listed["items"][0]["id"].as_str().unwrap());
    assert_eq!(own.send(Method::DELETE, &gone, &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_another_site_without_a_finger_or_from_a_copy_is_refused() {
    let served = served().await;
    let (_, mut authenticator) = with_passkey(&served).await;
    authenticator.origin = "http://evil.example".to_owned();
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    authenticator.origin = ORIGIN.to_owned();
    authenticator.flags = USER_PRESENT;
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    authenticator.flags |= USER_VERIFIED;
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::OK);
    authenticator.counter -= 1;
    assert_eq!(
        sign_in(&served, &mut authenticator).await.0,
        StatusCode::UNAUTHORIZED,
        "a copy counts as far"
    );
    let user = std::mem::replace(&mut authenticator.user, text(b"somebody else"));
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    authenticator.user = user;
    let other = Authenticator::new(ORIGIN);
    authenticator.key = other.key;
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_and_within_five_minutes() {
    let served = served().await;
    let (_, mut authenticator) = with_passkey(&served).await;
    let mut browser = Browser::new(&served);
    let (_, asked) = browser.send(Method::POST, "sign-in/passkey/begin", &Value::Null).await;
    let got =
        json!({ "challenge_id": asked["challenge_id"], "credential": authenticator.get(&asked["options"]) });
    served.later(301 * 1_000_000);
    assert_eq!(browser.send(Method::POST, "sign-in/passkey/finish", &got).await.0, StatusCode::UNAUTHORIZED);
    let (_, asked) = browser.send(Method::POST, "sign-in/passkey/begin", &Value::Null).await;
    let got =
        json!({ "challenge_id": asked["challenge_id"], "credential": authenticator.get(&asked["options"]) });
    assert_eq!(browser.send(Method::POST, "sign-in/passkey/finish", &got).await.0, StatusCode::OK);
    assert_eq!(
        Browser::new(&served).send(Method::POST, "sign-in/passkey/finish", &got).await.0,
        StatusCode::UNAUTHORIZED
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_passkeys_away_and_without_an_address_there_are_none() {
    let served = served().await;
    let (_, mut authenticator) = with_passkey(&served).await;
    let person = served.program.person_named("pam").await.unwrap();
    served.program.reset_person(&person.id, "test").await.unwrap();
    assert_eq!(sign_in(&served, &mut authenticator).await.0, StatusCode::UNAUTHORIZED);
    served.end().await;

    let without = Served::start().await;
    let mut browser = Browser::new(&without);
    assert_eq!(
        browser.send(Method::POST, "sign-in/passkey/begin", &Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(browser.get("sign-in").await.1["methods"], json!(["password"]));
    without.end().await;
}
