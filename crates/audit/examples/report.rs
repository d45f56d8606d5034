//! Writes an invented audit of Chicago's size as `/tmp/report.html` and `/tmp/report-public.html`, to be looked at.
//!
//! Every officer, call and figure in it is made up by a random stream with a fixed seed.
//! `cargo run -p onrecord-audit --example report [a directory]`

use std::path::PathBuf;

use jiff::civil::{Date, date};
use onrecord_audit::{
    CallCounts, Cut, Cuts, Defect, DefectCount, DefectKind, Encounter, Fact, FileCounts, Group, GroupShares,
    Interval, LocalMinute, NoticeCount, OfficerCount, OfficerId, OutcomeCount, Period, PolicyName,
    ShortBuffer, Summary, UNKNOWN_TIME, public_report, report, shares_by_group,
};
use onrecord_policy::{Micros, Moment, Policy, SECOND};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

type Failure = Box<dyn std::error::Error>;

const DISTRICTS: [&str; 22] = [
    "1 Central",
    "2 Wentworth",
    "3 Grand Crossing",
    "4 South Chicago",
    "5 Calumet",
    "6 Gresham",
    "7 Englewood",
    "8 Chicago Lawn",
    "9 Deering",
    "10 Ogden",
    "11 Harrison",
    "12 Near West",
    "14 Shakespeare",
    "15 Austin",
    "16 Jefferson Park",
    "17 Albany Park",
    "18 Near North",
    "19 Town Hall",
    "20 Lincoln",
    "22 Morgan Park",
    "24 Rogers Park",
    "25 Grand Central",
];
const TYPES: [&str; 21] = [
    "DISTURBANCE",
    "DOMESTIC",
    "TRAFFIC STOP",
    "WELL-BEING CHECK",
    "BATTERY IP",
    "THEFT JO",
    "SUSPICIOUS PERSON",
    "ALARM BURGLAR",
    "SHOTS FIRED",
    "PARKING COMPLAINT",
    "NOISE COMPLAINT",
    "TRAFFIC CRASH PI",
    "MISSING PERSON",
    "ASSIST CITIZEN",
    "CRIMINAL DAMAGE",
    "MENTAL HEALTH",
    "TRESPASS",
    "BURGLARY RPT",
    "VICE COMPLAINT",
    "ANIMAL ABUSE",
    "",
];
const OFFICERS: u32 = 3100;
const OBLIGATIONS: usize = 182_400;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn main() -> Result<(), Failure> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "/tmp".to_owned()));
    let policy = Policy::parse("us-il-chicago.toml", Policy::pack("us-il-chicago").ok_or("no such pack")?)?;
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(2017));
    let facts: Vec<Fact> = (0..OBLIGATIONS).map(|_| fact(&mut chance)).collect();
    let summary = summary(&facts, &policy);
    let mut longest: Vec<Encounter> = (0..20).map(|n| encounter(n, &mut chance)).collect();
    longest.sort_by_key(|one| std::cmp::Reverse(one.uncovered));
    std::fs::write(folder.join("report.html"), report(&summary, &policy, &longest))?;
    std::fs::write(folder.join("report-public.html"), public_report(&summary, &policy))?;
    Ok(())
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n.max(1))) >> 32) as u32
    }

    fn share(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }
}

/// A number of an officer that never changes, from 0 to 1.
fn trait_of(officer: u32, salt: u32) -> f64 {
    let mixed = (officer ^ salt).wrapping_mul(0x9E37_79B1).rotate_left(15).wrapping_mul(0x85EB_CA77);
    f64::from(mixed >> 8) / f64::from(1u32 << 24)
}

fn fact(chance: &mut Chance) -> Fact {
    let officer = chance.below(OFFICERS);
    let district = officer % 22 + 1;
    let call_type = (chance.share().powi(2) * 21.0) as u32;
    let hour = [chance.below(24), 14 + chance.below(10)][usize::from(chance.share() < 0.4)];
    let minute = (17_469 + chance.below(35)) * 1440 + hour * 60 + chance.below(60); // from Monday 30 October 2017
    let in_grace = trait_of(officer, 7) < 0.12;
    let week = f64::from(minute / 1440 - 17_469) / 7.0;
    let odds = 0.045
        + 0.05 * trait_of(district, 91).powi(2)
        + 0.16 * trait_of(officer, 3).powi(6)
        + if hour < 6 { 0.025 } else { 0.0 }
        + if in_grace { 0.04 } else { 0.0 }
        + 0.004 * f64::from(call_type % 5)
        - 0.006 * week;
    let dice = chance.share();
    let outcome = match chance.share() {
        x if x < 0.14 => 2,
        x if x < 0.145 => 3,
        x if x < 0.165 => 4,
        x if x < 0.19 => 5,
        _ if dice < odds * 0.38 => 7,
        _ if dice < odds => 6,
        _ if dice < odds + 0.018 => 1,
        _ => 0,
    };
    Fact {
        officer: OfficerId(officer),
        district: if chance.share() < 0.002 { 0 } else { district },
        unit: officer % 300 + 1,
        call_type: (call_type + 1) % 21 + 1,
        local_minute: LocalMinute::from_seconds(i64::from(minute) * 60),
        outcome,
        in_grace,
    }
}

