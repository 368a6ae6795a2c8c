-- Who was asked is counted beside what was answered: bucket -2. A multiple choice is kept as
-- the negative of its bit mask, so that a value says by itself what it counts for.

INSERT INTO tally (wave_id, segment, bucket, n)
    SELECT wave_id, '', -2, count(*) FROM invitation WHERE state = 'sent' GROUP BY wave_id;
