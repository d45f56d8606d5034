//! Reading everything but the calls: what the audit will look at.

use std::path::PathBuf;

use onrecord_audit::{CameraId, Evidence, OfficerId};
use onrecord_policy::{DAY, Moment, Policy};

use crate::clock::{Clock, Reading, Zone};
use crate::error::ExchangeError;
use crate::mapping::CallsLayout;
use crate::people::{Gathered, read_assignments, read_device_events, read_exceptions, read_officers};
use crate::recordings::{RecordingIds, read_recordings};
use crate::roster::Roster;
use crate::source::{Input, base_name, size_of};
use crate::table::Reject;

/// The files of an audit.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// One row for each officer and assignment.
    pub calls: PathBuf,
    /// One row for each recording.
    pub recordings: PathBuf,
    /// Who the officers are, when they were trained, which camera they were issued.
    pub officers: Option<PathBuf>,
    /// Who had which camera.
    pub camera_assignments: Option<PathBuf>,
    /// Why cameras were off.
    pub exceptions: Option<PathBuf>,
    /// What cameras and docks reported.
    pub device_events: Option<PathBuf>,
}

/// How the files are to be read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The zone of local times, an IANA name.
    pub timezone: Option<String>,
    /// From when on recordings were exported (a time as in the files).
    pub recordings_from: Option<String>,
    /// Until when recordings were exported.
    pub recordings_to: Option<String>,
    /// How the calls are laid out.
    pub layout: CallsLayout,
    /// The ids of calls and recordings are known to match.
    pub ids_verified: bool,
}

/// Told how far reading has come: bytes done, bytes in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// The bytes that an audit reads, and how many of them it has read.
pub(crate) struct Bytes<'a, 'p> {
    done: u64,
    all: u64,
    told: &'a mut Progress<'p>,
}

impl<'a, 'p> Bytes<'a, 'p> {
    pub fn new(inputs: &Inputs, told: &'a mut Progress<'p>) -> Self {
        Self { done: 0, all: size_of(&inputs.calls) + size_of(&inputs.recordings), told }
    }

    /// Compressed files have more bytes than their size says.
    pub fn add(&mut self, bytes: u64) {
        self.done += bytes;
        (self.told)(self.done.min(self.all), self.all);
    }
}

/// Everything that the files but the calls hold.
pub(crate) struct Prepared {
    pub evidence: Evidence,
    pub ids: RecordingIds,
    pub roster: Option<Roster>,
    /// Ids, counts and notes; its parts have gone into the evidence.
    pub gathered: Gathered,
    /// What could not be used, by the name of the file.
    pub rejects: Vec<(String, Vec<Reject>)>,
    /// Cameras with recordings: all, and those whose buffer is too short.
    pub short_buffers: Vec<(Option<CameraId>, u64, u64)>,
    /// What reads local times.
    pub clock: Clock,
}

/// Reads everything but the calls.
pub(crate) fn prepare(
    inputs: &Inputs,
    options: &ReadOptions,
    policy: &Policy,
    bytes: &mut Bytes<'_, '_>,
) -> Result<Prepared, ExchangeError> {
    let zone = options.timezone.as_deref().map(Zone::named).transpose()?;
    let clock = Clock { zone, zones: None };
    let mut gathered = Gathered::default();
    gathered.parts.recordings_from =
        asked_time(&clock, "--recordings-from", options.recordings_from.as_deref())?;
    gathered.parts.recordings_to = asked_time(&clock, "--recordings-to", options.recordings_to.as_deref())?;
    if let (Some(from), Some(to)) = (gathered.parts.recordings_from, gathered.parts.recordings_to)
        && to <= from
    {
        gathered.notes.push(format!(
            "--recordings-from {from} is not before --recordings-to {to}, so that no call lies between them."
        ));
    }
    let mut rejects = Vec::new();
    let mut keep = |file: &Input, found: Vec<Reject>| rejects.push((base_name(&file.name), found));
    if let Some(file) = &inputs.officers.as_ref().map(Input::from) {
        keep(file, read_officers(file, &clock, inputs.camera_assignments.is_none(), &mut gathered)?);
    }
    if let Some(file) = &inputs.camera_assignments.as_ref().map(Input::from) {
        keep(file, read_assignments(file, &clock, &mut gathered)?);
    }
    if let Some(file) = &inputs.exceptions.as_ref().map(Input::from) {
        keep(file, read_exceptions(file, &clock, policy, &mut gathered)?);
    }
    if let Some(file) = &inputs.device_events.as_ref().map(Input::from) {
        keep(file, read_device_events(file, &clock, &mut gathered)?);
    }
    let mut roster = None;
    if let Some(file) = &options.layout.roster.as_ref().map(Input::from) {
        let (read, found) = Roster::read(file, &clock, &mut gathered)?;
        keep(file, found);
        roster = Some(read);
    }
    let recordings = Input::from(&inputs.recordings);
    let (ids, found) = read_recordings(&recordings, &clock, &mut gathered, |n| bytes.add(n))?;
    keep(&recordings, found);
    note_stray_times(&mut gathered);
    let short_buffers = gathered.parts.recordings.short_buffers(policy.camera.pre_event_buffer);
    let parts = std::mem::take(&mut gathered.parts);
    let evidence = Evidence::new(parts, policy);
    Ok(Prepared { evidence, ids, roster, gathered, rejects, short_buffers, clock })
}

