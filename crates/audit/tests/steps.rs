//! Every step of "Deciding one obligation", worked out by hand.
//!
//! Unless a test says otherwise: the officer was on scene on the 10th of November 2017 from 10:00 to 10:30 UTC, had one
//! camera issued on the 1st, and the recordings of the whole month are there. Up to 60 s may lack at the start and at
//! the end, 30 s in between, 120 s in all. `active_shooter` takes the duty of notice away; `privacy` needs approval.

#![allow(clippy::unwrap_used)] // helpers of tests, too

use onrecord_audit::{
    AssignmentRow, CallTimes, CameraId, DefectKind, DeviceEvent, DeviceEventRow, Evidence, EvidenceParts,
    ExceptionRow, Interval, Intervals, Measures, NoticeMark, NoticeStatus, Obligation, OfficerId, Readings,
    RecordingColumns, RecordingRow, SpoiltRow, SpoiltSpan, TimeOfCall, Workspace, decide,
};
use onrecord_policy::{CallTime, HOUR, Micros, Moment, Policy, SECOND};

use DefectKind::{EarlyStop, Gap, LateActivation, NeverActivated};
use DeviceEvent::{BatteryDepleted, Docked, Fault, FaultCleared, PowerOff, PowerOn, StorageFull, Uploaded};

const OFFICER: OfficerId = OfficerId(0);
const PARTNER: OfficerId = OfficerId(1);
const CAMERA: CameraId = CameraId(0);
const SPARE: CameraId = CameraId(1);
const PARTNERS: CameraId = CameraId(2);
const NOBODYS: CameraId = CameraId(3);
const CALL: &str = "17-001";

const POLICY: &str = r#"
[policy]
id = "steps"
version = "1"
title = "Steps"
effective_from = 2017-06-01T00:00:00Z

[camera]
pre_event_buffer = "30s"
outage_limit = "12h"
longest_recording = "12h"

[activation]
begins = ["on_scene", "en_route", "dispatched"]
ends = ["left_scene", "cleared"]
requires_arrival = true
start_tolerance = "60s"
end_tolerance = "60s"
gap_tolerance = "30s"
tolerance_total = "120s"
minimum_duration = "20s"

[notice]
required = true
within = "60s"
exempt_codes = ["active_shooter"]

[grace]
days = 30

[exceptions.active_shooter]
citation = "50 ILCS 706/10-20(a)(3)(A)"

[exceptions.privacy]
citation = "50 ILCS 706/10-20(a)(4)"
needs_approval = true

[citations]
activation = "50 ILCS 706/10-20(a)(3)"
notice = "50 ILCS 706/10-20(a)(5)"
buffer = "50 ILCS 706/10-20(a)(1)"
grace = "department policy"
"#;

