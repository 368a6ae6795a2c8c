-- What a wave is planned by.

ALTER TABLE wave ADD COLUMN local_time TEXT NOT NULL DEFAULT '';    -- at which each is asked, where they are
ALTER TABLE wave ADD COLUMN audience TEXT NOT NULL DEFAULT '[]';    -- JSON of the waves whose people it asks
ALTER TABLE wave ADD COLUMN segments TEXT NOT NULL DEFAULT '{}';    -- JSON of the teams told apart, with their sizes

-- What the last answers to a survey led to.
CREATE TABLE survey_news (
    survey TEXT PRIMARY KEY,
    title  TEXT NOT NULL
);
