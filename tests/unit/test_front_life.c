/* test_front_life.c - a real front while engines come and go, and the limits that it keeps. */
#include "front_rig.h"

static const char *const usual[] = { "public_url", "http://compte.example", NULL };

static int setup(void **state)
{
	struct rig *r = rig_start(usual, -1);

	rig_engine(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rig_stop(*state);
	return 0;
}

/* ---- engines that come and go ---- */

static void requests_wait_while_the_engine_is_replaced(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	static const char post[] = "POST /form HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n";
	struct rig *r = *state;
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("again") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int asked = rig_connect(r->port), posted = rig_connect(r->port), held = rig_connect(r->port);

	rig_send(asked, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	rig_send(posted, post, sizeof post - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	close(r->engine);                       /* as if it had died with both */
	r->engine = -1;
	const char *text = rig_read(posted, 2000, &closed);
	assert_int_equal(status_of(text), 503);
	assert_non_null(strstr(text, "Retry-After: "));
	rig_send(held, post, sizeof post - 1);  /* comes while there is none */
	usleep(50000);
	rig_engine(r);
	for (int i = 0; i < 2; i++) {
		assert_true(rig_request(r, 2000, &req, &seq));
		rig_respond(r, seq, &resp);
	}
	assert_int_equal(status_of(rig_read(asked, 2000, &closed)), 200);
	assert_int_equal(status_of(rig_read(held, 2000, &closed)), 200);
	close(asked);
	close(posted);
	close(held);
}

static void without_an_engine_documents_are_served_and_the_rest_is_refused_in_time(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n", document[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	struct rig *r = *state;
	bool closed;
	int fd = rig_connect(r->port);

	close(r->engine);
	r->engine = -1;
	int64_t start = clock_mono_ms();
	rig_send(fd, get, sizeof get - 1);
	assert_int_equal(status_of(rig_ask(r, document, sizeof document - 1, &closed)), 200);
	assert_int_equal(status_of(rig_read(fd, 4000, &closed)), 503);
	assert_in_range(clock_mono_ms() - start, 1500, 3500);
	close(fd);
}

static void a_draining_engine_answers_what_it_has_and_gets_no_more(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	struct rig *r = *state;
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("old") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int first = rig_connect(r->port), second = rig_connect(r->port), old = r->engine;

	rig_send(first, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	must(frame_send(old, WEB_DRAIN, 0, NULL, NULL, INT64_MAX));
	usleep(20000);
	rig_send(second, get, sizeof get - 1);
	assert_false(rig_request(r, 100, &req, &seq));
	rig_respond(r, seq, &resp);
	assert_int_equal(status_of(rig_read(first, 2000, &closed)), 200);
	rig_engine(r);
	close(old);
	assert_true(rig_request(r, 2000, &req, &seq));
	rig_respond(r, seq, &resp);
	assert_int_equal(status_of(rig_read(second, 2000, &closed)), 200);
	close(first);
	close(second);
}

static void a_full_engine_makes_requests_wait_not_fail(void **state)
{
	enum { MANY = 60 };
	static char big[9000];
	struct rig *r = *state;
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("ok") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fds[MANY], n = snprintf(big, sizeof big, "GET /page?x=%07900d HTTP/1.1\r\n" HOST "\r\n", 0);

	for (int i = 0; i < MANY; i++) {
		fds[i] = rig_connect(r->port);
		rig_send(fds[i], big, (size_t)n);
	}
	usleep(100000);
	for (int i = 0; i < MANY; i++) {
		assert_true(rig_request(r, 2000, &req, &seq));
		rig_respond(r, seq, &resp);
		arena_reset(r->arena);
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(status_of(rig_read(fds[i], 2000, &closed)), 200);
		close(fds[i]);
	}
}

/* The place of a connection that is gone is given to the next one at once. */
static void an_answer_for_one_who_left_is_never_given_to_who_came_after(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	struct rig *r = *state;
	struct http_resp theirs = { .status = 200, .content_type = STR("text/plain"), .body = STR("of who left") };
	struct http_resp ours = { .status = 200, .content_type = STR("text/plain"), .body = STR("of who came") };
	struct http_req req;
	uint32_t left = 0, came = 0;
	bool closed;
	int fd = rig_connect(r->port);

	rig_send(fd, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &left));
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger)), 0);
	close(fd);                              /* a reset: gone, not only silent */
	usleep(50000);
	fd = rig_connect(r->port);
	rig_send(fd, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &came));
	rig_respond(r, left, &theirs);
	rig_respond(r, came, &ours);
	assert_non_null(strstr(rig_read(fd, 2000, &closed), "of who came"));
	close(fd);
}

/* ---- limits ---- */

static void slow_clients_meet_absolute_deadlines(void **state)
{
	static const char *const quick[] = { "request_head_s", "1", "request_body_s", "1", "idle_s", "1", NULL };
	static const char get[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	static const char post[] = "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=";
	struct rig *r = rig_start(quick, -1);
	bool closed;

	(void)state;
	rig_engine(r);
	int drip = rig_connect(r->port), body = rig_connect(r->port), idle = rig_connect(r->port), mute = rig_connect(r->port);
	int64_t start = clock_mono_ms();
	rig_send(idle, get, sizeof get - 1);
	rig_send(body, post, sizeof post - 1);
	for (int i = 0; i < 9; i++, usleep(100000)) {
		(void)!send(drip, "G", 1, MSG_NOSIGNAL);     /* a byte now and then moves nothing */
		(void)!send(body, "x", 1, MSG_NOSIGNAL);
	}
	assert_int_equal(status_of(rig_read(idle, 500, &closed)), 200);
	assert_int_equal(status_of(rig_read(body, 2000, &closed)), 408);
	assert_true(rig_is_closed(idle) && rig_is_closed(mute) && rig_is_closed(body));
	rig_read(drip, 1000, &closed);
	assert_in_range(clock_mono_ms() - start, 900, 4000);
	close(drip);
	close(body);
	close(idle);
	close(mute);
	rig_stop(r);
}

static void one_source_cannot_take_all_places(void **state)
{
	static const char *const few[] = { "limit_source_connections", "3", NULL };
	struct rig *r = rig_start(few, -1);
	int fds[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		fds[i] = rig_connect(r->port);
		usleep(20000);
	}
	assert_true(rig_is_closed(fds[3]));
	close(fds[0]);
	usleep(50000);
	int again = rig_connect(r->port);
	struct pollfd p = { .fd = again, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 200), 0);
	close(again);
	for (int i = 1; i < 4; i++)
		close(fds[i]);
	rig_stop(r);
}

