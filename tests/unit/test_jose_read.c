/* test_jose_read.c - the form of signed tokens, judged before a JOSE library sees them.
 * Each refusal is the accepted control plus one change (security catalogue O35 to O38).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/b64.h"
#include "wire/jose/json_read.h"
#include "wire/jose/jws_read.h"

#define ALGS STR("ES256 RS256")
#define TYPS STR("JWT -")

static struct str token_of(struct arena *a, struct str header)
{
	return arena_printf(a, STR_FMT ".e30.c2ln", STR_ARG(b64url_encode(a, header.p, header.n)));
}

static void expect(const char *name, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "accepted");
}

static const struct { const char *name, *header, *slug; } headers[] = {
	{ "the control",            "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", NULL },
	{ "RS256",                  "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", NULL },
	{ "no kid, no typ",         "{\"alg\":\"ES256\"}", NULL },
	{ "an unknown text member", "{\"alg\":\"ES256\",\"note\":\"x\"}", NULL },
	{ "typ in other letters",   "{\"alg\":\"ES256\",\"typ\":\"jwt\"}", NULL },
	{ "typ as media type",      "{\"alg\":\"ES256\",\"typ\":\"application/JWT\"}", NULL },
	{ "a kid that is a path",   "{\"alg\":\"ES256\",\"kid\":\"../../etc/x\"}", NULL },   /* only compared */
	{ "none",                   "{\"alg\":\"none\",\"kid\":\"k\"}", "jose.alg" },
	{ "None",                   "{\"alg\":\"None\"}", "jose.alg" },
	{ "HS256",                  "{\"alg\":\"HS256\",\"kid\":\"k\"}", "jose.alg" },
	{ "PS256, not asked for",   "{\"alg\":\"PS256\"}", "jose.alg" },
	{ "ES384",                  "{\"alg\":\"ES384\"}", "jose.alg" },
	{ "two words as one alg",   "{\"alg\":\"ES256 RS256\"}", "jose.alg" },
	{ "no alg",                 "{\"kid\":\"k\"}", "jose.alg" },
	{ "empty alg",              "{\"alg\":\"\"}", "jose.alg" },
	{ "alg a number",           "{\"alg\":256}", "jose.header" },
	{ "alg a list",             "{\"alg\":[\"ES256\"]}", "jose.header" },
	{ "alg null",               "{\"alg\":null}", "jose.header" },
	{ "alg twice",              "{\"alg\":\"ES256\",\"alg\":\"none\"}", "jose.header" },
	{ "alg twice, escaped",     "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", "jose.header" },
	{ "crit",                   "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", "jose.header" },
	{ "crit as text",           "{\"alg\":\"ES256\",\"crit\":\"exp\"}", "jose.header" },
	{ "b64 false",              "{\"alg\":\"ES256\",\"b64\":false}", "jose.header" },
	{ "b64 as text",            "{\"alg\":\"ES256\",\"b64\":\"false\"}", "jose.header" },
	{ "jku",                    "{\"alg\":\"ES256\",\"jku\":\"https://evil.example/k\"}", "jose.header" },
	{ "jwk",                    "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", "jose.header" },
	{ "jwk as text",            "{\"alg\":\"ES256\",\"jwk\":\"{}\"}", "jose.header" },
	{ "x5u",                    "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example/c\"}", "jose.header" },
	{ "x5c",                    "{\"alg\":\"ES256\",\"x5c\":[\"MIIB\"]}", "jose.header" },
	{ "x5t",                    "{\"alg\":\"ES256\",\"x5t\":\"AAAA\"}", "jose.header" },
	{ "x5t#S256",               "{\"alg\":\"ES256\",\"x5t#S256\":\"AAAA\"}", "jose.header" },
	{ "zip",                    "{\"alg\":\"ES256\",\"zip\":\"DEF\"}", "jose.header" },
	{ "enc",                    "{\"alg\":\"ES256\",\"enc\":\"A256GCM\"}", "jose.header" },
	{ "cty",                    "{\"alg\":\"ES256\",\"cty\":\"JWT\"}", "jose.header" },
	{ "kid a number",           "{\"alg\":\"ES256\",\"kid\":7}", "jose.header" },
	{ "kid empty",              "{\"alg\":\"ES256\",\"kid\":\"\"}", "jose.header" },
	{ "kid with NUL",           "{\"alg\":\"ES256\",\"kid\":\"k\\u0000\"}", "jose.header" },
	{ "kid with a line break",  "{\"alg\":\"ES256\",\"kid\":\"k\\nx\"}", "jose.header" },
	{ "typ of another token",   "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", "jose.typ" },
	{ "typ empty",              "{\"alg\":\"ES256\",\"typ\":\"\"}", "jose.typ" },
	{ "typ a dash",             "{\"alg\":\"ES256\",\"typ\":\"-\"}", "jose.typ" },
	{ "typ two words",          "{\"alg\":\"ES256\",\"typ\":\"JWT -\"}", "jose.typ" },
	{ "typ only the prefix",    "{\"alg\":\"ES256\",\"typ\":\"application/\"}", "jose.typ" },
	{ "something after it",     "{\"alg\":\"ES256\"}x", "jose.header" },
	{ "a list",                 "[\"ES256\"]", "jose.header" },
	{ "an object cut short",    "{\"alg\":\"ES256\"", "jose.header" },
	{ "not UTF-8",              "{\"alg\":\"ES256\",\"kid\":\"\xff\"}", "jose.header" },
	{ "empty",                  "", "jose.header" },
};

