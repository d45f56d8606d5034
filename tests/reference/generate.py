#!/usr/bin/env python3
"""Small nasty departments, made from a seed, for comparing the program with reference.py.

    generate.py --seed S [--cases N] --out DIR      writes DIR/case-S, DIR/case-(S+1), … to look at

`make(seed)` gives a Case; `Case.write(folder)` writes its files and returns the options of the audit. `add_excuse` and
`damage` give changed copies for the principles. Python 3.11, standard library only. Rows with a wrong number of fields
are not made: the contract is silent on them.
"""
import argparse
import copy
import datetime as dt
import gzip
import json
import os
import random
import zoneinfo

from reference import FILES, read_time

S = 1_000_000
HOUR, DAY = 3600 * S, 86400 * S
EPOCH = dt.datetime(1970, 1, 1)

FLAGS = {"calls": "--calls", "recordings": "--recordings", "officers": "--officers",
         "camera_assignments": "--camera-assignments", "exceptions": "--exceptions", "device_events": "--device-events"}

# zone -> interesting nights (UTC): clocks back, clocks forward, an ordinary day
NIGHTS = {
    "America/Chicago": ["2017-11-05T05:00", "2018-03-11T06:00", "2017-12-10T12:00"],
    "Australia/Lord_Howe": ["2018-03-31T13:00", "2018-10-06T13:30", "2018-06-01T00:00"],   # half an hour
    "Europe/London": ["2018-10-27T23:00", "2018-03-24T23:00", "2018-06-01T00:00"],
    "America/St_Johns": ["2017-11-05T03:00", "2018-03-11T04:00", "2018-06-01T00:00"],
    "Asia/Kolkata": ["2018-06-01T00:00"],
    "UTC": ["2018-06-01T00:00"],
}
GARBAGE = ["garbage", "0", "2017-13-01T00:00:00Z", "2017-02-30 10:00", "1970-01-01T00:00:05Z", "2004-12-31T23:59:59Z",
           "1969-12-31T18:00:00-06:00", "1970-01-01 00:00:00", "2017-11-05T25:00:00Z", "2017-11-05T10:61:00Z", "--", "N/A",
           "12/10/2017 10:00", "2017-11-05"]


def instant(text):
    d = dt.datetime.fromisoformat(text) - EPOCH
    return (d.days * 86400 + d.seconds) * S


class File:
    """A table and the way it is written."""

    def __init__(self, kind, rng):
        self.kind = kind
        self.rows = []                                   # column -> text
        columns, required = FILES[kind]
        self.header = list(columns)
        self.drop = [c for c in columns if c not in required and rng.random() < 0.06]     # never filled: left out
        if rng.random() < 0.5:
            rng.shuffle(self.header)
        self.extra = rng.sample(["x_id", "remark", "Officer_ID", "GPS lat,lon", "vendor \"raw\""], rng.choice([0, 0, 1, 2]))
        for e in self.extra:
            self.header.insert(rng.randrange(len(self.header) + 1), e)
        self.crlf, self.bom, self.gz = rng.random() < 0.25, rng.random() < 0.2, rng.random() < 0.1
        self.two_members = rng.random() < 0.3
        self.final_newline = rng.random() < 0.85
        self.quote_all, self.padded = rng.random() < 0.15, rng.random() < 0.3
        self.name = rng.choice(["{}.csv", "{}.csv", "{}.csv", "{} (export).csv", "2017 {}.csv", "{}.txt"]).format(kind)
        if self.gz:
            self.name += ".gz"
        self.blank_lines, self.padded_header = rng.random() < 0.03, rng.random() < 0.1
        self.look = rng.randrange(1 << 30)
        self.broken = None

    def columns(self):
        return [c for c in self.header if c not in self.drop]

    def text(self):
        rng = random.Random(self.look)
        columns = self.columns()
        newline = "\r\n" if self.crlf else "\n"

        def cell(value, inner=True):
            if inner and self.padded and rng.random() < 0.3:
                value = rng.choice(["", " ", "\t", "  "]) + value + rng.choice(["", " ", "\t ", "   ", "\u00a0"])
            if self.quote_all or any(c in value for c in ',"\r\n') or rng.random() < 0.03:
                return '"' + value.replace('"', '""') + '"'
            return value
        lines = [",".join(cell(c, self.padded_header) for c in columns)]
        for row in self.rows:
            fields = []
            for c in columns:
                if c in row:
                    fields.append(cell(row[c]))
                elif c in self.extra:
                    fields.append(cell(rng.choice(["", "x", "a,b", 'say "hi"', "two" + newline + "lines", "ü"]), False))
                else:
                    fields.append(cell(""))
            lines.append(",".join(fields))
            if self.blank_lines and rng.random() < 0.1:
                lines.append("")
        text = newline.join(lines) + (newline if self.final_newline else "")
        return text

    def data(self):
        if self.broken == "empty":
            return b""
        if self.broken == "no column":
            columns, required = FILES[self.kind]
            saved, self.header = self.header, [c for c in self.header if c != required[-1]]
            text = self.text()
            self.header = saved
        else:
            text = self.text()
        data = text.encode("utf-8")
        if self.broken == "not UTF-8":
            data = data + (b"" if self.final_newline else b"\n") + b"Mu\xf1oz" + b"," * (len(self.columns()) - 1) + b"\n"
        if self.bom:
            data = b"\xef\xbb\xbf" + data
        if self.gz:
            half = len(data) // 2
            if self.two_members and half:
                data = gzip.compress(data[:half], 1) + gzip.compress(data[half:], 1)
            else:
                data = gzip.compress(data, 1)
        return data


class Case:
    def __init__(self, seed):
        self.seed = seed
        self.files = {}                                  # kind -> File
        self.policy = ""
        self.codes = []
        self.options = {}                                # timezone, recordings_from, recordings_to: text
        self.ids_verified = self.strict = False
        self.nested_out = False

    def write(self, folder):
        """Writes the files; gives (paths by kind, path of the policy)."""
        os.makedirs(folder, exist_ok=True)
        paths = {}
        for kind, f in self.files.items():
            paths[kind] = os.path.join(folder, f.name)
            with open(paths[kind], "wb") as h:
                h.write(f.data())
        policy = os.path.join(folder, "policy.toml")
        with open(policy, "w", encoding="utf-8") as h:
            h.write(self.policy)
        return paths, policy

    def arguments(self, paths, policy, out):
        args = []
        for kind, path in paths.items():
            args += [FLAGS[kind], path]
        args += ["--policy", policy]
        for name, value in self.options.items():
            args += ["--" + name.replace("_", "-"), value]
        if self.ids_verified:
            args.append("--ids-verified")
        if self.strict:
            args.append("--strict")
        return args + ["--out", out]


