/* issue.c - writing a set of tokens: sealed ones here, the ID token in the signer. */
#include "idp/oidc/issue.h"
#include "idp/session/session.h"
#include "base/b64.h"
#include "base/ct.h"

/* OIDC Core 3.1.3.6: the left-most half of the hash; both algorithms use SHA-256. */
static struct str at_hash(struct arena *a, struct str access_token)
{
	unsigned char hash[32];

	sha256(access_token, hash);
	return b64url_encode(a, hash, 16);
}

static struct str access_token(struct idp *idp, const struct http_req *req, const struct issue *i)
{
	struct oidc_access t = { .client_id = i->partner->id, .scope = i->scope, .issued_s = req->now_s,
		.expires_s = req->now_s + idp->set.access_ttl_s };

	memcpy(t.id, i->grant_id, ID_BYTES);
	return oidc_access_seal(idp, req->arena, &t);
}

static struct str refresh_token(struct idp *idp, const struct http_req *req, const struct issue *i)
{
	struct oidc_refresh t = { .client_id = i->partner->id, .n = i->refresh_n, .expires_s = i->refresh_expires_s,
		.tells_auth_time = i->tells_auth_time };

	memcpy(t.id, i->grant_id, ID_BYTES);
	return i->with_refresh ? oidc_refresh_seal(idp, req->arena, &t) : STR_NONE;
}

static MUST struct err id_token(struct idp *idp, const struct http_req *req, const struct issue *i, struct issued *ret)
{
	struct release *r = arena_new(req->arena, struct release);
	struct sign_claim *claims = arena_array(req->arena, struct sign_claim, RELEASE_MAX);
	struct sign_id_token t = {
		.alg = i->partner->alg, .subject = { { (const char *)i->account->id, ID_BYTES }, i->partner->sector, i->alias },
		.audience = i->partner->id, .nonce = i->nonce, .sid = ret->sid, .acr = i->acr, .amr = i->amr,
		.at_hash = at_hash(req->arena, ret->tokens.access_token), .auth_time_s = i->auth_time_s,
		.issued_at_s = req->now_s, .expires_at_s = req->now_s + idp->set.id_token_ttl_s, .claims = claims };
	struct sign_token signed_token = { 0 };

	policy_release(req->arena, i->partner, i->scope, i->account, i->roles, r);
	for (size_t k = 0; k < r->n; k++)
		claims[t.claim_n++] = r->v[k].claim;
	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_SIGNER, SIGN_ID_TOKEN,
		ipc_sign_id_token_io, &t, ipc_sign_token_io, &signed_token));
	ret->tokens.id_token = signed_token.jws;
	ret->subject = signed_token.subject;
	return NO_ERR;
}

struct err issue_tokens(struct idp *idp, const struct http_req *req, const struct issue *i, struct issued *ret)
{
	struct issued out = { 0 };

	out.sid = session_sid(req->arena, i->session, i->partner->id);
	out.tokens.access_token = access_token(idp, req, i);
	out.tokens.refresh_token = refresh_token(idp, req, i);
	out.tokens.scope = i->scope;
	out.tokens.expires_in_s = idp->set.access_ttl_s;
	ENSURE(out.tokens.access_token.n && (!i->with_refresh || out.tokens.refresh_token.n), BROKEN, "oidc.token.size");
	TRY(id_token(idp, req, i, &out));
	*ret = out;
	return NO_ERR;
}

struct err issue_machine(struct idp *idp, const struct http_req *req, const struct partner *p, struct str scope, struct oidc_tokens *ret)
{
	/* Alive (bearer.c) also in the same second and by a clock that was put back. */
	int64_t since_s = partner_since_s(p);
	struct oidc_access t = { .client_id = p->id, .scope = scope, .machine = true, .issued_s = req->now_s > since_s ? req->now_s : since_s,
		.expires_s = req->now_s + idp->set.access_ttl_s };

	random_bytes(t.id, sizeof t.id);
	*ret = (struct oidc_tokens){ .access_token = oidc_access_seal(idp, req->arena, &t), .scope = scope,
		.expires_in_s = idp->set.access_ttl_s };
	ENSURE(ret->access_token.n, BROKEN, "oidc.token.size");
	return NO_ERR;
}

struct http_resp *issue_answer(const struct http_req *req, const struct oidc_tokens *t)
{
	struct http_resp *r = http_answer(req, 200, STR("application/json"), oidc_tokens_format(req->arena, t));

	/*= RFC 6749 5.1: The authorization server MUST include … "Pragma" … with a value of "no-cache" (the front adds no-store) */
	http_add_header(r, STR("pragma"), STR("no-cache"));
	return r;
}
