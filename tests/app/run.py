"""The application in a real browser: a small invented department on a real server, then web/tests by Playwright.

    tests/app/run.py [DATABASE ...] [-- WORDS FOR PLAYWRIGHT]      sqlite and postgres where none is named

The department has forty officers, two days of calls from the simulator, and the demonstration's calls with real
recordings (scripts/demo.py). The specs are told its address in ONRECORD_URL and the sign-ins in ONRECORD_SIGN_INS.
Ends with a line "N passed, N failed, N skipped".
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "custody"), str(ROOT / "scripts")]

import demo  # noqa: E402
import department  # noqa: E402

CALLS_WITH_FOOTAGE = 2
PATIENCE = 120.0  # seconds until the recordings have been looked into and the outcomes decided


class App(department.Department):
    """A department whose pages are opened."""

    def _place(self, data):
        config = self.folder / "server.toml"
        config.write_text(self._config(data))
        config.chmod(0o600)
        return ["--config", str(config)]

    def _config(self, data):
        told = '[server]\nname = "Chicago (invented)"\ndemo = true\n'
        audit = f'[audit]\npolicy = "{demo.POLICY}"\ntimezone = "America/Chicago"\n'
        return f"{super()._config(data)}\n{told}\n{audit}"


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


def fill(app, folder):
    """Takes the department's files and recordings in; answers the sign-in of each role."""
    server, token = Loaded(app), app.token("admin")
    end = exports(folder)
    demo.CALLS = CALLS_WITH_FOOTAGE
    calls, recordings, events = demo.invent_calls(folder, end)
    files = ["officers", "camera-assignments", "exceptions", "device-events", "recordings", "calls"]
    for kind in files:
        demo.take_in(server, token, kind, folder / f"{kind.replace('-', '_')}.csv")
    demo.take_in(server, token, "calls", demo.write(folder / "calls-with-footage.csv", calls))
    demo.take_in(server, token, "device-events", demo.write(folder / "events-with-footage.csv", events))
    footage = ROOT / "target" / "footage"
    footage.mkdir(parents=True, exist_ok=True)
    for recording in recordings:
        demo.deliver(server, token, recording, demo.film(recording, footage))
    people = demo.make_people(server, folder, recordings)
    wait_until_settled(app, token, recordings)
    return {role: {"name": name, "password": password} for name, password, role in people}


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
        sign_ins = app.folder / "sign-ins.json"
        sign_ins.write_text(json.dumps(fill(app, app.folder / "exports")))
        told = {"ONRECORD_URL": app.node.base_url, "ONRECORD_SIGN_INS": str(sign_ins)}
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


def main():
    words = sys.argv[1:]
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
