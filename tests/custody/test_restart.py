"""kill -9 at random points under eight concurrent uploads: nothing acknowledged is lost, nothing doubled,
the ledger whole.

ONRECORD_KILLS says how often (5), ONRECORD_SEED repeats a run's choices; the seed stands in the output.
"""

import os
import random
import time
import unittest

import fleet
import public_ledger
from case import CustodyCase

KILLS = int(os.environ.get("ONRECORD_KILLS", "5"))
SEED = int(os.environ.get("ONRECORD_SEED", "0")) or fleet.seed()


class Killed(CustodyCase):
    def test_killed_again_and_again_under_load(self):
        print(f"ONRECORD_SEED={SEED} ONRECORD_KILLS={KILLS}", flush=True)
        chance, seen = random.Random(SEED), []
        cameras = fleet.Fleet([self.department.base_url], self.department.token("intake"), SEED, patience=300)
        with cameras:
            for _ in range(KILLS):
                time.sleep(chance.choice((0.02, 0.2, 0.7, 1.5)) * chance.random())
                seen.append(self.department.checkpoint()[1])
                self.department.node.kill()
                self.department.node.start()
            time.sleep(0.5)
        cameras.check(self)
        self.department.node.restart()
        self.check_ledger(seen)
        sealed = sum(b'"kind":"clip.sealed"' in leaf for leaf in self.leaves())
        self.assertEqual(sealed, len(cameras.clips), "one public leaf for each clip, no more")

    def leaves(self):
        return public_ledger.leaves(self.department.base_url, self.department.checkpoint()[0])

    def check_ledger(self, seen):
        """The checker is content, and every checkpoint ever shown is one of this tree."""
        done = public_ledger.check(self.department.base_url, self.department.vkey())
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        leaves = self.leaves()
        for note in dict.fromkeys(seen):
            size, stated = public_ledger.stated_root(note)
            self.assertLessEqual(
                size, len(leaves), "the ledger has become smaller than a checkpoint that was shown"
            )
            self.assertEqual(
                public_ledger.root(leaves[:size]), stated, f"the tree of {size} entries has been rewritten"
            )

    def test_killed_while_starting(self):
        for delay in (0.0, 0.01, 0.03, 0.1):
            self.department.node.stop()
            process = self.department.node.launch()
            time.sleep(delay)
            process.kill()
            process.wait()
        self.department.node.start()
        self.check_ledger([])


if __name__ == "__main__":
    unittest.main()
