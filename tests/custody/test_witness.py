"""A witness of another house: `onrecord witness` cosigns what the ledger publishes, and only what extends what it saw."""

import subprocess
import time
import unittest
import urllib.request

import department
import footage
import services
from case import CustodyCase
from clients import new_camera, tus_metadata


class Witness(CustodyCase):
    """The department knows the witness, the witness the department's ledger; each by its key."""

    @classmethod
    def make_department(cls):
        made = department.Department(database="sqlite", evidence="folder")
        made.start()
        cls.vkey_of_ledger = made.vkey()
        made.node.stop()
        cls.port = services.free_port()
        cls.witness_folder = made.folder / "witness"
        cls.witness = cls.start_witness()
        cls.addClassCleanup(cls.witness.kill)
        with urllib.request.urlopen(f"http://127.0.0.1:{cls.port}/", timeout=10) as answer:
            cls.about = answer.read().decode()
        cls.key = next(word for word in cls.about.split() if word.startswith("witness.example+"))
        config = made.folder / "witnessed.toml"
        config.write_text(
            f'data = "{made.data}"\n[keys]\nfolder = "{made.keys}"\n[ledger]\npublish_every_seconds = 2\n'
            f'[[ledger.witnesses]]\nurl = "http://127.0.0.1:{cls.port}"\nkey = "{cls.key}"\n'
        )
        made.node.words = ["--config", str(config)]
        made._place = lambda data: ["--config", str(config)]
        return made

    @classmethod
    def start_witness(cls):
        words = ["--data", cls.witness_folder, "--name", "witness.example", "--log", cls.vkey_of_ledger]
        process = subprocess.Popen(
            [department.binary(), "witness", *words, "--listen", f"127.0.0.1:{cls.port}"], stderr=subprocess.DEVNULL
        )

        def answers():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{cls.port}/", timeout=2).status == 200
            except OSError:
                return False

        services.wait_until(answers, "the witness did not answer", 20)
        return process

    def cosigned(self):
        """Whether the published checkpoint bears the witness's line."""
        return any(line.startswith("— witness.example ") for line in self.department.checkpoint()[1].splitlines())

    def send(self):
        body = footage.noise(100).read_bytes()
        answer, _ = self.tus.create(len(body), tus_metadata(new_camera()), body)
        self.assert_status(201, answer)

    def test_what_is_published_is_cosigned(self):
        self.send()
        services.wait_until(self.cosigned, "no cosignature was collected", 20)

    def test_a_witness_that_was_away_catches_up(self):
        services.wait_until(self.cosigned, "no cosignature was collected", 20)
        self.witness.kill()
        self.witness.wait()
        for _ in range(3):
            self.send()
            time.sleep(2.2)
        type(self).witness = self.start_witness()
        self.addClassCleanup(self.witness.kill)
        services.wait_until(self.cosigned, "the witness did not catch up", 30)


if __name__ == "__main__":
    unittest.main()
