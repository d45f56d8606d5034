//! Three smaller questions: were people told, do the cameras keep what they must from before activation, and who
//! appears in no recording at all?

use onrecord_policy::Policy;

use super::page::Section;
use super::table::{heads, table};
use super::text::{capital, duration, escape, number, percent, plain};
use super::view::{Figure, Reason, View};
use crate::summary::{ShortBuffer, Summary};

/// With the cameras and the officers by name.
pub(super) fn section(view: &View, summary: &Summary, policy: &Policy) -> Section {
    let body = [
        "<h3>Notice of recording</h3>".to_owned(),
        notice(view, policy),
        "<h3>Short pre-event buffers</h3>".to_owned(),
        buffers(view, policy),
        cameras(summary),
        "<h3>Officers who appear in no recording</h3>".to_owned(),
        silent(view),
        silent_by_name(summary),
    ];
    around(body.concat())
}

/// Without cameras and officers.
pub(super) fn public_section(view: &View, policy: &Policy) -> Section {
    let body = [
        "<h3>Notice of recording</h3>".to_owned(),
        notice(view, policy),
        "<h3>Short pre-event buffers</h3>".to_owned(),
        buffers(view, policy),
        "<h3>Officers who appear in no recording</h3>".to_owned(),
        silent(view),
    ];
    around(body.concat())
}

fn around(body: String) -> Section {
    Section {
        id: "notice",
        title: "Notice, buffers, silent cameras".to_owned(),
        aside: concat!(
            "<p><b>Notice</b> is telling people that they are being recorded. No machine hears it: it is known only ",
            "where somebody has reviewed the recording and marked it.</p>",
            "<p>The <b>pre-event buffer</b> is what a camera keeps from before it was activated.</p>"
        )
        .to_owned(),
        body,
    }
}

const STATUSES: [(&str, &str); 7] = [
    ("given", "in time"),
    ("exempt", "not owed, by an exception such as an active shooter"),
    ("late", "given, but later than the policy asks"),
    ("earlier", "given, but long before the arrival"),
    ("not_given", "reviewed, and not given"),
    ("unreviewed", "nobody has reviewed it yet"),
    ("not_applicable", "nothing is on record, or no notice is asked"),
];

fn notice(view: &View, policy: &Policy) -> String {
    if !policy.notice.required {
        return r#"<p class="nothing">This policy asks for no notice.</p>"#.to_owned();
    }
    if view.notice.is_empty() {
        return r#"<p class="nothing">There is nothing to show.</p>"#.to_owned();
    }
    let owed = |reason: &&Reason| reason.outcome != "not_applicable";
    let all: Option<u64> = view.notice.iter().filter(owed).map(|reason| reason.count.known()).sum();
    let all = all.filter(|n| *n > 0);
    let row = |reason: &Reason| {
        let meaning =
            STATUSES.iter().find(|(word, _)| *word == reason.outcome).map_or("", |(_, meaning)| meaning);
        let share = all.zip(reason.count.known()).filter(|_| owed(&reason));
        let share = share.map_or_else(|| "–".to_owned(), |(all, n)| escape(&percent(n as f64 / all as f64)));
        let in_grace = reason
            .in_grace
            .map_or_else(String::new, |n| format!(r#"<td class="r">{}</td>"#, Figure::Known(n).html()));
        format!(
            r#"<tr><th scope="row">{}<small>{meaning}</small></th><td class="r big">{share}</td><td class="r">{}</td>{in_grace}</tr>"#,
            escape(&capital(&plain(reason.outcome))),
            reason.count.html()
        )
    };
    let rows: String = view.notice.iter().map(row).collect();
    let columns = ["Notice", "Share", "Obligations", "In grace"];
    let head = heads(if view.public { &columns[..3] } else { &columns });
    table("notice-table", "headline", "Obligations by notice; shares of those on record", &head, &rows)
}

fn buffers(view: &View, policy: &Policy) -> String {
    if policy.camera.pre_event_buffer <= 0 {
        return r#"<p class="nothing">This policy asks for no buffer.</p>"#.to_owned();
    }
    let wanted = duration(policy.camera.pre_event_buffer);
    match view.short_buffers {
        Figure::Known(0) => format!(
            "<p>No recording keeps less than the {wanted} from before activation that the policy asks for.</p>"
        ),
        short => format!(
            "<p>{} {} less than the {wanted} from before activation that the policy asks for.</p>",
            short.html(),
            if short == Figure::Known(1) { "recording keeps" } else { "recordings keep" }
        ),
    }
}

/// So many cameras are listed.
const CAMERAS: usize = 10;

fn cameras(summary: &Summary) -> String {
    let mut cameras: Vec<&ShortBuffer> =
        summary.short_buffer.iter().filter(|camera| camera.short > 0).collect();
    if cameras.is_empty() {
        return String::new();
    }
    cameras.sort_by(|a, b| b.short.cmp(&a.short).then_with(|| a.camera_serial.cmp(&b.camera_serial)));
    let row = |camera: &&ShortBuffer| {
        let serial = if camera.camera_serial.is_empty() { "no camera named" } else { &camera.camera_serial };
        let share = camera.short as f64 / camera.recordings.max(1) as f64;
        format!(
            r#"<tr><th scope="row">{}</th><td class="r">{}</td><td class="r">{}</td><td class="r">{}</td></tr>"#,
            escape(serial),
            Figure::Known(camera.short).html(),
            Figure::Known(camera.recordings).html(),
            escape(&percent(share))
        )
    };
    let rows: String = cameras.iter().take(CAMERAS).map(row).collect();
    let caption = match cameras.len() {
        n if n > CAMERAS => format!(
            "The {CAMERAS} cameras with the most short buffers, of {} that have any",
            number(n as u64)
        ),
        _ => "Cameras with short buffers".to_owned(),
    };
    let head = heads(&["Camera", "Short buffers", "Recordings", "Share"]);
    table("cameras-table", "plain", &caption, &head, &rows)
}

fn silent(view: &View) -> String {
    match view.silent_officers {
        Figure::Known(0) => "<p>Every officer appears in a recording.</p>".to_owned(),
        silent => {
            let verb = if silent == Figure::Known(1) { "officer appears" } else { "officers appear" };
            format!(
                "<p>{} {verb} in no recording of this export. That can mean another id in the other export, a desk, a leave, or no camera. It is a question to ask, nothing more.</p>",
                silent.html()
            )
        }
    }
}

/// So many officers are listed.
const OFFICERS: usize = 50;

fn silent_by_name(summary: &Summary) -> String {
    let silent = &summary.officers_in_no_recording;
    if silent.is_empty() {
        return String::new();
    }
    let one = |officer: &crate::summary::OfficerCount| {
        format!("<li>{} <small>{}</small></li>", escape(&officer.officer_id), number(officer.obligations))
    };
    let list: String = silent.iter().take(OFFICERS).map(one).collect();
    let more = silent.len().saturating_sub(OFFICERS);
    let more = if more == 0 {
        String::new()
    } else {
        format!("<p>and {} more, all of them in summary.json.</p>", number(more as u64))
    };
    format!(r#"<p>Each with the number of obligations:</p><ul class="officers">{list}</ul>{more}"#)
}
