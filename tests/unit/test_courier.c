/* test_courier.c - the http courier goes where it may, brings back what fits, and is never late.
 * (security catalogue O70, R15, R17, R24)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "roles/courier/address_rules.h"
#include "roles/courier/http_fetch.h"
#include "roles/courier/outward.h"
#include "tests/unit/tiny_server.h"

static struct tiny_server *plain, *secure;
static struct fetch_rules rules;
static struct http_fetcher *fetcher;
static struct str listed[3];

#define ARENA() AUTO(arena_destroyp) struct arena *a = arena_create(16 << 20)

static struct str url_of(struct arena *a, const struct tiny_server *s, const char *host, const char *path)
{
	return arena_printf(a, "%s://%s:%d%s", s->tls ? "https" : "http", host, s->port, path);
}

/* Asked as the engine asks. */
static struct err ask(struct http_fetcher *f, struct arena *a, const struct fetch_http *question, struct fetch_answer *ret_answer)
{
	static char body[FRAME_MAX];
	struct frame request = { .type = FETCH_HTTP };
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	TRY(frame_write_body(ipc_fetch_http_io, question, body, FRAME_MAX - FRAME_HEAD, &request.body.n));
	request.body.p = body;
	TRY(http_fetch_serve(f, a, &request, &fn, &reply));
	assert_true(fn == ipc_fetch_answer_io);
	*ret_answer = *(struct fetch_answer *)reply;
	return NO_ERR;
}

static struct err get(struct arena *a, const char *path, struct fetch_answer *ret_answer)
{
	struct fetch_http question = { .url = url_of(a, plain, "127.0.0.1", path), .timeout_ms = 5000 };

	return ask(fetcher, a, &question, ret_answer);
}

static void expect(const char *name, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "an answer");
}

static void a_get_brings_status_type_and_body(void **state)
{
	ARENA();
	struct fetch_answer answer;

	expect("hello", get(a, "/hello?x=1", &answer), NULL);
	assert_int_equal(answer.status, 200);
	assert_true(str_eq_c(answer.content_type, "application/json") && str_eq_c(answer.body, "{\"ok\":true}"));
	assert_non_null(strstr(plain->last, "GET /hello?x=1 HTTP/1.1\r\n"));
	assert_null(strstr(plain->last, "Authorization"));
	assert_null(strstr(plain->last, "Content-Type"));
	expect("no content", get(a, "/empty", &answer), NULL);
	assert_true(answer.status == 204 && answer.body.n == 0 && answer.content_type.n == 0);
	expect("an error is an answer", get(a, "/error", &answer), NULL);
	assert_int_equal(answer.status, 500);
}

