/* test_front.c - a real front over a real socket: malformed shapes, documents, requests decoded. */
#include "front_rig.h"
#include <fcntl.h>

static const char *const usual[] = { "public_url", "http://compte.example", "admin_url", "http://compte.example:8444", NULL };

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

#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define A1000 A100 A100 A100 A100 A100 A100 A100 A100 A100 A100
#define CASE(name, bytes, status, closes) { name, bytes, sizeof(bytes) - 1, status, closes }
static const struct { const char *name, *bytes; size_t n; int status; bool closes; } shapes[] = {
	CASE("a document", "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n", 200, false),
	CASE("a document under 1.0", "GET /.well-known/openid-configuration HTTP/1.0\r\n" HOST "\r\n", 200, true),
	CASE("a client that closes", "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200, true),
	CASE("length and chunked", "POST /raw HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, true),
	CASE("two lengths", "POST /raw HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, true),
	CASE("blank before the colon", "POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, true),
	CASE("xchunked", "POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\nGET /page HTTP/1.1\r\n" HOST "\r\n", 400, true),
	CASE("bare LF", "GET /page HTTP/1.1\nHost: compte.example\n\n", 400, true),
	CASE("NUL", "GET /page HTTP/1.1\r\n" HOST "X: \0\r\n\r\n", 400, true),
	CASE("no host", "GET /page HTTP/1.1\r\n\r\n", 400, true),
	CASE("a GET with a body", "GET /page HTTP/1.1\r\n" HOST "Content-Length: 40\r\n\r\nGET /page HTTP/1.1\r\n" HOST "\r\n", 400, true),
	CASE("a bad chunk", "POST /raw HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400, true),
	CASE("a body where none is read", "POST /nothing HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na", 400, true),
	CASE("another host", "GET /page HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421, false),
	CASE("an unknown path", "GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, false),
	CASE("another case", "GET /Page HTTP/1.1\r\n" HOST "\r\n", 404, false),
	CASE("a parameter in the path", "GET /page;x HTTP/1.1\r\n" HOST "\r\n", 404, false),
	CASE("an inner double slash", "GET /a//page HTTP/1.1\r\n" HOST "\r\n", 404, false),
	CASE("POST on a GET route", "POST /page HTTP/1.1\r\n" HOST "\r\n", 405, false),
	CASE("GET on a POST route", "GET /form HTTP/1.1\r\n" HOST "\r\n", 405, false),
	CASE("POST on a document", "POST /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n", 405, false),
	CASE("an unknown method", "BREW /page HTTP/1.1\r\n" HOST "\r\n", 501, true),
	CASE("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, true),
	CASE("a form too large", "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1001\r\n\r\n", 413, true),
	CASE("a chunked form too large", "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\n"
		"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" A1000 "\r\n1\r\na\r\n0\r\n\r\n", 413, true),
	CASE("a form of another type", "POST /form HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na=b", 415, true),
	CASE("a field twice", "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=b&a=c", 400, false),
	CASE("a query name twice", "GET /page?a=b&a=c HTTP/1.1\r\n" HOST "\r\n", 400, false),
	CASE("a form from another site", "POST /form HTTP/1.1\r\n" HOST "Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n", 403, false),
	CASE("a form from a sister", "POST /form HTTP/1.1\r\n" HOST "Sec-Fetch-Site: same-site\r\nContent-Length: 0\r\n\r\n", 403, false),
	CASE("a form of another origin", "POST /form HTTP/1.1\r\n" HOST "Origin: http://evil.test\r\nContent-Length: 0\r\n\r\n", 403, false),
	CASE("a form of no origin", "POST /form HTTP/1.1\r\n" HOST "Origin: null\r\nContent-Length: 0\r\n\r\n", 403, false),
	CASE("metrics on the public port", "GET /metrics HTTP/1.1\r\n" HOST "\r\n", 404, false),
};

static void each_shape_has_its_answer_over_a_socket(void **state)
{
	struct http_req req;
	uint32_t seq = 0;

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		bool closed;

		const char *text = rig_ask(*state, shapes[i].bytes, shapes[i].n, &closed);
		if (status_of(text) != shapes[i].status || closed != shapes[i].closes)
			fail_msg("%s: closed %d, %s", shapes[i].name, closed, text);
		if (!strstr(text, "X-Content-Type-Options: nosniff") || !strstr(text, "Content-Security-Policy: default-src 'none'")
		    || !strstr(text, "Referrer-Policy: same-origin") || strstr(text, "Server:"))
			fail_msg("%s: %s", shapes[i].name, text);
	}
	/* nothing of all this has reached the engine */
	assert_false(rig_request(*state, 50, &req, &seq));
}

static void refusals_are_styled_named_and_say_what_is_allowed(void **state)
{
	bool closed;
	static const char french[] = "GET /x HTTP/1.1\r\n" HOST "\r\n";
	const char *text = rig_ask(*state, french, sizeof french - 1, &closed);

	assert_non_null(strstr(text, "<p>introuvable "));
	assert_null(strstr(text, "@@"));
	static const char english[] = "GET /x HTTP/1.1\r\n" HOST "Accept-Language: en\r\n\r\n";
	text = rig_ask(*state, english, sizeof english - 1, &closed);
	assert_non_null(strstr(text, "<p>not found "));
	static const char choice[] = "GET /x?lang=fr HTTP/1.1\r\n" HOST "Accept-Language: en\r\nCookie: lang=en\r\n\r\n";
	text = rig_ask(*state, choice, sizeof choice - 1, &closed);
	assert_non_null(strstr(text, "<p>introuvable "));
	static const char method[] = "POST /page HTTP/1.1\r\n" HOST "\r\n";
	text = rig_ask(*state, method, sizeof method - 1, &closed);
	assert_non_null(strstr(text, "Allow: GET, HEAD\r\n"));
}

static void a_document_is_served_and_revalidated(void **state)
{
	static const char get[] = "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	static const char head[] = "HEAD /.well-known/openid-configuration HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	static const char options[] = "OPTIONS /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	char again[512], etag[64];
	bool closed;
	const char *text = rig_ask(*state, get, sizeof get - 1, &closed), *at = strstr(text, "ETag: ");

	assert_non_null(strstr(text, "\r\n\r\n{\"issuer\":\"x\"}"));
	assert_non_null(strstr(text, "Cache-Control: public, max-age=300"));
	assert_non_null(strstr(text, "Access-Control-Allow-Origin: *"));
	assert_non_null(at);
	snprintf(etag, sizeof etag, "%.34s", at + 6);
	int n = snprintf(again, sizeof again, "GET /.well-known/openid-configuration HTTP/1.1\r\n" HOST
		"Connection: close\r\nIf-None-Match: \"x\", %s\r\n\r\n", etag);
	text = rig_ask(*state, again, (size_t)n, &closed);
	assert_int_equal(status_of(text), 304);
	assert_null(strstr(text, "issuer"));
	text = rig_ask(*state, head, sizeof head - 1, &closed);
	assert_int_equal(status_of(text), 200);
	assert_true(strstr(text, "Content-Length: 14") && !strstr(text, "issuer"));
	int fd = rig_connect(((struct rig *)*state)->port);
	rig_send(fd, options, sizeof options - 1);
	text = rig_read(fd, 300, &closed);
	assert_int_equal(status_of(text), 204);
	close(fd);
}

static void a_request_reaches_the_engine_decoded(void **state)
{
	static const char post[] = "POST /form?x=1 HTTP/1.1\r\n" HOST "Origin: http://compte.example\r\nSec-Fetch-Site: same-origin\r\n"
		"Cookie: session=s; lang=en; a=1; a=2\r\nX-Other: dropped\r\nX-Forwarded-For: 1.2.3.4\r\n"
		"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 26\r\n\r\nnom=Lef%C3%A8vre&texte=%0A";
	struct rig *r = *state;
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(r->port);

	for (size_t i = 0; i < sizeof post - 1; i += 11) {
		rig_send(fd, post + i, sizeof post - 1 - i < 11 ? sizeof post - 1 - i : 11);
		usleep(1000);
	}
	assert_true(rig_request(r, 2000, &req, &seq));
	assert_true(req.method == HTTP_POST && req.lang == LANG_EN && req.id.n == 16);
	assert_true(str_eq(req.path, STR("/form")) && str_eq(req.raw_query, STR("x=1")) && str_eq(req.source, STR("127.0.0.1")));
	assert_true(str_eq(http_get(&req.form, "nom"), STR("Lefèvre")) && str_eq(http_get(&req.form, "texte"), STR("\n")));
	assert_true(http_has(&req.cookies, "session") && !http_has(&req.cookies, "a"));
	assert_true(http_has(&req.headers, "origin") && !http_has(&req.headers, "x-other"));

	struct http_resp resp = { .status = 200, .content_type = STR("text/html; charset=utf-8"), .body = STR("<p>é</p>"),
		.form_action = STR("https://rp.example"), .header_n = 2,
		.headers = { { STR("set-cookie"), STR("a=b") }, { STR("set-cookie"), STR("c=d") } } };
	rig_respond(r, seq, &resp);
	const char *text = rig_read(fd, 2000, &closed);
	assert_int_equal(status_of(text), 200);
	assert_non_null(strstr(text, "form-action 'self' https://rp.example; base-uri"));
	assert_non_null(strstr(text, "set-cookie: a=b\r\nset-cookie: c=d\r\n"));
	assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n<p>é</p>"));
	close(fd);
}

static void an_answer_with_a_line_break_becomes_a_500(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	struct http_resp resp = { .status = 303, .header_n = 1, .headers = { { STR("location"), STR("/a\r\nSet-Cookie: x=y") } } };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(((struct rig *)*state)->port);

	rig_send(fd, get, sizeof get - 1);
	assert_true(rig_request(*state, 2000, &req, &seq));
	rig_respond(*state, seq, &resp);
	const char *text = rig_read(fd, 2000, &closed);
	assert_int_equal(status_of(text), 500);
	assert_null(strstr(text, "Set-Cookie"));
	close(fd);
}

static void bodies_of_every_kind_arrive(void **state)
{
	static const char chunked[] = "POST /raw HTTP/1.1\r\n" HOST "Origin: https://rp.example\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n2\r\n\0e\r\n0\r\n\r\n";
	static const char body[] = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
		"--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.pdf\"\r\n\r\n%PDF\r\n--X--\r\n";
	struct rig *r = *state;
	struct http_req req;
	uint32_t seq = 0;
	int fd = rig_connect(r->port);

	rig_send(fd, chunked, sizeof chunked - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	assert_true(str_eq(req.body, STR("abc\0e")));
	close(fd);
	fd = rig_connect(r->port);
	char exact[1024];
	int n = snprintf(exact, sizeof exact, "POST /files HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=X\r\n"
		"Content-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
	rig_send(fd, exact, (size_t)n);
	assert_true(rig_request(r, 2000, &req, &seq));
	assert_true(req.part_n == 1 && str_eq(req.parts[0].bytes, STR("%PDF")) && str_eq(http_get(&req.form, "a"), STR("1")));
	close(fd);
}

static void a_large_raw_body_travels_beside_the_frame(void **state)
{
	static char body[90000];
	struct http_req req;
	uint32_t seq = 0;
	char head[200];
	int fd = rig_connect(((struct rig *)*state)->port);
	int n = snprintf(head, sizeof head, "POST /raw HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n", sizeof body);

	memset(body, 'x', sizeof body);
	rig_send(fd, head, (size_t)n);
	bool closed;
	assert_non_null(strstr(rig_read(fd, 200, &closed), "HTTP/1.1 100 Continue\r\n\r\n"));
	rig_send(fd, body, sizeof body);
	assert_true(rig_request(*state, 2000, &req, &seq));
	assert_true(str_eq(req.body, (struct str){ body, sizeof body }));
	close(fd);
}

static void pipelined_requests_are_answered_in_turn(void **state)
{
	static const char two[] = "GET /page HTTP/1.1\r\n" HOST "\r\nGET /.well-known/openid-configuration HTTP/1.1\r\n" HOST "\r\n";
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("first") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(((struct rig *)*state)->port);

	rig_send(fd, two, sizeof two - 1);
	assert_true(rig_request(*state, 2000, &req, &seq));
	assert_string_equal(rig_read(fd, 100, &closed), "");
	rig_respond(*state, seq, &resp);
	usleep(100000);
	const char *text = rig_read(fd, 300, &closed);
	assert_non_null(strstr(text, "first"));
	assert_non_null(strstr(text, "firstHTTP/1.1 200 OK"));
	close(fd);
}

static void who_half_closes_still_gets_the_answer(void **state)
{
	static const char get[] = "GET /page HTTP/1.1\r\n" HOST "\r\n";
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("late") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(((struct rig *)*state)->port);

	rig_send(fd, get, sizeof get - 1);
	shutdown(fd, SHUT_WR);
	assert_true(rig_request(*state, 2000, &req, &seq));
	rig_respond(*state, seq, &resp);
	assert_non_null(strstr(rig_read(fd, 2000, &closed), "late"));
	close(fd);
}

static void metrics_have_their_own_port(void **state)
{
	static const char get[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", page[] = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
	struct rig *r = *state;
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(r->metrics_port);

	rig_send(fd, page, sizeof page - 1);
	assert_int_equal(status_of(rig_read(fd, 2000, &closed)), 404);
	rig_send(fd, get, sizeof get - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	assert_int_equal(req.listener, HTTP_METRICS);
	close(fd);
}

static int admin_status(struct rig *r, const char *request)
{
	bool closed;
	int fd = rig_connect(r->admin_port), status;

	rig_send(fd, request, strlen(request));
	status = status_of(rig_read(fd, 2000, &closed));
	close(fd);
	return status;
}

static void the_administration_has_its_own_port_host_and_origin(void **state)
{
	struct rig *r = *state;
	static const char post[] = "POST /partenaires HTTP/1.1\r\n" HOST "Origin: http://compte.example:8444\r\n"
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n";
	struct http_req req;
	uint32_t seq = 0;
	int fd;

	/* what the public port has is not there, and the other way round */
	assert_int_equal(admin_status(r, "GET /page HTTP/1.1\r\n" HOST "\r\n"), 404);
	assert_int_equal(admin_status(r, "GET /partenaires HTTP/1.1\r\nHost: ailleurs.example\r\n\r\n"), 421);
	/* the public site is another origin */
	assert_int_equal(admin_status(r, "POST /partenaires HTTP/1.1\r\n" HOST "Origin: http://compte.example\r\nContent-Length: 0\r\n\r\n"), 403);
	assert_int_equal(admin_status(r, "POST /partenaires HTTP/1.1\r\n" HOST "Sec-Fetch-Site: same-site\r\nContent-Length: 0\r\n\r\n"), 403);
	fd = rig_connect(r->admin_port);
	rig_send(fd, post, sizeof post - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	assert_int_equal(req.listener, HTTP_ADMIN);
	close(fd);
}

static void each_port_has_its_own_pages_for_errors(void **state)
{
	static const char get[] = "GET /rien HTTP/1.1\r\n" HOST "\r\n";
	struct rig *r = *state;
	bool closed;
	int fd = rig_connect(r->admin_port);

	rig_send(fd, get, sizeof get - 1);
	assert_non_null(strstr(rig_read(fd, 2000, &closed), "rien ici"));
	close(fd);
	fd = rig_connect(r->port);
	rig_send(fd, get, sizeof get - 1);
	assert_non_null(strstr(rig_read(fd, 2000, &closed), "introuvable"));
	close(fd);
}

/* How often a needle lies in the memory of a process; -1 when it may not be looked at. */
static int traces_of(pid_t pid, struct str needle)
{
#ifdef GUICHET_SANITIZE
	return -1;    /* its shadow and its own copies are part of the memory */
#endif
	char path[64], line[512], *page = malloc(1 << 20);
	int n = 0, mem;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "r");
	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	while (maps && mem >= 0 && fgets(line, sizeof line, maps)) {
		char *dash = strchr(line, '-');
		off_t from = (off_t)strtoull(line, NULL, 16), to = dash ? (off_t)strtoull(dash + 1, NULL, 16) : 0;

		for (; strstr(line, "rw-p") && from < to; from += (1 << 20) - (off_t)needle.n) {
			size_t want = to - from < 1 << 20 ? (size_t)(to - from) : 1 << 20;
			ssize_t got = pread(mem, page, want, from);
			char *at = page, *hit;

			while (got > 0 && (hit = memmem(at, (size_t)(page + got - at), needle.p, needle.n)) != NULL) {
				n++;
				at = hit + 1;
			}
			if (want < 1 << 20)
				break;
		}
	}
	free(page);
	if (mem < 0 || !maps)
		n = -1;
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return n;
}

static void a_password_leaves_no_trace_in_the_front(void **state)
{
	static const char post[] = "POST /form HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 27\r\n\r\n"
		"texte=TEST-ONLY-hunter2-xyz";
	struct rig *r = *state;
	struct http_resp resp = { .status = 200, .content_type = STR("text/plain"), .body = STR("ok") };
	struct http_req req;
	uint32_t seq = 0;
	bool closed;
	int fd = rig_connect(r->port), before = traces_of(r->pid, STR("TEST-ONLY-hunter2"));

	if (before < 0)
		skip();
	assert_int_equal(before, 0);
	rig_send(fd, post, sizeof post - 1);
	assert_true(rig_request(r, 2000, &req, &seq));
	/* Not even while the engine has it; the front wipes just after the engine could have read it. */
	for (int i = 0; i < 20 && traces_of(r->pid, STR("TEST-ONLY-hunter2")) > 0; i++)
		usleep(10000);
	assert_int_equal(traces_of(r->pid, STR("TEST-ONLY-hunter2")), 0);
	rig_respond(r, seq, &resp);
	assert_int_equal(status_of(rig_read(fd, 2000, &closed)), 200);
	assert_int_equal(traces_of(r->pid, STR("TEST-ONLY-hunter2")), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_shape_has_its_answer_over_a_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_are_styled_named_and_say_what_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_document_is_served_and_revalidated, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_reaches_the_engine_decoded, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_with_a_line_break_becomes_a_500, setup, teardown),
		cmocka_unit_test_setup_teardown(bodies_of_every_kind_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_raw_body_travels_beside_the_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(who_half_closes_still_gets_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_password_leaves_no_trace_in_the_front, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics_have_their_own_port, setup, teardown),
		cmocka_unit_test_setup_teardown(the_administration_has_its_own_port_host_and_origin, setup, teardown),
		cmocka_unit_test_setup_teardown(each_port_has_its_own_pages_for_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
