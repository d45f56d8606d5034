"""What nobody foresaw: Schemathesis makes requests of the API's own description, good and bad ones, and holds every answer to
it. Nothing answers 5xx, with a status or a type that is not described, or with a body of another shape.

The admin token is asked in every way that Schemathesis knows (boundaries of each parameter, then chance); everybody else by
chance, with ids that earlier answers gave out. The seed is fixed; ONRECORD_SURPRISES multiplies how much is tried.

The department is invented, so what is destroyed is no loss. A session that a request ended is begun anew.
"""

import collections
import contextlib
import os
import warnings

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from city import CALLERS, must, operations

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
SEED = 20260914
# How many requests by chance for each operation: as the admin token, and as everybody else.
MANY, FEW = 12, 2
# An answer without an end: whether it is one at all is the other tests' to say.
ENDLESS = "/api/v1/calls/{id}/events"
# What ends a session or locks its owner out; asked last, as somebody who is not needed any more.
FATAL = {"DELETE /api/v1/session", "POST /api/v1/session/password", "POST /api/v1/session/unlock"}


def config(city, name, times):
    is_admin = name == "admin token"
    chance = {"max-examples": (MANY if is_admin else FEW) * times, "no-shrink": True, "database": "none"}
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": city.url,
            "continue-on-failure": True,
            "request-timeout": 30,
            "workers": 1,
            "suppress-health-check": ["all"],
            "checks": {"enabled": False, **{check: {"enabled": True} for check in CHECKS}},
            "generation": {"mode": "all", **chance},
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": is_admin},
                "fuzzing": {"enabled": True},
                "stateful": {"enabled": False},
            },
        }
    )


class Signed:
    """Signs every request of one caller; a session that was ended is begun anew."""

    now = None  # whose turn it is: the library calls hooks of the whole process

    def __init__(self, city, name):
        self.city, self.name = city, name
        self.is_person = "token" not in name and name != "nobody"
        self.caller = city.callers[name]
        self.asked, self.count = collections.Counter(), 0

    def before(self, case):
        headers = case.headers if case.headers is not None else {}
        for name in [it for it in headers if it.lower() in ("authorization", "cookie", "x-csrf-token")]:
            del headers[name]
        headers.update(self.caller.headers)
        case.headers = headers
        case.cookies = {}
        self.put_what_is_there(case)
        self.spare(case)

    def put_what_is_there(self, case):
        """Every second request is for a thing that is there: by chance alone, nearly all would be for nothing."""
        self.count += 1
        there = self.city.there.get(case.operation.path.split("/")[3])
        if there and self.count % 2 and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = there

    def spare(self, case):
        """Nobody whom the other callers need is disabled, and no token of theirs is revoked: others stand in for them."""
        at, stand_ins = case.operation.path, {"/api/v1/people": self.city.spare, "/api/v1/tokens": self.city.unknown()}
        stand_in = next((spare for path, spare in stand_ins.items() if at.startswith(path + "/")), None)
        if stand_in and case.method.upper() != "GET" and "id" in (case.path_parameters or {}):
            if case.path_parameters["id"] in self.city.needed:
                case.path_parameters["id"] = stand_in

    def after(self, case, response):
        self.asked[response.status_code] += 1
        if self.is_person and f"{case.method.upper()} {case.operation.path}" in FATAL:
            self.begin_anew()

    def begin_anew(self):
        """Where the session has ended and may be begun again: too many tries are refused for a while."""
        if self.caller.get("/api/v1/session").status_code == 401:
            with contextlib.suppress(AssertionError):
                self.caller = self.city.sign_in(self.name)


@schemathesis.serializer("application/offset+octet-stream", "text/csv", "application/octet-stream")
def as_bytes(context, value):
    """A file is whatever was thought of, as its bytes."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    return str(value).encode(errors="surrogateescape")


@schemathesis.hook
def before_call(context, case, kwargs):
    Signed.now.before(case)


@schemathesis.hook
def after_call(context, case, response):
    Signed.now.after(case, response)


def run(city, name, times, skip):
    """Every failure as words, by operation; and how often each status came."""
    document = city.document()
    document["paths"].pop(ENDLESS)
    for method, path in (one.split(" ", 1) for one in skip if not one.endswith(ENDLESS)):
        document["paths"][path].pop(method.lower(), None)
    schema = schemathesis.openapi.from_dict(document, config=config(city, name, times))
    signed = Signed.now = Signed(city, name)
    wrong = collections.defaultdict(dict)
    seen = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            seen.add(event.recorder.label)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.status == Status.FAILURE:
                        failure = check.failure_info.failure
                        key = (check.name, failure.title, getattr(failure, "status_code", None))
                        code = check.failure_info.code_sample
                        wrong[event.recorder.label].setdefault(key, f"{check.name}: {failure.message}\n    {code}")
        elif isinstance(event, events.NonFatalError):
            wrong[event.label].setdefault(("error", str(event.value)[:200], None), f"error: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return wrong, seen, signed.asked


def check(city, results):
    warnings.filterwarnings("ignore")
    times = int(os.environ.get("ONRECORD_SURPRISES", "1"))
    lists = [must(city.admin.get(f"/api/v1/{what}"))["items"] for what in ("people?limit=200", "tokens")]
    city.needed = {it["id"] for found in lists for it in found} - {city.spare}
    city.there = {
        "recordings": city.own.id,
        "clips": city.own.clip,
        "calls": "K1",
        "accounts": city.account(),
        "cases": city.case,
        "notifications": city.notification,
        "people": city.spare,
    }
    everything = {f"{method} {path}" for method, path in operations(city.document())}
    others = [(name, FATAL) for name in CALLERS if name != "admin token"]
    for name, skip in [("admin token", set()), *others, ("officer", everything - FATAL)]:
        wrong, seen, asked = run(city, name, times, skip)
        for label in sorted(seen | set(wrong)):
            results.add("surprises", f"{label}, as {name}", "\n".join(wrong.get(label, {}).values()))
        print(f"    as {name}: {sum(asked.values())} requests, {dict(sorted(asked.items()))}", flush=True)
