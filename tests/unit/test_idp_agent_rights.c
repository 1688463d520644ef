/* test_idp_agent_rights.c - what an agent may do: which partners hear of whom, in which words, and how soon it
 * ends when the directory says so, or says nothing any more. */
#include "tests/unit/idp_agents.h"
#include "idp/policy/may_issue.h"

static struct http_resp *open_page(struct world *w, struct browser *b)
{
	return world_get(w, b, "/connexion/agent");
}

/* ---- the policy, alone ---- */

static void the_policy_tells_kinds_of_people_apart(void **state)
{
	static const struct partner citizens = { .enabled = true, .acr_min = STR_INIT("f1"), .release = RELEASE_NONE },
		agents = { .enabled = true, .agents = true, .acr_min = STR_INIT("f2"), .release = RELEASE_NONE },
		wants_two = { .enabled = true, .acr_min = STR_INIT("f2"), .release = RELEASE_NONE };
	static const struct {
		const char *name; const struct partner *partner; bool agent; unsigned roles; struct str acr, wish; bool offline, live, redeeming;
		enum policy_answer answer; const char *slug;
	} cases[] = {
		{ "an agent with a role", &agents, true, 1, STR_INIT("f2"), STR_INIT(""), false, true, false, POLICY_ISSUE, NULL },
		{ "an agent without", &agents, true, 0, STR_INIT("f2"), STR_INIT(""), false, true, false, POLICY_REFUSE, "policy.role" },
		{ "a citizen there", &agents, false, 1, STR_INIT("f2"), STR_INIT(""), false, true, false, POLICY_REFUSE, "policy.people" },
		{ "an agent elsewhere", &citizens, true, 7, STR_INIT("f2"), STR_INIT(""), false, true, false, POLICY_REFUSE, "policy.people" },
		{ "one factor", &agents, true, 1, STR_INIT("f1"), STR_INIT(""), false, true, false, POLICY_SIGN_IN, "policy.acr" },
		{ "nobody yet", &agents, false, 0, STR_INIT(""), STR_INIT(""), false, false, false, POLICY_SIGN_IN, "policy.session" },
		{ "a wish for f2", &agents, true, 1, STR_INIT("f2"), STR_INIT("f2"), false, true, false, POLICY_ISSUE, NULL },
		{ "a wish above", &agents, true, 1, STR_INIT("f2"), STR_INIT("eidas2"), false, true, false, POLICY_REFUSE, "policy.acr" },
		{ "a citizen's wish for f2", &citizens, false, 0, STR_INIT("f1"), STR_INIT("f2"), false, true, false, POLICY_REFUSE, "policy.acr" },
		{ "a citizens' partner that wants two", &wants_two, false, 0, STR_INIT("f1"), STR_INIT(""), false, true, false, POLICY_REFUSE, "policy.acr" },
		{ "redeemed with a role", &agents, true, 2, STR_INIT(""), STR_INIT(""), false, true, true, POLICY_ISSUE, NULL },
		{ "redeemed without", &agents, true, 0, STR_INIT(""), STR_INIT(""), false, true, true, POLICY_REFUSE, "policy.role" },
		{ "redeemed by the other kind", &citizens, true, 2, STR_INIT(""), STR_INIT(""), false, true, true, POLICY_REFUSE, "policy.people" },
		{ "an agent offline", &agents, true, 2, STR_INIT(""), STR_INIT(""), true, false, true, POLICY_REFUSE, "policy.session" },
		{ "a citizen offline", &citizens, false, 0, STR_INIT(""), STR_INIT(""), true, false, true, POLICY_ISSUE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct policy_verdict v = policy_may_issue(&(struct policy_ask){ .partner = cases[i].partner, .agent = cases[i].agent,
			.roles = cases[i].roles, .acr = cases[i].acr, .acr_values = cases[i].wish, .offline = cases[i].offline,
			.session_live = cases[i].live, .redeeming = cases[i].redeeming, .account_active = true, .max_age_s = -1, .now_s = NOON,
			.auth_time_s = NOON - 10, .asked_at_s = NOON });

		if (v.answer != cases[i].answer || (v.slug != NULL) != (cases[i].slug != NULL) || (v.slug && strcmp(v.slug, cases[i].slug) != 0))
			fail_msg("%s: got %d %s", cases[i].name, (int)v.answer, v.slug ? v.slug : "-");
	}
}

/* ---- what a partner for agents hears ---- */

static void the_id_token_holds_the_roles_of_that_sector_alone(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = agent_redeem(w, agent_code(w, &b, "bruno")), *info;
	struct str payload = jws_payload(w, json_text(w, r->body, "id_token")), bearer;

	assert_int_equal(r->status, 200);
	assert_true(memmem(payload.p, payload.n, "\"roles\":[\"lecture\"]", 19) != NULL);
	assert_true(memmem(payload.p, payload.n, "\"name\":\"Bruno Petit\"", 20) != NULL);
	assert_true(memmem(payload.p, payload.n, "\"acr\":\"f2\"", 10) != NULL);
	assert_true(memmem(payload.p, payload.n, "\"amr\":[\"pwd\",\"otp\"]", 19) != NULL);
	assert_null(memmem(payload.p, payload.n, "responsable", 11));
	assert_null(memmem(payload.p, payload.n, "elections", 9));
	/* Nothing offline, whatever was asked. */
	assert_null(memmem(r->body.p, r->body.n, "offline_access", 14));
	bearer = fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	info = world_get_as(w, "/oidc/userinfo", bearer);
	assert_true(body_has(info, "\"roles\":[\"lecture\"]"));
	info = world_call(w, "/oidc/introspect", basic(w, "ec-agents", agent_secret), fmt(w, "token=" STR_FMT,
		STR_ARG(json_text(w, r->body, "access_token"))));
	assert_true(body_has(info, "\"roles\":[\"lecture\"]"));
}

static void an_agent_without_a_role_there_is_sent_back(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = world_get(w, &b, arena_c(w->a, agent_authz_url(w, "")));

	r = agent_sign_in(w, &b, r, "carla");
	assert_int_equal(r->status, 303);
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "access_denied");
	assert_int_equal(count_audit(w, "oidc.authz.refuse", "policy.role"), 1);
}

