//! Week by week: the recorded share with its interval, and under it, on the same days, what is missing and what is
//! undecided.

use jiff::civil::Date;

use super::charts::Scale;
use super::clock::{date, days_between, long_date, short_date};
use super::page::Section;
use super::svg::{Anchor, Drawing};
use super::table;
use super::text::{counted, percent};
use super::view::{Line, Part, View};

/// A week's place in the chart and what is known of it.
struct Week<'a> {
    x: f64,
    monday: Date,
    line: &'a Line,
}

pub(super) fn section(view: &View) -> Section {
    let weeks = places(&view.weeks);
    let chart = if weeks.is_empty() {
        r#"<p class="nothing">No week can be shown.</p>"#.to_owned()
    } else {
        panels(&weeks)
    };
    let figures = if view.weeks.is_empty() {
        String::new()
    } else {
        let named: Vec<Line> = view.weeks.iter().map(named).collect();
        let table = table::shares("weeks-table", "Shares by week", "Week from", &named);
        table::behind("The figures by week", named.len() <= 10, &table)
    };
    Section {
        id: "weeks",
        title: "By week".to_owned(),
        aside: concat!(
            "<p>A week runs from Monday to Sunday on the department’s clock; the first and the last may be incomplete. ",
            "The shaded band is the 95% interval: where the bands of two weeks overlap widely, do not read a change ",
            "into them. Note where the scale begins.</p>"
        )
        .to_owned(),
        body: format!("{chart}{figures}"),
    }
}

fn named(line: &Line) -> Line {
    let name = date(&line.name).map_or_else(|| line.name.clone(), long_date);
    Line { name, ..line.clone() }
}

/// The weeks with a date, in order, each at its place in time.
fn places(lines: &[Line]) -> Vec<Week<'_>> {
    let mut weeks: Vec<Week> =
        lines.iter().filter_map(|line| Some(Week { x: 0.5, monday: date(&line.name)?, line })).collect();
    weeks.sort_by_key(|week| week.monday);
    let (Some(first), Some(last)) = (weeks.first().map(|w| w.monday), weeks.last().map(|w| w.monday)) else {
        return weeks;
    };
    let all = f64::from(days_between(first, last));
    if all > 0.0 {
        for week in &mut weeks {
            week.x = f64::from(days_between(first, week.monday)) / all;
        }
    }
    weeks
}

