"""The tus door with tus-js-client, the client that browsers use: chunk sizes, aborts, and resuming as after
a reload.
"""

import json
import shutil
import subprocess
import unittest
from pathlib import Path

import footage
from case import CustodyCase
from clients import new_camera, tus_metadata

JS = Path(__file__).resolve().parent / "js"
MEBI = 1 << 20


class TusJsClient(CustodyCase):
    @classmethod
    def setUpClass(cls):
        if not (shutil.which("node") and (JS / "node_modules" / "tus-js-client").exists()):
            raise RuntimeError("tus-js-client is missing: scripts/need tusjs installs it")
        super().setUpClass()

    def upload(self, file, camera, token=None, **more):
        told = {
            "endpoint": self.tus.url,
            "token": token or self.tus.token,
            "file": str(file),
            "metadata": tus_metadata(camera, file.name),
            **more,
        }
        done = subprocess.run(
            ["node", JS / "upload.mjs"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=120,
            cwd=JS,
        )
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def assert_uploaded(self, file, state="unreadable", **more):
        camera = new_camera()
        said = self.upload(file, camera, **more)
        self.assertTrue(said["ok"], json.dumps(said, indent=1))
        # A fast disk may have the whole file before the client gets to aborting.
        self.assertLessEqual(said["resumed"], len(more.get("interruptAt", [])), json.dumps(said, indent=1))
        self.assert_kept(file, camera, state)
        return said

    def test_whole_files(self):
        for codec, form, sound in footage.FORMS:
            with self.subTest(codec=codec, form=form, sound=sound):
                self.assert_uploaded(footage.clip(codec, form, sound), "complete")

    def test_chunk_sizes(self):
        file = footage.noise(2 * MEBI + 11)
        for size in (64 * 1024, MEBI, MEBI + 1, 2 * MEBI + 11, 5 * MEBI):
            with self.subTest(chunk_size=size):
                self.assert_uploaded(file, chunkSize=size)

    def test_data_during_creation(self):
        self.assert_uploaded(footage.clip(), "complete", withCreation=True)
        self.assert_uploaded(footage.noise(3 * MEBI), withCreation=True, chunkSize=MEBI)

    def test_an_empty_file(self):
        self.assert_uploaded(footage.empty())

    def test_aborted_and_resumed(self):
        file = footage.noise(24 * MEBI)
        for chunk in (None, 4 * MEBI):
            with self.subTest(chunk_size=chunk):
                self.assert_uploaded(file, chunkSize=chunk, interruptAt=[5 * MEBI, 11 * MEBI, 17 * MEBI])

    def test_aborted_and_resumed_as_after_a_reload(self):
        file = footage.noise(24 * MEBI)
        for chunk in (None, 4 * MEBI):
            with self.subTest(chunk_size=chunk):
                said = self.assert_uploaded(
                    file, chunkSize=chunk, interruptAt=[7 * MEBI, 13 * MEBI], forget=True
                )
                asked = [status for method, status, _ in said["requests"] if method == "HEAD"]
                self.assertGreaterEqual(len(asked), said["resumed"], "each resume asks where the server stands")
                self.assertNotIn(423, [status for _, status, _ in said["requests"]])

    def test_a_wrong_token_is_refused(self):
        said = self.upload(footage.clip(), new_camera(), token="nobody")
        self.assertEqual((said["ok"], said["status"]), (False, 401), said)


if __name__ == "__main__":
    unittest.main()