fn cut(groups: &[GroupShares], cut: Cut, name: impl Fn(u32) -> String) -> Vec<Group> {
    let one = |g: &GroupShares| Group {
        name: if g.key.1 == UNKNOWN_TIME { String::new() } else { name(g.key.1) },
        officers: g.officers,
        all: g.all,
        without_grace: g.without_grace,
    };
    groups.iter().filter(|g| g.key.0 == cut).map(one).collect()
}

fn named(names: &'static [&'static str], at: u32) -> String {
    names.get((at as usize).wrapping_sub(1)).map_or_else(String::new, |name| (*name).to_owned())
}

fn day(n: u32) -> String {
    let first: Date = date(1970, 1, 1);
    first.saturating_add(jiff::Span::new().days(i64::from(n))).to_string()
}

fn cuts(groups: &[GroupShares]) -> Cuts {
    Cuts {
        district: cut(groups, Cut::District, |at| named(&DISTRICTS, at)),
        officer: cut(groups, Cut::Officer, |at| format!("PC{:05}", 10_000 + at)),
        unit: cut(groups, Cut::Unit, |at| at.to_string()),
        call_type: cut(groups, Cut::CallType, |at| named(&TYPES, at)),
        month: cut(groups, Cut::Month, |m| format!("{}-{:02}", m / 12, m % 12 + 1)),
        week: cut(groups, Cut::Week, day),
        weekday: cut(groups, Cut::Weekday, |at| named(&WEEKDAYS, at + 1)),
        hour: cut(groups, Cut::Hour, |at| format!("{at:02}")),
    }
}

fn summary(facts: &[Fact], policy: &Policy) -> Summary {
    let groups = shares_by_group(facts);
    let everything = groups.iter().find(|g| g.key.0 == Cut::Everything);
    let (shares, outside) = everything.map_or_else(Default::default, |g| (g.all, g.without_grace));
    let count =
        |outcome, share: u64, reason, in_grace| OutcomeCount { outcome, reason, count: share, in_grace };
    let s = &shares;
    let outcomes = vec![
        count("recorded", s.recorded.count, "", s.recorded.count - outside.recorded.count),
        count("excused", s.excused.count - 212, "", s.excused.count - outside.excused.count),
        count("excused", 212, "approval_pending", 31),
        count("not_required", s.not_required - 9_204, "no_arrival", 1_402),
        count("not_required", 6_011, "too_short", 702),
        count("not_required", 3_193, "exempt_type", 390),
        count("no_camera", s.no_camera, "", 0),
        count("awaiting_upload", s.undecided.count * 4 / 9, "", 388),
        count(
            "unverifiable",
            s.undecided.count - s.undecided.count * 4 / 9 - 1_090,
            "rejected_evidence",
            201,
        ),
        count("unverifiable", 802, "no_end_time", 99),
        count("unverifiable", 286, "outside_recordings", 44),
        count("unverifiable", 2, "ambiguous_time", 0),
        count("partial", s.partial.count, "", s.partial.count - outside.partial.count),
        count("missing", s.missing.count, "", s.missing.count - outside.missing.count),
    ];
    Summary {
        onrecord: env!("CARGO_PKG_VERSION"),
        status: "outcomes from data alone, not reviewed by a person",
        policy: PolicyName::from(policy),
        timezone: "America/Chicago".to_owned(),
        files: files(),
        recordings_window: Some(period("2017-10-29T05:00:00Z", "2017-12-05T06:00:00Z")),
        obligations_period: Some(period("2017-10-30T05:01:12Z", "2017-12-04T06:41:00Z")),
        obligations: shares.obligations,
        outcomes,
        defects: defects(shares.missing.count, shares.partial.count),
        notice: notice(shares.recorded.count),
        shares,
        shares_without_grace: outside,
        intervals: "95%, percentile bootstrap over officers, 400 resamples, fixed seed; none for fewer than 5 officers",
        by: cuts(&groups),
        calls: CallCounts {
            calls: 121_380,
            all_on_record: 91_011,
            some_on_record: 6_204,
            none_on_record: 2_903,
            undecided: 6_390,
            nobody_required: 14_872,
            required: 52_310 * 3600 * SECOND,
            nobody_recorded: 2_702 * 3600 * SECOND,
        },
        officers_in_no_recording: (0u32..61)
            .map(|n| OfficerCount {
                officer_id: format!("PC{:05}", 19_000 + n * 7),
                obligations: u64::from(n % 23),
            })
            .collect(),
        short_buffer: (0u32..14)
            .map(|n| ShortBuffer {
                camera_serial: format!("X81{:06}", 20_431 + n * 97),
                short: u64::from(40 / (n + 1)),
                recordings: u64::from(120 + n),
            })
            .collect(),
        notes: notes(),
    }
}