/// `10:00:30` on the 10th, `12 10:00:30` on the 12th of November 2017, UTC.
fn at(text: &str) -> Moment {
    let (day, clock) = text.split_once(' ').unwrap_or(("10", text));
    let rfc3339 = format!("2017-11-{day}T{clock}Z");
    Moment(rfc3339.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn from_to(from: &str, to: &str) -> Interval {
    Interval::new(at(from), at(to))
}

fn minutes(n: i64) -> Micros {
    n * 60 * SECOND
}

/// A recording of the officer's camera that nobody has reviewed; its buffer is the 30 s before activation.
fn recording(activated: &str, stopped: &str) -> RecordingRow {
    RecordingRow {
        officer: OFFICER,
        camera: Some(CAMERA),
        started: at(activated) - 30 * SECOND,
        activated: at(activated),
        stopped: Some(at(stopped)),
        notice: NoticeMark::Unreviewed,
        notice_at: None,
        readings: None,
    }
}

fn running(started: &str) -> RecordingRow {
    RecordingRow { started: at(started), stopped: None, ..recording(started, started) }
}

fn by(officer: OfficerId, camera: CameraId, row: RecordingRow) -> RecordingRow {
    RecordingRow { officer, camera: Some(camera), ..row }
}

fn assignment(camera: Option<CameraId>, from: &str, to: Option<&str>) -> AssignmentRow {
    AssignmentRow { officer: OFFICER, camera, during: Interval::new(at(from), to.map_or(Moment::MAX, at)) }
}

fn spoilt(officer: Option<OfficerId>, camera: Option<CameraId>) -> SpoiltRow {
    SpoiltRow { officer, camera, span: None }
}

fn spoilt_during(from: Moment, to: Option<Moment>) -> SpoiltRow {
    SpoiltRow { officer: Some(OFFICER), camera: None, span: Some(SpoiltSpan { from, to }) }
}

/// What the files show and the call that is asked about.
struct Case {
    policy: Policy,
    parts: EvidenceParts,
    times: [TimeOfCall; 6],
    exempt_type: bool,
}

/// What the engine says of it.
struct Says {
    /// The word, and the reason in brackets where there is one.
    outcome: String,
    /// None where steps 1 to 4 or `within_tolerance` decided.
    measures: Option<Measures>,
    defects: Vec<(DefectKind, Interval)>,
    window: (Option<Moment>, Option<Moment>),
    recordings: Vec<u32>,
    cited: Vec<usize>,
    covered: Intervals,
    excused: Intervals,
}

/// The usual case, without any recording.
fn nothing_recorded() -> Case {
    let mut case = Case {
        policy: Policy::parse("steps.toml", POLICY).unwrap(),
        parts: EvidenceParts {
            assignments: Some(vec![assignment(Some(CAMERA), "01 00:00", None)]),
            recordings_from: Some(at("01 00:00")),
            recordings_to: Some(at("30 00:00")),
            ..EvidenceParts::default()
        },
        times: [TimeOfCall::Absent; 6],
        exempt_type: false,
    };
    case.time(CallTime::OnScene, "10:00").time(CallTime::LeftScene, "10:30");
    case
}

/// The usual case with these recordings, from activation to stop.
fn recorded(recordings: &[(&str, &str)]) -> Case {
    let mut case = nothing_recorded();
    for (activated, stopped) in recordings {
        case.recording(recording(activated, stopped));
    }
    case
}

impl Case {
    fn policy(&mut self, change: impl FnOnce(&mut Policy)) -> &mut Self {
        change(&mut self.policy);
        self
    }

    fn time_is(&mut self, which: CallTime, time: TimeOfCall) -> &mut Self {
        self.times[which.index()] = time;
        self
    }

    fn time(&mut self, which: CallTime, clock: &str) -> &mut Self {
        self.time_is(which, TimeOfCall::At(at(clock)))
    }

    fn without(&mut self, which: CallTime) -> &mut Self {
        self.time_is(which, TimeOfCall::Absent)
    }

    /// Adds a recording; a running one is spoilt, as readers of the files note it.
    fn recording(&mut self, row: RecordingRow) -> &mut Self {
        self.parts.recordings.push(row);
        if row.stopped.is_none() {
            let span = Some(SpoiltSpan { from: row.started, to: None });
            self.parts.spoilt.push(SpoiltRow { officer: Some(row.officer), camera: row.camera, span });
        }
        self
    }

    fn assignments(&mut self, rows: Vec<AssignmentRow>) -> &mut Self {
        self.parts.assignments = Some(rows);
        self
    }

    fn no_assignments_known(&mut self) -> &mut Self {
        self.parts.assignments = None;
        self
    }

    /// An exception for any call.
    fn excepted(&mut self, code: &str, from: &str, to: &str) -> &mut Self {
        self.exception(code, None, from, to, false)
    }

    fn exception(
        &mut self,
        code: &str,
        call: Option<&str>,
        from: &str,
        to: &str,
        approved: bool,
    ) -> &mut Self {
        let rule = self.policy.exception(code).unwrap().0;
        let call = call.map(Into::into);
        self.parts.exceptions.push(ExceptionRow {
            officer: OFFICER,
            call,
            during: from_to(from, to),
            rule,
            approved,
        });
        self
    }

    fn event(&mut self, camera: CameraId, event: DeviceEvent, when: &str) -> &mut Self {
        self.parts.device_events.push(DeviceEventRow { camera, at: at(when), event });
        self
    }

    fn spoilt(&mut self, row: SpoiltRow) -> &mut Self {
        self.parts.spoilt.push(row);
        self
    }

    fn says(&mut self) -> Says {
        let evidence = Evidence::new(std::mem::take(&mut self.parts), &self.policy);
        let times = CallTimes::new(self.times);
        let obligation = Obligation { officer: OFFICER, call: CALL, times, exempt_type: self.exempt_type };
        let mut work = Workspace::default();
        let decision = decide(&evidence, &self.policy, &obligation, &mut work);
        let (word, reason) = (decision.outcome.word(), decision.outcome.reason());
        Says {
            outcome: if reason.is_empty() { word.to_owned() } else { format!("{word} ({reason})") },
            measures: decision.measures,
            defects: work.defects().iter().map(|d| (d.kind, d.during)).collect(),
            window: (decision.begin, decision.end),
            recordings: work.recordings().iter().map(|r| r.order).collect(),
            cited: work.excusing_rules().collect(),
            covered: work.covered().clone(),
            excused: work.excused().clone(),
        }
    }

    fn outcome(&mut self) -> String {
        self.says().outcome
    }

    fn notice(&mut self) -> NoticeStatus {
        self.says().measures.unwrap().notice
    }

    fn in_grace(&mut self) -> bool {
        self.says().measures.unwrap().in_grace
    }

    /// Seconds that are explained, X \ R.
    fn excused_s(&mut self) -> f64 {
        self.says().measures.unwrap().excused as f64 / 1e6
    }
}

impl Says {
    fn defects_are(&self, outcome: &str, defects: &[(DefectKind, &str, &str)]) {
        assert_eq!(self.outcome, outcome);
        let expected: Vec<_> = defects.iter().map(|(kind, from, to)| (*kind, from_to(from, to))).collect();
        assert_eq!(self.defects, expected);
        let uncovered: Micros = expected.iter().map(|(_, during)| during.length()).sum();
        assert_eq!(self.measures.unwrap().uncovered, uncovered);
    }
}

// ----------------------------------------------------------------------------------------------- 1. times

#[test]
fn a_time_of_the_policy_that_nobody_can_read_is_unreadable_time() {
    for which in
        [CallTime::OnScene, CallTime::EnRoute, CallTime::Dispatched, CallTime::LeftScene, CallTime::Cleared]
    {
        let mut case = recorded(&[("10:00", "10:30")]);
        assert_eq!(
            case.time_is(which, TimeOfCall::Unreadable).outcome(),
            "unverifiable (unreadable_time)",
            "{which}"
        );
    }
}

#[test]
fn a_time_that_the_policy_does_not_name_may_be_unreadable() {
    let mut case = recorded(&[("10:00", "10:30")]);
    assert_eq!(case.time_is(CallTime::Received, TimeOfCall::Unreadable).outcome(), "recorded");
}

#[test]
fn an_unreadable_arrival_matters_even_where_the_duty_begins_earlier() {
    let mut case = recorded(&[("09:50", "10:30")]);
    case.policy(|p| p.activation.begins = vec![CallTime::Dispatched]).time(CallTime::Dispatched, "09:50");
    case.time_is(CallTime::OnScene, TimeOfCall::Unreadable);
    assert_eq!(case.outcome(), "unverifiable (unreadable_time)");
}

#[test]
fn a_time_of_the_policy_that_stays_ambiguous_is_ambiguous_time() {
    for which in [CallTime::OnScene, CallTime::Dispatched, CallTime::Cleared] {
        let mut case = recorded(&[("10:00", "10:30")]);
        assert_eq!(
            case.time_is(which, TimeOfCall::Ambiguous).outcome(),
            "unverifiable (ambiguous_time)",
            "{which}"
        );
    }
}

#[test]
fn the_duty_begins_with_the_first_time_present_in_the_order_of_the_policy() {
    let mut case = nothing_recorded();
    case.policy(|p| p.activation.begins = vec![CallTime::EnRoute, CallTime::OnScene]);
    assert_eq!(case.time(CallTime::EnRoute, "09:55").says().window, (Some(at("09:55")), Some(at("10:30"))));
    let mut case = nothing_recorded();
    case.policy(|p| p.activation.begins = vec![CallTime::EnRoute, CallTime::OnScene]);
    assert_eq!(case.says().window, (Some(at("10:00")), Some(at("10:30"))));
}

#[test]
fn the_duty_ends_with_the_first_time_present_in_the_order_of_the_policy() {
    let mut case = nothing_recorded();
    assert_eq!(case.time(CallTime::Cleared, "10:25").says().window.1, Some(at("10:30")));
    let mut case = nothing_recorded();
    case.time(CallTime::Cleared, "10:40").without(CallTime::LeftScene);
    assert_eq!(case.says().window.1, Some(at("10:40")));
}

#[test]
fn without_a_time_that_begins_the_duty_it_is_no_begin_time() {
    let mut case = recorded(&[("10:00", "10:30")]);
    assert_eq!(case.without(CallTime::OnScene).outcome(), "unverifiable (no_begin_time)");
}

#[test]
fn without_a_time_that_ends_the_duty_it_is_no_end_time() {
    let mut case = recorded(&[("10:00", "10:30")]);
    assert_eq!(case.without(CallTime::LeftScene).outcome(), "unverifiable (no_end_time)");
}

#[test]
fn an_end_at_or_before_begin_is_end_before_begin() {
    for end in ["09:59", "10:00"] {
        let mut case = recorded(&[("10:00", "10:30")]);
        assert_eq!(case.time(CallTime::LeftScene, end).outcome(), "unverifiable (end_before_begin)");
    }
    let mut case = recorded(&[("10:00", "10:30")]);
    case.policy(|p| p.activation.minimum_duration = 0).time(CallTime::LeftScene, "10:00:00.000001");
    assert_eq!(case.outcome(), "recorded");
}

// ------------------------------------------------------------------------------------------- 2. required?

#[test]
fn what_began_before_the_policy_took_effect_is_before_policy() {
    let mut case = nothing_recorded();
    case.policy(|p| p.effective_from = Some(at("10:00:00.000001")));
    assert_eq!(case.outcome(), "not_required (before_policy)");
    let mut case = nothing_recorded();
    assert_eq!(case.policy(|p| p.effective_from = Some(at("10:00"))).outcome(), "missing");
}

#[test]
fn an_exempt_type_of_call_is_exempt_type() {
    let mut case = nothing_recorded();
    case.exempt_type = true;
    assert_eq!(case.outcome(), "not_required (exempt_type)");
}

#[test]
fn an_officer_who_never_arrived_has_nothing_to_record() {
    let mut case = nothing_recorded();
    case.time(CallTime::Dispatched, "09:50").without(CallTime::OnScene);
    assert_eq!(case.outcome(), "not_required (no_arrival)");
}

#[test]
fn where_no_arrival_is_required_the_way_there_counts() {
    let mut case = nothing_recorded();
    case.time(CallTime::Dispatched, "09:50").without(CallTime::OnScene);
    case.policy(|p| p.activation.requires_arrival = false);
    case.says().defects_are("missing", &[(NeverActivated, "09:50", "10:30")]);
}

#[test]
fn shorter_than_the_minimum_duration_is_too_short() {
    let mut case = nothing_recorded();
    case.policy(|p| p.activation.minimum_duration = minutes(30) + 1);
    assert_eq!(case.outcome(), "not_required (too_short)");
    let mut case = nothing_recorded();
    assert_eq!(case.policy(|p| p.activation.minimum_duration = minutes(30)).outcome(), "missing");
}

#[test]
fn the_first_reason_why_nothing_was_required_is_given() {
    let mut case = nothing_recorded();
    case.exempt_type = true;
    case.policy(|p| {
        p.effective_from = Some(at("11:00"));
        p.activation.minimum_duration = HOUR;
    });
    case.time(CallTime::Dispatched, "09:50").without(CallTime::OnScene);
    assert_eq!(case.outcome(), "not_required (before_policy)");
    let mut exempt = recorded(&[]);
    exempt.exempt_type = true;
    exempt.time(CallTime::Dispatched, "09:50").without(CallTime::OnScene);
    assert_eq!(exempt.outcome(), "not_required (exempt_type)");
}

// ------------------------------------------------------------------- 3. whose recordings, which cameras

#[test]
fn an_officer_without_a_camera_at_begin_has_no_camera() {
    for rows in [
        vec![],
        vec![assignment(Some(CAMERA), "01 00:00", Some("10:00"))],
        vec![assignment(Some(CAMERA), "10:00:00.000001", None)],
    ] {
        assert_eq!(nothing_recorded().assignments(rows).outcome(), "no_camera");
    }
}

#[test]
fn an_assignment_that_contains_begin_gives_a_camera() {
    for rows in [
        vec![assignment(Some(CAMERA), "10:00", None)],
        vec![assignment(None, "01 00:00", None)],
        vec![assignment(Some(CAMERA), "01 00:00", Some("10:29"))],
    ] {
        assert_eq!(nothing_recorded().assignments(rows).outcome(), "missing");
    }
}

#[test]
fn who_recorded_had_a_camera() {
    let mut case = recorded(&[("10:00", "10:30")]);
    assert_eq!(case.assignments(vec![]).outcome(), "recorded");
}

#[test]
fn a_recording_that_only_touches_the_duty_shows_no_camera() {
    for touching in [("09:50", "10:00"), ("10:30", "10:40"), ("10:10", "10:10")] {
        assert_eq!(recorded(&[touching]).assignments(vec![]).outcome(), "no_camera", "{touching:?}");
    }
}

#[test]
fn an_assignment_of_somebody_else_gives_no_camera() {
    let partners = AssignmentRow { officer: PARTNER, ..assignment(Some(PARTNERS), "01 00:00", None) };
    assert_eq!(nothing_recorded().assignments(vec![partners]).outcome(), "no_camera");
}

#[test]
fn where_nobody_knows_of_a_camera_it_is_camera_unknown() {
    let mut case = nothing_recorded();
    case.recording(by(PARTNER, PARTNERS, recording("10:00", "10:30"))).no_assignments_known();
    assert_eq!(case.outcome(), "unverifiable (camera_unknown)");
}

#[test]
fn one_recording_at_any_time_makes_the_camera_known() {
    assert_eq!(recorded(&[("02 08:00", "02 08:00")]).no_assignments_known().outcome(), "missing");
}

// ---------------------------------------------------------------------------------------------- 4. window

#[test]
fn a_duty_that_reaches_out_of_the_given_window_is_outside_recordings() {
    for (from, to, outcome) in [
        ("10:00", "10:30", "recorded"),
        ("10:00:00.000001", "10:30", "unverifiable (outside_recordings)"),
        ("10:00", "10:29:59.999999", "unverifiable (outside_recordings)"),
    ] {
        let mut case = recorded(&[("10:00", "10:30")]);
        (case.parts.recordings_from, case.parts.recordings_to) = (Some(at(from)), Some(at(to)));
        assert_eq!(case.outcome(), outcome, "{from} to {to}");
    }
}

#[test]
fn the_window_reaches_by_itself_from_the_first_frame_to_the_last() {
    for (first, last, outcome) in [
        ("10:00", "10:30", "missing"),
        ("10:00:00.000001", "10:30", "unverifiable (outside_recordings)"),
        ("10:00", "10:29:59.999999", "unverifiable (outside_recordings)"),
    ] {
        let mut case = nothing_recorded();
        (case.parts.recordings_from, case.parts.recordings_to) = (None, None);
        let early = RecordingRow { started: at(first), ..recording("10:10", "10:11") };
        case.recording(by(PARTNER, PARTNERS, early)).recording(by(
            PARTNER,
            PARTNERS,
            recording("10:12", last),
        ));
        assert_eq!(case.outcome(), outcome, "{first} to {last}");
    }
}

#[test]
fn a_running_recording_reaches_with_the_window_no_further_than_its_start() {
    let mut case = nothing_recorded();
    (case.parts.recordings_from, case.parts.recordings_to) = (Some(at("01 00:00")), None);
    case.recording(by(PARTNER, PARTNERS, running("10:29:59.999999")));
    assert_eq!(case.outcome(), "unverifiable (outside_recordings)");
}

#[test]
fn without_any_recording_or_given_window_everything_lies_outside() {
    let mut case = nothing_recorded();
    (case.parts.recordings_from, case.parts.recordings_to) = (None, None);
    assert_eq!(case.outcome(), "unverifiable (outside_recordings)");
}

#[test]
fn no_camera_comes_before_the_window() {
    let mut case = nothing_recorded();
    case.parts.recordings_from = Some(at("20 00:00"));
    assert_eq!(case.assignments(vec![]).outcome(), "no_camera");
}

// ------------------------------------------------------------------------------------------ 5. covered: R

#[test]
fn the_whole_duty_on_record_is_recorded() {
    let says = recorded(&[("09:59", "10:31")]).says();
    assert_eq!(says.outcome, "recorded");
    assert_eq!(says.covered.as_slice(), [from_to("10:00", "10:30")]);
    let measures = says.measures.unwrap();
    assert_eq!((measures.covered, measures.uncovered, measures.excused), (minutes(30), 0, 0));
    assert!(says.defects.is_empty());
}

#[test]
fn the_buffer_before_activation_does_not_count() {
    let mut case = nothing_recorded();
    case.recording(RecordingRow { started: at("09:59"), ..recording("10:02", "10:30") });
    case.says().defects_are("partial", &[(LateActivation, "10:00", "10:02")]);
}

#[test]
fn what_two_recordings_show_at_once_counts_once() {
    let says = recorded(&[("10:00", "10:20"), ("10:10", "10:30")]).says();
    assert_eq!((says.outcome.as_str(), says.measures.unwrap().covered), ("recorded", minutes(30)));
}

#[test]
fn two_recordings_that_touch_leave_no_gap() {
    let mut case = recorded(&[("10:15", "10:30"), ("10:00", "10:15")]);
    case.policy(|p| p.activation.gap_tolerance = 0);
    let says = case.says();
    assert_eq!((says.outcome.as_str(), says.recordings.len()), ("recorded", 2));
}

#[test]
fn a_recording_of_a_partner_is_not_the_officers() {
    let mut case = nothing_recorded();
    case.recording(by(PARTNER, PARTNERS, recording("10:00", "10:30")));
    case.says().defects_are("missing", &[(NeverActivated, "10:00", "10:30")]);
}

#[test]
fn the_recordings_of_a_duty_are_those_that_overlap_it() {
    let mut says =
        recorded(&[("09:00", "10:00"), ("10:20", "10:40"), ("10:00", "10:20"), ("10:30", "10:40")]).says();
    says.recordings.sort_unstable();
    assert_eq!(says.recordings, [1, 2]);
}

#[test]
fn a_running_recording_lasts_as_long_as_recordings_may_from_its_first_frame() {
    let mut case = nothing_recorded();
    case.policy(|p| p.camera.longest_recording = minutes(20));
    case.recording(RecordingRow { activated: at("10:00:30"), ..running("10:00") });
    case.says().defects_are("unverifiable (rejected_evidence)", &[(EarlyStop, "10:20", "10:30")]);
}

#[test]
fn a_running_recording_ends_with_the_window() {
    let mut case = nothing_recorded();
    case.parts.recordings_to = Some(at("10:30"));
    let says = case.recording(running("10:00")).says();
    assert_eq!((says.outcome.as_str(), says.covered.total()), ("recorded", minutes(30)));
}

#[test]
fn a_recording_whose_hour_occurred_twice_covers_both_readings() {
    // Clocks were set back at 10:00: it began at 09:40 or 10:40, and the row gives the earlier and the later time.
    let mut case = nothing_recorded();
    let readings = Some(Readings { started_latest: Some(at("10:40")), ..Readings::default() });
    case.recording(RecordingRow { readings, ..recording("09:40", "10:50") });
    assert_eq!(case.outcome(), "recorded");
}

// ------------------------------------------------------------------------------------------ 5. excused: X

#[test]
fn an_exception_for_any_call_or_this_call_explains_and_one_for_another_call_does_not() {
    for (call, outcome) in [(None, "excused"), (Some(CALL), "excused"), (Some("17-002"), "missing")] {
        let mut case = nothing_recorded();
        case.exception("active_shooter", call, "09:00", "11:00", false);
        assert_eq!(case.outcome(), outcome, "{call:?}");
    }
}

#[test]
fn an_exception_of_a_partner_explains_nothing() {
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "09:00", "11:00");
    case.parts.exceptions.iter_mut().for_each(|e| e.officer = PARTNER);
    assert_eq!(case.outcome(), "missing");
}

#[test]
fn what_is_excused_is_clipped_to_the_duty_and_counted_once_and_never_where_something_is_on_record() {
    let mut case = recorded(&[("10:00", "10:10")]);
    case.excepted("active_shooter", "09:00", "10:20").excepted("active_shooter", "10:15", "11:00");
    let says = case.says();
    assert_eq!(says.outcome, "excused");
    assert_eq!(says.excused.as_slice(), [from_to("10:00", "10:30")]);
    assert_eq!(says.measures.unwrap().excused, minutes(20));
}

#[test]
fn an_empty_battery_explains_until_the_camera_is_on_or_docked() {
    for ends in [PowerOn, Docked] {
        let mut case = recorded(&[("10:00", "10:01")]);
        case.event(CAMERA, BatteryDepleted, "10:01").event(CAMERA, ends, "10:11");
        assert!((case.excused_s() - 600.0).abs() < 1e-9, "{ends:?}");
    }
}

#[test]
fn a_full_storage_explains_until_the_camera_is_docked_or_uploaded() {
    for ends in [Docked, Uploaded] {
        let mut case = recorded(&[("10:00", "10:01")]);
        case.event(CAMERA, StorageFull, "10:01").event(CAMERA, ends, "10:11");
        assert!((case.excused_s() - 600.0).abs() < 1e-9, "{ends:?}");
    }
}

#[test]
fn a_fault_explains_until_it_is_cleared_or_the_camera_docked() {
    for ends in [FaultCleared, Docked] {
        let mut case = recorded(&[("10:00", "10:01")]);
        case.event(CAMERA, Fault, "10:01").event(CAMERA, ends, "10:11");
        assert!((case.excused_s() - 600.0).abs() < 1e-9, "{ends:?}");
    }
}

#[test]
fn an_outage_does_not_end_with_any_other_event() {
    let others: [(DeviceEvent, &[DeviceEvent]); 3] = [
        (BatteryDepleted, &[PowerOff, BatteryDepleted, StorageFull, Fault, FaultCleared, Uploaded]),
        (StorageFull, &[PowerOn, PowerOff, BatteryDepleted, StorageFull, Fault, FaultCleared]),
        (Fault, &[PowerOn, PowerOff, BatteryDepleted, StorageFull, Fault, Uploaded]),
    ];
    for (starts, others) in others {
        for other in others {
            let mut case = nothing_recorded();
            case.event(CAMERA, starts, "10:00").event(CAMERA, *other, "10:05");
            assert_eq!(case.outcome(), "excused", "{starts:?} then {other:?}");
        }
    }
}

#[test]
fn an_outage_ends_with_the_first_event_that_ends_it() {
    let mut case = nothing_recorded();
    case.event(CAMERA, Docked, "10:21").event(CAMERA, Docked, "09:00");
    case.event(CAMERA, BatteryDepleted, "10:00").event(CAMERA, PowerOn, "10:14");
    case.says().defects_are("missing", &[(NeverActivated, "10:14", "10:30")]);
}

#[test]
fn of_two_events_at_one_instant_the_earlier_row_came_first() {
    let mut on_at_once = nothing_recorded();
    on_at_once.event(CAMERA, BatteryDepleted, "09:59").event(CAMERA, PowerOn, "09:59");
    assert_eq!(on_at_once.outcome(), "missing");
    let mut died_again = nothing_recorded();
    died_again.event(CAMERA, PowerOn, "09:59").event(CAMERA, BatteryDepleted, "09:59");
    assert_eq!(died_again.outcome(), "excused");
}

#[test]
fn an_outage_explains_no_longer_than_its_limit() {
    let mut case = nothing_recorded();
    case.event(CAMERA, Fault, "09 22:14:59");
    case.says().defects_are("missing", &[(NeverActivated, "10:14:59", "10:30")]);
    assert_eq!(nothing_recorded().event(CAMERA, Fault, "09 22:30").outcome(), "excused");
}

#[test]
fn an_outage_of_a_camera_that_is_not_the_officers_explains_nothing() {
    assert_eq!(nothing_recorded().event(SPARE, Fault, "10:00").outcome(), "missing");
}

#[test]
fn an_outage_of_any_of_the_officers_cameras_explains() {
    let mut case = nothing_recorded();
    let both = vec![assignment(Some(CAMERA), "01 00:00", None), assignment(Some(SPARE), "10:29", None)];
    assert_eq!(case.assignments(both).event(SPARE, Fault, "10:00").outcome(), "excused");
}

#[test]
fn a_camera_is_the_officers_by_a_recording_within_a_day() {
    for (stopped, outcome) in [("09 10:00:00.000001", "excused"), ("09 10:00", "missing")] {
        let mut case = nothing_recorded();
        case.recording(by(OFFICER, SPARE, recording("09 08:00", stopped))).event(SPARE, Fault, "10:00");
        assert_eq!(case.outcome(), outcome, "stopped {stopped}");
    }
    for (activated, outcome) in [("11 10:29:59.999999", "excused"), ("11 10:30", "missing")] {
        let mut case = nothing_recorded();
        case.recording(by(OFFICER, SPARE, recording(activated, "11 11:00"))).event(SPARE, Fault, "10:00");
        assert_eq!(case.outcome(), outcome, "activated {activated}");
    }
}

#[test]
fn where_nothing_nearer_tells_the_cameras_are_those_of_all_the_officers_recordings() {
    let mut case = nothing_recorded();
    case.recording(by(OFFICER, SPARE, recording("20 08:00", "20 08:00"))).no_assignments_known();
    assert_eq!(case.event(SPARE, Fault, "10:00").outcome(), "excused");
    let mut case = nothing_recorded();
    case.recording(by(OFFICER, SPARE, recording("20 08:00", "20 08:10")));
    case.recording(by(OFFICER, CAMERA, recording("10 09:00", "10 09:10"))).no_assignments_known();
    assert_eq!(case.event(SPARE, Fault, "10:00").outcome(), "missing");
}

#[test]
fn where_nothing_nearer_tells_the_cameras_on_rejected_recordings_count_too() {
    // Else damage could accuse: the row would take the camera, and with it the excuse, out of sight.
    let mut case = nothing_recorded();
    case.recording(RecordingRow { camera: None, ..recording("20 08:00", "20 08:10") }).no_assignments_known();
    case.parts.rejected_pairs.push((OFFICER, SPARE));
    assert_eq!(case.event(SPARE, Fault, "10:00").outcome(), "excused");
}

#[test]
fn a_camera_that_was_assigned_at_another_time_is_not_the_officers_now() {
    let mut case = nothing_recorded();
    let rows =
        vec![assignment(Some(SPARE), "01 00:00", Some("02 00:00")), assignment(None, "02 00:00", None)];
    assert_eq!(case.assignments(rows).event(SPARE, Fault, "10:00").outcome(), "missing");
}

#[test]
fn an_officer_who_handed_the_camera_back_is_excused_for_the_rest() {
    let mut case = recorded(&[("10:00", "10:05")]);
    case.assignments(vec![assignment(Some(CAMERA), "01 00:00", Some("10:05"))]);
    let says = case.says();
    assert_eq!((says.outcome.as_str(), says.measures.unwrap().excused), ("excused", minutes(25)));
}

#[test]
fn an_assignment_without_a_serial_gives_a_camera_for_the_rest() {
    let mut case = recorded(&[("10:00", "10:05")]);
    let rows = vec![assignment(Some(CAMERA), "01 00:00", Some("10:05")), assignment(None, "10:05", None)];
    case.assignments(rows).says().defects_are("partial", &[(EarlyStop, "10:05", "10:30")]);
}

#[test]
fn where_assignments_are_not_known_none_is_missed() {
    let mut case = recorded(&[("10:00", "10:05")]);
    case.no_assignments_known().says().defects_are("partial", &[(EarlyStop, "10:05", "10:30")]);
}

// --------------------------------------------------------------------------------------------- 6. lacking

#[test]
fn a_piece_that_starts_at_begin_and_exceeds_start_tolerance_is_late_activation() {
    assert_eq!(recorded(&[("10:01", "10:30")]).outcome(), "recorded");
    recorded(&[("10:01:00.000001", "10:30")])
        .says()
        .defects_are("partial", &[(LateActivation, "10:00", "10:01:00.000001")]);
}

#[test]
fn a_piece_that_ends_at_end_and_exceeds_end_tolerance_is_early_stop() {
    assert_eq!(recorded(&[("10:00", "10:29")]).outcome(), "recorded");
    recorded(&[("10:00", "10:28:59.999999")])
        .says()
        .defects_are("partial", &[(EarlyStop, "10:28:59.999999", "10:30")]);
}

#[test]
fn a_piece_in_between_that_exceeds_gap_tolerance_is_a_gap() {
    assert_eq!(recorded(&[("10:00", "10:10"), ("10:10:30", "10:30")]).outcome(), "recorded");
    recorded(&[("10:00", "10:10"), ("10:10:30.000001", "10:30")])
        .says()
        .defects_are("partial", &[(Gap, "10:10", "10:10:30.000001")]);
}

#[test]
fn each_tolerance_is_for_its_own_place() {
    let mut case = recorded(&[("10:01", "10:10"), ("10:10:10", "10:29")]);
    case.policy(|p| {
        p.activation.start_tolerance = 30 * SECOND;
        p.activation.gap_tolerance = minutes(1);
        p.activation.end_tolerance = minutes(2);
    });
    case.says().defects_are("partial", &[(LateActivation, "10:00", "10:01")]);
}

#[test]
fn while_one_piece_is_long_the_short_ones_are_no_defects() {
    recorded(&[("10:00:50", "10:10"), ("10:15", "10:29:10")])
        .says()
        .defects_are("partial", &[(Gap, "10:10", "10:15")]);
}

#[test]
fn pieces_that_are_short_by_themselves_are_tolerated_up_to_the_total() {
    assert_eq!(recorded(&[("10:00:55", "10:10"), ("10:10:10", "10:29:05")]).outcome(), "recorded");
    recorded(&[("10:00:55", "10:10"), ("10:10:10.000001", "10:29:05")]).says().defects_are(
        "partial",
        &[
            (LateActivation, "10:00", "10:00:55"),
            (Gap, "10:10", "10:10:10.000001"),
            (EarlyStop, "10:29:05", "10:30"),
        ],
    );
}

#[test]
fn a_duty_no_longer_than_the_tolerances_needs_no_recording() {
    let mut case = nothing_recorded();
    let says = case.time(CallTime::LeftScene, "10:01").says();
    assert_eq!(says.outcome, "not_required (within_tolerance)");
    assert!(says.measures.is_none());
    let mut case = nothing_recorded();
    case.time(CallTime::LeftScene, "10:01:00.000001");
    case.says().defects_are("missing", &[(NeverActivated, "10:00", "10:01:00.000001")]);
}

#[test]
fn a_duty_longer_than_one_of_the_two_tolerances_needs_a_recording() {
    let shorten: [fn(&mut Policy); 2] =
        [|p| p.activation.start_tolerance = 59 * SECOND, |p| p.activation.end_tolerance = 59 * SECOND];
    for shorten in shorten {
        let mut case = nothing_recorded();
        assert_eq!(case.policy(shorten).time(CallTime::LeftScene, "10:01").outcome(), "missing");
    }
}

#[test]
fn a_short_duty_with_something_on_record_is_judged_by_its_pieces() {
    let says = recorded(&[("10:00", "10:00:01")]).time(CallTime::LeftScene, "10:01").says();
    assert_eq!((says.outcome.as_str(), says.measures.unwrap().covered), ("recorded", SECOND));
}

#[test]
fn without_any_tolerance_one_microsecond_is_a_defect() {
    let mut case = recorded(&[("10:00", "10:10"), ("10:10:00.000001", "10:30")]);
    case.policy(|p| {
        p.activation.start_tolerance = 0;
        p.activation.end_tolerance = 0;
        p.activation.gap_tolerance = 0;
        p.activation.tolerance_total = 0;
    });
    case.says().defects_are("partial", &[(Gap, "10:10", "10:10:00.000001")]);
}

// -------------------------------------------------------------------------------------------- 7. excused?

#[test]
fn a_piece_that_is_wholly_explained_is_excused() {
    let mut case = recorded(&[("10:00", "10:20")]);
    let says = case.excepted("active_shooter", "10:20", "10:30").says();
    assert_eq!(says.outcome, "excused");
    assert!(says.defects.is_empty());
    assert_eq!(says.measures.unwrap().uncovered, 0);
    assert_eq!(says.cited, [0]);
}

#[test]
fn what_is_left_of_an_explained_piece_may_be_as_long_as_the_largest_tolerance() {
    let mut case = recorded(&[("10:00", "10:20")]);
    assert_eq!(case.excepted("active_shooter", "10:21", "10:30").outcome(), "excused");
    let mut case = recorded(&[("10:00", "10:20")]);
    case.excepted("active_shooter", "10:21:00.000001", "10:30");
    case.says().defects_are("partial", &[(EarlyStop, "10:20", "10:21:00.000001")]);
}

#[test]
fn the_largest_of_the_three_tolerances_may_be_that_of_gaps() {
    let mut case = recorded(&[("10:00", "10:20")]);
    case.policy(|p| p.activation.gap_tolerance = 90 * SECOND);
    assert_eq!(case.excepted("active_shooter", "10:21:30", "10:30").outcome(), "excused");
}

#[test]
fn what_is_left_of_explained_pieces_may_be_as_long_in_all_as_the_total() {
    for (second, outcome) in [("10:15", "excused"), ("10:15:00.000001", "partial")] {
        let mut case = recorded(&[("10:00", "10:05")]);
        case.excepted("active_shooter", "10:06", "10:14").excepted("active_shooter", second, "10:30");
        assert_eq!(case.policy(|p| p.activation.start_tolerance = minutes(2)).outcome(), outcome);
    }
}

#[test]
fn at_least_as_much_must_be_explained_as_is_left() {
    for (from, outcome) in [("10:29", "excused"), ("10:29:00.000001", "partial")] {
        let mut case = recorded(&[("10:00", "10:28")]);
        case.policy(|p| p.activation.gap_tolerance = 90 * SECOND); // so that what is left is not too long
        assert_eq!(case.excepted("active_shooter", from, "10:30").outcome(), outcome, "from {from}");
    }
}

#[test]
fn an_exception_beside_the_pieces_that_count_explains_nothing() {
    let mut case = recorded(&[("10:01", "10:20")]);
    case.excepted("active_shooter", "10:00", "10:20");
    case.says().defects_are("partial", &[(EarlyStop, "10:20", "10:30")]);
}

#[test]
fn an_exception_without_the_approval_that_it_needs_is_approval_pending() {
    let mut case = nothing_recorded();
    case.exception("privacy", None, "10:00", "10:30", false);
    assert_eq!(case.outcome(), "excused (approval_pending)");
    let mut case = nothing_recorded();
    assert_eq!(case.exception("privacy", None, "10:00", "10:30", true).outcome(), "excused");
}

#[test]
fn nothing_is_pending_where_it_would_be_excused_anyway() {
    let mut case = nothing_recorded();
    case.excepted("privacy", "10:00", "10:30").excepted("active_shooter", "10:01", "10:30");
    let says = case.says();
    assert_eq!(says.outcome, "excused");
    assert_eq!(says.cited, [1, 0]);
    let mut case = nothing_recorded();
    case.excepted("privacy", "10:00", "10:30").event(CAMERA, Fault, "10:00");
    assert_eq!(case.outcome(), "excused");
}

// ------------------------------------------------------------------------------------------ 8. otherwise

#[test]
fn nothing_on_record_and_nothing_explained_is_missing() {
    nothing_recorded().says().defects_are("missing", &[(NeverActivated, "10:00", "10:30")]);
}

#[test]
fn nothing_on_record_and_at_least_half_explained_is_partial() {
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "10:15", "10:30");
    case.says().defects_are("partial", &[(NeverActivated, "10:00", "10:15")]);
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "10:15:00.000001", "10:30");
    case.says().defects_are("missing", &[(NeverActivated, "10:00", "10:15:00.000001")]);
}

