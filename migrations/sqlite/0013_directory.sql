-- What was read of a platform's directory: how far its listing is, and who is in which group.

CREATE TABLE directory_listing (
    platform    TEXT PRIMARY KEY,
    cursor      TEXT NOT NULL,           -- where the next page begins; '' for the first
    finished_at BIGINT                   -- when the last whole listing ended; NULL: never yet
);

-- Groups as people.toml names them, "@handle" or an id.
CREATE TABLE directory_group (
    platform TEXT NOT NULL,
    name     TEXT NOT NULL,
    read_at  BIGINT NOT NULL,
    PRIMARY KEY (platform, name)
);

CREATE TABLE directory_group_member (
    platform  TEXT NOT NULL,
    workspace TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (platform, workspace, user_id, name)
);
CREATE INDEX directory_group_members ON directory_group_member (platform, name);
