//! Reading the calls: each accepted row is one officer's obligation to record one assignment.

use std::borrow::Cow;

use onrecord_audit::{CallTimes, OfficerId};
use onrecord_policy::CallTime;

use crate::call_book::{Entry, SHARDS, shard_of};
use crate::clock::{Reading, TimeReader, settle_call};
use crate::error::ExchangeError;
use crate::mapping::{CallClock, CallColumns};
use crate::names::{BlockName, BlockNames, Names, NewNames, TakenOver};
use crate::roster::Roster;
use crate::source::Block;
use crate::table::{CONTENT_SEED, Reject, content_of, misfit, number_of};

/// The names that calls bring.
#[derive(Debug)]
pub(crate) struct CallNames {
    pub districts: Names,
    pub units: Names,
    pub call_types: Names,
}

impl Default for CallNames {
    /// The number 0 stands for "the row names none".
    fn default() -> Self {
        let empty = || {
            let mut names = Names::default();
            names.number("");
            names
        };
        Self { districts: empty(), units: empty(), call_types: empty() }
    }
}

/// One officer's row of a block.
pub(crate) struct ParsedCall {
    pub line: u64,
    /// Where its call's id stands in the block's ids; its officer's stands behind, up to `officer_end`.
    pub call: (u32, u32),
    officer_begin: u32,
    officer_end: u32,
    pub officer: Whom,
    pub district: BlockName,
    pub unit: BlockName,
    pub call_type: BlockName,
    pub times: CallTimes,
    /// Whether this is the first officer of its line.
    pub first_of_line: bool,
    /// Stands for the call.
    pub hash: u64,
}

/// An officer, by the row or by the roster.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    Named(BlockName),
    OnDuty(OfficerId),
}

/// What a block holds.
#[derive(Default)]
pub(crate) struct ParsedCalls {
    pub rows: Vec<ParsedCall>,
    pub entries: [Vec<Entry>; SHARDS],
    pub ids: String,
    pub rejects: Vec<Reject>,
    /// Lines read.
    pub read: u64,
    /// Lines rejected, with what stands for their content; none where the row does not fit its header.
    pub rejected: Vec<(u64, Option<u64>)>,
    names: [NewNames; 4],
    /// The officers of the row that is being read.
    whom: Vec<Whom>,
}

/// What the block's names are called in the whole file.
pub(crate) struct CallNumbers {
    pub officers: TakenOver,
    pub districts: TakenOver,
    pub units: TakenOver,
    pub call_types: TakenOver,
}

impl ParsedCalls {
    /// Adds the block's new names to the known ones.
    pub fn take_over(&self, officers: &mut Names, names: &mut CallNames) -> CallNumbers {
        let [new_officers, districts, units, call_types] = &self.names;
        CallNumbers {
            officers: new_officers.take_over(officers),
            districts: districts.take_over(&mut names.districts),
            units: units.take_over(&mut names.units),
            call_types: call_types.take_over(&mut names.call_types),
        }
    }

    /// The officer of a row, as the file names them.
    pub fn officer(&self, row: &ParsedCall) -> &str {
        self.ids.get(row.officer_begin as usize..row.officer_end as usize).unwrap_or_default()
    }

    /// The call of a row.
    pub fn call(&self, row: &ParsedCall) -> &str {
        self.ids.get(row.call.0 as usize..row.call.1 as usize).unwrap_or_default()
    }
}

/// What parsing a block of calls needs.
pub(crate) struct CallParser<'a> {
    pub columns: &'a CallColumns,
    /// Every place that is read, for telling exact duplicates.
    pub content: &'a [usize],
    pub clock: &'a CallClock,
    pub roster: Option<&'a Roster>,
    pub officers: &'a Names,
    pub names: &'a CallNames,
}

struct NewBlockNames<'a> {
    officers: BlockNames<'a>,
    districts: BlockNames<'a>,
    units: BlockNames<'a>,
    call_types: BlockNames<'a>,
}

