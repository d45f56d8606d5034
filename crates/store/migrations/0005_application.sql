-- What the pages of the application search, show and write. Everything in the first part is made from other tables and
-- can be made again from them.

-- The officers as the newest row of an import names them.
CREATE TABLE officers (
    officer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    badge TEXT NOT NULL,
    district TEXT NOT NULL,
    row_id BIGINT NOT NULL
);

CREATE INDEX officers_by_district ON officers (district, officer_id);

-- What lists of recordings are ordered and narrowed by. `begin_at` is the start, or, where none is known, when the
-- recording was registered.
ALTER TABLE recordings ADD COLUMN begin_at BIGINT GENERATED ALWAYS AS (COALESCE(started_at, created_at)) {generated};

ALTER TABLE recordings ADD COLUMN end_at BIGINT
    GENERATED ALWAYS AS (COALESCE(stopped_at, started_at, created_at)) {generated};

ALTER TABLE recordings ADD COLUMN length BIGINT GENERATED ALWAYS AS
    (COALESCE(stopped_at, started_at, created_at) - COALESCE(started_at, created_at)) {generated};

ALTER TABLE recordings ADD COLUMN size BIGINT NOT NULL DEFAULT 0;

ALTER TABLE recordings ADD COLUMN district TEXT NOT NULL DEFAULT '';

ALTER TABLE recordings ADD COLUMN restricted TEXT;

-- Moves the recording's clock in the picture; set by a person, in microseconds.
ALTER TABLE recordings ADD COLUMN alignment BIGINT NOT NULL DEFAULT 0;

UPDATE recordings SET size = COALESCE(
    (SELECT CAST(SUM(clips.size) AS BIGINT) FROM clips WHERE clips.recording_id = recordings.id AND clips.sealed_at IS NOT NULL
    AND clips.kind IN ('clip', 'rejected')), 0);

CREATE INDEX recordings_in_order ON recordings (begin_at, id);

CREATE INDEX recordings_by_size ON recordings (size, id);

CREATE INDEX recordings_by_length ON recordings (length, id);

CREATE INDEX recordings_of_officer ON recordings (officer_id, begin_at, id);

CREATE INDEX recordings_of_camera ON recordings (camera_serial, begin_at, id);

CREATE INDEX recordings_in_state ON recordings (state, begin_at, id);

CREATE INDEX recordings_in_district ON recordings (district, begin_at, id);

CREATE INDEX recordings_in_district_by_size ON recordings (district, size, id);

CREATE INDEX recordings_in_district_by_length ON recordings (district, length, id);

CREATE INDEX recordings_by_source_key ON recordings (source_key);

DROP INDEX recordings_by_start;

DROP INDEX recordings_by_camera;

DROP INDEX recordings_by_officer;

-- One row for each call of the imported calls.
CREATE TABLE calls (
    call_id TEXT PRIMARY KEY,
    call_type TEXT NOT NULL,
    district TEXT NOT NULL,
    begin_at BIGINT NOT NULL,
    end_at BIGINT,
    officers TEXT NOT NULL,
    worst TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    unrecorded BIGINT NOT NULL
);

CREATE INDEX calls_in_order ON calls (begin_at, call_id);

CREATE INDEX calls_by_unrecorded ON calls (unrecorded, call_id);

CREATE INDEX calls_in_district ON calls (district, begin_at, call_id);

CREATE INDEX calls_in_district_by_unrecorded ON calls (district, unrecorded, call_id);

CREATE INDEX calls_of_type ON calls (call_type, begin_at, call_id);

-- What a row said before it was corrected.
ALTER TABLE import_rows ADD COLUMN source_data TEXT;

-- What outcomes are cut by.
ALTER TABLE outcomes ADD COLUMN district TEXT NOT NULL DEFAULT '';

ALTER TABLE outcomes ADD COLUMN unit TEXT NOT NULL DEFAULT '';

ALTER TABLE outcomes ADD COLUMN call_type TEXT NOT NULL DEFAULT '';

CREATE INDEX outcomes_in_district ON outcomes (district, begin_at);

INSERT INTO outcomes_due (officer_id, marks) SELECT DISTINCT officer_id, 1 FROM outcomes WHERE 1 = 1
    ON CONFLICT (officer_id) DO UPDATE SET marks = outcomes_due.marks + 1;

CREATE INDEX outcomes_of_officer_in_order ON outcomes (officer_id, begin_at);

CREATE INDEX call_spans_in_order ON call_spans (officer_id, from_at);

-- Words by which recordings (scope 1) and calls (scope 2) are found, in the order of their begin. A word with a colon
-- is a fact: `category:…`, `outcome:…`, `officer:…`.
CREATE TABLE search_words (
    scope BIGINT NOT NULL,
    word TEXT NOT NULL,
    at BIGINT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (scope, word, at, id)
){clustered};

