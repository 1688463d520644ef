/* login.c - /connexion: form -> the flow that this tab carries -> password -> decision -> 303.
 *
 * Every refusal is the same page; what differs is only in the audit. Nothing is written before the
 * password has held.
 */
#include "idp/authn/attempt.h"
#include "idp/authn/device.h"
#include "idp/authn/password.h"
#include "idp/audit/audit.h"

enum { NAME_MAX_BYTES = 254 };

struct login {
	struct attempt t;
	struct password_proof proof;   /* exists only once the password has held */
	struct str cookie;
	struct person who;
};

struct http_resp *login_ask(struct idp *idp, const struct http_req *req, struct flow *f, struct str name)
{
	struct tab tab;

	tab_load(idp, req, &tab);
	return attempt_page(idp, req, false, &tab, f, (struct view_login){ .name = name });
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
	return str_eq_c(STR("authn.disabled"), e.slug);
}

static MUST struct err prove(struct login *l)
{
	struct attempt *t = &l->t;
	struct err e;

	ENSURE(t->name.n && t->password.n && t->password.n <= PASSWORD_MAX, DENIED, "authn.form");
	TRY(attempt_admit(t, t->idp->throttle, t->name));
	e = password_prove(t->idp, t->req, t->name, t->password, &l->proof);
	attempt_tell(t, !failed(e) ? THROTTLE_SUCCESS : e.kind == ERR_DENIED && !is_disabled(e) ? THROTTLE_FAILURE : THROTTLE_UNKNOWN);
	return e;
}

static MUST struct err run(struct login *l)
{
	struct session_new session = { .account = &l->proof.account, .kind = SESSION_USAGER, .amr = STR("pwd"), .acr = STR("f1") };

	TRY(attempt_read(&l->t, NAME_MAX_BYTES));
	TRY(prove(l));
	session.rehashed = l->proof.rehashed;
	return session_begin(l->t.idp, l->t.req, &session, &l->cookie, &l->who);
}

static void audit(const struct attempt *t, struct err e)
{
	engine_count(t->idp->engine, !failed(e) ? "guichet_logins_total{outcome=\"ok\"}"
		: e.kind == ERR_THROTTLED ? "guichet_logins_total{outcome=\"throttled\"}"
		: e.kind == ERR_DENIED ? "guichet_logins_total{outcome=\"refused\"}" : "guichet_logins_total{outcome=\"failed\"}", 1);
	/* The entry of a success is part of session_begin()'s transaction. */
	if (failed(e))
		audit_refuse(t->idp->audit, &(struct audit_entry){ .event = "login.refuse", .reason = e.slug, .request = t->req->id,
			.client_id = t->flow.client_id, .now_s = t->req->now_s });
}

static struct http_resp *refuse(struct login *l, struct err e)
{
	struct http_resp *r;

	if (!is_disabled(e))
		return attempt_refuse(&l->t, e);
	r = view_account_disabled(&(struct view){ l->t.idp, l->t.req, NULL, STR_NONE }, &l->proof.account);
	r->outcome = e;
	return r;
}

struct http_resp *login_post(void *app, const struct http_req *req)
{
	struct login l = { .t = { .idp = app, .req = req } };
	struct attempt *t = &l.t;
	struct err e = run(&l);
	const struct idp_protocol *p;
	struct http_resp *r;

	audit(t, e);
	if (failed(e))
		return refuse(&l, e);
	p = idp_protocol_find(t->idp, t->flow.protocol);
	r = p ? p->resume(t->idp, t->req, &t->flow, &l.who) : http_see_other(req, STR("/mon-compte"));
	session_set_cookie(t->idp, req, r, SESSION_USAGER, l.cookie);
	if (!t->keys.device_known)
		device_remember(t->idp, req, t->name, r);
	return r;
}
