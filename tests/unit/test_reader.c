/* test_reader.c - what the reader believes of a stranger's token: nothing that one key of the
 * given set did not sign, by the algorithm of that key (security catalogue O35 to O38, R01, R09).
 * Keys are made anew for each run; each refusal is an accepted token plus one change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include "base/b64.h"
#include "base/clock.h"
#include "roles/reader/claims.h"
#include "roles/reader/jwks.h"
#include "roles/reader/reader.h"

#define PAYLOAD "{\"iss\":\"https://compte.example\",\"sub\":\"u1\",\"exp\":1800000300}"
#define ES256_HEADER "{\"alg\":\"ES256\",\"kid\":\"ec\",\"typ\":\"JWT\"}"
#define RS256_HEADER "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"JWT\"}"

static EVP_PKEY *rsa, *rsa_1024, *p256, *p256_other, *p384;
static struct reader *reader;

static struct str number_of(struct arena *a, EVP_PKEY *key, const char *name)
{
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &bn), 1);
	size_t n = strncmp(name, "q", 1) == 0 ? (size_t)(EVP_PKEY_get_bits(key) + 7) / 8 : (size_t)BN_num_bytes(bn);
	unsigned char *p = arena_alloc(a, n);
	BN_bn2binpad(bn, p, (int)n);
	BN_free(bn);
	return b64url_encode(a, p, n);
}

/* One JWK; more: further members, each with a comma before. */
static struct str jwk_of(struct arena *a, EVP_PKEY *key, const char *more)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return arena_printf(a, "{\"kty\":\"RSA\",\"n\":\"" STR_FMT "\",\"e\":\"" STR_FMT "\"%s}",
			STR_ARG(number_of(a, key, OSSL_PKEY_PARAM_RSA_N)), STR_ARG(number_of(a, key, OSSL_PKEY_PARAM_RSA_E)), more);
	return arena_printf(a, "{\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"" STR_FMT "\",\"y\":\"" STR_FMT "\"%s}",
		EVP_PKEY_get_bits(key), STR_ARG(number_of(a, key, OSSL_PKEY_PARAM_EC_PUB_X)),
		STR_ARG(number_of(a, key, OSSL_PKEY_PARAM_EC_PUB_Y)), more);
}

static struct str set_of(struct arena *a, struct str one, struct str two)
{
	return arena_printf(a, "{\"keys\":[" STR_FMT "%s" STR_FMT "]}", STR_ARG(one), two.n ? "," : "", STR_ARG(two));
}

static struct str usual_set(struct arena *a)
{
	return set_of(a, jwk_of(a, p256, ",\"kid\":\"ec\",\"use\":\"sig\",\"alg\":\"ES256\""), jwk_of(a, rsa, ",\"kid\":\"rsa\""));
}

static struct str with_signature(struct arena *a, struct str signed_part, const void *p, size_t n)
{
	return arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(signed_part), STR_ARG(b64url_encode(a, p, n)));
}

static struct str signed_part_of(struct arena *a, const char *header, const char *payload)
{
	return arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(b64url_encode(a, header, strlen(header))),
		STR_ARG(b64url_encode(a, payload, strlen(payload))));
}

/* The signature as OpenSSL gives it: DER for EC keys. */
static size_t sign(EVP_PKEY *key, struct str text, unsigned char ret_signature[512])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 512;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, ret_signature, &n, (const unsigned char *)text.p, text.n), 1);
	EVP_MD_CTX_free(ctx);
	return n;
}

static struct str token_of(struct arena *a, const char *header, const char *payload, EVP_PKEY *key)
{
	struct str text = signed_part_of(a, header, payload);
	unsigned char sig[512], raw[96];
	const unsigned char *at = sig;
	size_t n = sign(key, text, sig);

	if (EVP_PKEY_is_a(key, "RSA"))
		return with_signature(a, text, sig, n);

	int half = EVP_PKEY_get_bits(key) / 8;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)n);
	BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + half, half);
	ECDSA_SIG_free(s);
	return with_signature(a, text, raw, (size_t)half * 2);
}

