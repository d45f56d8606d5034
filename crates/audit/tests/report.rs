//! The reports as files: well-formed, self-contained, safe from what names say, honest where there is nothing, and,
//! in public, silent about people.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests, too

use std::collections::HashSet;

use onrecord_audit::{
    CallCounts, Cut, Cuts, Defect, DefectCount, DefectKind, Encounter, Fact, FileCounts, Group, Interval,
    LocalMinute, NoticeCount, OfficerCount, OfficerId, OutcomeCount, Period, PolicyName, Shares, ShortBuffer,
    Summary, public_report, report, shares_by_group,
};
use onrecord_policy::{HOUR, Moment, Policy, SECOND};
use proptest::prelude::*;

fn policy() -> Policy {
    Policy::parse("us-il-chicago.toml", Policy::pack("us-il-chicago").unwrap()).unwrap()
}

fn empty(policy: &Policy) -> Summary {
    Summary {
        onrecord: "0.0.0",
        status: "outcomes",
        policy: PolicyName::from(policy),
        timezone: "America/Chicago".to_owned(),
        files: vec![],
        recordings_window: None,
        obligations_period: None,
        obligations: 0,
        outcomes: vec![],
        defects: vec![],
        notice: vec![],
        shares: Shares::default(),
        shares_without_grace: Shares::default(),
        intervals: "95%",
        by: Cuts::default(),
        calls: CallCounts::default(),
        officers_in_no_recording: vec![],
        short_buffer: vec![],
        notes: vec![],
    }
}

/// One obligation in a few numbers: officer, group, day, hour, outcome, grace.
type Seed = (u32, u32, u32, u32, u8, bool);

fn seeds() -> impl Strategy<Value = Vec<Seed>> {
    let one = (0u32..30, 0u32..4, 0u32..30, 0u32..24, 0u8..8, prop::bool::weighted(0.2));
    // Mostly recorded, as in life: then the others are small.
    let common = (0u32..30, 0u32..4, 0u32..30, 0u32..24, Just(0u8), Just(false));
    prop::collection::vec(prop_oneof![1 => one, 4 => common], 0..400)
}

/// A summary of real statistics over made-up obligations; every name begins with `mark`.
fn summary(policy: &Policy, seeds: &[Seed], mark: &str) -> Summary {
    let fact = |&(officer, group, day, hour, outcome, in_grace): &Seed| Fact {
        officer: OfficerId(officer),
        district: group,
        unit: group + 1,
        call_type: officer % 20,
        local_minute: LocalMinute::from_seconds(i64::from((17_476 + day) * 86_400 + hour * 3_600)),
        outcome,
        in_grace,
    };
    let facts: Vec<Fact> = seeds.iter().map(fact).collect();
    let groups = shares_by_group(&facts);
    let cut = |cut: Cut, name: &dyn Fn(u32) -> String| -> Vec<Group> {
        let of = groups.iter().filter(|g| g.key.0 == cut);
        of.map(|g| Group {
            name: name(g.key.1),
            officers: g.officers,
            all: g.all,
            without_grace: g.without_grace,
        })
        .collect()
    };
    let marked = |n: u32| {
        if n == 0 { String::new() } else { format!("{mark}{n}") }
    };
    let day = |n: u32| {
        jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(n))).to_string()
    };
    let everything = groups.iter().find(|g| g.key.0 == Cut::Everything);
    let (shares, outside) = everything.map_or_else(Default::default, |g| (g.all, g.without_grace));
    let of = |outcome: u8| facts.iter().filter(|f| f.outcome == outcome).count() as u64;
    let outcome = |outcome, reason, count| OutcomeCount { outcome, reason, count, in_grace: 0 };
    Summary {
        obligations: facts.len() as u64,
        files: vec![FileCounts {
            kind: "calls",
            file: format!("{mark}file"),
            read: facts.len() as u64 + of(1) + 2,
            accepted: facts.len() as u64,
            rejected: of(1),
            duplicate: 2,
            bad_values: 3,
        }],
        recordings_window: Some(period("2017-11-01T00:00:00Z", "2017-12-20T00:00:00Z")),
        obligations_period: Some(period("2017-11-06T06:12:34Z", "2017-12-10T05:01:07Z")),
        outcomes: vec![
            outcome("recorded", "", of(0)),
            outcome("excused", "", of(1)),
            outcome("not_required", "no_arrival", of(2) / 2),
            outcome("not_required", "too_short", of(2) - of(2) / 2),
            outcome("no_camera", "", of(3)),
            outcome("awaiting_upload", "", of(4)),
            outcome("unverifiable", "rejected_evidence", of(5)),
            outcome("partial", "", of(6)),
            outcome("missing", "", of(7)),
        ],
        defects: [("never_activated", of(7)), ("gap", of(6))].map(|(kind, n)| lacking(kind, n)).to_vec(),
        notice: [("given", of(0) / 2), ("late", of(6)), ("not_applicable", of(2))].map(told).to_vec(),
        shares,
        shares_without_grace: outside,
        by: Cuts {
            district: cut(Cut::District, &marked),
            officer: cut(Cut::Officer, &|n| format!("{mark}officer{n}")),
            unit: cut(Cut::Unit, &|n| format!("{mark}unit{n}")),
            call_type: cut(Cut::CallType, &marked),
            week: cut(Cut::Week, &day),
            weekday: cut(Cut::Weekday, &|n| format!("{mark}{n}")),
            hour: cut(Cut::Hour, &|n| format!("{n:02}")),
            month: vec![],
        },
        calls: calls(of(0), of(6), of(7), of(4) + of(5), of(2)),
        officers_in_no_recording: (0..of(3)).map(|n| silent(format!("{mark}officer{n}"))).collect(),
        short_buffer: vec![ShortBuffer {
            camera_serial: format!("{mark}camera"),
            short: of(6),
            recordings: 90,
        }],
        notes: vec![format!("{mark}note")],
        ..empty(policy)
    }
}

