-- What every service keeps beside its filings and its own tables (services/kit).

-- Sessions, used states and logout orders of libguichet-sp. id is kind and hash, never a secret.
CREATE TABLE kit_memory (
	id           TEXT PRIMARY KEY,
	kind         TEXT NOT NULL,
	tag1         TEXT,
	tag2         TEXT,
	value        BYTEA NOT NULL,
	expires_at_s BIGINT NOT NULL
);
CREATE INDEX kit_memory_tag1 ON kit_memory (tag1);
CREATE INDEX kit_memory_tag2 ON kit_memory (tag2);
CREATE INDEX kit_memory_expiry ON kit_memory (expires_at_s);

-- Receipt numbers, one row for each year.
CREATE TABLE kit_sequence (
	name TEXT PRIMARY KEY,
	last BIGINT NOT NULL
);

-- The two logs below are chains: each entry's hash covers the one before it, so that a change or a
-- removal in the middle shows. The head of each chain:
CREATE TABLE kit_chain (
	name   TEXT PRIMARY KEY,
	number BIGINT NOT NULL,
	hash   TEXT NOT NULL
);

-- Who did what, with the outcome; only ever appended to. actor: a pseudonym or an operator's name.
CREATE TABLE kit_audit (
	number  BIGINT PRIMARY KEY,
	at_s    BIGINT NOT NULL,
	event   TEXT NOT NULL,
	outcome TEXT NOT NULL,
	actor   TEXT NOT NULL,
	subject TEXT NOT NULL,
	count   BIGINT NOT NULL,
	hash    TEXT NOT NULL
);

-- Who read whose filing, and why; the citizen sees their own.
CREATE TABLE kit_read_log (
	number    BIGINT PRIMARY KEY,
	at_s      BIGINT NOT NULL,
	demande   TEXT NOT NULL,
	reader    TEXT NOT NULL,
	reason    TEXT NOT NULL,
	hash      TEXT NOT NULL
);
CREATE INDEX kit_read_log_demande ON kit_read_log (demande);
