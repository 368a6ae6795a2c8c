-- The core: keys, people, jobs, deliveries, messages, facts, audit.
-- Text ids, whole-number milliseconds, text JSON, whole-number flags.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE person (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE identity (
    platform  TEXT NOT NULL,
    workspace TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (platform, workspace, user_id)
);
CREATE INDEX identity_person ON identity (person_id);

-- Who used the bot on which day (days since 1970); never written by a private command.
CREATE TABLE activity (
    person_id TEXT NOT NULL REFERENCES person (id),
    day       BIGINT NOT NULL,
    PRIMARY KEY (person_id, day)
);

CREATE TABLE job (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    key         TEXT,
    run_at      BIGINT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('ready', 'running', 'failed', 'stuck')),
    attempt     BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    error       TEXT
);
CREATE INDEX job_due ON job (state, run_at);
CREATE UNIQUE INDEX job_key ON job (key) WHERE state = 'ready';

-- A delivery that was acted on, and the answer it got. Private commands keep a keyed hash only.
CREATE TABLE delivery (
    key        TEXT PRIMARY KEY,
    reply      TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX delivery_expiry ON delivery (expires_at);

-- A corrected line, until its "Run it" is pressed or it is forgotten.
CREATE TABLE suggestion (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES person (id),
    line       TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The outbox: what a message has to say (version) and what was said (delivered).
CREATE TABLE message (
    key          TEXT PRIMARY KEY,
    platform     TEXT NOT NULL,
    workspace    TEXT NOT NULL,
    target       TEXT NOT NULL,
    fallback     TEXT,
    content      TEXT NOT NULL,
    version      BIGINT NOT NULL,
    delivered    BIGINT NOT NULL,
    sending      BIGINT NOT NULL,
    repeats      BIGINT NOT NULL,
    reference    TEXT,
    given_up     TEXT
) WITHOUT ROWID;

CREATE TABLE fact (
    id      TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    data    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX fact_kind ON fact (kind, at);

CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    command TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
