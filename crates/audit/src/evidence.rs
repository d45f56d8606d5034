//! What the files show, indexed for deciding: recordings, who had which camera, exceptions, outages,
//! uploads, and the rows whose damage casts doubt.

use std::collections::{BTreeSet, HashMap};

use onrecord_policy::{DAY, Micros, Moment, Policy};

use crate::interval::{Interval, Intervals};
use crate::recordings::{CameraId, OfficerId, RecordingColumns, Recordings};

/// An officer had a camera (with or without a known serial) during `during`.
#[derive(Clone, Copy, Debug)]
pub struct AssignmentRow {
    /// Who had it.
    pub officer: OfficerId,
    /// Its serial, where known.
    pub camera: Option<CameraId>,
    /// From issue to return; to [`Moment::MAX`] where it is still issued.
    pub during: Interval,
}

/// A reason recognised by the policy why the officer's camera was off.
#[derive(Clone, Debug)]
pub struct ExceptionRow {
    /// Whose exception it is.
    pub officer: OfficerId,
    /// The call it is about; none where it holds for any call.
    pub call: Option<Box<str>>,
    /// When it held.
    pub during: Interval,
    /// The place of its rule in [`Policy::exceptions`].
    pub rule: usize,
    /// Whether somebody has approved it.
    pub approved: bool,
}

/// What a camera or its dock reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    /// Switched on.
    PowerOn,
    /// Switched off.
    PowerOff,
    /// The battery ran out.
    BatteryDepleted,
    /// The storage was full.
    StorageFull,
    /// It stopped working.
    Fault,
    /// It works again.
    FaultCleared,
    /// Set into its dock.
    Docked,
    /// Everything on it has been taken over.
    Uploaded,
}

impl DeviceEvent {
    /// Every event with its word in the exchange files.
    pub const WORDS: [(&'static str, Self); 8] = [
        ("power_on", Self::PowerOn),
        ("power_off", Self::PowerOff),
        ("battery_depleted", Self::BatteryDepleted),
        ("storage_full", Self::StorageFull),
        ("fault", Self::Fault),
        ("fault_cleared", Self::FaultCleared),
        ("docked", Self::Docked),
        ("uploaded", Self::Uploaded),
    ];

    /// Whether an outage that began with `self` ends with `next`.
    fn ends_with(self, next: Self) -> bool {
        match self {
            Self::BatteryDepleted => matches!(next, Self::PowerOn | Self::Docked),
            Self::StorageFull => matches!(next, Self::Docked | Self::Uploaded),
            Self::Fault => matches!(next, Self::FaultCleared | Self::Docked),
            _ => false,
        }
    }
}

/// One accepted row of device events.
#[derive(Clone, Copy, Debug)]
pub struct DeviceEventRow {
    /// Which camera.
    pub camera: CameraId,
    /// When.
    pub at: Moment,
    /// What.
    pub event: DeviceEvent,
}

/// A row that was rejected, or accepted with damage, and could have shown a recording or an excuse.
#[derive(Clone, Copy, Debug)]
pub struct SpoiltRow {
    /// The officer that it names.
    pub officer: Option<OfficerId>,
    /// The camera that it names.
    pub camera: Option<CameraId>,
    /// The time that it is about; none where that cannot be told, so that it may be any time.
    pub span: Option<SpoiltSpan>,
}

/// The time that a spoilt row is about.
#[derive(Clone, Copy, Debug)]
pub struct SpoiltSpan {
    /// Its earliest time.
    pub from: Moment,
    /// Its latest time; none where it reaches to the end of the recordings' window.
    pub to: Option<Moment>,
}

/// Everything the files show, before it is indexed.
#[derive(Debug, Default)]
pub struct EvidenceParts {
    /// The accepted recordings.
    pub recordings: RecordingColumns,
    /// The accepted camera assignments; none where no file tells who had which camera.
    pub assignments: Option<Vec<AssignmentRow>>,
    /// The accepted exceptions, in the order of the file.
    pub exceptions: Vec<ExceptionRow>,
    /// The accepted device events, in the order of the file.
    pub device_events: Vec<DeviceEventRow>,
    /// Whether any row of the device events was rejected.
    pub device_events_rejected: bool,
    /// When officers were trained.
    pub trained: HashMap<OfficerId, Moment>,
    /// Rows that cast doubt.
    pub spoilt: Vec<SpoiltRow>,
    /// Officers and cameras that stand together on rejected recordings.
    pub rejected_pairs: Vec<(OfficerId, CameraId)>,
    /// What `--recordings-from` says.
    pub recordings_from: Option<Moment>,
    /// What `--recordings-to` says.
    pub recordings_to: Option<Moment>,
}

/// When spoilt rows could matter.
#[derive(Debug, Default)]
struct Doubt {
    any_time: bool,
    spans: Intervals,
}

impl Doubt {
    fn meets(&self, window: Interval) -> bool {
        self.any_time || self.spans.overlaps(window)
    }

