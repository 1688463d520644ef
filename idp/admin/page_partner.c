/* page_partner.c - the list of partners, one of them with all that is registered, and its state. */
#include "idp/admin/page_partner.h"
#include "idp/admin/certificate.h"
#include "idp/admin/ctl_partner.h"
#include "idp/admin/refusals.h"
#include "admin_pages.h"

enum { ENDING_S = 30 * 86400 };

static struct str name_of(const struct partner *p, enum http_lang lang)
{
	return p->name[lang].n ? p->name[lang] : p->name[LANG_FR].n ? p->name[LANG_FR] : p->id;
}

struct err partner_of_visit(const struct admin_visit *v, const struct partner **ret_p)
{
	const struct partner *p = partner_find(v->idp->registry, v->req->arena, http_get(&v->req->query, "id"));

	ENSURE(p, ABSENT, "partner.unknown");
	*ret_p = p;
	return NO_ERR;
}

struct str partner_page_url(struct arena *a, const struct partner *p)
{
	return admin_url_of(a, "/partenaires/fiche", "id", p->id);
}

/* ---- the list ---- */

struct seen { struct arena *a; struct { struct str client_id; int64_t at_s; } *v; size_t n, max; };

static MUST struct err seen_row(const struct store_row *r, void *arg)
{
	struct seen *s = arg;

	if (s->n < s->max) {
		s->v[s->n].client_id = arena_dup(s->a, row_str(r, 0));
		s->v[s->n++].at_s = row_int(r, 1);
	}
	return NO_ERR;
}

/* Of people who are still signed in: what lies further back is kept by no partner. */
static MUST struct err seen_tx(struct store_tx *tx, void *arg)
{
	struct seen *s = arg;

	s->n = 0;
	return store_each(tx, "SELECT client_id, MAX(joined_s) FROM participant GROUP BY client_id", seen_row, s);
}

static int64_t seen_of(const struct seen *s, struct str client_id)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i].client_id, client_id))
			return s->v[i].at_s;
	return 0;
}

/* The last one to end: the others are on their way out. */
static int64_t certificate_end(const struct partner *p, struct arena *a)
{
	int64_t ends_s = 0;

	for (size_t i = 0; p->saml && i < p->saml->certificate_n; i++) {
		struct certificate c;

		if (!failed(certificate_read(a, p->saml->certificates[i], &c)) && c.ends_s > ends_s)
			ends_s = c.ends_s;
	}
	return ends_s;
}

static MUST struct err list_fill(const struct admin_visit *v, struct page_admin_partners *page)
{
	struct arena *a = v->req->arena;
	size_t n = 0;
	const struct partner *all = partner_list(v->idp->registry, a, &n);
	struct page_admin_partners_partners *rows = arena_array(a, struct page_admin_partners_partners, n + 1);
	struct seen seen = { .a = a, .max = n + 64 };

	seen.v = arena_alloc(a, sizeof *seen.v * seen.max);
	TRY(store_read(v->idp->store, seen_tx, &seen));
	for (size_t i = 0; i < n; i++) {
		int64_t ends_s = certificate_end(&all[i], a);

		rows[i] = (struct page_admin_partners_partners){ .name = name_of(&all[i], v->req->lang), .id = all[i].id,
			.url = partner_page_url(a, &all[i]), .protocol = all[i].protocol, .people = str_from_c(partner_people_name(&all[i])),
			.enabled = all[i].enabled, .ends_s = ends_s, .ending = ends_s && ends_s < v->req->now_s + ENDING_S,
			.seen_s = seen_of(&seen, all[i].id) };
	}
	*page = (struct page_admin_partners){ .partners = rows, .partners_n = n, .saml = v->idp->set.saml };
	return NO_ERR;
}

