//! What a policy file may say and what it may not: one test per rule of reading.

use proptest::prelude::*;

use crate::time::{DAY, HOUR, Moment, SECOND};
use crate::{CallTime, Citations, Policy, PolicyError};

/// Four lines that every policy needs.
const HEAD: &str = "[policy]\nid = \"x\"\nversion = \"1\"\ntitle = \"X\"\n";

/// The policy of these lines, which begin at line 5.
fn read(lines: &str) -> Policy {
    Policy::parse("x.toml", &format!("{HEAD}{lines}")).unwrap()
}

/// The error for these lines, which begin at line 5.
fn refuse(lines: &str) -> PolicyError {
    Policy::parse("x.toml", &format!("{HEAD}{lines}")).unwrap_err()
}

/// The lines are refused at that line with a message that contains each of the words.
#[track_caller]
fn assert_refused(lines: &str, line: usize, words: &[&str]) {
    let error = refuse(lines);
    assert_eq!(error.line, line, "{error}");
    for word in words {
        assert!(error.message.contains(word), "{word:?} in: {error}");
    }
}

#[test]
fn what_is_left_out_takes_the_default() {
    let policy = read("");
    assert_eq!((policy.id.as_str(), policy.version.as_str(), policy.title.as_str()), ("x", "1", "X"));
    assert_eq!(policy.effective_from, None);
    assert_eq!((policy.jurisdiction, policy.timezone, policy.read_on), (None, None, None));
    assert_eq!(policy.camera.pre_event_buffer, 0);
    assert_eq!(policy.camera.outage_limit, 12 * HOUR);
    assert_eq!(policy.camera.longest_recording, 12 * HOUR);
    let rule = policy.activation;
    assert_eq!(rule.begins, [CallTime::OnScene, CallTime::EnRoute, CallTime::Dispatched]);
    assert_eq!(rule.ends, [CallTime::LeftScene, CallTime::Cleared]);
    assert!(rule.requires_arrival);
    assert_eq!((rule.start_tolerance, rule.end_tolerance), (60 * SECOND, 60 * SECOND));
    assert_eq!((rule.gap_tolerance, rule.tolerance_total), (30 * SECOND, 120 * SECOND));
    assert_eq!(rule.minimum_duration, 0);
    assert!(rule.exempt_call_types.is_empty());
    assert!(!policy.notice.required && policy.notice.exempt_codes.is_empty());
    assert_eq!(policy.notice.within, 60 * SECOND);
    assert_eq!((policy.grace.days, policy.grace.length()), (0, 0));
    assert!(policy.exceptions.is_empty());
    assert_eq!(policy.citations, Citations::default());
}