fn period(from: &str, to: &str) -> Period {
    Period { from: from.to_owned(), to: to.to_owned() }
}

fn files() -> Vec<FileCounts> {
    let file = |kind, file: &str, [accepted, rejected, duplicate, bad_values]: [u64; 4]| FileCounts {
        kind,
        file: file.to_owned(),
        read: accepted + rejected + duplicate,
        accepted,
        rejected,
        duplicate,
        bad_values,
    };
    vec![
        file("calls", "cad-2017-11.csv.zst", [182_400, 41, 1_204, 377]),
        file("recordings", "evidence-2017-11.csv.gz", [141_090, 63, 0, 12]),
        file("officers", "roster.csv", [3_161, 2, 0, 3]),
        file("camera_assignments", "cameras.csv", [3_402, 0, 18, 0]),
        file("exceptions", "exceptions.csv", [4_091, 7, 0, 1]),
        file("device_events", "docks.csv", [48_220, 0, 0, 0]),
    ]
}

fn defects(missing: u64, partial: u64) -> Vec<DefectCount> {
    let one = |kind, count: u64, minutes: f64, provisional: u64| DefectCount {
        kind,
        count,
        seconds: count as f64 * minutes * 60.0,
        in_grace: count / 6,
        provisional,
        provisional_seconds: provisional as f64 * minutes * 60.0,
    };
    vec![
        one("never_activated", missing, 31.0, 204),
        one("late_activation", partial * 6 / 10, 4.4, 311),
        one("early_stop", partial * 3 / 10, 7.2, 120),
        one("gap", partial * 2 / 10, 1.9, 33),
    ]
}

fn notice(recorded: u64) -> Vec<NoticeCount> {
    let one = |status, count: u64| NoticeCount { status, count, in_grace: count / 9 };
    vec![
        one("given", recorded * 4 / 100),
        one("exempt", 42),
        one("late", recorded / 210),
        one("earlier", 3),
        one("not_given", recorded / 180),
        one("unreviewed", recorded * 9 / 10),
        one("not_applicable", 4_110),
    ]
}

fn notes() -> Vec<String> {
    [
        "calls: the columns beat and zip are not used",
        "recordings: 12 rows began more than 60 days before the others; the window begins with the others",
        "22 officers in the calls stand in no row of the officers file",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What the files would show of one encounter, in five shapes.
fn encounter(n: u32, chance: &mut Chance) -> Encounter {
    let minute = 60 * SECOND;
    let begin = Moment(1_509_400_000 * SECOND) + Micros::from(chance.below(34 * 86_400)) * SECOND;
    let length = Micros::from(40 + chance.below(170)) * minute + Micros::from(chance.below(60)) * SECOND;
    let window = Interval::new(begin, begin + length);
    let at = |share: f64| begin + (length as f64 * share) as Micros / SECOND * SECOND;
    let part = |from, to| Interval::new(at(from), at(to));
    let defect = |kind, from, to| Defect { kind, during: part(from, to) };
    let (covered, excused, defects) = match n % 5 {
        0 | 1 => (vec![], vec![], vec![defect(DefectKind::NeverActivated, 0.0, 1.0)]),
        2 => (vec![part(0.72, 1.0)], vec![], vec![defect(DefectKind::LateActivation, 0.0, 0.72)]),
        3 => (
            vec![part(0.0, 0.12), part(0.55, 0.58), part(0.97, 0.99)],
            vec![part(0.12, 0.3)],
            vec![defect(DefectKind::Gap, 0.3, 0.55), defect(DefectKind::Gap, 0.58, 0.97)],
        ),
        _ => (vec![part(0.01, 0.25)], vec![part(0.2, 0.4)], vec![defect(DefectKind::EarlyStop, 0.4, 1.0)]),
    };
    let officer = chance.below(OFFICERS);
    Encounter {
        line: 2 + u64::from(chance.below(180_000)),
        call_id: format!("17-{:07}", 3_200_000 + chance.below(400_000)),
        officer_id: format!("PC{:05}", 10_000 + officer),
        officer_name: if n % 4 == 3 {
            String::new()
        } else {
            format!("{}. Example", char::from(b'A' + (n % 26) as u8))
        },
        district: named(&DISTRICTS, officer % 22 + 1),
        unit: if n % 6 == 5 { String::new() } else { format!("{}", 100 + chance.below(2500)) },
        call_type: named(&TYPES, chance.below(20) + 1),
        outcome: if covered.is_empty() { "missing" } else { "partial" },
        in_grace: n % 7 == 6,
        window,
        arrived: (n % 3 != 2).then(|| at(if n.is_multiple_of(2) { 0.0 } else { 0.08 })),
        uncovered: defects.iter().map(|d| d.during.length()).sum(),
        covered,
        excused,
        defects,
    }
}
