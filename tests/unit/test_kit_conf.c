/* The configuration that every service has: either protocol, what each of them needs, and who is given what. */
#include "base/core.h"
#include "conf_rig.h"

static int set_up(void **state)
{
	(void)state;
	folder_make();
	file_write("client.secret", "TEST-ONLY-s3cret");
	file_write("agents.secret", "TEST-ONLY-s3cret-2");
	file_write("saml.key", "TEST-ONLY-key");
	file_write("saml.pem", "TEST-ONLY-certificate");
	return 0;
}

static struct err load(const char *more)
{
	return load_as(&elections_daemon, "guichet-elections", "issuer = \"http://localhost:2\"", more);
}

static bool is_given(enum boot_role role, const char *file)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct boot_start s = plan_start(t.plan, a, role, 0);

	for (size_t i = 0; i < s.file_n; i++)
		if (str_eq_c(s.files[i].name, file))
			return true;
	return false;
}

static bool hears_of_saml(enum boot_role role)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct boot_start s = plan_start(t.plan, a, role, 0);

	for (size_t i = 0; i < s.setting_n; i++)
		if (str_eq(s.settings[i].name, STR("saml")))
			return str_eq(s.settings[i].value, STR("true"));
	return false;
}

static void openid_is_usual_and_starts_no_signer(void **state)
{
	(void)state;
	assert_false(failed(load("client_id = \"elections\"\nclient_secret = \"client.secret\"\n")));
	assert_int_equal(t.plan->count[ROLE_SIGNER], 0);
	assert_false(hears_of_saml(ROLE_READER));
	assert_true(is_given(ROLE_COURIER_HTTP, "client.secret"));
}

#define SPEAKS_SAML "protocol = \"saml\"\nsaml_key = \"saml.key\"\nsaml_certificate = \"saml.pem\"\n"

static void each_of_several_cores_with_a_front_has_its_signer(void **state)
{
	bool several = core_count() > 1 && core_count() <= PLAN_SLOTS;

	(void)state;
	assert_false(failed(load(SPEAKS_SAML)));
	assert_int_equal(t.plan->count[ROLE_FRONT], core_count());
	assert_int_equal(t.plan->count[ROLE_SIGNER], several ? core_count() : 1);
	assert_int_equal(plan_core(t.plan, ROLE_FRONT, 1), several ? 1 : -1);
	assert_int_equal(plan_core(t.plan, ROLE_SIGNER, 1), several ? 1 : -1);
	assert_int_equal(plan_core(t.plan, ROLE_ENGINE, 0), -1);
}

static void fronts_that_are_not_one_for_each_core_keep_to_none(void **state)
{
	(void)state;
	assert_false(failed(load(core_count() == 3 ? "fronts = 2\n" SPEAKS_SAML : "fronts = 3\n" SPEAKS_SAML)));
	assert_int_equal(t.plan->count[ROLE_SIGNER], 1);
	assert_int_equal(plan_core(t.plan, ROLE_FRONT, 0), -1);
}

static void saml_needs_no_client_and_starts_a_signer_that_alone_has_the_key(void **state)
{
	(void)state;
	assert_false(failed(load("pin = false\n" SPEAKS_SAML)));
	assert_int_equal(t.plan->count[ROLE_SIGNER], 1);
	assert_true(hears_of_saml(ROLE_READER));
	assert_true(is_given(ROLE_SIGNER, "key.saml") && is_given(ROLE_SIGNER, "saml.certificate"));
	assert_false(is_given(ROLE_ENGINE, "key.saml") || is_given(ROLE_READER, "key.saml") || is_given(ROLE_COURIER_HTTP, "key.saml"));
	assert_false(is_given(ROLE_SIGNER, "seal.key"));
}

static void what_a_protocol_lacks_is_said_with_file_and_line(void **state)
{
	char line[160];

	(void)state;
	assert_true(failed(load("protocol = \"saml\"\nclient_id = \"elections\"\n")));
	snprintf(line, sizeof line, "%s:8: protocol: with protocol \"saml\" a saml_key is needed\n", t.path);
	assert_true(said(line) && said("a saml_certificate is needed"));
	assert_true(failed(load("client_id = \"elections\"\n")));
	assert_true(said("with protocol \"openid\" a client_secret is needed") && !said("client_id"));
	assert_true(failed(load("\nprotocol = \"SAML\"\n")));
	snprintf(line, sizeof line, "%s:9: protocol: is not openid or saml\n", t.path);
	assert_true(said(line));
}

#define CLIENT_LINES "client_id = \"elections\"\nclient_secret = \"client.secret\"\n"

static void the_agents_door_is_whole_or_not_there(void **state)
{
	char line[160];

	(void)state;
	assert_false(failed(load(CLIENT_LINES)));
	assert_false(is_given(ROLE_COURIER_HTTP, "agents.secret"));
	assert_false(failed(load(CLIENT_LINES "agents_client_id = \"elections-agents\"\nagents_client_secret = \"agents.secret\"\n")));
	assert_true(is_given(ROLE_COURIER_HTTP, "agents.secret"));
	assert_false(is_given(ROLE_ENGINE, "agents.secret") || is_given(ROLE_READER, "agents.secret") || is_given(ROLE_FRONT, "agents.secret"));
	assert_true(failed(load(CLIENT_LINES "agents_client_id = \"elections-agents\"\n")));
	snprintf(line, sizeof line, "%s:10: agents_client_id: goes together with agents_client_secret\n", t.path);
	assert_true(said(line));
	assert_true(failed(load(CLIENT_LINES "\nagents_client_secret = \"agents.secret\"\n")));
	snprintf(line, sizeof line, "%s:11: agents_client_secret: goes together with agents_client_id\n", t.path);
	assert_true(said(line));
	assert_true(failed(load(CLIENT_LINES "agents_session_idle_s = 7200\n")));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(openid_is_usual_and_starts_no_signer),
		TEST(each_of_several_cores_with_a_front_has_its_signer),
		TEST(fronts_that_are_not_one_for_each_core_keep_to_none),
		TEST(saml_needs_no_client_and_starts_a_signer_that_alone_has_the_key),
		TEST(what_a_protocol_lacks_is_said_with_file_and_line),
		TEST(the_agents_door_is_whole_or_not_there),
	};

	return cmocka_run_group_tests_name("kit_conf", tests, NULL, NULL);
}