static void a_post_carries_its_body_and_the_credential(void **state)
{
	ARENA();
	struct fetch_answer answer;
	struct fetch_http q = {
		.url = url_of(a, plain, "127.0.0.1", "/hello"), .body = STR("grant_type=authorization_code&code=x%26y"),
		.content_type = STR("application/x-www-form-urlencoded"), .credential = STR("client"), .timeout_ms = 5000,
	};

	expect("post", ask(fetcher, a, &q, &answer), NULL);
	assert_non_null(strstr(plain->last, "POST /hello HTTP/1.1\r\n"));
	assert_non_null(strstr(plain->last, "Content-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(plain->last, "\r\n\r\ngrant_type=authorization_code&code=x%26y"));
	/* base64("el%3A1:p+%25%C3%A9"), both halves form-encoded */
	assert_non_null(strstr(plain->last, "Authorization: Basic ZWwlM0ExOnArJTI1JUMzJUE5\r\n"));
	/* base64("el-agents:x"): the second door's own */
	q.credential = STR("agents");
	expect("post of the agents' door", ask(fetcher, a, &q, &answer), NULL);
	assert_non_null(strstr(plain->last, "Authorization: Basic ZWwtYWdlbnRzOng=\r\n"));
	expect("the next has none of it", get(a, "/hello", &answer), NULL);
	assert_true(strncmp(plain->last, "GET ", 4) == 0 && !strstr(plain->last, "Authorization"));
}

static void a_bearer_is_carried(void **state)
{
	ARENA();
	struct fetch_answer answer;
	struct fetch_http q = { .url = url_of(a, plain, "127.0.0.1", "/hello"), .bearer = STR("ville_at_x"), .timeout_ms = 5000 };

	expect("bearer", ask(fetcher, a, &q, &answer), NULL);
	assert_non_null(strstr(plain->last, "Authorization: Bearer ville_at_x\r\n"));
	q.bearer = STR("x\r\nHost: evil");
	expect("with a line break", ask(fetcher, a, &q, &answer), "fetch.request");
	q.bearer = STR("x");
	q.credential = STR("client");
	expect("and a credential", ask(fetcher, a, &q, &answer), "fetch.request");
	q.bearer = STR_NONE;
	q.credential = STR("other");
	expect("an unknown credential", ask(fetcher, a, &q, &answer), "fetch.credential");
	q.credential = STR_NONE;
	q.body = STR("x");
	q.content_type = STR("text/plain\r\nX: y");
	expect("a type with a line break", ask(fetcher, a, &q, &answer), "fetch.request");
}

static void connections_are_kept(void **state)
{
	ARENA();
	struct fetch_answer answer;

	expect("first", get(a, "/hello", &answer), NULL);
	int before = plain->connections;
	for (int i = 0; i < 10; i++)
		expect("again", get(a, "/hello", &answer), NULL);
	assert_int_equal(plain->connections, before);
}

static void a_redirect_is_not_followed(void **state)
{
	ARENA();
	struct fetch_answer answer;

	expect("redirect", get(a, "/redirect", &answer), NULL);
	assert_int_equal(answer.status, 302);
	assert_non_null(strstr(plain->last, "GET /redirect"));
}

static void an_answer_has_a_limit(void **state)
{
	ARENA();
	struct fetch_answer answer;

	expect("256 KiB", get(a, "/body/262144", &answer), NULL);
	assert_int_equal(answer.body.n, FETCH_ANSWER_MAX);
	expect("256 KiB and one", get(a, "/body/262145", &answer), "fetch.answer");
	expect("1 MiB", get(a, "/body/1048576", &answer), "fetch.answer");
	expect("1 MiB, no length", get(a, "/endless", &answer), "fetch.answer");
	expect("afterwards", get(a, "/hello", &answer), NULL);
}

static void what_is_no_http_is_refused(void **state)
{
	ARENA();
	struct fetch_answer answer;

	expect("SSH", get(a, "/garbage", &answer), "fetch.answer");
	expect("closed", get(a, "/close", &answer), "fetch.gone");
}

static void a_peer_cannot_make_us_late(void **state)
{
	static const char *const paths[] = { "/hang", "/drip" };
	ARENA();
	struct fetch_answer answer;

	for (size_t i = 0; i < 2; i++) {
		struct fetch_http q = { .url = url_of(a, plain, "127.0.0.1", paths[i]), .timeout_ms = 200 };
		int64_t from_ms = clock_mono_ms();

		expect(paths[i], ask(fetcher, a, &q, &answer), "fetch.deadline");
		assert_in_range(clock_mono_ms() - from_ms, 150, 1500);
		q.timeout_ms = 0;
		expect("no time at all", ask(fetcher, a, &q, &answer), "fetch.deadline");
	}
}

static void an_address_outside_the_rules_is_refused(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1:1/", "http://localhost:%d/", "https://127.0.0.1:%d/", "http://127.0.0.2:%d/",
		"http://127.0.0.1/", "http://example.com/", "https://example.com/", "ftp://127.0.0.1:%d/",
		"file:///etc/passwd", "gopher://127.0.0.1:%d/", "127.0.0.1:%d", "//127.0.0.1:%d/", "", "http://",
		"http://user@127.0.0.1:%d/", "http://127.0.0.1:%d@evil.example/", "http://evil.example#@127.0.0.1:%d/",
		"http://127.0.0.1:%d/hello#x", "http://127.0.0.1:%d/a\r\nHost: b", "http://127.0.0.1:%d/ x",
		"http://127.0.0.1.:%d/", "http://127.0.0.1:0%d.evil.example/",
	};
	ARENA();
	struct fetch_answer answer;
	int before = plain->connections;

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct str url = str_from_c(urls[i]), head;
		struct fetch_http q = { .url = url, .timeout_ms = 1000 };

		if (str_has(url, '%') && str_split(&url, '%', &head))
			q.url = arena_printf(a, STR_FMT "%d" STR_FMT, STR_ARG(head), plain->port, STR_ARG(str_slice(url, 1, url.n)));
		expect(urls[i], ask(fetcher, a, &q, &answer), "fetch.address");
	}
	assert_int_equal(plain->connections, before);
}

