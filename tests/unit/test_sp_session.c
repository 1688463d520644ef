/* Sessions, signing out here and by the provider's order, configuration, and the file store. */
#include "tests/unit/sp_world.h"
#include <unistd.h>

/* ---- sessions ---- */

static const char *signed_in(struct world *w, struct sp_identity *ret)
{
	struct sp_cookie cookie;

	start(w);
	assert_int_equal(finish(w, ret).kind, SP_OK);
	assert_int_equal(sp_session_create(w->sp, w->s, ret, NOON + 5, &cookie).kind, SP_OK);
	assert_non_null(strstr(cookie.set_cookie, "__Host-session="));
	return cookie.value;
}

static void a_session_gives_the_identity_back(void **state)
{
	struct world *w = *state;
	struct sp_identity id, again;
	const char *cookie = signed_in(w, &id);

	assert_int_equal(sp_session_load(w->sp, w->s, cookie, NOON + 10, &again).kind, SP_OK);
	assert_string_equal(again.subject, id.subject);
	assert_string_equal(again.id_token, "a.b.c");
	assert_string_equal(sp_identity_claim(&again, "given_name"), "Jeanne");
	assert_string_equal(sp_identity_claim(&again, "nonce"), "");
	/* Only a hash is remembered. */
	for (size_t i = 0; i < ENTRIES; i++)
		assert_string_not_equal(w->entries[i].key, cookie);
	assert_refused(sp_session_load(w->sp, w->s, "", NOON + 10, &again), "sp.session.absent");
	assert_refused(sp_session_load(w->sp, w->s, "AAAA", NOON + 10, &again), "sp.session.absent");
}

static void a_session_ends_when_idle_and_at_its_limit(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	const char *cookie = signed_in(w, &id);
	int64_t t = NOON + 5;

	for (int i = 0; i < 16; i++) {
		t += 1790;
		assert_int_equal(sp_session_load(w->sp, w->s, cookie, t, &id).kind, SP_OK);
	}
	assert_refused(sp_session_load(w->sp, w->s, cookie, NOON + 5 + 28801, &id), "sp.session.expired");
	cookie = signed_in(w, &id);
	assert_refused(sp_session_load(w->sp, w->s, cookie, NOON + 5 + 1801, &id), "sp.session.expired");
}

static void what_is_remembered_of_a_session_must_be_whole(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	const char *cookie = signed_in(w, &id);

	for (size_t i = 0; i < ENTRIES; i++)
		if (w->entries[i].used && strcmp(w->entries[i].kind, "session") == 0)
			w->entries[i].n--;
	assert_refused(sp_session_load(w->sp, w->s, cookie, NOON + 10, &id), "sp.session.absent");
}

static void an_ended_session_is_gone(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	struct sp_cookie cookie;
	const char *name = signed_in(w, &id), *url = NULL;

	assert_int_equal(sp_session_end(w->sp, w->s, name, NOON + 20, &cookie).kind, SP_OK);
	assert_non_null(strstr(cookie.set_cookie, "Max-Age=0"));
	assert_refused(sp_session_load(w->sp, w->s, name, NOON + 21, &id), "sp.session.absent");
	assert_int_equal(sp_session_end(w->sp, w->s, name, NOON + 22, &cookie).kind, SP_OK);
	assert_int_equal(sp_logout_url(w->sp, w->s, &id, NULL, "fr", NOON + 22, &url).kind, SP_OK);
	assert_non_null(strstr(url, ISSUER "/logout?id_token_hint=a.b.c"));
	assert_non_null(strstr(url, "post_logout_redirect_uri=https%3A%2F%2Felections.ville.example%2Fdeconnexion%2Fretour"));
}

/* ---- back-channel logout ---- */

static void order(struct world *w)
{
	w->claim_n = 0;
	w->typ = "logout+jwt";
	w->check_slug = NULL;
	set(w, "iss", SP_TEXT, ISSUER, 0);
	set(w, "aud", SP_TEXT, CLIENT, 0);
	set(w, "iat", SP_NUMBER, NULL, NOON + 10);
	set(w, "exp", SP_NUMBER, NULL, NOON + 130);
	set(w, "jti", SP_TEXT, "order-1", 0);
	set(w, "sid", SP_TEXT, "session-1", 0);
	set(w, "events", SP_OBJECT, "{\"http://schemas.openid.net/event/backchannel-logout\":{}}", 0);
}