    fn add(&mut self, span: Option<Interval>) {
        match span {
            Some(span) => self.spans.add(span),
            None => self.any_time = true,
        }
    }
}

/// One officer's part of the evidence.
#[derive(Debug, Default)]
pub(crate) struct OfficerEvidence {
    /// By start.
    pub assignments: Vec<AssignmentRow>,
    pub exceptions: Exceptions,
    /// Outages of every camera that was ever the officer's.
    pub outages: Intervals,
    pub trained: Option<Moment>,
    /// Every camera that was ever the officer's, each once.
    pub cameras: Vec<CameraId>,
    /// Of these, the cameras on the officer's recordings, accepted or rejected.
    pub recorded_by: Vec<CameraId>,
    doubt: Doubt,
}

/// One officer's exceptions, each with its place in the file: those that hold for any call, and those of one.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    for_any: ByStart,
    for_one: HashMap<Box<str>, ByStart>,
}

impl Exceptions {
    fn add(&mut self, order: u32, row: ExceptionRow) {
        let rows = match &row.call {
            None => &mut self.for_any,
            Some(call) => self.for_one.entry(call.clone()).or_default(),
        };
        rows.rows.push((order, row));
    }

    fn close(&mut self) {
        self.for_any.close();
        self.for_one.values_mut().for_each(ByStart::close);
    }

    /// Those that hold for `call` and share an instant with `window`, each with its place in the file.
    pub fn holding<'a>(
        &'a self,
        call: &str,
        window: Interval,
    ) -> impl Iterator<Item = (u32, &'a ExceptionRow)> + 'a {
        let of_call = if self.for_one.is_empty() { None } else { self.for_one.get(call) };
        self.for_any.meeting(window).chain(of_call.into_iter().flat_map(move |rows| rows.meeting(window)))
    }
}

/// Exceptions by start.
#[derive(Debug, Default)]
struct ByStart {
    rows: Vec<(u32, ExceptionRow)>,
    /// The latest end of this row and all before it.
    ends: Vec<Moment>,
}

impl ByStart {
    fn close(&mut self) {
        self.rows.sort_by_key(|(_, row)| row.during.from);
        let mut latest = Moment::MIN;
        let ends = self.rows.iter().map(|(_, row)| {
            latest = latest.max(row.during.to);
            latest
        });
        self.ends = ends.collect();
    }

    fn meeting(&self, window: Interval) -> impl Iterator<Item = (u32, &ExceptionRow)> {
        let first = self.ends.partition_point(|end| *end <= window.from);
        self.rows
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(_, row)| row.during.from < window.to)
            .filter(move |(_, row)| row.during.overlaps(window))
            .map(|(order, row)| (*order, row))
    }
}

#[derive(Debug, Default)]
struct CameraEvidence {
    outages: Intervals,
    last_upload: Option<Moment>,
    doubt: Doubt,
}

