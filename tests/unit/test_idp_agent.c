/* test_idp_agent.c - agents at the door: the password page, the half sign-in, and a session that is nobody
 * else's. */
#include "tests/unit/idp_agents.h"

static struct http_resp *open_page(struct world *w, struct browser *b)
{
	return world_get(w, b, "/connexion/agent");
}

static struct http_resp *try_password(struct world *w, const char *login, const char *password)
{
	struct browser b = { 0 };

	return type_password(w, &b, open_page(w, &b), login, password);
}

/* ---- the password page ---- */

static void every_refusal_of_the_directory_is_the_same_page(void **state)
{
	static const char *const slugs[] = { "directory.unknown", "directory.two", "directory.referral", "directory.password", "directory.locked" };
	struct world *w = *state;
	struct http_resp *first = try_password(w, "alice", "faux"), *r;

	assert_int_equal(first->status, 422);
	for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++) {
		w->directory = err_of(DENIED, slugs[i]);
		r = try_password(w, fmt(w, "agent%zu", i).p, AGENT_PASSWORD);
		assert_int_equal(r->status, 422);
		assert_true(body_has(r, "ne correspond pas à ceux de l’annuaire"));
		assert_false(body_has(r, AGENT_PASSWORD));
		assert_int_equal(count_audit(w, "agent.login.refuse", slugs[i]), slugs[i] == slugs[3] ? 2 : 1);
	}
}

static void what_only_the_right_password_reveals_is_told_in_plain_words(void **state)
{
	static const struct { const char *slug, *words; } told[] = { { "directory.must_change", "doit être changé" },
		{ "directory.expired", "a expiré" }, { "directory.disabled", "est désactivé" }, { "directory.hours", "certaines heures" } };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		w->directory = err_of(DENIED, told[i].slug);
		struct http_resp *r = try_password(w, "alice", AGENT_PASSWORD);
		assert_int_equal(r->status, 403);
		assert_true(body_has(r, told[i].words));
		assert_int_equal(count_audit(w, "agent.login.refuse", told[i].slug), 1);
	}
}

