"""Large files: memory stays flat, and ranges far inside come back. ONRECORD_LARGE_BYTES says how large (2
GiB; 20 GB once).
"""

import hashlib
import http.client
import os
import unittest
from urllib.parse import urlsplit

import footage
from case import CustodyCase
from clients import STREAM, TUS, new_camera, tus_metadata

GIBI = 1 << 30
LARGE = int(float(os.environ.get("ONRECORD_LARGE_BYTES", 2 * GIBI)))
SMALL = 256 << 20
GROWTH = 64 << 20  # bytes of memory that a larger file may cost beyond a smaller one


def stretched(size):
    """A playable clip, stretched with a hole to a size; it takes next to no room."""
    file = footage.clip()
    os.truncate(file, size)
    return file


class Large(CustodyCase):
    def upload(self, file, camera):
        size = file.stat().st_size
        answer, url = self.tus.create(size, tus_metadata(camera, file.name))
        self.assert_status(201, answer)
        where = urlsplit(url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=600, blocksize=1 << 20)
        headers = {
            "Authorization": f"Bearer {self.tus.token}",
            "Tus-Resumable": TUS,
            "Upload-Offset": "0",
            "Content-Type": STREAM,
            "Content-Length": str(size),
        }
        with open(file, "rb") as body:
            connection.request("PATCH", where.path, body, headers)
            self.assertEqual(connection.getresponse().status, 204)
        connection.close()
        return self.api.settled(camera, patience=600)[0]["clips"][0]

    def test_memory_is_flat_and_ranges_are_exact(self):
        self.upload(stretched(SMALL), new_camera())
        before = self.department.node.memory()
        file, camera = stretched(LARGE), new_camera()
        clip = self.upload(file, camera)
        grown = self.department.node.memory() - before
        self.assertLess(grown, GROWTH, f"{grown / (1 << 20):.0f} MiB more for {LARGE} bytes than for {SMALL}")
        self.assertEqual((clip["size"], clip["sha256"]), (LARGE, footage.sha256(file)))
        with open(file, "rb") as whole:
            for first in (0, 50_000, LARGE // 2 - 7, LARGE - 3_000_000):
                whole.seek(first)
                self.assertEqual(
                    self.api.original(clip["id"], f"{first}-{first + 2_999_999}").content,
                    whole.read(3_000_000),
                )
        self.read_whole(clip)
        self.assertLess(self.department.node.memory() - before, GROWTH, "reading it back costs memory, too")

    def read_whole(self, clip):
        digest = hashlib.sha256()
        with self.api.get(f"/api/v1/clips/{clip['id']}/original", stream=True) as answer:
            for block in answer.iter_content(1 << 20):
                digest.update(block)
        self.assertEqual(digest.hexdigest(), clip["sha256"])


if __name__ == "__main__":
    unittest.main()
