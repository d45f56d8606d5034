"""A police department for a test: one or more `onrecord serve`, their database, their evidence store and
their clients' keys.

All that the tests assume of the program's command line, configuration and addresses stands in this file.
The database and the evidence store are chosen by ONRECORD_DATABASE (sqlite, postgres) and ONRECORD_EVIDENCE
(folder, bucket), the program by ONRECORD_BIN.
"""

import functools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import services

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASES = ("sqlite", "postgres")
EVIDENCE = ("folder", "bucket")
START = 60.0  # seconds that the server may take until it is ready

UPLOADS = "/api/v1/uploads"
LEDGER = "/ledger"


def binary():
    """The program under test."""
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "onrecord"
    return Path(os.environ.get("ONRECORD_BIN", built)).resolve()


@functools.lru_cache
def can_serve():
    """Whether the program exists and knows `serve`; why not, otherwise."""
    program = binary()
    if not program.exists():
        return f"{program} does not exist: build it, or name it in ONRECORD_BIN"
    asked = subprocess.run([program, "serve", "--help"], capture_output=True, text=True)
    return "" if asked.returncode == 0 else f"{program} knows no serve: {asked.stderr.strip()}"


def chosen(name, allowed):
    """The value of an environment variable that has to be one of a few; the first, where it is not set."""
    value = os.environ.get(name, allowed[0])
    if value not in allowed:
        raise SystemExit(f"{name} is {value!r}; it can be {' or '.join(allowed)}")
    return value


class Node:
    """One `onrecord serve`: how it is started, stopped, killed, and where it answers."""

    def __init__(self, words, folder, name):
        """`words`: what follows `onrecord serve`, beside the addresses."""
        self.words, self.log = words, folder / f"{name}.log"
        self.port, self.tls_port = services.free_port(), services.free_port()
        self.process = None

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"https://127.0.0.1:{self.tls_port}"

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def launch(self):
        """Starts the process and waits for nothing."""
        addresses = ["--listen", f"127.0.0.1:{self.port}", "--tls-listen", f"127.0.0.1:{self.tls_port}"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", *self.words, *addresses], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self.process

    def start(self):
        self.launch()
        services.wait_until(self.ready, "onrecord serve did not get ready", START, self.log, self.process)
        return self

    def ready(self):
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def kill(self):
        """kill -9: nothing is finished, flushed or said."""
        if self.alive:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self, patience=30.0):
        """The orderly stop; the exit code, or a failure where it does not end."""
        if not self.alive:
            return self.process.returncode if self.process else 0
        self.process.terminate()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(
                f"onrecord serve did not stop within {patience:.0f} s\n{services.tail(self.log)}"
            ) from None

    def restart(self):
        self.stop()
        return self.start()

    def memory(self):
        """Bytes: the most that the process ever held (VmHWM)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("/proc says nothing about peak memory")


class Department:
    """A department in a temporary folder. `self.node` is its first server; `another_node` adds one beside
    it.
    """

    def __init__(self, database=None, evidence=None, folder=None, data=None):
        """`folder`: where everything lies, not removed at the end; `data`: another place for the data folder
        (a full disk).
        """
        self.database = database or chosen("ONRECORD_DATABASE", DATABASES)
        self.evidence = evidence or chosen("ONRECORD_EVIDENCE", EVIDENCE)
        self._temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="onrecord-department-"))
        self.data = Path(data or self.folder / "data")
        self.keys = self.folder / "keys"
        self.postgres = services.shared(services.PostgreSQL) if self.database == "postgres" else None
        self.garage = services.shared(services.Garage) if self.evidence == "bucket" else None
        self._database_url = self.postgres.database() if self.postgres else None
        self._bucket = self.garage.bucket() if self.garage else None
        self._tokens = {}
        self.node = Node(self._place(self.data), self.folder, "server-1")
        self.nodes = [self.node]

    # -- the command line and the configuration -------------------------------------------------------------

    def _place(self, data):
        """The words that tell `serve` and `admin` which department is meant."""
        if not (self.postgres or self.garage):
            return ["--data", str(data), "--keys", str(self.keys)]
        config = self.folder / f"{data.name}.toml"
        config.write_text(self._config(data))
        config.chmod(0o600)
        return ["--config", str(config)]

    def _config(self, data):
        lines = [f'data = "{data}"', "", "[keys]", f'folder = "{self.keys}"']
        if self.postgres:
            lines += ["", "[database]", f'url = "{self._database_url}"']
        lines += ["", "[evidence]"]
        if self.garage:
            lines += [
                'kind = "bucket"',
                f'endpoint = "{self.garage.endpoint}"',
                f'region = "{self.garage.REGION}"',
                f'bucket = "{self._bucket}"',
                f'access_key = "{self.garage.access_key}"',
                f'secret_key = "{self.garage.secret_key}"',
                "allow_http = true",
            ]
        else:
            lines += ['kind = "folder"']
        return "\n".join(lines) + "\n"

    def admin(self, *words):
        """What `onrecord admin …` prints about this department."""
        command = [binary(), "admin", *words, *self._place(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(
                f"{' '.join(map(str, command))}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done.stdout.strip()

    def new_token(self, role):
        """A fresh token: another principal than any before."""
        return self.admin("token", "create", "--role", role).split()[-1]

    def token(self, role):
        """This department's usual token of a role: intake, reader or admin."""
        if role not in self._tokens:
            self._tokens[role] = self.new_token(role)
        return self._tokens[role]

    def connection_file(self, base_url=None):
        """The Axis connection file; without `base_url` that of the TLS listener, with certificate."""
        words = ["--base-url", base_url] if base_url else []
        return json.loads(self.admin("connection-file", *words))

    def verify(self, file, receipt, key=None):
        """`onrecord verify` with nothing of this department in sight: the finished process."""
        words = ["--key", key] if key else []
        return subprocess.run(
            [binary(), "verify", file, "--receipt", receipt, *words], cwd="/", capture_output=True, text=True
        )

    # -- the servers ----------------------------------------------------------------------------------------

    def start(self):
        reason = can_serve()
        if reason:
            raise RuntimeError(reason)
        self.node.start()
        return self

    def another_node(self):
        """A second server with the same database, evidence and keys; only where both can be shared. Not
        started yet.
        """
        if not (self.postgres and self.garage):
            raise RuntimeError("two nodes need ONRECORD_DATABASE=postgres and ONRECORD_EVIDENCE=bucket")
        number = len(self.nodes) + 1
        node = Node(self._place(self.folder / f"data-{number}"), self.folder, f"server-{number}")
        self.nodes.append(node)
        return node

    @property
    def base_url(self):
        return self.node.base_url

    def vkey(self):
        """The ledger's verifier key, as anyone can fetch it."""
        with urllib.request.urlopen(f"{self.base_url}{LEDGER}/key", timeout=10) as answer:
            return answer.read().decode().strip()

    def checkpoint(self):
        """The ledger's last checkpoint: its size and the whole note."""
        with urllib.request.urlopen(f"{self.base_url}{LEDGER}/checkpoint", timeout=10) as answer:
            note = answer.read().decode()
        return int(note.splitlines()[1]), note

    def logs(self, lines=40):
        """The end of each server's log, for a failed test."""
        return "\n".join(f"--- {node.log.name}\n{services.tail(node.log, lines)}" for node in self.nodes)

    def remove(self):
        """Ends the servers, hard, and removes the department where its folder was temporary."""
        for node in self.nodes:
            node.kill()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
