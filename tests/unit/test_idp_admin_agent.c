/* test_idp_admin_agent.c - the section "Agents": who is known, printed codes, factors erased, sessions ended. */
#include "tests/unit/idp_admin_rig.h"
#include "idp/account/factor.h"
#include "base/b64.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)

static const char *url_for(struct world *w, const char *path, const char *login)
{
	struct agent g = agent_of(w, login);

	return arena_c(w->a, fmt(w, "%s%sid=" STR_FMT, path, strchr(path, '?') ? "&" : "?", STR_ARG(hex_encode(w->a, g.account, ID_BYTES))));
}

static void the_list_says_who_is_known_and_what_they_may(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, alice = { 0 };
	struct http_resp *r;

	assert_int_equal(agent_sign_in(w, &alice, world_get(w, &alice, "/connexion/agent"), "alice")->status, 303);
	admin_enter(w, &b, "comptes");
	r = admin_get(w, &b, "/agents");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "alice") && body_has(r, "etat-civil : instructeur") && body_has(r, "administration : comptes"));
	assert_false(body_has(r, "bruno"));
	r = admin_get(w, &b, url_for(w, "/agents/fiche", "alice"));
	assert_true(r->status == 200 && body_has(r, "Sessions ouvertes"));
}

static void no_page_shows_anything_of_a_factor(void **state)
{
	static const char *const never[] = { "code_hash", "secret", "otpauth", "credential", AGENT_PASSWORD, "entryUUID", "11111111-0000", "cn=g-" };
	struct world *w = *state;
	struct browser b = { 0 };
	const char *urls[4];

	admin_enter(w, &b, "comptes");
	urls[0] = "/agents";
	urls[1] = url_for(w, "/agents/fiche", "comptes");
	urls[2] = url_for(w, "/agents/acte?acte=facteurs", "comptes");
	urls[3] = "/agents/code";
	for (size_t i = 0; i < 4; i++) {
		struct http_resp *r = admin_get(w, &b, urls[i]);

		assert_int_equal(r->status, 200);
		for (size_t k = 0; k < sizeof never / sizeof *never; k++)
			if (body_has(r, never[k]))
				fail_msg("%s on %s", never[k], urls[i]);
	}
}

static struct http_resp *print_code(struct world *w, struct browser *b, const char *login)
{
	return admin_post(w, b, "/agents/code", (const char *const[]){ "identifiant", login, NULL });
}

static void a_code_is_printed_for_who_has_a_right_and_for_nobody_else(void **state)
{
	static const struct { const char *login, *says; } no[] = { { "personne", "ne connaît pas" }, { "", "ne connaît pas" }, { "*", "ne connaît pas" },
		{ "denis", "n’a aucun droit" } };
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "comptes");
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		r = print_code(w, &b, no[i].login);
		if (r->status != 422 || !body_has(r, no[i].says) || body_has(r, "id=\"le-code\""))
			fail_msg("%s: %d", no[i].login, r->status);
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM enrolment"), 0);
	r = print_code(w, &b, "bruno");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "id=\"le-code\"") && body_has(r, "/connexion/agent"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM enrolment"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'agent.enrol' AND actor LIKE 'comptes %'"), 1);
}

static void a_directory_that_is_away_is_said_to_be(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "comptes");
	w->directory = err_of(BUSY, "directory.gone");
	r = print_code(w, &b, "bruno");
	assert_int_equal(r->status, 503);
	assert_true(body_has(r, "L’annuaire ne répond pas") && body_has(r, "value=\"bruno\""));
}

static void sessions_are_ended_and_factors_erased_under_the_administrators_name(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, alice = { 0 };
	struct http_resp *r;

	assert_int_equal(agent_sign_in(w, &alice, world_get(w, &alice, "/connexion/agent"), "alice")->status, 303);
	admin_enter(w, &b, "comptes");
	r = admin_post(w, &b, url_for(w, "/agents/acte?acte=sessions", "alice"), (const char *const[]){ NULL });
	assert_int_equal(r->status, 303);
	assert_true(body_has(admin_get(w, &b, arena_c(w->a, header(r, "location"))), "Ses sessions sont terminées"));
	assert_false(agent_is_in(w, &alice));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'agent.sign_out' AND actor LIKE 'comptes %'"), 1);
	assert_int_equal(agent_sign_in(w, &alice, world_get(w, &alice, "/connexion/agent"), "alice")->status, 303);
	r = admin_post(w, &b, url_for(w, "/agents/acte?acte=facteurs", "alice"), (const char *const[]){ NULL });
	assert_int_equal(r->status, 303);
	assert_false(agent_is_in(w, &alice));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM factor"), 0);
	assert_true(agent_is_in(w, &b));
}

static void a_reset_that_cannot_end_the_sessions_erases_no_factor(void **state)
{
	struct world *w = *state;
	struct browser alice = { 0 };
	struct agent g;

	assert_int_equal(agent_sign_in(w, &alice, world_get(w, &alice, "/connexion/agent"), "alice")->status, 303);
	g = agent_of(w, "alice");
	assert_int_equal(change_rows(w, "INSERT INTO factor (id, account, kind, name, created_s) SELECT account, account, 'totp', 'x', 0 FROM agent"), 1);
	(void)change_rows(w, "ALTER TABLE participant RENAME TO participant_away");
	assert_true(failed(factor_reset(w->idp, g.account, STR("test"), w->now_s)));
	(void)change_rows(w, "ALTER TABLE participant_away RENAME TO participant");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM factor"), 1);
	assert_int_equal(count_audit(w, "factor.reset", ""), 0);
	assert_false(failed(factor_reset(w->idp, g.account, STR("test"), w->now_s)));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM factor"), 0);
	assert_false(agent_is_in(w, &alice));
}

static void what_is_wrong_or_not_asked_from_a_page_changes_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, alice = { 0 }, audit = { 0 };
	const char *url;

	assert_int_equal(agent_sign_in(w, &alice, world_get(w, &alice, "/connexion/agent"), "alice")->status, 303);
	admin_enter(w, &b, "comptes");
	admin_enter(w, &audit, "audit");
	url = url_for(w, "/agents/acte?acte=sessions", "alice");
	assert_int_equal(admin_send(w, &b, HTTP_POST, url, NULL, 0)->status, 403);
	assert_int_equal(admin_send(w, &audit, HTTP_POST, url, NULL, 0)->status, 403);
	assert_int_equal(admin_get(w, &b, url_for(w, "/agents/acte?acte=supprimer", "alice"))->status, 404);
	assert_int_equal(admin_get(w, &b, "/agents/fiche?id=00000000000000000000000000000000")->status, 404);
	assert_int_equal(admin_get(w, &b, "/agents/fiche?id=alice")->status, 404);
	w->now_s += FRESH_FORM + 1;
	assert_int_equal(admin_get(w, &b, url)->status, 303);
	assert_int_equal(admin_get(w, &b, "/agents/code")->status, 303);
	assert_true(agent_is_in(w, &alice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_list_says_who_is_known_and_what_they_may),
		TEST(no_page_shows_anything_of_a_factor),
		TEST(a_code_is_printed_for_who_has_a_right_and_for_nobody_else),
		TEST(a_directory_that_is_away_is_said_to_be),
		TEST(sessions_are_ended_and_factors_erased_under_the_administrators_name),
		TEST(a_reset_that_cannot_end_the_sessions_erases_no_factor),
		TEST(what_is_wrong_or_not_asked_from_a_page_changes_nothing),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
