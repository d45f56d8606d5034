//! The small files: officers, camera assignments, exceptions, device events.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use foldhash::fast::FixedState;
use onrecord_audit::{
    AssignmentRow, CameraId, DeviceEvent, DeviceEventRow, EvidenceParts, ExceptionRow, FileCounts, Interval,
    OfficerId, SpoiltRow, SpoiltSpan,
};
use onrecord_policy::{Moment, Policy};
use rayon::prelude::*;

use crate::clock::{Clock, Reading};
use crate::error::ExchangeError;
use crate::names::{BlockName, BlockNames, Names, NewNames};
use crate::source::{Block, Input, Source};
use crate::table::{Column, Layout, Reject, Row, RowTimes, What, optional, read_time, required};

/// What has been read of all files so far: the ids met, what the audit will use, what could not be used.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub officers: Names,
    pub cameras: Names,
    pub parts: EvidenceParts,
    /// Names of officers, by their number.
    pub officer_names: HashMap<u32, String>,
    /// Officers of the officers file.
    pub known_officers: Vec<OfficerId>,
    /// Officers who stand on a row of recordings, accepted or not.
    pub in_recordings: HashSet<OfficerId>,
    pub files: Vec<FileCounts>,
    pub notes: Vec<String>,
    /// How much of one file may be unusable before reading stops; any number where nothing is said.
    pub most_rejects: Option<usize>,
}

impl Gathered {
    /// Stops reading where more of a file is unusable than there may be.
    pub fn bear(&self, file: &Input, rejects: &[Reject]) -> Result<(), ExchangeError> {
        self.most_rejects.map_or(Ok(()), |most| at_most(most, &file.name, rejects))
    }

    fn officer(&mut self, id: &str) -> OfficerId {
        OfficerId(self.officers.number(id))
    }

    fn camera(&mut self, serial: &str) -> CameraId {
        CameraId(self.cameras.number(serial))
    }

    /// Keeps that a rejected or damaged row names these, and when.
    fn spoilt(&mut self, officer: Option<&str>, camera: Option<&str>, span: Option<SpoiltSpan>) {
        let officer = officer.map(|id| self.officer(id));
        let camera = camera.map(|serial| self.camera(serial));
        self.parts.spoilt.push(SpoiltRow { officer, camera, span });
    }
}

/// Drops the rows that stood earlier already, value for value.
#[derive(Default)]
struct Seen(HashSet<u128, FixedState>);

impl Seen {
    fn again<const N: usize>(&mut self, row: &Row<'_, '_, N>) -> bool {
        !self.0.insert(row.wide_content())
    }
}

/// Refuses a file of which more than so much is unusable.
pub(crate) fn at_most(most: usize, file: &Path, rejects: &[Reject]) -> Result<(), ExchangeError> {
    let Some(first) = rejects.first().filter(|_| rejects.len() > most) else { return Ok(()) };
    let problem = format!(
        "more than {most} rows or values from here on cannot be used, this one first: {}. Nothing was taken in. Check that it \
         is the right file in the right layout; if it is, take it in in parts.",
        first.reason
    );
    let error = ExchangeError::unusable(file, first.line, problem);
    Err(if first.column.is_empty() { error } else { error.in_column(first.column.to_string()) })
}

