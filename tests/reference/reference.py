#!/usr/bin/env python3
"""A second, slow reading of the audit contract (shared/design/audit.md), for checking the program against.

Written from the contract alone, in the order of its steps, with no regard for speed. Python 3.11, standard
library only. Choices where the contract leaves room are numbered in AMBIGUITIES.md and marked here as [A1], [A2] …

    reference.py --calls F --recordings F [--officers F] [--camera-assignments F] [--exceptions F]
                 [--device-events F] --policy F [--timezone Z] [--recordings-from T] [--recordings-to T]
                 [--ids-verified] [--strict] --out DIR

writes outcomes.csv, rejects.csv and reference-counts.json. Times are whole microseconds since 1970 (UTC).
"""
import argparse
import csv
import datetime as dt
import gzip
import itertools
import json
import os
import re
import sys
import tomllib
import zoneinfo

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
FOREVER = 10 ** 30                      # later than any time
EPOCH = dt.datetime(1970, 1, 1)
FLOOR = 1104537600 * SECOND             # 2005-01-01T00:00:00Z: a time before is unreadable [A1]

OUTCOME_COLUMNS = ["line", "call_id", "officer_id", "begin", "end", "outcome", "reason", "defects", "covered_s",
                   "uncovered_s", "excused_s", "in_grace", "notice", "recordings", "citation"]
REJECT_COLUMNS = ["file", "line", "column", "what", "reason"]

CALL_TIMES = ["received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"]
EVENTS = ["power_on", "power_off", "battery_depleted", "storage_full", "fault", "fault_cleared", "docked", "uploaded"]

# file -> (columns, the required ones)
FILES = {
    "calls": (["call_id", "officer_id", "unit_id", "call_type", "priority", "district", "disposition"] + CALL_TIMES,
              ["call_id", "officer_id"]),
    "recordings": (["recording_id", "officer_id", "camera_serial", "started_at", "activated_at", "stopped_at",
                    "notice", "notice_at"], ["recording_id", "started_at"]),
    "officers": (["officer_id", "name", "badge", "district", "trained_at", "camera_serial", "camera_issued_at"],
                 ["officer_id"]),
    "camera_assignments": (["camera_serial", "officer_id", "from", "to"], ["camera_serial", "officer_id", "from"]),
    "exceptions": (["officer_id", "call_id", "from", "to", "code", "approved_by", "note"],
                   ["officer_id", "from", "to", "code"]),
    "device_events": (["camera_serial", "at", "event"], ["camera_serial", "at", "event"]),
}


class Stop(Exception):
    """The audit cannot run: exit 2."""
    ids_doubtful = False


# ------------------------------------------------------------------------------------------------ times

RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?", re.ASCII)


def microseconds(naive):
    d = naive - EPOCH
    return (d.days * 86400 + d.seconds) * SECOND + d.microseconds


def fraction(digits):
    return int(((digits or "") + "000000")[:6])           # finer than a microsecond is cut off [A2]


