"""The audit benchmark: ours, its peers and the limit, on the same files in the same run. README.md says how to read it.

Uses nothing beyond Python itself, and stays small, since a child's peak memory is never below what its parent had.
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
DATA = BENCH / "data"
BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
INPUTS = {
    "--calls": "calls.csv",
    "--recordings": "recordings.csv",
    "--officers": "officers.csv",
    "--camera-assignments": "camera_assignments.csv",
    "--exceptions": "exceptions.csv",
    "--device-events": "device_events.csv",
}
CORES = 2
MEBI = 1 << 20
GIBI = 1 << 30

TIMES_FASTER = 3.0  # than DuckDB and than Polars at their part of the job
YEAR_MEMORY = 2.5 * GIBI
GROWTH = 13 / 12  # seconds may grow so much more than the data: 12 times the data in 13 times the time


@dataclass
class Runs:
    """What one program took, run by run."""

    name: str
    seconds: list = field(default_factory=list)
    processor: list = field(default_factory=list)
    memory: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def peak(self):
        return max(self.memory)


def two_cores():
    """Children run on two cores, whatever the machine has."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[:CORES]
        os.sched_setaffinity(0, cores)
        return len(cores)
    return os.cpu_count()


def measure(command, log):
    """Seconds on the clock, of the processor, and peak bytes of one child."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    began = time.perf_counter()
    child = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    os.close(output)
    if status != 0:
        said = Path(log).read_text(errors="replace")[-2000:]
        sys.exit(f"{' '.join(command)}\nended with {os.waitstatus_to_exitcode(status)}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Job:
    """The programs of one set of files, and where each writes."""

    def __init__(self, inputs, out, plain):
        """`plain`: with the query that one writes first, too, which no longer ends on a year."""
        self.inputs, self.out = inputs, out
        out.mkdir(parents=True, exist_ok=True)
        files = [word for option, name in INPUTS.items() for word in (option, str(inputs / name))]
        ours = [str(BINARIES / "onrecord"), "audit", *files, "--policy", "us-il-chicago", "--out"]
        calls, recordings = str(inputs / "calls.csv"), str(inputs / "recordings.csv")
        limit = [str(BINARIES / "csv-limit"), *(str(inputs / name) for name in INPUTS.values())]

        def peer(script, target, *form):
            return [sys.executable, str(BENCH / "peers" / script), calls, recordings, str(target), *form], target

        self.commands = {
            "ours": ([*ours, str(out / "ours")], out / "ours"),
            "DuckDB": peer("duckdb_covered.py", out / "duckdb.csv"),
            "Polars": peer("polars_covered.py", out / "polars.csv"),
            "limit": (limit, None),
        }
        if plain:
            for name in ("DuckDB", "Polars"):
                script, target = f"{name.lower()}_covered.py", out / f"{name.lower()}-plain.csv"
                self.commands[f"{name}, plain join"] = peer(script, target, "--form", "join")
        self.runs = {name: Runs(name) for name in self.commands}

    def run(self, name):
        """One measured run; what the last one left is removed first, and its removal is not measured."""
        command, target = self.commands[name]
        if target:
            remove(target)
        seconds, processor, memory = measure(command, self.out / "log.txt")
        runs = self.runs[name]
        runs.seconds.append(seconds)
        runs.processor.append(processor)
        runs.memory.append(memory)
        say(f"  {name}: {seconds:.2f} s, {memory / MEBI:,.0f} MiB")

    def rounds(self, count, names):
        """Each program once a round, each round beginning with another, so that none always follows the same one."""
        for number in range(count):
            say(f"round {number + 1} of {count}")
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                self.run(name)

    def peers_agree(self):
        """Whether DuckDB and Polars found the same seconds as ours."""
        peers = [str(target) for name, (_, target) in self.commands.items() if target and name != "ours"]
        check = [sys.executable, str(BENCH / "check_peers.py"), str(self.inputs), str(self.out / "ours"), *peers]
        checked = subprocess.run(check, stdout=subprocess.PIPE, text=True)
        say(checked.stdout.rstrip())
        return checked.returncode == 0


def say(line):
    print(line, file=sys.stderr, flush=True)


def simulated(days, reuse):
    """The files of `chicago-2017`: the same bytes on every machine."""
    folder = DATA / f"chicago-2017-{days}"
    if not (reuse and all((folder / name).exists() for name in INPUTS.values())):
        say(f"simulating chicago-2017, {days} days")
        remove(folder)
        subprocess.run(
            [str(BINARIES / "onrecord"), "simulate", "--scenario", "chicago-2017", "--days", str(days)]
            + ["--seed", "1", "--out", str(folder)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    remove(folder / "truth.csv")
    return folder


def warm(folder):
    """Reads every file once, so that none of the programs waits for the disk; the rows of calls and of recordings."""
    lines = {}
    for name in INPUTS.values():
        with open(folder / name, "rb") as file:
            lines[name] = sum(block.count(b"\n") for block in iter(lambda: file.read(MEBI), b"")) - 1
    return lines["calls.csv"], lines["recordings.csv"]


def size(folder):
    return sum((folder / name).stat().st_size for name in INPUTS.values())


def answer(command):
    """The first line that a program prints, or nothing."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip().split("\n")[0]
    except OSError:
        return ""


