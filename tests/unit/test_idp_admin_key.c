/* test_idp_admin_key.c - the section "Clés": the next step of a change, and how it is asked of the supervisor. */
#include "tests/unit/idp_admin_rig.h"
#include "idp/admin/key_acts.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)
#define NOTHING (const char *const[]){ NULL }
#define DAY 86400

struct supervisor { struct rotate_said says; struct rotate_ask heard; unsigned asked; struct world *w; };

/* What stands where the supervisor does: it answers one question and no other. */
static struct err supervisor(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
{
	struct supervisor *s = self;
	char *p = arena_alloc(s->w->a, FRAME_MAX);
	size_t n = 0;

	assert_int_equal(role, ROLE_COUNT);
	assert_int_equal(type, BOOT_ROTATE);
	TRY(frame_read_body(body, s->w->a, ipc_rotate_ask_io, &s->heard));
	s->asked++;
	TRY(frame_write_body(ipc_rotate_said_io, &s->says, p, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ p, n };
	return NO_ERR;
}

static void the_next_step_follows_from_what_is_published(void **state)
{
	struct sign_key v[3] = { { .alg = SIGN_ES256, .kid = STR("a"), .since_s = NOON }, { .alg = SIGN_ES256, .kid = STR("b"), .state = SIGN_KEY_NEXT, .since_s = NOON },
		{ .alg = SIGN_ES256, .kid = STR("c"), .state = SIGN_KEY_PREVIOUS, .since_s = NOON - DAY } };
	struct sign_certificate saml = { .kid = STR("s"), .state = SIGN_KEY_CURRENT };
	struct sign_keys keys = { .v = v, .n = 1 };
	struct key_change c[ROTATE_KIND_COUNT];

	(void)state;
	assert_int_equal(key_changes(&keys, NOON, c), 1);
	assert_true(c[0].next == KEY_PUBLISH && !c[0].wait_s && c[0].kind == ROTATE_ES256);
	keys.n = 2;
	assert_int_equal(key_changes(&keys, NOON, c), 1);
	assert_true(c[0].next == KEY_ACTIVATE && c[0].wait_s == NOON + DAY);
	assert_int_equal(key_changes(&keys, NOON + DAY, c), 1);
	assert_true(c[0].next == KEY_ACTIVATE && !c[0].wait_s);
	/* what is on its way out comes first, in whatever order they stand */
	keys.n = 3;
	assert_int_equal(key_changes(&keys, NOON, c), 1);
	assert_true(c[0].next == KEY_RETIRE && !c[0].wait_s);
	v[1] = v[2];
	v[2] = (struct sign_key){ .alg = SIGN_ES256, .kid = STR("b"), .state = SIGN_KEY_NEXT, .since_s = NOON };
	assert_int_equal(key_changes(&keys, NOON, c), 1);
	assert_true(c[0].next == KEY_RETIRE);
	/* a key of SAML's own is another kind; SAML signing with the RS256 key is not */
	keys.certificates = &saml;
	keys.certificate_n = 1;
	assert_int_equal(key_changes(&keys, NOON, c), 2);
	assert_true(c[1].kind == ROTATE_SAML && c[1].saml);
	saml.kid = STR("a");
	v[0].alg = SIGN_RS256;
	keys.n = 1;
	assert_int_equal(key_changes(&keys, NOON, c), 1);
	assert_true(c[0].kind == ROTATE_RS256 && c[0].saml);
}

static void the_page_shows_names_and_states_and_no_key(void **state)
{
	static const char *const never[] = { "PRIVATE", "BEGIN", "\"d\"", "\"x\"", "key.es256", "/etc/" };
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "cles");
	r = admin_get(w, &b, "/cles");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "ES256") && body_has(r, "RS256") && body_has(r, "Signe"));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert_false(body_has(r, never[i]));
	r = admin_get(w, &b, "/cles/changer?cle=ES256");
	assert_true(body_has(r, "Publier une nouvelle clé ES256") && body_has(r, "guichetctl key rotate --alg ES256"));
}

