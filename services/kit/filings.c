/* filings.c - GET /demandes: what the citizen has filed with this service. */
#include "kit_pages.h"
#include "services/kit/demande.h"
#include "services/kit/kit_impl.h"

struct str kit_kind_name(const struct kit_service *s, const struct http_req *req, const char *kind)
{
	for (size_t i = 0; i < s->kind_n; i++)
		if (strcmp(s->kinds[i].kind, kind) == 0)
			return str_from_c(req->lang == LANG_EN ? s->kinds[i].name_en : s->kinds[i].name_fr);
	return str_from_c(kind);
}

static struct http_resp *list_page(struct kit *k, const struct http_req *req, const struct kit_demande_list *list)
{
	struct page_kit_filings_filings *v = arena_array(req->arena, struct page_kit_filings_filings, list->n + 1);
	struct page_kit_filings values = { .filings = v, .filings_n = list->n, .more = list->more };
	struct kit_page page;

	/* With several kinds of filing, the home page is where one chooses. */
	values.start_url = k->service->kind_n == 1 ? str_from_c(k->service->kinds[0].path) : STR("/");
	for (size_t i = 0; i < list->n; i++) {
		const struct kit_demande *d = &list->v[i];
		struct http_pair numero = { STR("numero"), d->number };

		v[i] = (struct page_kit_filings_filings){ .name = kit_kind_name(k->service, req, d->kind), .number = d->number,
			.url = http_add_query(req->arena, STR("/demande"), &numero, 1), .received_s = d->filed_at_s,
			.state = d->state };
	}
	kit_page_open(k, req, &page);
	page_kit_filings(&page.out, &page.site, &values);
	return kit_page_answer(k, req, &page, 200);
}

struct http_resp *kit_filings_get(void *kit, const struct http_req *req)
{
	struct kit_demande_list *list = arena_new(req->arena, struct kit_demande_list);
	const struct kit_usager *u = NULL;
	struct err e = kit_usager(kit, req, &u);

	if (!failed(e))
		e = kit_demande_list(kit, req, u->pseudonym, list);
	return failed(e) ? kit_error(kit, req, e) : list_page(kit, req, list);
}
