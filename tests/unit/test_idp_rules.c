/* test_idp_rules.c - the decisions of idp/ that need nothing but facts and now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "idp/account/account.h"
#include "wire/http/http.h"
#include "idp/authn/throttle.h"
#include "idp/oidc/token_rules.h"
#include "idp/policy/may_issue.h"
#include "idp/policy/release.h"
#include "idp/session/logout.h"
#include "idp/session/session_rules.h"
#include "wire/oidc/oidc.h"

#define NOON 1800000000

static void only_addresses_that_can_be_trusted_are_registered(void **state)
{
	static const struct { const char *uri, *slug; } cases[] = {
		{ "https://a.example", NULL }, { "https://a.example/", NULL }, { "https://a.example:8443/x?y=z", NULL },
		{ "http://127.0.0.1:1/x", NULL }, { "http://[::1]/", NULL }, { "http://localhost:3000/cb", NULL }, { "http://a.localhost/", NULL },
		{ "", "oidc.uri.bytes" }, { "https", "oidc.uri.scheme" }, { "https:/a.example", "oidc.uri.scheme" }, { "HTTPS://a.example", "oidc.uri.scheme" },
		{ "http://a.example", "oidc.uri.scheme" }, { "http://127.0.0.2/", "oidc.uri.scheme" }, { "http://localhost.evil.example/", "oidc.uri.scheme" },
		{ "http://.localhost/", "oidc.uri.scheme" }, { "http://localhost@evil.example/", "oidc.uri.userinfo" },
		{ "https://a.example/#", "oidc.uri.fragment" }, { "https://*/", "oidc.uri.wildcard" }, { "https://a:b@c.example/", "oidc.uri.userinfo" },
		{ "https:///x", "oidc.uri.host" }, { "https://a..b./", "oidc.uri.host" }, { "https://a_b.example/", "oidc.uri.host" },
		{ "https://[::2]/", "oidc.uri.host" }, { "https://[::1", "oidc.uri.scheme" }, { "https://a.example:/x", "oidc.uri.host" },
		{ "https://a.example:80x/", "oidc.uri.host" }, { "https://a.example/\xc3\xa9", "oidc.uri.bytes" }, { "https://a.example/ b", "oidc.uri.bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = oidc_uri_check(str_from_c(cases[i].uri));

		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && strcmp(e.slug, cases[i].slug) != 0))
			fail_msg("%s: %s", cases[i].uri, failed(e) ? e.slug : "accepted");
	}
	assert_true(str_eq_c(oidc_uri_origin(STR("https://a.example:8443/x?y")), "https://a.example:8443"));
}

static void only_the_port_of_a_loopback_literal_may_vary(void **state)
{
	(void)state;
	assert_true(oidc_uri_matches(STR("http://127.0.0.1:1/cb"), STR("http://127.0.0.1:2/cb"), true));
	assert_true(oidc_uri_matches(STR("http://[::1]/cb"), STR("http://[::1]:2/cb"), true));
	assert_false(oidc_uri_matches(STR("http://127.0.0.1:1/cb"), STR("http://127.0.0.1:2/cb"), false));
	assert_false(oidc_uri_matches(STR("http://127.0.0.1:1/cb"), STR("http://127.0.0.1:2/cc"), true));
	assert_false(oidc_uri_matches(STR("http://127.0.0.1:1/cb"), STR("http://127.0.0.1:2@evil.example/cb"), true));
	assert_false(oidc_uri_matches(STR("http://127.0.0.1:1/cb"), STR("https://127.0.0.1:2/cb"), true));
	assert_false(oidc_uri_matches(STR("http://localhost:1/cb"), STR("http://localhost:2/cb"), true));
	assert_false(oidc_uri_matches(STR("https://a.example:1/cb"), STR("https://a.example:2/cb"), true));
}

static void at_most_25_guesses_a_day_and_each_wait_passes(void **state)
{
	struct throttle_state s = { 0 };
	int tries = 0;

	(void)state;
	for (int64_t t = NOON; t < NOON + 86400; t++)
		if (throttle_wait_s(&s, DOOR_IDENTIFIER, false, t) == 0) {
			s = throttle_after(s, DOOR_IDENTIFIER, false, t);
			tries++;
		}
	assert_in_range(tries, 10, 25);
	assert_int_equal(throttle_wait_s(&s, DOOR_IDENTIFIER, false, s.last_failure_s + 7200), 0);
	s = throttle_after(s, DOOR_IDENTIFIER, true, NOON + 200000);
	assert_int_equal(s.failures, 0);
}