fn period(from: &str, to: &str) -> Period {
    Period { from: from.to_owned(), to: to.to_owned() }
}

fn lacking(kind: &'static str, count: u64) -> DefectCount {
    let seconds = count as f64 * 601.5;
    DefectCount {
        kind,
        count,
        seconds,
        in_grace: count / 3,
        provisional: count / 2,
        provisional_seconds: seconds / 2.0,
    }
}

fn told((status, count): (&'static str, u64)) -> NoticeCount {
    NoticeCount { status, count, in_grace: count / 2 }
}

fn silent(officer_id: String) -> OfficerCount {
    OfficerCount { officer_id, obligations: 3 }
}

fn calls(all: u64, some: u64, none: u64, undecided: u64, nobody: u64) -> CallCounts {
    CallCounts {
        calls: all + some + none + undecided + nobody,
        all_on_record: all,
        some_on_record: some,
        none_on_record: none,
        undecided,
        nobody_required: nobody,
        required: (all + some + none) as i64 * HOUR,
        nobody_recorded: none as i64 * HOUR,
    }
}

fn encounter(mark: &str) -> Encounter {
    let window = Interval::new(Moment(1_510_000_000 * SECOND), Moment(1_510_007_000 * SECOND));
    Encounter {
        line: 77,
        call_id: format!("{mark}call"),
        officer_id: format!("{mark}officer"),
        officer_name: format!("{mark}name"),
        district: format!("{mark}district"),
        unit: format!("{mark}unit"),
        call_type: format!("{mark}type"),
        outcome: "missing",
        in_grace: true,
        window,
        arrived: Some(window.from + 60 * SECOND),
        covered: vec![],
        excused: vec![Interval::new(window.from, window.from)],
        defects: vec![Defect { kind: DefectKind::NeverActivated, during: window }],
        uncovered: window.length(),
    }
}

/// The tags in order: name, attributes, whether it closes.
fn tags(html: &str) -> Vec<(String, String, bool)> {
    let body = &html[html.find("</style>").unwrap()..];
    let tag = |part: &str| {
        let inside = part.split('>').next().unwrap();
        let closes = inside.starts_with('/');
        let (name, attributes) = inside.trim_start_matches('/').split_once(' ').unwrap_or((inside, ""));
        (name.trim_matches('/').to_owned(), attributes.to_owned(), closes)
    };
    body.split('<').skip(2).map(tag).collect()
}

/// What every report must be, whatever is in it.
fn check_structure(html: &str) {
    let tags = tags(html);
    let mut open: Vec<&str> = vec!["html"];
    for (name, attributes, closes) in &tags {
        match (closes, name.as_str()) {
            (_, "br" | "meta") | (true, "head") => {}
            (true, name) => assert_eq!(open.pop(), Some(name), "tags close in order"),
            (false, name) if !attributes.ends_with('/') => open.push(name),
            _ => {}
        }
    }
    assert!(open.is_empty(), "every tag closes: {open:?}");
    check_headings(&tags);
    check_ids(&tags);
    let drawings: Vec<&str> =
        html.split("<svg ").skip(1).filter(|svg| svg.contains("role=\"img\"")).collect();
    assert!(!drawings.is_empty());
    for svg in drawings.iter().filter(|svg| svg.split('>').next().unwrap().contains("role=\"img\"")) {
        let inside = svg.split_once('>').unwrap().1;
        assert!(inside.starts_with("<title id="), "a drawing begins with its title");
        assert!(inside.split_once("</title>").unwrap().1.starts_with("<desc id="), "and has a description");
    }
    for forbidden in
        ["<script", "http:", "https:", "//", "@import", "<img", "<link", "NaN", "inf%", "javascript"]
    {
        assert!(!html.contains(forbidden), "{forbidden} in the report");
    }
    let not_reviewed = html.matches("ot reviewed by a person").count();
    assert!(not_reviewed >= 2);
}

fn check_headings(tags: &[(String, String, bool)]) {
    let level = |name: &str| name.strip_prefix('h')?.parse::<u8>().ok();
    let levels: Vec<u8> =
        tags.iter().filter(|(_, _, closes)| !closes).filter_map(|(n, ..)| level(n)).collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.iter().skip(1).all(|level| *level > 1), "one h1");
    assert!(
        levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "no level of headings is skipped: {levels:?}"
    );
}

