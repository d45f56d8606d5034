//! A policy in plain English, for a commander, a newsroom or a court: every rule with its citation in brackets.

use crate::call_time::CallTime;
use crate::call_type::CallTypePattern;
use crate::duration::{counted, in_words};
use crate::policy::{ExceptionRule, Policy};

/// What a title or citation says where nobody has yet checked the reading against the text of the law.
const UNCONFIRMED: &str = "to be confirmed by counsel";
/// Stands for the citation of a number that no law or order gives, only this policy.
const OWN_CHOICE: Option<&str> = Some("a choice of this policy");

impl Policy {
    /// The policy in plain English: a paragraph per rule under headings, each with its citation in brackets,
    /// wrapped at 80 columns.
    pub fn explain(&self) -> String {
        let mut page = Page::default();
        page.heading(&self.title, '=');
        about(self, &mut page);
        duty(self, &mut page);
        tolerances(self, &mut page);
        not_required(self, &mut page);
        exceptions(self, &mut page);
        camera(self, &mut page);
        notice(self, &mut page);
        grace(self, &mut page);
        page.text
    }
}

fn about(policy: &Policy, page: &mut Page) {
    let mut about = vec![format!("Policy {}, version {}.", policy.id, policy.version)];
    let said = [
        ("It applies in:", &policy.jurisdiction),
        ("Its time zone is", &policy.timezone),
        ("The rules were read on", &policy.read_on),
    ];
    let said = said.into_iter().filter_map(|(words, value)| Some((words, value.as_ref()?)));
    about.extend(said.map(|(words, value)| format!("{words} {value}.")));
    page.paragraph(&about.join(" "));
    page.paragraph("This is a reading of the law, not the law; where the two differ, the law decides.");
    if policy.has_unconfirmed() {
        page.paragraph(&format!(
            "Rules marked \"{UNCONFIRMED}\" have not yet been checked against the text of the law."
        ));
    }
}

fn duty(policy: &Policy, page: &mut Page) {
    let rule = &policy.activation;
    page.heading("When the camera must record", '-');
    let duty = format!(
        "During every assignment to a call: from the moment {}, until {}.",
        first_of(&rule.begins),
        first_of(&rule.ends)
    );
    page.rule(&duty, policy.citations.activation.as_deref());
    if let Some(from) = policy.effective_from {
        page.rule(&format!("Assignments that began before {from} are not judged."), OWN_CHOICE);
    }
}

fn tolerances(policy: &Policy, page: &mut Page) {
    let rule = &policy.activation;
    page.heading("What is tolerated", '-');
    let tolerated = format!(
        "A recording may begin up to {} late, stop up to {} early and be interrupted for up to {} at a time, as \
         long as no more than {} of the assignment are missing in all.",
        in_words(rule.start_tolerance),
        in_words(rule.end_tolerance),
        in_words(rule.gap_tolerance),
        in_words(rule.tolerance_total)
    );
    page.rule(&tolerated, OWN_CHOICE);
}

fn not_required(policy: &Policy, page: &mut Page) {
    let rule = &policy.activation;
    page.heading("What need not be recorded", '-');
    let mut none = true;
    let mut say = |words: String| {
        page.rule(&words, OWN_CHOICE);
        none = false;
    };
    if rule.requires_arrival {
        say("Assignments in which the officer never arrived on scene.".to_owned());
    }
    if rule.minimum_duration > 0 {
        say(format!("Assignments shorter than {}.", in_words(rule.minimum_duration)));
    }
    if !rule.exempt_call_types.is_empty() {
        let types: Vec<_> = rule.exempt_call_types.iter().map(CallTypePattern::to_string).collect();
        let types = types.join(", ");
        say(format!("Calls of these types, in capitals or not, where * stands for any ending: {types}."));
    }
    if none {
        page.paragraph("Nothing is exempt.");
    }
}

fn exceptions(policy: &Policy, page: &mut Page) {
    page.heading("Why a camera may be off", '-');
    if policy.exceptions.is_empty() {
        return page.paragraph("This policy recognises no exceptions.");
    }
    page.paragraph("A reason counts for the time for which it was entered under its code.");
    if policy.exceptions.iter().any(|rule| rule.needs_approval) {
        page.paragraph("Where a supervisor must approve and has not yet, the outcome is marked as pending.");
    }
    page.list(policy.exceptions.iter().map(exception));
}

fn exception(rule: &ExceptionRule) -> String {
    let ExceptionRule { code, title, citation, .. } = rule;
    let approval = if rule.needs_approval { "A supervisor must approve." } else { "No approval needed." };
    format!("{title} (code {code}). {approval} [{citation}]")
}

fn camera(policy: &Policy, page: &mut Page) {
    let rule = &policy.camera;
    page.heading("The camera", '-');
    if rule.pre_event_buffer > 0 {
        let buffer = in_words(rule.pre_event_buffer);
        let buffer = format!("It must keep at least the {buffer} before activation (the pre-event buffer).");
        page.rule(&buffer, policy.citations.buffer.as_deref());
    } else {
        page.paragraph("Nothing needs to be kept from before activation.");
    }
    let data = format!(
        "A camera that reports an empty battery, a full storage or a fault excuses its officer for at most {}. A \
         recording that was still running when the data were exported counts for at most {}.",
        in_words(rule.outage_limit),
        in_words(rule.longest_recording)
    );
    page.rule(&data, OWN_CHOICE);
}

