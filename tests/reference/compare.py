#!/usr/bin/env python3
"""Compares the program's audit with reference.py on generated departments, and checks the four principles end to end.

    compare.py --binary target/release/onrecord [--cases N] [--seed S] [--keep DIR] [--jobs N]
    compare.py --reference-only …      no program: the principles on the reference itself, that is, on the contract

Prints one line `N passed, 0 failed` and exits 0, or shows the first case that differs, keeps its folder and exits 1.
With --all it goes on, keeps up to 20 differing cases and prints the count of each kind. Python 3.11, standard library only.
"""
import argparse
import collections
import copy
import csv
import json
import multiprocessing
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from decimal import Decimal

import generate
import reference

RANK = {"recorded": 0, "excused": 0, "not_required": 0, "no_camera": 0, "awaiting_upload": 1, "unverifiable": 1,
        "partial": 2, "missing": 3}
NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class Failure(Exception):
    def __init__(self, kind, text, officer=None, line=None):
        super().__init__(text)
        self.kind, self.text, self.officer, self.line = kind, text, officer, line


# ------------------------------------------------------------------------------------------------ running both

class Answer:
    """What one run said: exit code and, where it ran, outcomes, rejects and counts."""

    def __init__(self):
        self.code, self.outcomes, self.rejects, self.counts, self.message = 0, [], [], None, ""


def run_reference(case, folder):
    paths, policy = case.write(folder)
    answer = Answer()
    answer.paths, answer.policy, answer.ids_doubtful = paths, policy, False
    try:
        audit = reference.Audit(paths, policy, case.options.get("timezone"), case.options.get("recordings_from"),
                                case.options.get("recordings_to"), case.ids_verified, case.strict)
    except reference.Stop as stop:
        answer.code, answer.message, answer.ids_doubtful = 2, str(stop), stop.ids_doubtful
        return answer
    answer.audit = audit
    answer.outcomes, answer.rejects, answer.counts = audit.outcomes, audit.rejects(), audit.counts()
    answer.ids_doubtful = audit.ids_doubtful
    return answer


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.reader(f))


def run_binary(binary, case, ref, out, env=None):
    shutil.rmtree(out, ignore_errors=True)
    command = [binary, "audit"] + case.arguments(ref.paths, ref.policy, out)
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
                          env={**os.environ, **(env or {})})
    answer = Answer()
    answer.code = done.returncode
    answer.message = done.stderr.decode("utf-8", "replace").strip()
    answer.command = shlex.join(command)
    if answer.code == 0:
        try:
            rows = read_csv(os.path.join(out, "outcomes.csv"))
            if not rows or rows[0] != reference.OUTCOME_COLUMNS:
                raise Failure("layout", f"outcomes.csv has the columns {rows[0] if rows else None}")
            for r in rows[1:]:
                if len(r) != len(rows[0]):
                    raise Failure("layout", f"outcomes.csv has a row of {len(r)} fields: {r}")
            answer.outcomes = [dict(zip(rows[0], r)) for r in rows[1:]]
            rows = read_csv(os.path.join(out, "rejects.csv"))
            if not rows or rows[0] != reference.REJECT_COLUMNS:
                raise Failure("layout", f"rejects.csv has the columns {rows[0] if rows else None}")
            answer.rejects = [tuple(r) for r in rows[1:]]
            with open(os.path.join(out, "summary.json"), encoding="utf-8") as f:
                answer.summary = json.load(f)
        except (OSError, ValueError) as e:
            raise Failure("layout", f"exit 0, but its output cannot be read: {e}\n{answer.command}")
    return answer


# ------------------------------------------------------------------------------------------------ comparing

def as_instant(text):
    if text == "":
        return None
    if not INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is not RFC 3339 UTC with Z")
    return generate.to_us(text)


def as_number(text):
    if text == "":
        return None
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain number")
    return Decimal(text)


def as_defects(text):
    if text == "":
        return None
    out = []
    for d in json.loads(text):
        if set(d) != {"kind", "from", "to"}:
            raise ValueError(f"a defect has the keys {sorted(d)}")
        out.append((d["kind"], as_instant(d["from"]), as_instant(d["to"])))
    return out


READ = {"begin": as_instant, "end": as_instant, "defects": as_defects, "covered_s": as_number, "uncovered_s": as_number,
        "excused_s": as_number}


