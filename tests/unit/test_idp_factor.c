/* test_idp_factor.c - agents' second factors through the engine's routes: enrolment, codes of the application,
 * printed codes (rows L18 to L20 of the attack catalogue). */
#include "tests/unit/idp_holder.h"
#include "base/b64.h"
#include <pthread.h>

/* ---- enrolment ---- */

static void an_agent_enrols_an_application_with_the_printed_code_and_is_in(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r = enrolled_page(&h);

	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor WHERE kind = 'totp' AND name = 'Mon telephone' AND last_step > 0"), 1);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM recovery_code WHERE used_s = 0"), 10);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM enrolment"), 0);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM audit WHERE event = 'factor.add.totp' AND reason = ''"), 1);
	r = finish(&h, r);
	assert_int_equal(r->status, 303);
	assert_true(str_eq_c(header(r, "location"), "/agent"));
	assert_true(agent_is_in(h.w, &h.b));
	assert_true(agent_of(h.w, "alice").enrolled);
}

/* L19 */
static void the_secret_is_sealed_at_rest_and_never_shown_again(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str hex;

	enrol(&h);
	hex = hex_encode(h.w->a, h.secret, sizeof h.secret);
	assert_int_equal(count_rows(h.w, arena_c(h.w->a, fmt(h.w, "SELECT COUNT(*) FROM factor WHERE secret LIKE '%%" STR_FMT "%%'", STR_ARG(hex)))), 0);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor WHERE LENGTH(secret) > 60"), 1);
	assert_int_equal(inside(h.w, world_get(h.w, &h.b, "/agent"), "secret-lisible").n, 0);
}

static void nothing_is_written_before_a_right_code(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r = click(&h, to_choice(&h), "choisir-application");

	read_secret(&h, r);
	r = send_draft(&h, "/connexion/agent/inscription", r, shown(&h, 5), "");
	assert_int_equal(r->status, 422);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 0);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM recovery_code"), 0);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM enrolment"), 1);
	assert_int_equal(count_audit(h.w, "factor.refuse", "totp.code"), 1);
	read_secret(&h, r);
	assert_int_equal(send_draft(&h, "/connexion/agent/inscription", r, shown(&h, 0), "")->status, 200);
}

static void a_printed_code_is_spent_by_the_factor_that_it_adds(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *choice = to_choice(&h), *r = click(&h, choice, "choisir-application"), *again;

	read_secret(&h, r);
	assert_int_equal(send_draft(&h, "/connexion/agent/inscription", r, shown(&h, 0), "")->status, 200);
	/* A reload: there is a factor now, and it is that one that is asked for. */
	again = send_draft(&h, "/connexion/agent/inscription", r, shown(&h, 0), "");
	assert_int_equal(again->status, 303);
	assert_true(str_starts(header(again, "location"), STR("/connexion/agent/facteur?")));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 1);
}

static void what_a_printed_code_opened_ends_when_another_is_printed(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r = click(&h, to_choice(&h), "choisir-application");

	read_secret(&h, r);
	printed_code(&h);
	r = send_draft(&h, "/connexion/agent/inscription", r, shown(&h, 0), "");
	assert_int_equal(r->status, 422);
	assert_true(body_has(r, "Aucun code d’inscription"));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 0);
}

static void ten_wrong_printed_codes_end_it(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page = to_factor(&h), *r = NULL;
	struct str right = printed_code(&h);

	for (int i = 0; i < 10; i++) {
		h.w->now_s += 7300;                    /* past every wait */
		page = to_factor(&h);
		r = send_form(&h, "/connexion/agent/inscription", page, STR("code-inscription=AAAA-AAAA-AAAA"));
		assert_int_equal(r->status, 422);
		assert_true(body_has(r, "ne correspond pas"));
	}
	h.w->now_s += 7300;
	r = send_form(&h, "/connexion/agent/inscription", to_factor(&h), fmt(h.w, "code-inscription=" STR_FMT, STR_ARG(right)));
	assert_int_equal(r->status, 422);
	assert_true(body_has(r, "administrateur"));
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.enrol.wrong"), 10);
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.enrol.none"), 1);
}

