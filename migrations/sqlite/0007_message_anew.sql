-- Whether a message that was gone was posted anew; that happens once.
ALTER TABLE message ADD COLUMN anew BIGINT NOT NULL DEFAULT 0;