fn asked_time(clock: &Clock, flag: &str, text: Option<&str>) -> Result<Option<Moment>, ExchangeError> {
    let Some(text) = text else { return Ok(None) };
    match clock.read(text.trim()) {
        Reading::At(at) => Ok(Some(at)),
        Reading::Twice(..) => Err(ExchangeError::Asked(format!(
            "{flag} {text}: this local time occurred twice; write it with its offset, such as {text}-06:00."
        ))),
        Reading::Bad(why) => Err(ExchangeError::Asked(format!("{flag}: {}.", why.reason(text)))),
    }
}

/// Notes recordings that lie far before or after the rest: they stretch the window over which their absence
/// would mean something.
fn note_stray_times(gathered: &mut Gathered) {
    const FAR: i64 = 30 * DAY;
    let recordings = &gathered.parts.recordings;
    let mut started = recordings.started().to_vec();
    let few = started.len() / 100;
    if started.len() < 10 {
        return;
    }
    let file = gathered.files.last().map(|f| f.file.clone()).unwrap_or_default();
    let (early, late) = (few.max(1), started.len() - 1 - few.max(1));
    let early_rest = *started.select_nth_unstable(early).1;
    let late_rest = *started.select_nth_unstable(late).1;
    let before = started.iter().filter(|s| **s < early_rest - FAR).count();
    let after = started.iter().filter(|s| **s > late_rest + FAR).count();
    if before > 0 && gathered.parts.recordings_from.is_none() {
        gathered.notes.push(format!(
            "{file}: {before} recordings began more than 30 days before almost all others, the first at {}. They stretch \
             the window of the recordings; if the export begins later, give --recordings-from.",
            started.iter().min().copied().unwrap_or_default()
        ));
    }
    if after > 0 && gathered.parts.recordings_to.is_none() {
        gathered.notes.push(format!(
            "{file}: {after} recordings began more than 30 days after almost all others, the last at {}. They stretch \
             the window of the recordings; if the export ends earlier, give --recordings-to.",
            started.iter().max().copied().unwrap_or_default()
        ));
    }
}

/// Officers with obligations, or of the officers file, of whom no recording is.
pub(crate) fn without_recordings(prepared: &Prepared, obligations: &[u64]) -> Vec<(OfficerId, u64)> {
    let mut officers: Vec<OfficerId> = prepared.gathered.known_officers.clone();
    let with_obligations = obligations.iter().enumerate().filter(|(_, n)| **n > 0);
    officers.extend(with_obligations.map(|(officer, _)| OfficerId(officer as u32)));
    officers.sort_unstable();
    officers.dedup();
    let number = |o: OfficerId| obligations.get(o.0 as usize).copied().unwrap_or(0);
    let recordings = prepared.evidence.recordings();
    officers.into_iter().filter(|o| !recordings.any_of(*o)).map(|o| (o, number(o))).collect()
}
