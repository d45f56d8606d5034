"""The tus door: tuspy as a real client, and every rule of the protocol word by word.

The rules are those of tus 1.0.0 (core, creation, creation-with-upload, checksum, expiration, termination)
and of the contract on taking recordings in.
"""

import contextlib
import email.utils
import hashlib
import os
import time
import unittest

from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

import clients
import footage
from case import CustodyCase
from clients import STREAM, Tus, checksum, cut, new_camera, tus_metadata

MEBI = 1 << 20
AT_ONCE = 10.0  # seconds: far below the minutes for which some servers answer 423, far above a slow disk


class Tuspy(CustodyCase):
    """tuspy as its users write it."""

    def uploader(self, file, camera, **more):
        client = TusClient(self.tus.url, headers={"Authorization": f"Bearer {self.tus.token}"})
        return client.uploader(str(file), metadata=tus_metadata(camera, file.name), **more)

    def test_every_kind_of_recording_arrives_whole_and_proved(self):
        for codec, form, sound in footage.FORMS:
            with self.subTest(codec=codec, form=form, sound=sound):
                camera, file = new_camera(), footage.clip(codec, form, sound)
                self.uploader(file, camera).upload()
                recording, clip = self.assert_kept(file, camera)
                self.assertEqual(clip["name"], file.name)
                self.assertEqual(recording["officer_id"], "star-4711")
                sent = tus_metadata(camera)
                for name in ("started_at", "activated_at", "stopped_at"):
                    self.assertEqual(clients.instant(recording[name]), clients.instant(sent[name]), name)
                self.assert_proved(file, clip)

    def test_chunks_with_sha1_checksums(self):
        camera, file = new_camera(), footage.noise(3 * MEBI + 17)
        self.uploader(file, camera, chunk_size=MEBI, upload_checksum=True).upload()
        self.assert_kept(file, camera, state="unreadable")

    def test_an_empty_clip_is_evidence(self):
        camera, file = new_camera(), footage.empty()
        self.uploader(file, camera).upload()
        _, clip = self.assert_kept(file, camera, state="unreadable")
        self.assertEqual(clip["sha256"], hashlib.sha256().hexdigest())
        self.assert_proved(file, clip)

    def test_a_truncated_clip_is_evidence(self):
        for form in ("mp4", "mkv"):
            with self.subTest(form=form):
                camera, file = new_camera(), footage.truncated(form)
                self.uploader(file, camera).upload()
                recording = self.api.settled(camera)[0]
                self.assertIn(recording["state"], ("complete", "unreadable"))
                self.assert_original(file, recording["clips"][0])
                self.assert_proved(file, recording["clips"][0])

    def test_resumes_where_it_was_interrupted(self):
        camera, file = new_camera(), footage.noise(5 * MEBI + 3)
        first = self.uploader(file, camera, chunk_size=MEBI)
        first.upload(stop_at=2 * MEBI)
        second = TusClient(self.tus.url, headers={"Authorization": f"Bearer {self.tus.token}"}).uploader(
            str(file), url=first.url, chunk_size=MEBI
        )
        self.assertEqual(second.offset, 2 * MEBI)
        second.upload()
        self.assert_kept(file, camera, state="unreadable")

    def test_a_wrong_token_is_refused(self):
        client = TusClient(self.tus.url, headers={"Authorization": "Bearer nobody"})
        with self.assertRaises(TusCommunicationError) as refused:
            client.uploader(str(footage.clip()), metadata=tus_metadata(new_camera())).upload()
        self.assertEqual(refused.exception.status_code, 401)

    def test_a_reader_cannot_upload(self):
        client = TusClient(
            self.tus.url, headers={"Authorization": f"Bearer {self.department.token('reader')}"}
        )
        with self.assertRaises((TusCommunicationError, TusUploadFailed)) as refused:
            client.uploader(str(footage.clip()), metadata=tus_metadata(new_camera())).upload()
        self.assertEqual(refused.exception.status_code, 403)


