#!/usr/bin/env python3
"""Makes the seeds from which the fuzzer starts, below seeds/: a few small inputs of each target that are as they should be,
and a few that once were not. Nothing but Python's standard library; the same seeds every time.

Signatures are made with the keys of fixed bytes that the targets make, too (src/lib.rs).
"""
import base64
import gzip
import hashlib
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "ledger"))
import check_ledger as ledger  # noqa: E402


def seed(target, name, data):
    path = HERE / "seeds" / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def parts(*texts):
    return b"\0".join(text if isinstance(text, bytes) else text.encode() for text in texts)


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


# Keys and signatures: RFC 8032, 5.1.5 and 5.1.6.

def compress(point):
    inverse = pow(point[2], ledger.P - 2, ledger.P)
    x, y = point[0] * inverse % ledger.P, point[1] * inverse % ledger.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class Signer:
    def __init__(self, name, use, secret):
        digest = hashlib.sha512(secret).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ~(7 | 1 << 255) & (1 << 255) - 1 | 1 << 254
        self.prefix, self.name, self.use, self.secret = digest[32:], name, use, secret
        self.public = compress(ledger.multiply(self.scalar, ledger.BASE))
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([use]) + self.public).digest()[:4]

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ledger.L
        point = compress(ledger.multiply(r, ledger.BASE))
        h = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little") % ledger.L
        return point + ((r + h * self.scalar) % ledger.L).to_bytes(32, "little")

    def line(self, signature):
        return f"\u2014 {self.name} {b64(self.id + signature)}\n"

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.use]) + self.public)}"

    def private(self):
        return f"PRIVATE+KEY+{self.name}+{self.id.hex()}+{b64(bytes([self.use]) + self.secret)}"


LOG = Signer("fuzz.example/ledger", ledger.LOG_KEY, bytes([7]) * 32)
WITNESS = Signer("witness.example", ledger.WITNESS_KEY, bytes([9]) * 32)


def checkpoint(leaves):
    text = f"{LOG.name}\n{len(leaves)}\n{b64(ledger.tree_hash(leaves))}\n"
    return text, text + "\n" + LOG.line(LOG.sign(text.encode()))


def cosignature(text, at=1_800_000_000):
    message = f"cosignature/v1\ntime {at}\n{text}".encode()
    return WITNESS.line(at.to_bytes(8, "big") + WITNESS.sign(message))


def canonical(members):
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def proof(index, leaves):
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return proof(index, leaves[:k]) + [ledger.tree_hash(leaves[k:])]
    return proof(index - k, leaves[k:]) + [ledger.tree_hash(leaves[:k])]


def of_ledger():
    clip, salt = b"evidence", bytes(32)
    entry = canonical({
        "v": 1, "at": 1_772_366_400_000_000, "kind": "clip.sealed", "subject": "c1", "actor": "dock", "reason": "intake",
        "sha256": hashlib.sha256(clip).hexdigest(), "size": len(clip), "recording_id": "r1",
    })
    commitment = hashlib.sha256(salt + entry.encode()).digest()
    leaf = f'{{"v":1,"kind":"clip.sealed","commitment":"{b64(commitment)}"}}'
    leaves = [ledger.leaf_hash(text.encode()) for text in ("a", "b", leaf, "d", "e")]
    text, note = checkpoint(leaves)
    receipt = {
        "recording_id": "r1", "clip_id": "c1", "sha256": hashlib.sha256(clip).hexdigest(), "size": len(clip), "entry": entry,
        "salt": b64(salt), "index": 2, "proof": [b64(one) for one in proof(2, leaves)], "checkpoint": note,
    }
    seed("ledger_entry", "sealed", entry)
    seed("ledger_entry", "nested", canonical({
        "v": 1, "at": -5, "kind": "finding", "subject": "é\u2028\U0001f600", "actor": "", "reason": "\"\\\n\u0001",
        "list": [1, None, True, {"deep": [[]]}],
    }))
    seed("ledger_entry", "fraction", '{"at":1.5,"v":1}')
    seed("ledger_receipt", "whole", json.dumps(receipt))
    seed("ledger_receipt", "no-place", json.dumps({k: v for k, v in receipt.items() if k not in ("index", "proof")}))
    seed("ledger_receipt", "other-index", json.dumps({**receipt, "index": 2**64 - 1}))
    seed("ledger_note", "cosigned", parts(note, cosignature(text), LOG.vkey()))
    seed("ledger_note", "witness-key", parts(note + cosignature(text), cosignature(text, 0), WITNESS.vkey()))
    seed("ledger_note", "private-log", parts(note, "", LOG.private()))
    seed("ledger_note", "private-witness", parts(note, "", WITNESS.private()))
    first = f"old 0\n\n{note}"
    seed("ledger_witness", "first", first)
    one, note_of_one = checkpoint(leaves[:1])
    seed("ledger_witness", "grown", f"old 1\n{b64(bytes([1]) * 32)}\n\n{note}")
    seed("ledger_witness", "other-signature", f"old 0\n\n{one}\n{LOG.line(LOG.sign(text.encode()))}")
    seed("ledger_witness", "one", f"old 1\n\n{note_of_one}")
    audit = b"".join([leaves[2], ledger.tree_hash(leaves), *proof(2, leaves)])
    seed("ledger_proof", "inclusion", struct.pack(">QQ", 2, 5) + audit)
    seed("ledger_proof", "tiles", struct.pack(">QQ", 300, 70_000) + leaves[0])
    seed("ledger_proof", "huge", struct.pack(">QQ", 2**64 - 2, 2**64 - 1) + bytes(64 * 32))
    seed("ledger_proof", "largest", struct.pack(">QQ", 2**56 - 1, 2**56) + bytes(64))
    seed("ledger_proof", "entries", struct.pack(">QQ", 2, 2) + b"\0\x01a\0\x01b")