static void a_header_passes_or_says_why(void **state)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
		struct jose_jws jws;

		expect(headers[i].name, jose_jws_read(a, token_of(a, str_from_c(headers[i].header)), ALGS, TYPS, &jws),
			headers[i].slug);
	}
}

static const struct { const char *name, *token, *slug; } forms[] = {
	{ "the control",              "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", NULL },
	{ "unsigned",                 "eyJhbGciOiJub25lIn0.e30.", "jose.alg" },
	{ "no signature",             "eyJhbGciOiJFUzI1NiJ9.e30.", "jose.form" },
	{ "no payload",               "eyJhbGciOiJFUzI1NiJ9..c2ln", "jose.form" },
	{ "two parts",                "eyJhbGciOiJFUzI1NiJ9.e30", "jose.form" },
	{ "one part",                 "eyJhbGciOiJFUzI1NiJ9", "jose.form" },
	{ "four parts",               "eyJhbGciOiJFUzI1NiJ9.e30.c2ln.c2ln", "jose.form" },
	{ "five parts, as a JWE",     "eyJhbGciOiJFUzI1NiJ9.e30.c2ln.c2ln.c2ln", "jose.form" },
	{ "nothing",                  "", "jose.form" },
	{ "dots",                     "..", "jose.header" },
	{ "a blank before",           " eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "jose.form" },
	{ "a line break after",       "eyJhbGciOiJFUzI1NiJ9.e30.c2ln\n", "jose.form" },
	{ "padding",                  "eyJhbGciOiJFUzI1NiJ9.e30=.c2ln", "jose.form" },
	{ "the other alphabet",       "eyJhbGciOiJFUzI1NiJ9.e30.c2+/", "jose.form" },
	{ "left-over bits",           "eyJhbGciOiJFUzI1NiJ9.e31.c2ln", "jose.form" },
	{ "the JSON serialisation",   "{\"payload\":\"e30\"}", "jose.form" },
};

static void a_form_passes_or_says_why(void **state)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
		struct jose_jws jws;

		expect(forms[i].name, jose_jws_read(a, str_from_c(forms[i].token), ALGS, TYPS, &jws), forms[i].slug);
	}
}

static void what_was_read_is_given_back(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct jose_jws jws;

	assert_false(failed(jose_jws_read(a, token_of(a, STR("{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}")),
		ALGS, TYPS, &jws)));
	assert_int_equal(jws.header.alg, JOSE_RS256);
	assert_true(jws.header.has_kid && str_eq_c(jws.header.kid, "k1") && str_eq_c(jws.header.typ, "JWT"));
	assert_true(str_eq_c(jws.payload, "{}") && str_eq_c(jws.signature, "sig"));
}

static void no_caller_can_ask_for_none_or_a_shared_key(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct jose_jws jws;

	expect("none", jose_jws_read(a, token_of(a, STR("{\"alg\":\"none\"}")), STR("none HS256"), TYPS, &jws), "jose.alg");
	expect("HS256", jose_jws_read(a, token_of(a, STR("{\"alg\":\"HS256\"}")), STR("none HS256"), TYPS, &jws), "jose.alg");
	expect("nothing asked", jose_jws_read(a, token_of(a, STR("{\"alg\":\"ES256\"}")), STR_NONE, TYPS, &jws), "jose.alg");
	expect("not ES256", jose_jws_read(a, token_of(a, STR("{\"alg\":\"ES256\"}")), STR("RS256"), TYPS, &jws), "jose.alg");
}

