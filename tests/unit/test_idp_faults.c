/* test_idp_faults.c - a helper that is gone at the worst moment, a store that cannot write, many at
 * once: one clear answer each time, nothing half-written, and the same request works afterwards. */
#include "tests/unit/idp_world.h"
#include "base/clock.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

static int64_t rows(struct world *w)
{
	return count_rows(w, "SELECT (SELECT COUNT(*) FROM session) + 100 * (SELECT COUNT(*) FROM grant_) + 10000 * (SELECT COUNT(*) FROM participant)"
		" + 1000000 * (SELECT COUNT(*) FROM logout_queue)");
}

struct walk { struct browser b; int step; struct str code, id_token, at; };

/* One step of the main way; each can be asked for again. The status says whether it was taken. */
static int take(struct world *w, struct walk *k)
{
	struct http_resp *r;
	struct str flow;

	switch (k->step) {
	case 0:
		r = world_get(w, &k->b, arena_c(w->a, authz_url(w, "")));
		if (r->status == 200)
			r = sign_in(w, &k->b, r, EMAIL, PASSWORD);
		return r->status;
	case 1:
		r = world_get(w, &k->b, arena_c(w->a, authz_url(w, "")));
		flow = r->status == 200 ? hidden(w, r, "flow") : STR_NONE;
		if (flow.n)
			r = world_post(w, &k->b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow)));
		k->code = location_param(w, r, "code");
		return r->status;
	case 2:
		r = redeem(w, k->code);
		k->id_token = json_text(w, r->body, "id_token");
		k->at = json_text(w, r->body, "access_token");
		return r->status;
	case 3:
		r = world_get(w, &k->b, arena_c(w->a, authz_url(w, arena_c(w->a, fmt(w, "&prompt=none&id_token_hint=" STR_FMT, STR_ARG(k->id_token))))));
		return r->status;
	case 4:
		return world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(k->at)))->status;
	default:
		return world_get(w, &k->b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT "&post_logout_redirect_uri=https://elections.ville.test/fin",
			STR_ARG(k->id_token))))->status;
	}
}

static void a_helper_that_is_gone_costs_one_step_and_nothing_else(void **state)
{
	static const int good[] = { 303, 303, 200, 303, 200, 303 };
	struct world *w = *state;

	for (uint64_t n = 1; n < 12; n++) {
		struct walk k = { 0 };
		bool fell = false;

		w->fetch_n = 0;
		w->fail_at = n;
		for (k.step = 0; k.step < 6; k.step++) {
			int64_t before = rows(w);
			int status = take(w, &k);

			if (status == good[k.step])
				continue;
			fell = true;
			if (status != 503 || rows(w) != before)
				fail_msg("question %d, step %d: %d", (int)n, k.step, status);
			assert_int_equal(w->fail_at, 0);
			assert_int_equal(take(w, &k), good[k.step]);
		}
		if (!fell && w->fail_at) {
			assert_true(n > 4);
			return;         /* nobody was asked so often */
		}
		/* A word of logout that was not brought is still there. */
		while (count_rows(w, "SELECT COUNT(*) FROM logout_queue")) {
			w->now_s += 10;
			idp_tick(w->idp, w->now_s);
		}
		assert_int_equal(w->fetch_n, 1);
	}
}

static void a_store_that_cannot_write_is_said_so_and_loses_nothing(void **state)
{
	struct world *w = *state;
	struct walk k = { 0 };
	sqlite3 *other = NULL;

	assert_int_equal(sqlite3_open(arena_c(w->a, fmt(w, "%s/idp.db", w->dir)), &other), SQLITE_OK);
	for (k.step = 0; k.step < 3; k.step++) {
		assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(take(w, &k), 503);
		assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(take(w, &k), k.step == 2 ? 200 : 303);
	}
	sqlite3_close(other);
}

static struct str many(struct world *w, const char *before, char c, size_t n)
{
	size_t k = strlen(before);
	char *p = arena_alloc(w->a, k + n);

	memcpy(p, before, k);
	memset(p + k, c, n);
	return (struct str){ p, k + n };
}

