/* page_audit.c - see page_audit.h. */
#include "idp/admin/page_audit.h"
#include "idp/admin/audit_acts.h"
#include "admin_pages.h"
#include "base/clock.h"

enum { LINES = 50, EXPORT_MAX = 4000 * 1024, VERIFY_MS = 6000, DAYS_SHOWN = 7, FIELDS = 6 };

static const char *const field_names[FIELDS] = { "du", "au", "evenement", "acteur", "partenaire", "issue" };

static struct audit_question question_of(const struct http_req *req)
{
	const struct http_pairs *q = &req->query;

	return (struct audit_question){ http_get(q, "du"), http_get(q, "au"), http_get(q, "evenement"), http_get(q, "acteur"),
		http_get(q, "partenaire"), http_get(q, "issue"), http_get(q, "avant") };
}

/* The same search at another address; before: from there on. */
static struct str url_of(const struct http_req *req, const char *path, struct str before)
{
	struct http_pair v[FIELDS + 1];
	size_t n = 0;

	for (size_t i = 0; i < FIELDS; i++)
		if (http_get(&req->query, field_names[i]).n)
			v[n++] = (struct http_pair){ str_from_c(field_names[i]), http_get(&req->query, field_names[i]) };
	if (before.n)
		v[n++] = (struct http_pair){ STR("avant"), before };
	return n ? http_add_query(req->arena, str_from_c(path), v, n) : str_from_c(path);
}

/* ---- searching ---- */

static MUST struct err search(const struct admin_visit *v, const struct audit_filter *f, struct page_admin_audit *page)
{
	struct arena *a = v->req->arena;
	struct audit_line *lines = NULL;
	struct page_admin_audit_lines *rows;
	bool more = false;

	TRY(audit_flush(v->idp->audit, v->idp->store));
	TRY(audit_search(v->idp->store, a, f, LINES, &lines, &page->lines_n, &more));
	rows = arena_array(a, struct page_admin_audit_lines, page->lines_n + 1);
	for (size_t i = 0; i < page->lines_n; i++)
		rows[i] = (struct page_admin_audit_lines){ .at_s = lines[i].at_s, .event = lines[i].event, .reason = lines[i].reason,
			.partner = lines[i].client_id, .actor = lines[i].actor, .request = lines[i].request, .n = lines[i].n, .many = lines[i].n > 1, .refused = lines[i].reason.n > 0 };
	page->lines = rows;
	if (more)
		page->older_url = url_of(v->req, "/journal", lines[page->lines_n - 1].id);
	return NO_ERR;
}

struct http_resp *audit_get(void *app, const struct http_req *req)
{
	struct audit_question q = question_of(req);
	struct page_admin_audit page = { .from = q.from, .to = q.to, .event = q.event, .actor = q.actor, .partner = q.partner, .outcome = q.outcome };
	struct audit_filter f;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	const char *wrong = audit_question_read(&q, &f);
	struct page_site site;
	struct buf out;

	if (!failed(e) && !wrong)
		e = search(&v, &f, &page);
	if (e.kind == ERR_MALFORMED)
		wrong = "event";
	else if (failed(e))
		return admin_page_error(app, req, e);
	page.wrong = str_from_c(wrong);
	page.export_url = url_of(req, "/journal/export", q.before);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_audit(&out, &site, &page);
	return admin_page_answer(&v, wrong ? 422 : 200, &out);
}

/* ---- taking away ---- */

struct http_resp *audit_export_get(void *app, const struct http_req *req)
{
	struct audit_question q = question_of(req);
	struct page_admin_audit_export page = { .from = q.from, .to = q.to, .event = q.event, .actor = q.actor, .partner = q.partner,
		.outcome = q.outcome, .before = q.before.n > 0 };
	struct audit_filter f;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct page_site site;
	struct buf out;

	if (failed(e))
		return admin_page_error(app, req, e);
	if (audit_question_read(&q, &f))
		return http_see_other(req, url_of(req, "/journal", STR_NONE));
	page.csrf = v.csrf;
	page.action = url_of(req, "/journal/export", q.before);
	page.back = url_of(req, "/journal", STR_NONE);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_audit_export(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

/* A file that was cut says so in a last line of its own, with the address of the rest. */
static void add_cut(const struct http_req *req, struct buf *out, struct str cut)
{
	if (!cut.n)
		return;
	buf_add_c(out, "cut here,the rest is at,");
	audit_csv_field(out, url_of(req, "/journal/export", cut));
	buf_add_c(out, ",,,,0\r\n");
}

struct http_resp *audit_export_post(void *app, const struct http_req *req)
{
	struct audit_question q = question_of(req);
	struct audit_filter f;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct str cut = STR_NONE;
	struct http_resp *r;
	size_t lines = 0;
	AUTO(buf_done) struct buf out = { .max = EXPORT_MAX + 8192 };

	if (!failed(e) && audit_question_read(&q, &f))
		e = err_of(MALFORMED, "audit.filter");
	if (!failed(e))
		e = audit_act_export(v.idp, req->arena, &f, EXPORT_MAX, v.agent->login, req->now_s, &out, &lines, &cut);
	if (failed(e))
		return admin_page_error(app, req, e);
	add_cut(req, &out, cut);
	r = http_answer(req, 200, STR("text/csv; charset=utf-8; header=present"), arena_dup(req->arena, buf_str(&out)));
	http_add_header(r, STR("content-disposition"), STR("attachment; filename=\"journal.csv\""));
	return r;
}

/* ---- verifying ---- */

static struct http_resp *verify_page(const struct admin_visit *v, const struct audit_verdict *d)
{
	struct arena *a = v->req->arena;
	struct page_admin_audit_verify page = { .csrf = v->csrf, .action = STR("/journal/verifier") };
	struct page_site site = admin_site(v);
	struct buf out;

	if (d) {
		page.done = true;
		page.broken = str_from_c(d->broken);
		page.bad_from_s = d->bad_from_s;
		page.bad_upto_s = d->bad_upto_s;
		page.entries = d->entries;
		page.upto_s = d->upto_s;
		page.number = d->number;
		page.hash = d->hash;
		page.whole = d->whole;
		page.doubt_s = d->doubt_s;
		if (!d->whole && !d->broken)
			page.action = admin_url_of(a, "/journal/verifier", "apres", arena_printf(a, "%lld", (long long)d->number));
	}
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_audit_verify(&out, &site, &page);
	return admin_page_answer(v, 200, &out);
}

struct http_resp *audit_verify_get(void *app, const struct http_req *req)
{
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);

	return failed(e) ? admin_page_error(app, req, e) : verify_page(&v, NULL);
}

/* A long chain is followed for a few seconds at a time. */
struct http_resp *audit_verify_post(void *app, const struct http_req *req)
{
	struct audit_verdict d;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	int64_t after = 0, deadline_ms = clock_mono_ms() + VERIFY_MS;

	if (!failed(e) && http_has(&req->query, "apres") && failed(str_to_i64(http_get(&req->query, "apres"), INT64_MAX, &after)))
		e = err_of(MALFORMED, "admin.audit.after");
	if (!failed(e))
		e = audit_act_verify(v.idp, req->arena, after, deadline_ms < req->deadline_ms ? deadline_ms : req->deadline_ms, v.agent->login, req->now_s, &d);
	return failed(e) ? admin_page_error(app, req, e) : verify_page(&v, &d);
}
