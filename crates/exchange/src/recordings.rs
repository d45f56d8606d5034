//! Reading the recordings: the largest file beside the calls. Blocks are parsed side by side and taken over
//! in order; what only the whole file can tell (an id on rows of different content) is settled at its end.

use std::collections::{HashMap, HashSet};

use onrecord_audit::{
    AssignmentRow, CameraId, FileCounts, NoticeMark, OfficerId, Readings, RecordingColumns, RecordingRow,
    SpoiltRow, SpoiltSpan,
};
use onrecord_policy::{DAY, Moment};
use rayon::prelude::*;

use crate::clock::{Clock, Reading, TimeReader, readings_in_order};
use crate::error::ExchangeError;
use crate::names::{BlockName, BlockNames, NewNames, TakenOver};
use crate::people::Gathered;
use crate::source::{Block, Input, Source};
use crate::table::{Column, Layout, Reject, Row, RowTimes, What, number_of, optional, read_time, required};

pub(crate) const RECORDINGS: [Column; 8] = [
    required("recording_id"),
    optional("officer_id"),
    optional("camera_serial"),
    required("started_at"),
    optional("activated_at"),
    optional("stopped_at"),
    optional("notice"),
    optional("notice_at"),
];
const ID: usize = 0;
const OFFICER: usize = 1;
const CAMERA: usize = 2;
const STARTED: usize = 3;
const ACTIVATED: usize = 4;
const STOPPED: usize = 5;
const NOTICE: usize = 6;
const NOTICE_AT: usize = 7;

/// The ids of the accepted recordings, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct RecordingIds {
    text: String,
    ends: Vec<u64>,
}

impl RecordingIds {
    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len() as u64);
    }

    pub fn get(&self, order: u32) -> &str {
        let end = |at: usize| self.ends.get(at).map_or(0, |e| *e as usize);
        let from = (order as usize).checked_sub(1).map_or(0, end);
        self.text.get(from..end(order as usize)).unwrap_or_default()
    }

    fn append(&mut self, part: &Self) {
        let before = self.text.len() as u64;
        self.text.push_str(&part.text);
        self.ends.extend(part.ends.iter().map(|end| before + end));
    }

    fn retain(&self, keep: &[bool]) -> Self {
        let mut kept = Self::default();
        for (order, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            kept.push(self.get(order as u32));
        }
        kept
    }
}

/// A row as its block gives it.
struct ParsedRow {
    line: u64,
    /// Stands for the id; none where the row has none or does not fit its header.
    id: Option<u64>,
    content: u64,
    officer: Option<BlockName>,
    camera: Option<BlockName>,
    span: Option<SpoiltSpan>,
    /// Whether a value was bad though the row was accepted.
    damaged: bool,
    accepted: bool,
}

/// What a block holds.
#[derive(Default)]
struct ParsedBlock {
    rows: Vec<ParsedRow>,
    /// The accepted ones, their officers and cameras under the block's names.
    columns: RecordingColumns,
    ids: RecordingIds,
    rejects: Vec<Reject>,
    officers: NewNames,
    cameras: NewNames,
}

/// The accepted assignments of each camera.
struct ByCamera(HashMap<CameraId, Vec<AssignmentRow>>);

impl ByCamera {
    fn new(assignments: Option<&Vec<AssignmentRow>>) -> Self {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for row in assignments.into_iter().flatten() {
            if let Some(camera) = row.camera {
                all.entry(camera).or_default().push(*row);
            }
        }
        Self(all)
    }

    /// The one officer who had the camera at each of the instants.
    fn officer(&self, camera: CameraId, instants: &[Moment]) -> Option<OfficerId> {
        let rows = self.0.get(&camera)?;
        let mut found = None;
        for at in instants {
            let mut holders = rows.iter().filter(|r| r.during.contains(*at)).map(|r| r.officer);
            let first = holders.next()?;
            if holders.any(|other| other != first) || found.is_some_and(|f| f != first) {
                return None;
            }
            found = Some(first);
        }
        found
    }
}

