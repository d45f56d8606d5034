"""Cameras that upload at the same time and do not give up: what the fault tests let loose on a department.

Each worker uploads one clip after another over tus, comes back after every failure, and remembers what the
server has acknowledged. Afterwards `check` holds the department to it: nothing acknowledged is lost,
nothing is there twice.
"""

import hashlib
import http.client
import random
import threading
import time
from dataclasses import dataclass

from clients import Tus, new_camera, tus_metadata

SIZES = (0, 1, 1000, 70_000, 1 << 20, (1 << 20) + 1, 5_000_000, 12_000_000)
PIECES = (10_000, 1 << 20, 3_000_000, 1 << 30)
BUSY = (423, 429, 500, 502, 503, 504, 507)


@dataclass
class Clip:
    """One clip of one camera, and how far it got."""

    camera: str
    sha256: str
    size: int
    acknowledged: int = 0
    complete: bool = False


class Fleet:
    """`addresses`: base URLs among which each request may choose."""

    def __init__(self, addresses, token, seed, workers=8, sizes=SIZES, patience=120.0):
        self.doors = [Tus(address, token, timeout=20) for address in addresses]
        self.clips, self.wrong = [], []
        self.sizes, self.patience = sizes, patience
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(f"{seed}-{n}"),)) for n in range(workers)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def finish(self):
        """No new clips; those begun are brought to their end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.finish()

    def _work(self, chance):
        while not self._stop.is_set():
            body = chance.randbytes(chance.choice(self.sizes))
            clip = Clip(new_camera(), hashlib.sha256(body).hexdigest(), len(body))
            self.clips.append(clip)
            try:
                self._deliver(clip, body, chance)
            except Exception as error:  # a worker must not end in silence
                self.wrong.append(f"{clip}: {error!r}")
                return

    def _deliver(self, clip, body, chance):
        deadline, url = time.monotonic() + self.patience, None
        while not clip.complete:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not delivered within {self.patience:.0f} s")
            try:
                url = (
                    self._create(clip, body, chance) if url is None else self._go_on(clip, body, chance, url)
                )
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)

    def _door_and_address(self, chance, url=None):
        """A door, and an upload's address seen through it."""
        door = chance.choice(self.doors)
        return door, url and f"{door.url}/{url.rsplit('/', 1)[-1]}"

    def _create(self, clip, body, chance):
        door, _ = self._door_and_address(chance)
        first = body[: chance.choice(PIECES)] if chance.random() < 0.5 else None
        answer, url = door.create(len(body), tus_metadata(clip.camera), first)
        if answer.status in BUSY:
            time.sleep(0.05)
            return None
        if answer.status != 201:
            raise AssertionError(f"creation: {answer}")
        self._acknowledge(clip, int(answer.headers.get("upload-offset", 0)))
        return url

    def _go_on(self, clip, body, chance, url):
        door, here = self._door_and_address(chance, url)
        answer = door.head(here)
        if answer.status in (200, 204):
            self._acknowledge(clip, answer.offset)
            if not clip.complete:
                piece = body[answer.offset : answer.offset + chance.choice(PIECES)]
                answer = door.patch(here, answer.offset, piece)
                if answer.status == 204:
                    self._acknowledge(clip, answer.offset)
        if answer.status in (409, *BUSY):
            time.sleep(0.05)
        elif answer.status not in (200, 204):
            raise AssertionError(f"an upload that was acknowledged is answered {answer}")
        return url

    @staticmethod
    def _acknowledge(clip, offset):
        if offset < clip.acknowledged:
            raise AssertionError(f"{clip.acknowledged} bytes were acknowledged, now only {offset} are there")
        if offset > clip.size:
            raise AssertionError(f"{offset} bytes are there of {clip.size}")
        clip.acknowledged = offset
        clip.complete = offset == clip.size

    def check(self, case):
        """Every clip is in custody once, with its bytes."""
        case.assertEqual(self.wrong, [], "what workers ran into")
        case.assertTrue(self.clips)
        for clip in self.clips:
            case.assertTrue(clip.complete, clip)
            with case.subTest(camera=clip.camera, size=clip.size):
                self._check_clip(case, clip)

    @staticmethod
    def _check_clip(case, clip):
        def sealed(found):
            return any(one.get("sha256") for item in found for one in item["clips"])

        found = case.api.wait_for(sealed, camera=clip.camera)
        kept = [one for item in found for one in item["clips"] if one.get("sha256")]
        case.assertEqual([(one["sha256"], one["size"]) for one in kept], [(clip.sha256, clip.size)])
        original = case.api.original(kept[0]["id"])
        case.assert_status(200, original)
        case.assertEqual(hashlib.sha256(original.content).hexdigest(), clip.sha256)


def seed():
    """A seed that a failure can be repeated with, as far as the timing allows."""
    return random.SystemRandom().getrandbits(32)
