-- The act that each demande asks for (fate: transit; it goes with its demande). date: "1954-03-12", of a
-- death also "1998-05" or "1998". lien, parents and demandeur_*: of a copie intégrale alone; demandeur_*
-- is what the identity provider released when it was filed.
CREATE TABLE acte (
	number              TEXT PRIMARY KEY REFERENCES kit_demande (number) ON DELETE CASCADE,
	nom                 TEXT NOT NULL,
	prenoms             TEXT NOT NULL,
	date                TEXT NOT NULL,
	lien                TEXT NOT NULL,
	parent1             TEXT NOT NULL,
	parent2             TEXT NOT NULL,
	demandeur_nom       TEXT NOT NULL,
	demandeur_prenoms   TEXT NOT NULL,
	demandeur_naissance TEXT NOT NULL,
	destinataire        TEXT NOT NULL,
	adresse             TEXT NOT NULL,
	code_postal         TEXT NOT NULL,
	ville               TEXT NOT NULL,
	telephone           TEXT NOT NULL,
	courriel            TEXT NOT NULL
);