def read_time(text, zone):
    """None if unreadable, else the possible readings: one instant, or two (earlier, later) in autumn."""
    m = RFC3339.fullmatch(text)
    if m:
        year, month, day, hour, minute, second = (int(g) for g in m.groups()[:6])
        leap = second == 60
        try:
            naive = dt.datetime(year, month, day, hour, minute, 59 if leap else second, fraction(m[7]))
        except ValueError:
            return None
        offset = 0
        if m[8] not in "Zz":
            h, mi = int(m[8][1:3]), int(m[8][4:6])
            if h > 23 or mi > 59:
                return None
            offset = (h * 60 + mi) * 60 * SECOND * (-1 if m[8][0] == "-" else 1)
        instant = microseconds(naive) - offset
        if leap:
            if (instant // SECOND) % 86400 != 86399:
                return None
            instant += SECOND
        readings = {instant}
    else:
        m = LOCAL.fullmatch(text)
        if not m or zone is None:
            return None
        try:
            naive = dt.datetime(int(m[1]), int(m[2]), int(m[3]), int(m[4]), int(m[5]), int(m[6] or 0), fraction(m[7]))
        except ValueError:
            return None
        first, second = (microseconds(naive) - naive.replace(tzinfo=zone, fold=f).utcoffset() // dt.timedelta(microseconds=1)
                         for f in (0, 1))
        if first > second:
            return None                                    # the clocks skipped it
        readings = {first, second}                         # two: it occurred twice
    if min(readings) < FLOOR:
        return None
    return tuple(sorted(readings))


def show_time(t):
    if t is None:
        return ""
    moment = EPOCH + dt.timedelta(microseconds=t)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if moment.microsecond:
        text += (".%06d" % moment.microsecond).rstrip("0")
    return text + "Z"


def show_seconds(length):
    text = "%d" % (length // SECOND)
    if length % SECOND:
        text += (".%06d" % (length % SECOND)).rstrip("0")
    return text


# ------------------------------------------------------------------------------------------------ CSV

def parse_csv(text):
    """RFC 4180, by hand: a list of (line on which the record begins, [fields]). Wholly blank lines are no rows [A3]."""
    records, fields, field = [], [], []
    line, start, i, n = 1, 1, 0, len(text)
    quoted_row = False

    def end_of_record():
        nonlocal fields, field, quoted_row
        fields.append("".join(field))
        if len(fields) > 1 or fields[0] != "" or quoted_row:
            records.append((start, fields))
        fields, field, quoted_row = [], [], False

    at_field_start = True
    while i < n:
        c = text[i]
        if c == '"' and at_field_start:
            quoted_row = True
            i += 1
            while i < n:
                if text[i] == '"':
                    if text[i + 1:i + 2] == '"':
                        field.append('"')
                        i += 2
                        continue
                    i += 1
                    break
                if text[i] == "\n":
                    line += 1
                field.append(text[i])
                i += 1
            at_field_start = False
        elif c == ",":
            fields.append("".join(field))
            field = []
            at_field_start = True
            i += 1
        elif c == "\n" or (c == "\r" and text[i + 1:i + 2] == "\n"):
            end_of_record()
            i += 2 if c == "\r" else 1
            line += 1
            start = line
            at_field_start = True
        else:
            field.append(c)
            at_field_start = False
            i += 1
    if fields or field or quoted_row:
        end_of_record()
    return records


class Row:
    def __init__(self, line, values):
        self.line = line
        self.values = values            # column -> trimmed text, "" = absent
        self.bad_values = []            # columns without * whose value is unreadable
        self.reasons = []               # why the row is rejected

    def __getitem__(self, column):
        return self.values[column]

    @property
    def accepted(self):
        return not self.reasons


class Table:
    def __init__(self, path, kind):
        self.name = os.path.basename(path)
        self.kind = kind
        columns, required = FILES[kind]
        with open(path, "rb") as f:
            data = f.read()
        if path.endswith(".gz"):
            data = gzip.decompress(data)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Stop(f"{self.name}: not UTF-8 on line {data[:e.start].count(10) + 1}")
        records = parse_csv(text.removeprefix("\ufeff"))
        if not records:
            raise Stop(f"{self.name}: line 1 has no header")
        header = [h.strip() for h in records[0][1]]
        for c in required:
            if c not in header:
                raise Stop(f"{self.name}: line 1 has no column {c}")
        if kind == "officers" and len(records) == 1:
            raise Stop(f"{self.name}: no rows")
        # Exact duplicates (same trimmed text in every known column) are counted and dropped, the first stays.
        self.read = len(records) - 1
        self.duplicate = 0
        self.rows = []
        seen = set()
        for line, fields in records[1:]:
            cell = dict(zip(header, fields))
            values = {c: cell.get(c, "").strip() for c in columns}
            content = tuple(values[c] for c in columns)
            if content in seen:
                self.duplicate += 1
                continue
            seen.add(content)
            self.rows.append(Row(line, values))
        # A row is rejected for a missing required value.
        for row in self.rows:
            for c in required:
                if not row[c]:
                    row.reasons.append((c, f"{c} is missing"))

    def reject_conflicts(self, column):
        """An id on rows of different content: all of them are rejected."""
        for row in self.rows:
            if row[column] and sum(1 for other in self.rows if other[column] == row[column]) > 1:
                row.reasons.append((column, f"{column} stands on rows of different content"))

    @property
    def accepted(self):
        return [r for r in self.rows if r.accepted]

    @property
    def rejected(self):
        return [r for r in self.rows if not r.accepted]


def time_of(row, column, zone, required):
    """() absent, None unreadable, else the readings; what cannot be read is noted on the row."""
    text = row[column]
    if not text:
        return ()
    readings = read_time(text, zone)
    if readings is None:
        if required:
            row.reasons.append((column, f"{column} is unreadable"))
        else:
            row.bad_values.append(column)
    return readings


# ------------------------------------------------------------------------------------------------ policy

def duration(text, where):
    if not isinstance(text, str) or not re.fullmatch(r"\d+[smhd]", text, re.ASCII):
        raise Stop(f"policy: {where} is not a duration")
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]] * SECOND


