/* view.c - fills the structs of the generated pages and answers with them. */
#include "idp/view.h"
#include "idp_pages.h"
#include "wire/oidc/oidc.h"

extern const struct str idp_key_script;      /* pages/cle.js, embedded */

enum { PAGE_MAX = 256 * 1024, LANG_URL_MAX = 8192, LANG_KEPT_S = 365 * 86400 };

static struct str site_service(enum http_lang lang)
{
	return lang == LANG_EN ? STR("Citizen account") : STR("Compte citoyen");
}

/* This very page in the other language; pages that answer a POST have no address of their own. */
static struct str other_lang_url(const struct http_req *req)
{
	struct http_pair *v = arena_array(req->arena, struct http_pair, req->query.n + 1);
	size_t n = 0;

	/* Escaping may treble it: what a stranger sizes must not reach the arena's ceiling. */
	if (req->method == HTTP_POST || req->raw_query.n > LANG_URL_MAX)
		return STR_NONE;
	for (size_t i = 0; i < req->query.n; i++)
		if (!str_eq_c(req->query.v[i].name, "lang"))
			v[n++] = req->query.v[i];
	v[n++] = (struct http_pair){ STR("lang"), req->lang == LANG_EN ? STR("fr") : STR("en") };
	return http_add_query(req->arena, req->path, v, n);
}

static struct page_site site_of(const struct view *v)
{
	const struct idp_settings *set = &v->idp->set;
	const struct person *who = v->who && v->who->live ? v->who : NULL;
	struct arena *a = v->req->arena;
	struct page_site site = {
		.lang = (int)v->req->lang, .town = set->town_name, .place = set->town_place, .phone = set->town_phone,
		.hours = set->town_hours, .logo_url = set->town_logo.n ? STR("/logo.svg") : STR_NONE,
		.css_url = STR("/guichet.css"), .service = site_service(v->req->lang), .request_id = v->req->id,
		.lang_url = other_lang_url(v->req) };

	if (who) {
		site.signed_in = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(who->account.given_name), STR_ARG(who->account.family_name));
		site.logout_url = STR("/deconnexion");
		site.csrf = session_form_token(v->idp, a, who, STR("logout"), v->req->now_s);
	}
	return site;
}

static struct http_resp *finish(const struct view *v, int status, struct buf *out)
{
	struct http_resp *r;

	r = http_answer(v->req, status, STR("text/html; charset=utf-8"), arena_dup(v->req->arena, buf_str(out)));
	r->form_action = v->form_action;
	/* Whoever chose a language keeps it on the pages after this one. */
	if (http_has(&v->req->query, "lang"))
		http_set_cookie(v->req, r, v->idp->set.https, COOKIE_LANG, v->req->lang == LANG_EN ? STR("en") : STR("fr"), LANG_KEPT_S);
	buf_done(out);
	return r;
}

void view_agent_site(const struct view *v, struct page_site *ret_site)
{
	struct view same = *v;

	/* The layout's navigation is the citizens'. */
	same.who = NULL;
	*ret_site = site_of(&same);
	if (v->who && v->who->live)
		ret_site->csrf = session_form_token(v->idp, v->req->arena, v->who, STR("logout"), v->req->now_s);
	ret_site->service = v->req->lang == LANG_EN ? STR("Staff area") : STR("Espace des agents");
}

struct http_resp *view_finish(const struct view *v, int status, struct buf *out)
{
	return finish(v, status, out);
}

struct http_resp *view_login(const struct view *v, const struct view_login *l)
{
	struct page_site site = site_of(v);
	struct page_idp_login page = { .flow = l->flow, .service = l->service, .name = l->name, .refused = l->refused,
		.expired = l->expired, .forgotten = l->forgotten, .throttled = l->throttled, .agents = v->idp->set.directory };
	struct http_resp *r;
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_login(&out, &site, &page);
	r = finish(v, l->status ? l->status : 200, &out);
	if (l->retry_after_s)
		http_add_header(r, STR("retry-after"), arena_printf(v->req->arena, "%lld", (long long)l->retry_after_s));
	return r;
}

struct http_resp *view_notice(const struct view *v, const struct view_notice *n)
{
	static const struct str own[LANG_COUNT][2] = {
		{ STR_INIT("Un numéro propre à ce service"), STR_INIT("Il lui sert à vous reconnaître, et ne dit rien de vous") },
		{ STR_INIT("A number for this service alone"), STR_INIT("It lets the service recognise you, and says nothing about you") } };
	struct page_site site = site_of(v);
	enum http_lang lang = v->req->lang;
	struct page_idp_notice_values rows[RELEASE_MAX + 1] = { 0 };
	struct page_idp_notice page = { .flow = n->flow, .service = view_partner_name(n->partner, lang),
		.consent = n->consent, .again = n->again, .values = rows, .purpose = n->partner->purpose[lang] };
	struct buf out;

