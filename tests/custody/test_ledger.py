"""The public ledger while evidence comes in: what it shows, what it hides, and that it only ever grows."""

import json
import re
import time
import unittest

import footage
import public_ledger
from case import CustodyCase
from clients import new_camera, tus_metadata
from public_ledger import LEAF


class Ledger(CustodyCase):
    def send(self, count=1):
        """So many small clips of so many cameras; their receipts."""
        cameras = []
        for _ in range(count):
            camera, body = new_camera(), footage.noise(100).read_bytes()
            answer, _ = self.tus.create(len(body), tus_metadata(camera), body)
            self.assert_status(201, answer)
            cameras.append(camera)
        return [self.api.receipt(self.api.settled(camera)[0]["clips"][0]["id"]) for camera in cameras]

    def checkpoint_past(self, index, patience=20.0):
        """A checkpoint that covers an index; an internal one stands in a receipt at once, the public one may
        take its time.
        """
        deadline = time.monotonic() + patience
        while True:
            size, note = self.department.checkpoint()
            if size > index:
                return size, note
            self.assertLess(
                time.monotonic(),
                deadline,
                f"the public checkpoint stays at {size}, the receipt has index {index}",
            )
            time.sleep(0.2)

    def published(self):
        """A checkpoint over all that was sent before, and its leaves; a start publishes one."""
        self.department.node.restart()
        size, note = self.department.checkpoint()
        return note, public_ledger.leaves(self.department.base_url, size)

    def test_the_checker_finds_nothing_wrong(self):
        self.send(3)
        self.department.node.restart()
        done = public_ledger.check(self.department.base_url, self.department.vkey())
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")

    def test_the_checkpoint_states_the_root_of_its_leaves(self):
        self.send(2)
        note, leaves = self.published()
        self.assertEqual(public_ledger.stated_root(note), (len(leaves), public_ledger.root(leaves)))

    def test_leaves_show_a_kind_and_a_commitment_and_nothing_else(self):
        self.send(2)
        _, leaves = self.published()
        for leaf in leaves:
            self.assertRegex(leaf.decode(), re.compile(f"^{LEAF.pattern}$"))

    def test_each_sealed_clip_is_one_public_leaf(self):
        _, before = self.published()
        receipts = self.send(5)
        _, leaves = self.published()
        sealed = sum(b'"kind":"clip.sealed"' in leaf for leaf in leaves[len(before) :])
        self.assertEqual(sealed, len(receipts))
        for receipt in receipts:
            kind, committed = LEAF.fullmatch(leaves[receipt["index"]].decode()).groups()
            self.assertEqual((kind, committed), ("clip.sealed", public_ledger.commitment(receipt)))

    def test_a_repeated_upload_adds_no_sealed_leaf(self):
        camera, body = new_camera(), footage.noise(100).read_bytes()
        self.tus.create(len(body), tus_metadata(camera), body)
        self.api.settled(camera)
        _, before = self.published()
        self.tus.create(len(body), tus_metadata(camera), body)
        self.api.settled(camera)
        _, after = self.published()
        self.assertEqual([b'"clip.sealed"' in leaf for leaf in after[len(before) :]].count(True), 0)

    def test_the_ledger_only_grows(self):
        self.send(1)
        _, before = self.published()
        self.send(4)
        _, after = self.published()
        self.assertGreater(len(after), len(before))
        self.assertEqual(after[: len(before)], before)

    def test_every_look_at_evidence_is_an_entry(self):
        receipt = self.send(1)[0]
        _, before = self.published()
        self.assert_status(200, self.api.original(receipt["clip_id"]))
        _, after = self.published()
        self.assertGreater(len(after), len(before))

    def test_two_receipts_are_of_one_tree(self):
        first, second = self.send(2)
        _, leaves = self.published()
        for receipt in (first, second):
            size, stated = public_ledger.stated_root(receipt["checkpoint"])
            self.assertEqual(public_ledger.root(leaves[:size]), stated)

    def test_an_entry_is_canonical_and_says_what_was_sealed(self):
        receipt = self.send(1)[0]
        entry = json.loads(receipt["entry"])
        again = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(again, receipt["entry"])
        self.assertEqual((entry["subject"], entry["size"]), (receipt["clip_id"], receipt["size"]))

    def test_complete_tiles_may_be_cached_for_ever(self):
        size, _ = self.department.checkpoint()
        while size < public_ledger.WIDTH:
            self.send(20)
            self.department.node.restart()
            size, _ = self.department.checkpoint()
        for path in ("tile/entries/000", "tile/0/000"):
            _, said = public_ledger.fetch(self.department.base_url, path)
            age = re.search(r"max-age=(\d+)", said["Cache-Control"])
            self.assertGreaterEqual(int(age.group(1)), 31_536_000, path)
        _, said = public_ledger.fetch(self.department.base_url, "checkpoint")
        self.assertNotIn("immutable", said["Cache-Control"] or "")

    def test_tiles_that_do_not_exist(self):
        for path in (
            "tile/0/999",
            "tile/64/000",
            "tile/0/x001",
            "tile/entries/../../etc",
            "tile/0/000.p/0",
            "tile/0/000.p/257",
        ):
            answer = self.api.get(f"/ledger/{path}")
            self.assert_status((400, 404), answer, path)


if __name__ == "__main__":
    unittest.main()
