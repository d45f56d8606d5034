//! People who sign in, over HTTP: a real server, a client with a cookie jar, time in the test's hand.
#![allow(clippy::unwrap_used)]

mod served;

use onrecord_program::PersonRole;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use served::{Browser, Served};

const MINUTE: i64 = 60 * 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn before_signing_in_everybody_reads_whose_this_is() {
    let served = Served::start().await;
    let (status, said) = Browser::new(&served).get("sign-in").await;
    assert_eq!(
        (status, &said["agency"], &said["is_demo"]),
        (StatusCode::OK, &json!("Onrecord"), &json!(false))
    );
    assert!(said["banner"].as_str().unwrap().contains("monitored"));
    assert_eq!(said["methods"][0], "password");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_must_be_changed_before_anything_else() {
    let served = Served::start().await;
    let (name, first) = served.person("Ann", &[PersonRole::Supervisor], &["7"]).await;
    let mut browser = Browser::new(&served);
    let (status, session) = browser.sign_in(&name, &first, None).await;
    assert_eq!((status, &session["must_change_password"]), (StatusCode::OK, &json!(true)));
    assert_eq!(session["person"]["roles"], json!(["supervisor"]));
    let (status, said) = browser.get("recordings").await;
    assert_eq!(
        (status, &said["type"]),
        (StatusCode::FORBIDDEN, &json!("urn:onrecord:password-change-needed"))
    );
    let short = json!({ "current": first, "new": "too short" });
    assert_eq!(browser.send(Method::POST, "session/password", &short).await.0, StatusCode::BAD_REQUEST);
    let other = json!({ "current": "wrong password", "new": "harbour lamp tuesday" });
    assert_eq!(browser.send(Method::POST, "session/password", &other).await.0, StatusCode::UNAUTHORIZED);
    let good = json!({ "current": first, "new": "harbour lamp tuesday" });
    assert_eq!(browser.send(Method::POST, "session/password", &good).await.0, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("recordings").await.0, StatusCode::OK);
    assert_eq!(Browser::new(&served).sign_in(&name, &first, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(Browser::new(&served).sign_in("ANN ", "harbour lamp tuesday", None).await.0, StatusCode::OK);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_whether_it_is_known_or_not() {
    let served = Served::start().await;
    let (name, password) = served.settled("bea", &[PersonRole::Officer], &[]).await;
    let mut browser = Browser::new(&served);
    for unknown in [name.as_str(), "nobody"] {
        for _ in 0..5 {
            let (status, said) = browser.sign_in(unknown, "not the password", None).await;
            let expected = (StatusCode::UNAUTHORIZED, json!("urn:onrecord:sign-in-failed"));
            assert_eq!((status, said["type"].clone()), expected);
        }
        let (status, said) = browser.sign_in(unknown, &password, None).await;
        assert_eq!((status, &said["type"]), (StatusCode::UNAUTHORIZED, &json!("urn:onrecord:locked")));
    }
    served.later(15 * MINUTE - 1_000_000);
    assert_eq!(browser.sign_in(&name, &password, None).await.0, StatusCode::UNAUTHORIZED);
    served.later(2_000_000);
    assert_eq!(browser.sign_in(&name, &password, None).await.0, StatusCode::OK);
    let refused = served.entries("access.changed").await;
    let refused: Vec<_> = refused.iter().filter(|it| it["actor"] == "nobody").collect();
    assert_eq!(refused.len(), 10);
    assert!(
        refused
            .iter()
            .all(|it| !it.to_string().contains("not the password") && !it.to_string().contains("nobody\"}"))
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_side_by_side_are_counted_one_by_one() {
    let served = Served::start().await;
    let (name, password) = served.settled("cem", &[PersonRole::Officer], &[]).await;
    let tries = (0..12).map(|_| async {
        let (_, said) = Browser::new(&served).sign_in(&name, "not the password", None).await;
        said["type"].as_str().unwrap().to_owned()
    });
    let said = futures_util::future::join_all(tries).await;
    assert!(said.iter().filter(|kind| *kind == "urn:onrecord:sign-in-failed").count() <= 5, "{said:?}");
    assert_eq!(Browser::new(&served).sign_in(&name, &password, None).await.1["type"], "urn:onrecord:locked");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_only_guesses_is_slowed() {
    let served = Served::start().await;
    let mut browser = Browser::new(&served);
    let mut statuses = Vec::new();
    for at in 0..22 {
        statuses.push(browser.sign_in(&format!("nobody{at}"), "guessed", None).await.0);
    }
    assert!(statuses[..20].iter().all(|status| *status == StatusCode::UNAUTHORIZED), "{statuses:?}");
    assert_eq!(statuses[20..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    served.later(3_000_000);
    assert_eq!(browser.sign_in("nobody", "guessed", None).await.0, StatusCode::UNAUTHORIZED);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_no_code_counts_twice() {
    let served = Served::start().await;
    let (name, password) = served.settled("dan", &[PersonRole::Records], &[]).await;
    let mut browser = Browser::new(&served);
    browser.sign_in(&name, &password, None).await;
    let (status, setup) = browser.send(Method::POST, "session/totp", &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert!(setup["uri"].as_str().unwrap().starts_with("otpauth://totp/Onrecord:dan?secret="));
    let secret = setup["secret"].as_str().unwrap().to_owned();
    let wrong = json!({ "code": "000000" });
    assert_eq!(browser.send(Method::POST, "session/totp/confirm", &wrong).await.0, StatusCode::UNAUTHORIZED);
    let right = json!({ "code": served.code(&secret) });
    assert_eq!(browser.send(Method::POST, "session/totp/confirm", &right).await.0, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("session").await.1["has_second_factor"], true);

    let mut other = Browser::new(&served);
    let (status, said) = other.sign_in(&name, &password, None).await;
    assert_eq!((status, &said["type"]), (StatusCode::UNAUTHORIZED, &json!("urn:onrecord:code-needed")));
    let used = served.code(&secret);
    assert_eq!(
        other.sign_in(&name, &password, Some(&used)).await.0,
        StatusCode::UNAUTHORIZED,
        "used for setting up"
    );
    served.later(MINUTE);
    let fresh = served.code(&secret);
    assert_eq!(other.sign_in(&name, &password, Some(&fresh)).await.0, StatusCode::OK);
    assert_eq!(
        Browser::new(&served).sign_in(&name, &password, Some(&fresh)).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(other.send(Method::DELETE, "session/totp", &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(Browser::new(&served).sign_in(&name, &password, None).await.0, StatusCode::OK);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_is_locked_until_the_password_is_given_again_and_ends_after_twelve_hours() {
    let served = Served::start().await;
    let (name, password) = served.settled("eva", &[PersonRole::Supervisor], &[]).await;
    let mut browser = Browser::new(&served);
    browser.sign_in(&name, &password, None).await;
    served.later(14 * MINUTE);
    assert_eq!(browser.get("session").await.0, StatusCode::OK);
    served.later(14 * MINUTE);
    assert_eq!(browser.get_by_itself("session").await, StatusCode::OK, "a page that asks by itself may");
    served.later(2 * MINUTE);
    let (status, said) = browser.get("recordings").await;
    assert_eq!((status, &said["type"]), (StatusCode::LOCKED, &json!("urn:onrecord:idle-locked")));
    let wrong = json!({ "password": "not the password" });
    assert_eq!(browser.send(Method::POST, "session/unlock", &wrong).await.0, StatusCode::UNAUTHORIZED);
    let right = json!({ "password": password });
    assert_eq!(browser.send(Method::POST, "session/unlock", &right).await.0, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("recordings").await.0, StatusCode::OK);
    for _ in 0..49 {
        served.later(14 * MINUTE);
        browser.get("session").await;
    }
    served.later(14 * MINUTE);
    assert_eq!(browser.get("session").await.0, StatusCode::UNAUTHORIZED);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proved_themselves_long_ago_proves_it_again_before_changing_secrets() {
    let served = Served::start().await;
    let (name, password) = served.settled("fay", &[PersonRole::Officer], &[]).await;
    let mut browser = Browser::new(&served);
    browser.sign_in(&name, &password, None).await;
    for _ in 0..2 {
        served.later(10 * MINUTE);
        browser.get("session").await;
    }
    let (status, said) = browser.send(Method::POST, "session/totp", &Value::Null).await;
    assert_eq!((status, &said["type"]), (StatusCode::FORBIDDEN, &json!("urn:onrecord:prove-again")));
    browser.send(Method::POST, "session/unlock", &json!({ "password": password })).await;
    assert_eq!(browser.send(Method::POST, "session/totp", &Value::Null).await.0, StatusCode::OK);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_alone_changes_nothing_and_signing_out_ends_it() {
    let served = Served::start().await;
    let (name, password) = served.settled("gil", &[PersonRole::Administrator], &[]).await;
    let mut browser = Browser::new(&served);
    browser.sign_in(&name, &password, None).await;
    let csrf = std::mem::take(&mut browser.csrf);
    let new = json!({ "name": "a", "role": "reader" });
    let (status, said) = browser.send(Method::POST, "tokens", &new).await;
    assert_eq!((status, &said["type"]), (StatusCode::FORBIDDEN, &json!("urn:onrecord:csrf")));
    browser.csrf = csrf;
    assert_eq!(browser.send(Method::POST, "tokens", &new).await.0, StatusCode::CREATED);
    assert_eq!(browser.send(Method::DELETE, "session", &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(browser.get("session").await.0, StatusCode::UNAUTHORIZED);
    let reasons: Vec<_> =
        served.entries("access.changed").await.iter().map(|it| it["reason"].clone()).collect();
    assert!(reasons.contains(&json!("signed in")) && reasons.contains(&json!("signed out")), "{reasons:?}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let served = Served::start().await;
    let (name, password) = served.settled("hal", &[PersonRole::Officer], &[]).await;
    let address = served.api("sign-in");
    let body = json!({ "name": name, "password": password });
    let sent = Client::new().post(&address).json(&body).send().await.unwrap();
    let cookie = sent.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("onrecord_session=") && !cookie.contains("Secure"), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    let form = format!("name={name}&password={}", password.replace(' ', "+"));
    let form = Client::new()
        .post(&address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balancer_is_believed_where_the_configuration_names_it_and_nobody_else_is() {
    for is_trusted in [false, true] {
        let served = Served::start_with(|config| {
            if is_trusted {
                config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            }
        })
        .await;
        let (name, password) = served.settled("iris", &[PersonRole::Officer], &[]).await;
        let body = json!({ "name": name, "password": password });
        let asked = Client::new().post(served.api("sign-in")).header("x-forwarded-proto", "https");
        let answer = asked.json(&body).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), is_trusted, "{cookie}");
        let promise = answer.headers().get("strict-transport-security");
        assert_eq!(promise.is_some_and(|it| it == "max-age=31536000"), is_trusted);
        // Whoever invents addresses is slowed all the same, where nobody vouches for them.
        let mut statuses = Vec::new();
        for number in 0..22 {
            let body = json!({ "name": format!("nobody-{number}"), "password": "wrong wrong wrong" });
            let asked = Client::new().post(served.api("sign-in"));
            let asked = asked.header("x-forwarded-for", format!("192.0.2.{number}"));
            statuses.push(asked.json(&body).send().await.unwrap().status());
        }
        assert_eq!(!statuses.contains(&StatusCode::TOO_MANY_REQUESTS), is_trusted, "{statuses:?}");
        served.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_looks_after_people_and_others_do_not() {
    let served = Served::start().await;
    let (name, password) = served.settled("ida", &[PersonRole::Administrator], &[]).await;
    let mut admin = Browser::new(&served);
    let (_, session) = admin.sign_in(&name, &password, None).await;
    assert!(session["may"].as_array().unwrap().contains(&json!("manage_people")));
    assert!(!session["may"].as_array().unwrap().contains(&json!("view")));
    let new = json!({ "name": "Joe", "display_name": "Joe D.", "roles": ["supervisor"], "districts": ["7"] });
    let (status, made) = admin.send(Method::POST, "people", &new).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&made["person"]["name"], &made["person"]["must_change_password"]),
        (&json!("joe"), &json!(true))
    );
    assert_eq!(admin.send(Method::POST, "people", &new).await.0, StatusCode::CONFLICT);
    let unknown = json!({ "name": "kim", "roles": ["king"] });
    assert_eq!(admin.send(Method::POST, "people", &unknown).await.0, StatusCode::BAD_REQUEST);

    let at = format!("people/{}", made["person"]["id"].as_str().unwrap());
    let mut joe = Browser::new(&served);
    joe.sign_in("joe", made["password"].as_str().unwrap(), None).await;
    let change = json!({ "roles": ["officer"], "officer_id": "O7", "mail": null });
    let (_, changed) = admin.send(Method::PATCH, &at, &change).await;
    assert_eq!((&changed["roles"], &changed["officer_id"]), (&json!(["officer"]), &json!("O7")));
    assert_eq!(joe.get("session").await.1["person"]["roles"], json!(["officer"]), "at once");
    let (_, listed) = admin.get("people?q=joe&limit=1").await;
    assert_eq!((&listed["total"], &listed["items"][0]["name"]), (&json!(1), &json!("joe")));

    let (_, reset) = admin.send(Method::POST, &format!("{at}/reset"), &Value::Null).await;
    assert_eq!(joe.get("session").await.0, StatusCode::UNAUTHORIZED, "signed out everywhere");
    let password = reset["password"].as_str().unwrap().to_owned();
    joe.sign_in("joe", &password, None).await;
    assert_eq!(admin.send(Method::PATCH, &at, &json!({ "state": "disabled" })).await.0, StatusCode::OK);
    assert_eq!(joe.get("session").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(joe.sign_in("joe", &password, None).await.0, StatusCode::UNAUTHORIZED);

    let own = format!("people/{}", session["person"]["id"].as_str().unwrap());
    let (status, said) = admin.send(Method::PATCH, &own, &json!({ "roles": ["officer"] })).await;
    assert_eq!(status, StatusCode::CONFLICT, "{said}");
    let (other, password) = served.settled("lea", &[PersonRole::Supervisor], &[]).await;
    let mut lea = Browser::new(&served);
    lea.sign_in(&other, &password, None).await;
    let (status, said) = lea.get("people").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(said["detail"].as_str().unwrap().contains("administrator"), "{said}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_to_run_nothing_of_others() {
    let served = Served::start().await;
    for path in ["/", "/evidence?q=1", "/api/v1/sign-in", "/api/v1/nothing", "/healthz", "/api/openapi.json"]
    {
        let address = format!("http://{}{path}", served.address);
        let answer = Client::new().get(&address).header("accept", "text/html").send().await.unwrap();
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        if path.starts_with("/api/") {
            assert_eq!(headers["cache-control"], "no-store", "{path}");
        }
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_application_is_a_page_and_one_of_a_door_is_not() {
    let served = Served::start().await;
    let get = |path: &str, accept: &'static str| {
        let address = format!("http://{}{path}", served.address);
        async move { Client::new().get(address).header("accept", accept).send().await.unwrap() }
    };
    for path in ["/", "/recordings/0191", "/sign-in"] {
        let page = get(path, "text/html,*/*;q=0.8").await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    }
    for (path, accept) in [
        ("/recordings/0191", "application/json"),
        ("/api/v1/nothing", "text/html"),
        ("/axis/v1/x", "text/html"),
    ] {
        let status = get(path, accept).await.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    served.end().await;
}
