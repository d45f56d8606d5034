-- Who may sign in. `name` is written in small letters. `roles` and `districts` are JSON lists; no district is all of
-- them. `password` is an Argon2id hash; none for who signs in elsewhere. `totp` is the sealed secret of the second factor,
-- `totp_step` the last step whose code was used, so that none is used twice.
CREATE TABLE people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    mail TEXT,
    officer_id TEXT,
    roles TEXT NOT NULL,
    districts TEXT NOT NULL,
    state TEXT NOT NULL,
    password TEXT,
    must_change_password BIGINT NOT NULL DEFAULT 0,
    totp {bytes},
    totp_confirmed BIGINT NOT NULL DEFAULT 0,
    totp_step BIGINT NOT NULL DEFAULT 0,
    external_subject TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    signed_in_at BIGINT
);

CREATE INDEX people_by_officer ON people (officer_id) WHERE officer_id IS NOT NULL;

-- Tries to sign in since the last that succeeded, for names that are known and for those that are not: both lock alike.
-- `name` is a hash of what was typed, which may have been a password.
CREATE TABLE sign_in_tries (
    name TEXT PRIMARY KEY,
    tries BIGINT NOT NULL,
    locked_until BIGINT,
    tried_at BIGINT NOT NULL
);

CREATE INDEX sign_in_tries_by_time ON sign_in_tries (tried_at);

-- `hash` is the SHA-256 of the cookie. `proved_at` is when the person last proved who they are.
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    method TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    proved_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_person ON sessions (person_id);

CREATE INDEX sessions_by_end ON sessions (ends_at);

-- Public keys of authenticators; `credential` is what the library needs to check the next one, as JSON.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX passkeys_by_person ON passkeys (person_id);

-- What a sign-in in several steps has to remember between them; each is used once.
CREATE TABLE challenges (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX challenges_by_expiry ON challenges (expires_at);
