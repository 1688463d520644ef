-- What all filings have moves to the kit's table; the answers stay here, under the same number.
-- include kit/demande.sql
INSERT INTO kit_demande (number, form_id, kind, pseudonym, filed_at_s, expires_at_s, state, word, code_hash)
	SELECT number, form_id, 'inscription', pseudonym, filed_at_s, NULL, 'received', '', '' FROM demande;

-- Inscriptions sur la liste électorale (fate: instruction, a public archive). Names and birth date are
-- what the identity provider released at filing time.
CREATE TABLE inscription (
	number           TEXT PRIMARY KEY REFERENCES kit_demande (number) ON DELETE CASCADE,
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
INSERT INTO inscription (number, family_name, given_name, birthdate, adresse, code_postal, depuis, ailleurs, ancienne_commune,
		telephone, courriel)
	SELECT number, family_name, given_name, birthdate, adresse, code_postal, depuis, ailleurs, ancienne_commune,
		telephone, courriel FROM demande;
DROP TABLE demande;
