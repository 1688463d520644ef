-- What all filings have; a service's answers stand in tables of its own and go with their number.
-- form_id makes a filing happen once, however often its form arrives. pseudonym is the citizen's name in
-- this service alone, empty when it was filed without an account; code_hash is then the hash of its
-- follow-up code, else empty. expires_at_s: NULL for what only an elimination list or the archives end.
CREATE TABLE kit_demande (
	number       TEXT PRIMARY KEY,
	form_id      TEXT NOT NULL UNIQUE,
	kind         TEXT NOT NULL,
	pseudonym    TEXT NOT NULL,
	filed_at_s   BIGINT NOT NULL,
	expires_at_s BIGINT,
	state        TEXT NOT NULL,
	word         TEXT NOT NULL,
	code_hash    TEXT NOT NULL
);
CREATE INDEX kit_demande_pseudonym ON kit_demande (pseudonym, filed_at_s);
CREATE INDEX kit_demande_expiry ON kit_demande (expires_at_s);
