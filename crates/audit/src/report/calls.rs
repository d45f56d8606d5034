//! The calls as wholes: was anybody's camera on?

use super::page::Section;
use super::svg::Drawing;
use super::table::{heads, swatch, table};
use super::text::{escape, hours, percent};
use super::view::{Calls, View};

/// The standings of a call: class, name, meaning.
const STANDINGS: [(&str, &str, &str); 5] = [
    ("rec", "All on record", "every officer who had to record has something of the call on record"),
    ("par", "Some on record", "some of these officers have, some have not"),
    ("mis", "None on record", "none of these officers has"),
    ("und", "Undecided", "at least one officer’s obligation cannot be decided"),
    ("nil", "Nobody required", "nobody had to record, or all of it is explained"),
];

pub(super) fn section(view: &View) -> Section {
    let calls = &view.calls;
    Section {
        id: "calls",
        title: "By call".to_owned(),
        aside: concat!(
            "<p>One call can oblige several officers. Here an officer counts as <b>on record</b> with any part of the ",
            "call recorded, so a call can be on record although obligations in it are partial.</p>"
        )
        .to_owned(),
        body: format!("{}{}{}", time(calls), picture(calls), standings(calls)),
    }
}

fn share_of(calls: &Calls, at: usize) -> Option<f64> {
    let all = calls.all.known().filter(|n| *n > 0)?;
    Some(calls.counts.get(at)?.known()? as f64 / all as f64)
}

fn time(calls: &Calls) -> String {
    match calls.seconds {
        Some((required, nobody)) if required > 0.0 => format!(
            r#"<p class="lede">In {} hours of decided calls somebody had to record. For {} of these hours, <b>{}</b>, nobody recorded.</p>"#,
            escape(&hours(required)),
            escape(&hours(nobody)),
            escape(&percent(nobody / required))
        ),
        Some(_) => r#"<p class="lede">In no decided call did anybody have to record.</p>"#.to_owned(),
        None => r#"<p class="lede">The hours for which nobody recorded are withheld, because a number of these calls is.</p>"#.to_owned(),
    }
}

fn picture(calls: &Calls) -> String {
    let mut drawing =
        Drawing::new("bar-calls", "bar", "Calls by how many of their officers are on record", 30.0);
    let (mut from, mut said) = (0.0, Vec::new());
    for (at, (class, name, _)) in STANDINGS.iter().enumerate() {
        let Some(share) = share_of(calls, at) else {
            continue;
        };
        drawing.bar(class, (from, from + share), 1.0, 28.0);
        from += share;
        said.push(format!("{}: {}", name.to_lowercase(), percent(share)));
    }
    if said.len() < STANDINGS.len() {
        drawing.bar("none", (from, 1.0), 1.0, 28.0);
        said.push("the rest: nothing that can be shown".to_owned());
    }
    format!(r#"<figure class="shares">{}</figure>"#, drawing.html(&said.join(", ")))
}

fn standings(calls: &Calls) -> String {
    let row = |(at, (class, name, meaning)): (usize, &(&str, &str, &str))| {
        let share = share_of(calls, at).map_or_else(|| "–".to_owned(), |share| escape(&percent(share)));
        let count = calls.counts.get(at).map_or_else(String::new, |figure| figure.html());
        format!(
            r#"<tr><th scope="row">{}{name}<small>{meaning}</small></th><td class="r big">{share}</td><td class="r">{count}</td></tr>"#,
            swatch(class)
        )
    };
    let rows: String = STANDINGS.iter().enumerate().map(row).collect();
    let total = format!(
        r#"<tr class="total"><th scope="row">All calls</th><td></td><td class="r">{}</td></tr>"#,
        calls.all.html()
    );
    let caption = "Calls by how many of the officers who had to record are on record";
    table(
        "calls-table",
        "headline",
        caption,
        &heads(&["Call", "Share of all calls", "Calls"]),
        &(rows + &total),
    )
}
