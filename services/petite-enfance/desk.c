/* desk.c - what an agent of the petite enfance sees of a préinscription. */
#include "pe_pages.h"
#include "services/petite-enfance/petite_enfance.h"

static void put_wish(struct arena *a, int lang, struct page_pe_agents_answers *v, const struct pe_answers *w)
{
	v->entree = w->entree;
	v->lundi = w->jours & PE_LUNDI;
	v->mardi = w->jours & PE_MARDI;
	v->mercredi = w->jours & PE_MERCREDI;
	v->jeudi = w->jours & PE_JEUDI;
	v->vendredi = w->jours & PE_VENDREDI;
	v->arrivee = pe_hour(a, lang, w->arrivee_min);
	v->depart = pe_hour(a, lang, w->depart_min);
	v->collectif = w->accueil & PE_COLLECTIF;
	v->familial = w->accueil & PE_FAMILIAL;
	v->halte = w->accueil & PE_HALTE;
}

static void show(struct buf *out, const struct page_site *site, struct arena *a, const struct kit_demande *d, const void *answers)
{
	const struct pe_preinscription *p = answers;
	const struct pe_answers *w = &p->answers;
	struct page_pe_agents_answers v = {
		.nom = p->parent_nom, .prenoms = p->parent_prenoms, .enfant_nom = w->enfant_nom, .enfant_prenoms = w->enfant_prenoms, .ne = w->ne,
		.enfant_date = w->enfant_date, .parent2_nom = w->parent2_nom, .parent2_prenoms = w->parent2_prenoms, .adresse = w->adresse,
		.code_postal = w->code_postal, .commune = w->commune, .telephone = w->telephone, .courriel = w->courriel,
		.situation = w->situation,
	};

	(void)d;
	put_wish(a, site->lang, &v, w);
	page_pe_agents_answers(out, site, &v);
}

const struct kit_desk pe_desk = { .answers_bytes = sizeof(struct pe_preinscription), .load = pe_preinscription_load, .show = show };