/* An arena's ceiling stops the process: nothing that a stranger sizes may come near it. */
static void no_size_of_input_stops_the_process(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	static const char *const gets[] = { "/oidc/authorize?", "/oidc/logout?", "/information?", "/connexion?", "/?" };
	static const char *const names[] = { "x", "client_id", "state", "nonce", "scope", "login_hint", "id_token_hint", "flow", "post_logout_redirect_uri", "ui_locales", "acr_values", "claims" };

	(void)get_code(w, &b, "");
	for (size_t g = 0; g < sizeof gets / sizeof *gets; g++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			for (size_t n = 500; n < 40000; n *= 4) {
				struct str good = authz_url(w, "");
				const char *url = arena_c(w->a, fmt(w, "%s%s=", gets[g], names[i]));

				assert_true(world_get(w, &b, arena_c(w->a, many(w, url, '~', n)))->status < 500);
				if (!g && strcmp(names[i], "state") && strcmp(names[i], "nonce") && strcmp(names[i], "scope") && strcmp(names[i], "client_id"))
					assert_true(world_get(w, &b, arena_c(w->a, many(w, arena_c(w->a, fmt(w, STR_FMT "&%s=", STR_ARG(good), names[i])), '~', n)))->status < 500);
			}
	for (size_t n = 500; n < 32700; n *= 2) {
		assert_true(world_post(w, &b, "/connexion", many(w, "identifiant=a&mot-de-passe=b&flow=", '"', n))->status < 500);
		assert_true(world_post(w, &b, "/information", many(w, "reponse=continuer&flow=", '"', n))->status < 500);
		assert_true(world_post(w, &b, "/deconnexion", many(w, "flow=a&csrf=", '"', n))->status < 500);
		if (n > 16000)
			continue;
		assert_true(world_post(w, &b, "/oidc/authorize", many(w, "x=", '"', n))->status < 500);
		assert_true(world_post(w, &b, "/oidc/logout", many(w, "x=", '"', n))->status < 500);
		assert_true(world_call(w, "/oidc/token", basic(w, "elections", w->secret), many(w, "grant_type=authorization_code&code=ville_ac_", 'A', n))->status < 500);
		assert_true(world_call(w, "/oidc/token", STR_NONE, many(w, "client_id=", 'A', n))->status < 500);
		assert_true(world_call(w, "/oidc/introspect", basic(w, "elections", w->secret), many(w, "token=ville_at_", 'A', n))->status < 500);
		assert_true(world_get_as(w, "/oidc/userinfo", many(w, "Bearer ville_at_", 'A', n))->status < 500);
		assert_true(world_get_as(w, "/oidc/userinfo", many(w, "Basic ", 'A', n))->status < 500);
	}
}

/* ---- many at once ---- */

enum { CLIENTS = 64 };
struct race { struct world *w; struct str authorization, form; atomic_int wins, losses; pthread_barrier_t start; };

static void *redeem_at_once(void *arg)
{
	struct race *race = arg;
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct http_pair header = { STR("authorization"), race->authorization };
	struct http_req req = { .arena = a, .now_s = race->w->now_s, .deadline_ms = clock_mono_ms() + 5000, .id = STR("race"),
		.source = STR("192.0.2.1"), .method = HTTP_POST, .path = STR("/oidc/token"), .headers = { &header, 1 } };
	struct http_resp *r;

	if (failed(http_parse_pairs(a, race->form, 64, STR_NONE, &req.form)))
		return NULL;
	pthread_barrier_wait(&race->start);
	r = engine_answer(race->w->idp->engine, &req);
	atomic_fetch_add(r->status == 200 ? &race->wins : &race->losses, r->status == 200 || r->status == 400);
	return NULL;
}

static struct race run_race(struct world *w, struct str form)
{
	struct race race = { .w = w, .authorization = basic(w, "elections", w->secret), .form = form };
	pthread_t t[CLIENTS];

	pthread_barrier_init(&race.start, NULL, CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, redeem_at_once, &race), 0);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&race.start);
	return race;
}

static void of_64_that_redeem_one_code_exactly_one_wins(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct race race = run_race(w, code_form(w, get_code(w, &b, ""), REDIRECT, VERIFIER));

	assert_int_equal(race.wins, 1);
	assert_int_equal(race.losses, CLIENTS - 1);
	/* O13: and what it got is revoked, since somebody else holds the code as well */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_ WHERE revoked_s > 0"), 1);
}

static void of_64_that_refresh_one_token_at_most_one_wins(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str rt = json_text(w, redeem(w, get_code(w, &b, ""))->body, "refresh_token");
	struct race race = run_race(w, fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(rt)));

	assert_in_range(race.wins, 0, 1);
	assert_int_equal(race.wins + race.losses, CLIENTS);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_helper_that_is_gone_costs_one_step_and_nothing_else),
		T(a_store_that_cannot_write_is_said_so_and_loses_nothing),
		T(no_size_of_input_stops_the_process),
		T(of_64_that_redeem_one_code_exactly_one_wins),
		T(of_64_that_refresh_one_token_at_most_one_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
