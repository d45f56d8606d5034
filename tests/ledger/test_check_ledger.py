#!/usr/bin/env python3
"""Trees made by hand for check_ledger.py, and damage to each part of them: `python3 -m unittest` in this folder."""
import base64
import contextlib
import gzip
import hashlib
import http.server
import io
import json
import os
import sys
import tempfile
import threading
import unittest
from unittest import mock

import check_ledger as check

ORIGIN = "records.example.org/ledger"


def sha256(data):
    return hashlib.sha256(data).digest()


def compress(point):
    inverse = pow(point[2], check.P - 2, check.P)
    x, y = point[0] * inverse % check.P, point[1] * inverse % check.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Signer:
    """RFC 8032, 5.1.5 and 5.1.6."""

    def __init__(self, seed, name=ORIGIN, use=check.LOG_KEY):
        digest = hashlib.sha512(seed).digest()
        self.scalar = (int.from_bytes(digest[:32], "little") & (1 << 254) - 8) | 1 << 254
        self.prefix = digest[32:]
        self.public = compress(check.multiply(self.scalar, check.BASE))
        self.name = name
        raw = bytes([use]) + self.public
        self.id = sha256(name.encode() + b"\n" + raw)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(raw).decode()}"

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % check.L
        point = compress(check.multiply(r, check.BASE))
        k = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little")
        return point + ((r + k * self.scalar) % check.L).to_bytes(32, "little")

    def line(self, signature):
        return f"\u2014 {self.name} {base64.b64encode(self.id + signature).decode()}\n"


SIGNER = Signer(bytes(32))


def checkpoint(size, root, signer=SIGNER, origin=ORIGIN):
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return text + "\n" + signer.line(signer.sign(text.encode()))


def leaf(index, kind="custody"):
    return f'{{"v":1,"kind":"{kind}","commitment":"{base64.b64encode(sha256(b"%d" % index)).decode()}"}}'.encode()


def leaves_of(size):
    return [leaf(index, "clip.sealed" if index % 3 == 0 else "custody") for index in range(size)]


class Memory:
    """A ledger in memory, with tiles for its last size only."""

    def __init__(self, entries, note=None):
        hashes = [check.leaf_hash(entry) for entry in entries]
        root = check.tree_hash(hashes)
        self.files = {"checkpoint": (note or checkpoint(len(entries), root)).encode()}
        for index, width in check.tiles_of(len(entries)):
            bundle = entries[index * 256:index * 256 + width]
            data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in bundle)
            self.files[check.tile_path("entries", index, width)] = data
        level, row = 0, hashes
        while row:
            for index, width in check.tiles_of(len(row)):
                self.files[check.tile_path(level, index, width)] = b"".join(row[index * 256:index * 256 + width])
            level, row = level + 1, [check.tree_hash(row[at:at + 256]) for at in range(0, len(row) - 255, 256)]

    def get(self, path):
        return self.files.get(path)


