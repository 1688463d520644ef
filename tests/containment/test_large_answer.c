/* test_large_answer.c - the largest answers that an engine gives, to a client that reads slowly: the calls
 * that a front needs for them are seen by test_calls.py. */
#include "tests/unit/front_rig.h"

enum { LARGE = 3 << 20 };

static char *large_body(void)
{
	char *body = malloc(LARGE);

	assert_non_null(body);
	for (size_t i = 0; i < LARGE; i++)
		body[i] = (char)('a' + i % 23);
	return body;
}

/* What comes after the head, compared as it comes. */
static size_t read_body(int fd, const char *body)
{
	static char text[1 << 16];
	size_t total = 0;
	bool head = true;
	ssize_t got;

	while (total < LARGE && (got = recv(fd, text, sizeof text, 0)) > 0) {
		const char *end = head ? memmem(text, (size_t)got, "\r\n\r\n", 4) : text - 4;
		size_t skip = end ? (size_t)(end + 4 - text) : (size_t)got;

		head = head && !end;
		assert_memory_equal(text + skip, body + total, (size_t)got - skip);
		total += (size_t)got - skip;
	}
	return total;
}

static void an_answer_larger_than_the_socket_takes_arrives_whole(void **state)
{
	static const char *const settings[] = { "public_url", "http://compte.example", "connections", "64", NULL };
	struct rig *r = rig_start(settings, -1);
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain") };
	char *body = large_body();
	struct http_req req;
	uint32_t seq = 0;

	rig_engine(r);
	for (int i = 0; i < 3; i++) {
		int fd = rig_connect(r->port);

		resp.body = (struct str){ body, LARGE - (size_t)i };
		rig_send(fd, "GET /page HTTP/1.1\r\n" HOST "\r\n", strlen("GET /page HTTP/1.1\r\n" HOST "\r\n"));
		assert_true(rig_request(r, 2000, &req, &seq));
		rig_respond(r, seq, &resp);
		usleep(50 * 1000);
		shutdown(fd, SHUT_WR);
		assert_int_equal(read_body(fd, body), LARGE - i);
		close(fd);
	}
	free(body);
	rig_stop(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(an_answer_larger_than_the_socket_takes_arrives_whole) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
