"""What must not be known of: a restricted recording, to whoever may not see it, answers as one that is not there.

Three ways to find out are tried as everybody who must not:

  twins      every call that takes a recording or a clip is put for the restricted one and for an id of nothing; the answers
             are the same byte for byte, headers too, but for the id that was asked for and the request's own
  lists      every list, search, total, picture, picker and CSV file is read before the recordings are brought and after;
             they are the same
  events     who watches a call is told nothing of what is done to a restricted recording of it

Whoever may see it gets it by the same calls, so that none of this holds because nothing was there.
"""

import base64
import contextlib
import json
import re
import threading
import time

import requests

from city import CALLERS, SECRETS, Caller, must, operations

TUS = {"Tus-Resumable": "1.0.0"}
REASON = {"reason": "because"}

# Every call that takes a recording or a clip: (method, path), its query, headers or body. Of a twin, only ids differ.
TWINS = [
    ("GET", "/api/v1/recordings/{recording}", {}),
    ("GET", "/api/v1/recordings/{recording}/custody", {}),
    ("GET", "/api/v1/recordings/{recording}/trail", {}),
    ("POST", "/api/v1/recordings/{recording}/verify", {}),
    ("PUT", "/api/v1/recordings/{recording}/categories", {"json": {"categories": []}}),
    ("PUT", "/api/v1/recordings/{recording}/categories", {"json": {"categories": ["no such category"]}}),
    ("PUT", "/api/v1/recordings/{recording}/categories", {"json": {"categories": 7}}),
    ("POST", "/api/v1/recordings/{recording}/notes", {"json": {"text": "seen"}}),
    ("POST", "/api/v1/recordings/{recording}/notes", {"json": {"text": ""}}),
    ("POST", "/api/v1/recordings/{recording}/markers", {"json": {"at_us": 1, "text": "here"}}),
    ("POST", "/api/v1/recordings/{recording}/markers", {"json": {"at_us": -1, "text": "here"}}),
    ("DELETE", "/api/v1/recordings/{recording}/markers/{marker}", {}),
    ("POST", "/api/v1/recordings/{recording}/corrections", {"json": {"kind": "accidental", **REASON}}),
    ("POST", "/api/v1/recordings/{recording}/corrections", {"json": {"kind": "officer", "officer_id": "200", **REASON}}),
    ("PUT", "/api/v1/recordings/{recording}/restriction", {"json": {"class": None, **REASON}}),
    ("PUT", "/api/v1/recordings/{recording}/restriction", {"json": {"class": "undercover", **REASON}}),
    ("POST", "/api/v1/recordings/{recording}/holds", {"json": REASON}),
    ("POST", "/api/v1/recordings/{recording}/holds", {"json": {**REASON, "until": "2001-01-01T00:00:00Z"}}),
    ("DELETE", "/api/v1/recordings/{recording}/holds/{hold}", {}),
    ("PUT", "/api/v1/recordings/{recording}/alignment", {"json": {"offset_us": 1, **REASON}}),
    ("PUT", "/api/v1/recordings/{recording}/alignment", {"json": {"offset_us": 10**15, **REASON}}),
    ("POST", "/api/v1/recordings/categories", {"json": {"recording_ids": ["{recording}"], "add": ["arrest"]}}),
    ("POST", "/api/v1/recordings/categories", {"json": {"recording_ids": ["{own}", "{recording}"]}}),
    ("POST", "/api/v1/cases/{case}/recordings", {"json": {"recording_ids": ["{recording}"]}}),
    ("POST", "/api/v1/cases/{case}/recordings", {"json": {"recording_ids": ["{own}", "{recording}"]}}),
    ("DELETE", "/api/v1/cases/{case}/recordings/{recording}", {}),
    ("GET", "/api/v1/clips/{clip}/original", {}),
    ("GET", "/api/v1/clips/{clip}/original", {"headers": {"Range": "bytes=0-9"}}),
    ("GET", "/api/v1/clips/{clip}/original", {"headers": {"Range": "bytes=99999999999-"}}),
    ("GET", "/api/v1/clips/{clip}/original?download=true", {}),
    ("GET", "/api/v1/clips/{clip}/poster", {}),
    ("GET", "/api/v1/clips/{clip}/waveform", {}),
    ("GET", "/api/v1/clips/{clip}/proxy", {}),
    ("GET", "/api/v1/clips/{clip}/clear", {}),
    ("GET", "/api/v1/clips/{clip}/receipt", {}),
    # lists that are asked for it
    ("GET", "/api/v1/recordings?q={recording}", {}),
    ("GET", "/api/v1/recordings?cursor={cursor}", {}),
    ("GET", "/api/v1/outcomes?call={recording}", {}),
    ("GET", "/api/v1/uploads/{clip}", {}),
    ("HEAD", "/api/v1/uploads/{clip}", {"headers": TUS}),
]

