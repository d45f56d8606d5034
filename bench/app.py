"""The benchmark of the application: a year of a large department in PostgreSQL and in SQLite, and sixteen people who ask
for lists, searches and pages once a second each. See app.md.

Uses nothing beyond Python itself, and psql. Who starts what stands in tests/custody.
"""

import argparse
import concurrent.futures
import datetime
import http.client
import json
import multiprocessing
import os
import random
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "custody"), str(ROOT / "bench")]

import app_asks  # noqa: E402
import app_databases  # noqa: E402
import app_invent  # noqa: E402
import department  # noqa: E402
import services  # noqa: E402
from app_invent import DAY, MICROS  # noqa: E402

WORK = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench-app"
GIBI = 1 << 30
KINDS = ("officers", "camera-assignments", "exceptions", "recordings", "calls", "device-events")
PATIENCE = 60  # seconds that one answer may take


def say(line):
    print(f"{datetime.datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)


def run(command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Filled:
    """A department in a folder that stays, with one of the databases."""

    def __init__(self, kind, scale):
        self.folder = WORK / f"{kind}-{scale:g}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = app_databases.BY_NAME[kind](self.folder)
        self.scale, self.done = scale, self.folder / "filled.json"
        self.config = self.folder / "server.toml"
        self.node = department.Node(["--config", str(self.config)], self.folder, "server")

    def __enter__(self):
        self.database.start()
        self.config.write_text(
            f'data = "{self.folder / "data"}"\n\n[keys]\nfolder = "{self.folder / "keys"}"\n{self.database.config()}'
        )
        self.config.chmod(0o600)
        return self

    def __exit__(self, *_):
        if self.node.alive:
            self.node.stop(60)
        self.database.stop()

    def admin(self, *words, **more):
        return run([department.binary(), "admin", *words, "--config", self.config], **more)

    @property
    def facts(self):
        return json.loads(self.done.read_text())


# -- filling --------------------------------------------------------------------------------------------------------


def fill(filled):
    """The department by the server itself, with a few honest days; then the year, in bulk."""
    database, folder = filled.database, filled.folder
    end = int(time.time()) * MICROS
    year = app_invent.Year(filled.scale, end)
    filled.node.start()
    token = filled.admin("token", "create", "--role", "admin").split()[-1]
    take_in(filled, token, year)
    people = make_people(filled, year)
    filled.node.stop(60)
    given = {
        "token": one(database, "SELECT id FROM tokens LIMIT 1"),
        "import": one(database, "SELECT id FROM imports WHERE kind = 'calls' LIMIT 1"),
        "writer": f"person:{people['technician-1']['id']}",
        "prosecutors": [people[name]["id"] for name in ("prosecutor-1", "prosecutor-2")],
        "everybody": [each["id"] for each in people.values()],
    }
    say(f"{database.name}: filling {year.calls:,} calls")
    if hasattr(database, "is_filling"):
        database.stop()
        database.is_filling = True
        database.start()
    began = time.monotonic()
    database.fill(bulk(year, given, database), list(app_invent.TABLES), say)
    if hasattr(database, "is_filling"):
        database.stop()
        database.is_filling = False
        database.start()
    counts = {name: int(one(database, f"SELECT COUNT(*) FROM {name}")) for name in app_invent.TABLES}
    facts = {"end": end, "people": people, "counts": counts, "seconds": time.monotonic() - began}
    filled.done.write_text(json.dumps(facts))
    say(f"{database.name}: filled in {facts['seconds']:.0f} s, {database.bytes() / GIBI:.1f} GiB: {counts}")
    for line in unlike(database):
        say(f"  the bulk differs: {line}")


def bulk(year, given, database):
    """Chunks of rows, as the database wants them, made beside the writing."""
    for rows in (app_invent.cases(year, given), app_invent.notifications(year, given["everybody"])):
        yield {table: database.encode(table, some) for table, some in rows.items()}
    with multiprocessing.Pool(2, initializer=os.nice, initargs=(5,)) as pool:
        waiting, began = [], time.monotonic()
        for number in range(year.chunks):
            waiting.append(pool.apply_async(chunk, (year, number, given, type(database).__name__)))
            if len(waiting) >= 6:
                yield waiting.pop(0).get()
            if number and number % 25 == 0:
                say(f"  {number} of {year.chunks} chunks after {time.monotonic() - began:.0f} s")
        for one_more in waiting:
            yield one_more.get()


def chunk(year, number, given, kind):
    encode = getattr(app_databases, kind).encode
    rows = app_invent.invent(year, number, given)
    return {table: encode(table, some) for table, some in rows.items() if some}


def one(database, statement):
    return database.rows(statement)[0][0]


def take_in(filled, token, year):
    """Two honest days of a small department, and the officers of the year, through the API."""
    exports = filled.folder / "exports"
    shutil.rmtree(exports, ignore_errors=True)
    run([department.binary(), "simulate", "--scenario", "chicago-2017", "--officers=60", "--days=2", "--out", exports])
    lines = [f"{officer},{name},{badge},{district},2015-01-31T16:00:00Z,{camera},2015-02-03T16:00:00Z"
             for officer, name, badge, district, camera, _ in year.officers]  # fmt: skip
    head = "officer_id,name,badge,district,trained_at,camera_serial,camera_issued_at"
    post(filled, token, "officers", "\n".join([head, *lines, ""]).encode())
    for kind in KINDS:
        post(filled, token, kind, (exports / f"{kind.replace('-', '_')}.csv").read_bytes())
    waiting = [f"SELECT COUNT(*) FROM {table}" for table in
               ("outcomes_due", "search_due", "jobs WHERE state = 'waiting'", "import_rows WHERE settled = 0", "ledger_entries WHERE place IS NULL")]  # fmt: skip
    deadline = time.monotonic() + 300
    while sum(int(one(filled.database, each)) for each in waiting):
        if time.monotonic() > deadline:
            sys.exit("The server does not come to rest.")
        time.sleep(1)


def post(filled, token, kind, body):
    asked = urllib.request.Request(f"{filled.node.base_url}/api/v1/imports/{kind}", data=body, method="POST")
    asked.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(asked, timeout=600) as answer:
        answer.read()


def make_people(filled, year):
    """The sixteen, as an administrator makes them."""
    people, officers = {}, iter(year.of_district[app_invent.DISTRICTS[0]])
    for name, role, districts, wears in app_asks.PEOPLE:
        mine = app_invent.DISTRICTS[:districts] if name != "supervisor-2" else app_invent.DISTRICTS[7:8]
        officer = next(officers)[0] if wears else None
        password = secrets.token_urlsafe(12)
        words = [word for district in mine for word in ("--district", district)]
        words += ["--officer-id", officer] if officer else []
        filled.admin("user", "add", name, "--role", role, "--password-stdin", *words, input=password)
        found = one(filled.database, f"SELECT id FROM people WHERE name = '{name}'")
        people[name] = {"id": found, "role": role, "districts": mine, "officer": officer, "password": password}
    return people


def samples(database, year, people):
    """Some of what stands there, to be asked for."""
    chance = random.Random(3)

    def near(columns, table, order):
        at = year.begin + int(chance.random() * (year.end - year.begin) * 0.98)
        return list(database.rows(f"SELECT {columns} FROM {table} WHERE {order} >= {at} ORDER BY {order.split()[-1]} LIMIT 1")[0])

    recent = year.end - app_invent.YEAR * app_invent.ROWS_KEPT
    calls = [near("call_id, officers, district", "calls", "begin_at") for _ in range(150)]
    calls += [list(row) for row in database.rows(f"SELECT call_id, officers, district FROM calls WHERE begin_at > {int(recent)} ORDER BY begin_at LIMIT 60")]
    # Those in a restricted class are left out: who may not see them is told 404, which is no search.
    recordings = [near("id, officer_id, district, begin_at, size, length", "recordings", "restricted IS NULL AND begin_at") for _ in range(200)]
    call_places = [near("begin_at, call_id, unrecorded", "calls", "begin_at") for _ in range(40)]
    own_calls, own_recordings = [], []
    for each in filter(None, (person["officer"] for person in people.values())):
        own_calls += [list(row) for row in database.rows(f"SELECT call_id, officer_id, district FROM outcomes WHERE officer_id = '{each}' ORDER BY begin_at LIMIT 15")]
        own_recordings += [list(row) for row in database.rows(f"SELECT id, officer_id, district FROM recordings WHERE officer_id = '{each}' AND restricted IS NULL ORDER BY begin_at LIMIT 15")]
    cases_of = {
        name: [row[0] for row in database.rows(f"SELECT case_id FROM case_people WHERE person_id = '{person['id']}' LIMIT 8")]
        for name, person in people.items() if person["role"] == "prosecutor"
    }  # fmt: skip
    of_cases = {
        name: [list(row) for row in database.rows(
            "SELECT r.id, r.officer_id, r.district FROM case_people p JOIN case_recordings c ON c.case_id = p.case_id "
            f"JOIN recordings r ON r.id = c.recording_id WHERE p.person_id = '{person['id']}' AND r.restricted IS NULL LIMIT 20")]
        for name, person in people.items() if person["role"] == "prosecutor"
    }  # fmt: skip
    return {
        "recordings_of": of_cases, "end": year.end, "officers": chance.sample(year.officers, min(400, len(year.officers))), "calls": calls, "recordings": recordings,
        "own_calls": own_calls, "own_recordings": own_recordings, "cases_of": cases_of,
        "cases": [row[0] for row in database.rows("SELECT id FROM cases ORDER BY changed_at DESC LIMIT 20")],
        "districts_of": {name: person["districts"] for name, person in people.items() if person["districts"]},
        "officer_of": {name: person["officer"] for name, person in people.items() if person["officer"] and not person["districts"]},
        "recording_places": {"started_at": [(one[3], one[0]) for one in recordings], "size": [(one[4], one[0]) for one in recordings if int(one[4])],
                             "duration": [(one[5], one[0]) for one in recordings]},
        "call_places": {"begin": [one[:2] for one in call_places], "unrecorded": [(one[2], one[1]) for one in call_places if int(one[2])]},
    }  # fmt: skip


HONEST = {
    "recordings": ("started_at < 1600000000000000", "started_at > 1600000000000000 AND state = 'external'"),
    "calls": ("begin_at < 1600000000000000", "begin_at > 1600000000000000"),
    "outcomes": ("row_id < 1000000", "row_id >= 1000000"),
    "call_spans": ("from_at < 1600000000000000", "from_at > 1600000000000000"),
    "import_rows": ("id < 1000000 AND kind = 'calls'", "id >= 1000000"),
    "search_words": tuple(
        f"scope = 1 AND id IN (SELECT id FROM recordings WHERE started_at {beyond} 1600000000000000 AND state = 'external' LIMIT 60)"
        for beyond in "<>"
    ),
}


def unlike(database):
    """Where rows of the bulk look as no row does that the server wrote: by table and column, digits and letters told apart."""
    said = []
    for table, (honest, bulk_) in HONEST.items():
        columns = app_invent.TABLES[table]
        looks = []
        for condition in (honest, bulk_):
            rows = database.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} LIMIT 600")
            looks.append([{look(row[at]) for row in rows} for at in range(len(columns))])
        for column, ours, theirs in zip(columns, *looks):
            if not ours & theirs:
                said.append(f"{table}.{column}: {sorted(theirs)[:3]} and never {sorted(ours)[:3]}")
    return said


def look(value):
    if value is None or value == "":
        return "none"
    text = value.hex() if isinstance(value, bytes) else str(value)
    if re.fullmatch(r"[0-9a-f-]{30,}|\\x[0-9a-f]+", text):
        return f"hex {len(text.removeprefix(chr(92) + 'x'))}"
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"[0-9]+", "9", text))[:60]