def compare(ref, got):
    if ref.code != got.code:
        raise Failure("exit code", f"exit code: reference {ref.code} ({ref.message}), program {got.code} ({got.message})")
    if ref.code:
        if not got.message:
            raise Failure("message", "exit 2 without a word on stderr")
        return
    lines = lambda a: [o["line"] for o in a.outcomes]
    if lines(ref) != lines(got):
        missing, extra = set(lines(ref)) - set(lines(got)), set(lines(got)) - set(lines(ref))
        raise Failure("lines", f"rows of outcomes.csv: the program lacks lines {sorted(missing)}, has also {sorted(extra)}"
                      + ("" if missing or extra else ", and another order"))
    for a, b in zip(ref.outcomes, got.outcomes):
        for column in reference.OUTCOME_COLUMNS:
            read = READ.get(column, str)
            try:
                same = read(a[column]) == read(b[column])
            except ValueError as e:
                raise Failure("form of " + column, f"line {a['line']} {column}: {e}", a["officer_id"], a["line"])
            if not same:
                raise Failure(column, f"calls line {a['line']}, column {column}\n  reference: {show(a)}\n  program:   {show(b)}",
                              a["officer_id"], a["line"])
    key = lambda rs: {(r[0], r[1], r[3]) for r in rs}
    if key(ref.rejects) != key(got.rejects):
        raise Failure("rejects", f"rejects.csv: only in the reference {sorted(key(ref.rejects) - key(got.rejects))}, "
                      f"only in the program {sorted(key(got.rejects) - key(ref.rejects))}")
    for r in got.rejects:
        if not r[4].strip() or r[3] == "value" and not r[2].strip():
            raise Failure("rejects", f"rejects.csv has an entry without a reason or column: {r}")


def show(row):
    return json.dumps(row, ensure_ascii=False)


def find_counts(node, name=""):
    """{name: {read, accepted, rejected, duplicate}} from wherever summary.json has them."""
    found = {}
    if isinstance(node, dict):
        keys = {k.rstrip("s") if k.startswith("duplicate") else k: k for k in node}
        if {"read", "accepted", "rejected", "duplicate"} <= set(keys):
            label = next((str(node[k]) for k in ("kind", "name", "file", "table") if isinstance(node.get(k), str)), name)
            found[label] = {k: node[keys[k]] for k in ("read", "accepted", "rejected", "duplicate")}
        else:
            for k, v in node.items():
                found.update(find_counts(v, k))
    elif isinstance(node, list):
        for v in node:
            found.update(find_counts(v, name))
    return found


def nothing_drops_out(case, ref, got):
    """Principle 2."""
    found = find_counts(got.summary)
    for kind, expected in ref.counts.items():
        names = {kind, kind.replace("_", "-"), kind.replace("_", " "), case.files[kind].name}
        mine = next((v for k, v in found.items() if k in names or os.path.basename(k) in names), None)
        if mine is None:
            raise Failure("counts", f"summary.json has no counts for {kind}: {found}")
        if mine["read"] != mine["accepted"] + mine["rejected"] + mine["duplicate"]:
            raise Failure("principle 2", f"{kind}: {mine} does not add up")
        if mine != expected:
            raise Failure("counts", f"{kind}: reference {expected}, program {mine}")
    decided = {o["line"] for o in got.outcomes}
    name = case.files["calls"].name
    rejected = {r[1] for r in got.rejects if r[0] == name and r[3] == "row"}
    count = ref.counts["calls"]
    if decided & rejected or len(decided) + len(rejected) + count["duplicate"] != count["read"]:
        raise Failure("principle 2", f"calls: {len(decided)} decided, {len(rejected)} rejected, {count}")


def excuse_never_hurts(before, after, what, who):
    """Principle 3."""
    for a, b in zip(before.outcomes, after.outcomes):
        worse = RANK[b["outcome"]] > RANK[a["outcome"]]
        longer = a["uncovered_s"] != "" and b["uncovered_s"] != "" and as_number(b["uncovered_s"]) > as_number(a["uncovered_s"])
        if worse or longer:
            raise Failure(f"principle 3 ({who})", f"{who}: {what}\n  before: {show(a)}\n  after:  {show(b)}", a["officer_id"], a["line"])


