/* agents_list.c - GET /agents: what citizens have filed here, newest first. No name stands in it: that is for
 * whoever opens a filing, with a reason. */
#include "services/kit/agents_impl.h"

enum { STATES = 4 };
/* As the address says it, and as it is kept. */
static const struct { const char *query, *state; } states[STATES] = { { "", "" }, { "envoyees", "filed" }, { "recues", "received" },
	{ "terminees", "closed" } };

/* ?avant=1800000000.EC-2027-000123 */
static MUST struct err before_of(const struct http_req *req, struct agents_filter *ret_f)
{
	struct str text = http_get(&req->query, "avant");
	size_t dot = str_index(text, '.');

	ret_f->before_s = INT64_MAX;
	if (!http_has(&req->query, "avant"))
		return NO_ERR;
	ENSURE(!failed(str_to_i64(str_slice(text, 0, dot), INT64_MAX, &ret_f->before_s)) && dot + 1 < text.n, MALFORMED, "agents.page");
	ret_f->before = str_slice(text, dot + 1, text.n);
	return NO_ERR;
}

static bool is_kind(const struct kit_service *s, struct str kind)
{
	for (size_t i = 0; i < s->kind_n; i++)
		if (str_eq_c(kind, s->kinds[i].kind))
			return true;
	return false;
}

static MUST struct err filter_of(const struct kit *k, const struct http_req *req, struct agents_filter *ret_f)
{
	struct str state = http_get(&req->query, "etat"), kind = http_get(&req->query, "sorte");
	size_t i = 0;

	while (i < STATES && !str_eq_c(state, states[i].query))
		i++;
	ENSURE(i < STATES && (kind.n == 0 || is_kind(k->service, kind)), MALFORMED, "agents.filter");
	TRY(before_of(req, ret_f));
	ret_f->state = str_from_c(states[i].state);
	ret_f->kind = kind;
	return NO_ERR;
}

/* This list with one thing changed. before: NULL, or what its page comes after. */
static struct str list_url(struct arena *a, struct str state, struct str kind, const struct kit_demande *before)
{
	struct http_pair v[3];
	size_t n = 0;

	for (size_t i = 1; i < STATES; i++)
		if (str_eq_c(state, states[i].state))
			v[n++] = (struct http_pair){ STR("etat"), str_from_c(states[i].query) };
	if (kind.n)
		v[n++] = (struct http_pair){ STR("sorte"), kind };
	if (before)
		v[n++] = (struct http_pair){ STR("avant"), arena_printf(a, "%lld." STR_FMT, (long long)before->filed_at_s, STR_ARG(before->number)) };
	return http_add_query(a, STR("/agents"), v, n);
}

static void put_filters(const struct kit *k, const struct http_req *req, const struct agents_filter *f, const struct agents_list *l,
	struct page_kit_agents_list *v)
{
	const struct kit_service *s = k->service;
	const int64_t counts[STATES] = { l->filed_n + l->received_n + l->closed_n, l->filed_n, l->received_n, l->closed_n };
	struct page_kit_agents_list_states *by_state = arena_array(req->arena, struct page_kit_agents_list_states, STATES);
	struct page_kit_agents_list_kinds *by_kind = arena_array(req->arena, struct page_kit_agents_list_kinds, s->kind_n + 1);

	for (size_t i = 0; i < STATES; i++)
		by_state[i] = (struct page_kit_agents_list_states){ .state = str_from_c(states[i].state), .more = counts[i] > AGENTS_COUNTED,
			.n = counts[i] > AGENTS_COUNTED ? AGENTS_COUNTED : counts[i],
			.url = list_url(req->arena, str_from_c(states[i].state), f->kind, NULL), .here = str_eq_c(f->state, states[i].state) };
	by_kind[0] = (struct page_kit_agents_list_kinds){ .url = list_url(req->arena, f->state, STR_NONE, NULL), .here = f->kind.n == 0 };
	for (size_t i = 0; i < s->kind_n; i++)
		by_kind[i + 1] = (struct page_kit_agents_list_kinds){ .name = kit_kind_name(s, req, s->kinds[i].kind),
			.url = list_url(req->arena, f->state, str_from_c(s->kinds[i].kind), NULL), .here = str_eq_c(f->kind, s->kinds[i].kind) };
	v->states = by_state;
	v->states_n = STATES;
	v->kinds = by_kind;
	v->kinds_n = s->kind_n > 1 ? s->kind_n + 1 : 0;
}

static void put_filings(const struct kit *k, const struct http_req *req, const struct agents_list *l, struct page_kit_agents_list *v)
{
	struct page_kit_agents_list_filings *filings = arena_array(req->arena, struct page_kit_agents_list_filings, l->n + 1);

	for (size_t i = 0; i < l->n; i++)
		filings[i] = (struct page_kit_agents_list_filings){ .number = l->v[i].number, .url = agents_filing_url(req->arena, l->v[i].number),
			.name = kit_kind_name(k->service, req, l->v[i].kind), .filed_s = l->v[i].filed_at_s, .state = l->v[i].state };
	v->filings = filings;
	v->filings_n = l->n;
}

static struct http_resp *list_page(struct kit *k, const struct http_req *req, const struct kit_agent *agent, const struct agents_filter *f,
	const struct agents_list *l)
{
	struct page_kit_agents_list v = { .responsable = agent->role == KIT_RESPONSABLE, .many_n = l->readings > AGENTS_MANY ? l->readings : 0 };
	struct kit_page page;

	put_filters(k, req, f, l, &v);
	put_filings(k, req, l, &v);
	if (f->before.n)
		v.newest_url = list_url(req->arena, f->state, f->kind, NULL);
	if (l->more)
		v.older_url = list_url(req->arena, f->state, f->kind, &l->v[l->n - 1]);
	agents_page_open(k, req, agent, &page);
	page_kit_agents_list(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

struct http_resp *agents_list_get(void *kit, const struct http_req *req)
{
	struct agents_list *list = arena_new(req->arena, struct agents_list);
	const struct kit_agent *agent = NULL;
	struct agents_filter filter = { 0 };
	struct err e = kit_agent(kit, req, &agent);

	if (!failed(e))
		e = filter_of(kit, req, &filter);
	if (!failed(e))
		e = agents_list_load(kit, req, agent, &filter, list);
	return failed(e) ? agents_error(kit, req, agent, e) : list_page(kit, req, agent, &filter, list);
}
