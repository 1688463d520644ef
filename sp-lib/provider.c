/* SPDX-License-Identifier: Apache-2.0
 *
 * provider.c - what we know of the identity provider: its discovery and its keys, kept for a while.
 *
 * A provider that does not answer is asked again at most once each DOWN_AGAIN_S, by one thread:
 * neither an outage nor a flood of tokens with invented key names becomes a storm of requests. */
#include "sp-lib/sp.h"
#include "wire/jose/json_read.h"

enum { KEEP_S = 3600, DOWN_AGAIN_S = 2, KEYS_AGAIN_S = 60, METADATA_BYTES = 64 * 1024, JWKS_MAX = 32 * 1024 };
static const int64_t NEVER = INT64_MIN / 2;

void sp_provider_init(struct sp_provider *p)
{
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->asking, NULL);
	p->metadata_at_s = p->jwks_at_s = p->down_at_s = p->keys_tried_s = NEVER;
}

void sp_provider_done(struct sp_provider *p)
{
	arena_destroy(p->metadata_arena);
	arena_destroy(p->jwks_arena);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->asking);
}

/* Is what was learnt at at_s younger than max_age_s? A clock that went back makes it unknown. */
static bool is_fresh(int64_t at_s, int64_t now_s, int64_t max_age_s)
{
	return now_s >= at_s && now_s - at_s <= max_age_s;
}

