//! A second reading of the contract, "Deciding one obligation" in the design of the audit, as slow and as
//! plain as it can be: time is a short row of ticks, a set of instants is one yes or no per tick, and every
//! step asks every row about every tick. It shares no code with the engine except its words.
//!
//! A tick may be a microsecond or three hours ([`Clock`]); the rules are the same, only the 24 hours of the
//! contract are more or fewer ticks. All times of a [`World`] lie in `0..TICKS`.

use std::collections::{BTreeMap, BTreeSet};

use onrecord_audit::{
    AssignmentRow, CallTimes, CameraId, DefectKind, DeviceEvent, DeviceEventRow, Evidence, EvidenceParts,
    ExceptionRow, Interval, NoticeMark, NoticeStatus, Obligation, OfficerId, Outcome, RecordingColumns,
    RecordingRow, SpoiltRow, SpoiltSpan, TimeOfCall, WhyNotRequired, WhyUnverifiable, Workspace, decide,
};
use onrecord_policy::{
    Activation, CallTime, Camera, Citations, DAY, ExceptionRule, Grace, Micros, Moment, Notice, Policy,
};

/// How many ticks there are.
pub const TICKS: i64 = 128;

/// How ticks become instants.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub origin: Moment,
    pub tick: Micros,
}

impl Clock {
    fn moment(self, tick: i64) -> Moment {
        self.origin + tick * self.tick
    }

    fn interval(self, from: i64, to: i64) -> Interval {
        Interval::new(self.moment(from), self.moment(to))
    }

    fn ticks(self, length: Micros) -> i64 {
        assert_eq!(length % self.tick, 0, "{length} is no whole number of ticks");
        length / self.tick
    }

    fn day(self) -> i64 {
        self.ticks(DAY)
    }

    fn tick_of(self, at: Moment) -> i64 {
        self.ticks(at - self.origin)
    }
}

// ------------------------------------------------------------------------------------------------------ the rows

