"""The demonstration: an invented city on this machine only, with a month of calls and forty real short recordings.

Simulates `chicago-2017` into demo/exports, audits it into demo/report, starts `onrecord serve` on the loopback over
demo/server, takes forty recordings in by tus (an invented street at night with the camera's clock, spoken words by espeak-ng), and then the
month of exports. Prints the address and a sign-in for each role. Ends when it is told to, and the server with it.

Uses nothing beyond Python's own library, ffmpeg and espeak-ng.
"""

import argparse
import base64
import concurrent.futures
import csv
import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import street

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
POLICY = "us-il-chicago"
CALLS, OFFICERS_AT_A_CALL = 10, 4  # forty recordings
ON_SCENE = 240  # seconds

# What the officers of a call do, in seconds from arrival: when each switches on and off.
CONDUCT = [
    [(-8, 246), (-3, 250), (2, 243), (12, 238)],
    [(-8, 246), (95, 250), (2, 243), (12, 120)],
    [(4, 90), (-3, 250), (130, 243), (12, 238)],
]
KINDS = ["DOMESTIC DISTURBANCE", "TRAFFIC STOP", "SHOTS FIRED", "WELL-BEING CHECK", "BURGLARY IN PROGRESS"]

# sign-in name, role, district it is held for, whether the person is one of the officers at the first call
ROLES = [
    ("officer", "officer", None, True),
    ("supervisor", "supervisor", "first", False),
    ("manager", "program_manager", None, False),
    ("technician", "evidence_technician", None, False),
    ("records", "records", None, False),
    ("prosecutor", "prosecutor", None, False),
    ("oversight", "oversight", None, False),
    ("administrator", "administrator", None, False),
]


def say(line=""):
    print(line, flush=True)


class Step:
    """Says what is being done, and how long it took."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.monotonic()
        say(f"{self.what} …")

    def __exit__(self, kind, *_):
        if kind is None:
            say(f"  {time.monotonic() - self.began:.0f} s")


@dataclass
class Recording:
    """One officer's recording of one call."""

    call_id: str
    officer_id: str
    camera: str
    arrival: datetime
    on: int
    off: int
    number: int

    def at(self, seconds):
        return (self.arrival + timedelta(seconds=seconds)).isoformat()


class Server:
    """The program over demo/server, on the loopback."""

    def __init__(self, binary, port):
        self.binary, self.config = binary, DEMO / "server.toml"
        self.port, tls_port = port or free_port(8080), free_port(8443)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = DEMO / "server.log"
        self.config.write_text(
            f'data = "{DEMO / "server"}"\n\n[server]\nlisten = "127.0.0.1:{self.port}"\n'
            f'tls_listen = "127.0.0.1:{tls_port}"\nname = "Chicago (invented)"\ndemo = true\n\n'
            f'[audit]\npolicy = "{POLICY}"\ntimezone = "America/Chicago"\n'
        )

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--config", self.config], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The server did not start; {self.log} says why.")
            time.sleep(0.1)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def admin(self, *words, **more):
        done = subprocess.run(
            [self.binary, "admin", *words, "--config", self.config], capture_output=True, text=True, **more
        )
        if done.returncode != 0:
            sys.exit(f"onrecord admin {' '.join(words[:3])}: {done.stdout}{done.stderr}")
        return done.stdout

    def post(self, path, token, body, headers=(), length=None):
        request = urllib.request.Request(f"{self.url}{path}", data=body, method="POST")
        request.add_header("Authorization", f"Bearer {token}")
        if length is not None:
            request.add_header("Content-Length", str(length))
        for name, value in headers:
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=3600) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"POST {path}: {error.code} {error.read().decode(errors='replace')}")


def free_port(wanted):
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    sys.exit("No port of the loopback is free.")


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def simulate(binary, options):
    """The exports of the month, its end, and the report that `onrecord audit` writes on them."""
    data = DEMO / "exports"
    size = [f"--{name}={value}" for name, value in options.items() if value]
    said = run([binary, "simulate", "--scenario", "chicago-2017", *size, "--out", data])
    end = datetime.fromisoformat(re.search(r" to (\S+): ", said).group(1))
    files = ["calls", "recordings", "officers", "camera_assignments", "exceptions", "device_events"]
    inputs = [word for name in files for word in (f"--{name.replace('_', '-')}", data / f"{name}.csv")]
    run([binary, "audit", *inputs, "--policy", POLICY, "--public", "--out", DEMO / "report"])
    return data, end