fn check_ids(tags: &[(String, String, bool)]) {
    let attribute = |attributes: &str, name: &str| {
        let after = attributes.split_once(&format!("{name}=\""))?.1;
        Some(after.split('"').next()?.to_owned())
    };
    let mut ids = HashSet::new();
    for (name, attributes, _) in tags {
        if let Some(id) = attribute(&format!(" {attributes}"), " id") {
            assert!(ids.insert(id.clone()), "the id {id} of {name} is used twice");
        }
    }
    for (_, attributes, _) in tags {
        for labelled in attribute(attributes, "aria-labelledby").iter().flat_map(|l| l.split(' ')) {
            assert!(ids.contains(labelled), "{labelled} is nowhere");
        }
        if let Some(link) = attribute(attributes, "href") {
            assert!(ids.contains(link.trim_start_matches('#')), "{link} leads nowhere");
        }
    }
    assert!(tags.iter().filter(|(n, ..)| n == "th").all(|(_, a, closes)| *closes || a.contains("scope=")));
}

/// Every count in a report: what `Figure` printed.
fn counts(html: &str) -> Vec<&str> {
    html.split("<span class=\"n\">").skip(1).filter_map(|part| part.split('<').next()).collect()
}

#[test]
fn without_obligations_there_is_nothing_to_share_and_nothing_breaks() {
    let policy = policy();
    let empty = empty(&policy);
    for html in [report(&empty, &policy, &[]), public_report(&empty, &policy)] {
        check_structure(&html);
        assert!(html.contains("There were no obligations to record, so there is nothing to share."));
        assert!(!html.contains("100.0%"));
    }
    let undecided = summary(&policy, &[(0, 0, 0, 0, 5, false)], "x");
    check_structure(&report(&undecided, &policy, &[]));
    assert!(report(&undecided, &policy, &[]).contains("there is nothing to share"));
}

#[test]
fn whatever_is_named_like_a_tag_stays_text() {
    let policy = policy();
    let seeds: Vec<Seed> = (0..900).map(|n| (n % 30, n % 4, n % 30, n % 24, (n % 8) as u8, false)).collect();
    let hostile = "<b onx=\"1\" 'y'>&lt;</td><!--";
    let mut hostile_summary = summary(&policy, &seeds, hostile);
    hostile_summary.policy.title = hostile.to_owned();
    hostile_summary.policy.id = hostile.to_owned();
    hostile_summary.policy.version = hostile.to_owned();
    hostile_summary.timezone = hostile.to_owned();
    hostile_summary.recordings_window = Some(period(hostile, hostile));
    let mut hostile_policy = policy;
    hostile_policy.jurisdiction = Some(hostile.to_owned());
    hostile_policy.citations.activation = Some(hostile.to_owned());
    for rule in &mut hostile_policy.exceptions {
        rule.code = hostile.to_owned();
        rule.title = hostile.to_owned();
        rule.citation = hostile.to_owned();
    }
    let one = report(&hostile_summary, &hostile_policy, &[encounter(hostile)]);
    for html in [one, public_report(&hostile_summary, &hostile_policy)] {
        assert!(!html.contains("<b onx"));
        assert!(!html.contains("<!--"));
        assert!(html.contains("&lt;b onx=&quot;1&quot; &#39;y&#39;&gt;&amp;lt;"));
        check_structure(&html);
    }
}

