/* test_http_pairs.c - queries, forms, cookies, credentials and languages: one reading or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "wire/http/fields.h"

static const struct { struct str text; const char *slug; } pair_cases[] = {
	{ STR_INIT(""), NULL }, { STR_INIT("a=b"), NULL }, { STR_INIT("a=&b"), NULL }, { STR_INIT("a=%C3%A9+x%2B"), NULL },
	{ STR_INIT("a=b=c"), NULL }, { STR_INIT("a=b;c=d"), NULL }, { STR_INIT("m=1%0D%0A2"), NULL },
	{ STR_INIT("a=b&a=c"), "http.pairs.repeated" }, { STR_INIT("a=b&%61=c"), "http.pairs.repeated" },
	{ STR_INIT("=b"), "http.pairs.name" }, { STR_INIT("a=%"), "http.escape" }, { STR_INIT("a=%4"), "http.escape" },
	{ STR_INIT("a=%zz"), "http.escape" }, { STR_INIT("a=%+1"), "http.escape" }, { STR_INIT("a=%00"), "http.control" },
	{ STR_INIT("a=1%0D%0A2"), "http.control" }, { STR_INIT("a=1%0A"), "http.control" }, { STR_INIT("m%0A=1"), "http.control" },
	{ STR_INIT("a=%7f"), "http.control" }, { STR_INIT("m=%00"), "http.control" }, { STR_INIT("m=%1b"), "http.control" },
	{ STR_INIT("a=%ff"), "http.utf8" }, { STR_INIT("a=%c0%af"), "http.utf8" }, { STR_INIT("a=%ed%a0%80"), "http.utf8" },
	{ STR_INIT("%e9=1"), "http.utf8" }, { STR_INIT("a=1&b=2&c=3&d=4&e=5"), "http.pairs.many" },
};

static void a_query_has_one_reading_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pair_cases / sizeof *pair_cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(65536);
		struct http_pairs pairs;
		struct err e = http_parse_pairs(a, pair_cases[i].text, 4, STR("x m"), &pairs);

		if (failed(e) != (pair_cases[i].slug != NULL) || (failed(e) && !str_eq_c(str_from_c(e.slug), pair_cases[i].slug)))
			fail_msg("%.*s: %s", STR_ARG(pair_cases[i].text), failed(e) ? e.slug : "accepted");
	}
}

static void names_and_values_are_decoded_once(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct http_pairs p;

	(void)state;
	assert_false(failed(http_parse_pairs(a, STR("nom=Lef%C3%A8vre+Ana%2B&x=%2541&vide"), 8, STR_NONE, &p)));
	assert_int_equal(p.n, 3);
	assert_true(str_eq(http_get(&p, "nom"), STR("Lefèvre Ana+")));
	assert_true(str_eq(http_get(&p, "x"), STR("%41")));
	assert_true(http_has(&p, "vide") && http_get(&p, "vide").n == 0);
	assert_false(http_has(&p, "absent"));
}

static void what_we_write_we_can_read(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct http_pair v[] = { { STR_INIT("état"), STR_INIT("a&b=c d+e/é\"<'") }, { STR_INIT("b"), STR_INIT("") } };
	struct http_pairs p;
	struct str url = http_add_query(a, STR("https://rp.example/cb?x=1"), v, 2);

	(void)state;
	assert_true(str_starts(url, STR("https://rp.example/cb?x=1&%C3%A9tat=a%26b%3Dc%20d%2Be")));
	assert_false(failed(http_parse_pairs(a, str_slice(url, str_index(url, '?') + 1, url.n), 8, STR_NONE, &p)));
	assert_true(p.n == 3 && str_eq(p.v[1].name, v[0].name) && str_eq(p.v[1].value, v[0].value));
	assert_true(str_eq(http_add_query(a, STR("https://rp.example/cb"), v + 1, 1), STR("https://rp.example/cb?b=")));
}

static void cookies_that_stand_twice_are_not_delivered(void **state)
{
	static const struct { struct str field; const char *names; } cases[] = {
		{ STR_INIT("a=1; b=2"), "a b " }, { STR_INIT("a=1; b=2; a=3"), "b " }, { STR_INIT("a=1; a=1; a=1"), "" },
		{ STR_INIT("a=1; a=2; b=3; c=4; b=5; d=6"), "c d " }, { STR_INIT("a=1;b=2"), "a b " },
		{ STR_INIT("nonsense; a=1; =2; b c=3; d=e=f"), "a d " }, { STR_INIT(""), "" }, { STR_INIT("A=1; a=2"), "A a " },
		{ STR_INIT("a=1 2; b=\xc3\xa9; c=3"), "c " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(65536);
		struct http_pairs p;
		struct buf names;

		buf_init(&names, 100);
		assert_false(failed(http_parse_cookies(a, cases[i].field, 16, &p)));
		for (size_t k = 0; k < p.n; k++) {
			buf_add(&names, p.v[k].name);
			buf_add_char(&names, ' ');
		}
		if (!str_eq_c(buf_str(&names), cases[i].names))
			fail_msg("%.*s: %.*s", STR_ARG(cases[i].field), STR_ARG(buf_str(&names)));
		buf_done(&names);
	}
}

static void a_jar_of_cookies_beyond_the_limit_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct http_pairs p;

	(void)state;
	assert_true(failed(http_parse_cookies(a, STR("a=1;b=2;c=3;d=4"), 3, &p)));
}

static void credentials_are_form_decoded_or_refused(void **state)
{
	static const char *const refused[] = {
		"", "Basic", "Basic ", "Bearer YTpi", "Basic YQ==", "Basic YTpi!", "Basic YTpiJQ==", "Basic YTpi YTpi", "Basic YToA", "Basic JTpi",
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct str name, password;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (!failed(http_parse_basic(a, str_from_c(refused[i]), &name, &password)))
			fail_msg("accepted: %s", refused[i]);
	/* "app%3A1:a+b%25:c" */
	assert_false(failed(http_parse_basic(a, STR("basic YXBwJTNBMTphK2IlMjU6Yw=="), &name, &password)));
	assert_true(str_eq(name, STR("app:1")) && str_eq(password, STR("a b%:c")));
}