/* As many at once as are let in, whenever some are: still no more. */
static void guessing_side_by_side_gains_nothing(void **state)
{
	struct throttle_state s = { 0 };
	int tries = 0;

	(void)state;
	for (int64_t t = NOON; t < NOON + 86400; t++)
		for (bool more = true; more || s.in_flight;) {
			more = throttle_wait_s(&s, DOOR_IDENTIFIER, false, t) == 0;
			if (more) {
				s.in_flight++;
				tries++;
			} else if (s.in_flight) {
				s.in_flight--;
				s = throttle_after(s, DOOR_IDENTIFIER, false, t);
			}
		}
	assert_in_range(tries, 10, 25);
}

static void five_failures_cost_more_than_a_minute_and_four_nothing(void **state)
{
	struct throttle_state s = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(throttle_wait_s(&s, DOOR_IDENTIFIER, false, NOON), 0);
		s = throttle_after(s, DOOR_IDENTIFIER, false, NOON);
	}
	assert_true(throttle_wait_s(&s, DOOR_IDENTIFIER, false, NOON) > 60);
	assert_true(throttle_wait_s(&s, DOOR_IDENTIFIER, false, NOON + 60) > 0);
	assert_int_equal(throttle_wait_s(&s, DOOR_IDENTIFIER, false, NOON + 64), 0);
	/* one at a time from here on */
	s.in_flight = 1;
	assert_true(throttle_wait_s(&s, DOOR_IDENTIFIER, false, NOON + 64) > 0);
	/* a day of peace forgets */
	s.in_flight = 0;
	s = throttle_after(s, DOOR_IDENTIFIER, false, NOON + 90000);
	assert_int_equal(s.failures, 1);
}

static void one_address_may_not_try_everybodys_password(void **state)
{
	struct throttle *t = throttle_create(4096, 32);
	int64_t wait = 0;
	int admitted = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[16];
		struct throttle_keys k = { { name, 0 }, STR("source"), false };

		k.identifier.n = (size_t)snprintf(name, sizeof name, "n%d", i);
		if (failed(throttle_admit(t, &k, NOON, &wait)))
			continue;
		admitted++;
		throttle_tell(t, &k, THROTTLE_FAILURE, NOON);
	}
	assert_int_equal(admitted, 60);
	assert_true(wait > 0);
	struct throttle_keys k = { STR("n1"), STR("source"), false }, other = { STR("n1"), STR("elsewhere"), false };
	assert_false(failed(throttle_admit(t, &other, NOON, &wait)));
	throttle_tell(t, &other, THROTTLE_UNKNOWN, NOON);
	assert_false(failed(throttle_admit(t, &k, NOON + 6, &wait)));
	throttle_destroy(t);
}

/* Admit n attempts, each of its own identifier and source, and leave them waiting. */
static size_t crowd(struct throttle *t, size_t n, bool device_known)
{
	size_t admitted = 0;
	int64_t wait;

	for (size_t i = 0; i < n; i++) {
		char name[16];
		struct throttle_keys k = { { name, 0 }, { name, 0 }, device_known };

		k.identifier.n = k.source.n = (size_t)snprintf(name, sizeof name, "%s%zu", device_known ? "k" : "s", i);
		admitted += !failed(throttle_admit(t, &k, NOON, &wait));
	}
	return admitted;
}

static void a_crowded_house_makes_those_wait_who_have_failed_before(void **state)
{
	struct throttle *t = throttle_create(4096, 32);
	struct throttle_keys flood = { STR("nobody"), STR("flood"), false }, honest = { STR("jeanne"), STR("home"), false };
	int64_t wait = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(failed(throttle_admit(t, &flood, NOON, &wait)));
		throttle_tell(t, &flood, THROTTLE_FAILURE, NOON);
	}
	assert_int_equal(crowd(t, 9, false), 9);
	assert_string_equal(throttle_admit(t, &flood, NOON, &wait).slug, "throttle.source");
	assert_true(wait > 0);
	assert_false(failed(throttle_admit(t, &honest, NOON, &wait)));
	throttle_destroy(t);
}