#[test]
fn anything_on_record_makes_it_partial() {
    recorded(&[("10:15", "10:15:00.000001")]).says().defects_are(
        "partial",
        &[(LateActivation, "10:00", "10:15"), (EarlyStop, "10:15:00.000001", "10:30")],
    );
}

#[test]
fn what_an_exception_leaves_of_a_piece_keeps_the_kind_of_the_piece() {
    let mut case = recorded(&[("10:00", "10:10")]);
    case.excepted("active_shooter", "10:15", "10:20");
    case.says().defects_are("partial", &[(EarlyStop, "10:10", "10:15"), (EarlyStop, "10:20", "10:30")]);
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "10:00", "10:10");
    case.says().defects_are("missing", &[(NeverActivated, "10:10", "10:30")]);
}

// ----------------------------------------------------------------------------------- 9. awaiting_upload

#[test]
fn while_uploads_are_known_a_camera_not_yet_uploaded_is_awaited() {
    let mut case = nothing_recorded();
    case.event(PARTNERS, Uploaded, "12:00");
    case.says().defects_are("awaiting_upload", &[(NeverActivated, "10:00", "10:30")]);
}

#[test]
fn a_rejected_device_event_may_have_been_the_upload() {
    let mut case = nothing_recorded();
    case.parts.device_events_rejected = true;
    assert_eq!(case.outcome(), "awaiting_upload");
}

