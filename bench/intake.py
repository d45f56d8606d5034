"""The intake benchmark: ours, @tus/server, Garage and the limit on the same bytes; playback against nginx.
See intake.md.

Uses nothing beyond Python itself, and curl as everyone's client. Who starts what stands in tests/custody.
"""

import argparse
import base64
import datetime
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CUSTODY = ROOT / "tests" / "custody"
sys.path.insert(0, str(CUSTODY))

import department  # noqa: E402
import services  # noqa: E402

DATA = ROOT / "bench" / "data"
WORK = DATA / "intake"
MEBI, GIBI = 1 << 20, 1 << 30
TICKS = os.sysconf("SC_CLK_TCK")

TIMES_GARAGE, TIMES_TUS = 2.0, 3.0  # ours by theirs, bytes per second
TIMES_HASH_AND_CIPHER = 1.5  # user CPU of ours by that of SHA-256 and AES-256-GCM alone
TIMES_NGINX = 0.7  # range reads of ours by nginx's
FLAT = 1.1  # peak memory at the large file by that at the small one
STREAM = "application/offset+octet-stream"
AT_ONCE = [
    "--header",
    "Expect:",
]  # send without asking first; Garage is asked, since curl could not sign this header


def say(line):
    print(line, file=sys.stderr, flush=True)


