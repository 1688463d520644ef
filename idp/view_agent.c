/* view_agent.c - fills the structs of the agents' generated pages: see view_agent.h. */
#include "idp/view_agent.h"
#include "idp_pages.h"
#include "base/b64.h"
#include "base/ct.h"

enum { PAGE_MAX = 512 * 1024, RETRY_S = 10 };

#define KEY_SCRIPT STR("<script type=\"module\" src=\"/cle.js\"></script>")

static struct http_resp *answered(const struct view *v, int status, int64_t retry_after_s, struct buf *out)
{
	struct http_resp *r = view_finish(v, status ? status : 200, out);

	if (retry_after_s)
		http_add_header(r, STR("retry-after"), arena_printf(v->req->arena, "%lld", (long long)retry_after_s));
	return r;
}

struct http_resp *view_agent_login(const struct view *v, const struct view_login *l)
{
	struct page_idp_agent_login page = { .flow = l->flow, .retour = l->retour, .service = l->service, .name = l->name,
		.refused = l->refused, .expired = l->expired, .forgotten = l->forgotten, .throttled = l->throttled };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_login(&out, &site, &page);
	return answered(v, l->status, l->retry_after_s, &out);
}

struct http_resp *view_agent_stop(const struct view *v, const struct view_agent_stop *s)
{
	struct page_idp_agent_stop page = { .reason = s->reason, .reached_s = s->reached_s, .retry_url = s->retry_url };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_stop(&out, &site, &page);
	return answered(v, s->status, s->status == 503 ? RETRY_S : 0, &out);
}

/* The credentials that a browser may offer, or must not make again: blank-separated. */
static struct str keys_of(struct arena *a, const struct factor *v, size_t n)
{
	struct str out = STR_NONE;

	for (size_t i = 0; i < n; i++)
		if (v[i].kind == FACTOR_PASSKEY)
			out = arena_concat(a, (struct str[]){ out, out.n ? STR(" ") : STR_NONE, b64url_encode(a, v[i].credential.p, v[i].credential.n) }, 3);
	return out;
}

struct http_resp *view_second(const struct view *v, const struct view_second *p)
{
	struct page_idp_agent_factor page = { .action = p->action, .etape = p->etape, .retour = p->retour, .csrf = p->csrf,
		.confirm = p->confirm, .has_code = p->has_code, .has_key = p->has_key, .has_recovery = p->has_recovery, .say = p->say,
		.defi = p->question.sealed, .challenge = p->question.challenge, .rp = p->question.rp_id,
		.keys = keys_of(v->req->arena, p->factors, p->factor_n), .script = p->has_key ? KEY_SCRIPT : STR_NONE };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_factor(&out, &site, &page);
	return answered(v, p->status, p->retry_after_s, &out);
}

struct http_resp *view_enrol(const struct view *v, const struct view_enrol *p)
{
	struct page_idp_agent_enrol page = { .etape = p->etape, .code = p->code, .say = p->say };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_enrol(&out, &site, &page);
	return answered(v, p->status, p->retry_after_s, &out);
}

/* A page's own links lead to http: and the like alone; this one opens an application of the same device. */
static struct str app_link(const struct view *v, struct str uri)
{
	struct str words = v->req->lang == LANG_EN ? STR("Open in an application on this device") : STR("Ouvrir dans une application de cet appareil");
	struct str out;
	struct buf b;

	buf_init(&b, 8192);
	buf_add_c(&b, "<a id=\"ouvrir-application\" href=\"");
	page_attr(&b, uri);
	buf_add_c(&b, "\">");
	page_text(&b, words);
	buf_add_c(&b, "</a>");
	out = arena_dup(v->req->arena, buf_str(&b));
	buf_done(&b);
	return out;
}

static struct str choice(struct arena *a, struct str here, const char *what)
{
	return http_add_query(a, here, &(struct http_pair){ STR("choix"), str_from_c(what) }, 1);
}

struct http_resp *view_add(const struct view *v, const struct view_add *p)
{
	struct arena *a = v->req->arena;
	bool key = str_eq_c(p->what, "cle"), app = str_eq_c(p->what, "application");
	struct page_idp_agent_add page = { .action = p->action, .here = p->here, .here_app = choice(a, p->here, "application"),
		.here_key = choice(a, p->here, "cle"), .etape = p->etape, .suite = p->suite, .csrf = p->csrf, .what = p->what, .name = p->name,
		.say = p->say, .qr = p->qr, .words = p->words, .link = app ? app_link(v, p->uri) : STR_NONE, .draft = p->draft,
		.defi = p->question.sealed, .challenge = p->question.challenge, .rp = p->question.rp_id, .user = p->question.user,
		.login = p->login, .town = v->idp->set.town_name, .keys = keys_of(a, p->factors, p->factor_n), .first = p->first,
		.script = key ? KEY_SCRIPT : STR_NONE };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	/* The other language would be another secret, with the first one lost. */
	if (app)
		site.lang_url = STR_NONE;
	buf_init(&out, PAGE_MAX);
	page_idp_agent_add(&out, &site, &page);
	return answered(v, p->status, p->retry_after_s, &out);
}

struct http_resp *view_codes(const struct view *v, const struct view_codes *p)
{
	struct page_idp_agent_codes_codes *rows = arena_array(v->req->arena, struct page_idp_agent_codes_codes, p->n + 1);
	struct page_idp_agent_codes page = { .codes = rows, .codes_n = p->n, .etape = p->etape, .fini = p->done };
	struct page_site site;
	struct buf out;