#[test]
fn device_events_without_any_upload_await_nothing() {
    assert_eq!(nothing_recorded().event(CAMERA, Docked, "12:00").outcome(), "missing");
}

#[test]
fn an_upload_at_or_after_end_settles_it() {
    for (when, outcome) in
        [("10:30", "missing"), ("10:29:59.999999", "awaiting_upload"), ("20 08:00", "missing")]
    {
        assert_eq!(nothing_recorded().event(CAMERA, Uploaded, when).outcome(), outcome, "uploaded {when}");
    }
}

#[test]
fn every_one_of_the_officers_cameras_must_be_uploaded() {
    let two = || {
        let mut case = nothing_recorded();
        case.recording(by(OFFICER, SPARE, recording("09:00", "09:10"))).event(CAMERA, Uploaded, "12:00");
        case
    };
    assert_eq!(two().outcome(), "awaiting_upload");
    assert_eq!(two().event(SPARE, Uploaded, "13:00").outcome(), "missing");
}

#[test]
fn where_no_serial_of_the_officer_is_known_an_upload_is_awaited() {
    let mut case = nothing_recorded();
    case.recording(RecordingRow { camera: None, ..recording("09:00", "09:10") }).no_assignments_known();
    assert_eq!(case.event(PARTNERS, Uploaded, "12:00").outcome(), "awaiting_upload");
}

