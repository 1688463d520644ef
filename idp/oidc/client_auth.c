/* client_auth.c - which partner calls, proven by its secret. Cookies mean nothing here. */
#include "idp/oidc/oidc_idp.h"
#include "base/ct.h"

struct said { enum partner_auth method; struct str id, secret; };

/* RFC 6749 2.3: The client MUST NOT use more than one authentication method in each request. */
static MUST struct err read_said(const struct http_req *req, struct said *ret)
{
	struct str header = http_get(&req->headers, "authorization");
	struct str body_id = http_get(&req->form, "client_id");
	bool in_body = http_has(&req->form, "client_secret");

	ENSURE(!http_has(&req->query, "client_secret") && !http_has(&req->query, "client_id"), MALFORMED, "oidc.request.auth");
	ENSURE(!http_has(&req->form, "client_assertion") && !http_has(&req->form, "client_assertion_type"), DENIED, "oidc.client.method");
	if (header.n) {
		ENSURE(!in_body, MALFORMED, "oidc.request.auth");
		ENSURE(!failed(http_parse_basic(req->arena, header, &ret->id, &ret->secret)), DENIED, "oidc.client.method");
		ENSURE(!body_id.n || str_eq(body_id, ret->id), MALFORMED, "oidc.request.auth");
		ret->method = PARTNER_BASIC;
		return NO_ERR;
	}
	ret->method = in_body ? PARTNER_POST : PARTNER_PUBLIC;
	ret->id = body_id;
	ret->secret = http_get(&req->form, "client_secret");
	return NO_ERR;
}

struct err oidc_client_authenticate(struct idp *idp, const struct http_req *req, const struct partner **ret_partner, struct str *ret_claimed)
{
	struct said said = { 0 };
	const struct partner *p;
	unsigned char hash[32];

	*ret_claimed = STR_NONE;
	TRY(read_said(req, &said));
	if (oidc_is_printable(said.id, 128))
		*ret_claimed = said.id;
	p = partner_find(idp->registry, req->arena, said.id);
	ENSURE(p && str_eq_c(p->protocol, "oidc"), DENIED, "oidc.client.unknown");
	ENSURE(p->auth == said.method, DENIED, "oidc.client.method");
	if (p->auth != PARTNER_PUBLIC) {
		sha256(said.secret, hash);
		ENSURE(p->has_secret && ct_equal(hash, p->secret_hash, sizeof hash), DENIED, "oidc.client.secret");
	}
	ENSURE(p->enabled, DENIED, "oidc.client.disabled");
	*ret_partner = p;
	return NO_ERR;
}
