"""Every call of the API as everybody: what `rights.txt` says is what is answered, and every refusal says why.

A row is a call, a column is who asks. Where one call can be asked in ways that take other rights, each has a row of its own
("· as CSV"). A new operation of the API must be placed here and in the table; until it is, the test fails.
"""

import difflib
import os
import re
from pathlib import Path

from city import CALLERS, PASSWORD, operations, must

HERE = Path(__file__).resolve().parent
TABLE = HERE / "rights.txt"
TUS = {"Tus-Resumable": "1.0.0"}
SHORT = {"newcomer": "new", "administrator": "admin", "admin token": "all*"}
COLUMNS = [SHORT.get(name, name.replace(" token", "*"))[:7] for name in CALLERS]


class Ask:
    """One request: what is put into the path, and what goes along."""

    def __init__(self, **more):
        self.path = {name: more.pop(name) for name in ("id", "marker", "hold", "recording", "kind") if name in more}
        self.more = more


def marker(city, _):
    made = city.admin.ask("POST", f"/api/v1/recordings/{city.own.id}/markers", json={"at_us": 1, "text": "a"})
    return Ask(id=city.own.id, marker=must(made)["id"])


def hold(city, _):
    made = city.admin.ask("POST", f"/api/v1/recordings/{city.own.id}/holds", json={"reason": "asked for"})
    return Ask(id=city.own.id, hold=must(made)["id"])


def recording(**body):
    return lambda city, _: Ask(id=city.own.id, **({"json": body} if body else {}))


def far(city, _):
    return Ask(id=city.far.id)


def clip(**more):
    return lambda city, _: Ask(id=city.own.clip, **more)


def far_clip(city, _):
    return Ask(id=city.far.clip)


def plain(**more):
    return lambda *_: Ask(**more)


def brings(city, caller):
    """An upload of the caller, or of the intake token where they bring nothing."""
    who = caller if caller.name in ("intake token", "admin token") else city.callers["intake token"]
    begun = who.ask("POST", "/api/v1/uploads", headers={**TUS, "Upload-Length": "4"})
    must(begun)
    return begun.headers["Location"].rsplit("/", 1)[1]


def upload(body=None, **headers):
    more = {"data": body} if body else {}
    return lambda city, caller: Ask(id=brings(city, caller), headers={**TUS, **headers}, **more)


def others_upload(city, _):
    return Ask(id=brings(city, city.admin), headers=TUS)


def comparison(city, caller):
    """A comparison that the caller asked for, or the admin token where they may not."""
    made = caller.ask("POST", "/api/v1/policy/comparisons", json={"policy": "generic"})
    if made.status_code != 202:
        made = city.admin.ask("POST", "/api/v1/policy/comparisons", json={"policy": "generic"})
    return Ask(id=must(made)["id"])


def search(who=None):
    def asked(city, caller):
        body = {"title": "mine", "page": "calls", "query": "q=a"}
        made = (who and city.callers[who] or caller).ask("POST", "/api/v1/saved-searches", json=body)
        if made.status_code != 201:
            made = city.admin.ask("POST", "/api/v1/saved-searches", json=body)
        return Ask(id=must(made)["id"])

    return asked


def token(city, _):
    made = city.admin.ask("POST", "/api/v1/tokens", json={"name": city.word(), "role": "intake"})
    return Ask(id=must(made)["id"])


def case_with_recording(city, _):
    return Ask(id=city.new_case([city.near]), recording=city.near.id)


def own_password(city, caller):
    current = city.passwords.get(caller.name, PASSWORD)
    return Ask(json={"current": current, "new": "short"})


def fresh(city, caller):
    """As a session that may be lost."""
    signed_in = city.callers.get(caller.name) if caller.name in ("nobody",) else None
    if signed_in is None and "token" not in caller.name:
        signed_in = city.sign_in(caller.name)
    return Ask(headers=(signed_in or caller).headers)


def unlock(city, caller):
    return Ask(json={"password": city.passwords.get(caller.name, PASSWORD)})


CREDENTIAL = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA"},
}
CSV = {"headers": {"Accept": "text/csv"}}

