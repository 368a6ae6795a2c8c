-- The delivery that submitted a form, whose repeat gets the same answer.
ALTER TABLE draft ADD COLUMN sent_by TEXT;
