"""A witness of another house: `onrecord witness` cosigns what the ledger publishes, and only what extends what it saw."""

import subprocess
import time
import unittest
import urllib.request

import department
import footage
import public_ledger
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
        words = cls.witnessed(made, made.data)
        made.node.words = words
        made._place = lambda data: words
        return made

    @classmethod
    def witnessed(cls, made, data):
        """The words for a node with this data folder that knows the witness."""
        config = made.folder / f"{data.name}.toml"
        config.write_text(
            f'data = "{data}"\n[keys]\nfolder = "{made.keys}"\n[ledger]\npublish_every_seconds = 2\n'
            f'[[ledger.witnesses]]\nurl = "http://127.0.0.1:{cls.port}"\nkey = "{cls.key}"\n'
        )
        return ["--config", str(config)]

    @classmethod
    def start_witness(cls, *more_logs):
        words = ["--data", cls.witness_folder, "--name", "witness.example"]
        for key in (cls.vkey_of_ledger, *more_logs):
            words += ["--log", key]
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

    def cosigned(self, node=None):
        """Whether the published checkpoint bears the witness's line."""
        note, _ = public_ledger.fetch((node or self.department.node).base_url, "checkpoint")
        return any(line.startswith("— witness.example ") for line in note.decode().splitlines())

    def replace_witness(self, *more_logs):
        self.witness.kill()
        self.witness.wait()
        type(self).witness = self.start_witness(*more_logs)
        self.addClassCleanup(self.witness.kill)

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
        self.replace_witness()
        services.wait_until(self.cosigned, "the witness did not catch up", 30)

    def test_a_new_origin_is_a_new_log_to_a_witness(self):
        folder = self.department.folder
        services.wait_until(self.cosigned, "no cosignature was collected", 20)
        self.department.admin("backup", "--out", str(folder / "copy"))
        at_the_copy, _ = self.department.checkpoint()
        self.send()
        services.wait_until(
            lambda: self.department.checkpoint()[0] > at_the_copy and self.cosigned(), "nothing more was cosigned", 20
        )
        last = folder / "last.checkpoint"
        last.write_text(self.department.checkpoint()[1])
        words = self.witnessed(self.department, folder / "restored")
        for command in (
            ["restore", "--from", str(folder / "copy")],
            ["open-origin", "--checkpoint", str(last), "--reason", "The newest entries are lost."],
        ):
            subprocess.run([department.binary(), "admin", *command, *words], check=True, capture_output=True)
        node = department.Node(words, folder, "restored").start()
        self.addCleanup(node.kill)
        key = public_ledger.fetch(node.base_url, "key")[0].decode().strip()
        self.replace_witness(key)
        services.wait_until(lambda: self.cosigned(node), "the new origin was not cosigned", 30)
        services.wait_until(self.cosigned, "the old origin is not cosigned any more", 20)


if __name__ == "__main__":
    unittest.main()