static void a_printed_code_ends_after_seven_days_and_is_of_one_agent(void **state)
{
	struct holder h = holder_of(state, "alice"), other = holder_of(state, "bruno");
	struct http_resp *r;
	struct str code;

	to_factor(&h);
	code = printed_code(&h);
	r = to_factor(&other);
	printed_code(&other);
	r = send_form(&other, "/connexion/agent/inscription", r, fmt(h.w, "code-inscription=" STR_FMT, STR_ARG(code)));
	assert_int_equal(r->status, 422);
	h.w->now_s += 7 * 86400;
	r = send_form(&h, "/connexion/agent/inscription", to_factor(&h), fmt(h.w, "code-inscription=" STR_FMT, STR_ARG(code)));
	assert_int_equal(r->status, 422);
	assert_true(body_has(r, "Aucun code d’inscription"));
}

static void a_printed_code_cannot_add_to_who_has_a_factor(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r, *page;
	struct str code;

	enrol(&h);
	forget(&h);
	page = to_factor(&h);
	code = printed_code(&h);
	r = send_form(&h, "/connexion/agent/inscription", page, fmt(h.w, "code-inscription=" STR_FMT, STR_ARG(code)));
	assert_int_equal(r->status, 303);
	assert_true(str_starts(header(r, "location"), STR("/connexion/agent/facteur?")));
}

static void the_page_of_codes_leads_on_once(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r = enrolled_page(&h), *again;

	assert_int_equal(finish(&h, r)->status, 303);
	again = finish(&h, r);
	assert_int_equal(again->status, 303);
	assert_true(str_starts(header(again, "location"), STR("/connexion/agent/facteur?")));
	assert_int_equal(count_audit(h.w, "agent.login.ok", NULL), 1);
}


/* ---- L18: codes of the application ---- */

static void a_code_signs_in_once(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct str code;

	enrol(&h);
	forget(&h);
	code = shown(&h, 0);
	assert_int_equal(send_code(&h, to_factor(&h), code)->status, 303);
	assert_true(agent_is_in(h.w, &h.b));
	forget(&h);
	struct http_resp *r = send_code(&h, to_factor(&h), code);
	assert_int_equal(r->status, 422);
	assert_true(body_has(r, "déjà servi"));
	assert_int_equal(r->header_n, 0);
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_audit(h.w, "factor.refuse", "totp.replay"), 1);
}

/* Sealed under a key that is gone: after a restore, say. */
static void an_application_that_cannot_be_read_does_not_shut_out_another(void **state)
{
	struct holder h = holder_of(state, "alice");

	enrol(&h);
	forget(&h);
	assert_int_equal(change_rows(h.w, "INSERT INTO factor (id, account, kind, name, secret, created_s)"
		" SELECT account, account, 'totp', 'Ancien', 'of another key', 0 FROM factor"), 1);
	assert_int_equal(send_code(&h, to_factor(&h), shown(&h, 5))->status, 422);
	assert_int_equal(count_audit(h.w, "factor.refuse", "totp.code"), 1);
	assert_int_equal(send_code(&h, to_factor(&h), shown(&h, 0))->status, 303);
	assert_true(agent_is_in(h.w, &h.b));
	forget(&h);
	assert_int_equal(change_rows(h.w, "DELETE FROM factor WHERE name <> 'Ancien'"), 1);
	assert_int_equal(send_code(&h, to_factor(&h), shown(&h, 1))->status, 500);
}

static void a_code_two_steps_away_is_refused(void **state)
{
	struct holder h = holder_of(state, "alice");

	enrol(&h);
	forget(&h);
	h.w->now_s += 300;
	for (int steps = -4; steps <= 4; steps++)
		if (steps < -1 || steps > 1) {
			struct http_resp *r = send_code(&h, to_factor(&h), shown(&h, steps));

			assert_int_equal(r->status, 422);
			h.w->now_s += 7200;
		}
	assert_int_equal(count_audit(h.w, "factor.refuse", "totp.code"), 6);
	assert_int_equal(send_code(&h, to_factor(&h), shown(&h, 1))->status, 303);
}

