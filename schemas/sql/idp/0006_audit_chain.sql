-- The audit is a chain: every minute what has settled since is closed as a block, whose hash covers its
-- entries and the block before. Nothing is added to what a sign-in writes.
CREATE TABLE audit_seal (
  number   BIGINT PRIMARY KEY,
  upto     TEXT   NOT NULL,                            -- the id of its last entry
  entries  BIGINT NOT NULL,
  hash     TEXT   NOT NULL,
  sealed_s BIGINT NOT NULL
);
INSERT INTO audit_seal (number, upto, entries, hash, sealed_s) VALUES (0, '', 0, '', 0);

-- Where the chain stands. What was kept for its year is removed up to block `base`, which stays to begin from.
CREATE TABLE audit_head (
  name   TEXT   PRIMARY KEY,
  number BIGINT NOT NULL,
  base   BIGINT NOT NULL,
  seal   TEXT   NOT NULL                               -- both and the hash, sealed with a key that is not in the store
);
INSERT INTO audit_head (name, number, base, seal) VALUES ('audit', 0, 0, '');
