"""What every test of the custody doors begins from: a running department, and its log where a test fails."""

import json
import unittest

import department
import footage
import public_ledger
from clients import Api, Tus


class CustodyCase(unittest.TestCase):
    """One department for all tests of a class; the tests keep apart by using cameras of their own."""

    longMessage = True
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.department = cls.make_department()
        cls.addClassCleanup(cls.department.remove)
        cls.department.start()
        cls.api = Api(cls.department.base_url, cls.department.token("reader"))
        cls.tus = Tus(cls.department.base_url, cls.department.token("intake"))

    @classmethod
    def make_department(cls):
        """The department of this class, not started yet."""
        return department.Department()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"\nwhat the server said until {self.id()} failed:\n{self.department.logs()}", flush=True)

    def assert_status(self, expected, answer, message=""):
        """`answer`: of either client; `expected`: a status, or several that are allowed."""
        status = getattr(answer, "status", None) or answer.status_code
        allowed = expected if isinstance(expected, tuple) else (expected,)
        said = (
            str(answer)
            if hasattr(answer, "status")
            else f"{status} {dict(answer.headers)} {answer.text[:500]!r}"
        )
        self.assertIn(status, allowed, f"{message}\n{said}")

    def assert_kept(self, file, camera, state="complete", clips=1):
        """The camera's one recording holds this file, byte for byte; the recording and the clip."""
        recording = self.api.settled(camera, clips=clips)[0]
        self.assertEqual(recording["state"], state, json.dumps(recording, indent=1))
        digest = footage.sha256(file)
        matching = [clip for clip in recording["clips"] if clip["sha256"] == digest]
        self.assertEqual(
            len(matching),
            1,
            f"clips with the digest {digest} of {file.name} in {json.dumps(recording, indent=1)}",
        )
        self.assert_original(file, matching[0])
        return recording, matching[0]

    def assert_original(self, file, clip):
        """The API gives back exactly the bytes of the file."""
        self.assertEqual(clip["size"], file.stat().st_size)
        original = self.api.original(clip["id"])
        self.assert_status(200, original)
        self.assertTrue(
            original.content == file.read_bytes(), f"{file.name}: the original's bytes are not those sent"
        )

    def assert_proved(self, file, clip):
        """The receipt proves the file to somebody who has nothing but it, the receipt and the key."""
        path = footage.folder() / f"receipt-{clip['id']}.json"
        path.write_text(json.dumps(self.api.receipt(clip["id"])))
        key = self.department.vkey()
        for who, done in (
            ("onrecord verify", self.department.verify(file, path, key)),
            ("the independent checker", public_ledger.check_receipt(path, file, key)),
        ):
            self.assertEqual(done.returncode, 0, f"{who} said:\n{done.stdout}\n{done.stderr}")
        return path
