/* test_idp_totp.c - codes of authenticator applications and printed ones: what holds, and what never does
 * (RFC 6238 appendix B; rows L18 and L20 of the attack catalogue). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "idp/authn/recovery.h"
#include "idp/authn/second_qr.h"
#include "idp/authn/totp.h"

#define KEY ((const unsigned char *)"12345678901234567890")
#define NOON 1800000000

static struct arena *a;

static struct err check_at(const char *typed, int64_t last_step, int64_t now_s, int64_t *ret_step)
{
	return totp_check(KEY, str_from_c(typed), last_step, now_s, ret_step);
}

/* RFC 6238 appendix B, SHA-1: the last six of its eight digits. */
static void the_codes_are_those_of_the_rfc(void **state)
{
	static const struct { int64_t at_s; const char *code; } vectors[] = { { 59, "287082" }, { 1111111109, "081804" },
		{ 1111111111, "050471" }, { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };
	int64_t step = 0;

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		assert_false(failed(check_at(vectors[i].code, 0, vectors[i].at_s, &step)));
		assert_int_equal(step, vectors[i].at_s / 30);
	}
}

static void a_code_holds_one_step_early_or_late_and_never_twice(void **state)
{
	/* "287082" is of step 1: seconds 30 to 59. */
	static const struct { const char *what, *typed; int64_t last_step, now_s; const char *slug; } cases[] = {
		{ "in its step", "287082", 0, 45, NULL },
		{ "with blanks", " 287 082", 0, 45, NULL },
		{ "one step early", "287082", 0, 29, NULL },
		{ "one step late", "287082", 0, 89, NULL },
		{ "two steps late", "287082", 0, 90, "totp.code" },
		{ "two steps early", "969429", 0, 45, "totp.code" },
		{ "used before", "287082", 1, 45, "totp.replay" },
		{ "older than what was used", "287082", 2, 75, "totp.replay" },
		{ "another code", "287083", 0, 45, "totp.code" },
		{ "five digits", "28708", 0, 45, "totp.code" },
		{ "seven digits", "2870820", 0, 45, "totp.code" },
		{ "letters", "28708a", 0, 45, "totp.code" },
		{ "nothing", "", 0, 45, "totp.code" },
		{ "a sign", "-87082", 0, 45, "totp.code" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t step = -1;
		struct err e = check_at(cases[i].typed, cases[i].last_step, cases[i].now_s, &step);

		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && !str_eq_c(str_from_c(e.slug), cases[i].slug)))
			fail_msg("%s: %s", cases[i].what, failed(e) ? e.slug : "accepted");
		assert_int_equal(step, failed(e) ? -1 : 1);
	}
}

static void the_secret_is_told_as_applications_read_it(void **state)
{
	(void)state;
	assert_true(str_eq_c(totp_words(a, KEY), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"));
	assert_true(str_eq_c(totp_uri(a, KEY, STR("Ville de Sérigny"), STR("a.martin")),
		"otpauth://totp/Ville%20de%20S%C3%A9rigny:a.martin?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ville%20de%20S%C3%A9rigny"));
}

static void a_picture_says_the_same_and_nothing_of_it_runs(void **state)
{
	struct str svg = qr_svg(a, totp_uri(a, KEY, STR("Ville"), STR("a.martin")), STR("\"><script>"));
	char *long_text = arena_alloc(a, 2000);

	(void)state;
	assert_true(str_starts(svg, STR("<svg ")) && str_ends(svg, STR("</svg>")));
	assert_null(memmem(svg.p, svg.n, "<script", 7));
	assert_null(memmem(svg.p, svg.n, "style=", 6));
	memset(long_text, 'a', 1999);
	assert_int_equal(qr_svg(a, str_from_c(long_text), STR_NONE).n, 0);
}

static void a_recovery_code_is_read_however_it_is_typed(void **state)
{
	static const unsigned char bytes[RECOVERY_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct str code = recovery_format(a, bytes), spaced, plain = STR_NONE, part, rest = code;

	(void)state;
	assert_int_equal(code.n, 19);
	while (str_split(&rest, '-', &part))
		plain = arena_concat(a, (struct str[]){ plain, part }, 2);
	spaced = arena_printf(a, " " STR_FMT " ", STR_ARG(plain));
	assert_true(str_eq(recovery_read(a, code), code));
	assert_true(str_eq(recovery_read(a, plain), code));
	assert_true(str_eq(recovery_read(a, spaced), code));
	assert_int_equal(recovery_read(a, str_slice(plain, 0, 15)).n, 0);
	assert_int_equal(recovery_read(a, arena_concat(a, (struct str[]){ plain, STR("0") }, 2)).n, 0);
	assert_int_equal(recovery_read(a, STR("UUUU-UUUU-UUUU-UUUU")).n, 0);
	assert_int_equal(recovery_read(a, STR_NONE).n, 0);
}

static void ten_recovery_codes_are_ten_and_of_one_person(void **state)
{
	unsigned char hashes[RECOVERY_N][FACTOR_HASH], other[FACTOR_HASH];
	static const unsigned char one[ID_BYTES] = { 1 }, two[ID_BYTES] = { 2 };
	struct str codes[RECOVERY_N];

	(void)state;
	recovery_make(a, one, codes, hashes);
	for (size_t i = 0; i < RECOVERY_N; i++) {
		recovery_hash(two, codes[i], other);
		assert_memory_not_equal(other, hashes[i], sizeof other);
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(codes[i], codes[k]));
	}
}

static int setup(void **state) { (void)state; a = arena_create(1 << 20); return 0; }
static int teardown(void **state) { (void)state; arena_destroy(a); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_codes_are_those_of_the_rfc),
		cmocka_unit_test(a_code_holds_one_step_early_or_late_and_never_twice),
		cmocka_unit_test(the_secret_is_told_as_applications_read_it),
		cmocka_unit_test(a_picture_says_the_same_and_nothing_of_it_runs),
		cmocka_unit_test(a_recovery_code_is_read_however_it_is_typed),
		cmocka_unit_test(ten_recovery_codes_are_ten_and_of_one_person),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