# -- asking ---------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What became of a request. Seconds: from when it was due to the last byte, and from when it was sent."""

    ask: app_asks.Ask
    person: str
    total: float
    taken: float
    status: int
    size: int


class Client:
    """One person at one connection for each thread."""

    def __init__(self, port):
        self.port, self.local = port, threading.local()

    def get(self, path, cookie):
        for _ in range(2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request("GET", path, headers={"Cookie": f"onrecord_session={cookie}"})
                answer = connection.getresponse()
                return answer.status, answer.read()
            except TimeoutError:
                self.local.connection = None
                return 599, b""
            except (OSError, http.client.HTTPException):  # the server has closed a connection that lay idle: once more
                self.local.connection = None
        return 598, b""


def sign_in(filled):
    """Cookies by name."""
    cookies = {}
    for name, person in filled.facts["people"].items():
        body = json.dumps({"name": name, "password": person["password"]}).encode()
        asked = urllib.request.Request(f"{filled.node.base_url}/api/v1/sign-in", data=body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            cookies[name] = re.search(r"onrecord_session=([^;]+)", answer.headers["Set-Cookie"]).group(1)
    return cookies


def alone(client, asks, cookies, people, given):
    """Each request once or a few times, one after the other, with nobody beside it: what is slow by itself."""
    answers = []
    for person in given.alone:
        until = time.monotonic() + given.alone_seconds
        every = asks.of(person, people[person]["role"])
        asks.chance.shuffle(every)  # where the time does not reach, something of everything was asked
        for ask in every:
            if ask.group == "audit figures" or time.monotonic() > until:
                continue
            began = time.monotonic()
            status, body = client.get(ask.path, cookies[person])
            taken = time.monotonic() - began
            if given.twice and taken < 5:  # the second time, with the pages of the disk in memory
                began = time.monotonic()
                status, body = client.get(ask.path, cookies[person])
                taken = time.monotonic() - began
            answers.append(Answer(ask, person, taken, taken, status, len(body)))
        say(f"  {person}: {len(answers)} asked alone so far")
    return answers


def together(client, asks, cookies, people, seconds):
    """Everybody once a second, whether what they asked before has been answered or not."""
    plan = []
    for nth, (name, person) in enumerate(people.items()):
        for second, ask in enumerate(asks.day(name, person["role"], seconds)):
            plan.append((second + nth / len(people), name, ask))
    plan.sort(key=lambda each: each[0])
    answers, lock = [], threading.Lock()
    began = time.monotonic() + 0.5

    def ask_one(due, name, ask):
        sent = time.monotonic()
        status, body = client.get(ask.path, cookies[name])
        ended = time.monotonic()
        with lock:
            answers.append(Answer(ask, name, ended - due, ended - sent, status, len(body)))

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        for offset, name, ask in plan:
            due = began + offset
            time.sleep(max(0.0, due - time.monotonic()))
            pool.submit(ask_one, due, name, ask)
    return answers


def limits(filled, client, known):
    """The least that such an answer could take, and the peer: seconds by name, the median of many."""
    ask = filled.database.asking()
    ids = ", ".join(f"'{each[0]}'" for each in known["recordings"][:50])
    calls = ", ".join(f"'{each[0]}'" for each in known["calls"][:50])
    statements = {
        "50 recordings by their keys": f"SELECT * FROM recordings WHERE id IN ({ids})",
        "50 calls by their keys": f"SELECT * FROM calls WHERE call_id IN ({calls})",
        "OFFSET 100,000 in recordings": "SELECT * FROM recordings ORDER BY begin_at DESC, id DESC LIMIT 50 OFFSET 100000",
        "OFFSET 100,000 in calls": "SELECT * FROM calls ORDER BY begin_at DESC, call_id DESC LIMIT 50 OFFSET 100000",
    }
    found = {name: timed(lambda statement=statement: ask(statement), 15) for name, statement in statements.items()}
    found["/healthz by the same client"] = timed(lambda: client.get("/healthz", ""), 100)
    return found


def timed(do, times):
    taken = []
    for _ in range(times):
        began = time.monotonic()
        do()
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


# -- telling --------------------------------------------------------------------------------------------------------


def at(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ms(seconds):
    return f"{seconds * 1000:,.0f}"


def grouped(answers, key):
    groups = {}
    for answer in answers:
        groups.setdefault(key(answer), []).append(answer)
    return groups


def report(filled, least, by_themselves, answers, given):
    bar, known = filled.database.bar, filled.facts["counts"]
    lines = [f"### {filled.database.name}", ""]
    lines += [f"{known['recordings']:,} recordings, {known['calls']:,} calls, {known['outcomes']:,} outcomes, {known['search_words']:,} words; "
              f"{filled.database.bytes() / GIBI:.1f} GiB", ""]  # fmt: skip
    lines += ["| limit and peer | median ms |", "|---|--:|"]
    lines += [f"| {name} | {seconds * 1000:.1f} |" for name, seconds in least.items()]
    groups = grouped(answers, lambda answer: answer.ask.group)
    floor = least["50 recordings by their keys"] + least["/healthz by the same client"]
    lines += ["", f"{len(app_asks.PEOPLE)} people, once a second each, {given.seconds} s; milliseconds from when it was due to the last byte", ""]
    lines += ["| asked for | n | p50 | p99 | max | p50 × limit | failed |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, some in [*sorted(groups.items()), ("**everything**", answers)]:
        totals = [answer.total for answer in some]
        failed = sum(answer.status != 200 for answer in some)
        median = statistics.median(totals)
        lines.append(f"| {name} | {len(some)} | {ms(median)} | {ms(at(totals, 0.99))} | {ms(max(totals))} | {median / floor:.1f} | {failed or ''} |")
    everything = at([answer.total for answer in answers], 0.99)
    lines += ["", f"p99 of everything {ms(everything)} ms; the bar is {ms(bar)} ms: {'met' if everything < bar else '**not met**'}", ""]
    lines += named("Beyond the bar under load", answers, bar, lambda answer: answer.total)
    lines += named("Beyond the bar when asked alone", by_themselves, bar, lambda answer: answer.taken)
    wrong = grouped([each for each in [*answers, *by_themselves] if each.status != 200], lambda each: (each.ask.name, each.status))
    lines += [f"- {name}: {len(some)} × {status}, e.g. {some[0].ask.path}" for (name, status), some in sorted(wrong.items())]
    return "\n".join(lines) + "\n"


def named(title, answers, bar, value):
    """Every request beyond the bar by name and role, the slowest first."""
    groups = grouped(answers, lambda answer: (answer.ask.name, answer.person.rsplit("-", 1)[0]))
    slow = {key: some for key, some in groups.items() if max(map(value, some)) > bar}
    if not answers:
        return []
    lines = [f"#### {title}: {len(slow)} of {len(groups)}", ""]
    if slow:
        lines += ["| query | role | beyond | of | worst ms | e.g. |", "|---|---|--:|--:|--:|---|"]
    for (name, role), some in sorted(slow.items(), key=lambda each: -max(map(value, each[1]))):
        worst = max(some, key=value)
        lines.append(f"| {name} | {role} | {sum(value(each) > bar for each in some)} | {len(some)} | {ms(value(worst))} | `{worst.ask.path}` |")
    return [*lines, ""]


def machine():
    words = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBI
    return f"{words[0] if words else 'unknown'}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


def measure(filled, given):
    filled.node.start()
    people = filled.facts["people"]
    cookies, client = sign_in(filled), Client(filled.node.port)
    known = samples(filled.database, app_invent.Year(filled.scale, filled.facts["end"]), people)
    asks = app_asks.Asks(known, given.seed)
    say(f"{filled.database.name}: the limit and the peer")
    least = limits(filled, client, known)
    by_themselves = alone(client, asks, cookies, people, given) if given.alone else []
    say(f"{filled.database.name}: {given.seconds} s of {len(people)} people")
    answers = together(client, asks, cookies, people, given.seconds) if given.seconds else by_themselves
    filled.node.stop(120)
    return report(filled, least, by_themselves, answers, given)


def main():
    parser = argparse.ArgumentParser(prog="bench/app.sh", description=__doc__)
    parser.add_argument("--database", choices=["postgres", "sqlite", "both"], default="both")
    parser.add_argument("--scale", type=float, default=1.0, help="share of 10 million recordings and 12 million calls [1]")
    parser.add_argument("--seconds", type=int, default=240, help="how long the sixteen ask, on each database [240]")
    parser.add_argument("--keep", action="store_true", help="keep the filled databases, in target/bench-app, for another run")
    parser.add_argument("--fresh", action="store_true", help="fill anew what an earlier run kept")
    parser.add_argument("--fill-only", action="store_true", help="fill, keep and measure nothing")
    parser.add_argument("--alone", nargs="*", default=list(app_asks.ALONE), metavar="NAME", help="whose requests are asked one by one as well")
    parser.add_argument("--alone-seconds", type=int, default=60, help="at most so long for each of them [60]")
    parser.add_argument("--twice", action="store_true", help="of these, tell the second time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    reason = department.can_serve()
    if reason:
        sys.exit(reason)
    parts = [f"## The application\n\n{datetime.date.today()}; {machine()}; load before the run {os.getloadavg()[0]:.1f}; scale {given.scale:g}\n"]
    for kind in ["postgres", "sqlite"] if given.database == "both" else [given.database]:
        folder = WORK / f"{kind}-{given.scale:g}"
        if given.fresh or not (folder / "filled.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
        with Filled(kind, given.scale) as filled:
            if not filled.done.exists():
                fill(filled)
            elif time.time() * MICROS - filled.facts["end"] > 10 * DAY:
                say(f"{filled.folder} is older than ten days: what is of the last days grows thin; --fresh fills anew")
            if not given.fill_only:
                parts.append(measure(filled, given))
        if not (given.keep or given.fill_only):
            shutil.rmtree(folder, ignore_errors=True)
    text = "\n".join(parts)
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "app.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
