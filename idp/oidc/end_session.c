/* end_session.c - /oidc/logout: a service asks that the citizen be signed out; /deconnexion: the
 * citizen does. Source  OpenID Connect RP-Initiated Logout 1.0
 *
 * A valid hint of this very session ends it at once; anything less is asked first, since anybody can
 * link to this address. The way back is followed only to an address registered by the hint's partner.
 */
#include "idp/oidc/oidc_idp.h"
#include "idp/audit/audit.h"
#include "idp/authn/flow.h"
#include "idp/session/trail.h"
#include "idp/view.h"
#include "base/ct.h"

enum { PAIRS_MAX = 16 };

struct leave {
	struct idp *idp;
	const struct http_req *req;
	struct oidc_hint hint;
	bool hinted;                   /* the hint is one of ours */
	const struct partner *partner; /* proven by the hint */
	struct str back;               /* where to, with state; empty: our own page */
	enum session_kind kind;        /* of the session to end */
	struct person who;
};

static struct http_resp *failure(struct leave *l, struct err e)
{
	return view_error(&(struct view){ l->idp, l->req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
}

static struct str way_back(struct leave *l, const struct http_pairs *p)
{
	struct str uri = http_get(p, "post_logout_redirect_uri"), state = http_get(p, "state");
	struct http_pair pair = { STR("state"), state };

	if (!l->partner || !uri.n || !partner_has_post_logout(l->partner, uri))
		return STR_NONE;
	return http_add_query(l->req->arena, uri, &pair, state.n && oidc_is_printable(state, OIDC_ECHO_MAX) ? 1 : 0);
}

/* A link on another site brings no agent's cookie: the session is the one that the hint names. */
static MUST struct err find_hinted(struct leave *l)
{
	struct session_known *v = NULL;
	size_t n = 0;

	if (!l->hint.sid.n)
		return NO_ERR;
	TRY(session_find_known(l->idp->store, l->req->arena, l->partner->id, l->hint.subject, &l->hint.sid, 1, 1, &v, &n));
	if (n == 1) {
		l->who.live = true;
		memcpy(l->who.session, v[0].session, ID_BYTES);
		memcpy(l->who.account.id, v[0].account, ID_BYTES);
	}
	return NO_ERR;
}

/* Fills what the parameters prove. A hint that is not ours proves nothing, and is no error: the
 * citizen still wants to leave. */
static MUST struct err read_request(struct leave *l, const struct http_pairs *p)
{
	struct str token = http_get(p, "id_token_hint"), client_id = http_get(p, "client_id");
	struct err e;

	if (token.n) {
		e = oidc_hint_read(l->idp, l->req, token, &l->hint);
		if (failed(e) && e.kind != ERR_MALFORMED)
			return e;
		l->hinted = !failed(e) && (!client_id.n || str_eq(client_id, l->hint.audience));
		if (!l->hinted)
			audit_refuse(l->idp->audit, &(struct audit_entry){ .event = "oidc.logout.refuse", .reason = "oidc.hint",
				.request = l->req->id, .now_s = l->req->now_s });
	}
	if (l->hinted)
		l->partner = partner_find(l->idp->registry, l->req->arena, l->hint.audience);
	if (l->partner && !l->partner->enabled)
		l->partner = NULL;
	l->back = way_back(l, p);
	l->kind = l->partner && l->partner->agents ? SESSION_AGENT : SESSION_USAGER;
	TRY(session_load(l->idp, l->req, l->kind, STR_NONE, STR_NONE, &l->who));
	return l->kind == SESSION_AGENT && !l->who.live ? find_hinted(l) : NO_ERR;
}

static bool hint_is_of_session(const struct leave *l)
{
	return l->hinted && l->partner && l->hint.sid.n
		&& ct_str_equal(l->hint.sid, session_sid(l->req->arena, l->who.session, l->partner->id));
}

/* Services that only this browser can tell come before the way back. NULL: there are none. */
static struct http_resp *show_ways_out(struct leave *l, struct logout_line *lines, size_t n)
{
	struct trail t = { .back_url = l->back };
	struct http_resp *r;

	if (!trail_begin(l->idp, l->req, &t, lines, n))
		return NULL;
	r = view_logged_out(&(struct view){ l->idp, l->req, NULL, STR_NONE }, t.v, t.n, l->back, STR_NONE);
	trail_set(l->idp, l->req, &t, r);
	return r;
}

/* The service that asks knows of its own session. */
static bool others_are_told(const struct leave *l, const struct logout_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lines[i].outcome != LOGOUT_TOLD && !(l->partner && str_eq(lines[i].client_id, l->partner->id)))
			return false;
	return true;
}

/* Nobody is sent back before having read that a service is still open. */
static struct http_resp *end(struct leave *l)
{
	struct logout_line *lines = NULL;
	size_t n = 0;
	struct http_resp *r;
	struct err e = l->who.live ? logout_session(l->idp, l->req, &l->who, NULL, &lines, &n) : NO_ERR;