class Protocol(CustodyCase):
    """What the protocol asks of a server, request by request."""

    def created(self, length, camera=None, **more):
        answer, url = self.tus.create(length, tus_metadata(camera or new_camera()), **more)
        self.assert_status(201, answer)
        self.assertIsNotNone(url, f"no Location\n{answer}")
        return url

    def test_options_say_what_the_server_can(self):
        answer = self.tus.request("OPTIONS", headers={"Tus-Resumable": None})
        self.assert_status((200, 204), answer)
        self.assertIn("1.0.0", answer.headers["tus-version"].split(","))
        self.assertEqual(answer.headers["tus-resumable"], "1.0.0")
        extensions = set(answer.headers["tus-extension"].replace(" ", "").split(","))
        promised = {"creation", "creation-with-upload", "checksum", "expiration", "termination"}
        self.assertLessEqual(promised, extensions)
        algorithms = set(answer.headers["tus-checksum-algorithm"].replace(" ", "").split(","))
        self.assertLessEqual({"sha1", "sha256"}, algorithms)
        if "tus-max-size" in answer.headers:
            self.assertGreaterEqual(int(answer.headers["tus-max-size"]), 100 * 10**9)

    def test_creation_and_patches(self):
        camera, file = new_camera(), footage.noise(100_000)
        body = file.read_bytes()
        answer, url = self.tus.create(len(body), tus_metadata(camera, file.name))
        self.assert_status(201, answer)
        self.assertEqual(answer.headers["tus-resumable"], "1.0.0")
        head = self.tus.head(url)
        self.assert_status((200, 204), head)
        self.assertEqual(head.offset, 0)
        self.assertEqual(int(head.headers["upload-length"]), len(body))
        self.assertIn("no-store", head.headers["cache-control"])
        offset = 0
        for size in (1, 0, 40_000, 59_999):
            done = self.tus.patch(url, offset, body[offset : offset + size])
            self.assert_status(204, done)
            offset += size
            self.assertEqual(done.offset, offset)
            self.assertEqual(self.tus.head(url).offset, offset)
        self.assert_kept(file, camera, state="unreadable")

    def test_creation_with_upload(self):
        camera, file = new_camera(), footage.clip()
        body = file.read_bytes()
        answer, url = self.tus.create(len(body), tus_metadata(camera, file.name), body)
        self.assert_status(201, answer)
        self.assertEqual(answer.offset, len(body))
        self.assertEqual(self.tus.head(url).offset, len(body))
        self.assert_kept(file, camera)

    def test_creation_with_a_part_and_a_patch_with_the_rest(self):
        camera, file = new_camera(), footage.clip(form="mkv")
        body = file.read_bytes()
        answer, url = self.tus.create(len(body), tus_metadata(camera, file.name), body[:1000])
        self.assert_status(201, answer)
        self.assertEqual(answer.offset, 1000)
        self.assert_status(204, self.tus.patch(url, 1000, body[1000:]))
        self.assert_kept(file, camera)

    def test_an_upload_of_length_nought_is_complete_when_created(self):
        camera = new_camera()
        url = self.created(0, camera)
        self.assertEqual(self.tus.head(url).offset, 0)
        clip = self.api.settled(camera)[0]["clips"][0]
        self.assertEqual((clip["size"], clip["sha256"]), (0, hashlib.sha256().hexdigest()))

    def test_a_wrong_offset_is_a_conflict_and_changes_nothing(self):
        url = self.created(1000)
        self.assert_status(204, self.tus.patch(url, 0, bytes(400)))
        for wrong in (0, 399, 401, 1000):
            self.assert_status(409, self.tus.patch(url, wrong, bytes(100)), f"offset {wrong}")
        self.assertEqual(self.tus.head(url).offset, 400)

    def test_offsets_that_are_no_numbers_are_refused(self):
        url = self.created(1000)
        for wrong in ("-1", "x", "", "99999999999999999999999", "1e3"):
            self.assert_status((400, 409), self.tus.patch(url, wrong, bytes(100)), f"offset {wrong!r}")
        without = self.tus.request("PATCH", url, {"Content-Type": STREAM}, bytes(100))
        self.assert_status(400, without)
        self.assertEqual(self.tus.head(url).offset, 0)

    def test_more_bytes_than_announced_are_refused(self):
        url = self.created(1000)
        self.assert_status((400, 413), self.tus.patch(url, 0, bytes(1001)))
        self.assertLessEqual(self.tus.head(url).offset, 1000)

    def test_lengths_that_cannot_be_are_refused(self):
        for wrong in ("-1", "x", "", "1.5", "99999999999999999999999"):
            answer, _ = self.tus.create(wrong, tus_metadata(new_camera()))
            self.assert_status((400, 413), answer, f"length {wrong!r}")
        answer, _ = self.tus.create(0, tus_metadata(new_camera()), headers={"Upload-Length": None})
        self.assert_status(400, answer, "no length")

    def test_more_than_the_server_takes_is_too_large(self):
        answer, _ = self.tus.create(10**15, tus_metadata(new_camera()))
        self.assert_status(413, answer)

    def test_metadata_that_cannot_be_read_is_refused(self):
        for wrong in ("filename not-base64!", "filename YQ==,filename YQ==", "camera_serial /w=="):
            answer, _ = self.tus.create(10, {}, headers={"Upload-Metadata": wrong})
            self.assert_status(400, answer, wrong)

    def test_checksums(self):
        body = os.urandom(50_000)
        for algorithm in ("sha1", "sha256"):
            with self.subTest(algorithm=algorithm):
                url = self.created(len(body))
                good = checksum(algorithm, hashlib.new(algorithm, body[:20_000]).digest())
                bad = checksum(algorithm, hashlib.new(algorithm, b"something else").digest())
                self.assert_status(460, self.tus.patch(url, 0, body[:20_000], bad))
                self.assertEqual(
                    self.tus.head(url).offset, 0, "bytes with a wrong checksum must be thrown away"
                )
                self.assert_status(204, self.tus.patch(url, 0, body[:20_000], good))
                self.assert_status(460, self.tus.patch(url, 20_000, body[20_000:], bad))
                self.assertEqual(self.tus.head(url).offset, 20_000)

    def test_bytes_thrown_away_for_their_checksum_are_not_in_the_clip(self):
        camera, file = new_camera(), footage.noise(3 * MEBI)
        body = file.read_bytes()
        url = self.created(len(body), camera)
        bad = checksum("sha256", hashlib.sha256(b"").digest())
        self.assert_status(460, self.tus.patch(url, 0, bytes(2 * MEBI), bad))
        self.assert_status(204, self.tus.patch(url, 0, body))
        self.assert_kept(file, camera, state="unreadable")

    def test_a_checksum_at_creation_is_checked(self):
        body = os.urandom(5000)
        answer, url = self.tus.create(
            len(body), tus_metadata(new_camera()), body, checksum("sha1", hashlib.sha1(b"").digest())
        )
        self.assert_status(460, answer)
        if url:
            self.assertEqual(self.tus.head(url).offset, 0)

    def test_checksums_that_cannot_be_checked_are_refused(self):
        url = self.created(100)
        for wrong in ("md4 AAAA", "sha1", "sha1 !!!", "sha1 AAAA", ""):
            answer = self.tus.patch(url, 0, bytes(100), {"Upload-Checksum": wrong})
            self.assert_status((400, 460), answer, f"checksum {wrong!r}")
        self.assertEqual(self.tus.head(url).offset, 0)

    def test_an_unfinished_upload_says_when_it_expires(self):
        answer, url = self.tus.create(1000, tus_metadata(new_camera()))
        patched = self.tus.patch(url, 0, bytes(10))
        for said in (answer, patched):
            expires = email.utils.parsedate_to_datetime(said.headers["upload-expires"]).timestamp()
            self.assertGreater(expires, time.time() + 3600)

    def test_termination(self):
        camera = new_camera()
        url = self.created(1000, camera)
        self.tus.patch(url, 0, bytes(500))
        self.assert_status(204, self.tus.delete(url))
        self.assert_status((404, 410), self.tus.head(url))
        self.assert_status((404, 410), self.tus.patch(url, 500, bytes(500)))
        self.assert_status((404, 410), self.tus.delete(url))
        kept = [
            clip
            for item in self.api.recordings(camera=camera)
            for clip in item["clips"]
            if clip.get("sha256")
        ]
        self.assertEqual(kept, [])

    def test_termination_cannot_destroy_sealed_evidence(self):
        camera, file = new_camera(), footage.clip()
        body = file.read_bytes()
        _, url = self.tus.create(len(body), tus_metadata(camera, file.name), body)
        self.assert_kept(file, camera)
        self.assert_status((403, 404, 405, 409, 410), self.tus.delete(url))
        self.assert_kept(file, camera)

    def test_the_wrong_content_type(self):
        url = self.created(100)
        for wrong in ("application/octet-stream", "text/plain", None):
            self.assert_status(415, self.tus.patch(url, 0, bytes(100), {"Content-Type": wrong}), str(wrong))
        self.assertEqual(self.tus.head(url).offset, 0)

    def test_another_version_of_the_protocol(self):
        url = self.created(100)
        for version in (None, "0.2.2", "2.0.0"):
            with self.subTest(version=version):
                said = {"Tus-Resumable": version}
                patched = self.tus.patch(url, 0, bytes(100), said)
                self.assert_status(412, patched)
                self.assertIn("1.0.0", patched.headers["tus-version"])
                created, _ = self.tus.create(10, tus_metadata(new_camera()), headers=said)
                self.assert_status(412, created)
        self.assertEqual(self.tus.head(url).offset, 0)

    def test_the_method_can_be_overridden(self):
        url = self.created(100)
        headers = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": STREAM}
        self.assert_status(204, self.tus.request("POST", url, headers, bytes(100)))

    def test_uploads_that_do_not_exist(self):
        for name in ("0" * 32, "00000000-0000-0000-0000-000000000000", "x", "..%2f..%2fetc%2fpasswd"):
            url = f"{self.tus.url}/{name}"
            self.assert_status((400, 404, 410), self.tus.head(url), name)
            self.assert_status((400, 404, 410), self.tus.patch(url, 0, b"x"), name)

    def test_a_finished_upload_takes_no_more(self):
        camera, file = new_camera(), footage.clip()
        body = file.read_bytes()
        _, url = self.tus.create(len(body), tus_metadata(camera, file.name), body)
        self.assert_status((400, 403, 404, 409, 410, 413), self.tus.patch(url, len(body), b"more"))
        self.assert_status((403, 404, 409, 410), self.tus.patch(url, 0, body))
        self.assert_kept(file, camera)

    def test_without_a_token_nothing_is_said(self):
        url = self.created(100)
        nobody = Tus(self.department.base_url, "nobody")
        for method in ("HEAD", "PATCH", "DELETE"):
            answer = nobody.request(method, url, {"Upload-Offset": "0", "Content-Type": STREAM})
            self.assert_status(401, answer, method)
            self.assert_status(401, nobody.request(method, url, {"Authorization": None}), method)
        self.assert_status(401, nobody.create(10, tus_metadata(new_camera()))[0])

    def test_one_principal_cannot_see_anothers_upload(self):
        url = self.created(100)
        other = Tus(self.department.base_url, self.department.new_token("intake"))
        self.assert_status(404, other.head(url))
        self.assert_status(404, other.patch(url, 0, bytes(100)))
        self.assert_status(404, other.delete(url))
        self.assertEqual(self.tus.head(url).offset, 0)


