//! The longest encounters that are not on record, each drawn on its own line of time.

use jiff::Zoned;
use onrecord_policy::{HOUR, Micros, Moment, SECOND};

use super::clock::Clock;
use super::gaps::class;
use super::page::Section;
use super::svg::{Anchor, Drawing};
use super::table::swatch;
use super::text::{capital, duration, escape, plain, short_duration};
use crate::interval::Interval;
use crate::outcome::Defect;
use crate::summary::Encounter;

pub(super) fn section(longest: &[Encounter], timezone: &str) -> Section {
    let clock = Clock::of(timezone);
    let title = match longest.len() {
        0 | 1 => "Longest unrecorded encounters".to_owned(),
        n => format!("The {} longest unrecorded encounters", in_letters(n)),
    };
    let list: String =
        longest.iter().zip(1..).map(|(one, rank)| Card { one, rank, clock: &clock }.html()).collect();
    let body = if longest.is_empty() {
        r#"<p class="nothing">No decided encounter lacks a recording.</p>"#.to_owned()
    } else {
        format!(r#"<ol class="encounters">{list}</ol>"#)
    };
    Section {
        id: "encounters",
        title,
        aside: concat!(
            r#"<p class="warn"><b>Not reviewed by a person.</b> Each of these says what the exports show. There may be "#,
            "a good reason that no export holds. Ask before you judge.</p>",
            r#"<p class="key"><span><i class="sw rec" aria-hidden="true"></i>on record</span> "#,
            r#"<span><i class="sw exc" aria-hidden="true"></i>explained</span> "#,
            r#"<span><i class="sw mis" aria-hidden="true"></i>neither: a defect</span> "#,
            r#"<span><i class="sw nil" aria-hidden="true"></i>neither, but tolerated</span></p>"#
        )
        .to_owned(),
        body,
    }
}

fn in_letters(n: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    match n {
        20 => "twenty".to_owned(),
        _ => WORDS.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned()),
    }
}

/// One encounter in the list.
struct Card<'a> {
    one: &'a Encounter,
    rank: usize,
    clock: &'a Clock,
}