struct http_resp *partners_get(void *app, const struct http_req *req)
{
	struct page_admin_partners page = { 0 };
	struct admin_visit v;
	struct page_site site;
	struct buf out;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = list_fill(&v, &page);
	if (failed(e))
		return admin_page_error(app, req, e);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partners(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

/* ---- one partner ---- */

static void fill_facts(const struct admin_visit *v, const struct partner *p, struct page_admin_partner *page)
{
	struct arena *a = v->req->arena;
	struct partner_fields *fields = arena_new(a, struct partner_fields);
	struct page_admin_partner_facts *rows = arena_array(a, struct page_admin_partner_facts, CTL_PARTNER_FIELDS_MAX);

	ctl_partner_fields(v->idp, a, p, fields);
	for (size_t i = 0; i < fields->n; i++) {
		const struct partner_field *f = &fields->v[i];

		/* Certificates have a table of their own. */
		if (f->n && strcmp(f->name, "certificates_sha256") != 0)
			rows[page->facts_n++] = (struct page_admin_partner_facts){ f->meaning[v->req->lang],
				partner_lines(a, f->name, f->v, f->n, v->req->lang) };
	}
	page->facts = rows;
}

static void fill_certificates(const struct admin_visit *v, const struct partner *p, struct page_admin_partner *page)
{
	struct arena *a = v->req->arena;
	struct page_admin_partner_certificates *rows;

	if (!p->saml)
		return;
	rows = arena_array(a, struct page_admin_partner_certificates, p->saml->certificate_n + 1);
	for (size_t i = 0; i < p->saml->certificate_n; i++) {
		struct certificate c = { 0 };
		struct err e = certificate_read(a, p->saml->certificates[i], &c);
		bool known = !failed(e);

		rows[i] = (struct page_admin_partner_certificates){ .subject = c.subject, .print = ctl_fingerprint(a, p->saml->certificates[i]),
			.ends_s = c.ends_s, .over = known && c.ends_s <= v->req->now_s, .ending = known && c.ends_s < v->req->now_s + ENDING_S };
	}
	page->certificates = rows;
	page->certificates_n = p->saml->certificate_n;
}

static MUST struct err fill_refusals(const struct admin_visit *v, const struct partner *p, struct page_admin_partner *page)
{
	struct arena *a = v->req->arena;
	struct refusal *found = arena_array(a, struct refusal, REFUSALS_SHOWN);
	struct page_admin_partner_refusals *rows = arena_array(a, struct page_admin_partner_refusals, REFUSALS_SHOWN);

	TRY(refusals_load(v->idp->store, a, p->id, found, &page->refusals_n));
	for (size_t i = 0; i < page->refusals_n; i++) {
		struct refusal_words words = refusal_words(found[i].slug, v->req->lang);

		rows[i] = (struct page_admin_partner_refusals){ found[i].at_s, words.sentence, words.cure, found[i].slug, found[i].request, found[i].n };
	}
	page->refusals = rows;
	return NO_ERR;
}

static MUST struct err partner_fill(const struct admin_visit *v, struct page_admin_partner *page)
{
	struct arena *a = v->req->arena;
	const struct partner *p;

	TRY(partner_of_visit(v, &p));
	*page = (struct page_admin_partner){ .name = name_of(p, v->req->lang), .id = p->id, .did = admin_did(v), .enabled = p->enabled,
		.saml = p->saml != NULL, .people = str_from_c(partner_people_name(p)),
		.edit_url = admin_url_of(a, p->saml ? "/partenaires/saml" : "/partenaires/openid", "id", p->id),
		.test_url = admin_url_of(a, "/partenaires/essai", "id", p->id), .state_url = admin_url_of(a, "/partenaires/etat", "id", p->id) };
	fill_facts(v, p, page);
	fill_certificates(v, p, page);
	return fill_refusals(v, p, page);
}

struct http_resp *partner_get(void *app, const struct http_req *req)
{
	struct page_admin_partner page = { 0 };
	struct admin_visit v;
	struct page_site site;
	struct buf out;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = partner_fill(&v, &page);
	if (failed(e))
		return admin_page_error(app, req, e);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

/* ---- its state ---- */

struct http_resp *partner_state_get(void *app, const struct http_req *req)
{
	const struct partner *p = NULL;
	struct page_admin_partner_state page;
	struct admin_visit v;
	struct page_site site;
	struct buf out;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = partner_of_visit(&v, &p);
	if (failed(e))
		return admin_page_error(app, req, e);
	page = (struct page_admin_partner_state){ .name = name_of(p, req->lang), .url = admin_url_of(req->arena, "/partenaires/etat", "id", p->id),
		.back_url = partner_page_url(req->arena, p), .enabled = p->enabled, .csrf = v.csrf };
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner_state(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

static MUST struct err change_state(const struct admin_visit *v, const struct partner **ret_p, bool *ret_enabled)
{
	struct str state = http_get(&v->req->form, "etat");

	ENSURE(str_eq_c(state, "actif") || str_eq_c(state, "suspendu"), MALFORMED, "admin.form");
	TRY(partner_of_visit(v, ret_p));
	*ret_enabled = str_eq_c(state, "actif");
	return partner_set_state(v->idp, (*ret_p)->id, *ret_enabled, v->agent->login, v->req->now_s);
}

struct http_resp *partner_state_post(void *app, const struct http_req *req)
{
	const struct partner *p = NULL;
	struct admin_visit v;
	bool enabled = false;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = change_state(&v, &p, &enabled);
	if (failed(e))
		return admin_page_error(app, req, e);
	return admin_done(&v, partner_page_url(req->arena, p), enabled ? "enabled" : "disabled");
}
