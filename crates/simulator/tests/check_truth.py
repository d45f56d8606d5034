"""Checks a simulated department against the contract of the audit, slowly and plainly.

    python3 check_truth.py DIR [DIR ...] [--timezone America/Chicago]

It reads the exchange files in DIR, decides every obligation by the eleven steps of the audit's contract under the values of the
policy us-il-chicago, and compares with truth.csv. It shares no code with the simulator or the audit: a third opinion,
written for clearness, quadratic where that is simplest. Exit status 1 where anything differs.
"""

import csv
import json
import re
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from itertools import product
from zoneinfo import ZoneInfo

START, END, GAP, TOTAL, MINIMUM = 60, 60, 30, 120, 60
OUTAGE, LONGEST, GRACE, WITHIN = 12 * 3600, 12 * 3600, 30 * 86400, 60
WIDE = max(24 * 3600, OUTAGE, LONGEST)
NEEDS_APPROVAL = {"informant", "technical_failure"}
CODES = NEEDS_APPROVAL | {"active_shooter", "exigent", "in_car_camera", "secure_facility", "victim_request",
                          "witness_request", "community_caretaking"}
ORDER = ["received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"]
UNREADABLE, INF = "unreadable", float("inf")
OLDEST = datetime(2005, 1, 1, tzinfo=timezone.utc).timestamp()
RFC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$")


class Reader:
    def __init__(self, zone):
        self.zone = ZoneInfo(zone) if zone else None

    def readings(self, text):
        """All instants the text can mean; [] where absent, None where unreadable."""
        text = text.strip()
        if not text:
            return []
        try:
            if RFC.match(text):
                found = [datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()]
            elif self.zone and LOCAL.match(text):
                local = datetime.fromisoformat(text)
                found = sorted({local.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1)})
                if any(datetime.fromtimestamp(t, self.zone).replace(tzinfo=None) != local for t in found):
                    return None
            else:
                return None
        except ValueError:
            return None
        return found if found[0] >= OLDEST else None

    def chain(self, texts):
        """Times in their order: a number, None, UNREADABLE, or a list of readings that stay possible."""
        every = [self.readings(text) for text in texts]
        present = [index for index, found in enumerate(every) if found]
        options = [combination for combination in product(*(every[index] for index in present))
                   if all(a <= b for a, b in zip(combination, combination[1:]))]
        result = [UNREADABLE if found is None else None for found in every]
        for place, index in enumerate(present):
            if len(options) == 1:
                result[index] = options[0][place]
            else:
                result[index] = every[index][0] if len(every[index]) == 1 else every[index]
        return result

    def one(self, text):
        found = self.readings(text)
        assert found is not None and len(found) <= 1, text
        return found[0] if found else None


