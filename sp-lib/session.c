/* SPDX-License-Identifier: Apache-2.0
 *
 * session.c - the service's own session: a random name in a cookie, its hash in what is remembered.
 *
 * A session is found again by the provider's sid and by the subject, both hashed with the issuer,
 * so that a logout order ends it. */
#include "sp-lib/sp.h"

enum { NAME_BYTES = 32, COOKIE_MAX = 128, VALUE_MAX = 48 * 1024 };

/* Identity as it is remembered. */
struct kept {
	struct sp_identity id;
	int64_t created_at_s;
};

static void c_text_io(struct frame_io *io, const char **text)
{
	struct str s = io->writing ? str_from_c(*text) : STR_NONE;

	io_str(io, &s);
	if (!io->writing)
		*text = arena_c(io->arena, s);
}

static void claim_io(struct frame_io *io, void *m)
{
	struct sp_claim *c = m;
	uint8_t kind = (uint8_t)c->kind;

	c_text_io(io, &c->name);
	io_u8(io, &kind);
	c->kind = kind;
	c_text_io(io, &c->text);
	io_i64(io, &c->number);
}

static void kept_io(struct frame_io *io, void *m)
{
	struct kept *k = m;

	c_text_io(io, &k->id.subject);
	c_text_io(io, &k->id.sid);
	c_text_io(io, &k->id.acr);
	c_text_io(io, &k->id.id_token);
	io_i64(io, &k->id.auth_time_s);
	io_i64(io, &k->id.session_ends_at_s);
	io_i64(io, &k->created_at_s);
	io_list(io, &k->id.claims, &k->id.claim_n, sizeof *k->id.claims, SP_CLAIMS_MAX, claim_io);
}

const char *sp_session_cookie_name(const struct sp *sp)
{
	return sp->cookie_name.p;
}

/* A session's name, as it is remembered: what one door remembers, another does not know. */
static const char *key_of(const struct sp *sp, struct arena *a, struct str name)
{
	return sp_hash_text(a, sp->realm.n ? arena_concat(a, (struct str[]){ sp->realm, STR("\n"), name }, 3) : name);
}

static struct sp_cookie cookie_of(const struct sp *sp, struct arena *a, struct str value, int64_t ttl_s)
{
	return sp_cookie_make(sp, a, sp->cookie_name, value, ttl_s, sp->cookie_strict ? SP_STRICT : SP_LAX);
}

static const char *tag(const struct sp *sp, struct arena *a, const char *kind, const char *value)
{
	if (!value[0])
		return NULL;
	return sp_hash_text(a, arena_printf(a, "%s\n" STR_FMT "\n%s%s" STR_FMT, kind, STR_ARG(sp->issuer), value, sp->realm.n ? "\n" : "",
		STR_ARG(sp->realm)));
}

/* OpenID's sid is one session of one citizen. SAML's SessionIndex means something beside its NameID only: an order
 * that names somebody else's ends nothing. */
static const char *sid_tag(const struct sp *sp, struct arena *a, const char *sid, const char *subject)
{
	if (sp->saml && sid[0])
		return tag(sp, a, "sid", arena_printf(a, "%s\n%s", subject, sid).p);
	return tag(sp, a, "sid", sid);
}