#[test]
fn what_is_given_is_taken() {
    let policy = read(
        "effective_from = \"2026-01-01T00:00:00.5-06:00\"\njurisdiction = \"Here\"\ntimezone = \"america/chicago\"\n\
         read_on = \"2026-11-23\"\n\
         [camera]\npre_event_buffer = \"2m\"\noutage_limit = \"1d\"\nlongest_recording = \"10h\"\n\
         [activation]\nbegins = [\"dispatched\"]\nends = [\"cleared\", \"left_scene\"]\nrequires_arrival = false\n\
         start_tolerance = \"1s\"\nend_tolerance = \"2s\"\ngap_tolerance = \"3s\"\ntolerance_total = \"4s\"\n\
         minimum_duration = \"5s\"\nexempt_call_types = [\"ADMIN\", \"LUNCH*\"]\n\
         [notice]\nrequired = true\nwithin = \"6s\"\nexempt_codes = [\"b\"]\n\
         [grace]\ndays = 0x1e\n\
         [exceptions.b]\ntitle = \"Bee\"\ncitation = \"§ 2\"\nneeds_approval = true\n\
         [exceptions.a]\ncitation = \"§ 1\"\n\
         [citations]\nactivation = \"A\"\nnotice = \"N\"\nbuffer = \"B\"\ngrace = \"G\"\n",
    );
    assert_eq!(policy.effective_from, Some(Moment(1_767_247_200_500_000)));
    assert_eq!(policy.timezone.as_deref(), Some("America/Chicago"));
    assert_eq!(policy.read_on.as_deref(), Some("2026-11-23"));
    assert_eq!(policy.camera.pre_event_buffer, 120 * SECOND);
    assert_eq!(policy.camera.outage_limit, DAY);
    let rule = &policy.activation;
    assert_eq!((rule.begins.as_slice(), rule.requires_arrival), ([CallTime::Dispatched].as_slice(), false));
    assert_eq!(rule.ends, [CallTime::Cleared, CallTime::LeftScene]);
    assert_eq!((rule.start_tolerance, rule.end_tolerance), (SECOND, 2 * SECOND));
    assert_eq!((rule.gap_tolerance, rule.tolerance_total), (3 * SECOND, 4 * SECOND));
    assert_eq!(rule.minimum_duration, 5 * SECOND);
    assert!(rule.exempt_call_types.iter().any(|pattern| pattern.matches("lunch break")));
    assert_eq!((policy.notice.within, policy.grace.length()), (6 * SECOND, 30 * DAY));
    assert_eq!(policy.citations.grace.as_deref(), Some("G"));
    assert_eq!(policy.warnings(), Vec::<String>::new());
}

#[test]
fn exceptions_stand_in_order_of_code_with_the_code_as_default_title() {
    let policy = read(
        "[notice]\nexempt_codes = [\"b\"]\n[exceptions.b]\ntitle = \"Bee\"\ncitation = \"§ 2\"\n\
         [exceptions.a]\ncitation = \"§ 1\"\n",
    );
    let (place, a) = policy.exception("a").unwrap();
    assert_eq!((place, a.title.as_str(), a.exempt_from_notice, a.needs_approval), (0, "a", false, false));
    let (place, b) = policy.exception("b").unwrap();
    assert_eq!((place, b.title.as_str(), b.exempt_from_notice), (1, "Bee", true));
    assert_eq!(policy.exception("B"), None);
}

#[test]
fn dates_may_stand_without_quotes() {
    let policy = read("effective_from = 2026-01-01 00:00:00Z\nread_on = 2026-11-23\n");
    assert_eq!(policy.effective_from, Some(Moment(1_767_225_600_000_000)));
    assert_eq!(policy.read_on.as_deref(), Some("2026-11-23"));
}

#[test]
fn an_error_names_file_and_line_in_a_sentence() {
    let error = refuse("[camera]\noutage_limit = \"90\"\n");
    assert_eq!(
        error.to_string(),
        "x.toml, line 6: camera.outage_limit is \"90\", which is no duration; write a whole number and one of s, \
         m, h, d, such as \"90s\", and at most \"36500d\"."
    );
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    assert_refused("name = \"X\"\n", 5, &["[policy]", "\"name\"", "effective_from, jurisdiction"]);
    assert_refused(
        "\n[camera]\nbufer = \"1s\"\n",
        7,
        &["[camera]", "\"bufer\"", "pre_event_buffer, outage_limit"],
    );
    assert_refused("[activation]\nstart = \"1s\"\n", 6, &["[activation]", "\"start\"", "exempt_call_types"]);
    assert_refused("[notice]\nwith = \"1s\"\n", 6, &["[notice]", "\"with\"", "exempt_codes"]);
    assert_refused("[grace]\nday = 1\n", 6, &["[grace]", "\"day\"", "days"]);
    assert_refused("[exceptions.a]\ncite = \"\"\n", 6, &["[exceptions.a]", "\"cite\"", "needs_approval"]);
    assert_refused("[citations]\ncamera = \"x\"\n", 6, &["[citations]", "\"camera\"", "buffer"]);
    assert_refused("[cameras]\n", 5, &["a policy file", "\"cameras\"", "exceptions, citations"]);
    assert_refused("camera.bufer = 1\n", 5, &["[policy]", "\"camera\""]);
}

