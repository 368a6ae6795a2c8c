-- What `/metrics` counts, without reading every message there ever was.
CREATE INDEX message_waiting ON message (platform) WHERE given_up IS NULL AND delivered < version;
CREATE INDEX message_given_up ON message (platform) WHERE given_up IS NOT NULL;
CREATE INDEX message_repeated ON message (platform, repeats) WHERE repeats > 0;