/* Asked as the engine asks: a frame in, claims or an error out. */
static struct err ask(struct arena *a, struct str token, struct str jwks, struct check_claims *ret_claims)
{
	struct check_jws question = { token, jwks, STR("ES256 RS256"), STR("JWT -") };
	struct frame request = { .type = CHECK_JWS, .seq = 1 };
	static char body[FRAME_MAX];
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	TRY(frame_write_body(ipc_check_jws_io, &question, body, FRAME_MAX - FRAME_HEAD, &request.body.n));
	request.body.p = body;
	TRY(reader_serve(reader, a, &request, &fn, &reply));
	assert_true(fn == ipc_check_claims_io);
	*ret_claims = *(struct check_claims *)reply;
	return NO_ERR;
}

static void expect(const char *name, struct arena *a, struct str token, struct str jwks, const char *slug)
{
	struct check_claims claims;
	struct err e = ask(a, token, jwks, &claims);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "accepted");
}

#define ARENA() AUTO(arena_destroyp) struct arena *a = arena_create(64 << 20)

static void a_token_of_either_algorithm_is_believed(void **state)
{
	ARENA();
	struct check_claims c;

	assert_false(failed(ask(a, token_of(a, ES256_HEADER, PAYLOAD, p256), usual_set(a), &c)));
	assert_true(str_eq_c(c.alg, "ES256") && str_eq_c(c.kid, "ec") && str_eq_c(c.typ, "JWT"));
	assert_int_equal(c.n, 3);
	assert_true(str_eq_c(c.v[1].name, "sub") && c.v[1].kind == CHECK_TEXT && str_eq_c(c.v[1].text, "u1"));
	assert_true(c.v[2].kind == CHECK_NUMBER && c.v[2].number == 1800000300);
	assert_false(failed(ask(a, token_of(a, RS256_HEADER, PAYLOAD, rsa), usual_set(a), &c)));
	assert_true(str_eq_c(c.alg, "RS256") && str_eq_c(c.kid, "rsa"));
}

static void another_key_does_not_sign(void **state)
{
	ARENA();

	expect("another P-256 key", a, token_of(a, ES256_HEADER, PAYLOAD, p256_other), usual_set(a), "jose.signature");
	expect("a P-384 key and signature", a, token_of(a, ES256_HEADER, PAYLOAD, p384), usual_set(a), "jose.signature");
	expect("RSA bytes under ES256", a, token_of(a, ES256_HEADER, PAYLOAD, rsa), usual_set(a), "jose.signature");
	expect("EC bytes under RS256", a, token_of(a, RS256_HEADER, PAYLOAD, p256), usual_set(a), "jose.signature");
}

static void a_changed_token_is_refused(void **state)
{
	ARENA();
	struct str good = token_of(a, ES256_HEADER, PAYLOAD, p256), set = usual_set(a);
	struct str payload = good, head, body;

	assert_true(str_split(&payload, '.', &head) && str_split(&payload, '.', &body));
	struct str forged = signed_part_of(a, ES256_HEADER, "{\"sub\":\"mayor\"}");
	expect("another payload", a, arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(forged), STR_ARG(payload)), set, "jose.signature");
	struct str header = signed_part_of(a, "{\"alg\":\"ES256\",\"kid\":\"ec\"}", PAYLOAD);
	expect("another header", a, arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(header), STR_ARG(payload)), set, "jose.signature");
	for (size_t i = 0; i < good.n; i++) {
		char *p = arena_c(a, good);

		p[i] = p[i] == 'A' ? 'B' : 'A';
		struct check_claims c;
		assert_true(failed(ask(a, (struct str){ p, good.n }, set, &c)));
	}
}

static void a_signature_has_one_form(void **state)
{
	static const unsigned char zeros[96];
	ARENA();
	struct str text = signed_part_of(a, ES256_HEADER, PAYLOAD), set = usual_set(a);
	struct str good = token_of(a, ES256_HEADER, PAYLOAD, p256), bytes = STR_NONE;
	unsigned char der[512], longer[65] = { 0 };
	size_t n = sign(p256, text, der);

	expect("DER", a, with_signature(a, text, der, n), set, "jose.signature");
	expect("r = s = 0", a, with_signature(a, text, zeros, 64), set, "jose.signature");
	assert_false(failed(b64url_decode(a, str_slice(good, good.n - 86, good.n), &bytes)));
	assert_int_equal(bytes.n, 64);
	memcpy(longer, bytes.p, 64);
	expect("64 bytes", a, with_signature(a, text, longer, 64), set, NULL);
	expect("63 bytes", a, with_signature(a, text, longer, 63), set, "jose.signature");
	expect("65 bytes", a, with_signature(a, text, longer, 65), set, "jose.signature");
	expect("96 bytes", a, with_signature(a, text, zeros, 96), set, "jose.signature");
	struct str rs = signed_part_of(a, RS256_HEADER, PAYLOAD);
	n = sign(rsa, rs, der);
	expect("RSA, 256 bytes", a, with_signature(a, rs, der, n), set, NULL);
	expect("RSA, 255 bytes", a, with_signature(a, rs, der, n - 1), set, "jose.signature");
}

