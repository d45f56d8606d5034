"""Small recordings made by ffmpeg: H.264 and H.265, mp4 and mkv, with sound and without, cut off, and empty.

Every file that `clip` gives out has other bytes than any before, since equal bytes mean something to the
server.
"""

import atexit
import functools
import hashlib
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ENCODERS = {
    "h264": ["-c:v", "libx264", "-preset", "ultrafast"],
    "h265": ["-c:v", "libx265", "-preset", "ultrafast"],
}
FORMS = [(codec, form, sound) for codec in ENCODERS for form in ("mp4", "mkv") for sound in (True, False)]

_number = itertools.count(1)


@functools.lru_cache
def folder():
    """Where this process keeps its footage; removed at its end."""
    made = Path(tempfile.mkdtemp(prefix="onrecord-footage-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def ffmpeg(*words):
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *words],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ffmpeg {' '.join(map(str, words))}\n{done.stderr}")


@functools.cache
def _encoded(codec, form, sound):
    target = folder() / f"{codec}-{'sound' if sound else 'silent'}.{form}"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15:duration=2"]
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=2"] if sound else []
    quiet = ["-x265-params", "log-level=error"] if codec == "h265" else []
    aac = ["-c:a", "aac", "-shortest"] if sound else []
    ffmpeg(*picture, *tone, *ENCODERS[codec], *quiet, "-pix_fmt", "yuv420p", *aac, target)
    return target


def clip(codec="h264", form="mp4", sound=True):
    """A playable recording of two seconds; its path."""
    target = folder() / f"clip-{next(_number):04}.{form}"
    ffmpeg(
        "-i",
        _encoded(codec, form, sound),
        "-c",
        "copy",
        "-metadata",
        f"comment={os.urandom(8).hex()}",
        target,
    )
    return target


def truncated(form="mp4"):
    """A recording whose end is missing, as a camera leaves it that lost its battery."""
    whole = clip(form=form).read_bytes()
    target = folder() / f"truncated-{next(_number):04}.{form}"
    target.write_bytes(whole[: len(whole) // 2])
    return target


def empty(form="mp4"):
    target = folder() / f"empty-{next(_number):04}.{form}"
    target.touch()
    return target


def noise(size, name=None):
    """A file of random bytes."""
    target = folder() / (name or f"noise-{next(_number):04}.bin")
    with open(target, "wb") as file:
        while size > 0:
            file.write(os.urandom(min(size, 1 << 20)))
            size -= 1 << 20
    return target


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
