//! How to read the figures, what they cannot show, and how to get the same ones again.

use super::gaps::class;
use super::page::Section;
use super::table::swatch;
use super::text::escape;
use super::view::View;
use crate::summary::PolicyName;

/// For a commander.
pub(super) fn section(view: &View, policy: &PolicyName) -> Section {
    around(&[outcomes(), counted(view), limits(), decides(), repeat(view, policy)].concat())
}

/// For the public: also what is suppressed, and how.
pub(super) fn public_section(view: &View, policy: &PolicyName) -> Section {
    around(&[outcomes(), counted(view), suppressed(), limits(), decides(), repeat(view, policy)].concat())
}

fn around(body: &str) -> Section {
    Section {
        id: "reading",
        title: "How to read it, and what it cannot show".to_owned(),
        aside: "<p>Read this before you quote a figure.</p>".to_owned(),
        body: format!(r#"<div class="prose">{body}</div>"#),
    }
}

fn outcomes() -> String {
    let words = [
        ("recorded", "On record within the policy’s tolerances."),
        (
            "excused",
            "What is not on record is explained: by an exception that law or policy recognises, by an outage that the camera reported, or because the officer had no camera then.",
        ),
        ("partial", "A part is on record or explained, and a part is neither."),
        ("missing", "Nothing is on record, and too little of it is explained."),
        ("awaiting_upload", "The camera may still hold the recording. Undecided."),
        ("unverifiable", "The data cannot say, for a reason that is given. Undecided."),
        ("not_required", "There was nothing to record."),
        ("no_camera", "The officer had no camera."),
    ];
    let one = |(word, meaning): (&str, &str)| {
        format!(
            "<dt>{}{}</dt><dd>{meaning}</dd>",
            swatch(class(word)),
            super::text::capital(&super::text::plain(word))
        )
    };
    format!(
        r#"<h3>The eight outcomes</h3><p>Every obligation has exactly one, decided from data alone. Where there is doubt, the outcome is undecided, never missing.</p><dl class="outcomes">{}</dl>"#,
        words.map(one).concat()
    )
}

fn counted(view: &View) -> String {
    format!(
        "<h3>How shares are counted</h3><ul>
<li>Recorded, excused, partial and missing are shares of the obligations that were <b>required and decided</b>; they add up to 100%.</li>
<li>Undecided is a share of all that were required. If every undecided obligation turned out to be on record, or none, the recorded share could move that far. It is never left out.</li>
<li><b>Grace.</b> Officers new to the camera have a grace period in which a lapse is coached, not disciplined. The figures stand with and without it.</li>
<li><b>Intervals:</b> {}. They say how far chance in who was on duty could move a share; they do not cover errors in the exports. Where all officers are alike, as where a count is 0, no interval is given, because the draw cannot show one.</li>
<li><b>Small numbers.</b> A group of fewer than 5 officers has no interval, because one would say nothing. Of two groups whose intervals overlap widely, neither is better.</li>
<li>A share of “&lt;0.1%” or “&gt;99.9%” is not quite nothing, or not quite everything.</li>
</ul>",
        escape(view.intervals.trim_end_matches('.'))
    )
}

fn suppressed() -> String {
    concat!(
        "<h3>What is suppressed here, and how</h3><p>So that no figure points at a person:</p><ul>",
        "<li>A number from 1 to 4 reads <b>&lt;5</b>. In a list whose total is known, one more number, of 8 or more, is ",
        "withheld with it as <b>[c]</b>, so that the total less the others does not reveal the small one. Where a list ",
        "has none so large, all of it but the zeros is withheld.</li>",
        "<li>A row of a table shows all four outcomes only where each is 0 or at least 5. Otherwise it shows what is ",
        "on record, and the other three together; where even one of these is from 1 to 4, only how many were decided; ",
        "else nothing. A share appears only where its number and the rest of its whole are 0 or at least 5.</li>",
        "<li>Further rows, the smallest first, are shown as coarsely until the total less the rows shown is never the ",
        "content of a single row, and never from 1 to 4. No row is finer than the total.</li>",
        "<li>Totals elsewhere (all calls, rows read, defects) are withheld where they would give away what is ",
        "withheld here.</li>",
        "<li>A group of fewer than 5 officers shows nothing, and a type of call that shows nothing is not named.</li>",
        "<li>Left out altogether: officers, calls, units, cameras, files, notes, single encounters, and every time ",
        "finer than a week.</li></ul>"
    )
    .to_owned()
}

fn limits() -> String {
    concat!(
        "<h3>What this cannot show</h3><ul>",
        "<li><b>Only what the exports show.</b> An encounter that dispatch never entered, such as a stop that nobody ",
        "called in, is not here. A recording left out of the export looks like one that was never made.</li>",
        "<li><b>A recording that exists need not show the encounter.</b> The lens may have been covered, the camera in ",
        "the car, the sound off. Nobody has watched it for this report.</li>",
        "<li><b>A missing recording is not misconduct.</b> Batteries die, hands are needed, people ask for privacy, ",
        "forms are filed late. The data do not show why.</li>",
        "<li><b>Clocks.</b> Dispatch and cameras keep their own. The tolerances absorb small differences; a clock that ",
        "is wrong by more makes a good recording look late, or the reverse.</li>",
        "<li><b>Notice, category and content</b> are known only where a person has reviewed them.</li>",
        "<li><b>No comparison without care.</b> Districts, hours and types of call differ in what they ask of officers. ",
        "The figures are not adjusted for that.</li></ul>"
    )
    .to_owned()
}

fn decides() -> String {
    concat!(
        "<h3>Who decides</h3><p>The program states outcomes. Findings, such as justified, equipment, training or ",
        "intentional, are made by people, with the officer’s account and due process. Nothing here is one, and nothing ",
        "here should be used as one. Officers are not ranked in this report: with so few obligations each, most ",
        "differences between them are chance.</p>"
    )
    .to_owned()
}

fn repeat(view: &View, policy: &PolicyName) -> String {
    let files = if view.public {
        "Whoever holds the exports"
    } else {
        "Every row with its outcome is in outcomes.csv, every figure in summary.json. Whoever holds the same exports"
    };
    format!(
        "<h3>How to get the same figures again</h3><p>{files} can repeat this audit to the last digit with Onrecord {} and policy {}, version {}. The same files give the same report on every run and every machine.</p>",
        escape(view.onrecord),
        escape(&policy.id),
        escape(&policy.version)
    )
}
