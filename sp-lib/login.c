/* SPDX-License-Identifier: Apache-2.0
 *
 * login.c - signing in: the request that leaves with the browser, and the callback that comes back.
 *
 * Nothing is written before the callback holds. The state lives in a sealed cookie, one of eight by
 * the state's hash: several tabs sign in side by side, and no browser collects cookies without end. */
#include "sp-lib/sp.h"
#include "base/b64.h"
#include "base/ct.h"
#include "wire/http/http.h"
#include "wire/jose/json_read.h"

enum { RANDOM_BYTES = 32, RETURN_TO_MAX = 1024, QUERY_MAX = 8192, TABS = 8, CODE_MAX = 4096 };

/* What a browser carries while its citizen is at the provider's. */
struct pending {
	struct str state, nonce, verifier, return_to, acr_values;
	bool has_max_age;
	int64_t max_age_s, expires_at_s;
};

static void pending_io(struct frame_io *io, void *m)
{
	struct pending *p = m;

	io_str(io, &p->state);
	io_str(io, &p->nonce);
	io_str(io, &p->verifier);
	io_str(io, &p->return_to);
	io_str(io, &p->acr_values);
	io_bool(io, &p->has_max_age);
	io_i64(io, &p->max_age_s);
	io_i64(io, &p->expires_at_s);
}

int sp_is_local_path(const char *path)
{
	struct str s = str_from_c(path);
	char before = 0;
	bool in_query = false;

	if (s.n == 0 || s.n > RETURN_TO_MAX || s.p[0] != '/')
		return 0;
	/* "//host", "/\host", "/<tab>/host": browsers read each of them as another site. */
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		in_query = in_query || c == '?';
		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || (c == '/' && before == '/' && !in_query))
			return 0;
		before = (char)c;
	}
	return 1;
}

static struct str cookie_name(struct arena *a, struct str state)
{
	unsigned char hash[32];

	sha256(state, hash);
	return arena_printf(a, "login%u", hash[0] % (unsigned)TABS);
}

static struct str login_url(const struct sp *sp, struct arena *a, struct str endpoint, const struct pending *p, const struct sp_login_options *o)
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

static MUST struct err start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_login *ret_login)
{
	const char *return_to = o->return_to && o->return_to[0] ? o->return_to : "/";
	struct sp_metadata m;
	struct str sealed;

	ENSURE(sp_is_local_path(return_to), MALFORMED, "sp.return_to");
	ENSURE(!o->has_max_age || (o->max_age_s >= 0 && o->max_age_s < INT32_MAX), MALFORMED, "sp.max_age");
	TRY(sp_provider_metadata(sp, a, now_s, sp->provider_check_s, &m));

	struct pending p = {
		.state = sp_random_text(a, RANDOM_BYTES), .nonce = sp_random_text(a, RANDOM_BYTES),
		.verifier = sp_random_text(a, RANDOM_BYTES), .return_to = str_from_c(return_to),
		.acr_values = str_from_c(o->acr_values), .has_max_age = o->has_max_age != 0, .max_age_s = o->max_age_s,
		.expires_at_s = now_s + sp->login_ttl_s,
	};
	TRY(seal(a, sp->keys, STR("sp.login"), pending_io, &p, &sealed));
	ret_login->url = arena_c(a, login_url(sp, a, m.authorization, &p, o));
	ret_login->cookie = sp_cookie_make(sp, a, cookie_name(a, p.state), sealed, sp->login_ttl_s);
	return NO_ERR;
}

struct sp_result sp_login_start(struct sp *sp, struct sp_scope *s, const struct sp_login_options *options, int64_t now_s, struct sp_login *ret_login)
{
	return sp_result_of(start(sp, sp_arena_of(s), options, now_s, ret_login));
}