/// Reads the recordings. Assignments must have been read before: they tell whose a recording without
/// officer_id is.
pub(crate) fn read_recordings(
    file: &Input,
    clock: &Clock,
    gathered: &mut Gathered,
    mut progress: impl FnMut(u64),
) -> Result<(RecordingIds, Vec<Reject>), ExchangeError> {
    let mut source = Source::open(file)?;
    let layout = Layout::find(&RECORDINGS, &source, &mut gathered.notes)?;
    let assigned = ByCamera::new(gathered.parts.assignments.as_ref());
    let mut taking = Taking {
        counts: FileCounts { kind: "recordings", file: source.base_name(), ..FileCounts::default() },
        ..Taking::default()
    };
    let parse = |blocks: Option<Vec<Block>>, gathered: &Gathered| -> Vec<ParsedBlock> {
        let parsing = Parsing { layout: &layout, clock, assigned: &assigned, gathered };
        blocks.into_par_iter().flatten().map(|block| parsing.block(&block)).collect()
    };
    let mut next_round = || -> Result<Option<Vec<Block>>, ExchangeError> {
        let round = source.next_round()?;
        progress(round.iter().flatten().map(|b| b.len() as u64).sum());
        Ok(round)
    };
    let mut parsed = parse(next_round()?, gathered);
    while !parsed.is_empty() {
        // While one round is taken over, the next is parsed.
        let next = next_round()?;
        let numbers: Vec<_> = parsed.iter().map(|block| block.take_over(gathered)).collect();
        let taken = &mut taking;
        ((), parsed) = rayon::join(
            move || parsed.into_iter().zip(numbers).for_each(|(block, numbers)| taken.take(block, &numbers)),
            || parse(next, gathered),
        );
        gathered.bear(file, &taking.rejects)?;
    }
    gathered.parts.spoilt.append(&mut taking.spoilt);
    gathered.parts.rejected_pairs.append(&mut taking.rejected_pairs);
    gathered.in_recordings.extend(taking.officers_of_rejected.drain(..));
    gathered.in_recordings.extend(taking.columns.officers());
    taking.settle_ids(gathered);
    taking.doubt_running(gathered);
    gathered.parts.recordings = taking.columns;
    gathered.files.push(taking.counts);
    Ok((taking.ids, taking.rejects))
}

/// What parsing a block needs.
struct Parsing<'a> {
    layout: &'a Layout<8>,
    clock: &'a Clock,
    assigned: &'a ByCamera,
    gathered: &'a Gathered,
}