/* Each of a few hundred sources fails once in ten seconds: often enough together to fill the house. */
static void seldom_is_often_when_many_do_it(void **state)
{
	struct throttle_state s = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(throttle_wait_s(&s, DOOR_SOURCE, true, NOON + i * 10), 0);
		s = throttle_after(s, DOOR_SOURCE, false, NOON + i * 10);
	}
	assert_int_equal(throttle_wait_s(&s, DOOR_SOURCE, true, NOON + 20), 50);
	assert_int_equal(throttle_wait_s(&s, DOOR_SOURCE, false, NOON + 20), 0);
	assert_int_equal(throttle_wait_s(&s, DOOR_SOURCE, true, NOON + 70), 0);
	/* after five minutes of peace it may mistype again */
	s = throttle_after(s, DOOR_SOURCE, false, NOON + 330);
	assert_int_equal(throttle_wait_s(&s, DOOR_SOURCE, true, NOON + 331), 0);
}

/* 24 places are for strangers; those who have failed lately get 16 of them. */
static void who_has_failed_lately_leaves_room_for_who_comes_new(void **state)
{
	struct throttle *t = throttle_create(4096, 32);
	int64_t wait = 0;

	(void)state;
	for (size_t i = 0; i < 24; i++) {
		char name[16];
		struct throttle_keys k = { { name, 0 }, { name, 0 }, false };

		k.identifier.n = k.source.n = (size_t)snprintf(name, sizeof name, "s%zu", i);
		assert_false(failed(throttle_admit(t, &k, NOON, &wait)));
		throttle_tell(t, &k, THROTTLE_FAILURE, NOON);
	}
	struct throttle_keys again = { STR("s20"), STR("s20"), false }, known = { STR("s20"), STR("s20"), true };
	struct throttle_keys fresh = { STR("jeanne"), STR("home"), false };
	assert_int_equal(crowd(t, 24, false), 16);
	assert_string_equal(throttle_admit(t, &again, NOON, &wait).slug, "throttle.house");
	assert_false(failed(throttle_admit(t, &known, NOON, &wait)));
	for (int i = 17; i < 24; i++)
		assert_false(failed(throttle_admit(t, &fresh, NOON, &wait)));
	assert_string_equal(throttle_admit(t, &fresh, NOON, &wait).slug, "throttle.house");
	throttle_destroy(t);
}

static void a_full_house_says_so_and_keeps_its_last_places_for_known_devices(void **state)
{
	struct throttle *t = throttle_create(4096, 32);
	struct throttle_keys late = { STR("late"), STR("late"), false };
	int64_t wait = 0;

	(void)state;
	assert_int_equal(crowd(t, 100, false), 24);
	assert_string_equal(throttle_admit(t, &late, NOON, &wait).slug, "throttle.house");
	assert_true(wait > 0);
	assert_int_equal(crowd(t, 100, true), 8);
	throttle_destroy(t);
}

static void a_place_is_free_again_once_the_outcome_is_known(void **state)
{
	struct throttle *t = throttle_create(4096, 1);
	struct throttle_keys k = { STR("jeanne"), STR("home"), false };
	int64_t wait = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(failed(throttle_admit(t, &k, NOON, &wait)));
		assert_true(failed(throttle_admit(t, &k, NOON, &wait)));
		throttle_tell(t, &k, THROTTLE_SUCCESS, NOON);
	}
	throttle_destroy(t);
}

static void many_honest_logins_at_once_are_no_attack(void **state)
{
	struct throttle *t = throttle_create(64, 32);
	struct throttle_keys k = { STR("jeanne"), STR("here"), false };
	int64_t wait = 0;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_false(failed(throttle_admit(t, &k, NOON, &wait)));
	for (int i = 0; i < 8; i++)
		throttle_tell(t, &k, THROTTLE_SUCCESS, NOON);
	for (int i = 0; i < 12; i++)
		assert_false(failed(throttle_admit(t, &k, NOON, &wait)));
	assert_true(failed(throttle_admit(t, &k, NOON, &wait)));
	throttle_destroy(t);
}

static void a_flood_of_names_forgets_nobody_in_flight(void **state)
{
	struct throttle *t = throttle_create(16, 32);
	struct throttle_keys busy = { STR("busy"), STR("b"), false };
	int64_t wait = 0;

	(void)state;
	assert_false(failed(throttle_admit(t, &busy, NOON, &wait)));
	for (int i = 0; i < 5000; i++) {
		char name[16];
		struct throttle_keys k = { { name, 0 }, { name, 0 }, false };

		k.identifier.n = k.source.n = (size_t)snprintf(name, sizeof name, "n%d", i);
		if (!failed(throttle_admit(t, &k, NOON, &wait)))
			throttle_tell(t, &k, THROTTLE_FAILURE, NOON);
	}
	throttle_tell(t, &busy, THROTTLE_SUCCESS, NOON);
	throttle_destroy(t);
}

