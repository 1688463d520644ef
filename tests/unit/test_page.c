/* test_page.c - what a page writes: escaping by context, dates and numbers in words, the town's colour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/page.h"
#include "base/clock.h"

#define NB  "\xc2\xa0"
#define NNB "\xe2\x80\xaf"

static void expect(struct buf *b, const char *text)
{
	assert_int_equal(b->n, strlen(text));
	assert_memory_equal(b->p ? b->p : "", text, b->n);
	buf_reset(b);
}

typedef void writer(struct buf *out, struct str s);

static const struct { const char *name; writer *write; struct str in; const char *out; } texts[] = {
	{ "plain text",               page_text, STR_INIT("Jeanne Moreau"), "Jeanne Moreau" },
	{ "accents stay",             page_text, STR_INIT("Sérigny – l’été"), "Sérigny – l’été" },
	{ "empty",                    page_text, STR_INIT(""), "" },
	{ "a tag is only text",       page_text, STR_INIT("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "an entity is shown",       page_text, STR_INIT("a &amp; b"), "a &amp;amp; b" },
	{ "a NUL does not end it",    page_text, STR_INIT("a\0<b"), "a\0&lt;b" },
	{ "no way out of quotes",     page_attr, STR_INIT("\" onclick=\"x"), "&quot; onclick=&quot;x" },
	{ "nor out of single ones",   page_attr, STR_INIT("' onclick='x"), "&#39; onclick=&#39;x" },
	{ "https",                    page_url, STR_INIT("https://a.example/?x=1&y=2"), "https://a.example/?x=1&amp;y=2" },
	{ "http",                     page_url, STR_INIT("HTTP://127.0.0.1:8080/"), "HTTP://127.0.0.1:8080/" },
	{ "mailto",                   page_url, STR_INIT("mailto:mairie@ville.example"), "mailto:mairie@ville.example" },
	{ "tel",                      page_url, STR_INIT("tel:0240000000"), "tel:0240000000" },
	{ "a path",                   page_url, STR_INIT("/demandes"), "/demandes" },
	{ "the root",                 page_url, STR_INIT("/"), "/" },
	{ "a query",                  page_url, STR_INIT("?lang=en"), "?lang=en" },
	{ "a fragment",               page_url, STR_INIT("#contenu"), "#contenu" },
	{ "javascript",               page_url, STR_INIT("javascript:alert(1)"), "#" },
	{ "in capitals",              page_url, STR_INIT("JavaScript:alert(1)"), "#" },
	{ "a tab inside",             page_url, STR_INIT("java\tscript:alert(1)"), "#" },
	{ "a blank before",           page_url, STR_INIT(" javascript:alert(1)"), "#" },
	{ "data",                     page_url, STR_INIT("data:text/html,x"), "#" },
	{ "another host by //",       page_url, STR_INIT("//evil.example/"), "#" },
	{ "another host by backslash", page_url, STR_INIT("/\\evil.example/"), "#" },
	{ "a path with a line break", page_url, STR_INIT("/a\nb"), "#" },
	{ "a relative name",          page_url, STR_INIT("evil"), "#" },
	{ "no URL at all",            page_url, STR_INIT(""), "#" },
	{ "a quote in a URL",         page_url, STR_INIT("/x\"onclick=1"), "/x&quot;onclick=1" },
	{ "part of a URL",            page_url_part, STR_INIT("a b&c=é/\""), "a%20b%26c%3D%C3%A9%2F%22" },
	{ "a number to dial",         page_digits, STR_INIT("+33 2 40.00-00 00\"x"), "+33240000000" },
	{ "plus only in front",       page_digits, STR_INIT("02+40"), "0240" },
	{ "a French telephone",       page_grouped, STR_INIT("0240000001"), "02" NB "40" NB "00" NB "00" NB "01" },
	{ "one as seen from abroad",  page_grouped, STR_INIT("+33240000001"), "+33" NB "2" NB "40" NB "00" NB "00" NB "01" },
	{ "no French telephone",      page_grouped, STR_INIT("4400000012"), "4400000012" },
	{ "one of another country",   page_grouped, STR_INIT("+3212345678"), "+3212345678" },
	{ "one digit too many",       page_grouped, STR_INIT("02400000012"), "02400000012" },
	{ "digits stay together",     page_grouped, STR_INIT("Appelez le 02 40 <b>"), "Appelez le 02" NB "40 &lt;b&gt;" },
	{ "trusted HTML",             page_raw_trusted_html, STR_INIT("<b>"), "<b>" },
};

static void text_is_escaped_for_the_place_where_it_stands(void **state)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t n = i == 5 ? 7 : strlen(texts[i].out);     /* the case with a NUL */

		texts[i].write(&b, texts[i].in);
		if (b.n != n || memcmp(n ? b.p : "", texts[i].out, n) != 0)
			fail_msg("%s: %.*s", texts[i].name, (int)b.n, b.p ? b.p : "");
		buf_reset(&b);
	}
	buf_done(&b);
}