fn notice(policy: &Policy, page: &mut Page) {
    let rule = &policy.notice;
    page.heading("Telling people", '-');
    if !rule.required {
        return page
            .paragraph("This policy does not ask officers to tell people that they are being recorded.");
    }
    let duty = "Officers must tell people that they are being recorded.";
    page.rule(duty, policy.citations.notice.as_deref());
    let exempt = policy.exceptions.iter().filter(|rule| rule.exempt_from_notice);
    let exempt: Vec<_> = exempt.map(|rule| rule.code.as_str()).collect();
    if !exempt.is_empty() {
        let exempt = exempt.join(", ");
        page.rule(&format!("They need not under these exceptions: {exempt}."), OWN_CHOICE);
    }
    let within = in_words(rule.within);
    page.rule(&format!("It counts as in time up to {within} before or after arrival."), OWN_CHOICE);
}

fn grace(policy: &Policy, page: &mut Page) {
    page.heading("Grace period", '-');
    if policy.grace.days == 0 {
        return page.paragraph("There is none.");
    }
    let days = counted(i64::from(policy.grace.days), "day");
    let words = format!(
        "In the first {days} after training or, where that is not known, after the camera was issued, a lapse is \
         marked as falling into the grace period: it is coached, not disciplined."
    );
    page.rule(&words, policy.citations.grace.as_deref());
}

/// Times of a call, the first that is known of them: "A, or, where that is not known, B".
fn first_of(times: &[CallTime]) -> String {
    let phrases: Vec<_> = times.iter().map(|time| in_plain_words(*time)).collect();
    phrases.join(" or, where that is not known, ")
}

fn in_plain_words(time: CallTime) -> &'static str {
    match time {
        CallTime::Received => "the call was received",
        CallTime::Dispatched => "the officer was dispatched",
        CallTime::EnRoute => "the officer set out",
        CallTime::OnScene => "the officer arrived on scene",
        CallTime::LeftScene => "the officer left the scene",
        CallTime::Cleared => "the officer was cleared from the call",
    }
}

impl Policy {
    /// Whether any title or citation still waits for somebody to check it against the law.
    fn has_unconfirmed(&self) -> bool {
        let Self { citations: rules, exceptions, .. } = self;
        let rules = [&rules.activation, &rules.notice, &rules.buffer, &rules.grace].into_iter().flatten();
        let exceptions = exceptions.iter().flat_map(|rule| [&rule.title, &rule.citation]);
        rules.chain(exceptions).any(|text| text.contains(UNCONFIRMED))
    }
}

/// Text laid out in lines of at most [`Page::WIDTH`] characters (a longer word stands alone).
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    const WIDTH: usize = 80;

    /// A heading, underlined.
    fn heading(&mut self, words: &str, line: char) {
        self.paragraph(words);
        self.text.extend(words.chars().take(Self::WIDTH).map(|_| line));
        self.text.push('\n');
    }

    /// A paragraph with its citation in brackets.
    fn rule(&mut self, words: &str, citation: Option<&str>) {
        self.paragraph(&format!("{words} [{}]", citation.unwrap_or("no citation")));
    }

    fn paragraph(&mut self, words: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.lines(words, "", "");
    }

    fn list(&mut self, items: impl Iterator<Item = String>) {
        self.text.push('\n');
        for item in items {
            self.lines(&item, "- ", "  ");
        }
    }

    /// Adds words, wrapped; the first line begins with `first`, the others with `rest`.
    fn lines(&mut self, words: &str, first: &str, rest: &str) {
        let mut line = first.to_owned();
        let mut words = words.split_whitespace();
        line += words.next().unwrap_or_default();
        for word in words {
            if line.chars().count() + 1 + word.chars().count() > Self::WIDTH {
                self.text += &line;
                self.text.push('\n');
                rest.clone_into(&mut line);
            } else {
                line.push(' ');
            }
            line += word;
        }
        self.text += &line;
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(name: &str) -> Policy {
        Policy::parse(name, Policy::pack(name).unwrap()).unwrap()
    }

    #[test]
    fn the_packs_read_as_reviewed() {
        for name in Policy::PACKS {
            insta::assert_snapshot!(name, pack(name).explain());
        }
    }

    #[test]
    fn no_line_is_longer_than_the_page() {
        for name in Policy::PACKS {
            let text = pack(name).explain();
            assert!(text.lines().all(|line| line.chars().count() <= Page::WIDTH), "{text}");
        }
    }

    #[test]
    fn what_is_switched_off_or_missing_is_said() {
        let text = "[policy]\nid = 'x'\nversion = '1'\ntitle = 'X'\neffective_from = 2026-01-01T00:00:00-06:00\n\
                    [activation]\nrequires_arrival = false\n";
        let said = Policy::parse("x.toml", text).unwrap().explain().replace('\n', " ");
        for sentence in [
            "Policy x, version 1. ",
            "This is a reading of the law, not the law;",
            "from the moment the officer arrived on scene or, where that is not known, the officer set out or",
            "until the officer left the scene or, where that is not known, the officer was cleared from the call. \
             [no citation]",
            "Assignments that began before 2026-01-01T06:00:00Z are not judged. [a choice of this policy]",
            "Nothing is exempt.",
            "This policy recognises no exceptions.",
            "Nothing needs to be kept from before activation.",
            "This policy does not ask officers to tell people",
            "Grace period ------------  There is none.",
        ] {
            assert!(said.contains(sentence), "{sentence:?} in {said}");
        }
        assert!(!said.contains(UNCONFIRMED));
    }

    #[test]
    fn a_word_longer_than_the_page_stands_alone() {
        let mut page = Page::default();
        let long = "x".repeat(100);
        page.lines(&format!("one {long} two"), "- ", "  ");
        assert_eq!(page.text, format!("- one\n  {long}\n  two\n"));
    }
}
