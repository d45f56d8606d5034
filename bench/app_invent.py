"""What the benchmark of the application fills the databases with: a year of a large department, chunk by chunk, the same
every time. Each chunk is some calls with all that the server would have written of them.

Rows have the shape that the server gives them; app.py holds some of each table to rows that the server itself wrote.
"""

import bisect
import itertools
import json
import random
from datetime import datetime, timezone

CALLS, RECORDINGS, OFFICERS = 12_000_000, 10_000_000, 8_200
CHUNK = 20_000  # calls
MICROS = 1_000_000
DAY = 86_400 * MICROS
YEAR = 365 * DAY
FIRST_ROW = 1_000_000  # numbers of rows of calls; four for each call, of which one or two are used
ROWS_KEPT = 0.1  # of the year, at its end: calls whose rows of the exchange file stand beside the outcomes

TABLES = {
    "recordings": "id source principal source_key state camera_serial officer_id started_at activated_at stopped_at timezone "
    "clock_offset transfer_complete metadata created_at size district restricted alignment",
    "clips": "id recording_id kind name content_type state size sha256 entry_id same_as key_period key_version key_wrapped "
    "metadata created_at sealed_at",
    "media": "clip_id facts failure read_at",
    "calls": "call_id call_type district begin_at end_at officers worst outcomes unrecorded",
    "outcomes": "row_id line call_id officer_id begin_at end_at outcome reason defects covered uncovered excused in_grace "
    "notice recordings citation policy policy_version computed_at digest district unit call_type",
    "call_spans": "call_id officer_id from_at to_at",
    "import_rows": "id kind import_id own_id line content data officer_id camera_serial call_id recording_id from_at to_at "
    "accepted settled source_data",
    "recording_categories": "recording_id category actor created_at",
    "annotations": "id recording_id kind at_us text actor created_at removed_at",
    "holds": "id recording_id reason until_at case_id actor created_at lifted_at lifted_by",
    "accounts": "id call_id officer_id district code from_at to_at text state actor created_at decided_by decided_at reason",
    "cases": "id number title state description created_by created_at changed_at",
    "case_people": "case_id person_id",
    "case_recordings": "case_id recording_id actor created_at",
    "case_notes": "id case_id text actor created_at",
    "notifications": "id person_id kind subject text created_at read_at mailed_at",
    "search_words": "scope word at id",
}
TABLES = {name: columns.split() for name, columns in TABLES.items()}

# Types of calls, and how many of a hundred or so are of each.
TYPES = {
    "TRAFFIC STOP": 180, "DISTURBANCE": 62, "STREET STOP": 61, "DOMESTIC DISTURBANCE": 56, "ALARM BURGLAR": 53,
    "PREMISE CHECK": 45, "ASSIST CITIZEN": 35, "CRASH PROPERTY": 35, "CRIMINAL DAMAGE": 30, "THEFT": 30,
    "SUSPICIOUS PERSON": 28, "NOISE": 27, "FOOT PATROL": 25, "ASSAULT IN PROGRESS": 23, "SHOTS FIRED": 23,
    "WELL-BEING CHECK": 23, "AUTO THEFT": 22, "NARCOTICS": 22, "PARKING": 22, "BATTERY JO": 20, "BURGLARY": 20,
    "ASSIST EMS": 18, "MISSING PERSON": 18, "TRESPASS": 18, "LUNCH": 17, "PERSON WITH GUN": 17, "ROBBERY": 17,
    "CRASH INJURY": 15, "MENTAL HEALTH": 12, "PERSON SHOT": 8, "ADMIN": 7, "WARRANT SERVICE": 3,
}  # fmt: skip
SURNAMES = (
    "Alvarez Anderson Baker Banks Brennan Brooks Castillo Chen Cole Dorsey Doyle Ellis Flores Garcia Greene Haddad Hayes "
    "Jackson Johnson Kaminski Kelly Lopez Mazur Mendoza Moore Murphy Nowak Ortiz Patel Ramirez Reyes Robinson Sanchez Shah "
    "Smith Taylor Torres Walker Washington Williams Wojcik Young"
).split()
NAMES = (
    "Aaliyah Andre Beatriz Brian Carlos Dana Darnell Elena Farid Grace Hector Imani Jakub James Keisha Kevin Lucia Malik "
    "Maria Michael Nadia Omar Patrick Quinn Rosa Sean Tamika Thomas Victor Wei"
).split()
DISTRICTS = [str(number) for number in range(1, 26) if number not in (13, 21, 23)]
# Of a thousand duties; a recording comes with the first two.
OUTCOMES = {
    ("recorded", ""): 540, ("partial", ""): 78, ("missing", ""): 96, ("excused", ""): 22,
    ("excused", "approval_pending"): 3, ("awaiting_upload", ""): 12, ("unverifiable", "outside_recordings"): 30,
    ("unverifiable", "no_end_time"): 9, ("not_required", "no_arrival"): 150, ("not_required", "within_tolerance"): 20,
    ("no_camera", ""): 40,
}  # fmt: skip
GRAVITY = "not_required no_camera recorded excused awaiting_upload unverifiable partial missing".split()
STATES = {"external": 870, "complete": 110, "disposed": 14, "unreadable": 4, "receiving": 2}
CLASSES = {None: 990, "juvenile": 5, "sexual_assault": 3, "undercover": 1, "internal_affairs": 1}
CATEGORIES = {
    None: 600, "no_value": 110, "citizen_contact": 90, "traffic_stop": 90, "investigation": 50, "arrest": 40,
    "use_of_force": 8, "complaint": 6, "training": 6,
}  # fmt: skip
NOTE_WORDS = (
    "suspect vehicle driver passenger silver sedan knife weapon recovered narcotics bag alley porch garage witness statement "
    "camera obstructed audio poor interview refused ambulance hospital transport station lockup juvenile guardian evidence "
    "photographs scene secured supervisor notified"
).split()