static void public_means_public_when_it_connects(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1", "localhost", "anything.localhost", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "192.168.0.1",
		"169.254.169.254", "2130706433", "0x7f.1", "0", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]",
	};
	struct fetch_rules open_rules = { .public_https = true, .ca = rules.ca, .client_id = STR("a"), .client_secret = STR("b") };
	AUTO(http_fetcher_destroyp) struct http_fetcher *f = NULL;
	ARENA();
	struct fetch_answer answer;
	int before = secure->connections;

	assert_false(failed(http_fetcher_create(&open_rules, &f)));
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct fetch_http q = { .url = url_of(a, secure, hosts[i], "/hello"), .timeout_ms = 1000 };

		expect(hosts[i], ask(f, a, &q, &answer), "fetch.address");
	}
	struct fetch_http q = { .url = url_of(a, plain, "127.0.0.1", "/hello"), .timeout_ms = 1000 };
	expect("http", ask(f, a, &q, &answer), "fetch.address");
	q = (struct fetch_http){ .url = STR("https://192.0.2.1/"), .credential = STR("client"), .timeout_ms = 1000 };
	expect("a credential for the public", ask(f, a, &q, &answer), "fetch.credential");
	q.credential = STR("agents");
	expect("one that is not there", ask(f, a, &q, &answer), "fetch.credential");
	assert_int_equal(secure->connections, before);
}

static void http_reaches_this_machine_alone(void **state)
{
	struct str origin = STR("http://192.0.2.1:80");
	struct fetch_rules r = { .origins = &origin, .origin_n = 1, .ca = rules.ca };
	AUTO(http_fetcher_destroyp) struct http_fetcher *f = NULL;
	ARENA();
	struct fetch_answer answer;
	struct fetch_http q = { .url = STR("http://192.0.2.1/"), .timeout_ms = 1000 };

	assert_false(failed(http_fetcher_create(&r, &f)));
	expect("listed, but http and far away", ask(f, a, &q, &answer), "fetch.address");
}

static void tls_is_checked_against_the_given_certificates(void **state)
{
	struct fetch_rules strange = rules;
	AUTO(http_fetcher_destroyp) struct http_fetcher *f = NULL;
	ARENA();
	struct fetch_answer answer;
	struct fetch_http q = { .url = url_of(a, secure, "compte.ville.localhost", "/hello"), .timeout_ms = 5000 };

	expect("its own", ask(fetcher, a, &q, &answer), NULL);
	assert_int_equal(answer.status, 200);
	q.url = url_of(a, secure, "COMPTE.ville.localhost", "/hello");
	expect("in other letters", ask(fetcher, a, &q, &answer), NULL);
	q.url = url_of(a, secure, "127.0.0.1", "/hello");
	secure->last[0] = 0;
	expect("another name", ask(fetcher, a, &q, &answer), "fetch.tls");
	AUTO(arena_destroyp) struct arena *b = arena_create(1 << 20);
	assert_false(failed(outward_system_ca(b, &strange.ca)));
	assert_false(failed(http_fetcher_create(&strange, &f)));
	q.url = url_of(a, secure, "compte.ville.localhost", "/hello");
	expect("an unknown issuer", ask(f, a, &q, &answer), "fetch.tls");
	assert_int_equal(secure->last[0], 0);
}