# What is read before and after: pages of lists with every filter, pictures, pickers, figures.
LISTS = [
    "/api/v1/recordings",
    "/api/v1/recordings?limit=1",
    "/api/v1/recordings?sort=-started_at",
    "/api/v1/recordings?sort=-size",
    "/api/v1/recordings?sort=-duration",
    "/api/v1/recordings?category=none",
    "/api/v1/recordings?state=complete",
    "/api/v1/recordings?district=7",
    "/api/v1/recordings?officer=100",
    "/api/v1/recordings?officer=200",
    "/api/v1/recordings?call=K1",
    "/api/v1/recordings?outcome=recorded",
    *(f"/api/v1/recordings?q={word}" for word in ("grace", "mp4", "7", *SECRETS)),
    *(f"/api/v1/recordings?camera=BWC90{number}" for number in range(6)),
    "/api/v1/calls",
    "/api/v1/calls?sort=-unrecorded",
    "/api/v1/calls?officer=200",
    "/api/v1/calls?lacking=200",
    *(f"/api/v1/calls?q={word}" for word in ("grace", *SECRETS)),
    "/api/v1/calls/K1",
    "/api/v1/calls/K2",
    "/api/v1/calls/K3",
    "/api/v1/accounts",
    "/api/v1/outcomes",
    "/api/v1/outcomes?officer=200",
    "/api/v1/audit",
    "/api/v1/cases",
    *(f"/api/v1/cases?q={word}" for word in SECRETS),
    "/api/v1/cases/{case}",
    "/api/v1/home",
    "/api/v1/notifications",
    "/api/v1/saved-searches",
    "/api/v1/officers",
    *(f"/api/v1/officers?q={word}" for word in SECRETS),
    "/api/v1/districts",
    "/api/v1/categories",
    "/api/v1/policy",
    "/api/v1/administration",
]
AS_CSV = ["/api/v1/recordings", "/api/v1/recordings?q=quokka", "/api/v1/calls"]

# What changes by itself, or says how much there is in all without saying of what: the sums of an installation, which
# whoever looks after it sees. When a case was changed and an outcome decided is no news of a recording.
MOVES = {"computed_at", "changed_at", "holdings", "ledger", "jobs_waiting", "outcomes_due", "csrf_token", "ends_at"}


def still(value):
    """A value without what changes by itself."""
    if isinstance(value, dict):
        return {name: still(one) for name, one in value.items() if name not in MOVES}
    return [still(one) for one in value] if isinstance(value, list) else value


def read(city, caller):
    """Every list as somebody sees it."""
    seen = {}
    for path in LISTS:
        answer = caller.get(path.format(case=city.case))
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        seen[path] = (answer.status_code, still(answer.json()) if is_json else answer.text)
    for path in AS_CSV:
        answer = caller.get(path, headers={"Accept": "text/csv"})
        seen[f"{path} as CSV"] = (answer.status_code, answer.text)
    return seen


def look(city):
    return {name: read(city, city.callers[name]) for name in CALLERS}


def fill(value, ids):
    """A request's text or body with its ids."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda it: ids[it[1]], value)
    if isinstance(value, dict):
        return {name: fill(one, ids) for name, one in value.items()}
    return [fill(one, ids) for one in value] if isinstance(value, list) else value


def put(caller, twin, ids):
    method, path, more = twin
    return caller.ask(method, fill(path, ids), **fill(more, ids))


def told(answer, ids):
    """All that an answer says, but for the id that was asked for and the id and time of the request."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name in ("x-request-id", "date"):
        headers.pop(name, None)
    body = answer.content
    for name in ("recording", "clip", "cursor"):
        body = body.replace(ids[name].encode(), b"(it)")
    return answer.status_code, sorted(headers.items()), body


def ids_of(city, recording=None):
    """What a request for a recording names; for one of nothing where none is given."""
    ids = {"recording": recording.id, "clip": recording.clip} if recording else {}
    ids = ids or {"recording": city.unknown(), "clip": city.unknown()}
    place = base64.urlsafe_b64encode(f"0:{ids['recording']}".encode()).decode().rstrip("=")
    return {**ids, "cursor": place, "case": city.case, "own": city.own.id, "hold": "", "marker": ""}


def check_twins(city, results):
    for recording in city.hidden:
        shared = {"hold": recording.notes["hold"], "marker": recording.notes["marker"]}
        real, none = {**ids_of(city, recording), **shared}, {**ids_of(city), **shared}
        for name in CALLERS:
            if city.sees(name, recording):
                continue
            caller, wrong = city.callers[name], []
            for twin in TWINS:
                one, other = told(put(caller, twin, real), real), told(put(caller, twin, none), none)
                if one != other:
                    wrong.append(f"{twin[0]} {twin[1]} {twin[2]}\n  it:      {one}\n  nothing: {other}")
            what = f"{recording.class_name} of officer {recording.officer}, to {name}"
            results.add("twins", what, "\n".join(wrong))