static void a_citizens_session_is_nobody_to_a_partner_for_agents(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	(void)sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	r = world_get(w, &b, arena_c(w->a, agent_authz_url(w, "")));
	assert_true(r->status == 200 && body_has(r, "action=\"/connexion/agent\""));
	r = world_get(w, &b, arena_c(w->a, agent_authz_url(w, "&prompt=none")));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "login_required");
}

static void an_agents_session_is_nobody_to_a_citizens_partner(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "")));
	assert_true(r->status == 200 && body_has(r, "action=\"/connexion\""));
	/* Its page leads to the agents' own, not back to where nobody of them is let in. */
	assert_true(body_has(r, "href=\"/connexion/agent\""));
	/* Nor when the flow of a citizens' service is carried to the agents' page. */
	r = agent_sign_in(w, &b, world_get(w, &b, arena_c(w->a, fmt(w, "/connexion/agent?flow=" STR_FMT,
		STR_ARG(hidden(w, r, "flow"))))), "alice");
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "access_denied");
	assert_int_equal(count_audit(w, "oidc.authz.refuse", "policy.people"), 1);
}

static void no_notice_stands_between_an_agent_and_the_work(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	assert_true(agent_code(w, &b, "alice").n > 0);
	/* And the next time, no page at all. */
	struct http_resp *r = world_get(w, &b, arena_c(w->a, agent_authz_url(w, "")));
	assert_true(r->status == 303 && location_param(w, r, "code").n > 0);
}

static void a_right_lost_before_the_code_is_redeemed_gives_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code = agent_code(w, &b, "alice");
	struct agent g;

	leave_group(w, "alice");
	assert_true(failed(agent_fetch(w->idp, w->a, STR("alice"), STR_NONE, w->now_s, INT64_MAX / 2, &g)));
	assert_int_equal(agent_redeem(w, code)->status, 400);
}

static void a_word_that_has_grown_old_gives_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = agent_redeem(w, agent_code(w, &b, "alice"));
	struct str refresh = json_text(w, r->body, "refresh_token"), access = json_text(w, r->body, "access_token"), code;

	w->idp->set.access_ttl_s = 86400;
	code = agent_code(w, &b, "alice");
	w->idp->set.directory_grace_s = 30;
	w->now_s += 30;
	assert_int_equal(agent_redeem(w, code)->status, 400);
	r = world_call(w, "/oidc/token", basic(w, "ec-agents", agent_secret), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(refresh)));
	assert_int_equal(r->status, 400);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(access)))->status, 401);
	r = world_call(w, "/oidc/introspect", basic(w, "ec-agents", agent_secret), fmt(w, "token=" STR_FMT, STR_ARG(access)));
	assert_true(body_has(r, "\"active\":false"));
}