#[derive(Clone, Debug)]
pub struct Recorded {
    pub officer: u32,
    pub camera: Option<u32>,
    pub started: i64,
    pub activated: i64,
    pub stopped: Option<i64>,
    pub notice: NoticeMark,
    pub notice_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Assigned {
    pub officer: u32,
    pub camera: Option<u32>,
    pub from: i64,
    pub to: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Excepted {
    pub officer: u32,
    pub call: Option<&'static str>,
    pub from: i64,
    pub to: i64,
    pub rule: usize,
    pub approved: bool,
}

#[derive(Clone, Debug)]
pub struct Reported {
    pub camera: u32,
    pub at: i64,
    pub event: DeviceEvent,
}

/// A spoilt row; `None` for the end of its span is the end of the window.
#[derive(Clone, Debug)]
pub struct Spoilt {
    pub officer: Option<u32>,
    pub camera: Option<u32>,
    pub span: Option<(i64, Option<i64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    Absent,
    Unreadable,
    Ambiguous,
    At(i64),
}

#[derive(Clone, Debug)]
pub struct Called {
    pub officer: u32,
    pub call: &'static str,
    pub times: [Time; 6],
    pub exempt_type: bool,
}

/// The rules of a policy, lengths in ticks.
#[derive(Clone, Debug)]
pub struct Rules {
    pub effective_from: Option<i64>,
    pub outage_limit: i64,
    pub longest_recording: i64,
    pub begins: Vec<CallTime>,
    pub ends: Vec<CallTime>,
    pub requires_arrival: bool,
    pub start_tolerance: i64,
    pub end_tolerance: i64,
    pub gap_tolerance: i64,
    pub tolerance_total: i64,
    pub minimum_duration: i64,
    pub notice_required: bool,
    pub notice_within: i64,
    pub grace_days: u32,
    /// For each code: needs approval, exempt from notice.
    pub codes: Vec<(bool, bool)>,
}

/// A small department and everything its files show.
#[derive(Clone, Debug)]
pub struct World {
    pub clock: Clock,
    pub rules: Rules,
    pub recordings: Vec<Recorded>,
    pub assignments: Option<Vec<Assigned>>,
    pub exceptions: Vec<Excepted>,
    pub events: Vec<Reported>,
    pub events_rejected: bool,
    pub trained: BTreeMap<u32, i64>,
    /// Spoilt rows, but for running recordings: those are spoilt by themselves.
    pub spoilt: Vec<Spoilt>,
    /// Officer and camera of rejected recordings.
    pub rejected_pairs: Vec<(u32, u32)>,
    pub window: (Option<i64>, Option<i64>),
    pub calls: Vec<Called>,
}

/// Everything that is said of one obligation, in ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub outcome: Outcome,
    /// None where step 1 decided.
    pub during: Option<(i64, i64)>,
    /// None where steps 1 to 4 or `within_tolerance` decided.
    pub measured: Option<Measured>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub covered: i64,
    pub uncovered: i64,
    pub excused: i64,
    pub in_grace: bool,
    pub notice: NoticeStatus,
    /// Kind, from, to.
    pub defects: Vec<(DefectKind, i64, i64)>,
    /// Places in the file.
    pub recordings: Vec<usize>,
    /// The rules of the exceptions that an `excused` cites; empty for other outcomes.
    pub cited: Vec<usize>,
}

// ----------------------------------------------------------------------------------------- sets of ticks

/// One yes or no for every tick.
#[derive(Clone)]
struct Ticks(Vec<bool>);

impl Ticks {
    fn such_that(holds: impl Fn(i64) -> bool) -> Self {
        Self((0..TICKS).map(holds).collect())
    }

    fn between(from: i64, to: i64) -> Self {
        Self::such_that(|t| from <= t && t < to)
    }

    fn has(&self, t: i64) -> bool {
        self.0[t as usize]
    }

    fn count(&self) -> i64 {
        self.0.iter().filter(|yes| **yes).count() as i64
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn and(&self, other: &Self) -> Self {
        Self::such_that(|t| self.has(t) && other.has(t))
    }

    fn without(&self, other: &Self) -> Self {
        Self::such_that(|t| self.has(t) && !other.has(t))
    }

    fn meets(&self, other: &Self) -> bool {
        !self.and(other).is_empty()
    }

    /// The maximal intervals.
    fn runs(&self) -> Vec<(i64, i64)> {
        let mut runs: Vec<(i64, i64)> = vec![];
        for t in (0..TICKS).filter(|t| self.has(*t)) {
            match runs.last_mut() {
                Some((_, to)) if *to == t => *to = t + 1,
                _ => runs.push((t, t + 1)),
            }
        }
        runs
    }
}

// ------------------------------------------------------------------------------------------------ the reference

/// One obligation as the reference looks at it, from step 3 on.
struct Looking<'a> {
    world: &'a World,
    rules: &'a Rules,
    call: &'a Called,
    begin: i64,
    end: i64,
    /// W.
    w: Ticks,
}

impl World {
    /// What the contract says of one of the calls.
    pub fn reference(&self, call: &Called) -> Answer {
        let step_1 = |why| Answer { outcome: Outcome::Unverifiable(why), during: None, measured: None };
        let time = |which: CallTime| call.times[which.index()];
        let rules = &self.rules;
        let named: Vec<Time> = CallTime::ALL
            .into_iter()
            .filter(|t| rules.begins.contains(t) || rules.ends.contains(t) || *t == CallTime::OnScene)
            .map(time)
            .collect();
        if named.contains(&Time::Unreadable) {
            return step_1(WhyUnverifiable::UnreadableTime);
        }
        if named.contains(&Time::Ambiguous) {
            return step_1(WhyUnverifiable::AmbiguousTime);
        }
        let first = |order: &[CallTime]| {
            order.iter().find_map(|which| match time(*which) {
                Time::At(at) => Some(at),
                _ => None,
            })
        };
        let Some(begin) = first(&rules.begins) else {
            return step_1(WhyUnverifiable::NoBeginTime);
        };
        let Some(end) = first(&rules.ends) else {
            return step_1(WhyUnverifiable::NoEndTime);
        };
        if end <= begin {
            return step_1(WhyUnverifiable::EndBeforeBegin);
        }
        Looking { world: self, rules, call, begin, end, w: Ticks::between(begin, end) }.after_step_1()
    }

    /// The recordings' window.
    pub fn recordings_window(&self) -> Option<(i64, i64)> {
        let earliest = self.recordings.iter().map(|r| r.started).min();
        let latest = self.recordings.iter().map(|r| r.stopped.unwrap_or(r.started)).max();
        Some((self.window.0.or(earliest)?, self.window.1.or(latest)?))
    }

    /// From activation to stop.
    fn active(&self, recording: &Recorded) -> Ticks {
        let longest = recording.started + self.rules.longest_recording;
        let window_end = self.recordings_window().map_or(longest, |(_, to)| to);
        Ticks::between(recording.activated, recording.stopped.unwrap_or(longest.min(window_end)))
    }

    /// Rejected rows, damaged rows, and recordings that were still running.
    fn all_spoilt(&self) -> Vec<Spoilt> {
        let running = self.recordings.iter().filter(|r| r.stopped.is_none());
        let running = running.map(|r| Spoilt {
            officer: Some(r.officer),
            camera: r.camera,
            span: Some((r.started, None)),
        });
        self.spoilt.iter().cloned().chain(running).collect()
    }

    /// Officers and cameras that were ever together.
    fn ever_together(&self) -> BTreeSet<(u32, u32)> {
        let assigned = self.assignments.iter().flatten().filter_map(|a| Some((a.officer, a.camera?)));
        let recorded = self.recordings.iter().filter_map(|r| Some((r.officer, r.camera?)));
        assigned.chain(recorded).chain(self.rejected_pairs.iter().copied()).collect()
    }

    /// Whether the camera is out at `t`.
    fn is_out(&self, camera: u32, t: i64) -> bool {
        use DeviceEvent::{BatteryDepleted, Docked, Fault, FaultCleared, PowerOn, StorageFull, Uploaded};
        let events = || self.events.iter().enumerate().filter(|(_, e)| e.camera == camera);
        events().any(|(place, starts)| {
            let ends_with: &[DeviceEvent] = match starts.event {
                BatteryDepleted => &[PowerOn, Docked],
                StorageFull => &[Docked, Uploaded],
                Fault => &[FaultCleared, Docked],
                _ => return false,
            };
            let ended = events().any(|(later, ends)| {
                ends_with.contains(&ends.event) && (ends.at, later) > (starts.at, place) && ends.at <= t
            });
            starts.at <= t && t < starts.at + self.rules.outage_limit && !ended
        })
    }
}

impl Looking<'_> {
    fn decided(&self, outcome: Outcome) -> Answer {
        Answer { outcome, during: Some((self.begin, self.end)), measured: None }
    }

    fn after_step_1(&self) -> Answer {
        let arrived = matches!(self.call.times[CallTime::OnScene.index()], Time::At(_));
        let not_required = |why| self.decided(Outcome::NotRequired(why));
        if self.rules.effective_from.is_some_and(|from| self.begin < from) {
            return not_required(WhyNotRequired::BeforePolicy);
        }
        if self.call.exempt_type {
            return not_required(WhyNotRequired::ExemptType);
        }
        if self.rules.requires_arrival && !arrived {
            return not_required(WhyNotRequired::NoArrival);
        }
        if self.w.count() < self.rules.minimum_duration {
            return not_required(WhyNotRequired::TooShort);
        }
        self.after_step_2()
    }

    fn after_step_2(&self) -> Answer {
        let recorded = !self.overlapping(&self.w).is_empty();
        let known = self.world.assignments.is_some();
        if known && !self.has_a_camera_at(self.begin) && !recorded {
            return self.decided(Outcome::NoCamera);
        }
        if !known && self.own_recordings().next().is_none() {
            return self.decided(Outcome::Unverifiable(WhyUnverifiable::CameraUnknown));
        }
        let inside =
            self.world.recordings_window().is_some_and(|(from, to)| from <= self.begin && self.end <= to);
        if !inside {
            return self.decided(Outcome::Unverifiable(WhyUnverifiable::OutsideRecordings));
        }
        self.after_step_4()
    }

    #[allow(clippy::many_single_char_names)] // the names of the contract
    fn after_step_4(&self) -> Answer {
        let active: Vec<Ticks> = self.own_recordings().map(|(_, own)| self.world.active(own)).collect();
        let r = Ticks::such_that(|t| self.w.has(t) && active.iter().any(|one| one.has(t)));
        let x = self.explained(|_| true);
        let p = self.w.without(&r);
        let short = |tolerance| self.w.count() <= tolerance;
        if r.is_empty() && short(self.rules.start_tolerance) && short(self.rules.end_tolerance) {
            return self.decided(Outcome::NotRequired(WhyNotRequired::WithinTolerance));
        }
        let q = self.pieces_that_count(&p);
        let d = q.without(&x);
        let excused = self.is_excused(&q, &x);
        let outcome = if q.is_empty() {
            Outcome::Recorded
        } else if excused {
            let approved = |e: &Excepted| e.approved || !self.rules.codes[e.rule].0;
            Outcome::Excused { approval_pending: !self.is_excused(&q, &self.explained(approved)) }
        } else {
            let missing = r.is_empty() && x.count() < d.count();
            self.doubted(if missing { Outcome::Missing } else { Outcome::Partial }, &q)
        };
        let defects = if excused || q.is_empty() { vec![] } else { self.defects(&p, &d) };
        Answer {
            measured: Some(Measured {
                covered: r.count(),
                uncovered: defects.iter().map(|(_, from, to)| to - from).sum(),
                excused: x.without(&r).count(),
                in_grace: self.in_grace(),
                notice: self.notice(&r),
                defects,
                recordings: self.overlapping(&self.w),
                cited: if matches!(outcome, Outcome::Excused { .. }) { self.cited(&q) } else { vec![] },
            }),
            ..self.decided(outcome)
        }
    }

    // Step 3

    fn own_recordings(&self) -> impl Iterator<Item = (usize, &Recorded)> {
        self.world.recordings.iter().enumerate().filter(|(_, r)| r.officer == self.call.officer)
    }

    fn overlapping(&self, during: &Ticks) -> Vec<usize> {
        self.own_recordings()
            .filter(|(_, r)| self.world.active(r).meets(during))
            .map(|(place, _)| place)
            .collect()
    }

    fn own_assignments(&self) -> impl Iterator<Item = &Assigned> {
        self.world.assignments.iter().flatten().filter(|a| a.officer == self.call.officer)
    }

    fn has_a_camera_at(&self, t: i64) -> bool {
        self.own_assignments().any(|a| a.from <= t && a.to.is_none_or(|to| t < to))
    }

    fn assigned_in_w(&self) -> Vec<&Assigned> {
        let meets = |a: &&Assigned| Ticks::between(a.from, a.to.unwrap_or(TICKS)).meets(&self.w);
        self.own_assignments().filter(meets).collect()
    }

    fn cameras(&self) -> BTreeSet<u32> {
        let assigned = self.assigned_in_w().into_iter().filter_map(|a| a.camera);
        let day = self.world.clock.day();
        let near = self.overlapping(&Ticks::between(self.begin - day, self.end + day));
        let recorded = near.into_iter().filter_map(|place| self.world.recordings[place].camera);
        let cameras: BTreeSet<u32> = assigned.chain(recorded).collect();
        if !cameras.is_empty() {
            return cameras;
        }
        // Of all the officer's own recordings. Rejected ones count: by the letter they might not, but then a
        // damaged row far from W could take an outage or another's recording out of sight and accuse, against
        // principle 4.
        let own = |pair: &&(u32, u32)| pair.0 == self.call.officer;
        let rejected = self.world.rejected_pairs.iter().filter(own).map(|(_, camera)| *camera);
        self.own_recordings().filter_map(|(_, r)| r.camera).chain(rejected).collect()
    }

    // Step 5

    fn own_exceptions(&self) -> impl Iterator<Item = &Excepted> {
        let call = self.call;
        let holds = |e: &&Excepted| e.officer == call.officer && e.call.is_none_or(|one| one == call.call);
        self.world.exceptions.iter().filter(holds)
    }

    /// X, counting only some of the exceptions.
    fn explained(&self, counts: impl Fn(&Excepted) -> bool) -> Ticks {
        let cameras = self.cameras();
        Ticks::such_that(|t| {
            let excepted = self.own_exceptions().any(|e| counts(e) && e.from <= t && t < e.to);
            let out = cameras.iter().any(|camera| self.world.is_out(*camera, t));
            let without_camera = self.world.assignments.is_some() && !self.has_a_camera_at(t);
            self.w.has(t) && (excepted || out || without_camera)
        })
    }

    // Step 6

    fn kind(&self, (from, to): (i64, i64)) -> DefectKind {
        match (from == self.begin, to == self.end) {
            (true, true) => DefectKind::NeverActivated,
            (true, false) => DefectKind::LateActivation,
            (false, true) => DefectKind::EarlyStop,
            (false, false) => DefectKind::Gap,
        }
    }

    /// Q.
    fn pieces_that_count(&self, p: &Ticks) -> Ticks {
        let is_long = |piece: &(i64, i64)| {
            let length = piece.1 - piece.0;
            match self.kind(*piece) {
                DefectKind::NeverActivated => true,
                DefectKind::LateActivation => length > self.rules.start_tolerance,
                DefectKind::EarlyStop => length > self.rules.end_tolerance,
                DefectKind::Gap => length > self.rules.gap_tolerance,
            }
        };
        let long: Vec<_> = p.runs().into_iter().filter(is_long).collect();
        if long.is_empty() && p.count() > self.rules.tolerance_total {
            return p.clone();
        }
        Ticks::such_that(|t| long.iter().any(|(from, to)| *from <= t && t < *to))
    }

    // Step 7

    fn is_excused(&self, q: &Ticks, x: &Ticks) -> bool {
        let d = q.without(x);
        let rules = self.rules;
        let longest = rules.start_tolerance.max(rules.end_tolerance).max(rules.gap_tolerance);
        q.and(x).count() >= d.count()
            && d.runs().iter().all(|(from, to)| to - from <= longest)
            && d.count() <= rules.tolerance_total
    }

    fn cited(&self, q: &Ticks) -> Vec<usize> {
        let mut rules = vec![];
        for e in self.own_exceptions().filter(|e| Ticks::between(e.from, e.to).meets(q)) {
            if !rules.contains(&e.rule) {
                rules.push(e.rule);
            }
        }
        rules
    }

    // Step 8

    fn defects(&self, p: &Ticks, d: &Ticks) -> Vec<(DefectKind, i64, i64)> {
        let piece_of = |at: i64| p.runs().into_iter().find(|(from, to)| *from <= at && at < *to).unwrap();
        d.runs().into_iter().map(|(from, to)| (self.kind(piece_of(from)), from, to)).collect()
    }

    // Step 9

    fn doubted(&self, outcome: Outcome, q: &Ticks) -> Outcome {
        let cameras = self.cameras();
        let uploaded = |e: &Reported| e.event == DeviceEvent::Uploaded;
        let uploads_known = self.world.events_rejected || self.world.events.iter().any(uploaded);
        let all_uploaded = !cameras.is_empty()
            && cameras.iter().all(|camera| {
                self.world.events.iter().any(|e| uploaded(e) && e.camera == *camera && e.at >= self.end)
            })
            && self.assigned_in_w().iter().all(|a| a.camera.is_some());
        if uploads_known && !all_uploaded {
            return Outcome::AwaitingUpload;
        }
        let by_somebody_else = self.world.recordings.iter().any(|r| {
            r.officer != self.call.officer
                && r.camera.is_some_and(|camera| cameras.contains(&camera))
                && self.world.active(r).meets(q)
        });
        if by_somebody_else {
            return Outcome::Unverifiable(WhyUnverifiable::CameraUsedUnderOtherId);
        }
        if self.evidence_rejected() {
            return Outcome::Unverifiable(WhyUnverifiable::RejectedEvidence);
        }
        outcome
    }

    fn evidence_rejected(&self) -> bool {
        let together = self.world.ever_together();
        let concerns = |row: &Spoilt| {
            let names_officer = row.officer == Some(self.call.officer);
            let names_camera = row.camera.is_some_and(|c| together.contains(&(self.call.officer, c)));
            let nobodys = row.camera.is_none_or(|camera| together.iter().all(|(_, other)| *other != camera));
            names_officer || names_camera || (row.officer.is_none() && nobodys)
        };
        let rules = self.rules;
        let widest = self.world.clock.day().max(rules.outage_limit).max(rules.longest_recording);
        let window_end = self.world.recordings_window().map_or(TICKS, |(_, to)| to);
        let in_time = |row: &Spoilt| {
            row.span.is_none_or(|(from, to)| {
                let to = to.unwrap_or(window_end.max(from));
                Ticks::between(from - widest, to + widest).meets(&self.w)
            })
        };
        self.world.all_spoilt().iter().any(|row| concerns(row) && in_time(row))
    }

    // Step 10

    fn in_grace(&self) -> bool {
        let issued =
            self.own_assignments().filter(|a| a.from <= self.begin && a.to.is_none_or(|to| self.begin < to));
        let since = self.world.trained.get(&self.call.officer).copied().or(issued.map(|a| a.from).min());
        since.is_some_and(|at| self.begin < at + i64::from(self.rules.grace_days) * self.world.clock.day())
    }

    // Step 11

    fn notice(&self, r: &Ticks) -> NoticeStatus {
        if r.is_empty() || !self.rules.notice_required {
            return NoticeStatus::NotApplicable;
        }
        let arrival = match self.call.times[CallTime::OnScene.index()] {
            Time::At(at) => at,
            _ => r.runs()[0].0,
        };
        let (first, last) = (arrival - self.rules.notice_within, arrival + self.rules.notice_within);
        let recordings: Vec<_> =
            self.overlapping(&self.w).into_iter().map(|at| &self.world.recordings[at]).collect();
        let given = |when: &dyn Fn(Option<i64>) -> bool| {
            recordings.iter().any(|one| one.notice == NoticeMark::Given && when(one.notice_at))
        };
        let exempt = self.own_exceptions().any(|e| {
            let (needs_approval, exempt_from_notice) = self.rules.codes[e.rule];
            exempt_from_notice
                && (e.approved || !needs_approval)
                && Ticks::between(e.from, e.to).meets(&self.w)
        });
        let status = if given(&|at| at.is_none_or(|at| first <= at && at <= last)) {
            NoticeStatus::Given
        } else if exempt {
            NoticeStatus::Exempt
        } else if given(&|at| at.is_some_and(|at| at > last)) {
            NoticeStatus::Late
        } else if given(&|at| at.is_some_and(|at| at < first)) {
            NoticeStatus::Earlier
        } else if recordings.iter().all(|one| one.notice == NoticeMark::None) {
            NoticeStatus::NotGiven
        } else {
            NoticeStatus::Unreviewed
        };
        match status {
            NoticeStatus::Late | NoticeStatus::NotGiven if self.evidence_rejected() => {
                NoticeStatus::Unreviewed
            }
            status => status,
        }
    }
}

// --------------------------------------------------------------------------------------------------- the engine

/// The engine with everything indexed, ready to be asked.
pub struct Engine<'a> {
    world: &'a World,
    policy: Policy,
    evidence: Evidence,
    work: Workspace,
}

