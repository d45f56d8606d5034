//! Taking an exchange file in row by row, for whoever keeps rows and audits them later: [`check`] says what the audit
//! will make of them, [`RowReader`] gives them. A file that the audit could not use at all is refused by both with the
//! audit's own sentence.
//!
//! A row is kept under the columns of the contract, its values as they stand, but for local times: they take their
//! zone along (`2017-11-05 01:30:00[America/Chicago]`), since the next file may come with another zone.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use onrecord_audit::{Evidence, EvidenceParts, FileCounts};
use onrecord_policy::Policy;
use rayon::prelude::*;

use crate::calls::misfit_of_call;
use crate::clock::{Clock, Reading, TimeReader, Zone, kept_reading, kept_text};
use crate::decide_calls::{RowNames, Sink, decide_calls};
use crate::error::ExchangeError;
use crate::export::Export;
use crate::gather::{Bytes, Inputs, Prepared, ReadOptions};
use crate::kind::FileKind;
use crate::mapping::{CallClock, CallColumns, TimePlace};
use crate::outcomes::Decided;
use crate::people::{
    ASSIGNMENTS, DEVICE_EVENTS, EXCEPTIONS, Gathered, OFFICERS, at_most, read_assignments,
    read_device_events, read_exceptions, read_officers,
};
use crate::recordings::{RECORDINGS, RecordingIds, read_recordings};
use crate::source::{Block, Input, Source};
use crate::table::{Column, Layout, Reject, What};

/// How much of one file may be unusable. Each is kept in memory until it can be told, and a small compressed file can hold
/// any number of rows.
const MOST_REJECTS: usize = 2_000_000;

