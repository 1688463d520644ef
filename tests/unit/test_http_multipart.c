/* test_http_multipart.c - forms with files, cut anywhere on their way, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "wire/http/multipart.h"

#define TYPE STR("multipart/form-data; boundary=----X")
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_(name, file) "Content-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\nContent-Type: image/png\r\n\r\n"
#define B "------X\r\n"
#define LAST "\r\n------X--\r\n"

static struct err decode(struct arena *a, struct str body, size_t step, struct http_multipart **m,
	struct http_pairs *form, struct http_part **parts, size_t *n)
{
	TRY(http_multipart_create(TYPE, STR("texte"), 4, m));
	for (size_t at = 0; at < body.n; at += step)
		TRY(http_multipart_feed(*m, str_slice(body, at, at + step)));
	return http_multipart_end(*m, a, form, parts, n);
}

static void wherever_it_is_cut_the_form_is_the_same(void **state)
{
	struct str body = STR(B FIELD("nom") "Lefèvre" "\r\n" B FIELD("vide") "\r\n" B FIELD("texte") "a\r\nb" "\r\n"
		B FILE_("piece", "carte d'identité.png") "\x89PNG\r\n\0\r\n------\r\n--" "\r\n" B FILE_("rien", "") LAST);

	(void)state;
	for (size_t step = 1; step <= body.n; step++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(65536);
		struct http_multipart *m = NULL;
		struct http_pairs form = { 0 };
		struct http_part *parts = NULL;
		size_t n = 0;
		struct err e = decode(a, body, step, &m, &form, &parts, &n);

		if (failed(e))
			fail_msg("by %zu: %s", step, e.slug);
		assert_int_equal(form.n, 3);
		assert_true(str_eq(http_get(&form, "nom"), STR("Lefèvre")) && http_has(&form, "vide"));
		assert_true(str_eq(http_get(&form, "texte"), STR("a\r\nb")));
		assert_int_equal(n, 1);      /* an empty choice is no file */
		assert_true(str_eq(parts[0].filename, STR("carte d'identité.png")) && str_eq(parts[0].content_type, STR("image/png")));
		assert_true(str_eq(parts[0].bytes, STR("\x89PNG\r\n\0\r\n------\r\n--")));
		http_multipart_destroy(m);
	}
}