static void the_algorithm_is_the_keys_not_the_tokens(void **state)
{
	ARENA();
	struct str set = usual_set(a), n = STR_NONE;
	struct str text = signed_part_of(a, "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", PAYLOAD);
	unsigned char mac[32];

	assert_false(failed(b64url_decode(a, number_of(a, rsa, OSSL_PKEY_PARAM_RSA_N), &n)));
	HMAC(EVP_sha256(), n.p, (int)n.n, (const unsigned char *)text.p, text.n, mac, NULL);
	expect("HS256 with the public key", a, with_signature(a, text, mac, sizeof mac), set, "jose.alg");
	expect("none", a, arena_printf(a, STR_FMT ".", STR_ARG(signed_part_of(a, "{\"alg\":\"none\"}", PAYLOAD))), set, "jose.alg");
	expect("none with bytes", a, with_signature(a, signed_part_of(a, "{\"alg\":\"none\"}", PAYLOAD), "x", 1), set, "jose.alg");
	expect("RS256 naming the EC key", a, token_of(a, "{\"alg\":\"RS256\",\"kid\":\"ec\"}", PAYLOAD, rsa), set, "jose.key");
	expect("ES256 naming the RSA key", a, token_of(a, "{\"alg\":\"ES256\",\"kid\":\"rsa\"}", PAYLOAD, p256), set, "jose.key");
}

static void a_kid_is_compared_exactly(void **state)
{
	static const char *const kids[] = { "EC", "e", "ecc", "ec ", "rsa2", "../../etc/x", "' OR 1=1 --", "*" };
	ARENA();

	for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
		struct str header = arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kids[i]);

		expect(kids[i], a, token_of(a, arena_c(a, header), PAYLOAD, p256), usual_set(a), "jose.key");
	}
}

static void an_ambiguous_key_is_no_key(void **state)
{
	ARENA();
	struct str one = jwk_of(a, p256, ",\"kid\":\"ec\""), token = token_of(a, ES256_HEADER, PAYLOAD, p256);
	struct str bare = token_of(a, "{\"alg\":\"ES256\"}", PAYLOAD, p256);

	expect("one key", a, token, set_of(a, one, STR_NONE), NULL);
	expect("the same twice", a, token, set_of(a, one, one), "jose.key");
	expect("another of the name", a, token, set_of(a, one, jwk_of(a, p256_other, ",\"kid\":\"ec\"")), "jose.key");
	expect("an RSA key of the name", a, token, set_of(a, one, jwk_of(a, rsa, ",\"kid\":\"ec\"")), "jose.key");
	expect("an unknown key of the name", a, token, set_of(a, one, STR("{\"kty\":\"OKP\",\"kid\":\"ec\"}")), "jose.key");
	expect("no kid, one that fits", a, bare, usual_set(a), NULL);
	expect("no kid, two that fit", a, bare, set_of(a, one, jwk_of(a, p256_other, ",\"kid\":\"2\"")), "jose.key");
	expect("no kid, none that fits", a, bare, set_of(a, jwk_of(a, rsa, ""), STR_NONE), "jose.key");
	expect("a kid, a set without", a, token, set_of(a, jwk_of(a, p256, ""), STR_NONE), "jose.key");
}

