/* desk.c - what an agent of the état civil sees of a demande: all that is needed to draw the act up and to send it. */
#include "etat_civil_pages.h"
#include "services/etat-civil/etat_civil.h"

static void show(struct buf *out, const struct page_site *site, struct arena *a, const struct kit_demande *d, const void *answers)
{
	const struct ec_acte *acte = answers;
	const struct ec_answers *w = &acte->answers;
	const struct ec_asker *asker = &acte->asker;
	struct page_etat_civil_agents_answers v = {
		.kind = str_from_c(d->kind), .nom = w->nom, .prenoms = w->prenoms, .date = ec_shown_date(a, w->date), .lien = w->lien,
		.parent1 = w->parent1, .parent2 = w->parent2,
		.demandeur = str_trim(arena_concat(a, (struct str[]){ asker->given_name, STR(" "), asker->family_name }, 3)),
		.demandeur_naissance = asker->birthdate, .destinataire = w->destinataire, .adresse = w->adresse, .code_postal = w->code_postal,
		.ville = w->ville, .telephone = w->telephone, .courriel = w->courriel, .expires_s = d->expires_at_s,
	};

	page_etat_civil_agents_answers(out, site, &v);
}

const struct kit_desk ec_desk = { .answers_bytes = sizeof(struct ec_acte), .load = ec_acte_load, .show = show };