static void five_wrong_codes_and_one_has_to_wait(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page, *r = NULL;

	enrol(&h);
	forget(&h);
	page = to_factor(&h);
	for (int i = 0; i < 5; i++) {
		r = send_code(&h, page, STR("000000"));
		assert_int_equal(r->status, 422);
	}
	r = send_code(&h, page, shown(&h, 0));
	assert_int_equal(r->status, 429);
	assert_true(header(r, "retry-after").n > 0);
	assert_true(body_has(r, "depuis le début"));
	assert_int_equal(send_recovery(&h, page, h.codes[0])->status, 429);
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_audit(h.w, "factor.refuse", "throttle.identifier"), 2);
	h.w->now_s += 90;
	assert_int_equal(send_code(&h, page, shown(&h, 0))->status, 303);
}

struct racer { struct holder h; struct http_resp *page, *r; struct str code; };

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct holder *h = &racer->h;
	struct half half;
	struct factor *v;
	size_t n;
	struct factor_act act = { h->w->idp, half.account, STR("race"), h->w->now_s };
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct agent g;
	struct err e = agent_find(h->w->idp->store, a, STR("alice"), &g);

	act.account = g.account;
	if (!failed(e))
		e = factor_list(h->w->idp->store, a, g.account, &v, &n);
	if (!failed(e))
		e = factor_use_totp(&act, v[0].id, h->w->now_s / TOTP_STEP_S);
	racer->r = failed(e) ? NULL : (struct http_resp *)racer;
	return NULL;
}