#[test]
fn of_several_unknown_keys_the_first_in_the_file_is_named() {
    assert_refused("[camera]\nz = 1\na = 2\n", 6, &["\"z\""]);
}

#[test]
fn a_bad_duration_is_refused_with_a_remedy() {
    let long = "9".repeat(40) + "s";
    for bad in ["90", "1.5s", "-3s", "5 s", "", "36501d", "9223372036854775807d", &long] {
        let lines = format!("[camera]\npre_event_buffer = \"1s\"\noutage_limit = \"{bad}\"\n");
        assert_refused(&lines, 7, &["camera.outage_limit is ", "no duration", "such as \"90s\""]);
    }
    assert_refused("[notice]\nwithin = 60\n", 6, &["notice.within", "type integer", "such as \"90s\""]);
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    assert_refused("jurisdiction = 5\n", 5, &["policy.jurisdiction", "type integer", "text in quotes"]);
    assert_refused(
        "[notice]\nrequired = \"true\"\n",
        6,
        &["notice.required", "type string", "true or false"],
    );
    assert_refused("[grace]\ndays = \"30\"\n", 6, &["grace.days", "type string", "whole number"]);
    assert_refused("[grace]\ndays = 1.5\n", 6, &["grace.days", "type float"]);
    assert_refused("[activation]\nbegins = \"on_scene\"\n", 6, &["activation.begins", "a list"]);
    assert_refused(
        "[activation]\nbegins = [\n\"on_scene\",\n5]\n",
        8,
        &["activation.begins, item 2,", "integer"],
    );
    assert_refused("[exceptions]\na = \"x\"\n", 6, &["exceptions.a", "line [exceptions.a]"]);
    assert_refused("[[camera]]\n", 5, &["camera", "type array", "a table"]);
}

#[test]
fn days_of_grace_are_from_none_to_a_century() {
    assert_eq!(read("[grace]\ndays = 36_500\n").grace.length(), 36_500 * DAY);
    for bad in ["36501", "-1", "4294967296", "99999999999999999999999999"] {
        assert_refused(&format!("[grace]\ndays = {bad}\n"), 6, &["grace.days", "from 0 to 36500"]);
    }
}

#[test]
fn id_version_and_title_are_required() {
    let parse = |text| Policy::parse("x.toml", text).unwrap_err();
    let error = parse("");
    assert_eq!((error.line, error.message.contains("[policy] has no id;")), (1, true), "{error}");
    let error = parse("\n[camera]\n[policy]\nid = \"x\"\ntitle = \"X\"\n");
    assert_eq!((error.line, error.message.contains("[policy] has no version;")), (3, true), "{error}");
    let error = parse("[policy]\nid = \"x\"\nversion = \"1\"\n");
    assert_eq!((error.line, error.message.contains("[policy] has no title;")), (1, true), "{error}");
    let error = parse("[policy]\nid = \"x\"\nversion = \" \"\ntitle = \"X\"\n");
    assert_eq!((error.line, error.message.contains("policy.version is blank")), (3, true), "{error}");
}

#[test]
fn a_text_is_one_line_of_plain_characters() {
    assert_refused("jurisdiction = \"a\\u001b[31mb\"\n", 5, &["policy.jurisdiction", "control character"]);
    assert_refused("jurisdiction = \"\"\"a\nb\"\"\"\n", 5, &["policy.jurisdiction", "line break"]);
    assert_refused("[citations]\nnotice = \"\"\n", 6, &["citations.notice is blank"]);
}

#[test]
fn a_code_without_citation_is_refused() {
    let lines = "[exceptions.a]\ncitation = \"§ 1\"\n[exceptions.b]\ntitle = \"Bee\"\n";
    assert_refused(lines, 7, &["[exceptions.b] has no citation"]);
    assert_refused("[exceptions.a]\ncitation = \"\"\n", 6, &["exceptions.a.citation is blank"]);
    assert_refused("[exceptions]\na = {}\n", 6, &["[exceptions.a] has no citation"]);
}

