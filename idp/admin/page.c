/* page.c - see page.h. */
#include "idp/admin/page.h"
#include "idp/audit/audit.h"
#include "admin_pages.h"

enum { LANG_URL_MAX = 8192, LANG_KEPT_S = 365 * 86400, DID_MAX = 64 };

static const char form_purpose[] = "administration";

/* ---- who is there ---- */

struct err admin_visit_open(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v)
{
	struct admin_visit v = { .idp = idp, .req = req };

	TRY(session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &v.who));
	ENSURE(v.who.live && v.who.agent, DENIED, "admin.session");
	ENSURE(req->method != HTTP_POST
		|| session_form_token_holds(idp, req->arena, &v.who, str_from_c(form_purpose), http_get(&req->form, "csrf"), req->now_s),
		DENIED, "admin.csrf");
	v.agent = v.who.agent;
	v.csrf = session_form_token(idp, req->arena, &v.who, str_from_c(form_purpose), req->now_s);
	*ret_v = v;
	return NO_ERR;
}

bool admin_visit_may(const struct admin_visit *v, uint32_t rights)
{
	return v->agent && (v->agent->rights.admin & rights);
}

/* ---- the frame ---- */

/* "/partenaires/fiche" is of "/partenaires", "/partenairesX" is not. */
static bool is_below(struct str path, const char *section)
{
	struct str at = str_from_c(section);

	return str_starts(path, at) && (path.n == at.n || path.p[at.n] == '/');
}

static void add_navigation(const struct admin_visit *v, struct page_site *site)
{
	struct page_link *nav = arena_array(v->req->arena, struct page_link, admin_section_n);

	for (size_t i = 0; i < admin_section_n; i++)
		if (admin_visit_may(v, admin_sections[i].right))
			nav[site->nav_n++] = (struct page_link){ admin_sections[i].name[v->req->lang], str_from_c(admin_sections[i].path),
				is_below(v->req->path, admin_sections[i].path) };
	site->nav = nav;
}

/* Pages that answer a POST have no address of their own. */
static struct str other_lang_url(const struct http_req *req)
{
	struct http_pair *pairs = arena_array(req->arena, struct http_pair, req->query.n + 1);
	size_t n = 0;

	if (req->method == HTTP_POST || req->raw_query.n > LANG_URL_MAX)
		return STR_NONE;
	for (size_t i = 0; i < req->query.n; i++)
		if (!str_eq_c(req->query.v[i].name, "lang"))
			pairs[n++] = req->query.v[i];
	pairs[n++] = (struct http_pair){ STR("lang"), req->lang == LANG_EN ? STR("fr") : STR("en") };
	return http_add_query(req->arena, req->path, pairs, n);
}

struct page_site admin_site(const struct admin_visit *v)
{
	const struct idp_settings *set = &v->idp->set;
	struct page_site site = {
		.lang = (int)v->req->lang, .town = set->town_name, .logo_url = set->town_logo.n ? STR("/logo.svg") : STR_NONE,
		.css_url = STR("/guichet.css"), .service = STR("Administration"), .request_id = v->req->id,
		.lang_url = other_lang_url(v->req), .csrf = v->csrf };

	if (v->agent) {
		site.signed_in = v->agent->name.n ? v->agent->name : v->agent->login;
		site.logout_url = STR("/agent/deconnexion");
		add_navigation(v, &site);
	}
	return site;
}

struct http_resp *admin_page_answer(const struct admin_visit *v, int status, struct buf *out)
{
	struct http_resp *r = http_answer(v->req, status, STR("text/html; charset=utf-8"), arena_dup(v->req->arena, buf_str(out)));

	if (http_has(&v->req->query, "lang"))
		http_set_cookie(v->req, r, v->idp->set.https, COOKIE_LANG, v->req->lang == LANG_EN ? STR("en") : STR("fr"), LANG_KEPT_S);
	if (status == 503)
		http_add_header(r, STR("retry-after"), STR("2"));
	buf_done(out);
	return r;
}

static struct str reason_of(struct err e)
{
	struct str slug = str_from_c(e.slug);

