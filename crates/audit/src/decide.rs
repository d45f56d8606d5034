//! Deciding one obligation: the steps of the contract, in its order and its words.
//!
//! The first step that gives an outcome ends it. What the data does not show is `unverifiable` or
//! `awaiting_upload`, never `missing`.

use onrecord_policy::{DAY, Micros, Moment, Policy};

use crate::evidence::{Evidence, ExceptionRow, OfficerEvidence};
use crate::interval::{Interval, Intervals};
use crate::notice::notice_status;
use crate::obligation::{CallTimes, Obligation, TimeOfCall};
use crate::outcome::{Defect, DefectKind, NoticeStatus, Outcome, WhyNotRequired, WhyUnverifiable};
use crate::recordings::{CameraId, Recording};

/// What the audit says of one obligation. The lists behind it stay in the [`Workspace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When the duty to record began.
    pub begin: Option<Moment>,
    /// When it ended.
    pub end: Option<Moment>,
    /// What the data says.
    pub outcome: Outcome,
    /// What was measured; none where steps 1 to 4 or `within_tolerance` decided.
    pub measures: Option<Measures>,
}

/// What was measured in an obligation that came as far as step 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// Microseconds on record.
    pub covered: Micros,
    /// Microseconds in defects.
    pub uncovered: Micros,
    /// Microseconds explained and not on record.
    pub excused: Micros,
    /// Whether the officer's grace period was running.
    pub in_grace: bool,
    /// Whether people were told.
    pub notice: NoticeStatus,
}

/// Memory that deciding uses again and again, and the lists behind the last decision.
#[derive(Debug, Default)]
pub struct Workspace {
    recordings: Vec<Recording>,
    /// R: on record.
    covered: Intervals,
    /// X: explained.
    excused: Intervals,
    /// Q: the pieces that count, each with its kind.
    lacking: Vec<Defect>,
    defects: Vec<Defect>,
    cameras: Vec<CameraId>,
    exceptions: Vec<(u32, usize)>,
    pending: bool,
}

impl Workspace {
    /// The officer's recordings that overlap the obligation, by activation.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// What of the obligation is on record.
    pub fn covered(&self) -> &Intervals {
        &self.covered
    }

    /// What of the obligation is explained.
    pub fn excused(&self) -> &Intervals {
        &self.excused
    }

    /// The defects; provisional where the outcome is in doubt.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The rules (places in [`Policy::exceptions`]) of the exceptions that explain a piece that lacks,
    /// in the order of their file.
    pub fn excusing_rules(&self) -> impl Iterator<Item = usize> + '_ {
        self.exceptions.iter().map(|(_, rule)| *rule)
    }

    fn clear(&mut self) {
        self.recordings.clear();
        self.covered.clear();
        self.excused.clear();
        self.lacking.clear();
        self.defects.clear();
        self.cameras.clear();
        self.exceptions.clear();
        self.pending = false;
    }
}

/// Decides one obligation.
pub fn decide(
    evidence: &Evidence,
    policy: &Policy,
    obligation: &Obligation<'_>,
    work: &mut Workspace,
) -> Decision {
    work.clear();
    let window = match times(policy, &obligation.times) {
        Ok(window) => window,
        Err(undecided) => return undecided,
    };
    let said =
        |outcome, measures| Decision { begin: Some(window.from), end: Some(window.to), outcome, measures };
    if let Some(why) = not_required(policy, obligation, window) {
        return said(Outcome::NotRequired(why), None);
    }
    let deciding = Deciding { evidence, policy, obligation, window, own: evidence.of(obligation.officer) };
    work.recordings.extend(evidence.recordings().overlapping(obligation.officer, window));
    if let Some(outcome) = deciding.no_camera_or_outside(work) {
        return said(outcome, None);
    }
    deciding.covered_and_excused(work);
    let activation = &policy.activation;
    if work.covered.is_empty()
        && window.length() <= activation.start_tolerance
        && window.length() <= activation.end_tolerance
    {
        return said(Outcome::NotRequired(WhyNotRequired::WithinTolerance), None);
    }
    deciding.lacking(work);
    let outcome = deciding.outcome(work);
    said(outcome, Some(deciding.measures(work)))
}

