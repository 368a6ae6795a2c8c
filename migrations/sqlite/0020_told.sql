-- What may be told of an open wave: its sums as they were when enough answers had come since the time before.

ALTER TABLE tally ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
UPDATE tally SET told = n;