impl World {
    pub fn engine(&self) -> Engine<'_> {
        let policy = self.policy();
        let evidence = Evidence::new(self.parts(), &policy);
        Engine { world: self, policy, evidence, work: Workspace::default() }
    }

    /// What the engine says of all calls.
    pub fn decided(&self) -> Vec<Answer> {
        let mut engine = self.engine();
        self.calls.iter().map(|call| engine.decide(call)).collect()
    }

    fn policy(&self) -> Policy {
        let rules = &self.rules;
        let length = |ticks: i64| ticks * self.clock.tick;
        let codes = rules.codes.iter().enumerate();
        let exceptions: Vec<_> = codes
            .map(|(place, (needs_approval, exempt_from_notice))| ExceptionRule {
                code: format!("code_{place}"),
                title: String::new(),
                citation: "law".to_owned(),
                needs_approval: *needs_approval,
                exempt_from_notice: *exempt_from_notice,
            })
            .collect();
        Policy {
            id: "random".to_owned(),
            version: "1".to_owned(),
            title: "Random".to_owned(),
            effective_from: rules.effective_from.map(|from| self.clock.moment(from)),
            jurisdiction: None,
            timezone: None,
            read_on: None,
            camera: Camera {
                pre_event_buffer: 0,
                outage_limit: length(rules.outage_limit),
                longest_recording: length(rules.longest_recording),
            },
            activation: Activation {
                begins: rules.begins.clone(),
                ends: rules.ends.clone(),
                requires_arrival: rules.requires_arrival,
                start_tolerance: length(rules.start_tolerance),
                end_tolerance: length(rules.end_tolerance),
                gap_tolerance: length(rules.gap_tolerance),
                tolerance_total: length(rules.tolerance_total),
                minimum_duration: length(rules.minimum_duration),
                exempt_call_types: vec![],
            },
            notice: Notice {
                required: rules.notice_required,
                within: length(rules.notice_within),
                exempt_codes: exceptions
                    .iter()
                    .filter(|e| e.exempt_from_notice)
                    .map(|e| e.code.clone())
                    .collect(),
            },
            grace: Grace { days: rules.grace_days },
            exceptions,
            citations: Citations::default(),
        }
    }

    fn parts(&self) -> EvidenceParts {
        let clock = self.clock;
        let at = |tick: i64| clock.moment(tick);
        let mut recordings = RecordingColumns::default();
        for one in &self.recordings {
            recordings.push(RecordingRow {
                officer: OfficerId(one.officer),
                camera: one.camera.map(CameraId),
                started: at(one.started),
                activated: at(one.activated),
                stopped: one.stopped.map(at),
                notice: one.notice,
                notice_at: one.notice_at.map(at),
                readings: None,
            });
        }
        let assignment = |a: &Assigned| AssignmentRow {
            officer: OfficerId(a.officer),
            camera: a.camera.map(CameraId),
            during: Interval::new(at(a.from), a.to.map_or(Moment::MAX, at)),
        };
        let exception = |e: &Excepted| ExceptionRow {
            officer: OfficerId(e.officer),
            call: e.call.map(Into::into),
            during: clock.interval(e.from, e.to),
            rule: e.rule,
            approved: e.approved,
        };
        let event =
            |e: &Reported| DeviceEventRow { camera: CameraId(e.camera), at: at(e.at), event: e.event };
        let spoilt = |s: Spoilt| SpoiltRow {
            officer: s.officer.map(OfficerId),
            camera: s.camera.map(CameraId),
            span: s.span.map(|(from, to)| SpoiltSpan { from: at(from), to: to.map(at) }),
        };
        EvidenceParts {
            recordings,
            assignments: self.assignments.as_ref().map(|rows| rows.iter().map(assignment).collect()),
            exceptions: self.exceptions.iter().map(exception).collect(),
            device_events: self.events.iter().map(event).collect(),
            device_events_rejected: self.events_rejected,
            trained: self.trained.iter().map(|(officer, when)| (OfficerId(*officer), at(*when))).collect(),
            spoilt: self.all_spoilt().into_iter().map(spoilt).collect(),
            rejected_pairs: self.rejected_pairs.iter().map(|(o, c)| (OfficerId(*o), CameraId(*c))).collect(),
            recordings_from: self.window.0.map(at),
            recordings_to: self.window.1.map(at),
        }
    }
}