static void the_better_liked_language_is_taken(void **state)
{
	static const struct { const char *field; enum http_lang lang; } cases[] = {
		{ "", LANG_FR }, { "fr", LANG_FR }, { "en", LANG_EN }, { "en-GB,en;q=0.9,fr;q=0.8", LANG_EN },
		{ "fr-FR,fr;q=0.9,en;q=0.8", LANG_FR }, { "de, en;q=0.5, fr;q=0.4", LANG_EN }, { "de", LANG_FR },
		{ "en;q=0", LANG_FR }, { "en;q=0.3, fr;q=0.31", LANG_FR }, { "EN", LANG_EN }, { "en;q=x", LANG_FR },
		{ "*", LANG_FR }, { "en;q=9", LANG_FR }, { ",,,;;;q=", LANG_FR }, { "english", LANG_FR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (http_lang_accepted(str_from_c(cases[i].field)) != cases[i].lang)
			fail_msg("%s", cases[i].field);
}

static void small_fields_are_read(void **state)
{
	enum http_lang lang = LANG_FR;

	(void)state;
	assert_true(str_eq(http_media_type(STR("text/html ; charset=utf-8")), STR("text/html")));
	assert_true(str_eq(http_media_param(STR("multipart/form-data; boundary=\"a b\"; x=y"), STR("boundary")), STR("a b")));
	assert_null(http_media_param(STR("multipart/form-data; boundary=a; boundary=b"), STR("boundary")).p);
	assert_true(str_eq(http_forwarded_last(STR("1.1.1.1, 2.2.2.2")), STR("2.2.2.2")));
	assert_true(http_etag_matches(STR("\"a\", W/\"b\""), STR("\"b\"")));
	assert_true(http_etag_matches(STR("*"), STR("\"b\"")));
	assert_false(http_etag_matches(STR("b"), STR("\"b\"")));
	assert_true(str_eq(http_origin_of(STR("https://a.example:8/b/c")), STR("https://a.example:8")));
	assert_null(http_origin_of(STR("javascript:alert(1)")).p);
	assert_null(http_origin_of(STR("https:///x")).p);
	assert_true(http_lang_parse(STR("en"), &lang) && lang == LANG_EN);
	assert_false(http_lang_parse(STR("EN"), &lang));
	assert_true(http_header_wanted(STR("authorization")));
	assert_false(http_header_wanted(STR("cookie")));
}

static void each_kind_of_error_has_a_status(void **state)
{
	(void)state;
	for (int k = 0; k < ERR_KIND_COUNT; k++) {
		int status = http_status_of((enum err_kind)k);

		assert_true(k == ERR_NONE ? status == 200 : status >= 400 && status < 600);
		assert_string_not_equal(http_status_text(status), "Status");
	}
}

static void a_cookie_is_written_as_its_scheme_allows(void **state)
{
	struct http_req req = { .arena = arena_create(65536) };
	struct http_resp *r = http_see_other(&req, STR("/"));
	struct http_pair jar[] = { { STR_INIT("__Host-session"), STR_INIT("x") }, { STR_INIT("session"), STR_INIT("y") } };

	(void)state;
	http_set_cookie(&req, r, true, "session", STR("x"), 0);
	http_set_cookie(&req, r, false, "session", STR("y"), -1);
	assert_int_equal(r->status, 303);
	assert_true(str_eq(r->headers[1].value, STR("__Host-session=x; Path=/; HttpOnly; SameSite=Lax; Secure")));
	assert_true(str_eq(r->headers[2].value, STR("session=y; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")));
	req.cookies = (struct http_pairs){ jar, 2 };
	assert_true(str_eq(http_cookie(&req, true, "session"), STR("x")));
	assert_true(str_eq(http_cookie(&req, false, "session"), STR("y")));
	arena_destroy(req.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_has_one_reading_or_none),
		cmocka_unit_test(names_and_values_are_decoded_once),
		cmocka_unit_test(what_we_write_we_can_read),
		cmocka_unit_test(cookies_that_stand_twice_are_not_delivered),
		cmocka_unit_test(a_jar_of_cookies_beyond_the_limit_is_refused),
		cmocka_unit_test(credentials_are_form_decoded_or_refused),
		cmocka_unit_test(the_better_liked_language_is_taken),
		cmocka_unit_test(small_fields_are_read),
		cmocka_unit_test(each_kind_of_error_has_a_status),
		cmocka_unit_test(a_cookie_is_written_as_its_scheme_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
