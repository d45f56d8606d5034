//! The application's API over HTTP: a real server, real requests; on PostgreSQL where ONRECORD_TEST_POSTGRES names one.
#![allow(clippy::unwrap_used)]

#[path = "brought/mod.rs"]
mod served;

use onrecord_program::{PersonRights, PersonRole, Principal, ProgramError};
use onrecord_store::calls::CallFilter;
use onrecord_store::outcomes::Selection;
use onrecord_store::recordings::Filter;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use served::Served;

const OFFICERS: &str = "officer_id,name,badge,district,camera_serial,camera_issued_at\n\
    O1,Ada Byron,1815,7,c1,2017-12-01T00:00:00Z\nO2,Grace Hopper,1906,8,c2,2017-12-01T00:00:00Z\n\
    Z,Zed,9,9,z,2017-12-01T00:00:00Z\n";
const RECORDINGS: &str = "recording_id,officer_id,camera_serial,started_at,activated_at,stopped_at\n\
    first,Z,z,2017-12-01T00:00:00Z,,2017-12-01T00:01:00Z\n\
    r1,O1,c1,2017-12-10T15:59:00Z,2017-12-10T16:00:00Z,2017-12-10T16:10:00Z\n\
    r2,O2,c2,2017-12-10T15:59:30Z,,2017-12-10T16:31:00Z\n\
    last,Z,z,2017-12-31T00:00:00Z,,2017-12-31T00:01:00Z\n";
const CALLS: &str = "call_id,officer_id,unit_id,call_type,district,dispatched_at,on_scene_at,cleared_at\n\
    k-1,O1,12A,DOMESTIC,7,2017-12-10T15:50:00Z,2017-12-10T16:00:00Z,2017-12-10T16:30:00Z\n\
    k-1,O2,12B,DOMESTIC,7,2017-12-10T15:52:00Z,2017-12-10T16:01:00Z,2017-12-10T16:30:00Z\n\
    k-2,O2,12B,TRAFFIC STOP,8,2017-12-11T15:52:00Z,2017-12-11T16:01:00Z,2017-12-11T16:30:00Z\n";

async fn brought() -> Served {
    let served = Served::start().await;
    for (kind, text) in [("officers", OFFICERS), ("recordings", RECORDINGS), ("calls", CALLS)] {
        let (status, told) = served.send(Method::POST, &format!("imports/{kind}"), text.to_owned()).await;
        assert_eq!((status, &told["rejects_total"]), (StatusCode::OK, &json!(0)), "{told}");
    }
    served.settle().await;
    served
}

fn ids(page: &Value, name: &str) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

