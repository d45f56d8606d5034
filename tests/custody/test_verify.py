"""`onrecord verify FILE --receipt R [--key VKEY]`: exit 0 where it is true, 1 where it is false, 2 where it
cannot say.

It runs in a folder of its own, with nothing but the file, the receipt and the key.
"""

import base64
import hashlib
import json
import unittest

import footage
from case import CustodyCase
from clients import new_camera, tus_metadata

TRUE, FALSE, CANNOT_SAY = 0, 1, 2


def other_digit(text):
    return ("1" if text[0] == "0" else "0") + text[1:]


class Verify(CustodyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.camera, cls.file = new_camera(), footage.clip()
        body = cls.file.read_bytes()
        cls.tus.create(len(body), tus_metadata(cls.camera, cls.file.name), body)
        cls.clip = cls.api.settled(cls.camera)[0]["clips"][0]
        cls.receipt = cls.api.receipt(cls.clip["id"])
        cls.key = cls.department.vkey()

    def assert_verdict(self, expected, file=None, receipt=None, key="department", text=None):
        path = footage.folder() / "receipt.json"
        path.write_text(json.dumps(receipt or self.receipt) if text is None else text)
        done = self.department.verify(file or self.file, path, self.key if key == "department" else key)
        said = f"{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, expected, said)
        self.assertTrue(said.strip(), "a verdict is a sentence")
        self.assertNotIn("panicked", said)
        return said

    def changed(self, **fields):
        return {**self.receipt, **fields}

    def altered(self, change):
        body = bytearray(self.file.read_bytes())
        change(body)
        path = footage.folder() / "altered.mp4"
        path.write_bytes(body)
        return path

    def flipped(self, place):
        """The file with one bit of one byte turned over."""

        def flip(body):
            body[place] ^= 1

        return self.altered(flip)

    def test_the_receipt_has_what_the_contract_names(self):
        self.assertEqual(self.receipt["clip_id"], self.clip["id"])
        self.assertEqual(self.receipt["sha256"], footage.sha256(self.file))
        self.assertEqual(self.receipt["size"], self.file.stat().st_size)
        self.assertEqual(len(base64.b64decode(self.receipt["salt"])), 32)
        entry = json.loads(self.receipt["entry"])
        self.assertEqual(
            (entry["kind"], entry["sha256"], entry["v"]), ("clip.sealed", self.receipt["sha256"], 1)
        )
        for hashed in self.receipt["proof"]:
            self.assertEqual(len(base64.b64decode(hashed)), 32)
        self.assertEqual(
            self.key.split("+", 2)[0], self.receipt["checkpoint"].splitlines()[0], "the key is of this origin"
        )

    def test_the_file_as_it_was_sent(self):
        self.assert_verdict(TRUE)

    def test_without_a_key_it_is_said_that_the_signer_was_not_checked(self):
        self.assertIn("--key", self.assert_verdict(TRUE, key=None))

    def test_any_altered_byte_is_false(self):
        size = self.file.stat().st_size
        for place in (0, size // 2, size - 1):
            self.assert_verdict(FALSE, self.flipped(place))

    def test_a_longer_or_shorter_file_is_false(self):
        self.assert_verdict(FALSE, self.altered(lambda body: body.append(0)))
        self.assert_verdict(FALSE, self.altered(lambda body: body.pop()))
        self.assert_verdict(FALSE, footage.empty())

    def test_another_file_is_false(self):
        self.assert_verdict(FALSE, footage.clip())

    def test_a_receipt_made_to_fit_an_altered_file_is_false(self):
        forged = self.flipped(0)
        digest = footage.sha256(forged)
        self.assert_verdict(FALSE, forged, self.changed(sha256=digest))
        entry = self.receipt["entry"].replace(self.receipt["sha256"], digest)
        self.assert_verdict(FALSE, forged, self.changed(sha256=digest, entry=entry))

    def test_an_altered_receipt_is_false(self):
        proof = [
            base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in self.receipt["proof"]
        ]
        lines = self.receipt["checkpoint"].split("\n")
        root = base64.b64encode(hashlib.sha256(b"another root").digest()).decode()
        alterations = {
            "sha256": self.changed(sha256=other_digit(self.receipt["sha256"])),
            "size": self.changed(size=self.receipt["size"] + 1),
            "salt": self.changed(salt=base64.b64encode(bytes(32)).decode()),
            "entry's actor": self.changed(entry=self.receipt["entry"].replace('"actor":"', '"actor":"x')),
            "index": self.changed(index=self.receipt["index"] + 1),
            "root": self.changed(checkpoint="\n".join([*lines[:2], root, *lines[3:]])),
            "size of the tree": self.changed(
                checkpoint="\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])
            ),
        }
        if proof:
            alterations["proof"] = self.changed(proof=proof)
            alterations["shorter proof"] = self.changed(proof=self.receipt["proof"][:-1])
        for what, receipt in alterations.items():
            with self.subTest(what=what):
                self.assertNotEqual(receipt, self.receipt)
                self.assert_verdict(FALSE, receipt=receipt)

    def test_a_receipt_of_another_clip_is_false(self):
        camera, other = new_camera(), footage.clip()
        body = other.read_bytes()
        self.tus.create(len(body), tus_metadata(camera, other.name), body)
        receipt = self.api.receipt(self.api.settled(camera)[0]["clips"][0]["id"])
        self.assert_verdict(TRUE, other, receipt)
        self.assert_verdict(FALSE, receipt=receipt)
        self.assert_verdict(FALSE, other)

    def test_the_key_of_another_ledger_is_false(self):
        name, _, key = self.key.split("+", 2)
        other = base64.b64encode(b"\x01" + bytes(range(32))).decode()
        key_id = hashlib.sha256(name.encode() + b"\n" + base64.b64decode(other)).digest()[:4].hex()
        self.assertNotEqual(other, key)
        self.assert_verdict(FALSE, key=f"{name}+{key_id}+{other}")

    def test_without_a_proof_it_cannot_say(self):
        without = {
            name: value
            for name, value in self.receipt.items()
            if name not in ("index", "proof", "checkpoint")
        }
        self.assert_verdict(CANNOT_SAY, receipt=without)

    def test_without_a_proof_an_altered_file_is_still_false(self):
        without = {
            name: value
            for name, value in self.receipt.items()
            if name not in ("index", "proof", "checkpoint")
        }
        self.assert_verdict(FALSE, self.altered(lambda body: body.append(0)), without)

    def test_what_cannot_be_read_cannot_be_said(self):
        for text in ("", "{", "[]", "null", json.dumps({"sha256": "x"}), "\ufeff{}", "\x00" * 100):
            with self.subTest(text=text[:20]):
                self.assert_verdict(CANNOT_SAY, text=text)
        self.assert_verdict(CANNOT_SAY, key="no key")
        self.assert_verdict(CANNOT_SAY, footage.folder() / "no such file.mp4")

    def test_fields_that_later_versions_may_add_do_no_harm(self):
        self.assert_verdict(TRUE, receipt=self.changed(added_later={"a": 1}))

    def test_it_works_when_the_department_is_gone(self):
        self.department.node.stop()
        self.addCleanup(self.department.node.start)
        self.assert_verdict(TRUE)


if __name__ == "__main__":
    unittest.main()
