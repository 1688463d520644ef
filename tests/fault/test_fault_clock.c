/* test_fault_clock.c - the wall clock stepped forwards and backwards under a running identity provider: what
 * was used up stays used up, nobody is locked out for longer than before, and nothing crashes. */
#include "tests/unit/idp_world.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

struct walk { struct browser b; struct str code, id_token, at, rt; };

static void step(struct world *w, int64_t by_s)
{
	w->now_s += by_s;
	idp_tick(w->idp, w->now_s);
}

static int refresh(struct world *w, struct walk *k)
{
	struct http_resp *r = world_call(w, "/oidc/token", basic(w, "elections", w->secret),
		fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(k->rt)));

	if (r->status == 200)
		k->rt = json_text(w, r->body, "refresh_token");
	return r->status;
}

static void take(struct world *w, struct walk *k)
{
	struct http_resp *r;

	*k = (struct walk){ .code = STR_NONE };
	k->code = get_code(w, &k->b, "");
	r = redeem(w, k->code);
	assert_int_equal(r->status, 200);
	k->id_token = json_text(w, r->body, "id_token");
	k->at = json_text(w, r->body, "access_token");
	k->rt = json_text(w, r->body, "refresh_token");
}

static bool is_signed_in(struct world *w, struct walk *k)
{
	struct http_resp *r = world_get(w, &k->b, arena_c(w->a, authz_url(w, "&prompt=none")));

	assert_int_equal(r->status, 303);
	return location_param(w, r, "code").n > 0;
}

static int ask_claims(struct world *w, struct walk *k)
{
	return world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(k->at)))->status;
}

static const int64_t steps[] = { 1, 59, 61, HOUR_S, DAY_S, 40 * DAY_S, -1, -59, -61, -HOUR_S, -DAY_S, -40 * DAY_S };

static void a_redeemed_code_is_never_redeemed_again(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct walk k;

		take(w, &k);
		step(w, steps[i]);
		assert_int_equal(redeem(w, k.code)->status, 400);
		step(w, -steps[i]);
		assert_int_equal(redeem(w, k.code)->status, 400);
	}
}

static void a_rotated_token_is_never_good_again(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct walk k, old;

		take(w, &k);
		old = k;
		assert_int_equal(refresh(w, &k), 200);
		step(w, steps[i]);
		assert_int_equal(refresh(w, &old), 400);
		step(w, -steps[i]);
		assert_int_equal(refresh(w, &old), 400);
	}
}

static void a_session_that_ended_does_not_come_back(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct walk k;

		take(w, &k);
		assert_int_equal(world_get(w, &k.b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT, STR_ARG(k.id_token))))->status, 200);
		w->fetch_n = 0;
		step(w, steps[i]);
		assert_false(is_signed_in(w, &k));
		assert_int_equal(ask_claims(w, &k), 401);
		step(w, -steps[i]);
		assert_false(is_signed_in(w, &k));
		assert_int_equal(ask_claims(w, &k), 401);
		w->fetch_n = 0;
	}
}

static void whoever_comes_after_a_step_signs_in_as_always(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct walk before, after;

		take(w, &before);
		step(w, steps[i]);
		take(w, &after);
		assert_true(is_signed_in(w, &after));
		assert_int_equal(ask_claims(w, &after), 200);
		assert_int_equal(refresh(w, &after), 200);
		/* Whoever was there before is served or asked again, never an error. */
		assert_true(ask_claims(w, &before) == 200 || ask_claims(w, &before) == 401);
		(void)is_signed_in(w, &before);
		step(w, -steps[i]);
	}
}

static int type_wrong(struct world *w, const char *source)
{
	struct browser b = { .source = str_from_c(source) };
	struct http_resp *r = world_get(w, &b, arena_c(w->a, authz_url(w, "")));

	return sign_in(w, &b, r, EMAIL, "pas celui-la du tout")->status;
}

/* A wait that began before the clock went back lasts no longer than one that begins now: at most two hours. */
static void a_step_backwards_locks_nobody_out(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 8; i++)
		(void)type_wrong(w, "192.0.2.7");
	assert_int_equal(type_wrong(w, "192.0.2.7"), 429);
	step(w, -40 * DAY_S);
	step(w, 2 * HOUR_S + 1);
	assert_int_equal(type_wrong(w, "192.0.2.8"), 422);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_redeemed_code_is_never_redeemed_again),
		T(a_rotated_token_is_never_good_again),
		T(a_session_that_ended_does_not_come_back),
		T(whoever_comes_after_a_step_signs_in_as_always),
		T(a_step_backwards_locks_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