static void a_key_must_be_for_this(void **state)
{
	static const struct { const char *members, *slug; } cases[] = {
		{ ",\"kid\":\"ec\",\"use\":\"sig\"", NULL },
		{ ",\"kid\":\"ec\",\"key_ops\":[\"verify\"]", NULL },
		{ ",\"kid\":\"ec\",\"use\":\"enc\"", "jose.key" },
		{ ",\"kid\":\"ec\",\"use\":[\"sig\"]", "jose.key" },
		{ ",\"kid\":\"ec\",\"alg\":\"ES384\"", "jose.key" },
		{ ",\"kid\":\"ec\",\"alg\":\"RS256\"", "jose.key" },
		{ ",\"kid\":\"ec\",\"key_ops\":[\"sign\"]", "jose.key" },
		{ ",\"kid\":\"ec\",\"key_ops\":\"verify\"", "jose.key" },
		{ ",\"kid\":[\"ec\"]", "jose.key" },
		{ ",\"kid\":\"ec\",\"kid\":\"ec\"", "jose.key" },
	};
	ARENA();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].members, a, token_of(a, ES256_HEADER, PAYLOAD, p256),
			set_of(a, jwk_of(a, p256, cases[i].members), STR_NONE), cases[i].slug);
}

static void weak_and_foreign_keys_are_passed_over(void **state)
{
	ARENA();
	struct str es = token_of(a, ES256_HEADER, PAYLOAD, p256), rs = token_of(a, RS256_HEADER, PAYLOAD, rsa);
	struct str x = number_of(a, p256, OSSL_PKEY_PARAM_EC_PUB_X), n = number_of(a, rsa, OSSL_PKEY_PARAM_RSA_N);

	expect("RSA 1024", a, token_of(a, RS256_HEADER, PAYLOAD, rsa_1024),
		set_of(a, jwk_of(a, rsa_1024, ",\"kid\":\"rsa\""), STR_NONE), "jose.key");
	expect("P-384 under ES256", a, token_of(a, ES256_HEADER, PAYLOAD, p384),
		set_of(a, jwk_of(a, p384, ",\"kid\":\"ec\""), STR_NONE), "jose.key");
	expect("a point off the curve", a, es, arena_printf(a, "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"ec\",\"crv\":\"P-256\","
		"\"x\":\"" STR_FMT "\",\"y\":\"" STR_FMT "\"}]}", STR_ARG(x), STR_ARG(x)), "jose.key");
	expect("e = 1", a, rs, arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"n\":\"" STR_FMT "\",\"e\":\"AQ\"}]}",
		STR_ARG(n)), "jose.key");
	expect("no n", a, rs, STR("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"e\":\"AQAB\"}]}"), "jose.key");
	expect("oct", a, es, STR("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"ec\",\"k\":\"AAAA\"}]}"), "jose.key");
	expect("a stranger among good ones", a, es, set_of(a, STR("{\"kty\":\"OKP\",\"kid\":\"ed\",\"crv\":\"Ed25519\"}"),
		jwk_of(a, p256, ",\"kid\":\"ec\"")), NULL);
}

static void what_is_no_key_set_is_refused(void **state)
{
	ARENA();
	struct str token = token_of(a, ES256_HEADER, PAYLOAD, p256), key = jwk_of(a, p256, ",\"kid\":\"ec\"");
	AUTO(buf_done) struct buf many = { 0 };

	expect("empty", a, token, STR_NONE, "jose.key");
	expect("no JSON", a, token, STR("<html>"), "jose.key");
	expect("a key alone", a, token, key, "jose.key");
	expect("keys no list", a, token, arena_printf(a, "{\"keys\":" STR_FMT "}", STR_ARG(key)), "jose.key");
	expect("no keys", a, token, STR("{\"keys\":[]}"), "jose.key");
	expect("keys twice", a, token, arena_printf(a, "{\"keys\":[],\"keys\":[" STR_FMT "]}", STR_ARG(key)), "jose.key");
	buf_init(&many, JWKS_MAX_BYTES);
	buf_addf(&many, "{\"keys\":[" STR_FMT, STR_ARG(key));
	for (int i = 0; i < JWKS_MAX_KEYS; i++)
		buf_add_c(&many, ",{}");
	buf_add_c(&many, "]}");
	expect("33 keys", a, token, buf_str(&many), "jose.key");
}

