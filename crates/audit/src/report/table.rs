//! Tables of shares, with captions, headed rows and columns, and room to scroll on a narrow screen.

use super::text::{escape, percent, percents};
use super::view::{Figure, Line, PARTS, Part};

/// A table that scrolls sideways where it must; `id` is its own in the page, `rows` is HTML.
pub(super) fn table(id: &str, class: &str, caption: &str, head: &str, rows: &str) -> String {
    format!(
        r#"<div class="scroll" role="region" aria-labelledby="{id}-c" tabindex="0"><table class="{class}"><caption id="{id}-c"><span>{}</span></caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"#,
        escape(caption)
    )
}

/// Column headings; all but the first stand over numbers.
pub(super) fn heads(words: &[&str]) -> String {
    let one = |(at, word): (usize, &&str)| {
        let class = if at == 0 { "" } else { r#" class="r""# };
        format!(r#"<th scope="col"{class}>{}</th>"#, escape(word))
    };
    words.iter().enumerate().map(one).collect()
}

/// Sentences from outside, as a list.
pub(super) fn notes(sentences: &[String]) -> String {
    let one = |sentence: &String| format!("<li>{}</li>", escape(sentence));
    let list: String = sentences.iter().map(one).collect();
    format!(r#"<ul class="notes">{list}</ul>"#)
}

/// A key of the drawings, for people who see them.
pub(super) fn swatch(class: &str) -> String {
    format!(r#"<i class="sw {class}" aria-hidden="true"></i>"#)
}

/// A share in words, `–` where there is nothing to share.
pub(super) fn share(part: &Part) -> String {
    match (part.share, part.count) {
        (Some(share), _) => escape(&percent(share)),
        (None, Figure::Known(_)) => "–".to_owned(),
        (None, figure) => escape(&figure.words()),
    }
}

/// An interval in words; empty where there is none.
pub(super) fn interval(part: &Part) -> String {
    part.interval.map_or_else(String::new, |ends| format!(r#"<span class="ci">{}</span>"#, percents(ends)))
}

/// A cell with a share and, under it, its number.
fn cell(part: &Part) -> String {
    match part.count {
        Figure::Known(_) => {
            format!(r#"<td class="r">{}<small>{}</small></td>"#, share(part), part.count.html())
        }
        _ => format!(r#"<td class="r">{}</td>"#, part.count.html()),
    }
}

/// All shares of some lines: the figures behind a chart.
pub(super) fn shares(id: &str, caption: &str, first: &str, lines: &[Line]) -> String {
    let head =
        heads(&[first, "Decided", "Recorded", "95% interval", "Excused", "Partial", "Missing", "Undecided"]);
    let rows: String = lines.iter().map(row).collect();
    table(id, "figures", caption, &head, &rows)
}

fn row(line: &Line) -> String {
    let [recorded, rest @ ..] = &line.parts;
    let rest: String = match &line.together {
        Some(part) => format!(
            r#"<td class="together" colspan="3">{} together<small>{}</small></td>"#,
            share(part),
            part.count.html()
        ),
        None => rest.iter().map(cell).collect(),
    };
    let interval = recorded.interval.map_or_else(|| "–".to_owned(), percents);
    format!(
        r#"<tr><th scope="row">{}</th><td class="r">{}</td>{}<td class="r ci">{interval}</td>{rest}{}</tr>"#,
        escape(&line.name),
        line.decided.html(),
        cell(recorded),
        cell(&line.undecided)
    )
}

/// Figures behind a chart that a reader may open; long ones are closed on the screen, all are printed.
pub(super) fn behind(summary: &str, open: bool, table: &str) -> String {
    let open = if open { " open" } else { "" };
    format!("<details{open}><summary>{}</summary>{table}</details>", escape(summary))
}

/// The four outcomes of a line in words, for descriptions: "recorded 91.6%, excused 2.3%, …".
pub(super) fn in_words(line: &Line) -> String {
    let one =
        |((_, word), part): (&(&str, &str), &Part)| format!("{} {}", word.to_lowercase(), plain_share(part));
    let mut said: Vec<String> = match &line.together {
        Some(part) => {
            vec![one((&PARTS[0], &line.parts[0])), format!("all others together {}", plain_share(part))]
        }
        None => PARTS.iter().zip(&line.parts).map(one).collect(),
    };
    said.push(format!("undecided {}", plain_share(&line.undecided)));
    said.join(", ")
}

fn plain_share(part: &Part) -> String {
    match (part.share, part.count) {
        (Some(share), _) => percent(share),
        (None, Figure::Known(_)) => "nothing to share".to_owned(),
        (None, _) => "withheld".to_owned(),
    }
}