#[test]
fn an_assignment_without_a_serial_may_hide_a_camera_not_yet_uploaded() {
    let uploaded = |without_serial: AssignmentRow| {
        let mut case = nothing_recorded();
        case.assignments(vec![assignment(Some(CAMERA), "01 00:00", None), without_serial]);
        case.event(CAMERA, Uploaded, "12:00").outcome()
    };
    assert_eq!(uploaded(assignment(None, "10:29", None)), "awaiting_upload");
    assert_eq!(uploaded(assignment(None, "10:30", None)), "missing");
    assert_eq!(uploaded(assignment(None, "01 00:00", Some("10:00"))), "missing");
}

#[test]
fn nothing_is_awaited_for_what_is_recorded_or_excused() {
    assert_eq!(recorded(&[("10:00", "10:30")]).event(PARTNERS, Uploaded, "12:00").outcome(), "recorded");
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "10:00", "10:30").event(PARTNERS, Uploaded, "12:00");
    assert_eq!(case.outcome(), "excused");
}

#[test]
fn a_partial_recording_is_awaited_too() {
    let mut case = recorded(&[("10:00", "10:10")]);
    case.event(PARTNERS, Uploaded, "12:00");
    case.says().defects_are("awaiting_upload", &[(EarlyStop, "10:10", "10:30")]);
}

