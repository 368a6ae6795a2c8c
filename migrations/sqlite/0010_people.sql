-- What the directory and people themselves say of them.

ALTER TABLE person ADD COLUMN zone TEXT;            -- as the directory says; NULL while it has not
ALTER TABLE person ADD COLUMN own_zone TEXT;        -- as they said themselves, which counts first
ALTER TABLE person ADD COLUMN hours TEXT;           -- their own working hours
ALTER TABLE person ADD COLUMN surveys TEXT NOT NULL DEFAULT 'in';

-- Of each account: 'member', 'outsider' (guest, bot, foreign) or 'gone'; NULL while not looked up.
ALTER TABLE identity ADD COLUMN standing TEXT;
ALTER TABLE identity ADD COLUMN looked_up_at BIGINT;