def of_policy():
    for pack in ("generic", "us-il", "us-il-chicago"):
        seed("policy", pack, "\n".join(
            line for line in (ROOT / "policies" / f"{pack}.toml").read_text().splitlines()
            if line and not line.startswith("#")))
    seed("policy", "small", '[policy]\nid="a"\nversion="1"\ntitle="t"\n[camera]\npre_event_buffer="99999999999999d"\n')


CALLS = """call_id,officer_id,unit_id,call_type,priority,district,disposition,received_at,dispatched_at,en_route_at,\
on_scene_at,left_scene_at,cleared_at
c1,o1,1A,THEFT,2,4,ARREST,2026-03-01 11:58:00,2026-03-01 11:59:00,2026-03-01 11:59:30,2026-03-01 12:00:00,\
2026-03-01 12:20:00,2026-03-01 12:30:00
c1,o2,1A,THEFT,2,4,ARREST,2026-03-01 11:58:00,,,2026-03-01T18:05:00Z,,2026-03-01 12:30:00
c2,o1,,"A, ""B\"\"",,,,,,,2026-11-01 01:30:00,2026-11-01 01:40:00,
"""
RECORDINGS = """recording_id,officer_id,camera_serial,started_at,activated_at,stopped_at,notice,notice_at
r1,o1,X1,2026-03-01 11:59:50,2026-03-01 12:00:20,2026-03-01 12:31:00,given,2026-03-01 12:01:00
r2,,X2,2026-03-01T18:05:00+00:00,,,,
r3,o3,X3,2026-03-01 12:00:00[America/Chicago],,2026-03-01 11:00:00,refused,
"""
OFFICERS = """officer_id,name,badge,district,trained_at,camera_serial,camera_issued_at
o1,"Doe
Jane",77,4,2025-01-01 00:00:00,X1,2025-01-02 00:00:00
o2,,,,,,
"""
ASSIGNMENTS = "camera_serial,officer_id,from,to\nX2,o2,2026-01-01 00:00:00,\nX1,o1,2026-01-01 00:00:00,2026-06-01 00:00:00\n"
EXCEPTIONS = """officer_id,call_id,from,to,code,approved_by,note
o2,c1,2026-03-01 12:00:00,2026-03-01 13:00:00,exigent,s1,"a
b"
o2,,2026-03-01 12:00:00,2026-03-01 13:00:00,nobody_knows,,
"""
EVENTS = "camera_serial,at,event\nX1,2026-03-01 12:10:00,battery_empty\nX1,2026-03-01 14:00:00,docked\nX1,2026-03-01 15:00:00,uploaded\n"
FILES = [CALLS, RECORDINGS, OFFICERS, ASSIGNMENTS, EXCEPTIONS, EVENTS]