def rows(folder, name):
    with open(f"{folder}/{name}", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def union(intervals):
    result = []
    for a, b in sorted(i for i in intervals if i[0] < i[1]):
        if result and a <= result[-1][1]:
            result[-1] = (result[-1][0], max(b, result[-1][1]))
        else:
            result.append((a, b))
    return result


def clip(intervals, window):
    return union((max(a, window[0]), min(b, window[1])) for a, b in intervals)


def minus(wholes, holes):
    result = []
    for a, b in wholes:
        for c, d in union(holes):
            if c >= b or d <= a:
                continue
            if a < c:
                result.append((a, c))
            a = max(a, d)
            if a >= b:
                break
        if a < b:
            result.append((a, b))
    return result


def length(intervals):
    return sum(b - a for a, b in intervals)


def meets(a, b):
    return a[0] < b[1] and b[0] < a[1]


class Department:
    def __init__(self, folder, zone):
        self.read = Reader(zone)
        self.folder = folder
        self.load_assignments()
        self.load_recordings()
        self.load_exceptions()
        self.load_events()
        self.trained = {r["officer_id"]: self.read.one(r["trained_at"]) for r in rows(folder, "officers.csv")}

    def load_assignments(self):
        self.of_officer, self.of_camera = defaultdict(list), defaultdict(list)
        for r in rows(self.folder, "camera_assignments.csv"):
            a, b = self.read.one(r["from"]), self.read.one(r["to"]) if r["to"] else INF
            assert a < b
            self.of_officer[r["officer_id"]].append((a, b, r["camera_serial"]))
            self.of_camera[r["camera_serial"]].append((a, b, r["officer_id"]))

    def load_recordings(self):
        accepted, self.spoilt, ids = [], [], set()
        for r in rows(self.folder, "recordings.csv"):
            assert r["recording_id"] not in ids
            ids.add(r["recording_id"])
            started, activated, stopped = self.read.chain([r["started_at"], r["activated_at"], r["stopped_at"]])
            if UNREADABLE in (started, activated, stopped):
                assert started == UNREADABLE
                self.spoilt.append((r["officer_id"], r["camera_serial"], None))
                continue
            activated = started if activated is None else activated
            least = lambda t: min(t) if isinstance(t, list) else t
            most = lambda t: max(t) if isinstance(t, list) else t
            started, activated, stopped = least(started), least(activated), most(stopped)
            assert started <= activated and (stopped is None or activated <= stopped <= started + 86400)
            owner = r["officer_id"]
            if not owner:
                owners = [o for a, b, o in self.of_camera[r["camera_serial"]] if a <= started < b]
                assert len(owners) == 1, r
                owner = owners[0]
            at = self.read.readings(r["notice_at"])
            assert at is not None and len(at) <= 1 and r["notice"] in ("", "given", "none")
            accepted.append([owner, r["camera_serial"], started, activated, stopped, r["notice"], at[0] if at else None])
        self.window = (min(r[2] for r in accepted), max(r[2] if r[4] is None else r[4] for r in accepted))
        for r in accepted:
            if r[4] is None:
                self.spoilt.append((r[0], r[1], (r[2], self.window[1])))
                r[4] = min(r[2] + LONGEST, self.window[1])
        self.recordings, self.by_camera = defaultdict(list), defaultdict(list)
        for r in accepted:
            self.recordings[r[0]].append(r)
            self.by_camera[r[1]].append(r)

    def load_exceptions(self):
        self.exceptions = defaultdict(list)
        for r in rows(self.folder, "exceptions.csv"):
            span = (self.read.one(r["from"]), self.read.one(r["to"]))
            assert span[0] < span[1]
            if r["code"] in CODES:
                self.exceptions[r["officer_id"]].append((span, r["call_id"], r["code"], r["approved_by"]))
            else:
                self.spoilt.append((r["officer_id"], "", span))

    def load_events(self):
        events, self.uploads, self.outages = defaultdict(list), defaultdict(list), defaultdict(list)
        for r in rows(self.folder, "device_events.csv"):
            events[r["camera_serial"]].append((self.read.one(r["at"]), r["event"]))
        self.any_upload = any(event == "uploaded" for list_ in events.values() for _, event in list_)
        ends = {"battery_depleted": {"power_on", "docked"}, "storage_full": {"docked", "uploaded"},
                "fault": {"fault_cleared", "docked"}}
        for camera, list_ in events.items():
            list_.sort(key=lambda e: e[0])
            self.uploads[camera] = [at for at, event in list_ if event == "uploaded"]
            for index, (at, event) in enumerate(list_):
                if event in ends:
                    over = next((t for t, e in list_[index + 1:] if e in ends[event]), INF)
                    self.outages[camera].append((at, min(over, at + OUTAGE)))

    def decide(self, r):
        """Outcome, reason, defects, in_grace, notice, as truth.csv writes them."""
        times = dict(zip(ORDER, self.read.chain([r[column] for column in ORDER])))
        used = [times[c] for c in ("on_scene_at", "en_route_at", "dispatched_at", "left_scene_at", "cleared_at")]
        early = lambda outcome, reason="": (outcome, reason, None, None, None)
        if UNREADABLE in used:
            return early("unverifiable", "unreadable_time")
        if any(isinstance(t, list) for t in used):
            return early("unverifiable", "ambiguous_time")
        begin = next((t for t in used[:3] if t is not None), None)
        end = next((t for t in used[3:] if t is not None), None)
        if begin is None:
            return early("unverifiable", "no_begin_time")
        if end is None:
            return early("unverifiable", "no_end_time")
        if end <= begin:
            return early("unverifiable", "end_before_begin")
        W, officer = (begin, end), r["officer_id"]
        kind = r["call_type"].upper()
        if kind == "ADMIN" or kind.startswith("LUNCH"):
            return early("not_required", "exempt_type")
        if times["on_scene_at"] is None:
            return early("not_required", "no_arrival")
        if end - begin < MINIMUM:
            return early("not_required", "too_short")

        own = self.recordings[officer]
        near = self.near(own, begin - 86400, end + 86400)
        overlap = [x for x in near if meets((x[3], x[4]), W)]
        assigned = self.of_officer[officer]
        if not any(a <= begin < b for a, b, _ in assigned) and not overlap:
            return early("no_camera")
        if not (self.window[0] <= begin and end <= self.window[1]):
            return early("unverifiable", "outside_recordings")
        cameras = {c for a, b, c in assigned if meets((a, b), W) and c}
        cameras |= {x[1] for x in near if meets((x[3], x[4]), (begin - 86400, end + 86400)) and x[1]}
        cameras = cameras or {x[1] for x in own if x[1]}

        R = clip([(x[3], x[4]) for x in overlap], W)
        if not R and end - begin <= START and end - begin <= END:
            return early("not_required", "within_tolerance")
        excuses = [e for e in self.exceptions[officer] if e[1] in ("", r["call_id"])]
        bare = minus([W], [(a, b) for a, b, _ in assigned])
        other = [o for c in cameras for o in self.outages[c]] + bare
        X = clip([e[0] for e in excuses] + other, W)
        approved = clip([e[0] for e in excuses if e[2] not in NEEDS_APPROVAL or e[3]] + other, W)

        P = minus([W], R)
        def long(p):
            if p == W:
                return True
            if p[0] == begin:
                return p[1] - p[0] > START
            if p[1] == end:
                return p[1] - p[0] > END
            return p[1] - p[0] > GAP
        Q = [p for p in P if long(p)] or (P if length(P) > TOTAL else [])
        grace_from = self.trained.get(officer)
        if grace_from is None:
            grace_from = min((a for a, b, _ in assigned if a <= begin < b), default=None)
        in_grace = grace_from is not None and begin < grace_from + GRACE
        spoilt = self.is_spoilt(officer, W)
        notice = self.notice(R, W, overlap, excuses, times["on_scene_at"], spoilt)
        if not Q:
            return "recorded", "", [], in_grace, notice

        def excused(X):
            D = minus(Q, X)
            return (length(Q) - length(D) >= length(D) and all(b - a <= max(START, END, GAP) for a, b in D)
                    and length(D) <= TOTAL)
        if excused(X):
            assert not minus(Q, X), ("a residue in an excused obligation", r)
            return "excused", "" if excused(approved) else "approval_pending", [], in_grace, notice
        defects = []
        for q in Q:
            kind = ("never_activated" if q == W else "late_activation" if q[0] == begin
                    else "early_stop" if q[1] == end else "gap")
            defects += [(kind, a, b) for a, b in minus([q], X)]
        outcome = "missing" if not R and length(X) < sum(b - a for _, a, b in defects) else "partial"
        reason = ""
        if self.any_upload and (not cameras or any(not any(at >= end for at in self.uploads[c]) for c in cameras)):
            outcome = "awaiting_upload"
        elif any(x[0] != officer and meets((x[3], x[4]), q) for c in cameras
                 for x in self.near(self.by_camera[c], begin, end) for q in Q):
            outcome, reason = "unverifiable", "camera_used_under_other_id"
        elif spoilt:
            outcome, reason = "unverifiable", "rejected_evidence"
        return outcome, reason, defects, in_grace, notice

    def near(self, recordings, begin, end):
        """Those that can meet the span; recordings are in order of started_at in the file."""
        low = bisect_left(recordings, begin - 86400, key=lambda x: x[2])
        high = bisect_left(recordings, end, key=lambda x: x[2])
        return recordings[low:high]

    def is_spoilt(self, officer, W):
        ever = {c for _, _, c in self.of_officer[officer]} | {x[1] for x in self.recordings[officer] if x[1]}
        for who, camera, span in self.spoilt:
            nobodys = not who and camera not in self.of_camera
            if who == officer or camera in ever or nobodys:
                if span is None or meets((span[0] - WIDE, span[1] + WIDE), W):
                    return True
        return False

    @staticmethod
    def notice(R, W, overlap, excuses, on_scene, spoilt):
        if not R:
            return "not_applicable"
        arrival = on_scene if on_scene is not None else R[0][0]
        given = [x[6] for x in overlap if x[5] == "given"]
        if any(at is None or abs(at - arrival) <= WITHIN for at in given):
            return "given"
        if any(e[2] == "active_shooter" and meets(e[0], W) for e in excuses):
            return "exempt"
        if any(at > arrival for at in given):
            return "unreviewed" if spoilt else "late"
        if given:
            return "earlier"
        if all(x[5] == "none" for x in overlap):
            return "unreviewed" if spoilt else "not_given"
        return "unreviewed"


def stamp(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(decision):
    outcome, reason, defects, in_grace, notice = decision
    if defects is None:
        return outcome, reason, "", "", ""
    text = json.dumps([{"kind": k, "from": stamp(a), "to": stamp(b)} for k, a, b in defects], separators=(",", ":"))
    return outcome, reason, text, "true" if in_grace else "false", notice


def overlapping_duties(calls, read):
    """Officers who would be at two calls at once."""
    spans = defaultdict(list)
    for r in calls:
        times = dict(zip(ORDER, read.chain([r[column] for column in ORDER])))
        begin, end = times["on_scene_at"], times["left_scene_at"] or times["cleared_at"]
        if isinstance(begin, float) and isinstance(end, float) and begin < end:
            spans[r["officer_id"]].append((begin, end))
    return sum(a[1] > b[0] for s in spans.values() for a, b in zip(sorted(s), sorted(s)[1:]))


def check(folder, zone):
    department = Department(folder, zone)
    calls, truth = rows(folder, "calls.csv"), rows(folder, "truth.csv")
    assert len(calls) == len(truth)
    assert overlapping_duties(calls, department.read) == 0
    wrong, outcomes, plans = 0, Counter(), Counter()
    for line, (call, true) in enumerate(zip(calls, truth), start=2):
        assert (str(line), call["call_id"], call["officer_id"]) == (true["line"], true["call_id"], true["officer_id"])
        found = written(department.decide(call))
        said = tuple(true[column] for column in ("outcome", "reason", "defects", "in_grace", "notice"))
        outcomes[said[:2]] += 1
        plans[true["behaviour"]] += 1
        if found != said:
            wrong += 1
            if wrong <= 10:
                print(f"{folder}: line {line} {call['call_id']} {call['officer_id']} {true['behaviour']}\n"
                      f"  truth {said}\n  found {found}")
    return wrong, len(calls), outcomes, plans


def main():
    arguments = sys.argv[1:]
    zone = None
    if "--timezone" in arguments:
        place = arguments.index("--timezone")
        zone = arguments[place + 1]
        del arguments[place:place + 2]
    total, every, plans = 0, Counter(), Counter()
    for folder in arguments:
        wrong, count, outcomes, behaviours = check(folder, zone)
        print(f"{folder}: {count} obligations, {wrong} differ")
        total += wrong
        every += outcomes
        plans += behaviours
    for name, count in sorted(every.items()):
        print(f"  {count:8} {' '.join(name)}")
    print("  " + ", ".join(f"{name} {count}" for name, count in plans.most_common()))
    sys.exit(1 if total else 0)


main()