static void of_two_uses_at_once_one_wins(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct racer racers[4];
	pthread_t threads[4];
	int won = 0;

	enrol(&h);
	for (int i = 0; i < 4; i++) {
		racers[i] = (struct racer){ .h = h };
		pthread_create(&threads[i], NULL, race, &racers[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		won += racers[i].r != NULL;
	}
	assert_int_equal(won, 1);
}


/* ---- L20: recovery codes ---- */

static void a_recovery_code_signs_in_once_in_any_order(void **state)
{
	struct holder h = holder_of(state, "alice");
	static const size_t order[] = { 7, 0, 9 };

	enrol(&h);
	for (size_t i = 0; i < 3; i++) {
		forget(&h);
		assert_int_equal(send_recovery(&h, to_factor(&h), h.codes[order[i]])->status, 303);
		assert_true(agent_is_in(h.w, &h.b));
		forget(&h);
		assert_int_equal(send_recovery(&h, to_factor(&h), h.codes[order[i]])->status, 422);
		assert_false(agent_is_in(h.w, &h.b));
	}
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM recovery_code WHERE used_s = 0"), 7);
	assert_int_equal(count_audit(h.w, "factor.recovery.use", NULL), 3);
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.recovery"), 3);
}

static void a_recovery_code_is_of_one_agent(void **state)
{
	struct holder h = holder_of(state, "alice"), other = holder_of(state, "bruno");

	enrol(&h);
	enrol(&other);
	forget(&other);
	assert_int_equal(send_recovery(&other, to_factor(&other), h.codes[0])->status, 422);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM recovery_code WHERE used_s > 0"), 0);
}

static void guesses_are_slowed_down(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page;
	int tried = 0;

	enrol(&h);
	forget(&h);
	page = to_factor(&h);
	for (int i = 0; i < 100; i++)
		tried += send_recovery(&h, page, STR("AAAA-AAAA-AAAA-AAAA"))->status == 422;
	assert_int_equal(tried, 5);
}


/* ---- the half sign-in ---- */

static void a_half_sign_in_is_of_one_tab_and_ten_minutes(void **state)
{
	struct holder h = holder_of(state, "alice"), thief = holder_of(state, "alice");
	struct http_resp *page, *r;
	struct str etape;

	enrol(&h);
	forget(&h);
	page = to_factor(&h);
	r = send_code(&thief, page, shown(&h, 0));
	assert_int_equal(r->status, 400);
	assert_false(agent_is_in(h.w, &thief.b));
	/* The way through the enrolment makes it no younger. */
	h.w->now_s += 500;
	etape = escaped(h.w, hidden(h.w, page, "etape"));
	page = go(&h, world_get(h.w, &h.b, arena_c(h.w->a, fmt(h.w, "/connexion/agent/inscription?etape=" STR_FMT, STR_ARG(etape)))));
	page = go(&h, world_post(h.w, &h.b, "/connexion/agent/inscription", fmt(h.w, "fini=x&etape=" STR_FMT, STR_ARG(etape))));
	h.w->now_s += 100;
	r = send_code(&h, page, shown(&h, 0));
	assert_int_equal(r->status, 303);
	assert_true(str_starts(header(r, "location"), STR("/connexion/agent?expire=1")));
	assert_true(body_has(world_get(h.w, &h.b, arena_c(h.w->a, header(r, "location"))), "depuis trop longtemps"));
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(world_post(h.w, &h.b, "/connexion/agent/facteur", STR("etape=x&facteur=code&code=123456"))->status, 400);
	assert_int_equal(world_get(h.w, &h.b, "/connexion/agent/inscription")->status, 400);
	assert_int_equal(count_audit(h.w, "factor.refuse", "half.browser"), 1);
	assert_int_equal(count_audit(h.w, "factor.refuse", "half.expired"), 1);
}

/* Half an hour on the page of the password, or ten minutes on the one of the factor: what a service asked for stays. */
static void what_was_asked_for_outlives_both_pages(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page, *r;

	enrol(&h);
	forget(&h);
	page = world_get(h.w, &h.b, arena_c(h.w->a, agent_authz_url(h.w, "")));
	h.w->now_s += h.w->idp->set.flow_ttl_s - 1;
	page = go(&h, type_password(h.w, &h.b, page, "alice", AGENT_PASSWORD));
	h.w->now_s += 30;
	r = send_code(&h, page, shown(&h, 0));
	assert_true(r->status == 303 && location_param(h.w, r, "code").n > 0);

	forget(&h);
	page = world_get(h.w, &h.b, arena_c(h.w->a, agent_authz_url(h.w, "")));
	h.w->now_s += h.w->idp->set.flow_ttl_s - 1;
	page = go(&h, type_password(h.w, &h.b, page, "alice", AGENT_PASSWORD));
	h.w->now_s += 600;
	page = go(&h, send_code(&h, page, shown(&h, 0)));
	assert_true(body_has(page, "depuis trop longtemps") && body_has(page, "qui vous a envoyé ici"));
	page = go(&h, type_password(h.w, &h.b, page, "alice", AGENT_PASSWORD));
	r = send_code(&h, page, shown(&h, 0));
	assert_true(r->status == 303 && location_param(h.w, r, "code").n > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_agent_enrols_an_application_with_the_printed_code_and_is_in),
		TEST(the_secret_is_sealed_at_rest_and_never_shown_again),
		TEST(nothing_is_written_before_a_right_code),
		TEST(a_printed_code_is_spent_by_the_factor_that_it_adds),
		TEST(what_a_printed_code_opened_ends_when_another_is_printed),
		TEST(ten_wrong_printed_codes_end_it),
		TEST(a_printed_code_ends_after_seven_days_and_is_of_one_agent),
		TEST(a_printed_code_cannot_add_to_who_has_a_factor),
		TEST(the_page_of_codes_leads_on_once),
		TEST(a_code_signs_in_once),
		TEST(an_application_that_cannot_be_read_does_not_shut_out_another),
		TEST(a_code_two_steps_away_is_refused),
		TEST(five_wrong_codes_and_one_has_to_wait),
		TEST(of_two_uses_at_once_one_wins),
		TEST(a_recovery_code_signs_in_once_in_any_order),
		TEST(a_recovery_code_is_of_one_agent),
		TEST(guesses_are_slowed_down),
		TEST(a_half_sign_in_is_of_one_tab_and_ten_minutes),
		TEST(what_was_asked_for_outlives_both_pages),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