impl Card<'_> {
    fn html(&self) -> String {
        let Encounter { outcome, in_grace, uncovered, .. } = self.one;
        let grace = if *in_grace { r#"<span class="tag">in the grace period</span>"# } else { "" };
        format!(
            r#"<li><article aria-labelledby="encounter-{rank}"><div class="top"><h3 id="encounter-{rank}">{} not on record</h3><p class="tags"><span class="tag">{}{}</span>{grace}<span class="tag open">not reviewed by a person</span></p></div>{}{}{}{}</article></li>"#,
            escape(&duration(*uncovered)),
            swatch(class(outcome)),
            escape(&capital(&plain(outcome))),
            self.facts(),
            self.when(),
            self.timeline(),
            self.parts(),
            rank = self.rank,
        )
    }

    fn facts(&self) -> String {
        let Encounter { officer_id, officer_name, call_id, unit, district, call_type, line, .. } = self.one;
        let officer = if officer_name.is_empty() {
            officer_id.clone()
        } else {
            format!("{officer_name} ({officer_id})")
        };
        let or_none = |text: &str| {
            if text.is_empty() { "not given".to_owned() } else { text.to_owned() }
        };
        let facts = [
            ("Officer", officer),
            ("Call", call_id.clone()),
            ("Type", or_none(call_type)),
            ("District", or_none(district)),
            ("Unit", or_none(unit)),
            ("Line in calls", line.to_string()),
        ];
        let facts =
            facts.map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(&value)));
        format!(r#"<dl class="facts">{}</dl>"#, facts.concat())
    }

    fn when(&self) -> String {
        let Interval { from, to } = self.one.window;
        let clock = self.clock;
        let (first, last) = (clock.day(from), clock.day(to));
        let last = if first == last { String::new() } else { format!("{last}, ") };
        format!(
            r#"<p class="when">{first}, {} to {last}{} {} <span class="utc">{from} to {to}</span></p>"#,
            clock.time(from),
            clock.time(to),
            escape(&clock.zone(to))
        )
    }

    /// Where on the line an instant lies, from 0 to 1.
    fn place(&self, at: Moment) -> f64 {
        let Interval { from, to } = self.one.window;
        let length = (to - from).max(1);
        ((at - from) as f64 / length as f64).clamp(0.0, 1.0)
    }

    fn span(&self, part: Interval) -> (f64, f64) {
        (self.place(part.from), self.place(part.to))
    }

    fn timeline(&self) -> String {
        const LANE: (f64, f64) = (20.0, 28.0);
        let title = format!("Timeline of encounter {}", self.rank);
        let mut drawing = Drawing::new(format!("timeline-{}", self.rank), "timeline", title, 68.0);
        drawing.bar("window", (0.0, 1.0), LANE.0 + 10.0, LANE.1 - 20.0);
        for (class, parts) in [("exc", &self.one.excused), ("rec", &self.one.covered)] {
            for part in parts {
                drawing.bar(class, self.span(*part), LANE.0, LANE.1);
            }
        }
        for (at, defect) in self.one.defects.iter().enumerate() {
            drawing.bar("mis", self.span(defect.during), LANE.0, LANE.1);
            self.name_defect(&mut drawing, at, defect, LANE.0 + 18.5);
        }
        self.name_recorded(&mut drawing, LANE.0 + 18.5);
        self.draw_arrival(&mut drawing, LANE.0);
        self.draw_times(&mut drawing, LANE.0 + LANE.1);
        drawing.html(&self.description())
    }

    /// As much of a defect's name as has room on a phone.
    fn name_defect(&self, drawing: &mut Drawing, at: usize, defect: &Defect, y: f64) {
        let (from, to) = self.span(defect.during);
        let long = format!("{}, {}", plain(defect.kind.word()), short_duration(defect.during.length()));
        let short = plain(defect.kind.word());
        let key = if self.one.defects.len() > 1 { format!("{} ", letter(at)) } else { String::new() };
        let candidates = [format!("{key}{long}"), format!("{key}{short}"), key.trim().to_owned()];
        if let Some(words) = candidates.iter().find(|words| !words.is_empty() && has_room(words, to - from)) {
            drawing.label("on-mis", (f64::midpoint(from, to), y), 0.0, Anchor::Middle, words);
        }
    }

    fn name_recorded(&self, drawing: &mut Drawing, y: f64) {
        for part in &self.one.covered {
            let (from, to) = self.span(*part);
            if has_room("on record", to - from) {
                drawing.label("on-rec", (f64::midpoint(from, to), y), 0.0, Anchor::Middle, "on record");
            }
        }
    }

    /// A tick where the officer arrived, where that lies on the line.
    fn draw_arrival(&self, drawing: &mut Drawing, top: f64) {
        let Some(at) = self.one.arrived else { return };
        let Interval { from, to } = self.one.window;
        if at < from || at > to {
            return;
        }
        let x = self.place(at);
        drawing.line("arrival", (x, 2.0), (x, top + 34.0));
        let (dx, anchor) = if x > 0.6 { (-5.0, Anchor::End) } else { (5.0, Anchor::Start) };
        let words = format!("arrived {}", self.clock.time(at));
        drawing.label("tick", (x, 12.0), dx, anchor, &words);
    }

    /// The local time along the line: both ends, and round times between them that have room.
    fn draw_times(&self, drawing: &mut Drawing, y: f64) {
        let Interval { from, to } = self.one.window;
        for (x, at, anchor) in [(0.0, from, Anchor::Start), (1.0, to, Anchor::End)] {
            drawing.line("edge", (x, y - 30.0), (x, y + 6.0));
            drawing.label("tick", (x, y + 18.0), 0.0, anchor, &self.clock.time(at));
        }
        for (at, words) in round_times(self.clock, self.one.window) {
            let x = self.place(at);
            drawing.line("edge faint", (x, y), (x, y + 5.0));
            if (0.24..=0.76).contains(&x) {
                drawing.label("tick", (x, y + 18.0), 0.0, Anchor::Middle, &words);
            }
        }
    }

    fn description(&self) -> String {
        let Encounter { window, defects, .. } = self.one;
        let defects: Vec<String> = defects.iter().map(|defect| self.defect_in_words(defect)).collect();
        format!(
            "{} from begin to end, of it {} on record, {} explained; defects: {}.",
            duration(window.length()),
            duration(total(&self.one.covered)),
            duration(total(&self.one.excused)),
            defects.join("; ")
        )
    }

    fn defect_in_words(&self, defect: &Defect) -> String {
        let Interval { from, to } = defect.during;
        format!(
            "{}, {}, {} to {}",
            plain(defect.kind.word()),
            duration(defect.during.length()),
            self.clock.time(from),
            self.clock.time(to)
        )
    }

    /// The same in words, since a drawing is never the only place.
    fn parts(&self) -> String {
        let Encounter { window, covered, excused, defects, .. } = self.one;
        let several = defects.len() > 1;
        let one = |(at, defect): (usize, &Defect)| {
            let key = if several { format!("<b>{}</b> ", letter(at)) } else { String::new() };
            format!("; {key}{}", escape(&self.defect_in_words(defect)))
        };
        let listed: String = defects.iter().take(LISTED).enumerate().map(one).collect();
        let more = defects.len().saturating_sub(LISTED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!(
            r#"<p class="parts">Of {}: {} on record, {} explained{listed}{more}.</p>"#,
            escape(&duration(window.length())),
            escape(&or_nothing(covered)),
            escape(&or_nothing(excused))
        )
    }
}

fn or_nothing(parts: &[Interval]) -> String {
    match total(parts) {
        0 => "nothing".to_owned(),
        length => duration(length),
    }
}

/// So many defects of one encounter are listed in words; all are drawn.
const LISTED: usize = 8;

fn letter(at: usize) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyz";
    letters.get(at..=at).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

fn total(parts: &[Interval]) -> Micros {
    parts.iter().map(|part| part.length()).sum()
}

/// Whether words fit into a share of the line on a narrow phone.
fn has_room(words: &str, share: f64) -> bool {
    words.chars().count() as f64 * 6.6 + 8.0 < share * 300.0
}

/// Round local times inside the window, a few of them.
fn round_times(clock: &Clock, window: Interval) -> Vec<(Moment, String)> {
    const MINUTE: Micros = 60 * SECOND;
    let steps =
        [1, 2, 5, 10, 15, 30].map(|m| m * MINUTE).into_iter().chain([1, 2, 3, 6, 12, 24].map(|h| h * HOUR));
    let Some(step) = steps.into_iter().find(|step| window.length() / step <= 5) else {
        return Vec::new();
    };
    let Some(offset) = clock.read(window.from).map(|at: Zoned| Micros::from(at.offset().seconds()) * SECOND)
    else {
        return Vec::new();
    };
    let local = window.from.0.saturating_add(offset);
    let first = local.div_euclid(step).saturating_add(1).saturating_mul(step).saturating_sub(offset);
    let times = (0..6).map(|n| Moment(first.saturating_add(n * step)));
    times
        .take_while(|at| *at < window.to)
        .map(|at| (at, clock.time(at).get(..5).unwrap_or_default().to_owned()))
        .collect()
}
