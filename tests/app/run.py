"""The application in a real browser: a small invented department on a real server, then web/tests by Playwright.

    tests/app/run.py [DATABASE ...] [-- WORDS FOR PLAYWRIGHT]      sqlite and postgres where none is named
    tests/app/run.py --pictures                                    makes docs/how-to/pictures anew

The department has forty officers, two days of calls from the simulator, and calls with real recordings (street.py); an
agency's identity provider stands beside it (provider.mjs). What the specs are told, web/playwright.config.ts says.
Ends with a line "N passed, N failed, N skipped".
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "custody"), str(ROOT / "scripts")]

import demo  # noqa: E402
import department  # noqa: E402
import street  # noqa: E402

CALLS_WITH_FOOTAGE = 2
# What the officers of the first call do, in seconds from arrival: one stops early, one is late and stops early,
# one's battery gives out, and one stops where somebody asks for it. For the last 75 seconds nobody records.
CONDUCT = [(-8, 165), (95, 160), (2, 120), (12, 118)]
PROVIDER = Path(__file__).resolve().parent / "provider.mjs"
PICTURES = ROOT / "docs" / "how-to" / "pictures"
# What is drawn has few colours, and stays sharp as a PNG; what was filmed has many.
DRAWN = ".png", [
    "-vf", "split[a][b];[a]palettegen=max_colors=64:reserve_transparent=0[p];[b][p]paletteuse=dither=none"
]
FILMED = ".webp", ["-c:v", "libwebp", "-preset", "text", "-quality", 60]
PATIENCE = 120.0  # seconds until the recordings have been looked into and the outcomes decided


class App(department.Department):
    """A department whose pages are opened, and the provider that vouches for its people."""

    provider = issuer = None

    @property
    def url(self):
        """Browsers let passkeys be used on this name without TLS, and on no address."""
        return f"http://localhost:{self.node.port}"

    def start(self):
        callback = f"{self.url}/api/v1/sign-in/oidc/callback"
        self.provider = subprocess.Popen(
            ["node", PROVIDER, callback],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.issuer = self.provider.stdout.readline().strip()
        if not self.issuer:
            sys.exit("The identity provider did not start: `npm --prefix tests/identity ci`.")
        self._place(self.data)
        return super().start()

    def remove(self):
        if self.provider:
            self.provider.stdin.close()
            self.provider.wait()
        super().remove()

    def _place(self, data):
        config = self.folder / "server.toml"
        config.write_text(self._config(data))
        config.chmod(0o600)
        return ["--config", str(config)]

    def _config(self, data):
        parts = [
            super()._config(data),
            '[server]\nname = "Chicago (invented)"\ndemo = true',
            f'[audit]\npolicy = "{demo.POLICY}"\ntimezone = "America/Chicago"\n',
        ]
        if self.issuer:
            parts[1] += f'\npublic_url = "{self.url}"\n'
            parts.append(
                f'[oidc]\nissuer = "{self.issuer}"\nclient_id = "onrecord"\nlabel = "Agency account"\n'
                'client_secret = "a secret of the tests"\n'
            )
        return "\n".join(parts)


class Loaded:
    """What stands in for scripts/demo.py's server: the same posts, to a department."""

    def __init__(self, app):
        self.url, self.app = app.node.base_url, app

    post = demo.Server.post

    def admin(self, *words, input=None):
        command = [department.binary(), "admin", *words, *self.app._place(self.app.data)]
        done = subprocess.run(command, capture_output=True, text=True, input=input)
        if done.returncode != 0:
            sys.exit(f"onrecord admin {' '.join(words[:3])}: {done.stdout}{done.stderr}")
        return done.stdout


def exports(folder):
    said = demo.run(
        [department.binary(), "simulate", "--scenario", "chicago-2017", "--officers", 40, "--days", 2]
        + ["--out", folder]
    )
    return datetime.fromisoformat(re.search(r" to (\S+): ", said).group(1))


