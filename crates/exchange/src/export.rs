//! An export in memory, put together from kept rows: a part of a larger one. The engine of the audit runs over it as
//! over files; what only the whole export can tell comes in as [`Whole`], so that a part is decided as the whole
//! would be.

use std::sync::Arc;

use onrecord_audit::{CameraId, Evidence, OfficerId};
use onrecord_policy::{Micros, Moment, Policy};

use crate::clock::{Clock, Zone, Zones};
use crate::csv::push_field;
use crate::decide_calls::{RowNames, Sink, decide_calls};
use crate::error::ExchangeError;
use crate::gather::{Bytes, Inputs, Prepared, ReadOptions};
use crate::kind::FileKind;
use crate::outcomes::{Decided, OutcomeWriter};
use crate::people::{Gathered, read_assignments, read_device_events, read_exceptions, read_officers};
use crate::recordings::{RecordingIds, read_recordings};
use crate::source::Input;
use crate::table::Reject;

/// Kept rows, as files in memory.
#[derive(Debug, Default)]
pub struct Export {
    tables: [Option<Table>; FileKind::ALL.len()],
}

#[derive(Debug)]
struct Table {
    text: Vec<u8>,
    rows: u64,
}

impl Table {
    fn new(kind: FileKind) -> Self {
        let mut text = kind.columns().join(",").into_bytes();
        text.push(b'\n');
        Self { text, rows: 0 }
    }

    /// Ends a row and answers its line.
    fn end(&mut self) -> u64 {
        self.text.push(b'\n');
        self.rows += 1;
        self.rows + 1
    }
}

/// What only the whole export can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// From the first to the last frame of all accepted recordings; none where there are none.
    pub window: Option<(Moment, Moment)>,
    /// Whether any file tells who had which camera.
    pub assignments_known: bool,
    /// Whether device events tell of uploads, or would if their rows were not damaged.
    pub uploads_known: bool,
    /// Of the cameras in the part, at least those that were ever anybody's.
    pub held: Vec<String>,
}

/// An obligation as it was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct RowOutcome {
    /// Its line in the part's calls.
    pub line: u64,
    /// When the duty to record began.
    pub begin: Option<Moment>,
    /// When it ended.
    pub end: Option<Moment>,
    /// The outcome's word.
    pub outcome: &'static str,
    /// The reason's word, empty where the outcome needs none.
    pub reason: &'static str,
    /// What was measured; none where steps 1 to 4 or `within_tolerance` decided.
    pub measured: Option<Measured>,
}

/// What was measured in an obligation.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What is neither on record nor explained.
    pub defects: Vec<Lapse>,
    /// Microseconds on record.
    pub covered: Micros,
    /// Microseconds in defects.
    pub uncovered: Micros,
    /// Microseconds explained and not on record.
    pub excused: Micros,
    /// Whether the officer's grace period was running.
    pub in_grace: bool,
    /// The word of the status of notice.
    pub notice: &'static str,
    /// The officer's recordings that overlap the obligation, in the order of their file.
    pub recordings: Vec<String>,
    /// The rules that the outcome rests on.
    pub citation: String,
}

/// A defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// The word of its kind.
    pub kind: &'static str,
    /// Its first instant.
    pub from: Moment,
    /// The first instant after it.
    pub to: Moment,
}

/// An accepted recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub recording_id: String,
    /// Whose it is, by its row or by its camera.
    pub officer_id: String,
    /// Its first frame.
    pub started: Moment,
    /// When the officer switched on.
    pub activated: Moment,
    /// Its end; none while it was still running at export.
    pub stopped: Option<Moment>,
    /// What it does to the window of the recordings: the latest that its first frame, and the earliest that its last
    /// frame can be.
    pub window: (Moment, Moment),
}

impl Export {
    /// Notes that there is a file of this kind, though perhaps without rows.
    pub fn have(&mut self, kind: FileKind) {
        self.table(kind);
    }