static const struct { const char *name; struct str body; } refused[] = {
	{ "nothing", STR_INIT("") },
	{ "no last boundary", STR_INIT(B FIELD("a") "1") },
	{ "cut in the head", STR_INIT(B "Content-Disposition: form-data; na") },
	{ "something before", STR_INIT("hello\r\n" B FIELD("a") "1" LAST) },
	{ "something after", STR_INIT(B FIELD("a") "1" LAST "hello") },
	{ "LF-only lines", STR_INIT("------X\nContent-Disposition: form-data; name=\"a\"\n\n1\n------X--\n") },
	{ "blank after a boundary", STR_INIT("------X \r\n" FIELD("a") "1" LAST) },
	{ "no disposition", STR_INIT(B "Content-Type: text/plain\r\n\r\n1" LAST) },
	{ "no head", STR_INIT(B "\r\n1" LAST) },
	{ "two dispositions", STR_INIT(B "Content-Disposition: form-data; name=\"a\"\r\n" FIELD("b") "1" LAST) },
	{ "two names", STR_INIT(B "Content-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n1" LAST) },
	{ "no name", STR_INIT(B "Content-Disposition: form-data; filename=\"b\"\r\n\r\n1" LAST) },
	{ "an unquoted name", STR_INIT(B "Content-Disposition: form-data; name=a\r\n\r\n1" LAST) },
	{ "an open quote", STR_INIT(B "Content-Disposition: form-data; name=\"a\r\n\r\n1" LAST) },
	{ "a quote too late", STR_INIT(B "Content-Disposition: form-data; name=ba\"\r\n\r\n1" LAST) },
	{ "no semicolon", STR_INIT(B "Content-Disposition: form-data; name=\"a\" filename=\"b\"\r\n\r\n1" LAST) },
	{ "a letter for a semicolon", STR_INIT(B "Content-Disposition: form-data; name=\"a\"xfilename=\"b\"\r\n\r\n1" LAST) },
	{ "a semicolon last", STR_INIT(B "Content-Disposition: form-data; name=\"a\";\r\n\r\n1" LAST) },
	{ "two file names", STR_INIT(B "Content-Disposition: form-data; name=\"a\"; filename=\"b\"; filename=\"c\"\r\n\r\n1" LAST) },
	{ "nearly form-data", STR_INIT(B "Content-Disposition: form-dat_; name=\"a\"\r\n\r\n1" LAST) },
	{ "a line without colon", STR_INIT(B "nothing\r\n" FIELD("a") "1" LAST) },
	{ "a blank in a name of a line", STR_INIT(B "X Y: z\r\n" FIELD("a") "1" LAST) },
	{ "two types", STR_INIT(B "Content-Type: a/b\r\nContent-Type: a/c\r\n" FIELD("a") "1" LAST) },
	{ "no line end after a boundary", STR_INIT("------XXX" FIELD("a") "1" LAST) },
	{ "attachment", STR_INIT(B "Content-Disposition: attachment; name=\"a\"\r\n\r\n1" LAST) },
	{ "filename*", STR_INIT(B "Content-Disposition: form-data; name=\"a\"; filename*=\"b\"\r\n\r\n1" LAST) },
	{ "another encoding", STR_INIT(B "Content-Transfer-Encoding: base64\r\n" FIELD("a") "MQ==" LAST) },
	{ "a folded line", STR_INIT(B "Content-Disposition: form-data;\r\n name=\"a\"\r\n\r\n1" LAST) },
	{ "NUL in the name", STR_INIT(B FIELD("a\0b") "1" LAST) },
	{ "latin-1 in the name", STR_INIT(B FIELD("\xe9") "1" LAST) },
	{ "latin-1 in a field", STR_INIT(B FIELD("a") "\xe9" LAST) },
	{ "NUL in a field", STR_INIT(B FIELD("a") "1\0" LAST) },
	{ "a line break in a one-line field", STR_INIT(B FIELD("a") "1\r\n2" LAST) },
	{ "a field twice", STR_INIT(B FIELD("a") "1\r\n" B FIELD("a") "2" LAST) },
	{ "too many fields", STR_INIT(B FIELD("a") "\r\n" B FIELD("b") "\r\n" B FIELD("c") "\r\n" B FIELD("d") "\r\n" B FIELD("e") LAST) },
};

static void what_has_two_readings_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(65536);
		struct http_multipart *m = NULL;
		struct http_pairs form;
		struct http_part *parts;
		size_t n;

		if (!failed(decode(a, refused[i].body, 7, &m, &form, &parts, &n)))
			fail_msg("%s: accepted", refused[i].name);
		http_multipart_destroy(m);
	}
}

static void too_many_files_and_long_heads_are_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct http_multipart *m = NULL;
	struct http_pairs form;
	struct http_part *parts;
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, 1 << 16);
	for (int i = 0; i <= HTTP_PARTS_MAX; i++)
		buf_addf(&b, "------X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%d\"\r\n\r\nx\r\n", i);
	buf_add_c(&b, "------X--\r\n");
	assert_true(failed(decode(a, buf_str(&b), 100, &m, &form, &parts, &n)));
	http_multipart_destroy(TAKE(m));

	buf_reset(&b);
	buf_addf(&b, "------X\r\nX: %0*d\r\n", 5000, 0);
	assert_true(failed(decode(a, buf_str(&b), 100, &m, &form, &parts, &n)));
	http_multipart_destroy(m);
	buf_done(&b);
}

static void a_boundary_must_be_one(void **state)
{
	static const char *const types[] = {
		"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a; boundary=b",
		"multipart/form-data; boundary=a\"b", "multipart/form-data; boundary=\"a \"",
		"multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct http_multipart *m = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!failed(http_multipart_create(str_from_c(types[i]), STR_NONE, 4, &m)))
			fail_msg("%s", types[i]);
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_it_is_cut_the_form_is_the_same),
		cmocka_unit_test(what_has_two_readings_is_refused),
		cmocka_unit_test(too_many_files_and_long_heads_are_refused),
		cmocka_unit_test(a_boundary_must_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