impl Parsing<'_> {
    fn block(&self, block: &Block) -> ParsedBlock {
        let mut parsed = ParsedBlock::default();
        let mut officers = BlockNames::new(&self.gathered.officers);
        let mut cameras = BlockNames::new(&self.gathered.cameras);
        let (mut records, mut fields, times) = (block.records(), Vec::new(), self.clock.reader());
        while let Some(line) = records.next(&mut fields) {
            let row = self.layout.row(&fields, &records, line);
            let parsed_row = match row.misfit() {
                Some(problem) => {
                    parsed.rejects.push(Reject::row(line, "", problem));
                    ParsedRow::unreadable(line)
                }
                None => self.row(&row, &times, &mut parsed, &mut officers, &mut cameras),
            };
            parsed.rows.push(parsed_row);
        }
        (parsed.officers, parsed.cameras) = (officers.into_new(), cameras.into_new());
        parsed
    }

    fn row(
        &self,
        row: &Row<'_, '_, 8>,
        clock: &TimeReader<'_>,
        parsed: &mut ParsedBlock,
        officers: &mut BlockNames<'_>,
        cameras: &mut BlockNames<'_>,
    ) -> ParsedRow {
        let rejects = &mut parsed.rejects;
        let listed = rejects.len();
        if row.get(ID).is_none() {
            rejects.push(Reject::row(
                row.line,
                "recording_id",
                "recording_id is empty; every row must have it",
            ));
        }
        if row.get(STARTED).is_none() {
            rejects.push(Reject::row(row.line, "started_at", "started_at is empty; every row must have it"));
        }
        let started = read_time(row, STARTED, clock, What::Row, rejects);
        let activated = read_time(row, ACTIVATED, clock, What::Value, rejects);
        let stopped = read_time(row, STOPPED, clock, What::Value, rejects);
        let notice = read_notice(row, rejects);
        let notice_at = read_time(row, NOTICE_AT, clock, What::Value, rejects);
        let times = settle(row, started, activated, stopped, rejects);
        let camera = row.get(CAMERA).map(|serial| cameras.number(serial));
        let officer = row.get(OFFICER).map(|id| officers.number(id));
        let whose = match officer {
            Some(officer) => Some(officer),
            None => times
                .as_ref()
                .ok()
                .and_then(|times| self.attributed(row, times, rejects))
                .map(BlockName::known),
        };
        let new = rejects.get(listed..).unwrap_or_default();
        let rejected = new.iter().any(|r| r.what == What::Row);
        let damaged = !rejected && !new.is_empty();
        let accepted = match (row.get(ID), times, whose) {
            (Some(id), Ok(times), Some(whose)) if !rejected => {
                parsed.ids.push(id);
                parsed.columns.push(times.recording(whose, camera, notice, notice_at));
                true
            }
            _ => false,
        };
        ParsedRow {
            line: row.line,
            id: row.get(ID).map(|id| number_of(id.as_bytes(), 3)),
            content: row.content(),
            officer,
            camera,
            span: if accepted && !damaged { None } else { span(started, activated, stopped) },
            damaged,
            accepted,
        }
    }

    /// Whose a recording without officer_id is: that of the one officer who had the camera when it started.
    fn attributed(
        &self,
        row: &Row<'_, '_, 8>,
        times: &Times,
        rejects: &mut Vec<Reject>,
    ) -> Option<OfficerId> {
        let latest = times.readings.and_then(|r| r.started_latest).unwrap_or(times.started);
        let instants = [times.started, latest];
        let camera = row.get(CAMERA).and_then(|serial| self.gathered.cameras.find(serial)).map(CameraId);
        let officer = camera.and_then(|camera| self.assigned.officer(camera, &instants));
        if officer.is_none() {
            let reason = "officer_id is empty and the camera was not assigned to exactly one officer at started_at; \
                          fill officer_id, or mend the camera assignments";
            rejects.push(Reject::row(row.line, "officer_id", reason));
        }
        officer
    }
}

impl ParsedRow {
    /// A row of which nothing can be trusted.
    fn unreadable(line: u64) -> Self {
        Self {
            line,
            id: None,
            content: 0,
            officer: None,
            camera: None,
            span: None,
            damaged: false,
            accepted: false,
        }
    }
}

fn read_notice(row: &Row<'_, '_, 8>, rejects: &mut Vec<Reject>) -> NoticeMark {
    match row.get(NOTICE) {
        None => NoticeMark::Unreviewed,
        Some("given") => NoticeMark::Given,
        Some("none") => NoticeMark::None,
        Some(word) => {
            let word: String = word.chars().take(60).collect();
            rejects.push(Reject::value(
                row.line,
                "notice",
                format!("\"{word}\" is unknown; write given, none or nothing"),
            ));
            NoticeMark::Unreviewed
        }
    }
}

/// A recording's times, in order.
struct Times {
    started: Moment,
    activated: Moment,
    stopped: Option<Moment>,
    readings: Option<Readings>,
}

impl Times {
    fn recording(
        self,
        whose: BlockName,
        camera: Option<BlockName>,
        notice: NoticeMark,
        notice_at: Option<Reading>,
    ) -> RecordingRow {
        let (notice_at, notice_other) = match notice_at {
            Some(Reading::At(at)) => (Some(at), None),
            Some(Reading::Twice(early, late)) => (Some(early), Some(late)),
            None | Some(Reading::Bad(_)) => (None, None),
        };
        let mut readings = self.readings;
        if notice_other.is_some() {
            readings = Some(Readings { notice_other, ..readings.unwrap_or_default() });
        }
        RecordingRow {
            officer: OfficerId(whose.in_block()),
            camera: camera.map(|c| CameraId(c.in_block())),
            started: self.started,
            activated: self.activated,
            stopped: self.stopped,
            notice,
            notice_at,
            readings,
        }
    }
}

