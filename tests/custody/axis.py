"""An Axis body-worn system for tests: what it sends, in the form that its documentation gives, through
python-swiftclient.

Metadata keys go as its documentation says: a capital first letter, the others small; values are URL-encoded
UTF-8.
"""

import contextlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import swiftclient

from clients import iso, new_camera

SYSTEM_CONTAINERS = ("System", "Users", "Devices")


def epoch(moment):
    return str(int(moment.timestamp()))


def compact(moment):
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def headers(kind, **metadata):
    """`kind`: Container or Object."""
    return {f"X-{kind}-Meta-{key.capitalize()}": quote(value, safe="") for key, value in metadata.items()}


def moment_keys(name, moment):
    return {name: epoch(moment), f"{name}ISO": iso(moment)}


class Refused(AssertionError):
    """The server answered with another status than the one that was due."""


@contextlib.contextmanager
def answers(*statuses):
    """Within the block swiftclient is to be answered with one of these error statuses."""
    try:
        yield
    except swiftclient.ClientException as said:
        if said.http_status not in statuses:
            raise Refused(f"answered {said.http_status} instead of {statuses}: {said}") from said
    else:
        raise Refused(f"succeeded instead of being answered {statuses}")


class BodyWornSystem:
    """A system controller with one officer and one camera."""

    def __init__(self, connection_file, cacert=None):
        self.file = connection_file
        self.system_id, self.user = str(uuid.uuid4()), str(uuid.uuid4())
        self.officer = f"star-{self.user[:8]}"
        self.camera = new_camera()
        self.swift = self.connect(cacert=cacert)

    def connect(self, user=None, key=None, **more):
        """A fresh connection, which does not try anything twice."""
        return swiftclient.Connection(
            authurl=self.file["AuthenticationTokenURI"][0],
            user=user or self.file["BlobAPIUserName"],
            key=key or self.file["BlobAPIKey"],
            auth_version="1",
            retries=0,
            **more,
        )

    # -- requests that give back the status -----------------------------------------------------------------

    def put_container(self, name, **metadata):
        said = {}
        self.swift.put_container(name, headers("Container", **metadata), response_dict=said)
        return said["status"]

    def post_container(self, name, **metadata):
        said = {}
        self.swift.post_container(name, headers("Container", **metadata), response_dict=said)
        return said["status"]

    def put_object(self, container, name, contents, content_length=None, **metadata):
        said = {}
        self.swift.put_object(
            container,
            name,
            contents,
            content_length=content_length,
            headers=headers("Object", **metadata),
            response_dict=said,
        )
        return said["status"]

    def post_object(self, container, name, **metadata):
        said = {}
        self.swift.post_object(container, name, headers("Object", **metadata), response_dict=said)
        return said["status"]

    # -- what a system does ---------------------------------------------------------------------------------

    def introduce(self):
        """The system, its officer and its camera make themselves known, as on loading the file."""
        for container in SYSTEM_CONTAINERS:
            self.put_container(container)
        self.put_object(
            "System", self.system_id, b"", ConnectionId=str(uuid.uuid4()), SystemName="Wachéstube 7 / Süd"
        )
        self.put_object(
            "Users", self.user, b"", Active="True", Name="Zoë Ångström-Nuñez", UserID=self.officer
        )
        self.put_object("Devices", self.camera, b"", Active="True", Name="Kamera № 7", Model="W120")
        return self

    def recording(self, trigger_on=None, camera=None, user=None, **changed):
        """A container's name and metadata: a minute, with 30 s of pre-buffer."""
        trigger_on = trigger_on or datetime(2026, 9, 14, 13, 41, 7, tzinfo=UTC)
        start, stop = trigger_on - timedelta(seconds=30), trigger_on + timedelta(seconds=60)
        camera, user = camera or self.camera, user or self.user
        name = f"{user}_{camera}_{compact(trigger_on)}"
        metadata = {
            "ContainerName": name,
            "BWCSerialNumber": camera,
            "SCUSerialNumber": "SCU000000001",
            "FirmwareVersion": "12.4.1",
            "UserID": user,
            "TriggerOn": "Button",
            "TriggerOff": "Button",
            **moment_keys("TriggerOnTime", trigger_on),
            "TriggerOnLocation": "+41.878900-087.635900+5.0+" + epoch(trigger_on),
            **moment_keys("TriggerOffTime", stop),
            "TriggerOffLocation": "+41.878950-087.635800+5.0+" + epoch(stop),
            **moment_keys("StartTime", start),
            **moment_keys("StopTime", stop),
            "TimeZone": "America/Chicago",
            "BWCModel": "W120",
            "Status": "Transferring",
        }
        return name, {**metadata, **changed}

    def clip(self, trigger_on=None, form="mkv", number=0, recording="a1b2"):
        """A clip's name and metadata; `number` counts half minutes since the recording began."""
        trigger_on = trigger_on or datetime(2026, 9, 14, 13, 41, 7, tzinfo=UTC)
        start = trigger_on + timedelta(seconds=30 * (number - 1))
        stop = start + timedelta(seconds=30)
        metadata = {
            **moment_keys("StartTime", start),
            **moment_keys("StopTime", stop),
            "ContainerType": form,
            "StartLocation": "+41.878900-087.635900+5.0+" + epoch(start),
            "StopLocation": "+41.878950-087.635800+5.0+" + epoch(stop),
        }
        return f"{start.strftime('%Y%m%d_%H%M%S')}_{recording}.{form}", metadata

    def begin(self, **changed):
        """Opens a recording; its container's name."""
        name, metadata = self.recording(**changed)
        self.put_container(name, **metadata)
        return name

    def send(self, container, file, number=0, **more):
        """Sends one clip whole; its name."""
        name, metadata = self.clip(form=file.suffix[1:], number=number, **more)
        with open(file, "rb") as contents:
            self.put_object(container, name, contents, file.stat().st_size, **metadata)
        return name

    def complete(self, container):
        return self.post_container(container, Status="Complete")


def trail(start, points=4):
    """A GNSS trail in Axis's form."""
    entries = [
        {
            "LocationWKT": f"POINT({-87.6359 + n / 10_000:.6f} {41.8789 + n / 10_000:.6f})",
            "SecondsFromStart": 10.0 * n,
            "Timestamp": iso(start + timedelta(seconds=10 * n)),
        }
        for n in range(points)
    ]
    return json.dumps({"CoordinateEntries": entries}).encode()
