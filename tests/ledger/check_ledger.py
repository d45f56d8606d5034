#!/usr/bin/env python3
"""Checks a whole public ledger, and receipts against it, with nothing but Python's standard library.

    check_ledger.py --url https://records.example.org/ledger --key VKEY
    check_ledger.py --dir FOLDER --key VKEY [--witness VKEY ...]
    check_ledger.py --receipt RECEIPT.json --file CLIP [--key VKEY]

Written from RFC 6962, RFC 8032, RFC 8785 and C2SP signed-note, tlog-checkpoint, tlog-tiles and tlog-cosignature, as
slowly as they read, and independent of the program that keeps the ledger: what both agree on is not one program's
mistake. It reads every entry, computes the root by the recursive definition, and compares every tile.

It shows that the ledger is whole and signed. It does not show that everybody else is shown the same one: for that,
check the cosignatures of witnesses (--witness) or compare checkpoints with somebody.

The last line says what was found; the exit status is 0 where all is well, 1 where something is wrong or cannot be said.
"""
import argparse
import base64
import binascii
import gzip
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

PUBLIC_KINDS = ("clip.sealed", "recording.disposed", "release.published", "policy.adopted", "review.drawn",
                "review.completed", "custody")
LEAF = re.compile(rb'\{"v":1,"kind":"([a-z.]+)","commitment":"([A-Za-z0-9+/]{43}=)"\}')
WIDTH = 256
LOG_KEY, WITNESS_KEY = 1, 4


class Wrong(Exception):
    """Something is not as it must be; the message says what."""


class Unreadable(Exception):
    """Nothing can be said: what was given cannot be read."""


# Ed25519, RFC 8032, 5.1. Slow and not for secrets: it only verifies.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    """5.1.3: the x that belongs to y, or None."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P != 0:
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def add(a, b):
    """5.1.4: the sum of two points in extended coordinates."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def multiply(scalar, point):
    """The point taken that many times."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def decompress(text):
    """5.1.3: the point of 32 bytes, or None."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def ed25519_verify(public, message, signature):
    """5.1.7: whether these 64 bytes are a signature of the message by the key of these 32 bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return equal(multiply(s, BASE), add(r, multiply(h, a)))


# Notes, C2SP signed-note; checkpoints, C2SP tlog-checkpoint; cosignatures, C2SP tlog-cosignature.

def unbase64(text, what, length=None):
    """Bytes of base64 in its one right form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != text or (length is not None and len(raw) != length):
        raise Unreadable(f"{what} is not {length or 'proper'} bytes in base64")
    return raw


class Key:
    """A verifier key: name+id+base64(one byte for its use, 32 bytes)."""

    def __init__(self, text, use):
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
            raise Unreadable("the key does not look like name+1a2b3c4d+base64")
        self.name, self.use = parts[0], use
        raw = unbase64(parts[2], "the key", 33)
        self.public = raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if raw[0] != use:
            raise Unreadable(f"the key is of type {raw[0]}, not {use} (1 is a ledger's, 4 a witness's)")
        if self.id.hex() != parts[1]:
            raise Unreadable("the id of the key does not belong to its name and bytes")

    def check(self, text, signatures):
        """The signature of this key on a note's text, which must be right; for a witness, its time."""
        for name, raw in signatures:
            if name != self.name or raw[:4] != self.id:
                continue
            signature, time = raw[4:], None
            message = text.encode()
            if self.use == WITNESS_KEY:
                time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = f"cosignature/v1\ntime {time}\n".encode() + message
            if not ed25519_verify(self.public, message, signature):
                raise Wrong(f"the signature by {self.name} is wrong")
            return time
        raise Wrong(f"there is no signature by the key of {self.name}")


