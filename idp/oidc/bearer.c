/* bearer.c - one unsealing and one read: a token is alive when its grant, citizen, session and
 * partner are. */
#include "idp/oidc/bearer.h"
#include "idp/account/agent.h"
#include "idp/policy/may_issue.h"

struct err bearer_load(struct idp *idp, const struct http_req *req, struct str text, struct bearer *ret)
{
	struct bearer b = { 0 };
	struct policy_verdict v;

	ENSURE(!failed(oidc_access_open(idp, req->arena, text, &b.token)), DENIED, "oidc.bearer.dead");
	ENSURE(req->now_s < b.token.expires_s, DENIED, "oidc.bearer.dead");
	b.partner = partner_find(idp->registry, req->arena, b.token.client_id);
	TRY(grant_load(idp, req->arena, b.token.id, req->now_s, &b.grant));
	if (b.token.machine) {
		/* Its only row says that it was revoked; it dies with the registration that it was issued to, too. */
		ENSURE(b.partner && b.partner->enabled && !b.grant.found
			&& b.token.issued_s >= partner_since_s(b.partner), DENIED, "oidc.bearer.dead");
		*ret = b;
		return NO_ERR;
	}
	if (b.partner)
		TRY(agent_roles_now(idp, req->arena, &b.grant.account, b.partner->sector, req->now_s, &b.roles));
	v = policy_may_issue(&(struct policy_ask){ .partner = b.partner, .redeeming = true, .agent = b.grant.account.agent, .roles = b.roles, .offline = b.grant.offline,
		.session_live = b.grant.session_live, .account_active = b.grant.account.active, .now_s = req->now_s });
	ENSURE(b.grant.found && !b.grant.revoked && v.answer == POLICY_ISSUE, DENIED, "oidc.bearer.dead");
	*ret = b;
	return NO_ERR;
}