#[test]
fn every_encounter_is_marked_as_not_reviewed_and_says_both_clocks() {
    let policy = policy();
    let html = report(&empty(&policy), &policy, &[encounter("x"), encounter("y")]);
    check_structure(&html);
    let cards: Vec<&str> = html.split("<article").skip(1).collect();
    assert_eq!(cards.len(), 2);
    for card in cards {
        assert!(card.contains("not reviewed by a person"));
        assert!(card.contains("Mon 6 Nov 2017, 14:26:40 to 16:23:20 CST"));
        assert!(card.contains("2017-11-06T20:26:40Z to 2017-11-06T22:23:20Z"));
        assert!(card.contains("1 hour 56 minutes not on record"));
    }
}

#[test]
fn encounters_of_no_length_and_at_the_ends_of_time_are_drawn() {
    let policy = policy();
    let mut at_the_end = encounter("x");
    at_the_end.window = Interval::new(Moment::MAX, Moment::MAX);
    at_the_end.defects =
        (0..40).map(|_| Defect { kind: DefectKind::Gap, during: at_the_end.window }).collect();
    let mut whole = encounter("y");
    whole.window = Interval::new(Moment::MIN, Moment::MAX);
    check_structure(&report(&empty(&policy), &policy, &[at_the_end, whole]));
}

#[test]
fn the_public_does_not_learn_which_small_number_it_is() {
    let policy = policy();
    let with = |silent_officers: u64, short: u64, rejected: u64| {
        let mut summary = empty(&policy);
        summary.officers_in_no_recording = (0..silent_officers).map(|n| silent(n.to_string())).collect();
        summary.short_buffer = vec![ShortBuffer { camera_serial: "c".to_owned(), short, recordings: 50 }];
        summary.files = vec![FileCounts {
            kind: "recordings",
            file: "f".to_owned(),
            read: 1000 + rejected,
            accepted: 1000,
            rejected,
            ..FileCounts::default()
        }];
        public_report(&summary, &policy)
    };
    assert_eq!(with(1, 2, 3), with(4, 1, 2));
    assert!(with(1, 2, 3).contains("&lt;5"));
    assert_ne!(with(1, 2, 3), with(5, 2, 3));
}

/// Two districts that trade a small number of missing obligations look the same.
#[test]
fn the_public_cannot_tell_where_a_small_number_lies() {
    let policy = policy();
    let with = |missing_in_first: u32| {
        // Of 30 officers some are missing, the others of `lacking` partial, and each has ten recorded.
        let district = |district, missing, lacking| {
            let lacks =
                (0..lacking).map(move |o| (o, district, 1, 1, if o < missing { 7u8 } else { 6 }, false));
            lacks.chain((0..300u32).map(move |n| (n % 30, district, 1, 1, 0, false)))
        };
        let first = district(1, missing_in_first, 20);
        let second = district(2, 20 - missing_in_first, 30);
        let seeds: Vec<Seed> = first.chain(second).chain(district(3, 15, 30)).collect();
        // An officer has calls of one type here, so the types may tell, and so may the interval of everything.
        let mut summary = summary(&policy, &seeds, "D");
        summary.by.call_type.clear();
        for shares in [&mut summary.shares, &mut summary.shares_without_grace] {
            (shares.partial.low, shares.missing.low) = (None, None);
        }
        for cut in [&mut summary.by.week, &mut summary.by.weekday, &mut summary.by.hour] {
            cut.clear();
        }
        public_report(&summary, &policy)
    };
    assert_eq!(with(2), with(3));
    assert!(with(2).contains("together"));
    assert!(with(2).contains("[c]"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn reports_of_anything_are_well_formed(seeds in seeds(), mark in "[^\\p{C}]{0,6}") {
        let policy = policy();
        prop_assume!(!mark.contains("//") && !mark.contains("http"));
        let summary = summary(&policy, &seeds, &mark);
        check_structure(&report(&summary, &policy, &[encounter(&mark)]));
        check_structure(&public_report(&summary, &policy));
    }

    #[test]
    fn the_public_report_holds_no_small_count_and_names_nobody(seeds in seeds()) {
        let policy = policy();
        let summary = summary(&policy, &seeds, "SECRET");
        let html = public_report(&summary, &policy);
        for count in counts(&html) {
            prop_assert!(!["1", "2", "3", "4"].contains(&count), "a count of {count} is published");
        }
        for secret in ["SECRETofficer", "SECRETunit", "SECRETcamera", "SECRETfile", "SECRETnote", "06:12", "05:01"] {
            prop_assert!(!html.contains(secret), "{secret} is published");
        }
        prop_assert!(report(&summary, &policy, &[]).contains("SECRETnote"));
    }
}