#[test]
fn a_code_that_no_export_can_hold_is_refused() {
    for code in ["", " a", "a ", "a\\u0007"] {
        let lines = format!("[exceptions.\"{code}\"]\ncitation = \"§ 1\"\n");
        assert_refused(&lines, 5, &["a code that no export can hold"]);
        assert!(!refuse(&lines).message.contains('\u{7}'));
    }
    assert_eq!(read("[exceptions.\"a b\"]\ncitation = \"§ 1\"\n").exceptions[0].code, "a b");
}

#[test]
fn an_exempt_code_must_be_an_exception() {
    let lines = "[exceptions.a]\ncitation = \"§ 1\"\n[notice]\nexempt_codes = [\n  \"a\",\n  \"b\",\n]\n";
    assert_refused(lines, 10, &["notice.exempt_codes, item 2,", "\"b\"", "[exceptions.CODE]"]);
}

#[test]
fn begins_and_ends_name_times_of_a_call_once_each() {
    for key in ["begins", "ends"] {
        let of = |list: &str| format!("[activation]\n{key} = {list}\n");
        let all = CallTime::ALL.map(|time| format!("\"{time}\"")).join(", ");
        let rule = read(&of(&format!("[{all}]"))).activation;
        assert_eq!(if key == "begins" { rule.begins } else { rule.ends }, CallTime::ALL);
        assert_refused(&of("[]"), 6, &[key, "is empty", "received, dispatched, en_route"]);
        assert_refused(&of("[\"on_scene_at\"]"), 6, &[key, "\"on_scene_at\"", "left_scene, cleared"]);
        assert_refused(&of("[\"cleared\",\n\"cleared\"]"), 7, &[key, "cleared a second time"]);
    }
}

#[test]
fn a_star_stands_only_at_the_end_of_a_call_type() {
    for bad in ["*ADMIN", "AD*MIN", "ADMIN**"] {
        let lines = format!("[activation]\nexempt_call_types = [\"{bad}\"]\n");
        assert_refused(&lines, 6, &["activation.exempt_call_types, item 1,", bad, "only at the end"]);
    }
    assert_refused("[activation]\nexempt_call_types = [\"\"]\n", 6, &["is blank"]);
}

#[test]
fn effective_from_is_an_instant_with_offset() {
    for bad in [
        "\"2026-01-01\"",
        "\"2026-01-01T00:00:00\"",
        "\"2026-01-01T00:00Z\"",
        "\"2026-02-30T00:00:00Z\"",
        "\"2026-01-01T00:00:00-06:00[America/Chicago]\"",
        "2026-01-01",
        "07:00:00",
        "5",
        "\"soon\"",
    ] {
        assert_refused(
            &format!("effective_from = {bad}\n"),
            5,
            &["policy.effective_from is no instant", "offset"],
        );
    }
}

#[test]
fn timezone_is_a_known_name() {
    for bad in ["Chicago", "America/Chicagoo", "CDT+5", "Etc/Unknown", "../../etc/passwd"] {
        assert_refused(
            &format!("timezone = \"{bad}\"\n"),
            5,
            &["policy.timezone", "no known time zone", "IANA"],
        );
    }
    assert_eq!(read("timezone = \"UTC\"\n").timezone.as_deref(), Some("UTC"));
}

#[test]
fn read_on_is_a_day() {
    for bad in ["\"2026-02-29\"", "\"23.11.2026\"", "\"2026-11-23T00:00:00Z\"", "20261123", "\"2026-11-3\""] {
        assert_refused(&format!("read_on = {bad}\n"), 5, &["policy.read_on is no day", "2026-01-31"]);
    }
}

