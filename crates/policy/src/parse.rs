//! Which tables and keys a policy file has, what they mean, and what holds where they are left out.

use toml::de::DeTable;

use crate::call_time::CallTime;
use crate::call_type::CallTypePattern;
use crate::entry::{Entry, Result, Section, Source, shown};
use crate::error::PolicyError;
use crate::policy::{Activation, Camera, Citations, ExceptionRule, Grace, Notice, Policy};
use crate::time::{HOUR, SECOND};

impl Policy {
    /// Reads a policy; `file` is its name, for errors.
    ///
    /// # Errors
    ///
    /// The first thing wrong, with its line: text that is not TOML, an unknown key, a value of the wrong kind,
    /// a required key that is missing, a code without a citation.
    pub fn parse(file: &str, text: &str) -> std::result::Result<Self, PolicyError> {
        let source = Source { file, text };
        let document = DeTable::parse(text).map_err(|error| source.syntax_error(&error))?;
        let file = Section::root(source, document.get_ref()).allow(&[
            "policy",
            "camera",
            "activation",
            "notice",
            "grace",
            "exceptions",
            "citations",
        ])?;
        let about = file.section("policy")?.allow(&[
            "id",
            "version",
            "title",
            "effective_from",
            "jurisdiction",
            "timezone",
            "read_on",
        ])?;
        let mut exceptions = exceptions(&file.section("exceptions")?)?;
        Ok(Self {
            id: about.require("id", "\"my-department\"", Entry::owned_text)?,
            version: about.require("version", "\"1\"", Entry::owned_text)?,
            title: about.require("title", "\"My department\"", Entry::owned_text)?,
            effective_from: about.read("effective_from", Entry::moment)?,
            jurisdiction: about.read("jurisdiction", Entry::owned_text)?,
            timezone: about.read("timezone", Entry::timezone)?,
            read_on: about.read("read_on", Entry::day)?,
            camera: camera(&file.section("camera")?.allow(&CAMERA)?)?,
            activation: activation(&file.section("activation")?.allow(&ACTIVATION)?)?,
            notice: notice(&file.section("notice")?.allow(&NOTICE)?, &mut exceptions)?,
            grace: Grace {
                days: file.section("grace")?.allow(&["days"])?.read("days", Entry::days)?.unwrap_or(0),
            },
            citations: citations(&file.section("citations")?.allow(&CITATIONS)?)?,
            exceptions,
        })
    }
}

const CAMERA: [&str; 3] = ["pre_event_buffer", "outage_limit", "longest_recording"];

fn camera(table: &Section) -> Result<Camera> {
    let duration = |key, default| Ok(table.read(key, Entry::duration)?.unwrap_or(default));
    Ok(Camera {
        pre_event_buffer: duration("pre_event_buffer", 0)?,
        outage_limit: duration("outage_limit", 12 * HOUR)?,
        longest_recording: duration("longest_recording", 12 * HOUR)?,
    })
}

const ACTIVATION: [&str; 9] = [
    "begins",
    "ends",
    "requires_arrival",
    "start_tolerance",
    "end_tolerance",
    "gap_tolerance",
    "tolerance_total",
    "minimum_duration",
    "exempt_call_types",
];

fn activation(table: &Section) -> Result<Activation> {
    let duration = |key, default| Ok(table.read(key, Entry::duration)?.unwrap_or(default));
    let begins = [CallTime::OnScene, CallTime::EnRoute, CallTime::Dispatched];
    let ends = [CallTime::LeftScene, CallTime::Cleared];
    Ok(Activation {
        begins: table.read("begins", call_times)?.unwrap_or_else(|| begins.to_vec()),
        ends: table.read("ends", call_times)?.unwrap_or_else(|| ends.to_vec()),
        requires_arrival: table.read("requires_arrival", Entry::flag)?.unwrap_or(true),
        start_tolerance: duration("start_tolerance", 60 * SECOND)?,
        end_tolerance: duration("end_tolerance", 60 * SECOND)?,
        gap_tolerance: duration("gap_tolerance", 30 * SECOND)?,
        tolerance_total: duration("tolerance_total", 120 * SECOND)?,
        minimum_duration: duration("minimum_duration", 0)?,
        exempt_call_types: table.read("exempt_call_types", call_types)?.unwrap_or_default(),
    })
}

