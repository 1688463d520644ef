/* The agents' door: who comes in, and that an agent's session and a citizen's are never one another. On SQLite
 * and on PostgreSQL. */
#include "tests/unit/kit_calls.h"

#define SESSIONS "SELECT COUNT(*) FROM kit_memory WHERE kind = 'session'"

static void expect_login(const struct browser *b, const char *path)
{
	char want[128];

	assert_status(b, 303);
	snprintf(want, sizeof want, "/agents/connexion?retour=%s", path);
	if (!str_eq_c(header(b, "location"), want))
		fail_msg("sent to " STR_FMT, STR_ARG(header(b, "location")));
}

static void a_service_without_an_agents_client_has_no_door(void **state)
{
	static const char *const gets[] = { "/agents", "/agents/demande?numero=SI-2027-000001", "/agents/lectures", "/agents/connexion", "/agents/retour" };
	static const char *const posts[] = { "/agents/demande", "/agents/ouvrir", "/agents/deconnexion", "/agents/fin-de-session" };
	const struct kit_agent *agent = NULL;
	BROWSER(b);
	CALL(c);

	(void)state;
	for (size_t i = 0; i < sizeof gets / sizeof *gets; i++) {
		ask(&b, HTTP_GET, gets[i], NULL);
		assert_status(&b, 404);
	}
	for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
		ask(&b, HTTP_POST, posts[i], "numero=SI-2027-000001");
		assert_status(&b, 404);
	}
	refused(kit_agent(w.kit, &c.req, &agent), ERR_ABSENT, "sp.session.absent");
}

static void who_is_not_signed_in_is_sent_to_sign_in_with_two_factors(void **state)
{
	BROWSER(b);

	(void)state;
	ask(&b, HTTP_GET, "/agents", NULL);
	expect_login(&b, "%2Fagents");
	ask(&b, HTTP_GET, "/agents/demande?numero=SI-2027-000001", NULL);
	expect_login(&b, "%2Fagents%2Fdemande%3Fnumero%3DSI-2027-000001");
	ask(&b, HTTP_POST, "/agents/ouvrir", "numero=SI-2027-000001&raison=instruction");
	expect_login(&b, "%2Fagents%2Fdemande%3Fnumero%3DSI-2027-000001");
	ask(&b, HTTP_GET, "/agents/connexion?retour=%2Fagents", NULL);
	assert_status(&b, 303);
	struct str url = header(&b, "location");
	assert_non_null(memmem(url.p, url.n, "acr_values=f2", 13));
	assert_non_null(memmem(url.p, url.n, "client_id=elections-agents", 26));
	assert_int_equal(rows(EVERYTHING), 0);
}

static void only_this_doors_own_pages_are_returned_to(void **state)
{
	static const char *const elsewhere[] = { "%2Fdemandes", "https%3A%2F%2Fmechant.example", "%2F%2Fmechant.example", "%2Fagentsx", "" };

	(void)state;
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		BROWSER(b);

		agent_comes(&b, "agnes", "lecture", elsewhere[i]);
		assert_status(&b, 200);
		assert_true(str_eq(header(&b, "refresh"), STR("0;url=/agents")));
	}
}

static void the_sessions_cookie_is_strict_and_comes_with_a_page(void **state)
{
	BROWSER(b);

	(void)state;
	agent_comes(&b, "agnes", "instructeur", "%2Fagents%2Fdemande%3Fnumero%3DSI-2027-000001");
	assert_status(&b, 200);
	assert_true(str_eq(header(&b, "refresh"), STR("0;url=/agents/demande?numero=SI-2027-000001")));
	assert_true(shows(&b, "href=\"/agents/demande?numero=SI-2027-000001\""));
	struct str cookie = header(&b, "set-cookie");
	assert_true(str_starts(cookie, STR("__Host-agent=")));
	assert_true(str_ends(cookie, STR("; Path=/; HttpOnly; SameSite=Strict; Secure")));
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'agents.login' AND outcome = 'ok' AND actor = 'agnes'"), 1);
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Espace des agents"));
}

static void without_a_role_here_nobody_comes_in(void **state)
{
	static const char *const roles[] = { "", "administrateur", "Instructeur", "partenaires comptes" };

	(void)state;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		BROWSER(b);

		agent_comes(&b, "agnes", roles[i], "%2Fagents");
		assert_status(&b, 403);
		assert_true(shows(&b, "pas de rôle dans ce service"));
		ask(&b, HTTP_GET, "/agents", NULL);
		expect_login(&b, "%2Fagents");
	}
	assert_int_equal(rows(SESSIONS), 0);
}

static void one_factor_is_not_enough(void **state)
{
	BROWSER(b);

	(void)state;
	w.acr = "f1";
	agent_comes(&b, "agnes", "responsable", "%2Fagents");
	assert_status(&b, 403);
	assert_int_equal(rows(SESSIONS), 0);
}

static void an_agents_session_ends_after_a_quarter_of_an_hour_and_after_eight_hours(void **state)
{
	BROWSER(b);

	(void)state;
	agent_in(&b, "agnes", "lecture");
	w.now_s += 890;
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	w.now_s += 901;
	ask(&b, HTTP_GET, "/agents", NULL);
	expect_login(&b, "%2Fagents");
	agent_in(&b, "agnes", "lecture");
	for (int i = 0; i < 32; i++, w.now_s += 890)
		ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	w.now_s += 500;
	ask(&b, HTTP_GET, "/agents", NULL);
	expect_login(&b, "%2Fagents");
}

