//! The rules that decided, each with its value and the place it comes from.

use onrecord_policy::{CallTime, CallTypePattern, ExceptionRule, Policy};

use super::page::Section;
use super::table::{notes, table};
use super::text::{counted, duration, escape, list};

/// Stands for the citation of a number that no law or order gives, only this policy.
const OWN: &str = "a choice of this policy";

/// A rule: its name, its value, where it comes from; plain text.
type Rule = (&'static str, String, String);

pub(super) fn section(policy: &Policy) -> Section {
    let rules: String = rules(policy).into_iter().map(row).collect();
    let head = [
        r#"<th scope="col">Rule</th>"#,
        r#"<th scope="col">Value</th>"#,
        r#"<th scope="col">Where it comes from</th>"#,
    ];
    let mut body = format!("<p>{}</p>", escape(&about(policy)));
    body += &table("rules-table", "rules", "Every rule of the policy", &head.concat(), &rules);
    body += "<h3>Reasons for which a camera may be off</h3>";
    body += &exceptions(policy);
    let warnings = policy.warnings();
    if !warnings.is_empty() {
        body += "<h3>About this policy</h3>";
        body += &notes(&warnings);
    }
    Section {
        id: "policy",
        title: "The policy".to_owned(),
        aside: concat!(
            "<p>This is a reading of the law, not the law; where the two differ, the law decides. Rules marked “to be ",
            "confirmed by counsel” have not yet been checked against its text.</p>"
        )
        .to_owned(),
        body,
    }
}

fn about(policy: &Policy) -> String {
    let mut about = format!("Policy {}, version {}: {}.", policy.id, policy.version, policy.title);
    let said = [
        ("Applies in", &policy.jurisdiction),
        ("Time zone:", &policy.timezone),
        ("Read on", &policy.read_on),
    ];
    for (words, value) in said {
        if let Some(value) = value {
            about.extend([" ", words, " ", value, "."]);
        }
    }
    about
}

fn rules(policy: &Policy) -> Vec<Rule> {
    let mut rules = duty(policy);
    rules.extend(tolerances(policy));
    rules.extend(not_required(policy));
    rules.extend(others(policy));
    rules
}

fn cited(citation: Option<&String>) -> String {
    citation.map_or_else(|| "no citation".to_owned(), Clone::clone)
}

fn duty(policy: &Policy) -> Vec<Rule> {
    let activation = &policy.activation;
    let citation = cited(policy.citations.activation.as_ref());
    vec![
        ("The duty begins when", first_of(&activation.begins), citation.clone()),
        ("and ends when", first_of(&activation.ends), citation),
    ]
}

fn tolerances(policy: &Policy) -> Vec<Rule> {
    let activation = &policy.activation;
    let own = |name, length| (name, duration(length), OWN.to_owned());
    vec![
        own("Late start tolerated", activation.start_tolerance),
        own("Early stop tolerated", activation.end_tolerance),
        own("Interruption tolerated", activation.gap_tolerance),
        own("Tolerated in all", activation.tolerance_total),
    ]
}

fn not_required(policy: &Policy) -> Vec<Rule> {
    let activation = &policy.activation;
    let yes = |yes: bool| {
        if yes { "nothing to record".to_owned() } else { "makes no difference".to_owned() }
    };
    let types: Vec<String> = activation.exempt_call_types.iter().map(CallTypePattern::to_string).collect();
    let types = if types.is_empty() { "none".to_owned() } else { types.join(", ") };
    let shortest = match activation.minimum_duration {
        0 => "nothing".to_owned(),
        shortest => format!("shorter than {}", duration(shortest)),
    };
    let mut rules = vec![
        ("Where the officer never arrived", yes(activation.requires_arrival), OWN.to_owned()),
        ("Too short to need a recording", shortest, OWN.to_owned()),
        ("Exempt types of call (* stands for any ending)", types, OWN.to_owned()),
    ];
    if let Some(from) = policy.effective_from {
        rules.push(("Not judged", format!("what began before {from}"), OWN.to_owned()));
    }
    rules
}

fn others(policy: &Policy) -> Vec<Rule> {
    let Policy { camera, notice, grace, citations, .. } = policy;
    let off = "not required";
    let buffer = match camera.pre_event_buffer {
        0 => (off.to_owned(), OWN.to_owned()),
        length => (format!("at least {}", duration(length)), cited(citations.buffer.as_ref())),
    };
    let told = if notice.required {
        (format!("within {} of arrival", duration(notice.within)), cited(citations.notice.as_ref()))
    } else {
        (off.to_owned(), OWN.to_owned())
    };
    let days = match grace.days {
        0 => ("none".to_owned(), OWN.to_owned()),
        days => {
            let days = counted(u64::from(days), "day", "days");
            (format!("{days} after training or issue: a lapse is coached"), cited(citations.grace.as_ref()))
        }
    };
    vec![
        ("Pre-event buffer", buffer.0, buffer.1),
        ("An outage excuses at most", duration(camera.outage_limit), OWN.to_owned()),
        (
            "A recording still running at export counts for at most",
            duration(camera.longest_recording),
            OWN.to_owned(),
        ),
        ("Notice of recording", told.0, told.1),
        ("Grace period", days.0, days.1),
    ]
}

fn row((name, value, citation): Rule) -> String {
    format!(
        r#"<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>"#,
        escape(name),
        escape(&value),
        escape(&citation)
    )
}

fn exceptions(policy: &Policy) -> String {
    if policy.exceptions.is_empty() {
        return r#"<p class="nothing">This policy recognises none.</p>"#.to_owned();
    }
    let row = |rule: &ExceptionRule| {
        let mut needs = Vec::new();
        if rule.needs_approval {
            needs.push("a supervisor must approve".to_owned());
        }
        if rule.exempt_from_notice {
            needs.push("no notice is due".to_owned());
        }
        let needs = if needs.is_empty() { "–".to_owned() } else { list(&needs) };
        format!(
            r#"<tr><th scope="row">{}<small><code>{}</code></small></th><td>{}</td><td>{}</td></tr>"#,
            escape(&rule.title),
            escape(&rule.code),
            escape(&needs),
            escape(&rule.citation)
        )
    };
    let rows: String = policy.exceptions.iter().map(row).collect();
    let head = [
        r#"<th scope="col">Reason</th>"#,
        r#"<th scope="col">Conditions</th>"#,
        r#"<th scope="col">Where it comes from</th>"#,
    ];
    table(
        "exceptions-table",
        "rules",
        "Every reason, with its code in the exceptions file",
        &head.concat(),
        &rows,
    )
}

/// The first of these that the assignment has.
fn first_of(times: &[CallTime]) -> String {
    let words: Vec<&str> = times.iter().map(|time| in_words(*time)).collect();
    words.join("; where that is not known, ")
}

fn in_words(time: CallTime) -> &'static str {
    match time {
        CallTime::Received => "the call is received",
        CallTime::Dispatched => "the officer is dispatched",
        CallTime::EnRoute => "the officer sets out",
        CallTime::OnScene => "the officer arrives on scene",
        CallTime::LeftScene => "the officer leaves the scene",
        CallTime::Cleared => "the officer is cleared from the call",
    }
}