class Ed25519(unittest.TestCase):
    def test_the_vectors_of_rfc_8032(self):
        """7.1, tests 1 to 3."""
        vectors = [
            ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
             "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
             "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
            ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
             "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
             "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
             "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        ]
        for seed, public, message, signature in vectors:
            public, message, signature = map(bytes.fromhex, (public, message, signature))
            signer = Signer(bytes.fromhex(seed))
            self.assertEqual((signer.public, signer.sign(message)), (public, signature))
            self.assertTrue(check.ed25519_verify(public, message, signature))
            self.assertFalse(check.ed25519_verify(public, message + b"x", signature))
            for place in (0, 31, 32, 63):
                other = bytearray(signature)
                other[place] ^= 1
                self.assertFalse(check.ed25519_verify(public, message, bytes(other)))

    def test_a_second_form_of_the_same_signature_is_refused(self):
        signature = SIGNER.sign(b"m")
        s = int.from_bytes(signature[32:], "little") + check.L
        self.assertFalse(check.ed25519_verify(SIGNER.public, b"m", signature[:32] + s.to_bytes(32, "little")))
        self.assertFalse(check.ed25519_verify(b"\xff" * 32, b"m", signature))
        self.assertFalse(check.ed25519_verify(SIGNER.public, b"m", signature[:-1]))


class Notes(unittest.TestCase):
    def test_the_example_of_the_go_library(self):
        key = check.Key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", check.LOG_KEY)
        note = ("If you think cryptography is the answer to your problem,\n"
                "then you don't know what your problem is.\n\n\u2014 PeterNeumann "
                "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n")
        self.assertIsNone(key.check(*check.parse_note(note)))
        with self.assertRaisesRegex(check.Wrong, "wrong"):
            key.check(*check.parse_note(note.replace("answer", "problem")))

    def test_keys_that_are_no_keys(self):
        good = SIGNER.vkey
        for bad in ("", "a+b", good.replace("records", "recordz"), good[:-4], good + "A", "a b" + good,
                    Signer(bytes(32), use=check.WITNESS_KEY).vkey):
            with self.assertRaises(check.Unreadable, msg=bad):
                check.Key(bad, check.LOG_KEY)

    def test_what_is_no_checkpoint(self):
        good = checkpoint(3, bytes(32))
        self.assertEqual(check.open_checkpoint(good, SIGNER.vkey), (ORIGIN, 3, bytes(32)))
        for bad in ("", "x", good[:-1], good.replace("\n3\n", "\n03\n"), good.replace("\n3\n", "\n-3\n"),
                    good.replace("\n\n", "\n"), good.replace("\n", "\r\n"), good.replace("AAA=", "AAB="),
                    good.replace("\u2014", "-"), good + "\n"):
            with self.assertRaises(check.Unreadable, msg=bad):
                check.open_checkpoint(bad, SIGNER.vkey)
        with self.assertRaises(check.Wrong):
            check.open_checkpoint(good, Signer(b"x" * 32).vkey)
        with self.assertRaises(check.Wrong):
            check.open_checkpoint(checkpoint(3, bytes(32), origin="other.example.org"), SIGNER.vkey)

    def test_a_cosignature_carries_its_time(self):
        witness = Signer(b"w" * 32, "witness.example.org", check.WITNESS_KEY)
        note = checkpoint(3, bytes(32))
        text = check.parse_note(note)[0]
        time = 1679315147
        signed = witness.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        note += witness.line(time.to_bytes(8, "big") + signed)
        key = check.Key(witness.vkey, check.WITNESS_KEY)
        self.assertEqual(key.check(*check.parse_note(note)), time)
        with self.assertRaises(check.Wrong):
            key.check(*check.parse_note(note.replace("\n3\n", "\n4\n")))


class Trees(unittest.TestCase):
    def test_trees_that_can_be_written_out(self):
        a, b, c, d, e = (check.leaf_hash(letter) for letter in (b"a", b"b", b"c", b"d", b"e"))
        self.assertEqual(a, sha256(b"\0a"))
        self.assertEqual(check.tree_hash([]), sha256(b""))
        self.assertEqual(check.tree_hash([a]), a)
        ab, cd = sha256(b"\1" + a + b), sha256(b"\1" + c + d)
        self.assertEqual(check.tree_hash([a, b, c]), sha256(b"\1" + ab + c))
        abcd = sha256(b"\1" + ab + cd)
        self.assertEqual(check.tree_hash([a, b, c, d, e]), sha256(b"\1" + abcd + e))
        self.assertEqual(check.root_from_proof(c, 2, 5, [d, ab, e]), sha256(b"\1" + abcd + e))
        self.assertEqual(check.root_from_proof(e, 4, 5, [abcd]), sha256(b"\1" + abcd + e))
        self.assertEqual(check.root_from_proof(a, 0, 1, []), a)
        for index, size, proof in ((2, 5, [d, ab]), (2, 5, [d, ab, e, e]), (5, 5, [a]), (0, 0, []), (-1, 5, [abcd])):
            self.assertIsNone(check.root_from_proof(c, index, size, proof))

    def test_paths_are_those_of_the_specification(self):
        self.assertEqual(check.tile_path(0, 1234067, 256), "tile/0/x001/x234/067")
        self.assertEqual(check.tile_path(1, 0, 5), "tile/1/000.p/5")
        self.assertEqual(check.tile_path("entries", 1000, 7), "tile/entries/x001/000.p/7")

    def test_the_tiles_of_70000_entries(self):
        """The example of C2SP tlog-tiles."""
        count = {level: check.tiles_of(70000 // 256**level) for level in range(4)}
        self.assertEqual((len(count[0]), count[0][-1]), (274, (273, 112)))
        self.assertEqual((count[1], count[2], count[3]), ([(0, 256), (1, 17)], [(0, 1)], []))


class Ledgers(unittest.TestCase):
    def test_ledgers_of_many_sizes_are_right(self):
        for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 700):
            source = Memory(leaves_of(size))
            origin, found, tiles, kinds, times = check.check_ledger(source, SIGNER.vkey)
            self.assertEqual((origin, found, times), (ORIGIN, size, {}))
            self.assertEqual(kinds["clip.sealed"], (size + 2) // 3)
            self.assertEqual(sum(kinds.values()), size)
            self.assertEqual(tiles, sum(path.startswith("tile/") for path in source.files) - -(-size // 256))

    def test_a_full_tile_serves_where_the_partial_one_is_gone(self):
        source, older = Memory(leaves_of(512)), Memory(leaves_of(300))
        source.files["checkpoint"] = older.files["checkpoint"]
        source.files["tile/1/000.p/1"] = older.files["tile/1/000.p/1"]
        self.assertEqual(check.check_ledger(source, SIGNER.vkey)[1], 300)

    def test_any_byte_that_is_changed_is_found(self):
        for path, good in Memory(leaves_of(260)).files.items():
            for place in {0, 1, 2, len(good) // 2, len(good) - 1}:
                source = Memory(leaves_of(260))
                data = bytearray(good)
                data[place] ^= 1
                source.files[path] = bytes(data)
                with self.assertRaises((check.Wrong, check.Unreadable), msg=f"{path} at {place}"):
                    check.check_ledger(source, SIGNER.vkey)

    def test_anything_that_is_missing_or_cut_or_longer_is_found(self):
        for path in Memory(leaves_of(260)).files:
            for change in (lambda data: None, lambda data: data[:-1], lambda data: b"", lambda data: data + b"\0"):
                source = Memory(leaves_of(260))
                source.files[path] = change(source.files[path])
                with self.assertRaises((check.Wrong, check.Unreadable), msg=path):
                    check.check_ledger(source, SIGNER.vkey)

    def test_entries_that_are_swapped_left_out_or_not_leaves_are_found(self):
        honest = leaves_of(10)
        note = Memory(honest).files["checkpoint"].decode()
        for entries in (honest[:9] + [leaf(99)], honest[1:2] + honest[:1] + honest[2:], honest[:9]):
            with self.assertRaises(check.Wrong):
                check.check_ledger(Memory(entries, note), SIGNER.vkey)
        for odd in (b"hello", leaf(1, "clip.other"), leaf(1) + b" ", b'{"v":1,"kind":"custody","commitment":"AAAA"}'):
            with self.assertRaisesRegex(check.Wrong, "form of a leaf"):
                check.check_ledger(Memory([odd]), SIGNER.vkey)

    def test_a_ledger_that_another_key_signed_is_wrong(self):
        with self.assertRaisesRegex(check.Wrong, "no signature"):
            check.check_ledger(Memory(leaves_of(3)), Signer(b"x" * 32).vkey)


class CommandLine(unittest.TestCase):
    def run_main(self, *words):
        out = io.StringIO()
        with mock.patch.object(sys, "argv", ["check_ledger.py", *words]), contextlib.redirect_stdout(out):
            return check.main(), out.getvalue()

    def test_a_folder_is_checked_and_its_kinds_are_counted(self):
        with tempfile.TemporaryDirectory() as folder:
            for path, data in Memory(leaves_of(300)).files.items():
                full = os.path.join(folder, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "wb") as file:
                    file.write(data)
            status, text = self.run_main("--dir", folder, "--key", SIGNER.vkey)
            self.assertEqual(status, 0)
            self.assertRegex(text, r"(?m)^ +100 clip\.sealed$")
            self.assertRegex(text, r"(?m)^ +200 custody$")
            os.remove(os.path.join(folder, "tile", "0", "000"))
            status, text = self.run_main("--dir", folder, "--key", SIGNER.vkey)
            self.assertEqual((status, text.strip()), (1, "wrong: tile/0/000 is not there"))

    def test_a_ledger_is_read_from_its_address(self):
        files = Memory(leaves_of(300)).files

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = files.get(self.path.removeprefix("/ledger/"))
                self.send_response(404 if data is None else 200)
                # C2SP tlog-tiles lets a ledger compress bundles of entries.
                if data is not None and "/entries/" in self.path:
                    data = gzip.compress(data)
                    self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        words = "--url", f"http://127.0.0.1:{server.server_port}/ledger/", "--key", SIGNER.vkey
        self.assertEqual(self.run_main(*words)[0], 0)
        del files["tile/entries/001.p/44"]
        self.assertEqual(self.run_main(*words), (1, "wrong: tile/entries/001.p/44 is not there\n"))

    def test_an_empty_folder_lets_nothing_be_said(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_main("--dir", folder, "--key", SIGNER.vkey)[0], 1)


class Receipts(unittest.TestCase):
    FILE = b"the bytes of a clip"

    def receipt(self, **changes):
        facts = {"v": 1, "at": 1700000000000000, "kind": "clip.sealed", "subject": "clip-1", "actor": "dock",
                 "reason": "received", "sha256": hashlib.sha256(self.FILE).hexdigest(), "size": len(self.FILE),
                 "recording_id": "rec-1"} | changes
        entry = check.canonical({name: value for name, value in facts.items() if value is not None})
        salt = bytes(range(32))
        commitment = base64.b64encode(sha256(salt + entry.encode())).decode()
        own = check.leaf_hash(f'{{"v":1,"kind":"clip.sealed","commitment":"{commitment}"}}'.encode())
        a, b = check.leaf_hash(leaf(0)), check.leaf_hash(leaf(1))
        # Three entries, ours the second: the path is the first, then the third.
        return {"recording_id": "rec-1", "clip_id": "clip-1", "sha256": hashlib.sha256(self.FILE).hexdigest(),
                "size": len(self.FILE), "entry": entry, "salt": base64.b64encode(salt).decode(), "index": 1,
                "proof": [base64.b64encode(hash).decode() for hash in (a, b)],
                "checkpoint": checkpoint(3, check.tree_hash([a, own, b]))}

    def verdict(self, receipt, file=None, key=SIGNER.vkey):
        return check.verify_receipt(json.dumps(receipt), file or self.FILE, key)

    def test_an_honest_receipt(self):
        self.assertEqual(self.verdict(self.receipt())[0], "true")
        verdict, why = self.verdict(self.receipt(), key=None)
        self.assertEqual(verdict, "true")
        self.assertIn("NOT CHECKED", why)
        self.assertEqual(self.verdict(self.receipt() | {"later": [1.5]})[0], "true")
        self.assertEqual(self.verdict(self.receipt(recording_id=None))[0], "true")

    def test_another_file_clip_recording_or_kind_is_false(self):
        self.assertEqual(self.verdict(self.receipt(), b"another")[0], "false")
        for change in ({"subject": "clip-2"}, {"recording_id": "rec-2"}, {"kind": "exported"}, {"size": 1},
                       {"sha256": "0" * 64}, {"sha256": None}, {"v": 2}, {"size": True}):
            self.assertEqual(self.verdict(self.receipt(**change))[0], "false", change)

    def test_a_changed_proof_index_salt_or_checkpoint_is_not_true(self):
        good = self.receipt()
        zeros = base64.b64encode(bytes(32)).decode()
        for change in ({"index": 0}, {"index": 3}, {"proof": good["proof"][:1]},
                       {"proof": good["proof"] + [zeros]}, {"proof": [zeros, zeros]}, {"salt": zeros},
                       {"checkpoint": good["checkpoint"].replace("\n3\n", "\n4\n")}, {"clip_id": "clip-2"},
                       {"recording_id": "rec-2"}, {"size": 3}, {"entry": good["entry"].replace("dock", "duck")}):
            self.assertEqual(self.verdict(good | change)[0], "false", change)
        self.assertEqual(self.verdict(good, key=Signer(b"x" * 32).vkey)[0], "false")

    def test_what_cannot_be_read_lets_nothing_be_said(self):
        good = self.receipt()
        for change in ({"salt": "?"}, {"entry": good["entry"] + " "}, {"entry": "[]"}, {"proof": ["?"]},
                       {"checkpoint": "?"}, {"checkpoint": None}, {"proof": None}, {"index": None}, {"index": -1},
                       {"index": True}, {"sha256": "x"}, {"clip_id": None},
                       {"entry": good["entry"].replace('"size":19', '"size":19,"size":19')}):
            self.assertEqual(self.verdict(good | change)[0], "cannot say", change)
        self.assertEqual(self.verdict(good, key="nonsense")[0], "cannot say")
        self.assertEqual(check.verify_receipt("{", self.FILE)[0], "cannot say")
        self.assertEqual(check.verify_receipt(json.dumps(good), "/nonexistent/file")[0], "cannot say")

    def test_order_is_by_utf_16(self):
        self.assertEqual(check.canonical({"\ufb33": 1, "\U0001f600": 2, "\r": 3, "a": ["\x0f\x7f/\""]}),
                         '{"\\r":3,"a":["\\u000f\x7f/\\""],"\U0001f600":2,"\ufb33":1}')


if __name__ == "__main__":
    unittest.main()
