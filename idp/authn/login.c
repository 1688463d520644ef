/* login.c - /connexion: form -> the flow that this tab carries -> password -> decision -> 303.
 *
 * Every refusal is the same page; what differs is only in the audit. Nothing is written before the
 * password has held.
 */
#include "idp/authn/login.h"
#include "idp/authn/device.h"
#include "idp/authn/password.h"
#include "idp/authn/throttle.h"
#include "idp/audit/audit.h"
#include "idp/view.h"

struct attempt {
	struct idp *idp;
	const struct http_req *req;
	struct http_req spoken;        /* the same, in the language of the page */
	struct tab tab;
	struct flow flow;              /* what the service asked for, unsealed */
	struct str name, password;
	bool device_known;
	int64_t wait_s;
	struct password_proof proof;   /* exists only once the password has held */
	struct str cookie;
	struct person who;
};

struct str login_service(struct idp *idp, const struct http_req *req, const struct flow *f)
{
	const struct partner *p = partner_find(idp->registry, req->arena, f->client_id);

	return p ? view_partner_name(p, req->lang) : STR_NONE;
}

static struct http_resp *page(struct idp *idp, const struct http_req *req, const struct tab *tab, struct flow *f, struct view_login l)
{
	struct view v = { idp, req, NULL, f->form_action };
	struct http_resp *r;

	f->kind = FLOW_LOGIN;
	l.flow = flow_seal(idp, req, tab, f);
	if (!l.flow.n)
		return view_error(&v, 400, STR("service"), err_of(MALFORMED, "flow.size"));
	l.service = login_service(idp, req, f);
	r = view_login(&v, &l);
	tab_set(idp, req, tab, r);
	return r;
}

struct http_resp *login_ask(struct idp *idp, const struct http_req *req, struct flow *f, struct str name)
{
	struct tab tab;

	tab_load(idp, req, &tab);
	return page(idp, req, &tab, f, (struct view_login){ .name = name });
}

struct http_resp *login_get(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct person who;
	struct flow f = { .asked_at_s = req->now_s };
	struct err e = session_load(idp, req, SESSION_USAGER, STR_NONE, STR_NONE, &who);

	if (failed(e))
		return view_error(&(struct view){ idp, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
	if (who.live)
		return http_see_other(req, STR("/mon-compte"));
	return login_ask(idp, req, &f, STR_NONE);
}

/* The password was right: neither a guess, nor a success that makes up for guesses. */
static bool is_disabled(struct err e)
{
	return e.slug && str_eq_c(STR("authn.disabled"), e.slug);
}

static MUST struct err prove(struct attempt *t)
{
	struct throttle_keys keys = { device_key(t->idp, t->req, t->name, &t->device_known), http_source_key(t->req->arena, t->req->source), false };
	struct err e;

	keys.device_known = t->device_known;
	ENSURE(t->name.n && t->password.n && t->password.n <= PASSWORD_MAX, DENIED, "authn.form");
	TRY(throttle_admit(t->idp->throttle, &keys, t->req->now_s, &t->wait_s));
	e = password_prove(t->idp, t->req, t->name, t->password, &t->proof);
	throttle_tell(t->idp->throttle, &keys, !failed(e) ? THROTTLE_SUCCESS
		: e.kind == ERR_DENIED && !is_disabled(e) ? THROTTLE_FAILURE : THROTTLE_UNKNOWN, t->req->now_s);
	return e;
}

static MUST struct err run(struct attempt *t)
{
	const struct http_pairs *form = &t->req->form;
	struct session_new session = { .account = &t->proof.account, .kind = SESSION_USAGER, .amr = STR("pwd"), .acr = STR("f1") };

	t->name = str_trim(http_get(form, "identifiant"));
	t->password = http_get(form, "mot-de-passe");
	if (t->name.n > 254)
		t->name = STR_NONE;
	tab_load(t->idp, t->req, &t->tab);
	TRY(flow_open(t->idp, t->req, FLOW_LOGIN, http_get(form, "flow"), &t->flow));
	t->spoken = flow_request(t->req, &t->flow);
	t->req = &t->spoken;
	TRY(flow_check(&t->flow, &t->tab, t->req->now_s));
	TRY(prove(t));
	session.rehashed = t->proof.rehashed;
	return session_begin(t->idp, t->req, &session, &t->cookie, &t->who);
}

static void audit(struct attempt *t, struct err e)
{
	engine_count(t->idp->engine, !failed(e) ? "guichet_logins_total{outcome=\"ok\"}"
		: e.kind == ERR_THROTTLED ? "guichet_logins_total{outcome=\"throttled\"}"
		: e.kind == ERR_DENIED ? "guichet_logins_total{outcome=\"refused\"}" : "guichet_logins_total{outcome=\"failed\"}", 1);
	/* The entry of a success is part of session_begin()'s transaction. */
	if (failed(e))
		audit_refuse(t->idp->audit, &(struct audit_entry){ .event = "login.refuse", .reason = e.slug, .request = t->req->id,
			.client_id = t->flow.client_id, .now_s = t->req->now_s });
}

/* The same request again, with a fresh flow and what was typed, but for the password. */
static struct http_resp *again(struct attempt *t, struct err e)
{
	struct view v = { t->idp, t->req, NULL, STR_NONE };
	struct view_login l = { .name = t->name, .status = 422 };
	struct http_resp *r;

	if (is_disabled(e)) {
		r = view_account_disabled(&v, &t->proof.account);
		r->outcome = e;
		return r;
	} else if (str_eq_c(STR("flow.text"), e.slug)) {
		/* Nothing of it can be trusted, so there is no request to start again. */
		return view_error(&v, 400, STR("expired"), e);
	} else if (str_starts(str_from_c(e.slug), STR("flow."))) {
		l.expired = true;
		l.status = 200;
	} else if (e.kind == ERR_THROTTLED) {
		l.throttled = true;
		l.status = 429;
		l.retry_after_s = t->wait_s;
	} else if (e.kind == ERR_DENIED) {
		l.refused = true;
	} else {
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	}
	r = page(t->idp, t->req, &t->tab, &t->flow, l);
	r->outcome = e;
	return r;
}

struct http_resp *login_post(void *app, const struct http_req *req)
{
	struct attempt t = { .idp = app, .req = req };
	struct err e = run(&t);
	const struct idp_protocol *p;
	struct http_resp *r;

	audit(&t, e);
	if (failed(e))
		return again(&t, e);
	p = idp_protocol_find(t.idp, t.flow.protocol);
	r = p ? p->resume(t.idp, t.req, &t.flow, &t.who) : http_see_other(req, STR("/mon-compte"));
	session_set_cookie(t.idp, req, r, SESSION_USAGER, t.cookie);
	if (!t.device_known)
		device_remember(t.idp, req, t.name, r);
	return r;
}
