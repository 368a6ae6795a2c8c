-- Environments: pinned templates, requests, runs, steps, what was made.

-- The files of a template at a version, so that a run ends with what it began with.
CREATE TABLE template_version (
    template TEXT NOT NULL,
    version  TEXT NOT NULL,
    files    TEXT NOT NULL,
    PRIMARY KEY (template, version)
);

CREATE TABLE environment (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    live_name  TEXT UNIQUE,
    owner      TEXT NOT NULL REFERENCES person (id),
    template   TEXT NOT NULL,
    version    TEXT NOT NULL,
    title      TEXT NOT NULL,
    tier       TEXT NOT NULL,
    adapted    BIGINT NOT NULL,
    parameters TEXT NOT NULL,
    state      TEXT NOT NULL,
    outputs    TEXT NOT NULL,
    failure    TEXT,
    created_at BIGINT NOT NULL,
    ready_at   BIGINT,
    ended_at   BIGINT,
    deadline   BIGINT NOT NULL,
    latest     BIGINT NOT NULL,
    chosen     BIGINT NOT NULL
);
CREATE INDEX environment_owner ON environment (owner, state);
CREATE INDEX environment_created ON environment (created_at);

CREATE TABLE run (
    id         TEXT PRIMARY KEY,
    env_id     TEXT NOT NULL REFERENCES environment (id),
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX run_env ON run (env_id, started_at);

CREATE TABLE step (
    run_id     TEXT NOT NULL REFERENCES run (id),
    position   BIGINT NOT NULL,
    step_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    action     TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   BIGINT NOT NULL,
    outputs    TEXT NOT NULL,
    note       TEXT,
    started_at BIGINT,
    ended_at   BIGINT,
    PRIMARY KEY (run_id, position)
);

CREATE TABLE resource (
    id        TEXT PRIMARY KEY,
    env_id    TEXT NOT NULL REFERENCES environment (id),
    run_id    TEXT NOT NULL REFERENCES run (id),
    position  BIGINT NOT NULL,
    driver    TEXT NOT NULL,
    kind      TEXT NOT NULL,
    label     TEXT NOT NULL,
    ownership TEXT NOT NULL,
    handle    TEXT NOT NULL,
    present   BIGINT NOT NULL
);
CREATE INDEX resource_env ON resource (env_id, position);
CREATE INDEX resource_kind ON resource (kind, present);
