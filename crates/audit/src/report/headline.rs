//! The figures that get quoted: the four shares of what was decided, and always beside them what was not.

use super::page::Section;
use super::svg::Drawing;
use super::table::{heads, in_words, interval, share, swatch, table};
use super::text::{capital, escape, number, percent, percents};
use super::view::{Figure, Line, PARTS, Part, View};

pub(super) fn section(view: &View) -> Section {
    let pictures =
        [("bar-all", &view.all), ("bar-outside", &view.outside)].map(|(id, line)| picture(id, line)).concat();
    Section {
        id: "headline",
        title: "Headline".to_owned(),
        aside: concat!(
            "<p>An <b>obligation</b> is one officer’s duty to record one dispatched call. The four shares are of the ",
            "obligations that were required and could be decided. The <b>undecided</b> share, of all that were ",
            "required, stands beside them: the truth about these is not in the data.</p>",
            "<p>Intervals are 95%. <a href=\"#reading\">How to read them</a>.</p>"
        )
        .to_owned(),
        body: format!(
            r#"<p class="lede">{}</p>{}{pictures}{}{}"#,
            lede(view),
            sum(view),
            shares_table(view),
            bounds(&view.all)
        ),
    }
}

/// A sentence to quote.
fn lede(view: &View) -> String {
    let Line { decided, .. } = &view.all;
    let of = match view.obligations {
        Figure::Known(0) => {
            return "There were no obligations to record, so there is nothing to share.".to_owned();
        }
        Figure::Known(n) => format!("Of {} obligations to record, {}", number(n), decided.html()),
        _ => format!("Of the obligations to record, {}", decided.html()),
    };
    if *decided == Figure::Known(0) {
        return format!(
            "{of} were both required and decidable: there is nothing to share. {}",
            undecided(view)
        );
    }
    format!(
        "{of} were required and could be decided. {}. {}",
        capital(&decided_shares(&view.all)),
        undecided(view)
    )
}

fn decided_shares(line: &Line) -> String {
    let [recorded, excused, partial, missing] = &line.parts;
    let with_interval = |part: &Part| {
        let ends =
            part.interval.map_or_else(String::new, |ends| format!(" (95% interval {})", percents(ends)));
        format!("<b>{}</b>{ends}", share(part))
    };
    match (&line.together, recorded.share) {
        (None, None) => "the shares are withheld, because they rest on numbers under 5".to_owned(),
        (Some(part), _) => format!(
            "of these {} are on record, and {} are excused, partly on record or missing",
            with_interval(recorded),
            share(part)
        ),
        (None, Some(_)) => format!(
            "of these {} are on record, {} are excused, {} are partly on record and {} are missing",
            with_interval(recorded),
            share(excused),
            share(partial),
            with_interval(missing)
        ),
    }
}

fn undecided(view: &View) -> String {
    let part = &view.all.undecided;
    match (part.count, part.share) {
        (Figure::Known(0), _) => "Nothing that was required is undecided.".to_owned(),
        (Figure::Known(_), Some(_)) => format!(
            "Another {}, <b>{}</b> of all that were required, cannot be decided from the data.",
            part.count.html(),
            share(part)
        ),
        (Figure::Known(_), None) => format!("{} cannot be decided from the data.", part.count.html()),
        (Figure::UnderFive | Figure::Withheld, _) => "How many cannot be decided is withheld.".to_owned(),
    }
}

/// How far the truth about the undecided could move the recorded share.
fn bounds(line: &Line) -> String {
    let known = (line.recorded().count.known(), line.decided.known(), line.undecided.count.known());
    let (Some(recorded), Some(decided), Some(undecided)) = known else {
        return String::new();
    };
    if decided == 0 || undecided == 0 {
        return String::new();
    }
    let of_required = |n: u64| escape(&percent(n as f64 / (decided + undecided) as f64));
    format!(
        r#"<p class="bounds">Whatever the truth about the undecided: of all that were required, at least {} and at most {} are on record.</p>"#,
        of_required(recorded),
        of_required(recorded + undecided)
    )
}