static void who_has_had_its_share_drives_nobody_out(void **state)
{
	enum { SHARE = 6 };
	static const char *const full[] = { "limit_connections", "8", "limit_source_connections", "6", NULL };
	static const char get[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) }, at = there;
	struct rig *r = rig_start(full, -1);
	int idle[2], greedy[SHARE + 1];
	bool closed;

	(void)state;
	rig_engine(r);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)r->port);
	for (int i = 0; i < 2; i++) {
		idle[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(idle[i], (struct sockaddr *)&there, sizeof there), 0);
		assert_int_equal(connect(idle[i], (struct sockaddr *)&at, sizeof at), 0);
		rig_send(idle[i], get, sizeof get - 1);
		assert_int_equal(status_of(rig_read(idle[i], 2000, &closed)), 200);
	}
	for (int i = 0; i <= SHARE; i++)
		greedy[i] = rig_connect(r->port);
	assert_true(rig_is_closed(greedy[SHARE]));
	for (int i = 0; i < 2; i++) {
		rig_send(idle[i], get, sizeof get - 1);
		assert_int_equal(status_of(rig_read(idle[i], 2000, &closed)), 200);
		close(idle[i]);
	}
	for (int i = 0; i <= SHARE; i++)
		close(greedy[i]);
	rig_stop(r);
}

static void a_promise_of_a_large_body_takes_no_room_from_the_others(void **state)
{
	enum { MANY = 80 };            /* of a mebibyte each: more than all bodies together may be */
	static const char *const many[] = { "limit_source_connections", "100", NULL };
	static const char promise[] = "POST /files HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=b\r\n"
		"Content-Length: 1048576\r\n\r\n--b";
	static const char post[] = "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1";
	struct rig *r = rig_start(many, -1);
	struct http_req req;
	uint32_t seq = 0;
	int fds[MANY];

	(void)state;
	rig_engine(r);
	for (int i = 0; i < MANY; i++) {
		fds[i] = rig_connect(r->port);
		rig_send(fds[i], promise, sizeof promise - 1);
	}
	usleep(100000);
	int fd = rig_connect(r->port);
	rig_send(fd, post, sizeof post - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	close(fd);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	rig_stop(r);
}

static void a_trusted_proxy_names_the_source(void **state)
{
	static const char *const proxy[] = { "trusted_proxy", "127.0.0.1", "limit_source_connections", "1", NULL };
	static const struct { const char *field, *source; } cases[] = {
		{ "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n", "192.0.2.7" }, { "", "127.0.0.1" },
		{ "X-Forwarded-For: nonsense\r\n", "127.0.0.1" }, { "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1" },
	};
	struct rig *r = rig_start(proxy, -1);
	struct http_req req;
	uint32_t seq = 0;

	(void)state;
	rig_engine(r);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		int fd = rig_connect(r->port), n = snprintf(text, sizeof text, "GET /page HTTP/1.1\r\n" HOST "%s\r\n", cases[i].field);

		rig_send(fd, text, (size_t)n);
		assert_true(rig_request(r, 2000, &req, &seq));
		assert_true(str_eq_c(req.source, cases[i].source));
		close(fd);
	}
	rig_stop(r);
}

static void draining_finishes_what_is_under_way_and_exits_with_0(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("last") };
	struct rig *r = rig_start(usual, -1);
	struct http_req req;
	uint32_t seq = 0;
	bool closed;

	(void)state;
	rig_engine(r);
	int fd = rig_connect(r->port), idle = rig_connect(r->port);
	rig_send(idle, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	rig_respond(r, seq, &resp);
	assert_non_null(strstr(rig_read(idle, 2000, &closed), "last"));
	rig_send(fd, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	must(frame_send(r->boot, BOOT_DRAIN, 0, NULL, NULL, INT64_MAX));
	assert_true(rig_is_closed(idle));
	rig_respond(r, seq, &resp);
	assert_non_null(strstr(rig_read(fd, 2000, &closed), "last"));
	assert_int_equal(rig_status(r), 0);
	close(fd);
	close(idle);
	close(r->boot);
	close(r->engine);
	arena_destroy(r->arena);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_wait_while_the_engine_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(without_an_engine_documents_are_served_and_the_rest_is_refused_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(a_draining_engine_answers_what_it_has_and_gets_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_engine_makes_requests_wait_not_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_for_one_who_left_is_never_given_to_who_came_after, setup, teardown),
		cmocka_unit_test(slow_clients_meet_absolute_deadlines),
		cmocka_unit_test(one_source_cannot_take_all_places),
		cmocka_unit_test(who_has_had_its_share_drives_nobody_out),
		cmocka_unit_test(a_promise_of_a_large_body_takes_no_room_from_the_others),
		cmocka_unit_test(a_trusted_proxy_names_the_source),
		cmocka_unit_test(draining_finishes_what_is_under_way_and_exits_with_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