static void an_order_by_sid_ends_that_session_alone(void **state)
{
	struct world *w = *state;
	struct sp_identity id, id2 = { .subject = "pseudonym-of-jeanne", .sid = "session-2", .acr = "", .id_token = "" };
	struct sp_cookie cookie2;
	const char *cookie = signed_in(w, &id);

	assert_int_equal(sp_session_create(w->sp, w->s, &id2, NOON + 6, &cookie2).kind, SP_OK);
	order(w);
	assert_int_equal(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12).kind, SP_OK);
	assert_refused(sp_session_load(w->sp, w->s, cookie, NOON + 13, &id), "sp.session.absent");
	assert_int_equal(sp_session_load(w->sp, w->s, cookie2.value, NOON + 13, &id).kind, SP_OK);
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 14), "sp.logout.replayed");
}

static void an_order_by_subject_ends_all_of_their_sessions(void **state)
{
	struct world *w = *state;
	struct sp_identity id, id2 = { .subject = "pseudonym-of-jeanne", .sid = "session-2", .acr = "", .id_token = "" };
	struct sp_cookie cookie2;
	const char *cookie = signed_in(w, &id);

	assert_int_equal(sp_session_create(w->sp, w->s, &id2, NOON + 6, &cookie2).kind, SP_OK);
	order(w);
	del(w, "sid");
	set(w, "sub", SP_TEXT, "pseudonym-of-jeanne", 0);
	assert_int_equal(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12).kind, SP_OK);
	assert_refused(sp_session_load(w->sp, w->s, cookie, NOON + 13, &id), "sp.session.absent");
	assert_refused(sp_session_load(w->sp, w->s, cookie2.value, NOON + 13, &id), "sp.session.absent");
}

static void a_session_cannot_begin_after_its_end_was_ordered(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	struct sp_cookie cookie;

	start(w);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	order(w);
	assert_int_equal(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12).kind, SP_OK);
	id.sid = "session-1";
	id.subject = "pseudonym-of-jeanne";
	assert_refused(sp_session_create(w->sp, w->s, &id, NOON + 13, &cookie), "sp.session.ended");
}

static const struct { const char *name; enum how how; const char *claim, *text; int64_t number; const char *slug; } order_changes[] = {
	{ "another issuer",        SET_TEXT,   "iss", "https://evil.example", 0, "sp.logout.iss" },
	{ "another's audience",    SET_TEXT,   "aud", "etat-civil", 0, "sp.logout.aud" },
	{ "no audience",           DELETE,     "aud", NULL, 0, "sp.logout.aud" },
	{ "no iat",                DELETE,     "iat", NULL, 0, "sp.logout.iat" },
	{ "iat long ago",          SET_NUMBER, "iat", NULL, NOON - 600, "sp.logout.iat" },
	{ "expired",               SET_NUMBER, "exp", NULL, NOON - 60, "sp.logout.expired" },
	{ "no exp",                DELETE,     "exp", NULL, 0, "sp.logout.expired" },
	{ "no jti",                DELETE,     "jti", NULL, 0, "sp.logout.jti" },
	{ "no events",             DELETE,     "events", NULL, 0, "sp.logout.events" },
	{ "events a text",         SET_TEXT,   "events", "http://schemas.openid.net/event/backchannel-logout", 0, "sp.logout.events" },
	{ "with a nonce",          SET_TEXT,   "nonce", "n", 0, "sp.logout.nonce" },
	{ "neither sid nor sub",   DELETE,     "sid", NULL, 0, "sp.logout.subject" },
	{ "sid a number",          SET_NUMBER, "sid", NULL, 1, "sp.logout.subject" },
};