/// Step 1: from when to when the duty lasted.
fn times(policy: &Policy, times: &CallTimes) -> Result<Interval, Decision> {
    let unverifiable =
        |begin, end, why| Err(Decision { begin, end, outcome: Outcome::Unverifiable(why), measures: None });
    let activation = &policy.activation;
    let needed = || {
        let named = activation.begins.iter().chain(&activation.ends);
        named.map(|which| times.get(*which)).chain([times.get(onrecord_policy::CallTime::OnScene)])
    };
    if needed().any(|t| t == TimeOfCall::Unreadable) {
        return unverifiable(None, None, WhyUnverifiable::UnreadableTime);
    }
    if needed().any(|t| t == TimeOfCall::Ambiguous) {
        return unverifiable(None, None, WhyUnverifiable::AmbiguousTime);
    }
    let first = |which: &[onrecord_policy::CallTime]| which.iter().find_map(|w| times.get(*w).known());
    match (first(&activation.begins), first(&activation.ends)) {
        (None, end) => unverifiable(None, end, WhyUnverifiable::NoBeginTime),
        (begin, None) => unverifiable(begin, None, WhyUnverifiable::NoEndTime),
        (Some(begin), Some(end)) if end <= begin => {
            unverifiable(Some(begin), Some(end), WhyUnverifiable::EndBeforeBegin)
        }
        (Some(begin), Some(end)) => Ok(Interval::new(begin, end)),
    }
}

/// Step 2: why there was nothing to record, if there was not.
fn not_required(policy: &Policy, obligation: &Obligation<'_>, window: Interval) -> Option<WhyNotRequired> {
    let activation = &policy.activation;
    let arrived = obligation.times.get(onrecord_policy::CallTime::OnScene) != TimeOfCall::Absent;
    if policy.effective_from.is_some_and(|from| window.from < from) {
        Some(WhyNotRequired::BeforePolicy)
    } else if obligation.exempt_type {
        Some(WhyNotRequired::ExemptType)
    } else if activation.requires_arrival && !arrived {
        Some(WhyNotRequired::NoArrival)
    } else if window.length() < activation.minimum_duration {
        Some(WhyNotRequired::TooShort)
    } else {
        None
    }
}

/// What the steps from 3 on look at.
struct Deciding<'a> {
    evidence: &'a Evidence,
    policy: &'a Policy,
    obligation: &'a Obligation<'a>,
    /// W: from when to when the duty lasted.
    window: Interval,
    own: &'a OfficerEvidence,
}

