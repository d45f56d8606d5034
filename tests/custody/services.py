"""Throw-away services from outside: a PostgreSQL and a Garage (an S3 store), each in a temporary folder, on
free ports.

Both keep their promise of durability (fsync) as in earnest. Not for anything that should outlive the process.
"""

import atexit
import contextlib
import glob
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 30.0  # seconds that a service may take to start


def free_port():
    """A port on the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(path, lines=40):
    """The last lines of a log, or that there are none."""
    try:
        text = Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(text[-lines:]) or "(empty log)"


def wait_until(done, what, patience=PATIENCE, log=None, process=None):
    """Asks `done` until it says true; otherwise says what did not happen, and shows the log."""
    deadline = time.monotonic() + patience
    pause = 0.02
    while not done():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            why = f"its process ended with {process.returncode}" if ended else f"not within {patience:.0f} s"
            raise RuntimeError(f"{what}: {why}\n{tail(log) if log else ''}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def end(process, patience=15.0):
    """SIGTERM, and SIGKILL where that does not help; only ever a process that we started."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class PostgreSQL:
    """One cluster of Debian's PostgreSQL. Where we are root it runs as the user postgres, since it refuses
    root.
    """

    def __init__(self):
        self.programs = self._programs()
        self.folder = Path(tempfile.mkdtemp(prefix="onrecord-postgres-"))
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.process = None
        self._user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._initialise()
        self.start()
        atexit.register(self.remove)

    @staticmethod
    def _programs():
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[-2]))
        if found:
            return Path(found[-1])
        on_path = shutil.which("initdb")
        if not on_path:
            raise RuntimeError("PostgreSQL is missing: scripts/need postgres installs it")
        return Path(on_path).parent

    def _as(self):
        return (
            {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        )

    def _initialise(self):
        password = self.folder / "password"
        password.write_text(self.password)
        if self._user:
            os.chown(password, self._user.pw_uid, self._user.pw_gid)
        made = subprocess.run(
            [self.programs / "initdb", "--pgdata", self.data, "--username", "onrecord", "--pwfile", password]
            + ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"],
            cwd="/",
            capture_output=True,
            text=True,
            **self._as(),
        )
        password.unlink()
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout}\n{made.stderr}")

    def start(self):
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "max_connections": 200,
        }
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *words],
                cwd="/",
                stdout=log,
                stderr=log,
                **self._as(),
            )
        wait_until(self._ready, "PostgreSQL did not start", log=self.log, process=self.process)

    def _ready(self):
        asked = subprocess.run(
            [
                self.programs / "pg_isready",
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-d",
                "postgres",
                "-U",
                "onrecord",
            ]
        )
        return asked.returncode == 0

    def stop(self):
        """The fast shutdown: sessions are cut off, what was committed stays."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                end(self.process)

    def restart(self):
        self.stop()
        self.start()

    def query(self, statement, database="postgres"):
        """What psql prints for a statement, without headings."""
        asked = subprocess.run(
            [
                self.programs / "psql",
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statement,
                self.url(database),
            ],
            capture_output=True,
            text=True,
        )
        if asked.returncode != 0:
            raise RuntimeError(f"{statement}\n{asked.stderr}")
        return asked.stdout.strip()

    def database(self):
        """A new, empty database; its URL."""
        name = f"onrecord_{secrets.token_hex(6)}"
        self.query(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database):
        return f"postgres://onrecord:{self.password}@127.0.0.1:{self.port}/{database}"

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Garage:
    """One node of Garage 2 with everything durable: metadata_fsync and data_fsync, one replica, no
    compression.
    """

    REGION = "garage"

    def __init__(self, folder=None):
        """`folder`: where it keeps its data; without one, a temporary folder that goes with it."""
        self.binary = self.program()
        self.folder = Path(folder or tempfile.mkdtemp(prefix="onrecord-garage-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "garage.log"
        self.config = self.folder / "garage.toml"
        self.port, self.rpc_port, self.admin_port = free_port(), free_port(), free_port()
        self.process = None
        self.access_key = f"GK{secrets.token_hex(12)}"
        self.secret_key = secrets.token_hex(32)
        self._configure()
        self.start()
        self._lay_out()
        atexit.register(self.remove)

    @staticmethod
    def program():
        installed = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "bin" / "garage"
        program = installed if installed.exists() else shutil.which("garage")
        if not program:
            raise RuntimeError(
                "Garage is missing: scripts/need garage installs it (it is compiled, which takes a while)"
            )
        return program

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def _configure(self):
        self.config.write_text(
            f"""metadata_dir = "{self.folder}/meta"
data_dir = "{self.folder}/data"
db_engine = "lmdb"
metadata_fsync = true
data_fsync = true
compression_level = "none"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{self.rpc_port}"
rpc_public_addr = "127.0.0.1:{self.rpc_port}"
rpc_secret = "{secrets.token_hex(32)}"

[s3_api]
s3_region = "{self.REGION}"
api_bind_addr = "127.0.0.1:{self.port}"
root_domain = ".s3.localhost"

[admin]
api_bind_addr = "127.0.0.1:{self.admin_port}"
"""
        )
        self.config.chmod(0o600)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "-c", self.config, "server"],
                cwd="/",
                stdout=log,
                stderr=log,
                env={**os.environ, "RUST_LOG": "garage=warn"},
            )
        wait_until(self._answers, "Garage did not start", log=self.log, process=self.process)

    def _answers(self):
        """The S3 door answers (403 without a signature is an answer)."""
        try:
            urllib.request.urlopen(self.endpoint, timeout=2).close()
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            return False
        return True

    def command(self, *words):
        """One of Garage's own commands against this node; what it prints."""
        done = subprocess.run(
            [self.binary, "-c", self.config, *words],
            cwd="/",
            capture_output=True,
            text=True,
            env={**os.environ, "RUST_LOG": "garage=warn"},
        )
        if done.returncode != 0:
            raise RuntimeError(f"garage {' '.join(words)}\n{done.stdout}\n{done.stderr}\n{tail(self.log)}")
        return done.stdout

    def _lay_out(self):
        node = self.command("node", "id", "-q").strip().split("@")[0]
        self.command("layout", "assign", "-z", "here", "-c", "100G", node)
        self.command("layout", "apply", "--version", "1")
        self.command("key", "import", "--yes", "-n", "onrecord", self.access_key, self.secret_key)

    def bucket(self):
        """A new, empty bucket that our key may read and write; its name."""
        name = f"evidence-{secrets.token_hex(6)}"
        self.command("bucket", "create", name)
        self.command("bucket", "allow", "--read", "--write", "--owner", name, "--key", self.access_key)
        return name

    def stop(self):
        """As a power cut: there is no warning. `start` brings it back with what it had acknowledged."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @contextlib.contextmanager
    def away(self):
        """Within the block nothing answers at the endpoint."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def remove(self):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


_shared = {}


def shared(kind):
    """The one PostgreSQL or Garage of this process, started when first asked for."""
    if kind not in _shared:
        _shared[kind] = kind()
    return _shared[kind]
