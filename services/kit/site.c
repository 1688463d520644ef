/* site.c - pages: what all of them show, the errors, and the documents that fronts keep. */
#include "kit_pages.h"
#include "services/kit/kit_impl.h"
#include "base/log.h"

enum { PAGE_BYTES = 512 * 1024, LANG_COOKIE_S = 365 * 86400, CSS_AGE_S = 3600 };

static const char *const lang_codes[LANG_COUNT] = { [LANG_FR] = "fr", [LANG_EN] = "en" };

static void site_of_town(const struct kit *k, int lang, struct page_site *ret_site)
{
	const struct kit_settings *s = &k->set;

	*ret_site = (struct page_site){
		.lang = lang, .town = s->town_name, .place = s->town_place, .phone = s->town_phone, .hours = s->town_hours,
		.logo_url = s->town_logo.n ? STR("/logo.svg") : STR_NONE, .css_url = STR("/guichet.css"), .service = s->service_name,
	};
}

/* This page in the other language; only of what GET can ask for again. */
static struct str other_language(const struct http_req *req)
{
	struct http_pair *v = arena_array(req->arena, struct http_pair, req->query.n + 1);
	size_t n = 0;

	if (req->method != HTTP_GET && req->method != HTTP_HEAD)
		return STR_NONE;
	for (size_t i = 0; i < req->query.n; i++)
		if (!str_eq(req->query.v[i].name, STR("lang")))
			v[n++] = req->query.v[i];
	v[n++] = (struct http_pair){ STR("lang"), str_from_c(lang_codes[req->lang == LANG_FR ? LANG_EN : LANG_FR]) };
	return http_add_query(req->arena, STR_NONE, v, n);
}

static struct str name_of(const struct http_req *req, const struct kit_usager *u)
{
	if (u->given_name.n || u->family_name.n)
		return str_trim(arena_concat(req->arena, (struct str[]){ u->given_name, STR(" "), u->family_name }, 3));
	return req->lang == LANG_EN ? STR("Signed in") : STR("Connecté");
}

void kit_page_begin(struct kit *k, const struct http_req *req, struct kit_page *ret_page)
{
	buf_init(&ret_page->out, PAGE_BYTES);
	site_of_town(k, (int)req->lang, &ret_page->site);
	ret_page->site.lang_url = other_language(req);
	ret_page->site.request_id = req->id;
}

void kit_page_open(struct kit *k, const struct http_req *req, struct kit_page *ret_page)
{
	const struct kit_usager *u = NULL;

	kit_page_begin(k, req, ret_page);
	/* A page that needs no session is shown without one when the store is away. */
	if (failed(kit_usager(k, req, &u)))
		return;
	ret_page->site.signed_in = name_of(req, u);
	ret_page->site.logout_url = STR("/deconnexion");
	ret_page->site.csrf = kit_csrf(k, req, u);
}

static void remember_language(const struct kit *k, const struct http_req *req, struct http_resp *resp)
{
	if (http_has(&req->query, "lang"))
		http_add_header(resp, STR("set-cookie"), arena_printf(req->arena, "lang=%s; Path=/; SameSite=Lax; Max-Age=%d%s",
			lang_codes[req->lang], LANG_COOKIE_S, k->https ? "; Secure" : ""));
}

struct http_resp *kit_page_answer(struct kit *k, const struct http_req *req, struct kit_page *page, int status)
{
	char *copy = page->out.overflowed ? NULL : arena_try(req->arena, page->out.n + 1);
	struct http_resp *resp;

	if (copy)
		memcpy(copy, page->out.p, page->out.n);
	resp = copy ? http_answer(req, status, STR("text/html; charset=utf-8"), (struct str){ copy, page->out.n })
		: http_answer(req, 500, STR("text/plain; charset=utf-8"), STR("500\n"));
	if (!copy)
		resp->outcome = err_of(BROKEN, "kit.page.size");
	buf_done(&page->out);
	/* Forms here (filing, signing out) may be answered by a redirect to the provider, and browsers
	 * hold form-action against redirects too. */
	resp->form_action = k->issuer_origin;
	remember_language(k, req, resp);
	return resp;
}

struct str kit_asked_url(const struct http_req *req)
{
	return req->raw_query.n ? arena_concat(req->arena, (struct str[]){ req->path, STR("?"), req->raw_query }, 3) : req->path;
}