	for (size_t i = 0; i < n->release->n; i++) {
		const struct released *r = &n->release->v[i];

		if (r->hidden || !str_has_word(n->names, r->claim.name))
			continue;
		rows[page.values_n].label = r->label[lang];
		if (r->is_date)
			rows[page.values_n].day = r->claim.text;
		else
			rows[page.values_n].value = r->claim.text;
		page.values_n++;
	}
	rows[page.values_n].label = own[lang][0];
	rows[page.values_n++].value = own[lang][1];
	buf_init(&out, PAGE_MAX);
	page_idp_notice(&out, &site, &page);
	return finish(v, 200, &out);
}

struct http_resp *view_error(const struct view *v, int status, struct str reason, struct err outcome)
{
	struct page_site site = site_of(v);
	struct page_idp_error page = { .status = status, .reason = reason };
	struct http_resp *r;
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_error(&out, &site, &page);
	r = finish(v, status, &out);
	r->outcome = outcome;
	if (status == 503)
		http_add_header(r, STR("retry-after"), STR("2"));
	return r;
}

struct http_resp *view_account_disabled(const struct view *v, const struct account *account)
{
	struct page_site site = site_of(v);
	struct page_idp_account_disabled page = { .reason = account->reason, .since_s = account->changed_s };
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_account_disabled(&out, &site, &page);
	return finish(v, 403, &out);
}

struct http_resp *view_home(const struct view *v)
{
	struct page_site site = site_of(v);
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_home(&out, &site);
	return finish(v, 200, &out);
}

struct http_resp *view_data(const struct view *v)
{
	struct page_site site = site_of(v);
	struct page_idp_data page = { .session_hours = v->idp->set.session_max_s / 3600 };
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_data(&out, &site, &page);
	return finish(v, 200, &out);
}

struct http_resp *view_accessibility(const struct view *v)
{
	struct page_site site = site_of(v);
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_accessibility(&out, &site);
	return finish(v, 200, &out);
}

static struct str partner_home(struct arena *a, const struct partner *p)
{
	struct str origin = p->redirect_n ? oidc_uri_origin(p->redirect_uris[0])
		: p->saml && p->saml->acs_n ? oidc_uri_origin(p->saml->acs[0].location) : STR_NONE;

	return origin.n ? arena_printf(a, STR_FMT "/", STR_ARG(origin)) : STR_NONE;
}

struct http_resp *view_account(const struct view *v, const struct session_member *members, size_t n)
{
	struct page_site site = site_of(v);
	struct arena *a = v->req->arena;
	struct page_idp_account_services *rows = arena_array(a, struct page_idp_account_services, n + 1);
	struct page_idp_account page = { .name = site.signed_in, .email = v->who->account.email, .services = rows, .csrf = site.csrf };
	struct buf out;

	for (size_t i = 0; i < n; i++) {
		const struct partner *p = partner_find(v->idp->registry, a, members[i].client_id);

		if (!p)
			continue;
		rows[page.services_n++] = (struct page_idp_account_services){ .name = view_partner_name(p, v->req->lang),
			.url = partner_home(a, p), .since_s = members[i].joined_s };
	}
	buf_init(&out, PAGE_MAX);
	page_idp_account(&out, &site, &page);
	return finish(v, 200, &out);
}

struct http_resp *view_logout_confirm(const struct view *v, struct str flow, struct str service)
{
	struct page_site site = site_of(v);
	struct page_idp_logout_confirm page = { .flow = flow, .csrf = site.csrf, .service = service };
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_logout_confirm(&out, &site, &page);
	return finish(v, 200, &out);
}

/* Where the browser carries the word itself: by the line's place in what it remembers. */
static struct str way_out(const struct view *v, const struct partner *p, const struct logout_line *line, size_t place)
{
	const struct idp_protocol *protocol = idp_protocol_find(v->idp, p->protocol);

	return line->way_out && line->outcome == LOGOUT_NOT_TOLD && protocol && protocol->way_out
		? arena_printf(v->req->arena, "%s?sortir=%zu", protocol->way_out, place) : STR_NONE;
}

/* The origins that a frame passes through on its way there and back. */
static void add_frame(const struct view *v, const struct partner *p, struct str url, struct page_idp_logged_out_services *row, struct str *frame_src)
{
	if (!url.n || !p->saml)
		return;
	row->frame_url = arena_concat(v->req->arena, (struct str[]){ url, STR("&cadre=1") }, 2);
	for (size_t i = 0; i < p->saml->slo_n; i++)
		*frame_src = arena_concat(v->req->arena, (struct str[]){ *frame_src, STR(" "), oidc_uri_origin(p->saml->slo[i].location) }, 3);
}

struct http_resp *view_logged_out(const struct view *v, const struct logout_line *lines, size_t n, struct str back_url, struct str back_name)
{
	struct page_site site = site_of(v);
	struct arena *a = v->req->arena;
	struct page_idp_logged_out_services *rows = arena_array(a, struct page_idp_logged_out_services, n + 1);
	struct page_idp_logged_out page = { .services = rows, .back_url = back_url, .back_name = back_name };
	struct str frame_src = STR_NONE;
	struct http_resp *r;
	struct buf out;

