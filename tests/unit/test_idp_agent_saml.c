/* test_idp_agent_saml.c - a partner for agents that speaks SAML hears the same of an agent as one that speaks
 * OpenID Connect. */
#include "tests/unit/idp_agents.h"
#include "tests/unit/idp_saml_rig.h"

static int agents_speak_saml(void **state)
{
	struct world *w;
	struct str out, err;

	if (agents_setup(state))
		return -1;
	w = *state;
	speak_saml(w);
	if (add(w, metadata(w, SP, "https://etat-civil.ville.test/saml", true, UNTIL),
		"--name Actes --sector etat-civil --people agents --attributes name --replace", &out, &err))
		fail_msg(STR_FMT, STR_ARG(err));
	return 0;
}

static void an_assertion_holds_the_roles_and_the_end_of_the_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = sso(w, &b, authn(w, "_r1"));
	struct check_saml_result got;
	const struct saml_assertion *as;

	assert_true(r->status == 200 && body_has(r, "action=\"/connexion/agent\"") && body_has(r, "Actes"));
	/* One more role, so that there are two values. */
	person_of(w, "alice")->groups[person_of(w, "alice")->group_n++] =
		(struct directory_group){ STR("cn=ec-lecteurs,ou=groups,dc=ville"), STR("ec-lecteurs") };
	r = follow(w, &b, agent_sign_in(w, &b, r, "alice"));
	assert_int_equal(r->status, 200);
	got = read_back(w, r, CHECK_WANT_ASSERTION);
	as = &got.message.assertion;
	assert_int_equal(as->attribute_n, 2);
	assert_true(str_eq(as->attributes[0].name, STR("name")) && str_eq(as->attributes[0].values.v[0], STR("Alice Martin")));
	assert_true(str_eq(as->attributes[1].name, STR("roles")) && as->attributes[1].values.n == 2);
	assert_true(str_eq(as->attributes[1].values.v[0], STR("lecture")) && str_eq(as->attributes[1].values.v[1], STR("instructeur")));
	assert_int_equal(as->session_not_on_or_after_s, w->now_s + w->idp->set.agent_session_max_s);
}

static void an_agent_without_a_role_there_is_refused_with_a_signed_status(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	refused_there(w, "role", follow(w, &b, agent_sign_in(w, &b, sso(w, &b, authn(w, "_r1")), "carla")), "RequestDenied");
	assert_int_equal(count_audit(w, "saml.idp.refuse", "policy.role"), 1);
}

static void a_citizen_who_is_signed_in_is_nobody_there(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	assert_true(body_has(sso(w, &b, authn(w, "_r1")), "action=\"/connexion/agent\""));
}

static void no_address_of_an_agent_is_a_name(void **state)
{
	struct world *w = *state;
	struct str out, err;

	assert_int_equal(add(w, metadata(w, "https://autre.ville.test/m", "https://autre.ville.test", true, UNTIL), "--people agents --name-id email", &out, &err), 1);
}

int main(void)
{
#define AGENTS(f) cmocka_unit_test_setup_teardown(f, agents_speak_saml, world_teardown)
	const struct CMUnitTest tests[] = {
		AGENTS(an_assertion_holds_the_roles_and_the_end_of_the_session),
		AGENTS(an_agent_without_a_role_there_is_refused_with_a_signed_status),
		AGENTS(a_citizen_who_is_signed_in_is_nobody_there),
		AGENTS(no_address_of_an_agent_is_a_name),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