	return str_eq_c(slug, "admin.right") ? STR("right") : str_eq_c(slug, "admin.csrf") ? STR("form") : STR_NONE;
}

struct http_resp *admin_page_error(struct idp *idp, const struct http_req *req, struct err e)
{
	struct admin_visit v = { .idp = idp, .req = req };
	struct page_admin_refused page = { .status = http_status_of(e.kind), .reason = reason_of(e) };
	struct page_site site;
	struct http_resp *r;
	struct buf out;

	/* A store that is down must not be asked a second time. */
	if (e.kind != ERR_BUSY && e.kind != ERR_BROKEN && !failed(session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &v.who)))
		v.agent = v.who.agent;
	if (page.reason.n)
		audit_refuse(idp->audit, &(struct audit_entry){ .event = "admin.refuse", .reason = e.slug, .request = req->id,
			.account = v.agent ? v.who.account.id : NULL, .now_s = req->now_s });
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_refused(&out, &site, &page);
	r = admin_page_answer(&v, (int)page.status, &out);
	r->outcome = e;
	return r;
}

/* ---- what was done ---- */

static struct str did_purpose(struct arena *a, struct str word)
{
	return arena_concat(a, (struct str[]){ STR("did:"), word }, 2);
}

struct http_resp *admin_done(const struct admin_visit *v, struct str path, const char *did)
{
	struct arena *a = v->req->arena;
	struct str word = str_from_c(did), seal = session_form_token(v->idp, a, &v->who, did_purpose(a, word), v->req->now_s);

	return http_see_other(v->req, http_add_query(a, path, (struct http_pair[]){ { STR("fait"), word }, { STR("sceau"), seal } }, 2));
}

struct str admin_did(const struct admin_visit *v)
{
	struct str word = http_get(&v->req->query, "fait"), seal = http_get(&v->req->query, "sceau");

	if (!word.n || word.n > DID_MAX)
		return STR_NONE;
	return session_form_token_holds(v->idp, v->req->arena, &v->who, did_purpose(v->req->arena, word), seal, v->req->now_s) ? word : STR_NONE;
}

struct str admin_url_of(struct arena *a, const char *path, const char *name, struct str value)
{
	return http_add_query(a, str_from_c(path), &(struct http_pair){ str_from_c(name), value }, 1);
}

/* ---- pages that fronts answer by themselves ---- */

/* The style sheet, the logo and the scripts are those of the public pages. */
static bool is_shared(const struct web_document *d)
{
	return d->status == 200 && d->listener == HTTP_PUBLIC && (str_starts(d->content_type, STR("text/css"))
		|| str_starts(d->content_type, STR("text/javascript")) || str_starts(d->content_type, STR("image/")));
}

static void add_status_page(struct idp *idp, struct arena *a, int status, enum http_lang lang, struct web_document *ret_d)
{
	struct http_req req = { .arena = a, .lang = lang, .id = STR("@@REQUEST_ID@@"), .method = HTTP_POST };
	struct page_site site = admin_site(&(struct admin_visit){ .idp = idp, .req = &req });
	struct page_admin_status page = { .status = status };
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_status(&out, &site, &page);
	*ret_d = (struct web_document){ .listener = HTTP_ADMIN, .status = (uint32_t)status, .lang = lang,
		.content_type = STR("text/html; charset=utf-8"), .body = arena_dup(a, buf_str(&out)) };
	buf_done(&out);
}

void admin_documents(struct idp *idp, struct arena *a, struct web_document *v, size_t max, size_t *n)
{
	size_t shared = *n;

	if (!idp->set.admin_url.n)
		return;
	for (size_t i = 0; i < shared && *n < max; i++)
		if (is_shared(&v[i])) {
			v[*n] = v[i];
			v[(*n)++].listener = HTTP_ADMIN;
		}
	for (size_t i = 0; i < PAGE_STATUS_N; i++)
		for (int lang = 0; lang < LANG_COUNT && *n < max; lang++)
			add_status_page(idp, a, page_statuses[i], (enum http_lang)lang, &v[(*n)++]);
}
