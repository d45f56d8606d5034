//! All accepted recordings, laid out so that one officer's are found at once and a year of a large
//! department fits in memory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use onrecord_policy::{Micros, Moment};
use rayon::prelude::*;

use crate::interval::Interval;

/// An officer: a number that stands for the id in the files, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OfficerId(pub u32);

/// A camera: a number that stands for the serial in the files, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CameraId(pub u32);

/// What a reviewer wrote about the notice given in a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeMark {
    /// Nobody has reviewed it.
    #[default]
    Unreviewed,
    /// Notice was given.
    Given,
    /// No notice was given.
    None,
}

/// One accepted recording, its officer known.
#[derive(Clone, Copy, Debug)]
pub struct RecordingRow {
    /// Whose it is.
    pub officer: OfficerId,
    /// Which camera made it, where the row says so.
    pub camera: Option<CameraId>,
    /// The first frame, pre-event buffer included.
    pub started: Moment,
    /// When the officer activated the camera.
    pub activated: Moment,
    /// When it stopped; none while it was still running at export.
    pub stopped: Option<Moment>,
    /// What a reviewer wrote about notice.
    pub notice: NoticeMark,
    /// When notice was given.
    pub notice_at: Option<Moment>,
    /// Local times that occurred twice and that the row does not settle.
    pub readings: Option<Readings>,
}

/// What else a recording's times may mean, where the clocks were set back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings {
    /// The latest that its first frame can be.
    pub started_latest: Option<Moment>,
    /// The earliest that its last frame can be.
    pub stopped_earliest: Option<Moment>,
    /// The shortest time in microseconds from the first frame to the activation.
    pub buffer_longest: Option<Micros>,
    /// The other reading of the time of notice.
    pub notice_other: Option<Moment>,
}

/// Accepted recordings in the order of their file, before they are sorted.
#[derive(Debug, Default)]
pub struct RecordingColumns {
    officer: Vec<u32>,
    camera: Vec<u32>,
    started: Vec<Moment>,
    activated: Vec<Moment>,
    stopped: Vec<Moment>,
    notice: Vec<NoticeMark>,
    notice_at: Vec<Moment>,
    readings: HashMap<u32, Readings>,
}

const NO_CAMERA: u32 = u32::MAX;
/// Stands for "still running" until the end of the window is known.
const RUNNING: Moment = Moment::MAX;
const NO_TIME: Moment = Moment::MIN;