def parse_note(note):
    """The text of a note and its signatures: (name, id and signature)."""
    if re.search(r"[\x00-\x09\x0b-\x1f]", note) or "\n\n" not in note or not note.endswith("\n"):
        raise Unreadable("this is not a signed note")
    text, lines = note.rsplit("\n\n", 1)
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line)
        if not match:
            raise Unreadable("a signature of the note cannot be read")
        signatures.append((match[1], unbase64(match[2], "a signature of the note")))
    return text + "\n", signatures


def parse_checkpoint(text):
    """Origin, size and root."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or "" in lines[:-1] or not re.fullmatch("0|[1-9][0-9]{0,19}", lines[1]):
        raise Unreadable("this is not a checkpoint: origin, size and root on a line each")
    return lines[0], int(lines[1]), unbase64(lines[2], "the root", 32)


def open_checkpoint(note, key):
    """Origin, size and root of a checkpoint that this key (a text, or None) has signed."""
    text, signatures = parse_note(note)
    origin, size, root = parse_checkpoint(text)
    if key is not None:
        key = Key(key, LOG_KEY)
        key.check(text, signatures)
        if key.name != origin:
            raise Wrong(f"the checkpoint is about {origin}, but the key belongs to {key.name}")
    return origin, size, root


# The tree, RFC 6962, 2.1.

def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_hash(leaves):
    """MTH, over the hashes of the leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def root_from_proof(leaf, index, size, proof):
    """The root that an audit path leads to, 2.1.1; None where the path is too short or too long."""
    def climb(index, size, proof):
        if size == 1:
            return leaf if not proof else None
        if not proof:
            return None
        k = 1 << (size - 1).bit_length() - 1
        if index < k:
            below = climb(index, k, proof[:-1])
            return None if below is None else node_hash(below, proof[-1])
        below = climb(index - k, size - k, proof[:-1])
        return None if below is None else node_hash(proof[-1], below)
    return climb(index, size, proof) if 0 <= index < size else None


# Tiles, C2SP tlog-tiles.

