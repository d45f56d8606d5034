"""What people ask of the application: every list that its pages offer, with each filter, each order and their combinations,
and the pages themselves.
"""

import base64
import itertools
import json
import random
from dataclasses import dataclass
from urllib.parse import urlencode

import app_invent
from app_invent import DAY, YEAR, instant

# Filters and orders of the pages Evidence, Calls and Audit. A period is the two fields from and to.
EVIDENCE = ("q", "officer", "call", "camera", "district", "category", "outcome", "state", "period")
EVIDENCE_SORTS = ("-started_at", "started_at", "-duration", "-size")
CALLS = ("q", "officer", "type", "district", "outcome", "period")
CALLS_SORTS = ("-begin", "begin", "-unrecorded")
AUDIT = ("officer", "type", "district", "period")
CASES = ("q", "state")
PAGE = 50

# Name, role, how many of the busiest districts (none: all of them, and no officer), whether they wear a camera.
PEOPLE = (
    ("officer-1", "officer", 0, True), ("officer-2", "officer", 0, True), ("officer-3", "officer", 0, True),
    ("officer-4", "officer", 0, True), ("supervisor-1", "supervisor", 1, True), ("supervisor-2", "supervisor", 1, True),
    ("supervisor-3", "supervisor", 3, False), ("supervisor-4", "supervisor", 0, False),
    ("technician-1", "evidence_technician", 0, False), ("technician-2", "evidence_technician", 2, False),
    ("records-1", "records", 0, False), ("prosecutor-1", "prosecutor", 0, False), ("prosecutor-2", "prosecutor", 0, False),
    ("oversight-1", "oversight", 0, False), ("manager-1", "program_manager", 0, False),
    ("administrator-1", "administrator", 0, False),
)  # fmt: skip
ALONE = ("oversight-1", "supervisor-1", "technician-2", "officer-1", "prosecutor-1", "records-1", "manager-1", "administrator-1")
EVIDENCE_ROLES = ("officer", "supervisor", "evidence_technician", "records", "prosecutor", "oversight")
CALLS_ROLES = ("officer", "supervisor", "program_manager", "oversight")
AUDIT_ROLES = ("supervisor", "program_manager", "oversight")
CASES_ROLES = ("evidence_technician", "records", "prosecutor", "oversight")


@dataclass
class Ask:
    """One request: the group it is told under, what it is called, and the path."""

    group: str
    name: str
    path: str