/// Reads the rows of a small file one after the other. `take` answers whether it accepted the row.
pub(crate) fn each_row<const N: usize>(
    file: &Input,
    kind: &'static str,
    columns: &'static [Column; N],
    gathered: &mut Gathered,
    rejects: &mut Vec<Reject>,
    mut take: impl FnMut(&mut Gathered, &Row<'_, '_, N>, &mut Vec<Reject>) -> Taken,
) -> Result<FileCounts, ExchangeError> {
    let mut source = Source::open(file)?;
    let layout = Layout::find(columns, &source, &mut gathered.notes)?;
    let mut counts = FileCounts { kind, file: source.base_name(), ..FileCounts::default() };
    let mut seen = Seen::default();
    while let Some(blocks) = source.next_round()? {
        for block in &blocks {
            let (mut records, mut fields) = (block.records(), Vec::new());
            while let Some(line) = records.next(&mut fields) {
                let row = layout.row(&fields, &records, line);
                counts.read += 1;
                if let Some(problem) = row.misfit() {
                    rejects.push(Reject::row(line, "", problem));
                    gathered.spoilt(None, None, None);
                    counts.rejected += 1;
                } else if seen.again(&row) {
                    counts.duplicate += 1;
                } else {
                    match take(gathered, &row, rejects) {
                        Taken::Accepted => counts.accepted += 1,
                        Taken::Rejected => counts.rejected += 1,
                    }
                }
            }
            gathered.bear(file, rejects)?;
        }
    }
    counts.bad_values = rejects.iter().filter(|r| r.what == What::Value).count() as u64;
    Ok(counts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Accepted,
    Rejected,
}

/// Lists the required columns that are empty in a row.
pub(crate) fn list_empty<const N: usize>(
    row: &Row<'_, '_, N>,
    columns: &[Column; N],
    rejects: &mut Vec<Reject>,
) {
    for (at, column) in columns.iter().enumerate() {
        if column.required && row.get(at).is_none() {
            rejects.push(Reject::row(
                row.line,
                column.name,
                format!("{} is empty; every row must have it", column.name),
            ));
        }
    }
}

pub(crate) fn has_row_reject(rejects: &[Reject], line: u64) -> bool {
    rejects.iter().rev().take_while(|r| r.line == line).any(|r| r.what == What::Row)
}

pub(crate) const OFFICERS: [Column; 7] = [
    required("officer_id"),
    optional("name"),
    optional("badge"),
    optional("district"),
    optional("trained_at"),
    optional("camera_serial"),
    optional("camera_issued_at"),
];

/// An accepted row of the officers file.
struct Officer {
    line: u64,
    officer: OfficerId,
    id: String,
    name: Option<String>,
    camera: Option<CameraId>,
    trained: Option<Moment>,
    issued: Option<Moment>,
    issue_spoilt: bool,
    span: Option<SpoiltSpan>,
}

/// Reads the officers. With `assign`, a row with camera_issued_at assigns its camera from then on.
pub(crate) fn read_officers(
    file: &Input,
    clock: &Clock,
    assign: bool,
    gathered: &mut Gathered,
) -> Result<Vec<Reject>, ExchangeError> {
    let clock = &clock.reader();
    let mut rejects = Vec::new();
    let mut rows: Vec<Officer> = Vec::new();
    let mut counts =
        each_row(file, "officers", &OFFICERS, gathered, &mut rejects, |gathered, row, rejects| {
            let trained = read_time(row, 4, clock, What::Value, rejects);
            let issued = read_time(row, 6, clock, What::Value, rejects);
            let span = latest(issued).map(|_| span_from(issued));
            let camera = row.get(5).map(|serial| gathered.camera(serial));
            let Some(id) = row.get(0) else {
                list_empty(row, &OFFICERS, rejects);
                gathered.spoilt(None, row.get(5), span.flatten());
                return Taken::Rejected;
            };
            rows.push(Officer {
                line: row.line,
                officer: gathered.officer(id),
                id: id.to_owned(),
                name: row.get(1).map(str::to_owned),
                camera,
                trained: latest(trained),
                issued: latest(issued),
                issue_spoilt: matches!(issued, Some(Reading::Bad(_))),
                span: span.flatten(),
            });
            Taken::Accepted
        })?;
    if counts.read == 0 {
        return Err(ExchangeError::unusable(
            &file.name,
            2,
            "has a header and no rows. Export the officers again, or leave --officers out.",
        ));
    }
    let rows = reject_conflicting(rows, gathered, &mut counts, &mut rejects);
    take_officers(&rows, assign, gathered);
    gathered.files.push(counts);
    Ok(rejects)
}

/// The later reading of a time in doubt: grace lasts longer, and a duty begins later.
fn latest(reading: Option<Reading>) -> Option<Moment> {
    match reading {
        Some(Reading::At(at) | Reading::Twice(_, at)) => Some(at),
        _ => None,
    }
}

/// From the earliest reading of a time to the end of the window.
fn span_from(reading: Option<Reading>) -> Option<SpoiltSpan> {
    match reading {
        Some(Reading::At(from) | Reading::Twice(from, _)) => Some(SpoiltSpan { from, to: None }),
        _ => None,
    }
}

/// Where an officer_id stands on rows of different content, none of them can be believed.
fn reject_conflicting(
    rows: Vec<Officer>,
    gathered: &mut Gathered,
    counts: &mut FileCounts,
    rejects: &mut Vec<Reject>,
) -> Vec<Officer> {
    let mut times: HashMap<OfficerId, u32> = HashMap::new();
    rows.iter().for_each(|row| *times.entry(row.officer).or_default() += 1);
    let (good, conflicting): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| times.get(&row.officer) == Some(&1));
    for row in conflicting {
        counts.accepted -= 1;
        counts.rejected += 1;
        rejects.push(Reject::row(
            row.line,
            "officer_id",
            format!("\"{}\" stands on rows of different content; keep the right one", row.id),
        ));
        gathered.parts.spoilt.push(SpoiltRow {
            officer: Some(row.officer),
            camera: row.camera,
            span: row.span,
        });
    }
    rejects.sort_by_key(|r| r.line);
    good
}