/// Everything the files show, indexed. Made once; deciding reads it from any number of threads.
#[derive(Debug)]
pub struct Evidence {
    recordings: Recordings,
    /// What the recordings' window is: none where there is neither a recording nor a given window.
    window: Option<Interval>,
    assignments_known: bool,
    uploads_known: bool,
    officers: Vec<OfficerEvidence>,
    cameras: Vec<CameraEvidence>,
    about_anybody: Doubt,
    nothing: OfficerEvidence,
}

impl Evidence {
    /// Indexes what the files show. Outages, running recordings and doubt last as long as `policy` says.
    pub fn new(parts: EvidenceParts, policy: &Policy) -> Self {
        let window = window(&parts);
        let end = window.map_or(Moment::MAX, |w| w.to);
        let uploads_known = parts.device_events_rejected
            || parts.device_events.iter().any(|row| row.event == DeviceEvent::Uploaded);
        let mut evidence = Self {
            recordings: Recordings::new(parts.recordings, policy.camera.longest_recording, end),
            window,
            assignments_known: parts.assignments.is_some(),
            uploads_known,
            officers: Vec::new(),
            cameras: Vec::new(),
            about_anybody: Doubt::default(),
            nothing: OfficerEvidence::default(),
        };
        evidence.add_assignments(parts.assignments.unwrap_or_default());
        for (order, row) in parts.exceptions.into_iter().enumerate() {
            evidence.officer_mut(row.officer).exceptions.add(order as u32, row);
        }
        evidence.officers.iter_mut().for_each(|o| o.exceptions.close());
        for (officer, at) in parts.trained {
            evidence.officer_mut(officer).trained = Some(at);
        }
        evidence.add_device_events(parts.device_events, policy.camera.outage_limit);
        evidence.add_cameras_of_recordings(&parts.rejected_pairs);
        let reach = DAY.max(policy.camera.outage_limit).max(policy.camera.longest_recording);
        evidence.add_doubt(parts.spoilt, end, reach);
        evidence
    }

    fn officer_mut(&mut self, officer: OfficerId) -> &mut OfficerEvidence {
        slot(&mut self.officers, officer.0)
    }

    fn camera_mut(&mut self, camera: CameraId) -> &mut CameraEvidence {
        slot(&mut self.cameras, camera.0)
    }

    fn add_assignments(&mut self, rows: Vec<AssignmentRow>) {
        for row in rows {
            let officer = self.officer_mut(row.officer);
            officer.assignments.push(row);
            officer.cameras.extend(row.camera);
        }
        self.officers.iter_mut().for_each(|o| o.assignments.sort_by_key(|a| a.during.from));
    }

    fn add_device_events(&mut self, mut rows: Vec<DeviceEventRow>, limit: Micros) {
        rows.sort_by_key(|row| (row.camera, row.at)); // stable: events of one instant keep the order of the file
        for events in rows.chunk_by(|a, b| a.camera == b.camera) {
            let Some(camera) = events.first().map(|e| e.camera) else {
                continue;
            };
            let camera = self.camera_mut(camera);
            camera.outages = outages(events, limit).into_iter().collect();
            camera.last_upload =
                events.iter().filter(|e| e.event == DeviceEvent::Uploaded).map(|e| e.at).max();
        }
    }

    fn add_cameras_of_recordings(&mut self, rejected: &[(OfficerId, CameraId)]) {
        let recordings = std::mem::take(&mut self.recordings);
        for officer in (0..recordings.officer_count()).map(OfficerId) {
            let evidence = self.officer_mut(officer);
            let mut last = None;
            for camera in recordings.cameras_of(officer) {
                if last != Some(camera) {
                    evidence.recorded_by.push(camera);
                    last = Some(camera);
                }
            }
        }
        for (officer, camera) in rejected {
            self.officer_mut(*officer).recorded_by.push(*camera);
        }
        for officer in &mut self.officers {
            officer.recorded_by.sort_unstable();
            officer.recorded_by.dedup();
            officer.cameras.extend_from_slice(&officer.recorded_by);
            officer.cameras.sort_unstable();
            officer.cameras.dedup();
            let cameras = officer.cameras.iter().filter_map(|c| self.cameras.get(c.0 as usize));
            officer.outages = cameras.flat_map(|c| c.outages.as_slice().iter().copied()).collect();
        }
        self.recordings = recordings;
    }

