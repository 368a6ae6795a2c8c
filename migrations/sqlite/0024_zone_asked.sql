-- Whether somebody was asked for their time zone, of whom nothing else says it: 1 once they were.
ALTER TABLE person ADD COLUMN zone_asked BIGINT NOT NULL DEFAULT 0;