/// A list of times of a call: at least one, none twice.
fn call_times(entry: &Entry) -> Result<Vec<CallTime>> {
    let known = CallTime::ALL.map(CallTime::name).join(", ");
    let mut times = Vec::new();
    for item in entry.list()? {
        let name = item.text()?;
        let time = CallTime::from_name(name).ok_or_else(|| {
            item.error(&format!("is {}, which is no time of a call; write one of {known}", shown(name)))
        })?;
        if times.contains(&time) {
            return Err(item.error(&format!("names {time} a second time; write each time once")));
        }
        times.push(time);
    }
    if times.is_empty() {
        return Err(entry.error(&format!("is empty; write one or more of {known}")));
    }
    Ok(times)
}

/// A list of call types, each perhaps with a `*` at its end.
fn call_types(entry: &Entry) -> Result<Vec<CallTypePattern>> {
    let call_type = |item: Entry| {
        let remedy = "write * only at the end, as in \"LUNCH*\"";
        let bad = |text| item.error(&format!("is {}, which has a * before its end; {remedy}", shown(text)));
        item.text().and_then(|text| CallTypePattern::parse(text).ok_or_else(|| bad(text)))
    };
    entry.list()?.into_iter().map(call_type).collect()
}

const NOTICE: [&str; 3] = ["required", "within", "exempt_codes"];

/// Reads the rule about notice and marks the exceptions under which none is due.
fn notice(table: &Section, exceptions: &mut [ExceptionRule]) -> Result<Notice> {
    let mut exempt_code = |item: Entry| {
        let code = item.text()?;
        let rule = exceptions.iter_mut().find(|rule| rule.code == code).ok_or_else(|| {
            let missing = "which is no exception of this policy; add a table [exceptions.CODE] for it";
            item.error(&format!("is {}, {missing}, or take it off the list", shown(code)))
        })?;
        rule.exempt_from_notice = true;
        Ok(code.to_owned())
    };
    let codes = |entry: &Entry| entry.list()?.into_iter().map(&mut exempt_code).collect();
    Ok(Notice {
        required: table.read("required", Entry::flag)?.unwrap_or(false),
        within: table.read("within", Entry::duration)?.unwrap_or(60 * SECOND),
        exempt_codes: table.read("exempt_codes", codes)?.unwrap_or_default(),
    })
}

/// Reads the exceptions; every code must say where it comes from.
fn exceptions(table: &Section) -> Result<Vec<ExceptionRule>> {
    let rule = |(code, entry): (&str, Entry)| {
        if code.trim() != code || code.is_empty() || code.contains(char::is_control) {
            let remedy = "name it without white space around it and without control characters";
            return Err(entry.error(&format!("has a code that no export can hold; {remedy}")));
        }
        let table = entry.section()?.allow(&["title", "citation", "needs_approval"])?;
        Ok(ExceptionRule {
            code: code.to_owned(),
            title: table.read("title", Entry::owned_text)?.unwrap_or_else(|| code.to_owned()),
            citation: table.require("citation", "\"department policy\"", Entry::owned_text)?,
            needs_approval: table.read("needs_approval", Entry::flag)?.unwrap_or(false),
            exempt_from_notice: false, // `notice` knows
        })
    };
    let mut rules = table.entries().map(rule).collect::<Result<Vec<_>>>()?;
    rules.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(rules)
}

const CITATIONS: [&str; 4] = ["activation", "notice", "buffer", "grace"];

fn citations(table: &Section) -> Result<Citations> {
    let citation = |key| table.read(key, Entry::owned_text);
    Ok(Citations {
        activation: citation("activation")?,
        notice: citation("notice")?,
        buffer: citation("buffer")?,
        grace: citation("grace")?,
    })
}

#[cfg(test)]
mod tests;