// ------------------------------------------------------------------------- 9. camera_used_under_other_id

#[test]
fn a_recording_of_somebody_else_by_the_officers_camera_casts_doubt() {
    let mut case = nothing_recorded();
    case.recording(by(PARTNER, CAMERA, recording("10:05", "10:06")));
    case.says()
        .defects_are("unverifiable (camera_used_under_other_id)", &[(NeverActivated, "10:00", "10:30")]);
}

#[test]
fn a_recording_of_somebody_else_casts_doubt_only_on_the_pieces_that_lack() {
    for (stopped, outcome) in
        [("10:20", "partial"), ("10:20:00.000001", "unverifiable (camera_used_under_other_id)")]
    {
        let mut case = recorded(&[("10:00", "10:20")]);
        assert_eq!(case.recording(by(PARTNER, CAMERA, recording("10:05", stopped))).outcome(), outcome);
    }
}

#[test]
fn a_recording_of_somebody_else_by_another_camera_casts_no_doubt() {
    let mut case = nothing_recorded();
    assert_eq!(case.recording(by(PARTNER, PARTNERS, recording("10:05", "10:06"))).outcome(), "missing");
}

#[test]
fn an_awaited_upload_is_said_before_a_camera_used_under_another_id() {
    let mut case = nothing_recorded();
    case.recording(by(PARTNER, CAMERA, recording("10:05", "10:06"))).event(PARTNERS, Uploaded, "12:00");
    assert_eq!(case.outcome(), "awaiting_upload");
}

#[test]
fn a_camera_used_under_another_id_is_said_before_rejected_evidence() {
    let mut case = nothing_recorded();
    case.recording(by(PARTNER, CAMERA, recording("10:05", "10:06"))).spoilt(spoilt(Some(OFFICER), None));
    assert_eq!(case.outcome(), "unverifiable (camera_used_under_other_id)");
}

// ---------------------------------------------------------------------------------- 9. rejected_evidence

#[test]
fn a_spoilt_row_that_names_the_officer_casts_doubt() {
    for camera in [None, Some(CAMERA), Some(PARTNERS), Some(NOBODYS)] {
        let mut case = nothing_recorded();
        case.spoilt(spoilt(Some(OFFICER), camera));
        case.says().defects_are("unverifiable (rejected_evidence)", &[(NeverActivated, "10:00", "10:30")]);
    }
}