static void a_set_that_was_seen_is_not_mixed_up_with_another(void **state)
{
	ARENA();
	struct str token = token_of(a, ES256_HEADER, PAYLOAD, p256);
	struct str right = set_of(a, jwk_of(a, p256, ",\"kid\":\"ec\""), STR_NONE);
	struct str wrong = set_of(a, jwk_of(a, p256_other, ",\"kid\":\"ec\""), STR_NONE);

	for (int i = 0; i < 10; i++) {
		struct str fresh = arena_printf(a, "{\"n\":\"%d\",\"keys\":[]}", i);

		expect("right", a, token, right, NULL);
		expect("wrong", a, token, wrong, "jose.signature");
		expect("fresh", a, token, fresh, "jose.key");
	}
}

static void a_payload_is_read_strictly(void **state)
{
	static const struct { const char *payload, *slug; } cases[] = {
		{ "{}", NULL },
		{ "{\"sub\":\"a\",\"sub\":\"b\"}", "jose.payload" },
		{ "{\"x\":{\"sub\":\"a\",\"sub\":\"b\"}}", "jose.payload" },
		{ "[\"sub\"]", "jose.payload" },
		{ "\"sub\"", "jose.payload" },
		{ "sub", "jose.payload" },
		{ "{} {}", "jose.payload" },
		{ "{\"sub\":\"a\\u0000b\"}", "jose.payload" },
		{ "{\"sub\":\"\xc3\"}", "jose.payload" },
		{ "{\"exp\":99999999999999999999}", "jose.payload" },
	};
	ARENA();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].payload, a, token_of(a, ES256_HEADER, cases[i].payload, p256), usual_set(a), cases[i].slug);
}

