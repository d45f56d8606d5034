"""A small invented department on a real server: somebody of every role, a token of every role, and at least one of each
thing that the API speaks of. What only some may see is brought by `restrict`, so that others can be watched before and
after.
"""

import base64
import json
import secrets
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "custody"))

import department  # noqa: E402
import footage  # noqa: E402

PATIENCE = 60.0  # seconds until what was brought has been looked into and decided
PUBLIC = "https://onrecord.example"  # passkeys need an address; nobody goes there
PASSWORD = "a few words that nobody guesses first"

# column of the table, role, districts, whether the person is the officer 100
PEOPLE = [
    ("officer", "officer", [], True),
    ("supervisor", "supervisor", ["7"], False),
    ("manager", "program_manager", [], False),
    ("technician", "evidence_technician", [], False),
    ("records", "records", [], False),
    ("prosecutor", "prosecutor", [], False),
    ("oversight", "oversight", [], False),
    ("administrator", "administrator", [], False),
]
TOKENS = ["intake", "reader", "admin"]
# nobody: no token, no cookie; newcomer: has not chosen a password of their own yet, whatever their role; idle: signed in
# and was given no role.
CALLERS = ["nobody", "newcomer", "idle", *(name for name, *_ in PEOPLE), *(f"{role} token" for role in TOKENS)]

CLASSES = ["juvenile", "sexual_assault", "undercover", "internal_affairs"]
# Words and serials that stand in restricted recordings and nowhere else.
SECRETS = ["quokka", "wombat", "numbat", "bilby", "dunnart", "BWC9"]


@dataclass
class Caller:
    """Somebody who asks."""

    name: str
    base_url: str
    headers: dict = field(default_factory=dict)

    def ask(self, method, path, timeout=60, headers=None, **more):
        said = {**self.headers, **(headers or {})}
        said = {name: value for name, value in said.items() if value is not None}
        return requests.request(
            method, self.base_url + path, headers=said, timeout=timeout, allow_redirects=False, **more
        )

    def get(self, path, **more):
        return self.ask("GET", path, **more)


def must(answer, *statuses):
    """The answer's JSON, where it has one of these statuses."""
    if answer.status_code not in (statuses or (200, 201, 202, 204)):
        request = answer.request
        raise AssertionError(f"{request.method} {request.url}: {answer.status_code} {answer.text[:600]}")
    return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None


class Place(department.Department):
    """The department's server, configured as an agency would."""

    def _place(self, data):
        config = self.folder / "server.toml"
        config.write_text(self._config(data))
        config.chmod(0o600)
        return ["--config", str(config)]

    def _config(self, data):
        told = f'[server]\nname = "Springfield (invented)"\npublic_url = "{PUBLIC}"\n'
        return f'{super()._config(data)}\n{told}\n[audit]\npolicy = "generic"\ntimezone = "America/Chicago"\n'


@dataclass
class Recording:
    """What was brought of a recording."""

    id: str
    clip: str
    officer: str
    camera: str
    class_name: str | None = None
    notes: dict = field(default_factory=dict)