static void each_change_of_a_logout_order_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	const char *cookie = signed_in(w, &id);

	for (size_t i = 0; i < sizeof order_changes / sizeof *order_changes; i++) {
		order(w);
		switch (order_changes[i].how) {
		case SET_TEXT:   set(w, order_changes[i].claim, SP_TEXT, order_changes[i].text, 0); break;
		case SET_NUMBER: set(w, order_changes[i].claim, SP_NUMBER, NULL, order_changes[i].number); break;
		default:         del(w, order_changes[i].claim); break;
		}
		struct sp_result r = sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12);
		if (r.kind != SP_DENIED || strcmp(r.slug, order_changes[i].slug) != 0)
			fail_msg("%s: got %s", order_changes[i].name, r.kind == SP_OK ? "accepted" : r.slug);
	}
	order(w);
	w->alg = "HS256";
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12), "sp.logout.alg");
	w->alg = "ES256";
	order(w);
	w->typ = "JWT";
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12), "sp.logout.typ");
	order(w);
	set(w, "events", SP_OBJECT, "{\"x\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}", 0);
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12), "sp.logout.events");
	assert_int_equal(sp_session_load(w->sp, w->s, cookie, NOON + 13, &id).kind, SP_OK);
}

static void an_order_that_could_not_be_carried_out_is_heard_again(void **state)
{
	struct world *w = *state;

	order(w);
	w->memory_down = true;
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 12), "store.gone");
	w->memory_down = false;
	assert_int_equal(sp_backchannel_logout(w->sp, w->s, "l.o.t", NOON + 13).kind, SP_OK);
}

/* ---- configuration, cookies ---- */

static void a_configuration_that_cannot_be_trusted_is_refused(void **state)
{
	static const struct { size_t at; const char *text, *slug; } cases[] = {
		{ offsetof(struct sp_config, issuer), "ftp://x", "sp.config.issuer" },
		{ offsetof(struct sp_config, issuer), ISSUER "/", "sp.config.issuer" },
		{ offsetof(struct sp_config, issuer), "http://compte.ville.example", "sp.config.issuer" },
		{ offsetof(struct sp_config, issuer), "http://127.0.0.1.ville.example", "sp.config.issuer" },
		{ offsetof(struct sp_config, issuer), "http://localhost.ville.example:8080", "sp.config.issuer" },
		{ offsetof(struct sp_config, issuer), "http://[::1].ville.example", "sp.config.issuer" },
		{ offsetof(struct sp_config, redirect_uri), "http://etat-civil.ville.example/retour", "sp.config.redirect_uri" },
		{ offsetof(struct sp_config, issuer), NULL, "sp.config.issuer" },
		{ offsetof(struct sp_config, client_id), "", "sp.config.client_id" },
		{ offsetof(struct sp_config, redirect_uri), "/retour", "sp.config.redirect_uri" },
		{ offsetof(struct sp_config, redirect_uri), "https://u@x/retour", "sp.config.redirect_uri" },
	};
	struct world *w = *state;
	struct sp_hooks hooks = { .self = w, .check = fake_check, .fetch = fake_fetch, .remember = fake_remember, .memory_self = w };
	struct sp *sp = NULL;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sp_config c = config();

		memcpy((char *)&c + cases[i].at, &cases[i].text, sizeof cases[i].text);
		assert_refused(sp_create(&c, &hooks, &sp), cases[i].slug);
	}
	struct sp_config c = config();
	c.seal_key_n = 31;
	assert_refused(sp_create(&c, &hooks, &sp), "sp.config.seal_key");
	c = config();
	c.seal_key = NULL;
	assert_refused(sp_create(&c, &hooks, &sp), "sp.config.seal_key");
	c = config();
	c.skew_s = 61;
	assert_refused(sp_create(&c, &hooks, &sp), "sp.config.skew");
	hooks.remember = NULL;
	c = config();
	assert_refused(sp_create(&c, &hooks, &sp), "sp.config.hooks");
	assert_null(sp);
}

static void on_one_machine_http_will_do(void **state)
{
	static const char *const issuers[] = { "http://127.0.0.1:8080", "http://[::1]", "http://[::1]:8080", "http://localhost", "http://compte.localhost:8080" };
	struct world *w = *state;
	struct sp_hooks hooks = { .self = w, .check = fake_check, .fetch = fake_fetch, .remember = fake_remember, .memory_self = w };

	for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
		struct sp_config c = config();
		struct sp *sp = NULL;

		c.issuer = issuers[i];
		assert_int_equal(sp_create(&c, &hooks, &sp).kind, SP_OK);
		sp_destroy(sp);
	}
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
	struct world *w = *state;
	const char *header = "session=insecure; x__Host-session=no; __Host-session=yes; __Host-session2=no";

	assert_string_equal(sp_cookie_find(w->sp, w->s, header, "session"), "yes");
	assert_null(sp_cookie_find(w->sp, w->s, header, "login1"));
	assert_null(sp_cookie_find(w->sp, w->s, NULL, "session"));
	start(w);
	assert_string_equal(sp_login_cookie_name(w->sp, w->s, good_query(w)), w->login.cookie.name);
	assert_null(sp_login_cookie_name(w->sp, w->s, "code=x"));
}