impl RecordingColumns {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.officer.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.officer.is_empty()
    }

    /// Adds the next recording of the file.
    pub fn push(&mut self, row: RecordingRow) {
        if let Some(readings) = row.readings {
            self.readings.insert(self.officer.len() as u32, readings);
        }
        self.officer.push(row.officer.0);
        self.camera.push(row.camera.map_or(NO_CAMERA, |c| c.0));
        self.started.push(row.started);
        self.activated.push(row.activated);
        self.stopped.push(row.stopped.unwrap_or(RUNNING));
        self.notice.push(row.notice);
        self.notice_at.push(row.notice_at.unwrap_or(NO_TIME));
    }

    /// Adds those of the next part of the file; `officer` and `camera` tell what its numbers are called here.
    pub fn append(&mut self, part: &Self, officer: impl Fn(u32) -> u32, camera: impl Fn(u32) -> u32) {
        let before = self.len() as u32;
        self.readings.extend(part.readings.iter().map(|(row, readings)| (row + before, *readings)));
        self.officer.extend(part.officer.iter().map(|o| officer(*o)));
        self.camera.extend(part.camera.iter().map(|c| if *c == NO_CAMERA { NO_CAMERA } else { camera(*c) }));
        self.started.extend_from_slice(&part.started);
        self.activated.extend_from_slice(&part.activated);
        self.stopped.extend_from_slice(&part.stopped);
        self.notice.extend_from_slice(&part.notice);
        self.notice_at.extend_from_slice(&part.notice_at);
    }

    /// One of the recordings, by its place in the file.
    pub fn get(&self, at: usize) -> Option<RecordingRow> {
        Some(RecordingRow {
            officer: OfficerId(*self.officer.get(at)?),
            camera: Some(*self.camera.get(at)?).filter(|c| *c != NO_CAMERA).map(CameraId),
            started: *self.started.get(at)?,
            activated: *self.activated.get(at)?,
            stopped: Some(*self.stopped.get(at)?).filter(|s| *s != RUNNING),
            notice: *self.notice.get(at)?,
            notice_at: Some(*self.notice_at.get(at)?).filter(|t| *t != NO_TIME),
            readings: self.readings.get(&(at as u32)).copied(),
        })
    }

    /// Whose they are, each officer once.
    pub fn officers(&self) -> impl Iterator<Item = OfficerId> + '_ {
        let mut seen = vec![false; self.officer.iter().max().map_or(0, |o| *o as usize + 1)];
        for officer in &self.officer {
            if let Some(seen) = seen.get_mut(*officer as usize) {
                *seen = true;
            }
        }
        seen.into_iter().enumerate().filter(|(_, seen)| *seen).map(|(officer, _)| OfficerId(officer as u32))
    }

    /// Those that were still running at export.
    pub fn running(&self) -> impl Iterator<Item = RecordingRow> + '_ {
        let running = self.stopped.iter().enumerate().filter(|(_, s)| **s == RUNNING);
        running.filter_map(|(at, _)| self.get(at))
    }

    /// Keeps those for which `keep` says so, by their place in the file.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut kept = Self::default();
        for (at, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
            if let Some(row) = self.get(at) {
                kept.push(row);
            }
        }
        *self = kept;
    }

    /// From the earliest first frame to the latest last frame (first frame of a running one); none
    /// where there are no recordings. Times that are in doubt count at their narrowest.
    pub fn span(&self) -> Option<Interval> {
        let readings = |row: usize| self.readings.get(&(row as u32));
        let from = self
            .started
            .iter()
            .enumerate()
            .map(|(row, s)| readings(row).and_then(|r| r.started_latest).unwrap_or(*s));
        let to = self.stopped.iter().zip(&self.started).enumerate().map(|(row, (stopped, started))| {
            let last = if *stopped == RUNNING { *started } else { *stopped };
            readings(row).and_then(|r| r.stopped_earliest).unwrap_or(last)
        });
        Some(Interval::new(from.min()?, to.max()?))
    }

    /// Every first frame, in the order of the file.
    pub fn started(&self) -> &[Moment] {
        &self.started
    }

    /// Counts per camera: all recordings, and those whose pre-event buffer is shorter than `buffer`
    /// microseconds. Recordings without a serial stand under `None`.
    pub fn short_buffers(&self, buffer: Micros) -> Vec<(Option<CameraId>, u64, u64)> {
        let cameras = self.camera.iter().filter(|c| **c != NO_CAMERA).max().map_or(0, |c| *c as usize + 1);
        let mut counts = vec![(0u64, 0u64); cameras + 1];
        for (row, camera) in self.camera.iter().enumerate() {
            let (Some(started), Some(activated)) = (self.started.get(row), self.activated.get(row)) else {
                continue;
            };
            let kept = self
                .readings
                .get(&(row as u32))
                .and_then(|r| r.buffer_longest)
                .unwrap_or(*activated - *started);
            if let Some(count) = counts.get_mut((*camera as usize).min(cameras)) {
                count.0 += 1;
                count.1 += u64::from(kept < buffer);
            }
        }
        let named = |at: usize| (at < cameras).then_some(CameraId(at as u32));
        counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| count.0 > 0)
            .map(|(at, count)| (named(at), count.0, count.1))
            .collect()
    }

    /// Lets running recordings end `longest` microseconds after they began, but not past `end`. Where it is
    /// in doubt when one began, it lasts as long as it may have.
    fn end_running(&mut self, longest: Micros, end: Moment) {
        for (row, (stopped, started)) in self.stopped.iter_mut().zip(&self.started).enumerate() {
            if *stopped == RUNNING {
                let readings = self.readings.get(&(row as u32));
                let started = readings.and_then(|r| r.started_latest).unwrap_or(*started);
                *stopped = (started + longest).min(end);
            }
        }
    }
}

