-- Beside what a wave's answers say: the teams that say it clearly, as they were released.

-- JSON: [{"team": …, "hits": …, "n": …}], the clearest first; their answers are among the wave's.
ALTER TABLE finding ADD COLUMN teams TEXT NOT NULL DEFAULT '[]';
