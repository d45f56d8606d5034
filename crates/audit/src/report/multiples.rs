//! Small multiples: the same four measures over the hours of the day and the days of the week, side by side.

use super::charts::Scale;
use super::svg::{Anchor, Drawing};
use super::table::{self, behind};
use super::text::percent;
use super::view::{Line, Part};

/// What all panels of one cut share.
pub(super) struct Cut<'a> {
    /// The beginning of their ids.
    pub(super) id: &'static str,
    /// Such as "hour of the day".
    pub(super) name: &'static str,
    /// The lines at their places, and how many places there are.
    pub(super) lines: Vec<(usize, &'a Line)>,
    pub(super) places: usize,
    /// Labels under the panels: place and words.
    pub(super) labels: Vec<(f64, String)>,
}

const HEIGHT: f64 = 76.0;
const PAD: f64 = 6.0;

/// The panels and the figures behind them.
pub(super) fn panels(cut: &Cut, all: &[Line]) -> String {
    if all.is_empty() {
        return r#"<p class="nothing">There is nothing to show.</p>"#.to_owned();
    }
    let values = |part: fn(&Line) -> Part| cut.lines.iter().map(move |(_, line)| part(line));
    let ends = values(Line::recorded).flat_map(|part| {
        let (low, high) = part.interval.unzip();
        [part.share, low, high]
    });
    let recorded = Scale::around(ends.flatten());
    let shares = values(Line::partial).chain(values(Line::missing)).chain(values(|line| line.undecided));
    let below = Scale::from_zero(shares.filter_map(|part| part.share));
    let drawn = [
        dots(cut, recorded),
        bars(cut, ("par", "Partial"), Line::partial, below),
        bars(cut, ("mis", "Missing"), Line::missing, below),
        bars(cut, ("und", "Undecided"), |line| line.undecided, below),
    ]
    .concat();
    let table = table::shares(&format!("{}-table", cut.id), &format!("Shares by {}", cut.name), "From", all);
    format!(
        r#"<div class="multiples">{drawn}</div>{}"#,
        behind(&format!("The figures by {}", cut.name), false, &table)
    )
}

/// The recorded share as dots with their intervals, since its scale need not begin at nothing.
fn dots(cut: &Cut, scale: Scale) -> String {
    let mut drawing = cut.drawing("rec", "Recorded");
    cut.frame(&mut drawing, &scale);
    for (at, line) in &cut.lines {
        let (Part { share, interval, .. }, x) = (line.recorded(), cut.middle(*at));
        if let Some((low, high)) = interval {
            drawing.line("whisker rec", (x, y(&scale, low)), (x, y(&scale, high)));
        }
        if let Some(share) = share {
            drawing.dot("mark rec", (x, y(&scale, share)), 2.6);
        }
        cut.mark_withheld(&mut drawing, *at, &line.recorded());
    }
    cut.figure(drawing, "Recorded", &scale, Line::recorded)
}

/// A share as bars from nothing.
fn bars(cut: &Cut, (class, name): (&str, &str), part: fn(&Line) -> Part, scale: Scale) -> String {
    let mut drawing = cut.drawing(class, name);
    cut.frame(&mut drawing, &scale);
    let (slot, bottom) = (1.0 / cut.places.max(1) as f64, y(&scale, 0.0));
    for (at, line) in &cut.lines {
        if let Some(share) = part(line).share {
            let (from, top) = (*at as f64 * slot, y(&scale, share));
            drawing.bar(class, (from + slot * 0.14, from + slot * 0.86), top, bottom - top);
        }
        cut.mark_withheld(&mut drawing, *at, &part(line));
    }
    cut.figure(drawing, name, &scale, part)
}

fn y(scale: &Scale, share: f64) -> f64 {
    PAD + (1.0 - scale.place(share)) * (HEIGHT - PAD)
}

impl Cut<'_> {
    fn drawing(&self, class: &str, name: &str) -> Drawing {
        Drawing::new(
            format!("{}-{class}", self.id),
            "multiple",
            format!("{name} by {}", self.name),
            HEIGHT + 17.0,
        )
    }

    fn middle(&self, at: usize) -> f64 {
        (at as f64 + 0.5) / self.places.max(1) as f64
    }

    fn frame(&self, drawing: &mut Drawing, scale: &Scale) {
        for tick in scale.ticks() {
            drawing.line("grid", (0.0, y(scale, tick)), (1.0, y(scale, tick)));
        }
        for end in [scale.low, scale.high] {
            drawing.label("tick", (0.0, y(scale, end) + 4.0), -5.0, Anchor::End, &scale.word(end));
        }
        for (x, words) in &self.labels {
            drawing.label("tick", (*x, HEIGHT + 14.0), 0.0, Anchor::Middle, words);
        }
    }

    /// What is withheld must not look like nothing.
    fn mark_withheld(&self, drawing: &mut Drawing, at: usize, part: &Part) {
        if part.is_withheld() {
            drawing.label("tick", (self.middle(at), HEIGHT - 3.0), 0.0, Anchor::Middle, "c");
        }
    }

    fn figure(&self, drawing: Drawing, name: &str, scale: &Scale, part: fn(&Line) -> Part) -> String {
        let known = self.lines.iter().filter_map(|(_, line)| Some((part(line).share?, &line.name)));
        if known.clone().next().is_none() {
            return format!("<figure><figcaption><b>{name}</b>: nothing can be shown</figcaption></figure>");
        }
        let said = |end: Option<(f64, &String)>| {
            end.map_or_else(
                || "nothing to share".to_owned(),
                |(share, name)| format!("{} ({name})", percent(share)),
            )
        };
        let withheld = self.lines.iter().any(|(_, line)| part(line).is_withheld());
        let description = format!(
            "Scale from {}. Lowest: {}. Highest: {}.{}",
            scale.words(),
            said(known.clone().min_by(|a, b| a.0.total_cmp(&b.0))),
            said(known.max_by(|a, b| a.0.total_cmp(&b.0))),
            if withheld { " The letter c marks what is withheld." } else { "" }
        );
        format!("<figure><figcaption><b>{name}</b></figcaption>{}</figure>", drawing.html(&description))
    }
}

/// The hours of the day.
pub(super) fn hours(lines: &[Line]) -> Cut<'_> {
    let at = |line: &Line| line.name.get(..2)?.parse().ok().filter(|hour: &usize| *hour < 24);
    Cut {
        id: "hours",
        name: "hour of the day",
        lines: lines.iter().filter_map(|line| Some((at(line)?, line))).collect(),
        places: 24,
        labels: [0, 6, 12, 18, 24].map(|hour| (f64::from(hour) / 24.0, hour.to_string())).to_vec(),
    }
}

/// The days of the week, in the order in which they come.
pub(super) fn weekdays(lines: &[Line]) -> Cut<'_> {
    let known: Vec<&Line> = lines.iter().filter(|line| line.name != super::view::NO_TIME).collect();
    let places = known.len().max(1);
    let label = |(at, line): (usize, &&Line)| {
        let short = line.name.chars().take(2).collect();
        ((at as f64 + 0.5) / places as f64, short)
    };
    Cut {
        id: "weekdays",
        name: "day of the week",
        labels: known.iter().enumerate().map(label).collect(),
        lines: known.into_iter().enumerate().collect(),
        places,
    }
}
