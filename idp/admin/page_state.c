/* page_state.c - how the house stands: the facts of /health and /metrics, as somebody reads them. */
#include "idp/admin/page_queue.h"
#include "idp/admin/state.h"
#include "admin_pages.h"

static struct page_admin_state page_of(const struct admin_visit *v, const struct house_state *h)
{
	return (struct page_admin_state){ .store_up = h->store_up, .signer_up = h->keys > 0, .directory = v->idp->set.directory, .directory_s = h->directory_s,
		.healthy = h->store_up && h->keys > 0, .version = STR(GUICHET_VERSION), .since_s = v->idp->started_s, .keys = h->keys, .partners = h->partners,
		.waiting = h->waiting, .sealed_s = h->sealed_s, .sessions = h->sessions, .agents = h->agent_sessions,
		.logins_ok = engine_counter(v->idp->engine, "guichet_logins_total{outcome=\"ok\"}"),
		.logins_refused = engine_counter(v->idp->engine, "guichet_logins_total{outcome=\"refused\"}"),
		.logins_throttled = engine_counter(v->idp->engine, "guichet_logins_total{outcome=\"throttled\"}"),
		.agent_logins = engine_counter(v->idp->engine, "guichet_agent_logins_total{outcome=\"ok\"}"),
		.logout_ok = engine_counter(v->idp->engine, "guichet_logout_words_total{outcome=\"ok\"}"),
		.logout_failed = engine_counter(v->idp->engine, "guichet_logout_words_total{outcome=\"failed\"}") };
}

struct http_resp *state_get(void *app, const struct http_req *req)
{
	struct page_admin_state page;
	struct house_state h;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct page_site site;
	struct buf out;

	if (failed(e))
		return admin_page_error(app, req, e);
	house_state(v.idp, req->arena, req->now_s, &h);
	page = page_of(&v, &h);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_state(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}
