-- Instants are UTC microseconds; sizes and places are bytes; ids are text.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Who may call the API. Only a hash of the token is kept.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- What one camera recorded without a break. `source_key` tells the same recording apart from others of its principal.
CREATE TABLE recordings (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    principal TEXT NOT NULL,
    source_key TEXT NOT NULL,
    state TEXT NOT NULL,
    camera_serial TEXT,
    officer_id TEXT,
    started_at BIGINT,
    activated_at BIGINT,
    stopped_at BIGINT,
    timezone TEXT,
    clock_offset BIGINT,
    transfer_complete BIGINT NOT NULL DEFAULT 0,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (principal, source_key)
);

CREATE INDEX recordings_by_start ON recordings (started_at, id);

CREATE INDEX recordings_by_camera ON recordings (camera_serial, started_at);

CREATE INDEX recordings_by_officer ON recordings (officer_id, started_at);

-- The bytes of one file as received. `kind`: clip, key, bookmark, trail, rejected.
-- `same_as` is set where the bytes had been received before: then nothing of this row's own is kept.
CREATE TABLE clips (
    id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT,
    state TEXT NOT NULL,
    size BIGINT,
    sha256 TEXT,
    entry_id BIGINT,
    same_as TEXT,
    key_period TEXT NOT NULL,
    key_version BIGINT NOT NULL,
    key_wrapped {bytes} NOT NULL,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sealed_at BIGINT
);

CREATE INDEX clips_by_recording ON clips (recording_id, created_at, id);

CREATE INDEX clips_by_period ON clips (key_period, key_version);

CREATE INDEX clips_by_digest ON clips (recording_id, sha256);

-- A piece of a clip's (or a derivative's) ciphertext; written once.
CREATE TABLE segments (
    owner TEXT NOT NULL,
    place BIGINT NOT NULL,
    id {bytes} NOT NULL,
    bytes BIGINT NOT NULL,
    first_chunk BIGINT NOT NULL,
    chunks BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    is_final BIGINT NOT NULL,
    PRIMARY KEY (owner, place)
);

-- A resumable upload. `attempt` fences: only the newest attempt may add segments.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    clip_id TEXT NOT NULL REFERENCES clips (id),
    principal TEXT NOT NULL,
    length BIGINT,
    place BIGINT NOT NULL,
    chunks BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX uploads_by_expiry ON uploads (state, expires_at);

-- What Axis body-worn systems keep with us: containers and objects with their metadata (JSON).
CREATE TABLE swift_containers (
    name TEXT PRIMARY KEY,
    metadata TEXT NOT NULL,
    recording_id TEXT,
    updated_at BIGINT NOT NULL
);

CREATE TABLE swift_objects (
    container TEXT NOT NULL REFERENCES swift_containers (name),
    name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    clip_id TEXT,
    etag TEXT NOT NULL,
    size BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (container, name)
);

-- What media tools said of a clip: facts (JSON), or why there are none.
CREATE TABLE media (
    clip_id TEXT PRIMARY KEY REFERENCES clips (id),
    facts TEXT,
    failure TEXT,
    read_at BIGINT NOT NULL
);

-- Posters, waveforms, proxies: made from a clip, encrypted like it, and gone with it.
CREATE TABLE derivatives (
    id TEXT PRIMARY KEY,
    clip_id TEXT NOT NULL REFERENCES clips (id),
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    key_period TEXT NOT NULL,
    key_version BIGINT NOT NULL,
    key_wrapped {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (clip_id, kind)
);

-- `wanted` counts how often the job was put down: one that is put down while it runs is done once more.
CREATE TABLE jobs (
    id {serial},
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    wanted BIGINT NOT NULL DEFAULT 1,
    claimed_until BIGINT,
    failure TEXT,
    state TEXT NOT NULL,
    UNIQUE (kind, subject)
);

CREATE INDEX jobs_waiting ON jobs (run_at) WHERE state = 'waiting';

-- Custody events. `place` is the index in the tree; none until the sequencer has come by.
CREATE TABLE ledger_entries (
    id {serial},
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    entry TEXT NOT NULL,
    salt {bytes} NOT NULL,
    place BIGINT
);

CREATE UNIQUE INDEX ledger_entries_by_place ON ledger_entries (place) WHERE place IS NOT NULL;

CREATE INDEX ledger_entries_waiting ON ledger_entries (id) WHERE place IS NULL;

CREATE INDEX ledger_entries_by_subject ON ledger_entries (subject, id);

-- One row: how far the tree has come.
CREATE TABLE ledger_tree (
    one BIGINT PRIMARY KEY,
    origin TEXT NOT NULL,
    sequenced BIGINT NOT NULL,
    integrated BIGINT NOT NULL,
    note TEXT
);

CREATE TABLE ledger_checkpoints (
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (size, published_at)
);

-- From when to when each officer was on a call, as the imported calls say.
CREATE TABLE call_spans (
    call_id TEXT NOT NULL,
    officer_id TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    PRIMARY KEY (call_id, officer_id, from_at)
);
