"""Two plain clients: one that reads the API as a person's program would, and one that speaks tus word by
word.

The second is for what well-behaved clients never do: wrong offsets, cut connections, missing headers.
"""

import base64
import contextlib
import http.client
import itertools
import json
import socket
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import requests

from department import UPLOADS

TUS = "1.0.0"
STREAM = "application/offset+octet-stream"

_serials = itertools.count(1)


def new_camera():
    """A serial number that no other test of this process uses."""
    return f"BWC{next(_serials):06}"


def instant(text):
    """The moment that an RFC 3339 text means."""
    return datetime.fromisoformat(text)


def iso(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tus_metadata(camera, name="clip.mp4", kind="video/mp4", started=None, officer="star-4711"):
    """The metadata of a recording of a minute, with half a minute of pre-buffer."""
    started = started or datetime(2026, 9, 14, 13, 41, 7, tzinfo=UTC)
    return {
        "filename": name,
        "filetype": kind,
        "camera_serial": camera,
        "officer_id": officer,
        "started_at": iso(started),
        "activated_at": iso(started + timedelta(seconds=30)),
        "stopped_at": iso(started + timedelta(seconds=60)),
        "timezone": "America/Chicago",
    }


class Api:
    """Reads recordings, clips and receipts with a token."""

    def __init__(self, base_url, token):
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path, **more):
        return self.session.get(f"{self.base_url}{path}", timeout=60, **more)

    def recordings(self, **query):
        """Every recording that a query finds, over all pages."""
        items, cursor = [], None
        while True:
            page = self.get("/api/v1/recordings", params={**query, **({"cursor": cursor} if cursor else {})})
            if page.status_code != 200:
                raise AssertionError(f"GET /api/v1/recordings {query}: {page.status_code} {page.text[:500]}")
            said = page.json()
            items += said["items"]
            cursor = said.get("next_cursor")
            if not cursor:
                return items

    def wait_for(self, done, patience=30.0, **query):
        """Asks until `done(recordings)`; the recordings. What was last seen stands in the failure."""
        deadline = time.monotonic() + patience
        while True:
            found = self.recordings(**query)
            if done(found):
                return found
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not within {patience:.0f} s; last seen for {query}:\n{json.dumps(found, indent=1)}"
                )
            time.sleep(0.1)

    def settled(self, camera, clips=1, recordings=1, patience=30.0):
        """The recordings of a camera, once so many have so many clips in all, and none is still being
        received.
        """

        def done(found):
            return (
                len(found) == recordings
                and sum(len(item["clips"]) for item in found) == clips
                and all(item["state"] != "receiving" for item in found)
                and all(clip.get("sha256") for item in found for clip in item["clips"])
            )

        return self.wait_for(done, patience, camera=camera)

    def original(self, clip_id, byte_range=None):
        headers = {"Range": f"bytes={byte_range}"} if byte_range else {}
        return self.get(f"/api/v1/clips/{clip_id}/original", headers=headers)

    def receipt(self, clip_id, patience=20.0):
        """A receipt that has its proof, which it gets within seconds."""
        deadline = time.monotonic() + patience
        while True:
            answer = self.get(f"/api/v1/clips/{clip_id}/receipt")
            if answer.status_code != 200:
                raise AssertionError(f"receipt of {clip_id}: {answer.status_code} {answer.text[:500]}")
            receipt = answer.json()
            if receipt.get("checkpoint") and receipt.get("proof") is not None:
                return receipt
            if time.monotonic() > deadline:
                raise AssertionError(f"receipt of {clip_id} has no proof after {patience:.0f} s: {receipt}")
            time.sleep(0.1)


@dataclass
class Answer:
    """What came back: a status, headers by lower-case name, a body."""

    status: int
    headers: dict
    body: bytes

    @property
    def offset(self):
        return int(self.headers["upload-offset"])

    def __str__(self):
        headers = "\n".join(f"  {name}: {value}" for name, value in self.headers.items())
        return f"{self.status}\n{headers}\n{self.body[:500]!r}"


class Tus:
    """A tus client that says exactly what it is told to say, a connection for each request."""

    def __init__(self, base_url, token, timeout=60):
        self.url = f"{base_url}{UPLOADS}"
        self.token = token
        self.timeout = timeout

    def _headers(self, given):
        usual = {"Tus-Resumable": TUS, "Authorization": f"Bearer {self.token}"}
        return {name: value for name, value in {**usual, **given}.items() if value is not None}

    def request(self, method, url=None, headers=None, body=None):
        """`headers` go over the usual ones; a value of None takes one away."""
        where = urlsplit(url or self.url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=self.timeout)
        with contextlib.closing(connection):
            connection.request(method, where.path, body=body, headers=self._headers(headers or {}))
            answer = connection.getresponse()
            said = answer.read()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, said)

    @staticmethod
    def encoded(metadata):
        return ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
        )

    def create(self, length, metadata, body=None, headers=None):
        """POST; the answer, and the upload's absolute address where one came."""
        said = {"Upload-Length": str(length), "Upload-Metadata": self.encoded(metadata)}
        if body is None:
            said["Content-Length"] = "0"
        else:
            said["Content-Type"] = STREAM
        answer = self.request("POST", headers={**said, **(headers or {})}, body=body)
        location = answer.headers.get("location")
        return answer, urljoin(self.url, location) if location else None

    def head(self, url, headers=None):
        return self.request("HEAD", url, headers)

    def patch(self, url, offset, body, headers=None):
        said = {"Upload-Offset": str(offset), "Content-Type": STREAM}
        return self.request("PATCH", url, {**said, **(headers or {})}, body)

    def delete(self, url):
        return self.request("DELETE", url)

    def half_patch(self, url, offset, length, body):
        """Begins a PATCH of `length` bytes, sends only `body` of it, and leaves the connection open: the
        socket.
        """
        where = urlsplit(url)
        line = socket.create_connection((where.hostname, where.port), timeout=self.timeout)
        headers = self._headers(
            {"Host": where.netloc, "Upload-Offset": offset, "Content-Type": STREAM, "Content-Length": length}
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(f"PATCH {where.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return line


def cut(line):
    """Ends a connection as a pulled plug looks from afar: a reset, no goodbye."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def checksum(algorithm, digest):
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}