/* A server may hand a header of any size on; a browser keeps no such cookie. */
static void a_cookie_larger_than_browsers_keep_is_not_there(void **state)
{
	enum { HUGE = 2 << 20 };
	struct world *w = *state;
	char *header = calloc(1, HUGE);

	memset(header, 'x', HUGE - 1);
	memcpy(header, "__Host-session=", strlen("__Host-session="));
	assert_null(sp_cookie_find(w->sp, w->s, header, "session"));
	header[4000] = '\0';
	assert_int_equal(strlen(sp_cookie_find(w->sp, w->s, header, "session")), 4000 - strlen("__Host-session="));
	free(header);
}

/* ---- the file store ---- */

static void the_file_store_keeps_claims_and_forgets(void **state)
{
	struct world *w = *state;
	char dir[] = "/tmp/test-sp-XXXXXX", command[64];
	struct sp_hooks hooks = { 0 };
	struct sp_file_store *f = NULL;
	struct sp_memory m = { .op = SP_PUT, .kind = "session", .key = "k1", .tags = { "t1", "t2" }, .value = "v", .value_n = 1,
		.expires_at_s = NOON + 10, .now_s = NOON };

	assert_non_null(mkdtemp(dir));
	assert_int_equal(sp_file_store_open(dir, &hooks, &f).kind, SP_OK);
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_OK);
	m = (struct sp_memory){ .op = SP_GET, .kind = "session", .key = "k1", .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_OK);
	assert_int_equal(m.value_n, 1);
	assert_int_equal(m.expires_at_s, NOON + 10);
	m = (struct sp_memory){ .op = SP_TOUCH, .kind = "session", .key = "k1", .expires_at_s = NOON + 99, .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_OK);
	m = (struct sp_memory){ .op = SP_TOUCH, .kind = "session", .key = "k2", .expires_at_s = NOON + 99, .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_ABSENT);
	m = (struct sp_memory){ .op = SP_CLAIM, .kind = "jti", .key = "j", .value = "", .expires_at_s = NOON + 9, .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_OK);
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_CONFLICT);
	m = (struct sp_memory){ .op = SP_FORGET, .kind = "session", .tags = { "t2" }, .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_OK);
	m = (struct sp_memory){ .op = SP_GET, .kind = "session", .key = "k1", .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_ABSENT);
	m = (struct sp_memory){ .op = SP_GET, .kind = "session", .key = "../k1", .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_BROKEN);
	m = (struct sp_memory){ .op = SP_GET, .kind = "session", .key = "", .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_BROKEN);
	m = (struct sp_memory){ .op = SP_GET, .kind = "session", .key = "a-key-of-sixty-five-letters-a-key-of-sixty-five-letters-a-key-of-s", .now_s = NOON };
	assert_int_equal(hooks.remember(hooks.memory_self, w->s, &m).kind, SP_BROKEN);
	sp_file_store_close(f);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	assert_refused(sp_file_store_open("/proc", &hooks, &f), "sp.files.directory");
}

#define KEY(c) c "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"    /* as sp_hash_text() gives them */

struct files { char dir[32]; struct sp_hooks hooks; struct sp_file_store *store; struct sp_scope *s; };

static void files_open(struct files *f)
{
	*f = (struct files){ .dir = "/tmp/test-sp-XXXXXX", .s = sp_scope_create() };
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(sp_file_store_open(f->dir, &f->hooks, &f->store).kind, SP_OK);
}

static void files_close(struct files *f)
{
	char command[64];

	sp_file_store_close(f->store);
	sp_scope_destroy(f->s);
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
}

static struct sp_result files_do(struct files *f, int op, const char *key, int64_t now_s)
{
	struct sp_memory m = { .op = op, .kind = "session", .key = key, .tags = { "tag" }, .value = "v", .value_n = 1,
		.expires_at_s = NOON + 10, .now_s = now_s };

	return f->hooks.remember(f->hooks.memory_self, f->s, &m);
}