POLICY_KEYS = {
    "policy": {"id", "version", "title", "effective_from", "jurisdiction", "timezone", "read_on"},
    "camera": {"pre_event_buffer", "outage_limit", "longest_recording"},
    "activation": {"begins", "ends", "requires_arrival", "start_tolerance", "end_tolerance", "gap_tolerance",
                   "tolerance_total", "minimum_duration", "exempt_call_types"},
    "notice": {"required", "within", "exempt_codes"},
    "grace": {"days"},
    "exceptions": None,
    "citations": {"activation", "notice", "buffer", "grace"},
}


class Policy:
    def __init__(self, path):
        try:
            with open(path, "rb") as f:
                doc = tomllib.load(f)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise Stop(f"policy: {e}")
        for table, value in doc.items():
            if table not in POLICY_KEYS:
                raise Stop(f"policy: unknown key {table}")
            for key in value:
                if POLICY_KEYS[table] is not None and key not in POLICY_KEYS[table]:
                    raise Stop(f"policy: unknown key {table}.{key}")
        head = doc.get("policy", {})
        for key in ("id", "version", "title"):
            if key not in head:
                raise Stop(f"policy: {key} is missing")
        effective = head.get("effective_from")
        if effective is None:
            self.effective_from = None
        else:
            text = effective.isoformat() if isinstance(effective, dt.datetime) else effective
            if not isinstance(text, str) or not RFC3339.fullmatch(text):
                raise Stop("policy: effective_from is not RFC 3339")
            m = dt.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
            self.effective_from = microseconds(m.astimezone(dt.timezone.utc).replace(tzinfo=None))

        def get(table, key, default, is_duration=True):
            value = doc.get(table, {}).get(key, default)
            return duration(value, f"{table}.{key}") if is_duration else value

        self.outage_limit = get("camera", "outage_limit", "12h")
        self.longest_recording = get("camera", "longest_recording", "12h")
        self.pre_event_buffer = get("camera", "pre_event_buffer", "0s")
        self.begins = [b + "_at" for b in get("activation", "begins", ["on_scene", "en_route", "dispatched"], False)]
        self.ends = [e + "_at" for e in get("activation", "ends", ["left_scene", "cleared"], False)]
        for name in self.begins + self.ends:
            if name not in CALL_TIMES:
                raise Stop(f"policy: {name} is no time of a call")
        self.requires_arrival = get("activation", "requires_arrival", True, False)
        self.start_tolerance = get("activation", "start_tolerance", "60s")
        self.end_tolerance = get("activation", "end_tolerance", "60s")
        self.gap_tolerance = get("activation", "gap_tolerance", "30s")
        self.tolerance_total = get("activation", "tolerance_total", "120s")
        self.minimum_duration = get("activation", "minimum_duration", "0s")
        self.exempt_call_types = get("activation", "exempt_call_types", [], False)
        self.notice_required = get("notice", "required", False, False)
        self.notice_within = get("notice", "within", "60s")
        self.exempt_codes = get("notice", "exempt_codes", [], False)
        self.grace_days = get("grace", "days", 0, False)
        self.exceptions = doc.get("exceptions", {})
        for code, e in self.exceptions.items():
            if set(e) - {"title", "citation", "needs_approval"}:
                raise Stop(f"policy: unknown key in exceptions.{code}")
            if not e.get("citation"):
                raise Stop(f"policy: exceptions.{code} has no citation")
        self.activation_citation = doc.get("citations", {}).get("activation", "")

    def exempt_type(self, call_type):
        """Case-insensitive; * at the end stands for anything."""
        for pattern in self.exempt_call_types:
            p, t = pattern.lower(), call_type.lower()
            if t and (t.startswith(p[:-1]) if p.endswith("*") else t == p):
                return True
        return False


# ------------------------------------------------------------------------------------------------ intervals

def overlap(a, b, c, d):
    """[a, b) and [c, d) have a moment in common."""
    return max(a, c) < min(b, d)


class Line:
    """W cut at every boundary that matters into atoms; a set of times inside W is a set of atoms."""

    def __init__(self, begin, end, *interval_lists):
        cuts = {begin, end}
        for intervals in interval_lists:
            for a, b in intervals:
                cuts.update(t for t in (a, b) if begin < t < end)
        cuts = sorted(cuts)
        self.atoms = list(zip(cuts, cuts[1:]))

    def where(self, intervals):
        """The atoms inside the union of the intervals."""
        return {atom for atom in self.atoms if any(a <= atom[0] and atom[1] <= b for a, b in intervals)}

    def all(self):
        return set(self.atoms)