class Asks:
    """Makes requests out of what stands in the database (`known`: samples of it)."""

    def __init__(self, known, seed=1):
        self.known, self.chance = known, random.Random(seed)

    def _officer(self, person):
        mine = self.known["districts_of"].get(person)
        return self.chance.choice([one for one in self.known["officers"] if not mine or one[3] in mine])

    def _value(self, name, person):
        chance, known = self.chance, self.known
        if name == "officer":
            return {"officer": self._officer(person)[0]}
        if name == "camera":
            return {"camera": self._officer(person)[4]}
        if name == "call":
            return {"call": chance.choice(known["calls"])[0]}
        if name == "district":
            return {"district": chance.choice(known["districts_of"].get(person) or app_invent.DISTRICTS)}
        if name == "category":
            return {"category": chance.choice(["none", *[one for one in app_invent.CATEGORIES if one]])}
        if name == "outcome":
            return {"outcome": chance.choice(app_invent.GRAVITY)}
        if name == "state":
            return {"state": chance.choice(list(app_invent.STATES))}
        if name == "type":
            return {"type": chance.choice(list(app_invent.TYPES))}
        if name == "period":
            days = chance.choice([1, 7, 31, 92])
            begin = known["end"] - YEAR + int(chance.random() * (365 - days)) * DAY
            return {"from": instant(begin), "to": instant(begin + days * DAY)}
        officer, call = self._officer(person), chance.choice(known["calls"])
        kind = chance.choice(list(app_invent.TYPES)).lower()
        note = chance.choice(app_invent.NOTE_WORDS)
        words = [officer[1].split()[0], officer[1], officer[2], kind, call[0], officer[4], note, f"{officer[1]} {kind}", f"{kind} {note}", "xyzzy"]
        return {"q": chance.choice(words)}

    def _list(self, page, group, person, filters, sort, more=None):
        values = {}
        for name in filters:
            values |= self._value(name, person)
        values |= {"sort": sort, "limit": PAGE, **(more or {})}
        return Ask(f"{group}", f"{page} {'+'.join(filters) or 'all'} {sort}", f"/api/v1/{page}?{urlencode(values)}")

    def _combinations(self, page, person, filters, sorts):
        """None, each, each two of them in every order; three and more in one."""
        for count in range(len(filters) + 1):
            every = list(itertools.combinations(filters, count))
            names = {0: "all", 1: "one filter", 2: "two filters"}
            for some in every if count < 3 else self.chance.sample(every, min(len(every), 24)):
                for sort in sorts if count < 3 else [self.chance.choice(sorts)]:
                    group = f"{page}: {'words' if some == ('q',) else names.get(count, 'three and more')}"
                    yield self._list(page, group, person, some, sort)

    def _deep(self, page, person, sorts, places):
        """Far into a list: the cursor of a page in its middle, as the server gives it out."""
        for sort in sorts:
            place, name = self.chance.choice(places[sort.lstrip("-")])
            cursor = base64.urlsafe_b64encode(f"{place}:{name}".encode()).decode().rstrip("=")
            yield self._list(page, f"{page}: deep page", person, (), sort, {"cursor": cursor})

    def evidence(self, person):
        yield from self._combinations("recordings", person, EVIDENCE, EVIDENCE_SORTS)
        for _ in range(3):
            yield from self._deep("recordings", person, EVIDENCE_SORTS, self.known["recording_places"])

    def calls(self, person):
        yield from self._combinations("calls", person, CALLS, CALLS_SORTS)
        for _ in range(3):
            yield from self._deep("calls", person, CALLS_SORTS, self.known["call_places"])

    def call_pictures(self, person):
        for call in self._mine(person, "calls", 12):
            yield Ask("call picture", "calls/{id}", f"/api/v1/calls/{call[0]}")

    def recording_pages(self, person):
        for one in self._mine(person, "recordings", 12):
            yield Ask("recording page", "recordings/{id}", f"/api/v1/recordings/{one[0]}")
            yield Ask("recording page", "recordings/{id}/custody", f"/api/v1/recordings/{one[0]}/custody")

    def _mine(self, person, kind, most):
        districts, officer = self.known["districts_of"].get(person), self.known["officer_of"].get(person)
        found = self.known[kind]
        if kind == "recordings" and person in self.known["recordings_of"]:
            found = self.known["recordings_of"][person]
        elif districts:
            found = [one for one in found if one[2] in districts]
        elif officer:
            found = [one for one in self.known[f"own_{kind}"] if officer in json.dumps(one)]
        return self.chance.sample(found, min(most, len(found)))

    def audit(self, person, most=4):
        for count in range(1, most):
            for some in itertools.combinations(AUDIT, count):
                values = {}
                for name in some:
                    values |= self._value(name, person)
                yield Ask("audit figures", f"audit {'+'.join(some)}", f"/api/v1/audit?{urlencode(values)}")

    def cases(self, person):
        for some in ((), ("q",), ("state",), ("q", "state")):
            values = {"limit": PAGE}
            if "q" in some:
                values["q"] = self.chance.choice(["26-00", "theft", self.chance.choice(app_invent.SURNAMES)])
            if "state" in some:
                values["state"] = self.chance.choice(["open", "closed"])
            yield Ask("cases", f"cases {'+'.join(some) or 'all'}", f"/api/v1/cases?{urlencode(values)}")
        for case in self.known["cases_of"].get(person) or self.known["cases"][:6]:
            yield Ask("cases", "cases/{id}", f"/api/v1/cases/{case}")

    def small(self, role):
        officer = self.chance.choice(self.known["officers"])
        yield Ask("home and what every page asks", "home", "/api/v1/home")
        for path in ("session", "districts", "categories", "notifications", "saved-searches", "policy"):
            yield Ask("home and what every page asks", path, f"/api/v1/{path}")
        for text in (officer[1][:3], officer[2], officer[0], officer[1].split()[1]):
            yield Ask("officers to choose from", "officers", f"/api/v1/officers?{urlencode({'q': text})}")
        if role in CALLS_ROLES:
            yield Ask("accounts", "accounts pending", "/api/v1/accounts?state=pending")
            yield Ask("accounts", "accounts", "/api/v1/accounts")
        if role in ("administrator", "oversight"):
            yield Ask("administration", "administration", "/api/v1/administration")
        if role == "administrator":
            for path in ("people", "tokens"):
                yield Ask("administration", path, f"/api/v1/{path}")

    def of(self, person, role):
        """Everything that somebody with a role asks for."""
        found = list(self.small(role))
        if role in EVIDENCE_ROLES:
            found += self.evidence(person)
            found += self.recording_pages(person)
        if role in CALLS_ROLES:
            found += self.calls(person)
            found += self.call_pictures(person)
        if role in CASES_ROLES:
            found += self.cases(person)
        if role in AUDIT_ROLES:
            found += self.audit(person)
        return found

    def day(self, person, role, count):
        """What somebody asks one after the other: the lists most of the time, the rest in between."""
        parts = [list(self.small(role))]
        weights = [2]
        for roles, part, weight in (
            (EVIDENCE_ROLES, self.evidence, 9), (EVIDENCE_ROLES, self.recording_pages, 3), (CALLS_ROLES, self.calls, 6),
            (CALLS_ROLES, self.call_pictures, 2), (CASES_ROLES, self.cases, 1), (AUDIT_ROLES, self.audit, 1),
        ):  # fmt: skip
            asks = list(part(person)) if role in roles else []
            if asks:
                self.chance.shuffle(asks)
                parts.append(asks)
                weights.append(weight)
        cycles = [itertools.cycle(asks) for asks in parts]
        return [next(cycle) for cycle in self.chance.choices(cycles, weights, k=count)]
