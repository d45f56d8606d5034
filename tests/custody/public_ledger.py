"""The public side of the ledger as an outsider sees it: leaves, roots, and the checker of tests/ledger.

Only what the tests of the doors need; the independent checker in tests/ledger is the one that checks
everything.
"""

import base64
import hashlib
import re
import subprocess
import sys
import urllib.request

from department import LEDGER, ROOT

CHECKER = ROOT / "tests" / "ledger" / "check_ledger.py"
WIDTH = 256  # entries in a full bundle (C2SP tlog-tiles)
PUBLIC = (
    "clip.sealed",
    "recording.disposed",
    "release.published",
    "policy.adopted",
    "review.drawn",
    "review.completed",
    "custody",
)
LEAF = re.compile(
    r'\{"v":1,"kind":"(%s)","commitment":"([A-Za-z0-9+/]{43}=)"\}' % "|".join(map(re.escape, PUBLIC))
)


def fetch(base_url, path):
    with urllib.request.urlopen(f"{base_url}{LEDGER}/{path}", timeout=30) as answer:
        return answer.read(), answer.headers


def numbered(number):
    """A tile's number as its path has it: 1234067 is x001/x234/067."""
    text = f"{number % 1000:03}"
    while number >= 1000:
        number //= 1000
        text = f"x{number % 1000:03}/{text}"
    return text


def leaves(base_url, size):
    """The first `size` leaves, in order."""
    found = []
    for bundle in range((size + WIDTH - 1) // WIDTH):
        here = min(WIDTH, size - bundle * WIDTH)
        path = f"tile/entries/{numbered(bundle)}" + (f".p/{here}" if here < WIDTH else "")
        body, _ = fetch(base_url, path)
        for _ in range(here):
            length = int.from_bytes(body[:2], "big")
            found.append(body[2 : 2 + length])
            body = body[2 + length :]
    return found


def root(some):
    """The Merkle tree hash of RFC 6962, by its definition."""
    if not some:
        return hashlib.sha256().digest()
    if len(some) == 1:
        return hashlib.sha256(b"\x00" + some[0]).digest()
    split = 1 << (len(some) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(some[:split]) + root(some[split:])).digest()


def stated_root(note):
    """Size and root that a checkpoint states."""
    lines = note.splitlines()
    return int(lines[1]), base64.b64decode(lines[2])


def commitment(receipt):
    """What a receipt's entry and salt commit to."""
    digest = hashlib.sha256(base64.b64decode(receipt["salt"]) + receipt["entry"].encode()).digest()
    return base64.b64encode(digest).decode()


def _checker(*words):
    """The independent checker with these words; the finished process."""
    command = [sys.executable, CHECKER, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def check(base_url, key):
    """Has every leaf and tile checked."""
    return _checker("--url", f"{base_url}{LEDGER}", "--key", key)


def check_receipt(receipt, file, key):
    """Has a receipt checked against its file."""
    return _checker("--receipt", receipt, "--file", file, "--key", key)
