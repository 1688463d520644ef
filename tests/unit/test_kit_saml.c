/* test_kit_saml.c - what a service that speaks SAML does for its citizens, through the kit's own routes. */
#include "tests/unit/kit_saml_rig.h"

static void a_citizen_signs_in_by_a_post_from_the_provider(void **state)
{
	(void)state;
	sign_in();
}

static void a_reload_of_the_answer_starts_nothing_and_ends_nothing(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	ask(HTTP_POST, "/retour", form, true);
	assert_status(303);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
	assert_true(shows("/connexion"));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
}

static void an_answer_in_another_browser_signs_nobody_in(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	memset(t.jar, 0, sizeof t.jar);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
	assert_string_equal(t.resp->outcome.slug, "sp.state.absent");
	ask(HTTP_POST, "/retour", "SAMLResponse=x", true);
	assert_status(403);
	assert_string_equal(t.resp->outcome.slug, "sp.response.unsolicited");
	ask(HTTP_POST, "/retour?SAMLResponse=x", "SAMLResponse=x", true);
	assert_status(400);
	ask(HTTP_GET, "/retour?SAMLResponse=x", NULL, false);
	assert_true(t.resp->status == 404 || t.resp->status == 405);
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
}

static void a_citizen_signs_out_here_and_hears_when_it_is_done_everywhere(void **state)
{
	char csrf[512], form[600];
	struct sign_saml_logout_response r = { .binding = SIGN_BINDING_REDIRECT, .destination = STR(SLO), .issued_at_s = NOON };

	(void)state;
	sign_in();
	query_value(arena_c(t.saml->a, t.resp->body), "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	ask(HTTP_POST, "/deconnexion", form, false);
	assert_status(303);
	assert_non_null(strstr(location(), ISSUER "/saml/slo?SAMLRequest="));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
	r.in_response_to = str_from_c(t.asked);
	struct str query = saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &r).text;
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(303);
	assert_string_equal(location(), "/deconnexion/retour");
	ask(HTTP_GET, location(), NULL, false);
	assert_status(200);
	assert_true(shows("De ce service et de votre compte citoyen"));
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(403);
	ask(HTTP_GET, "/deconnexion/retour?partiel=1", NULL, false);
	assert_false(shows("et de votre compte citoyen"));
}

static void the_provider_ends_the_session_without_a_cookie_of_ours(void **state)
{
	struct sign_saml_logout_request r = order(SIGN_BINDING_POST);
	const char *form;

	(void)state;
	sign_in();
	form = saml_form(t.saml, "SAMLRequest", saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r).text, "x");
	ask(HTTP_POST, "/saml/slo", form, true);
	assert_status(303);
	assert_non_null(strstr(location(), ISSUER "/saml/slo?SAMLResponse="));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
}

static void an_order_of_somebody_else_ends_nothing(void **state)
{
	struct sign_saml_logout_request r = order(SIGN_BINDING_REDIRECT);
	struct str query;

	(void)state;
	sign_in();
	query = saml_written(t.saml, saml_signer(t.saml, SIGN_ROLE_IDP, IDP, other_key), SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r).text;
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(403);
	ask(HTTP_POST, "/saml/slo?SAMLRequest=x", "SAMLRequest=x", true);
	assert_status(400);
	assert_string_equal(t.resp->outcome.slug, "sp.logout.form");
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
}

static void an_absent_provider_has_a_page_of_its_own(void **state)
{
	(void)state;
	t.provider_down = true;
	ask(HTTP_GET, "/connexion", NULL, false);
	assert_status(503);
	assert_string_equal(t.resp->outcome.slug, "sp.provider.down");
}

static void each_service_has_the_routes_of_its_protocol_alone(void **state)
{
	(void)state;
	ask(HTTP_GET, "/saml/metadata", NULL, false);
	assert_status(200);
	assert_true(str_eq(t.resp->content_type, STR("application/samlmetadata+xml")));
	assert_true(shows("entityID=\"" ENTITY "\"") && shows("Location=\"" ACS "\"") && shows("Location=\"" SLO "\""));
	ask(HTTP_POST, "/logout/backchannel", "logout_token=a.b.c", true);
	assert_status(404);
	kit_stop();
	kit_start(false);
	ask(HTTP_GET, "/saml/metadata", NULL, false);
	assert_status(404);
	ask(HTTP_GET, "/saml/slo?SAMLRequest=x", NULL, false);
	assert_status(404);
}

static void sessions_and_used_answers_survive_a_restart(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	ask(HTTP_POST, "/retour", form, true);
	assert_status(303);
	kit_stop();
	kit_start(true);
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_citizen_signs_in_by_a_post_from_the_provider),
		TEST(a_reload_of_the_answer_starts_nothing_and_ends_nothing),
		TEST(an_answer_in_another_browser_signs_nobody_in),
		TEST(a_citizen_signs_out_here_and_hears_when_it_is_done_everywhere),
		TEST(the_provider_ends_the_session_without_a_cookie_of_ours),
		TEST(an_order_of_somebody_else_ends_nothing),
		TEST(an_absent_provider_has_a_page_of_its_own),
		TEST(each_service_has_the_routes_of_its_protocol_alone),
		TEST(sessions_and_used_answers_survive_a_restart),
	};

	return cmocka_run_group_tests_name("kit_saml", tests, NULL, NULL);
}
