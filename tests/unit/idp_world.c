/* idp_world.c - see idp_world.h. */
#include "tests/unit/idp_world.h"
#include "tests/unit/test_store_pg.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "idp/admin/ctl.h"
#include "idp/admin/trial.h"
#include "idp/audit/audit.h"
#include "idp/authn/throttle.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/session/recent.h"
#include "roles/hasher/hasher.h"
#include "roles/reader/reader.h"
#include "roles/signer/signer.h"
#include "wire/ipc/fetch.h"
#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t signer_now_s;
static int64_t signer_now(void) { return signer_now_s; }

static MUST struct err courier(struct world *w, struct arena *a, struct str body, struct str *ret_body)
{
	struct fetch_http f;
	struct fetch_answer answer = { .status = 200 };
	char *out = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	TRY(frame_read_body(body, a, ipc_fetch_http_io, &f));
	if (w->courier_down)
		return err_of(BUSY, "fetch.gone");
	if (w->silent.n && str_eq(f.url, w->silent)) {
		w->silences++;
		return err_of(BUSY, "fetch.deadline");
	}
	answer.status = w->refusing.n && str_eq(f.url, w->refusing) ? 500 : 200;
	assert_true(w->fetch_n < FETCHES_MAX);
	w->fetches[w->fetch_n].url = arena_dup(w->a, f.url);
	w->fetches[w->fetch_n++].body = arena_dup(w->a, f.body);
	TRY(frame_write_body(ipc_fetch_answer_io, &answer, out, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ out, n };
	return NO_ERR;
}

/* By key or by login; a bind wants the password too. */
static MUST struct err directory(struct world *w, struct arena *a, uint16_t type, struct str body, struct str *ret_body)
{
	struct directory_bind bind = { 0 };
	struct directory_find find = { 0 };
	char *out = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	w->directory_asked++;
	if (failed(w->directory))
		return w->directory;
	if (type == DIRECTORY_BIND)
		TRY(frame_read_body(body, a, ipc_directory_bind_io, &bind));
	else
		TRY(frame_read_body(body, a, ipc_directory_find_io, &find));
	for (size_t i = 0; i < w->person_n; i++) {
		struct directory_person *p = &w->people[i].person;

		if (type == DIRECTORY_BIND ? !str_eq(p->login, bind.login) : !str_eq(p->key, find.key) && !str_eq(p->login, find.login))
			continue;
		ENSURE(type != DIRECTORY_BIND || str_eq(w->people[i].password, bind.password), DENIED, "directory.password");
		ENSURE(type != DIRECTORY_BIND || p->state == DIRECTORY_ACTIVE, DENIED, "directory.must_change");
		TRY(frame_write_body(ipc_directory_person_io, p, out, FRAME_MAX - FRAME_HEAD, &n));
		*ret_body = (struct str){ out, n };
		return NO_ERR;
	}
	return err_of(DENIED, "directory.unknown");
}

static struct err ask_helper(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
{
	struct world *w = self;
	struct frame f = { .type = type, .body = body };
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	char *out;
	size_t n = 0;

	/* In-process calls keep their frames in the request's arena, whose ceiling does not count them. */
	arena_set_ceiling(a, 64 << 20);
	out = arena_alloc(a, FRAME_MAX);
	if (w->fail_at && --w->fail_at == 0)
		return err_of(BUSY, "engine.helper.gone");
	signer_now_s = w->now_s;
	w->hashes += role == ROLE_HASHER;
	w->reads += role == ROLE_READER;
	if (role == ROLE_COURIER_HTTP)
		return courier(w, a, body, ret_body);
	if (role == ROLE_COURIER_LDAP)
		return directory(w, a, type, body, ret_body);
	if (role == ROLE_SIGNER)
		TRY(signer_serve(w->signer, a, &f, &fn, &reply));
	else if (role == ROLE_HASHER)
		TRY(hasher_serve(w->hasher, a, &f, &fn, &reply));
	else
		TRY(reader_serve(w->reader, a, &f, &fn, &reply));
	TRY(frame_write_body(fn, reply, out, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ out, n };
	return NO_ERR;
}

/* A helper serves one request at a time, whoever asks. */
static struct err helper(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	struct err e;

	pthread_mutex_lock(&one_at_a_time);
	e = ask_helper(self, a, role, type, body, ret_body);
	pthread_mutex_unlock(&one_at_a_time);
	return e;
}

/* Made once in a process: an RSA key takes longer than a whole test. */
static struct str test_key(enum sign_alg alg)
{
	static char pem[SIGN_ALG_COUNT][4096];
	static size_t n[SIGN_ALG_COUNT];
	EVP_PKEY *key;
	BIO *bio;

	if (!n[alg]) {
		key = alg == SIGN_ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
		bio = BIO_new(BIO_s_mem());
		assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
		n[alg] = (size_t)BIO_read(bio, pem[alg], sizeof pem[alg]);
		BIO_free(bio);
		EVP_PKEY_free(key);
	}
	return (struct str){ pem[alg], n[alg] };
}

static void add_key(struct signer *s, enum sign_alg alg)
{
	struct err e = signer_key_add(s, alg, SIGN_KEY_CURRENT, 0, test_key(alg));

	assert_false(failed(e));
}

static void create_helpers(struct world *w)
{
	struct signer *s = NULL;
	struct hasher *h = NULL;
	struct reader *r = NULL;
	struct err e = signer_create(STR(ISSUER), STR("TEST-ONLY-pseudonym-secret-of-32-bytes"), signer_now, &s);

	assert_false(failed(e));
	add_key(s, SIGN_ES256);
	add_key(s, SIGN_RS256);
	e = hasher_create(64, 1, &h);
	assert_false(failed(e));
	e = reader_create(&r);
	assert_false(failed(e));
	w->signer = s;
	w->hasher = h;
	w->reader = r;
}

static bool on_pg;
static struct engine *engines[256];
static size_t engine_n;

static struct str fresh_pg(struct world *w)
{
	static int number;
	char url[200];

	test_pg_database(++number, url, sizeof url);
	return arena_dup(w->a, str_from_c(url));
}

int world_run_both(const struct CMUnitTest *tests, size_t n)
{
	int wrong = _cmocka_run_group_tests("sqlite", tests, n, NULL, NULL);

	on_pg = test_pg_up();
	if (on_pg)
		wrong += _cmocka_run_group_tests("postgresql", tests, n, NULL, NULL);
	test_pg_down();
	return wrong;
}

static void create_idp(struct world *w)
{
	struct idp *idp = calloc(1, sizeof *idp);
	struct store_options o = { .readers = 2, .busy_ms = 1000, .migrations = idp_migrations, .migration_n = idp_migrations_n };
	struct engine_app app;
	bool changed;
	struct err e;

	idp->set = (struct idp_settings){ .issuer = STR(ISSUER), .https = true, .town_name = STR("Ville de Test"), .session_idle_s = 1800,
		.session_max_s = 28800, .code_ttl_s = 60, .access_ttl_s = 600, .refresh_ttl_s = 2592000, .id_token_ttl_s = 300, .flow_ttl_s = 1800,
		.agent_session_idle_s = 900, .agent_session_max_s = 28800, .directory_grace_s = 3600, .rights = &w->rights };
	o.url = on_pg ? fresh_pg(w) : fmt(w, "sqlite:%s/idp.db", w->dir);
	e = store_open(&o, &idp->store);
	assert_false(failed(e));
	e = seal_keys_create(STR("TEST-ONLY-seal-key-of-32-bytes-or-more"), STR_NONE, STR("guichet-idp"), &idp->keys);
	assert_false(failed(e));
	idp->audit = audit_create();
	idp->throttle = throttle_create(1024, 32);
	idp->agent_throttle = throttle_create(1024, 8);
	idp->registry = registry_create();
	idp->recent = recent_create();
	idp->protocols[idp->protocol_n++] = oidc_protocol();
	idp->protocols[idp->protocol_n++] = trial_protocol();
	e = registry_load(idp->registry, idp);
	assert_false(failed(e));
	idp_app_fill(idp, &app);
	idp->engine = engine_create(&app, 8);
	engine_set_helper(idp->engine, helper, w);
	/* An engine lives as long as its process: kept where the leak sanitizer sees it. */
	assert_true(engine_n < sizeof engines / sizeof *engines);
	engines[engine_n++] = idp->engine;
	w->idp = idp;
	e = idp_load_keys(idp, clock_mono_ms() + 1000, &changed);
	assert_false(failed(e));
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	unsigned char hash[32];
	struct str out, err;

	w->a = arena_create(256 << 20);
	w->now_s = NOON;
	snprintf(w->dir, sizeof w->dir, "/tmp/guichet-idp-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	create_helpers(w);
	create_idp(w);
	sha256(STR(VERIFIER), hash);
	w->challenge = b64url_encode(w->a, hash, sizeof hash);
	uint32_t code = ctl_run(w->idp, w->a, (struct str[]){ STR("account"), STR("add"), STR("--email"), STR(EMAIL), STR("--given-name"), STR("Jeanne"),
		STR("--family-name"), STR("Moreau"), STR("--birth-date"), STR("1954-03-12"), STR("--password-stdin") }, 11, true, STR("test"),
		STR(PASSWORD "\n"), &out, &err);
	assert_int_equal(code, 0);
	code = ctl(w, "partner add oidc --id elections --name Élections --redirect-uri " REDIRECT " https://elections.ville.test/autre"
		" --post-logout-uri https://elections.ville.test/fin --backchannel-logout-uri https://elections.ville.test/bc"
		" --attributes given_name,family_name,birthdate --grant authorization_code refresh_token client_credentials --json", &out, &err);
	assert_int_equal(code, 0);
	w->secret = json_text(w, out, "client_secret");
	*state = w;
	return 0;
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

int world_teardown(void **state)
{
	struct world *w = *state;

	store_close(w->idp->store);
	for (size_t i = 0; i < w->request_n; i++)
		arena_destroy(w->requests[i]);
	arena_destroy(w->a);            /* before the registry: it holds snapshots */
	registry_destroy(w->idp->registry);
	audit_destroy(w->idp->audit);
	throttle_destroy(w->idp->throttle);
	throttle_destroy(w->idp->agent_throttle);
	recent_destroy(w->idp->recent);
	seal_keys_destroy(w->idp->keys);
	arena_destroy(idp_keys(w->idp)->arena);
	signer_destroy(w->signer);
	hasher_destroy(w->hasher);
	reader_destroy(w->reader);
	remove_dir(w->dir);
	free(w->idp);
	free(w);
	return 0;
}

struct str fmt(struct world *w, const char *f, ...)
{
	char text[16384];
	va_list args;

	va_start(args, f);
	int n = vsnprintf(text, sizeof text, f, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof text);
	return arena_dup(w->a, (struct str){ text, (size_t)n });
}

void world_keep(struct world *w, struct browser *b, const struct http_resp *r)
{
	for (size_t i = 0; i < r->header_n; i++) {
		struct str rest = r->headers[i].value, pair, name;

		if (!str_eq_nocase(r->headers[i].name, STR("set-cookie")))
			continue;
		str_split(&rest, ';', &pair);
		str_split(&pair, '=', &name);
		size_t at = 0;
		while (at < b->n && !str_eq(b->jar[at].name, name))
			at++;
		assert_true(at < JAR_MAX);
		b->jar[at] = (struct http_pair){ arena_dup(w->a, name), arena_dup(w->a, pair) };
		if (at == b->n)
			b->n++;
		if (!pair.n)
			b->jar[at] = b->jar[--b->n];
	}
}

struct http_req *world_request(struct world *w, struct browser *b, enum http_method m, struct str url, struct str form)
{
	static unsigned serial;
	struct arena *a = arena_create(64 << 20);
	struct http_req *req = arena_new(a, struct http_req);
	size_t q = str_index(url, '?');
	struct err e;

	assert_true(w->request_n < REQUESTS_MAX);
	w->requests[w->request_n++] = a;
	*req = (struct http_req){ .arena = a, .now_s = w->now_s, .deadline_ms = clock_mono_ms() + 5000, .id = fmt(w, "%016u", ++serial),
		.source = b && b->source.n ? b->source : STR("192.0.2.1"), .method = m, .path = str_slice(url, 0, q),
		.raw_query = str_slice(url, q + 1, url.n) };
	e = http_parse_pairs(w->a, req->raw_query, 64, STR_NONE, &req->query);
	assert_false(failed(e));
	e = http_parse_pairs(w->a, form, 64, STR_NONE, &req->form);
	assert_false(failed(e));
	if (b)
		req->cookies = (struct http_pairs){ b->jar, b->n };
	return req;
}

static struct http_resp *send_request(struct world *w, struct browser *b, enum http_method m, struct str url, struct str form, struct str authorization)
{
	struct http_req *req = world_request(w, b, m, url, form);
	struct http_pair *headers = arena_array(w->a, struct http_pair, 2);
	struct http_resp *r;

	if (authorization.n) {
		headers[0] = (struct http_pair){ STR("authorization"), authorization };
		req->headers = (struct http_pairs){ headers, 1 };
	}
	r = engine_answer(w->idp->engine, req);
	if (b)
		world_keep(w, b, r);
	return r;
}

struct http_resp *world_get(struct world *w, struct browser *b, const char *url)
{
	return send_request(w, b, HTTP_GET, str_from_c(url), STR_NONE, STR_NONE);
}

struct http_resp *world_post(struct world *w, struct browser *b, const char *path, struct str form)
{
	return send_request(w, b, HTTP_POST, str_from_c(path), form, STR_NONE);
}

struct http_resp *world_call(struct world *w, const char *path, struct str authorization, struct str form)
{
	return send_request(w, NULL, HTTP_POST, str_from_c(path), form, authorization);
}

struct http_resp *world_get_as(struct world *w, const char *url, struct str authorization)
{
	return send_request(w, NULL, HTTP_GET, str_from_c(url), STR_NONE, authorization);
}

struct str header(const struct http_resp *r, const char *name)
{
	for (size_t i = 0; i < r->header_n; i++)
		if (str_eq_nocase(r->headers[i].name, str_from_c(name)))
			return r->headers[i].value;
	return STR_NONE;
}

bool body_has(const struct http_resp *r, const char *text)
{
	return memmem(r->body.p ? r->body.p : "", r->body.n, text, strlen(text)) != NULL;
}

struct str hidden(struct world *w, const struct http_resp *r, const char *name)
{
	struct str key = fmt(w, "name=\"%s\" value=\"", name);
	const char *p = memmem(r->body.p, r->body.n, key.p, key.n), *end;

	if (!p)
		return STR_NONE;
	p += key.n;
	end = memchr(p, '"', r->body.n - (size_t)(p - r->body.p));
	return (struct str){ p, (size_t)(end - p) };
}

struct str location_param(struct world *w, const struct http_resp *r, const char *name)
{
	struct str url = header(r, "location");
	struct http_pairs pairs;

	if (failed(http_parse_pairs(w->a, str_slice(url, str_index(url, '?') + 1, url.n), 64, STR_NONE, &pairs)))
		return STR_NONE;
	return http_get(&pairs, name);
}

struct str json_text(struct world *w, struct str json, const char *name)
{
	struct str key = fmt(w, "\"%s\":\"", name);
	const char *p = memmem(json.p ? json.p : "", json.n, key.p, key.n), *end;

	if (!p)
		return STR_NONE;
	p += key.n;
	end = memchr(p, '"', json.n - (size_t)(p - json.p));
	return arena_dup(w->a, (struct str){ p, (size_t)(end - p) });
}

int64_t json_number(struct str json, const char *name)
{
	char key[64];
	const char *p;

	snprintf(key, sizeof key, "\"%s\":", name);
	p = memmem(json.p ? json.p : "", json.n, key, strlen(key));
	return p ? strtoll(p + strlen(key), NULL, 10) : -1;
}

struct str jws_payload(struct world *w, struct str jws)
{
	struct str head, payload, out;

	str_split(&jws, '.', &head);
	str_split(&jws, '.', &payload);
	assert_false(failed(b64url_decode(w->a, payload, &out)));
	return out;
}

struct str escaped(struct world *w, struct str s)
{
	struct buf b;
	struct str out;

	buf_init(&b, 65536);
	http_add_escaped(&b, s);
	out = arena_dup(w->a, buf_str(&b));
	buf_done(&b);
	return out;
}

uint32_t ctl(struct world *w, const char *line, struct str *ret_out, struct str *ret_err)
{
	struct str argv[64], rest = str_from_c(line), word, out, err;
	size_t n = 0;

	while (str_split(&rest, ' ', &word))
		if (word.n)
			argv[n++] = word;
	return ctl_run(w->idp, w->a, argv, n, false, STR("test"), STR_NONE, ret_out ? ret_out : &out, ret_err ? ret_err : &err);
}

struct str basic(struct world *w, const char *id, struct str secret)
{
	struct str pair = fmt(w, "%s:" STR_FMT, id, STR_ARG(secret));
	struct str b = b64_encode(w->a, pair.p, pair.n);

	return fmt(w, "Basic " STR_FMT, STR_ARG(b));
}

struct str authz_url(struct world *w, const char *extra)
{
	struct str redirect = escaped(w, STR(REDIRECT));

	return fmt(w, "/oidc/authorize?client_id=elections&redirect_uri=" STR_FMT "&response_type=code&scope=openid%%20profile&state=st-1"
		"&nonce=n-1&code_challenge=" STR_FMT "&code_challenge_method=S256%s", STR_ARG(redirect), STR_ARG(w->challenge), extra);
}

struct http_resp *sign_in(struct world *w, struct browser *b, const struct http_resp *r, const char *email, const char *password)
{
	struct str flow = hidden(w, r, "flow"), e = escaped(w, str_from_c(email)), p = escaped(w, str_from_c(password));

	return world_post(w, b, "/connexion", fmt(w, "flow=" STR_FMT "&identifiant=" STR_FMT "&mot-de-passe=" STR_FMT,
		STR_ARG(flow), STR_ARG(e), STR_ARG(p)));
}

struct str get_code(struct world *w, struct browser *b, const char *extra)
{
	struct str url = authz_url(w, extra), flow;
	struct http_resp *r = world_get(w, b, arena_c(w->a, url));

	if (r->status == 200 && body_has(r, "mot-de-passe"))
		r = sign_in(w, b, r, EMAIL, PASSWORD);
	if (r->status == 303 && str_starts(header(r, "location"), STR("/information")))
		r = world_get(w, b, arena_c(w->a, header(r, "location")));
	if (r->status == 200 && body_has(r, "action=\"/information\"")) {
		flow = hidden(w, r, "flow");
		r = world_post(w, b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow)));
	}
	assert_int_equal(r->status, 303);
	return location_param(w, r, "code");
}

struct str code_form(struct world *w, struct str code, const char *redirect, const char *verifier)
{
	struct str c = escaped(w, code), u = escaped(w, str_from_c(redirect));

	return fmt(w, "grant_type=authorization_code&code=" STR_FMT "&redirect_uri=" STR_FMT "&code_verifier=%s", STR_ARG(c), STR_ARG(u), verifier);
}

struct http_resp *redeem(struct world *w, struct str code)
{
	return world_call(w, "/oidc/token", basic(w, "elections", w->secret), code_form(w, code, REDIRECT, VERIFIER));
}

struct count { const char *sql; struct str event, reason; int64_t n; };

static MUST struct err count_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;
	struct store_row row;

	if (c->event.n)
		TRY(store_one(tx, "SELECT COALESCE(SUM(n), 0) FROM audit WHERE event = $1 AND ($2 = '' OR reason = $2)", &row,
			str_(c->event), str_(c->reason)));
	else
		TRY(store_one(tx, c->sql, &row));
	c->n = row_int(&row, 0);
	return NO_ERR;
}

int64_t count_rows(struct world *w, const char *sql)
{
	struct count c = { .sql = sql };

	assert_false(failed(store_read(w->idp->store, count_tx, &c)));
	return c.n;
}

static MUST struct err rows_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;

	return store_exec(tx, c->sql, &c->n);
}

int64_t change_rows(struct world *w, const char *sql)
{
	struct count c = { .sql = sql };

	assert_false(failed(store_tx(w->idp->store, DURABLE, rows_tx, &c)));
	return c.n;
}

int64_t count_audit(struct world *w, const char *event, const char *reason)
{
	struct count c = { .event = str_from_c(event), .reason = str_from_c(reason) };

	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_false(failed(store_read(w->idp->store, count_tx, &c)));
	return c.n;
}