fn panels(weeks: &[Week]) -> String {
    let values = |part: fn(&Line) -> Part| weeks.iter().flat_map(move |week| ends(&part(week.line)));
    let around = Scale::around(values(Line::recorded));
    let below = Scale::from_zero(values(Line::missing).chain(values(|line| line.undecided)));
    let recorded = Panel {
        id: "weeks-recorded",
        class: "rec",
        name: "Recorded",
        of: "share of what was decided",
        part: Line::recorded,
        scale: around,
        height: 170.0,
        dates: false,
    };
    let missing = Panel {
        id: "weeks-missing",
        class: "mis",
        name: "Missing",
        part: Line::missing,
        scale: below,
        height: 84.0,
        ..recorded
    };
    let undecided = Panel {
        id: "weeks-undecided",
        class: "und",
        name: "Undecided",
        of: "share of what was required",
        part: |line| line.undecided,
        ..missing
    };
    let shown = [recorded, missing, undecided].into_iter().filter(|panel| panel.has_anything(weeks));
    let mut shown: Vec<Panel> = shown.collect();
    if let Some(last) = shown.last_mut() {
        last.dates = true;
    }
    let drawn: String = shown.iter().map(|panel| panel.html(weeks)).collect();
    let nothing = r#"<p class="nothing">A measure of which nothing can be shown is left out.</p>"#;
    format!(r#"<div class="panels">{drawn}</div>{}"#, if shown.len() < 3 { nothing } else { "" })
}

fn ends(part: &Part) -> Vec<f64> {
    let (low, high) = part.interval.unzip();
    [part.share, low, high].into_iter().flatten().collect()
}

/// One measure over the weeks.
#[derive(Clone, Copy)]
struct Panel {
    id: &'static str,
    class: &'static str,
    name: &'static str,
    of: &'static str,
    part: fn(&Line) -> Part,
    scale: Scale,
    height: f64,
    /// Whether the dates stand under it: the last panel carries them for all.
    dates: bool,
}

/// Above and under the scale.
const PAD: f64 = 8.0;
/// Under the scale, for the dates.
const DATES: f64 = 30.0;

impl Panel {
    fn has_anything(&self, weeks: &[Week]) -> bool {
        weeks.iter().any(|week| (self.part)(week.line).share.is_some())
    }

    fn html(&self, weeks: &[Week]) -> String {
        let title = format!("{} by week, {}", self.name, self.of);
        let room = if self.dates { DATES } else { 0.0 };
        let mut drawing = Drawing::new(self.id, "plot", title, self.height + room);
        for tick in self.scale.ticks() {
            let y = self.y(tick);
            drawing.line("grid", (0.0, y), (1.0, y));
            drawing.label("tick", (0.0, y + 4.0), -7.0, Anchor::End, &self.scale.word(tick));
        }
        for run in weeks.chunk_by(|a, b| days_between(a.monday, b.monday) <= 7 && self.both_known(a, b)) {
            self.draw_run(&mut drawing, run, if weeks.len() > 26 { 2.0 } else { 3.5 });
        }
        self.name_last(&mut drawing, weeks);
        for week in weeks.iter().filter(|week| (self.part)(week.line).is_withheld()) {
            // What is withheld must not look like a week without calls.
            drawing.label("tick", (week.x, self.height - PAD - 4.0), 0.0, Anchor::Middle, "c");
        }
        draw_dates(&mut drawing, weeks, self.height - PAD, self.dates);
        format!(
            "<figure><figcaption><b>{}</b>, {}; scale from {}</figcaption>{}</figure>",
            self.name,
            self.of,
            self.scale.words(),
            drawing.html(&self.description(weeks))
        )
    }

    /// The last share, beside its mark and above the axis.
    fn name_last(&self, drawing: &mut Drawing, weeks: &[Week]) {
        let last = weeks.iter().rev().find_map(|week| Some((week.x, (self.part)(week.line).share?)));
        let Some((x, share)) = last else { return };
        let (class, y) =
            (format!("value {}", self.class), (self.y(share) + 4.5).min(self.height - PAD - 3.0));
        drawing.label(&class, (x, y), 9.0, Anchor::Start, &percent(share));
    }

    fn y(&self, share: f64) -> f64 {
        PAD + (1.0 - self.scale.place(share)) * (self.height - 2.0 * PAD)
    }

    fn both_known(&self, a: &Week, b: &Week) -> bool {
        (self.part)(a.line).share.is_some() && (self.part)(b.line).share.is_some()
    }

    /// Weeks without a hole between them: a band, a line, marks.
    fn draw_run(&self, drawing: &mut Drawing, run: &[Week], radius: f64) {
        let interval = |week: &Week| Some((week.x, (self.part)(week.line).interval?));
        for band in run.chunk_by(|a, b| interval(a).is_some() && interval(b).is_some()) {
            let ends: Vec<_> = band.iter().filter_map(interval).collect();
            if let [(x, (low, high))] = ends[..] {
                drawing.line(&format!("whisker {}", self.class), (x, self.y(low)), (x, self.y(high)));
            } else if ends.len() > 1 {
                let over = ends.iter().map(|(x, (_, high))| (*x, self.y(*high)));
                let under = ends.iter().rev().map(|(x, (low, _))| (*x, self.y(*low)));
                drawing.area(&format!("band {}", self.class), &over.chain(under).collect::<Vec<_>>());
            }
        }
        let points: Vec<_> =
            run.iter().filter_map(|week| Some((week.x, self.y((self.part)(week.line).share?)))).collect();
        for pair in points.windows(2) {
            if let [from, to] = *pair {
                drawing.line(&format!("path {}", self.class), from, to);
            }
        }
        for point in points {
            drawing.dot(&format!("mark {}", self.class), point, radius);
        }
    }

    fn description(&self, weeks: &[Week]) -> String {
        let known = weeks.iter().filter_map(|week| Some(((self.part)(week.line).share?, week.monday)));
        let lowest = known.clone().min_by(|a, b| a.0.total_cmp(&b.0));
        let highest = known.clone().max_by(|a, b| a.0.total_cmp(&b.0));
        let withheld = weeks.iter().any(|week| (self.part)(week.line).is_withheld());
        let said = |end: Option<(f64, Date)>| {
            end.map_or_else(
                || "nothing to share".to_owned(),
                |(share, monday)| format!("{} in the week from {}", percent(share), long_date(monday)),
            )
        };
        format!(
            "{}. Lowest: {}. Highest: {}.{} Every figure stands in the table below.",
            counted(weeks.len() as u64, "week", "weeks"),
            said(lowest),
            said(highest),
            if withheld { " The letter c marks what is withheld." } else { "" }
        )
    }
}

/// Mondays under the scale, no more than have room on a phone.
fn draw_dates(drawing: &mut Drawing, weeks: &[Week], y: f64, named: bool) {
    drawing.line("axis", (0.0, y), (1.0, y));
    let every = weeks.len().div_ceil(6).max(1);
    let mut year = None;
    for week in weeks.iter().step_by(every) {
        drawing.line("axis", (week.x, y), (week.x, y + 5.0));
        if !named {
            continue;
        }
        drawing.label("tick", (week.x, y + 18.0), 0.0, Anchor::Middle, &short_date(week.monday));
        if year != Some(week.monday.year()) {
            year = Some(week.monday.year());
            drawing.label("tick", (week.x, y + 31.0), 0.0, Anchor::Middle, &week.monday.year().to_string());
        }
    }
}
