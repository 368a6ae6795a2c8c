-- The roadmap: feedback, items, what speaks for them, who is for them.

CREATE TABLE item (
    id         TEXT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,           -- short and readable, made from the title
    title      TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'started', 'shipped', 'dropped')),
    created_at BIGINT NOT NULL,
    ended_at   BIGINT,                         -- shipped or dropped
    said       TEXT,                           -- what was told then
    p50        DOUBLE PRECISION,                           -- effort in person-weeks: as likely less as more
    p90        DOUBLE PRECISION                            -- nine times in ten less
);

-- Somebody's own words. Without a person they were given anonymously: `at` is the week's start
-- then, the id is random, and the row has no place in any order.
CREATE TABLE feedback (
    id        TEXT PRIMARY KEY,
    at        BIGINT NOT NULL,
    person_id TEXT REFERENCES person (id),
    text      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('new', 'linked', 'done')),
    item_id   TEXT REFERENCES item (id),
    contact   BIGINT NOT NULL                  -- wants to be told what comes of it
);
CREATE INDEX feedback_state ON feedback (state, at);
CREATE INDEX feedback_item ON feedback (item_id);
CREATE INDEX feedback_person ON feedback (person_id);

-- What speaks for doing something: a search in vain, a step that fails, answers. `live_key` is
-- its group while more of the kind is added to it; NULL once its item is shipped, so that what
-- happens after that stands by itself.
CREATE TABLE evidence (
    id        TEXT PRIMARY KEY,
    live_key  TEXT UNIQUE,
    kind      TEXT NOT NULL CHECK (kind IN ('search', 'failure', 'score', 'reason')),
    about     TEXT NOT NULL,                   -- JSON: the words, the step, the survey
    item_id   TEXT REFERENCES item (id),
    aside     BIGINT NOT NULL,                 -- looked at, and none of an item
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL
);
CREATE INDEX evidence_item ON evidence (item_id);

-- Each time it was seen: the fact's id, so that a fact that comes twice counts once.
CREATE TABLE sighting (
    id          TEXT PRIMARY KEY,
    evidence_id TEXT NOT NULL REFERENCES evidence (id),
    person_id   TEXT REFERENCES person (id),
    at          BIGINT NOT NULL
);
CREATE INDEX sighting_evidence ON sighting (evidence_id, at);
CREATE INDEX sighting_person ON sighting (person_id);

-- What a closed wave's answers say for it, as they were released.
CREATE TABLE finding (
    evidence_id TEXT NOT NULL REFERENCES evidence (id),
    wave_id     TEXT NOT NULL REFERENCES wave (id),
    period      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    hits        BIGINT NOT NULL,               -- answers that speak for it
    n           BIGINT NOT NULL,               -- of so many
    impacts     TEXT NOT NULL,                 -- JSON: (impact, answers) of the hits
    PRIMARY KEY (evidence_id, wave_id)
);

CREATE TABLE vote (
    item_id   TEXT NOT NULL REFERENCES item (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    at        BIGINT NOT NULL,
    PRIMARY KEY (item_id, person_id)
);
CREATE INDEX vote_person ON vote (person_id);

-- A product manager's own term beside the evidence, the last one counting.
CREATE TABLE term (
    id        TEXT PRIMARY KEY,
    item_id   TEXT NOT NULL REFERENCES item (id),
    factor    DOUBLE PRECISION NOT NULL,
    reason    TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    at        BIGINT NOT NULL
);
CREATE INDEX term_item ON term (item_id, at);