static void an_ipv6_subscriber_is_one_source(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);

	(void)state;
	assert_true(str_eq(http_source_key(a, STR("2001:db8:1:2::1")), http_source_key(a, STR("2001:db8:1:2:ffff::9"))));
	assert_false(str_eq(http_source_key(a, STR("2001:db8:1:2::1")), http_source_key(a, STR("2001:db8:1:3::1"))));
	assert_true(str_eq(http_source_key(a, STR("192.0.2.1")), STR("192.0.2.1")));
	assert_false(str_eq(http_source_key(a, STR("::ffff:192.0.2.1")), http_source_key(a, STR("::ffff:192.0.2.2"))));
}

static void the_policy_says_no_in_order(void **state)
{
	struct partner p = { .enabled = true, .acr_min = STR("f1"), .release = RELEASE_INFORM };
	const struct policy_ask good = { .partner = &p, .session_live = true, .account_active = true, .auth_time_s = NOON - 100, .acr = STR("f1"),
		.names = STR("email"), .noticed = STR("email name"), .was_noticed = true, .max_age_s = -1, .asked_at_s = INT64_MAX, .now_s = NOON };
	struct policy_ask k = good;

	(void)state;
#define SAYS(what) do { assert_int_equal(policy_may_issue(&k).answer, (what)); k = good; } while (0)
	SAYS(POLICY_ISSUE);
	k.partner = NULL; SAYS(POLICY_REFUSE);
	p.enabled = false; SAYS(POLICY_REFUSE); p.enabled = true;
	p.acr_min = STR("f2"); SAYS(POLICY_REFUSE); p.acr_min = STR("f1");
	k.acr_values = STR("f2"); SAYS(POLICY_REFUSE);
	k.acr_values = STR("f2 other"); SAYS(POLICY_ISSUE);
	k.session_live = false; SAYS(POLICY_SIGN_IN);
	k.account_active = false; SAYS(POLICY_SIGN_IN);
	k.wants_login = true; SAYS(POLICY_SIGN_IN);
	k.wants_login = true; k.asked_at_s = NOON - 100; SAYS(POLICY_ISSUE);
	k.max_age_s = 99; SAYS(POLICY_SIGN_IN);
	k.max_age_s = 100; SAYS(POLICY_ISSUE);
	k.max_age_s = 0; SAYS(POLICY_SIGN_IN);
	k.names = STR("email birthdate"); SAYS(POLICY_NOTICE);
	k.was_noticed = false; SAYS(POLICY_NOTICE);
	k.names = STR_NONE; k.was_noticed = false; SAYS(POLICY_NOTICE);
	k.was_noticed = false; k.answered = true; SAYS(POLICY_ISSUE);
	k.wants_consent = true; SAYS(POLICY_CONSENT);
	k.wants_consent = true; k.answered = true; SAYS(POLICY_ISSUE);
	p.release = RELEASE_CONSENT; k.was_noticed = false; SAYS(POLICY_CONSENT);
	p.release = RELEASE_NONE; k.was_noticed = false; SAYS(POLICY_ISSUE);
	k.redeeming = true; SAYS(POLICY_ISSUE);
	k.redeeming = true; k.session_live = false; SAYS(POLICY_REFUSE);
	k.redeeming = true; k.session_live = false; k.offline = true; SAYS(POLICY_ISSUE);
	k.redeeming = true; k.offline = true; k.account_active = false; SAYS(POLICY_REFUSE);
}

static void a_service_gets_what_is_registered_and_asked_and_known(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct partner p = { .attributes = STR("email birthdate given_name"), .release = RELEASE_INFORM };
	struct account c = { .given_name = STR("Jeanne"), .family_name = STR("Moreau"), .email = STR("j@m.fr"), .identity_level = STR("declared") };
	struct release r;

	(void)state;
	policy_release(a, &p, STR("openid profile email"), &c, 0, &r);
	assert_true(str_eq_c(r.names, "given_name email"));            /* no birth date is known */
	assert_int_equal(r.n, 3);                                      /* email_verified rides along */
	policy_release(a, &p, STR("openid profile"), &c, 0, &r);
	assert_true(str_eq_c(r.names, "given_name"));
	policy_release(a, &p, STR("openid"), &c, 0, &r);
	assert_int_equal(r.n, 0);
	policy_release(a, &p, STR_NONE, &c, 0, &r);
	assert_true(str_eq_c(r.names, "given_name email"));
	p.attributes = STR_NONE;
	policy_release(a, &p, STR("openid profile email"), &c, 0, &r);
	assert_int_equal(r.n, 0);
}