class Weighted:
    """Things with weights; one of them by a number from 0 to 1."""

    def __init__(self, weights):
        self.things = list(weights)
        self.bounds = list(itertools.accumulate(weights.values()))
        self.all = self.bounds[-1]

    def at(self, share):
        return self.things[min(bisect.bisect_right(self.bounds, share * self.all), len(self.things) - 1)]


class Year:
    """The year that ends at a moment, at a scale, with its officers."""

    def __init__(self, scale, end):
        self.calls = int(CALLS * scale)
        self.begin, self.end = end - YEAR, end
        self.chunks = -(-self.calls // CHUNK)
        chance = random.Random(17)
        self.officers, self.of_district = [], {}
        for number in range(max(len(DISTRICTS) * 6, int(OFFICERS * scale))):
            district = DISTRICTS[number % len(DISTRICTS)]
            name = f"{chance.choice(SURNAMES)} {chance.choice(NAMES)}"
            officer = (str(20000 + number), name, str(2000 + number), district, f"X82{number:06}", f"{int(district):02}{10 + number % 70}A")
            self.officers.append(officer)
            self.of_district.setdefault(district, []).append(officer)
        # Districts are not equally busy: the busiest has about three times the calls of the quietest.
        self.districts = Weighted({name: 30 - place for place, name in enumerate(DISTRICTS)})


def words_of(text):
    """As the server splits a text into words."""
    return "".join(letter if letter.isalnum() else " " for letter in text).lower().split()


def instant(at):
    return datetime.fromtimestamp(at // MICROS, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(at):
    """As dispatch writes a time."""
    return datetime.fromtimestamp(at // MICROS - 6 * 3600, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S-06:00")


def an_id(at, chance):
    """An id as the server makes them: UUID version 7, in order of time."""
    bits = chance.getrandbits(74)
    text = f"{at // 1000:012x}7{bits >> 62:03x}{0x8 | (bits >> 60 & 3):x}{bits & ((1 << 60) - 1):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_WEIGHTED = [Weighted(each) for each in (TYPES, OUTCOMES, STATES, CLASSES, CATEGORIES)]
_TYPE_WORDS = {name: words_of(name) for name in TYPES}
_CATEGORY_WORDS = {name: words_of(name) for name in CATEGORIES if name}


def invent(year, number, people):
    """The rows of a chunk by table. `people`: ids of a token, of somebody who writes, and of an import."""
    chance = random.Random(number * 7919 + 1)
    share, bits = chance.random, chance.getrandbits
    types, outcomes, states, classes, categories = _WEIGHTED
    rows = {name: [] for name in TABLES}
    said, call_words = rows["search_words"], []
    writer, token, import_id = people["writer"], people["token"], people["import"]
    step = YEAR / year.calls
    first = number * CHUNK
    for place in range(first, min(first + CHUNK, year.calls)):
        begin = int(year.begin + place * step) // MICROS * MICROS
        day = (begin - year.begin) // DAY
        call = f"{day // 365 + 26}-{day % 365 + 1:03}-{int(place - day * DAY / step) + 1:05}"
        kind, district = types.at(share()), year.districts.at(share())
        crew = [chance.choice(year.of_district[district])]
        if share() < 0.35:
            other = chance.choice(year.of_district[district])
            if other is not crew[0]:
                crew.append(other)
        length = int(300 + 2400 * share() ** 2) * MICROS
        words = {*words_of(call), *_TYPE_WORDS[kind]}
        call_said, counts, lacks = set(words), {}, 0
        ends = []
        for nth, (officer, name, badge, _, camera, unit) in enumerate(crew):
            row = FIRST_ROW + place * 4 + nth
            from_at = begin + nth * int(60 * share()) * MICROS
            to_at = begin + length
            outcome, reason = outcomes.at(share())
            counts[outcome] = counts.get(outcome, 0) + 1
            ends.append(to_at)
            own = [officer, badge, *name.lower().split()]
            call_said.update(own, [unit.lower(), f"officer:{officer}", f"outcome:{outcome}"])
            is_decided = outcome in ("recorded", "partial", "missing", "excused")
            late, defects, key = 0, None, None
            if is_decided:
                defects = "[]"
            if outcome == "partial":
                late = int((to_at - from_at) * (0.1 + 0.6 * share())) // MICROS * MICROS
                defects = json.dumps([{"kind": "late_activation", "from": instant(from_at), "to": instant(from_at + late)}], separators=(",", ":"))
            elif outcome == "missing":
                late = to_at - from_at
                defects = json.dumps([{"kind": "never_activated", "from": instant(from_at), "to": instant(to_at)}], separators=(",", ":"))
            if outcome in ("partial", "missing"):
                lacks += late
                call_said.add(f"lacking:{officer}")
            if outcome in ("recorded", "partial"):
                key = f"R{row:09}"
                recording(year, rows, chance, place, key, (officer, camera, own), (from_at + late, to_at), district, {*words, f"outcome:{outcome}"}, people)
            rows["outcomes"].append((
                row, place * 2 + nth, call, officer, from_at, to_at, outcome, reason, defects,
                to_at - from_at - late if is_decided and outcome != "excused" else 0 if is_decided else None,
                late if is_decided else None, (to_at - from_at if outcome == "excused" else 0) if is_decided else None,
                0 if is_decided else None, "not_applicable" if is_decided else None,
                (f'["{key}"]' if key else "[]") if is_decided else None, "department policy" if is_decided else None,
                "generic", "1", to_at + DAY, f"{bits(256):064x}", district, unit, kind,
            ))  # fmt: skip
            rows["call_spans"].append((call, officer, from_at, to_at))
            if begin > year.end - YEAR * ROWS_KEPT:
                data = {
                    "call_id": call, "call_type": kind, "cleared_at": local(to_at), "dispatched_at": local(from_at - 300 * MICROS),
                    "disposition": "19P", "district": district, "officer_id": officer, "on_scene_at": local(from_at),
                    "priority": "3", "received_at": local(begin - 400 * MICROS), "unit_id": unit,
                }  # fmt: skip
                rows["import_rows"].append((
                    row, "calls", import_id, None, place * 2 + nth, bits(256).to_bytes(32, "big"), json.dumps(data, separators=(",", ":")),
                    officer, None, call, None, from_at - 400 * MICROS, to_at, 1, 1, None,
                ))  # fmt: skip
            if outcome == "missing" and share() < 0.05:
                account(rows, chance, call, officer, district, (from_at, to_at), year.end, writer)
        worst = max(counts, key=GRAVITY.index)
        in_order = sorted({officer[0] for officer in crew})
        tally = json.dumps(dict(sorted(counts.items())), separators=(",", ":"))
        rows["calls"].append((call, kind, district, begin, max(ends), json.dumps(in_order, separators=(",", ":")), worst, tally, lacks))
        call_words.extend((2, word, begin, call) for word in call_said)
    said.extend(call_words)
    return rows


def account(rows, chance, call, officer, district, span, now, writer):
    written = span[1] + int(chance.random() * 2 * DAY)
    is_old = written < now - 3 * DAY
    state = chance.choice(["noted", "accepted", "approved", "rejected"]) if is_old or chance.random() < 0.5 else "pending"
    decided = (writer, written + DAY // 2, "seen") if state in ("approved", "rejected") else (None, None, None)
    rows["accounts"].append((
        an_id(written, chance), call, officer, district, None if state == "noted" else "victim_request", *span,
        "The witness asked me to turn the camera off.", state, writer, written, *decided,
    ))  # fmt: skip


def recording(year, rows, chance, place, key, whose, span, district, words, people):
    officer, camera, own = whose
    states, classes, categories = _WEIGHTED[2:]
    share = chance.random
    activated, stopped = span[0], span[1] + int(60 * share()) * MICROS
    started = activated - 30 * MICROS
    registered = stopped + int(2 + 6 * share()) * 3600 * MICROS + int(share() * MICROS)
    recording_id = an_id(registered, chance)
    state = states.at(share())
    is_own = state != "external"
    words = {*words, *own, camera.lower()}
    size = 0
    if is_own:
        key = an_id(registered, chance)
        name = f"{camera}-{key[-6:]}.mp4"
        words.update(words_of(name))
        clip, has = an_id(registered, chance), state != "receiving"
        size = (stopped - started) // MICROS * 500_000 if has else 0
        rows["clips"].append((
            clip, recording_id, "clip", name, "video/mp4", {"receiving": "receiving"}.get(state, state), size if has else None,
            f"{chance.getrandbits(256):064x}" if has else None, None, None, "2026-01", 1, bytes(60), '{"filetype":"video/mp4"}',
            registered, registered + MICROS if has else None,
        ))  # fmt: skip
        if has:
            facts = {"container": "mp4", "duration_us": stopped - started, "streams": []}
            rows["media"].append((clip, json.dumps(facts) if state != "unreadable" else None, None, registered + 2 * MICROS))
    said = {"activated_at": instant(activated), "camera_serial": camera, "officer_id": officer, "recording_id": key,
            "started_at": instant(started), "stopped_at": instant(stopped)}  # fmt: skip
    source = ("tus", people["token"]) if is_own else ("import", "import")
    class_ = classes.at(share())
    rows["recordings"].append((
        recording_id, *source, key, state, camera, officer, started, activated, stopped, "America/Chicago" if is_own else None,
        None, 1, json.dumps(said, separators=(",", ":")), registered, size, district, class_, 0,
    ))  # fmt: skip
    category = categories.at(share())
    if category:
        rows["recording_categories"].append((recording_id, category, people["writer"], registered + DAY))
        words.update(_CATEGORY_WORDS[category])
        words.add(f"category:{category}")
    if share() < 0.01:
        text = " ".join(chance.sample(NOTE_WORDS, 6))
        rows["annotations"].append((an_id(registered + DAY, chance), recording_id, "note", None, text, people["writer"], registered + DAY, None))
        words.update(words_of(text))
    if share() < 0.03:  # a case for each hundred recordings or so, of things that happened within some days
        case = place // 400
        rows["case_recordings"].append((case_id(case), recording_id, people["writer"], registered + DAY))
        rows["holds"].append((an_id(registered + DAY, chance), recording_id, f"in the case {case_number(case)}", None, case_id(case), people["writer"], registered + DAY, None, None))
    rows["search_words"].extend((1, word, started, recording_id) for word in words)


def case_id(case):
    return f"01900000-0000-7000-8000-{case:012x}"


def case_number(case):
    return f"26-{case:06}"


def cases(year, people):
    """The cases that recordings were put into; each prosecutor is named in some."""
    chance = random.Random(5)
    rows = {name: [] for name in ("cases", "case_people", "case_notes")}
    for case in range(-(-year.calls // 400)):
        at = int(year.begin + case * 400 * YEAR / year.calls) + DAY
        state = "open" if at > year.end - 60 * DAY or chance.random() < 0.2 else "closed"
        title = f"{chance.choice(list(TYPES)).capitalize()}, {chance.choice(SURNAMES)}"
        rows["cases"].append((case_id(case), case_number(case), title, state, "", people["writer"], at, at + int(chance.random() * 20 * DAY)))
        for nth, person in enumerate(people["prosecutors"]):
            if case % (20, 200)[nth % 2] == nth:
                rows["case_people"].append((case_id(case), person))
        if case % 5 == 0:
            rows["case_notes"].append((an_id(at, chance), case_id(case), "Interview on Monday.", people["writer"], at))
    return rows


def notifications(year, everybody):
    chance = random.Random(6)
    rows = []
    for person in everybody:
        for nth in range(60):
            at = year.end - nth * DAY
            rows.append((an_id(at, chance), person, "account_pending", f"/calls/{person[-4:]}-{nth}", "An account waits for your decision.", at, at if nth > 5 else None, None))
    return {"notifications": rows}