# In the order of the table. The builders are given the city and who asks.
CALLS = {
    # before anyone signs in, and one's own session
    "GET /api/v1/sign-in": plain(),
    "POST /api/v1/sign-in": lambda city, _: Ask(json={"name": "oversight", "password": PASSWORD}),
    "GET /api/v1/sign-in/oidc": plain(),
    "GET /api/v1/sign-in/oidc/callback": plain(),
    "POST /api/v1/sign-in/passkey/begin": plain(),
    "POST /api/v1/sign-in/passkey/finish": plain(json={"challenge_id": "none", "credential": CREDENTIAL}),
    "GET /api/v1/session": plain(),
    "DELETE /api/v1/session": fresh,
    "POST /api/v1/session/unlock": unlock,
    "POST /api/v1/session/password · too short": own_password,
    "POST /api/v1/session/totp": plain(),
    "POST /api/v1/session/totp/confirm · not begun": plain(json={"code": "000000"}),
    "DELETE /api/v1/session/totp": plain(),
    "GET /api/v1/session/passkeys": plain(),
    "POST /api/v1/session/passkeys/begin": plain(),
    "POST /api/v1/session/passkeys/finish · not begun": plain(
        json={"challenge_id": "none", "name": "key", "credential": CREDENTIAL}
    ),
    "DELETE /api/v1/session/passkeys/{id} · of nobody": lambda city, _: Ask(id=city.unknown()),
    # recordings: of officer 100, in district 7, in a case that names the prosecutor
    "GET /api/v1/recordings": plain(),
    "GET /api/v1/recordings · as CSV": plain(**CSV),
    "GET /api/v1/recordings/{id}": recording(),
    "GET /api/v1/recordings/{id} · of another officer, district and case": far,
    "GET /api/v1/recordings/{id}/custody": recording(),
    "GET /api/v1/recordings/{id}/trail": recording(),
    "POST /api/v1/recordings/{id}/verify": recording(),
    "PUT /api/v1/recordings/{id}/categories": recording(categories=[]),
    "POST /api/v1/recordings/categories": lambda city, _: Ask(json={"recording_ids": [city.own.id]}),
    "POST /api/v1/recordings/{id}/notes": recording(text="seen"),
    "POST /api/v1/recordings/{id}/markers": recording(at_us=5, text="here"),
    "DELETE /api/v1/recordings/{id}/markers/{marker}": marker,
    "POST /api/v1/recordings/{id}/corrections": recording(kind="accidental", reason="pressed in the car"),
    "PUT /api/v1/recordings/{id}/restriction": lambda city, _: Ask(
        id=city.own.id, json={"class": None, "reason": "not needed"}
    ),
    "POST /api/v1/recordings/{id}/holds": recording(reason="asked for"),
    "DELETE /api/v1/recordings/{id}/holds/{hold}": hold,
    "PUT /api/v1/recordings/{id}/alignment": recording(offset_us=0, reason="as the other camera"),
    # its bytes
    "GET /api/v1/clips/{id}/original": clip(),
    "GET /api/v1/clips/{id}/original · of another officer, district and case": far_clip,
    "GET /api/v1/clips/{id}/original · to be kept": clip(params={"download": "true"}),
    "GET /api/v1/clips/{id}/poster": clip(),
    "GET /api/v1/clips/{id}/waveform": clip(),
    "GET /api/v1/clips/{id}/proxy": clip(),
    "GET /api/v1/clips/{id}/proxy · to be kept": clip(params={"download": "true"}),
    "GET /api/v1/clips/{id}/clear · there is none": clip(),
    "GET /api/v1/clips/{id}/receipt": clip(),
    # calls: of officers 100 and 200, in district 7
    "GET /api/v1/calls": plain(),
    "GET /api/v1/calls · as CSV": plain(**CSV),
    "GET /api/v1/calls/{id}": plain(id="K1"),
    "GET /api/v1/calls/{id} · of another officer and district": plain(id="K2"),
    "GET /api/v1/calls/{id}/events": plain(id="K1", stream=True),
    "POST /api/v1/calls/{id}/accounts": plain(id="K3", json={"officer_id": "100", "text": "A word."}),
    "GET /api/v1/accounts": plain(),
    "POST /api/v1/accounts/{id}/decision": lambda city, _: Ask(
        id=city.account(), json={"approve": False, "reason": "not so"}
    ),
    "GET /api/v1/outcomes": plain(),
    # the audit and its policy
    "GET /api/v1/audit": plain(),
    "GET /api/v1/policy": plain(),
    "GET /api/v1/policy/comparisons": plain(),
    "POST /api/v1/policy/comparisons": plain(json={"policy": "generic"}),
    "GET /api/v1/policy/comparisons/{id}": comparison,
    "GET /api/v1/policy/comparisons/{id} · of the admin token": lambda city, _: comparison(city, city.admin),
    "DELETE /api/v1/policy/comparisons/{id} · of the admin token": lambda city, _: comparison(city, city.admin),
    # cases: the first names the prosecutor
    "GET /api/v1/cases": plain(),
    "POST /api/v1/cases": lambda city, _: Ask(json={"number": city.word(), "title": "new"}),
    "GET /api/v1/cases/people": lambda *_: Ask(params={"q": "prosec"}),
    "GET /api/v1/cases/{id}": lambda city, _: Ask(id=city.case),
    "GET /api/v1/cases/{id} · that names nobody": lambda city, _: Ask(id=city.other_case),
    "PATCH /api/v1/cases/{id}": lambda city, _: Ask(id=city.case, json={"description": "changed"}),
    "POST /api/v1/cases/{id}/recordings": lambda city, _: Ask(
        id=city.case, json={"recording_ids": [city.own.id]}
    ),
    "DELETE /api/v1/cases/{id}/recordings/{recording}": case_with_recording,
    "POST /api/v1/cases/{id}/notes": lambda city, _: Ask(id=city.case, json={"text": "called back"}),
    "POST /api/v1/cases/{id}/media": lambda city, _: Ask(
        id=city.case, params={"name": "note.txt"}, data=city.word().encode()
    ),
    # the desk
    "GET /api/v1/home": plain(),
    "GET /api/v1/notifications": plain(),
    "POST /api/v1/notifications/{id}/read · of the supervisor": lambda city, _: Ask(id=city.notification),
    "GET /api/v1/saved-searches": plain(),
    "POST /api/v1/saved-searches": plain(json={"title": "mine", "page": "calls", "query": ""}),
    "DELETE /api/v1/saved-searches/{id}": search(),
    "DELETE /api/v1/saved-searches/{id} · of oversight": search("oversight"),
    "GET /api/v1/officers": plain(),
    "GET /api/v1/districts": plain(),
    "GET /api/v1/categories": plain(),
    "PUT /api/v1/categories": plain(json={"items": [{"id": "arrest", "title": "Arrest"}]}),
    "PUT /api/v1/districts/outlines": plain(json={"type": "FeatureCollection", "features": []}),
    "GET /api/v1/administration": plain(),
    # people and tokens
    "GET /api/v1/people": plain(),
    "POST /api/v1/people": lambda city, _: Ask(json={"name": city.word(), "roles": []}),
    "GET /api/v1/people/{id}": lambda city, _: Ask(id=city.spare),
    "PATCH /api/v1/people/{id}": lambda city, _: Ask(id=city.spare, json={"display_name": "Spare"}),
    "POST /api/v1/people/{id}/reset": lambda city, _: Ask(id=city.spare),
    "GET /api/v1/tokens": plain(),
    "POST /api/v1/tokens": lambda city, _: Ask(json={"name": city.word(), "role": "reader"}),
    "DELETE /api/v1/tokens/{id}": token,
    # what programs bring
    "POST /api/v1/imports/{kind}": plain(kind="officers", data=b"officer_id\n100\n"),
    "POST /api/v1/imports/records": plain(data=b"record_id,kind,number,date,officer_id\n"),
    "POST /api/v1/uploads": plain(headers={**TUS, "Upload-Length": "3"}),
    "HEAD /api/v1/uploads/{id}": upload(),
    "HEAD /api/v1/uploads/{id} · of the admin token": others_upload,
    "GET /api/v1/uploads/{id}": upload(),
    "GET /api/v1/uploads/{id} · of the admin token": others_upload,
    "PATCH /api/v1/uploads/{id}": upload(
        b"1234", **{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    ),
    "DELETE /api/v1/uploads/{id}": upload(),
    # what anyone may check
    "GET /api/v1/ledger/inclusion": plain(params={"index": 0}),
    "GET /api/v1/ledger/consistency": plain(params={"from": 1, "to": 1}),
}

# Where a cookie is neither needed nor looked at.
OPEN = re.compile(r"/api/v1/(sign-in|ledger)\b")
# What refuses for another reason than a rule of policies/access.
OTHER_REASONS = {
    "urn:onrecord:password-change-needed": "Choose a password of your own first.",
}
OWN_COMPARISON = "Whoever began a comparison cancels it."
BRINGS = "You may not bring recordings: that takes a token with the role intake or admin."


def rules():
    """The sentences of the policies."""
    texts = (HERE.parent.parent / "policies" / "access").glob("*.cedar")
    return {rule for text in texts for rule in re.findall(r'@rule\("([^"]+)"\)', text.read_text())}


def request_of(key):
    method, path = key.split(" · ")[0].split(" ", 1)
    return method, path


def ask(city, key, caller, **over):
    """Puts one call; the answer."""
    method, path = request_of(key)
    asked = CALLS[key](city, caller)
    for name, value in asked.path.items():
        path = path.replace(f"{{{name}}}", str(value))
    assert "{" not in path, path
    answer = caller.ask(method, path, **{**asked.more, **over})
    if asked.more.get("stream") and answer.status_code == 200:
        answer.close()
    return answer


def why_wrong(key, answer, known_rules, documented):
    """What is wrong about an answer, whatever the table says of its status."""
    status = answer.status_code
    if status >= 500:
        return f"{status}: {answer.text[:300]}"
    if str(status) not in documented:
        return f"{status} is not documented"
    if status < 400 or answer.request.method == "HEAD":
        return None
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return f"{status} is {answer.headers.get('Content-Type')}, no problem"
    said = answer.json()
    if set(said) != {"type", "title", "status", "detail"} or said["status"] != status or not said["detail"]:
        return f"not a problem of RFC 9457: {said}"
    if status == 401 and answer.headers.get("WWW-Authenticate") != "Bearer":
        return "401 without WWW-Authenticate"
    if status == 403:
        detail = said["detail"]
        is_rule = detail in known_rules or "is not for you here; it is for: " in detail or detail in (BRINGS, OWN_COMPARISON)
        if not (is_rule and said["type"] == "urn:onrecord:forbidden") and OTHER_REASONS.get(said["type"]) != detail:
            return f"403 without its rule: {said}"
    return None


def written(rows):
    """The table as it is checked in."""
    rows = {key.replace("/api/v1", ""): statuses for key, statuses in rows.items()}
    width = max(map(len, rows)) + 1
    head = " " * width + "".join(f"{name:>8}" for name in COLUMNS)
    lines = [head]
    for key, statuses in rows.items():
        lines.append(f"{key:<{width}}" + "".join(f"{status:>8}" for status in statuses))
    return "\n".join(line.rstrip() for line in lines) + "\n"


HEADER = """\
What each call of the API answers to each who asks, as tests/security puts it. 2xx: done. 401: sign in. 403: refused, and told
by which rule. 404: nothing here that they may know of, whether it is there or not. 400 and 409 stand where a call is allowed
and made so that it does nothing.

nobody: neither token nor cookie. new: an administrator and overseer who has not chosen a password yet. idle: a person without
a role. The supervisor is of district 7. A star: a program's token; all*: the role admin. Addresses stand below /api/v1.

"""


def check(city, results):
    """Every cell, against the table."""
    document = operations(city.document())
    placed = {request_of(key) for key in CALLS}
    for method, path in sorted(set(document) - placed):
        results.fail("rights", f"{method} {path}", "is not placed in tests/security/rights.py")
    for method, path in sorted(placed - set(document)):
        results.fail("rights", f"{method} {path}", "is no operation of the API any more")
    known_rules, rows = rules(), {}
    for key in CALLS:
        if request_of(key) not in document:
            continue
        responses, wrong = document[request_of(key)]["responses"], []
        rows[key] = []
        for name in CALLERS:
            answer = ask(city, key, city.callers[name])
            rows[key].append(answer.status_code)
            why = why_wrong(key, answer, known_rules, responses)
            if why:
                wrong.append(f"{name}: {why}")
        results.add("rights", key, "\n".join(wrong))
    found = HEADER + written(rows)
    if os.environ.get("ONRECORD_WRITE_RIGHTS"):
        TABLE.write_text(found)
    agreed = TABLE.read_text() if TABLE.exists() else ""
    lines = difflib.unified_diff(agreed.splitlines(), found.splitlines(), "agreed", "found", lineterm="", n=0)
    results.add("rights", "the answers are those of rights.txt", "\n".join(lines))


def check_forged(city, results):
    """A cookie alone, as another site can make a browser send it, changes nothing."""
    for key in CALLS:
        method, path = request_of(key)
        if method in ("GET", "HEAD") or OPEN.match(path):
            continue
        caller = city.callers["administrator"]
        builder = CALLS[key](city, caller)
        headers = {**builder.more.get("headers", {}), "Cookie": caller.headers["Cookie"], "X-CSRF-Token": None}
        answer = ask(city, key, caller, headers=headers)
        kind = answer.json().get("type") if answer.content else None
        wrong = "" if (answer.status_code, kind) == (403, "urn:onrecord:csrf") else f"{answer.status_code} {kind}"
        results.add("forged", key, wrong)


PAGES = ["/", "/evidence", "/recordings/{}", "/calls", "/calls/K1", "/audit", "/audit/compare", "/cases", "/cases/{}"]
PAGES += [f"/administration/{name}" for name in ("people", "tokens", "imports", "districts", "policy", "system")]
PAGES += ["/account", "/sign-in"]


def check_pages(city, results):
    """A page is the same for everybody, whatever its address names: what is somebody's comes by the API alone."""
    usual = None
    for page in PAGES:
        wrong = []
        for name in CALLERS:
            address = page.format(city.own.id if "recordings" in page else city.case)
            answer = city.callers[name].get(address, headers={"Accept": "text/html"})
            said = (answer.status_code, answer.headers.get("Set-Cookie"), answer.content)
            usual = usual or said
            if said != usual or answer.status_code != 200:
                wrong.append(f"{name}: {answer.status_code}, {len(answer.content)} bytes")
        results.add("pages", page, "\n".join(wrong))
