/* introspect.c - /oidc/introspect: is this token alive? Only for the partner that it was made for:
 * to anybody else every token is dead. Source  RFC 7662 */
#include "idp/account/agent.h"
#include "idp/oidc/bearer.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/oidc/token_rules.h"
#include "base/json.h"

struct facts { bool active; unsigned roles; struct str scope, subject, type; int64_t issued_s, expires_s; };

static MUST struct err of_refresh(struct idp *idp, const struct http_req *req, const struct partner *p, struct str text, struct facts *ret)
{
	struct oidc_refresh t = { 0 };
	struct grant g;
	struct policy_verdict v;
	unsigned roles = 0;

	if (failed(oidc_refresh_open(idp, req->arena, text, &t)) || failed(token_refresh_check(&t, p, req->now_s)))
		return NO_ERR;
	TRY(grant_load(idp, req->arena, t.id, req->now_s, &g));
	TRY(agent_roles_now(idp, req->arena, &g.account, p->sector, req->now_s, &roles));
	v = policy_may_issue(&(struct policy_ask){ .partner = p, .redeeming = true, .agent = g.account.agent, .roles = roles, .offline = g.offline,
		.session_live = g.session_live, .account_active = g.account.active, .now_s = req->now_s });
	if (g.found && !g.revoked && g.refresh_n == t.n && v.answer == POLICY_ISSUE)
		*ret = (struct facts){ true, roles, g.scope, g.subject, STR("refresh_token"), 0, t.expires_s };
	return NO_ERR;
}

static MUST struct err of_access(struct idp *idp, const struct http_req *req, const struct partner *p, struct str text, struct facts *ret)
{
	struct bearer b = { 0 };
	struct err e = bearer_load(idp, req, text, &b);

	if (e.kind == ERR_DENIED)
		return NO_ERR;
	TRY(e);
	if (str_eq(b.token.client_id, p->id))
		*ret = (struct facts){ true, b.roles, b.token.scope, b.token.machine ? p->id : b.grant.subject, STR("Bearer"),
			b.token.issued_s, b.token.expires_s };
	return NO_ERR;
}

static struct str format(struct idp *idp, struct arena *a, const struct partner *p, const struct facts *f)
{
	static const struct account nobody;
	struct release r;
	struct buf b;
	struct str out;

	if (!f->active)
		return STR("{\"active\":false}");
	/* Of a citizen nothing but that the token lives; of an agent, the roles as they are now. */
	policy_release(a, p, STR("openid"), &nobody, f->roles, &r);
	buf_init(&b, 8192);
	buf_add_char(&b, '{');
	json_field_bool(&b, "active", true);
	json_field_str(&b, "client_id", p->id);
	json_field_str(&b, "token_type", f->type);
	if (f->scope.n)
		json_field_str(&b, "scope", f->scope);
	json_field_str(&b, "sub", f->subject);
	json_field_str(&b, "aud", p->id);
	json_field_str(&b, "iss", idp->set.issuer);
	json_field_i64(&b, "exp", f->expires_s);
	if (f->issued_s)
		json_field_i64(&b, "iat", f->issued_s);
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i].claim.kind == CLAIM_LIST) {
			json_add_key_str(&b, r.v[i].claim.name);
			json_add_words(&b, r.v[i].claim.text);
		}
	buf_add_char(&b, '}');
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

static MUST struct err run(struct idp *idp, const struct http_req *req, const struct partner **ret_p, struct str *ret_client_id, struct facts *ret)
{
	struct str token = http_get(&req->form, "token");

	TRY(oidc_client_authenticate(idp, req, ret_p, ret_client_id));
	ENSURE((*ret_p)->auth != PARTNER_PUBLIC, DENIED, "oidc.client.method");
	ENSURE(token.n, MALFORMED, "oidc.request.token");
	if (str_starts(token, STR("ville_rt_")))
		return of_refresh(idp, req, *ret_p, token, ret);
	return of_access(idp, req, *ret_p, token, ret);
}

struct http_resp *oidc_introspect(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	const struct partner *p = NULL;
	struct facts f = { 0 };
	struct str client_id = STR_NONE;
	struct err e = run(idp, req, &p, &client_id, &f);

	if (failed(e))
		return oidc_refuse(idp, req, "oidc.introspect.refuse", client_id, e);
	return http_answer(req, 200, STR("application/json"), format(idp, req->arena, p, &f));
}