def of_exchange():
    for kind, text in enumerate(FILES):
        seed("exchange_files", f"kind-{kind}", f"{kind}{text}")
        seed("exchange_files", f"kind-{kind}-other-lines", f"{kind}{text}".replace("\n", "\r\n"))
    seed("exchange_files", "open-quote", '0call_id,officer_id\n1,"')
    seed("exchange_files", "utf-16", "1".encode() + "recording_id".encode("utf-16"))
    seed("exchange_files", "bom", b"1\xef\xbb\xbf\n\n" + RECORDINGS.encode())
    seed("exchange_decide", "whole", parts(*FILES))
    seed("exchange_decide", "calls-and-recordings", parts(CALLS, RECORDINGS))
    packed = {"calls": "Incident No,Car,Nature,On\n1,1A,THEFT,3/1/2026 11:58:00 PM\n"}
    mapping = ('timezone = "America/Denver"\nformats = ["%m/%d/%Y %I:%M:%S %p", "%s"]\nabsent = ["n/a"]\n'
               'officer_separator = "/"\n[columns]\ncall_id = "Incident No"\nofficer_id = ["Officer", "Car"]\n'
               'call_type = "Nature"\non_scene_at = { date = "On", time = "On" }\nreceived_at = "On"\n')
    seed("exchange_calls", "own", parts(mapping, packed["calls"]))
    seed("exchange_calls", "sfpd", parts("sfpd", "cad_number,received_datetime,onscene_datetime,call_type_final_desc\n"
                                         "1,2026/03/01 11:58:00 PM,2026-03-01T23:59:00.000,THEFT\n"))
    seed("exchange_calls", "nopd", parts("nopd", "NOPD_Item,TypeText,TimeCreate,TimeArrive\nA1,THEFT,3/1/2026 11:58,1/1/1900\n"))
    seed("exchange_calls", "cincinnati", parts(
        "cincinnati", "EVENT_NUMBER,CREATE_TIME_INCIDENT,ARRIVAL_TIME_PRIMARY_UNIT\n1,03/08/2026 02:30:00 AM,2026-03-08 02:40:00\n"))
    seed("exchange_calls", "sacramento", parts(
        "sacramento", "Record_ID,Reporting_Officer,Unit_ID,Received_Date,Received_Time,At_Scene_Date,At_Scene_Time\n"
                      "1,77,1A,2026/03/01,2358,2026-03-01T00:00:00.000Z,11:59:00 PM\n2,,,1899,,,\n"))
    seed("exchange_compressed", "gz", b"0" + gzip.compress(OFFICERS.encode(), mtime=0))
    seed("exchange_compressed", "gz-cut", b"0" + gzip.compress(OFFICERS.encode(), mtime=0)[:-9])
    # A frame of zstd, RFC 8878, with one raw block.
    text = OFFICERS.encode()
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + (len(text) << 3 | 1).to_bytes(3, "little") + text
    seed("exchange_compressed", "zst", b"1" + frame)
    # One that asks for a window of more memory than there is.
    seed("exchange_compressed", "zst-window", b"1\x28\xb5\x2f\xfd\x00\xff" + (len(text) << 3 | 1).to_bytes(3, "little") + text)
    seed("exchange_roster", "roster", "officer_id,unit_id,from,to\no1,1A11,2026-05-28 06:00:00,2026-05-28 23:00:00\no2,1A11,x,\n")


def box(kind, body):
    return struct.pack(">I", len(body) + 8) + kind + body


