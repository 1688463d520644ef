/* What a service knows of its provider by OpenID: the discovery document and the keys, when they are asked for, and
 * which of them are not believed. */
#include "tests/unit/sp_world.h"

static void a_discovery_of_another_issuer_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { 0 };

	w->discovery_issuer = "https://evil.example";
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.provider.issuer");
}

#define DISCOVERY(authorize, jwks, logout) "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" authorize "\",\"token_endpoint\":" \
	"\"" ISSUER "/token\",\"jwks_uri\":\"" jwks "\"" logout "}"

static void a_discovery_of_another_shape_is_refused(void **state)
{
	static const char *const bodies[] = {
		"<html>", "", "[]x",
		DISCOVERY("", ISSUER "/jwks", ""),
		DISCOVERY("http://compte.ville.example/authorize", ISSUER "/jwks", ""),
		DISCOVERY("javascript:alert(1)", ISSUER "/jwks", ""),
		DISCOVERY(ISSUER "/authorize", "", ""),
		DISCOVERY(ISSUER "/authorize", ISSUER "/jwks#here", ""),
		DISCOVERY(ISSUER "/authorize", ISSUER "/jwks", ",\"end_session_endpoint\":\"file:///logout\""),
	};
	struct world *w = *state;
	struct sp_login_options o = { 0 };
	int64_t t = NOON;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++, t += 10) {
		w->discovery_body = bodies[i];
		struct sp_result r = sp_login_start(w->sp, w->s, &o, t, &w->login);
		if (r.kind == SP_OK || strcmp(r.slug, "sp.provider.metadata") != 0)
			fail_msg("%s: got %s", bodies[i], r.kind == SP_OK ? "accepted" : r.slug);
	}
	w->discovery_body = NULL;
	w->discovery_status = 404;
	assert_refused(sp_login_start(w->sp, w->s, &o, t, &w->login), "sp.provider.error");
}

static void an_answer_longer_than_we_read_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { 0 };
	struct sp_identity id;
	char *longer = calloc(1, SP_RESPONSE_MAX + 2);

	/* A key set of blanks is as good as the fake reader's other ones: what refuses it is its length. */
	memset(longer, ' ', SP_RESPONSE_MAX + 1);
	start(w);
	w->jwks_body = "";
	assert_refused(finish(w, &id), "sp.provider.jwks");
	start(w);
	w->jwks_body = longer + SP_RESPONSE_MAX / 2;
	assert_refused(sp_login_finish(w->sp, w->s, good_query(w), w->login.cookie.value, NOON + 65, &id), "sp.provider.jwks");
	w->discovery_body = longer;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 90, &w->login), "sp.provider.size");
	free(longer);
}

static void without_an_address_for_it_nobody_is_sent_to_sign_out(void **state)
{
	struct world *w = *state;
	struct sp_identity id = { .id_token = "a.b.c" };
	const char *url = NULL;

	w->discovery_body = DISCOVERY(ISSUER "/authorize", ISSUER "/jwks", "");
	assert_refused(sp_logout_url(w->sp, w->s, &id, NULL, "fr", NOON, &url), "sp.provider.metadata");
	assert_null(url);
}

static void a_provider_that_is_down_is_not_stormed(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { 0 };

	w->provider_down = true;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.provider.down");
	w->provider_down = false;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 1, &w->login), "sp.provider.down");
	assert_int_equal(w->discovery_calls, 0);
	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON + 2, &w->login).kind, SP_OK);
	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON + 3, &w->login).kind, SP_OK);
	assert_int_equal(w->discovery_calls, 1);
	/* A service that knows the provider notices that it went away. */
	w->provider_down = true;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 6, &w->login), "sp.provider.down");
}

static void a_flood_of_unknown_keys_asks_for_the_set_once_a_minute(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	w->check_slug = "jose.key";
	for (int i = 0; i < 50; i++) {
		start(w);
		assert_refused(finish(w, &id), "sp.token.signature");
	}
	assert_int_equal(w->jwks_calls, 1);
	start(w);
	assert_refused(sp_login_finish(w->sp, w->s, good_query(w), w->login.cookie.value, NOON + 65, &id), "sp.token.signature");
	assert_int_equal(w->jwks_calls, 2);
}