#[test]
fn what_is_not_toml_is_refused_at_its_line() {
    assert_refused("[camera\n", 5, &["not TOML"]);
    assert_refused("[camera]\noutage_limit = 12h\n", 6, &["not TOML"]);
    assert_refused("[camera]\noutage_limit = \"12h\n", 6, &["not TOML"]);
    assert_refused("[camera]\noutage_limit = \"1h\"\noutage_limit = \"2h\"\n", 7, &["not TOML", "duplicate"]);
    assert_refused("[camera]\n[camera]\n", 6, &["not TOML", "duplicate"]);
    assert_refused(&format!("x = {}", "[".repeat(10_000)), 5, &["not TOML"]);
}

#[test]
fn lines_are_counted_whatever_ends_them_and_after_a_byte_order_mark() {
    let text = format!("\u{feff}{HEAD}[camera]\noutage_limit = \"90\"\n");
    for text in [text.replace('\n', "\r\n"), text] {
        assert_eq!(Policy::parse("x.toml", &text).unwrap_err().line, 6);
    }
}

#[test]
fn a_rule_in_force_without_citation_is_a_warning() {
    let said = |lines: &str| read(lines).warnings().join("\n");
    assert!(said("").starts_with("no citation for the rule activation;"));
    assert_eq!(read("").warnings().len(), 1);
    let all = "[camera]\npre_event_buffer = \"30s\"\n[notice]\nrequired = true\n[grace]\ndays = 30\n";
    let rules = ["activation", "notice", "buffer", "grace"];
    assert!(rules.iter().all(|rule| said(all).contains(&format!("no citation for the rule {rule};"))));
}

#[test]
fn exempting_every_call_is_a_warning() {
    let lines = "[activation]\nexempt_call_types = [\"*\"]\n[citations]\nactivation = \"§ 1\"\n";
    assert_eq!(read(lines).warnings(), ["exempt_call_types has \"*\": no call at all needs a recording"]);
}

/// A shipped pack of which a stretch has been replaced by something else.
fn spoilt_pack() -> impl Strategy<Value = String> {
    let filling = prop_oneof!["\\PC{0,8}", "[\\[\\]{}\"'=.,#\n*0-9a-z-]{0,12}", Just(String::new())];
    (0..Policy::PACKS.len(), any::<(prop::sample::Index, prop::sample::Index)>(), filling).prop_map(
        |(pack, (from, length), filling)| {
            let text: Vec<char> = Policy::pack(Policy::PACKS[pack]).unwrap().chars().collect();
            let from = from.index(text.len());
            let to = (from + length.index(40)).min(text.len());
            text[..from].iter().copied().chain(filling.chars()).chain(text[to..].iter().copied()).collect()
        },
    )
}

/// Any value under any key of the format.
fn any_entry() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "policy.effective_from",
        "policy.read_on",
        "policy.timezone",
        "camera.outage_limit",
        "activation.begins",
        "activation.exempt_call_types",
        "activation.requires_arrival",
        "notice.exempt_codes",
        "grace.days",
        "exceptions.a",
        "citations.grace",
    ]);
    let value = prop_oneof![
        "[0-9]{1,45}[smhd]?".prop_map(|text| format!("\"{text}\"")),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})",
        "-?[1-9][0-9]{0,45}",
        "\\PC{0,12}".prop_map(|text| format!("{text:?}")),
        "\\PC{0,12}".prop_map(|text| format!("[{text:?}]")),
        Just("{ citation = \"c\" }".to_owned()),
    ];
    (key, value).prop_map(|(key, value)| {
        format!("policy.id = \"x\"\npolicy.version = \"1\"\npolicy.title = \"X\"\n{key} = {value}\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_an_error_is_at_a_line_of_the_file(
        text in prop_oneof!["\\PC{0,60}", "(?s).{0,60}", spoilt_pack(), any_entry()]
    ) {
        match Policy::parse("x.toml", &text) {
            Ok(policy) => prop_assert!(!policy.explain().is_empty()),
            Err(error) => {
                prop_assert!((1..=text.split('\n').count()).contains(&error.line), "{error}");
                prop_assert!(!error.message.is_empty());
            }
        }
    }
}