def run(command, **more):
    """A command that has to succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(
            f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


def random_file(path, size):
    """Fresh random bytes, quickly: an AES keystream. Fresh, because Garage keeps equal blocks once."""
    keystream = (
        f"openssl enc -aes-128-ctr -nosalt -K {os.urandom(16).hex()} -iv {os.urandom(16).hex()} -in /dev/zero"
    )
    run(["sh", "-c", f"{keystream} 2>/dev/null | head -c {size} > '{path}'"])
    return path


def processor_seconds(pid):
    """Seconds of user and of system time of a process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def peak_memory(pid):
    """Bytes: VmHWM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def curl(*words):
    """A curl that fails where the answer is an error."""
    return ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", *map(str, words)]


def together(commands):
    """Runs commands at the same time; seconds until the last one has ended."""
    began = time.perf_counter()
    children = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    for command, child in zip(commands, children):
        _, said = child.communicate()
        if child.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with {child.returncode}: {said}")
    return time.perf_counter() - began


class Limit:
    """cp, sync and sha256sum of the same file: what nobody who keeps and knows the bytes can leave out."""

    name = "limit: cp + sync + sha256sum"
    job = 'cp "$1" "$2" && sync "$2" && sha256sum "$2" >/dev/null'

    def start(self, folder):
        self.folder, self.pid = folder, None

    def commands(self, files):
        return [
            ["sh", "-c", self.job, "sh", str(file), str(self.folder / f"{file.name}.copy")] for file in files
        ]

    def stop(self):
        pass


class Disk(Limit):
    """cp and sync alone: what the disk takes."""

    name = "the disk: cp + sync"
    job = 'cp "$1" "$2" && sync "$2"'


class TusServer:
    """@tus/server with its file store, made durable: tests/custody/js/peer.mjs says how."""

    name = "@tus/server"

    def start(self, folder):
        self.port = services.free_port()
        with open(folder / "log.txt", "ab") as log:
            self.process = subprocess.Popen(
                ["node", CUSTODY / "js" / "peer.mjs", folder / "files", str(self.port)],
                stdout=log,
                stderr=log,
            )
        self.pid = self.process.pid
        services.wait_until(
            self._answers, "@tus/server did not start", log=folder / "log.txt", process=self.process
        )

    def _answers(self):
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/files", method="OPTIONS")
        try:
            urllib.request.urlopen(asked, timeout=2).close()
        except OSError:
            return False
        return True

    def commands(self, files):
        return [
            curl(
                "--request",
                "POST",
                "--header",
                "Tus-Resumable: 1.0.0",
                "--header",
                f"Content-Type: {STREAM}",
                "--header",
                f"Upload-Length: {file.stat().st_size}",
                "--upload-file",
                file,
                *AT_ONCE,
                f"http://127.0.0.1:{self.port}/files",
            )
            for file in files
        ]

    def stop(self):
        services.end(self.process)


class Garage:
    """Garage's own S3 PUT, with metadata_fsync and data_fsync, without compression; the payload is not
    signed.
    """

    name = "Garage S3 PUT"

    def start(self, folder):
        self.garage = services.Garage(folder / "garage")
        self.bucket, self.pid = self.garage.bucket(), self.garage.process.pid

    def commands(self, files):
        key = f"{self.garage.access_key}:{self.garage.secret_key}"
        signed = ["--aws-sigv4", f"aws:amz:{self.garage.REGION}:s3", "--user", key]
        unsigned_payload = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
        return [
            curl(
                *signed,
                *unsigned_payload,
                "--upload-file",
                file,
                f"{self.garage.endpoint}/{self.bucket}/{file.name}",
            )
            for file in files
        ]

    def stop(self):
        self.garage.remove()


class Ours:
    """onrecord serve: hashed, encrypted, sealed in the ledger and durable before it answers. SQLite and a
    folder.
    """

    name = "ours: creation with upload"

    def start(self, folder):
        self.department = department.Department("sqlite", "folder", folder / "department")
        self.department.folder.mkdir(parents=True)
        self.department.start()
        self.token, self.pid = self.department.token("intake"), self.department.node.pid
        self.uploads = 0

    def headers(self, *more):
        given = ("Tus-Resumable: 1.0.0", f"Authorization: Bearer {self.token}", *more)
        return [word for header in given for word in ("--header", header)]

    def creation(self, file):
        """Each upload is of a camera of its own, so that none is a repetition."""
        self.uploads += 1
        said = {
            "filename": file.name,
            "filetype": "application/octet-stream",
            "camera_serial": f"BENCH{self.uploads:05}",
            "started_at": "2026-09-14T13:41:07Z",
        }
        metadata = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items()
        )
        return self.headers(f"Upload-Length: {file.stat().st_size}", f"Upload-Metadata: {metadata}")

    @property
    def url(self):
        return f"{self.department.base_url}{department.UPLOADS}"

    def commands(self, files):
        kind = ["--header", f"Content-Type: {STREAM}", *AT_ONCE]
        return [
            curl("--request", "POST", *self.creation(file), *kind, "--upload-file", file, self.url)
            for file in files
        ]

    def stop(self):
        self.department.remove()


class OursPatch(Ours):
    """The same with the creation before, and one PATCH."""

    name = "ours: PATCH"

    def commands(self, files):
        return [
            curl(
                "--request",
                "PATCH",
                *self.headers("Upload-Offset: 0", f"Content-Type: {STREAM}"),
                "--upload-file",
                file,
                *AT_ONCE,
                self.created(file),
            )
            for file in files
        ]

    def created(self, file):
        created = [
            "curl",
            "--silent",
            "--fail",
            "--request",
            "POST",
            *self.creation(file),
            "--output",
            "/dev/null",
        ]
        location = run([*created, "--write-out", "%header{location}", self.url]).strip()
        return urllib.parse.urljoin(self.url, location)


CONTESTANTS = (Limit, Disk, TusServer, Garage, Ours, OursPatch)


@dataclass
class Measured:
    """What one contestant took at one number of clients, run by run."""

    size: int
    seconds: list = field(default_factory=list)
    user: list = field(default_factory=list)
    system: list = field(default_factory=list)
    settled: list = field(default_factory=list)

    @property
    def rate(self):
        """Bytes per second, of the median run."""
        return self.size / statistics.median(self.seconds)

    @property
    def user_per_byte(self):
        return statistics.median(self.user) / self.size if self.user else None

    @property
    def settled_per_byte(self):
        return statistics.median(self.settled) / self.size if self.settled else None


def measure(contestant, files, found):
    """One run. What the disk still owes from before is written first."""
    commands = contestant.commands(files)
    os.sync()
    before = processor_seconds(contestant.pid) if contestant.pid else None
    found.seconds.append(together(commands))
    if before:
        user, system = processor_seconds(contestant.pid)
        found.user.append(user - before[0])
        found.system.append(system - before[1])
        time.sleep(2)  # what the server does with the bytes after it has acknowledged them
        found.settled.append(processor_seconds(contestant.pid)[0] - before[0])
    say(f"  {contestant.name}, {len(files)} clients: {found.size / found.seconds[-1] / 1e6:,.0f} MB/s")


def rounds(given):
    """Every contestant once a round, each round beginning with another, each on a fresh store and fresh
    bytes.
    """
    sizes = {1: given.size, 8: 8 * (given.size // 4)}
    found = {(one.name, count): Measured(size) for one in CONTESTANTS for count, size in sizes.items()}
    source = WORK / "source"
    for number in range(given.repeats):
        say(f"round {number + 1} of {given.repeats}")
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        single = [random_file(source / "single", given.size)]
        several = [random_file(source / f"several-{n}", given.size // 4) for n in range(8)]
        turn = number % len(CONTESTANTS)
        for kind in CONTESTANTS[turn:] + CONTESTANTS[:turn]:
            with on(kind()) as contestant:
                together(contestant.commands([random_file(source / "warm", MEBI)]))
                measure(contestant, single, found[kind.name, 1])
                measure(contestant, several, found[kind.name, 8])
    shutil.rmtree(source)
    return found


class on:
    """A contestant that runs within the block, in a folder that goes afterwards."""

    def __init__(self, contestant):
        self.contestant = contestant

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(dir=WORK))
        self.contestant.start(self.folder)
        return self.contestant

    def __exit__(self, *_):
        self.contestant.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def openssl_speed(algorithm):
    """Bytes per second of user CPU, 16 KiB at a time, as openssl measures; the median of three."""
    speeds = []
    for _ in range(3):
        said = run(["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", algorithm])
        speeds.append(float(said.strip().splitlines()[-1].split()[-1].rstrip("k")) * 1000)
    return statistics.median(speeds)


def memory(given):
    """Peak memory of a fresh server after the usual file, and after one eight times as large."""
    peaks = []
    with on(Ours()) as ours:
        for size in (given.size, 8 * given.size):
            file = WORK / "sparse"
            file.touch()
            os.truncate(file, size)
            together(ours.commands([file]))
            peaks.append(peak_memory(ours.pid))
            file.unlink()
            say(f"  peak memory at {size / MEBI:,.0f} MiB: {peaks[-1] / MEBI:.0f} MiB")
    return peaks


class Nginx:
    """nginx serving the plain file with sendfile, without TLS."""

    def __init__(self, folder, files):
        self.folder, self.port = folder, services.free_port()
        (folder / "nginx.conf").write_text(
            f"""daemon off;
{"user root;" if os.getuid() == 0 else ""}
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{self.port}; root {files}; }}
}}
"""
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"])
        services.wait_until(
            self._answers, "nginx did not start", log=folder / "nginx.log", process=self.process
        )

    def _answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


def fetch(url, headers, ranges, script):
    """Seconds that one curl takes for ranges one after the other, on one connection; without ranges, for the
    whole.
    """
    usual = [f'url = "{url}"', 'output = "/dev/null"', "silent", "show-error", "fail"]
    usual += [f'header = "{header}"' for header in headers]
    blocks = [[*usual, f'range = "{asked}"'] for asked in ranges] or [usual]
    script.write_text("\nnext\n".join("\n".join(block) for block in blocks) + "\n")
    return together([["curl", "--config", str(script)]])


def playback(given):
    """Bytes per second of ours and of nginx: ranges of 1 MiB and 8 MiB, and the whole file, warm."""
    rates = {}
    chance = random.Random(1)
    with on(Ours()) as ours:
        folder = ours.department.folder
        file = random_file(folder / "plain", given.size)
        together(ours.commands([file]))
        clip = only_clip(ours)
        nginx = Nginx(folder, folder)
        try:
            sources = {
                "ours": (f"{ours.department.base_url}/api/v1/clips/{clip['id']}/original", [reader(ours)]),
                "nginx": (f"http://127.0.0.1:{nginx.port}/plain", []),
            }
            plans = {
                "whole": [],
                **{f"{mebi} MiB": ranges(chance, given.size, mebi * MEBI) for mebi in (1, 8)},
            }
            for plan, asked in plans.items():
                total = sum(last - first + 1 for first, last in asked) or given.size
                texts = [f"{first}-{last}" for first, last in asked]
                seconds = {name: [] for name in sources}
                for number in range(given.repeats + 1):  # the first fills the page cache, and does not count
                    for name, (url, headers) in sources.items():
                        taken = fetch(url, headers, texts, folder / "curl.conf")
                        if number:
                            seconds[name].append(taken)
                rates[plan] = {name: total / statistics.median(taken) for name, taken in seconds.items()}
                ours_now, nginx_now = (rates[plan][name] / 1e6 for name in ("ours", "nginx"))
                say(f"  {plan}: ours {ours_now:,.0f} MB/s, nginx {nginx_now:,.0f} MB/s")
        finally:
            services.end(nginx.process)
    return rates


def ranges(chance, size, length):
    length = min(length, size // 4)
    count = max(8, min(200, 2 * size // length // 4))
    starts = [chance.randrange(size - length) for _ in range(count)]
    return [(start, start + length - 1) for start in starts]


def reader(ours):
    return f"Authorization: Bearer {ours.department.token('reader')}"


def only_clip(ours):
    """The clip that was uploaded last, as the API shows it."""
    name, value = reader(ours).split(": ", 1)
    asked = urllib.request.Request(
        f"{ours.department.base_url}/api/v1/recordings?camera=BENCH{ours.uploads:05}", headers={name: value}
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            clips = [
                clip for item in json.load(answer)["items"] for clip in item["clips"] if clip.get("sha256")
            ]
        if clips:
            return clips[0]
        time.sleep(0.2)
    sys.exit("the clip that was uploaded does not appear")


def machine():
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    gibi = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBI
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {gibi:.0f} GiB, {platform.system()} {platform.release()}"


def versions():
    commit = run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]).strip()
    tus = json.loads((CUSTODY / "js" / "package.json").read_text())["dependencies"]["@tus/server"]
    node = run(["node", "--version"]).strip()
    garage = run([services.Garage.program(), "--version"]).split()[1].removeprefix("cargo:")
    ours = run([department.binary(), "--version"]).strip()
    tools = [run(["curl", "--version"]).split(" (")[0], run(["openssl", "version"]).split(" (")[0].strip()]
    return ", ".join([f"{ours} ({commit})", f"@tus/server {tus} on Node {node}", f"Garage {garage}", *tools])


def nanoseconds(seconds_per_byte):
    return "" if seconds_per_byte is None else f"{seconds_per_byte * 1e9:.2f}"


def table(found):
    lines = [
        "| who | clients | runs | MB/s (median) | slowest to fastest | × ours | user ns/byte | and after |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for (name, count), one in found.items():
        rates = [one.size / seconds / 1e6 for seconds in one.seconds]
        cells = [
            name,
            count,
            len(rates),
            f"{one.rate / 1e6:,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            f"{one.rate / found[Ours.name, count].rate:.2f}",
            nanoseconds(one.user_per_byte),
            nanoseconds(one.settled_per_byte),
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def bars(found, speeds, peaks, played):
    """Each bar, what was measured, and whether it is met."""
    met = []
    for count in (1, 8):
        ours = found[Ours.name, count].rate
        for peer, times in ((Garage.name, TIMES_GARAGE), (TusServer.name, TIMES_TUS)):
            ratio = ours / found[peer, count].rate
            met.append((f"at least {times:.0f}× {peer}, {count} clients", ratio, ratio >= times))
    alone = sum(1 / speed for speed in speeds.values())
    for count in (1, 8):
        ratio = found[Ours.name, count].user_per_byte / alone
        met.append(
            (
                f"user CPU at most {TIMES_HASH_AND_CIPHER}× SHA-256 + AES-256-GCM, {count} clients",
                ratio,
                ratio <= TIMES_HASH_AND_CIPHER,
            )
        )
    if peaks:
        ratio = peaks[1] / peaks[0]
        met.append((f"memory at most {FLAT}× for 8 times the file", ratio, ratio <= FLAT))
    for plan, rates in played.items():
        if plan != "whole":
            ratio = rates["ours"] / rates["nginx"]
            met.append((f"ranges of {plan} at least {TIMES_NGINX}× nginx", ratio, ratio >= TIMES_NGINX))
    return met


def report(given, found, speeds, peaks, played, load):
    """The result as Markdown."""
    lines = [
        "## Intake",
        "",
        f"{datetime.date.today()}; {machine()}; load before the run {load:.1f}",
        "",
        versions(),
        "",
    ]
    mebi = given.size / MEBI
    lines += [f"1 × {mebi:,.0f} MiB and 8 × {mebi / 4:,.0f} MiB of random bytes", "", *table(found), ""]
    alone = nanoseconds(sum(1 / speed for speed in speeds.values()))
    each = ", ".join(f"{name} {speed / 1e6:,.0f} MB/s" for name, speed in speeds.items())
    lines += [f"openssl speed, 16 KiB at a time: {each}; both together {alone} ns/byte", ""]
    if peaks:
        small, large = (f"{peak / MEBI:.0f} MiB" for peak in peaks)
        lines += [f"peak memory: {small} at {mebi:,.0f} MiB, {large} at {8 * mebi:,.0f} MiB", ""]
    if played:
        lines += ["| playback | ours MB/s | nginx MB/s | ratio |", "|---|--:|--:|--:|"]
        for plan, rates in played.items():
            ours, nginx = rates["ours"], rates["nginx"]
            lines.append(f"| {plan} | {ours / 1e6:,.0f} | {nginx / 1e6:,.0f} | {ours / nginx:.2f} |")
        lines.append("")
    lines += ["| bar | measured | met |", "|---|--:|---|"]
    for bar, ratio, met in bars(found, speeds, peaks, played):
        lines.append(f"| {bar} | {ratio:.2f}× | {'yes' if met else '**no**'} |")
    return "\n".join(lines) + "\n"


def facts(given, found, speeds, peaks, played):
    """The same for programs: one line of JSON. Rates are bytes per second, times nanoseconds per byte."""
    said = {
        "date": str(datetime.date.today()),
        "bytes": given.size,
        "rates": {f"{name}, {count}": round(one.rate) for (name, count), one in found.items()},
        "user": {
            f"{name}, {count}": one.user_per_byte * 1e9 for (name, count), one in found.items() if one.user
        },
        "openssl": speeds,
        "peak_memory": peaks,
        "playback": played,
        "bars": [
            {"bar": bar, "ratio": ratio, "met": met} for bar, ratio, met in bars(found, speeds, peaks, played)
        ],
    }
    return json.dumps(said)


def main():
    parser = argparse.ArgumentParser(prog="bench/intake.sh", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="rounds, odd [5]")
    parser.add_argument(
        "--size",
        type=int,
        default=1024,
        metavar="MIB",
        help="the single file; each of eight has a quarter [1024]",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round of 256 MiB, no memory test: does it work at all?"
    )
    parser.add_argument("--without-playback", action="store_true", help="leave out nginx")
    given = parser.parse_args()
    if given.quick:
        given.repeats, given.size = 1, 256
    if given.repeats % 2 == 0:
        parser.error("the median of an even number of runs is none of them: give an odd number")
    given.size *= MEBI
    reason = department.can_serve()
    if reason:
        sys.exit(reason)

    load = os.getloadavg()[0]
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    speeds = {name: openssl_speed(name) for name in ("sha256", "aes-256-gcm")}
    found = rounds(given)
    peaks = [] if given.quick else memory(given)
    played = {} if given.without_playback else playback(given)
    shutil.rmtree(WORK, ignore_errors=True)

    text = report(given, found, speeds, peaks, played, load)
    line = facts(given, found, speeds, peaks, played)
    (DATA / "intake.md").write_text(text)
    (DATA / "intake.json").write_text(line + "\n")
    print(text)
    print(line)


if __name__ == "__main__":
    main()
