-- Inscriptions sur la liste électorale, as citizens filed them (fate: instruction, a public archive).
-- form_id makes a filing happen once, however often its form arrives. pseudonym is the citizen's name
-- in this service alone. Names and birth date are what the identity provider released at filing time.
CREATE TABLE demande (
	number           TEXT PRIMARY KEY,
	form_id          TEXT NOT NULL UNIQUE,
	pseudonym        TEXT NOT NULL,
	filed_at_s       BIGINT NOT NULL,
	family_name      TEXT NOT NULL,
	given_name       TEXT NOT NULL,
	birthdate        TEXT NOT NULL,
	adresse          TEXT NOT NULL,
	code_postal      TEXT NOT NULL,
	depuis           TEXT NOT NULL,
	ailleurs         BIGINT NOT NULL,
	ancienne_commune TEXT NOT NULL,
	telephone        TEXT NOT NULL,
	courriel         TEXT NOT NULL
);
CREATE INDEX demande_pseudonym ON demande (pseudonym, filed_at_s);
