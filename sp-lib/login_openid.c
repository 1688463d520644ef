/* SPDX-License-Identifier: Apache-2.0
 *
 * login_openid.c - signing in by OpenID Connect: the authorization request with PKCE, the code's exchange, and the
 * ID token's proof. */
#include "sp-lib/sp.h"
#include "base/b64.h"
#include "wire/jose/json_read.h"

enum { CODE_MAX = 4096, BODY_MAX = 16384 };

static struct str login_url(const struct sp *sp, struct arena *a, struct str endpoint, const struct sp_pending *p, const struct sp_login_options *o)
{
	unsigned char challenge[32];
	struct http_pair v[16];
	size_t n = 0;

	sha256(p->verifier, challenge);
	v[n++] = (struct http_pair){ STR("response_type"), STR("code") };
	v[n++] = (struct http_pair){ STR("client_id"), sp->client_id };
	v[n++] = (struct http_pair){ STR("redirect_uri"), sp->redirect_uri };
	v[n++] = (struct http_pair){ STR("scope"), sp->scope };
	v[n++] = (struct http_pair){ STR("state"), p->state };
	v[n++] = (struct http_pair){ STR("nonce"), p->nonce };
	v[n++] = (struct http_pair){ STR("code_challenge"), b64url_encode(a, challenge, sizeof challenge) };
	v[n++] = (struct http_pair){ STR("code_challenge_method"), STR("S256") };
	if (o->acr_values && o->acr_values[0])
		v[n++] = (struct http_pair){ STR("acr_values"), str_from_c(o->acr_values) };
	if (o->prompt && o->prompt[0])
		v[n++] = (struct http_pair){ STR("prompt"), str_from_c(o->prompt) };
	if (o->ui_locales && o->ui_locales[0])
		v[n++] = (struct http_pair){ STR("ui_locales"), str_from_c(o->ui_locales) };
	if (o->has_max_age)
		v[n++] = (struct http_pair){ STR("max_age"), arena_printf(a, "%lld", (long long)o->max_age_s) };
	return http_add_query(a, endpoint, v, n);
}

struct err sp_openid_start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_pending *p, const char **ret_url)
{
	struct sp_metadata m;

	TRY(sp_provider_metadata(sp, a, now_s, sp->provider_check_s, &m));
	p->nonce = sp_random_text(a, SP_RANDOM_BYTES);
	p->verifier = sp_random_text(a, SP_RANDOM_BYTES);
	*ret_url = arena_c(a, login_url(sp, a, m.authorization, p, o));
	return NO_ERR;
}

/* The provider's words are not shown and not logged: only what we know of is told apart. */
static struct err refusal_of(struct str error)
{
	if (str_eq(error, STR("access_denied")))
		return err_of(DENIED, "sp.login.refused");
	if (str_eq(error, STR("login_required")) || str_eq(error, STR("interaction_required")) || str_eq(error, STR("consent_required")))
		return err_of(DENIED, "sp.login.required");
	if (str_eq(error, STR("temporarily_unavailable")) || str_eq(error, STR("server_error")))
		return err_of(BUSY, "sp.provider.error");
	return err_of(DENIED, "sp.login.error");
}

struct tokens { struct str id_token, access_token; };

static MUST struct err tokens_read(struct arena *a, struct str body, struct tokens *ret_t)
{
	AUTO(json_decrefp) json_t *doc = NULL;

	ENSURE(!failed(jose_json_read(body, SP_RESPONSE_MAX, 8, &doc)), DENIED, "sp.token.response");
	/*= RFC 6749 5.1: token_type … Value is case insensitive. */
	ENSURE(str_eq_nocase(jose_json_str(json_object_get(doc, "token_type")), STR("Bearer")), DENIED, "sp.token.response");
	ret_t->id_token = arena_dup(a, jose_json_str(json_object_get(doc, "id_token")));
	ret_t->access_token = arena_dup(a, jose_json_str(json_object_get(doc, "access_token")));
	ENSURE(ret_t->id_token.n > 0 && ret_t->access_token.n > 0, DENIED, "sp.token.response");
	return NO_ERR;
}

static MUST struct err code_exchange(struct sp *sp, struct arena *a, struct str code, const struct sp_pending *p, int64_t now_s, struct tokens *ret_t)
{
	struct sp_metadata m;
	struct str answer;
	struct buf b;
	int status = 0;

	TRY(sp_provider_metadata(sp, a, now_s, INT64_MAX, &m));
	buf_init(&b, BODY_MAX);
	http_add_pair(&b, "grant_type", STR("authorization_code"));
	http_add_pair(&b, "code", code);
	http_add_pair(&b, "redirect_uri", sp->redirect_uri);
	http_add_pair(&b, "code_verifier", p->verifier);
	if (sp->public_client)
		http_add_pair(&b, "client_id", sp->client_id);

	struct sp_fetch_ask ask = {
		.url = m.token.p, .body = arena_c(a, buf_str(&b)),
		.credential = sp->public_client ? NULL : "client", .timeout_ms = sp->timeout_ms,
	};
	struct err e = buf_err(&b);
	buf_done(&b);
	TRY(e);
	TRY(sp_fetch(sp, a, &ask, &answer, &status));
	ENSURE(status == 200, DENIED, "sp.code.refused");
	return tokens_read(a, answer, ret_t);
}

/* A reader that is away is BUSY; everything else that it says of the token is a refusal. */
static struct err check_refusal(struct err e)
{
	if (e.kind == ERR_BUSY || e.kind == ERR_BROKEN)
		return e;
	return str_eq_c(STR("jose.alg"), e.slug) ? err_of(DENIED, "sp.token.alg") : err_of(DENIED, "sp.token.signature");
}

static MUST struct err id_token_prove(struct sp *sp, struct arena *a, const struct tokens *t, const struct sp_pending *p, int64_t now_s, struct sp_identity *ret_identity)
{
	struct sp_id_token_expect expect = {
		.issuer = sp->issuer, .client_id = sp->client_id, .nonce = p->nonce, .algs = sp->algs,
		.acr_values = p->acr_values, .access_token = t->access_token,
		.has_max_age = p->has_max_age, .max_age_s = p->max_age_s, .now_s = now_s, .skew_s = sp->skew_s,
	};
	struct sp_token token = { 0 };
	struct sp_identity id;
	struct err e = sp_provider_verify(sp, a, t->id_token, "JWT -", now_s, &token);

	if (failed(e))
		return check_refusal(e);
	TRY(sp_id_token_judge(&token, &expect, &id));
	id.id_token = t->id_token.p;
	id.return_to = arena_c(a, p->return_to);
	*ret_identity = id;
	return NO_ERR;
}

struct err sp_openid_finish(struct sp *sp, struct arena *a, const struct http_pairs *query, const char *cookie, int64_t now_s, struct sp_identity *ret_identity)
{
	struct sp_pending p;
	struct tokens t = { 0 };

	TRY(sp_pending_open(sp, a, http_get(query, "state"), cookie, now_s, &p));
	/*= RFC 9207 2.4: clients MUST reject the authorization response if the value does not match */
	ENSURE(str_eq(http_get(query, "iss"), sp->issuer), DENIED, "sp.response.iss");
	if (http_has(query, "error"))
		return refusal_of(http_get(query, "error"));
	struct str code = http_get(query, "code");
	ENSURE(code.n > 0 && code.n <= CODE_MAX, MALFORMED, "sp.response.code");
	TRY(sp_pending_claim(sp, a, &p, now_s));
	TRY(code_exchange(sp, a, code, &p, now_s, &t));
	return id_token_prove(sp, a, &t, &p, now_s, ret_identity);
}