CREATE INDEX search_words_of ON search_words (scope, id);

-- Recordings and calls of which the search is to be told anew. `marks` counts, so that a mark that is made meanwhile
-- is not lost.
CREATE TABLE search_due (
    scope BIGINT NOT NULL,
    id TEXT NOT NULL,
    marks BIGINT NOT NULL,
    PRIMARY KEY (scope, id)
);

INSERT INTO search_due (scope, id, marks) SELECT 1, id, 1 FROM recordings;

INSERT INTO search_due (scope, id, marks) SELECT 2, call_id, 1 FROM outcomes GROUP BY call_id;

UPDATE import_rows SET settled = 0 WHERE kind = 'officers';

INSERT INTO jobs (kind, subject, run_at, attempts, state) VALUES ('outcomes.update', 'all', 0, 0, 'waiting')
    ON CONFLICT (kind, subject) DO NOTHING;

INSERT INTO jobs (kind, subject, run_at, attempts, state) VALUES ('search.index', 'all', 0, 0, 'waiting')
    ON CONFLICT (kind, subject) DO NOTHING;

-- What people write.

CREATE TABLE categories (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    place BIGINT NOT NULL,
    retired BIGINT NOT NULL DEFAULT 0
);

INSERT INTO categories (id, title, place) VALUES
    ('arrest', 'Arrest', 1),
    ('use_of_force', 'Use of force', 2),
    ('complaint', 'Complaint', 3),
    ('traffic_stop', 'Traffic stop', 4),
    ('citizen_contact', 'Contact with a citizen', 5),
    ('investigation', 'Investigation', 6),
    ('training', 'Training', 7),
    ('no_value', 'Nothing of value', 8);

CREATE TABLE recording_categories (
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    category TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (recording_id, category)
);

-- Notes (`at_us` empty) and markers on a recording. What was removed stays, with when.
CREATE TABLE annotations (
    id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    kind TEXT NOT NULL,
    at_us BIGINT,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);

CREATE INDEX annotations_of ON annotations (recording_id, created_at);

-- What was wrong, and what is right; never an overwrite of what the source said.
CREATE TABLE corrections (
    id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    kind TEXT NOT NULL,
    before TEXT,
    after TEXT,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX corrections_of ON corrections (recording_id, created_at);

CREATE TABLE holds (
    id TEXT PRIMARY KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    reason TEXT NOT NULL,
    until_at BIGINT,
    case_id TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT
);

CREATE INDEX holds_of ON holds (recording_id, created_at);

-- What an officer says about a call without video.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    officer_id TEXT NOT NULL,
    district TEXT NOT NULL,
    code TEXT,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    reason TEXT
);

CREATE INDEX accounts_of_call ON accounts (call_id, created_at);

CREATE INDEX accounts_in_state ON accounts (state, created_at, id);

CREATE INDEX accounts_of_officer ON accounts (officer_id, created_at);

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE INDEX cases_in_order ON cases (changed_at, id);

CREATE TABLE case_people (
    case_id TEXT NOT NULL REFERENCES cases (id),
    person_id TEXT NOT NULL,
    PRIMARY KEY (case_id, person_id)
);

CREATE INDEX case_people_of ON case_people (person_id);

CREATE TABLE case_recordings (
    case_id TEXT NOT NULL REFERENCES cases (id),
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, recording_id)
);

CREATE INDEX case_recordings_of ON case_recordings (recording_id);

CREATE TABLE case_notes (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX case_notes_of ON case_notes (case_id, created_at);

-- Results of long work, kept by what was asked for: figures of the audit, comparisons of policies.
CREATE TABLE results (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    asked TEXT NOT NULL,
    state TEXT NOT NULL,
    progress BIGINT NOT NULL,
    result TEXT,
    failure TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT
);

CREATE INDEX results_of_kind ON results (kind, created_at);

CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    mailed_at BIGINT,
    UNIQUE (person_id, kind, subject)
);

CREATE INDEX notifications_of ON notifications (person_id, created_at);

CREATE TABLE saved_searches (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    title TEXT NOT NULL,
    page TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX saved_searches_of ON saved_searches (person_id, created_at);

-- What a records system says, row by row.
CREATE TABLE records (
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    call_id TEXT,
    officer_id TEXT,
    recording_id TEXT,
    at BIGINT,
    case_number TEXT,
    category TEXT,
    import_id TEXT NOT NULL,
    PRIMARY KEY (kind, record_id)
);

CREATE INDEX records_of_call ON records (call_id) WHERE call_id IS NOT NULL;
