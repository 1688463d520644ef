/* revoke.c - /oidc/revoke: a partner gives a token back; the whole grant ends with it.
 * Another partner's token, or none at all: 200, and nothing happens. Source  RFC 7009 2.1, 2.2 */
#include "idp/oidc/grant_store.h"
#include "idp/oidc/oidc_idp.h"

static MUST struct err revoke(struct idp *idp, const struct http_req *req, const struct partner *p, struct str token)
{
	struct oidc_access at = { 0 };
	struct oidc_refresh rt = { 0 };

	if (!failed(oidc_access_open(idp, req->arena, token, &at)) && str_eq(at.client_id, p->id)) {
		if (at.machine)
			return grant_burn(idp, at.id, p->id, req->now_s, at.expires_s + 1);
		return grant_revoke(idp, at.id, req->now_s);
	}
	if (!failed(oidc_refresh_open(idp, req->arena, token, &rt)) && str_eq(rt.client_id, p->id))
		return grant_revoke(idp, rt.id, req->now_s);
	return NO_ERR;
}

static MUST struct err run(struct idp *idp, const struct http_req *req, struct str *ret_client_id)
{
	const struct partner *p = NULL;
	struct str token = http_get(&req->form, "token");

	TRY(oidc_client_authenticate(idp, req, &p, ret_client_id));
	ENSURE(token.n, MALFORMED, "oidc.request.token");
	return revoke(idp, req, p, token);
}

struct http_resp *oidc_revoke(void *app, const struct http_req *req)
{
	struct str client_id = STR_NONE;
	struct err e = run(app, req, &client_id);

	return failed(e) ? oidc_refuse(app, req, "oidc.revoke.refuse", client_id, e) : http_answer(req, 200, STR_NONE, STR_NONE);
}