def check_pages(app):
    """Says so at once where the program was built without its pages, which every spec would wait for in vain."""
    request = urllib.request.Request(f"{app.node.base_url}/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        page = answer.read().decode()
    if "_app/immutable" not in page:
        sys.exit("The program shows no pages: `npm --prefix web run build`, then build the program again.")


def get(app, token, path):
    request = urllib.request.Request(f"{app.node.base_url}{path}")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def arriving(calls, recordings):
    """A call without any recording, and the recording that a spec brings in while the call's page is open."""
    crew, later = recordings[1], recordings[0].arrival + demo.timedelta(hours=5)
    call = demo.a_call(f"{later:%y-%j}-99000", crew.officer_id, "ALARM BURGLAR", calls[0]["district"], later)
    late = demo.Recording(call["call_id"], crew.officer_id, crew.camera, later, *(-6, 250), len(recordings))
    return call, late


def fill(app, folder):
    """Takes the department's files and recordings in; answers what the specs are told."""
    server, token = Loaded(app), app.token("admin")
    end = exports(folder)
    demo.CALLS = CALLS_WITH_FOOTAGE
    demo.CONDUCT = [CONDUCT, *demo.CONDUCT[1:]]
    calls, recordings, events = demo.invent_calls(folder, end)
    call, late = arriving(calls, recordings)
    calls.append(call)
    asked, died = recordings[3], recordings[2]
    events.append({"camera_serial": died.camera, "at": died.at(died.off), "event": "battery_depleted"})
    events.append({"camera_serial": died.camera, "at": died.at(demo.ON_SCENE + 3600), "event": "power_on"})
    exception = {
        "officer_id": asked.officer_id, "call_id": asked.call_id, "from": asked.at(asked.off), "code": "victim_request",
        "to": asked.at(demo.ON_SCENE), "approved_by": "", "note": "",
    }
    files = ["officers", "camera-assignments", "exceptions", "device-events", "recordings", "calls"]
    for kind in files:
        demo.take_in(server, token, kind, folder / f"{kind.replace('-', '_')}.csv")
    demo.take_in(server, token, "calls", demo.write(folder / "calls-with-footage.csv", calls))
    demo.take_in(server, token, "device-events", demo.write(folder / "events-with-footage.csv", events))
    demo.take_in(server, token, "exceptions", demo.write(folder / "exception-with-footage.csv", [exception]))
    films = ROOT / "target" / "footage"
    films.mkdir(parents=True, exist_ok=True)
    for recording in recordings:
        demo.deliver(server, token, recording, street.film(recording, films))
    people = demo.make_people(server, folder, recordings)
    ann = ["user", "add", "ann", "--display-name", "Ann at the agency", "--role", "records"]
    # With a password that nobody uses: a first one would have to be changed, through the provider, too.
    server.admin(*ann, "--external-subject", "subject-of-ann", "--password-stdin", input=secrets.token_hex(16))
    wait_until_settled(app, token, recordings)
    sign_ins = {role: {"name": name, "password": password} for name, password, role in people}
    told = {
        "ONRECORD_URL": app.url,
        "ONRECORD_TOKEN": token,
        "ONRECORD_SIGN_INS": str(write(folder / "sign-ins.json", sign_ins)),
        "ONRECORD_ARRIVING": str(write(folder / "arriving.json", brought(late, street.film(late, films)))),
    }
    return told


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def brought(recording, file):
    """What a spec needs to bring a recording in itself."""
    return {"call": recording.call_id, "file": str(file), "metadata": demo.told_of(recording)}


def wait_until_settled(app, token, recordings):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        complete = get(app, token, "/api/v1/recordings?state=complete&limit=200")["items"]
        outcomes = get(app, token, f"/api/v1/outcomes?call={recordings[-1].call_id}")["items"]
        if len(complete) >= len(recordings) and outcomes:
            return
        time.sleep(0.5)
    sys.exit(f"The recordings were not looked into within {PATIENCE:.0f} s.")


def browse(database, words):
    """Runs the specs against one database; answers how many passed, failed and were skipped."""
    app = App(database=database, evidence="folder")
    app.start()
    try:
        check_pages(app)
        told = fill(app, app.folder / "exports")
        done = subprocess.run(
            ["npx", "playwright", "test", *words],
            cwd=ROOT / "web",
            env={**os.environ, **told},
            capture_output=True,
            text=True,
        )
    finally:
        app.remove()
    print(done.stdout + done.stderr, flush=True)
    numbers = [sum(map(int, re.findall(rf"^\s+(\d+) {what}", done.stdout, re.M))) for what in
               ("(?:passed|flaky)", "(?:failed|interrupted)", "(?:skipped|did not run)")]
    if done.returncode != 0 and numbers[1] == 0:
        numbers[1] = 1
    return numbers


def make_pictures():
    """The pictures of the how-to pages, as pictures.spec.ts takes them, made small."""
    with tempfile.TemporaryDirectory() as taken:
        os.environ["ONRECORD_PICTURES"] = taken
        total = browse("sqlite", ["pictures"])
        PICTURES.mkdir(exist_ok=True)
        for picture in sorted(Path(taken).glob("*.png")):
            kind, how = FILMED if picture.name.startswith("recording") else DRAWN
            target = PICTURES / picture.with_suffix(kind).name
            demo.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-i", picture, *how, target])
            print(f"{target.relative_to(ROOT)}  {target.stat().st_size / 1000:.0f} kB")
    return total


def main():
    words = sys.argv[1:]
    if words == ["--pictures"]:
        sys.exit(make_pictures()[1] > 0)
    cut = words.index("--") if "--" in words else len(words)
    databases, for_playwright = words[:cut] or list(department.DATABASES), words[cut + 1 :]
    total = [0, 0, 0]
    for database in databases:
        print(f"== the application on {database}", flush=True)
        total = [one + more for one, more in zip(total, browse(database, for_playwright), strict=True)]
    print("{} passed, {} failed, {} skipped".format(*total))
    sys.exit(total[1] > 0)


if __name__ == "__main__":
    main()