	if (failed(e) && e.kind != ERR_ABSENT)
		return failure(l, e);
	r = show_ways_out(l, lines, n);
	if (!r)
		r = l->back.n && others_are_told(l, lines, n) ? http_see_other(l->req, l->back)
			: view_logged_out(&(struct view){ l->idp, l->req, NULL, STR_NONE }, lines, n, l->back, STR_NONE);
	session_clear_cookie(l->idp, l->req, r, l->kind);
	return r;
}

static struct http_resp *ask(struct leave *l)
{
	struct flow f = { .kind = FLOW_LOGOUT, .request = l->back, .client_id = l->partner ? l->partner->id : STR_NONE };
	struct str origin = oidc_uri_origin(l->back);
	struct http_resp *r;
	struct tab tab;

	tab_load(l->idp, l->req, &tab);
	r = view_logout_confirm(&(struct view){ l->idp, l->req, &l->who, origin }, flow_seal(l->idp, l->req, &tab, &f),
		l->partner ? view_partner_name(l->partner, l->req->lang) : STR_NONE);
	tab_set(l->idp, l->req, &tab, r);
	return r;
}

struct http_resp *oidc_logout_get(void *app, const struct http_req *req)
{
	struct leave l = { .idp = app, .req = req };
	struct err e = read_request(&l, &req->query);

	if (failed(e))
		return failure(&l, e);
	return !l.who.live || hint_is_of_session(&l) ? end(&l) : ask(&l);
}

/* The same by GET brings the session's cookie with it, which a form from another site does not. */
struct http_resp *oidc_logout_post(void *app, const struct http_req *req)
{
	struct str url = http_add_query(req->arena, STR("/oidc/logout"), req->form.v, req->form.n);

	return url.n <= 12288 ? http_see_other(req, url)
		: failure(&(struct leave){ .idp = app, .req = req }, err_of(MALFORMED, "oidc.logout.size"));
}

/* Not from a page of this session, or from one that was open for too long: whoever reads this can still leave. */
static struct http_resp *ask_again(struct leave *l, const struct partner *asker)
{
	struct http_resp *r;

	l->partner = asker;
	r = ask(l);
	r->status = 403;
	r->outcome = err_of(DENIED, "logout.csrf");
	audit_refuse(l->idp->audit, &(struct audit_entry){ .event = "logout.refuse", .reason = r->outcome.slug, .request = l->req->id,
		.account = l->who.account.id, .now_s = l->req->now_s });
	return r;
}

struct http_resp *oidc_logout_confirmed(void *app, const struct http_req *req)
{
	struct leave l = { .idp = app, .req = req };
	struct str text = http_get(&req->form, "flow");
	struct flow f = { 0 };
	struct tab tab;
	const struct partner *p;
	struct err e;

	/* Where to go after it, and whose session it is: only what we sealed ourselves for this browser. */
	tab_load(l.idp, req, &tab);
	if (!text.n || failed(flow_open(l.idp, req, FLOW_LOGOUT, text, &f)) || failed(flow_check(&f, &tab, req->now_s)))
		f = (struct flow){ 0 };
	l.back = f.request;
	p = partner_find(l.idp->registry, req->arena, f.client_id);
	l.kind = p && p->agents ? SESSION_AGENT : SESSION_USAGER;
	e = session_load(l.idp, req, l.kind, STR_NONE, STR_NONE, &l.who);
	if (failed(e))
		return failure(&l, e);
	if (l.who.live && !session_form_token_holds(l.idp, req->arena, &l.who, STR("logout"), http_get(&req->form, "csrf"), req->now_s))
		return ask_again(&l, p);
	if (str_eq_c(http_get(&req->form, "reponse"), "refuser"))
		return http_see_other(req, l.kind == SESSION_AGENT ? STR("/agent") : STR("/mon-compte"));
	return end(&l);
}