/// Puts a recording's times in order, or lists why they cannot be.
fn settle(
    row: &Row<'_, '_, 8>,
    started: Option<Reading>,
    activated: Option<Reading>,
    stopped: Option<Reading>,
    rejects: &mut Vec<Reject>,
) -> Result<Times, ()> {
    if matches!(started, None | Some(Reading::Bad(_))) {
        return Err(());
    }
    let choices = readings_in_order(&[started, activated, stopped]);
    let mut reject = |column, reason: &'static str| {
        rejects.push(Reject::row(row.line, column, reason));
        Err(())
    };
    let in_order: Vec<_> = choices.iter().filter(|c| c.iter().flatten().is_sorted()).collect();
    if in_order.is_empty() {
        return match choices.first() {
            Some([Some(started), Some(activated), _]) if started > activated => reject(
                "activated_at",
                "started_at is after activated_at; correct the camera's clock or the export",
            ),
            _ => reject(
                "stopped_at",
                "the recording stops before it begins; correct the camera's clock or the export",
            ),
        };
    }
    let short = |c: &&&[Option<Moment>; 3]| match **c {
        [Some(started), _, Some(stopped)] => *stopped - *started <= DAY,
        _ => true,
    };
    let fitting: Vec<_> = in_order.iter().filter(short).collect();
    match fitting.as_slice() {
        [] => reject("stopped_at", "the recording is longer than 24 hours; correct its times"),
        [[Some(started), activated, stopped]] => Ok(Times {
            started: *started,
            activated: activated.unwrap_or(*started),
            stopped: *stopped,
            readings: None,
        }),
        several => union(several).ok_or(()),
    }
}

/// What several readings of a recording's times cover together.
fn union(choices: &[&&[Option<Moment>; 3]]) -> Option<Times> {
    let started = || choices.iter().filter_map(|c| c[0]);
    let activated = || choices.iter().filter_map(|c| c[1].or(c[0]));
    let stopped = || choices.iter().filter_map(|c| c[2]);
    let buffers = choices.iter().filter_map(|c| Some(c[1].or(c[0])? - c[0]?));
    let readings = Readings {
        started_latest: started().max(),
        stopped_earliest: stopped().min().or_else(|| started().min()),
        buffer_longest: buffers.max(),
        notice_other: None,
    };
    Some(Times {
        started: started().min()?,
        activated: activated().min()?,
        stopped: stopped().max(),
        readings: Some(readings),
    })
}

/// What a spoilt row of recordings is about; none where its times are incomplete or out of order.
fn span(
    started: Option<Reading>,
    activated: Option<Reading>,
    stopped: Option<Reading>,
) -> Option<SpoiltSpan> {
    started?;
    let mut times = RowTimes::default();
    [started, activated, stopped].into_iter().for_each(|t| times.add(t));
    let (from, to) = times.span()?;
    let in_order =
        readings_in_order(&[started, activated, stopped]).iter().any(|c| c.iter().flatten().is_sorted());
    in_order.then_some(SpoiltSpan { from, to: stopped.map(|_| to) })
}

/// Taking the rows over, in the order of the file.
#[derive(Default)]
struct Taking {
    columns: RecordingColumns,
    ids: RecordingIds,
    rejects: Vec<Reject>,
    counts: FileCounts,
    /// Id, content and line of every row that has an id, and its place among the accepted.
    rows: Vec<(u64, u32)>,
    contents: Vec<u64>,
    lines: Vec<u64>,
    accepted: Vec<u32>,
    rejected_without_id: HashSet<u64>,
    spoilt: Vec<SpoiltRow>,
    rejected_pairs: Vec<(OfficerId, CameraId)>,
    officers_of_rejected: Vec<OfficerId>,
}

impl ParsedBlock {
    /// What the block's officers and cameras are called in the whole file.
    fn take_over(&self, gathered: &mut Gathered) -> [TakenOver; 2] {
        [self.officers.take_over(&mut gathered.officers), self.cameras.take_over(&mut gathered.cameras)]
    }
}

const NOT_ACCEPTED: u32 = u32::MAX;