class Maker:
    def __init__(self, seed):
        self.seed = seed
        self.rng = rng = random.Random(seed)
        self.case = Case(seed)
        self.far = set()
        self.zone_name = rng.choice([None, None, None, "America/Chicago", "America/Chicago", "America/Chicago",
                                     "Australia/Lord_Howe", "Europe/London", "America/St_Johns", "Asia/Kolkata", "UTC"])
        if self.zone_name:
            self.zone = zoneinfo.ZoneInfo(self.zone_name)
            self.t0 = instant(rng.choice(NIGHTS[self.zone_name]))
            self.case.options["timezone"] = self.zone_name
            self.styles = rng.choice([["local"], ["local"], ["local", "Z"], ["local", "Z", "offset"], ["local"] * 5 + ["Z"]])
        else:
            self.zone = None
            self.t0 = instant("2017-12-10T12:00")
            self.styles = rng.choice([["Z"], ["Z", "offset"], ["Z", "offset", "odd"]])
        self.grid = rng.choice([10 * S, 10 * S, 10 * S, 10 * S, 30 * S, S, 5 * S, 500_000, 1])
        self.long = rng.random() < 0.3                   # several days
        self.span = rng.choice([2 * HOUR, 3 * HOUR, 6 * HOUR]) if not self.long else rng.choice([2 * DAY, 4 * DAY, 6 * DAY])
        self.dirt = rng.choice([0, 0, 0, 0.01, 0.03, 0.12])
        self.hot = [self.t0, self.t0 + HOUR]             # times used before

    # ---- times
    def snap(self, t):
        return t - t % self.grid if self.grid > 1 else t

    def near(self, t):
        """t, or t moved by something that is likely to be a limit."""
        r = self.rng
        step = r.choice([10 * S, 10 * S, 10 * S, S, 1, self.grid])
        return t + r.choice([0, 0, 1, -1]) * r.choice(self.limits) + r.choice([0, 0, 0, 1, -1]) * step

    def some_time(self):
        r = self.rng
        if r.random() < 0.4:
            return self.near(r.choice(self.hot))
        return self.snap(self.t0 + r.randrange(self.span))

    def remember(self, *times):
        for t in times:
            if t is not None:
                self.hot.append(t)

    def show(self, t, style=None):
        r = self.rng
        style = style or r.choice(self.styles)
        if style == "local" and self.zone:
            utc = (EPOCH + dt.timedelta(microseconds=t)).replace(tzinfo=dt.timezone.utc)
            d = utc.astimezone(self.zone).replace(tzinfo=None)
            suffix, sep = "", r.choice("T ")
        elif style == "offset":
            minutes = r.choice([0, -360, -300, 330, 825, -210, 60])
            d = EPOCH + dt.timedelta(microseconds=t, minutes=minutes)
            suffix = ("-" if minutes < 0 else r.choice("+-") if minutes == 0 else "+") + "%02d:%02d" % divmod(abs(minutes), 60)
            sep = "T"
        else:
            d = EPOCH + dt.timedelta(microseconds=t)
            suffix, sep = "Z", "T"
            if style == "odd":
                suffix, sep = r.choice([("z", "t"), ("Z", "T"), ("Z", " ")])
        text = d.strftime("%Y-%m-%d") + sep + d.strftime("%H:%M")
        if suffix or d.second or d.microsecond or r.random() < 0.8:
            text += d.strftime(":%S")
            if d.microsecond:
                text += (".%06d" % d.microsecond).rstrip("0") if r.random() < 0.7 else ".%06d" % d.microsecond
            elif r.random() < 0.05:
                text += r.choice([".0", ".000", ".000000"])
        return text + suffix

    def opt(self, t):
        return "" if t is None else self.show(t)

    def garbage(self):
        r = self.rng
        choices = list(GARBAGE)
        if self.zone_name == "America/Chicago":
            choices += ["2018-03-11 02:30"] * 4 + ["2018-03-11T02:00:00", "2018-03-11 02:59:59.999"]
        if self.zone_name is None:
            choices += ["2017-12-10 12:00", "2017-12-10T12:00:30"]
        return r.choice(choices)

    # ---- the policy
    def make_policy(self):
        r = self.rng
        seconds = [0, 10, 20, 30, 30, 60, 60, 90, 120, 300]

        def dur(n):
            return f'"{n // 60}m"' if n and n % 60 == 0 and r.random() < 0.3 else f'"{n}s"'
        p = {k: r.choice(seconds) for k in ("start", "end", "gap", "total")}
        self.start, self.end, self.gap, self.total = (p[k] * S for k in ("start", "end", "gap", "total"))
        lines = ["[policy]", 'id = "test"', 'version = "1"', 'title = "Test"']
        if r.random() < 0.2:
            self.effective = True
            lines.append("@effective@")
        else:
            self.effective = False
        if r.random() < 0.2:
            lines.append('jurisdiction = "Nowhere"')
        self.outage_limit, self.longest = 12 * HOUR, 12 * HOUR
        if r.random() < 0.8:
            lines.append("[camera]")
            if r.random() < 0.5:
                lines.append('pre_event_buffer = "30s"')
            if r.random() < 0.7:
                n = r.choice([0, 60, 300, 1800, 3600, 43200, 90000])
                self.outage_limit = n * S
                lines.append(f'outage_limit = "{n}s"' if n % 3600 or not n else f'outage_limit = "{n // 3600}h"')
            if r.random() < 0.7:
                n = r.choice([0, 120, 600, 3600, 43200, 86400, 129600])
                self.longest = n * S
                lines.append(f'longest_recording = "{n}s"' if n % 86400 or not n else f'longest_recording = "{n // 86400}d"')
        self.requires_arrival = True
        self.minimum = 0
        self.begins, self.ends = ["on_scene", "en_route", "dispatched"], ["left_scene", "cleared"]
        if r.random() < 0.95:
            lines.append("[activation]")
            if r.random() < 0.5:
                self.begins = r.sample(["on_scene", "en_route", "dispatched", "received"], r.choice([1, 2, 3, 4]))
                lines.append("begins = " + json.dumps(self.begins))
            if r.random() < 0.4:
                self.ends = r.choice([["cleared"], ["cleared", "left_scene"], ["left_scene"]])
                lines.append("ends = " + json.dumps(self.ends))
            if r.random() < 0.5:
                self.requires_arrival = r.random() < 0.4
                lines.append(f"requires_arrival = {str(self.requires_arrival).lower()}")
            for key, name in (("start", "start_tolerance"), ("end", "end_tolerance"), ("gap", "gap_tolerance"),
                              ("total", "tolerance_total")):
                lines.append(f"{name} = {dur(p[key])}")
            if r.random() < 0.4:
                n = r.choice([0, 30, 60, 120])
                self.minimum = n * S
                lines.append(f"minimum_duration = {dur(n)}")
            if r.random() < 0.5:
                lines.append("exempt_call_types = " + json.dumps(
                    r.sample(["ADMIN", "LUNCH*", "lunch*", "Adm*", "Traffic Stop", "X"], r.randrange(4))))
        else:
            self.start, self.end, self.gap, self.total = 60 * S, 60 * S, 30 * S, 120 * S
        self.codes = r.sample(["active_shooter", "privacy", "undercover", "hospital"], r.randrange(1, 5))
        if r.random() < 0.08:
            self.codes = []
        self.notice_required, self.within, self.exempt_codes = False, 60 * S, []
        if r.random() < 0.8:
            lines.append("[notice]")
            self.notice_required = r.random() < 0.8
            lines.append(f"required = {str(self.notice_required).lower()}")
            if r.random() < 0.7:
                n = r.choice([0, 30, 60, 120])
                self.within = n * S
                lines.append(f"within = {dur(n)}")
            if r.random() < 0.7:
                self.exempt_codes = r.sample(self.codes, r.randrange(len(self.codes) + 1))
                lines.append("exempt_codes = " + json.dumps(self.exempt_codes))
        self.grace_days = 0
        if r.random() < 0.7:
            self.grace_days = r.choice([0, 1, 2, 30])
            lines += ["[grace]", f"days = {self.grace_days}"]
        for code in self.codes:
            lines += [f"[exceptions.{code}]", f'title = "{code}"', f'citation = "{r.choice(["law A", "law B", "law C"])}"']
            if r.random() < 0.5:
                lines.append(f"needs_approval = {str(r.random() < 0.7).lower()}")
        if r.random() < 0.9:
            lines.append("[citations]")
            for key in ("activation", "notice", "buffer", "grace"):
                if r.random() < 0.8:
                    lines.append(f'{key} = "the law on {key}"')
        # limits that times are moved by
        self.limits = [x for x in (self.start, self.end, self.gap, self.total, self.within, self.minimum) if x] or [10 * S]
        if r.random() < 0.3:
            self.limits.append(self.outage_limit)
        self.policy_lines = lines

    def finish_policy(self):
        r = self.rng
        text = "\n".join(self.policy_lines) + "\n"
        if self.effective:
            t = self.near(r.choice(self.begin_times or self.hot)) if r.random() < 0.4 else self.t0 - DAY
            text = text.replace("@effective@", f'effective_from = "{self.show(t, r.choice(["Z", "offset"]))}"')
        x = r.random()
        if x < 0.004:
            text += "\n[surprise]\nx = 1\n"
        elif x < 0.008:
            text = text.replace('"1"', '"1"\ncolour = "blue"', 1)
        elif x < 0.012:
            text = text.replace("start_tolerance = ", 'start_tolerance = "a while" # ', 1)
        elif x < 0.015:
            text += '\n[exceptions.nameless]\ntitle = "no citation"\n'
        self.case.policy = text
        self.case.codes = self.codes

    # ---- the department
    def make(self):
        r, case = self.rng, self.case
        self.make_policy()
        self.mismatch = r.random() < 0.05
        n = r.choice([19, 20, 20, 20, 21, 22, 25]) if self.mismatch else r.choice([3, 3, 4, 5, 6, 8, 12, 20, 25])
        pool = ["7", "007", "a", "A", "O'Hara", "Muñoz", "A,1", 'B"2', "O 1", "日本"] + [f"off{i}" for i in range(30)]
        self.officers = r.sample(pool[:n + 4], n)
        self.cameras = [f"X{i}" for i in range(n)]
        if r.random() < 0.2:
            self.cameras = [c if i % 3 else f"x{i} b" for i, c in enumerate(self.cameras)]
        self.camera_of = dict(zip(self.officers, self.cameras))
        self.begin_times = []
        self.windows = []                    # (officer, call, begin, end, on_scene)
        self.make_calls()
        self.assign_mode = r.choice(["file", "file", "officers", "officers", "none", "none"])
        self.make_officers()
        self.make_camera_assignments()
        self.make_recordings()
        self.make_exceptions()
        self.make_device_events()
        self.make_spoilt_far_away()
        for i in range(r.choice([0, 0, 1, 2, 4, 6]) if not self.mismatch else 0):
            self.make_scene(f"scene{i}")
        for f in case.files.values():
            self.spoil_layout(f)
        self.finish_policy()
        if r.random() < 0.5 and "recordings_from" not in case.options:
            t = r.choice([self.t0 - 4 * DAY, self.t0 - DAY, self.t0 - DAY, self.t0, self.near(r.choice(self.begin_times or self.hot))])
            case.options["recordings_from"] = self.show(t, r.choice(["Z", "offset"]))
        if r.random() < 0.5 and "recordings_to" not in case.options:
            low = self.t0 + self.span // 2
            ends = [w[3] for w in self.windows if w[3] >= low]
            t = self.near(r.choice(ends)) if ends and r.random() < 0.4 else self.t0 + self.span + r.choice([1, 1, 5]) * DAY
            case.options["recordings_to"] = self.show(t, r.choice(["Z", "offset"]))
        case.ids_verified = r.random() < (0.5 if self.mismatch or n >= 20 else 0.1)
        case.strict = r.random() < 0.02
        case.nested_out = r.random() < 0.1
        if r.random() < 0.02:
            kind = r.choice(list(case.files))
            case.files[kind].broken = r.choice(["empty", "no column", "not UTF-8"])
        elif r.random() < 0.01 and "officers" in case.files:
            case.files["officers"].rows = []
        return case

    def file(self, kind):
        f = self.case.files[kind] = File(kind, self.rng)
        return f

    def add(self, f, **values):
        row = {c: values.get(c.replace("from", "from_") if c == "from" else c, "") for c in FILES[f.kind][0]}
        for c in f.drop:
            row[c] = ""
        f.rows.append(row)
        return row

    def make_calls(self):
        r = self.rng
        f = self.file("calls")
        count = r.choice([1, 3, 8, 15, 30, 60]) if not self.mismatch else r.randrange(25, 60)
        call_no = 0
        for i in range(count):
            officer = self.officers[i] if self.mismatch and i < len(self.officers) else r.choice(self.officers)
            if not call_no or r.random() < 0.8:
                call_no += 1
            call = r.choice(["C", "C", "2017-", "c,"]) + str(call_no) if r.random() < 0.1 else f"C{call_no}"
            begin = self.some_time()
            size = r.choice([10, 20, 30, 60, 60, 90, 120, 180, 300, 300, 600, 600, 900, 1800, 3600]) * S
            if r.random() < 0.3:
                size = max(self.grid, self.near(r.choice(self.limits)))
            end = begin + size
            if r.random() < 0.04:
                end = begin - r.choice([0, 10 * S])
            times = dict.fromkeys(("received", "dispatched", "en_route", "on_scene", "left_scene", "cleared"))
            lead = [r.choice([0, 10, 60, 300]) * S for _ in range(3)]
            # lay the row around W by the policy's first names
            first, last = self.begins[0], self.ends[0]
            order = ["received", "dispatched", "en_route", "on_scene"]
            t = begin
            for name in reversed(order[:order.index(first)]):
                t -= lead.pop()
                times[name] = t
            times[first] = begin
            t = begin
            for name in order[order.index(first) + 1:]:
                t = min(max(end, begin), t + r.choice([0, 10, 60]) * S)
                times[name] = t
            times[last] = end
            times["left_scene" if last == "cleared" else "cleared"] = (
                end + r.choice([0, 10, 60]) * S if last == "left_scene" else max(begin, end - r.choice([0, 10, 60]) * S))
            for name in times:
                if r.random() < 0.04:
                    times[name] = None
                elif r.random() < 0.01:
                    times[name] = self.some_time()
            if r.random() < 0.02:
                times["on_scene"] = None
            w_begin = next((times[b] for b in self.begins if times[b] is not None), None)
            w_end = next((times[e] for e in self.ends if times[e] is not None), None)
            row = self.add(f, call_id=call, officer_id=officer, unit_id=r.choice(["", "1211", "12A"]),
                           call_type=r.choice(["", "DISTURB", "DISTURB", "TRAFFIC STOP", "Admin", "ADMIN", "Lunch break",
                                               "lunch", "Administrative", "XX"]),
                           priority=r.choice(["", "1", "3"]), district=r.choice(["", "12", "Near West", "Calumet, 5"]),
                           disposition=r.choice(["", "RPT", 'said "no",\nleft']),
                           **{k + "_at": self.opt(v) for k, v in times.items()})
            if r.random() < 0.02 + self.dirt:
                row[r.choice(["received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"])] = self.garbage()
            if r.random() < self.dirt / 2:
                row[r.choice(["call_id", "officer_id"])] = ""
            for c in f.drop:
                row[c] = ""
            if w_begin is not None and w_end is not None and w_begin < w_end:
                self.windows.append((officer, call, w_begin, w_end, times["on_scene"]))
                self.begin_times.append(w_begin)
            self.remember(w_begin, w_end)
        self.repeat(f)

    def repeat(self, f):
        """Exact duplicates, somewhere later or earlier."""
        r = self.rng
        for row in list(f.rows):
            if r.random() < 0.03:
                f.rows.insert(r.randrange(len(f.rows) + 1), dict(row))

    def pick_window(self):
        r = self.rng
        if self.windows and r.random() < 0.9:
            return r.choice(self.windows)
        t = self.some_time()
        return r.choice(self.officers), "C1", t, t + 600 * S, t

    def make_officers(self):
        r = self.rng
        if self.assign_mode != "officers" and r.random() < 0.5:
            return
        f = self.file("officers")
        f.drop = [c for c in f.drop if c not in ("camera_issued_at", "camera_serial")]
        issued = self.assign_mode == "officers" or self.assign_mode == "file" and r.random() < 0.3
        for officer in self.officers:
            if r.random() < 0.1:
                continue
            mine = [w for w in self.windows if w[0] == officer]
            begin = r.choice(mine)[2] if mine else self.t0
            trained = r.choice([None, self.near(begin - self.grace_days * DAY), self.t0 - 40 * DAY, self.t0 - 40 * DAY])
            row = self.add(f, officer_id=officer, name=r.choice(["", "Ann Lee", "Lee, Ann"]), badge=r.choice(["", "12", "007"]),
                           district=r.choice(["", "12"]), trained_at=self.opt(trained),
                           camera_serial=r.choice(["", self.camera_of[officer]] + [self.camera_of[officer]] * 8))
            if r.random() < 0.04:
                row["camera_serial"] = r.choice(self.cameras)
            if issued and r.random() < 0.9:
                row["camera_issued_at"] = self.show(r.choice([self.t0 - 10 * DAY] * 6 + [self.near(begin), self.some_time()]))
            if r.random() < self.dirt:
                row[r.choice(["trained_at", "camera_issued_at", "camera_issued_at"])] = self.garbage()
            if r.random() < self.dirt / 3:
                row["officer_id"] = ""
            if r.random() < self.dirt / 2:
                f.rows.append(dict(row, name="Somebody else"))
            for c in f.drop:
                row[c] = ""
        if not f.rows:
            self.add(f, officer_id=self.officers[0])
        self.repeat(f)

    def make_camera_assignments(self):
        r = self.rng
        if self.assign_mode != "file":
            return
        f = self.file("camera_assignments")
        for officer in self.officers:
            if r.random() < 0.08:
                continue
            camera = self.camera_of[officer]
            mine = [w for w in self.windows if w[0] == officer]
            kind = r.choice(["all", "all", "all", "all", "from", "hole", "two", "to"])
            t = self.near(r.choice(r.choice(mine)[2:4])) if mine else self.some_time()
            u = t + r.choice([10, 60, 300]) * S
            far = self.t0 - 10 * DAY
            other = r.choice(self.cameras)
            spans = {"all": [(camera, far, None)], "from": [(camera, t, None)], "to": [(camera, far, t)],
                     "hole": [(camera, far, t), (camera, u, None)], "two": [(camera, far, u), (other, t, None)]}[kind]
            for serial, a, b in spans:
                if b is None and r.random() < 0.15:
                    b = r.choice([self.t0 + self.span + 2 * DAY, instant("9999-12-30T00:00")])
                row = self.add(f, camera_serial=serial, officer_id=officer, from_=self.show(a), to=self.opt(b))
                if r.random() < self.dirt:
                    x = r.choice(["bad from", "bad to", "bad to", "order", "equal", "missing"])
                    if x == "bad from":
                        row["from"] = self.garbage()
                    elif x == "bad to":
                        row["to"] = self.garbage()
                    elif x == "order":
                        row["to"] = self.show(a - 10 * S)
                    elif x == "equal":
                        row["to"] = self.show(a)
                    else:
                        row[r.choice(["camera_serial", "officer_id", "from"])] = ""
                for c in f.drop:
                    row[c] = ""
                self.remember(t)
        self.repeat(f)

    def one_recording(self, f, officer, first, last, arrival=None):
        """A recording activated at `first`; `last` None = running."""
        r = self.rng
        camera = self.camera_of[officer]
        if r.random() < 0.04:
            camera = r.choice(self.cameras)
        if officer in self.far:                          # only recordings far from the calls, with several cameras
            move = r.choice([-2, -1, 1, 1, 2, 3]) * DAY + r.choice([0, 0, 10 * S, -10 * S, 1, -1])
            if last is not None and r.random() < 0.5:
                move += (last - first) * (-1 if move < 0 else 1)
            first, last = first + move, None if last is None else last + move
            arrival, camera = None, r.choice(self.cameras[:4])
        self.recording_no += 1
        buffer = r.choice([0, 0, 30, 30, 10, 120]) * S
        who = r.choice(["both"] * 5 + ["officer", "camera"]) if self.assign_mode != "none" else r.choice(["both"] * 3 + ["officer"])
        if self.assign_mode == "none" and r.random() < self.dirt:
            who = "camera"
        notice = r.choice(["", "given", "given", "none", "none"])
        notice_at = None
        if notice == "given" and r.random() < 0.7 or r.random() < 0.05:
            at = arrival if arrival is not None else first
            notice_at = r.choice([self.near(at), at, at + self.within, at - self.within, at + self.within + 1,
                                  at - self.within - 10 * S, at + self.within + 10 * S, at + 600 * S])
        row = self.add(f, recording_id=f"R{self.recording_no}" if r.random() < 0.95 else f"R;{self.recording_no}",
                       officer_id=officer if who != "camera" else "", camera_serial=camera if who != "officer" else "",
                       started_at=self.show(first - buffer),
                       activated_at=self.show(first) if buffer or r.random() < 0.5 else "",
                       stopped_at=self.opt(last), notice=notice, notice_at=self.opt(notice_at))
        if row["activated_at"] == "" and self.styles == ["local"] and r.random() < 0.5:
            row["activated_at"] = row["started_at"]
        self.remember(first, last)
        if r.random() < self.dirt:
            x = r.choice(["id", "start", "bad start", "bad activated", "bad stopped", "order", "order 2", "long", "day",
                          "nobody", "stranger", "conflict", "notice", "notice_at", "empty", "camera"])
            if x == "id":
                row["recording_id"] = ""
            elif x == "start":
                row["started_at"] = ""
            elif x == "bad start":
                row["started_at"] = self.garbage()
            elif x == "bad activated":
                row["activated_at"] = self.garbage()
            elif x == "bad stopped":
                row["stopped_at"] = self.garbage()
            elif x == "order":
                row["stopped_at"] = self.show(first - buffer - 10 * S, "Z")
            elif x == "order 2":
                row["activated_at"] = self.show(first - buffer - 10 * S, "Z")
            elif x in ("long", "day"):
                row["started_at"] = self.show(first, "Z")
                row["activated_at"] = ""
                row["stopped_at"] = self.show(first + DAY + (r.choice([1, 10 * S, HOUR]) if x == "long" else 0), "Z")
            elif x == "nobody":
                row["officer_id"] = row["camera_serial"] = ""
            elif x == "stranger":
                row["officer_id"], row["camera_serial"] = "", "UNKNOWN"
            elif x == "camera":
                row["officer_id"], row["camera_serial"] = "", r.choice(self.cameras)
            elif x == "conflict":
                f.rows.append(dict(row, camera_serial="X0" if row["camera_serial"] != "X0" else "X1"))
            elif x == "notice":
                row["notice"] = r.choice(["yes", "GIVEN?", "n"])
            elif x == "notice_at":
                row["notice_at"] = self.garbage()
            else:
                for c in row:
                    row[c] = ""
        for c in f.drop:
            row[c] = ""
        return row

    def make_recordings(self):
        r = self.rng
        f = self.file("recordings")
        if r.random() < 0.85:
            f.drop = [c for c in f.drop if c not in ("officer_id", "stopped_at")]
        self.recording_no = 0
        self.far = set(r.sample(self.officers, r.randrange(1, 3))) if r.random() < 0.2 else set()
        limit = r.choice([0, 5, 40, 120, 120])
        n = len(self.officers)
        wearers = self.officers
        if self.mismatch:                                # about half of them, or few, appear in the recordings
            wearers = r.sample(self.officers, r.choice([0, n // 2, n // 2, (n + 1) // 2, n // 2 - 1, n * 2 // 5]))
            limit = 120
        coverage = r.choice([0.5, 0.8, 0.8, 1.0])
        for officer, _, begin, end, arrival in self.windows:
            if officer not in wearers or r.random() > coverage or len(f.rows) >= limit:
                continue
            if r.random() < 0.03:
                officer = r.choice(wearers)
            a = r.choice([begin, begin - 30 * S, begin + self.start, begin + self.start + r.choice([10 * S, 1]), self.near(begin)])
            b = r.choice([end, end + 60 * S, end - self.end, end - self.end - r.choice([10 * S, 1]), self.near(end)])
            x = r.random()
            if x < 0.1:
                b = self.near(r.choice([begin, begin + self.gap]))       # only the beginning, or touching it
            elif x < 0.2:
                a = self.near(r.choice([end, end - self.gap]))
            elif x < 0.24:
                b = a                                                    # nothing
            if a > b:
                a, b = b, a
            if r.random() < 0.4 and b - a > 60 * S:
                m = self.snap(a + r.randrange(b - a))
                n = m + r.choice([0, self.gap, self.gap + r.choice([10 * S, 1]), -20 * S, 60 * S, self.total])
                if a <= m and n <= b:
                    self.one_recording(f, officer, a, m, arrival)
                    self.one_recording(f, officer, n, b, arrival)
                    continue
            last = None if r.random() < 0.02 + self.dirt / 2 else b
            self.one_recording(f, officer, a, last, arrival)
        for _ in range(r.choice([0, 0, 2, 10])):
            if len(f.rows) < limit and wearers:
                a = self.some_time()
                self.one_recording(f, r.choice(wearers), a, a + r.choice([0, 10, 60, 600, 7200]) * S)
        if self.mismatch:
            for officer in wearers:
                a = self.some_time()
                self.one_recording(f, officer, a, a + 60 * S)
        # cameras passed around: somebody else's recording on my camera
        if self.windows and wearers and r.random() < 0.3 and len(f.rows) < limit:
            officer, _, begin, end, _ = r.choice(self.windows)
            row = self.one_recording(f, r.choice(wearers), self.near(begin), max(self.near(end), begin + 600 * S))
            if row["camera_serial"]:
                row["camera_serial"] = self.camera_of[officer]
        # the first and the last recording make the window
        if limit and wearers and r.random() < 0.9:
            a, b = self.t0 - 2 * HOUR, self.t0 + self.span + 2 * HOUR
            self.one_recording(f, r.choice(wearers), a, a + 60 * S)
            self.one_recording(f, r.choice(wearers), b - 60 * S, b)
        r.shuffle(f.rows)
        self.repeat(f)

    def make_exceptions(self):
        r = self.rng
        if r.random() < 0.3:
            return
        f = self.file("exceptions")
        f.drop = [c for c in f.drop if c != "call_id"]
        for officer in self.officers:
            mine = [w for w in self.windows if w[0] == officer]
            for _ in range(r.choice([0, 0, 0, 1, 1, 2, 4, 6]) if self.codes else r.choice([0, 0, 0, 0, 1])):
                _, call, begin, end, _ = r.choice(mine) if mine else self.pick_window()
                a, b = r.choice([(begin, end), (self.near(begin), self.near(end)), (self.near(begin), end),
                                 (begin, self.near(begin + (end - begin) // 2)), (end, end + 60 * S), (begin - 60 * S, begin),
                                 (self.snap(begin + (end - begin) // 2), end + 600 * S), (begin + self.start, end)])
                if a >= b and r.random() < 0.9:
                    a, b = min(a, b), max(a, b) + 10 * S
                row = self.add(f, officer_id=officer, call_id=r.choice(["", call, call, "C1"]), from_=self.show(a), to=self.show(b),
                               code=r.choice(self.codes) if self.codes else "nothing",
                               approved_by=r.choice(["", "Sgt. Ruiz", "Lt \"J\" Doe, 12"]), note=r.choice(["", "see\r\nreport", "x"]))
                self.remember(a, b)
                if r.random() < self.dirt:
                    x = r.choice(["from", "to", "code", "code", "missing", "order", "empty"])
                    if x in ("from", "to"):
                        row[x] = self.garbage()
                    elif x == "code":
                        row["code"] = r.choice(["no_such_code", "PRIVACY"])
                    elif x == "missing":
                        row[r.choice(["officer_id", "from", "to", "code"])] = ""
                    elif x == "order":
                        row["to"] = row["from"] if r.random() < 0.5 else self.show(a - 10 * S, "Z")
                    else:
                        for c in row:
                            row[c] = ""
                for c in f.drop:
                    row[c] = ""
        self.repeat(f)

    def make_device_events(self):
        r = self.rng
        mode = r.choice(["none", "none", "quiet", "quiet", "uploads", "uploads"])
        if mode == "none":
            return
        f = self.file("device_events")
        kinds = ["power_on", "power_off", "battery_depleted", "battery_depleted", "storage_full", "fault", "fault_cleared", "docked"]
        if mode == "uploads":
            kinds += ["uploaded", "uploaded"]
        events = []
        for _ in range(r.choice([0, 3, 10, 40])):
            officer, _, begin, end, _ = self.pick_window()
            at = r.choice([begin, end, self.near(begin), self.near(end), self.snap(begin + (end - begin) // 2),
                           begin - self.outage_limit, self.near(begin - self.outage_limit), begin - 60 * S])
            camera = self.camera_of[officer] if r.random() < 0.9 else r.choice(self.cameras + ["OTHER"])
            events.append((camera, at, r.choice(kinds)))
            if r.random() < 0.3:
                events.append((camera, at + r.choice([0, 0, 10, 60, 300]) * S, r.choice(kinds)))
        if mode == "uploads":
            late = self.t0 + self.span + 3 * HOUR
            for camera in self.cameras:
                x = r.random()
                if x < 0.7:
                    events.append((camera, late, "uploaded"))
                elif x < 0.8 and self.windows:
                    events.append((camera, self.near(r.choice(self.windows)[3]), "uploaded"))
        if r.random() < 0.5:
            r.shuffle(events)
        else:
            events.sort(key=lambda e: e[1])
        for camera, at, event in events:
            row = self.add(f, camera_serial=camera, at=self.show(at, "Z" if self.dirt == 0 else None), event=event)
            if r.random() < self.dirt / 2:
                x = r.choice(["at", "event", "missing"])
                if x == "at":
                    row["at"] = self.garbage()
                elif x == "event":
                    row["event"] = r.choice(["exploded", "Docked"])
                else:
                    row[r.choice(["camera_serial", "at", "event"])] = ""
        self.repeat(f)

    def make_spoilt_far_away(self):
        """Rejected rows whose times are known and end just at, before or after where they begin to matter."""
        r = self.rng
        if r.random() > 0.3 or not self.windows:
            return
        wide = max(DAY, self.outage_limit, self.longest)
        for _ in range(r.choice([1, 1, 2])):
            officer, call, begin, end, _ = r.choice(self.windows)
            edge = r.choice([(begin - wide, -1), (end + wide, 1)])
            t = edge[0] + edge[1] * r.choice([0, 0, 10 * S, -10 * S, 1, -1])
            a, b = (t - 300 * S, t) if edge[1] < 0 else (t, t + 300 * S)
            name = {"me": officer, "nobody": "", "other": r.choice(self.officers)}[r.choice(["me", "me", "nobody", "other"])]
            camera = r.choice([self.camera_of[officer], self.camera_of[officer], "", "UNKNOWN", r.choice(self.cameras)])
            kind = r.choice(list(self.case.files))
            f = self.case.files[kind]
            if f.drop:
                continue
            if kind == "recordings":
                self.recording_no += 1
                x = r.choice(["conflict", "id", "notice", "nobody"])
                row = self.add(f, recording_id=f"R{self.recording_no}", officer_id=name, camera_serial=camera,
                               started_at=self.show(a, "Z"), activated_at=r.choice(["", self.show(a, "Z")]), stopped_at=self.show(b, "Z"),
                               notice="none")
                if x == "conflict":
                    f.rows.append(dict(row, notice=""))
                elif x == "id":
                    row["recording_id"] = ""
                elif x == "notice":
                    row["notice"] = "perhaps"
                else:
                    row["officer_id"], row["camera_serial"] = "", r.choice(["", "UNKNOWN"])
            elif kind == "exceptions":
                self.add(f, officer_id=name, from_=self.show(a, "Z"), to=self.show(b, "Z"), code="no_such_code")
            elif kind == "device_events":
                self.add(f, camera_serial=camera, at=self.show(t, "Z"), event="exploded")
            elif kind == "camera_assignments":
                self.add(f, camera_serial="", officer_id=name, from_=self.show(a, "Z"),
                         to=r.choice([self.show(b, "Z")] * 3 + [""]))
            elif kind == "officers":
                self.add(f, officer_id="", name="?", camera_serial=camera, camera_issued_at=self.show(t, "Z"))

    # ---- scenes: one new officer and one call each, set up so that a limit decides
    def make_scene(self, officer):
        r = self.rng
        size = r.choice([600, 300, 120, 60]) * S
        if r.random() < 0.3:
            size = 2 * max(self.start, self.end, self.gap) or 600 * S
        begin = self.snap(self.t0 + r.randrange(self.span))
        end = begin + size
        self.scene = (officer, begin, end)
        camera = "cam-" + officer
        calls = self.case.files["calls"]
        row = self.add(calls, call_id="S-" + officer, officer_id=officer, call_type="DISTURB",
                       **{k: self.show(begin, "Z") for k in ("received_at", "dispatched_at", "en_route_at", "on_scene_at")},
                       **{k: self.show(end, "Z") for k in ("left_scene_at", "cleared_at")})
        if not self.requires_arrival and "on_scene" in self.begins[1:] and r.random() < 0.5:
            row["on_scene_at"] = ""
        for c in calls.drop:
            row[c] = ""
        self.windows.append((officer, "S-" + officer, begin, end, begin))
        self.begin_times.append(begin)
        kinds = ["cameras", "cameras", "upload", "notice", "half", "spoilt", "spoilt", "ever", "issue", "handover", "running",
                 "other id", "unnamed", "total", "conflict", "bad end"]
        if self.zone_name and len(NIGHTS[self.zone_name]) > 1:
            kinds += ["autumn"] * 5
        getattr(self, "scene_" + r.choice(kinds).replace(" ", "_"))(officer, camera, begin, end)

    def tick(self):
        return self.rng.choice([0, 0, 0, 1, -1, 10 * S, -10 * S])

    def scene_file(self, kind):
        return self.case.files.get(kind) or self.file(kind)

    def scene_worn(self, officer, camera, a, b=None, style="Z"):
        """An assignment, where assignments are known."""
        if self.assign_mode == "file":
            return self.add(self.case.files["camera_assignments"], camera_serial=camera, officer_id=officer, from_=self.show(a, style),
                            to="" if b is None else self.show(b, style))
        if self.assign_mode == "officers":
            return self.add(self.case.files["officers"], officer_id=officer, camera_serial=camera, camera_issued_at=self.show(a, style))

    def scene_recording(self, officer, camera, a, b, style="Z", **more):
        self.recording_no += 1
        values = dict(recording_id=f"R{self.recording_no}", officer_id=officer, camera_serial=camera, started_at=self.show(a, style),
                      stopped_at="" if b is None else self.show(b, style), notice="none")
        values.update(more)
        return self.add(self.case.files["recordings"], **values)

    def scene_event(self, camera, at, event):
        self.add(self.scene_file("device_events"), camera_serial=camera, at=self.show(at, "Z"), event=event)

    def scene_cameras(self, officer, camera, begin, end):
        """A camera known only from a recording about 24 h away."""
        r = self.rng
        if self.assign_mode == "file":
            return
        self.scene_worn(officer, "", begin - 9 * DAY)
        self.scene_recording(officer, camera + "-far", begin + 5 * DAY, begin + 5 * DAY + S)
        if r.random() < 0.5:
            t = begin - DAY + self.tick()
            self.scene_recording(officer, camera, t - 60 * S, t)
        else:
            t = end + DAY + self.tick()
            self.scene_recording(officer, camera, t, t + 60 * S)
        self.scene_event(r.choice([camera, camera, camera + "-far"]), begin - 10 * S, r.choice(["fault", "storage_full", "battery_depleted"]))

    def scene_upload(self, officer, camera, begin, end):
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        self.scene_event(camera, end + self.tick(), "uploaded")
        if r.random() < 0.3:
            self.scene_recording(officer, camera + "-2", end + 600 * S, end + 660 * S)
            self.scene_event(camera + "-2", end + r.choice([-10 * S, 0, 600 * S]), "uploaded")

    def scene_notice(self, officer, camera, begin, end):
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        for _ in range(r.choice([1, 1, 2])):
            word = r.choice(["given", "given", "none", "none", ""])
            late = r.choice([self.within, -self.within, 0, 2 * self.within]) + self.tick()
            a = begin + r.choice([0, 10 * S])
            self.scene_recording(officer, camera, a, end, notice=word,
                                 notice_at=self.show(r.choice([begin, a]) + late, "Z") if word == "given" and r.random() < 0.9 else "")
        if self.codes and r.random() < 0.6:
            at = r.choice([begin, end - 10 * S, end, begin - 60 * S])
            self.add(self.scene_file("exceptions"), officer_id=officer, from_=self.show(at, "Z"), to=self.show(at + 60 * S + self.tick(), "Z"),
                     code=r.choice(self.exempt_codes or self.codes), approved_by=r.choice(["", "", "Sgt. Ruiz"]))

    def scene_half(self, officer, camera, begin, end):
        """Exceptions over about half of it."""
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        if not self.codes:
            return
        half = begin + (end - begin) // 2
        a, b = r.choice([(begin, half), (half, end), (begin + (end - begin) // 4, half + (end - begin) // 4),
                         (begin + max(self.start, self.end, self.gap), end), (begin + self.total, end)])
        a, b = r.choice([(a + self.tick(), b), (a, b + self.tick()), (a, b)])
        if a < b:
            for _ in range(r.choice([1, 1, 2])):
                self.add(self.scene_file("exceptions"), officer_id=officer, call_id=r.choice(["", "S-" + officer]), from_=self.show(a, "Z"),
                         to=self.show(b, "Z"), code=r.choice(self.codes), approved_by=r.choice(["", "Sgt. Ruiz"]))

    def scene_total(self, officer, camera, begin, end):
        """Pieces at the tolerances."""
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        a, d = begin + self.start + self.tick(), end - self.end + self.tick()
        b = begin + (end - begin) // 2
        c = b + r.choice([self.gap, self.total - self.start - self.end, self.total]) + self.tick()
        if a <= b <= c <= d:
            self.scene_recording(officer, camera, a, b)
            self.scene_recording(officer, camera, c, d)
        elif a < d:
            self.scene_recording(officer, camera, a, d)

    def scene_spoilt(self, officer, camera, begin, end):
        """A spoilt row that begins or ends where it begins to matter."""
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        wide = max(DAY, self.outage_limit, self.longest)
        if r.random() < 0.5:
            b = begin - wide + self.tick()
            a = b - 60 * S
        else:
            a = end + wide + self.tick()
            b = a + 60 * S
        kind = r.choice([k for k in self.case.files if k != "calls"])
        who = r.choice([officer, officer, ""])
        which = r.choice([camera, camera, "nobody's"])
        if kind == "recordings":
            x = r.choice(["id", "notice", "nobody", "running"])
            self.scene_recording("" if x == "nobody" else who or officer, "nobody's" if x == "nobody" else which, a,
                                 None if x == "running" else b, notice="?" if x == "notice" else "none",
                                 **({"recording_id": ""} if x == "id" else {}))
        elif kind == "exceptions":
            self.add(self.case.files[kind], officer_id=who, from_=self.show(a, "Z"), to=self.show(b, "Z"), code="no_such_code")
        elif kind == "device_events":
            self.add(self.case.files[kind], camera_serial=which, at=self.show(r.choice([a, b]), "Z"), event="exploded")
            self.scene_event(camera, end, "uploaded")
        elif kind == "camera_assignments":
            self.add(self.case.files[kind], camera_serial=r.choice(["", camera]) if who else "", officer_id=who, from_=self.show(a, "Z"),
                     to=r.choice(["", self.show(b, "Z")]))
        else:
            self.add(self.case.files[kind], officer_id="", camera_serial=which, camera_issued_at=r.choice(["", self.show(a, "Z")]))

    def scene_ever(self, officer, camera, begin, end):
        """A spoilt row that names only a camera; whose was it?"""
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        third = camera + "-3"
        # the third camera stands on one recording: this officer's or another's, accepted or rejected, far away
        self.scene_recording(r.choice([officer, officer, r.choice(self.officers)]), third, begin - 6 * DAY, begin - 6 * DAY + 60 * S,
                             **r.choice([{}, {"recording_id": ""}, {"recording_id": ""}]))
        self.scene_recording("", third, begin, end)                 # can be attributed to nobody

    def scene_issue(self, officer, camera, begin, end):
        """A row of officers with a date that cannot be read, or one row too many."""
        r = self.rng
        if "officers" not in self.case.files:
            return
        self.scene_recording(officer, r.choice(["", camera]), begin - 600 * S, begin - 540 * S)
        row = self.add(self.case.files["officers"], officer_id=officer, camera_serial=r.choice(["", camera]),
                       camera_issued_at=r.choice(["?", "?", self.show(begin + self.tick(), "Z")]))
        if r.random() < 0.2:
            self.case.files["officers"].rows.append(dict(row, name="Twin"))

    def scene_handover(self, officer, camera, begin, end):
        """A recording without officer_id, started just when the camera changes hands."""
        r = self.rng
        other = r.choice(self.officers)
        at = begin + r.choice([0, 0, 60 * S, -60 * S])
        self.scene_worn(officer, camera + "-2", begin - 9 * DAY)
        if self.assign_mode == "file":
            first, second = r.sample([officer, other], 2)
            self.scene_worn(first, camera, begin - 9 * DAY, at)
            if r.random() < 0.7:
                self.scene_worn(second, camera, at + self.tick())
        start = at + self.tick()
        self.scene_recording("", camera if self.assign_mode == "file" else camera + "-2", start, max(end, start))

    def scene_running(self, officer, camera, begin, end):
        r = self.rng
        if r.random() < 0.7:
            self.scene_worn(officer, camera, r.choice([begin - 9 * DAY, begin + 10 * S]))
        a = r.choice([begin, begin - self.longest, end - self.longest, begin - 60 * S, end + DAY, begin - self.longest - DAY]) + self.tick()
        self.scene_recording(officer, camera, a, None)
        if r.random() < 0.5:
            self.case.options["recordings_to"] = self.show(r.choice([begin, end, end + self.tick(), begin - 60 * S, a]), "Z")
        if r.random() < 0.5:
            self.scene_event(camera, begin - 60 * S, "fault")

    def scene_other_id(self, officer, camera, begin, end):
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin + r.choice([-540 * S, (end - begin) // 2]))
        a = r.choice([begin, end, begin + (end - begin) // 2, begin - 60 * S]) + self.tick()
        self.scene_recording(r.choice(self.officers), camera, a, a + 60 * S)

    def scene_conflict(self, officer, camera, begin, end):
        """A good recording whose id also stands on a row that is rejected anyway."""
        r = self.rng
        self.scene_worn(officer, camera, begin - 9 * DAY)
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        row = self.scene_recording(officer, camera, begin, end)
        twin = dict(row)
        twin.update(r.choice([{"started_at": ""}, {"started_at": "?"}, {"stopped_at": "1999-01-01T00:00:00Z", "started_at": ""},
                              {"officer_id": "", "camera_serial": ""}, {"notice": "?"}, {"notice": ""}]))
        self.case.files["recordings"].rows.append(twin)

    def scene_bad_end(self, officer, camera, begin, end):
        """An assignment whose end cannot be read."""
        r = self.rng
        self.scene_recording(officer, "", begin - 600 * S, begin - 540 * S)
        row = self.scene_worn(officer, camera, begin - r.choice([9 * DAY, 60 * S]))
        if row and self.assign_mode == "file":
            row["to"] = r.choice(["?", "1970-01-01T00:00:00Z"])

    def scene_unnamed(self, officer, camera, begin, end):
        """Uploads are complete, but an assignment without a serial meets W, or touches it."""
        r = self.rng
        if self.assign_mode != "officers":
            return
        self.scene_worn(officer, "", r.choice([begin - 60 * S, begin - 9 * DAY, begin]))
        self.scene_recording(officer, camera, begin - 600 * S, begin - 540 * S)
        self.scene_event(camera, end, "uploaded")

    def scene_autumn(self, officer, camera, begin, end):
        """Times in the hour that occurs twice."""
        r = self.rng
        # look for it around t0
        for quarter in range(0, 200):
            t = self.t0 + quarter * 900 * S
            if len(read_time(self.show(t, "local"), self.zone) or ()) == 2:
                break
        else:
            return
        fold = t + r.choice([0, 600, 1200]) * S
        call = self.case.files["calls"].rows[-1]
        later = fold + r.choice([0, 1, 2]) * 1800 * S
        begin = later + r.choice([-600, -60, 0, 60, 600, 1800]) * S
        end = begin + r.choice([600, 1800, 3600, 7200]) * S
        for k in ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"):
            if call[k]:
                call[k] = self.show(end if k in ("left_scene_at", "cleared_at") else begin, "Z")
        self.windows[-1] = (officer, call["call_id"], begin, end, begin)
        x = r.choice(["trained", "issued", "assigned", "exception", "recording", "recording", "notice", "window", "call", "attribution",
                      "event"])
        if x != "trained" and x != "issued" and x != "assigned":
            self.scene_worn(officer, camera, begin - 9 * DAY)
        if x == "trained" and "officers" in self.case.files:
            row = self.scene_worn(officer, camera, begin - 9 * DAY) if self.assign_mode == "officers" else self.add(
                self.case.files["officers"], officer_id=officer)
            row["trained_at"] = self.show(fold, "local")
            if self.grace_days:
                call_begin = fold + self.grace_days * DAY
                for k in ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"):
                    if call[k]:
                        call[k] = self.show(call_begin + (600 * S if k in ("left_scene_at", "cleared_at") else 0), "Z")
        elif x in ("issued", "assigned"):
            b = r.choice([None, fold + 600 * S, begin + DAY])
            self.scene_worn(officer, camera, fold, b, style="local")
        elif x == "exception" and self.codes:
            self.add(self.scene_file("exceptions"), officer_id=officer, from_=self.show(fold, "local"),
                     to=self.show(fold + r.choice([60, 600, 1200, 7200]) * S, r.choice(["local", "Z"])), code=r.choice(self.codes))
        elif x == "notice":
            self.scene_recording(officer, camera, begin, end, notice="given", notice_at=self.show(fold, "local"))
        elif x == "window":
            if r.random() < 0.5:
                self.case.options.pop("recordings_from", None)
            self.scene_recording(officer, camera, fold, fold + 600 * S, style="local")
        elif x == "attribution" and self.assign_mode == "file":
            self.scene_worn(officer, camera + "-2", r.choice([fold, fold + 1800 * S, fold + 3600 * S]),
                            r.choice([None, fold + 3600 * S, fold + 5400 * S]))
            self.scene_recording("", camera + "-2", fold, fold + 600 * S, style="local")
        elif x == "event":
            self.add(self.scene_file("device_events"), camera_serial=camera, at=self.show(fold, "local"), event="fault")
            if r.random() < 0.6:
                begin = fold + max(DAY, self.outage_limit, self.longest) + r.choice([0, 1800 * S, 3600 * S, 1800 * S]) + self.tick()
                end = begin + 600 * S
                for k in ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "left_scene_at", "cleared_at"):
                    if call[k]:
                        call[k] = self.show(end if k in ("left_scene_at", "cleared_at") else begin, "Z")
                self.windows[-1] = (officer, call["call_id"], begin, end, begin)
            self.scene_event(camera, end + 600 * S, "uploaded")
        elif x == "call":
            call["on_scene_at"] = self.show(begin, "local")
            call["left_scene_at"] = self.show(end, "local")
        else:
            a, b = fold, fold + r.choice([0, 60, 600, 1800, 5400]) * S
            styles = r.choice([("local", "local"), ("local", "Z"), ("Z", "local")])
            row = self.scene_recording(officer, camera, a, b)
            row["started_at"], row["stopped_at"] = self.show(a, styles[0]), self.show(b, styles[1])
            if r.random() < 0.5:
                row["activated_at"] = self.show(a + r.choice([0, 60 * S]), "local")
            if r.random() < 0.2:
                row["stopped_at"] = ""
        if x in ("trained", "issued", "assigned", "exception", "event"):
            self.scene_recording(officer, camera, begin - 3 * HOUR, begin - 3 * HOUR + 60 * S)

    def spoil_layout(self, f):
        r = self.rng
        if f.kind not in ("calls",) and self.dirt and r.random() < 0.02:
            f.rows.append({c: "" for c in FILES[f.kind][0]})          # only commas, as spreadsheets write


    # ---- a few recordings in the hour that occurs twice make the window
    def make_autumn_window(self):
        r, case = self.rng, self.case
        self.zone_name = r.choice(["America/Chicago", "Europe/London", "Australia/Lord_Howe"])
        self.zone = zoneinfo.ZoneInfo(self.zone_name)
        case.options["timezone"] = self.zone_name
        self.grid, self.dirt = 10 * S, 0
        t0 = instant(NIGHTS[self.zone_name][0])
        fold = next(t for t in range(t0, t0 + 10 * HOUR, 900 * S) if len(read_time(self.show(t, "local"), self.zone)) == 2)
        self.make_policy()
        self.policy_lines = [line for line in self.policy_lines if "minimum_duration" not in line]
        f = self.file("recordings")
        f.drop = []
        officers = ["a", "b"]
        marks = []
        for i in range(r.choice([1, 2, 3, 3])):
            a = fold + r.randrange(0, 12) * 600 * S
            b = a + r.choice([0, 600, 1200, 3600, 7200]) * S
            style = r.choice([("local", "local"), ("local", "Z"), ("Z", "local")])
            self.add(f, recording_id=f"R{i}", officer_id=r.choice(officers), camera_serial=r.choice(["", "X"]),
                     started_at=self.show(a, style[0]), stopped_at=r.choice([self.show(b, style[1])] * 3 + [""] * 2), notice="none")
            for t in (a, b):
                marks += [t, t + 1800 * S, t - 1800 * S, t + 3600 * S, t - 3600 * S]
        f = self.file("calls")
        f.drop = []
        for i in range(12):
            a = r.choice(marks) + r.choice([0, 0, 0, 10 * S, -10 * S])
            b = r.choice([m for m in marks if m > a] or [a + 600 * S]) + r.choice([0, 0, 0, 10 * S, -10 * S])
            self.add(f, call_id=f"C{i}", officer_id=r.choice(officers),
                     **{k: self.show(a, "Z") for k in ("received_at", "dispatched_at", "en_route_at", "on_scene_at")},
                     **{k: self.show(b, "Z") for k in ("left_scene_at", "cleared_at")})
        self.begin_times = [fold]
        self.finish_policy()
        return case


def make(seed):
    maker = Maker(seed)
    return maker.make_autumn_window() if seed % 25 == 7 else maker.make()


# ------------------------------------------------------------------------------------------------ the principles

def officers_and_times(case, result):
    """(officer, call, begin, end) of the reference's obligations that have a window, in microseconds."""
    out = []
    for o in result.outcomes:
        if o["begin"] and o["end"]:
            a, b = (to_us(o[k]) for k in ("begin", "end"))
            if a < b:
                out.append((o["officer_id"], o["call_id"], a, b))
    return out


def to_us(text):
    main, _, frac = text.rstrip("Z").partition(".")
    return instant(main) + int((frac + "000000")[:6])


def z(t):
    text = (EPOCH + dt.timedelta(microseconds=t)).strftime("%Y-%m-%dT%H:%M:%S")
    return text + ((".%06d" % (t % S)) if t % S else "") + "Z"


def add_excuse(case, result, rng):
    """Principle 3: a copy with one more exception, or one more event that starts an outage. (copy, what) or None."""
    windows = officers_and_times(case, result)
    if not windows:
        return None
    new = copy.deepcopy(case)
    new.strict = False
    officer, call, begin, end = rng.choice(windows)
    step = rng.choice([1, S, 10 * S, 60 * S])
    if case.codes and rng.random() < 0.6:
        a = begin + rng.choice([0, 0, 0, -1, 1, 3]) * step
        b = rng.choice([end, end, begin + (end - begin) // 2, end - step, begin + step, end + DAY])
        if rng.random() < 0.2:
            a, b = begin + (end - begin) // 3, begin + (end - begin) // 3 + step
        if a >= b:
            b = a + step
        kind, columns = "exceptions", FILES["exceptions"][0]
        row = dict.fromkeys(columns, "")
        row.update({"officer_id": officer, "call_id": rng.choice(["", call]), "from": z(a), "to": z(b),
                    "code": rng.choice(case.codes), "approved_by": rng.choice(["", "Sgt. Ruiz"]), "note": "added"})
    else:
        cameras = set()
        for k in ("recordings", "officers", "camera_assignments", "device_events"):
            if k in case.files:
                mine = {r["camera_serial"] for r in case.files[k].rows if r["camera_serial"] and r.get("officer_id") == officer}
                cameras |= mine if mine else {r["camera_serial"] for r in case.files[k].rows if r["camera_serial"]}
        if not cameras:
            return None
        kind, columns = "device_events", FILES["device_events"][0]
        at = rng.choice([begin, begin, begin - step, begin + step, begin + (end - begin) // 2, end - step, begin - HOUR])
        row = {"camera_serial": rng.choice(sorted(cameras)), "at": z(at),
               "event": rng.choice(["battery_depleted", "storage_full", "fault"])}
    if kind not in new.files:
        new.files[kind] = File(kind, rng)
    f = new.files[kind]
    f.drop = []
    f.rows.insert(rng.choice([0, len(f.rows), rng.randrange(len(f.rows) + 1)]), row)
    return new, f"added to {kind}: {row}"


def damage(case, audit, rng, kinds=("recordings", "exceptions", "device_events")):
    """Principle 4: a copy in which the times or code of one row, good until now, are spoilt. (copy, what) or None."""
    kinds = [k for k in kinds if k in case.files and case.files[k].rows]
    if not kinds:
        return None
    new = copy.deepcopy(case)
    new.strict = False
    kind = rng.choice(kinds)
    f = new.files[kind]
    i = rng.randrange(len(f.rows))
    row = f.rows[i]
    before = dict(row)
    good = {tuple(r.values.values()) for r in audit.tables[kind].rows if r.accepted and not r.bad_values}
    if tuple(row[c].strip() for c in FILES[kind][0]) not in good:
        return None
    def certain(text):
        readings = read_time(text, audit.zone)
        return bool(readings) and len(readings) == 1
    if kind == "recordings":
        x = rng.choice(["started_at", "activated_at", "stopped_at", "stopped_at", "notice", "notice_at", "swap", "swap", "long", "all"])
        if x == "swap":
            if not (certain(row["started_at"]) and certain(row["stopped_at"])):
                return None                              # swapped, they might still be in order
            row["started_at"], row["stopped_at"] = row["stopped_at"], row["started_at"]
            row["activated_at"] = ""
        elif x == "long":
            row["stopped_at"] = "9999-12-01T00:00:00Z" if rng.random() < 0.5 else row["stopped_at"].replace("201", "202", 1)
        elif x == "all":
            row["started_at"] = row["activated_at"] = row["stopped_at"] = rng.choice(GARBAGE[:7])
        elif x == "notice":
            row[x] = "perhaps"
        elif x in ("started_at", "stopped_at") and rng.random() < 0.3:
            row[x] = ""
        else:
            row[x] = rng.choice(GARBAGE[:7])
        if x != "notice" and rng.random() < 0.1:
            row["notice"] = "#REF!"
    elif kind == "exceptions":
        x = rng.choice(["from", "to", "code", "code", "swap"])
        if x == "swap":
            if not (certain(row["from"]) and certain(row["to"])):
                return None
            row["from"], row["to"] = row["to"], row["from"]
        else:
            row[x] = rng.choice(["", "?????"] if x == "code" else GARBAGE[:7] + [""])
    else:
        x = rng.choice(["at", "event"])
        row[x] = rng.choice(["", "?????"] if x == "event" else GARBAGE[:7] + [""])
    if row == before:
        return None
    # a column that was left out has to be there to carry the damage
    f.drop = [c for c in f.drop if all(not r[c] for r in f.rows)]
    return new, f"{kind} row {i + 1}: {before} -> {row}"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--cases", type=int, default=1)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    for seed in range(o.seed, o.seed + o.cases):
        folder = os.path.join(o.out, f"case-{seed}")
        case = make(seed)
        paths, policy = case.write(folder)
        print(" ".join(["onrecord", "audit"] + case.arguments(paths, policy, os.path.join(folder, "out"))))


if __name__ == "__main__":
    main()