class Again(CustodyCase):
    """What is recognised as the same clip, and what is evidence of its own."""

    def sent(self, file, camera, tus=None, **more):
        body = file.read_bytes()
        answer, url = (tus or self.tus).create(len(body), tus_metadata(camera, file.name, **more), body)
        self.assert_status(201, answer)
        self.assertEqual(answer.offset, len(body))
        return url

    def test_the_same_clip_again_is_acknowledged_and_not_stored_twice(self):
        camera, file = new_camera(), footage.clip()
        self.sent(file, camera)
        _, clip = self.assert_kept(file, camera)
        self.sent(file, camera)
        _, again = self.assert_kept(file, camera)
        self.assertEqual(clip["id"], again["id"])

    def test_the_same_clip_again_in_pieces(self):
        camera, file = new_camera(), footage.clip()
        self.sent(file, camera)
        self.assert_kept(file, camera)
        body = file.read_bytes()
        _, url = self.tus.create(len(body), tus_metadata(camera, file.name))
        self.assert_status(204, self.tus.patch(url, 0, body[:5000]))
        self.assert_status(204, self.tus.patch(url, 5000, body[5000:]))
        self.assert_kept(file, camera)

    def test_the_same_bytes_of_another_camera_are_their_own_evidence(self):
        first, second, file = new_camera(), new_camera(), footage.clip()
        self.sent(file, first)
        self.sent(file, second)
        one, other = self.assert_kept(file, first)[1], self.assert_kept(file, second)[1]
        self.assertNotEqual(one["id"], other["id"])

    def test_the_same_bytes_of_another_recording_are_their_own_evidence(self):
        camera, file = new_camera(), footage.clip()
        self.sent(file, camera)
        self.sent(file, camera, started=clients.instant("2026-09-15T08:00:00Z"))
        found = self.api.settled(camera, clips=2, recordings=2)
        self.assertEqual({clip["sha256"] for item in found for clip in item["clips"]}, {footage.sha256(file)})

    def test_the_same_bytes_from_another_principal_are_their_own_evidence(self):
        camera, file = new_camera(), footage.clip()
        self.sent(file, camera)
        self.sent(file, camera, Tus(self.department.base_url, self.department.new_token("intake")))

        def both(found):
            return [clip.get("sha256") for item in found for clip in item["clips"]] == [
                footage.sha256(file)
            ] * 2

        found = self.api.wait_for(both, camera=camera)
        self.assertEqual(len({clip["id"] for item in found for clip in item["clips"]}), 2)