/// One recording as the audit sees it.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    /// From activation to stop.
    pub active: Interval,
    /// Its place in the file, counted among the accepted ones from 0.
    pub order: u32,
    camera: u32,
    notice_at: Moment,
    /// What a reviewer wrote about notice.
    pub notice: NoticeMark,
}

impl Recording {
    /// Which camera made it.
    pub fn camera(&self) -> Option<CameraId> {
        Some(self.camera).filter(|c| *c != NO_CAMERA).map(CameraId)
    }

    /// When notice was given.
    pub fn notice_at(&self) -> Option<Moment> {
        Some(self.notice_at).filter(|at| *at != NO_TIME)
    }
}

/// All recordings, by officer and, within an officer, by activation.
#[derive(Debug, Default)]
pub struct Recordings {
    rows: Vec<Recording>,
    notice_other: HashMap<u32, Moment>,
    officers: Vec<Group>,
    cameras: Vec<Group>,
    by_camera: Vec<u32>,
}

/// Where a group's members stand in a sorted table, how long the longest of them is, and where they were last
/// looked at. Calls come roughly in order of time, so that the next look is near; the last look decides how
/// quick a look is, never what it finds.
#[derive(Debug, Default)]
struct Group {
    begin: u32,
    end: u32,
    longest: Micros,
    last_look: AtomicU32,
}

impl Group {
    fn range(&self) -> Range<usize> {
        self.begin as usize..self.end as usize
    }
}

/// Sorts the members `0..keys.len()` by key, then by `then`; members keep their order where both are
/// equal. Keys of `groups` and above are left out. Answers the sorted members and where each group begins.
fn group_by(keys: &[u32], groups: usize, then: &[Moment]) -> (Vec<u32>, Vec<u32>) {
    let mut begins = vec![0u32; groups + 1];
    for key in keys {
        if let Some(n) = begins.get_mut(*key as usize + 1) {
            *n += 1;
        }
    }
    let mut sum = 0;
    for begin in &mut begins {
        sum += *begin;
        *begin = sum;
    }
    let mut next = begins.clone();
    let mut sorted = vec![0u32; sum as usize];
    for (member, key) in keys.iter().enumerate() {
        if (*key as usize) < groups
            && let Some(at) = next.get_mut(*key as usize)
            && let Some(slot) = sorted.get_mut(*at as usize)
        {
            *slot = member as u32;
            *at += 1;
        }
    }
    let mut rest = sorted.as_mut_slice();
    let mut slices = Vec::with_capacity(groups);
    for pair in begins.windows(2) {
        let (slice, tail) = rest.split_at_mut((pair[1] - pair[0]) as usize);
        slices.push(slice);
        rest = tail;
    }
    let time = |member: &u32| then.get(*member as usize).copied();
    slices.into_par_iter().with_min_len(64).for_each(|slice| slice.sort_by_key(time));
    (sorted, begins)
}

/// The place of the first recording activated at or after `earliest`, looked for from `near` on.
fn first_from(rows: &[Recording], near: usize, earliest: Moment) -> usize {
    const STEPS: usize = 16;
    let before = |at: usize| rows.get(at).is_some_and(|r| r.active.from < earliest);
    let mut at = near.min(rows.len());
    for _ in 0..STEPS {
        if before(at) {
            at += 1;
        } else if at > 0 && !before(at - 1) {
            at -= 1;
        } else {
            return at;
        }
    }
    rows.partition_point(|r| r.active.from < earliest)
}

fn groups(begins: &[u32], length: impl Fn(usize) -> Micros) -> Vec<Group> {
    let ends = begins.iter().skip(1);
    let group = |(begin, end): (&u32, &u32)| {
        let longest = (*begin as usize..*end as usize).map(&length).max().unwrap_or(0);
        Group { begin: *begin, end: *end, longest, last_look: AtomicU32::new(0) }
    };
    begins.iter().zip(ends).map(group).collect()
}