impl Deciding<'_> {
    /// Steps 3 and 4: whether the officer had a camera, and whether the recordings reach that far.
    fn no_camera_or_outside(&self, work: &Workspace) -> Option<Outcome> {
        if self.evidence.assignments_known() {
            let assigned = self.own.assignments.iter().any(|a| a.during.contains(self.window.from));
            if !assigned && work.recordings.is_empty() {
                return Some(Outcome::NoCamera);
            }
        } else if !self.evidence.recordings().any_of(self.obligation.officer) {
            return Some(Outcome::Unverifiable(WhyUnverifiable::CameraUnknown));
        }
        let inside = self
            .evidence
            .window()
            .is_some_and(|all| all.from <= self.window.from && self.window.to <= all.to);
        (!inside).then_some(Outcome::Unverifiable(WhyUnverifiable::OutsideRecordings))
    }

    /// Step 5: what is on record (R), and what is explained (X).
    fn covered_and_excused(&self, work: &mut Workspace) {
        for recording in &work.recordings {
            work.covered.add(recording.active.clip(self.window));
        }
        for exception in self.exceptions() {
            work.excused.add(exception.during.clip(self.window));
            work.pending |= self.awaits_approval(exception);
        }
        self.outages_and_want_of_a_camera(&mut work.cameras, &mut work.excused);
    }

    fn exceptions(&self) -> impl Iterator<Item = &ExceptionRow> {
        self.own.exceptions.holding(self.obligation.call, self.window).map(|(_, row)| row)
    }

    fn awaits_approval(&self, exception: &ExceptionRow) -> bool {
        !exception.approved
            && self.policy.exceptions.get(exception.rule).is_some_and(|rule| rule.needs_approval)
    }

    fn outages_and_want_of_a_camera(&self, cameras: &mut Vec<CameraId>, excused: &mut Intervals) {
        if self.own.outages.overlaps(self.window) {
            self.officers_cameras(cameras);
            for camera in cameras.iter() {
                if let Some(outages) = self.evidence.outages(*camera) {
                    outages.clipped(self.window).for_each(|outage| excused.add(outage));
                }
            }
        }
        if self.evidence.assignments_known() {
            let assigned: &[_] = &self.own.assignments;
            if assigned.iter().any(|a| a.during.clip(self.window) == self.window) {
                return;
            }
            let had: Intervals = assigned.iter().map(|a| a.during.clip(self.window)).collect();
            had.gaps_in(self.window, |without| excused.add(without));
        }
    }

    /// Step 3: the cameras that count as the officer's in this obligation. Where neither an assignment nor a
    /// recording near it names one, those on all of the officer's recordings, accepted or rejected: were it only
    /// the accepted ones, a damaged row could accuse (docs/contract-readings.md).
    fn officers_cameras(&self, cameras: &mut Vec<CameraId>) {
        cameras.clear();
        let assigned = self.own.assignments.iter().filter(|a| a.during.overlaps(self.window));
        cameras.extend(assigned.filter_map(|a| a.camera));
        let near = self.evidence.recordings().overlapping(self.obligation.officer, self.window.widen(DAY));
        cameras.extend(near.filter_map(|r| r.camera()));
        if cameras.is_empty() {
            cameras.extend_from_slice(&self.own.recorded_by);
        }
        cameras.sort_unstable();
        cameras.dedup();
    }

    /// Step 6: the pieces that lack (Q), each with its kind.
    fn lacking(&self, work: &mut Workspace) {
        let activation = &self.policy.activation;
        let (window, lacking) = (self.window, &mut work.lacking);
        work.covered.gaps_in(window, |during| lacking.push(Defect { kind: kind(during, window), during }));
        let total: Micros = lacking.iter().map(|p| p.during.length()).sum();
        let long = |piece: &Defect| match piece.kind {
            DefectKind::NeverActivated => true,
            DefectKind::LateActivation => piece.during.length() > activation.start_tolerance,
            DefectKind::EarlyStop => piece.during.length() > activation.end_tolerance,
            DefectKind::Gap => piece.during.length() > activation.gap_tolerance,
        };
        if lacking.iter().any(long) {
            lacking.retain(long);
        } else if total <= activation.tolerance_total {
            lacking.clear();
        }
    }

    /// Steps 7 to 9.
    fn outcome(&self, work: &mut Workspace) -> Outcome {
        if work.lacking.is_empty() {
            return Outcome::Recorded;
        }
        if self.explains(&work.excused, &work.lacking) {
            self.note_excusing_exceptions(work);
            return Outcome::Excused {
                approval_pending: work.pending && !self.explained_without_pending(work),
            };
        }
        let (excused, defects) = (&work.excused, &mut work.defects);
        for piece in &work.lacking {
            excused.gaps_in(piece.during, |during| defects.push(Defect { kind: piece.kind, during }));
        }
        let uncovered: Micros = work.defects.iter().map(|d| d.during.length()).sum();
        let outcome = if work.covered.is_empty() && work.excused.total() < uncovered {
            Outcome::Missing
        } else {
            Outcome::Partial
        };
        self.doubt(work).unwrap_or(outcome)
    }

    /// Step 7: whether `excused` explains the pieces that lack.
    fn explains(&self, excused: &Intervals, lacking: &[Defect]) -> bool {
        let activation = &self.policy.activation;
        let largest = activation.start_tolerance.max(activation.end_tolerance).max(activation.gap_tolerance);
        let (mut unexplained, mut longest) = (0, 0);
        for piece in lacking {
            excused.gaps_in(piece.during, |rest| {
                unexplained += rest.length();
                longest = longest.max(rest.length());
            });
        }
        let explained: Micros = lacking.iter().map(|piece| excused.shared(piece.during)).sum();
        explained >= unexplained && longest <= largest && unexplained <= activation.tolerance_total
    }

    fn explained_without_pending(&self, work: &mut Workspace) -> bool {
        let mut approved = Intervals::default();
        for exception in self.exceptions().filter(|e| !self.awaits_approval(e)) {
            approved.add(exception.during.clip(self.window));
        }
        self.outages_and_want_of_a_camera(&mut work.cameras, &mut approved);
        self.explains(&approved, &work.lacking)
    }

    fn note_excusing_exceptions(&self, work: &mut Workspace) {
        let holding = self.own.exceptions.holding(self.obligation.call, self.window);
        let excusing =
            holding.filter(|(_, e)| work.lacking.iter().any(|piece| piece.during.overlaps(e.during)));
        work.exceptions.extend(excusing.map(|(order, e)| (order, e.rule)));
        work.exceptions.sort_unstable();
    }

    /// Step 9: what makes a lapse doubtful, if anything does.
    fn doubt(&self, work: &mut Workspace) -> Option<Outcome> {
        self.officers_cameras(&mut work.cameras);
        if self.evidence.uploads_known() && !self.everything_was_uploaded(&work.cameras) {
            return Some(Outcome::AwaitingUpload);
        }
        let pieces: Vec<_> = work.lacking.iter().map(|piece| piece.during).collect();
        let recordings = self.evidence.recordings();
        if work.cameras.iter().any(|c| recordings.used_by_another(*c, self.obligation.officer, &pieces)) {
            return Some(Outcome::Unverifiable(WhyUnverifiable::CameraUsedUnderOtherId));
        }
        self.rejected_evidence().then_some(Outcome::Unverifiable(WhyUnverifiable::RejectedEvidence))
    }

    fn everything_was_uploaded(&self, cameras: &[CameraId]) -> bool {
        let uploaded = |c: &CameraId| self.evidence.last_upload(*c).is_some_and(|at| at >= self.window.to);
        let unknown =
            self.own.assignments.iter().any(|a| a.camera.is_none() && a.during.overlaps(self.window));
        !cameras.is_empty() && cameras.iter().all(uploaded) && !unknown
    }

    fn rejected_evidence(&self) -> bool {
        self.evidence.spoilt_rows_could_concern(self.obligation.officer, self.window)
    }

    fn measures(&self, work: &Workspace) -> Measures {
        let mut excused = work.excused.total();
        excused -= work.excused.as_slice().iter().map(|x| work.covered.shared(*x)).sum::<Micros>();
        Measures {
            covered: work.covered.total(),
            uncovered: work.defects.iter().map(|d| d.during.length()).sum(),
            excused,
            in_grace: self.in_grace(),
            notice: self.notice(work),
        }
    }

    /// Step 10.
    fn in_grace(&self) -> bool {
        let begin = self.window.from;
        let issued = || {
            let holding = self.own.assignments.iter().filter(|a| a.during.contains(begin));
            holding.map(|a| a.during.from).min()
        };
        let from = self.own.trained.or_else(issued);
        from.is_some_and(|from| begin < from + self.policy.grace.length())
    }

    /// Step 11.
    fn notice(&self, work: &Workspace) -> NoticeStatus {
        let Some(on_record) = work.covered.as_slice().first().filter(|_| self.policy.notice.required) else {
            return NoticeStatus::NotApplicable;
        };
        let arrival = self.obligation.times.get(onrecord_policy::CallTime::OnScene).known();
        let exempt = || {
            self.exceptions().any(|e| {
                self.policy.exceptions.get(e.rule).is_some_and(|rule| rule.exempt_from_notice)
                    && !self.awaits_approval(e)
            })
        };
        let status = notice_status(
            &work.recordings,
            |order| self.evidence.recordings().notice_other(order),
            arrival.unwrap_or(on_record.from),
            self.policy.notice.within,
            exempt,
        );
        match status {
            NoticeStatus::Late | NoticeStatus::NotGiven if self.rejected_evidence() => {
                NoticeStatus::Unreviewed
            }
            _ => status,
        }
    }
}

fn kind(piece: Interval, window: Interval) -> DefectKind {
    match (piece.from == window.from, piece.to == window.to) {
        (true, true) => DefectKind::NeverActivated,
        (true, false) => DefectKind::LateActivation,
        (false, true) => DefectKind::EarlyStop,
        (false, false) => DefectKind::Gap,
    }
}
