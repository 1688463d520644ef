/* sp_world.c - see sp_world.h. */
#include "tests/unit/sp_world.h"

static struct sp_result ok(void) { return (struct sp_result){ SP_OK, NULL }; }

struct sp_result fake_check(void *self, struct sp_scope *s, const struct sp_check_ask *ask, struct sp_token *ret)
{
	struct world *w = self;

	(void)s;
	assert_non_null(ask->jwks);
	w->check_calls++;
	if (w->check_slug && (w->check_refuse_n == 0 || w->check_calls <= w->check_refuse_n))
		return (struct sp_result){ SP_DENIED, w->check_slug };
	*ret = (struct sp_token){ w->alg, "k1", w->typ, w->claims, w->claim_n };
	return ok();
}

static struct sp_result answer(struct sp_fetch_answer *ret, int status, const char *body)
{
	*ret = (struct sp_fetch_answer){ status, body, strlen(body) };
	return ok();
}

struct sp_result fake_fetch(void *self, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret)
{
	struct world *w = self;
	struct str url = str_from_c(ask->url);
	static char discovery[1024];

	(void)s;
	if (w->provider_down)
		return (struct sp_result){ SP_BUSY, "fetch.gone" };
	if (str_ends(url, STR("/.well-known/openid-configuration"))) {
		w->discovery_calls++;
		if (w->hang) {
			pthread_barrier_wait(w->hang);
			pthread_barrier_wait(w->hang);
		}
		snprintf(discovery, sizeof discovery, "{\"issuer\":\"%s\",\"authorization_endpoint\":\"" ISSUER "/authorize\","
			"\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER "/jwks\",\"end_session_endpoint\":\"" ISSUER "/logout\"}",
			w->discovery_issuer);
		return answer(ret, w->discovery_status, w->discovery_body ? w->discovery_body : discovery);
	}
	if (str_ends(url, STR("/jwks"))) {
		w->jwks_calls++;
		return answer(ret, 200, w->jwks_body ? w->jwks_body : "{\"keys\":[]}");
	}
	assert_string_equal(ask->url, ISSUER "/token");
	w->token_calls++;
	snprintf(w->sent_body, sizeof w->sent_body, "%s", ask->body);
	w->had_credential = ask->credential && strcmp(ask->credential, "client") == 0;
	return answer(ret, w->token_status, w->token_body);
}

static struct entry *find(struct world *w, const char *kind, const char *key)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (w->entries[i].used && strcmp(w->entries[i].kind, kind) == 0 && strcmp(w->entries[i].key, key) == 0)
			return &w->entries[i];
	return NULL;
}

static void keep(struct world *w, const struct sp_memory *m)
{
	struct entry *e = find(w, m->kind, m->key);

	for (size_t i = 0; !e && i < ENTRIES; i++)
		if (!w->entries[i].used)
			e = &w->entries[i];
	assert_non_null(e);
	free(e->value);
	snprintf(e->kind, sizeof e->kind, "%s", m->kind);
	snprintf(e->key, sizeof e->key, "%s", m->key);
	for (int t = 0; t < 2; t++)
		snprintf(e->tags[t], sizeof e->tags[t], "%s", m->tags[t] ? m->tags[t] : "");
	e->value = malloc(m->value_n + 1);
	memcpy(e->value, m->value, m->value_n);
	e->n = m->value_n;
	e->expires_at_s = m->expires_at_s;
	e->used = true;
}

static void drop(struct entry *e)
{
	free(e->value);
	*e = (struct entry){ 0 };
}

struct sp_result fake_remember(void *self, struct sp_scope *s, struct sp_memory *m)
{
	struct world *w = self;
	struct entry *e = m->key ? find(w, m->kind, m->key) : NULL;

	(void)s;
	if (w->memory_down)
		return (struct sp_result){ SP_BUSY, "store.gone" };
	switch (m->op) {
	case SP_CLAIM:
		if (e)
			return (struct sp_result){ SP_CONFLICT, "test.claimed" };
		keep(w, m);
		break;
	case SP_PUT:
		keep(w, m);
		break;
	case SP_GET:
		if (!e)
			return (struct sp_result){ SP_ABSENT, "test.absent" };
		m->value = e->value;
		m->value_n = e->n;
		m->expires_at_s = e->expires_at_s;
		break;
	case SP_TOUCH:
		if (!e)
			return (struct sp_result){ SP_ABSENT, "test.absent" };
		e->expires_at_s = m->expires_at_s;
		break;
	case SP_REMOVE:
		if (e)
			drop(e);
		break;
	case SP_FORGET:
		for (size_t i = 0; i < ENTRIES; i++)
			if (w->entries[i].used && strcmp(w->entries[i].kind, m->kind) == 0
			    && (strcmp(w->entries[i].tags[0], m->tags[0]) == 0 || strcmp(w->entries[i].tags[1], m->tags[0]) == 0))
				drop(&w->entries[i]);
		break;
	default:
		return (struct sp_result){ SP_BROKEN, "test.op" };
	}
	return ok();
}