static void what_agents_partners_may_ask_for_is_checked_at_registration(void **state)
{
	static const char *const refused[] = { "--people maires", "--people agents --attributes email", "--people agents --attributes name,birthdate" };
	struct world *w = *state;
	struct str out, err;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_int_not_equal(ctl(w, fmt(w, "partner add oidc --id x --redirect-uri %s %s", AGENT_REDIRECT, refused[i]).p, &out, &err), 0);
	assert_int_equal(ctl(w, "partner show ec-agents", &out, &err), 0);
	assert_true(memmem(out.p, out.n, "people: agents", 14) != NULL);
	/* A change of people is a difference that is shown first. */
	assert_int_equal(ctl(w, "partner add oidc --id ec-agents --sector etat-civil --redirect-uri " AGENT_REDIRECT, &out, &err), 1);
	assert_true(memmem(out.p, out.n, "usagers", 7) != NULL);
}

/* ---- the directory is asked again ---- */

static void tick(struct world *w, int64_t later_s)
{
	w->now_s += later_s;
	agent_tick(w->idp, w->now_s);
}

static void whoever_is_not_signed_in_is_not_asked_about(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	uint64_t asked;

	assert_int_equal(ctl(w, "agent enrol bruno", NULL, NULL), 0);
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	asked = w->directory_asked;
	tick(w, 19);
	assert_int_equal(w->directory_asked, asked);
	tick(w, 1);
	assert_int_equal(w->directory_asked, asked + 1);
	tick(w, 1);
	assert_int_equal(w->directory_asked, asked + 1);
}

