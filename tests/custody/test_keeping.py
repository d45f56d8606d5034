"""Keeping: bytes at rest tell nothing, keys are rotated without touching evidence, a scrub finds a flipped bit and repairs
it, a restored copy proves itself before it takes anything in, or goes on under a new origin.
"""

import json
import subprocess
import sys
import time
import unittest
from pathlib import Path

import department
import footage
import public_ledger
import services
from case import CustodyCase
from clients import Api, Tus, new_camera, tus_metadata


class Keeping(CustodyCase):
    """SQLite and a folder, with a second folder as mirror: what is done to files is done to these."""

    @classmethod
    def make_department(cls):
        made = department.Department(database="sqlite", evidence="folder")
        config = made.folder / "keeping.toml"
        config.write_text(
            f'data = "{made.data}"\n[keys]\nfolder = "{made.keys}"\n'
            f'[mirror]\nkind = "folder"\npath = "{made.folder / "mirror"}"\n'
        )
        made.node.words = ["--config", str(config)]
        made._place = lambda data: ["--config", str(config)]
        return made

    def setUp(self):
        self.camera, self.file = new_camera(), footage.clip()
        body = self.file.read_bytes()
        answer, _ = self.tus.create(len(body), tus_metadata(self.camera, self.file.name), body)
        self.assert_status(201, answer)
        self.clip = self.api.settled(self.camera)[0]["clips"][0]

    def admin(self, *words, code=0):
        done = subprocess.run(
            [department.binary(), "admin", *words, *self.department._place(None)], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def segments(self, folder="data/evidence"):
        """The files that hold the clip."""
        name = self.clip["id"].replace("-", "")
        return sorted((self.department.folder / folder).glob(f"clips/*/{name}/*"))

    def test_nothing_of_the_clip_is_readable_at_rest(self):
        body = self.file.read_bytes()
        pieces = [body[at : at + 24] for at in range(0, len(body) - 24, max(1, len(body) // 50))]
        for path in self.department.folder.rglob("*"):
            if path.is_file() and self.department.keys not in path.parents:
                kept = path.read_bytes()
                self.assertFalse(any(piece in kept for piece in pieces), f"{path} holds plaintext")

    def test_files_are_their_owners_only(self):
        for folder in (self.department.data, self.department.keys):
            for path in [folder, *folder.rglob("*")]:
                self.assertEqual(path.stat().st_mode & 0o077 if path.is_dir() else 0, 0, path)
        for path in self.department.keys.rglob("*.key"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_rotation_wraps_keys_anew_and_leaves_evidence_alone(self):
        before = {path: path.read_bytes() for path in self.segments()}
        old = {path.name for path in (self.department.keys / "kek").glob("*.key")}
        self.admin("keys", "rotate")
        new = {path.name for path in (self.department.keys / "kek").glob("*.key")}
        self.assertFalse(old & new, "the old key-encryption keys are gone")
        self.assertEqual({path: path.read_bytes() for path in self.segments()}, before)
        self.assert_original(self.file, self.clip)

    def mirrored(self):
        services.wait_until(lambda: self.segments("mirror"), "the clip was not copied into the second store", 30)

    def test_a_scrub_finds_a_flipped_bit_and_repairs_it(self):
        self.mirrored()
        path = self.segments()[0]
        whole = path.read_bytes()
        path.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        self.assertIn(f"repaired  {self.clip['id']}", self.admin("scrub"))
        self.assertEqual(path.read_bytes(), whole)
        self.assert_original(self.file, self.clip)

    def test_a_scrub_says_so_where_nothing_can_repair(self):
        self.mirrored()
        for folder in ("data/evidence", "mirror"):
            path = self.segments(folder)[0]
            whole = path.read_bytes()
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        try:
            self.assertIn(f"DAMAGED   {self.clip['id']}", self.admin("scrub", code=1))
            answer = self.api.original(self.clip["id"])
            self.assertNotEqual(answer.content, self.file.read_bytes())
        except OSError:
            pass  # the answer broke off, as it must
        finally:
            for folder in ("data/evidence", "mirror"):
                path = self.segments(folder)[0]
                whole = path.read_bytes()
                path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    def test_a_restored_copy_proves_itself_before_it_takes_anything_in(self):
        folder = self.department.folder / f"backup-{self.camera}"
        folder.mkdir()
        self.department.node.restart()
        _, note = self.department.checkpoint()
        self.admin("backup", "--out", str(folder / "copy"))
        data = folder / "restored"
        place = ["--data", str(data), "--keys", str(self.department.keys)]
        restored = department.Node(place, folder, "restored")

        def admin(*words):
            return subprocess.run([department.binary(), "admin", *words, *place], capture_output=True, text=True)

        self.assertEqual(admin("restore", "--from", str(folder / "copy")).returncode, 0)
        restored.start()
        self.addCleanup(restored.kill)
        body = self.file.read_bytes()
        answer, _ = Tus(restored.base_url, self.department.token("intake")).create(
            len(body), tus_metadata(new_camera(), "x.mp4"), body
        )
        self.assert_status(503, answer, "a copy that has not proved itself takes nothing in")
        restored.stop()
        other = folder / "other.checkpoint"
        other.write_text(note.replace("localhost/ledger", "elsewhere/ledger"))
        self.assertEqual(admin("prove-restore", "--checkpoint", str(other)).returncode, 2)
        published = folder / "last.checkpoint"
        published.write_text(note)
        done = admin("prove-restore", "--checkpoint", str(published))
        self.assertEqual(done.returncode, 0, done.stderr)
        restored.start()
        api = Api(restored.base_url, self.department.token("reader"))
        self.assertEqual(api.original(self.clip["id"]).content, body)

    def test_a_copy_that_is_older_than_a_checkpoint_stays_shut(self):
        folder = self.department.folder / f"backup-{self.camera}"
        folder.mkdir()
        self.admin("backup", "--out", str(folder / "copy"))
        body = footage.noise(100).read_bytes()
        self.tus.create(len(body), tus_metadata(new_camera(), "later.bin"), body)
        time.sleep(1)
        self.department.node.restart()
        _, note = self.department.checkpoint()
        published = folder / "last.checkpoint"
        published.write_text(note)
        place = ["--data", str(folder / "restored"), "--keys", str(self.department.keys)]
        run = [department.binary(), "admin"]
        subprocess.run([*run, "restore", "--from", str(folder / "copy"), *place], check=True, capture_output=True)
        done = subprocess.run(
            [*run, "prove-restore", "--checkpoint", str(published), *place], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("newest are lost", done.stderr)


class NewOrigin(CustodyCase):
    """A backup, then evidence that no copy holds, then the disk is gone: the ledger goes on under a new name."""

    @classmethod
    def make_department(cls):
        return department.Department(database="sqlite", evidence="folder")

    def sent(self, name):
        """A clip that was taken in: its file, and its receipt on disk."""
        camera, file = new_camera(), footage.noise(300)
        body = file.read_bytes()
        answer, _ = self.tus.create(len(body), tus_metadata(camera, name), body)
        self.assert_status(201, answer)
        return file, self.proved(self.api, self.api.settled(camera)[0]["clips"][0]["id"], name)

    def proved(self, api, clip, name):
        path = self.department.folder / f"{name}.receipt.json"
        path.write_text(json.dumps(api.receipt(clip)))
        return path

    def admin(self, *words, code=0):
        done = subprocess.run([department.binary(), "admin", *words, *self.place], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def assert_verified(self, file, receipt, key, code=0):
        done = self.department.verify(file, receipt, key)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        done = public_ledger.check_receipt(receipt, file, key)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")

    def restored(self):
        """A copy from before the last upload, restored; the last checkpoint that the world has."""
        folder = self.department.folder
        self.department.node.restart()
        self.before, _ = self.department.checkpoint()
        self.old_leaves = public_ledger.leaves(self.department.base_url, self.before)
        self.department.admin("backup", "--out", str(folder / "copy"))
        self.lost = self.sent("lost")
        self.department.node.restart()
        (folder / "last.checkpoint").write_text(self.department.checkpoint()[1])
        self.old_key = self.department.vkey()
        self.department.node.stop()
        self.place = ["--data", str(folder / "restored"), "--keys", str(self.department.keys)]
        self.admin("restore", "--from", str(folder / "copy"))
        return folder / "last.checkpoint"

    def fetch(self, path):
        return public_ledger.fetch(self.node.base_url, path)[0].decode()

    def test_a_copy_that_cannot_prove_itself_goes_on_under_a_new_origin(self):
        kept, old_receipt = self.sent("kept")
        clip = json.loads(old_receipt.read_text())["clip_id"]
        last = self.restored()
        why = "The disk burned; the copy is older than the last checkpoint."
        opening = ["open-origin", "--checkpoint", str(last), "--reason", why]
        self.assertIn("newest are lost", self.admin("prove-restore", "--checkpoint", str(last), code=2))
        self.assertIn("localhost/ledger/2", self.admin(*opening))
        self.assertIn("only where a copy was restored", self.admin(*opening, code=2))
        self.node = department.Node(self.place, self.department.folder, "restored").start()
        self.addCleanup(self.node.kill)
        key = self.fetch("key").strip()
        self.assertTrue(key.startswith("localhost/ledger/2+"), key)
        self.check_list(last.read_text(), key, why)
        self.check_trees(key)
        api = Api(self.node.base_url, self.department.token("reader"))
        self.assert_verified(kept, old_receipt, self.old_key)
        self.assert_verified(*self.lost, self.old_key)
        new_receipt = self.proved(api, clip, "new")
        self.assert_verified(kept, new_receipt, key)
        self.assert_verified(kept, new_receipt, self.old_key, code=1)
        self.check_goes_on(api, key)

    def check_list(self, last, key, why):
        """What is served openly: the old origin's end, and why the new one was opened, which its first leaf commits to."""
        old, new = json.loads(self.fetch("origins"))
        self.assertEqual((old["origin"], old["key"], old["last_checkpoint"]), ("localhost/ledger", self.old_key, last))
        self.assertEqual((new["origin"], new["key"], new["opened"]["because"]), ("localhost/ledger/2", key, why))
        self.assertNotIn("last_checkpoint", new)
        entry = json.loads(new["opened"]["entry"])
        self.assertEqual((entry["kind"], entry["reason"], entry["old_checkpoint"]), ("origin.opened", why, last))
        size, _ = public_ledger.stated_root(self.fetch("checkpoint"))
        first = json.loads(public_ledger.leaves(self.node.base_url, size)[0])
        self.assertEqual(first["commitment"], public_ledger.commitment(new["opened"]))

    def check_trees(self, key):
        """The new tree is right under both its addresses, and goes on with the old leaves in their order."""
        for address in ("", "/2"):
            done = subprocess.run(
                [sys.executable, public_ledger.CHECKER, "--url", f"{self.node.base_url}/ledger{address}", "--key", key],
                capture_output=True,
                text=True,
            )
            self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        size, _ = public_ledger.stated_root(self.fetch("checkpoint"))
        leaves = public_ledger.leaves(self.node.base_url, size)
        self.assertEqual(leaves[1 : 1 + self.before], self.old_leaves)
        self.assertEqual(self.fetch("1/key").strip(), self.old_key)
        self.assertTrue(self.fetch("1/checkpoint").startswith("localhost/ledger\n"))

    def check_goes_on(self, api, key):
        """The copy takes evidence in again, and never makes the new key a second time."""
        file, camera = footage.noise(400), new_camera()
        body = file.read_bytes()
        tus = Tus(self.node.base_url, self.department.token("intake"))
        answer, _ = tus.create(len(body), tus_metadata(camera, "after"), body)
        self.assert_status(201, answer)
        self.assert_verified(file, self.proved(api, api.settled(camera)[0]["clips"][0]["id"], "after"), key)
        self.node.restart()
        self.assertEqual(public_ledger.check(self.node.base_url, key).returncode, 0)
        self.node.stop()
        (self.department.keys / "ledger.2.key").rename(self.department.keys / "kept-elsewhere")
        self.assertIn("ledger.2.key is not in the key folder", self.admin("token", "list", code=2))


class Derivatives(CustodyCase):
    def setUp(self):
        self.camera = new_camera()

    def sent(self, file):
        body = file.read_bytes()
        answer, _ = self.tus.create(len(body), tus_metadata(self.camera, file.name), body)
        self.assert_status(201, answer)
        return self.api.settled(self.camera)[0]["clips"][0]["id"]

    def get(self, clip, what):
        import requests

        url = f"{self.department.base_url}/api/v1/clips/{clip}/{what}"
        return requests.get(
            url, headers={"Authorization": f"Bearer {self.department.token('reader')}"}, timeout=120
        )

    def test_a_poster_and_a_waveform_are_made(self):
        clip = self.sent(footage.clip("h264", "mp4", True))
        self.assertEqual(self.get(clip, "poster").content[:2], b"\xff\xd8")
        waveform = json.loads(self.get(clip, "waveform").content)
        self.assertGreater(len(waveform["peaks"]), 0)

    def test_what_a_browser_cannot_play_gets_a_proxy(self):
        for codec, form in (("h265", "mp4"), ("h264", "mkv")):
            with self.subTest(codec=codec, form=form):
                self.camera = new_camera()
                clip = self.sent(footage.clip(codec, form, True))
                path = Path(footage.folder()) / f"proxy-{codec}.mp4"
                answer = self.get(clip, "proxy")
                self.assert_status(200, answer)
                path.write_bytes(answer.content)
                said = subprocess.run(
                    ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path],
                    capture_output=True,
                    text=True,
                )
                self.assertIn("h264", said.stdout)


if __name__ == "__main__":
    unittest.main()