def check_seen(city, results):
    """Whoever may see it is shown it by the same calls."""
    looks = [twin for twin in TWINS if twin[0] == "GET" and re.search(r"\{(recording|clip)\}(/|$)", twin[1])]
    looks = [twin for twin in looks if not re.search("clear|uploads|99999|download|outcomes", str(twin))]
    for recording in city.hidden:
        ids = ids_of(city, recording)
        for name in CALLERS:
            if not city.sees(name, recording):
                continue
            statuses = {twin[1]: put(city.callers[name], twin, ids).status_code for twin in looks}
            wrong = {path: status for path, status in statuses.items() if status not in (200, 206)}
            results.add("seen", f"{recording.class_name} of officer {recording.officer}, to {name}", str(wrong or ""))
    found = must(city.callers["oversight"].get("/api/v1/recordings?q=quokka"))["total"]
    results.add("seen", "the words of restricted recordings", "" if found == len(city.hidden) else f"{found} found")


def check_lists(city, before, results):
    """What must not be known of is in no list, no total and no picture."""
    for name in CALLERS:
        hidden = [recording for recording in city.hidden if not city.sees(name, recording)]
        now, wrong = read(city, city.callers[name]), []
        names = [one for recording in hidden for one in (recording.id, recording.clip, recording.camera)]
        names += SECRETS if len(hidden) == len(city.hidden) else []
        for path, (status, said) in now.items():
            text = json.dumps(said) if not isinstance(said, str) else said
            wrong += [f"{path} tells of {one}" for one in names if one in text and one != "BWC9"]
            if len(hidden) == len(city.hidden) and (status, said) != before[name][path]:
                wrong.append(f"{path} has changed\n  before: {before[name][path]}\n  now:    {(status, said)}")
        results.add("lists", f"to {name}", "\n".join(wrong))


def check_events(city, results):
    """A change of what is hidden rings for nobody who must not know; one of what is seen does."""
    first = city.hidden[0]
    watchers, heard, ready = ["officer", "supervisor", "manager"], {}, threading.Barrier(4)

    def watch(name):
        heard[name] = []
        with contextlib.suppress(requests.RequestException), city.callers[name].get("/api/v1/calls/K1/events", stream=True, timeout=20) as answer:
            for line in answer.iter_lines(chunk_size=1):
                if line == b": watching":
                    ready.wait()
                elif line.startswith(b"event:"):
                    heard[name].append((time.monotonic(), line.decode()))
                    return

    threads = [threading.Thread(target=watch, args=(name,), daemon=True) for name in watchers]
    for thread in threads:
        thread.start()
    ready.wait()
    at = f"/api/v1/recordings/{first.id}"
    must(city.admin.ask("POST", f"{at}/notes", json={"text": "wombat again"}))
    must(city.admin.ask("PUT", f"{at}/alignment", json={"offset_us": 2_000_000, "reason": "dunnart"}))
    must(city.admin.ask("PUT", f"{at}/categories", json={"categories": []}))
    time.sleep(3.5)
    quiet = {name: list(told) for name, told in heard.items()}
    must(
        city.admin.ask(
            "PUT", f"/api/v1/recordings/{city.own.id}/alignment", json={"offset_us": 1000, "reason": "seen"}
        )
    )
    must(
        city.admin.ask(
            "PUT", f"/api/v1/recordings/{city.near.id}/alignment", json={"offset_us": 1000, "reason": "seen"}
        )
    )
    for thread in threads[:2]:
        thread.join(10)
    for name in watchers:
        results.add("events", f"of what is hidden, to {name}", f"{quiet[name]}" if quiet[name] else "")
    for name in watchers[:2]:
        results.add("events", f"of what is seen, to {name}", "" if heard[name] else "nothing was told")


def check_watching_ends(city, results):
    """Who is disabled, or whose token is revoked, watches no longer."""
    made = must(city.admin.ask("POST", "/api/v1/tokens", json={"name": "watches", "role": "reader"}))
    watcher = Caller("watches", city.url, {"Authorization": f"Bearer {made['token']}"})
    with watcher.get("/api/v1/calls/K1/events", stream=True, timeout=6) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b": watching"
        must(city.admin.ask("DELETE", f"/api/v1/tokens/{made['id']}"))
        try:
            rest = [line for line in lines if line]
            wrong = f"heard {rest}" if rest else ""
        except requests.RequestException as error:
            wrong = f"went on watching: {error}"
    results.add("events", "to a token that was revoked", wrong)


def check_complete(city, results):
    """Every operation on a recording or a clip has its twins."""
    asked = {(method, re.sub(r"\{\w+\}", "{}", path.split("?")[0])) for method, path, _ in TWINS}
    for method, path in operations(city.document()):
        takes = re.match(r"/api/v1/(recordings|clips)/\{id\}", path) or "{recording}" in path
        if takes:
            is_asked = (method, re.sub(r"\{\w+\}", "{}", path)) in asked
            results.add("twins", f"{method} {path}", "" if is_asked else "is not asked in tests/security/unseen.py")


def check(city, before, results):
    check_complete(city, results)
    check_twins(city, results)
    check_lists(city, before, results)
    check_seen(city, results)
    check_events(city, results)
    check_watching_ends(city, results)
