/* desk.c - what an agent of the élections service sees of an inscription. */
#include "elections_pages.h"
#include "services/elections/elections.h"

static void show(struct buf *out, const struct page_site *site, struct arena *a, const struct kit_demande *filed, const void *answers)
{
	const struct el_demande *d = answers;
	const struct el_answers *w = &d->answers;
	struct page_elections_agents_answers v = {
		.decide_by_s = el_decide_by_s(filed->filed_at_s), .nom = d->family_name, .prenoms = d->given_name, .naissance = d->birthdate,
		.adresse = w->adresse, .code_postal = w->code_postal, .depuis = w->depuis, .ailleurs = w->ailleurs,
		.ancienne_commune = w->ancienne_commune, .telephone = w->telephone, .courriel = w->courriel,
	};

	(void)a;
	page_elections_agents_answers(out, site, &v);
}

const struct kit_desk el_desk = { .answers_bytes = sizeof(struct el_demande), .load = el_demande_load, .show = show };
