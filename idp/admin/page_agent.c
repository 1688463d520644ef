/* page_agent.c - see page_agent.h. */
#include "idp/admin/page_agent.h"
#include "idp/account/agent_desk.h"
#include "idp/account/factor.h"
#include "admin_pages.h"
#include "base/b64.h"

enum { AGENTS_MAX = 500, CODE_TTL_S = 7 * 86400, RIGHTS_TEXT_MAX = 4096 };

/* "etat-civil : instructeur, lecture ; administration : audit" */
static struct str rights_in_words(struct arena *a, const struct rights *r)
{
	struct buf b;
	struct str out;

	buf_init(&b, RIGHTS_TEXT_MAX);
	for (size_t i = 0; i < r->service_n; i++) {
		buf_addf(&b, "%s" STR_FMT, b.n ? " ; " : "", STR_ARG(r->services[i].service));
		for (unsigned role = 0, n = 0; role < AGENT_ROLE_COUNT; role++)
			if (r->services[i].roles & (1u << role))
				buf_addf(&b, "%s%s", n++ ? ", " : " : ", agent_role_name((enum agent_role)role));
	}
	for (unsigned right = 0, n = 0; right < ADMIN_RIGHT_COUNT; right++)
		if (r->admin & (1u << right))
			buf_addf(&b, "%s%s", n++ ? ", " : b.n ? " ; administration : " : "administration : ", admin_right_name((enum admin_right)right));
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

static struct str url_of(struct arena *a, const char *path, const struct agent *g)
{
	return admin_url_of(a, path, "id", hex_encode(a, g->account, ID_BYTES));
}

static struct str name_of(const struct agent *g)
{
	return g->name.n ? g->name : g->login;
}

/* ---- all of them ---- */

static MUST struct err list_page(const struct admin_visit *v, struct page_admin_agent_list *page)
{
	struct arena *a = v->req->arena;
	struct agent *agents = NULL;
	struct agent_sessions *sessions = NULL;
	size_t n = 0, session_n = 0;
	struct page_admin_agent_list_agents *rows;

	TRY(agent_list(v->idp->store, a, AGENTS_MAX, &agents, &n));
	TRY(agent_sessions_count(v->idp->store, a, v->req->now_s, v->idp->set.agent_session_idle_s, &sessions, &session_n));
	rows = arena_array(a, struct page_admin_agent_list_agents, n + 1);
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct page_admin_agent_list_agents){ .name = name_of(&agents[i]), .login = agents[i].login,
			.url = url_of(a, "/agents/fiche", &agents[i]), .rights = rights_in_words(a, &agents[i].rights), .checked_s = agents[i].checked_s,
			.enrolled = agents[i].enrolled, .sessions = agent_sessions_of(sessions, session_n, agents[i].account) };
	page->agents = rows;
	page->agents_n = n;
	page->cut = n == AGENTS_MAX;
	page->directory = v->idp->set.directory;
	page->reached_s = agent_directory_reached_s(v->idp);
	return NO_ERR;
}

struct http_resp *agents_get(void *app, const struct http_req *req)
{
	struct page_admin_agent_list page = { 0 };
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct page_site site;
	struct buf out;