static void unlockp(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

/* Until the end of the block. */
#define LOCKED(m) AUTO(unlockp) pthread_mutex_t *locked_ = (pthread_mutex_lock(m), (m))

static struct err note(struct sp_provider *p, struct err e, int64_t now_s)
{
	LOCKED(&p->lock);
	p->down_at_s = failed(e) ? now_s : NEVER;
	return e;
}

static MUST struct err get(struct sp *sp, struct arena *a, struct str url, struct str *ret_body)
{
	struct sp_fetch_ask ask = { .url = arena_c(a, url), .timeout_ms = sp->timeout_ms };
	int status = 0;

	TRY(sp_fetch(sp, a, &ask, ret_body, &status));
	ENSURE(status == 200, BUSY, "sp.provider.error");
	return NO_ERR;
}

/* An endpoint is https, unless the issuer itself is plain http (one machine). */
static MUST struct err endpoint(const struct sp *sp, struct arena *a, const json_t *doc, const char *name, bool needed, struct str *ret_url)
{
	struct str url = jose_json_str(json_object_get(doc, name));
	bool http_is_fine = str_starts(sp->issuer, STR("http://"));

	ENSURE(url.n > 0 || !needed, BROKEN, "sp.provider.metadata");
	ENSURE(url.n == 0 || str_starts(url, STR("https://")) || (http_is_fine && str_starts(url, STR("http://"))),
		BROKEN, "sp.provider.metadata");
	ENSURE(url.n < 1024 && !str_has_control(url) && !str_has(url, '#'), BROKEN, "sp.provider.metadata");
	*ret_url = arena_dup(a, url);
	return NO_ERR;
}

static MUST struct err discovery_read(const struct sp *sp, struct arena *a, struct str text, struct sp_metadata *ret_m)
{
	AUTO(json_decrefp) json_t *doc = NULL;

	ENSURE(!failed(jose_json_read(text, SP_RESPONSE_MAX, 8, &doc)), BROKEN, "sp.provider.metadata");
	/*= OpenID Connect Discovery 4.3: The issuer value returned MUST be identical to the Issuer URL that was used */
	ENSURE(str_eq(jose_json_str(json_object_get(doc, "issuer")), sp->issuer), BROKEN, "sp.provider.issuer");
	TRY(endpoint(sp, a, doc, "authorization_endpoint", true, &ret_m->authorization));
	TRY(endpoint(sp, a, doc, "token_endpoint", true, &ret_m->token));
	TRY(endpoint(sp, a, doc, "jwks_uri", true, &ret_m->jwks_uri));
	return endpoint(sp, a, doc, "end_session_endpoint", false, &ret_m->end_session);
}

static MUST struct err metadata_fetch(struct sp *sp, struct arena *a, int64_t now_s)
{
	struct str url = sp->saml ? sp->idp_metadata_url
		: arena_printf(a, STR_FMT "/.well-known/openid-configuration", STR_ARG(sp->issuer)), body;
	AUTO(arena_destroyp) struct arena *kept = arena_create(METADATA_BYTES);
	struct sp_metadata m = { 0 };

	TRY(get(sp, a, url, &body));
	TRY(sp->saml ? sp_saml_metadata_read(sp, a, kept, body, now_s, &m) : discovery_read(sp, kept, body, &m));

	LOCKED(&sp->provider.lock);
	m.edition = sp->provider.metadata.edition + 1;
	arena_destroy(sp->provider.metadata_arena);
	sp->provider.metadata_arena = TAKE(kept);
	sp->provider.metadata = m;
	sp->provider.metadata_at_s = now_s;
	return NO_ERR;
}

/* Another thread may replace what is kept while the caller works with it. */
static void metadata_copy(struct arena *a, const struct sp_metadata *m, struct sp_metadata *ret_m)
{
	*ret_m = (struct sp_metadata){
		.authorization = arena_dup(a, m->authorization), .token = arena_dup(a, m->token), .jwks_uri = arena_dup(a, m->jwks_uri),
		.end_session = arena_dup(a, m->end_session), .sso = arena_dup(a, m->sso), .slo = arena_dup(a, m->slo),
		.slo_response = arena_dup(a, m->slo_response), .valid_until_s = m->valid_until_s, .edition = m->edition,
		.certificates = { arena_array(a, struct str, m->certificates.n), m->certificates.n },
	};
	for (size_t i = 0; i < m->certificates.n; i++)
		ret_m->certificates.v[i] = arena_dup(a, m->certificates.v[i]);
}

/* down: it did not answer the last time. wait: and it is too early to ask again. */
struct silence { bool down, wait; };

/* true: *ret_metadata is filled. false: it must be asked for. */
static bool metadata_peek(struct sp *sp, struct arena *a, int64_t now_s, int64_t max_age_s, struct sp_metadata *ret_m, struct silence *ret_silence)
{
	struct sp_provider *p = &sp->provider;

	LOCKED(&p->lock);
	*ret_silence = (struct silence){ p->down_at_s != NEVER, is_fresh(p->down_at_s, now_s, DOWN_AGAIN_S - 1) };
	if (!p->metadata_arena || !is_fresh(p->metadata_at_s, now_s, max_age_s))
		return false;
	if (p->metadata.valid_until_s && now_s >= p->metadata.valid_until_s)
		return false;
	metadata_copy(a, &p->metadata, ret_m);
	return true;
}

/* With the turn to ask held. */
static MUST struct err metadata_ask(struct sp *sp, struct arena *a, int64_t now_s, int64_t max_age_s, struct sp_metadata *ret_m)
{
	struct silence silence;

	/* Another thread may have asked while we waited. */
	if (metadata_peek(sp, a, now_s, max_age_s, ret_m, &silence))
		return NO_ERR;
	ENSURE(!silence.wait, BUSY, "sp.provider.down");
	TRY(note(&sp->provider, metadata_fetch(sp, a, now_s), now_s));
	ENSURE(metadata_peek(sp, a, now_s, max_age_s, ret_m, &silence), BUSY, "sp.provider.down");
	return NO_ERR;
}

struct err sp_provider_metadata(struct sp *sp, struct arena *a, int64_t now_s, int64_t max_age_s, struct sp_metadata *ret_m)
{
	struct silence silence;

	if (max_age_s > KEEP_S)
		max_age_s = KEEP_S;
	if (metadata_peek(sp, a, now_s, max_age_s, ret_m, &silence))
		return NO_ERR;
	ENSURE(!silence.wait, BUSY, "sp.provider.down");
	if (pthread_mutex_trylock(&sp->provider.asking) != 0) {
		/* Somebody is asking. What was true a moment ago will do: a provider that hangs must not
		 * hold every thread of a service. */
		ENSURE(!silence.down, BUSY, "sp.provider.down");
		if (metadata_peek(sp, a, now_s, KEEP_S, ret_m, &silence))
			return NO_ERR;
		pthread_mutex_lock(&sp->provider.asking);
	}
	AUTO(unlockp) pthread_mutex_t *turn = &sp->provider.asking;
	(void)turn;
	return metadata_ask(sp, a, now_s, max_age_s, ret_m);
}

static bool jwks_peek(struct sp *sp, struct arena *a, int64_t now_s, int64_t since_s, struct str *ret_jwks, int64_t *ret_at_s)
{
	struct sp_provider *p = &sp->provider;

	LOCKED(&p->lock);
	if (!p->jwks_arena || p->jwks_at_s < since_s || !is_fresh(p->jwks_at_s, now_s, KEEP_S))
		return false;
	*ret_jwks = arena_dup(a, p->jwks);
	*ret_at_s = p->jwks_at_s;
	return true;
}

/* Once a minute at most, whoever asks and whatever came of it; while there is no set to go by, once a second. */
static MUST struct err jwks_may_ask(struct sp_provider *p, int64_t now_s, bool now)
{
	LOCKED(&p->lock);
	bool known = p->jwks_arena && is_fresh(p->jwks_at_s, now_s, KEEP_S);

	ENSURE(!known || !is_fresh(p->keys_tried_s, now_s, KEYS_AGAIN_S - 1), DENIED, "jose.key");
	if (!now)
		return NO_ERR;
	ENSURE(known || !is_fresh(p->keys_tried_s, now_s, 0), BUSY, "sp.provider.down");
	p->keys_tried_s = now_s;
	return NO_ERR;
}

static MUST struct err jwks_fetch(struct sp *sp, struct arena *a, struct str url, int64_t now_s)
{
	struct str body;

	TRY(get(sp, a, url, &body));
	ENSURE(body.n > 0 && body.n <= JWKS_MAX, BUSY, "sp.provider.jwks");

	LOCKED(&sp->provider.lock);
	arena_destroy(sp->provider.jwks_arena);
	sp->provider.jwks_arena = arena_create(JWKS_MAX + 64);
	sp->provider.jwks = arena_dup(sp->provider.jwks_arena, body);
	sp->provider.jwks_at_s = now_s;
	return NO_ERR;
}

/* The key set, learnt at since_s or later. DENIED jose.key: it may not be asked for again yet. */
static MUST struct err jwks(struct sp *sp, struct arena *a, int64_t now_s, int64_t since_s, struct str *ret_jwks, int64_t *ret_at_s)
{
	struct sp_metadata m;

	if (jwks_peek(sp, a, now_s, since_s, ret_jwks, ret_at_s))
		return NO_ERR;
	TRY(sp_provider_metadata(sp, a, now_s, KEEP_S, &m));
	/* Looked at before the turn too: a flood of unknown keys must not queue behind one slow answer. */
	TRY(jwks_may_ask(&sp->provider, now_s, false));

	LOCKED(&sp->provider.asking);
	if (jwks_peek(sp, a, now_s, since_s, ret_jwks, ret_at_s))
		return NO_ERR;
	TRY(jwks_may_ask(&sp->provider, now_s, true));
	TRY(jwks_fetch(sp, a, m.jwks_uri, now_s));
	ENSURE(jwks_peek(sp, a, now_s, since_s, ret_jwks, ret_at_s), BUSY, "sp.provider.down");
	return NO_ERR;
}

static MUST struct err check_with(struct sp *sp, struct arena *a, struct str token, const char *typ, struct str keys, struct sp_token *ret_token)
{
	struct sp_check_ask ask = { arena_c(a, token), keys.p, sp->algs.p, typ };

	return sp_err_of(sp->hooks.check(sp->hooks.self, sp_scope_of(a), &ask, ret_token));
}

struct err sp_provider_verify(struct sp *sp, struct arena *a, struct str token, const char *typ, int64_t now_s, struct sp_token *ret_token)
{
	struct str keys;
	int64_t at_s = 0;

	TRY(jwks(sp, a, now_s, NEVER, &keys, &at_s));
	struct err e = check_with(sp, a, token, typ, keys, ret_token);
	if (!failed(e) || !str_eq_c(STR("jose.key"), e.slug))
		return e;
	/* The provider may have begun to sign with a new key. */
	TRY(jwks(sp, a, now_s, at_s + 1, &keys, &at_s));
	return check_with(sp, a, token, typ, keys, ret_token);
}

/* Not when somebody asked less than a minute ago, and nothing new came of it. */
static MUST struct err later_may_ask(struct sp_provider *p, int64_t now_s, bool now)
{
	LOCKED(&p->lock);
	ENSURE(!is_fresh(p->keys_tried_s, now_s, KEYS_AGAIN_S - 1), DENIED, "saml.signature");
	if (now)
		p->keys_tried_s = now_s;
	return NO_ERR;
}

static bool later_peek(struct sp *sp, struct arena *a, int64_t now_s, uint64_t edition, struct sp_metadata *ret_m)
{
	struct silence silence;

	return metadata_peek(sp, a, now_s, KEEP_S, ret_m, &silence) && ret_m->edition > edition;
}

struct err sp_provider_later(struct sp *sp, struct arena *a, int64_t now_s, uint64_t edition, struct sp_metadata *ret_m)
{
	if (later_peek(sp, a, now_s, edition, ret_m))
		return NO_ERR;
	/* Looked at before the turn too: a flood of bad signatures must not queue behind one slow answer. */
	TRY(later_may_ask(&sp->provider, now_s, false));

	LOCKED(&sp->provider.asking);
	if (later_peek(sp, a, now_s, edition, ret_m))
		return NO_ERR;
	TRY(later_may_ask(&sp->provider, now_s, true));
	/* Not noted as an outage: the sign-ins of everybody else must not wait for it. */
	TRY(metadata_fetch(sp, a, now_s));
	ENSURE(later_peek(sp, a, now_s, edition, ret_m), BUSY, "sp.provider.down");
	return NO_ERR;
}

struct sp_result sp_provider_check(struct sp *sp, struct sp_scope *s, int64_t now_s)
{
	struct sp_metadata m;

	return sp_result_of(sp_provider_metadata(sp, sp_arena_of(s), now_s, sp->provider_check_s, &m));
}
