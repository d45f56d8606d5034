//! `report.html` and `report-public.html`: the artefacts that people show one another.
//!
//! Each is one self-contained HTML file without script, font or picture from elsewhere: text, tables and inline
//! drawings. Pure functions of a [`Summary`]; nothing is counted here, only said.
//!
//! What both reports share is drawn from a `View`. The commander's view holds the figures as they are; the public
//! one holds only what [`suppress`] lets through, so that a section cannot publish what it cannot see. Sections
//! about single people, calls and files take the summary itself and exist in the commander's report alone.

mod call_types;
mod calls;
mod charts;
mod clock;
mod districts;
mod encounters;
mod gaps;
mod headline;
mod multiples;
mod page;
mod people;
mod policy_table;
mod published;
mod quality;
mod reading;
mod schematics;
mod suppress;
mod svg;
mod table;
mod text;
mod view;
mod weeks;

use onrecord_policy::Policy;

use crate::summary::{Encounter, Summary};
use page::{Page, Section};
use view::View;

/// The report a commander reads: one self-contained HTML file with every figure, the encounters in `longest` (in
/// their order, at most twenty of them) each with a drawn timeline, and what the figures cannot show.
///
/// Every outcome in it is marked as not reviewed by a person.
pub fn report(summary: &Summary, policy: &Policy, longest: &[Encounter]) -> String {
    let view = View::of_everything(summary);
    let longest = longest.get(..20).unwrap_or(longest);
    let page = Page {
        about: page::about(&view, &summary.policy),
        introduction: String::new(),
        sections: vec![
            headline::section(&view),
            calls::section(&view),
            weeks::section(&view),
            districts::section(&view),
            gaps::section(&view),
            encounters::section(longest, &summary.timezone),
            people::section(&view, summary, policy),
            quality::section(summary),
            policy_table::section(policy),
            reading::section(&view, &summary.policy),
        ],
    };
    page.html()
}

/// The report that can be published: no officer, no call, no unit, no file, no exact time; numbers from 1 to 4 are
/// suppressed, and with them whatever they could be worked out from.
pub fn public_report(summary: &Summary, policy: &Policy) -> String {
    let view = View::for_the_public(summary);
    let sections: Vec<Section> = vec![
        headline::section(&view),
        calls::section(&view),
        weeks::section(&view),
        districts::section(&view),
        gaps::section(&view),
        people::public_section(&view, policy),
        quality::public_section(&view),
        policy_table::section(policy),
        reading::public_section(&view, &summary.policy),
    ];
    Page { about: page::about(&view, &summary.policy), introduction: page::for_the_public(), sections }.html()
}