/// Who a recording of the imports is.
async fn id_of(served: &Served, camera: &str) -> String {
    let (_, page) = served.get(&format!("recordings?camera={camera}")).await;
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

fn person(roles: &[PersonRole], officer: Option<&str>, districts: &[&str]) -> Principal {
    let rights = PersonRights {
        roles: roles.iter().copied().collect(),
        officer_id: officer.map(str::to_owned),
        districts: districts.iter().map(|it| (*it).to_owned()).collect(),
    };
    Principal::person("p1", rights)
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_found_by_every_filter_word_and_order() {
    let served = brought().await;
    for (query, cameras) in [
        ("q=byron", vec!["c1"]),
        ("q=Hopper%201906", vec!["c2"]),
        ("q=k-1&sort=-started_at", vec!["c2", "c1"]),
        ("q=domestic&district=7", vec!["c1"]),
        ("q=nobody", vec![]),
        ("district=9&sort=-started_at", vec!["z", "z"]),
        ("outcome=partial", vec!["c1"]),
        ("outcome=recorded", vec!["c2"]),
        ("state=external&from=2017-12-10T00:00:00Z&to=2017-12-12T00:00:00Z", vec!["c1", "c2"]),
        ("sort=-duration&limit=2", vec!["c2", "c1"]),
        ("call=k-1", vec!["c1", "c2"]),
        ("officer=O1&sort=-size", vec!["c1"]),
    ] {
        let (status, page) = served.get(&format!("recordings?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        assert_eq!(ids(&page, "camera_serial"), cameras, "{query}");
    }
    for order in ["started_at", "-started_at", "-size", "-duration"] {
        let (mut all, mut query) = (Vec::new(), format!("recordings?limit=1&sort={order}"));
        loop {
            let (_, page) = served.get(&query).await;
            assert_eq!(page["total"], 4);
            all.extend(ids(&page, "id"));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            query = format!("recordings?limit=1&sort={order}&cursor={cursor}");
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4, "{order}");
    }
    assert_eq!(served.get("recordings?sort=name").await.0, StatusCode::BAD_REQUEST);
    let csv = served.text("recordings?q=byron", "text/csv").await;
    assert!(csv.lines().count() == 2 && csv.contains("Ada Byron"), "{csv}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_a_single_look_show_a_person_the_same() {
    let served = brought().await;
    let program = served.program.clone();
    let all = Filter { limit: 10, ..Filter::default() };
    for (who, seen, calls) in [
        (person(&[PersonRole::Officer], Some("O1"), &[]), vec!["c1"], vec!["k-1"]),
        (person(&[PersonRole::Supervisor], None, &["8"]), vec!["c2"], vec!["k-2"]),
        (
            person(&[PersonRole::Supervisor, PersonRole::Officer], Some("O1"), &["8"]),
            vec!["c1", "c2"],
            vec!["k-2", "k-1"],
        ),
        (person(&[PersonRole::Oversight], None, &[]), vec!["z", "c1", "c2", "z"], vec!["k-2", "k-1"]),
    ] {
        let found = program.list_recordings(&who, &all).await.unwrap();
        let listed: Vec<_> =
            found.items.iter().map(|shown| shown.recording.camera_serial.clone().unwrap()).collect();
        assert_eq!(
            (listed, found.total),
            (seen.iter().map(|it| (*it).to_owned()).collect(), seen.len() as u64)
        );
        let listed =
            program.list_calls(&who, &CallFilter { limit: 10, ..CallFilter::default() }).await.unwrap();
        let listed: Vec<_> = listed.items.iter().map(|call| call.call_id.as_str()).collect();
        assert_eq!(listed, calls);
        for camera in ["c1", "c2"] {
            let looked = program.picture(&who, &id_of(&served, camera).await).await;
            assert_eq!(looked.is_ok(), seen.contains(&camera), "{camera}");
        }
        for call in ["k-1", "k-2"] {
            assert_eq!(program.call_picture(&who, call).await.is_ok(), calls.contains(&call), "{call}");
        }
    }
    let administrator = person(&[PersonRole::Administrator], None, &[]);
    assert!(program.list_recordings(&administrator, &all).await.is_err());
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_picture_and_an_account_never_worsens_it() {
    let served = brought().await;
    let (_, page) = served.get("calls").await;
    assert_eq!(ids(&page, "call_id"), ["k-2", "k-1"]);
    for (query, found) in [
        ("q=byron", vec!["k-1"]),
        ("officer=O2&sort=begin", vec!["k-1", "k-2"]),
        ("district=8", vec!["k-2"]),
        ("type=DOMESTIC", vec!["k-1"]),
        ("outcome=missing", vec!["k-2"]),
        ("sort=-unrecorded", vec!["k-2", "k-1"]),
        ("to=2017-12-11T00:00:00Z", vec!["k-1"]),
    ] {
        let (_, page) = served.get(&format!("calls?{query}")).await;
        assert_eq!(
            (ids(&page, "call_id"), &page["total"]),
            (found.iter().map(|it| (*it).to_owned()).collect(), &json!(found.len())),
            "{query}"
        );
    }
    let (_, picture) = served.get("calls/k-1").await;
    assert_eq!(picture["worst"], "partial");
    let lane = &picture["lanes"][0];
    assert_eq!(
        (&lane["officer"]["name"], &lane["outcome"]["outcome"]),
        (&json!("Ada Byron"), &json!("partial"))
    );
    assert_eq!(lane["recordings"].as_array().unwrap().len(), 1);
    assert_eq!(lane["times"][1]["name"], "on_scene_at");
    assert!(picture["nobody"].as_array().unwrap().is_empty() && !picture["is_partial"].as_bool().unwrap());
    assert_eq!(served.get("calls/none").await.0, StatusCode::NOT_FOUND);

    let program = served.program.clone();
    let officer = person(&[PersonRole::Officer], Some("O1"), &[]);
    let said = onrecord_program::accounts::NewAccount {
        officer_id: "O1".to_owned(),
        code: Some("technical_failure".to_owned()),
        text: "The battery came loose.".to_owned(),
        ..Default::default()
    };
    let refused = program
        .give_account(
            &officer,
            "k-1",
            onrecord_program::accounts::NewAccount { code: Some("no_such".to_owned()), ..said.clone() },
        )
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("technical_failure"), "{refused}");
    let account = program.give_account(&officer, "k-1", said.clone()).await.unwrap();
    served.settle().await;
    let now = || async { served.get("outcomes?officer=O1").await.1["items"][0]["outcome"].clone() };
    assert_eq!(now().await, "excused");
    let (_, picture) = served.get("calls/k-1").await;
    assert_eq!(picture["lanes"][0]["accounts"][0]["text"], "The battery came loose.");
    assert_eq!(picture["lanes"][0]["exceptions"][0]["code"], "technical_failure");
    assert!(program.give_account(&officer, "k-2", said.clone()).await.is_err());
    if account.state == "pending" {
        assert!(program.decide_account(&officer, &account.id, true, "mine").await.is_err());
        let supervisor = Principal::person(
            "p2",
            PersonRights { roles: [PersonRole::Supervisor].into(), ..PersonRights::default() },
        );
        let decided =
            program.decide_account(&supervisor, &account.id, false, "It was charged.").await.unwrap();
        assert_eq!(decided.state, "rejected");
        served.settle().await;
        assert_eq!(now().await, "partial");
        assert!(program.decide_account(&supervisor, &account.id, true, "again").await.is_err());
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_say_of_a_recording_is_kept_told_and_in_the_trail() {
    let served = brought().await;
    let id = id_of(&served, "c1").await;
    let at = |rest: &str| format!("recordings/{id}/{rest}");
    let (status, page) = served
        .json(Method::PUT, &at("categories"), json!({ "categories": ["arrest", "use_of_force"] }))
        .await;
    assert_eq!((status, &page["categories"]), (StatusCode::OK, &json!(["arrest", "use_of_force"])), "{page}");
    let many = json!({ "recording_ids": [id], "add": ["complaint"], "remove": ["arrest"] });
    assert_eq!(served.json(Method::POST, "recordings/categories", many).await.0, StatusCode::OK);
    let wrong = json!({ "categories": ["no such"] });
    assert_eq!(served.json(Method::PUT, &at("categories"), wrong).await.0, StatusCode::BAD_REQUEST);
    let (status, _) = served.json(Method::POST, &at("notes"), json!({ "text": "A zebra crossed." })).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, marker) = served.json(Method::POST, &at("markers"), json!({ "at_us": 5, "text": "here" })).await;
    let marker = marker["id"].as_str().unwrap().to_owned();
    assert_eq!(served.get(at("").trim_end_matches('/')).await.1["markers"][0]["at_us"], 5);
    assert_eq!(
        served.json(Method::DELETE, &at(&format!("markers/{marker}")), Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    let (_, hold) = served.json(Method::POST, &at("holds"), json!({ "reason": "a trial" })).await;
    let lift = at(&format!("holds/{}", hold["id"].as_str().unwrap()));
    assert_eq!(served.json(Method::DELETE, &lift, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(served.json(Method::DELETE, &lift, Value::Null).await.0, StatusCode::NOT_FOUND);
    let align = json!({ "offset_us": 1_500_000, "reason": "a clap" });
    assert_eq!(served.json(Method::PUT, &at("alignment"), align).await.1["alignment_us"], 1_500_000);
    served.settle().await;
    for query in ["category=complaint", "q=zebra", "category=use_of_force&q=byron"] {
        assert_eq!(
            ids(&served.get(&format!("recordings?{query}")).await.1, "id"),
            std::slice::from_ref(&id),
            "{query}"
        );
    }
    assert!(ids(&served.get("recordings?category=arrest").await.1, "id").is_empty());
    let (_, trail) = served.get(&at("custody")).await;
    let said: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|step| step["sentence"].as_str().unwrap()).collect();
    for words in [
        "arrest, use_of_force",
        "put into complaint and taken out of arrest",
        "zebra",
        "A marker was removed.",
        "A hold was lifted.",
        "1.5 s",
    ] {
        assert!(said.iter().any(|sentence| sentence.contains(words)), "{words}: {said:?}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_followed_by_the_audit_and_a_restriction_hides() {
    let served = brought().await;
    let id = id_of(&served, "c1").await;
    let path = format!("recordings/{id}/corrections");
    let wrong = json!({ "kind": "officer", "reason": "x" });
    assert_eq!(served.json(Method::POST, &path, wrong).await.0, StatusCode::BAD_REQUEST);
    let right = json!({ "kind": "officer", "officer_id": "O2", "reason": "They had swapped cameras." });
    let (status, page) = served.json(Method::POST, &path, right).await;
    assert_eq!((status, &page["officer_id"]), (StatusCode::OK, &json!("O2")), "{page}");
    assert_eq!(page["corrections"][0]["before"], "O1");
    served.settle().await;
    let (_, outcomes) = served.get("outcomes?officer=O1").await;
    assert_ne!(outcomes["items"][0]["outcome"], "partial");
    // The same file again changes nothing: what was corrected stays corrected.
    served.send(Method::POST, "imports/recordings", RECORDINGS.to_owned()).await;
    served.settle().await;
    assert_eq!(served.get(&format!("recordings/{id}")).await.1["officer_id"], "O2");

    let restrict = json!({ "class": "undercover", "reason": "An officer under cover is seen." });
    let (status, page) = served.json(Method::PUT, &format!("recordings/{id}/restriction"), restrict).await;
    assert_eq!((status, &page["restricted"]), (StatusCode::OK, &json!("undercover")), "{page}");
    let program = served.program.clone();
    let records = person(&[PersonRole::Records], None, &[]);
    let hidden = program.picture(&records, &id).await.unwrap_err();
    let none = program.picture(&records, "none").await.unwrap_err();
    assert_eq!(hidden.to_string().replace(&id, "none"), none.to_string());
    let seen = program.list_recordings(&records, &Filter { limit: 10, ..Filter::default() }).await.unwrap();
    assert_eq!((seen.items.len(), seen.total), (3, 3));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_audit_says_counts_a_recording_that_it_does_not_name_to_everybody() {
    let served = brought().await;
    let id = id_of(&served, "c2").await;
    let supervisor = person(&[PersonRole::Supervisor], None, &[]);
    let manager = person(&[PersonRole::ProgramManager], None, &[]);
    let named = async |who: &Principal| {
        let filter = onrecord_store::outcomes::Filter {
            officer: Some("O2".to_owned()),
            limit: 10,
            ..Default::default()
        };
        let found = served.program.list_outcomes(who, &filter).await.unwrap();
        let picture = served.program.call_picture(who, "k-1").await.unwrap();
        let lane = picture.lanes.into_iter().find(|lane| lane.officer.officer_id == "O2").unwrap();
        assert_eq!(found[0].recordings, lane.outcome.recordings);
        assert_eq!((found[0].outcome.as_str(), picture.nobody), ("recorded", vec![]));
        (found[0].recordings.clone().unwrap(), lane.recordings.len())
    };
    assert_eq!(named(&supervisor).await, ("[\"r2\"]".to_owned(), 1));
    // Whoever may see no recording at all learns of none by its id.
    assert_eq!(named(&manager).await, ("[]".to_owned(), 1));
    let restrict = json!({ "class": "undercover", "reason": "An officer under cover is seen." });
    let (status, _) = served.json(Method::PUT, &format!("recordings/{id}/restriction"), restrict).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(named(&supervisor).await, ("[]".to_owned(), 0));
    assert_eq!(named(&person(&[PersonRole::Oversight], None, &[])).await, ("[\"r2\"]".to_owned(), 1));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn to_take_bytes_away_takes_another_right_than_to_watch_them() {
    use onrecord_program::playback::For;
    let served = brought().await;
    let metadata = [("filename", "zebra é.mp4"), ("camera_serial", "c1"), ("officer_id", "O1")];
    served.upload(&metadata, b"no picture, but evidence").await;
    served.settle().await;
    let (_, page) = served.get("recordings?q=zebra").await;
    let (id, clip) =
        (page["items"][0]["id"].as_str().unwrap(), page["items"][0]["clips"][0]["id"].as_str().unwrap());
    let officer = person(&[PersonRole::Officer], Some("O1"), &[]);
    assert!(served.program.open_original(&officer, clip, For::Playing, "mine").await.is_ok());
    let refused = served.program.open_original(&officer, clip, For::Download, "mine").await.unwrap_err();
    assert!(matches!(&refused, ProgramError::Forbidden(rule) if rule.contains("it is for: ")), "{refused}");
    let technician = person(&[PersonRole::EvidenceTechnician], None, &[]);
    assert!(served.program.open_original(&technician, clip, For::Download, "a request").await.is_ok());
    let kept = served.answer(&format!("clips/{clip}/original?download=true&reason=mine")).await;
    assert_eq!(kept.headers()["content-disposition"], "attachment; filename*=UTF-8''zebra%20%C3%A9.mp4");
    let played = served.answer(&format!("clips/{clip}/original?reason=mine")).await;
    assert!(played.headers().get("content-disposition").is_none());
    let (_, trail) = served.get(&format!("recordings/{id}/custody")).await;
    let said = trail.to_string();
    let actors: Vec<&str> =
        trail["items"].as_array().unwrap().iter().filter_map(|step| step["actor"].as_str()).collect();
    assert!(
        actors.contains(&"a") && actors.iter().all(|actor| !actor.is_empty()),
        "tokens have names: {said}"
    );
    for words in [
        "é.mp4 was looked at. Reason: mine",
        "é.mp4 was downloaded. Reason: mine",
        "downloaded. Reason: a request",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_read_again_on_demand_and_a_watched_call_tells_of_them() {
    let served = brought().await;
    let mut events = served.stream("calls/k-2/events").await;
    assert!(events.next().await.contains("watching"));
    let metadata = [
        ("filename", "a.mp4"),
        ("camera_serial", "c2"),
        ("officer_id", "O2"),
        ("started_at", "2017-12-11T16:00:00Z"),
        ("stopped_at", "2017-12-11T16:31:00Z"),
    ];
    let begun = std::time::Instant::now();
    served.upload(&metadata, b"no picture, but evidence").await;
    assert!(events.next().await.contains("changed"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
    served.settle().await;
    let (_, page) = served.get("recordings?call=k-2&q=mp4").await;
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(page["items"][0]["size"], 24);
    let (status, verified) = served.json(Method::POST, &format!("recordings/{id}/verify"), Value::Null).await;
    assert_eq!((status, &verified["clips"][0]["is_same"]), (StatusCode::OK, &json!(true)), "{verified}");
    let (_, trail) = served.get(&format!("recordings/{id}/custody")).await;
    let last = trail["items"].as_array().unwrap().last().unwrap()["sentence"].as_str().unwrap().to_owned();
    assert!(last.contains("read again") && last.contains("the same"), "{last}");
    let (_, outcomes) = served.get("outcomes?call=k-2").await;
    assert_eq!(outcomes["items"][0]["outcome"], "recorded");
    assert_eq!(served.get(&format!("recordings/{id}/trail")).await.1["items"], json!([]));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_have_the_names_of_the_summary_and_reach_as_far_as_districts_do() {
    let served = brought().await;
    let (status, told) = served.get("audit").await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let figures = &told["figures"];
    assert_eq!((&figures["obligations"], &told["is_counting"]), (&json!(3), &json!(false)));
    assert_eq!(
        (&figures["shares"]["decided"], &figures["shares"]["recorded"]["count"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(
        figures["calls"]["some_on_record"].as_u64().unwrap()
            + figures["calls"]["all_on_record"].as_u64().unwrap(),
        1
    );
    let names: Vec<&str> =
        figures["by"]["district"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["7", "8"]);
    assert_eq!(figures["by"]["hour"][0]["name"], "10");
    assert_eq!(served.get("audit?district=8").await.1["figures"]["obligations"], 1);
    assert_eq!(
        served.get("audit?type=DOMESTIC&from=2017-12-10T00:00:00Z").await.1["figures"]["obligations"],
        2
    );
    let supervisor = person(&[PersonRole::Supervisor], None, &["8"]);
    let own = served.program.figures(&supervisor, Selection::default(), None).await.unwrap();
    assert_eq!(own.figures.unwrap()["obligations"], 1);
    assert!(served.program.figures(&supervisor, Selection::default(), Some("7".to_owned())).await.is_err());
    let (_, policy) = served.get("policy").await;
    assert!(
        policy["explanation"].as_str().unwrap().contains("50 ILCS 706")
            && !policy["exceptions"].as_array().unwrap().is_empty()
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tried_on_history_and_changes_nothing() {
    let served = brought().await;
    let refused = served.json(Method::POST, "policy/comparisons", json!({ "policy": "nonsense = 1" })).await;
    assert_eq!(refused.0, StatusCode::BAD_REQUEST);
    let (status, begun) =
        served.json(Method::POST, "policy/comparisons", json!({ "policy": "generic" })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{begun}");
    served.settle().await;
    let path = format!("policy/comparisons/{}", begun["id"].as_str().unwrap());
    let (_, done) = served.get(&path).await;
    assert_eq!((&done["state"], &done["progress"]), (&json!("done"), &json!(1.0)), "{done}");
    assert_eq!(done["result"]["obligations"], 3);
    assert_eq!(done["result"]["districts"].as_array().unwrap().len(), 2);
    assert_eq!(served.json(Method::DELETE, &path, Value::Null).await.0, StatusCode::CONFLICT);
    assert_eq!(served.get("policy/comparisons").await.1["items"].as_array().unwrap().len(), 1);
    assert_eq!(served.get("policy/comparisons/none").await.0, StatusCode::NOT_FOUND);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_name_to_be_named_in_a_case() {
    let served = brought().await;
    let new = json!({ "name": "ann", "display_name": "Ann Prosecutes", "roles": ["prosecutor"] });
    assert_eq!(served.json(Method::POST, "people", new).await.0, StatusCode::CREATED);
    let (status, found) = served.get("cases/people?q=AN").await;
    let names: Vec<&str> =
        found["items"].as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!((status, names.len()), (StatusCode::OK, 1), "{found}");
    assert!(found["items"][0]["id"].as_str().is_some_and(|id| !id.is_empty()), "{found}");
    for nobody in ["a", "zebra"] {
        assert_eq!(served.get(&format!("cases/people?q={nobody}")).await.1["items"], json!([]));
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_found_by_whose_duty_lacks_video() {
    let served = brought().await;
    let (_, all) = served.get("calls").await;
    let lacking = |officer: &str, call: &Value| -> bool {
        let officers = call["officers"].as_array().unwrap();
        officers.contains(&json!(officer))
            && ["partial", "missing"].iter().any(|it| call["outcomes"][it].is_u64())
    };
    let officers: std::collections::BTreeSet<&str> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|call| call["officers"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    let mut found_any = false;
    for officer in officers {
        let (status, found) = served.get(&format!("calls?lacking={officer}")).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        let items = found["items"].as_array().unwrap();
        found_any |= !items.is_empty();
        assert!(items.iter().all(|call| lacking(officer, call)), "{officer}: {found}");
    }
    assert!(found_any, "{all}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_a_case_is_held_and_seen_by_whom_it_names() {
    let served = brought().await;
    let id = id_of(&served, "c1").await;
    let new = json!({ "number": "2017-1", "title": "The zebra", "people": ["p1"] });
    let (status, case) = served.json(Method::POST, "cases", new.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{case}");
    assert_eq!(served.json(Method::POST, "cases", new).await.0, StatusCode::CONFLICT);
    let path = format!("cases/{}", case["id"].as_str().unwrap());
    let (status, page) =
        served.json(Method::POST, &format!("{path}/recordings"), json!({ "recording_ids": [id] })).await;
    assert_eq!((status, page["recordings"].as_array().unwrap().len()), (StatusCode::OK, 1), "{page}");
    assert_eq!(
        served.json(Method::POST, &format!("{path}/notes"), json!({ "text": "n" })).await.0,
        StatusCode::CREATED
    );
    let (status, media) =
        served.send(Method::POST, &format!("{path}/media?name=street.mp4"), "a street".to_owned()).await;
    assert_eq!(status, StatusCode::CREATED, "{media}");
    let prosecutor = person(&[PersonRole::Prosecutor], None, &[]);
    let seen = served
        .program
        .list_recordings(&prosecutor, &Filter { limit: 10, ..Filter::default() })
        .await
        .unwrap();
    assert_eq!(seen.items.len(), 2);
    assert!(served.program.picture(&prosecutor, &id).await.is_ok());
    assert!(served.program.picture(&prosecutor, &id_of(&served, "c2").await).await.is_err());
    let (_, page) = served.get(&format!("recordings/{id}")).await;
    assert_eq!(
        (&page["cases"][0]["number"], &page["holds"][0]["reason"]),
        (&json!("2017-1"), &json!("in the case 2017-1"))
    );
    // The officer sees that their recording is kept, and not for which case.
    let officer = person(&[PersonRole::Officer], Some("O1"), &[]);
    let seen = served.program.picture(&officer, &id).await.unwrap();
    assert_eq!((seen.holds[0].reason.as_str(), &seen.holds[0].case_id), ("in a case", &None));
    let trail = served.program.custody_trail(&officer, &id).await.unwrap();
    let said: Vec<&str> = trail.iter().map(|step| step.sentence.as_str()).collect();
    assert!(said.contains(&"The recording was put into a case."), "{said:?}");
    assert!(said.contains(&"A hold was set. Reason: in a case"), "{said:?}");
    assert!(!said.concat().contains("2017-1"), "{said:?}");
    let trail = served.program.custody_trail(&prosecutor, &id).await.unwrap();
    assert!(trail.iter().any(|step| step.sentence == "The recording was put into the case 2017-1."));
    let hold = format!("recordings/{id}/holds/{}", page["holds"][0]["id"].as_str().unwrap());
    assert_eq!(served.json(Method::DELETE, &hold, Value::Null).await.0, StatusCode::NOT_FOUND);
    // Whoever keeps cases takes nothing out that they may not know of, and is told nothing by trying.
    let restriction = format!("recordings/{id}/restriction");
    let restrict = json!({ "class": "undercover", "reason": "An officer under cover is seen." });
    assert_eq!(served.json(Method::PUT, &restriction, restrict).await.0, StatusCode::OK);
    let (records, number) = (person(&[PersonRole::Records], None, &[]), case["id"].as_str().unwrap());
    let hidden = served.program.remove_from_case(&records, number, &id).await.unwrap_err();
    let none = served.program.remove_from_case(&records, number, "none").await.unwrap_err();
    assert_eq!(hidden.to_string().replace(&id, "none"), none.to_string());
    let free = json!({ "class": null, "reason": "It was another one." });
    assert_eq!(served.json(Method::PUT, &restriction, free).await.0, StatusCode::OK);
    let out = format!("{path}/recordings/{id}");
    assert_eq!(served.json(Method::DELETE, &out, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert!(served.get(&format!("recordings/{id}")).await.1["holds"][0]["lifted_at"].is_string());
    let change = json!({ "state": "closed", "people": [] });
    assert_eq!(served.json(Method::PATCH, &path, change).await.1["state"], "closed");
    assert!(served.program.picture(&prosecutor, &id).await.is_err());
    assert_eq!(served.get("cases?state=closed&q=zebra").await.1["total"], 1);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_link_categorise_and_flag_once() {
    let served = brought().await;
    let records = "record_id,kind,call_id,officer_id,recording_id,at,case_number,category\n\
        a1,arrest,k-1,O1,,,C-7,\nf1,force,,O2,,2017-12-10T16:10:00Z,,\nx,parking,,,,,,\nc1,case,none,,,,C-8,\n";
    let (status, told) = served.send(Method::POST, "imports/records", records.to_owned()).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["rows"], json!({ "read": 4, "accepted": 3, "rejected": 1, "duplicates": 0 }));
    assert_eq!(
        (&told["linked"], &told["unlinked"], &told["rejects"][0]["line"]),
        (&json!(2), &json!(1), &json!(4))
    );
    let (_, again) = served.send(Method::POST, "imports/records", records.to_owned()).await;
    assert_eq!((&again["rows"]["duplicates"], &again["linked"]), (&json!(3), &json!(0)));
    served.settle().await;
    assert_eq!(ids(&served.get("recordings?category=arrest").await.1, "camera_serial"), ["c1"]);
    assert_eq!(ids(&served.get("recordings?category=use_of_force").await.1, "camera_serial"), ["c2"]);
    assert_eq!(served.get("cases").await.1["total"], 2);
    assert_eq!(
        served.send(Method::POST, "imports/records", "kind\n".to_owned()).await.0,
        StatusCode::BAD_REQUEST
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_has_what_waits_and_what_pages_choose_from() {
    let served = brought().await;
    let officer = person(&[PersonRole::Officer], Some("O1"), &[]);
    let home = served.program.home(&officer).await.unwrap();
    assert_eq!(home.to_explain.unwrap().items[0].call_id, "k-1");
    assert!(home.to_decide.is_none() && home.lacking.is_none());
    let supervisor = person(&[PersonRole::Supervisor], None, &["8"]);
    let home = served.program.home(&supervisor).await.unwrap();
    assert_eq!((home.lacking.unwrap().total, home.to_decide.unwrap().total), (1, 0));
    assert_eq!(served.get("home").await.0, StatusCode::OK);
    assert_eq!(ids(&served.get("officers?q=hop").await.1, "id"), ["O2"]);
    assert_eq!(served.get("districts").await.1["items"], json!(["7", "8", "9"]));
    let outline = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": { "district": "7" },
        "geometry": { "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]] } }] });
    assert_eq!(
        served.json(Method::PUT, "districts/outlines", outline.clone()).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(served.get("districts").await.1["outlines"], outline);
    assert_eq!(served.json(Method::PUT, "districts/outlines", json!({})).await.0, StatusCode::BAD_REQUEST);
    let categories = json!({ "items": [{ "id": "arrest", "title": "Arrest" }] });
    let (_, now) = served.json(Method::PUT, "categories", categories).await;
    assert_eq!((&now["items"][0]["id"], &now["items"][1]["retired"]), (&json!("arrest"), &json!(true)));
    let search = json!({ "title": "Mine", "page": "calls", "query": "district=7" });
    let (_, made) = served.json(Method::POST, "saved-searches", search).await;
    assert_eq!(served.get("saved-searches").await.1["items"][0]["query"], "district=7");
    let path = format!("saved-searches/{}", made["id"].as_str().unwrap());
    assert_eq!(served.json(Method::DELETE, &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    let (_, health) = served.get("administration").await;
    assert_eq!((&health["holdings"]["recordings"], &health["jobs_failed"]), (&json!(4), &json!([])));
    assert_eq!(served.get("notifications").await.1["items"], json!([]));
    served.end().await;
}
