-- Exchange files that were taken in. `state`: begun (rows are still being written; swept after a crash), done.
CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    principal TEXT NOT NULL,
    state TEXT NOT NULL,
    rows_read BIGINT NOT NULL,
    rows_accepted BIGINT NOT NULL,
    rows_rejected BIGINT NOT NULL,
    rows_duplicate BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Every row of every exchange file, once, and the recordings that were taken in here as rows of the same kind
-- (`own_id`). `id` gives the order of the file that all of them make together. `content` is the SHA-256 of kind and
-- values. `accepted` is what the audit makes of the row. `settled` is 0 until what follows from the row has been seen to.
CREATE TABLE import_rows (
    id {serial},
    kind TEXT NOT NULL,
    import_id TEXT REFERENCES imports (id),
    own_id TEXT UNIQUE,
    line BIGINT NOT NULL,
    content {bytes} NOT NULL UNIQUE,
    data TEXT NOT NULL,
    officer_id TEXT,
    camera_serial TEXT,
    call_id TEXT,
    recording_id TEXT,
    from_at BIGINT,
    to_at BIGINT,
    accepted BIGINT NOT NULL,
    settled BIGINT NOT NULL
);

CREATE INDEX import_rows_by_officer ON import_rows (officer_id, kind, camera_serial);

CREATE INDEX import_rows_by_camera ON import_rows (camera_serial, kind, officer_id) WHERE camera_serial IS NOT NULL;

CREATE INDEX import_rows_by_recording ON import_rows (recording_id) WHERE recording_id IS NOT NULL;

CREATE INDEX import_rows_waiting ON import_rows (kind, id) WHERE settled = 0;

CREATE INDEX import_rows_first ON import_rows (from_at) WHERE kind = 'recordings' AND accepted = 1;

CREATE INDEX import_rows_last ON import_rows (to_at) WHERE kind = 'recordings' AND accepted = 1;

CREATE INDEX import_rows_nobodys ON import_rows (officer_id, accepted, camera_serial)
    WHERE officer_id IS NULL AND accepted = 0 AND kind <> 'calls';

CREATE INDEX import_rows_issued ON import_rows (officer_id) WHERE kind = 'officers' AND from_at IS NOT NULL;

CREATE INDEX import_rows_by_import ON import_rows (import_id, id);

-- What the audit says of every accepted row of calls. Lengths are microseconds; `defects` and `recordings` are JSON.
CREATE TABLE outcomes (
    row_id BIGINT PRIMARY KEY,
    line BIGINT NOT NULL,
    call_id TEXT NOT NULL,
    officer_id TEXT NOT NULL,
    begin_at BIGINT,
    end_at BIGINT,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    defects TEXT,
    covered BIGINT,
    uncovered BIGINT,
    excused BIGINT,
    in_grace BIGINT,
    notice TEXT,
    recordings TEXT,
    citation TEXT,
    policy TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    computed_at BIGINT NOT NULL,
    digest TEXT NOT NULL
);

CREATE INDEX outcomes_by_officer ON outcomes (officer_id, row_id);

CREATE INDEX outcomes_by_call ON outcomes (call_id, row_id);

CREATE INDEX outcomes_by_begin ON outcomes (begin_at, officer_id);

CREATE INDEX outcomes_by_end ON outcomes (end_at, officer_id);

-- Officers whose outcomes are to be decided anew. `marks` counts, so that a mark that is made meanwhile is not lost.
CREATE TABLE outcomes_due (
    officer_id TEXT PRIMARY KEY,
    marks BIGINT NOT NULL
);

CREATE INDEX call_spans_by_officer ON call_spans (officer_id, call_id);