    fn table(&mut self, kind: FileKind) -> Option<&mut Table> {
        self.tables.get_mut(kind.index()).map(|table| table.get_or_insert_with(|| Table::new(kind)))
    }

    /// Adds a row with its values under [`FileKind::columns`]; answers its line.
    pub fn add<'v>(&mut self, kind: FileKind, values: impl Iterator<Item = &'v str>) -> u64 {
        let Some(table) = self.table(kind) else { return 0 };
        for (at, value) in values.enumerate() {
            if at > 0 {
                table.text.push(b',');
            }
            // Every row has one line: what had several gets the separator of lines that is no line end in CSV.
            push_field(&mut table.text, &value.replace('\n', "\u{2028}"));
        }
        table.end()
    }

    /// Adds a row that does not fit its header.
    pub fn add_unfit(&mut self, kind: FileKind) {
        let width = kind.columns().len();
        if let Some(table) = self.table(kind) {
            table.text.extend_from_slice("?,".repeat(width).as_bytes());
            table.text.push(b'?');
            table.end();
        }
    }

    fn input(&self, kind: FileKind) -> Option<Input> {
        let table = self.tables.get(kind.index())?.as_ref()?;
        Some(Input::in_memory(kind.name(), &table.text))
    }

    fn input_or_empty(&self, kind: FileKind) -> Input {
        self.input(kind).unwrap_or_else(|| Input::in_memory(kind.name(), &Table::new(kind).text))
    }

    /// Reads officers and camera assignments: who had which camera.
    pub(crate) fn read_holders(
        &self,
        zones: &Arc<Zones>,
        gathered: &mut Gathered,
    ) -> Result<(), ExchangeError> {
        let clock = Clock { zone: None, zones: Some(Arc::clone(zones)) };
        let assignments = self.input(FileKind::CameraAssignments);
        let has_officers = self.tables.get(FileKind::Officers.index()).and_then(Option::as_ref);
        if has_officers.is_some_and(|table| table.rows > 0)
            && let Some(officers) = self.input(FileKind::Officers)
        {
            read_officers(&officers, &clock, assignments.is_none(), gathered)?;
        }
        if let Some(assignments) = assignments {
            read_assignments(&assignments, &clock, gathered)?;
        }
        Ok(())
    }

    /// The recordings that the audit accepts, of those in this part. The part must hold, for every recording in it,
    /// all rows with its id, and all assignments of its camera.
    ///
    /// # Errors
    /// Where the engine cannot read what was kept.
    pub fn accepted_recordings(&self, zones: &Arc<Zones>) -> Result<Vec<Standing>, ExchangeError> {
        let mut gathered = Gathered::default();
        self.read_holders(zones, &mut gathered)?;
        let clock = Clock { zone: None, zones: Some(Arc::clone(zones)) };
        let recordings = self.input_or_empty(FileKind::Recordings);
        let (ids, _) = read_recordings(&recordings, &clock, &mut gathered, |_| ())?;
        let columns = &gathered.parts.recordings;
        let standing = |at: usize| {
            let row = columns.get(at)?;
            let readings = row.readings.unwrap_or_default();
            let last = row.stopped.unwrap_or(row.started);
            Some(Standing {
                recording_id: ids.get(at as u32).to_owned(),
                officer_id: gathered.officers.text(row.officer.0).to_owned(),
                started: row.started,
                activated: row.activated,
                stopped: row.stopped,
                window: (
                    readings.started_latest.unwrap_or(row.started),
                    readings.stopped_earliest.unwrap_or(last),
                ),
            })
        };
        Ok((0..columns.len()).filter_map(standing).collect())
    }

    /// Decides every call of this part. For each of their officers the part must hold every row that names the officer
    /// or a camera that was ever the officer's, every row with the recording_id or officer_id of one of these where they
    /// contradict each other, and every spoilt row that names neither an officer nor a camera that was ever anybody's.
    ///
    /// # Errors
    /// Where the engine cannot read what was kept.
    pub fn decide(
        &self,
        whole: &Whole,
        policy: &Policy,
        zones: &Arc<Zones>,
    ) -> Result<Vec<RowOutcome>, ExchangeError> {
        let mut prepared = self.prepare(whole, policy, zones)?;
        let mut sink = Outcomes { policy, ids: std::mem::take(&mut prepared.ids), rows: Vec::new() };
        // A part has few officers, and perhaps none of them has a recording.
        let options = ReadOptions { ids_verified: true, ..ReadOptions::default() };
        let (inputs, mut unheard) = (Inputs::default(), |_, _| ());
        let mut bytes = Bytes::new(&inputs, &mut unheard);
        let calls = self.input_or_empty(FileKind::Calls);
        decide_calls(&calls, &options, policy, &Zone::utc(), &mut prepared, &mut sink, &mut bytes)?;
        Ok(sink.rows)
    }

    fn prepare(&self, whole: &Whole, policy: &Policy, zones: &Arc<Zones>) -> Result<Prepared, ExchangeError> {
        let clock = Clock { zone: None, zones: Some(Arc::clone(zones)) };
        let mut gathered = Gathered::default();
        self.read_holders(zones, &mut gathered)?;
        if let Some(exceptions) = self.input(FileKind::Exceptions) {
            read_exceptions(&exceptions, &clock, policy, &mut gathered)?;
        }
        if let Some(events) = self.input(FileKind::DeviceEvents) {
            read_device_events(&events, &clock, &mut gathered)?;
        }
        let recordings = self.input_or_empty(FileKind::Recordings);
        let (ids, _) = read_recordings(&recordings, &clock, &mut gathered, |_| ())?;
        let mut parts = std::mem::take(&mut gathered.parts);
        (parts.recordings_from, parts.recordings_to) = whole.window.unzip();
        parts.device_events_rejected |= whole.uploads_known;
        if whole.assignments_known {
            parts.assignments.get_or_insert_default();
        } else {
            parts.assignments = None;
        }
        // Nobody that any row names: whoever holds the cameras that are somebody's outside this part.
        let somebody = OfficerId(gathered.officers.number("\n"));
        let held = whole.held.iter().filter_map(|serial| gathered.cameras.find(serial));
        parts.rejected_pairs.extend(held.map(|camera| (somebody, CameraId(camera))));
        Ok(Prepared {
            evidence: Evidence::new(parts, policy),
            ids,
            roster: None,
            gathered,
            rejects: Vec::new(),
            short_buffers: Vec::new(),
            clock,
        })
    }
}

