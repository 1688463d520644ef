/* refresh.c - a refresh token for a new set. Each is good once; a second use is theft, whoever of
 * the two was the thief, and ends the family (RFC 9700 4.14).
 */
#include "idp/account/agent.h"
#include "idp/oidc/issue.h"
#include "idp/oidc/token_rules.h"
#include "idp/audit/audit.h"

static MUST struct err stolen(struct idp *idp, const struct http_req *req, const struct oidc_refresh *t, const struct grant *g)
{
	struct err e = grant_revoke(idp, t->id, req->now_s);

	audit_refuse(idp->audit, &(struct audit_entry){ .event = "oidc.refresh.replay", .request = req->id, .client_id = t->client_id,
		.account = g->account.id, .now_s = req->now_s });
	return failed(e) ? e : err_of(CONFLICT, "oidc.refresh.replayed");
}

static MUST struct err load(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_refresh *t, struct grant *g,
	unsigned *ret_roles)
{
	struct policy_verdict v;

	ENSURE(http_get(&req->form, "refresh_token").n, MALFORMED, "oidc.request.refresh_token");
	TRY(oidc_refresh_open(idp, req->arena, http_get(&req->form, "refresh_token"), t));
	TRY(token_refresh_check(t, p, req->now_s));
	TRY(grant_load(idp, req->arena, t->id, req->now_s, g));
	ENSURE(g->found && !g->revoked && str_eq(g->client_id, p->id), DENIED, "oidc.refresh.revoked");
	if (g->refresh_n != t->n)
		return stolen(idp, req, t, g);
	TRY(agent_roles_now(idp, req->arena, &g->account, p->sector, req->now_s, ret_roles));
	v = policy_may_issue(&(struct policy_ask){ .partner = p, .redeeming = true, .agent = g->account.agent, .roles = *ret_roles, .offline = g->offline,
		.session_live = g->session_live, .account_active = g->account.active, .now_s = req->now_s });
	ENSURE(v.answer == POLICY_ISSUE, DENIED, v.slug);
	return NO_ERR;
}

struct err token_refresh(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_tokens *ret)
{
	struct oidc_refresh t = { 0 };
	struct grant g = { 0 };
	struct str asked = http_get(&req->form, "scope");
	struct issued out;
	unsigned roles = 0;
	struct err e;

	TRY(load(idp, req, p, &t, &g, &roles));
	TRY(token_scope_check(asked, g.scope));
	struct issue i = { .partner = p, .grant_id = t.id, .session = g.session, .account = &g.account, .roles = roles,
		/* The subject of a family never changes, not even when an alias is given later. */
		.alias = g.subject, .scope = asked.n ? oidc_words_both(req->arena, g.scope, asked) : g.scope,
		.acr = g.acr, .amr = g.amr, .tells_auth_time = t.tells_auth_time,
		.auth_time_s = t.tells_auth_time ? g.auth_time_s : 0, .offline = g.offline, .with_refresh = true,
		.refresh_n = t.n + 1, .refresh_expires_s = t.expires_s };
	TRY(issue_tokens(idp, req, &i, &out));
	e = grant_rotate(idp, t.id, t.n, t.expires_s + idp->set.access_ttl_s);
	if (str_eq_c(STR("oidc.refresh.replayed"), e.slug))
		return stolen(idp, req, &t, &g);
	TRY(e);
	*ret = out.tokens;
	return NO_ERR;
}
