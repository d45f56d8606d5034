//! District by district: a table whose rows are drawn, the highest recorded share first.

use super::charts::Scale;
use super::page::Section;
use super::svg::{Anchor, Drawing};
use super::table::{self, behind, in_words, interval, share, table};
use super::text::{escape, percent};
use super::view::{Line, Part, View};

pub(super) fn section(view: &View) -> Section {
    let districts = &view.districts;
    let body = if districts.is_empty() {
        r#"<p class="nothing">No district can be shown.</p>"#.to_owned()
    } else {
        let figures = table::shares("districts-table", "Shares by district", "District", districts);
        format!("{}{}", Plot::of(view).html(districts), behind("The figures by district", false, &figures))
    };
    Section {
        id: "districts",
        title: "By district".to_owned(),
        aside: concat!(
            "<p>Sorted by recorded share. The line through each dot is its 95% interval: districts whose lines overlap ",
            "widely may owe their order to chance. Districts differ in their calls, so a difference is a question, ",
            "not a verdict.</p>"
        )
        .to_owned(),
        body,
    }
}

/// The scales that all rows share.
struct Plot {
    recorded: Scale,
    below: Scale,
    /// The recorded share of the whole department.
    overall: Option<f64>,
}

const ROW: f64 = 44.0;

/// So that a label near an end stays inside.
fn anchor_at(x: f64) -> Anchor {
    match x {
        x if x < 0.2 => Anchor::Start,
        x if x > 0.8 => Anchor::End,
        _ => Anchor::Middle,
    }
}

impl Plot {
    fn of(view: &View) -> Self {
        let lines = || view.districts.iter();
        let overall = view.all.recorded().share;
        let recorded = lines().map(Line::recorded).flat_map(|p| {
            let (low, high) = p.interval.unzip();
            [p.share, low, high]
        });
        let below = lines().flat_map(|line| [line.missing().share, line.undecided.share]).flatten();
        Self {
            recorded: Scale::around(recorded.chain([overall]).flatten()),
            below: Scale::from_zero(below),
            overall,
        }
    }

    fn html(&self, lines: &[Line]) -> String {
        let head = format!(
            r#"<th scope="col">District</th><th scope="col" class="strip">95% interval{}</th><th scope="col" class="r">Recorded</th><th scope="col" class="below">Missing</th><th scope="col" class="below">Undecided</th>"#,
            self.axis()
        );
        let rows: String = lines.iter().enumerate().map(|(at, line)| self.row(at, line)).collect();
        let caption = format!("Districts by recorded share; the scale runs from {}", self.recorded.words());
        table("districts-plot", "drawn", &caption, &head, &rows)
    }

    fn axis(&self) -> String {
        let mut drawing = Drawing::new("districts-axis", "strip-axis", "The scale of the dots", 34.0);
        let ticks = self.recorded.ticks();
        let last = ticks.len().saturating_sub(1);
        for (at, tick) in ticks.into_iter().enumerate() {
            let class = if at == 0 || at == last { "tick" } else { "tick between" }; // no room on a phone
            drawing.label(
                class,
                (self.recorded.place(tick), 29.0),
                0.0,
                Anchor::Middle,
                &self.recorded.word(tick),
            );
        }
        if let Some(share) = self.overall {
            let x = self.recorded.place(share);
            drawing.label("reference", (x, 12.0), 0.0, anchor_at(x), &format!("all {}", percent(share)));
        }
        let overall = self.overall.map_or_else(String::new, |share| {
            format!("; the dashed line is the whole department at {}", percent(share))
        });
        drawing.html(&format!("From {}{overall}.", self.recorded.words()))
    }

    fn row(&self, at: usize, line: &Line) -> String {
        let recorded = line.recorded();
        let officers = line.officers.map_or_else(String::new, |n| {
            let word = if n.known() == Some(1) { "officer" } else { "officers" };
            format!("<span>{} {word}</span>", n.html())
        });
        format!(
            r#"<tr><th scope="row">{}<small><span>{} decided</span>{officers}</small></th><td class="strip">{}</td><td class="r big">{}{}</td>{}{}</tr>"#,
            escape(&line.name),
            line.decided.html(),
            self.strip(at, line),
            share(&recorded),
            interval(&recorded),
            self.below(format!("district-{at}-missing"), "mis", "Missing", line, &line.missing()),
            self.below(format!("district-{at}-undecided"), "und", "Undecided", line, &line.undecided)
        )
    }

    fn strip(&self, at: usize, line: &Line) -> String {
        let mut drawing =
            Drawing::new(format!("district-{at}"), "row", format!("Recorded in {}", line.name), ROW);
        for tick in self.recorded.ticks() {
            let x = self.recorded.place(tick);
            drawing.line("grid", (x, 0.0), (x, ROW));
        }
        if let Some(share) = self.overall {
            let x = self.recorded.place(share);
            drawing.line("reference", (x, 0.0), (x, ROW));
        }
        let Part { share, interval, .. } = line.recorded();
        if let Some((low, high)) = interval {
            let y = ROW / 2.0;
            drawing.line("interval", (self.recorded.place(low), y), (self.recorded.place(high), y));
        }
        if let Some(share) = share {
            drawing.dot("mark rec", (self.recorded.place(share), ROW / 2.0), 4.5);
        }
        drawing.html(&in_words(line))
    }

    fn below(&self, id: String, class: &str, what: &str, line: &Line, part: &Part) -> String {
        let mut drawing = Drawing::new(id, "mini", format!("{what} in {}", line.name), 9.0);
        let words = share(part);
        if let Some(share) = part.share {
            drawing.bar(class, (0.0, self.below.place(share)), 1.0, 7.0);
        }
        let said = part.share.map_or_else(|| "not shown".to_owned(), percent);
        format!(r#"<td class="below">{words}{}</td>"#, drawing.html(&said))
    }
}