static void set_cookie(struct browser *b, const char *name, const char *value)
{
	size_t i = 0;

	while (i < JAR && b->jar[i].name[0] && strcmp(b->jar[i].name, name) != 0)
		i++;
	assert_true(i < JAR);
	snprintf(b->jar[i].name, sizeof b->jar[i].name, "%s", name);
	snprintf(b->jar[i].value, sizeof b->jar[i].value, "%s", value);
}

static void neither_session_opens_the_others_door_whoever_copies_it(void **state)
{
	BROWSER(agent);
	BROWSER(citizen);
	BROWSER(thief);

	(void)state;
	agent_in(&agent, "agnes", "responsable");
	sign_in(&citizen, "jeanne", "Jeanne", "%2F");
	set_cookie(&thief, "__Host-session", jar_value(&agent, "__Host-agent"));
	set_cookie(&thief, "__Host-agent", jar_value(&citizen, "__Host-session"));
	ask(&thief, HTTP_GET, "/demandes", NULL);
	assert_status(&thief, 303);
	ask(&thief, HTTP_GET, "/agents", NULL);
	expect_login(&thief, "%2Fagents");
	/* Each alone, too: one cookie is one session. */
	ask(&agent, HTTP_GET, "/demandes", NULL);
	assert_status(&agent, 303);
	ask(&citizen, HTTP_GET, "/agents", NULL);
	expect_login(&citizen, "%2Fagents");
}

static void a_browser_may_hold_both_and_they_stay_apart(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	agent_in(&b, "agnes", "lecture");
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "Jeanne"));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Mes demandes") && !shows(&b, "Espace des agents"));
}

/* A sign-in that left by one door comes back by the other: nothing of it is believed. */
static void a_sign_in_comes_back_by_its_own_door(void **state)
{
	char path[512], st[64];
	BROWSER(b);

	(void)state;
	w.subject = "jeanne";
	ask(&b, HTTP_GET, "/connexion", NULL);
	part_after(header(&b, "location"), "&state=", '&', st, sizeof st);
	part_after(header(&b, "location"), "&nonce=", '&', w.nonce, sizeof w.nonce);
	for (int i = 0; i < 8; i++) {       /* wherever the other door looks for it */
		char from[32], to[48];

		snprintf(from, sizeof from, "__Host-login%d", i);
		snprintf(to, sizeof to, "__Host-agent-login%d", i);
		if (jar_value(&b, from)[0])
			set_cookie(&b, to, jar_value(&b, from));
	}
	w.roles = "responsable";
	snprintf(path, sizeof path, "/agents/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", st);
	ask(&b, HTTP_GET, path, NULL);
	assert_status(&b, 403);
	assert_int_equal(rows(SESSIONS), 0);
}

static void order(struct browser *b, const char *path, const char *roles, const char *sid)
{
	w.logout_order = true;
	w.roles = roles;
	w.order_sid = sid;
	ask(b, HTTP_POST, path, "logout_token=a.b.c");
	w.logout_order = false;
	w.roles = NULL;
}

static void the_providers_order_ends_an_agents_session_alone(void **state)
{
	BROWSER(b);
	BROWSER(provider);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	agent_in(&b, "agnes", "lecture");
	order(&provider, "/agents/fin-de-session", NULL, "sid-2");       /* for the citizens' partner: not ours */
	assert_status(&provider, 400);
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	order(&provider, "/agents/fin-de-session", "", "sid-2");
	assert_status(&provider, 200);
	ask(&b, HTTP_GET, "/agents", NULL);
	expect_login(&b, "%2Fagents");
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 200);
}

static void signing_out_needs_a_page_of_ours_and_ends_the_session(void **state)
{
	char csrf[512], form[640];
	BROWSER(b);

	(void)state;
	agent_in(&b, "agnes", "lecture");
	ask(&b, HTTP_POST, "/agents/deconnexion", "csrf=x");
	assert_status(&b, 403);
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	ask(&b, HTTP_POST, "/agents/deconnexion", form);
	assert_status(&b, 303);
	assert_true(str_starts(header(&b, "location"), STR(ISSUER "/logout?id_token_hint=")));
	assert_string_equal(jar_value(&b, "__Host-agent"), "");
	assert_int_equal(rows(SESSIONS), 0);
	ask(&b, HTTP_POST, "/agents/deconnexion", form);
	assert_status(&b, 200);
	assert_true(shows(&b, "Vous êtes déconnecté"));
}

static void a_provider_that_is_away_is_told_in_plain_words(void **state)
{
	BROWSER(b);

	(void)state;
	w.provider_down = true;
	ask(&b, HTTP_GET, "/agents/connexion", NULL);
	assert_status(&b, 503);
	assert_true(shows(&b, "La connexion est momentanément impossible"));
}

static int setup_with_a_door(void **state)
{
	world_agents = true;
	int failure = setup(state);
	world_agents = false;
	return failure;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_with_a_door, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_service_without_an_agents_client_has_no_door, setup, teardown),
		T(who_is_not_signed_in_is_sent_to_sign_in_with_two_factors), T(only_this_doors_own_pages_are_returned_to),
		T(the_sessions_cookie_is_strict_and_comes_with_a_page), T(without_a_role_here_nobody_comes_in), T(one_factor_is_not_enough),
		T(an_agents_session_ends_after_a_quarter_of_an_hour_and_after_eight_hours),
		T(neither_session_opens_the_others_door_whoever_copies_it), T(a_browser_may_hold_both_and_they_stay_apart),
		T(a_sign_in_comes_back_by_its_own_door), T(the_providers_order_ends_an_agents_session_alone),
		T(signing_out_needs_a_page_of_ours_and_ends_the_session), T(a_provider_that_is_away_is_told_in_plain_words),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("agents' sessions on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("agents' sessions on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