/* {"HEAD": unit unit unit ... TAIL} */
static const char *repeated(struct arena *a, const char *head, const char *unit, size_t n, const char *tail)
{
	AUTO(buf_done) struct buf b = { 0 };

	buf_init(&b, 1 << 20);
	buf_add_c(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_add_c(&b, unit);
	buf_add_c(&b, tail);
	return arena_c(a, buf_str(&b));
}

static void a_payload_has_its_limits(void **state)
{
	ARENA();
	struct str set = usual_set(a);
	const char *deep = repeated(a, repeated(a, "{\"x\":", "[", 1000, ""), "]", 1000, "}");
	const char *long_name = repeated(a, "{\"", "n", CLAIM_NAME_MAX + 1, "\":1}");
	const char *growing = repeated(a, "{\"x\":[1", ",1e300", 1900, "]}");

	expect("nested 1000 times", a, token_of(a, ES256_HEADER, deep, p256), set, "jose.payload");
	expect("a list of 64", a, token_of(a, ES256_HEADER, repeated(a, "{\"x\":[\"a\"", ",\"a\"", 63, "]}"), p256), set, NULL);
	expect("a list of 65", a, token_of(a, ES256_HEADER, repeated(a, "{\"x\":[\"a\"", ",\"a\"", 64, "]}"), p256), set, "jose.payload");
	expect("a long name", a, token_of(a, ES256_HEADER, long_name, p256), set, "jose.payload");
	expect("text that grows", a, token_of(a, ES256_HEADER, growing, p256), set, "jose.payload");
	expect("more than 16 KiB", a, token_of(a, ES256_HEADER, repeated(a, "{\"x\":\"", "y", 12300, "\"}"), p256), set, "jose.form");
}

static void claims_keep_their_types(void **state)
{
	ARENA();
	struct check_claims c;

	assert_false(failed(ask(a, token_of(a, ES256_HEADER, "{\"t\":\"\xc3\xa9\",\"n\":-7,\"b\":true,\"l\":[\"x\",\"y\"],"
		"\"o\":{\"k\":[1,null]},\"r\":1.5,\"m\":[\"x\",1],\"e\":[],\"z\":null}", p256), usual_set(a), &c)));
	assert_int_equal(c.n, 10);
	assert_true(c.v[0].kind == CHECK_TEXT && str_eq_c(c.v[0].text, "\xc3\xa9"));
	assert_true(c.v[1].kind == CHECK_NUMBER && c.v[1].number == -7);
	assert_true(c.v[2].kind == CHECK_BOOL && c.v[2].number == 1);
	assert_true(c.v[3].kind == CHECK_LIST && str_eq_c(c.v[3].name, "l") && str_eq_c(c.v[3].text, "x"));
	assert_true(c.v[4].kind == CHECK_LIST && str_eq_c(c.v[4].name, "l") && str_eq_c(c.v[4].text, "y"));
	assert_true(c.v[5].kind == CHECK_OBJECT && str_eq_c(c.v[5].text, "{\"k\":[1,null]}"));
	assert_true(c.v[6].kind == CHECK_OBJECT && str_eq_c(c.v[6].text, "1.5"));
	assert_true(c.v[7].kind == CHECK_OBJECT && str_eq_c(c.v[7].text, "[\"x\",1]"));
	assert_true(c.v[8].kind == CHECK_OBJECT && str_eq_c(c.v[8].text, "[]"));
	assert_true(c.v[9].kind == CHECK_OBJECT && str_eq_c(c.v[9].text, "null"));
}

static void the_largest_answer_fits_a_frame(void **state)
{
	ARENA();
	struct check_claims c;
	char *body = arena_alloc(a, FRAME_MAX);
	const char *name = repeated(a, "{\"", "n", CLAIM_NAME_MAX, "\":[\"abcdefghij\"");
	size_t n = 0;

	assert_false(failed(ask(a, token_of(a, ES256_HEADER, repeated(a, name, ",\"abcdefghij\"", 63, "]}"), p256), usual_set(a), &c)));
	assert_false(failed(frame_write_body(ipc_check_claims_io, &c, body, FRAME_MAX - FRAME_HEAD, &n)));
}

static void a_frame_of_another_kind_is_refused(void **state)
{
	ARENA();
	struct frame request = { .type = 0x50, .body = STR("x") };
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	assert_string_equal(reader_serve(reader, a, &request, &fn, &reply).slug, "reader.frame");
	request.type = CHECK_JWS;
	assert_string_equal(reader_serve(reader, a, &request, &fn, &reply).slug, "frame.body");
}

static void a_verification_takes_well_under_a_millisecond(void **state)
{
	ARENA();
	struct str token = token_of(a, ES256_HEADER, PAYLOAD, p256), set = usual_set(a);
	int64_t from_us = clock_mono_us();

	for (int i = 0; i < 500; i++) {
		AUTO(arena_destroyp) struct arena *b = arena_create(READER_ARENA_BYTES);
		struct check_jws question = { token, set, STR("ES256"), STR("JWT") };
		struct check_claims c;

		assert_false(failed(reader_check_jws(reader, b, &question, &c)));
	}
	print_message("           %d us each\n", (int)((clock_mono_us() - from_us) / 500));
	assert_true(clock_mono_us() - from_us < 500 * 1000 * 5);   /* a lost cache would show */
}

static int keys_make(void **state)
{
	rsa = EVP_RSA_gen(2048);
	rsa_1024 = EVP_RSA_gen(1024);
	p256 = EVP_EC_gen("P-256");
	p256_other = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	return failed(reader_create(&reader)) || !rsa || !rsa_1024 || !p256 || !p256_other || !p384;
}

static int keys_free(void **state)
{
	reader_destroy(reader);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(rsa_1024);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p256_other);
	EVP_PKEY_free(p384);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_of_either_algorithm_is_believed),
		cmocka_unit_test(another_key_does_not_sign),
		cmocka_unit_test(a_changed_token_is_refused),
		cmocka_unit_test(a_signature_has_one_form),
		cmocka_unit_test(the_algorithm_is_the_keys_not_the_tokens),
		cmocka_unit_test(a_kid_is_compared_exactly),
		cmocka_unit_test(an_ambiguous_key_is_no_key),
		cmocka_unit_test(a_key_must_be_for_this),
		cmocka_unit_test(weak_and_foreign_keys_are_passed_over),
		cmocka_unit_test(what_is_no_key_set_is_refused),
		cmocka_unit_test(a_set_that_was_seen_is_not_mixed_up_with_another),
		cmocka_unit_test(a_payload_is_read_strictly),
		cmocka_unit_test(a_payload_has_its_limits),
		cmocka_unit_test(claims_keep_their_types),
		cmocka_unit_test(the_largest_answer_fits_a_frame),
		cmocka_unit_test(a_frame_of_another_kind_is_refused),
		cmocka_unit_test(a_verification_takes_well_under_a_millisecond),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_free);
}