fn take_officers(rows: &[Officer], assign: bool, gathered: &mut Gathered) {
    let assigned: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let during = Interval::new(row.issued?, Moment::MAX);
            Some(AssignmentRow { officer: row.officer, camera: row.camera, during })
        })
        .collect();
    if assign && !assigned.is_empty() {
        gathered.parts.assignments = Some(assigned);
    }
    for row in rows {
        gathered.known_officers.push(row.officer);
        if let Some(name) = &row.name {
            gathered.officer_names.insert(row.officer.0, name.clone());
        }
        if let Some(trained) = row.trained {
            gathered.parts.trained.insert(row.officer, trained);
        }
        if row.issue_spoilt {
            gathered.parts.spoilt.push(SpoiltRow {
                officer: Some(row.officer),
                camera: row.camera,
                span: None,
            });
        }
    }
}

pub(crate) const ASSIGNMENTS: [Column; 4] =
    [required("camera_serial"), required("officer_id"), required("from"), optional("to")];

/// Reads who had which camera from when to when.
pub(crate) fn read_assignments(
    file: &Input,
    clock: &Clock,
    gathered: &mut Gathered,
) -> Result<Vec<Reject>, ExchangeError> {
    let clock = &clock.reader();
    let mut rejects = Vec::new();
    let mut rows = Vec::new();
    let counts = each_row(
        file,
        "camera_assignments",
        &ASSIGNMENTS,
        gathered,
        &mut rejects,
        |gathered, row, rejects| {
            list_empty(row, &ASSIGNMENTS, rejects);
            let from = read_time(row, 2, clock, What::Row, rejects);
            let to = read_time(row, 3, clock, What::Value, rejects);
            let during = narrowest(from, to);
            if during.is_none() && from_and_to_readable(from, to) {
                rejects.push(Reject::row(row.line, "to", "from is not before to; correct the two times"));
            }
            let span = span_of(from, to, true).filter(|_| during.is_some());
            let rejected = has_row_reject(rejects, row.line);
            if rejected || matches!(to, Some(Reading::Bad(_))) {
                gathered.spoilt(row.get(1), row.get(0), span);
            }
            match (row.get(0), row.get(1), during) {
                (Some(serial), Some(id), Some(during)) if !rejected => {
                    let (officer, camera) = (gathered.officer(id), Some(gathered.camera(serial)));
                    rows.push(AssignmentRow { officer, camera, during });
                    Taken::Accepted
                }
                _ => Taken::Rejected,
            }
        },
    )?;
    gathered.parts.assignments = Some(rows);
    gathered.files.push(counts);
    Ok(rejects)
}

fn from_and_to_readable(from: Option<Reading>, to: Option<Reading>) -> bool {
    !matches!(from, None | Some(Reading::Bad(_))) && !matches!(to, Some(Reading::Bad(_)))
}

/// When an assignment surely held, doubt about the clock left out on both sides; none where that is empty.
pub(crate) fn narrowest(from: Option<Reading>, to: Option<Reading>) -> Option<Interval> {
    let choices = in_order(from, to)?;
    let from = choices.iter().map(|c| c.from).max()?;
    let to = choices.iter().map(|c| c.to).min()?;
    (from < to).then_some(Interval::new(from, to))
}

