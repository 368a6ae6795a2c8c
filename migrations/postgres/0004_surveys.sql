-- Surveys: waves, their keys, who was asked, what was said.
-- No row ties an answer to a person or to a time finer than the week, and no
-- row order tells one: their keys are random.

CREATE TABLE wave (
    id     TEXT PRIMARY KEY,
    survey TEXT NOT NULL,
    period TEXT NOT NULL,
    mode   TEXT NOT NULL,
    k      BIGINT NOT NULL,
    UNIQUE (survey, period)
);

-- The key under which a wave's answers are kept, itself encrypted under the key file.
CREATE TABLE wave_key (
    wave_id TEXT PRIMARY KEY REFERENCES wave (id),
    wrapped TEXT NOT NULL
);

CREATE TABLE invitation (
    id        TEXT PRIMARY KEY,
    wave_id   TEXT NOT NULL REFERENCES wave (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    subject   TEXT NOT NULL,
    answered  BIGINT NOT NULL,
    UNIQUE (wave_id, person_id)
);

CREATE TABLE answer (
    wave_id    TEXT NOT NULL REFERENCES wave (id),
    respondent TEXT NOT NULL,
    value      BIGINT NOT NULL,
    week       TEXT NOT NULL,
    PRIMARY KEY (wave_id, respondent)
);
