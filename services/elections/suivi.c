/* suivi.c - /demandes and /demande: what the citizen has filed, and who has read it. */
#include "elections_pages.h"
#include "services/elections/elections.h"

static struct http_resp *list_page(struct kit *k, const struct http_req *req, const struct el_list *list)
{
	struct page_elections_filings_filings *v = arena_array(req->arena, struct page_elections_filings_filings, list->n + 1);
	struct page_elections_filings values = { v, list->n };
	struct kit_page page;

	for (size_t i = 0; i < list->n; i++) {
		struct http_pair numero = { STR("numero"), list->v[i].number };

		v[i].number = list->v[i].number;
		v[i].received_s = list->v[i].filed_at_s;
		v[i].url = http_add_query(req->arena, STR("/demande"), &numero, 1);
	}
	kit_page_open(k, req, &page);
	page_elections_filings(&page.out, &page.site, &values);
	return kit_page_answer(k, req, &page, 200);
}

struct http_resp *el_list_get(void *kit, const struct http_req *req)
{
	struct el_list *list = arena_new(req->arena, struct el_list);
	const struct kit_usager *u = NULL;
	struct err e = kit_usager(kit, req, &u);

	if (!failed(e))
		e = el_demande_list(kit_store(kit), req->arena, u->pseudonym, list);
	return failed(e) ? kit_error(kit, req, e) : list_page(kit, req, list);
}

static struct http_resp *detail_page(struct kit *k, const struct http_req *req, struct str number, const struct el_reading *r)
{
	struct page_elections_filing_readers *readers = arena_array(req->arena, struct page_elections_filing_readers, r->reader_n + 1);
	const struct el_demande *d = &r->demande;
	const struct el_answers *w = &d->answers;
	struct page_elections_filing v = {
		.number = number, .received_s = d->filed_at_s, .decide_by_s = el_decide_by_s(d->filed_at_s),
		.contact = kit_settings(k)->service_contact, .nom = d->family_name, .prenoms = d->given_name, .naissance = d->birthdate,
		.adresse = w->adresse, .code_postal = w->code_postal, .depuis = w->depuis, .ailleurs = w->ailleurs,
		.ancienne_commune = w->ancienne_commune, .telephone = w->telephone, .courriel = w->courriel,
		.readers = readers, .readers_n = r->reader_n,
	};
	struct kit_page page;

	for (size_t i = 0; i < r->reader_n; i++) {
		readers[i].when_s = r->readers[i].at_s;
		readers[i].who = r->readers[i].reader;
		readers[i].why = r->readers[i].reason;
	}
	kit_page_open(k, req, &page);
	page_elections_filing(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

/* Another citizen's number is absent, as one that never was. */
struct http_resp *el_detail_get(void *kit, const struct http_req *req)
{
	struct str number = http_get(&req->query, "numero");
	struct el_reading *reading = arena_new(req->arena, struct el_reading);
	const struct kit_usager *u = NULL;
	struct err e = kit_usager(kit, req, &u);

	if (!failed(e))
		e = el_demande_load(kit_store(kit), req->arena, u->pseudonym, number, reading);
	return failed(e) ? kit_error(kit, req, e) : detail_page(kit, req, number, reading);
}