/// What the audit will make of the rows of a file.
#[derive(Debug)]
pub struct Checked {
    /// Rows read, accepted, rejected and dropped as exact duplicates, within this file.
    pub counts: FileCounts,
    /// What cannot be used, by line.
    pub rejects: Vec<Rejected>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A row or a value that cannot be used, as in `rejects.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line on which the row begins; the header is line 1.
    pub line: u64,
    /// The column; empty where the row as a whole does not fit.
    pub column: String,
    /// Whether the whole row is rejected; otherwise only the value is treated as absent.
    pub row: bool,
    /// Why.
    pub reason: String,
}

impl From<Reject> for Rejected {
    fn from(reject: Reject) -> Self {
        Self {
            line: reject.line,
            column: reject.column.into_owned(),
            row: reject.what == What::Row,
            reason: reject.reason.into_owned(),
        }
    }
}

/// Reads a file as the audit does, and says what it makes of it. For recordings, `known` holds the officers and
/// camera assignments that are known already: they tell whose a recording without officer_id is.
///
/// # Errors
/// A sentence that names file, line and column, and what to do, where the file cannot be used at all, or where more than
/// two million rows and values of it cannot.
pub fn check(
    kind: FileKind,
    file: &Path,
    options: &ReadOptions,
    policy: &Policy,
    known: &Export,
) -> Result<Checked, ExchangeError> {
    let clock = Clock { zone: options.timezone.as_deref().map(Zone::named).transpose()?, zones: None };
    let file = Input::from(file);
    if kind == FileKind::Calls {
        return check_calls(&file, options, policy, clock);
    }
    let mut gathered = Gathered::default();
    if kind == FileKind::Recordings {
        known.read_holders(&Arc::default(), &mut gathered)?;
        (gathered.files, gathered.notes) = (Vec::new(), Vec::new());
    }
    gathered.most_rejects = Some(MOST_REJECTS);
    let rejects = match kind {
        FileKind::Calls => Vec::new(),
        FileKind::Recordings => read_recordings(&file, &clock, &mut gathered, |_| ())?.1,
        FileKind::Officers => read_officers(&file, &clock, true, &mut gathered)?,
        FileKind::CameraAssignments => read_assignments(&file, &clock, &mut gathered)?,
        FileKind::Exceptions => read_exceptions(&file, &clock, policy, &mut gathered)?,
        FileKind::DeviceEvents => read_device_events(&file, &clock, &mut gathered)?,
    };
    let counts = gathered.files.pop().unwrap_or_default();
    Ok(Checked { counts, rejects: rejects.into_iter().map(Rejected::from).collect(), notes: gathered.notes })
}

fn check_calls(
    file: &Input,
    options: &ReadOptions,
    policy: &Policy,
    clock: Clock,
) -> Result<Checked, ExchangeError> {
    let options = ReadOptions { ids_verified: true, ..options.clone() };
    let mut prepared = nothing_but(policy, clock);
    let (mut sink, inputs) = (OnlyRejects { file: &file.name, rejects: Vec::new() }, Inputs::default());
    let mut unheard = |_, _| ();
    let mut bytes = Bytes::new(&inputs, &mut unheard);
    let totals = decide_calls(file, &options, policy, &Zone::utc(), &mut prepared, &mut sink, &mut bytes)?;
    let rejects = sink.rejects.into_iter().map(Rejected::from).collect();
    Ok(Checked { counts: totals.counts, rejects, notes: prepared.gathered.notes })
}

/// No evidence at all.
fn nothing_but(policy: &Policy, clock: Clock) -> Prepared {
    Prepared {
        evidence: Evidence::new(EvidenceParts::default(), policy),
        ids: RecordingIds::default(),
        roster: None,
        gathered: Gathered::default(),
        rejects: Vec::new(),
        short_buffers: Vec::new(),
        clock,
    }
}

struct OnlyRejects<'f> {
    file: &'f Path,
    rejects: Vec<Reject>,
}

impl Sink for OnlyRejects<'_> {
    type Block = ();

    fn row(&self, (): &mut (), _: &Decided<'_>, _: &RowNames<'_>) {}

    fn take(&mut self, (): (), rejects: Vec<Reject>) -> Result<(), ExchangeError> {
        self.rejects.extend(rejects);
        at_most(MOST_REJECTS, self.file, &self.rejects)
    }
}

/// A row as it is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// The line on which it begins; the header is line 1.
    pub line: u64,
    /// Whether it fits its header. If not, its values stand as they came and nothing about them can be trusted.
    pub fits: bool,
    /// Its values under [`FileKind::columns`], empty where absent.
    pub values: Vec<String>,
    /// Its earliest time that can be read (of officers: when the camera was issued), UTC microseconds.
    pub from: Option<i64>,
    /// Its latest time that can be read, UTC microseconds.
    pub to: Option<i64>,
}

type Keep = Box<dyn Fn(&Block) -> Vec<KeptRow> + Send + Sync>;

/// Gives a file's rows, some at a time.
pub struct RowReader {
    source: Source,
    keep: Keep,
}

impl RowReader {
    /// Opens a file. Only calls may have another layout than the exchange files'.
    ///
    /// # Errors
    /// A sentence where the file cannot be used at all.
    pub fn open(kind: FileKind, file: &Path, options: &ReadOptions) -> Result<Self, ExchangeError> {
        let source = Source::open(&Input::from(file))?;
        let zone = options.timezone.as_deref().map(Zone::named).transpose()?;
        let clock = Clock { zone, zones: None };
        let keep = match kind {
            FileKind::Calls => keep_calls(&source, options, clock)?,
            FileKind::Recordings => keep_columns(&RECORDINGS, &[3, 4, 5, 7], &[3, 4, 5], &source, clock)?,
            FileKind::Officers => keep_columns(&OFFICERS, &[4, 6], &[6], &source, clock)?,
            FileKind::CameraAssignments => keep_columns(&ASSIGNMENTS, &[2, 3], &[2, 3], &source, clock)?,
            FileKind::Exceptions => keep_columns(&EXCEPTIONS, &[2, 3], &[2, 3], &source, clock)?,
            FileKind::DeviceEvents => keep_columns(&DEVICE_EVENTS, &[1], &[1], &source, clock)?,
        };
        Ok(Self { source, keep })
    }

    /// The next rows, in order; none at the end of the file.
    ///
    /// # Errors
    /// A sentence where the file cannot be read on.
    pub fn next_rows(&mut self) -> Result<Option<Vec<KeptRow>>, ExchangeError> {
        let Some(blocks) = self.source.next_round()? else { return Ok(None) };
        let rows: Vec<Vec<KeptRow>> = blocks.par_iter().map(|block| (self.keep)(block)).collect();
        Ok(Some(rows.into_iter().flatten().collect()))
    }
}

/// Keeps the rows of a file that has the columns of the contract. `times` are the places of the columns of times,
/// `span` those that tell when the row is about.
fn keep_columns<const N: usize>(
    columns: &'static [Column; N],
    times: &'static [usize],
    span: &'static [usize],
    source: &Source,
    clock: Clock,
) -> Result<Keep, ExchangeError> {
    let layout = Layout::find(columns, source, &mut Vec::new())?;
    Ok(Box::new(move |block| {
        let (mut records, mut fields, mut rows) = (block.records(), Vec::new(), Vec::new());
        let reader = clock.reader();
        let zone = clock.zone.as_ref().map(Zone::name);
        while let Some(line) = records.next(&mut fields) {
            let row = layout.row(&fields, &records, line);
            if row.misfit().is_some() {
                rows.push(unfit(line, &fields));
                continue;
            }
            let value = |at: usize| row.get(at).unwrap_or_default();
            let kept =
                |at| if times.contains(&at) { kept_text(value(at), zone) } else { value(at).to_owned() };
            let readings = span.iter().filter_map(|at| row.get(*at)).map(|text| reader.read(text));
            let (from, to) = reach(readings);
            rows.push(KeptRow { line, fits: true, values: (0..N).map(kept).collect(), from, to });
        }
        rows
    }))
}

fn unfit(line: u64, fields: &[Cow<'_, str>]) -> KeptRow {
    let values = fields.iter().map(ToString::to_string).collect();
    KeptRow { line, fits: false, values, from: None, to: None }
}

fn reach(readings: impl Iterator<Item = Reading>) -> (Option<i64>, Option<i64>) {
    let (mut from, mut to) = (None::<i64>, None::<i64>);
    for reading in readings {
        let (early, late) = match reading {
            Reading::At(at) => (at.0, at.0),
            Reading::Twice(early, late) => (early.0, late.0),
            Reading::Bad(_) => continue,
        };
        from = Some(from.map_or(early, |from| from.min(early)));
        to = Some(to.map_or(late, |to| to.max(late)));
    }
    (from, to)
}

fn keep_calls(source: &Source, options: &ReadOptions, clock: Clock) -> Result<Keep, ExchangeError> {
    let columns = options.layout.find(source, &mut Vec::new())?;
    let mapping = options.layout.mapping.as_ref();
    let zone = match (clock.zone, mapping.and_then(|mapping| mapping.timezone())) {
        (None, Some(name)) => Some(Zone::named(name)?),
        (zone, _) => zone,
    };
    let keeping = KeepingCalls {
        mapped: mapping.is_some(),
        columns,
        clock: options.layout.times(Clock { zone, zones: None }),
    };
    Ok(Box::new(move |block| keeping.block(block)))
}

struct KeepingCalls {
    /// Whether times are written in another way than in exchange files.
    mapped: bool,
    columns: CallColumns,
    clock: CallClock,
}

impl KeepingCalls {
    fn block(&self, block: &Block) -> Vec<KeptRow> {
        let (mut records, mut fields, mut rows) = (block.records(), Vec::new(), Vec::new());
        let reader = self.clock.reader();
        while let Some(line) = records.next(&mut fields) {
            if misfit_of_call(&self.columns, &fields, records.may_span_lines()).is_some() {
                rows.push(unfit(line, &fields));
            } else {
                self.row(line, &fields, &reader, &mut rows);
            }
        }
        rows
    }

    /// One row for each officer that the row names.
    fn row(&self, line: u64, fields: &[Cow<'_, str>], reader: &TimeReader<'_>, rows: &mut Vec<KeptRow>) {
        let value = |place: Option<usize>| place.and_then(|at| fields.get(at)).map_or("", |v| &**v);
        let columns = &self.columns;
        let times: Vec<_> = columns.times.iter().map(|place| self.time(*place, fields, reader)).collect();
        let (from, to) = reach(times.iter().filter_map(|(_, reading)| *reading));
        let mut officers: Vec<&str> = Vec::new();
        for officer in self.clock.officers(value(columns.officer_id)) {
            if !officers.contains(&officer) {
                officers.push(officer);
            }
        }
        if officers.is_empty() {
            officers.push("");
        }
        for officer in officers {
            let named =
                [columns.unit_id, columns.call_type, columns.priority, columns.district, columns.disposition];
            let mut values = vec![value(Some(columns.call_id)).to_owned(), officer.to_owned()];
            values.extend(named.map(|place| value(place).to_owned()));
            values.extend(times.iter().map(|(text, _)| text.clone()));
            rows.push(KeptRow { line, fits: true, values, from, to });
        }
    }

    fn time(
        &self,
        place: Option<TimePlace>,
        fields: &[Cow<'_, str>],
        reader: &TimeReader<'_>,
    ) -> (String, Option<Reading>) {
        match place.and_then(|place| self.clock.read(place, fields, reader)) {
            None => (String::new(), None),
            Some((reading, text)) if self.mapped => {
                (kept_reading(reading, &text, self.clock.zone()), Some(reading))
            }
            Some((reading, text)) => (kept_text(&text, self.clock.zone().map(Zone::name)), Some(reading)),
        }
    }
}