static MUST struct err query_read(struct arena *a, const char *query, struct http_pairs *ret_pairs)
{
	struct str q = str_from_c(query);

	ENSURE(q.n > 0 && q.n <= QUERY_MAX, MALFORMED, "sp.response.query");
	ENSURE(!failed(http_parse_pairs(a, q, 16, STR_NONE, ret_pairs)), MALFORMED, "sp.response.query");
	return NO_ERR;
}

const char *sp_login_cookie_name(const struct sp *sp, struct sp_scope *s, const char *query)
{
	struct http_pairs pairs = { 0 };

	(void)sp;
	if (failed(query_read(sp_arena_of(s), query, &pairs)) || http_get(&pairs, "state").n == 0)
		return NULL;
	return cookie_name(sp_arena_of(s), http_get(&pairs, "state")).p;
}

/* The browser that comes back is the one that left. */
static MUST struct err pending_open(const struct sp *sp, struct arena *a, struct str state, const char *cookie, int64_t now_s, struct pending *ret_p)
{
	struct pending p = { 0 };

	ENSURE(state.n > 0 && cookie && cookie[0], DENIED, "sp.state.absent");
	ENSURE(!failed(unseal(a, sp->keys, STR("sp.login"), str_from_c(cookie), pending_io, &p)), DENIED, "sp.state.forged");
	ENSURE(ct_str_equal(p.state, state), DENIED, "sp.state.other");
	ENSURE(now_s <= p.expires_at_s, DENIED, "sp.state.expired");
	*ret_p = p;
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

/* A state is good once: a callback URL copied from a history or a log starts nothing. */
static MUST struct err state_claim(const struct sp *sp, struct arena *a, const struct pending *p, int64_t now_s)
{
	struct sp_memory m = {
		.op = SP_CLAIM, .kind = "login", .key = sp_hash_text(a, p->state), .value = "", .value_n = 0,
		.expires_at_s = p->expires_at_s + sp->skew_s + 1, .now_s = now_s,
	};
	struct err e = sp_remember(sp, a, &m);

	ENSURE(e.kind != ERR_CONFLICT, DENIED, "sp.state.used");
	return e;
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

static MUST struct err code_exchange(struct sp *sp, struct arena *a, struct str code, const struct pending *p, int64_t now_s, struct tokens *ret_t)
{
	struct sp_metadata m;
	struct str answer;
	struct buf b;
	int status = 0;

	TRY(sp_provider_metadata(sp, a, now_s, INT64_MAX, &m));
	buf_init(&b, QUERY_MAX * 2);
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

static MUST struct err id_token_prove(struct sp *sp, struct arena *a, const struct tokens *t, const struct pending *p, int64_t now_s, struct sp_identity *ret_identity)
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

static MUST struct err finish(struct sp *sp, struct arena *a, const char *query, const char *cookie, int64_t now_s, struct sp_identity *ret_identity)
{
	struct http_pairs pairs = { 0 };
	struct pending p;
	struct tokens t = { 0 };

	TRY(query_read(a, query, &pairs));
	TRY(pending_open(sp, a, http_get(&pairs, "state"), cookie, now_s, &p));
	/*= RFC 9207 2.4: clients MUST reject the authorization response if the value does not match */
	ENSURE(str_eq(http_get(&pairs, "iss"), sp->issuer), DENIED, "sp.response.iss");
	if (http_has(&pairs, "error"))
		return refusal_of(http_get(&pairs, "error"));
	struct str code = http_get(&pairs, "code");
	ENSURE(code.n > 0 && code.n <= CODE_MAX, MALFORMED, "sp.response.code");
	TRY(state_claim(sp, a, &p, now_s));
	TRY(code_exchange(sp, a, code, &p, now_s, &t));
	return id_token_prove(sp, a, &t, &p, now_s, ret_identity);
}

struct sp_result sp_login_finish(struct sp *sp, struct sp_scope *s, const char *query, const char *cookie_value, int64_t now_s, struct sp_identity *ret_identity)
{
	return sp_result_of(finish(sp, sp_arena_of(s), query, cookie_value, now_s, ret_identity));
}
