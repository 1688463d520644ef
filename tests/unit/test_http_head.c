/* test_http_head.c - one request head has one meaning or none. Shapes: RFC 9112, and the list of
 * what a common parser lets through (duplicate lengths, blank before the colon, bare LF, ...). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "wire/http/chunked.h"
#include "wire/http/fields.h"
#include "wire/http/head.h"
#include "wire/http/write.h"

#define HOST "Host: compte.example\r\n"
#define END "\r\n"
#define CASE(name, bytes, status) { name, bytes, sizeof(bytes) - 1, status }

static enum http_progress read_all(const char *bytes, size_t n, struct http_head *h, char *copy)
{
	struct http_head_scan scan = { 0 };

	memcpy(copy, bytes, n);
	return http_head_read(&scan, copy, n, h);
}

static const struct { const char *name, *bytes; size_t n; int status; } cases[] = {
	/* the controls: each refusal below is one of these with one change */
	CASE("a plain GET", "GET /a?b=c HTTP/1.1\r\n" HOST END, 0),
	CASE("a POST with a length", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\n" END, 0),
	CASE("a chunked POST", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END, 0),
	CASE("HTTP/1.0 with a host", "GET / HTTP/1.0\r\n" HOST END, 0),
	CASE("a port", "GET / HTTP/1.1\r\nHost: a.example:8443\r\n" END, 0),
	CASE("an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n" END, 0),
	CASE("an empty value", "GET / HTTP/1.1\r\n" HOST "X:\r\n" END, 0),
	CASE("a GET of length zero", "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" END, 0),
	CASE("dots inside names", "GET /.well-known/a..b HTTP/1.1\r\n" HOST END, 0),
	CASE("an override that nobody reads", "GET / HTTP/1.1\r\n" HOST "X-HTTP-Method-Override: DELETE\r\n" END, 0),

	CASE("length and chunked", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END, 400),
	CASE("two lengths", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 5\r\n" END, 400),
	CASE("the same length twice", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 4\r\n" END, 400),
	CASE("a list of lengths", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n" END, 400),
	CASE("length +4", "POST /a HTTP/1.1\r\n" HOST "Content-Length: +4\r\n" END, 400),
	CASE("length -1", "POST /a HTTP/1.1\r\n" HOST "Content-Length: -1\r\n" END, 400),
	CASE("length 0x4", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n" END, 400),
	CASE("length 4abc", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 4abc\r\n" END, 400),
	CASE("length of 20 digits", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551620\r\n" END, 400),
	CASE("no length", "POST /a HTTP/1.1\r\n" HOST "Content-Length:\r\n" END, 400),
	CASE("length with a blank inside", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n" END, 400),
	CASE("blank before the colon", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n" END, 400),
	CASE("xchunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n" END, 400),
	CASE("chunked twice in one", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n" END, 400),
	CASE("chunked twice", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END, 400),
	CASE("gzip before chunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n" END, 400),
	CASE("chunked, identity", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n" END, 400),
	CASE("tab before chunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding:\tchunked\r\n" END, 400),
	CASE("VT before chunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: \vchunked\r\n" END, 400),
	CASE("chunked in HTTP/1.0", "POST /a HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n" END, 400),
	CASE("a GET with a body", "GET /a HTTP/1.1\r\n" HOST "Content-Length: 4\r\n" END, 400),
	CASE("a HEAD with a chunked body", "HEAD /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END, 400),
	CASE("LF-only lines", "GET / HTTP/1.1\nHost: a\n\n", 400),
	CASE("one bare LF", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n" END, 400),
	CASE("LF-only end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
	CASE("a bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n" END, 400),
	CASE("NUL in a value", "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n" END, 400),
	CASE("NUL in a name", "GET / HTTP/1.1\r\n" HOST "X\0Y: a\r\n" END, 400),
	CASE("a control byte in a value", "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n" END, 400),
	CASE("two bytes that are no line end", "GET / HTTP/1.1\r\n" HOST "X: a\x01\x01Y: b\r\n" END, 400),
	CASE("DEL in a value", "GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n" END, 400),
	CASE("an empty name", "GET / HTTP/1.1\r\n" HOST ": a\r\n" END, 400),
	CASE("a blank in a name", "GET / HTTP/1.1\r\n" HOST "X Y: a\r\n" END, 400),
	CASE("a bad character in a name", "GET / HTTP/1.1\r\n" HOST "X@Y: a\r\n" END, 400),
	CASE("a raw byte in a name", "GET / HTTP/1.1\r\n" HOST "X\xc3\xa9: a\r\n" END, 400),
	CASE("no colon", "GET / HTTP/1.1\r\n" HOST "nothing\r\n" END, 400),
	CASE("a folded line", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n" END, 400),
	CASE("a line folded with a tab", "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n" END, 400),
	CASE("a blank first", " GET / HTTP/1.1\r\n" HOST END, 400),
	CASE("an empty line first", "\r\nGET / HTTP/1.1\r\n" HOST END, 400),
	CASE("no host", "GET / HTTP/1.1\r\n" END, 400),
	CASE("no host in HTTP/1.0", "GET / HTTP/1.0\r\n" END, 400),
	CASE("two hosts", "GET / HTTP/1.1\r\n" HOST HOST END, 400),
	CASE("an empty host", "GET / HTTP/1.1\r\nHost:\r\n" END, 400),
	CASE("a host with a path", "GET / HTTP/1.1\r\nHost: a.example/b\r\n" END, 400),
	CASE("a host with a user", "GET / HTTP/1.1\r\nHost: me@a.example\r\n" END, 400),
	CASE("a list of hosts", "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n" END, 400),
	CASE("port 99999", "GET / HTTP/1.1\r\nHost: a.example:99999\r\n" END, 400),
	CASE("port 0", "GET / HTTP/1.1\r\nHost: a.example:0\r\n" END, 400),
	CASE("an empty port", "GET / HTTP/1.1\r\nHost: a.example:\r\n" END, 400),
	CASE("an IPv6 host without end", "GET / HTTP/1.1\r\nHost: [::1\r\n" END, 400),
	CASE("an IPv6 host with a letter of none", "GET / HTTP/1.1\r\nHost: [::g]\r\n" END, 400),
	CASE("absolute-form", "GET http://compte.example/ HTTP/1.1\r\n" HOST END, 400),
	CASE("a path that starts a host", "GET //evil/x HTTP/1.1\r\n" HOST END, 400),
	CASE("authority-form", "GET compte.example:443 HTTP/1.1\r\n" HOST END, 400),
	CASE("asterisk-form", "OPTIONS * HTTP/1.1\r\n" HOST END, 400),
	CASE("a blank in the target", "GET /a b HTTP/1.1\r\n" HOST END, 400),
	CASE("two blanks", "GET  / HTTP/1.1\r\n" HOST END, 400),
	CASE("a tab in the line", "GET\t/ HTTP/1.1\r\n" HOST END, 400),
	CASE("NUL in the target", "GET /a\0b HTTP/1.1\r\n" HOST END, 400),
	CASE("a fragment", "GET /a#b HTTP/1.1\r\n" HOST END, 400),
	CASE("raw UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST END, 400),
	CASE("raw UTF-8 in the query", "GET /?\xc3\xa9 HTTP/1.1\r\n" HOST END, 400),
	CASE("%00 in the path", "GET /a%00 HTTP/1.1\r\n" HOST END, 400),
	CASE("%00 in the query", "GET /?a=%00 HTTP/1.1\r\n" HOST END, 400),
	CASE("%zz in the query", "GET /?a=%zz HTTP/1.1\r\n" HOST END, 400),
	CASE("a cut escape", "GET /?a=%2 HTTP/1.1\r\n" HOST END, 400),
	CASE("%2f in the path", "GET /a%2fb HTTP/1.1\r\n" HOST END, 400),
	CASE("%5c in the path", "GET /a%5cb HTTP/1.1\r\n" HOST END, 400),
	CASE("%2e%2e in the path", "GET /%2e%2e/b HTTP/1.1\r\n" HOST END, 400),
	CASE("a backslash in the path", "GET /a\\b HTTP/1.1\r\n" HOST END, 400),
	CASE("/../", "GET /a/../b HTTP/1.1\r\n" HOST END, 400),
	CASE("/..", "GET /a/.. HTTP/1.1\r\n" HOST END, 400),
	CASE("/./", "GET /./a HTTP/1.1\r\n" HOST END, 400),
	CASE("/.", "GET /. HTTP/1.1\r\n" HOST END, 400),
	CASE("a lower-case method", "get / HTTP/1.1\r\n" HOST END, 501),
	CASE("FOO", "FOO / HTTP/1.1\r\n" HOST END, 501),
	CASE("TRACE", "TRACE / HTTP/1.1\r\n" HOST END, 501),
	CASE("CONNECT", "CONNECT a:443 HTTP/1.1\r\n" HOST END, 501),
	CASE("HTTP/0.9", "GET /\r\n" END, 400),
	CASE("HTTP/1.9", "GET / HTTP/1.9\r\n" HOST END, 505),
	CASE("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	CASE("a word after the version", "GET / HTTP/1.1 x\r\n" HOST END, 400),
	CASE("another expectation", "POST / HTTP/1.1\r\n" HOST "Expect: a-miracle\r\n" END, 417),
	CASE("two authorizations", "GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n" END, 400),
	CASE("two cookie fields", "GET / HTTP/1.1\r\n" HOST "Cookie: a=b\r\nCookie: a=c\r\n" END, 400),
	CASE("latin-1 where text is wanted", "GET / HTTP/1.1\r\n" HOST "User-Agent: \xe9\r\n" END, 400),
};

static void each_shape_has_its_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char copy[1024];
		struct http_head h;
		enum http_progress got = read_all(cases[i].bytes, cases[i].n, &h, copy);

		if (got == HTTP_MORE || h.status != cases[i].status || (got == HTTP_DONE) != (cases[i].status == 0))
			fail_msg("%s: got %d, status %d %s", cases[i].name, (int)got, h.status, h.slug ? h.slug : "");
		if (got == HTTP_DONE)
			assert_int_equal(h.size, cases[i].n);
	}
}

static void byte_by_byte_gives_the_same_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char copy[1024];
		struct http_head_scan scan = { 0 };
		struct http_head h;
		enum http_progress got = HTTP_MORE;

		for (size_t n = 1; n <= cases[i].n && got == HTTP_MORE; n++) {
			copy[n - 1] = cases[i].bytes[n - 1];
			got = http_head_read(&scan, copy, n, &h);
		}
		if (got == HTTP_MORE || h.status != cases[i].status)
			fail_msg("%s: got %d, status %d", cases[i].name, (int)got, h.status);
	}
}

static void what_was_sent_is_what_is_read(void **state)
{
	static const char bytes[] = "POST /connexion?lang=en&x=%20 HTTP/1.1\r\nHOST: Compte.example:8443\r\n"
		"Content-LENGTH:  12  \r\nCookie: a=b; c=d\r\nOrigin: https://compte.example:8443\r\n"
		"Expect: 100-continue\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n\r\nnext";
	char copy[1024];
	struct http_head h;

	(void)state;
	assert_int_equal(read_all(bytes, sizeof bytes - 1, &h, copy), HTTP_DONE);
	assert_int_equal(h.size, sizeof bytes - 1 - 4);
	assert_int_equal(h.method, HTTP_POST);
	assert_true(str_eq(h.path, STR("/connexion")) && str_eq(h.raw_query, STR("lang=en&x=%20")));
	assert_true(str_eq(h.host, STR("Compte.example")) && h.has_length && h.length == 12);
	assert_true(str_eq(h.fields[FIELD_COOKIE], STR("a=b; c=d")));
	assert_true(str_eq(h.fields[FIELD_ORIGIN], STR("https://compte.example:8443")));
	assert_true(str_eq(h.fields[FIELD_FORWARDED_FOR], STR("5.6.7.8")));
	assert_true(h.keep_alive && h.expects_continue && !h.chunked);
	assert_null(h.fields[FIELD_AUTHORIZATION].p);
}

static void close_and_upgrade_end_the_connection(void **state)
{
	static const char *const heads[] = {
		"GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, Close\r\n" END,
		"GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END,
		"GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" END,
		"GET / HTTP/1.0\r\n" HOST END,
	};
	char copy[1024];
	struct http_head h;

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		assert_int_equal(read_all(heads[i], strlen(heads[i]), &h, copy), HTTP_DONE);
		assert_false(h.keep_alive);
	}
}

static void heads_beyond_their_limits_are_refused(void **state)
{
	static char bytes[3 * HTTP_HEAD_MAX], copy[3 * HTTP_HEAD_MAX];
	struct http_head h;
	struct buf b;

	(void)state;
	/* a target of 8193 bytes, with and without its end */
	size_t n = (size_t)snprintf(bytes, sizeof bytes, "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_TARGET_MAX, 0);
	assert_int_equal(read_all(bytes, n, &h, copy), HTTP_REFUSED);
	assert_int_equal(h.status, 414);
	assert_int_equal(read_all(bytes, n - 60, &h, copy), HTTP_MORE);
	memset(bytes + 5, 'a', 10000);
	assert_int_equal(read_all(bytes, 10000, &h, copy), HTTP_REFUSED);
	assert_int_equal(h.status, 414);

	n = (size_t)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n", HTTP_HEAD_MAX, 0);
	assert_int_equal(read_all(bytes, n, &h, copy), HTTP_REFUSED);
	assert_int_equal(h.status, 431);
	n = (size_t)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n", HTTP_HEAD_MAX - 60, 0);
	assert_int_equal(read_all(bytes, n, &h, copy), HTTP_DONE);

	for (int fields = HTTP_FIELDS_MAX - 1; fields <= HTTP_FIELDS_MAX; fields++) {
		buf_init(&b, 8192);
		buf_add_c(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
		for (int i = 0; i < fields; i++)
			buf_addf(&b, "X-%d: y\r\n", i);
		buf_add_c(&b, "\r\n");
		enum http_progress got = read_all(b.p, b.n, &h, copy);
		assert_int_equal(got, fields < HTTP_FIELDS_MAX ? HTTP_DONE : HTTP_REFUSED);
		assert_int_equal(h.status, fields < HTTP_FIELDS_MAX ? 0 : 431);
		buf_done(&b);
	}
}

#define OK_BODY "Wikipedia"
static const struct { const char *name, *bytes; size_t n; bool accepted; } chunk_cases[] = {
	CASE("two chunks", "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", true),
	CASE("a longer spelling", "0004\r\nWiki\r\n00005\r\npedia\r\n000\r\n\r\n", true),
	CASE("trailers are dropped", "9\r\nWikipedia\r\n0\r\nX-User: admin\r\nContent-Length: 3\r\n\r\n", true),
	CASE("0x5", "0x9\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("+5", "+9\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("-1", "-9\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("a blank first", " 9\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("a blank after", "9 \r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("17 digits", "00000000000000009\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("no digit", "\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("an extension", "9;a=b\r\nWikipedia\r\n0\r\n\r\n", false),
	CASE("LF after the size", "9\nWikipedia\r\n0\r\n\r\n", false),
	CASE("LF after the data", "9\r\nWikipedia\n0\r\n\r\n", false),
	CASE("nothing after the data", "9\r\nWikipedia0\r\n\r\n", false),
	CASE("two letters after the data", "9\r\nWikipediaXX0\r\n\r\n", false),
	CASE("LF at the end", "9\r\nWikipedia\r\n0\r\n\n", false),
	CASE("a trailer without colon", "9\r\nWikipedia\r\n0\r\nX\r\n\r\n", false),
	CASE("NUL in a trailer", "9\r\nWikipedia\r\n0\r\nX: \0\r\n\r\n", false),
};

static void chunks_are_digits_and_crlf(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof chunk_cases / sizeof *chunk_cases; i++) {
		for (size_t step = 1; step <= chunk_cases[i].n; step++) {
			struct http_chunked c = { 0 };
			struct err e = NO_ERR;
			struct buf out;

			buf_init(&out, 100);
			for (size_t at = 0; at < chunk_cases[i].n && !failed(e); at += step) {
				struct str all = { chunk_cases[i].bytes, chunk_cases[i].n };
				size_t used;

				e = http_chunked_feed(&c, str_slice(all, at, at + step), &out, &used);
			}
			if (failed(e) == chunk_cases[i].accepted)
				fail_msg("%s by %zu: %s", chunk_cases[i].name, step, failed(e) ? e.slug : "accepted");
			if (!failed(e))
				assert_true(c.state == CHUNK_DONE && str_eq(buf_str(&out), STR(OK_BODY)));
			buf_done(&out);
		}
	}
}

static void what_follows_the_last_chunk_is_left(void **state)
{
	struct http_chunked c = { 0 };
	struct buf out;
	size_t used = 0;

	(void)state;
	buf_init(&out, 100);
	assert_false(failed(http_chunked_feed(&c, STR("1\r\na\r\n0\r\n\r\nGET /"), &out, &used)));
	assert_int_equal(used, 11);
	buf_done(&out);
}

static void a_trailer_without_end_is_refused(void **state)
{
	struct http_chunked c = { 0 };
	struct err e = NO_ERR;
	struct buf out;
	size_t used;

	(void)state;
	buf_init(&out, 100);
	e = http_chunked_feed(&c, STR("0\r\nX: "), &out, &used);
	for (int i = 0; i < 2000 && !failed(e); i++)
		e = http_chunked_feed(&c, STR("a"), &out, &used);
	assert_true(failed(e));
	buf_done(&out);
}

static void an_answer_cannot_be_split(void **state)
{
	static const struct { struct str name, value; } refused[] = {
		{ STR_INIT("location"), STR_INIT("/a\r\nSet-Cookie: x=y") }, { STR_INIT("location"), STR_INIT("/a\nb") },
		{ STR_INIT("location"), STR_INIT("/a\rb") }, { STR_INIT("location"), STR_INIT("/a\0b") },
		{ STR_INIT("x y"), STR_INIT("a") }, { STR_INIT("x\r\n"), STR_INIT("a") }, { STR_INIT(""), STR_INIT("a") },
		{ STR_INIT("x:"), STR_INIT("a") },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_true(failed(http_write_field(&b, refused[i].name, refused[i].value)));
	assert_int_equal(b.n, 0);
	assert_false(failed(http_write_field(&b, STR("location"), STR("/a"))));
	assert_true(str_eq(buf_str(&b), STR("location: /a\r\n")));
	buf_done(&b);
}

static void dates_are_as_http_wants_them(void **state)
{
	char p[HTTP_DATE_BYTES];

	(void)state;
	http_write_date(p, 784111777);
	assert_memory_equal(p, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_BYTES);
	http_write_date(p, 1800000000);
	assert_memory_equal(p, "Fri, 15 Jan 2027 08:00:00 GMT", HTTP_DATE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_has_its_answer),
		cmocka_unit_test(byte_by_byte_gives_the_same_answer),
		cmocka_unit_test(what_was_sent_is_what_is_read),
		cmocka_unit_test(close_and_upgrade_end_the_connection),
		cmocka_unit_test(heads_beyond_their_limits_are_refused),
		cmocka_unit_test(chunks_are_digits_and_crlf),
		cmocka_unit_test(what_follows_the_last_chunk_is_left),
		cmocka_unit_test(a_trailer_without_end_is_refused),
		cmocka_unit_test(an_answer_cannot_be_split),
		cmocka_unit_test(dates_are_as_http_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
