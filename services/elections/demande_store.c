/* demande_store.c - the answers of a demande, under the number that the kit gave it. Who may read them is
 * decided before, in the same transaction (services/kit/demande.h). */
#include "services/elections/elections.h"

struct err el_demande_insert(struct store_tx *tx, const struct kit_demande *filed, void *arg)
{
	const struct el_demande *d = arg;
	const struct el_answers *w = &d->answers;

	return store_exec(tx, "INSERT INTO inscription (number, family_name, given_name, birthdate, adresse, code_postal, depuis, ailleurs,"
		" ancienne_commune, telephone, courriel) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", NULL,
		str_(filed->number), str_(d->family_name), str_(d->given_name), str_(d->birthdate), str_(w->adresse), str_(w->code_postal),
		str_(w->depuis), int_(w->ailleurs), str_(w->ancienne_commune), str_(w->telephone), str_(w->courriel));
}

struct err el_demande_load(struct store_tx *tx, struct arena *a, const struct kit_demande *filed, void *arg)
{
	struct el_demande *d = arg;
	struct store_row row;
	struct str *texts[] = { &d->family_name, &d->given_name, &d->birthdate, &d->answers.adresse, &d->answers.code_postal,
		&d->answers.depuis, &d->answers.ancienne_commune, &d->answers.telephone, &d->answers.courriel };

	TRY(store_one(tx, "SELECT ailleurs, family_name, given_name, birthdate, adresse, code_postal, depuis,"
		" ancienne_commune, telephone, courriel FROM inscription WHERE number = $1", &row, str_(filed->number)));
	ENSURE(row.found, BROKEN, "el.demande.answers");
	d->answers.ailleurs = row_int(&row, 0) != 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = arena_dup(a, row_str(&row, 1 + i));
	return NO_ERR;
}