def machine(cores):
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBI
    return f"{model}, {cores} of {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def versions():
    changed = " with changes" if answer(["git", "status", "--porcelain"]) else ""
    commit = answer(["git", "rev-parse", "--short", "HEAD"]) or "no commit"
    packages = (f"{label} {importlib.metadata.version(label.lower())}" for label in ("DuckDB", "Polars"))
    ours = answer([str(BINARIES / "onrecord"), "--version"])
    tools = (f"Python {platform.python_version()}", answer(["rustc", "-V"]))
    return ", ".join([f"{ours} ({commit}{changed})", *packages, *tools])


WORK = {
    "ours": "everything: outcomes, summary, report and rejects written",
    "DuckDB": "covered seconds only, fastest form found",
    "Polars": "covered seconds only, fastest form found",
    "limit": "reading the bytes, splitting the fields",
    "DuckDB, plain join": "covered seconds only, the query one writes first",
    "Polars, plain join": "covered seconds only, the query one writes first",
}


def table(job):
    ours = job.runs["ours"].median
    lines = [
        "| program | does | runs | seconds (median) | fastest to slowest | processor seconds | × ours | peak MiB |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for runs in job.runs.values():
        if runs.seconds:
            lines.append(
                f"| {runs.name} | {WORK[runs.name]} | {len(runs.seconds)} | {runs.median:.2f} "
                f"| {min(runs.seconds):.2f} to {max(runs.seconds):.2f} | {statistics.median(runs.processor):.2f} "
                f"| {runs.median / ours:.2f} | {runs.peak / MEBI:,.0f} |"
            )
    return lines


def headline(job, days, rows):
    calls, recordings = rows
    return (
        f"chicago-2017, {days} days: {calls:,} obligations, {recordings:,} recordings, "
        f"{size(job.inputs) / 1e6:,.0f} MB of CSV"
    )


def bars(job, rows, agree, year, year_rows):
    """Each bar, what was measured, and whether it is met."""
    ours = job.runs["ours"].median
    found = []
    for peer in ("DuckDB", "Polars"):
        ratio = job.runs[peer].median / ours
        plain = job.runs[f"{peer}, plain join"].median / ours
        bar = f"at least {TIMES_FASTER:.0f}× faster than {peer} at its part of the job"
        found.append((bar, f"{ratio:.2f}× (its plain join: {plain:.2f}×)", ratio >= TIMES_FASTER))
    found.append(("both cover the same seconds as ours", "compared row by row", agree))
    if year:
        runs = year.runs["ours"]
        data, taken = year_rows[0] / rows[0], runs.median / ours
        held = f"{runs.peak / GIBI:.2f} GiB for {year_rows[0]:,} obligations"
        grown = f"{data:.2f}× the obligations in {taken:.2f}× the time"
        found.append((f"a whole year within {YEAR_MEMORY / GIBI:.1f} GiB", held, runs.peak <= YEAR_MEMORY))
        found.append(("12× the data in at most 13× the time", grown, taken / data <= GROWTH))
    lines = ["| bar | measured | met |", "|---|---|---|"]
    return lines + [f"| {bar} | {measured} | {'yes' if met else '**no**'} |" for bar, measured, met in found]


def main():
    parser = argparse.ArgumentParser(prog="bench/audit.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the year")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="rounds on 30 days, odd [5]")
    parser.add_argument("--year-repeats", type=int, default=3, metavar="N", help="runs of ours on the year, odd [3]")
    parser.add_argument("--keep", action="store_true", help="keep the year's data and every output")
    parser.add_argument("--reuse", action="store_true", help="use data that an earlier run kept")
    given = parser.parse_args()
    if given.repeats % 2 == 0 or given.year_repeats % 2 == 0:
        parser.error("the median of an even number of runs is none of them: give an odd number")

    cores = two_cores()
    busy = os.getloadavg()[0]

    job = Job(simulated(30, given.reuse), DATA / "out-30", plain=True)
    rows = warm(job.inputs)
    job.rounds(given.repeats, list(job.commands))
    agree = job.peers_agree()
    if not given.keep:
        remove(job.out)

    year = year_rows = None
    if not given.quick:
        year = Job(simulated(365, given.reuse), DATA / "out-365", plain=False)
        year_rows = warm(year.inputs)
        year.rounds(given.year_repeats, ["ours"])
        remove(year.out / "ours")
        year.rounds(1, ["DuckDB", "Polars", "limit"])

    report = ["## Audit", ""]
    report += [f"{datetime.date.today()}; {machine(cores)}; load before the run {busy:.1f}", "", versions(), ""]
    report += [headline(job, 30, rows), "", *table(job), ""]
    if year:
        report += [headline(year, 365, year_rows), "", *table(year), ""]
    report += bars(job, rows, agree, year, year_rows)
    text = "\n".join(report) + "\n"
    (DATA / "audit.md").write_text(text)
    print(text, end="")

    if year and not given.keep:
        remove(year.inputs)
        remove(year.out)


if __name__ == "__main__":
    main()