#[test]
fn a_spoilt_row_that_names_somebody_else_casts_no_doubt() {
    assert_eq!(nothing_recorded().spoilt(spoilt(Some(PARTNER), None)).outcome(), "missing");
    assert_eq!(nothing_recorded().spoilt(spoilt(Some(PARTNER), Some(NOBODYS))).outcome(), "missing");
}

#[test]
fn a_spoilt_row_that_names_a_camera_that_was_ever_the_officers_casts_doubt() {
    let rejected = "unverifiable (rejected_evidence)";
    // Assigned at any time,
    let mut case = nothing_recorded();
    case.assignments(vec![
        assignment(Some(CAMERA), "01 00:00", None),
        assignment(Some(SPARE), "01 00:00", Some("02 00:00")),
    ]);
    assert_eq!(case.spoilt(spoilt(None, Some(SPARE))).outcome(), rejected);
    // on one of the officer's recordings,
    let mut case = recorded(&[]);
    case.recording(by(OFFICER, SPARE, recording("25 10:00", "25 10:30")));
    assert_eq!(case.spoilt(spoilt(None, Some(SPARE))).outcome(), rejected);
    // rejected ones too,
    let mut case = nothing_recorded();
    case.parts.rejected_pairs.push((OFFICER, SPARE));
    assert_eq!(case.spoilt(spoilt(None, Some(SPARE))).outcome(), rejected);
    // and whoever else the row names.
    assert_eq!(nothing_recorded().spoilt(spoilt(Some(PARTNER), Some(CAMERA))).outcome(), rejected);
}

#[test]
fn a_spoilt_row_that_names_nobody_and_no_known_camera_casts_doubt_on_everybody() {
    for camera in [None, Some(NOBODYS)] {
        assert_eq!(
            nothing_recorded().spoilt(spoilt(None, camera)).outcome(),
            "unverifiable (rejected_evidence)"
        );
    }
}

#[test]
fn a_spoilt_row_that_names_a_camera_of_somebody_else_casts_no_doubt() {
    let assigned = |case: &mut Case| {
        let partners = AssignmentRow { officer: PARTNER, ..assignment(Some(PARTNERS), "01 00:00", None) };
        case.assignments(vec![assignment(Some(CAMERA), "01 00:00", None), partners]);
    };
    let recorded = |case: &mut Case| {
        case.recording(by(PARTNER, PARTNERS, recording("20 10:00", "20 10:00")));
    };
    let rejected = |case: &mut Case| case.parts.rejected_pairs.push((PARTNER, PARTNERS));
    let ways: [&dyn Fn(&mut Case); 3] = [&assigned, &recorded, &rejected];
    for becomes_the_partners in ways {
        let mut case = nothing_recorded();
        becomes_the_partners(&mut case);
        assert_eq!(case.spoilt(spoilt(None, Some(PARTNERS))).outcome(), "missing");
    }
}

#[test]
fn a_spoilt_row_of_another_time_casts_no_doubt() {
    // A day, or as long as an outage or a recording may last, on both sides.
    let day = 24 * HOUR;
    for (from, to, outcome) in [
        (at("08 00:00"), Some(at("10:00") - day), "missing"),
        (at("08 00:00"), Some(at("10:00:00.000001") - day), "unverifiable (rejected_evidence)"),
        (at("10:30") + day, Some(at("15 00:00")), "missing"),
        (at("10:29:59.999999") + day, Some(at("15 00:00")), "unverifiable (rejected_evidence)"),
        (at("10:10"), Some(at("10:10")), "unverifiable (rejected_evidence)"),
        (at("12 10:10"), Some(at("12 10:10")), "missing"),
    ] {
        let mut case = nothing_recorded();
        assert_eq!(case.spoilt(spoilt_during(from, to)).outcome(), outcome, "{from} to {to:?}");
    }
}

#[test]
fn a_spoilt_row_casts_doubt_as_far_as_an_outage_or_a_recording_may_last() {
    let longer: [fn(&mut Policy); 2] =
        [|p| p.camera.outage_limit = 48 * HOUR, |p| p.camera.longest_recording = 48 * HOUR];
    for longer in longer {
        let mut case = nothing_recorded();
        case.policy(longer).spoilt(spoilt_during(at("12 10:10"), Some(at("12 10:10"))));
        assert_eq!(case.outcome(), "unverifiable (rejected_evidence)");
    }
}

#[test]
fn a_spoilt_row_without_an_end_reaches_to_the_end_of_the_window() {
    let mut case = nothing_recorded();
    assert_eq!(
        case.spoilt(spoilt_during(at("02 00:00"), None)).outcome(),
        "unverifiable (rejected_evidence)"
    );
    let mut case = nothing_recorded();
    assert_eq!(case.spoilt(spoilt_during(at("11 10:30"), None)).outcome(), "missing");
}

#[test]
fn a_running_recording_of_the_officer_casts_doubt() {
    let mut case = nothing_recorded();
    case.recording(running("05 08:00"));
    assert_eq!(case.outcome(), "unverifiable (rejected_evidence)");
}

#[test]
fn rejected_evidence_leaves_recorded_and_excused_alone() {
    assert_eq!(recorded(&[("10:00", "10:30")]).spoilt(spoilt(Some(OFFICER), None)).outcome(), "recorded");
    let mut case = nothing_recorded();
    case.excepted("active_shooter", "10:00", "10:30").spoilt(spoilt(Some(OFFICER), None));
    assert_eq!(case.outcome(), "excused");
}

// ----------------------------------------------------------------------------------------------- 10. grace

#[test]
fn grace_runs_from_training() {
    for (trained, in_grace) in [("11 00:00", true), ("10:00", true), ("01 00:00", true)] {
        let mut case = recorded(&[("10:00", "10:30")]);
        case.parts.trained.insert(OFFICER, at(trained));
        assert_eq!(case.in_grace(), in_grace, "trained {trained}");
    }
    for (days_ago, in_grace) in [(30 * 24 * HOUR, false), (30 * 24 * HOUR - 1, true)] {
        let mut case = recorded(&[("10:00", "10:30")]);
        case.parts.trained.insert(OFFICER, at("10:00") - days_ago);
        assert_eq!(case.in_grace(), in_grace);
    }
}

#[test]
fn without_a_training_grace_runs_from_the_earliest_assignment_that_contains_begin() {
    let since = |rows: Vec<AssignmentRow>| {
        let mut case = recorded(&[("10:00", "10:30")]);
        case.policy(|p| p.grace.days = 3).assignments(rows).in_grace()
    };
    assert!(since(vec![assignment(Some(CAMERA), "07 10:00:00.000001", None)]));
    assert!(!since(vec![assignment(Some(CAMERA), "07 10:00", None)]));
    // An earlier assignment that is over does not count, one that goes on does.
    let new = assignment(Some(CAMERA), "09 00:00", None);
    assert!(since(vec![new, assignment(Some(SPARE), "02 00:00", Some("10:00"))]));
    assert!(!since(vec![new, assignment(Some(SPARE), "02 00:00", Some("10:01"))]));
}

#[test]
fn the_training_counts_even_where_the_assignment_is_newer() {
    let mut case = recorded(&[("10:00", "10:30")]);
    case.policy(|p| p.grace.days = 3).assignments(vec![assignment(Some(CAMERA), "10:00", None)]);
    case.parts.trained.insert(OFFICER, at("01 00:00"));
    assert!(!case.in_grace());
}

#[test]
fn where_neither_is_known_there_is_no_grace() {
    assert!(!recorded(&[("10:00", "10:30")]).no_assignments_known().in_grace());
    assert!(!recorded(&[("10:00", "10:30")]).assignments(vec![]).in_grace());
}

