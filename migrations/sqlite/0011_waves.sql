-- Waves that open and close, invitations with their plan, and what answers add up to.

ALTER TABLE wave ADD COLUMN state TEXT NOT NULL DEFAULT 'open';       -- planning, open, closed
ALTER TABLE wave ADD COLUMN opens_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE wave ADD COLUMN closes_at BIGINT;                         -- NULL: made before waves closed
ALTER TABLE wave ADD COLUMN subject TEXT NOT NULL DEFAULT '';         -- what it is about, the same for all
ALTER TABLE wave ADD COLUMN preface TEXT NOT NULL DEFAULT '';         -- JSON of the text above the question
ALTER TABLE wave ADD COLUMN planned_to TEXT NOT NULL DEFAULT '';      -- the last person looked at

ALTER TABLE invitation ADD COLUMN state TEXT NOT NULL DEFAULT 'sent'; -- planned, sent, left
ALTER TABLE invitation ADD COLUMN probability REAL NOT NULL DEFAULT 1;  -- of being chosen
ALTER TABLE invitation ADD COLUMN planned_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invitation ADD COLUMN sent_at BIGINT;
ALTER TABLE invitation ADD COLUMN remind_at BIGINT;                   -- when to remind; NULL: not (any more)
ALTER TABLE invitation ADD COLUMN reason TEXT;                        -- why it was left unsent
ALTER TABLE invitation ADD COLUMN segment TEXT NOT NULL DEFAULT '';   -- the team, where it is large enough
CREATE INDEX invitation_planned ON invitation (wave_id, planned_at) WHERE state = 'planned';
CREATE INDEX invitation_remind ON invitation (wave_id, remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX invitation_person ON invitation (person_id);

-- When somebody was last asked anything, over all surveys.
CREATE TABLE prompted (
    person_id TEXT PRIMARY KEY REFERENCES person (id),
    at        BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE survey_pause (
    survey    TEXT PRIMARY KEY,
    paused_at BIGINT NOT NULL
);

-- A value is a place from 1, a bit mask of places, or 0 for "does not apply".
ALTER TABLE answer ADD COLUMN segment TEXT NOT NULL DEFAULT '';

-- Somebody's words, encrypted; apart, so that they can go alone.
CREATE TABLE answer_text (
    wave_id    TEXT NOT NULL REFERENCES wave (id),
    respondent TEXT NOT NULL,
    sealed     TEXT NOT NULL,
    PRIMARY KEY (wave_id, respondent)
) WITHOUT ROWID;

-- What a wave's answers add up to, kept in the answer's own transaction. Buckets: the places
-- from 1, 0 for "does not apply", -1 for all that gave a place.
CREATE TABLE tally (
    wave_id TEXT NOT NULL REFERENCES wave (id),
    segment TEXT NOT NULL,
    bucket  BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (wave_id, segment, bucket)
) WITHOUT ROWID;
INSERT INTO tally (wave_id, segment, bucket, n)
    SELECT wave_id, '', value, count(*) FROM answer GROUP BY wave_id, value;
INSERT INTO tally (wave_id, segment, bucket, n)
    SELECT wave_id, '', -1, count(*) FROM answer GROUP BY wave_id;
