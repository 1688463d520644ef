/* page_queue.c - words of logout that a service has not heard yet. */
#include "idp/admin/page_queue.h"
#include "idp/policy/partner.h"
#include "idp/session/logout_waiting.h"
#include "admin_pages.h"
#include "base/b64.h"

enum { SHOWN_MAX = 200 };

static struct str partner_name(const struct admin_visit *v, struct str client_id)
{
	const struct partner *p = partner_find(v->idp->registry, v->req->arena, client_id);

	return p && p->name[v->req->lang].n ? p->name[v->req->lang] : client_id;
}

static struct str url_of(struct arena *a, const struct logout_waiting *w)
{
	return admin_url_of(a, "/files/mot", "id", hex_encode(a, w->id, ID_BYTES));
}

struct http_resp *queues_get(void *app, const struct http_req *req)
{
	struct page_admin_queue_list page = { 0 };
	struct logout_waiting *w = NULL;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct page_site site;
	struct buf out;

	if (!failed(e))
		e = logout_waiting_list(v.idp->store, req->arena, req->now_s, SHOWN_MAX, &w, &page.words_n, &page.total);
	if (failed(e))
		return admin_page_error(app, req, e);
	struct page_admin_queue_list_words *rows = arena_array(req->arena, struct page_admin_queue_list_words, page.words_n + 1);
	for (size_t i = 0; i < page.words_n; i++)
		rows[i] = (struct page_admin_queue_list_words){ .partner = partner_name(&v, w[i].client_id), .since_s = w[i].created_s,
			.attempts = w[i].attempts, .next_s = w[i].next_s, .until_s = w[i].expires_s, .url = url_of(req->arena, &w[i]) };
	page.words = rows;
	page.did = admin_did(&v);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_queue_list(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

static MUST struct err open_word(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v, struct logout_waiting *ret)
{
	unsigned char id[ID_BYTES];

	TRY(admin_visit_open(idp, req, ret_v));
	ENSURE(!failed(hex_decode(http_get(&req->query, "id"), id, sizeof id)), ABSENT, "logout.waiting");
	return logout_waiting_load(idp->store, req->arena, id, ret);
}

static struct http_resp *word_page(const struct admin_visit *v, const struct logout_waiting *w, bool missing)
{
	struct page_admin_queue_word page = { .csrf = v->csrf, .action = url_of(v->req->arena, w), .partner = partner_name(v, w->client_id),
		.since_s = w->created_s, .attempts = w->attempts, .missing = missing };
	struct page_site site = admin_site(v);
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_queue_word(&out, &site, &page);
	return admin_page_answer(v, missing ? 422 : 200, &out);
}

struct http_resp *queue_word_get(void *app, const struct http_req *req)
{
	struct logout_waiting w;
	struct admin_visit v;
	struct err e = open_word(app, req, &v, &w);

	return failed(e) ? admin_page_error(app, req, e) : word_page(&v, &w, false);
}

struct http_resp *queue_word_post(void *app, const struct http_req *req)
{
	struct str act = http_get(&req->form, "acte");
	struct logout_waiting w;
	struct admin_visit v;
	struct err e = open_word(app, req, &v, &w);
	bool drop = str_eq_c(act, "abandonner");

	if (!failed(e) && !drop && !str_eq_c(act, "essayer"))
		e = err_of(MALFORMED, "admin.queue.act");
	if (failed(e))
		return admin_page_error(app, req, e);
	e = drop ? logout_waiting_drop(v.idp, w.id, http_get(&req->form, "raison"), v.agent->login, req->now_s)
		: logout_waiting_hurry(v.idp, w.id, v.agent->login, req->now_s);
	if (e.kind == ERR_MALFORMED)
		return word_page(&v, &w, true);
	return failed(e) ? admin_page_error(app, req, e) : admin_done(&v, STR("/files"), drop ? "abandonne" : "essaye");
}
