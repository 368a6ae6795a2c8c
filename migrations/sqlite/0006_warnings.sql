-- Warnings before a deadline: which were made, and when their messages arrived.

CREATE TABLE warning (
    key      TEXT PRIMARY KEY,            -- its message's, in the outbox
    env_id   TEXT NOT NULL REFERENCES environment (id),
    deadline BIGINT NOT NULL,
    step     BIGINT NOT NULL,             -- milliseconds before the deadline
    rung     TEXT NOT NULL,               -- whom it tells
    live     BIGINT NOT NULL,             -- 0 once another one took its place or nothing is to be warned of
    made_at  BIGINT NOT NULL
);
CREATE INDEX warning_env ON warning (env_id, deadline);

ALTER TABLE environment ADD COLUMN deadline_set_at BIGINT NOT NULL DEFAULT 0;
UPDATE environment SET deadline_set_at = created_at;

-- When the platform had the message for the first time, and when it was given up.
ALTER TABLE message ADD COLUMN delivered_at BIGINT;
ALTER TABLE message ADD COLUMN given_up_at BIGINT;

-- Those that waited for a deadline look at once when the first warning is due.
UPDATE job SET run_at = 0 WHERE kind = 'env.expire' AND state = 'ready';
