//! `outcomes.csv` and `outcomes.jsonl`: one line for each obligation, in the order of the calls.

use onrecord_audit::{Decision, Defect, Measures, Outcome, Workspace};
use onrecord_policy::{Micros, Moment, Policy, SECOND};

use crate::clock::{push_fraction, push_time};
use crate::csv::push_field;
use crate::recordings::RecordingIds;

/// The header of `outcomes.csv`.
pub(crate) const OUTCOMES_HEADER: &[u8] =
    b"line,call_id,officer_id,begin,end,outcome,reason,defects,covered_s,\
uncovered_s,excused_s,in_grace,notice,recordings,citation\n";

/// One obligation, decided.
pub(crate) struct Decided<'a> {
    pub line: u64,
    pub call: &'a str,
    pub officer: &'a str,
    pub decision: &'a Decision,
    pub work: &'a Workspace,
}

/// Writes outcomes.
pub(crate) struct OutcomeWriter<'a> {
    pub policy: &'a Policy,
    pub ids: &'a RecordingIds,
}

impl OutcomeWriter<'_> {
    /// Adds the CSV line of an obligation.
    pub fn csv(&self, out: &mut Vec<u8>, row: &Decided<'_>) {
        push_number(out, row.line);
        out.push(b',');
        push_field(out, row.call);
        out.push(b',');
        push_field(out, row.officer);
        for time in [row.decision.begin, row.decision.end] {
            out.push(b',');
            if let Some(at) = time {
                push_time(out, at);
            }
        }
        out.push(b',');
        out.extend_from_slice(row.decision.outcome.word().as_bytes());
        out.push(b',');
        out.extend_from_slice(row.decision.outcome.reason().as_bytes());
        match &row.decision.measures {
            None => out.extend_from_slice(b",,,,,,,,\n"),
            Some(measures) => self.measures(out, row, measures),
        }
    }

    fn measures(&self, out: &mut Vec<u8>, row: &Decided<'_>, measures: &Measures) {
        out.push(b',');
        push_defects_field(out, row.work.defects());
        for length in [measures.covered, measures.uncovered, measures.excused] {
            out.push(b',');
            push_seconds(out, length);
        }
        out.extend_from_slice(if measures.in_grace { b",true," } else { b",false," });
        out.extend_from_slice(measures.notice.word().as_bytes());
        out.push(b',');
        match row.work.recordings() {
            [] => {}
            [one] => push_field(out, self.ids.get(one.order)),
            _ => push_field(out, &self.recordings(row.work)),
        }
        out.push(b',');
        let activation = self.policy.citations.activation.as_deref().unwrap_or_default();
        match row.decision.outcome {
            Outcome::Excused { .. } => push_field(out, &self.citation(row.work)),
            _ => push_field(out, activation),
        }
        out.push(b'\n');
    }

    /// The officer's recordings that overlap the obligation, in the order of the file.
    pub fn recording_ids(&self, work: &Workspace) -> Vec<&str> {
        let mut orders: Vec<u32> = work.recordings().iter().map(|r| r.order).collect();
        orders.sort_unstable();
        orders.into_iter().map(|order| self.ids.get(order)).collect()
    }

    fn recordings(&self, work: &Workspace) -> String {
        self.recording_ids(work).join(";")
    }

    /// The rules by which the outcome of an obligation is what it is.
    pub fn citations(&self, row: &Decided<'_>) -> String {
        match row.decision.outcome {
            Outcome::Excused { .. } => self.citation(row.work),
            _ => self.policy.citations.activation.clone().unwrap_or_default(),
        }
    }

    /// The rules by which an obligation is excused; the rule of activation where no exception excuses it.
    fn citation(&self, work: &Workspace) -> String {
        let mut citations: Vec<&str> = Vec::new();
        for rule in work.excusing_rules().filter_map(|rule| self.policy.exceptions.get(rule)) {
            if !citations.contains(&rule.citation.as_str()) {
                citations.push(&rule.citation);
            }
        }
        if citations.is_empty() {
            citations.extend(self.policy.citations.activation.as_deref());
        }
        citations.join("; ")
    }

    /// Adds the JSON line of an obligation.
    pub fn jsonl(&self, out: &mut Vec<u8>, row: &Decided<'_>) {
        let time = |at: Option<Moment>| at.map(|at| at.to_string());
        let seconds = |length: Micros| length as f64 / SECOND as f64;
        let mut line = serde_json::json!({
            "line": row.line,
            "call_id": row.call,
            "officer_id": row.officer,
            "begin": time(row.decision.begin),
            "end": time(row.decision.end),
            "outcome": row.decision.outcome.word(),
            "reason": row.decision.outcome.reason(),
        });
        if let (Some(measures), Some(line)) = (&row.decision.measures, line.as_object_mut()) {
            let defects: Vec<_> = row.work.defects().iter().map(defect_json).collect();
            line.insert("defects".into(), defects.into());
            line.insert("covered_s".into(), seconds(measures.covered).into());
            line.insert("uncovered_s".into(), seconds(measures.uncovered).into());
            line.insert("excused_s".into(), seconds(measures.excused).into());
            line.insert("in_grace".into(), measures.in_grace.into());
            line.insert("notice".into(), measures.notice.word().into());
            line.insert("recordings".into(), self.recordings(row.work).into());
            line.insert("citation".into(), self.citations(row).into());
        }
        out.extend_from_slice(line.to_string().as_bytes());
        out.push(b'\n');
    }
}

fn defect_json(defect: &Defect) -> serde_json::Value {
    serde_json::json!({
        "kind": defect.kind.word(),
        "from": defect.during.from.to_string(),
        "to": defect.during.to.to_string(),
    })
}

/// The defects as JSON in a CSV field.
fn push_defects_field(out: &mut Vec<u8>, defects: &[Defect]) {
    if defects.is_empty() {
        out.extend_from_slice(b"[]");
        return;
    }
    out.extend_from_slice(b"\"[");
    for (at, defect) in defects.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"{\"\"kind\"\":\"\"" } else { b",{\"\"kind\"\":\"\"" });
        out.extend_from_slice(defect.kind.word().as_bytes());
        out.extend_from_slice(b"\"\",\"\"from\"\":\"\"");
        push_time(out, defect.during.from);
        out.extend_from_slice(b"\"\",\"\"to\"\":\"\"");
        push_time(out, defect.during.to);
        out.extend_from_slice(b"\"\"}");
    }
    out.extend_from_slice(b"]\"");
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20 - length..).unwrap_or_default());
}

/// A length as a plain number of seconds, its fraction only as long as it must be.
fn push_seconds(out: &mut Vec<u8>, length: Micros) {
    push_number(out, (length / SECOND).unsigned_abs());
    push_fraction(out, length % SECOND);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_plain_numbers() {
        for (length, expected) in [(0, "0"), (1_500_000, "1.5"), (60_000_000, "60"), (1, "0.000001")] {
            let mut out = Vec::new();
            push_seconds(&mut out, length);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
