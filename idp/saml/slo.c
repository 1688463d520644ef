/* slo.c - /saml/slo: a service says that its citizen leaves. The session ends everywhere, and the service
 * hears, signed, whether everybody could be told. Source  SAML Profiles 2.0 4.4
 *
 * The session is found by the name and index that the service knows, so that a POST, which brings no
 * cookie from another site, ends it as a redirect does; a service can only name sessions it takes part in.
 */
#include "idp/saml/saml_idp.h"
#include "idp/audit/audit.h"
#include "idp/saml/slo.h"
#include "idp/session/recent.h"
#include "idp/session/trail.h"
#include "idp/view.h"
#include "base/b64.h"
#include "wire/oidc/oidc.h"

/* A citizen signs out once; a service that answers each answer with a new request is a loop. */
enum { SESSIONS_MAX = 16, REQUESTS_MAX = 10, REQUESTS_S = 60 };

struct leave {
	struct idp *idp;
	const struct http_req *req;
	struct saml_received m;
	struct logout_line lines[LOGOUT_LINES_MAX]; size_t line_n;     /* the others, of all its sessions */
	bool ended;
};

/* Told of one of the sessions, and now of another: one line says both. */
static bool is_said(const struct leave *l, const struct logout_line *line)
{
	for (size_t i = 0; i < l->line_n; i++)
		if (line->outcome == LOGOUT_TOLD && l->lines[i].outcome == LOGOUT_TOLD && str_eq(l->lines[i].client_id, line->client_id))
			return true;
	return false;
}

/* The service that asks has ended its own session already. */
static void keep_lines(struct leave *l, const struct logout_line *v, size_t n)
{
	for (size_t i = 0; i < n && l->line_n < LOGOUT_LINES_MAX; i++)
		if (!str_eq(v[i].client_id, l->m.partner->id) && !is_said(l, &v[i]))
			l->lines[l->line_n++] = v[i];
}

static MUST struct err end_session(struct leave *l, const struct session_known *k, const struct logout_with *with)
{
	struct person who = { .live = true };
	struct logout_line *lines = NULL;
	size_t line_n = 0;
	struct err e;

	memcpy(who.session, k->session, ID_BYTES);
	memcpy(who.account.id, k->account, ID_BYTES);
	e = logout_session(l->idp, l->req, &who, with, &lines, &line_n);
	/* Somebody was first. */
	if (e.kind == ERR_ABSENT)
		return NO_ERR;
	TRY(e);
	l->ended = true;
	keep_lines(l, lines, line_n);
	return NO_ERR;
}

/* done: written with the last of them, so that a request which was not carried out whole is heard again. */
static MUST struct err end_sessions(struct leave *l, const struct logout_with *done)
{
	const struct saml_logout_request *r = &l->m.message.logout;
	struct session_known *v = NULL;
	size_t n = 0;

	TRY(session_find_known(l->idp->store, l->req->arena, l->m.partner->id, r->name_id.value, r->sessions.v, r->sessions.n,
		SESSIONS_MAX + 1, &v, &n));
	for (size_t i = 0; i < n && i < SESSIONS_MAX; i++)
		TRY(end_session(l, &v[i], i + 1 == n ? done : NULL));
	/* The others when it is said again: each may take seconds, and nothing is called done before it is. */
	ENSURE(n <= SESSIONS_MAX, BUSY, "saml.slo.many");
	return NO_ERR;
}

static void note(struct leave *l, const char *reason)
{
	audit_refuse(l->idp->audit, &(struct audit_entry){ .event = "saml.slo.refuse", .reason = reason, .request = l->req->id,
		.client_id = l->m.partner->id, .now_s = l->req->now_s });
}

/* Once: a copy, from a history or a log, ends no session that came after. It is answered as the request was, since
 * a page that is loaded again is a copy too. */
static MUST struct err end_once(struct leave *l)
{
	struct saml_order o = { l->m.partner->id, l->m.message.head.id, l->m.message.head.issue_instant_s + SAML_FRESH_S + SAML_SKEW_S + 1 };
	bool replayed = false;

	TRY(saml_order_is_done(l->idp->store, &o, &replayed));
	if (!replayed) {
		struct err e = end_sessions(l, &(struct logout_with){ saml_order_done_tx, &o });

		replayed = str_eq_c(STR("saml.slo.replayed"), e.slug);      /* beside this one */
		if (failed(e) && !replayed)
			return e;
	}
	if (!l->ended)
		note(l, replayed ? "saml.slo.replayed" : "saml.slo.nobody");
	return NO_ERR;
}

static MUST struct err leave(struct leave *l)
{
	/* Profiles 4.4.4.1: an instant of its own, beside the age of every message. */
	ENSURE(!l->m.message.logout.not_on_or_after_s || l->req->now_s < l->m.message.logout.not_on_or_after_s + SAML_SKEW_S,
		DENIED, "saml.message.expired");
	ENSURE(recent_add(l->idp->recent, "saml logout", l->m.partner->id, l->m.message.logout.name_id.value, REQUESTS_S, l->req->now_s)
		<= REQUESTS_MAX, THROTTLED, "saml.slo.rate");
	return end_once(l);
}

const struct partner_endpoint *saml_slo_endpoint(const struct partner *p)
{
	const struct partner_endpoint *found = NULL;

	/* A redirect needs no script and no button. */
	for (size_t i = 0; p->saml && i < p->saml->slo_n; i++)
		if (!found || (found->by_post && !p->saml->slo[i].by_post))
			found = &p->saml->slo[i];
	return found;
}