static void a_rule_that_is_no_origin_stops_the_start(void **state)
{
	static const char *const bad[] = { "", "compte.example", "ldap://compte.example", "https://u:p@compte.example", "https://" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct str origin = str_from_c(bad[i]);
		struct fetch_rules r = { .origins = &origin, .origin_n = 1, .ca = rules.ca };
		struct http_fetcher *f = NULL;

		expect(bad[i], http_fetcher_create(&r, &f), "courier.origin");
		assert_null(f);
	}
}

static const struct { const char *text; bool loopback, is_public; } addresses[] = {
	{ "127.0.0.1", true, false }, { "127.255.255.255", true, false }, { "::1", true, false },
	{ "8.8.8.8", false, true }, { "2a00:1450:4007:80e::200e", false, true }, { "172.15.255.255", false, true },
	{ "172.32.0.1", false, true }, { "100.63.255.255", false, true }, { "192.0.1.1", false, true },
	{ "0.0.0.0", false, false }, { "10.0.0.1", false, false }, { "100.64.0.1", false, false }, { "169.254.169.254", false, false },
	{ "172.16.0.1", false, false }, { "172.31.255.255", false, false }, { "192.168.1.1", false, false }, { "192.0.2.1", false, false },
	{ "198.18.0.1", false, false }, { "198.19.255.255", false, false }, { "203.0.113.9", false, false }, { "224.0.0.1", false, false },
	{ "255.255.255.255", false, false }, { "::", false, false }, { "::ffff:8.8.8.8", false, false }, { "::ffff:127.0.0.1", false, false },
	{ "64:ff9b::808:808", false, false }, { "fe80::1", false, false }, { "fc00::1", false, false }, { "fd12::1", false, false },
	{ "ff02::1", false, false }, { "2001::1", false, false }, { "2001:db8::1", false, false }, { "2002:7f00:1::", false, false },
	{ "2001:200::1", false, true }, { "3fff::1", false, false }, { "4000::1", false, false },
};

static void an_address_is_of_its_block(void **state)
{
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_in v4 = { .sin_family = AF_INET };
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
		bool four = inet_pton(AF_INET, addresses[i].text, &v4.sin_addr) == 1;
		const struct sockaddr *s = four ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;

		assert_true(four || inet_pton(AF_INET6, addresses[i].text, &v6.sin6_addr) == 1);
		if (address_is_loopback(s) != addresses[i].loopback || address_is_public(s) != addresses[i].is_public)
			fail_msg("%s", addresses[i].text);
	}
	assert_false(address_is_public(&(struct sockaddr){ .sa_family = AF_UNIX }));
}

static int start(void **state)
{
	static char text[3][64];

	plain = tiny_server_start(false, NULL);
	secure = tiny_server_start(false, "compte.ville.localhost");
	snprintf(text[0], sizeof text[0], "http://127.0.0.1:%d", plain->port);
	snprintf(text[1], sizeof text[1], "https://compte.ville.localhost:%d/issuer", secure->port);
	snprintf(text[2], sizeof text[2], "https://127.0.0.1:%d", secure->port);
	for (size_t i = 0; i < 3; i++)
		listed[i] = str_from_c(text[i]);
	rules = (struct fetch_rules){
		.origins = listed, .origin_n = 3, .ca = str_from_c(secure->ca),
		.client_id = STR("el:1"), .client_secret = STR("p %\xc3\xa9"), .agents_id = STR("el-agents"), .agents_secret = STR("x"),
	};
	return failed(http_fetcher_create(&rules, &fetcher));
}

static int stop(void **state)
{
	http_fetcher_destroy(fetcher);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_brings_status_type_and_body),
		cmocka_unit_test(a_post_carries_its_body_and_the_credential),
		cmocka_unit_test(a_bearer_is_carried),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(an_answer_has_a_limit),
		cmocka_unit_test(what_is_no_http_is_refused),
		cmocka_unit_test(a_peer_cannot_make_us_late),
		cmocka_unit_test(an_address_outside_the_rules_is_refused),
		cmocka_unit_test(public_means_public_when_it_connects),
		cmocka_unit_test(http_reaches_this_machine_alone),
		cmocka_unit_test(tls_is_checked_against_the_given_certificates),
		cmocka_unit_test(a_rule_that_is_no_origin_stops_the_start),
		cmocka_unit_test(an_address_is_of_its_block),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