class Interruptions(CustodyCase):
    """Connections that die, and clients that come back at once."""

    SIZE = 24 * MEBI
    SENT = 13 * MEBI + 5

    def setUp(self):
        self.camera, self.file = new_camera(), footage.noise(self.SIZE)
        self.addCleanup(self.file.unlink)
        self.body = self.file.read_bytes()
        answer, self.url = self.tus.create(self.SIZE, tus_metadata(self.camera, self.file.name))
        self.assert_status(201, answer)

    def come_back(self):
        """HEAD at once; where the server stands."""
        asked = time.monotonic()
        head = self.tus.head(self.url)
        self.assert_status((200, 204), head, "no 423, no waiting")
        self.assertLess(time.monotonic() - asked, AT_ONCE)
        return head.offset

    def test_a_connection_cut_in_the_middle_of_a_patch(self):
        line = self.tus.half_patch(self.url, 0, self.SIZE, self.body[: self.SENT])
        time.sleep(0.3)
        cut(line)
        offset = self.come_back()
        self.assertGreater(offset, 0)
        self.assertLessEqual(offset, self.SENT)
        self.assert_status(204, self.tus.patch(self.url, offset, self.body[offset:]))
        self.assert_kept(self.file, self.camera, state="unreadable")

    def test_a_dead_connection_that_still_looks_open(self):
        line = self.tus.half_patch(self.url, 0, self.SIZE, self.body[: self.SENT])
        self.addCleanup(line.close)
        time.sleep(0.3)
        offset = self.come_back()
        self.assertLessEqual(offset, self.SENT)
        self.assert_status(204, self.tus.patch(self.url, offset, self.body[offset:]))
        self.assert_kept(self.file, self.camera, state="unreadable")

    def test_late_bytes_of_an_old_connection_change_nothing(self):
        line = self.tus.half_patch(self.url, 0, self.SIZE, self.body[: self.SENT])
        self.addCleanup(line.close)
        time.sleep(0.3)
        offset = self.come_back()
        middle = offset + (self.SIZE - offset) // 2
        self.assert_status(204, self.tus.patch(self.url, offset, self.body[offset:middle]))
        with contextlib.suppress(OSError):  # the server has hung up on it, as it may
            line.sendall(bytes(self.SIZE - self.SENT))
        time.sleep(0.3)
        self.assertEqual(self.come_back(), middle)
        self.assert_status(204, self.tus.patch(self.url, middle, self.body[middle:]))
        self.assert_kept(self.file, self.camera, state="unreadable")

    def test_many_interruptions(self):
        offset, rounds = 0, 0
        while offset < self.SIZE and rounds < 40:
            send = self.body[offset : offset + 3 * MEBI]
            if offset + len(send) == self.SIZE:
                self.assert_status(204, self.tus.patch(self.url, offset, send))
                break
            line = self.tus.half_patch(self.url, offset, self.SIZE - offset, send)
            time.sleep(0.05)
            cut(line)
            there = self.come_back()
            self.assertGreaterEqual(there, offset, "what was acknowledged cannot go back")
            self.assertLessEqual(there, offset + len(send))
            offset, rounds = there, rounds + 1
        self.assertLess(rounds, 40, "the upload does not get on")
        self.assert_kept(self.file, self.camera, state="unreadable")

    def test_what_was_acknowledged_survives_an_orderly_restart(self):
        self.assert_status(204, self.tus.patch(self.url, 0, self.body[: self.SENT]))
        self.department.node.restart()
        self.assertEqual(self.come_back(), self.SENT)
        self.assert_status(204, self.tus.patch(self.url, self.SENT, self.body[self.SENT :]))
        self.assert_kept(self.file, self.camera, state="unreadable")

    def test_an_orderly_stop_does_not_wait_for_a_dead_client(self):
        line = self.tus.half_patch(self.url, 0, self.SIZE, self.body[: self.SENT])
        self.addCleanup(line.close)
        self.assertEqual(self.department.node.stop(), 0)
        self.department.node.start()
        offset = self.come_back()
        self.assert_status(204, self.tus.patch(self.url, offset, self.body[offset:]))
        self.assert_kept(self.file, self.camera, state="unreadable")


if __name__ == "__main__":
    unittest.main()