struct Outcomes<'a> {
    policy: &'a Policy,
    ids: RecordingIds,
    rows: Vec<RowOutcome>,
}

impl Sink for Outcomes<'_> {
    type Block = Vec<RowOutcome>;

    fn row(&self, block: &mut Vec<RowOutcome>, row: &Decided<'_>, _: &RowNames<'_>) {
        let writer = OutcomeWriter { policy: self.policy, ids: &self.ids };
        let (decision, work) = (row.decision, row.work);
        let lapse = |defect: &onrecord_audit::Defect| Lapse {
            kind: defect.kind.word(),
            from: defect.during.from,
            to: defect.during.to,
        };
        block.push(RowOutcome {
            line: row.line,
            begin: decision.begin,
            end: decision.end,
            outcome: decision.outcome.word(),
            reason: decision.outcome.reason(),
            measured: decision.measures.map(|measures| Measured {
                defects: work.defects().iter().map(lapse).collect(),
                covered: measures.covered,
                uncovered: measures.uncovered,
                excused: measures.excused,
                in_grace: measures.in_grace,
                notice: measures.notice.word(),
                recordings: writer.recording_ids(work).into_iter().map(str::to_owned).collect(),
                citation: writer.citations(row),
            }),
        });
    }

    fn take(&mut self, mut block: Vec<RowOutcome>, _: Vec<Reject>) -> Result<(), ExchangeError> {
        self.rows.append(&mut block);
        Ok(())
    }
}