struct http_resp *kit_error(struct kit *k, const struct http_req *req, struct err e)
{
	struct page_kit_error v = {
		.status = http_status_of(e.kind), .retry_url = e.kind == ERR_BUSY && req->method == HTTP_GET ? kit_asked_url(req) : STR_NONE,
		.reason = str_starts(str_from_c(e.slug), STR("kit.csrf")) || str_eq_c(STR("kit.form"), e.slug) ? STR("expired") : STR_NONE,
	};
	struct kit_page page;
	struct http_resp *resp;

	kit_page_open(k, req, &page);
	page_kit_error(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, (int)v.status);
	resp->outcome = e;
	if (e.kind == ERR_BUSY || e.kind == ERR_THROTTLED)
		http_add_header(resp, STR("retry-after"), STR("10"));
	return resp;
}

struct http_resp *kit_error_page(void *kit, const struct http_req *req, struct err e)
{
	return kit_error(kit, req, e);
}

struct http_resp *kit_accessibility_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	struct kit_page page;

	kit_page_open(k, req, &page);
	page_kit_accessibility(&page.out, &page.site);
	return kit_page_answer(k, req, &page, 200);
}

static void status_page(struct kit *k, struct arena *a, int status, int lang, struct web_document *ret_d)
{
	struct page_kit_status v = { .status = status };
	struct page_site site;
	AUTO(buf_done) struct buf out;

	buf_init(&out, PAGE_BYTES);
	site_of_town(k, lang, &site);
	site.request_id = STR("@@REQUEST_ID@@");
	page_kit_status(&out, &site, &v);
	*ret_d = (struct web_document){ .listener = HTTP_PUBLIC, .content_type = STR("text/html; charset=utf-8"),
		.body = arena_dup(a, buf_str(&out)), .status = (uint32_t)status, .lang = (enum http_lang)lang };
}

void kit_documents(void *kit, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n)
{
	struct kit *k = kit;
	const struct kit_settings *s = &k->set;
	size_t n = 0;

	ret_v[n++] = (struct web_document){ .listener = HTTP_PUBLIC, .path = STR("/guichet.css"), .content_type = STR("text/css; charset=utf-8"),
		.body = page_css(a, s->town_colour, s->town_colour_dark), .max_age_s = CSS_AGE_S, .status = 200 };
	ret_v[n++] = (struct web_document){ .listener = HTTP_PUBLIC, .path = STR("/robots.txt"), .content_type = STR("text/plain; charset=utf-8"),
		.body = STR("User-agent: *\nDisallow: /connexion\nDisallow: /demande\nDisallow: /agents\n"), .max_age_s = CSS_AGE_S, .status = 200 };
	if (s->town_logo.n)
		ret_v[n++] = (struct web_document){ .listener = HTTP_PUBLIC, .path = STR("/logo.svg"), .content_type = STR("image/svg+xml"),
			.body = s->town_logo, .max_age_s = CSS_AGE_S, .status = 200 };
	for (int i = 0; i < PAGE_STATUS_N; i++)
		for (int lang = 0; lang < LANG_COUNT && n < max; lang++)
			status_page(k, a, page_statuses[i], lang, &ret_v[n++]);
	*ret_n = n;
}

const char *kit_health(void *kit)
{
	struct kit *k = kit;

	return failed(store_check(k->store)) ? "store" : NULL;
}

struct http_resp *kit_health_get(void *kit, const struct http_req *req)
{
	const char *down = kit_health(kit);
	struct http_resp *resp = http_answer(req, down ? 503 : 200, STR("application/json"),
		down ? STR("{\"status\":\"down\",\"part\":\"store\"}\n") : STR("{\"status\":\"ok\"}\n"));

	if (down)
		resp->outcome = err_of(BUSY, "kit.health");
	return resp;
}

struct http_resp *kit_metrics_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	AUTO(buf_done) struct buf out;
	int64_t waiting = 0;

	buf_init(&out, 64 * 1024);
	engine_metrics(k->engine, &out);
	if (!failed(kit_mail_waiting(k->store, &waiting)))
		buf_addf(&out, "guichet_mail_waiting %lld\n", (long long)waiting);
	return http_answer(req, 200, STR("text/plain; version=0.0.4; charset=utf-8"), arena_dup(req->arena, buf_str(&out)));
}
