-- Schedules of the config, each with the instant of its next firing.

CREATE TABLE schedule (
    key     TEXT PRIMARY KEY,
    cron    TEXT NOT NULL,
    zone    TEXT NOT NULL,
    next_at BIGINT NOT NULL
);
