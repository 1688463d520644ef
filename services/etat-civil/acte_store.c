/* acte_store.c - the act that a demande asks for. Who may read it is the kit's to say: the number comes
 * from kit_demande, inside the same transaction. */
#include "services/etat-civil/etat_civil.h"

struct err ec_acte_insert(struct store_tx *tx, const struct kit_demande *d, const struct ec_acte *acte)
{
	const struct ec_answers *w = &acte->answers;
	const struct ec_asker *asker = &acte->asker;

	return store_exec(tx, "INSERT INTO acte (number, nom, prenoms, date, lien, parent1, parent2, demandeur_nom, demandeur_prenoms,"
		" demandeur_naissance, destinataire, adresse, code_postal, ville, telephone, courriel)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)", NULL,
		str_(d->number), str_(w->nom), str_(w->prenoms), str_(w->date), str_(w->lien), str_(w->parent1), str_(w->parent2),
		str_(asker->family_name), str_(asker->given_name), str_(asker->birthdate), str_(w->destinataire), str_(w->adresse),
		str_(w->code_postal), str_(w->ville), str_(w->telephone), str_(w->courriel));
}

struct err ec_acte_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *arg)
{
	struct ec_acte *acte = arg;
	struct ec_answers *w = &acte->answers;
	struct ec_asker *asker = &acte->asker;
	struct str *texts[] = { &w->nom, &w->prenoms, &w->date, &w->lien, &w->parent1, &w->parent2, &asker->family_name, &asker->given_name,
		&asker->birthdate, &w->destinataire, &w->adresse, &w->code_postal, &w->ville, &w->telephone, &w->courriel };
	struct store_row row;

	TRY(store_one(tx, "SELECT nom, prenoms, date, lien, parent1, parent2, demandeur_nom, demandeur_prenoms, demandeur_naissance,"
		" destinataire, adresse, code_postal, ville, telephone, courriel FROM acte WHERE number = $1", &row, str_(d->number)));
	ENSURE(row.found, BROKEN, "ec.acte");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = arena_dup(a, row_str(&row, i));
	return NO_ERR;
}