static void who_leaves_the_directory_or_is_disabled_is_out_and_the_services_hear_it(void **state)
{
	static const enum directory_state states[] = { DIRECTORY_DISABLED, DIRECTORY_EXPIRED, DIRECTORY_MUST_CHANGE };
	struct world *w = *state;
	struct browser b = { 0 };

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		assert_int_equal(agent_redeem(w, agent_code(w, &b, "alice"))->status, 200);
		person_of(w, "alice")->state = states[i];
		tick(w, 20);
		assert_false(agent_is_in(w, &b));
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), (int64_t)i + 1);
		person_of(w, "alice")->state = DIRECTORY_ACTIVE;
	}
	assert_int_equal(count_audit(w, "agent.ended", "directory.disabled"), 1);
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	leave_directory(w, "alice");
	tick(w, 20);
	assert_false(agent_is_in(w, &b));
	assert_int_equal(count_audit(w, "agent.ended", "directory.unknown"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

/* Anybody can have an agent locked there, by a handful of wrong passwords at another door. */
static void a_lock_ends_no_session_and_begins_none(void **state)
{
	struct world *w = *state;
	struct browser in = { 0 }, out = { 0 };
	struct agent g;

	assert_int_equal(agent_redeem(w, agent_code(w, &in, "bruno"))->status, 200);
	person_of(w, "bruno")->state = DIRECTORY_LOCKED;
	for (int i = 0; i < 6; i++) {
		tick(w, 20);
		assert_true(agent_is_in(w, &in));
	}
	assert_false(agent_is_stale(w->idp, &(struct agent){ .checked_s = agent_of(w, "bruno").checked_s }, w->now_s + 3500));
	assert_int_equal(type_password(w, &out, open_page(w, &out), "bruno", AGENT_PASSWORD)->status, 403);
	assert_int_equal(agent_fetch(w->idp, w->a, STR("bruno"), STR("test"), w->now_s, INT64_MAX, &g).kind, ERR_DENIED);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
	assert_true(agent_is_in(w, &in));
	/* nobody is made of who is not known yet */
	person_of(w, "alice")->state = DIRECTORY_LOCKED;
	assert_int_equal(agent_fetch(w->idp, w->a, STR("alice"), STR("test"), w->now_s, INT64_MAX, &g).kind, ERR_DENIED);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM agent"), 1);
	/* what is lost meanwhile is lost all the same */
	leave_group(w, "bruno");
	tick(w, 20);
	assert_false(agent_is_in(w, &in));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
}

static void a_lost_role_ends_sessions_and_a_new_one_does_not(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code;

	(void)agent_sign_in(w, &b, open_page(w, &b), "bruno");
	person_of(w, "bruno")->groups[2] = (struct directory_group){ STR("cn=ec-instructeurs,ou=groups,dc=ville"), STR("ec-instructeurs") };
	person_of(w, "bruno")->group_n = 3;
	tick(w, 20);
	assert_true(agent_is_in(w, &b));
	code = agent_code(w, &b, "bruno");
	struct str payload = jws_payload(w, json_text(w, agent_redeem(w, code)->body, "id_token"));
	assert_true(memmem(payload.p, payload.n, "\"roles\":[\"lecture\",\"instructeur\"]", 33) != NULL);
	person_of(w, "bruno")->group_n = 1;
	tick(w, 20);
	assert_false(agent_is_in(w, &b));
	assert_int_equal(count_audit(w, "agent.ended", "agent.rights"), 1);
	/* What is left may still be used, after signing in again. */
	assert_int_equal(agent_redeem(w, agent_code(w, &b, "bruno"))->status, 200);
}

static void a_right_lost_at_another_sign_in_ends_the_first_one_too(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, c = { 0 };

	(void)agent_sign_in(w, &b, open_page(w, &b), "bruno");
	person_of(w, "bruno")->group_n = 1;
	(void)agent_sign_in(w, &c, open_page(w, &c), "bruno");
	assert_false(agent_is_in(w, &b));
	assert_true(agent_is_in(w, &c));
}

static void a_silent_directory_keeps_sessions_until_the_grace_is_over_and_not_after(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	w->directory = err_of(BUSY, "directory.late");
	for (int i = 0; i < 11; i++) {
		tick(w, 300);
		assert_true(agent_is_in(w, &b));
	}
	tick(w, 299);
	assert_true(agent_is_in(w, &b));
	tick(w, 1);
	assert_false(agent_is_in(w, &b));
	assert_int_equal(count_audit(w, "agent.ended", ""), 0);
	/* Back again before the session itself is over: it goes on. */
	w->directory = NO_ERR;
	tick(w, 1);
	assert_true(agent_is_in(w, &b));
}

static void one_agent_of_whom_nothing_sensible_is_said_holds_up_nobody(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	w->directory = err_of(MALFORMED, "directory.size");
	tick(w, 20);
	assert_true(agent_is_in(w, &b));
	w->directory = err_of(DENIED, "directory.referral");
	tick(w, 20);
	assert_true(agent_is_in(w, &b));
}

static void a_silent_directory_is_asked_once_a_round(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, c = { 0 };
	uint64_t asked;

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	(void)agent_sign_in(w, &c, open_page(w, &c), "bruno");
	w->directory = err_of(BUSY, "directory.late");
	asked = w->directory_asked;
	tick(w, 20);
	assert_int_equal(w->directory_asked, asked + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_tells_kinds_of_people_apart),
		TEST(the_id_token_holds_the_roles_of_that_sector_alone),
		TEST(an_agent_without_a_role_there_is_sent_back),
		TEST(a_citizens_session_is_nobody_to_a_partner_for_agents),
		TEST(an_agents_session_is_nobody_to_a_citizens_partner),
		TEST(no_notice_stands_between_an_agent_and_the_work),
		TEST(a_right_lost_before_the_code_is_redeemed_gives_nothing),
		TEST(a_word_that_has_grown_old_gives_nothing),
		TEST(what_agents_partners_may_ask_for_is_checked_at_registration),
		TEST(whoever_is_not_signed_in_is_not_asked_about),
		TEST(who_leaves_the_directory_or_is_disabled_is_out_and_the_services_hear_it),
		TEST(a_lock_ends_no_session_and_begins_none),
		TEST(a_lost_role_ends_sessions_and_a_new_one_does_not),
		TEST(a_right_lost_at_another_sign_in_ends_the_first_one_too),
		TEST(a_silent_directory_keeps_sessions_until_the_grace_is_over_and_not_after),
		TEST(one_agent_of_whom_nothing_sensible_is_said_holds_up_nobody),
		TEST(a_silent_directory_is_asked_once_a_round),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
