-- The playground's own chat: who said what, who sees it, what was read.

CREATE TABLE playground_counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE playground_message (
    id           TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    author       TEXT NOT NULL,
    seen_by      TEXT NOT NULL,          -- the only persona who sees it; empty for everybody
    content      TEXT NOT NULL,          -- JSON of the message
    asks         BIGINT NOT NULL,        -- 1 when posted with buttons that answer a survey, then 2 when the crowd did
    source       TEXT NOT NULL UNIQUE,   -- what it came from, so that a repeat inserts nothing
    version      BIGINT NOT NULL,
    position     BIGINT NOT NULL,        -- number of the change that inserted it
    changed      BIGINT NOT NULL,        -- number of its last change
    created_at   BIGINT NOT NULL
);

CREATE INDEX playground_message_place ON playground_message (conversation, position);
CREATE INDEX playground_message_changed ON playground_message (changed);

CREATE TABLE playground_read (
    persona      TEXT NOT NULL,
    conversation TEXT NOT NULL,
    position     BIGINT NOT NULL,
    PRIMARY KEY (persona, conversation)
);