/// When an exception may have held, doubt about the clock taken in on both sides.
fn widest(from: Option<Reading>, to: Option<Reading>) -> Option<Interval> {
    let choices = in_order(from, to)?;
    let from = choices.iter().map(|c| c.from).min()?;
    let to = choices.iter().map(|c| c.to).max()?;
    Some(Interval::new(from, to))
}

/// The readings of `from` and `to` that are in order; an empty or unreadable `to` is never reached.
fn in_order(from: Option<Reading>, to: Option<Reading>) -> Option<Vec<Interval>> {
    let instants = |reading| match reading {
        Some(Reading::At(at)) => vec![at],
        Some(Reading::Twice(early, late)) => vec![early, late],
        None | Some(Reading::Bad(_)) => vec![],
    };
    let (froms, mut tos) = (instants(from), instants(to));
    if tos.is_empty() {
        tos.push(Moment::MAX);
    }
    let pairs = froms.iter().flat_map(|from| tos.iter().map(move |to| Interval::new(*from, *to)));
    let fitting: Vec<_> = pairs.filter(|i| i.from < i.to).collect();
    (!fitting.is_empty()).then_some(fitting)
}

/// What a row with these times is about; with `open_end`, one without `to` reaches to the end of the window.
fn span_of(from: Option<Reading>, to: Option<Reading>, open_end: bool) -> Option<SpoiltSpan> {
    from?;
    let mut times = RowTimes::default();
    times.add(from);
    times.add(to);
    let (earliest, latest) = times.span()?;
    match to {
        Some(_) => Some(SpoiltSpan { from: earliest, to: Some(latest) }),
        None => open_end.then_some(SpoiltSpan { from: earliest, to: None }),
    }
}

pub(crate) const EXCEPTIONS: [Column; 7] = [
    required("officer_id"),
    optional("call_id"),
    required("from"),
    required("to"),
    required("code"),
    optional("approved_by"),
    optional("note"),
];

/// Reads the exceptions, whose codes must be in the policy.
pub(crate) fn read_exceptions(
    file: &Input,
    clock: &Clock,
    policy: &Policy,
    gathered: &mut Gathered,
) -> Result<Vec<Reject>, ExchangeError> {
    let clock = &clock.reader();
    let mut rejects = Vec::new();
    let counts =
        each_row(file, "exceptions", &EXCEPTIONS, gathered, &mut rejects, |gathered, row, rejects| {
            list_empty(row, &EXCEPTIONS, rejects);
            let from = read_time(row, 2, clock, What::Row, rejects);
            let to = read_time(row, 3, clock, What::Row, rejects);
            let rule = row.get(4).and_then(|code| policy.exception(code)).map(|(place, _)| place);
            if let (Some(code), None) = (row.get(4), rule) {
                rejects.push(Reject::row(row.line, "code", unknown_code(code, policy)));
            }
            let during = to.and_then(|_| widest(from, to));
            if during.is_none() && to.is_some() && from_and_to_readable(from, to) {
                rejects.push(Reject::row(row.line, "to", "from is not before to; correct the two times"));
            }
            match (row.get(0), rule, during) {
                (Some(id), Some(rule), Some(during)) if !has_row_reject(rejects, row.line) => {
                    let exception = ExceptionRow {
                        officer: gathered.officer(id),
                        call: row.get(1).map(Into::into),
                        during,
                        rule,
                        approved: row.get(5).is_some(),
                    };
                    gathered.parts.exceptions.push(exception);
                    Taken::Accepted
                }
                _ => {
                    let span = span_of(from, to, false).filter(|_| during.is_some());
                    gathered.spoilt(row.get(0), None, span);
                    Taken::Rejected
                }
            }
        })?;
    gathered.files.push(counts);
    Ok(rejects)
}

fn unknown_code(code: &str, policy: &Policy) -> String {
    let known: Vec<_> = policy.exceptions.iter().map(|rule| rule.code.as_str()).collect();
    let known = if known.is_empty() { "no codes".to_owned() } else { known.join(", ") };
    let code: String = code.chars().take(60).collect();
    format!("the code \"{code}\" is not in the policy {}, which has: {known}", policy.id)
}

pub(crate) const DEVICE_EVENTS: [Column; 3] = [required("camera_serial"), required("at"), required("event")];