static void no_metacharacter_and_no_empty_password_reaches_the_directory(void **state)
{
	static const char *const logins[] = { "", "*", "a)(uid=*", "a\\2a", "cn=a,dc=b", "a;b", "\"a\"", "<a>", "a+b", "#a" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
		assert_int_equal(try_password(w, logins[i], AGENT_PASSWORD)->status, 422);
	assert_int_equal(try_password(w, "alice", "")->status, 422);
	assert_int_equal(w->directory_asked, 0);
}

static void the_sixth_failure_waits_here_before_the_directory_counts_it(void **state)
{
	struct world *w = *state;
	struct http_resp *r = NULL;
	uint64_t asked;

	for (int i = 0; i < 5; i++)
		r = try_password(w, "alice", "faux");
	assert_int_equal(r->status, 422);
	asked = w->directory_asked;
	/* Under another spelling of the same name too. */
	r = try_password(w, "ALICE@ville.local", "faux");
	assert_int_equal(r->status, 429);
	assert_true(header(r, "retry-after").n > 0);
	assert_int_equal(w->directory_asked, asked);
	/* A citizen is not concerned. */
	struct browser b = { .source = STR("192.0.2.77") };
	r = sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
}

static void a_directory_that_is_down_says_so_and_when_it_was_last_reached(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	w->directory = err_of(BUSY, "directory.late");
	r = try_password(w, "alice", AGENT_PASSWORD);
	assert_int_equal(r->status, 503);
	assert_true(body_has(r, "ne répond pas"));
	assert_false(body_has(r, "dernière fois"));
	/* After a restart the rows know it. */
	w->directory = NO_ERR;
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	atomic_store(&w->idp->directory_s, 0);
	w->directory = err_of(BROKEN, "directory.credential");
	r = try_password(w, "alice", AGENT_PASSWORD);
	assert_int_equal(r->status, 503);
	assert_true(body_has(r, "dernière fois"));
	assert_true(body_has(r, "/connexion/agent?flow="));
}

static void a_failure_of_the_directory_is_nobodys_wrong_password(void **state)
{
	struct world *w = *state;

	w->directory = err_of(BUSY, "directory.gone");
	for (int i = 0; i < 10; i++)
		assert_int_equal(try_password(w, "alice", AGENT_PASSWORD)->status, 503);
	w->directory = NO_ERR;
	assert_int_equal(try_password(w, "alice", AGENT_PASSWORD)->status, 303);
}

static void whoever_has_no_right_reads_so_and_leaves_no_account(void **state)
{
	struct world *w = *state;
	struct http_resp *r = try_password(w, "denis", AGENT_PASSWORD);

	assert_int_equal(r->status, 403);
	assert_true(body_has(r, "Aucun service n’est ouvert à ce compte"));
	assert_int_equal(count_audit(w, "agent.login.refuse", "agent.rights"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM agent"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM account WHERE kind = 'agent'"), 0);
}

static void without_a_directory_there_is_no_such_page(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	assert_true(body_has(world_get(w, &b, "/connexion"), "href=\"/connexion/agent\""));
	w->idp->set.directory = false;
	assert_int_equal(open_page(w, &b)->status, 404);
	assert_false(body_has(world_get(w, &b, "/connexion"), "/connexion/agent"));
}

static void a_citizens_password_is_no_agents(void **state)
{
	assert_int_equal(try_password(*state, EMAIL, PASSWORD)->status, 422);
}

/* ---- the half sign-in ---- */

static struct str half_of(struct world *w, struct browser *b, const char *login)
{
	return location_param(w, type_password(w, b, open_page(w, b), login, AGENT_PASSWORD), "etape");
}

static struct err open_half(struct world *w, struct browser *b, struct str text, struct half *ret)
{
	return half_open(w->idp, world_request(w, b, HTTP_GET, STR("/connexion/agent/facteur"), STR_NONE), text, ret);
}

static void a_password_alone_opens_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	assert_true(half_of(w, &b, "alice").n > 0);
	assert_false(agent_is_in(w, &b));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

static void a_half_sign_in_belongs_to_one_tab_and_to_ten_minutes(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct str text = half_of(w, &b, "alice"), bent = arena_dup(w->a, text);
	struct half h;

	(void)open_page(w, &other);
	assert_string_equal(open_half(w, &other, text, &h).slug, "half.browser");
	((char *)bent.p)[bent.n / 2] ^= 1;
	assert_string_equal(open_half(w, &b, bent, &h).slug, "half.text");
	assert_string_equal(open_half(w, &b, STR_NONE, &h).slug, "half.text");
	assert_string_equal(open_half(w, &b, hidden(w, open_page(w, &b), "flow"), &h).slug, "half.text");
	w->now_s += 599;
	assert_false(failed(open_half(w, &b, text, &h)));
	w->now_s += 1;
	assert_string_equal(open_half(w, &b, text, &h).slug, "half.expired");
}

static void a_right_lost_between_the_factors_begins_no_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct half h;
	struct agent g;

	assert_false(failed(open_half(w, &b, half_of(w, &b, "alice"), &h)));
	leave_group(w, "alice");
	assert_string_equal(agent_fetch(w->idp, w->a, STR("alice"), STR("test"), w->now_s, INT64_MAX / 2, &g).slug, "agent.rights");
	assert_int_equal(half_finish(w->idp, world_request(w, &b, HTTP_POST, STR("/connexion/agent/facteur"), STR_NONE), &h, STR("pwd otp"))->status, 403);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

static void a_way_back_leads_nowhere_but_here(void **state)
{
	static const char *const refused[] = { "", "//mal.example", "https://mal.example", "/\\mal.example", "admin", "/a b", "/a\r\nb", "/a\"b", "/é" };

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(half_is_path(str_from_c(refused[i])));
	assert_true(half_is_path(STR("/admin/audit?page=2&q=a%20b")));
	assert_true(half_is_path(STR("/")));
}

/* ---- the session ---- */

static void both_factors_begin_a_session_of_its_own_cookie(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = agent_sign_in(w, &b, open_page(w, &b), "alice");

	assert_string_equal(arena_c(w->a, header(r, "location")), "/agent");
	assert_true(memmem(header(r, "set-cookie").p, header(r, "set-cookie").n, "SameSite=Strict", 15) != NULL);
	assert_true(str_starts(header(r, "set-cookie"), STR("__Host-agent=")));
	assert_true(agent_is_in(w, &b));
	assert_int_equal(count_audit(w, "agent.login.ok", ""), 1);
	assert_int_equal(world_get(w, &b, "/mon-compte")->status, 303);
}

static void one_kinds_cookie_under_the_others_name_is_nobody(void **state)
{
	struct world *w = *state;
	struct browser agent = { 0 }, citizen = { 0 };

	(void)agent_sign_in(w, &agent, open_page(w, &agent), "alice");
	(void)sign_in(w, &citizen, world_get(w, &citizen, "/connexion"), EMAIL, PASSWORD);
	assert_int_equal(world_get(w, &citizen, "/mon-compte")->status, 200);
	for (size_t i = 0; i < agent.n; i++)
		if (str_eq_c(agent.jar[i].name, "__Host-agent"))
			agent.jar[i].name = STR("__Host-guichet");
	for (size_t i = 0; i < citizen.n; i++)
		if (str_eq_c(citizen.jar[i].name, "__Host-guichet"))
			citizen.jar[i].name = STR("__Host-agent");
	assert_int_equal(world_get(w, &agent, "/mon-compte")->status, 303);
	assert_false(agent_is_in(w, &citizen));
}

static void one_browser_holds_both_and_each_ends_alone(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	assert_int_equal(world_get(w, &b, "/mon-compte")->status, 200);
	assert_true(agent_is_in(w, &b));
	assert_int_equal(ctl(w, "agent end alice", NULL, NULL), 0);
	assert_false(agent_is_in(w, &b));
	assert_int_equal(world_get(w, &b, "/mon-compte")->status, 200);
}

static void an_agents_session_ends_after_fifteen_idle_minutes_and_eight_hours(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	w->idp->set.directory_grace_s = 1 << 30;
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	w->now_s += 899;
	assert_true(agent_is_in(w, &b));
	w->now_s += 900;
	assert_false(agent_is_in(w, &b));
	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	for (int i = 0; i < 28799 / 600; i++) {
		w->now_s += 600;
		assert_true(agent_is_in(w, &b));
	}
	w->now_s += 600;
	assert_false(agent_is_in(w, &b));
}

static void a_second_sign_in_of_one_agent_is_the_same_account(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, c = { 0 };

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	/* Renamed, and moved to another branch: the key stays. */
	person_of(w, "alice")->login = STR("alice.durand");
	person_of(w, "alice.durand")->dn = STR("uid=alice.durand,ou=ailleurs,dc=ville");
	(void)agent_sign_in(w, &c, open_page(w, &c), "alice.durand");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM agent"), 1);
	assert_string_equal(arena_c(w->a, agent_of(w, "alice.durand").name), "Alice Martin");
	assert_true(agent_is_in(w, &b));
}

static void a_login_that_passed_to_somebody_else_is_somebody_else(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, c = { 0 };
	struct agent first;

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	first = agent_of(w, "alice");
	person_of(w, "alice")->key = STR("22222222-0000-4000-8000-000000000001");
	w->now_s += 1;
	(void)agent_sign_in(w, &c, open_page(w, &c), "alice");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM agent"), 2);
	assert_memory_not_equal(first.account, agent_of(w, "alice").account, ID_BYTES);
}

static void proving_again_gives_a_new_cookie_and_the_old_one_is_dead(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, old;
	struct http_req *req;
	struct person who;
	struct str cookie;

	(void)agent_sign_in(w, &b, open_page(w, &b), "alice");
	old = b;
	w->now_s += 300;
	req = world_request(w, &b, HTTP_POST, STR("/connexion/agent/confirmer"), STR_NONE);
	assert_false(failed(session_load(w->idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &who)));
	assert_false(failed(session_prove_again(w->idp, req, &who, STR("pwd hwk"), &cookie)));
	assert_false(agent_is_in(w, &old));
	for (size_t i = 0; i < b.n; i++)
		if (str_eq_c(b.jar[i].name, "__Host-agent"))
			b.jar[i].value = cookie;
	req = world_request(w, &b, HTTP_GET, STR("/agent"), STR_NONE);
	assert_false(failed(session_load(w->idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &who)));
	assert_true(who.live && who.auth_time_s == w->now_s && str_eq_c(who.amr, "pwd hwk"));
	assert_int_equal(ctl(w, "agent end alice", NULL, NULL), 0);
	assert_string_equal(session_prove_again(w->idp, req, &who, STR("pwd hwk"), &cookie).slug, "session.gone");
}

static void an_account_is_not_begun_as_the_other_kind(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct account account = { .active = true };
	struct person who;
	struct str cookie;

	for (int agent = 0; agent < 2; agent++) {
		account.agent = agent;
		struct session_new n = { .account = &account, .kind = agent ? SESSION_USAGER : SESSION_AGENT, .amr = STR("pwd"), .acr = STR("f1") };
		assert_string_equal(session_begin(w->idp, world_request(w, &b, HTTP_POST, STR("/"), STR_NONE), &n, &cookie, &who).slug, "session.kind");
	}
}

/* ---- enrolment codes, and what is kept as text ---- */

static void an_enrolment_code_replaces_an_earlier_one_and_only_its_hash_is_kept(void **state)
{
	struct world *w = *state;
	struct str first, second;

	assert_int_equal(ctl(w, "agent enrol alice", &first, NULL), 0);
	assert_int_equal(ctl(w, "agent enrol alice", &second, NULL), 0);
	assert_false(str_eq(first, second));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM enrolment WHERE LENGTH(code_hash) = 32"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM enrolment WHERE expires_s > 0"), 1);
	assert_int_equal(count_audit(w, "agent.enrol", ""), 2);
}

