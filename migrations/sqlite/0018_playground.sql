-- Pictures and files of messages, each kept once, and what platforms call them.

CREATE TABLE blob (
    digest  TEXT PRIMARY KEY,       -- SHA-256 in hex
    media   TEXT NOT NULL,
    content TEXT NOT NULL,          -- base64
    kept_at BIGINT NOT NULL         -- when a message with it was stored last
);

-- What shows it: a message of the outbox, a stored answer, a message of the playground.
CREATE TABLE blob_use (
    digest TEXT NOT NULL REFERENCES blob (digest),
    kind   TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (digest, kind, holder)
);
CREATE INDEX blob_use_kind ON blob_use (kind, holder);

-- What a platform calls it there; NULL while it is being tried, or was refused.
CREATE TABLE blob_upload (
    digest    TEXT NOT NULL,
    platform  TEXT NOT NULL,
    workspace TEXT NOT NULL,
    reference TEXT,
    refused   BIGINT NOT NULL,
    since     BIGINT NOT NULL,      -- in this state
    PRIMARY KEY (digest, platform, workspace)
);