def tile_path(level, index, width):
    """Such as tile/0/x001/067 or tile/entries/000.p/5."""
    digits = f"{index:03}"
    digits = "0" * (-len(digits) % 3) + digits
    parts = [digits[place:place + 3] for place in range(0, len(digits), 3)]
    path = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def tiles_of(count):
    """Index and width of each tile of a level with so many hashes."""
    full = [(index, WIDTH) for index in range(count // WIDTH)]
    return full + ([(count // WIDTH, count % WIDTH)] if count % WIDTH else [])


def split_bundle(data, path):
    """The entries of a bundle."""
    entries, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place:place + 2], "big")
        entry = data[place + 2:place + 2 + length]
        if place + 2 > len(data) or len(entry) != length:
            raise Wrong(f"{path} ends within an entry")
        entries.append(entry)
        place += 2 + length
    return entries


class Folder:
    """A ledger as files in a folder."""

    def __init__(self, root):
        self.root = root

    def get(self, path):
        try:
            with open(os.path.join(self.root, *path.split("/")), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None


class Site:
    """A ledger at an address."""

    def __init__(self, base):
        if urllib.parse.urlsplit(base).scheme not in ("http", "https"):
            raise Unreadable("the address must begin with http:// or https://")
        self.base = base.rstrip("/")

    def get(self, path):
        request = urllib.request.Request(f"{self.base}/{path}", headers={"Accept-Encoding": "gzip, identity"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                data = answer.read()
                return gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise Unreadable(f"{self.base}/{path}: {error}") from None
        except (OSError, EOFError) as error:
            raise Unreadable(f"{self.base}/{path}: {error}") from None


def fetch(source, level, index, width):
    """The bytes of a tile, and its path. Where a partial one is gone, the full one may serve: the second value says."""
    path = tile_path(level, index, width)
    data = source.get(path)
    if data is None and width < WIDTH:
        path = tile_path(level, index, WIDTH)
        data = source.get(path)
    if data is None:
        raise Wrong(f"{tile_path(level, index, width)} is not there")
    return data, path


def read_entries(source, size):
    """Every entry of the ledger."""
    entries = []
    for index, width in tiles_of(size):
        data, path = fetch(source, "entries", index, width)
        bundle = split_bundle(data, path)
        if len(bundle) < width or (path.find(".p/") > 0 and len(bundle) != width):
            raise Wrong(f"{path} holds {len(bundle)} entries, not {width}")
        entries += bundle[:width]
    return entries


def check_tiles(source, leaves):
    """Compares every tile of every level with the hashes of the leaves; says how many there were."""
    level, span, count = 0, 1, 0
    while len(leaves) // span:
        for index, width in tiles_of(len(leaves) // span):
            data, path = fetch(source, level, index, width)
            first = index * WIDTH
            wanted = b"".join(tree_hash(leaves[(first + i) * span:(first + i + 1) * span]) for i in range(width))
            longer = path.find(".p/") < 0
            if data[:len(wanted)] != wanted or (len(data) != (WIDTH if longer else width) * 32):
                raise Wrong(f"{path} does not hold the hashes of the entries below it")
            count += 1
        level, span = level + 1, span * WIDTH
    return count


def check_ledger(source, key, witnesses=()):
    """Checks everything; returns origin, size, number of tiles, number of entries by kind, and times of witnesses."""
    raw = source.get("checkpoint")
    if raw is None:
        raise Unreadable("there is no checkpoint")
    try:
        note = raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("the checkpoint is not UTF-8") from None
    origin, size, root = open_checkpoint(note, key)
    times = {}
    for text in witnesses:
        witness = Key(text, WITNESS_KEY)
        times[witness.name] = witness.check(*parse_note(note))
    entries = read_entries(source, size)
    kinds = dict.fromkeys(PUBLIC_KINDS, 0)
    for index, entry in enumerate(entries):
        match = LEAF.fullmatch(entry)
        if not match or match[1].decode() not in kinds:
            raise Wrong(f"entry {index} has not the form of a leaf of this ledger")
        kinds[match[1].decode()] += 1
    leaves = [leaf_hash(entry) for entry in entries]
    if tree_hash(leaves) != root:
        raise Wrong(f"the {size} entries do not have the root that the checkpoint says")
    return origin, size, check_tiles(source, leaves), kinds, times


# Entries, RFC 8785, and receipts.

def canonical(value):
    """RFC 8785 for values without numbers that have a fraction."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise Unreadable("the entry holds a number that is not whole or too large")
    return json.dumps(value, ensure_ascii=False)


def parse_entry(text):
    """The members of an entry; its text must be canonical."""
    try:
        entry = json.loads(text)
        same = isinstance(entry, dict) and canonical(entry) == text
    except (ValueError, RecursionError):
        raise Unreadable("the entry is not JSON") from None
    if not same:
        raise Unreadable("the entry is not an object in canonical JSON")
    return entry


def read_receipt(receipt):
    """A receipt from its text (or as an object), with all that it must have."""
    try:
        receipt = json.loads(receipt) if isinstance(receipt, (str, bytes)) else receipt
    except (ValueError, RecursionError):
        raise Unreadable("the receipt is not JSON") from None
    wanted = {"recording_id": str, "clip_id": str, "sha256": str, "size": int, "entry": str, "salt": str}
    if not isinstance(receipt, dict) or any(type(receipt.get(name)) is not kind for name, kind in wanted.items()):
        raise Unreadable("the receipt lacks recording_id, clip_id, sha256, size, entry or salt")
    if not re.fullmatch("[0-9a-f]{64}", receipt["sha256"]):
        raise Unreadable("the receipt's sha256 is not 64 hexadecimal digits")
    return receipt


def digest_of(file):
    """SHA-256 (in hexadecimal digits) and size of a file, given as bytes or by its path."""
    if isinstance(file, bytes):
        return hashlib.sha256(file).hexdigest(), len(file)
    digest, size = hashlib.sha256(), 0
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def check_receipt(receipt, file, key):
    """The rules of a receipt; returns the sentence for one that holds."""
    if key is not None:
        Key(key, LOG_KEY)
    receipt = read_receipt(receipt)
    entry = parse_entry(receipt["entry"])
    salt = unbase64(receipt["salt"], "the salt", 32)
    digest, size = digest_of(file)
    if (receipt["sha256"], receipt["size"]) != (digest, size):
        raise Wrong("the receipt is about another file")
    if entry.get("sha256") != digest or type(entry.get("size")) is not int or entry["size"] != size:
        raise Wrong("the entry is about another file")
    if entry.get("v") != 1 or entry.get("kind") != "clip.sealed" or entry.get("subject") != receipt["clip_id"]:
        raise Wrong("the entry does not say that this clip was sealed")
    if entry.get("recording_id", receipt["recording_id"]) != receipt["recording_id"]:
        raise Wrong("the entry is about another recording")
    index, proof, note = (receipt.get(name) for name in ("index", "proof", "checkpoint"))
    if type(index) is not int or index < 0 or not isinstance(proof, list) or not isinstance(note, str):
        raise Unreadable("the receipt holds no proof yet, or one that cannot be read")
    proof = [unbase64(hash, "a hash of the proof", 32) for hash in proof]
    origin, tree, root = open_checkpoint(note, key)
    commitment = base64.b64encode(hashlib.sha256(salt + receipt["entry"].encode()).digest()).decode()
    leaf = f'{{"v":1,"kind":"clip.sealed","commitment":"{commitment}"}}'
    if root_from_proof(leaf_hash(leaf.encode()), index, tree, proof) != root:
        raise Wrong("the proof does not lead from the entry to the root of the checkpoint")
    signer = "signed by the given key" if key is not None else "whose signature was NOT CHECKED (give --key)"
    return f"the file was sealed as entry {index} of {origin}, in a checkpoint {signer}"


def verify_receipt(receipt, file, key=None):
    """'true', 'false' or 'cannot say', and why. `file` is a path, or bytes."""
    try:
        return "true", check_receipt(receipt, file, key)
    except Wrong as why:
        return "false", str(why)
    except (Unreadable, OSError) as why:
        return "cannot say", str(why)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--url", help="address of the ledger; its checkpoint is at URL/checkpoint")
    what.add_argument("--dir", help="folder that holds checkpoint and tile/ as they are served")
    what.add_argument("--receipt", help="a receipt, to be checked with --file")
    parser.add_argument("--key", help="the ledger's verifier key")
    parser.add_argument("--witness", action="append", default=[],
                        help="verifier key of a witness that must have cosigned")
    parser.add_argument("--file", help="the file that the receipt is about")
    given = parser.parse_args()
    if given.receipt is None and given.key is None:
        parser.error("--key is needed: without it nothing shows who signed")
    if (given.receipt is None) != (given.file is None):
        parser.error("--receipt and --file go together")
    return given


def main():
    given = arguments()
    if given.receipt is not None:
        try:
            with open(given.receipt, "rb") as file:
                verdict, why = verify_receipt(file.read(), given.file, given.key)
        except OSError as error:
            verdict, why = "cannot say", str(error)
        print(f"{verdict}: {why}")
        return 0 if verdict == "true" else 1
    try:
        source = Folder(given.dir) if given.dir is not None else Site(given.url)
        origin, size, tiles, kinds, times = check_ledger(source, given.key, given.witness)
    except (Wrong, Unreadable) as why:
        print(f"{'wrong' if isinstance(why, Wrong) else 'cannot say'}: {why}")
        return 1
    for kind, count in kinds.items():
        print(f"{count:>10} {kind}")
    for name, time in times.items():
        print(f"cosigned by {name} at {time} (seconds since 1970)")
    print(f"right: {origin}, {size} entries, {tiles} tiles, root and signature as they should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