struct sp_config config(void)
{
	return (struct sp_config){
		.issuer = ISSUER, .client_id = CLIENT, .redirect_uri = CALLBACK,
		.post_logout_redirect_uri = "https://elections.ville.example/deconnexion/retour", .scope = "openid profile",
		.seal_key = "TEST-ONLY-0123456789abcdef0123456789abcdef", .seal_key_n = 42, .provider_check_s = 2,
	};
}

int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct sp_config c = config();
	struct sp_hooks hooks = { .self = w, .check = fake_check, .fetch = fake_fetch, .remember = fake_remember, .memory_self = w };

	w->alg = "ES256";
	w->typ = "JWT";
	w->discovery_issuer = ISSUER;
	w->token_status = w->discovery_status = 200;
	w->token_body = "{\"access_token\":\"" ACCESS "\",\"token_type\":\"bearer\",\"id_token\":\"a.b.c\"}";
	w->s = sp_scope_create();
	assert_int_equal(sp_create(&c, &hooks, &w->sp).kind, SP_OK);
	*state = w;
	return 0;
}

int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ENTRIES; i++)
		free(w->entries[i].value);
	sp_destroy(w->sp);
	sp_scope_destroy(w->s);
	free(w);
	return 0;
}

/* ---- building the control ---- */

void set(struct world *w, const char *name, int kind, const char *text, int64_t number)
{
	for (size_t i = 0; i < w->claim_n; i++)
		if (strcmp(w->claims[i].name, name) == 0) {
			w->claims[i] = (struct sp_claim){ name, kind, text, number };
			return;
		}
	assert_true(w->claim_n < CLAIMS);
	w->claims[w->claim_n++] = (struct sp_claim){ name, kind, text, number };
}

void add(struct world *w, const char *name, int kind, const char *text)
{
	w->claims[w->claim_n++] = (struct sp_claim){ name, kind, text, 0 };
}

void del(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->claim_n; i++)
		if (strcmp(w->claims[i].name, name) == 0)
			w->claims[i--] = w->claims[--w->claim_n];
}

void query_value(const char *url, const char *name, char *out, size_t n)
{
	char pattern[40];
	const char *at;

	snprintf(pattern, sizeof pattern, "%s=", name);
	at = strstr(url, pattern);
	assert_non_null(at);
	snprintf(out, n, "%.*s", (int)strcspn(at + strlen(pattern), "&"), at + strlen(pattern));
}

void start_with(struct world *w, struct sp_login_options o)
{
	struct sp_result r = sp_login_start(w->sp, w->s, &o, NOON, &w->login);

	assert_int_equal(r.kind, SP_OK);
	query_value(w->login.url, "&state", w->state, sizeof w->state);
	query_value(w->login.url, "&nonce", w->nonce, sizeof w->nonce);
	w->claim_n = 0;
	set(w, "iss", SP_TEXT, ISSUER, 0);
	set(w, "aud", SP_TEXT, CLIENT, 0);
	set(w, "sub", SP_TEXT, "pseudonym-of-jeanne", 0);
	set(w, "exp", SP_NUMBER, NULL, NOON + 300);
	set(w, "iat", SP_NUMBER, NULL, NOON);
	set(w, "auth_time", SP_NUMBER, NULL, NOON - 20);
	set(w, "nonce", SP_TEXT, w->nonce, 0);
	set(w, "sid", SP_TEXT, "session-1", 0);
	set(w, "acr", SP_TEXT, "f1", 0);
	set(w, "given_name", SP_TEXT, "Jeanne", 0);
}

void start(struct world *w)
{
	start_with(w, (struct sp_login_options){ .return_to = "/mes-demandes?page=2" });
}

struct sp_result finish_query(struct world *w, const char *query, const char *cookie, struct sp_identity *ret)
{
	return sp_login_finish(w->sp, w->s, query, cookie, NOON + 5, ret);
}

const char *good_query(struct world *w)
{
	return arena_printf(sp_arena_of(w->s), "code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", w->state).p;
}

struct sp_result finish(struct world *w, struct sp_identity *ret)
{
	return finish_query(w, good_query(w), w->login.cookie.value, ret);
}

void assert_refused(struct sp_result r, const char *slug)
{
	if (r.kind == SP_OK || strcmp(r.slug, slug) != 0)
		fail_msg("expected %s, got %s", slug, r.kind == SP_OK ? "accepted" : r.slug);
}