	if (!failed(e))
		e = list_page(&v, &page);
	if (failed(e))
		return admin_page_error(app, req, e);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_agent_list(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

/* ---- one ---- */

static MUST struct err open_agent(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v, struct agent *ret)
{
	unsigned char id[ID_BYTES];

	TRY(admin_visit_open(idp, req, ret_v));
	ENSURE(!failed(hex_decode(http_get(&req->query, "id"), id, sizeof id)), ABSENT, "agent.unknown");
	return agent_load(idp->store, req->arena, id, ret);
}

static struct http_resp *card(const struct admin_visit *v, const struct agent *g, const char *act)
{
	struct arena *a = v->req->arena;
	struct agent_sessions *sessions = NULL;
	size_t n = 0;
	struct err e = agent_sessions_count(v->idp->store, a, v->req->now_s, v->idp->set.agent_session_idle_s, &sessions, &n);
	struct page_admin_agent_card page = { .csrf = v->csrf, .name = name_of(g), .login = g->login, .rights = rights_in_words(a, &g->rights),
		.checked_s = g->checked_s, .enrolled = g->enrolled, .sessions = agent_sessions_of(sessions, n, g->account),
		.code_url = admin_url_of(a, "/agents/code", "identifiant", g->login), .act_url = url_of(a, "/agents/acte", g), .act = str_from_c(act), .did = admin_did(v) };
	struct page_site site = admin_site(v);
	struct buf out;

	if (failed(e))
		return admin_page_error(v->idp, v->req, e);
	if (*act)
		page.act_url = http_add_query(a, page.act_url, &(struct http_pair){ STR("acte"), page.act }, 1);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_agent_card(&out, &site, &page);
	return admin_page_answer(v, 200, &out);
}

struct http_resp *agent_card_get(void *app, const struct http_req *req)
{
	struct admin_visit v;
	struct agent g;
	struct err e = open_agent(app, req, &v, &g);

	return failed(e) ? admin_page_error(app, req, e) : card(&v, &g, "");
}

/* "facteurs", "sessions", or NULL. */
static const char *act_of(const struct http_req *req)
{
	struct str act = http_get(&req->query, "acte");

	return str_eq_c(act, "facteurs") ? "facteurs" : str_eq_c(act, "sessions") ? "sessions" : NULL;
}

struct http_resp *agent_act_get(void *app, const struct http_req *req)
{
	const char *act = act_of(req);
	struct admin_visit v;
	struct agent g;
	struct err e = open_agent(app, req, &v, &g);

	if (!failed(e) && !act)
		e = err_of(ABSENT, "admin.agent.act");
	return failed(e) ? admin_page_error(app, req, e) : card(&v, &g, act);
}

struct http_resp *agent_act_post(void *app, const struct http_req *req)
{
	const char *act = act_of(req);
	struct admin_visit v;
	struct agent g;
	struct err e = open_agent(app, req, &v, &g);

	if (!failed(e) && !act)
		e = err_of(ABSENT, "admin.agent.act");
	if (!failed(e))
		e = *act == 'f' ? factor_reset(v.idp, g.account, v.agent->login, req->now_s) : agent_sign_out(v.idp, g.account, v.agent->login, req->now_s);
	return failed(e) ? admin_page_error(app, req, e) : admin_done(&v, url_of(req->arena, "/agents/fiche", &g), act);
}

/* ---- the printed code ---- */

static struct http_resp *code_page(const struct admin_visit *v, int status, struct page_admin_agent_code *page)
{
	struct page_site site = admin_site(v);
	struct buf out;

	page->csrf = v->csrf;
	page->reached_s = agent_directory_reached_s(v->idp);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_agent_code(&out, &site, page);
	return admin_page_answer(v, status, &out);
}

struct http_resp *agent_code_get(void *app, const struct http_req *req)
{
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);

	return failed(e) ? admin_page_error(app, req, e)
		: code_page(&v, 200, &(struct page_admin_agent_code){ .login = http_get(&req->query, "identifiant") });
}

/* The directory was asked and said no; or it did not answer. */
static struct http_resp *no_code(const struct admin_visit *v, struct str login, struct err e)
{
	struct str slug = str_from_c(e.slug);
	struct page_admin_agent_code page = { .login = login };
	struct http_resp *r;
	int status = 422;

	if (str_eq_c(slug, "agent.rights"))
		page.rightless = true;
	else if (str_eq_c(slug, "agent.state"))
		page.closed = true;
	else if (e.kind == ERR_DENIED || e.kind == ERR_ABSENT || e.kind == ERR_MALFORMED)
		page.unknown = true;
	else if (str_starts(slug, STR("store.")))
		return admin_page_error(v->idp, v->req, e);
	else
		page.away = true;
	if (page.away)
		status = 503;
	r = code_page(v, status, &page);
	r->outcome = e;
	return r;
}

/* Shown once, in the answer itself: there is nowhere to read it again. */
struct http_resp *agent_code_post(void *app, const struct http_req *req)
{
	struct str login = str_trim(http_get(&req->form, "identifiant")), code = STR_NONE;
	struct admin_visit v;
	struct agent g;
	struct err e = admin_visit_open(app, req, &v);

	if (failed(e))
		return admin_page_error(app, req, e);
	e = agent_fetch(v.idp, req->arena, login, v.agent->login, req->now_s, req->deadline_ms, &g);
	if (!failed(e))
		e = agent_enrol_code(v.idp, req->arena, &g, v.agent->login, req->now_s, &code);
	if (failed(e))
		return no_code(&v, login, e);
	return code_page(&v, 200, &(struct page_admin_agent_code){ .login = g.login, .name = name_of(&g), .code = code,
		.url = arena_concat(req->arena, (struct str[]){ v.idp->set.issuer, STR("/connexion/agent") }, 2), .expires_s = req->now_s + CODE_TTL_S });
}
