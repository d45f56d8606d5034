//! Entries are canonical JSON, RFC 8785; leaves are public and exact to the byte.
#![allow(clippy::unwrap_used)]

use onrecord_ledger::{Entry, EntryError, Kind, commitment, leaf, leaf_hash};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn entry(facts: Value) -> Entry {
    let Value::Object(facts) = facts else { unreachable!("facts are an object") };
    Entry {
        at: 1_700_000_000_123_456,
        kind: Kind::ClipSealed,
        subject: "clip-1".into(),
        actor: "dock:7".into(),
        reason: "received".into(),
        facts,
    }
}

#[test]
fn an_entry_is_written_in_order_and_without_spaces() {
    let text = entry(json!({"size": 3, "sha256": "ab", "zone": null, "ok": true})).canonical().unwrap();
    assert_eq!(
        text,
        r#"{"actor":"dock:7","at":1700000000123456,"kind":"clip.sealed","ok":true,"reason":"received","sha256":"ab","size":3,"subject":"clip-1","v":1,"zone":null}"#
    );
    assert_eq!(Entry::parse(&text).unwrap().facts["size"], 3);
}

/// The example of RFC 8785, 3.2.3: order by UTF-16, where U+1F600 comes before U+FB33.
#[test]
fn members_are_sorted_by_utf_16_code_units() {
    let facts = json!({"\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"});
    let text = entry(json!({ "a": facts })).canonical().unwrap();
    let places: Vec<_> = ["Carriage Return", "One", "Control", "Latin Small", "Euro Sign", "Emoji", "Hebrew"]
        .iter()
        .map(|word| text.find(word).unwrap())
        .collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn texts_are_escaped_as_the_rfc_says_and_no_further() {
    let text =
        entry(json!({"a": "\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{8}\u{c}\t\r\u{7f}\u{1f600}"})).canonical().unwrap();
    assert!(
        text.contains("\"a\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\\r\u{7f}\u{1f600}\""),
        "{text}"
    );
}

#[test]
fn only_whole_numbers_that_every_reader_keeps_are_allowed() {
    for good in [json!(0), json!(-1), json!(9_007_199_254_740_991_i64), json!(-9_007_199_254_740_991_i64)] {
        entry(json!({ "n": good })).canonical().unwrap();
    }
    for bad in [
        json!(0.5),
        json!(1.0),
        json!(-0.0),
        json!(9_007_199_254_740_992_i64),
        json!(u64::MAX),
        json!(i64::MIN),
    ] {
        let error = entry(json!({"deep": [{ "n": bad }]})).canonical().unwrap_err();
        assert!(matches!(&error, EntryError::Number { fact, .. } if fact == "deep"), "{error}");
    }
    let mut late = entry(json!({}));
    late.at = i64::MAX;
    assert!(late.canonical().unwrap_err().to_string().contains("\"at\""));
}

#[test]
fn a_fact_cannot_take_the_place_of_a_fixed_member() {
    for name in ["v", "at", "kind", "subject", "actor", "reason"] {
        let error = entry(json!({ name: 1 })).canonical().unwrap_err();
        assert_eq!(error, EntryError::Reserved { fact: name.into() });
    }
}

#[test]
fn facts_nested_without_end_are_refused() {
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    assert!(matches!(entry(json!({ "a": deep })).canonical(), Err(EntryError::TooDeep { .. })));
}

#[test]
fn a_text_that_says_the_same_in_other_bytes_is_not_the_entry() {
    let text = entry(json!({"size": 3, "note": "a/b"})).canonical().unwrap();
    Entry::parse(&text).unwrap();
    let others = [
        format!("{text} "),
        text.replace(',', ", "),
        text.replace("a/b", "a\\/b"),
        text.replace("\"size\":3", "\"size\":3,\"size\":3"),
        text.replace("\"v\":1}", "\"v\":1,\"v\":1}"),
        text.replace("\"size\":3", "\"size\":03"),
        text.replace("\"size\":3", "\"size\":3.0"),
        text.replace("\"size\":3", "\"size\":-0"),
        text.replace("\"v\":1", "\"v\":2"),
        text.replace("clip.sealed", "clip.Sealed"),
        text.replace("\"actor\":\"dock:7\",", ""),
        text.replace("\"dock:7\"", "7"),
        text.replace("\"at\":1700000000123456", "\"at\":\"1700000000123456\""),
        String::new(),
        "[]".into(),
        "[".repeat(5000),
        "{\"a\":".repeat(5000),
    ];
    for other in others {
        assert!(Entry::parse(&other).is_err(), "{other}");
    }
}

#[test]
fn every_kind_is_read_by_its_name_and_six_are_public() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.name()), Some(kind));
    }
    let public: Vec<_> = Kind::ALL.into_iter().map(Kind::public).filter(|name| *name != "custody").collect();
    assert_eq!(
        public,
        [
            "clip.sealed",
            "recording.disposed",
            "release.published",
            "policy.adopted",
            "review.drawn",
            "review.completed"
        ]
    );
    assert_eq!(Kind::parse("custody"), None);
}

/// Computed with Python's hashlib.
#[test]
fn the_leaf_is_exact_to_the_byte() {
    let salt: [u8; 32] = std::array::from_fn(|i| i as u8);
    let committed = commitment(&salt, r#"{"v":1}"#);
    let leaf = leaf("clip.sealed", &committed);
    assert_eq!(
        leaf,
        r#"{"v":1,"kind":"clip.sealed","commitment":"2ve11QKHD2wgdpjGD+XwQw31q5Kj3RPFcC208LSBKUY="}"#
    );
    let hash = leaf_hash(&leaf).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hash, "77a2e4595a981568fdb53769062f61d5fafe4d11ab4cccc23c54f5c2dd290b07");
}

fn value() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    one.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(".{0,6}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_is_plain_json(
        facts in prop::collection::hash_map("[a-z_\u{10}\u{1f600}\u{ffff}]{1,3}[0-9]", value(), 0..6),
        at in -9_007_199_254_740_991_i64..=9_007_199_254_740_991,
        subject in ".*", actor in ".*", reason in ".*",
    ) {
        let facts: Map<_, _> = facts.into_iter().collect();
        let kind = Kind::Annotated;
        let entry = Entry { at, kind, subject, actor, reason, facts };
        let text = entry.canonical().unwrap();
        let plain: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(plain["reason"].as_str(), Some(entry.reason.as_str()));
        prop_assert_eq!(Entry::parse(&text).unwrap(), entry);
    }

    #[test]
    fn no_text_makes_the_reader_of_entries_stumble(text in ".*") {
        let _ = Entry::parse(&text);
    }
}