// ---------------------------------------------------------------------------------------------- 11. notice

fn reviewed(notice: NoticeMark, notice_at: Option<&str>) -> RecordingRow {
    RecordingRow { notice, notice_at: notice_at.map(at), ..recording("10:00", "10:30") }
}

fn notice_of(notice: NoticeMark, notice_at: Option<&str>) -> NoticeStatus {
    nothing_recorded().recording(reviewed(notice, notice_at)).notice()
}

#[test]
fn notice_given_without_a_time_is_given() {
    assert_eq!(notice_of(NoticeMark::Given, None), NoticeStatus::Given);
}

#[test]
fn notice_within_the_time_before_and_after_arrival_is_given() {
    for (when, status) in [
        ("10:01", NoticeStatus::Given),
        ("10:01:00.000001", NoticeStatus::Late),
        ("09:59", NoticeStatus::Given),
        ("09:58:59.999999", NoticeStatus::Earlier),
    ] {
        assert_eq!(notice_of(NoticeMark::Given, Some(when)), status, "{when}");
    }
}

#[test]
fn notice_that_a_reviewer_did_not_find_is_not_given() {
    assert_eq!(notice_of(NoticeMark::None, None), NoticeStatus::NotGiven);
}

#[test]
fn notice_that_nobody_looked_for_is_unreviewed() {
    assert_eq!(notice_of(NoticeMark::Unreviewed, None), NoticeStatus::Unreviewed);
    assert_eq!(notice_of(NoticeMark::Unreviewed, Some("10:00")), NoticeStatus::Unreviewed);
}

#[test]
fn notice_is_not_applicable_where_nothing_is_on_record_or_none_is_required() {
    assert_eq!(nothing_recorded().notice(), NoticeStatus::NotApplicable);
    let mut case = nothing_recorded();
    case.recording(reviewed(NoticeMark::None, None)).policy(|p| p.notice.required = false);
    assert_eq!(case.notice(), NoticeStatus::NotApplicable);
}

#[test]
fn of_several_recordings_the_best_notice_counts() {
    let of = |marks: &[(NoticeMark, Option<&str>)]| {
        let mut case = nothing_recorded();
        for (mark, when) in marks {
            case.recording(reviewed(*mark, *when));
        }
        case.notice()
    };
    let (given, none, unreviewed) = (NoticeMark::Given, NoticeMark::None, NoticeMark::Unreviewed);
    assert_eq!(of(&[(none, None), (given, Some("10:10")), (given, Some("10:00"))]), NoticeStatus::Given);
    assert_eq!(of(&[(given, Some("09:00")), (given, Some("10:10"))]), NoticeStatus::Late);
    assert_eq!(of(&[(none, None), (given, Some("09:00"))]), NoticeStatus::Earlier);
    assert_eq!(of(&[(none, None), (unreviewed, None)]), NoticeStatus::Unreviewed);
    assert_eq!(of(&[(none, None), (none, Some("10:00"))]), NoticeStatus::NotGiven);
}

#[test]
fn of_a_time_of_notice_that_occurred_twice_the_better_reading_counts() {
    let readings = Some(Readings { notice_other: Some(at("10:00")), ..Readings::default() });
    let mut case = nothing_recorded();
    case.recording(RecordingRow { readings, ..reviewed(NoticeMark::Given, Some("09:00")) });
    assert_eq!(case.notice(), NoticeStatus::Given);
}

#[test]
fn notice_in_a_recording_outside_the_duty_does_not_count() {
    let mut case = nothing_recorded();
    case.recording(reviewed(NoticeMark::None, None));
    case.recording(RecordingRow { notice: NoticeMark::Given, ..recording("09:00", "10:00") });
    assert_eq!(case.notice(), NoticeStatus::NotGiven);
}

#[test]
fn an_exception_with_an_exempt_code_takes_the_duty_of_notice_away() {
    let status = |code: &str, call: Option<&str>, from: &str, to: &str| {
        let mut case = nothing_recorded();
        case.recording(reviewed(NoticeMark::None, None)).exception(code, call, from, to, true).notice()
    };
    assert_eq!(status("active_shooter", None, "10:29", "11:00"), NoticeStatus::Exempt);
    assert_eq!(status("active_shooter", Some(CALL), "10:29", "11:00"), NoticeStatus::Exempt);
    assert_eq!(status("active_shooter", Some("17-002"), "10:29", "11:00"), NoticeStatus::NotGiven);
    assert_eq!(status("active_shooter", None, "10:30", "11:00"), NoticeStatus::NotGiven);
    assert_eq!(status("privacy", None, "10:00", "10:30"), NoticeStatus::NotGiven);
}

#[test]
fn an_exempt_code_must_be_approved_where_it_needs_to_be() {
    for (approved, status) in [(false, NoticeStatus::NotGiven), (true, NoticeStatus::Exempt)] {
        let mut case = nothing_recorded();
        case.policy(|p| p.exceptions[0].needs_approval = true).recording(reviewed(NoticeMark::None, None));
        assert_eq!(case.exception("active_shooter", None, "10:00", "10:30", approved).notice(), status);
    }
}

#[test]
fn an_exemption_comes_after_given_and_before_late_and_unreviewed() {
    for (mark, when, status) in [
        (NoticeMark::Given, Some("10:00"), NoticeStatus::Given),
        (NoticeMark::Given, Some("10:10"), NoticeStatus::Exempt),
        (NoticeMark::Given, Some("09:00"), NoticeStatus::Exempt),
        (NoticeMark::Unreviewed, None, NoticeStatus::Exempt),
    ] {
        let mut case = nothing_recorded();
        case.recording(reviewed(mark, when)).excepted("active_shooter", "10:00", "10:30");
        assert_eq!(case.notice(), status);
    }
}

#[test]
fn without_an_arrival_notice_counts_from_the_first_that_is_on_record() {
    for (when, status) in [("10:03", NoticeStatus::Given), ("10:03:00.000001", NoticeStatus::Late)] {
        let mut case = nothing_recorded();
        case.policy(|p| p.activation.requires_arrival = false);
        case.time(CallTime::Dispatched, "10:00").without(CallTime::OnScene);
        let late = RecordingRow {
            notice: NoticeMark::Given,
            notice_at: Some(at(when)),
            ..recording("10:02", "10:30")
        };
        assert_eq!(case.recording(late).notice(), status);
    }
}

#[test]
fn rejected_evidence_leaves_notice_unreviewed_instead_of_late_or_not_given() {
    for (mark, when, status) in [
        (NoticeMark::None, None, NoticeStatus::Unreviewed),
        (NoticeMark::Given, Some("10:10"), NoticeStatus::Unreviewed),
        (NoticeMark::Given, Some("10:00"), NoticeStatus::Given),
        (NoticeMark::Given, Some("09:00"), NoticeStatus::Earlier),
    ] {
        let mut case = nothing_recorded();
        case.recording(reviewed(mark, when)).spoilt(spoilt(Some(OFFICER), None));
        let says = case.says();
        assert_eq!((says.outcome.as_str(), says.measures.unwrap().notice), ("recorded", status));
    }
}

// -------------------------------------------------------------------------------------------- per recording

#[test]
fn a_buffer_shorter_than_the_policys_is_counted_by_camera() {
    let mut columns = RecordingColumns::default();
    let buffer = |seconds: i64| RecordingRow {
        started: at("10:00") - seconds * SECOND,
        ..recording("10:00", "10:30")
    };
    for row in
        [buffer(30), buffer(29), by(OFFICER, SPARE, buffer(31)), RecordingRow { camera: None, ..buffer(0) }]
    {
        columns.push(row);
    }
    let mut counted = columns.short_buffers(30 * SECOND);
    counted.sort_by_key(|(camera, ..)| camera.map(|c| c.0));
    assert_eq!(counted, [(None, 1, 1), (Some(CAMERA), 2, 1), (Some(SPARE), 1, 0)]);
}