impl Taking {
    fn take(&mut self, mut block: ParsedBlock, [officers, cameras]: &[TakenOver; 2]) {
        let mut next = self.columns.len() as u32;
        self.columns.append(&block.columns, |o| officers.number_in_block(o), |c| cameras.number_in_block(c));
        self.ids.append(&block.ids);
        for row in &block.rows {
            self.counts.read += 1;
            let spoilt = SpoiltRow {
                officer: row.officer.map(|o| OfficerId(officers.number(o))),
                camera: row.camera.map(|c| CameraId(cameras.number(c))),
                span: row.span,
            };
            if row.damaged {
                self.spoilt.push(spoilt);
            }
            let place = if row.accepted {
                self.counts.accepted += 1;
                next += 1;
                next - 1
            } else if row.id.is_none() && row.content != 0 && !self.rejected_without_id.insert(row.content) {
                self.counts.duplicate += 1;
                block.rejects.retain(|r| r.line != row.line);
                continue;
            } else {
                self.counts.rejected += 1;
                self.spoilt.push(spoilt);
                self.rejected_pairs.extend(spoilt.officer.zip(spoilt.camera));
                self.officers_of_rejected.extend(spoilt.officer);
                NOT_ACCEPTED
            };
            if let Some(id) = row.id {
                self.rows.push((id, self.contents.len() as u32));
                self.contents.push(row.content);
                self.lines.push(row.line);
                self.accepted.push(place);
            }
        }
        self.rejects.append(&mut block.rejects);
    }

    /// Drops exact duplicates, and rejects all rows of an id that stands on rows of different content.
    fn settle_ids(&mut self, gathered: &mut Gathered) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.par_sort_unstable();
        let mut keep: Option<Vec<bool>> = None;
        let mut dropped_lines: HashSet<u64> = HashSet::new();
        for group in rows.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
            let mut contents = HashSet::new();
            let (first, again): (Vec<u32>, Vec<u32>) = group
                .iter()
                .map(|(_, row)| *row)
                .partition(|row| contents.insert(self.contents.get(*row as usize).copied()));
            let keep = keep.get_or_insert_with(|| vec![true; self.columns.len()]);
            for row in again {
                self.counts.duplicate += 1;
                dropped_lines.extend(self.lines.get(row as usize));
                if unkeep(keep, self.place(row)) {
                    self.counts.accepted -= 1;
                } else {
                    self.counts.rejected -= 1;
                }
            }
            if first.len() > 1 {
                first.iter().for_each(|row| self.reject_conflicting(*row, keep, gathered));
            }
        }
        self.rejects.retain(|r| !dropped_lines.contains(&r.line));
        self.rejects.sort_by_key(|r| r.line);
        if let Some(keep) = keep {
            self.ids = self.ids.retain(&keep);
            self.columns.retain(&keep);
        }
        (self.contents, self.lines, self.accepted) = (Vec::new(), Vec::new(), Vec::new());
    }

    fn place(&self, row: u32) -> u32 {
        self.accepted.get(row as usize).copied().unwrap_or(NOT_ACCEPTED)
    }

    fn reject_conflicting(&mut self, row: u32, keep: &mut [bool], gathered: &mut Gathered) {
        let place = self.place(row);
        if unkeep(keep, place) {
            self.counts.accepted -= 1;
            self.counts.rejected += 1;
            if let Some(recording) = self.columns.get(place as usize) {
                let officer = Some(recording.officer);
                let span = Some(SpoiltSpan { from: recording.started, to: recording.stopped });
                gathered.parts.spoilt.push(SpoiltRow { officer, camera: recording.camera, span });
                gathered.parts.rejected_pairs.extend(officer.zip(recording.camera));
            }
        }
        let line = self.lines.get(row as usize).copied().unwrap_or(0);
        let id = self.ids.get(place);
        let id = if id.is_empty() { String::new() } else { format!("\"{id}\" ") };
        let reason =
            format!("the recording_id {id}stands on rows of different content; none of them is used");
        self.rejects.push(Reject::row(line, "recording_id", reason));
    }

    /// A recording that was still running at export may hold what seems to lack.
    fn doubt_running(&self, gathered: &mut Gathered) {
        for recording in self.columns.running() {
            let span = Some(SpoiltSpan { from: recording.started, to: None });
            let officer = Some(recording.officer);
            gathered.parts.spoilt.push(SpoiltRow { officer, camera: recording.camera, span });
        }
    }
}

/// Takes an accepted row out again; answers whether it was accepted.
fn unkeep(keep: &mut [bool], place: u32) -> bool {
    keep.get_mut(place as usize).is_some_and(|k| std::mem::replace(k, false))
}