def iso(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class City:
    """The department with what is in it."""

    def __init__(self, database):
        self.place = Place(database=database, evidence="folder")
        self.place.start()
        self.url = self.place.base_url
        self.begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
        self.callers = {"nobody": Caller("nobody", self.url)}
        self.people = {}
        self._number = 0

    def remove(self):
        self.place.remove()

    # -- people and tokens -----------------------------------------------------------------------------------

    def fill(self):
        for role in TOKENS:
            token = self.place.new_token(role)
            self.callers[f"{role} token"] = Caller(
                f"{role} token", self.url, {"Authorization": f"Bearer {token}"}
            )
        self.admin = self.callers["admin token"]
        self._make_people()
        self._import()
        self._record()
        self._open_cases()
        self._give_account()
        return self

    def _add(self, name, *words):
        """Makes a person at the command line, with a password that they need not change."""
        command = [department.binary(), "admin", "user", "add", name, "--display-name", f"The {name}"]
        command += [*words, "--password-stdin", *self.place._place(self.place.data)]
        done = subprocess.run(command, capture_output=True, text=True, input=PASSWORD)
        if done.returncode != 0:
            raise RuntimeError(f"user add {name}: {done.stdout}{done.stderr}")

    def _make_people(self):
        for name, role, districts, is_officer in PEOPLE:
            words = ["--role", role, *(word for one in districts for word in ("--district", one))]
            self._add(name, *words, *(["--officer-id", "100"] if is_officer else []))
        self._add("idle", "--role", "officer")
        self.people = {
            it["name"]: it["id"] for it in must(self.admin.get("/api/v1/people?limit=200"))["items"]
        }
        must(self.admin.ask("PATCH", f"/api/v1/people/{self.people['idle']}", json={"roles": []}))
        made = must(
            self.admin.ask(
                "POST", "/api/v1/people", json={"name": "newcomer", "roles": ["administrator", "oversight"]}
            )
        )
        self.passwords = {"newcomer": made["password"]}
        spare = must(self.admin.ask("POST", "/api/v1/people", json={"name": "spare", "roles": ["records"]}))
        self.spare = spare["person"]["id"]
        for name in ["newcomer", "idle", *(name for name, *_ in PEOPLE)]:
            self.callers[name] = self.sign_in(name)

    def sign_in(self, name):
        """A new session of a person."""
        password = self.passwords.get(name, PASSWORD)
        answer = requests.post(
            f"{self.url}/api/v1/sign-in", json={"name": name, "password": password}, timeout=60
        )
        session = must(answer)
        cookie = answer.cookies["onrecord_session"]
        headers = {"Cookie": f"onrecord_session={cookie}", "X-CSRF-Token": session["csrf_token"]}
        return Caller(name, self.url, headers)

    # -- things ----------------------------------------------------------------------------------------------

    def at(self, minutes):
        return iso(self.begin + timedelta(minutes=minutes))

    def take_in(self, kind, header, rows):
        text = "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
        said = must(self.admin.ask("POST", f"/api/v1/imports/{kind}", data=text.encode()))
        assert said["rejects_total"] == 0, said

    def _import(self):
        long_ago = iso(self.begin - timedelta(days=200))
        self.take_in(
            "officers",
            "officer_id,name,badge,district,camera_serial,camera_issued_at",
            [
                (100, "Ada Byron", 1815, 7, "BWC100", long_ago),
                (200, "Grace Hopper", 1906, 7, "BWC200", long_ago),
                (300, "Lise Meitner", 1878, 8, "BWC300", long_ago),
            ],
        )
        on = self.at
        self.take_in(
            "calls",
            "call_id,officer_id,unit_id,call_type,district,dispatched_at,on_scene_at,cleared_at",
            [
                ("K1", 100, "7A", "DOMESTIC", 7, on(0), on(5), on(15)),
                ("K1", 200, "7B", "DOMESTIC", 7, on(0), on(5), on(15)),
                ("K2", 300, "8A", "TRAFFIC STOP", 8, on(0), on(5), on(15)),
                ("K3", 100, "7A", "BURGLARY", 7, on(100), on(105), on(115)),
            ],
        )

    def bring(self, officer, camera, start, stop, name="clip.mp4"):
        """One recording with one clip, from minute to minute."""
        file = footage.clip().read_bytes()
        told = {
            "filename": name,
            "filetype": "video/mp4",
            "camera_serial": camera,
            "officer_id": officer,
            "started_at": self.at(start),
            "activated_at": self.at(start),
            "stopped_at": self.at(stop),
        }
        metadata = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in told.items())
        answer = self.admin.ask(
            "POST",
            "/api/v1/uploads",
            data=file,
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Length": str(len(file)),
                "Upload-Metadata": metadata,
                "Content-Type": "application/offset+octet-stream",
            },
        )
        must(answer)
        return Recording(
            answer.headers["Onrecord-Recording"], answer.headers["Onrecord-Clip"], officer, camera
        )

    def _record(self):
        self.own = self.bring("100", "BWC100", 1, 20)
        self.near = self.bring("200", "BWC200", 1, 20)
        self.far = self.bring("300", "BWC300", 1, 20)
        # Later than all that is brought afterwards: how long a camera was heard of decides what the audit can say.
        for officer in ("100", "200", "300"):
            self.bring(officer, f"BWC{officer}", 1500, 1505)
        self.settle(6)
        self.playable(self.own)

    def playable(self, recording):
        """Waits for the proxy, so that it is there for everybody."""
        must(self.admin.get(f"/api/v1/clips/{recording.clip}/proxy"))

    def settle(self, recordings):
        """Until everything brought has been looked into, found by the search, and decided on."""
        deadline = time.monotonic() + PATIENCE
        while True:
            complete = must(self.admin.get("/api/v1/recordings?state=complete"))["total"]
            how = must(self.admin.get("/api/v1/administration"))
            if complete == recordings and how["jobs_waiting"] == 0 and how["outcomes_due"] == 0:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{complete} of {recordings} recordings are complete; {how}")
            time.sleep(0.1)

    def new_case(self, recordings=(), people=()):
        self._number += 1
        case = {"number": f"S-{self._number:04}", "title": "An invented case", "people": list(people)}
        made = must(self.admin.ask("POST", "/api/v1/cases", json=case))["id"]
        if recordings:
            self.put_into(made, recordings)
        return made

    def put_into(self, case, recordings):
        ids = [recording.id for recording in recordings]
        must(self.admin.ask("POST", f"/api/v1/cases/{case}/recordings", json={"recording_ids": ids}))

    def _open_cases(self):
        self.case = self.new_case([self.own], [self.people["prosecutor"]])
        self.other_case = self.new_case([self.far])

    def account(self):
        """What the officer says of the call without video, and that waits for a decision."""
        policy = must(self.admin.get("/api/v1/policy"))
        code = next(rule["code"] for rule in policy["exceptions"] if rule["needs_approval"])
        body = {"officer_id": "100", "code": code, "text": "The mount broke."}
        return must(self.callers["officer"].ask("POST", "/api/v1/calls/K3/accounts", json=body))["id"]

    def _give_account(self):
        self.account()
        told = must(self.callers["supervisor"].get("/api/v1/notifications"))["items"]
        self.notification = told[0]["id"]

    # -- what only some may see ------------------------------------------------------------------------------

    def restrict(self):
        """Brings a recording of each class, of another officer and (where the officer must not know) of officer 100, with
        words that stand nowhere else, into the case that names the prosecutor. The first overlaps a call that is on record
        anyway, so that nothing about the call changes.
        """
        wanted = [("200", name) for name in CLASSES] + [("100", name) for name in CLASSES[2:]]
        self.hidden = []
        for number, (officer, name) in enumerate(wanted):
            start = 2 if number == 0 else 1000 + 30 * number
            camera = f"BWC9{number:02}"
            it = self.bring(officer, camera, start, start + 5, f"quokka-{number}.mp4")
            it.class_name = name
            self.hidden.append(it)
        self.settle(6 + len(wanted))
        self.put_into(self.case, self.hidden)
        for it in self.hidden:
            at = f"/api/v1/recordings/{it.id}"
            for what, path, body in [
                ("note", "notes", {"text": "wombat"}),
                ("marker", "markers", {"at_us": 1000, "text": "numbat"}),
                ("hold", "holds", {"reason": "bilby"}),
            ]:
                it.notes[what] = must(self.admin.ask("POST", f"{at}/{path}", json=body))["id"]
            must(self.admin.ask("PUT", f"{at}/restriction", json={"class": it.class_name, "reason": "dunnart"}))
            self.playable(it)
        self.settle(6 + len(wanted))
        return self

    def sees(self, caller, recording):
        """Whether somebody may see a restricted recording, as the agency agreed."""
        if caller in ("oversight", "technician", "admin token"):
            return True
        if recording.class_name in CLASSES[:2]:
            return caller == "records"
        return False

    @staticmethod
    def unknown():
        """The id of nothing."""
        return str(uuid.uuid4())

    @staticmethod
    def word():
        return secrets.token_hex(4)

    def document(self):
        return must(self.callers["nobody"].get("/api/openapi.json"))


def operations(document):
    """Every operation of the document: (method, path), its description."""
    methods = ("get", "head", "put", "post", "patch", "delete")
    return {
        (method.upper(), path): item[method]
        for path, item in document["paths"].items()
        for method in methods
        if method in item
    }


def pretty(value):
    return json.dumps(value, indent=1, ensure_ascii=False)
