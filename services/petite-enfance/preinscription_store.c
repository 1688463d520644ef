/* preinscription_store.c - what petite enfance remembers of a demande. The kit looks filings up, each by
 * its citizen; here are the answers alone. */
#include "services/petite-enfance/petite_enfance.h"

/* The row of the child is taken first and held until the commit: of two forms for one child that arrive
 * together, the second one waits here, then sees the first one's filing. */
static MUST struct err claim_child(struct store_tx *tx, const struct kit_demande *d, struct pe_filing *f)
{
	struct store_row row;

	f->earlier = STR_NONE;
	TRY(store_one(tx, "INSERT INTO enfant (pseudonym, cle, number) VALUES ($1, $2, $3)"
		" ON CONFLICT (pseudonym, cle) DO UPDATE SET number = enfant.number RETURNING number", &row,
		str_(d->pseudonym), str_(f->child_key), str_(d->number)));
	ENSURE(row.found, BROKEN, "pe.enfant");
	struct str earlier = arena_dup(f->arena, row_str(&row, 0));
	if (str_eq(earlier, d->number))
		return NO_ERR;
	TRY(store_one(tx, "SELECT state FROM kit_demande WHERE number = $1 AND state <> 'closed'", &row, str_(earlier)));
	if (row.found) {
		f->earlier = earlier;
		return err_of(CONFLICT, "pe.enfant.open");
	}
	return store_exec(tx, "UPDATE enfant SET number = $3 WHERE pseudonym = $1 AND cle = $2", NULL,
		str_(d->pseudonym), str_(f->child_key), str_(d->number));
}

struct err pe_preinscription_insert(struct store_tx *tx, const struct kit_demande *d, void *filing)
{
	struct pe_filing *f = filing;
	const struct pe_preinscription *p = &f->what;
	const struct pe_answers *w = &p->answers;

	TRY(claim_child(tx, d, f));
	return store_exec(tx, "INSERT INTO preinscription (number, parent_nom, parent_prenoms, enfant_nom, enfant_prenoms, ne, enfant_date,"
		" parent2_nom, parent2_prenoms, adresse, code_postal, commune, telephone, courriel, entree, jours, arrivee_min, depart_min,"
		" accueil, situation)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)", NULL,
		str_(d->number), str_(p->parent_nom), str_(p->parent_prenoms), str_(w->enfant_nom), str_(w->enfant_prenoms), int_(w->ne),
		str_(w->enfant_date), str_(w->parent2_nom), str_(w->parent2_prenoms), str_(w->adresse), str_(w->code_postal),
		str_(w->commune), str_(w->telephone), str_(w->courriel), str_(w->entree), int_(w->jours), int_(w->arrivee_min),
		int_(w->depart_min), int_(w->accueil), str_(w->situation));
}

struct err pe_preinscription_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *preinscription)
{
	struct pe_preinscription *p = preinscription;
	struct pe_answers *w = &p->answers;
	struct str *texts[] = { &p->parent_nom, &p->parent_prenoms, &w->enfant_nom, &w->enfant_prenoms, &w->enfant_date, &w->parent2_nom,
		&w->parent2_prenoms, &w->adresse, &w->code_postal, &w->commune, &w->telephone, &w->courriel, &w->entree, &w->situation };
	enum { TEXTS = sizeof texts / sizeof *texts };
	struct store_row row;

	TRY(store_one(tx, "SELECT parent_nom, parent_prenoms, enfant_nom, enfant_prenoms, enfant_date, parent2_nom, parent2_prenoms,"
		" adresse, code_postal, commune, telephone, courriel, entree, situation, ne, jours, arrivee_min, depart_min, accueil"
		" FROM preinscription WHERE number = $1", &row, str_(d->number)));
	ENSURE(row.found, ABSENT, "pe.preinscription");
	for (size_t i = 0; i < TEXTS; i++)
		*texts[i] = arena_dup(a, row_str(&row, i));
	w->ne = row_int(&row, TEXTS) != 0;
	w->jours = (unsigned)row_int(&row, TEXTS + 1);
	w->arrivee_min = row_int(&row, TEXTS + 2);
	w->depart_min = row_int(&row, TEXTS + 3);
	w->accueil = (unsigned)row_int(&row, TEXTS + 4);
	return NO_ERR;
}
