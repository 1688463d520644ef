/* second_signin.c - /connexion/agent/facteur and /connexion/agent/confirmer: a factor, and on. */
#include "idp/authn/second_impl.h"

#define PATH "/connexion/agent/facteur"
#define AGAIN "/connexion/agent/confirmer"
#define ENROL "/connexion/agent/inscription"

static struct http_resp *to(const struct http_req *req, const char *path, struct str etape)
{
	return http_see_other(req, http_add_query(req->arena, str_from_c(path), &(struct http_pair){ STR("etape"), etape }, 1));
}

struct http_resp *second_to_factor(const struct http_req *req, struct str etape)
{
	return to(req, PATH, etape);
}

struct http_resp *second_ask(struct idp *idp, const struct http_req *req, const struct half *h)
{
	struct tab tab;
	struct http_resp *r;
	struct str text;

	tab_load(idp, req, &tab);
	text = half_seal(idp, req, &tab, h);
	if (!text.n)
		return view_error(&(struct view){ idp, req, NULL, STR_NONE }, 400, STR("service"), err_of(MALFORMED, "flow.size"));
	r = second_to_factor(req, text);
	tab_set(idp, req, &tab, r);
	return r;
}

/* The half sign-in is no longer one: begin again. */
static struct http_resp *no_half(struct second *s, const struct half *h, struct err e)
{
	struct view v = { s->idp, s->req, NULL, STR_NONE };
	bool browser = str_eq_c(STR("half.browser"), e.slug);

	s->bound.account = NULL;
	second_audit(s, e);
	if (e.kind == ERR_DENIED && !browser)
		return second_restart(s->req, h);
	return view_error(&v, e.kind == ERR_MALFORMED || browser ? 400 : http_status_of(e.kind), browser ? STR("cookies") : STR("expired"), e);
}

struct http_resp *second_get(void *app, const struct http_req *req)
{
	struct second s = { .idp = app, .req = req, .bound = { .action = PASSKEY_SIGN_IN } };
	struct view_second page = { .action = STR(PATH), .etape = http_get(&req->query, "etape") };
	struct http_resp *r;
	struct half h = { 0 };
	struct tab tab;
	struct err e = half_open(s.idp, req, page.etape, &h);

	if (failed(e))
		return no_half(&s, &h, e);
	s.bound.account = h.account;
	e = second_load(&s);
	if (failed(e))
		return view_error(&(struct view){ s.idp, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
	if (!s.factor_n)
		return to(req, ENROL, page.etape);
	tab_load(s.idp, req, &tab);
	second_fill(&s, &tab, &page);
	r = view_second(&(struct view){ s.idp, req, NULL, half_form_action(s.idp, req, &h) }, &page);
	tab_set(s.idp, req, &tab, r);
	return r;
}

struct http_resp *second_post(void *app, const struct http_req *req)
{
	struct second s = { .idp = app, .req = req, .bound = { .action = PASSKEY_SIGN_IN } };
	struct view_second page = { .action = STR(PATH), .etape = http_get(&req->form, "etape") };
	struct half h = { 0 };
	struct tab tab;
	struct err e = half_open(s.idp, req, page.etape, &h);

	if (failed(e))
		return no_half(&s, &h, e);
	s.bound.account = h.account;
	e = second_prove(&s);
	if (!failed(e))
		return half_finish(s.idp, req, &h, s.amr);
	tab_load(s.idp, req, &tab);
	s.form_action = half_form_action(s.idp, req, &h);
	return second_refused(&s, &tab, &page, e);
}

static struct str way_back(struct str retour)
{
	return half_is_path(retour) ? retour : STR("/agent");
}

static MUST struct err load_again(struct second *s, struct person *who)
{
	TRY(session_load(s->idp, s->req, SESSION_AGENT, STR_NONE, STR_NONE, who));
	ENSURE(who->live, DENIED, "second.session");
	s->bound = (struct passkey_bound){ who->account.id, who->session, PASSKEY_CONFIRM };
	return NO_ERR;
}

static void fill_again(const struct second *s, const struct person *who, struct str retour, struct view_second *page)
{
	*page = (struct view_second){ .action = STR(AGAIN), .confirm = true, .retour = way_back(retour),
		.csrf = session_form_token(s->idp, s->req->arena, who, STR("confirmer"), s->req->now_s) };
}

struct http_resp *second_again_get(void *app, const struct http_req *req)
{
	struct second s = { .idp = app, .req = req };
	struct view v = { app, req, NULL, STR_NONE };
	struct view_second page;
	struct person who;
	struct tab tab;
	struct http_resp *r;
	struct err e = load_again(&s, &who);

	if (!failed(e))
		e = second_load(&s);
	if (failed(e))
		return e.kind == ERR_DENIED ? http_see_other(req, STR("/connexion/agent")) : view_error(&v, http_status_of(e.kind), STR_NONE, e);
	v.who = &who;
	tab_load(s.idp, req, &tab);
	fill_again(&s, &who, http_get(&req->query, "retour"), &page);
	second_fill(&s, &tab, &page);
	r = view_second(&v, &page);
	tab_set(s.idp, req, &tab, r);
	return r;
}

struct http_resp *second_again_post(void *app, const struct http_req *req)
{
	struct second s = { .idp = app, .req = req };
	struct view_second page;
	struct person who;
	struct tab tab;
	struct str cookie = STR_NONE;
	struct http_resp *r;
	struct err e = load_again(&s, &who);

	if (failed(e) && e.kind == ERR_DENIED)
		return http_see_other(req, STR("/connexion/agent"));
	if (!failed(e) && !session_form_token_holds(s.idp, req->arena, &who, STR("confirmer"), http_get(&req->form, "csrf"), req->now_s)) {
		e = err_of(DENIED, "second.csrf");
		second_audit(&s, e);
		return view_error(&(struct view){ app, req, &who, STR_NONE }, 403, STR("expired"), e);
	}
	if (!failed(e))
		e = second_prove(&s);
	if (!failed(e))
		e = session_prove_again(s.idp, req, &who, s.amr, &cookie);
	if (failed(e)) {
		tab_load(s.idp, req, &tab);
		fill_again(&s, &who, http_get(&req->form, "retour"), &page);
		return second_refused(&s, &tab, &page, e);
	}
	r = http_see_other(req, way_back(http_get(&req->form, "retour")));
	session_set_cookie(s.idp, req, r, SESSION_AGENT, cookie);
	return r;
}