impl Recordings {
    /// Sorts the recordings. Running ones last `longest` microseconds from their start, but not past `end`.
    pub(crate) fn new(mut columns: RecordingColumns, longest: Micros, end: Moment) -> Self {
        columns.end_running(longest, end);
        let count =
            |ids: &[u32]| ids.iter().filter(|id| **id != NO_CAMERA).max().map_or(0, |id| *id as usize + 1);
        let officers = count(&columns.officer);
        let (order, begins) = group_by(&columns.officer, officers, &columns.activated);
        let row = |at: &u32| {
            columns.get(*at as usize).map(|row| Recording {
                active: Interval::new(row.activated, row.stopped.unwrap_or(row.activated)),
                order: *at,
                camera: row.camera.map_or(NO_CAMERA, |c| c.0),
                notice_at: row.notice_at.unwrap_or(NO_TIME),
                notice: row.notice,
            })
        };
        let rows: Vec<_> = order.par_iter().with_min_len(1 << 14).filter_map(row).collect();
        let lasting = |at: usize| rows.get(at).map_or(0, |r| r.active.to - r.active.from);
        let by_officer = groups(&begins, lasting);
        let cameras = count(&columns.camera);
        columns.activated = rows.iter().map(|r| r.active.from).collect();
        columns.camera = rows.iter().map(|r| r.camera).collect();
        let (by_camera, begins) = group_by(&columns.camera, cameras, &columns.activated);
        let of_camera = |at: usize| by_camera.get(at).map_or(0, |row| lasting(*row as usize));
        Self {
            cameras: groups(&begins, of_camera),
            officers: by_officer,
            notice_other: columns
                .readings
                .into_iter()
                .filter_map(|(row, readings)| Some((row, readings.notice_other?)))
                .collect(),
            rows,
            by_camera,
        }
    }

    fn active(&self, at: usize) -> Interval {
        self.rows.get(at).map_or(Interval::new(Moment::MIN, Moment::MIN), |r| r.active)
    }

    fn rows_of(&self, officer: OfficerId) -> &[Recording] {
        let range = self.officers.get(officer.0 as usize).map_or(0..0, Group::range);
        self.rows.get(range).unwrap_or_default()
    }

    /// The other reading of the time of notice of the recording with this place in the file.
    pub(crate) fn notice_other(&self, order: u32) -> Option<Moment> {
        self.notice_other.get(&order).copied()
    }

    /// One more than the highest officer with a recording.
    pub(crate) fn officer_count(&self) -> u32 {
        self.officers.len() as u32
    }

    /// The cameras on the officer's recordings, by activation, with repetitions.
    pub(crate) fn cameras_of(&self, officer: OfficerId) -> impl Iterator<Item = CameraId> + '_ {
        self.rows_of(officer).iter().filter_map(Recording::camera)
    }

    /// Whether any recording is the officer's.
    pub fn any_of(&self, officer: OfficerId) -> bool {
        !self.rows_of(officer).is_empty()
    }

    /// The officer's recordings of which some active part lies in `window`, by activation.
    pub fn overlapping(&self, officer: OfficerId, window: Interval) -> impl Iterator<Item = Recording> + '_ {
        let group = self.officers.get(officer.0 as usize);
        let rows = group.and_then(|g| self.rows.get(g.range())).unwrap_or_default();
        let first = group.map_or(0, |group| {
            let near = group.last_look.load(Ordering::Relaxed) as usize;
            let first = first_from(rows, near, window.from - group.longest);
            group.last_look.store(first as u32, Ordering::Relaxed);
            first
        });
        rows.get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |r| r.active.from < window.to)
            .filter(move |r| r.active.overlaps(window))
            .copied()
    }

    /// Whether somebody other than `officer` recorded with `camera` within one of `pieces`.
    pub(crate) fn used_by_another(&self, camera: CameraId, officer: OfficerId, pieces: &[Interval]) -> bool {
        let Some(group) = self.cameras.get(camera.0 as usize) else {
            return false;
        };
        let own = self.officers.get(officer.0 as usize).map_or(0..0, Group::range);
        let members = self.by_camera.get(group.range()).unwrap_or_default();
        pieces.iter().any(|piece| {
            let earliest = piece.from - group.longest;
            let first = members.partition_point(|row| self.active(*row as usize).from < earliest);
            members
                .get(first..)
                .unwrap_or_default()
                .iter()
                .map(|row| (*row as usize, self.active(*row as usize)))
                .take_while(|(_, active)| active.from < piece.to)
                .any(|(row, active)| !own.contains(&row) && active.overlaps(*piece))
        })
    }
}
