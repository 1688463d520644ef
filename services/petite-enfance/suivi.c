/* suivi.c - /demande: what the citizen has filed, and who has read it. The kit lists them (/demandes). */
#include "pe_pages.h"
#include "services/petite-enfance/petite_enfance.h"

struct str pe_hour(struct arena *a, int lang, int64_t min)
{
	int h = (int)(min / 60), m = (int)(min % 60);

	if (lang == PAGE_EN)
		return arena_printf(a, "%d:%02d", h, m);
	return m ? arena_printf(a, "%d\u00a0h\u00a0%02d", h, m) : arena_printf(a, "%d\u00a0h", h);
}

static void put_answers(const struct http_req *req, struct page_pe_filing *v, const struct pe_answers *w)
{
	v->enfant_nom = w->enfant_nom;
	v->enfant_prenoms = w->enfant_prenoms;
	v->ne = w->ne;
	v->enfant_date = w->enfant_date;
	v->parent2_nom = w->parent2_nom;
	v->parent2_prenoms = w->parent2_prenoms;
	v->adresse = w->adresse;
	v->code_postal = w->code_postal;
	v->commune = w->commune;
	v->telephone = w->telephone;
	v->courriel = w->courriel;
	v->entree = w->entree;
	v->lundi = w->jours & PE_LUNDI;
	v->mardi = w->jours & PE_MARDI;
	v->mercredi = w->jours & PE_MERCREDI;
	v->jeudi = w->jours & PE_JEUDI;
	v->vendredi = w->jours & PE_VENDREDI;
	v->arrivee = pe_hour(req->arena, (int)req->lang, w->arrivee_min);
	v->depart = pe_hour(req->arena, (int)req->lang, w->depart_min);
	v->collectif = w->accueil & PE_COLLECTIF;
	v->familial = w->accueil & PE_FAMILIAL;
	v->halte = w->accueil & PE_HALTE;
	v->situation = w->situation;
}

static void put_readers(const struct http_req *req, struct page_pe_filing *v, const struct kit_demande_view *view)
{
	struct page_pe_filing_readers *readers = arena_array(req->arena, struct page_pe_filing_readers, view->reader_n + 1);

	for (size_t i = 0; i < view->reader_n; i++)
		readers[i] = (struct page_pe_filing_readers){ view->readers[i].at_s, view->readers[i].reason };
	v->readers = readers;
	v->readers_n = view->reader_n;
	v->older = view->older_n;
}

/* Another citizen's number is absent, as one that never was. */
struct http_resp *pe_detail_get(void *kit, const struct http_req *req)
{
	struct kit_demande_view *view = arena_new(req->arena, struct kit_demande_view);
	struct pe_preinscription p = { 0 };
	struct kit_page page;
	struct err e = kit_demande_asked(kit, req, view, pe_preinscription_load, &p);

	if (failed(e))
		return kit_error(kit, req, e);
	struct page_pe_filing v = {
		.number = view->demande.number, .received_s = view->demande.filed_at_s, .contact = kit_settings(kit)->service_contact,
		.state = view->demande.state, .since_s = kit_demande_since_s(&view->demande), .word = view->demande.word, .nom = p.parent_nom, .prenoms = p.parent_prenoms,
	};
	put_answers(req, &v, &p.answers);
	put_readers(req, &v, view);
	kit_page_open(kit, req, &page);
	page_pe_filing(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
