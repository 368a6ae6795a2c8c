-- Forms that are filled in over several pages, until they are submitted: at most a day. Never one of a
-- command that is private or can be.

CREATE TABLE draft (
    id         TEXT PRIMARY KEY,
    platform   TEXT NOT NULL,       -- whose it is
    workspace  TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    form       TEXT NOT NULL,       -- JSON, as it was asked
    given      TEXT NOT NULL,       -- JSON: field to what was filled in so far
    expires_at BIGINT NOT NULL
);
CREATE INDEX draft_user ON draft (platform, workspace, user_id);
CREATE INDEX draft_expiry ON draft (expires_at);