def of_media():
    media = box(b"mdat", bytes(40))
    table = struct.pack(">III", 0, 2, 20) + struct.pack(">I", 30)
    wide = struct.pack(">IIQ", 0, 1, 24)

    def index(kind, table):
        return box(b"moov", box(b"mvhd", bytes(20)) + box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(kind, table))))))
    start = box(b"ftyp", b"isom")
    seed("media_boxes", "index-last", start + media + index(b"stco", table))
    seed("media_boxes", "index-first", start + index(b"co64", wide) + media)
    seed("media_boxes", "index-last-wide", start + media + index(b"co64", wide))
    seed("media_boxes", "long", start + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1) + bytes(20))
    seed("media_boxes", "to-the-end", start + index(b"stco", table) + struct.pack(">I4s", 0, b"mdat") + bytes(20))
    seed("media_boxes", "no-end", start + media + index(b"stco", b"\xff" * 24)[:-3])
    seed("media_boxes", "matroska", b"\x1a\x45\xdf\xa3" + bytes(60))
    seed("media_facts", "clip", json.dumps({
        "streams": [
            {"codec_type": "video", "codec_name": "h264", "width": 1280, "height": 720, "pix_fmt": "yuv420p",
             "avg_frame_rate": "30000/1001", "disposition": {"attached_pic": 0}, "side_data_list": [{"rotation": -90}]},
            {"codec_type": "audio", "codec_name": "aac", "sample_rate": "48000", "channels": 2,
             "tags": {"creation_time": "2026-03-01T12:00:00.000000Z"}}],
        "format": {"format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "12.345678",
                   "tags": {"major_brand": "isom", "creation_time": "2026-03-01T12:00:00.000000Z"}}}))
    seed("media_facts", "odd", '{"streams":[{"codec_type":"video","avg_frame_rate":"0/0","side_data_list":[{"rotation":1e300}]}],'
                               '"format":{"duration":"9223372036854775807.9"}}')


def of_vault():
    def head(flags=0, figures=(0,) * 7, reach=(0, 0x04005a)):
        return bytes([flags, *figures]) + b"".join(place.to_bytes(3, "big") for place in reach) + b"\0\0"
    for shelf in (0, 1):
        seed("vault_segment", f"sound-{shelf}", head(shelf))
        seed("vault_segment", f"header-{shelf}", head(shelf) + b"\0\0\x08\x01")
        seed("vault_segment", f"chunk-{shelf}", head(shelf) + b"\0\x01\x08\x01")
        seed("vault_segment", f"second-{shelf}", head(shelf | 8) + b"\0\0\x50\x01")
        seed("vault_segment", f"cut-{shelf}", head(shelf) + b"\xff\xff\xfe\0")
        seed("vault_segment", f"longer-{shelf}", head(shelf) + b"\xff\xff\xff\0")
        seed("vault_segment", f"figures-{shelf}", head(shelf | 8, (1, 0xff, 3, 0xe1, 5, 1, 7), (5, 9)))
        seed("vault_segment", f"order-{shelf}", head(shelf | 2))
        seed("vault_segment", f"half-{shelf}", head(shelf | 4))
    seed("vault_keys", "kek", parts("2026-03.1.key", b"\x01" * 32, "ledger.key", "PRIVATE", b"\x02" * 60))
    seed("vault_keys", "short", parts("2026-03.4294967295.key", "short", "axis.key", "", "2026-03"))
    seed("vault_keys", "gone", parts("2026-12.1.gone", "", "content.key", "x", b"\x02" * 12))


def of_server():
    said = ",".join(f"{key} {b64(value)}" for key, value in {
        "filename": "clip.mp4", "filetype": "video/mp4", "camera_serial": "X1", "officer_id": "77",
        "started_at": "2026-07-01T12:00:00", "stopped_at": "2026-07-01T18:00:00Z", "timezone": "America/Chicago",
        "clock_offset_us": "-7"}.items())
    digest = b64(hashlib.sha256(b"").digest())
    cursor = base64.urlsafe_b64encode(b"-5:0199c0de-0000-7000-8000-000000000000").decode().rstrip("=")
    number = base64.urlsafe_b64encode(b"17").decode().rstrip("=")
    seed("server_headers", "all", parts("bytes=5-400", said, f"sha256 {digest}", "20000000000", cursor, "0/x001/x234/067"))
    seed("server_headers", "others", parts("bytes=-0", "is_confidential", f"sha1 {b64(bytes(20))}", "1", number, "entries/000.p/1"))
    seed("server_headers", "open", parts("bytes=18446744073709551615-", "a ,b", "md5 x", "+5", "", "7/000.p/255"))
    times = "StartTime\n1772366400.5\nStopTime\n1772366460\nTriggerOnTimeISO\n2026-03-01T12:00:00Z\nTimezone\nAmerica%2FChicago"
    seed("server_axis", "recording", parts("/axis/v1/AUTH_onrecord/o_1_B8A44F_20260301T120000Z/a%20b.mkv",
                                           "\"d41d8cd98f00b204e9800998ecf8427e\"", times))
    seed("server_axis", "container", parts("o_1_B8A44F_20260301T120000Z", "+1" * 16, "Name\n%E2%82%AC%ff%\nStopTime\n5"))
    seed("server_axis", "rejected", parts("RejectedContent_1", "é" * 16, "StartTime\n-9223372036854775808.999999"))
    seed("axis_key", "key", json.dumps({"EncryptedKey": b64(bytes(384)), "ContentEncryptionIV": b64(bytes(16)), "Other": 1}))
    seed("axis_key", "short", json.dumps({"EncryptedKey": "", "ContentEncryptionIV": "AA=="}))
    seed("server_config", "whole", parts("""data = "/var/lib/onrecord"
[server]
listen = "127.0.0.1:8080"
tls_listen = "[::1]:8443"
host = "records.example.org"
[evidence]
kind = "bucket"
bucket = "b"
access_key = "a"
secret_key = "s"
[mirror]
kind = "folder"
[ledger]
pad_to = 16
witnesses = [{ url = "https://w.example", key = "k" }]
[media]
scratch_bytes = 5
""", "DATABASE__URL=postgres://x\nLEDGER__PUBLISH_EVERY_SECONDS=5\nAXIS__WANT_ENCRYPTION=true\nDATA=/\n"))
    seed("server_config", "section-of-a-value", parts('data = "d"', "DATA__X=1\n__=\n"))