	for (size_t i = 0; i < p->n; i++)
		rows[i].code = p->codes[i];
	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_codes(&out, &site, &page);
	return answered(v, 200, 0, &out);
}

static struct str joined(struct arena *a, struct str list, struct str word)
{
	return arena_concat(a, (struct str[]){ list, list.n ? STR(", ") : STR_NONE, word }, 3);
}

/* "lecture, instruction": what the rights of one service are called. */
static struct str role_words(struct arena *a, enum http_lang lang, unsigned roles)
{
	static const struct str words[AGENT_ROLE_COUNT][LANG_COUNT] = {
		[AGENT_LECTURE] = { STR_INIT("lire les demandes"), STR_INIT("read the requests") },
		[AGENT_INSTRUCTEUR] = { STR_INIT("les instruire"), STR_INIT("process them") },
		[AGENT_RESPONSABLE] = { STR_INIT("suivre le service"), STR_INIT("oversee the service") } };
	struct str out = STR_NONE;

	for (unsigned i = 0; i < AGENT_ROLE_COUNT; i++)
		if (roles & 1u << i)
			out = joined(a, out, words[i][lang]);
	return out;
}

static struct str admin_words(struct arena *a, enum http_lang lang, unsigned rights)
{
	static const struct str words[ADMIN_RIGHT_COUNT][LANG_COUNT] = {
		[ADMIN_PARTENAIRES] = { STR_INIT("partenaires"), STR_INIT("partners") },
		[ADMIN_COMPTES] = { STR_INIT("comptes"), STR_INIT("accounts") },
		[ADMIN_CLES] = { STR_INIT("clés"), STR_INIT("keys") },
		[ADMIN_AUDIT] = { STR_INIT("journal"), STR_INIT("audit trail") },
		[ADMIN_EXPLOITATION] = { STR_INIT("exploitation"), STR_INIT("operation") } };
	struct str out = STR_NONE;

	for (unsigned i = 0; i < ADMIN_RIGHT_COUNT; i++)
		if (rights & 1u << i)
			out = joined(a, out, words[i][lang]);
	return out;
}

static void fill_roles(const struct view *v, const struct rights *r, struct page_idp_agent_home *page)
{
	struct arena *a = v->req->arena;
	struct page_idp_agent_home_roles *rows = arena_array(a, struct page_idp_agent_home_roles, r->service_n + 1);

	page->roles = rows;
	for (size_t i = 0; i < r->service_n; i++) {
		struct str sector = r->services[i].service;
		/* By the name that citizens know it by, where the service's own partner is called like its sector. */
		const struct partner *p = partner_find(v->idp->registry, a, sector);

		rows[page->roles_n++] = (struct page_idp_agent_home_roles){ p ? view_partner_name(p, v->req->lang) : sector,
			role_words(a, v->req->lang, r->services[i].roles) };
	}
	if (r->admin)
		rows[page->roles_n++] = (struct page_idp_agent_home_roles){ STR("Administration"),
			admin_words(a, v->req->lang, r->admin) };
}

static void fill_factors(const struct view *v, const struct view_agent_home *p, struct page_idp_agent_home *page)
{
	struct page_idp_agent_home_factors *rows = arena_array(v->req->arena, struct page_idp_agent_home_factors, p->factor_n + 1);

	page->factors = rows;
	for (size_t i = 0; i < p->factor_n; i++)
		rows[page->factors_n++] = (struct page_idp_agent_home_factors){ .id = hex_encode(v->req->arena, p->factors[i].id, ID_BYTES),
			.name = p->factors[i].name, .key = p->factors[i].kind == FACTOR_PASSKEY, .created_s = p->factors[i].created_s,
			.used_s = p->factors[i].used_s, .last = p->factor_n == 1 };
}

static void fill_sessions(const struct view *v, const struct view_agent_home *p, struct page_idp_agent_home *page)
{
	struct page_idp_agent_home_sessions *rows = arena_array(v->req->arena, struct page_idp_agent_home_sessions, p->session_n + 1);

	page->sessions = rows;
	for (size_t i = 0; i < p->session_n; i++)
		rows[page->sessions_n++] = (struct page_idp_agent_home_sessions){ .current = ct_equal(p->sessions[i].id, v->who->session, ID_BYTES),
			.created_s = p->sessions[i].created_s, .seen_s = p->sessions[i].last_seen_s };
	page->others = p->session_n > 1;
}

struct http_resp *view_agent_home(const struct view *v, const struct view_agent_home *p)
{
	const struct agent *g = v->who->agent;
	struct page_idp_agent_home page = { .name = g->name, .login = g->login, .codes_left = p->codes_left, .did = p->did, .csrf = p->csrf,
		.admin_url = g->rights.admin ? v->idp->set.admin_url : STR_NONE };
	struct page_site site;
	struct buf out;

	fill_roles(v, &g->rights, &page);
	fill_factors(v, p, &page);
	fill_sessions(v, p, &page);
	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_home(&out, &site, &page);
	return answered(v, 200, 0, &out);
}

struct http_resp *view_sure(const struct view *v, const struct view_sure *p)
{
	struct page_idp_agent_sure page = { .what = p->what, .id = p->id, .name = p->name, .csrf = p->csrf, .say = p->say };
	struct page_site site;
	struct buf out;

	view_agent_site(v, &site);
	buf_init(&out, PAGE_MAX);
	page_idp_agent_sure(&out, &site, &page);
	return answered(v, p->status, 0, &out);
}
