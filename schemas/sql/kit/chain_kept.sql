-- Entries of both logs go after a year. How many went, and the hash of the last of them: what is left of a chain
-- begins there.
ALTER TABLE kit_chain ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE kit_chain ADD COLUMN removed_hash TEXT NOT NULL DEFAULT '';