static void a_page_too_large_for_its_buffer_says_so(void **state)
{
	struct buf b;

	buf_init(&b, 8);
	page_text(&b, STR("<<<<<<<<"));
	assert_true(failed(buf_err(&b)));
	buf_done(&b);
}

static void dates_are_written_in_words(void **state)
{
	struct buf b;

	buf_init(&b, 4096);
	page_date(&b, PAGE_FR, 2026, 11, 24);
	expect(&b, "24" NB "novembre 2026");
	page_date(&b, PAGE_EN, 2026, 11, 24);
	expect(&b, "24" NB "November 2026");
	page_date(&b, PAGE_FR, 2026, 8, 1);
	expect(&b, "1er" NB "août 2026");
	page_date(&b, PAGE_EN, 2026, 2, 1);
	expect(&b, "1" NB "February 2026");
	page_date_iso(&b, PAGE_FR, STR("1954-03-12"));
	expect(&b, "12" NB "mars 1954");
	buf_done(&b);
}

static void what_is_no_date_is_shown_as_it_is(void **state)
{
	static const struct { struct str in; const char *out; } cases[] = {
		{ STR_INIT("1954"), "1954" }, { STR_INIT("1954-02-30"), "1954-02-30" }, { STR_INIT("1954-13-01"), "1954-13-01" },
		{ STR_INIT("1954-00-01"), "1954-00-01" }, { STR_INIT("1954/03/12"), "1954/03/12" }, { STR_INIT(""), "" },
		{ STR_INIT("12-03-1954"), "12-03-1954" }, { STR_INIT("<954-03-12"), "&lt;954-03-12" },
	};
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		page_date_iso(&b, PAGE_FR, cases[i].in);
		expect(&b, cases[i].out);
	}
	buf_done(&b);
}

static void instants_are_shown_by_the_clocks_of_paris(void **state)
{
	/* 2026: summer time from 29 March to 25 October, at 01:00 UTC. */
	static const struct { int64_t t_s; const char *fr; } cases[] = {
		{ 1795513320, "24" NB "novembre 2026 à 10" NB "h" NB "42" },       /* 09:42 UTC */
		{ 1774745999, "29" NB "mars 2026 à 1" NB "h" NB "59" },            /* 00:59:59 UTC */
		{ 1774746000, "29" NB "mars 2026 à 3" NB "h" NB "00" },            /* 01:00:00 UTC */
		{ 1792889999, "25" NB "octobre 2026 à 2" NB "h" NB "59" },         /* 00:59:59 UTC */
		{ 1792890000, "25" NB "octobre 2026 à 2" NB "h" NB "00" },         /* 01:00:00 UTC */
		{ 1798757999, "31" NB "décembre 2026 à 23" NB "h" NB "59" },       /* 22:59:59 UTC */
		{ 1798758000, "1er" NB "janvier 2027 à 0" NB "h" NB "00" },        /* the year turns in Paris first */
		{ 0,          "1er" NB "janvier 1970 à 1" NB "h" NB "00" },
	};
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		page_datetime(&b, PAGE_FR, cases[i].t_s);
		expect(&b, cases[i].fr);
	}
	page_datetime(&b, PAGE_EN, 1795513320);
	expect(&b, "24" NB "November 2026 at 10:42");
	page_day(&b, PAGE_FR, 1798758000);
	expect(&b, "1er" NB "janvier 2027");
	page_day(&b, PAGE_FR, INT64_MAX);       /* nonsense is answered, not obeyed */
	expect(&b, "1er" NB "janvier 1970");
	page_day(&b, PAGE_FR, INT64_MIN);
	expect(&b, "1er" NB "janvier 1970");
	buf_done(&b);
}

