-- Of a platform that tells of one account at a time: when its groups were read, and what ids a name means.

-- When it was read that the account is in the group.
ALTER TABLE directory_group_member ADD COLUMN read_at BIGINT NOT NULL DEFAULT 0;
UPDATE directory_group_member SET read_at = COALESCE(
    (SELECT directory_group.read_at FROM directory_group
     WHERE directory_group.platform = directory_group_member.platform
         AND directory_group.name = directory_group_member.name), 0);

-- The ids of the groups that people.toml names by what they are called.
CREATE TABLE directory_group_id (
    platform TEXT NOT NULL,
    name     TEXT NOT NULL,
    group_id TEXT NOT NULL,
    PRIMARY KEY (platform, name, group_id)
);