/// A row of device events as its block gives it.
struct ParsedEvent {
    line: u64,
    content: u128,
    camera: Option<BlockName>,
    /// The event and its instant; none where the row is rejected.
    accepted: Option<(Moment, DeviceEvent)>,
    span: Option<SpoiltSpan>,
}

/// Reads what cameras and docks reported. There are many, so blocks are parsed side by side.
pub(crate) fn read_device_events(
    file: &Input,
    clock: &Clock,
    gathered: &mut Gathered,
) -> Result<Vec<Reject>, ExchangeError> {
    let mut source = Source::open(file)?;
    let layout = Layout::find(&DEVICE_EVENTS, &source, &mut gathered.notes)?;
    let mut counts = FileCounts { kind: "device_events", file: source.base_name(), ..FileCounts::default() };
    let (mut rejects, mut seen) = (Vec::new(), HashSet::<u128, FixedState>::default());
    while let Some(blocks) = source.next_round()? {
        let known = &gathered.cameras;
        let parsed: Vec<_> =
            blocks.par_iter().map(|block| parse_events(block, &layout, clock, known)).collect();
        for (rows, names, mut block_rejects) in parsed {
            let names = names.take_over(&mut gathered.cameras);
            let mut again = HashSet::new();
            for row in rows {
                counts.read += 1;
                let camera = row.camera.map(|c| CameraId(names.number(c)));
                if !seen.insert(row.content) {
                    counts.duplicate += 1;
                    again.insert(row.line);
                } else if let (Some(camera), Some((at, event))) = (camera, row.accepted) {
                    counts.accepted += 1;
                    gathered.parts.device_events.push(DeviceEventRow { camera, at, event });
                } else {
                    counts.rejected += 1;
                    gathered.parts.device_events_rejected = true;
                    gathered.parts.spoilt.push(SpoiltRow { officer: None, camera, span: row.span });
                }
            }
            block_rejects.retain(|r| !again.contains(&r.line));
            rejects.append(&mut block_rejects);
        }
        gathered.bear(file, &rejects)?;
    }
    gathered.files.push(counts);
    Ok(rejects)
}

fn parse_events(
    block: &Block,
    layout: &Layout<3>,
    clock: &Clock,
    known: &Names,
) -> (Vec<ParsedEvent>, NewNames, Vec<Reject>) {
    let (mut rows, mut rejects, mut names) = (Vec::new(), Vec::new(), BlockNames::new(known));
    let clock = &clock.reader();
    let (mut records, mut fields) = (block.records(), Vec::new());
    while let Some(line) = records.next(&mut fields) {
        let row = layout.row(&fields, &records, line);
        if let Some(problem) = row.misfit() {
            rejects.push(Reject::row(line, "", problem));
            let content = u128::from(line) | 1 << 127; // stands alone: a row that does not fit is never a duplicate
            rows.push(ParsedEvent { line, content, camera: None, accepted: None, span: None });
            continue;
        }
        list_empty(&row, &DEVICE_EVENTS, &mut rejects);
        let camera = row.get(0).map(|serial| names.number(serial));
        let at = read_time(&row, 1, clock, What::Row, &mut rejects);
        let event =
            row.get(2).and_then(|w| DeviceEvent::WORDS.iter().find(|(word, _)| *word == w)).map(|(_, e)| *e);
        if let (Some(word), None) = (row.get(2), event) {
            rejects.push(Reject::row(line, "event", unknown_event(word)));
        }
        if let Some(Reading::Twice(..)) = at {
            let reason = "this local time occurred twice that night and nothing in the row says which is meant; \
                          export it with an offset";
            rejects.push(Reject::row(line, "at", reason));
        }
        let accepted = match (camera, at, event) {
            (Some(_), Some(Reading::At(at)), Some(event)) => Some((at, event)),
            _ => None,
        };
        rows.push(ParsedEvent {
            line,
            content: row.wide_content(),
            camera,
            accepted,
            span: span_of(at, at, false),
        });
    }
    (rows, names.into_new(), rejects)
}

fn unknown_event(word: &str) -> String {
    let known: Vec<_> = DeviceEvent::WORDS.iter().map(|(word, _)| *word).collect();
    let word: String = word.chars().take(60).collect();
    format!("the event \"{word}\" is unknown; events are {}", known.join(", "))
}