static void a_key_set_that_does_not_come_is_asked_for_once_a_second(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	w->jwks_body = "";
	start(w);
	assert_refused(finish(w, &id), "sp.provider.jwks");
	w->jwks_body = NULL;
	start(w);
	assert_refused(finish(w, &id), "sp.provider.down");
	assert_int_equal(w->jwks_calls, 1);
	start(w);
	assert_int_equal(sp_login_finish(w->sp, w->s, good_query(w), w->login.cookie.value, NOON + 6, &id).kind, SP_OK);
}

/* Nothing is known of the token then: a refusal would be a wrong answer to the citizen, and a lost word of logout. */
static void keys_that_are_too_old_and_do_not_come_are_an_outage(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	int64_t later = NOON + 3700;

	start(w);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	w->jwks_body = "";
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", later), "sp.provider.jwks");
	w->jwks_body = NULL;
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", later), "sp.provider.down");
	assert_int_equal(w->jwks_calls, 2);
	assert_refused(sp_backchannel_logout(w->sp, w->s, "l.o.t", later + 1), "sp.logout.typ");
}

static void a_new_key_of_the_provider_is_learnt(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	start(w);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	w->check_slug = "jose.key";
	w->check_refuse_n = 2;              /* the second check of all is the first with the old set */
	start(w);
	set(w, "iat", SP_NUMBER, NULL, NOON + 90);
	assert_int_equal(sp_login_finish(w->sp, w->s, good_query(w), w->login.cookie.value, NOON + 90, &id).kind, SP_OK);
	assert_int_equal(w->jwks_calls, 2);
}

static void *start_in_a_thread(void *arg)
{
	struct world *w = arg;
	struct sp_scope *s = sp_scope_create();
	struct sp_login_options o = { 0 };
	struct sp_login login;
	struct sp_result r = sp_login_start(w->sp, s, &o, NOON + 10, &login);

	sp_scope_destroy(s);
	return r.kind == SP_OK ? w : NULL;
}

static void nobody_waits_for_whoever_asks_after_an_outage(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { 0 };
	pthread_barrier_t hang;
	pthread_t t;
	void *went_well = NULL;

	w->provider_down = true;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.provider.down");
	w->provider_down = false;
	pthread_barrier_init(&hang, NULL, 2);
	w->hang = &hang;
	assert_int_equal(pthread_create(&t, NULL, start_in_a_thread, w), 0);
	pthread_barrier_wait(&hang);       /* it is asking now */
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 10, &w->login), "sp.provider.down");
	pthread_barrier_wait(&hang);
	pthread_join(t, &went_well);
	assert_non_null(went_well);
	w->hang = NULL;
	pthread_barrier_destroy(&hang);
}

static void a_provider_that_hangs_holds_one_thread_alone(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { 0 };
	pthread_barrier_t hang;
	pthread_t t;
	void *went_well = NULL;

	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON, &w->login).kind, SP_OK);
	pthread_barrier_init(&hang, NULL, 2);
	w->hang = &hang;
	assert_int_equal(pthread_create(&t, NULL, start_in_a_thread, w), 0);
	pthread_barrier_wait(&hang);       /* it is asking now */
	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON + 10, &w->login).kind, SP_OK);
	pthread_barrier_wait(&hang);
	pthread_join(t, &went_well);
	assert_non_null(went_well);
	assert_int_equal(w->discovery_calls, 2);
	w->hang = NULL;
	pthread_barrier_destroy(&hang);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_discovery_of_another_issuer_is_refused), T(a_discovery_of_another_shape_is_refused),
		T(an_answer_longer_than_we_read_is_refused),
		T(without_an_address_for_it_nobody_is_sent_to_sign_out), T(a_provider_that_is_down_is_not_stormed),
		T(nobody_waits_for_whoever_asks_after_an_outage), T(a_provider_that_hangs_holds_one_thread_alone),
		T(a_key_set_that_does_not_come_is_asked_for_once_a_second), T(a_flood_of_unknown_keys_asks_for_the_set_once_a_minute),
		T(keys_that_are_too_old_and_do_not_come_are_an_outage), T(a_new_key_of_the_provider_is_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