static void one_address_has_one_spelling(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	static const char *const bad[] = { "", "a", "@b.fr", "a@", "a@b@c.fr", "a b@c.fr", "a@b.fr,c@d.fr", "a@b.fr;c", "\xc4\xb1@b.fr", "a@\xc5\xbf.fr", "a\n@b.fr" };
	struct str s = STR_NONE;

	(void)state;
	assert_false(failed(account_email_normalise(a, STR(" Jeanne.MOREAU@Exemple.FR "), &s)));
	assert_true(str_eq_c(s, "jeanne.moreau@exemple.fr"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!failed(account_email_normalise(a, str_from_c(bad[i]), &s)))
			fail_msg("%s accepted", bad[i]);
}

static void a_refresh_token_is_its_clients_until_its_last_second(void **state)
{
	struct oidc_refresh t = { .client_id = STR("elections"), .expires_s = 1800000000 };
	struct partner mine = { .id = STR("elections") }, other = { .id = STR("etat-civil") };

	(void)state;
	assert_false(failed(token_refresh_check(&t, &mine, 1799999999)));
	assert_string_equal(token_refresh_check(&t, &mine, 1800000000).slug, "oidc.refresh.expired");
	assert_string_equal(token_refresh_check(&t, &other, 1799999999).slug, "oidc.refresh.client");
}

static void words_keep_their_order_and_come_once(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);

	(void)state;
	assert_true(str_eq_c(oidc_words_both(a, STR("b a  c a b"), STR("a b")), "b a"));
	assert_true(oidc_words_both(a, STR("x"), STR("a")).n == 0);
	assert_true(oidc_words_within(STR(""), STR("a")) && oidc_words_within(STR("a"), STR("b a")) && !oidc_words_within(STR("a c"), STR("b a")));
	assert_true(oidc_is_json_object(STR("{\"a\":{\"b\":null}}")));
	assert_false(oidc_is_json_object(STR("[1]")) || oidc_is_json_object(STR("{\"a\":1,\"a\":2}")) || oidc_is_json_object(STR("{} x")) || oidc_is_json_object(STR("")));
}

static void ends_and_waits_are_what_they_say(void **state)
{
	(void)state;
	assert_false(session_is_over(NOON, NOON + 100, 50, NOON + 49));
	assert_true(session_is_over(NOON, NOON + 100, 50, NOON + 50));
	assert_true(session_is_over(NOON + 90, NOON + 100, 50, NOON + 100));
	for (int64_t i = 0, last = 0; i < 10; last = logout_backoff_s(i++))
		assert_true(logout_backoff_s(i) >= last && logout_backoff_s(i) <= 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_addresses_that_can_be_trusted_are_registered),
		cmocka_unit_test(only_the_port_of_a_loopback_literal_may_vary),
		cmocka_unit_test(at_most_25_guesses_a_day_and_each_wait_passes),
		cmocka_unit_test(guessing_side_by_side_gains_nothing),
		cmocka_unit_test(five_failures_cost_more_than_a_minute_and_four_nothing),
		cmocka_unit_test(one_address_may_not_try_everybodys_password),
		cmocka_unit_test(a_crowded_house_makes_those_wait_who_have_failed_before),
		cmocka_unit_test(seldom_is_often_when_many_do_it),
		cmocka_unit_test(who_has_failed_lately_leaves_room_for_who_comes_new),
		cmocka_unit_test(a_full_house_says_so_and_keeps_its_last_places_for_known_devices),
		cmocka_unit_test(a_place_is_free_again_once_the_outcome_is_known),
		cmocka_unit_test(many_honest_logins_at_once_are_no_attack),
		cmocka_unit_test(a_flood_of_names_forgets_nobody_in_flight),
		cmocka_unit_test(an_ipv6_subscriber_is_one_source),
		cmocka_unit_test(the_policy_says_no_in_order),
		cmocka_unit_test(a_service_gets_what_is_registered_and_asked_and_known),
		cmocka_unit_test(one_address_has_one_spelling),
		cmocka_unit_test(a_refresh_token_is_its_clients_until_its_last_second),
		cmocka_unit_test(words_keep_their_order_and_come_once),
		cmocka_unit_test(ends_and_waits_are_what_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
