"""The Axis door: python-swiftclient as a body-worn system, and every answer that its table promises."""

import base64
import hashlib
import json
import os
import socket
import ssl
import subprocess
import time
import unittest
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import requests
import swiftclient

import clients
import footage
from axis import BodyWornSystem, answers, headers, trail
from case import CustodyCase

TRIGGER = datetime(2026, 9, 14, 13, 41, 7, tzinfo=UTC)


class AxisCase(CustodyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection_file = cls.department.connection_file(cls.department.base_url)

    def system(self):
        return BodyWornSystem(self.connection_file).introduce()

    def raw(self, method, path, token=None, **more):
        """A request that no well-behaved client makes. `path` follows the storage address."""
        bws = BodyWornSystem(self.connection_file)
        url, good = bws.swift.get_auth()
        return requests.request(
            method,
            f"{url}{path}",
            headers={"X-Auth-Token": good if token is None else token},
            timeout=30,
            **more,
        )


class Session(AxisCase):
    """A whole session, from the connection file to the proof."""

    def test_the_connection_file(self):
        file = self.connection_file
        self.assertEqual(file["ConnectionFileVersion"], "1.0")
        self.assertLessEqual(len(file["AuthenticationTokenURI"]), 10)
        self.assertTrue(all(uri.endswith("/axis/auth/v1.0") for uri in file["AuthenticationTokenURI"]))
        for name, most in (
            ("SiteName", 64),
            ("ApplicationName", 256),
            ("ApplicationVersion", 64),
            ("BlobAPIKey", 64),
            ("BlobAPIUserName", 64),
        ):
            self.assertTrue(0 < len(file[name]) <= most, name)
        self.assertIsInstance(file["ContentDestinationAsNTPServer"], bool)
        self.assertIn(file["ContainerType"], ("mkv", "mp4"))
        self.assertNotIn(
            "HTTPSCertificate", file, "with an http:// address, for trials, there is no certificate"
        )
        self.assertLess(len(json.dumps(file)), 64_000)

    def test_capabilities_and_categories(self):
        swift = self.system().swift
        for name in ("Capabilities.json", "Categories.json"):
            said, body = swift.get_object("System", name)
            self.assertEqual(said["etag"].strip('"'), hashlib.md5(body).hexdigest(), name)
            json.loads(body)
        capabilities = json.loads(swift.get_object("System", "Capabilities.json")[1])
        store = {
            "StoreBookmarks",
            "StoreUserIDKey",
            "StoreSignedVideo",
            "StoreGNSSTrackRecording",
            "StoreRejectedContent",
        }
        self.assertIs(capabilities["Read"]["ReadCategories"], True)
        self.assertEqual(
            {name for name, able in capabilities["Store"].items() if able is True} & store, store
        )
        self.assertIs(capabilities["StoreAndRead"]["StoreReadSystemID"], True)

    def test_a_whole_session(self):
        bws = self.system()
        files = [
            footage.clip("h264", "mkv"),
            footage.clip("h265", "mkv"),
            footage.clip("h264", "mkv", sound=False),
        ]
        name, metadata = bws.recording(TRIGGER)
        self.assertEqual(bws.put_container(name, **metadata), 201)
        names = [bws.send(name, file, number) for number, file in enumerate(files)]
        self.bookmark_and_trail(bws, name)
        self.assertEqual(self.api.recordings(camera=bws.camera)[0]["state"], "receiving")
        self.assertEqual(bws.complete(name), 204)

        recording = self.api.settled(bws.camera, clips=len(files))[0]
        self.assertEqual(recording["state"], "complete")
        self.assertEqual(
            recording["officer_id"], bws.officer, "the officer's id is what the department calls the user"
        )
        for key, axis_key in (
            ("started_at", "StartTimeISO"),
            ("activated_at", "TriggerOnTimeISO"),
            ("stopped_at", "StopTimeISO"),
        ):
            self.assertEqual(clients.instant(recording[key]), clients.instant(metadata[axis_key]), key)
        kept = {clip["name"]: clip for clip in recording["clips"]}
        self.assertEqual(set(kept), set(names))
        for file, clip_name in zip(files, names):
            self.assertEqual(kept[clip_name]["sha256"], footage.sha256(file))
            self.assert_original(file, kept[clip_name])
            self.assert_proved(file, kept[clip_name])

    def bookmark_and_trail(self, bws, container):
        marked = clients.iso(TRIGGER)
        tags = {
            "Tags": "TriggerOn:Button;SomeTag:Sömething",
            "CategoryID": str(uuid.uuid4()),
            "CategoryName": "Unknown hier",
        }
        body = "Fußgänger läuft davon 🚓".encode()
        self.assertEqual(
            bws.put_object(
                container, "bookmark_20260914T134107Z_1", body, **tags, StartTime=marked, EndTime=marked
            ),
            201,
        )
        self.assertEqual(bws.put_object(container, "bookmark_20260914T134109Z_2", b"", StartTime=marked), 201)
        way = f"20260914_134037_a1b2_{bws.camera}_gpstrail.json"
        self.assertEqual(bws.put_object(container, way, trail(TRIGGER), FileType="json"), 201)
        self.assertEqual(
            bws.put_object(container, way.replace("a1b2", "c3d4"), b"{ not json", FileType="json"), 201
        )

    def test_over_tls_with_the_certificate_of_the_connection_file(self):
        file = self.department.connection_file(self.department.node.tls_url)
        pem = footage.folder() / "department.pem"
        pem.write_bytes(b"\n".join(base64.b64decode(one) for one in file["HTTPSCertificate"]))
        ssl.create_default_context(cafile=str(pem))
        bws = BodyWornSystem(file, cacert=str(pem)).introduce()
        recording, clip = bws.begin(), footage.clip(form="mkv")
        bws.send(recording, clip)
        bws.complete(recording)
        self.assert_kept(clip, bws.camera)

    def test_without_that_certificate_there_is_no_connection(self):
        file = self.department.connection_file(self.department.node.tls_url)
        with self.assertRaises((requests.exceptions.SSLError, swiftclient.ClientException)):
            BodyWornSystem(file).swift.get_auth()

    def test_ranges_of_the_original(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        container = bws.begin()
        bws.send(container, clip)
        bws.complete(container)
        kept = self.api.settled(bws.camera)[0]["clips"][0]
        whole = clip.read_bytes()
        size = len(whole)
        for asked, first, last in (
            ("0-0", 0, 0),
            ("100-299", 100, 299),
            (f"{size - 1}-", size - 1, size - 1),
            ("-500", size - 500, size - 1),
        ):
            answer = self.api.original(kept["id"], asked)
            self.assert_status(206, answer, asked)
            self.assertEqual(answer.content, whole[first : last + 1], asked)
            self.assertEqual(answer.headers["Content-Range"], f"bytes {first}-{last}/{size}")
        self.assert_status(416, self.api.original(kept["id"], f"{size}-"))

    def test_every_kind_of_clip(self):
        bws = self.system()
        files = [footage.clip(*form) for form in footage.FORMS] + [
            footage.truncated("mkv"),
            footage.truncated("mp4"),
            footage.empty("mkv"),
        ]
        container = bws.begin()
        for number, file in enumerate(files):
            bws.send(container, file, number)
        bws.complete(container)
        recording = self.api.settled(bws.camera, clips=len(files), patience=60)[0]
        by_digest = {clip["sha256"]: clip for clip in recording["clips"]}
        for file in files:
            with self.subTest(file=file.name):
                self.assert_original(file, by_digest[footage.sha256(file)])

    def test_a_clip_whose_length_is_not_announced(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        container = bws.begin()
        name, metadata = bws.clip()
        with open(clip, "rb") as contents:
            self.assertEqual(bws.put_object(container, name, contents, None, **metadata), 201)
        bws.complete(container)
        self.assert_kept(clip, bws.camera)

    def test_an_encrypted_clip(self):
        if not self.connection_file.get("PublicKey"):
            self.skipTest("this connection file asks for no encryption")
        plain, public = footage.clip(form="mkv"), footage.folder() / "public.pem"
        public.write_bytes(base64.b64decode(self.connection_file["PublicKey"]))
        key, iv, file = os.urandom(32), os.urandom(16), footage.folder() / "encrypted.mkv"
        subprocess.run(
            ["openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(), "-in", plain, "-out", file],
            check=True,
        )
        wrap = [
            "openssl",
            "pkeyutl",
            "-encrypt",
            "-pubin",
            "-inkey",
            public,
            "-pkeyopt",
            "rsa_padding_mode:oaep",
        ]
        wrapped = subprocess.run(wrap, input=key, check=True, capture_output=True).stdout
        bws = self.system()
        container = bws.begin()
        name = bws.send(container, file)
        body = {
            "EncryptedKey": base64.b64encode(wrapped).decode(),
            "ContentEncryptionIV": base64.b64encode(iv).decode(),
            "PublicKeyId": self.connection_file["PublicKeyId"],
        }
        self.assertEqual(
            bws.put_object(container, name.replace(".mkv", ".key"), json.dumps(body, indent=2)), 201
        )
        bws.complete(container)
        self.assert_kept(file, bws.camera)

    def test_rejected_content_is_never_refused(self):
        bws, clip = self.system(), footage.noise(10_000)
        for when in ("20260914T134107Z", "UnknownTime"):
            container = f"RejectedContent_{when}_{uuid.uuid4()}"
            self.assertEqual(
                bws.put_container(container, StartTime="never", StopTime="", BWCSerialNumber="nobody's"), 201
            )
            self.assertEqual(
                bws.put_object(container, "whatever it was called.bin", clip.read_bytes(), StartTime="x"), 201
            )
            self.assertEqual(bws.post_container(container, Status="Complete"), 204)

    def test_the_same_clip_again_is_not_stored_twice(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        container = bws.begin()
        bws.send(container, clip)
        bws.send(container, clip)
        bws.complete(container)
        self.assert_kept(clip, bws.camera)

    def test_the_same_bytes_in_another_recording_are_their_own_evidence(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        for day in (14, 15):
            trigger = datetime(2026, 9, day, 13, 41, 7, tzinfo=UTC)
            container = bws.begin(trigger_on=trigger)
            bws.send(container, clip, trigger_on=trigger)
            bws.complete(container)
        found = self.api.settled(bws.camera, clips=2, recordings=2)
        self.assertEqual([len(item["clips"]) for item in found], [1, 1])
        self.assertEqual({item["clips"][0]["sha256"] for item in found}, {footage.sha256(clip)})

    def test_other_bytes_under_the_same_name_replace_nothing(self):
        bws, first, second = self.system(), footage.clip(form="mkv"), footage.clip(form="mkv")
        container = bws.begin()
        bws.send(container, first)
        try:
            bws.send(container, second)
        except swiftclient.ClientException as refused:
            self.assertEqual(refused.http_status, 400)
        bws.complete(container)
        clips = self.api.wait_for(lambda found: found and found[0]["state"] == "complete", camera=bws.camera)[
            0
        ]["clips"]
        kept = {clip["sha256"]: clip for clip in clips}
        self.assertIn(footage.sha256(first), kept)
        self.assert_original(first, kept[footage.sha256(first)])


class Answers(AxisCase):
    """The table of requests and answers."""

    def test_wrong_credentials(self):
        bws = BodyWornSystem(self.connection_file)
        for wrong in ({"user": "nobody"}, {"key": "wrong"}):
            with answers(401):
                bws.connect(**wrong).get_auth()
        address = self.connection_file["AuthenticationTokenURI"][0]
        self.assert_status(401, requests.get(address, timeout=10))
        self.assert_status(
            401, requests.get(address, headers={"X-Auth-User": bws.file["BlobAPIUserName"]}, timeout=10)
        )

    def test_no_request_works_without_a_good_token(self):
        requests_ = [
            ("GET", "/System/Capabilities.json"),
            ("GET", "/Users"),
            ("HEAD", "/Users"),
            ("PUT", "/Users"),
            ("POST", "/Users"),
            ("PUT", "/Users/x"),
            ("POST", "/Users/x"),
            ("HEAD", "/Users/x"),
            ("DELETE", "/Users"),
            ("PUT", "/a/b/c"),
        ]
        for method, path in requests_:
            for token in ("", "wrong", "AUTH_tk00000000000000000000000000000000"):
                self.assert_status(401, self.raw(method, path, token), f"{method} {path} with {token!r}")

    def test_a_bad_token_is_refused_before_anything_is_read(self):
        url, _ = BodyWornSystem(self.connection_file).swift.get_auth()
        where = urlsplit(url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as line:
            line.sendall(
                f"PUT {where.path}/Users/x HTTP/1.1\r\nHost: {where.netloc}\r\nX-Auth-Token: wrong\r\n"
                "Content-Length: 1000000\r\n\r\n".encode()
            )
            self.assertIn(b" 401 ", line.recv(4096).split(b"\r\n")[0])

    def test_evidence_cannot_be_read_back_over_this_door(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        container = bws.begin()
        name = bws.send(container, clip)
        for path in (
            f"/{container}",
            f"/{container}/{name}",
            "/Users",
            f"/Users/{bws.user}",
            "/System",
            f"/System/{bws.system_id}",
        ):
            self.assert_status(403, self.raw("GET", path), path)

    def test_what_does_not_exist(self):
        bws = self.system()
        nowhere, _ = bws.recording(datetime(2030, 1, 1, tzinfo=UTC))
        with answers(404):
            bws.swift.head_container(nowhere)
        with answers(404):
            bws.swift.head_object(nowhere, "x")
        with answers(404):
            bws.swift.head_object("Users", str(uuid.uuid4()))
        with answers(404):
            bws.put_object(nowhere, "x.mkv", b"x")
        with answers(404):
            bws.post_container(nowhere, Status="Complete")
        with answers(404):
            bws.post_object("Users", str(uuid.uuid4()), Name="x")
        with answers(403, 404):
            bws.swift.get_object("System", "Nothing.json")

    def test_deeper_paths_and_other_methods(self):
        bws = self.system()
        container = bws.begin()
        for path in (f"/{container}/a/b", f"/{container}/a/b/c.mkv", "/Users/a/b"):
            self.assert_status(400, self.raw("PUT", path, data=b"x"), path)
        for method in ("DELETE", "PATCH", "COPY", "OPTIONS"):
            self.assert_status(400, self.raw(method, f"/{container}"), method)
            self.assert_status(400, self.raw(method, "/Users/x"), method)
        self.assertEqual(self.raw("HEAD", f"/{container}").status_code // 100, 2, "it is still there")

    def test_head_gives_metadata_back(self):
        bws = self.system()
        name, metadata = bws.recording(TRIGGER)
        bws.put_container(name, **metadata)
        said = bws.swift.head_container(name)
        for key, value in metadata.items():
            self.assertEqual(unquote(said[f"x-container-meta-{key.lower()}"]), value, key)
        said = bws.swift.head_object("Users", bws.user)
        self.assertEqual(unquote(said["x-object-meta-name"]), "Zoë Ångström-Nuñez")
        said = bws.swift.head_object("Devices", bws.camera)
        self.assertEqual(unquote(said["x-object-meta-name"]), "Kamera № 7")

    def test_a_container_that_exists_merges_what_is_put(self):
        bws = self.system()
        name, metadata = bws.recording(TRIGGER)
        self.assertEqual(bws.put_container(name, **metadata), 201)
        self.assertEqual(bws.put_container(name, TriggerOff="Docking"), 202)
        said = bws.swift.head_container(name)
        self.assertEqual(said["x-container-meta-triggeroff"], "Docking")
        self.assertEqual(said["x-container-meta-bwcserialnumber"], bws.camera)

    def test_a_post_on_a_container_merges_and_an_empty_value_deletes(self):
        bws = self.system()
        name, metadata = bws.recording(TRIGGER)
        bws.put_container(name, **metadata)
        self.assertEqual(bws.post_container(name, TriggerOff="Voice%Command", FirmwareVersion=""), 204)
        said = bws.swift.head_container(name)
        self.assertEqual(unquote(said["x-container-meta-triggeroff"]), "Voice%Command")
        self.assertNotIn("x-container-meta-firmwareversion", said)
        self.assertEqual(said["x-container-meta-bwcmodel"], "W120")

    def test_a_post_on_an_object_replaces(self):
        bws = self.system()
        self.assertEqual(bws.post_object("Users", bws.user, Name="Neuer Name", Active="False"), 202)
        said = bws.swift.head_object("Users", bws.user)
        self.assertEqual(unquote(said["x-object-meta-name"]), "Neuer Name")
        self.assertNotIn("x-object-meta-userid", said)

    def test_the_metadata_of_a_clip_can_be_replaced_and_its_bytes_stay(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        container = bws.begin()
        name = bws.send(container, clip)
        _, metadata = bws.clip()
        self.assertEqual(bws.post_object(container, name, **{**metadata, "StopLocation": "unknown"}), 202)
        said = bws.swift.head_object(container, name)
        self.assertEqual(said["x-object-meta-stoplocation"], "unknown")
        bws.complete(container)
        self.assert_kept(clip, bws.camera)

    def test_a_clip_of_an_unknown_user_or_device_can_never_be_stored(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        strangers = ({"user": str(uuid.uuid4())}, {"camera": clients.new_camera()})
        for stranger in strangers:
            with self.subTest(**stranger), answers(400):
                container = bws.begin(**stranger)
                bws.send(container, clip)
            self.assertEqual(self.api.recordings(camera=stranger.get("camera", bws.camera)), [])

    def test_times_that_cannot_be(self):
        bws, clip = self.system(), footage.clip(form="mkv")
        with answers(400):
            bws.send(bws.begin(StartTime="yesterday", StartTimeISO="yesterday"), clip)
        container = bws.begin()
        name, metadata = bws.clip()
        metadata = {**metadata, "StopTime": metadata["StartTime"], "StopTimeISO": metadata["StartTimeISO"]}
        with answers(400):
            bws.put_object(container, name, clip.read_bytes(), **metadata)

    def test_metadata_that_is_no_url_encoded_utf8(self):
        bws = self.system()
        url, token = bws.swift.get_auth()
        for wrong in ("%ff%fe", "%00", "%0a", "100%"):
            said = {"X-Auth-Token": token, "X-Object-Meta-Name": wrong}
            answer = requests.put(f"{url}/Users/{uuid.uuid4()}", headers=said, timeout=10)
            self.assert_status((201, 400), answer, wrong)

    def test_a_connection_cut_in_the_middle_leaves_no_clip(self):
        bws, clip = self.system(), footage.noise(8 << 20)
        container = bws.begin()
        name, metadata = bws.clip()
        url, token = bws.swift.get_auth()
        where = urlsplit(url)
        said = {
            "Host": where.netloc,
            "X-Auth-Token": token,
            "Content-Length": clip.stat().st_size,
            **headers("Object", **metadata),
        }
        head = "".join(f"{key}: {value}\r\n" for key, value in said.items())
        line = socket.create_connection((where.hostname, where.port), timeout=10)
        line.sendall(
            f"PUT {where.path}/{container}/{name} HTTP/1.1\r\n{head}\r\n".encode()
            + clip.read_bytes()[: 5 << 20]
        )
        time.sleep(0.3)
        clients.cut(line)
        time.sleep(0.3)
        with answers(404):
            bws.swift.head_object(container, name)
        bws.put_object(container, name, clip.read_bytes(), **metadata)
        bws.complete(container)
        self.assert_kept(clip, bws.camera, state="unreadable")


if __name__ == "__main__":
    unittest.main()