def damage_never_accuses(before, after, what, who):
    """Principle 4."""
    for a, b in zip(before.outcomes, after.outcomes):
        if RANK[b["outcome"]] >= 2 and RANK[b["outcome"]] > RANK[a["outcome"]]:
            raise Failure(f"principle 4 ({who})", f"{who}: {what}\n  before: {show(a)}\n  after:  {show(b)}", a["officer_id"], a["line"])


def known_flaw(case, changed, check, what, folder):
    """True where the principle would hold with the change to step 3 that AMBIGUITIES.md proposes."""
    reference.Audit.fallback_cameras, saved = "recorded", reference.Audit.fallback_cameras
    try:
        before, after = (run_reference(c, os.path.join(folder, "flaw")) for c in (case, changed))
        check(before, after, what, "reference")
        return saved != "recorded"
    except Failure:
        return False
    finally:
        reference.Audit.fallback_cameras = saved


# ------------------------------------------------------------------------------------------------ one case

def one(seed, binary, folder, stats, mutations):
    case = generate.make(seed)
    inputs = os.path.join(folder, "inputs")
    out = os.path.join(folder, "a", "b", "out") if case.nested_out else os.path.join(folder, "out")
    os.makedirs(folder, exist_ok=True)
    ref = run_reference(case, inputs)
    if ref.ids_doubtful:                     # the contract can be read in two ways here
        case.ids_verified = True
        ref = run_reference(case, inputs)
    stats["exit", ref.code, ref.message.split(":")[-1][:40]] += 1
    for o in ref.outcomes:
        stats["outcome", o["outcome"], o["reason"]] += 1
        if o["notice"]:
            stats["notice", o["notice"]] += 1
            stats["grace", o["in_grace"]] += 1
            for d in json.loads(o["defects"]):
                stats["defect", d["kind"]] += 1
    got = None
    if binary:
        got = run_binary(binary, case, ref, out)
        compare(ref, got)
        if ref.code == 0:
            nothing_drops_out(case, ref, got)
            if seed % 20 == 0:
                before = [open(os.path.join(out, n), "rb").read() for n in ("outcomes.csv", "rejects.csv")]
                run_binary(binary, case, ref, out, {"RAYON_NUM_THREADS": "1"})
                if before != [open(os.path.join(out, n), "rb").read() for n in ("outcomes.csv", "rejects.csv")]:
                    raise Failure("not identical", "a second run with one thread wrote other bytes")
        elif any(f.broken for f in case.files.values()):
            names = [f.name for f in case.files.values() if f.broken and f.name in ref.message]
            if names and not any(n in got.message for n in names):
                raise Failure("message", f"the message does not name {names}: {got.message}")
    if ref.code:
        return
    rng = random.Random(seed * 7 + 1)
    for n in range(mutations):
        for check, change in ((excuse_never_hurts, generate.add_excuse(case, ref, rng)),
                              (damage_never_accuses, generate.damage(case, ref.audit, rng))):
            if change is None:
                continue
            changed, what = change
            other = os.path.join(folder, "changed")
            shutil.rmtree(other, ignore_errors=True)
            ref2 = run_reference(changed, other)
            if ref2.ids_doubtful:
                continue
            if ref2.code == 0:
                stats["principle", check.__name__] += 1
                for a, b in zip(ref.outcomes, ref2.outcomes):
                    if a["outcome"] != b["outcome"]:
                        stats["changed", check.__name__, a["outcome"], b["outcome"]] += 1
                try:
                    check(ref, ref2, what, "reference")
                except Failure:
                    if not known_flaw(case, changed, check, what, folder):
                        raise
                    stats["known flaw of the contract", "AMBIGUITIES.md"] += 1
            if binary:
                try:
                    got2 = run_binary(binary, changed, ref2, os.path.join(folder, "changed-out"))
                    compare(ref2, got2)
                    if got2.code == 0:
                        try:
                            check(got, got2, what, "program")
                        except Failure:
                            if not known_flaw(case, changed, check, what, folder):
                                raise
                        nothing_drops_out(changed, ref2, got2)
                except Failure as f:
                    f.text = f"on the changed inputs in changed/ ({what})\n{f.text}"
                    raise
            shutil.rmtree(other, ignore_errors=True)


def work(job):
    seed, binary, base, mutations = job
    folder = os.path.join(base, f"case-{seed}")
    stats = collections.Counter()
    try:
        one(seed, binary, folder, stats, mutations)
    except Failure as f:
        return seed, folder, (f.kind, f.text, f.officer, f.line), stats
    except Exception:
        return seed, folder, ("crash", traceback.format_exc(), None, None), stats
    shutil.rmtree(folder, ignore_errors=True)
    return seed, None, None, stats


