//! The page around the sections: head, title, status, contents, foot.

use super::text::{capital, escape};
use super::view::View;
use crate::summary::PolicyName;

/// One section of the report; all but the title is HTML.
pub(super) struct Section {
    /// Where links lead.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// How it is counted, in the margin.
    pub(super) aside: String,
    pub(super) body: String,
}

/// What the report is about; plain text.
pub(super) struct About {
    title: String,
    period: Option<String>,
    facts: Vec<(&'static str, String)>,
}

/// The whole page.
pub(super) struct Page {
    pub(super) about: About,
    pub(super) introduction: String,
    pub(super) sections: Vec<Section>,
}

/// Title and facts of a view.
pub(super) fn about(view: &View, policy: &PolicyName) -> About {
    let mut facts = vec![("Policy", format!("{}, version {}", policy.id, policy.version))];
    facts.push(("Obligations", view.period.clone().unwrap_or_else(|| "none".to_owned())));
    if let Some(recordings) = &view.recordings {
        facts.push(("Recordings", recordings.clone()));
    }
    facts.push(("Officers with obligations", view.officers.words()));
    facts.push(("Clock", view.timezone.clone()));
    facts.push(("Program", format!("Onrecord {}", view.onrecord)));
    About { title: policy.title.clone(), period: view.period.clone(), facts }
}

/// What the public report leaves out.
pub(super) fn for_the_public() -> String {
    concat!(
        r#"<p class="public">This is the report for publication. It names no officer, call, unit or file and gives no "#,
        r#"exact time. Numbers from 1 to 4 are suppressed, and with them whatever they could be worked out from: "#,
        r##"<a href="#reading">how</a>. Where a figure is withheld for that, <b>[c]</b> (confidential; "##,
        r#"in drawings <b>c</b>) or <b>&lt;5</b> stands in its place.</p>"#
    )
    .to_owned()
}

const STYLE: &str = include_str!("style.css");

/// Every outcome of a report is marked with this.
const STATUS: &str = concat!(
    r#"<p class="status" role="note"><strong>Outcomes from data alone.</strong> "#,
    r#"<strong>Not reviewed by a person.</strong> An outcome is not a finding: it says what the exported data show, "#,
    r#"not why, and not whether anybody did wrong. Only people decide that.</p>"#
);

impl Page {
    /// The file.
    pub(super) fn html(&self) -> String {
        let title = self.title();
        let Self { introduction, .. } = self;
        let (masthead, contents) = (self.masthead(), self.contents());
        let sections: String =
            self.sections.iter().zip(1..).map(|(section, number)| section.html(number)).collect();
        format!(
            r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
<a class="skip" href="#headline">Skip to the figures</a>
{PATTERNS}
<header>{masthead}</header>
{contents}
<main>
{STATUS}{introduction}
{sections}</main>
<footer><p>Onrecord: every call on record. Outcomes from data alone, not reviewed by a person. This file needs no
network and contains no script.</p></footer>
</body>
</html>
"##
        )
    }

    fn title(&self) -> String {
        let period = self.about.period.as_ref().map_or_else(String::new, |period| format!(", {period}"));
        escape(&format!("Body-worn camera audit: {}{period}", self.about.title))
    }

    fn masthead(&self) -> String {
        let period = self.about.period.as_ref().map_or_else(String::new, |period| escape(period));
        let fact =
            |(name, value): &(&str, String)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
        let facts: String = self.about.facts.iter().map(fact).collect();
        format!(
            r#"<h1><span>Body-worn camera audit</span> {}</h1><p class="period">{period}</p><dl class="facts">{facts}</dl>"#,
            escape(&self.about.title)
        )
    }

    fn contents(&self) -> String {
        let one = |section: &Section| {
            format!(r##"<li><a href="#{}">{}</a></li>"##, section.id, escape(&section.title))
        };
        let list: String = self.sections.iter().map(one).collect();
        format!(r#"<nav aria-label="Contents"><ol>{list}</ol></nav>"#)
    }
}

impl Section {
    fn html(&self, number: usize) -> String {
        let Self { id, title, aside, body } = self;
        format!(
            r#"<section id="{id}" aria-labelledby="{id}-h"><div class="side"><h2 id="{id}-h"><span class="no">{number}</span> {}</h2>{aside}</div><div class="body">{body}</div></section>
"#,
            escape(&capital(title))
        )
    }
}

/// What fills the drawings, so that they read without colour: solid is there, hatched is explained, striped is there
/// in part, hollow is not there, dotted is not known.
const PATTERNS: &str = r#"<svg width="0" height="0" aria-hidden="true" focusable="false" class="defs"><title>Patterns</title><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="pat-exc-bg" width="6" height="6"/><rect class="pat-exc" width="2.6" height="6"/></pattern>
<pattern id="stripe" width="6" height="5" patternUnits="userSpaceOnUse"><rect class="pat-par-bg" width="6" height="5"/><rect class="pat-par" width="6" height="2.5"/></pattern>
<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="pat-und-bg" width="5" height="5"/><circle class="pat-und" cx="2.5" cy="2.5" r="1.1"/></pattern>
</defs></svg>"#;