/* Protocol members of an ID token are of no use in a session, and would fill it. */
static bool is_worth_keeping(const struct sp_claim *c)
{
	static const char *const protocol[] = { "iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "sub", "sid", "jti" };

	for (size_t i = 0; i < sizeof protocol / sizeof *protocol; i++)
		if (str_eq_c(str_from_c(c->name), protocol[i]))
			return false;
	return true;
}

static MUST struct err kept_write(struct arena *a, const struct sp_identity *id, int64_t now_s, struct str *ret_value)
{
	struct sp_claim *claims = arena_array(a, struct sp_claim, id->claim_n + 1);
	char *p = arena_try(a, VALUE_MAX);
	struct kept k = { *id, now_s };
	size_t n = 0;

	ENSURE(p, BROKEN, "sp.session.size");
	k.id.claims = claims;
	k.id.claim_n = 0;
	for (size_t i = 0; i < id->claim_n; i++)
		if (is_worth_keeping(&id->claims[i]))
			claims[k.id.claim_n++] = id->claims[i];
	TRY(frame_write_body(kept_io, &k, p, VALUE_MAX, &n));
	*ret_value = (struct str){ p, n };
	return NO_ERR;
}

/* The last second of the session, and that of its idle time when it is used now. */
static int64_t last_second(const struct sp *sp, const struct sp_identity *id, int64_t created_at_s)
{
	int64_t last = created_at_s + sp->session_max_s;

	return id->session_ends_at_s && id->session_ends_at_s < last ? id->session_ends_at_s : last;
}

static int64_t until(const struct sp *sp, const struct sp_identity *id, int64_t created_at_s, int64_t now_s)
{
	int64_t idle = now_s + sp->session_idle_s, last = last_second(sp, id, created_at_s);

	return idle < last ? idle : last;
}

/* The provider may have ended this very session between its ID token and our answer. */
static MUST struct err ended_check(const struct sp *sp, struct arena *a, const struct sp_identity *id, int64_t now_s)
{
	struct sp_memory m = { .op = SP_GET, .kind = "ended", .key = sid_tag(sp, a, id->sid, id->subject), .now_s = now_s };
	struct err e;

	if (!m.key)
		return NO_ERR;
	e = sp_remember(sp, a, &m);
	if (e.kind == ERR_ABSENT || (!failed(e) && m.expires_at_s < now_s))
		return NO_ERR;
	TRY(e);
	return err_of(DENIED, "sp.session.ended");
}

static MUST struct err create(const struct sp *sp, struct arena *a, const struct sp_identity *id, int64_t now_s, struct sp_cookie *ret_cookie)
{
	struct str name = sp_random_text(a, NAME_BYTES), value;

	TRY(kept_write(a, id, now_s, &value));
	struct sp_memory m = {
		.op = SP_PUT, .kind = "session", .key = key_of(sp, a, name), .value = value.p, .value_n = value.n,
		.tags = { sid_tag(sp, a, id->sid, id->subject), tag(sp, a, "sub", id->subject) },
		.expires_at_s = until(sp, id, now_s, now_s), .now_s = now_s,
	};
	TRY(sp_remember(sp, a, &m));
	/* Looked at after the session is there: a logout order comes before or after, never between. */
	struct err e = ended_check(sp, a, id, now_s);
	if (failed(e)) {
		m.op = SP_REMOVE;
		TRY(sp_remember(sp, a, &m));
		return e;
	}
	*ret_cookie = cookie_of(sp, a, name, 0);
	return NO_ERR;
}

struct sp_result sp_session_create(struct sp *sp, struct sp_scope *s, const struct sp_identity *identity, int64_t now_s, struct sp_cookie *ret_cookie)
{
	return sp_result_of(create(sp, sp_arena_of(s), identity, now_s, ret_cookie));
}

/* Each visit pushes the idle limit on, written at most six times in that time. */
static MUST struct err keep_alive(const struct sp *sp, struct arena *a, struct sp_memory *m, const struct kept *k, int64_t now_s)
{
	int64_t expires_at_s = until(sp, &k->id, k->created_at_s, now_s);

	if (expires_at_s - m->expires_at_s < sp->session_idle_s / 6 + 1)
		return NO_ERR;
	m->op = SP_TOUCH;
	m->expires_at_s = expires_at_s;
	struct err e = sp_remember(sp, a, m);
	ENSURE(e.kind != ERR_ABSENT, ABSENT, "sp.session.absent");
	return e;
}

static MUST struct err load(const struct sp *sp, struct arena *a, const char *cookie, int64_t now_s, struct sp_identity *ret_identity)
{
	struct str name = str_from_c(cookie);
	struct kept k = { 0 };
	struct err e;

	ENSURE(name.n > 0 && name.n <= COOKIE_MAX, ABSENT, "sp.session.absent");
	struct sp_memory m = { .op = SP_GET, .kind = "session", .key = key_of(sp, a, name), .now_s = now_s };
	e = sp_remember(sp, a, &m);
	ENSURE(e.kind != ERR_ABSENT, ABSENT, "sp.session.absent");
	TRY(e);
	/* One of an earlier version of this library is one that has ended. */
	ENSURE(!failed(frame_read_body((struct str){ m.value, m.value_n }, a, kept_io, &k)), ABSENT, "sp.session.absent");
	ENSURE(now_s <= m.expires_at_s && now_s <= last_second(sp, &k.id, k.created_at_s), ABSENT, "sp.session.expired");
	TRY(keep_alive(sp, a, &m, &k, now_s));
	k.id.issuer = sp->saml ? sp->idp_entity_id.p : sp->issuer.p;
	k.id.return_to = "/";
	*ret_identity = k.id;
	return NO_ERR;
}

struct sp_result sp_session_load(struct sp *sp, struct sp_scope *s, const char *cookie_value, int64_t now_s, struct sp_identity *ret_identity)
{
	return sp_result_of(load(sp, sp_arena_of(s), cookie_value, now_s, ret_identity));
}

static MUST struct err end(const struct sp *sp, struct arena *a, const char *cookie, int64_t now_s, struct sp_cookie *ret_cookie)
{
	struct str name = str_from_c(cookie);

	if (name.n > 0 && name.n <= COOKIE_MAX) {
		struct sp_memory m = { .op = SP_REMOVE, .kind = "session", .key = key_of(sp, a, name), .now_s = now_s };

		TRY(sp_remember(sp, a, &m));
	}
	*ret_cookie = cookie_of(sp, a, STR_NONE, -1);
	return NO_ERR;
}

struct sp_result sp_session_end(struct sp *sp, struct sp_scope *s, const char *cookie_value, int64_t now_s, struct sp_cookie *ret_cookie)
{
	return sp_result_of(end(sp, sp_arena_of(s), cookie_value, now_s, ret_cookie));
}

/* ---- the provider's order ---- */

struct err sp_sessions_end(const struct sp *sp, struct arena *a, const char *sid, const char *subject, int64_t now_s)
{
	struct sp_memory m = { .op = SP_FORGET, .kind = "session", .now_s = now_s };

	if (!sid[0]) {
		m.tags[0] = tag(sp, a, "sub", subject);
		return sp_remember(sp, a, &m);
	}
	/* With a sid only that session ends, as the specifications have it. */
	struct sp_memory mark = {
		.op = SP_PUT, .kind = "ended", .key = sid_tag(sp, a, sid, subject), .value = "", .value_n = 0,
		.expires_at_s = now_s + sp->login_ttl_s, .now_s = now_s,
	};
	TRY(sp_remember(sp, a, &mark));
	m.tags[0] = mark.key;
	return sp_remember(sp, a, &m);
}

static struct err check_refusal(struct err e)
{
	if (e.kind == ERR_BUSY || e.kind == ERR_BROKEN)
		return e;
	return str_eq_c(STR("jose.alg"), e.slug) ? err_of(DENIED, "sp.logout.alg") : err_of(DENIED, "sp.logout.signature");
}

static struct str jti_text(const struct sp *sp, struct arena *a, const struct sp_logout_order *o)
{
	return arena_printf(a, "jti\n" STR_FMT "\n" STR_FMT, STR_ARG(sp->issuer), STR_ARG(o->jti));
}

static MUST struct err backchannel(struct sp *sp, struct arena *a, struct str text, int64_t now_s)
{
	struct sp_logout_expect expect = { sp->issuer, sp->client_id, sp->algs, now_s, sp->skew_s };
	struct sp_token token = { 0 };
	struct sp_logout_order order;

	ENSURE(!sp->saml, BROKEN, "sp.protocol");
	ENSURE(text.n > 0 && text.n <= 16384, MALFORMED, "sp.logout.form");
	struct err e = sp_provider_verify(sp, a, text, "logout+jwt", now_s, &token);
	if (failed(e))
		return check_refusal(e);
	TRY(sp_logout_token_judge(&token, &expect, &order));
	e = sp_claim_once(sp, a, "jti", jti_text(sp, a, &order), order.expires_at_s + sp->skew_s + 1, now_s);
	ENSURE(e.kind != ERR_CONFLICT, DENIED, "sp.logout.replayed");
	TRY(e);
	e = sp_sessions_end(sp, a, arena_c(a, order.sid), arena_c(a, order.subject), now_s);
	/* Not carried out: the provider will send it again, and must then be heard. */
	if (failed(e))
		sp_claim_back(sp, a, "jti", jti_text(sp, a, &order), now_s);
	return e;
}

struct sp_result sp_backchannel_logout(struct sp *sp, struct sp_scope *s, const char *logout_token, int64_t now_s)
{
	return sp_result_of(backchannel(sp, sp_arena_of(s), str_from_c(logout_token), now_s));
}