def explain(seed, folder, failure):
    kind, text, officer, line = failure
    print(f"case {seed} differs: {kind}\n{text}")
    print(f"the case is kept in {folder}")
    case = generate.make(seed)
    inputs = os.path.join(folder, "inputs")
    if not os.path.isdir(inputs):
        return
    paths = {k: os.path.join(inputs, f.name) for k, f in case.files.items()}
    print("run again: onrecord audit " + shlex.join(case.arguments(paths, os.path.join(inputs, "policy.toml"), "/tmp/out")))
    if officer is None:
        return
    which = "changed" if os.path.isdir(os.path.join(folder, "changed")) else "inputs"
    where = os.path.join(folder, which)
    print(f"policy ({which}):\n" + open(os.path.join(where, "policy.toml"), encoding="utf-8").read())
    tables = {}
    for kind_, f in case.files.items():
        try:
            tables[kind_] = reference.Table(os.path.join(where, f.name), kind_)
        except (reference.Stop, OSError):
            pass
    for kind_ in reference.FILES:                        # a file that a change added
        path = os.path.join(where, kind_ + ".csv")
        if kind_ not in tables and os.path.exists(path):
            tables[kind_] = reference.Table(path, kind_)
    cameras = {r["camera_serial"] for t in tables.values() for r in t.rows
               if "camera_serial" in r.values and r.values.get("officer_id") == officer}
    print(f"rows that concern officer {officer} (line: what it says), cameras {sorted(cameras)}:")
    for kind_, t in tables.items():
        for r in t.rows:
            mine = r.values.get("officer_id") == officer and (kind_ != "calls" or str(r.line) == line)
            if mine or r.values.get("camera_serial", "") in cameras - {""} or kind_ != "calls" and not r.values.get("officer_id", ""):
                if kind_ == "device_events" and r["camera_serial"] not in cameras and r["at"] and r["event"] in reference.EVENTS:
                    continue
                print(f"  {kind_} {r.line}: " + ", ".join(f"{k}={v}" for k, v in r.values.items() if v))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--binary")
    a.add_argument("--reference-only", action="store_true")
    a.add_argument("--cases", type=int, default=500)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--keep", help="folder for the differing case (default: a new one under the temporary folder)")
    a.add_argument("--jobs", type=int, default=1)
    a.add_argument("--mutations", type=int, default=1, help="changed copies per case and principle")
    a.add_argument("--all", action="store_true", help="go on after the first differing case")
    a.add_argument("--stats", action="store_true", help="what the cases were like, on stderr")
    o = a.parse_args()
    if bool(o.binary) == o.reference_only:
        a.error("give --binary PATH or --reference-only")
    binary = os.path.abspath(o.binary) if o.binary else None
    keep = o.keep or tempfile.mkdtemp(prefix="onrecord-compare-")
    os.makedirs(keep, exist_ok=True)
    base = tempfile.mkdtemp(prefix="work-", dir=keep)
    jobs = ((seed, binary, base, o.mutations) for seed in range(o.seed, o.seed + o.cases))
    stats, failed, passed = collections.Counter(), [], 0
    pool = multiprocessing.Pool(o.jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) if o.jobs > 1 else None
    results = pool.imap(work, jobs, chunksize=4) if pool else map(work, jobs)
    for seed, folder, failure, s in results:
        stats.update(s)
        if failure is None:
            passed += 1
            continue
        failed.append(failure[0])
        if len(failed) <= 20:
            kept = os.path.join(keep, f"case-{seed}")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            if o.all:
                print(f"case {seed}: {failure[0]}: {failure[1]}\n  kept in {kept}\n")
            else:
                explain(seed, kept, failure)
        if not o.all:
            break
    if pool:
        pool.terminate()
        pool.join()
    shutil.rmtree(base, ignore_errors=True)
    if o.stats:
        for k, v in sorted(stats.items(), key=str):
            print(v, *k, file=sys.stderr)
    if failed:
        if o.all:
            print(collections.Counter(failed).most_common())
            print(f"{passed} passed, {len(failed)} failed")
        return 1
    if not o.keep:
        shutil.rmtree(keep, ignore_errors=True)
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
