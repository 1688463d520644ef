/* agents_readings.c - GET /agents/lectures: who has read what, for the responsable of the service. Agents stand
 * there by the beginning of their pseudonym: enough to tell them apart, and for the operator to find whose it is. */
#include "services/kit/agents_impl.h"

/* before: the entry of the log that the page comes after; 0: from the newest on. */
static struct str page_url_of(struct arena *a, struct str number, int64_t before)
{
	struct http_pair v[2];
	size_t n = 0;

	if (number.n)
		v[n++] = (struct http_pair){ STR("numero"), number };
	if (before)
		v[n++] = (struct http_pair){ STR("avant"), arena_printf(a, "%lld", (long long)before) };
	return http_add_query(a, STR("/agents/lectures"), v, n);
}

static void put_rows(const struct http_req *req, const struct agents_readings *r, struct page_kit_agents_readings *v)
{
	struct page_kit_agents_readings_readings *rows = arena_array(req->arena, struct page_kit_agents_readings_readings, r->n + 1);
	struct page_kit_agents_readings_many *many = arena_array(req->arena, struct page_kit_agents_readings_many, r->many_n + 1);

	for (size_t i = 0; i < r->n; i++)
		rows[i] = (struct page_kit_agents_readings_readings){ .when_s = r->v[i].at_s, .number = r->v[i].number,
			.url = agents_filing_url(req->arena, r->v[i].number), .who = agents_short(r->v[i].reader), .why = r->v[i].reason };
	for (size_t i = 0; i < r->many_n; i++)
		many[i] = (struct page_kit_agents_readings_many){ .who = agents_short(r->many[i].pseudonym), .count = r->many[i].n };
	v->readings = rows;
	v->readings_n = r->n;
	v->many = many;
	v->many_n = r->many_n;
}

struct http_resp *agents_readings_get(void *kit, const struct http_req *req)
{
	struct agents_readings *r = arena_new(req->arena, struct agents_readings);
	struct page_kit_agents_readings v = { .number = http_get(&req->query, "numero") };
	const struct kit_agent *agent = NULL;
	struct kit_page page;
	int64_t before = INT64_MAX;
	struct err e = kit_agent(kit, req, &agent);

	if (!failed(e) && agent->role < KIT_RESPONSABLE)
		e = err_of(DENIED, "agents.role");
	if (!failed(e) && http_has(&req->query, "avant") && failed(str_to_i64(http_get(&req->query, "avant"), INT64_MAX, &before)))
		e = err_of(MALFORMED, "agents.page");
	if (!failed(e))
		e = agents_readings_load(kit, req, v.number, before, r);
	if (failed(e))
		return agents_error(kit, req, agent, e);
	put_rows(req, r, &v);
	if (before < INT64_MAX)
		v.newest_url = page_url_of(req->arena, v.number, 0);
	if (r->more)
		v.older_url = page_url_of(req->arena, v.number, r->last);
	agents_page_open(kit, req, agent, &page);
	page_kit_agents_readings(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
