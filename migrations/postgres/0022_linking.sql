-- Accounts of one person on several chats, joined by a code that is typed on the other one.

-- How often accounts were joined to the person before this one: somebody is written to where it is least.
ALTER TABLE identity ADD COLUMN linked BIGINT NOT NULL DEFAULT 0;

CREATE TABLE link_code (
    id         TEXT PRIMARY KEY,
    hash       TEXT NOT NULL UNIQUE,     -- keyed; the code itself is nowhere
    person_id  TEXT NOT NULL REFERENCES person (id),
    platform   TEXT NOT NULL,            -- the account that asked for it
    workspace  TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    claimed_by TEXT,                     -- the person who typed it first, and nobody else can any more
    spent      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX link_code_person ON link_code (person_id);
CREATE INDEX link_code_expiry ON link_code (expires_at);

CREATE TABLE link_try (
    person_id TEXT PRIMARY KEY REFERENCES person (id),
    tries     BIGINT NOT NULL,
    until     BIGINT NOT NULL            -- when they are forgotten
);