	for (size_t i = 0; i < n; i++) {
		const struct partner *p = partner_find(v->idp->registry, a, lines[i].client_id);
		struct page_idp_logged_out_services *row = &rows[page.services_n];

		if (!p)
			continue;
		*row = (struct page_idp_logged_out_services){ .name = view_partner_name(p, v->req->lang),
			.done = lines[i].outcome == LOGOUT_TOLD, .untold = lines[i].outcome == LOGOUT_NOT_TOLD,
			.unconfirmed = lines[i].outcome == LOGOUT_UNCONFIRMED, .url = way_out(v, p, &lines[i], i) };
		add_frame(v, p, row->url, row, &frame_src);
		page.services_n++;
	}
	buf_init(&out, PAGE_MAX);
	page_idp_logged_out(&out, &site, &page);
	r = finish(v, 200, &out);
	r->frame_src = frame_src;
	return r;
}

struct http_resp *view_logged_out_frame(const struct view *v, const struct logout_line *line)
{
	struct page_site site = site_of(v);
	struct page_idp_logged_out_frame page = { .done = line->outcome == LOGOUT_TOLD };
	struct http_resp *r;
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_idp_logged_out_frame(&out, &site, &page);
	r = finish(v, 200, &out);
	r->framed = true;
	return r;
}

struct http_resp *view_saml_post(const struct view *v, const struct view_saml_post *p)
{
	struct page_site site = site_of(v);
	struct page_idp_saml_post page = { .action = p->action, .field = p->field, .message = p->message, .relay_state = p->relay_state,
		.has_relay_state = p->has_relay_state, .service = p->service, .signing_out = p->signing_out,
		.script = STR("<script src=\"/saml.js\" defer></script>") };
	struct http_resp *r;
	struct buf out;

	/* The other language would be another message. */
	site.lang_url = STR_NONE;
	buf_init(&out, PAGE_MAX);
	page_idp_saml_post(&out, &site, &page);
	r = finish(v, 200, &out);
	r->framed = p->framed;
	return r;
}

struct str view_partner_name(const struct partner *p, enum http_lang lang)
{
	return p->name[lang].n ? p->name[lang] : p->name[LANG_FR].n ? p->name[LANG_FR] : p->id;
}

static void add_document(struct web_document *v, size_t max, size_t *n, struct web_document d)
{
	if (*n < max && (d.status != 200 || d.body.n))
		v[(*n)++] = d;
}

static void add_status_pages(struct idp *idp, struct arena *a, struct web_document *v, size_t max, size_t *n)
{
	for (size_t i = 0; i < PAGE_STATUS_N; i++)
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			struct http_req req = { .arena = a, .lang = (enum http_lang)lang, .id = STR("@@REQUEST_ID@@"), .method = HTTP_POST };
			struct view view = { idp, &req, NULL, STR_NONE };
			struct page_site site = site_of(&view);
			struct page_idp_status page = { .status = page_statuses[i] };
			struct buf out;

			buf_init(&out, PAGE_MAX);
			page_idp_status(&out, &site, &page);
			add_document(v, max, n, (struct web_document){ .listener = HTTP_PUBLIC, .status = (uint32_t)page_statuses[i],
				.lang = (enum http_lang)lang, .content_type = STR("text/html; charset=utf-8"), .body = arena_dup(a, buf_str(&out)) });
			buf_done(&out);
		}
}

void view_documents(struct idp *idp, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n)
{
	*ret_n = 0;
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/.well-known/openid-configuration"),
		.content_type = STR("application/json"), .body = idp_keys(idp)->discovery, .max_age_s = 3600, .status = 200, .cors = true });
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/oidc/jwks"),
		.content_type = STR("application/json"), .body = idp_keys(idp)->jwks, .max_age_s = 3600, .status = 200, .cors = true });
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/saml/metadata"),
		.content_type = STR("application/samlmetadata+xml"), .body = idp_keys(idp)->saml_metadata, .max_age_s = 3600, .status = 200 });
	if (idp->set.saml)
		add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/saml.js"), .content_type = STR("text/javascript; charset=utf-8"),
			.body = STR("document.getElementById(\"saml\").submit();\n"), .max_age_s = 86400, .status = 200 });
	for (size_t i = 0; i < 2 && idp->set.directory; i++)
		add_document(ret_v, max, ret_n, (struct web_document){ .listener = i ? HTTP_ADMIN : HTTP_PUBLIC, .path = STR("/cle.js"),
			.content_type = STR("text/javascript; charset=utf-8"), .body = idp_key_script, .max_age_s = 3600, .status = 200 });
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/guichet.css"), .content_type = STR("text/css; charset=utf-8"),
		.body = page_css(a, idp->set.town_colour, idp->set.town_colour_dark), .max_age_s = 86400, .status = 200 });
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/logo.svg"), .content_type = STR("image/svg+xml"),
		.body = idp->set.town_logo, .max_age_s = 86400, .status = 200 });
	add_document(ret_v, max, ret_n, (struct web_document){ .path = STR("/robots.txt"), .content_type = STR("text/plain; charset=utf-8"),
		.body = STR("User-agent: *\nDisallow: /\n"), .max_age_s = 86400, .status = 200 });
	add_status_pages(idp, a, ret_v, max, ret_n);
}