struct http_resp *saml_slo_carry(struct idp *idp, const struct http_req *req, const struct saml_carried *c)
{
	struct view v = { idp, req, NULL, oidc_uri_origin(c->location) };
	struct str query = { "?", 1 };

	if (str_has(c->location, '?'))
		query = STR("&");
	if (!c->by_post)
		return http_see_other(req, arena_concat(req->arena, (struct str[]){ c->location, query, c->text }, 3));
	return view_saml_post(&v, &(struct view_saml_post){ .framed = c->framed, .action = c->location, .message = b64_encode(req->arena, c->text.p, c->text.n),
		.field = c->is_response ? STR("SAMLResponse") : STR("SAMLRequest"), .relay_state = c->relay_state,
		.has_relay_state = c->relay_state.n > 0, .service = view_partner_name(c->partner, req->lang), .signing_out = true });
}

static bool all_told(const struct logout_line *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].outcome != LOGOUT_TOLD)
			return false;
	return true;
}

static MUST struct err sign(struct idp *idp, const struct http_req *req, const struct saml_farewell *f, struct saml_carried *c)
{
	struct sign_saml_logout_response r = { .binding = c->by_post ? SIGN_BINDING_POST : SIGN_BINDING_REDIRECT,
		.status = all_told(f->lines, f->line_n) ? SIGN_STATUS_SUCCESS : SIGN_STATUS_PARTIAL_LOGOUT, .destination = c->location,
		.in_response_to = f->request_id, .relay_state = c->by_post ? STR_NONE : c->relay_state, .issued_at_s = req->now_s };
	struct sign_saml_message out = { 0 };

	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_SIGNER, SIGN_SAML_LOGOUT_RESPONSE,
		ipc_sign_saml_logout_response_io, &r, ipc_sign_saml_message_io, &out));
	c->text = out.text;
	return NO_ERR;
}

struct http_resp *saml_slo_farewell(struct idp *idp, const struct http_req *req, const struct saml_farewell *f)
{
	const struct partner_endpoint *e = saml_slo_endpoint(f->partner);
	struct saml_carried c = { .partner = f->partner, .is_response = true, .relay_state = f->relay_state };
	struct err err;

	if (!e)
		return view_logged_out(&(struct view){ idp, req, NULL, STR_NONE }, f->lines, f->line_n, STR_NONE, STR_NONE);
	c.by_post = e->by_post;
	c.location = e->response_location.n ? e->response_location : e->location;
	err = sign(idp, req, f, &c);
	return failed(err) ? saml_refuse_here(idp, req, f->partner->id, err) : saml_slo_carry(idp, req, &c);
}

/* Others that only the browser can tell, or that could not be told, are shown first; the service hears when
 * the citizen goes back to it. */
static struct http_resp *answer(struct leave *l)
{
	struct trail t = { .back_client = l->m.partner->id, .back_request = l->m.message.head.id, .back_relay = l->m.relay_state };
	struct http_resp *r;

	if (!trail_begin(l->idp, l->req, &t, l->lines, l->line_n))
		return saml_slo_farewell(l->idp, l->req, &(struct saml_farewell){ l->m.partner, l->m.message.head.id, l->m.relay_state,
			l->lines, l->line_n });
	r = saml_slo_show(l->idp, l->req, &t);
	trail_set(l->idp, l->req, &t, r);
	return r;
}

/* The browser's session may be another citizen's by now. */
static void clear_cookie(struct leave *l, struct http_resp *r)
{
	struct person who;

	if (!failed(session_load(l->idp, l->req, SESSION_USAGER, STR_NONE, STR_NONE, &who)) && !who.live)
		session_clear_cookie(l->idp, l->req, r, SESSION_USAGER);
}

static struct http_resp *asked(struct leave *l)
{
	struct err e = leave(l);
	struct http_resp *r;

	if (failed(e))
		return saml_refuse_here(l->idp, l->req, l->m.partner->id, e);
	r = answer(l);
	if (l->ended)
		clear_cookie(l, r);
	return r;
}

static struct http_resp *message(struct idp *idp, const struct http_req *req)
{
	struct leave *l = arena_new(req->arena, struct leave);
	struct err e;

	*l = (struct leave){ .idp = idp, .req = req };
	e = saml_receive(idp, req, "/saml/slo", SAML_ROOT(SAML_LOGOUT_REQUEST) | SAML_ROOT(SAML_LOGOUT_RESPONSE), true, &l->m);
	if (failed(e))
		return saml_refuse_here(idp, req, l->m.partner ? l->m.partner->id : STR_NONE, e);
	return l->m.message.root == SAML_LOGOUT_REQUEST ? asked(l) : saml_slo_answered(idp, req, &l->m);
}

static struct http_resp *off(struct idp *idp, const struct http_req *req)
{
	return view_error(&(struct view){ idp, req, NULL, STR_NONE }, 404, STR_NONE, err_of(ABSENT, "saml.off"));
}

struct http_resp *saml_slo_get(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct http_resp *r;

	if (!idp->set.saml)
		return off(idp, req);
	r = saml_slo_own(idp, req);
	return r ? r : message(idp, req);
}

struct http_resp *saml_slo_post(void *app, const struct http_req *req)
{
	struct idp *idp = app;

	return idp->set.saml ? message(idp, req) : off(idp, req);
}
