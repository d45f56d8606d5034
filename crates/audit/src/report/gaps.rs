//! Where the gaps are: what lacks, why nothing was asked or decided, when, and on which calls.

use super::call_types::by_type;
use super::multiples;
use super::page::Section;
use super::schematics;
use super::table::{heads, swatch, table};
use super::text::{capital, escape, hours, percent, plain};
use super::view::{Figure, Lack, Reason, View};

pub(super) fn section(view: &View) -> Section {
    let why = if view.public { "Why not asked, why undecided" } else { "Outcomes and their reasons" };
    let parts = [
        ("What lacks", defects(view)),
        (why, reasons(view)),
        ("By hour of the day", multiples::panels(&multiples::hours(&view.hours), &view.hours)),
        ("By day of the week", multiples::panels(&multiples::weekdays(&view.weekdays), &view.weekdays)),
        ("By type of call", by_type(view)),
    ];
    Section {
        id: "gaps",
        title: "Where the gaps are".to_owned(),
        aside: concat!(
            "<p>A <b>defect</b> is a stretch of an obligation that is neither on record nor explained, and longer than ",
            "the policy tolerates. One obligation can have several.</p>",
            "<p>Hours and weekdays are those in which the obligation began, on the department’s clock.</p>"
        )
        .to_owned(),
        body: parts.map(|(title, part)| format!("<h3>{title}</h3>{part}")).concat(),
    }
}

fn defects(view: &View) -> String {
    if view.defects.iter().all(|d| d.count == Figure::Known(0) && d.provisional.is_none_or(|(n, _)| n == 0)) {
        return r#"<p class="nothing">Nothing lacks: no obligation has a defect.</p>"#.to_owned();
    }
    let mut head = heads(&["Kind", "Defects", "Hours"]);
    if !view.public {
        head += r#"<th scope="col" class="r">Outside grace</th><th scope="col" class="r">Provisional</th>"#;
    }
    let rows: String = view.defects.iter().map(defect).collect();
    let caption = if view.public {
        "Defects of obligations that are partial or missing"
    } else {
        "Defects of obligations that are partial or missing; provisional are further ones, where the outcome is in doubt"
    };
    table("defects-table", "kinds", caption, &head, &rows)
}

fn defect(defect: &Lack) -> String {
    let schematic = schematics::of(defect.kind);
    let (drawn, meaning) = schematic.map_or_else(|| (String::new(), ""), |s| (s.html(), s.meaning));
    let seconds = defect.seconds.map_or_else(|| Figure::Withheld.html(), |s| escape(&hours(s)));
    let outside = defect
        .outside_grace
        .map_or_else(String::new, |share| format!(r#"<td class="r">{}</td>"#, escape(&percent(share))));
    let outside = if defect.provisional.is_some() && outside.is_empty() {
        r#"<td class="r">–</td>"#.to_owned()
    } else {
        outside
    };
    let provisional = defect.provisional.map_or_else(String::new, |(n, seconds)| {
        format!(
            r#"<td class="r">{}<small>{} h</small></td>"#,
            Figure::Known(n).html(),
            escape(&hours(seconds))
        )
    });
    format!(
        r#"<tr><th scope="row"><span class="kind">{drawn}<span>{}<small>{meaning}</small></span></span></th><td class="r">{}</td><td class="r">{seconds}</td>{outside}{provisional}</tr>"#,
        escape(&capital(&plain(defect.kind))),
        defect.count.html()
    )
}

fn reasons(view: &View) -> String {
    if view.reasons.is_empty() {
        return r#"<p class="nothing">There is none.</p>"#.to_owned();
    }
    let mut head =
        r#"<th scope="col">Outcome and reason</th><th scope="col" class="r">Obligations</th>"#.to_owned();
    if !view.public {
        head += r#"<th scope="col" class="r">In grace</th>"#;
    }
    let rows: String = view.reasons.iter().map(reason).collect();
    let caption = if view.public {
        "Obligations of which nothing was asked, or that could not be decided, by reason"
    } else {
        "Obligations by outcome and reason; none reviewed by a person"
    };
    table("reasons-table", "reasons", caption, &head, &rows)
}

fn reason(reason: &Reason) -> String {
    let in_grace = reason
        .in_grace
        .map_or_else(String::new, |n| format!(r#"<td class="r">{}</td>"#, Figure::Known(n).html()));
    format!(
        r#"<tr><th scope="row">{}{}<small>{}</small></th><td class="r">{}</td>{in_grace}</tr>"#,
        swatch(class(reason.outcome)),
        escape(&capital(&plain(reason.outcome))),
        escape(&in_words(reason)),
        reason.count.html()
    )
}

/// How an outcome is drawn.
pub(super) fn class(outcome: &str) -> &'static str {
    match outcome {
        "recorded" => "rec",
        "excused" => "exc",
        "partial" => "par",
        "missing" => "mis",
        "awaiting_upload" | "unverifiable" => "und",
        _ => "nil",
    }
}

fn in_words(reason: &Reason) -> String {
    let said = match (reason.outcome, reason.why) {
        ("recorded", _) => "on record within the tolerances",
        ("excused", "approval_pending") => {
            "explained only with an exception that still waits for its approval"
        }
        ("excused", _) => "explained by exceptions, outages or the want of a camera",
        ("no_camera", _) => "the officer had no camera",
        ("awaiting_upload", _) => "the camera may still hold the recording",
        ("partial", _) => "a part is on record or explained, a part is neither",
        ("missing", _) => "nothing is on record and too little of it is explained",
        (_, "before_policy") => "it began before the policy took effect",
        (_, "exempt_type") => "the policy exempts this type of call",
        (_, "no_arrival") => "the officer never arrived",
        (_, "too_short") => "shorter than the policy asks for",
        (_, "within_tolerance") => "nothing recorded, but no longer than the tolerances",
        (_, "unreadable_time") => "a time that the policy needs cannot be read",
        (_, "ambiguous_time") => "a local time occurred twice, and the row does not say which is meant",
        (_, "no_begin_time") => "the row has no time at which the duty began",
        (_, "no_end_time") => "the row has no time at which the duty ended",
        (_, "end_before_begin") => "the row ends before it begins",
        (_, "camera_unknown") => "no assignment and no recording shows that the officer had a camera",
        (_, "outside_recordings") => "the exported recordings do not reach over the whole obligation",
        (_, "camera_used_under_other_id") => "one of the officer’s cameras recorded under another id",
        (_, "rejected_evidence") => "a damaged row could have shown the recording or the excuse",
        (_, other) => return plain(other),
    };
    said.to_owned()
}