/// Where every obligation went: nothing drops out.
fn sum(view: &View) -> String {
    let terms = [
        ("", view.obligations, "obligations"),
        ("−", view.not_required, "not required"),
        ("−", view.no_camera, "without a camera"),
        ("=", view.all.decided, "decided"),
        ("+", view.all.undecided.count, "undecided"),
    ];
    let terms = terms.map(|(sign, figure, words)| {
        let sign = if sign.is_empty() { String::new() } else { format!(r#"<span class="op">{sign}</span>"#) };
        format!(r#"<span class="term">{sign}<span><b>{}</b> {words}</span></span>"#, figure.html())
    });
    format!(r#"<p class="sum">{}</p>"#, terms.join(" "))
}

/// One bar: what was decided and, apart, what was not, on the same scale.
fn picture(id: &str, line: &Line) -> String {
    let undecided = line.undecided.share.unwrap_or(0.0);
    let decided = if line.decided == Figure::Known(0) { 0.0 } else { 1.0 - undecided };
    let apart = if undecided > 0.0 && decided > 0.0 { 0.012 } else { 0.0 };
    let room = 1.0 - apart;
    let mut drawing = Drawing::new(id, "bar", format!("{}: shares of what was decided", line.name), 40.0);
    let mut from = 0.0;
    for (class, part) in segments(line) {
        let to = from + part.share.unwrap_or(0.0) * decided * room;
        if to > from {
            drawing.bar(class, (from, to), 1.0, 38.0);
        }
        from = to;
    }
    if from == 0.0 {
        let to = if undecided > 0.0 { decided * room } else { 1.0 };
        drawing.bar("none", (0.0, to), 1.0, 38.0);
    }
    if undecided > 0.0 {
        drawing.bar("und", (1.0 - undecided * room, 1.0), 1.0, 38.0);
    }
    let drawn = drawing.html(&capital(&in_words(line)));
    format!(
        r#"<figure class="shares"><figcaption><b>{}</b></figcaption>{drawn}{}</figure>"#,
        escape(&line.name),
        direct_labels(line)
    )
}

/// The segments of a line that are known, with the class that draws each.
fn segments(line: &Line) -> Vec<(&'static str, Part)> {
    match line.together {
        Some(together) => vec![("rec", line.parts[0]), ("oth", together)],
        None => PARTS.iter().map(|(class, _)| *class).zip(line.parts).collect(),
    }
}

/// The segments in words, in their order, right under the bar.
fn direct_labels(line: &Line) -> String {
    let word = |class: &str| match class {
        "oth" => "Others together",
        _ => PARTS.iter().find(|(c, _)| *c == class).map_or("", |(_, word)| *word),
    };
    let one = |class: &str, word: &str, part: &Part| {
        format!("<span>{}{word} <b>{}</b></span>", swatch(class), share(part))
    };
    let labels: String = segments(line).iter().map(|(class, part)| one(class, word(class), part)).collect();
    format!(r#"<p class="labels">{labels}{}</p>"#, one("und", "Undecided", &line.undecided))
}

fn shares_table(view: &View) -> String {
    let meaning = [
        "on record, within the policy’s tolerances",
        "what is not on record is explained",
        "a part is on record or explained, a part is neither",
        "nothing is on record, too little is explained",
    ];
    let mut rows = String::new();
    for (at, ((class, word), meaning)) in PARTS.into_iter().zip(meaning).enumerate() {
        let parts =
            [&view.all, &view.outside].map(|line| line.parts.get(at).copied().unwrap_or(Part::WITHHELD));
        rows += &share_row(class, word, meaning, parts);
    }
    let decided = [view.all.decided, view.outside.decided].map(|n| {
        format!(r#"<td class="r"><span class="pair"><span></span><span>{}</span></span></td>"#, n.html())
    });
    let undecided = [view.all.undecided, view.outside.undecided];
    rows += r#"<tr class="total"><th scope="row">Decided<small>the whole of the shares above</small></th>"#;
    rows += &decided.concat();
    rows += "</tr>";
    rows += &share_row("und", "Undecided", "of all that were required", undecided);
    let caption = "Shares with their 95% intervals, and how many obligations they are";
    table(
        "headline-table",
        "headline",
        caption,
        &heads(&["Outcome", "All", "Outside the grace period"]),
        &rows,
    )
}

fn share_row(class: &str, word: &str, meaning: &str, parts: [Part; 2]) -> String {
    let one = |part: &Part| {
        format!(
            r#"<td class="r"><span class="pair"><span class="big">{}{}</span><span>{}</span></span></td>"#,
            share(part),
            interval(part),
            part.count.html()
        )
    };
    let cells: String = parts.iter().map(one).collect();
    format!(r#"<tr><th scope="row">{}{word}<small>{meaning}</small></th>{cells}</tr>"#, swatch(class))
}
