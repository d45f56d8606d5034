#!/usr/bin/env python3
"""Cases computed by hand from audit.md, for reference.py: `python3 -m unittest` in this folder."""
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

import reference

DAY = "2017-12-10T"


def t(clock):
    """'10:00' or '10:00:00.5' on the day; '+1 10:00' the day after, '-1 10:00' the day before."""
    day = 10
    if clock[0] in "+-":
        move, clock = clock.split(" ")
        day += int(move)
    if clock.count(":") == 1:
        clock += ":00"
    return f"2017-12-{day:02}T{clock}Z"


POLICY = """[policy]
id = "t"
version = "1"
title = "T"
[exceptions.privacy]
title = "Privacy"
citation = "law P"
[exceptions.hospital]
title = "Hospital"
citation = "law H"
[exceptions.signed]
title = "Signed"
citation = "law S"
needs_approval = true
[citations]
activation = "law A"
"""


class Case(unittest.TestCase):
    """Officer A has the call C1, on scene 10:00, left 10:10, and a recording R0 at 01:00, far from it. Z's two recordings
    make the window 00:00 to 23:00. Defaults of the policy: 60 s, 60 s, 30 s, 120 s in total."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.policy = POLICY
        self.calls = [self.call()]
        self.recordings = [dict(recording_id="Z1", officer_id="Z", started_at=t("00:00"), stopped_at=t("00:01")),
                           dict(recording_id="Z2", officer_id="Z", started_at=t("22:59"), stopped_at=t("23:00")),
                           dict(recording_id="R0", officer_id="A", started_at=t("01:00"), stopped_at=t("01:01"))]
        self.tables = {}
        self.options = {}

    def call(self, begin="10:00", end="10:10", call_id="C1", officer="A", **more):
        row = dict(call_id=call_id, officer_id=officer, call_type="DISTURB")
        if begin:
            row["on_scene_at"] = t(begin)
        if end:
            row["left_scene_at"] = t(end)
        row.update(more)
        return row

    def rec(self, start, stop, officer="A", camera="", **more):
        row = dict(recording_id=f"R{len(self.recordings) - 2}", officer_id=officer, camera_serial=camera, started_at=t(start))
        if stop:
            row["stopped_at"] = t(stop)
        row.update(more)
        self.recordings.append(row)
        return row

    def add(self, kind, **row):
        self.tables.setdefault(kind, []).append({k.rstrip("_"): v for k, v in row.items()})

    def exception(self, start, stop, code="privacy", officer="A", **more):
        self.add("exceptions", officer_id=officer, from_=t(start), to=t(stop), code=code, **more)

    def event(self, camera, at, event):
        self.add("device_events", camera_serial=camera, at=t(at), event=event)

    def worn(self, camera, start="-5 00:00", stop="", officer="A"):
        self.add("camera_assignments", camera_serial=camera, officer_id=officer, from_=t(start), to=t(stop) if stop else "")

    def save(self, name, rows, columns):
        path = os.path.join(self.folder.name, name)
        text = ",".join(columns) + "\n"
        for row in rows:
            text += ",".join('"' + row.get(c, "").replace('"', '""') + '"' for c in columns) + "\n"
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return path

    def run_audit(self):
        tables = {"calls": self.calls, "recordings": self.recordings, **self.tables}
        paths = {k: v if isinstance(v, str) else self.save(k + ".csv", v, reference.FILES[k][0]) for k, v in tables.items()}
        policy = os.path.join(self.folder.name, "policy.toml")
        with open(policy, "w", encoding="utf-8") as f:
            f.write(self.policy)
        self.audit = reference.Audit(paths, policy, **self.options)
        return self.audit.outcomes

    def check(self, outcome, reason="", defects=None, which=0, **fields):
        o = self.run_audit()[which]
        self.assertEqual((o["outcome"], o["reason"]), (outcome, reason), o)
        if defects is not None:
            found = [(d["kind"], d["from"], d["to"]) for d in json.loads(o["defects"])]
            self.assertEqual(found, [(k, t(a), t(b)) for k, a, b in defects])
        for k, v in fields.items():
            self.assertEqual(o[k], v, k)
        return o

    def rejected(self, kind="recordings"):
        return {(int(line), what, column) for file, line, column, what, _ in self.audit.rejects() if file == kind + ".csv"}

    def activation(self, **keys):
        self.policy += "[activation]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in keys.items())


class Step1(Case):
    def test_unreadable(self):
        self.calls[0]["dispatched_at"] = "garbage"
        self.check("unverifiable", "unreadable_time", begin="", end="", defects=None, covered_s="")
        self.assertEqual(self.rejected("calls"), {(2, "value", "dispatched_at")})

    def test_unreadable_only_where_it_matters(self):
        self.calls[0]["received_at"] = "garbage"              # not in begins
        self.check("missing")
        self.activation(begins=["received", "on_scene"])
        self.check("unverifiable", "unreadable_time")

    def test_unreadable_on_scene_counts_always(self):
        self.activation(begins=["dispatched"], requires_arrival=False)
        self.calls[0].update(dispatched_at=t("10:00"), on_scene_at="1970-01-01T00:00:00Z")
        self.check("unverifiable", "unreadable_time")

    def test_before_2005(self):
        self.calls[0]["cleared_at"] = "2004-12-31T23:59:59Z"
        self.check("unverifiable", "unreadable_time")
        self.calls[0]["cleared_at"] = "2005-01-01T00:00:00Z"  # readable, and second in ends
        self.check("missing")

    def test_first_of_the_list(self):
        self.calls[0].update(en_route_at=t("09:50"), dispatched_at=t("09:40"), cleared_at=t("10:30"))
        self.check("missing", begin=t("10:00"), end=t("10:10"))
        self.activation(begins=["dispatched", "on_scene"], ends=["cleared"])
        self.check("missing", begin=t("09:40"), end=t("10:30"))

    def test_no_begin_time(self):
        self.calls = [self.call(begin="")]
        self.check("unverifiable", "no_begin_time", begin="", end=t("10:10"))

    def test_no_end_time(self):
        self.calls = [self.call(end="")]
        self.check("unverifiable", "no_end_time", begin=t("10:00"), end="")

    def test_end_before_begin(self):
        self.calls = [self.call(end="10:00")]
        self.check("unverifiable", "end_before_begin", begin=t("10:00"), end=t("10:00"))

    def test_local_without_zone(self):
        self.calls[0]["left_scene_at"] = "2017-12-10 10:10"
        self.check("unverifiable", "unreadable_time")
        self.options["timezone"] = "UTC"
        self.check("missing", end=t("10:10"))


class LocalTimes(Case):
    """Chicago: 2017-11-05 02:00 CDT is 01:00 CST; 2018-03-11 02:00 CST is 03:00 CDT."""

    def setUp(self):
        super().setUp()
        self.options["timezone"] = "America/Chicago"
        self.recordings = [dict(recording_id="Z1", officer_id="Z", started_at="2017-11-01 00:00", stopped_at="2017-11-01 01:00"),
                           dict(recording_id="Z2", officer_id="Z", started_at="2018-04-01 00:00", stopped_at="2018-04-01 01:00"),
                           dict(recording_id="R0", officer_id="A", started_at="2017-11-01 00:00", stopped_at="2017-11-01 00:10")]

    def times(self, on_scene, left, **more):
        self.calls = [dict(call_id="C1", officer_id="A", on_scene_at=on_scene, left_scene_at=left, **more)]

    def test_reading(self):
        zone = reference.zoneinfo.ZoneInfo("America/Chicago")
        self.assertEqual([reference.show_time(x) for x in reference.read_time("2017-11-05 01:30", zone)],
                         ["2017-11-05T06:30:00Z", "2017-11-05T07:30:00Z"])
        self.assertEqual(len(reference.read_time("2017-11-05 02:00", zone)), 1)
        self.assertEqual(len(reference.read_time("2017-11-05 00:59:59.999", zone)), 1)
        self.assertIsNone(reference.read_time("2018-03-11 02:00", zone))
        self.assertIsNone(reference.read_time("2018-03-11T02:59:59.9", zone))
        self.assertEqual(len(reference.read_time("2018-03-11 03:00", zone)), 1)

    def test_skipped_is_unreadable(self):
        self.times("2018-03-11 01:50", "2018-03-11 02:10")
        self.check("unverifiable", "unreadable_time")

    def test_resolved_by_order(self):
        self.times("2017-11-05T01:50", "2017-11-05T06:55:00Z")      # 06:50Z fits, 07:50Z does not
        self.check("missing", begin="2017-11-05T06:50:00Z", end="2017-11-05T06:55:00Z")

    def test_both_ambiguous_resolved(self):
        self.times("2017-11-05 01:50", "2017-11-05 01:10")          # only the first then the second
        self.check("missing", begin="2017-11-05T06:50:00Z", end="2017-11-05T07:10:00Z")

    def test_stays_ambiguous(self):
        self.times("2017-11-05 01:10", "2017-11-05 01:50")          # three joint readings fit
        self.check("unverifiable", "ambiguous_time", begin="", end="")
        self.assertEqual(self.rejected("calls"), set())

    def test_another_column_helps(self):
        self.times("2017-11-05 01:10", "2017-11-05 01:50", cleared_at="2017-11-05T06:50:00Z")
        self.check("missing", begin="2017-11-05T06:10:00Z", end="2017-11-05T06:50:00Z")

    def test_an_earlier_column_out_of_order_leaves_it(self):
        self.times("2017-11-05 01:10", "2017-11-05T09:00:00Z", received_at="2017-11-05T10:00:00Z")
        self.check("unverifiable", "ambiguous_time")

    def test_recording_covers_the_union(self):
        self.times("2017-11-05T06:00:00Z", "2017-11-05T08:00:00Z")
        self.recordings.append(dict(recording_id="R1", officer_id="A", started_at="2017-11-05 01:00", stopped_at="2017-11-05 01:59"))
        self.check("recorded", covered_s="7140", recordings="R1")   # 06:00 to 07:59

    def test_recording_out_of_order_in_every_reading(self):
        self.recordings[2].update(started_at="2017-11-05 01:30", stopped_at="2017-11-05T06:00:00Z")
        self.times("2017-11-06 01:10", "2017-11-06 01:50")
        self.check("unverifiable", "camera_unknown")
        self.assertEqual(self.rejected(), {(4, "row", "started_at")})

    def test_ambiguous_attribution(self):
        self.recordings[2].update(officer_id="", camera_serial="X", started_at="2017-11-05 01:30", stopped_at="2017-11-05 03:30")
        self.times("2017-11-06 01:10", "2017-11-06 01:50")
        self.add("camera_assignments", camera_serial="X", officer_id="A", from_="2017-11-01 00:00", to="2017-11-05T07:00:00Z")
        self.add("camera_assignments", camera_serial="X", officer_id="B", from_="2017-11-05T07:00:00Z")
        self.run_audit()
        self.assertEqual(self.rejected(), {(4, "row", "officer_id")})
        self.tables["camera_assignments"][1]["officer_id"] = "A"
        self.run_audit()
        self.assertEqual(self.rejected(), set())

    def test_ambiguous_event_is_rejected_with_a_span(self):
        self.times("2017-11-07 10:00", "2017-11-07 10:10")          # more than 24 h later
        self.add("device_events", camera_serial="X", at="2017-11-05 01:30", event="fault")
        self.recordings[2]["camera_serial"] = "X"
        self.check("awaiting_upload")
        self.add("device_events", camera_serial="X", at="2017-11-08T00:00:00Z", event="uploaded")
        self.check("missing")
        self.times("2017-11-06 01:29", "2017-11-06 01:39")          # 24 h after the later reading, 07:30Z, less a minute
        self.check("unverifiable", "rejected_evidence")
        self.times("2017-11-06 01:30", "2017-11-06 01:40")
        self.check("missing")

    def test_ambiguous_exception_is_widest(self):
        self.times("2017-11-05T06:30:00Z", "2017-11-05T07:30:00Z")
        self.add("exceptions", officer_id="A", from_="2017-11-05 01:30", to="2017-11-05 01:30:00.5", code="privacy")
        self.check("excused", excused_s="3600")

    def test_ambiguous_assignment_is_narrowest(self):
        self.times("2017-11-05T06:20:00Z", "2017-11-05T06:40:00Z")
        self.add("camera_assignments", camera_serial="X", officer_id="A", from_="2017-11-05 01:00")
        self.check("no_camera")                                     # not before 07:00Z
        self.add("camera_assignments", camera_serial="X", officer_id="A", from_="2017-11-05 01:20", to="2017-11-05 01:50")
        self.run_audit()                                            # from 07:20Z to 06:50Z: nothing
        self.assertEqual(self.rejected("camera_assignments"), {(3, "row", "from")})


class Step2(Case):
    def test_before_policy(self):
        self.policy = self.policy.replace("[exceptions.p", f'effective_from = "{t("10:00:01")}"\n[exceptions.p', 1)
        self.check("not_required", "before_policy")

    def test_from_the_very_moment(self):
        self.policy = self.policy.replace("[exceptions.p", 'effective_from = "2017-12-10T04:00:00-06:00"\n[exceptions.p', 1)
        self.check("missing")

    def test_exempt_type(self):
        self.activation(exempt_call_types=["ADMIN", "LUNCH*"])
        for call_type, outcome in [("admin", "not_required"), ("Administrative", "missing"), ("lunch break", "not_required"),
                                   ("LUNCH", "not_required"), ("brunch", "missing"), ("", "missing")]:
            self.calls[0]["call_type"] = call_type
            self.check(outcome, "exempt_type" if outcome == "not_required" else "")

    def test_no_arrival(self):
        self.calls = [self.call(begin="", en_route_at=t("10:00"))]
        self.check("not_required", "no_arrival", begin=t("10:00"))
        self.activation(requires_arrival=False)
        self.check("missing")

    def test_too_short(self):
        self.activation(minimum_duration="601s")
        self.check("not_required", "too_short", covered_s="", notice="")
        self.policy = self.policy.replace("601s", "10m")
        self.check("missing")

    def test_the_first_reason_counts(self):
        self.activation(minimum_duration="601s", exempt_call_types=["DIST*"])
        self.check("not_required", "exempt_type")


class Step3(Case):
    def test_camera_unknown(self):
        del self.recordings[2]
        self.check("unverifiable", "camera_unknown")

    def test_no_camera(self):
        self.worn("X", "10:00:01")
        self.check("no_camera", covered_s="", in_grace="")

    def test_assignment_from_the_very_moment(self):
        self.worn("X", "10:00")
        self.check("missing")

    def test_assignment_to_the_very_moment(self):
        self.worn("X", "-1 00:00", "10:00")
        self.check("no_camera")

    def test_no_camera_but_a_recording(self):
        self.worn("X", "-1 00:00", "10:00")
        self.rec("10:09", "10:10")
        self.check("excused", excused_s="540", recordings="R1")     # nothing was the officer's: all of it excused

    def test_empty_file_of_assignments_is_known(self):
        self.tables["camera_assignments"] = []
        self.check("no_camera")

    def test_officers_file_as_assignments(self):
        self.add("officers", officer_id="A", camera_serial="X", camera_issued_at=t("10:00"))
        self.check("missing")
        self.tables["officers"][0]["camera_issued_at"] = t("10:00:00.000001")
        self.check("no_camera")

    def test_officers_file_without_issue_says_nothing(self):
        self.add("officers", officer_id="A", camera_serial="X")
        del self.recordings[2]
        self.check("unverifiable", "camera_unknown")

    def test_attribution_by_camera(self):
        self.worn("X")
        self.rec("10:00", "10:10", officer="", camera="X")
        self.check("recorded", covered_s="600", recordings="R1")

    def test_attribution_to_two_is_rejected(self):
        self.worn("X")
        self.worn("X", officer="B")
        self.rec("10:00", "10:10", officer="", camera="X")
        self.check("unverifiable", "rejected_evidence")
        self.assertEqual(self.rejected(), {(5, "row", "officer_id")})

    def test_attribution_at_the_handover(self):
        self.worn("X", "-5 00:00", "10:01")
        self.worn("X", "10:01", officer="B")
        self.worn("Y")
        self.rec("10:01", "10:10", officer="", camera="X")          # started when it was B's already
        self.check("unverifiable", "camera_used_under_other_id")

    def test_running_recording(self):
        self.rec("09:00", "")
        self.check("recorded", covered_s="600")
        self.policy += '[camera]\nlongest_recording = "65m"\n'
        self.check("unverifiable", "rejected_evidence", [("early_stop", "10:05", "10:10")], covered_s="300")

    def test_running_stops_at_the_end_of_the_window(self):
        self.rec("09:00", "")
        self.options["recordings_to"] = t("10:10")
        self.check("recorded")
        self.calls.append(self.call("10:20", "10:30", "C2"))
        self.check("unverifiable", "outside_recordings", which=1)


class Step4(Case):
    def test_default_window(self):
        self.calls = [self.call("22:50", "23:00"), self.call("22:50", "23:00:00.000001", "C2"), self.call("00:00", "00:10", "C3"),
                      self.call("-1 23:59:59", "00:10", "C4")]
        reasons = [(o["outcome"], o["reason"]) for o in self.run_audit()]
        outside = ("unverifiable", "outside_recordings")
        self.assertEqual(reasons, [("missing", ""), outside, ("missing", ""), outside])

    def test_running_one_ends_the_window_at_its_start(self):
        self.recordings[1].pop("stopped_at")
        self.calls = [self.call("22:50", "22:59"), self.call("22:50", "23:00", "C2")]
        self.assertEqual([o["reason"] for o in self.run_audit()], ["", "outside_recordings"])

    def test_given_window(self):
        self.options.update(recordings_from=t("10:00"), recordings_to=t("10:10"))
        self.check("missing")
        self.options["recordings_from"] = t("10:00:01")
        self.check("unverifiable", "outside_recordings", begin=t("10:00"), covered_s="")

    def test_no_recordings_at_all(self):
        self.recordings = []
        self.check("unverifiable", "camera_unknown")
        self.worn("X")
        self.check("unverifiable", "outside_recordings")


class Step5(Case):
    def test_zero_length_is_nothing(self):
        self.rec("10:05", "10:05")
        self.check("missing", recordings="")

    def test_touching_is_not_overlapping(self):
        self.rec("09:50", "10:00")
        self.rec("10:10", "10:20")
        self.check("missing", recordings="", covered_s="0")

    def test_buffer_does_not_cover(self):
        self.rec("09:50", "10:10", activated_at=t("10:05"))
        self.check("partial", "", [("late_activation", "10:00", "10:05")], covered_s="300", uncovered_s="300")

    def test_outage_battery(self):
        self.rec("00:10", "00:11", camera="X")
        for end, last in [("power_on", "10:06"), ("docked", "10:06"), ("uploaded", "10:10"), ("fault_cleared", "10:10")]:
            self.tables["device_events"] = []
            self.event("X", "10:00", "battery_depleted")
            self.event("X", "10:06", end)
            if end == "uploaded":
                self.event("X", "11:00", "uploaded")
            if last == "10:10":
                self.check("excused", excused_s="600", citation="law A")
            else:
                self.check("partial", "", [("never_activated", "10:06", "10:10")], excused_s="360", uncovered_s="240")

    def test_outage_storage(self):
        self.rec("00:10", "00:11", camera="X")
        self.event("X", "09:00", "storage_full")
        self.event("X", "09:10", "power_on")
        self.check("excused")
        self.event("X", "09:59", "docked")
        self.check("missing")

    def test_outage_fault_and_limit(self):
        self.rec("00:10", "00:11", camera="X")
        self.policy += '[camera]\noutage_limit = "5m"\n'
        self.event("X", "10:00", "fault")
        self.check("partial", "", [("never_activated", "10:05", "10:10")], excused_s="300")
        self.event("X", "10:04", "fault")
        self.check("excused", excused_s="540")            # up to 10:09; 60 s remain

    def test_same_moment_in_order_of_the_file(self):
        self.rec("00:10", "00:11", camera="X")
        self.event("X", "10:00", "docked")
        self.event("X", "10:00", "fault")
        self.check("excused")
        self.tables["device_events"].reverse()
        self.check("missing")

    def test_outage_of_another_camera(self):
        self.rec("00:10", "00:11", camera="X")
        self.event("Y", "09:00", "fault")
        self.check("missing")

    def test_camera_from_a_recording_within_24_hours(self):
        self.options.update(recordings_from=t("-5 00:00"))
        self.recordings[2]["camera_serial"] = "Y"
        self.rec("-1 10:00", "-1 10:00:01", camera="X")             # ends less than 24 h before
        self.event("X", "09:00", "fault")
        self.check("excused")
        self.recordings[3].update(started_at=t("-1 09:59"), stopped_at=t("-1 10:00"))
        self.check("missing")                                       # touching: not his camera, since Y is

    def test_camera_from_any_recording(self):
        self.options.update(recordings_from=t("-5 00:00"))
        self.recordings[2]["camera_serial"] = ""
        self.rec("-3 10:00", "-3 10:01", camera="X")
        self.event("X", "09:00", "fault")
        self.check("excused")

    def test_exception_for_another_call(self):
        self.exception("10:00", "10:10", call_id="C2")
        self.check("missing")
        self.exception("10:00", "10:10", call_id="C1")
        self.check("excused", citation="law P")

    def test_hole_in_the_assignments(self):
        self.worn("X", "-5 00:00", "10:02")
        self.worn("Y", "10:04")
        self.check("missing", "", [("never_activated", "10:00", "10:02"), ("never_activated", "10:04", "10:10")], excused_s="120")

    def test_assignment_without_serial_is_a_camera(self):
        self.add("officers", officer_id="A", camera_serial="", camera_issued_at=t("-5 00:00"))
        self.check("missing")


class Step6(Case):
    def test_start_tolerance(self):
        self.rec("10:01", "10:10")
        self.check("recorded", "", [], covered_s="540", uncovered_s="0")

    def test_late(self):
        self.rec("10:01:00.000001", "10:10")
        self.check("partial", "", [("late_activation", "10:00", "10:01:00.000001")], uncovered_s="60.000001", covered_s="539.999999")

    def test_early(self):
        self.rec("10:00", "10:08:59")
        self.check("partial", "", [("early_stop", "10:08:59", "10:10")], uncovered_s="61")

    def test_gap(self):
        self.rec("10:00", "10:05")
        self.rec("10:05:31", "10:10")
        self.check("partial", "", [("gap", "10:05", "10:05:31")], recordings="R1;R2")
        self.recordings[-1]["started_at"] = t("10:05:30")
        self.check("recorded")

    def test_total(self):
        self.rec("10:01", "10:05")
        self.rec("10:05:10", "10:09")
        self.check("partial", "", [("late_activation", "10:00", "10:01"), ("gap", "10:05", "10:05:10"), ("early_stop", "10:09", "10:10")],
                   uncovered_s="130")
        self.recordings[-1]["started_at"] = t("10:05")
        self.check("recorded")                                      # 120 s are not more than 120 s

    def test_short_pieces_are_no_defects_beside_a_long_one(self):
        self.rec("10:01", "10:05")
        self.rec("10:06", "10:10")
        self.check("partial", "", [("gap", "10:05", "10:06")])

    def test_never(self):
        self.check("missing", "", [("never_activated", "10:00", "10:10")], covered_s="0", uncovered_s="600", excused_s="0",
                   in_grace="false", notice="not_applicable", recordings="", citation="law A")

    def test_within_tolerance(self):
        self.calls = [self.call("10:00", "10:01")]
        self.check("not_required", "within_tolerance", covered_s="", citation="", notice="")
        self.calls = [self.call("10:00", "10:01:01")]
        self.check("missing")

    def test_within_both_tolerances(self):
        self.activation(end_tolerance="59s")
        self.calls = [self.call("10:00", "10:01")]
        self.check("missing")

    def test_overlapping_recordings_count_once(self):
        self.rec("10:00", "10:06")
        self.rec("10:03", "10:10")
        self.check("recorded", covered_s="600")


class Step7(Case):
    def test_half_is_enough(self):
        self.activation(tolerance_total="10m", gap_tolerance="10m")
        self.exception("10:00", "10:05")
        self.check("excused", "", [], excused_s="300", uncovered_s="0", citation="law P")
        self.tables["exceptions"][0]["to"] = t("10:04:59")
        self.check("missing", "", [("never_activated", "10:04:59", "10:10")])

    def test_rest_too_long(self):
        self.exception("10:01:01", "10:10")                          # 61 s remain, the largest tolerance is 60 s
        self.check("partial", "", [("never_activated", "10:00", "10:01:01")])
        self.tables["exceptions"][0]["from"] = t("10:01")
        self.check("excused")

    def test_rest_too_long_in_all(self):
        self.exception("10:01", "10:04")
        self.exception("10:05", "10:09")
        self.check("partial")                                       # three rests of 60 s: 180 s
        self.tables["exceptions"][1]["to"] = t("10:10")
        self.check("excused")                                       # two: 120 s

    def test_approval_pending(self):
        self.exception("10:00", "10:10", code="signed")
        self.check("excused", "approval_pending", citation="law S")
        self.exception("10:00", "10:09")
        self.check("excused", "", citation="law S; law P")

    def test_approved(self):
        self.exception("10:00", "10:10", code="signed", approved_by="Sgt. Ruiz")
        self.check("excused", "")

    def test_citations_only_of_those_that_overlap_q(self):
        self.rec("10:00", "10:05")
        self.exception("10:00", "10:05", code="hospital")            # where it was recorded
        self.exception("10:05", "10:10")
        self.exception("10:06", "10:10")
        self.check("excused", citation="law P", excused_s="300", covered_s="300")

    def test_excused_by_an_outage(self):
        self.rec("00:10", "00:11", camera="X")
        self.event("X", "09:00", "fault")
        self.check("excused", citation="law A")


class Step8(Case):
    def test_missing_or_partial(self):
        self.exception("10:00", "10:05")                             # |X| = |D|
        self.check("partial", "", [("never_activated", "10:05", "10:10")])
        self.tables["exceptions"][0]["to"] = t("10:04:59")
        self.check("missing", "", [("never_activated", "10:04:59", "10:10")])

    def test_any_recording_makes_it_partial(self):
        self.rec("10:09:59.999999", "10:20")
        self.check("partial", "", [("late_activation", "10:00", "10:09:59.999999")], covered_s="0.000001")

    def test_kind_is_of_the_piece(self):
        self.rec("10:05", "10:10")
        self.exception("10:00", "10:01")
        self.exception("10:02", "10:02:30")
        self.check("partial", "", [("late_activation", "10:01", "10:02"), ("late_activation", "10:02:30", "10:05")],
                   uncovered_s="210", excused_s="90")


class Step9(Case):
    def setUp(self):
        super().setUp()
        self.recordings[2]["camera_serial"] = "X"
        self.options["recordings_from"] = t("-9 00:00")
        self.options["recordings_to"] = t("+9 00:00")

    def test_awaiting_upload(self):
        self.event("Y", "08:00", "uploaded")                         # the file tells of uploads
        self.check("awaiting_upload", "", [("never_activated", "10:00", "10:10")], uncovered_s="600", citation="law A")
        self.event("X", "10:09:59", "uploaded")
        self.check("awaiting_upload")
        self.event("X", "10:10", "uploaded")
        self.check("missing")

    def test_each_camera_has_to_be_uploaded(self):
        self.event("X", "10:10", "uploaded")
        self.rec("11:00", "11:01", camera="Y")
        self.check("awaiting_upload")

    def test_no_serial_known(self):
        self.recordings[2]["camera_serial"] = ""
        self.event("X", "10:10", "uploaded")
        self.check("awaiting_upload")

    def test_assignment_without_serial(self):
        self.event("X", "10:10", "uploaded")
        self.add("officers", officer_id="A", camera_serial="", camera_issued_at=t("-1 00:00"))
        self.check("awaiting_upload")
        self.tables["officers"][0]["camera_serial"] = "X"
        self.check("missing")

    def test_a_rejected_event_stands_for_an_upload(self):
        self.event("X", "-9 00:00", "unknown_event")
        self.check("awaiting_upload")
        self.event("X", "10:10", "uploaded")
        self.check("missing")

    def test_no_uploads_in_the_file(self):
        self.event("X", "08:00", "docked")
        self.check("missing")

    def test_used_under_other_id(self):
        self.rec("10:09:59", "10:20", officer="B", camera="X")
        self.check("unverifiable", "camera_used_under_other_id", [("never_activated", "10:00", "10:10")])
        self.recordings[-1]["started_at"] = t("10:10")
        self.check("missing")

    def test_used_under_other_id_where_it_was_recorded(self):
        self.rec("10:00", "10:05", camera="X")
        self.rec("10:01", "10:05", officer="B", camera="X")          # not in Q
        self.check("partial", "", [("early_stop", "10:05", "10:10")])

    def spoil(self, start, stop, **more):
        """A recording without an id: rejected."""
        self.rec(start, stop, **more)["recording_id"] = ""

    def test_rejected_naming_the_officer(self):
        self.spoil("12:00", "12:01")
        self.check("unverifiable", "rejected_evidence", [("never_activated", "10:00", "10:10")])

    def test_rejected_naming_somebody_else(self):
        self.spoil("12:00", "12:01", officer="Z")
        self.check("missing")

    def test_rejected_naming_the_officers_camera(self):
        self.spoil("12:00", "12:01", officer="Z", camera="X")
        self.check("unverifiable", "rejected_evidence")

    def test_rejected_naming_nobody(self):
        self.spoil("12:00", "12:01", officer="", camera="NEW")       # nobody's camera: anybody's
        self.check("unverifiable", "rejected_evidence")

    def test_rejected_naming_the_camera_of_somebody_else(self):
        self.recordings[0]["camera_serial"] = "Y"
        self.worn("X")
        self.spoil("12:00", "12:01", officer="", camera="Y")
        self.check("missing")

    def test_camera_on_a_rejected_recording_is_his(self):
        self.spoil("-8 00:00", "-8 00:01", camera="W")               # A's, long ago
        self.check("missing")
        self.event("W", "10:00", "unknown_event")
        self.check("awaiting_upload")
        self.event("X", "11:00", "uploaded")
        self.check("unverifiable", "rejected_evidence")

    def test_span_touches(self):
        self.spoil("-1 09:59", "-1 10:00")                           # exactly 24 h before: half-open
        self.check("missing")
        self.recordings[-1]["stopped_at"] = t("-1 10:00:00.000001")
        self.check("unverifiable", "rejected_evidence")

    def test_span_after(self):
        self.spoil("+1 10:10", "+1 10:11")
        self.check("missing")
        self.recordings[-1]["started_at"] = t("+1 10:09:59")
        self.check("unverifiable", "rejected_evidence")

    def test_span_is_widened_by_the_largest(self):
        self.spoil("-2 09:00", "-2 10:00")
        self.check("missing")
        self.policy += '[camera]\nlongest_recording = "3d"\n'
        self.check("unverifiable", "rejected_evidence")

    def test_out_of_order_has_no_span(self):
        self.spoil("-8 09:00", "-8 08:00")
        self.check("unverifiable", "rejected_evidence")

    def test_unreadable_has_no_span(self):
        self.spoil("-8 09:00", "-8 10:00", activated_at="?")
        self.check("unverifiable", "rejected_evidence")

    def test_running_spans_to_the_end_of_the_window(self):
        self.rec("-8 09:00", "")
        self.check("unverifiable", "rejected_evidence")
        self.recordings[-1]["started_at"] = t("+1 10:10")
        self.check("missing")

    def test_accepted_with_a_bad_value(self):
        self.rec("12:00", "12:01", notice="perhaps")
        self.check("unverifiable", "rejected_evidence")
        self.recordings[-1]["notice"] = "none"
        self.check("missing")

    def test_rejected_exception(self):
        self.exception("-8 00:00", "-8 00:01", code="no_such")       # far away
        self.check("missing")
        self.tables["exceptions"][0]["to"] = t("-8 00:00")           # from >= to
        self.check("unverifiable", "rejected_evidence")
        self.tables["exceptions"][0]["officer_id"] = "Z"
        self.check("missing")
        self.tables["exceptions"][0]["officer_id"] = ""
        self.check("unverifiable", "rejected_evidence")

    def test_assignment_with_bad_end(self):
        self.worn("X")
        self.tables["camera_assignments"][0]["to"] = "never"
        self.check("unverifiable", "rejected_evidence")
        self.assertEqual(self.rejected("camera_assignments"), {(2, "value", "to")})

    def test_officers_row_with_bad_issue(self):
        self.add("officers", officer_id="A", camera_issued_at="soon")
        self.check("unverifiable", "rejected_evidence")
        self.tables["officers"][0].update(camera_issued_at="", trained_at="soon")
        self.check("missing")

    def test_rejected_officers_row(self):
        self.add("officers", officer_id="A", name="one")
        self.add("officers", officer_id="A", name="two")
        self.check("unverifiable", "rejected_evidence")
        self.assertEqual(self.rejected("officers"), {(2, "row", "officer_id"), (3, "row", "officer_id")})

    def test_order_of_doubt(self):
        self.spoil("12:00", "12:01")
        self.rec("10:00", "10:10", officer="B", camera="X")
        self.check("unverifiable", "camera_used_under_other_id")
        self.event("Y", "08:00", "uploaded")
        self.check("awaiting_upload")

    def test_doubt_does_not_touch_the_rest(self):
        self.spoil("12:00", "12:01")
        self.rec("10:00", "10:10")
        self.check("recorded")
        self.calls = [self.call("13:00", "13:10")]
        self.exception("13:00", "13:10")
        self.check("excused")


class Step10(Case):
    def grace(self, days):
        self.policy += f"[grace]\ndays = {days}\n"

    def test_trained(self):
        self.grace(2)
        self.add("officers", officer_id="A", trained_at=t("-2 10:00"))
        self.check("missing", in_grace="false")                      # begin = trained + 48 h
        self.tables["officers"][0]["trained_at"] = t("-2 10:00:01")
        self.check("missing", in_grace="true")

    def test_assigned(self):
        self.grace(2)
        self.worn("X", "-2 10:00:01")
        self.check("missing", in_grace="true")
        self.worn("Y", "-2 10:00")                                   # the earlier one counts
        self.check("missing", in_grace="false")

    def test_unknown(self):
        self.grace(2)
        self.add("officers", officer_id="A", trained_at="?")
        self.check("missing", in_grace="false")


class Step11(Case):
    def setUp(self):
        super().setUp()
        self.policy += '[notice]\nrequired = true\nexempt_codes = ["privacy", "signed"]\n'

    def given(self, at, **more):
        self.rec("10:00", "10:10", notice="given", notice_at=t(at) if at else "", **more)

    def notice(self, expected, outcome="recorded"):
        self.check(outcome, notice=expected)

    def test_not_applicable(self):
        self.notice("not_applicable", "missing")

    def test_given_without_time(self):
        self.given("")
        self.notice("given")

    def test_given_at_the_edges(self):
        for at, expected in [("09:59", "given"), ("10:01", "given"), ("09:58:59.999999", "earlier"), ("10:01:00.000001", "late")]:
            del self.recordings[3:]
            self.given(at)
            self.notice(expected)

    def test_late_goes_before_earlier(self):
        self.given("09:00")
        self.given("10:05")
        self.notice("late")
        self.given("10:00")
        self.notice("given")

    def test_not_given_and_unreviewed(self):
        self.rec("10:00", "10:06", notice="none")
        self.rec("10:06", "10:10", notice="none")
        self.notice("not_given")
        self.recordings[-1]["notice"] = ""
        self.notice("unreviewed")

    def test_exempt(self):
        self.rec("10:00", "10:10", notice="none")
        self.exception("10:09:59", "10:20")
        self.notice("exempt")
        self.tables["exceptions"][0].update({"from": t("10:10")})
        self.notice("not_given")

    def test_exempt_needs_approval(self):
        self.rec("10:00", "10:10", notice="none")
        self.exception("10:00", "10:10", code="signed")
        self.notice("not_given")
        self.tables["exceptions"][0]["approved_by"] = "Sgt."
        self.notice("exempt")

    def test_other_codes_do_not_exempt(self):
        self.rec("10:00", "10:10", notice="none")
        self.exception("10:00", "10:10", code="hospital")
        self.notice("not_given")

    def test_exempt_goes_before_late(self):
        self.given("10:05")
        self.exception("10:00", "10:10")
        self.notice("exempt")

    def test_arrival_else_start_of_r(self):
        self.activation(begins=["dispatched"], requires_arrival=False)
        self.calls = [self.call(begin="", dispatched_at=t("09:00"))]
        self.rec("09:00:30", "10:10", notice="given", notice_at=t("09:01:30"))
        self.notice("given")
        self.recordings[-1]["notice_at"] = t("09:01:31")
        self.notice("late")

    def test_doubt(self):
        self.rec("10:00", "10:10", notice="none")
        self.rec("12:00", "12:01")["recording_id"] = ""
        self.notice("unreviewed")

    def test_doubt_leaves_earlier(self):
        self.given("09:00")
        self.rec("12:00", "12:01")["recording_id"] = ""
        self.notice("earlier")

    def test_bad_notice_time_is_absent(self):
        self.rec("10:00", "10:10", notice="given", notice_at="?")
        self.notice("given")

    def test_not_required(self):
        self.policy = self.policy.replace("required = true", "required = false")
        self.given("10:00")
        self.notice("not_applicable")


class Reading(Case):
    def write(self, name, data):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def test_layout(self):
        """BOM, CRLF, shuffled and unknown columns, quotes, commas, newlines, white space; lines counted as in the file."""
        self.calls = self.write("calls.csv", ('\ufeff"left_scene_at",x,officer_id,on_scene_at,disposition,call_id\r\n'
                                              f'{t("10:10")},1,\tA ,{t("10:00")},"two\r\nlines ""q"", x", C1\r\n'
                                              f'{t("10:10")},2,A,{t("10:00")},,"C2 "').encode())
        o = self.run_audit()
        self.assertEqual([(r["line"], r["call_id"], r["officer_id"]) for r in o], [("2", "C1", "A"), ("4", "C2", "A")])

    def test_gzip(self):
        path = self.save("x.csv", self.calls, reference.FILES["calls"][0])
        with open(path, "rb") as f:
            data = f.read()
        self.calls = self.write("calls.csv.gz", gzip.compress(data[:20]) + gzip.compress(data[20:]))
        self.check("missing")

    def stops(self, *words):
        with self.assertRaises(reference.Stop) as e:
            self.run_audit()
        for w in words:
            self.assertIn(w, str(e.exception))

    def test_missing_column(self):
        self.calls = self.write("calls.csv", b"call_id,on_scene_at\nC1,\n")
        self.stops("calls.csv", "officer_id", "line 1")

    def test_no_header(self):
        self.calls = self.write("calls.csv", b"")
        self.stops("calls.csv")

    def test_not_utf8(self):
        self.calls = self.write("calls.csv", b"call_id,officer_id\nC1,A\nC2,\xff\n")
        self.stops("calls.csv", "line 3")

    def test_officers_without_rows(self):
        self.tables["officers"] = []
        self.stops("officers.csv")

    def test_calls_without_rows(self):
        self.calls = []
        self.assertEqual(self.run_audit(), [])

    def test_required_values(self):
        self.calls += [self.call(call_id=" "), self.call(officer="")]
        self.assertEqual(len(self.run_audit()), 1)
        self.assertEqual(self.rejected("calls"), {(3, "row", "call_id"), (4, "row", "officer_id")})
        self.assertEqual(self.audit.counts()["calls"], {"read": 3, "accepted": 1, "rejected": 2, "duplicate": 0})

    def test_duplicates(self):
        self.calls.append(dict(self.calls[0]))
        self.calls.append(dict(self.calls[0], call_id=""))
        self.calls.append(dict(self.calls[0], call_id=""))
        self.assertEqual(len(self.run_audit()), 1)
        self.assertEqual(self.audit.counts()["calls"], {"read": 4, "accepted": 1, "rejected": 1, "duplicate": 2})
        self.assertEqual(self.rejected("calls"), {(4, "row", "call_id")})

    def test_id_conflict(self):
        self.rec("10:00", "10:10")
        self.recordings.append(dict(self.recordings[-1], notice="none"))
        self.recordings.append(dict(self.recordings[-1]))
        self.check("unverifiable", "rejected_evidence")
        self.assertEqual(self.rejected(), {(5, "row", "recording_id"), (6, "row", "recording_id")})
        self.assertEqual(self.audit.counts()["recordings"], {"read": 6, "accepted": 3, "rejected": 2, "duplicate": 1})

    def test_conflict_with_a_row_rejected_anyway(self):
        self.rec("10:00", "10:10")
        self.recordings.append(dict(self.recordings[-1], started_at=""))
        self.check("unverifiable", "rejected_evidence")
        self.assertEqual({r[:2] for r in self.rejected()}, {(5, "row"), (6, "row")})

    def test_24_hours(self):
        self.options.update(recordings_from=t("-1 00:00"), recordings_to=t("+5 00:00"))
        self.rec("-1 12:00", "12:00")
        self.check("recorded")
        self.recordings[-1]["stopped_at"] = t("12:00:00.000001")
        self.check("unverifiable", "rejected_evidence")

    def test_recording_order(self):
        self.rec("10:00", "10:10", activated_at=t("10:10"))
        self.run_audit()
        self.assertEqual(self.rejected(), set())
        self.recordings[-1]["activated_at"] = t("10:10:01")
        self.run_audit()
        self.assertEqual(self.rejected(), {(5, "row", "started_at")})
        self.recordings[-1]["activated_at"] = t("09:59:59")
        self.run_audit()
        self.assertEqual(self.rejected(), {(5, "row", "started_at")})

    def test_nobody(self):
        self.rec("10:00", "10:10", officer="")
        self.run_audit()
        self.assertEqual(self.rejected(), {(5, "row", "officer_id")})

    def test_value_and_row_are_both_listed(self):
        self.rec("10:00", "10:10", officer="", notice="perhaps", activated_at="?")
        self.run_audit()
        self.assertEqual(self.rejected(), {(5, "row", "officer_id"), (5, "value", "notice"), (5, "value", "activated_at")})

    def test_bad_stop_is_running(self):
        self.rec("09:00", "", stopped_at="1970-01-01T00:00:00Z")
        self.check("recorded")
        self.assertEqual(self.rejected(), {(5, "value", "stopped_at")})

    def test_other_rejects(self):
        self.exception("10:00", "10:00")
        self.exception("10:00", "10:01", code="PRIVACY")
        self.exception("10:00", "10:01", note="kept")
        self.event("X", "10:00", "Docked")
        self.event("X", "10:00", "docked")
        self.worn("X", "10:00", "10:00")
        self.worn("X", "10:00", "10:00:01")
        self.run_audit()
        self.assertEqual(self.rejected("exceptions"), {(2, "row", "to"), (3, "row", "code")})
        self.assertEqual(self.rejected("device_events"), {(2, "row", "event")})
        self.assertEqual(self.rejected("camera_assignments"), {(2, "row", "to")})

    def test_times(self):
        show = lambda text: [reference.show_time(x) for x in reference.read_time(text, None) or ()]
        self.assertEqual(show("2017-12-10T10:00:00-06:00"), ["2017-12-10T16:00:00Z"])
        self.assertEqual(show("2017-12-10T10:00:00.250+05:30"), ["2017-12-10T04:30:00.25Z"])
        self.assertEqual(show("2016-12-31T23:59:60Z"), ["2017-01-01T00:00:00Z"])
        for bad in ("2017-12-10T10:00Z", "2017-02-29T00:00:00Z", "2017-12-10T24:00:00Z", "2017-12-10 10:00", "", "10:00",
                    "2017-12-10T10:00:60Z", "2017-12-10T10:00:00+24:00", "2004-12-31T23:59:59.999999Z"):
            self.assertEqual(show(bad), [], bad)

    def test_policy_errors(self):
        for bad in ("[surprise]\nx = 1\n", "[grace]\nweeks = 1\n", '[camera]\noutage_limit = "1 h"\n', '[camera]\noutage_limit = "-1h"\n',
                    '[exceptions.x]\ntitle = "x"\n', '[activation]\nbegins = ["arrived"]\n'):
            self.policy = POLICY + bad
            self.stops("policy")

    def many(self, appear):
        self.calls = [self.call(call_id=f"C{i}", officer=f"N{i}") for i in range(20)]
        for i in range(appear):
            self.rec("10:00", "10:10", officer=f"N{i}")

    def test_ids_do_not_match(self):
        self.many(9)
        self.stops("ids")
        self.options["ids_verified"] = True
        self.assertEqual(len(self.run_audit()), 20)

    def test_half_of_the_ids_match(self):
        self.many(10)
        self.assertEqual(len(self.run_audit()), 20)

    def test_nineteen_officers(self):
        self.many(0)
        self.calls.pop()
        self.assertEqual(len(self.run_audit()), 19)

    def test_strict(self):
        self.options["strict"] = True
        self.run_audit()
        self.rec("10:00", "10:10", notice="perhaps")
        self.stops("strict")

    def test_command_line(self):
        paths = [self.save(k + ".csv", v, reference.FILES[k][0]) for k, v in (("calls", self.calls), ("recordings", self.recordings))]
        policy = self.write("policy.toml", POLICY.encode())
        out = os.path.join(self.folder.name, "out")
        script = os.path.join(os.path.dirname(os.path.abspath(reference.__file__)), "reference.py")
        args = [sys.executable, script, "--calls", paths[0], "--recordings", paths[1], "--policy", policy, "--out", out]
        self.assertEqual(subprocess.run(args).returncode, 0)
        with open(os.path.join(out, "outcomes.csv"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertEqual(lines[0], "line,call_id,officer_id,begin,end,outcome,reason,defects,covered_s,uncovered_s,excused_s,"
                                   "in_grace,notice,recordings,citation")
        self.assertTrue(lines[1].startswith(f"2,C1,A,{t('10:00')},{t('10:10')},missing,,"))
        with open(os.path.join(out, "reference-counts.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["recordings"], {"read": 3, "accepted": 3, "rejected": 0, "duplicate": 0})
        self.write("recordings.csv", b"nothing\n")
        self.assertEqual(subprocess.run(args, capture_output=True).returncode, 2)


class Flaw(Case):
    def test_damage_to_a_far_recording_takes_no_camera_away(self):
        """AMBIGUITIES.md, flaw F1: by the contract's words it would, and with the camera the doubt."""
        self.options.update(recordings_from=t("-9 00:00"), recordings_to=t("+9 00:00"))
        del self.recordings[2]
        self.rec("+3 10:00", "+3 10:01", camera="X1")
        self.rec("+4 10:00", "+4 10:01", camera="X2")
        self.event("X1", "11:00", "uploaded")
        self.check("awaiting_upload")
        self.recordings[-1]["stopped_at"] = t("+6 10:00")            # longer than 24 h: rejected
        self.check("awaiting_upload")
        reference.Audit.fallback_cameras = "own"                     # the contract's words
        try:
            self.check("missing")
        finally:
            reference.Audit.fallback_cameras = "recorded"

    def test_the_same_by_a_spoilt_copy(self):
        """Of two exact duplicates, one is damaged: both are rejected, and an outage's excuse stays."""
        self.options.update(recordings_from=t("-9 00:00"), recordings_to=t("+9 00:00"))
        del self.recordings[2]
        self.rec("+3 10:00", "+3 10:01", camera="X1")
        self.rec("+4 10:00", "+4 10:01", camera="X2")
        self.recordings.append(dict(self.recordings[-1]))
        self.event("X2", "09:00", "fault")
        self.check("excused")
        self.recordings[-1]["notice"] = "#REF!"
        self.check("excused")

    def test_more_recording_can_hurt(self):
        """AMBIGUITIES.md, flaw F2."""
        self.calls = [self.call("10:00", "10:01")]
        self.check("not_required", "within_tolerance")
        self.rec("10:00", "10:00:10")
        self.rec("10:00:50", "10:01")
        self.check("partial", "", [("gap", "10:00:10", "10:00:50")])


class AgainstSecondBySecond(unittest.TestCase):
    """The atoms of Line and plain sets of seconds say the same."""

    def test(self):
        rng = random.Random(1)
        for _ in range(500):
            begin = rng.randrange(20)
            end = begin + rng.randrange(1, 40)
            a, b = ([(x, x + rng.randrange(12)) for x in (rng.randrange(60) for _ in range(rng.randrange(5)))] for _ in range(2))
            line = reference.Line(begin, end, a, b)
            w = set(range(begin, end))
            plain = lambda intervals: w & set().union(*(range(*i) for i in intervals))
            seconds = lambda atoms: set().union(*(range(*i) for i in atoms))
            self.assertEqual(seconds(line.where(a)), plain(a))
            self.assertEqual(seconds(line.all()), w)
            rest = line.all() - line.where(a)
            self.assertEqual(seconds(rest), w - plain(a))
            self.assertEqual(reference.length(rest & line.where(b)), len((w - plain(a)) & plain(b)))
            for x, y in reference.maximal(rest):                     # maximal: bounded by what is not in the set
                self.assertTrue(set(range(x, y)) <= w - plain(a))
                self.assertTrue(x - 1 not in w - plain(a) and y not in w - plain(a))


if __name__ == "__main__":
    unittest.main()
