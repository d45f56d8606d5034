"""What goes wrong around a department: a full disk, a database that restarts, an object store that is away,
a dead node.

Which of these apply depends on ONRECORD_DATABASE and ONRECORD_EVIDENCE; the others are skipped.
ONRECORD_AWAY says for how many seconds the object store is away (5).
"""

import contextlib
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import department
import fleet
import footage
import public_ledger
from axis import BodyWornSystem, answers
from case import CustodyCase
from clients import Tus, new_camera, tus_metadata

MEBI = 1 << 20
AWAY = float(os.environ.get("ONRECORD_AWAY", "5"))
SEED = int(os.environ.get("ONRECORD_SEED", "0")) or fleet.seed()
DATABASE = department.chosen("ONRECORD_DATABASE", department.DATABASES)
EVIDENCE = department.chosen("ONRECORD_EVIDENCE", department.EVIDENCE)


class FaultCase(CustodyCase):
    def assert_ledger(self, base_url=None):
        done = public_ledger.check(base_url or self.department.base_url, self.department.vkey())
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")

    def fleet(self, *addresses):
        print(f"ONRECORD_SEED={SEED}", flush=True)
        return fleet.Fleet(addresses or [self.department.base_url], self.department.token("intake"), SEED)


@unittest.skipUnless(DATABASE == "postgres", "SQLite does not restart")
class DatabaseRestarts(FaultCase):
    def test_under_load(self):
        with self.fleet() as cameras:
            for _ in range(3):
                time.sleep(0.7)
                self.department.postgres.restart()
            time.sleep(1)
        self.assertTrue(self.department.node.alive, "the server must outlive its database's restart")
        cameras.check(self)
        self.assert_ledger()

    def test_while_it_is_away_the_server_is_alive_and_not_ready(self):
        self.department.postgres.stop()
        self.addCleanup(
            lambda: (
                None if self.department.postgres.process.poll() is None else self.department.postgres.start()
            )
        )
        self.assertEqual(self.api.get("/healthz").status_code, 200)
        self.assertEqual(self.api.get("/readyz").status_code, 503)
        answer, _ = self.tus.create(10, tus_metadata(new_camera()))
        self.assert_status((500, 503), answer)
        self.department.postgres.start()
        self.assert_ready()

    def assert_ready(self):
        deadline = time.monotonic() + 30
        while self.api.get("/readyz").status_code != 200:
            self.assertLess(time.monotonic(), deadline, "not ready again")
            time.sleep(0.1)


@unittest.skipUnless(EVIDENCE == "bucket", "a folder is never away")
class ObjectStoreAway(FaultCase):
    def test_under_load(self):
        with self.fleet() as cameras:
            time.sleep(1)
            with self.department.garage.away():
                time.sleep(AWAY)
            time.sleep(1)
        self.assertTrue(self.department.node.alive)
        cameras.check(self)
        self.assert_ledger()

    def test_nothing_is_acknowledged_while_it_is_away(self):
        camera, file = new_camera(), footage.noise(20 * MEBI)
        body = file.read_bytes()
        _, url = self.tus.create(len(body), tus_metadata(camera, file.name))
        with self.department.garage.away(), contextlib.suppress(OSError):
            answer = Tus(self.department.base_url, self.tus.token, timeout=5).patch(url, 0, body)
            self.assert_status((500, 503), answer)
        offset = self.tus.head(url).offset
        self.assertLess(offset, len(body))
        self.assert_status(204, self.tus.patch(url, offset, body[offset:]))
        self.assert_kept(file, camera, state="unreadable")


@unittest.skipUnless(
    (DATABASE, EVIDENCE) == ("sqlite", "folder"), "the disk of another service is its own matter"
)
class FullDisk(FaultCase):
    @classmethod
    def make_department(cls):
        cls.disk = Path(tempfile.mkdtemp(prefix="onrecord-disk-"))
        cls.addClassCleanup(cls.disk.rmdir)
        small = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", cls.disk]
        if subprocess.run(small, capture_output=True).returncode != 0:
            raise unittest.SkipTest("a small file system can only be mounted as root")
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.disk], check=True)
        return department.Department(data=cls.disk / "data")

    def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(self):
        kept = []
        for _ in range(3):
            camera, file = new_camera(), footage.noise(10 * MEBI)
            body = file.read_bytes()
            answer, _ = self.tus.create(len(body), tus_metadata(camera, file.name), body)
            self.assert_status(201, answer)
            kept.append((camera, file))

        camera, file = new_camera(), footage.noise(200 * MEBI)
        body = file.read_bytes()
        _, url = self.tus.create(len(body), tus_metadata(camera, file.name))
        try:
            answer = self.tus.patch(url, 0, body)
            self.assert_status((500, 503, 507), answer)
        except OSError:
            pass  # it hung up before it had read what there is no room for
        self.assertTrue(self.department.node.alive, "a full disk must not end the server")
        self.axis_says_507(file)
        disk = os.statvfs(self.disk)
        room = disk.f_bavail * disk.f_frsize
        self.assertGreater(room, 32 * MEBI, "evidence leaves the database room to record looks")
        for one, its in kept:
            self.assert_kept(its, one, state="unreadable")

        subprocess.run(["mount", "-o", "remount,size=1g", self.disk], check=True)
        offset = self.tus.head(url).offset
        self.assertLess(offset, len(body))
        self.assert_status(204, self.tus.patch(url, offset, body[offset:]))
        self.assert_kept(file, camera, state="unreadable")
        self.department.node.kill()
        self.department.node.start()
        for one, its in kept:
            self.assert_kept(its, one, state="unreadable")
        self.assert_ledger()

    def axis_says_507(self, file):
        try:
            bws = BodyWornSystem(self.department.connection_file(self.department.base_url)).introduce()
            container = bws.begin()
        except Exception:  # not even metadata find room: the answer was given there already
            return
        name, metadata = bws.clip()
        with answers(507):
            bws.put_object(container, name, file.read_bytes(), **metadata)


@unittest.skipUnless(
    (DATABASE, EVIDENCE) == ("postgres", "bucket"), "two nodes share PostgreSQL and a bucket"
)
class TwoNodes(FaultCase):
    def test_one_of_two_is_killed_under_load(self):
        second = self.department.another_node().start()
        first = self.department.node
        with self.fleet(first.base_url, second.base_url) as cameras:
            for victim in (first, second, first):
                time.sleep(1)
                victim.kill()
                time.sleep(1)
                victim.start()
        cameras.check(self)
        for node in (first, second):
            self.assert_ledger(node.base_url)

    def test_both_show_one_ledger(self):
        second = self.department.another_node().start()
        for node in (self.department.node, second):
            answer, _ = Tus(node.base_url, self.tus.token).create(5, tus_metadata(new_camera()), b"hello")
            self.assert_status(201, answer)
        for node in (self.department.node, second):
            node.restart()
        checkpoints = {}
        for node in (self.department.node, second):
            body, _ = public_ledger.fetch(node.base_url, "checkpoint")
            size, stated = public_ledger.stated_root(body.decode())
            checkpoints[node.base_url] = (size, stated)
            self.assertEqual(public_ledger.root(public_ledger.leaves(node.base_url, size)), stated)
        (one, _), (other, _) = checkpoints.values()
        shorter = min(one, other)
        trees = [public_ledger.leaves(address, shorter) for address in checkpoints]
        self.assertEqual(trees[0], trees[1], "two nodes show two histories")


if __name__ == "__main__":
    unittest.main()
