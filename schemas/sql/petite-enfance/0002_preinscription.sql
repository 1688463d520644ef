-- Préinscriptions en crèche, as citizens filed them (fate: instruction, a public archive). The names of
-- the parent who filed are what the identity provider released then. No income, no health data, no file
-- of children: a child is known by what its parent wrote, in this parent's filing alone.
CREATE TABLE preinscription (
	number          TEXT PRIMARY KEY REFERENCES kit_demande (number) ON DELETE CASCADE,
	parent_nom      TEXT NOT NULL,
	parent_prenoms  TEXT NOT NULL,
	enfant_nom      TEXT NOT NULL,
	enfant_prenoms  TEXT NOT NULL,   -- empty: not chosen yet, or has none
	ne              BIGINT NOT NULL, -- 1: enfant_date is the day of birth; 0: the day expected
	enfant_date     TEXT NOT NULL,
	parent2_nom     TEXT NOT NULL,
	parent2_prenoms TEXT NOT NULL,
	adresse         TEXT NOT NULL,
	code_postal     TEXT NOT NULL,
	commune         TEXT NOT NULL,
	telephone       TEXT NOT NULL,
	courriel        TEXT NOT NULL,
	entree          TEXT NOT NULL,
	jours           BIGINT NOT NULL, -- bits: Monday 1, Tuesday 2, Wednesday 4, Thursday 8, Friday 16
	arrivee_min     BIGINT NOT NULL, -- minutes since midnight
	depart_min      BIGINT NOT NULL,
	accueil         BIGINT NOT NULL, -- bits: collectif 1, familial 2, halte-garderie 4
	situation       TEXT NOT NULL
);

-- One open filing for each child of one citizen. number: the last one; when that is closed, another may
-- take its place.
CREATE TABLE enfant (
	pseudonym TEXT NOT NULL,
	cle       TEXT NOT NULL,
	number    TEXT NOT NULL REFERENCES kit_demande (number) ON DELETE CASCADE,
	PRIMARY KEY (pseudonym, cle)
);
CREATE INDEX enfant_number ON enfant (number);