static void numbers_are_grouped_as_each_language_does(void **state)
{
	struct buf b;

	buf_init(&b, 4096);
	page_number(&b, PAGE_FR, 4817);
	expect(&b, "4" NNB "817");
	page_number(&b, PAGE_EN, 1004007);
	expect(&b, "1,004,007");
	page_number(&b, PAGE_FR, 0);
	expect(&b, "0");
	page_number(&b, PAGE_FR, 999);
	expect(&b, "999");
	page_number(&b, PAGE_EN, -1000);
	expect(&b, "-1,000");
	page_number(&b, PAGE_EN, INT64_MIN);
	expect(&b, "-9,223,372,036,854,775,808");
	buf_done(&b);
}

static void zero_is_singular_in_french_and_plural_in_english(void **state)
{
	assert_false(page_is_plural(PAGE_FR, 0));
	assert_false(page_is_plural(PAGE_FR, 1));
	assert_true(page_is_plural(PAGE_FR, 2));
	assert_true(page_is_plural(PAGE_EN, 0));
	assert_false(page_is_plural(PAGE_EN, 1));
	assert_true(page_is_plural(PAGE_EN, 2));
}

static bool css_has(struct str css, const char *text)
{
	return memmem(css.p, css.n, text, strlen(text)) != NULL;
}

static void the_town_s_colour_stands_in_front_of_the_sheet(void **state)
{
	struct arena *a = arena_create(1 << 20);
	struct str css = page_css(a, STR("#0b5c61"), STR("#07464a"));

	assert_true(str_starts(css, STR(":root{--town:#0b5c61;--town-dark:#07464a;")));
	/* Agents and administrators have theirs in it too. */
	assert_true(css.n <= 12 * 1024);
	arena_destroy(a);
}

static void an_illegible_colour_is_darkened_and_a_strange_one_replaced(void **state)
{
	struct arena *a = arena_create(1 << 20);

	assert_false(str_starts(page_css(a, STR("#ffdd00"), STR("")), STR(":root{--town:#ffdd00")));
	assert_false(css_has(page_css(a, STR("#0b5c61"), STR("#ffee99")), "--town-dark:#ffee99"));
	assert_true(str_starts(page_css(a, STR("red;}*{display:none"), STR("")), STR(":root{--town:#0b5c61;")));
	assert_true(str_starts(page_css(a, STR("#0b5c6g"), STR_NONE), STR(":root{--town:#0b5c61;")));
	assert_true(str_starts(page_css(a, STR_NONE, STR_NONE), STR(":root{--town:#0b5c61;")));
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped_for_the_place_where_it_stands),
		cmocka_unit_test(a_page_too_large_for_its_buffer_says_so),
		cmocka_unit_test(dates_are_written_in_words),
		cmocka_unit_test(what_is_no_date_is_shown_as_it_is),
		cmocka_unit_test(instants_are_shown_by_the_clocks_of_paris),
		cmocka_unit_test(numbers_are_grouped_as_each_language_does),
		cmocka_unit_test(zero_is_singular_in_french_and_plural_in_english),
		cmocka_unit_test(the_town_s_colour_stands_in_front_of_the_sheet),
		cmocka_unit_test(an_illegible_colour_is_darkened_and_a_strange_one_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