impl CallParser<'_> {
    /// Parses a block.
    pub fn block(&self, block: &Block) -> ParsedCalls {
        let mut parsed = ParsedCalls::default();
        let mut names = NewBlockNames {
            officers: BlockNames::new(self.officers),
            districts: BlockNames::new(&self.names.districts),
            units: BlockNames::new(&self.names.units),
            call_types: BlockNames::new(&self.names.call_types),
        };
        let (mut records, mut fields, times) = (block.records(), Vec::new(), self.clock.reader());
        while let Some(line) = records.next(&mut fields) {
            parsed.read += 1;
            match self.misfit(&fields, records.may_span_lines()) {
                Some(problem) => {
                    parsed.rejects.push(Reject::row(line, "", problem));
                    parsed.rejected.push((line, None));
                }
                None => self.row(&fields, records.plain(), line, &times, &mut parsed, &mut names),
            }
        }
        parsed.names = [
            names.officers.into_new(),
            names.districts.into_new(),
            names.units.into_new(),
            names.call_types.into_new(),
        ];
        parsed
    }

    fn misfit(&self, fields: &[Cow<'_, str>], may_span_lines: bool) -> Option<String> {
        misfit_of_call(self.columns, fields, may_span_lines)
    }

    fn row(
        &self,
        fields: &[Cow<'_, str>],
        plain: Option<&str>,
        line: u64,
        reader: &TimeReader<'_>,
        parsed: &mut ParsedCalls,
        names: &mut NewBlockNames<'_>,
    ) {
        let value = |place: Option<usize>| place.and_then(|at| fields.get(at)).map_or("", |v| &**v);
        let call = value(Some(self.columns.call_id));
        let times = self.times(fields, line, reader, &mut parsed.rejects);
        let settled = CallTimes::new(settle_call(&times));
        let rejects_before = parsed.rejects.len();
        if call.is_empty() {
            parsed.rejects.push(Reject::row(line, "call_id", "call_id is empty; every row must have it"));
        }
        let mut whom = std::mem::take(&mut parsed.whom);
        whom.clear();
        self.officers(&value, line, &settled, names, &mut parsed.rejects, &mut whom);
        let plain =
            plain.filter(|_| self.content.len() == self.columns.width && fields.len() == self.columns.width);
        let content = content_of(fields, self.content, plain, CONTENT_SEED);
        if parsed.rejects.len() > rejects_before {
            parsed.rejected.push((line, Some(content)));
            parsed.whom = whom;
            return;
        }
        let district = names.districts.number(value(self.columns.district));
        let unit = names.units.number(value(self.columns.unit_id));
        let call_type = names.call_types.number(value(self.columns.call_type));
        let from = parsed.ids.len() as u32;
        parsed.ids.push_str(call);
        let to = parsed.ids.len() as u32;
        let hash = number_of(call.as_bytes(), 3);
        for (nth, officer) in whom.iter().copied().enumerate() {
            let officer_begin = parsed.ids.len() as u32;
            parsed.ids.push_str(match officer {
                Whom::Named(_) if !self.clock.has_separator() => value(self.columns.officer_id),
                Whom::Named(name) => names.officers.text(name),
                Whom::OnDuty(officer) => self.officers.text(officer.0),
            });
            let row = parsed.rows.len() as u32;
            let content = content.wrapping_add((nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            if let Some(entries) = parsed.entries.get_mut(shard_of(hash)) {
                entries.push(Entry { row, call: hash, content });
            }
            parsed.rows.push(ParsedCall {
                line,
                call: (from, to),
                officer_begin,
                officer_end: parsed.ids.len() as u32,
                officer,
                district,
                unit,
                call_type,
                times: settled,
                first_of_line: nth == 0,
                hash,
            });
        }
        parsed.whom = whom;
    }

    fn times(
        &self,
        fields: &[Cow<'_, str>],
        line: u64,
        reader: &TimeReader<'_>,
        rejects: &mut Vec<Reject>,
    ) -> [Option<Reading>; 6] {
        let mut times = [None; 6];
        for ((time, place), which) in times.iter_mut().zip(&self.columns.times).zip(CallTime::ALL) {
            let Some((reading, text)) = place.and_then(|place| self.clock.read(place, fields, reader)) else {
                continue;
            };
            if let Reading::Bad(why) = reading {
                rejects.push(Reject::value(line, which.column(), why.reason(&text)));
            }
            *time = Some(reading);
        }
        times
    }

    /// Who had to record, into `whom`: as the row says, or as the roster says of its unit.
    fn officers<'v>(
        &self,
        value: &impl Fn(Option<usize>) -> &'v str,
        line: u64,
        times: &CallTimes,
        names: &mut NewBlockNames<'_>,
        rejects: &mut Vec<Reject>,
        whom: &mut Vec<Whom>,
    ) {
        let Some(roster) = self.roster else {
            for id in self.clock.officers(value(self.columns.officer_id)) {
                let officer = Whom::Named(names.officers.number(id));
                if !whom.contains(&officer) {
                    whom.push(officer);
                }
            }
            if whom.is_empty() {
                rejects.push(Reject::row(line, "officer_id", "officer_id is empty; every row must have it"));
            }
            return;
        };
        let unit = value(self.columns.unit_id);
        let at = [
            CallTime::Dispatched,
            CallTime::EnRoute,
            CallTime::OnScene,
            CallTime::Received,
            CallTime::Cleared,
        ]
        .into_iter()
        .find_map(|which| times.get(which).known());
        let on_duty = at.map(|at| roster.on_duty(unit, at)).unwrap_or_default();
        if on_duty.is_empty() {
            let reason = match at {
                None => "the row has no time at which to look up its unit in the duty roster".to_owned(),
                Some(at) => format!("the duty roster has nobody in unit \"{unit}\" at {at}"),
            };
            rejects.push(Reject::row(line, "unit_id", reason));
        }
        whom.extend(on_duty.into_iter().map(Whom::OnDuty));
    }
}

/// Why a row of calls does not fit its header, if it does not.
pub(crate) fn misfit_of_call(
    columns: &CallColumns,
    fields: &[Cow<'_, str>],
    may_span_lines: bool,
) -> Option<String> {
    let ids = [Some(columns.call_id), columns.officer_id, columns.unit_id];
    let times = columns.times.iter().flatten().flat_map(|place| place.places());
    misfit(fields, columns.width, may_span_lines, || ids.into_iter().flatten().chain(times))
}

/// The number of an officer in the whole file.
pub(crate) fn officer_of(whom: Whom, numbers: &CallNumbers) -> OfficerId {
    match whom {
        Whom::Named(name) => OfficerId(numbers.officers.number(name)),
        Whom::OnDuty(officer) => officer,
    }
}

/// The error for calls whose officers do not appear in the recordings.
pub(crate) fn ids_do_not_match(
    found: usize,
    all: usize,
    calls: &[&str],
    recordings: &[&str],
) -> ExchangeError {
    let list = |ids: &[&str]| {
        if ids.is_empty() {
            "none".to_owned()
        } else {
            ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")
        }
    };
    ExchangeError::IdsDoNotMatch(format!(
        "Of {all} officers in the calls only {found} appear in the recordings: the two exports seem to name officers \
         differently. Calls have officer_id {}; recordings have {}. Export both with the same ids, or, if they are the \
         same and the recordings are really missing, run again with --ids-verified.",
        list(calls),
        list(recordings)
    ))
}
