/* SPDX-License-Identifier: Apache-2.0
 *
 * hooks.c - scopes, results and cookies; and the hooks as the rest of the library calls them. */
#include "sp-lib/sp.h"
#include "base/b64.h"
#include "base/ct.h"
#include "wire/saml/saml_xml.h"

enum { COOKIE_MAX = 8192 };    /* RFC 6265 6.1: browsers keep 4096 bytes */

_Static_assert((int)SP_MALFORMED == (int)ERR_MALFORMED && (int)SP_DENIED == (int)ERR_DENIED
	&& (int)SP_ABSENT == (int)ERR_ABSENT && (int)SP_CONFLICT == (int)ERR_CONFLICT
	&& (int)SP_THROTTLED == (int)ERR_THROTTLED && (int)SP_BUSY == (int)ERR_BUSY
	&& (int)SP_BROKEN == (int)ERR_BROKEN, "one list of kinds under two names");

struct sp_scope *sp_scope_create(void)
{
	return sp_scope_of(arena_create(SP_SCOPE_MAX));
}

void sp_scope_reset(struct sp_scope *s)
{
	arena_reset(sp_arena_of(s));
}

void sp_scope_destroy(struct sp_scope *s)
{
	arena_destroy(sp_arena_of(s));
}

void *sp_scope_alloc(struct sp_scope *s, size_t n)
{
	return arena_try(sp_arena_of(s), n);
}

struct err sp_err_of(struct sp_result r)
{
	if (r.kind == SP_OK)
		return NO_ERR;
	if (r.kind < SP_OK || r.kind > SP_BROKEN || !r.slug)
		return err_of(BROKEN, "sp.hook");
	return (struct err){ (enum err_kind)r.kind, r.slug };
}

struct err sp_fetch(const struct sp *sp, struct arena *a, const struct sp_fetch_ask *ask, struct str *ret_body, int *ret_status)
{
	struct sp_fetch_answer answer = { 0 };
	struct err e = sp_err_of(sp->hooks.fetch(sp->hooks.self, sp_scope_of(a), ask, &answer));

	/* Whatever kept us from an answer, to the citizen it is one thing: the provider is not there. */
	ENSURE(!failed(e), BUSY, "sp.provider.down");
	ENSURE(answer.status < 500, BUSY, "sp.provider.error");
	ENSURE(answer.body_n <= (sp->saml ? (size_t)SAML_XML_BYTES : (size_t)SP_RESPONSE_MAX), DENIED, "sp.provider.size");
	*ret_body = (struct str){ answer.body, answer.body_n };
	*ret_status = answer.status;
	return NO_ERR;
}

struct err sp_remember(const struct sp *sp, struct arena *a, struct sp_memory *m)
{
	return sp_err_of(sp->hooks.remember(sp->hooks.memory_self, sp_scope_of(a), m));
}

struct err sp_claim_once(const struct sp *sp, struct arena *a, const char *kind, struct str text, int64_t expires_at_s, int64_t now_s)
{
	struct sp_memory m = {
		.op = SP_CLAIM, .kind = kind, .key = sp_hash_text(a, text), .value = "", .value_n = 0,
		.expires_at_s = expires_at_s, .now_s = now_s,
	};

	return sp_remember(sp, a, &m);
}

void sp_claim_back(const struct sp *sp, struct arena *a, const char *kind, struct str text, int64_t now_s)
{
	struct sp_memory m = { .op = SP_REMOVE, .kind = kind, .key = sp_hash_text(a, text), .now_s = now_s };
	struct err ignored = sp_remember(sp, a, &m);   /* the error that brought us here is the one to tell */

	(void)ignored;
}

const char *sp_hash_text(struct arena *a, struct str secret)
{
	unsigned char hash[32];

	sha256(secret, hash);
	return b64url_encode(a, hash, sizeof hash).p;
}

struct str sp_random_text(struct arena *a, size_t bytes)
{
	unsigned char random[64];

	if (bytes > sizeof random)
		bytes = sizeof random;
	random_bytes(random, bytes);
	return b64url_encode(a, random, bytes);
}

struct sp_cookie sp_cookie_make(const struct sp *sp, struct arena *a, struct str name, struct str value, int64_t ttl_s, enum sp_same_site same_site)
{
	/* Browsers refuse None without Secure; over http, provider and service are on one site. */
	const char *word = same_site == SP_STRICT ? "Strict" : same_site == SP_CROSS_SITE && sp->https ? "None" : "Lax";
	struct str age = ttl_s == 0 ? STR("") : arena_printf(a, "; Max-Age=%lld", (long long)(ttl_s < 0 ? 0 : ttl_s));
	struct str line = arena_printf(a, "%s" STR_FMT "=" STR_FMT "; Path=/; HttpOnly; SameSite=%s%s" STR_FMT,
		sp->https ? "__Host-" : "", STR_ARG(name), STR_ARG(value), word, sp->https ? "; Secure" : "", STR_ARG(age));

	return (struct sp_cookie){ arena_c(a, name), arena_c(a, value), ttl_s, line.p };
}

const char *sp_cookie_find(const struct sp *sp, struct sp_scope *s, const char *cookie_header, const char *name)
{
	struct arena *a = sp_arena_of(s);
	struct str rest = str_from_c(cookie_header), pair;
	struct str wanted = arena_printf(a, "%s%s=", sp->https ? "__Host-" : "", name ? name : "");

	while (str_split(&rest, ';', &pair)) {
		pair = str_trim(pair);
		if (str_starts(pair, wanted))
			return pair.n <= COOKIE_MAX ? arena_c(a, str_slice(pair, wanted.n, pair.n)) : NULL;
	}
	return NULL;
}

const char *sp_identity_claim(const struct sp_identity *id, const char *name)
{
	for (size_t i = 0; i < id->claim_n; i++)
		if (id->claims[i].kind == SP_TEXT && str_eq_c(str_from_c(id->claims[i].name), name))
			return id->claims[i].text;
	return "";
}

int sp_identity_has(const struct sp_identity *id, const char *name, const char *value)
{
	for (size_t i = 0; i < id->claim_n; i++) {
		const struct sp_claim *c = &id->claims[i];

		if ((c->kind == SP_TEXT || c->kind == SP_LIST) && str_eq_c(str_from_c(c->name), name) && str_eq_c(str_from_c(c->text), value))
			return 1;
	}
	return 0;
}

/* A reader's answer, as the library speaks of it. */
void sp_token_of(struct arena *a, const struct check_claims *c, struct sp_token *ret_token)
{
	struct sp_claim *v = arena_array(a, struct sp_claim, c->n + 1);
	static const int kinds[CHECK_KIND_COUNT] = {
		[CHECK_TEXT] = SP_TEXT, [CHECK_NUMBER] = SP_NUMBER, [CHECK_BOOL] = SP_BOOL, [CHECK_LIST] = SP_LIST, [CHECK_OBJECT] = SP_OBJECT,
	};

	for (size_t i = 0; i < c->n; i++)
		v[i] = (struct sp_claim){ arena_c(a, c->v[i].name), kinds[c->v[i].kind], arena_c(a, c->v[i].text), c->v[i].number };
	*ret_token = (struct sp_token){ arena_c(a, c->alg), arena_c(a, c->kid), arena_c(a, c->typ), v, c->n };
}