impl Engine<'_> {
    pub fn decide(&mut self, call: &Called) -> Answer {
        let clock = self.world.clock;
        let obligation = Obligation {
            officer: OfficerId(call.officer),
            call: call.call,
            times: CallTimes::new(call.times.map(|time| match time {
                Time::Absent => TimeOfCall::Absent,
                Time::Unreadable => TimeOfCall::Unreadable,
                Time::Ambiguous => TimeOfCall::Ambiguous,
                Time::At(at) => TimeOfCall::At(clock.moment(at)),
            })),
            exempt_type: call.exempt_type,
        };
        let decision = decide(&self.evidence, &self.policy, &obligation, &mut self.work);
        let work = &self.work;
        let ticks = |during: Interval| (clock.tick_of(during.from), clock.tick_of(during.to));
        let measured = decision.measures.map(|m| {
            let mut recordings: Vec<_> = work.recordings().iter().map(|r| r.order as usize).collect();
            recordings.sort_unstable();
            let mut cited: Vec<usize> = vec![];
            if matches!(decision.outcome, Outcome::Excused { .. }) {
                for rule in work.excusing_rules() {
                    if !cited.contains(&rule) {
                        cited.push(rule);
                    }
                }
            }
            let defect = |d: &onrecord_audit::Defect| {
                let (from, to) = ticks(d.during);
                (d.kind, from, to)
            };
            Measured {
                covered: clock.ticks(m.covered),
                uncovered: clock.ticks(m.uncovered),
                excused: clock.ticks(m.excused),
                in_grace: m.in_grace,
                notice: m.notice,
                defects: work.defects().iter().map(defect).collect(),
                recordings,
                cited,
            }
        });
        let step_1 = matches!(
            decision.outcome,
            Outcome::Unverifiable(
                WhyUnverifiable::UnreadableTime
                    | WhyUnverifiable::AmbiguousTime
                    | WhyUnverifiable::NoBeginTime
                    | WhyUnverifiable::NoEndTime
                    | WhyUnverifiable::EndBeforeBegin
            )
        );
        let during = decision.begin.zip(decision.end).filter(|_| !step_1);
        Answer {
            outcome: decision.outcome,
            during: during.map(|(begin, end)| ticks(Interval::new(begin, end))),
            measured,
        }
    }
}