static void nobody_else_and_nothing_else_is_asked_of_the_supervisor(void **state)
{
	static const char *const urls[] = { "/cles/changer", "/cles/changer?cle=", "/cles/changer?cle=none", "/cles/changer?cle=saml", "/cles/changer?cle=ES256%20--now",
		"/cles/changer?cle=es256" };
	struct world *w = *state;
	struct supervisor s = { .w = w };
	struct browser b = { 0 }, audit = { 0 };

	admin_enter(w, &b, "cles");
	admin_enter(w, &audit, "audit");
	engine_set_helper(w->idp->engine, supervisor, &s);
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct str csrf = hidden(w, admin_get(w, &b, "/cles/changer?cle=ES256"), "csrf");

		assert_int_equal(admin_get(w, &b, urls[i])->status, 404);
		assert_int_equal(admin_send(w, &b, HTTP_POST, urls[i], (struct http_pair[]){ { STR("csrf"), csrf } }, 1)->status, 404);
	}
	assert_int_equal(admin_send(w, &b, HTTP_POST, "/cles/changer?cle=ES256", NULL, 0)->status, 403);
	assert_int_equal(admin_send(w, &audit, HTTP_POST, "/cles/changer?cle=ES256", NULL, 0)->status, 403);
	assert_int_equal(admin_get(w, &audit, "/cles")->status, 403);
	w->now_s += FRESH_FORM + 1;
	assert_int_equal(admin_get(w, &b, "/cles/changer?cle=ES256")->status, 303);
	assert_int_equal(s.asked, 0);
	assert_int_equal(count_audit(w, "key.rotate.ask", ""), 0);
}

static void what_the_supervisor_says_is_said(void **state)
{
	static const struct { enum rotate_outcome outcome; const char *complaint; int status; const char *says; } cases[] = {
		{ ROTATED_PUBLISHED, "", 303, "La nouvelle clé est publiée" }, { ROTATED_ACTIVATED, "", 303, "La nouvelle clé signe" },
		{ ROTATED_RETIRED, "", 303, "L’ancienne clé est retirée" }, { ROTATED_TOO_EARLY, "", 303, "Il est trop tôt" },
		{ ROTATED_NOT, "ES256: not done: Read-only file system", 503, "ne peut pas écrire dans leur dossier" },
		{ ROTATED_NOT, "rotate.soon", 503, "Un changement est déjà en cours" },
		{ ROTATED_NOT, "ES256: not done: <b>", 503, "&lt;b&gt;" } };
	struct world *w = *state;
	struct supervisor s = { .w = w };
	struct browser b = { 0 };

	admin_enter(w, &b, "cles");
	engine_set_helper(w->idp->engine, supervisor, &s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r;

		s.says = (struct rotate_said){ cases[i].outcome, str_from_c(cases[i].complaint) };
		r = admin_post(w, &b, "/cles/changer?cle=ES256", NOTHING);
		if (r->status != cases[i].status)
			fail_msg("%zu: %d", i, r->status);
		if (r->status == 303)
			r = admin_get(w, &b, arena_c(w->a, header(r, "location")));
		if (!body_has(r, cases[i].says))
			fail_msg("%s", cases[i].says);
		assert_true(s.heard.kind == ROTATE_ES256 && str_eq_c(s.heard.actor, "cles"));
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'key.rotate.ask' AND actor = 'cles' AND client_id = 'ES256'"), 7);
	/* what is said cannot be had by a link */
	assert_false(body_has(admin_get(w, &b, "/cles?fait=publie"), "La nouvelle clé est publiée"));
}

static void a_frame_of_rotation_says_a_kind_and_a_name_and_nothing_else(void **state)
{
	static const char *const actors[] = { "", "-x", "--now", "a b", "a;b", "a/b", "a\nb", "é", "a=b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct world *w = *state;
	struct rotate_ask ask = { .kind = ROTATE_SAML, .actor = STR("m.durand@ville") }, got = { 0 };
	char body[256];
	size_t n = 0;

	assert_false(failed(rotate_ask_check(&ask)));
	for (size_t i = 0; i < sizeof actors / sizeof *actors; i++)
		assert_true(failed(rotate_ask_check(&(struct rotate_ask){ ROTATE_ES256, str_from_c(actors[i]) })));
	assert_false(failed(frame_write_body(ipc_rotate_ask_io, &ask, body, sizeof body, &n)));
	assert_false(failed(frame_read_body((struct str){ body, n }, w->a, ipc_rotate_ask_io, &got)));
	assert_true(failed(frame_read_body((struct str){ body, n - 1 }, w->a, ipc_rotate_ask_io, &got)));
	body[n] = 1;
	assert_true(failed(frame_read_body((struct str){ body, n + 1 }, w->a, ipc_rotate_ask_io, &got)));
	for (int kind = ROTATE_KIND_COUNT; kind < 256; kind++) {
		body[0] = (char)kind;
		assert_true(failed(frame_read_body((struct str){ body, n }, w->a, ipc_rotate_ask_io, &got)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_next_step_follows_from_what_is_published),
		TEST(the_page_shows_names_and_states_and_no_key),
		TEST(nobody_else_and_nothing_else_is_asked_of_the_supervisor),
		TEST(what_the_supervisor_says_is_said),
		TEST(a_frame_of_rotation_says_a_kind_and_a_name_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