static const char *path_in(const struct files *f, const char *name)
{
	return arena_printf(sp_arena_of(f->s), "%s/%s", f->dir, name).p;
}

static void file_put(const struct files *f, const char *name, const char *text)
{
	FILE *file = fopen(path_in(f, name), "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	fclose(file);
}

/* A partner may have named a directory that holds more than our entries. */
static void the_file_store_removes_what_is_over_and_nothing_of_others(void **state)
{
	struct files f;

	(void)state;
	files_open(&f);
	file_put(&f, "chalets.db", "x");
	file_put(&f, "a-note", "x");
	assert_int_equal(files_do(&f, SP_PUT, KEY("1"), NOON).kind, SP_OK);
	sp_file_store_close(f.store);
	/* A store that was just opened looks around at its first entry. */
	assert_int_equal(sp_file_store_open(f.dir, &f.hooks, &f.store).kind, SP_OK);
	assert_int_equal(files_do(&f, SP_PUT, KEY("2"), NOON + 20).kind, SP_OK);
	assert_int_equal(files_do(&f, SP_GET, KEY("1"), NOON + 20).kind, SP_ABSENT);
	assert_int_equal(access(path_in(&f, "chalets.db"), F_OK), 0);
	assert_int_equal(access(path_in(&f, "a-note"), F_OK), 0);
	files_close(&f);
}

/* A power cut may leave a file without its content: it must not keep the others from being signed out. */
static void an_entry_that_was_lost_is_an_absent_one(void **state)
{
	struct files f;

	(void)state;
	files_open(&f);
	assert_int_equal(files_do(&f, SP_PUT, KEY("1"), NOON).kind, SP_OK);
	file_put(&f, "session-" KEY("0"), "");
	file_put(&f, "session-" KEY("2"), "?");
	assert_int_equal(files_do(&f, SP_GET, KEY("0"), NOON).kind, SP_ABSENT);
	assert_int_equal(files_do(&f, SP_GET, KEY("2"), NOON).kind, SP_ABSENT);
	struct sp_memory m = { .op = SP_FORGET, .kind = "session", .tags = { "tag" }, .now_s = NOON };
	assert_int_equal(f.hooks.remember(f.hooks.memory_self, f.s, &m).kind, SP_OK);
	assert_int_equal(files_do(&f, SP_GET, KEY("1"), NOON).kind, SP_ABSENT);
	files_close(&f);
}

/* The provider names up to 64 sessions in one request, and each is written down. */
static void the_file_store_takes_no_more_of_a_scope_than_it_keeps(void **state)
{
	struct files f;

	(void)state;
	files_open(&f);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(files_do(&f, SP_PUT, KEY("1"), NOON).kind, SP_OK);
		assert_int_equal(files_do(&f, SP_GET, KEY("1"), NOON).kind, SP_OK);
	}
	files_close(&f);
}

/* ---- a second door of the same program ---- */

static struct sp *second_door(struct world *w)
{
	struct sp_config c = config();
	struct sp_hooks hooks = { .self = w, .check = fake_check, .fetch = fake_fetch, .remember = fake_remember, .memory_self = w };
	struct sp *sp = NULL;

	c.cookie_name = "agent";
	c.cookie_strict = 1;
	assert_int_equal(sp_create(&c, &hooks, &sp).kind, SP_OK);
	return sp;
}

static void a_session_of_one_door_is_nobodys_at_the_other(void **state)
{
	struct world *w = *state;
	struct sp *second = second_door(w);
	struct sp_identity id, other;
	struct sp_cookie cookie;
	const char *first = signed_in(w, &id);

	assert_int_equal(sp_session_create(second, w->s, &id, NOON + 5, &cookie).kind, SP_OK);
	assert_non_null(strstr(cookie.set_cookie, "__Host-agent="));
	assert_non_null(strstr(cookie.set_cookie, "; SameSite=Strict; Secure"));
	assert_string_equal(sp_session_cookie_name(second), "agent");
	assert_string_equal(sp_session_cookie_name(w->sp), "session");
	assert_refused(sp_session_load(w->sp, w->s, cookie.value, NOON + 6, &other), "sp.session.absent");
	assert_refused(sp_session_load(second, w->s, first, NOON + 6, &other), "sp.session.absent");
	/* Nor does one end the other's, by its name or by what the provider calls it. */
	assert_int_equal(sp_session_end(second, w->s, first, NOON + 6, &cookie).kind, SP_OK);
	assert_int_equal(sp_sessions_end(second, sp_arena_of(w->s), id.sid, id.subject, NOON + 6).kind, NO_ERR.kind);
	assert_int_equal(sp_session_load(w->sp, w->s, first, NOON + 7, &other).kind, SP_OK);
	sp_destroy(second);
}