    fn add_doubt(&mut self, rows: Vec<SpoiltRow>, end: Moment, reach: Micros) {
        let somebodys: BTreeSet<CameraId> =
            self.officers.iter().flat_map(|o| o.cameras.iter().copied()).collect();
        for row in rows {
            let span = row.span.map(|s| {
                let to = s.to.unwrap_or(end).max(s.from);
                Interval::new(s.from, to).widen(reach)
            });
            if let Some(officer) = row.officer {
                self.officer_mut(officer).doubt.add(span);
            }
            match row.camera.filter(|c| somebodys.contains(c)) {
                Some(camera) => self.camera_mut(camera).doubt.add(span),
                None if row.officer.is_none() => self.about_anybody.add(span),
                None => {}
            }
        }
    }

    /// The recordings, by officer.
    pub fn recordings(&self) -> &Recordings {
        &self.recordings
    }

    /// The window that the recordings cover.
    pub fn window(&self) -> Option<Interval> {
        self.window
    }

    /// Whether the files tell who had which camera.
    pub fn assignments_known(&self) -> bool {
        self.assignments_known
    }

    /// Whether the files tell when cameras were uploaded, or would if their rows were not damaged.
    pub(crate) fn uploads_known(&self) -> bool {
        self.uploads_known
    }

    pub(crate) fn of(&self, officer: OfficerId) -> &OfficerEvidence {
        self.officers.get(officer.0 as usize).unwrap_or(&self.nothing)
    }

    pub(crate) fn outages(&self, camera: CameraId) -> Option<&Intervals> {
        self.cameras.get(camera.0 as usize).map(|c| &c.outages)
    }

    pub(crate) fn last_upload(&self, camera: CameraId) -> Option<Moment> {
        self.cameras.get(camera.0 as usize)?.last_upload
    }

    /// Whether a spoilt row could concern the officer and `window`: step 9, `rejected_evidence`.
    pub(crate) fn spoilt_rows_could_concern(&self, officer: OfficerId, window: Interval) -> bool {
        let own = self.of(officer);
        self.about_anybody.meets(window)
            || own.doubt.meets(window)
            || own
                .cameras
                .iter()
                .filter_map(|c| self.cameras.get(c.0 as usize))
                .any(|camera| camera.doubt.meets(window))
    }
}

fn slot<T: Default>(all: &mut Vec<T>, at: u32) -> &mut T {
    let at = at as usize;
    if all.len() <= at {
        all.resize_with(at + 1, T::default);
    }
    &mut all[at]
}

/// `[--recordings-from, --recordings-to)`, by default from the first to the last frame (step 4).
fn window(parts: &EvidenceParts) -> Option<Interval> {
    let span = parts.recordings.span();
    let from = parts.recordings_from.or(span.map(|s| s.from))?;
    let to = parts.recordings_to.or(span.map(|s| s.to))?;
    Some(Interval::new(from, to))
}

/// The outages that one camera's events show, in order, each no longer than `limit` microseconds (step 5).
fn outages(events: &[DeviceEventRow], limit: Micros) -> Vec<Interval> {
    const STARTS: [DeviceEvent; 3] =
        [DeviceEvent::BatteryDepleted, DeviceEvent::StorageFull, DeviceEvent::Fault];
    let mut next_end = [Moment::MAX; 3];
    let mut found = Vec::new();
    for row in events.iter().rev() {
        for (start, end) in STARTS.iter().zip(&mut next_end) {
            if *start == row.event {
                found.push(Interval::new(row.at, (*end).min(row.at + limit)));
            } else if start.ends_with(row.event) {
                *end = row.at;
            }
        }
    }
    found.reverse();
    found
}