static void a_typ_may_be_absent_only_where_that_is_accepted(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str absent = token_of(a, STR("{\"alg\":\"ES256\"}"));
	struct str at = token_of(a, STR("{\"alg\":\"ES256\",\"typ\":\"application/at+jwt\"}"));
	struct jose_jws jws;

	expect("absent", jose_jws_read(a, absent, ALGS, STR("at+jwt"), &jws), "jose.typ");
	expect("no list", jose_jws_read(a, absent, ALGS, STR_NONE, &jws), "jose.typ");
	expect("at+jwt", jose_jws_read(a, at, ALGS, STR("at+jwt"), &jws), NULL);
	expect("at+jwt for JWT", jose_jws_read(a, at, ALGS, TYPS, &jws), "jose.typ");
}

static void sizes_end_where_they_say(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	char *p = arena_alloc(a, JOSE_JWS_MAX + 1);
	struct jose_jws jws;

	memcpy(p, "eyJhbGciOiJFUzI1NiJ9.e30.", 25);
	memset(p + 25, 'A', JOSE_JWS_MAX + 1 - 25);
	expect("16 KiB less one", jose_jws_read(a, (struct str){ p, JOSE_JWS_MAX - 1 }, ALGS, TYPS, &jws), NULL);
	expect("16 KiB and one", jose_jws_read(a, (struct str){ p, JOSE_JWS_MAX + 1 }, ALGS, TYPS, &jws), "jose.form");

	memset(p, 'k', JOSE_HEADER_MAX);
	struct str longest = arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%.*s\"}", JOSE_KID_MAX, p);
	struct str longer = arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%.*s\"}", JOSE_KID_MAX + 1, p);
	struct str note = arena_printf(a, "{\"alg\":\"ES256\",\"note\":\"%.*s\"}", JOSE_HEADER_MAX, p);
	expect("a long kid", jose_jws_read(a, token_of(a, longest), ALGS, TYPS, &jws), NULL);
	expect("a longer kid", jose_jws_read(a, token_of(a, longer), ALGS, TYPS, &jws), "jose.header");
	expect("a long header", jose_jws_read(a, token_of(a, note), ALGS, TYPS, &jws), "jose.header");
}

static const struct { const char *name, *text; unsigned depth; bool ok; } jsons[] = {
	{ "as deep as allowed",       "{\"a\":[{}]}", 3, true },
	{ "deeper",                   "{\"a\":[{}]}", 2, false },
	{ "brackets in text",         "{\"a\":\"[[[[{{{{\\\"[[\"}", 1, true },
	{ "depth after text",         "{\"a\":\"\\\\\",\"b\":[[]]}", 2, false },
	{ "siblings are no depth",    "{\"a\":{},\"b\":{},\"c\":{}}", 2, true },
	{ "a duplicate further down", "{\"a\":{\"b\":1,\"b\":2}}", 4, false },
	{ "an integer beyond 64 bit", "{\"a\":9223372036854775808}", 4, false },
	{ "a comment",                "{/* */\"a\":1}", 4, false },
	{ "a trailing comma",         "{\"a\":1,}", 4, false },
	{ "single quotes",            "{'a':1}", 4, false },
	{ "a NUL name",               "{\"a\\u0000b\":1}", 4, false },
	{ "half a surrogate",         "{\"a\":\"\\ud800\"}", 4, false },
	{ "two objects",              "{}{}", 4, false },
	{ "a byte-order mark",        "\xef\xbb\xbf{}", 4, false },
	{ "a bare string",            "\"a\"", 4, false },
};

static void json_is_read_strictly(void **state)
{
	for (size_t i = 0; i < sizeof jsons / sizeof *jsons; i++) {
		AUTO(json_decrefp) json_t *v = NULL;
		struct err e = jose_json_read(str_from_c(jsons[i].text), 4096, jsons[i].depth, &v);

		expect(jsons[i].name, e, jsons[i].ok ? NULL : "jose.json");
		assert_true(failed(e) == (v == NULL));
	}
}

static void json_longer_than_its_limit_is_refused(void **state)
{
	AUTO(json_decrefp) json_t *v = NULL;

	expect("at the limit", jose_json_read(STR("{\"a\":1}"), 7, 4, &v), NULL);
	json_decref(TAKE(v));
	expect("beyond", jose_json_read(STR("{\"a\":1}"), 6, 4, &v), "jose.json");
	expect("empty", jose_json_read(STR_NONE, 6, 4, &v), "jose.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_passes_or_says_why),
		cmocka_unit_test(a_form_passes_or_says_why),
		cmocka_unit_test(what_was_read_is_given_back),
		cmocka_unit_test(no_caller_can_ask_for_none_or_a_shared_key),
		cmocka_unit_test(a_typ_may_be_absent_only_where_that_is_accepted),
		cmocka_unit_test(sizes_end_where_they_say),
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(json_longer_than_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