def length(atoms):
    return sum(b - a for a, b in atoms)


def maximal(atoms):
    """The maximal intervals of a set of atoms, in order."""
    out = []
    for a, b in sorted(atoms):
        if out and out[-1][1] == a:
            out[-1] = (out[-1][0], b)
        else:
            out.append((a, b))
    return out


# ------------------------------------------------------------------------------------------------ reading the files

class Recording:
    """An accepted recording. `started`: its fitting readings; it covers [first, last)."""


class Spoilt:
    """A row that may have been evidence: whom and which camera it names, and when (span None = could be any time)."""

    def __init__(self, file, row, span, open_ended=False):
        self.file, self.line = file, row.line
        self.officer = row.values.get("officer_id", "")
        self.camera = row.values.get("camera_serial", "")
        self.span, self.open_ended = span, open_ended


class Audit:
    # The contract says "own": the cameras on the officer's own (accepted) recordings. With it principle 4 does not
    # hold; with "recorded" (the cameras on all of the officer's recordings, accepted or rejected), which the program and
    # this reference follow, it does. See FLAWS in AMBIGUITIES.md.
    fallback_cameras = "recorded"

    def __init__(self, paths, policy_path, timezone=None, recordings_from=None, recordings_to=None,
                 ids_verified=False, strict=False):
        self.policy = Policy(policy_path)
        self.zone = None
        if timezone is not None:
            try:
                self.zone = zoneinfo.ZoneInfo(timezone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):
                raise Stop(f"unknown time zone {timezone}")
        self.tables = {kind: Table(paths[kind], kind) for kind in FILES if paths.get(kind)}
        self.spoilt = []
        self.read_calls()
        self.read_officers()
        self.read_camera_assignments()
        self.read_exceptions()
        self.read_device_events()
        self.read_recordings()
        self.find_window(recordings_from, recordings_to)
        self.list_ever()
        self.check_ids(ids_verified)
        if strict and self.rejects():
            raise Stop("strict: there are rejects")
        self.outcomes = [self.decide(row) for row in self.calls]

    def table(self, kind):
        return self.tables[kind].rows if kind in self.tables else []

    # ---- calls
    def read_calls(self):
        for row in self.table("calls"):
            row.times = {c: time_of(row, c, self.zone, required=False) for c in CALL_TIMES}
            # A local time that occurred twice: resolved where exactly one joint reading keeps the row in order.
            present = [c for c in CALL_TIMES if row.times[c]]
            fitting = [r for r in itertools.product(*(row.times[c] for c in present)) if list(r) == sorted(r)]
            if len(fitting) == 1:
                for c, t in zip(present, fitting[0]):
                    row.times[c] = (t,)
        self.calls = [r for r in self.table("calls") if r.accepted]

    # ---- officers
    def read_officers(self):
        self.trained = {}
        self.assignments = []           # (officer, serial or "", from, to)
        self.assignments_known = "camera_assignments" in self.tables
        if "officers" not in self.tables:
            return
        table = self.tables["officers"]
        for row in table.rows:
            row.trained = time_of(row, "trained_at", self.zone, required=False)
            row.issued = time_of(row, "camera_issued_at", self.zone, required=False)
        table.reject_conflicts("officer_id")
        for row in table.rows:
            if not row.accepted or "camera_issued_at" in row.bad_values:
                span = (min(row.issued), max(row.issued)) if row.issued else None
                self.spoilt.append(Spoilt("officers", row, span, open_ended=True))
            if row.accepted and row.trained:
                self.trained[row["officer_id"]] = max(row.trained)
        if "camera_assignments" not in self.tables:
            issued = [row for row in table.accepted if row.issued]          # [A4]
            self.assignments_known = bool(issued)
            for row in issued:
                self.assignments.append((row["officer_id"], row["camera_serial"], max(row.issued), FOREVER))

    # ---- camera assignments
    def read_camera_assignments(self):
        for row in self.table("camera_assignments"):
            start = time_of(row, "from", self.zone, required=True)
            stop = time_of(row, "to", self.zone, required=False)
            fits, span = [], None
            if start:
                fits = [(a, b) for a in start for b in (stop or (FOREVER,)) if a < b]
                if not fits:
                    row.reasons.append(("to", "from is not before to"))
                elif stop is not None:
                    span = (min(a for a, b in fits), max(b if stop else a for a, b in fits))
            if fits:
                a, b = max(a for a, b in fits), min(b for a, b in fits)      # several readings: the narrowest
                if a >= b:
                    row.reasons.append(("from", "from and to occurred twice and leave nothing certain"))
                elif row.accepted:
                    self.assignments.append((row["officer_id"], row["camera_serial"], a, b))
            if not row.accepted or row.bad_values:
                self.spoilt.append(Spoilt("camera_assignments", row, span, open_ended=stop == ()))

    # ---- exceptions
    def read_exceptions(self):
        self.exceptions = []
        for row in self.table("exceptions"):
            start = time_of(row, "from", self.zone, required=True)
            stop = time_of(row, "to", self.zone, required=True)
            span = None
            if start and stop:
                fits = [(a, b) for a in start for b in stop if a < b]
                if fits:
                    span = (min(a for a, b in fits), max(b for a, b in fits))   # several readings: the widest
                else:
                    row.reasons.append(("to", "from is not before to"))
            if row["code"] and row["code"] not in self.policy.exceptions:
                row.reasons.append(("code", "the code is not in the policy"))
            if row.accepted:
                row.start, row.stop = span
                rule = self.policy.exceptions[row["code"]]
                row.pending = bool(rule.get("needs_approval", False)) and not row["approved_by"]
                row.citation = rule["citation"]
                self.exceptions.append(row)
            else:
                self.spoilt.append(Spoilt("exceptions", row, span))

    # ---- device events
    def read_device_events(self):
        self.events = []                # (camera, at, event) in order of the file
        rejected = False
        for row in self.table("device_events"):
            at = time_of(row, "at", self.zone, required=True)
            if at and len(at) > 1:
                row.reasons.append(("at", "the local time occurred twice"))
            if row["event"] and row["event"] not in EVENTS:
                row.reasons.append(("event", "unknown event"))
            if row.accepted:
                self.events.append((row["camera_serial"], at[0], row["event"]))
            else:
                rejected = True
                self.spoilt.append(Spoilt("device_events", row, (min(at), max(at)) if at else None))
        self.uploads_matter = rejected or any(e == "uploaded" for _, _, e in self.events)
        self.events.sort(key=lambda e: e[1])      # stable: in order of time, then of file

    def outages(self, camera):
        """Step 5: every starting event has its own outage, up to the next ending one, no longer than outage_limit."""
        ends = {"battery_depleted": {"power_on", "docked"}, "storage_full": {"docked", "uploaded"},
                "fault": {"fault_cleared", "docked"}}
        events = [e for e in self.events if e[0] == camera]
        out = []
        for i, (_, at, event) in enumerate(events):
            if event in ends:
                until = at + self.policy.outage_limit
                for _, later, other in events[i + 1:]:
                    if other in ends[event]:
                        until = min(until, later)
                        break
                out.append((at, until))
        return out

    # ---- recordings
    def attributed(self, row, started):
        """The officers to whom officer_id or else the camera's assignments at started_at give the recording."""
        if row["officer_id"]:
            return {row["officer_id"]}
        if not row["camera_serial"]:
            return set()
        return {officer for officer, serial, a, b in self.assignments
                if serial == row["camera_serial"] and a <= started < b}

    def read_recordings(self):
        self.recordings = []
        table = self.tables["recordings"]
        for row in table.rows:
            started = time_of(row, "started_at", self.zone, required=True)
            activated = time_of(row, "activated_at", self.zone, required=False)
            stopped = time_of(row, "stopped_at", self.zone, required=False)
            row.notice_at = time_of(row, "notice_at", self.zone, required=False)
            row.notice = row["notice"]
            if row.notice not in ("", "given", "none"):
                row.bad_values.append("notice")
                row.notice = ""
            row.span, row.fits = None, []
            row.running = not stopped
            if started:
                # Joint readings in order. A bad value is treated as absent; absent activated_at = started_at.
                for s, a, e in itertools.product(started, activated or (None,), stopped or (None,)):
                    a = s if a is None else a
                    if s <= a and (e is None or a <= e):
                        row.fits.append((s, a, e))
                if not row.fits:
                    row.reasons.append(("started_at", "started, activated, stopped are not in order"))
                elif stopped and all(e - s > DAY for s, a, e in row.fits):
                    row.reasons.append(("stopped_at", "longer than 24 h"))
                if row.fits and activated is not None and stopped is not None:
                    row.span = (min(s for s, a, e in row.fits),
                                max(a if e is None else e for s, a, e in row.fits))
                if row.fits:
                    whose = [self.attributed(row, s) for s in {s for s, a, e in row.fits}]
                    if len(set().union(*whose)) != 1 or any(len(w) != 1 for w in whose):
                        row.reasons.append(("officer_id", "cannot be attributed to exactly one officer"))
                    else:
                        row.officer = whose[0].pop()
            row.open_ended = stopped == ()
        table.reject_conflicts("recording_id")
        for row in table.rows:
            if not row.accepted or row.bad_values or row.running:
                self.spoilt.append(Spoilt("recordings", row, row.span, row.open_ended))
            if row.accepted:
                r = Recording()
                r.id, r.officer, r.camera = row["recording_id"], row.officer, row["camera_serial"]
                r.notice, r.notice_at, r.running = row.notice, row.notice_at, row.running
                r.started = sorted({s for s, a, e in row.fits})
                r.stopped = sorted({e for s, a, e in row.fits if e is not None})
                r.first = min(a for s, a, e in row.fits)
                r.last = None if r.running else r.stopped[-1]      # of a running one: when the window is known
                self.recordings.append(r)

    # ---- step 4, first half: the recordings' window
    def find_window(self, recordings_from, recordings_to):
        def given(text, pick):
            readings = read_time(text, self.zone)
            if readings is None:
                raise Stop(f"{text} is not a time")
            return pick(readings)
        # By default from the earliest started_at to the latest stopped_at (started_at of a running one). Of several
        # readings the one that makes the window narrower.
        self.window_from = min((max(r.started) for r in self.recordings), default=None)
        self.window_to = max((min(r.started) if r.running else min(r.stopped) for r in self.recordings), default=None)
        if recordings_from is not None:
            self.window_from = given(recordings_from, max)
        if recordings_to is not None:
            self.window_to = given(recordings_to, min)
        # Step 3: a running recording lasts longest_recording from started_at, but not past the end of the window.
        for r in self.recordings:
            if r.running:
                r.last = min(max(r.started) + self.policy.longest_recording, self.window_to)
        # Step 9: spans without an end reach to the end of the window.
        for s in self.spoilt:
            if s.span and s.open_ended and self.window_to is not None:
                s.span = (s.span[0], max(s.span[1], self.window_to))

    # ---- step 9: which cameras were ever whose
    def list_ever(self):
        self.ever = {}                  # camera -> officers
        for officer, serial, _, _ in self.assignments:
            if serial:
                self.ever.setdefault(serial, set()).add(officer)
        for r in self.recordings:
            if r.camera:
                self.ever.setdefault(r.camera, set()).add(r.officer)
        for row in self.tables["recordings"].rejected:
            if row["camera_serial"] and row["officer_id"]:
                self.ever.setdefault(row["camera_serial"], set()).add(row["officer_id"])

    # ---- do the ids of the two exports match?
    def check_ids(self, ids_verified):
        officers = {row["officer_id"] for row in self.calls}
        accepted = {r.officer for r in self.recordings}
        named = {row["officer_id"] for row in self.table("recordings") if row["officer_id"]}
        few = [len(officers) >= 20 and 2 * len(officers & seen) < len(officers) for seen in (accepted, accepted | named)]
        self.ids_doubtful = few[0] != few[1]      # the two readings of "appear" differ [A5]
        if few[0] and not ids_verified:
            stop = Stop("the ids of calls and recordings do not match")
            stop.ids_doubtful = self.ids_doubtful
            raise stop

    # ---- deciding one obligation
    def decide(self, row):
        p = self.policy
        officer, call = row["officer_id"], row["call_id"]
        out = {c: "" for c in OUTCOME_COLUMNS}
        out.update(line=str(row.line), call_id=call, officer_id=officer)

        def answer(outcome, reason=""):
            out.update(outcome=outcome, reason=reason)
            return out

        # Step 1. Times.
        named = set(p.begins + p.ends) | {"on_scene_at"}
        if any(row.times[c] is None for c in named):
            return answer("unverifiable", "unreadable_time")
        if any(len(row.times[c]) > 1 for c in named):
            return answer("unverifiable", "ambiguous_time")
        begin = next((row.times[c][0] for c in p.begins if row.times[c]), None)
        end = next((row.times[c][0] for c in p.ends if row.times[c]), None)
        on_scene = row.times["on_scene_at"][0] if row.times["on_scene_at"] else None
        out.update(begin=show_time(begin), end=show_time(end))
        if begin is None:
            return answer("unverifiable", "no_begin_time")
        if end is None:
            return answer("unverifiable", "no_end_time")
        if end <= begin:
            return answer("unverifiable", "end_before_begin")
        size = end - begin

        # Step 2. Required?
        if p.effective_from is not None and begin < p.effective_from:
            return answer("not_required", "before_policy")
        if p.exempt_type(row["call_type"]):
            return answer("not_required", "exempt_type")
        if p.requires_arrival and on_scene is None:
            return answer("not_required", "no_arrival")
        if size < p.minimum_duration:
            return answer("not_required", "too_short")

        # Step 3. Whose recordings, which cameras.
        own = [r for r in self.recordings if r.officer == officer]
        on_call = [r for r in own if overlap(r.first, r.last, begin, end)]
        assigned = [a for a in self.assignments if a[0] == officer]
        cameras = {serial for _, serial, a, b in assigned if overlap(a, b, begin, end)}
        cameras |= {r.camera for r in own if overlap(r.first, r.last, begin - DAY, end + DAY)}
        cameras -= {""}
        if not cameras:
            cameras = {r.camera for r in own} - {""}
            if self.fallback_cameras == "recorded":
                cameras |= {row["camera_serial"] for row in self.tables["recordings"].rejected
                            if row["officer_id"] == officer} - {""}
        if self.assignments_known and not any(a <= begin < b for _, _, a, b in assigned) and not on_call:
            return answer("no_camera")
        if not self.assignments_known and not own:
            return answer("unverifiable", "camera_unknown")

        # Step 4. Window.
        if (self.window_from is None or self.window_to is None
                or not (self.window_from <= begin and end <= self.window_to)):
            return answer("unverifiable", "outside_recordings")

        # Step 5. Covered and excused.
        recorded = [(r.first, r.last) for r in own]
        mine = [e for e in self.exceptions if e["officer_id"] == officer and e["call_id"] in ("", call)]
        outages = [o for camera in sorted(cameras) for o in self.outages(camera)]
        held = [(a, b) for _, _, a, b in assigned]
        line = Line(begin, end, recorded, [(e.start, e.stop) for e in mine], outages, held)
        R = line.where(recorded)

        def excused_by(exceptions):
            X = line.where([(e.start, e.stop) for e in exceptions]) | line.where(outages)
            if self.assignments_known:
                X |= line.all() - line.where(held)
            return X

        X = excused_by(mine)

        # Step 6. Lacking.
        if not R and size <= p.start_tolerance and size <= p.end_tolerance:
            return answer("not_required", "within_tolerance")
        P = maximal(line.all() - R)

        def long(piece):
            a, b = piece
            return (piece == (begin, end)
                    or a == begin and b - a > p.start_tolerance
                    or b == end and b - a > p.end_tolerance
                    or a != begin and b != end and b - a > p.gap_tolerance)

        pieces = [piece for piece in P if long(piece)]
        if not pieces and length(P) > p.tolerance_total:
            pieces = P
        Q = line.where(pieces)

        # Step 7. Excused?
        def passes(X):
            D = maximal(Q - X)
            return (length(Q & X) >= length(D)
                    and all(b - a <= max(p.start_tolerance, p.end_tolerance, p.gap_tolerance) for a, b in D)
                    and length(D) <= p.tolerance_total)

        defects = []
        if not Q:
            answer("recorded")
        elif passes(X):
            answer("excused", "" if passes(excused_by([e for e in mine if not e.pending])) else "approval_pending")
        else:
            # Step 8. Otherwise.
            for a, b in maximal(Q - X):
                piece = next(q for q in pieces if q[0] <= a and b <= q[1])
                kind = ("never_activated" if piece == (begin, end) else "late_activation" if piece[0] == begin
                        else "early_stop" if piece[1] == end else "gap")
                defects.append((kind, a, b))
            answer("missing" if not R and length(X) < length(Q - X) else "partial")
            # Step 9. Doubt.
            unnamed = any(not serial and overlap(a, b, begin, end) for _, serial, a, b in assigned)
            all_uploaded = (bool(cameras) and not unnamed
                            and all(any(c == camera and e == "uploaded" and at >= end for c, at, e in self.events)
                                    for camera in cameras))
            if self.uploads_matter and not all_uploaded:
                answer("awaiting_upload")
            elif any(r.officer != officer and r.camera in cameras
                     and any(overlap(r.first, r.last, a, b) for a, b in pieces) for r in self.recordings):
                answer("unverifiable", "camera_used_under_other_id")
            elif self.rejected_evidence(officer, begin, end):
                answer("unverifiable", "rejected_evidence")

        # Step 10. Grace.
        known = self.trained.get(officer)
        if known is None:
            known = min((a for _, _, a, b in assigned if a <= begin < b), default=None)
        in_grace = known is not None and begin < known + p.grace_days * DAY

        # Step 11. Notice.
        if not R or not p.notice_required:
            notice = "not_applicable"
        else:
            arrival = on_scene if on_scene is not None else min(a for a, b in R)
            lo, hi = arrival - p.notice_within, arrival + p.notice_within
            given = [r for r in on_call if r.notice == "given"]
            if any(not r.notice_at or any(lo <= t <= hi for t in r.notice_at) for r in given):
                notice = "given"
            elif any(e["code"] in p.exempt_codes and not e.pending and overlap(e.start, e.stop, begin, end) for e in mine):
                notice = "exempt"
            elif any(t > hi for r in given for t in r.notice_at):
                notice = "late"
            elif any(t < lo for r in given for t in r.notice_at):
                notice = "earlier"
            elif all(r.notice == "none" for r in on_call):
                notice = "not_given"
            else:
                notice = "unreviewed"
            if notice in ("late", "not_given") and self.rejected_evidence(officer, begin, end):
                notice = "unreviewed"

        # What it prints.
        citation = p.activation_citation
        if out["outcome"] == "excused":
            theirs = [e.citation for e in mine if any(overlap(e.start, e.stop, a, b) for a, b in pieces)]
            if theirs:
                citation = "; ".join(dict.fromkeys(theirs))
        out.update(
            defects=json.dumps([{"kind": k, "from": show_time(a), "to": show_time(b)} for k, a, b in defects]),
            covered_s=show_seconds(length(R)), uncovered_s=show_seconds(sum(b - a for _, a, b in defects)),
            excused_s=show_seconds(length(X - R)), in_grace="true" if in_grace else "false", notice=notice,
            recordings=";".join(r.id for r in on_call), citation=citation)
        return out

    # ---- step 9, last rule
    def rejected_evidence(self, officer, begin, end):
        wide = max(DAY, self.policy.outage_limit, self.policy.longest_recording)
        for s in self.spoilt:
            concerns_officer = (s.officer == officer or officer in self.ever.get(s.camera, ())
                                or not s.officer and not self.ever.get(s.camera))
            concerns_time = s.span is None or overlap(s.span[0] - wide, s.span[1] + wide, begin, end)
            if concerns_officer and concerns_time:
                return True
        return False

    # ---- what is written
    def rejects(self):
        out = []
        for table in self.tables.values():
            for row in table.rows:
                for column in row.bad_values:
                    out.append((table.name, str(row.line), column, "value", "unreadable"))
                if row.reasons:
                    column, reason = row.reasons[0]
                    out.append((table.name, str(row.line), column, "row", reason))
        return out

    def counts(self):
        return {kind: {"read": t.read, "accepted": len(t.accepted), "rejected": len(t.rejected),
                       "duplicate": t.duplicate} for kind, t in self.tables.items()}

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)

        def table(name, columns, rows):
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as f:
                w = csv.writer(f, lineterminator="\n")
                w.writerow(columns)
                w.writerows(rows)
        table("outcomes.csv", OUTCOME_COLUMNS, [[o[c] for c in OUTCOME_COLUMNS] for o in self.outcomes])
        table("rejects.csv", REJECT_COLUMNS, self.rejects())
        with open(os.path.join(folder, "reference-counts.json"), "w", encoding="utf-8") as f:
            json.dump(self.counts(), f, indent=1)
            f.write("\n")


def main(argv=None):
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind in FILES:
        a.add_argument("--" + kind.replace("_", "-"), required=kind in ("calls", "recordings"))
    a.add_argument("--policy", required=True)
    for name in ("timezone", "recordings-from", "recordings-to"):
        a.add_argument("--" + name)
    for name in ("ids-verified", "strict"):
        a.add_argument("--" + name, action="store_true")
    a.add_argument("--out", required=True)
    o = a.parse_args(argv)
    try:
        audit = Audit({k: getattr(o, k) for k in FILES}, o.policy, o.timezone, o.recordings_from, o.recordings_to,
                      o.ids_verified, o.strict)
    except Stop as e:
        print(e, file=sys.stderr)
        return 2
    audit.write(o.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
