/* hint.c - an ID token that comes back as a hint. The engine holds no key: a reader checks it
 * against our own published key set. */
#include "idp/oidc/oidc_idp.h"
#include "wire/ipc/check.h"

static struct str claim(const struct check_claims *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq_c(c->v[i].name, name) && (c->v[i].kind == CHECK_TEXT || c->v[i].kind == CHECK_LIST))
			return c->v[i].text;
	return STR_NONE;
}

struct err oidc_hint_read(struct idp *idp, const struct http_req *req, struct str token, struct oidc_hint *ret_hint)
{
	struct check_jws ask = { .token = token, .jwks = idp_keys(idp)->jwks, .algs = STR("ES256 RS256"), .typ = STR("JWT -") };
	struct check_claims c = { 0 };
	struct err e;

	ENSURE(token.n && token.n <= 8192, MALFORMED, "oidc.hint");
	e = engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_READER, CHECK_JWS, ipc_check_jws_io, &ask, ipc_check_claims_io, &c);
	if (failed(e) && e.kind != ERR_MALFORMED && e.kind != ERR_DENIED)
		return e;
	ENSURE(!failed(e) && str_eq(claim(&c, "iss"), idp->set.issuer), MALFORMED, "oidc.hint");
	*ret_hint = (struct oidc_hint){ claim(&c, "aud"), claim(&c, "sub"), claim(&c, "sid") };
	ENSURE(ret_hint->audience.n && ret_hint->subject.n, MALFORMED, "oidc.hint");
	return NO_ERR;
}
