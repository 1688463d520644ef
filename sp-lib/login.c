/* SPDX-License-Identifier: Apache-2.0
 *
 * login.c - signing in: the request that leaves with the browser, and the callback that comes back, as far as both
 * protocols have it in common.
 *
 * Nothing is written before the callback holds. The state lives in a sealed cookie, one of eight by
 * the state's hash: tabs sign in side by side, mostly, and no browser collects cookies without end. */
#include "sp-lib/sp.h"
#include "base/ct.h"

enum { RETURN_TO_MAX = 1024, QUERY_MAX = 8192, FORM_MAX = 128 * 1024, PAIRS_MAX = 16, TABS = 8 };

static void pending_io(struct frame_io *io, void *m)
{
	struct sp_pending *p = m;

	io_str(io, &p->state);
	io_str(io, &p->return_to);
	io_str(io, &p->acr_values);
	io_str(io, &p->nonce);
	io_str(io, &p->verifier);
	io_str(io, &p->request_id);
	io_bool(io, &p->has_max_age);
	io_bool(io, &p->force);
	io_i64(io, &p->max_age_s);
	io_i64(io, &p->started_at_s);
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

static struct str cookie_name(const struct sp *sp, struct arena *a, struct str state)
{
	unsigned char hash[32];

	sha256(state, hash);
	return arena_printf(a, STR_FMT "%slogin%u", STR_ARG(sp->realm), sp->realm.n ? "-" : "", hash[0] % (unsigned)TABS);
}

/* What left by one door does not come back by another. */
static struct str purpose(const struct sp *sp, struct arena *a)
{
	return sp->realm.n ? arena_concat(a, (struct str[]){ STR("sp.login:"), sp->realm }, 2) : STR("sp.login");
}

static MUST struct err start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_login *ret_login)
{
	const char *return_to = o->return_to && o->return_to[0] ? o->return_to : "/";
	struct str sealed;

	ENSURE(sp_is_local_path(return_to), MALFORMED, "sp.return_to");
	ENSURE(!o->has_max_age || (o->max_age_s >= 0 && o->max_age_s < INT32_MAX), MALFORMED, "sp.max_age");
	struct sp_pending p = {
		.state = sp_random_text(a, SP_RANDOM_BYTES), .return_to = str_from_c(return_to), .acr_values = str_from_c(o->acr_values),
		.has_max_age = o->has_max_age != 0, .max_age_s = o->max_age_s, .started_at_s = now_s, .expires_at_s = now_s + sp->login_ttl_s,
	};
	TRY(sp->saml ? sp_saml_start(sp, a, o, now_s, &p, &ret_login->url) : sp_openid_start(sp, a, o, now_s, &p, &ret_login->url));
	TRY(seal(a, sp->keys, purpose(sp, a), pending_io, &p, &sealed));
	/* The provider brings the browser back from its own site: never Strict. */
	ret_login->cookie = sp_cookie_make(sp, a, cookie_name(sp, a, p.state), sealed, sp->login_ttl_s, sp->saml ? SP_CROSS_SITE : SP_LAX);
	return NO_ERR;
}

struct sp_result sp_login_start(struct sp *sp, struct sp_scope *s, const struct sp_login_options *options, int64_t now_s, struct sp_login *ret_login)
{
	struct sp_login login = { 0 };
	struct err e = start(sp, sp_arena_of(s), options, now_s, &login);

	if (!failed(e))
		*ret_login = login;
	return sp_result_of(e);
}

static MUST struct err callback_read(const struct sp *sp, struct arena *a, const char *text, struct http_pairs *ret_pairs)
{
	struct str q = str_from_c(text), folded = sp->saml ? STR("SAMLResponse") : STR_NONE;

	ENSURE(q.n > 0 && q.n <= (sp->saml ? FORM_MAX : QUERY_MAX), MALFORMED, "sp.response.query");
	ENSURE(!failed(http_parse_pairs(a, q, PAIRS_MAX, folded, ret_pairs)), MALFORMED, "sp.response.query");
	return NO_ERR;
}

const char *sp_login_cookie_name(const struct sp *sp, struct sp_scope *s, const char *query)
{
	const char *state = sp->saml ? "RelayState" : "state";
	struct http_pairs pairs = { 0 };

	if (failed(callback_read(sp, sp_arena_of(s), query, &pairs)) || http_get(&pairs, state).n == 0)
		return NULL;
	return cookie_name(sp, sp_arena_of(s), http_get(&pairs, state)).p;
}

struct err sp_pending_open(const struct sp *sp, struct arena *a, struct str state, const char *cookie, int64_t now_s, struct sp_pending *ret_p)
{
	struct sp_pending p = { 0 };

	ENSURE(state.n > 0 && cookie && cookie[0], DENIED, "sp.state.absent");
	ENSURE(!failed(unseal(a, sp->keys, purpose(sp, a), str_from_c(cookie), pending_io, &p)), DENIED, "sp.state.forged");
	ENSURE(ct_str_equal(p.state, state), DENIED, "sp.state.other");
	ENSURE(now_s <= p.expires_at_s, DENIED, "sp.state.expired");
	*ret_p = p;
	return NO_ERR;
}

struct err sp_pending_claim(const struct sp *sp, struct arena *a, const struct sp_pending *p, int64_t now_s)
{
	struct err e = sp_claim_once(sp, a, "login", p->state, p->expires_at_s + sp->skew_s + 1, now_s);

	ENSURE(e.kind != ERR_CONFLICT, DENIED, "sp.state.used");
	return e;
}

static MUST struct err finish(struct sp *sp, struct arena *a, const char *text, const char *cookie, int64_t now_s, struct sp_identity *ret_identity)
{
	struct http_pairs pairs = { 0 };

	TRY(callback_read(sp, a, text, &pairs));
	return sp->saml ? sp_saml_finish(sp, a, &pairs, cookie, now_s, ret_identity) : sp_openid_finish(sp, a, &pairs, cookie, now_s, ret_identity);
}

struct sp_result sp_login_finish(struct sp *sp, struct sp_scope *s, const char *query, const char *cookie_value, int64_t now_s, struct sp_identity *ret_identity)
{
	return sp_result_of(finish(sp, sp_arena_of(s), query, cookie_value, now_s, ret_identity));
}