def of_dock():
    sidecar = json.dumps({"camera": {"serial": "X7"}, "officer": {"id": 4711}, "recording": {
        "start": "2026-03-01T12:00:00", "activated": "2026-03-01T12:00:30Z", "timezone": "America/Denver"}})
    seed("dock_profile", "json", parts("json-sidecar", "cam/a.mp4", sidecar))
    seed("dock_profile", "ini", parts("stamp-sequence", "cam/DCIM/2026_0301_120000_001.MP4",
                                      b"\xef\xbb\xbf; made by a camera\r\n[Device]\r\nSerial = \"C-9\"\r\nOfficer: 12\r\n\xff"))
    seed("dock_profile", "stamp", parts("serial-officer-stamp", "cam/X7A0042_4711_20260301121500_0001.MP4", ""))
    seed("dock_profile", "own", parts("""extensions = [".mp4"]
ignore = ['^x']
path = ['(?P<officer_id>[0-9]+)_(?P<started_at>[0-9]+)']
times = ["%s", "%Y%m%d%H%M%S%.f %z", "%A %j %U"]
timezone = "UTC"
marker = true
delete = "after-verified"
[sidecar]
names = ["{stem}.ini"]
format = "key-value"
fields = { camera_serial = "a.b", timezone = "z", stopped_at = "s" }
[clock]
file = "TIME.TXT"
written = "at-docking"
""", "cam/77_1772366400.mp4", "[a]\nb = 1\n[]\nz: Europe/Berlin\ns=99999999999999999999\n"))
    receipt = {"recording_id": "r", "clip_id": "c", "sha256": "0" * 64, "size": 1, "entry": "{}", "salt": ""}
    lines = [
        {"begun": "https://records.example.org/api/v1/uploads/1"},
        {"safe": {"sha256": "0" * 64, "ledger_key": "k", "receipt": receipt}},
        {"dropped": "gone"},
        {"deleted": "0" * 64},
    ]
    journal = "".join(
        json.dumps({"at": "2026-03-01T12:00:00Z", "file": "f" * 64, "path": "cam/a.mp4", **line}) + "\n" for line in lines)
    marker = json.dumps({"clip_id": "c", "sha256": "0" * 64, "size": 3, "modified": "0"})
    seed("dock_journal", "whole", parts(journal, marker))
    seed("dock_journal", "torn", parts(journal[:-20], marker[:-1]))
    problem = json.dumps({"type": "urn:onrecord:x", "title": "No\u0000", "status": 507, "detail": "full\n" * 300})
    answered = "upload-offset: 7\nretry-after: 99999999999999999999\nonrecord-clip: 0199-ab\nlocation: /api/v1/uploads/1"
    for status in (200, 404, 429, 460, 507):
        seed("client_answer", f"status-{status}", (status - 100).to_bytes(2, "big") + parts(answered, problem))
    seed("client_answer", "elsewhere", (101).to_bytes(2, "big") + parts("location: //elsewhere.example/1", "{}"))


def main():
    for make in (of_ledger, of_policy, of_exchange, of_media, of_vault, of_server, of_dock):
        make()


if __name__ == "__main__":
    main()
