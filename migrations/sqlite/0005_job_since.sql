-- Since when a job waits, runs or has failed, for the operator who looks at it.
ALTER TABLE job ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
