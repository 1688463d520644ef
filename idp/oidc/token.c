/* token.c - /oidc/token: who calls -> which grant -> tokens. No cookie is ever looked at.
 *
 * A code: everything is checked, the ID token is signed, and then one INSERT claims the code; only
 * who made the row may hand the tokens out. A second redemption revokes what the first one got.
 */
#include "idp/account/agent.h"
#include "idp/oidc/issue.h"
#include "idp/oidc/token_rules.h"
#include "idp/audit/audit.h"

static bool burns(struct err e)
{
	return str_eq_c(STR("oidc.code.client"), e.slug) || str_eq_c(STR("oidc.code.redirect_uri"), e.slug)
		|| str_eq_c(STR("oidc.code.verifier"), e.slug);
}

/* What a replay costs: the code's own refusal stays the answer, whatever the store says. */
static MUST struct err replayed(struct idp *idp, const struct http_req *req, const struct oidc_code *c)
{
	struct err e = grant_revoke(idp, c->id, req->now_s);

	audit_refuse(idp->audit, &(struct audit_entry){ .event = "oidc.code.replay", .reason = failed(e) ? e.slug : NULL,
		.request = req->id, .client_id = c->client_id, .account = c->account, .now_s = req->now_s });
	return failed(e) ? e : err_of(CONFLICT, "oidc.code.replayed");
}

static MUST struct err open_code(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_code *ret)
{
	struct err e;

	ENSURE(http_get(&req->form, "code").n, MALFORMED, "oidc.request.code");
	TRY(oidc_code_open(idp, req->arena, http_get(&req->form, "code"), ret));
	e = token_code_check(ret, p, http_get(&req->form, "redirect_uri"), http_get(&req->form, "code_verifier"), req->now_s);
	if (burns(e))
		TRY(grant_burn(idp, ret->id, ret->client_id, req->now_s, req->now_s + idp->set.code_ttl_s + 60));
	/* An expired code that was used before is a replay too. */
	if (str_eq_c(STR("oidc.code.expired"), e.slug))
		TRY(grant_revoke(idp, ret->id, req->now_s));
	return e;
}

static MUST struct err may_redeem(const struct partner *p, const struct code_facts *f, unsigned roles, const struct http_req *req)
{
	struct policy_verdict v = policy_may_issue(&(struct policy_ask){ .partner = p, .redeeming = true, .agent = f->account.agent,
		.roles = roles,
		.session_live = f->session_live, .account_active = f->known && f->account.active, .now_s = req->now_s });

	return v.answer == POLICY_ISSUE ? NO_ERR : err_of(DENIED, v.slug);
}

/* How long the family of refresh tokens may live: with its session, or offline. */
static int64_t refresh_until(const struct idp *idp, const struct http_req *req, bool offline, int64_t session_ends_s)
{
	int64_t until = req->now_s + idp->set.refresh_ttl_s;

	return offline || until < session_ends_s ? until : session_ends_s;
}

/* The row is also what knows a second redemption: it stays as long as what was issued lives, and as the code could be shown. */
static int64_t remembered_until(const struct idp *idp, const struct http_req *req, const struct oidc_code *c, const struct issue *i)
{
	int64_t until = (i->with_refresh ? i->refresh_expires_s : req->now_s) + idp->set.access_ttl_s;

	return until > c->expires_s ? until : c->expires_s;
}

struct err token_code(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_tokens *ret)
{
	struct oidc_code c = { 0 };
	struct code_facts f = { 0 };
	struct issued out;
	struct grant_new g;
	unsigned roles = 0;
	struct err e;

	TRY(open_code(idp, req, p, &c));
	TRY(token_scope_check(http_get(&req->form, "scope"), c.scope));
	TRY(grant_code_facts(idp, req->arena, &c, p->sector, req->now_s, &f));
	if (f.redeemed)
		return replayed(idp, req, &c);
	TRY(agent_roles_now(idp, req->arena, &f.account, p->sector, req->now_s, &roles));
	TRY(may_redeem(p, &f, roles, req));
	struct issue i = { .partner = p, .grant_id = c.id, .session = c.session, .account = &f.account, .roles = roles, .alias = f.alias,
		.scope = c.scope, .nonce = c.nonce, .acr = c.acr, .amr = c.amr, .tells_auth_time = c.tells_auth_time,
		.auth_time_s = c.tells_auth_time ? c.auth_time_s : 0, .with_refresh = partner_has_grant(p, "refresh_token"),
		.offline = str_has_word(c.scope, STR("offline_access")) };
	i.refresh_expires_s = refresh_until(idp, req, i.offline, f.session_ends_s);
	TRY(issue_tokens(idp, req, &i, &out));
	g = (struct grant_new){ .code = &c, .offline = i.offline, .join = !f.joined && f.session_live, .subject = out.subject,
		.sid = out.sid, .now_s = req->now_s, .session_ends_s = f.session_ends_s, .expires_s = remembered_until(idp, req, &c, &i) };
	e = grant_redeem(idp, &g);
	if (str_eq_c(STR("oidc.code.replayed"), e.slug))
		return replayed(idp, req, &c);
	TRY(e);
	*ret = out.tokens;
	return NO_ERR;
}

static MUST struct err token_machine(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_tokens *ret)
{
	/* Nobody is behind such a token: no scope that speaks of a citizen, and a service that has no secret is nobody. */
	ENSURE(p->auth != PARTNER_PUBLIC, DENIED, "oidc.grant_type.unauthorized");
	ENSURE(!http_get(&req->form, "scope").n, DENIED, "oidc.scope.machine");
	return issue_machine(idp, req, p, STR_NONE, ret);
}

static const struct { const char *name; struct err (*run)(struct idp *, const struct http_req *, const struct partner *, struct oidc_tokens *); } grants[] = {
	{ "authorization_code", token_code },
	{ "refresh_token", token_refresh },
	{ "client_credentials", token_machine },
};

static MUST struct err run(struct idp *idp, const struct http_req *req, struct oidc_tokens *ret, struct str *ret_client_id)
{
	const struct partner *p = NULL;
	struct str type = http_get(&req->form, "grant_type");

	TRY(oidc_client_authenticate(idp, req, &p, ret_client_id));
	ENSURE(type.n, MALFORMED, "oidc.request.grant_type");
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
		if (!str_eq_c(type, grants[i].name))
			continue;
		ENSURE(partner_has_grant(p, grants[i].name), DENIED, "oidc.grant_type.unauthorized");
		ENSURE(!http_has(&req->form, "resource") && !http_has(&req->form, "audience"), DENIED, "oidc.target");
		return grants[i].run(idp, req, p, ret);
	}
	return err_of(DENIED, "oidc.grant_type.unsupported");
}

struct http_resp *oidc_token(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct oidc_tokens tokens = { 0 };
	struct str client_id = STR_NONE;
	struct err e = run(idp, req, &tokens, &client_id);

	engine_count(idp->engine, failed(e) ? "guichet_oidc_tokens_total{outcome=\"refused\"}" : "guichet_oidc_tokens_total{outcome=\"ok\"}", 1);
	if (failed(e))
		return oidc_refuse(idp, req, "oidc.token.refuse", client_id, e);
	return issue_answer(req, &tokens);
}