static void nobody_unknown_rightless_or_out_of_reach_is_enrolled(void **state)
{
	struct world *w = *state;

	assert_int_equal(ctl(w, "agent enrol personne", NULL, NULL), 1);
	assert_int_equal(ctl(w, "agent enrol denis", NULL, NULL), 1);
	assert_int_equal(ctl(w, "agent enrol", NULL, NULL), 2);
	person_of(w, "alice")->state = DIRECTORY_DISABLED;
	assert_int_equal(ctl(w, "agent enrol alice", NULL, NULL), 1);
	w->directory = err_of(BUSY, "directory.gone");
	assert_int_equal(ctl(w, "agent enrol bruno", NULL, NULL), 1);
	assert_int_equal(ctl(w, "agent show alice", NULL, NULL), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM enrolment"), 0);
}

static void rights_as_text_come_back_and_unknown_words_are_dropped(void **state)
{
	struct world *w = *state;
	struct rights r, again;

	rights_parse(w->a, STR("etat-civil:lecture,instructeur elections:responsable admin:cles,audit"), &r);
	assert_int_equal(rights_roles(&r, STR("etat-civil")), 1u << AGENT_LECTURE | 1u << AGENT_INSTRUCTEUR);
	assert_int_equal(r.admin, 1u << ADMIN_CLES | 1u << ADMIN_AUDIT);
	rights_parse(w->a, rights_format(w->a, &r), &again);
	assert_true(rights_hold_all(&r, &again) && rights_hold_all(&again, &r));
	rights_parse(w->a, STR("etat-civil:maire etat-civil admin:tout :lecture =:lecture etat civil:lecture admin:"), &r);
	assert_int_equal(r.admin, 0);
	assert_int_equal(rights_roles(&r, STR("etat-civil")), 0);
	assert_int_equal(r.service_n, 1);
	rights_parse(w->a, STR_NONE, &r);
	assert_true(r.service_n == 0 && !r.admin && rights_format(w->a, &r).n == 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_refusal_of_the_directory_is_the_same_page),
		TEST(what_only_the_right_password_reveals_is_told_in_plain_words),
		TEST(no_metacharacter_and_no_empty_password_reaches_the_directory),
		TEST(the_sixth_failure_waits_here_before_the_directory_counts_it),
		TEST(a_directory_that_is_down_says_so_and_when_it_was_last_reached),
		TEST(a_failure_of_the_directory_is_nobodys_wrong_password),
		TEST(whoever_has_no_right_reads_so_and_leaves_no_account),
		TEST(without_a_directory_there_is_no_such_page),
		TEST(a_citizens_password_is_no_agents),
		TEST(a_password_alone_opens_nothing),
		TEST(a_half_sign_in_belongs_to_one_tab_and_to_ten_minutes),
		TEST(a_right_lost_between_the_factors_begins_no_session),
		TEST(a_way_back_leads_nowhere_but_here),
		TEST(both_factors_begin_a_session_of_its_own_cookie),
		TEST(one_kinds_cookie_under_the_others_name_is_nobody),
		TEST(one_browser_holds_both_and_each_ends_alone),
		TEST(an_agents_session_ends_after_fifteen_idle_minutes_and_eight_hours),
		TEST(a_second_sign_in_of_one_agent_is_the_same_account),
		TEST(a_login_that_passed_to_somebody_else_is_somebody_else),
		TEST(proving_again_gives_a_new_cookie_and_the_old_one_is_dead),
		TEST(an_account_is_not_begun_as_the_other_kind),
		TEST(an_enrolment_code_replaces_an_earlier_one_and_only_its_hash_is_kept),
		TEST(nobody_unknown_rightless_or_out_of_reach_is_enrolled),
		TEST(rights_as_text_come_back_and_unknown_words_are_dropped),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