def rows(path):
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


def patrols(data):
    """Officers with a camera of their own at the end of the month, by district: (officer, camera)."""
    cameras = {}
    for row in rows(data / "camera_assignments.csv"):
        if not row["to"]:
            cameras.setdefault(row["officer_id"], row["camera_serial"])
    districts = {}
    for row in rows(data / "officers.csv"):
        if cameras.get(row["officer_id"]):
            districts.setdefault(row["district"], []).append((row["officer_id"], cameras[row["officer_id"]]))
    return {name: people for name, people in districts.items() if len(people) >= OFFICERS_AT_A_CALL}


def a_call(call_id, officer, kind, district, arrival):
    """A row of calls: half a minute's notice, five minutes' drive, four minutes on scene."""

    def at(seconds):
        return (arrival + timedelta(seconds=seconds)).isoformat()

    return {
        "call_id": call_id,
        "officer_id": officer,
        "call_type": kind,
        "priority": "1",
        "district": district,
        "received_at": at(-420),
        "dispatched_at": at(-300),
        "en_route_at": at(-280),
        "on_scene_at": at(0),
        "cleared_at": at(ON_SCENE),
    }


def invent_calls(data, end):
    """Calls behind the end of the month whose recordings are real, and one without any: the rows of calls, the
    recordings, and the events that say that the cameras have been emptied since.
    """
    districts = list(patrols(data).items())
    begin = end + timedelta(hours=2)  # nobody is still at a call of the month
    calls, recordings = [], []
    for number in range(CALLS):
        district, people = districts[number % len(districts)]
        arrival = begin + timedelta(minutes=12 * number)
        call_id = f"{arrival:%y-%j}-9{number:04}"
        crew = people[number // len(districts) * OFFICERS_AT_A_CALL :][:OFFICERS_AT_A_CALL]
        for (officer, camera), (on, off) in zip(crew, CONDUCT[number % len(CONDUCT)], strict=False):
            recordings.append(Recording(call_id, officer, camera, arrival, on, off, len(recordings)))
            calls.append(a_call(call_id, officer, KINDS[number % len(KINDS)], district, arrival))
    first, later = calls[0], begin + timedelta(hours=3)
    calls.append(
        a_call(f"{later:%y-%j}-9{CALLS:04}", first["officer_id"], "TRAFFIC STOP", first["district"], later)
    )
    emptied = (begin + timedelta(hours=6)).isoformat()
    events = [
        {"camera_serial": camera, "at": emptied, "event": "uploaded"}
        for camera in dict.fromkeys(one.camera for one in recordings)
    ]
    return calls, recordings, events


def write(path, table):
    """Rows as an exchange file; answers its path."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return path


def told_of(recording):
    """What an upload says of a recording."""
    return {
        "filename": f"{recording.camera}-{recording.call_id}.mp4",
        "filetype": "video/mp4",
        "camera_serial": recording.camera,
        "officer_id": recording.officer_id,
        "started_at": recording.at(recording.on - street.PRE_EVENT),
        "activated_at": recording.at(recording.on),
        "stopped_at": recording.at(recording.off),
        "timezone": "America/Chicago",
    }


def deliver(server, token, recording, file):
    """One upload by tus: creation with all bytes."""
    told = told_of(recording).items()
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told)
    headers = [
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Length", str(file.stat().st_size)),
        ("Upload-Metadata", metadata),
        ("Content-Type", "application/offset+octet-stream"),
    ]
    server.post("/api/v1/uploads", token, file.read_bytes(), headers)


def take_in_recordings(server, token, recordings):
    folder = DEMO / "footage"
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for recording, file in zip(
            recordings, pool.map(lambda one: street.film(one, folder), recordings), strict=True
        ):
            deliver(server, token, recording, file)


def take_in(server, token, kind, path):
    with open(path, "rb") as file:
        said = json.loads(
            server.post(f"/api/v1/imports/{kind}", token, file, length=path.stat().st_size)
        )
    return said["rows"]


def make_people(server, data, recordings):
    """A person for each role; answers (name, password, role)."""
    district = next(iter(patrols(data)))
    people = []
    for name, role, held_for, wears_camera in ROLES:
        password = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}-{secrets.token_hex(3)}"
        words = ["user", "add", name, "--display-name", f"Demo {name}", "--role", role, "--password-stdin"]
        if held_for:
            words += ["--district", district]
        if wears_camera:
            words += ["--officer-id", recordings[0].officer_id]
        server.admin(*words, input=password)
        people.append((name, password, role))
    return people


def prepare(server, binary, size):
    """Everything but the month of calls; answers the people, and what is still to be taken in."""
    with Step("Inventing the city and auditing its month"):
        data, end = simulate(binary, size)
        calls, recordings, events = invent_calls(data, end)
    server.start()
    token = server.admin("token", "create", "--role", "admin").split()[-1]
    with Step("Taking in officers, cameras and the calls with real recordings"):
        for kind, path in [
            ("officers", data / "officers.csv"),
            ("camera-assignments", data / "camera_assignments.csv"),
            ("calls", write(DEMO / "calls-with-footage.csv", calls)),
            ("device-events", write(DEMO / "events-with-footage.csv", events)),
        ]:
            take_in(server, token, kind, path)
    with Step(f"Filming {len(recordings)} recordings and taking them in"):
        take_in_recordings(server, token, recordings)
    people = make_people(server, data, recordings)
    (DEMO / "people.json").write_text(json.dumps(people))
    return token, people, data


def take_in_the_month(server, token, data):
    """The rest of the exports, while people look around already."""
    for kind, name in [
        ("exceptions", "exceptions"),
        ("recordings", "recordings"),
        ("calls", "calls"),
        ("device-events", "device_events"),
    ]:
        with Step(f"Taking in the month's {name.replace('_', ' ')}"):
            counts = take_in(server, token, kind, data / f"{name}.csv")
            say(f"  {counts['accepted']:,} rows accepted, {counts['rejected']:,} rejected")
    (DEMO / "complete").touch()
    say("The month is in; outcomes follow as they are decided.")


def announce(server, people):
    say()
    say(f"Onrecord runs at {server.url}  (this machine only; everything in it is invented)")
    say()
    for name, password, role in people:
        say(f"  {name:<14} {password:<22} {role.replace('_', ' ')}")
    say()
    say(f"The audit of the same month without a server: {DEMO / 'report' / 'report.html'}")
    say("Stop with Ctrl-C; `make clean-demo` removes it all.")
    say()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="the program onrecord")
    parser.add_argument("--officers", type=int, help="officers on patrol [8,200]")
    parser.add_argument("--days", type=int, help="days [30]")
    parser.add_argument("--port", type=int, default=0, help="port of the loopback [8080, or any that is free]")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demonstration made")
    parser.add_argument("--once", action="store_true", help="stop when everything has been taken in")
    options = parser.parse_args()

    is_whole = (DEMO / "complete").exists() and (DEMO / "people.json").exists()
    if options.fresh or not is_whole:
        shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(exist_ok=True)
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    server = Server(options.binary.resolve(), options.port)
    try:
        if (DEMO / "complete").exists():
            server.start()
            announce(server, json.loads((DEMO / "people.json").read_text()))
        else:
            token, people, data = prepare(
                server, options.binary, {"officers": options.officers, "days": options.days}
            )
            announce(server, people)
            month = threading.Thread(target=take_in_the_month, args=(server, token, data), daemon=True)
            month.start()
            while options.once and month.is_alive() and not stopped.is_set():
                month.join(0.5)
        while not options.once and not stopped.wait(1):
            if server.process.poll() is not None:
                sys.exit(f"The server has ended; {server.log} says why.")
    finally:
        if getattr(server, "process", None):
            say("Stopping …")
            server.stop()


if __name__ == "__main__":
    main()