static void a_sign_in_that_left_by_one_door_does_not_come_back_by_the_other(void **state)
{
	struct world *w = *state;
	struct sp *second = second_door(w);
	struct sp_login_options o = { .return_to = "/" };
	struct sp_login login;
	struct sp_identity id;
	const char *query;

	start(w);
	query = good_query(w);
	assert_non_null(strstr(sp_login_cookie_name(second, w->s, query), "agent-login"));
	assert_refused(sp_login_finish(second, w->s, query, w->login.cookie.value, NOON + 5, &id), "sp.state.forged");
	assert_int_equal(sp_login_start(second, w->s, &o, NOON, &login).kind, SP_OK);
	/* The provider's answer comes from another site, and must bring this one along. */
	assert_non_null(strstr(login.cookie.set_cookie, "SameSite=Lax"));
	assert_int_equal(sp_login_finish(w->sp, w->s, query, w->login.cookie.value, NOON + 5, &id).kind, SP_OK);
	sp_destroy(second);
}

static void a_list_of_roles_is_kept_through_a_session(void **state)
{
	struct world *w = *state;
	struct sp_identity id, again;
	struct sp_cookie cookie;

	start(w);
	add(w, "roles", SP_LIST, "lecture");
	add(w, "roles", SP_LIST, "instructeur");
	add(w, "role", SP_TEXT, "responsable");
	assert_int_equal(finish(w, &id).kind, SP_OK);
	assert_int_equal(sp_session_create(w->sp, w->s, &id, NOON + 5, &cookie).kind, SP_OK);
	assert_int_equal(sp_session_load(w->sp, w->s, cookie.value, NOON + 10, &again).kind, SP_OK);
	assert_true(sp_identity_has(&again, "roles", "lecture") && sp_identity_has(&again, "roles", "instructeur"));
	assert_true(sp_identity_has(&again, "role", "responsable"));
	assert_false(sp_identity_has(&again, "roles", "responsable") || sp_identity_has(&again, "roles", "") || sp_identity_has(&again, "roles", "lecture instructeur")
		|| sp_identity_has(&again, "Roles", "lecture"));
}

static void a_cookie_name_is_a_plain_word(void **state)
{
	static const char *const bad[] = { "a b", "a;b", "a=b", "Agent", "__Host\n", "a-name-of-thirty-three-letters-abc" };
	struct world *w = *state;
	struct sp_hooks hooks = { .self = w, .check = fake_check, .fetch = fake_fetch, .remember = fake_remember, .memory_self = w };
	struct sp *sp = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sp_config c = config();

		c.cookie_name = bad[i];
		assert_refused(sp_create(&c, &hooks, &sp), "sp.config.cookie_name");
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_session_gives_the_identity_back), T(a_session_ends_when_idle_and_at_its_limit), T(what_is_remembered_of_a_session_must_be_whole),
		T(an_ended_session_is_gone),
		T(an_order_by_sid_ends_that_session_alone), T(an_order_by_subject_ends_all_of_their_sessions),
		T(a_session_cannot_begin_after_its_end_was_ordered), T(each_change_of_a_logout_order_is_refused),
		T(an_order_that_could_not_be_carried_out_is_heard_again), T(a_configuration_that_cannot_be_trusted_is_refused),
		T(on_one_machine_http_will_do),
		T(a_cookie_is_found_by_its_whole_name), T(a_cookie_larger_than_browsers_keep_is_not_there), T(the_file_store_keeps_claims_and_forgets),
		T(the_file_store_removes_what_is_over_and_nothing_of_others),
		T(an_entry_that_was_lost_is_an_absent_one), T(the_file_store_takes_no_more_of_a_scope_than_it_keeps),
		T(a_session_of_one_door_is_nobodys_at_the_other), T(a_sign_in_that_left_by_one_door_does_not_come_back_by_the_other),
		T(a_list_of_roles_is_kept_through_a_session), T(a_cookie_name_is_a_plain_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
