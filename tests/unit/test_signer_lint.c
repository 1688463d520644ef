/* test_signer_lint.c - what the signer never signs, whoever asks, and the keys that it does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "base/b64.h"
#include "roles/signer/signer.h"
#include "wire/ipc/helper.h"

#define NOON    INT64_C(1800000000)
#define SECRET  STR("TEST-ONLY-pseudonym-secret-of-some-length")
#define ACCOUNT STR("sixteen bytes..!")

static int64_t noon(void) { return NOON; }

static struct str pem_of(struct arena *a, EVP_PKEY *k, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	struct str out;
	long n;

	assert_non_null(k);
	assert_int_equal(PEM_write_bio_PrivateKey(bio, k, cipher, cipher ? (const unsigned char *)"pw" : NULL, cipher ? 2 : 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &p);
	out = arena_dup(a, (struct str){ p, (size_t)n });
	BIO_free(bio);
	EVP_PKEY_free(k);
	return out;
}

static struct str p256_pem(struct arena *a) { return pem_of(a, EVP_EC_gen("P-256"), NULL); }

/* With an ES256 key only. */
static struct signer *signer_of(void)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct signer *s = NULL;

	assert_false(failed(signer_create(STR("https://compte.ville.example"), SECRET, noon, &s)));
	assert_false(failed(signer_key_add(s, SIGN_ES256, SIGN_KEY_CURRENT, 0, p256_pem(a))));
	return s;
}

static struct err ask(struct err (*serve)(void *, struct arena *, const struct frame *, frame_io_fn **, void **), void *self,
	uint16_t type, frame_io_fn *fn, const void *message)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	char *body = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = type };
	frame_io_fn *reply_fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	assert_false(failed(frame_write_body(fn, message, body, FRAME_MAX, &n)));
	f.body = (struct str){ body, n };
	return serve(self, a, &f, &reply_fn, &reply);
}

static struct err id_token(struct signer *s, const struct sign_id_token *t)
{
	return ask(signer_serve, s, SIGN_ID_TOKEN, ipc_sign_id_token_io, t);
}

static struct sign_id_token good(void)
{
	return (struct sign_id_token){
		.alg = SIGN_ES256, .subject = { ACCOUNT, STR("elections"), STR_NONE }, .audience = STR("client-1"),
		.auth_time_s = NOON - 20, .issued_at_s = NOON, .expires_at_s = NOON + 300,
	};
}

static struct sign_logout_token good_logout(void)
{
	return (struct sign_logout_token){
		.alg = SIGN_ES256, .subject = { ACCOUNT, STR("elections"), STR_NONE }, .audience = STR("client-1"),
		.jti = STR("jti-1"), .issued_at_s = NOON, .expires_at_s = NOON + 120,
	};
}

static void verdict_is(struct err e, const char *slug, const char *name)
{
	if (failed(e) != (slug != NULL) || (slug && strcmp(e.slug, slug) != 0))
		fail_msg("%s: %s", name, failed(e) ? e.slug : "accepted");
	if (slug)
		assert_int_equal(e.kind, ERR_DENIED);
}

static void times_hold_or_say_why(void **state)
{
	static const struct { const char *name; int64_t iat, exp, auth; const char *slug; } cases[] = {
		{ "five minutes",             NOON, NOON + 300, NOON, NULL },
		{ "the longest lifetime",     NOON, NOON + 3600, NOON, NULL },
		{ "a second too long",        NOON, NOON + 3601, NOON, "sign.lint.lifetime" },
		{ "for ever",                 NOON, INT64_MAX, NOON, "sign.lint.lifetime" },
		{ "no lifetime",              NOON, NOON, NOON, "sign.lint.lifetime" },
		{ "ends before it begins",    NOON, NOON - 1, NOON, "sign.lint.lifetime" },
		{ "ends before time",         NOON, INT64_MIN, NOON, "sign.lint.lifetime" },
		{ "issued within the skew",   NOON - 300, NOON, NOON - 300, NULL },
		{ "issued ahead, within it",  NOON + 300, NOON + 400, NOON, NULL },
		{ "issued in the past",       NOON - 301, NOON, NOON - 301, "sign.lint.clock" },
		{ "issued in the future",     NOON + 301, NOON + 400, NOON, "sign.lint.clock" },
		{ "issued at the last second", INT64_MAX, INT64_MIN, NOON, "sign.lint.clock" },
		{ "issued at the first one",  INT64_MIN, INT64_MAX, NOON, "sign.lint.clock" },
		{ "no time of sign-in",       NOON, NOON + 300, 0, NULL },
		{ "signed in later",          NOON, NOON + 300, NOON + 301, "sign.lint.auth_time" },
		{ "signed in before 1970",    NOON, NOON + 300, -1, "sign.lint.auth_time" },
	};
	struct signer *s = signer_of();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sign_id_token t = good();

		t.issued_at_s = cases[i].iat;
		t.expires_at_s = cases[i].exp;
		t.auth_time_s = cases[i].auth;
		verdict_is(id_token(s, &t), cases[i].slug, cases[i].name);
	}
	signer_destroy(s);
}

static void a_token_for_nobody_or_of_nobody_is_refused(void **state)
{
	struct signer *s = signer_of();
	struct sign_id_token t = good();

	t.audience = STR_NONE;
	verdict_is(id_token(s, &t), "sign.lint.audience", "no audience");
	t = good();
	t.subject = (struct sign_subject){ STR_NONE, STR_NONE, STR_NONE };
	verdict_is(id_token(s, &t), "sign.lint.subject", "no subject");
	t = good();
	t.subject.account = STR("fifteen bytes..");
	verdict_is(id_token(s, &t), "sign.lint.subject", "a short account");
	t = good();
	t.subject.sector = STR_NONE;
	verdict_is(id_token(s, &t), "sign.lint.subject", "no sector");
	signer_destroy(s);
}

static void an_algorithm_without_a_key_is_refused(void **state)
{
	struct signer *s = signer_of();
	struct sign_id_token t = good();
	struct sign_logout_token l = good_logout();

	t.alg = l.alg = SIGN_RS256;
	verdict_is(id_token(s, &t), "sign.lint.alg", "ID token");
	verdict_is(ask(signer_serve, s, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &l), "sign.lint.alg", "logout token");
	signer_destroy(s);
}

static void a_key_that_does_not_sign_yet_signs_nothing(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct sign_id_token t = good();
	struct signer *s = NULL;

	assert_false(failed(signer_create(STR("https://compte.ville.example"), SECRET, noon, &s)));
	assert_false(failed(signer_key_add(s, SIGN_ES256, SIGN_KEY_NEXT, 0, p256_pem(a))));
	verdict_is(id_token(s, &t), "sign.lint.alg", "next key only");
	signer_destroy(s);
}

static void claims_never_speak_for_the_protocol(void **state)
{
	static const char *const refused[] = {
		"", "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "at_hash",
		"c_hash", "s_hash", "sid", "events", "cnf", "_claim_names", "_claim_sources", "client_id", "scope",
	};
	struct signer *s = signer_of();

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct sign_claim claim = { str_from_c(refused[i]), CLAIM_TEXT, STR("x"), 0 };
		struct sign_id_token t = good();

		t.claims = &claim;
		t.claim_n = 1;
		verdict_is(id_token(s, &t), "sign.lint.claim", refused[i]);
	}
	struct sign_claim twice[] = { { STR("email"), CLAIM_TEXT, STR("a"), 0 }, { STR("email"), CLAIM_TEXT, STR("b"), 0 } };
	struct sign_id_token t = good();
	t.claims = twice;
	t.claim_n = 2;
	verdict_is(id_token(s, &t), "sign.lint.claim", "twice the same");
	t.claim_n = 1;
	verdict_is(id_token(s, &t), NULL, "once");
	signer_destroy(s);
}

static void a_list_is_a_few_different_words(void **state)
{
	static const struct { struct str text; const char *slug; } cases[] = {
		{ STR_INIT("lecture"), NULL }, { STR_INIT("a b c d e f g h i j k l m n o p"), NULL },
		{ STR_INIT("a b c d e f g h i j k l m n o p q"), "sign.lint.claim" }, { STR_INIT(""), "sign.lint.claim" },
		{ STR_INIT(" "), "sign.lint.claim" }, { STR_INIT(" lecture"), "sign.lint.claim" }, { STR_INIT("lecture "), "sign.lint.claim" },
		{ STR_INIT("a  b"), "sign.lint.claim" }, { STR_INIT("a b a"), "sign.lint.claim" }, { STR_INIT("a \xff"), "sign.lint.text" },
	};
	struct signer *s = signer_of();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sign_claim claim = { STR("roles"), CLAIM_LIST, cases[i].text, 0 };
		struct sign_id_token t = good();

		t.claims = &claim;
		t.claim_n = 1;
		verdict_is(id_token(s, &t), cases[i].slug, "list");
	}
	signer_destroy(s);
}

static void text_that_is_no_utf8_is_refused_wherever_it_stands(void **state)
{
	static const struct str bad[] = { STR_INIT("\xff"), STR_INIT("a\xc3"), STR_INIT("\xed\xa0\x80"), STR_INIT("\xc0\xaf") };
	struct signer *s = signer_of();

	for (size_t i = 0; i < 8 * (sizeof bad / sizeof *bad); i++) {
		struct sign_claim claim = { STR("email"), CLAIM_TEXT, STR("a"), 0 };
		struct sign_id_token t = good();
		struct str *const where[8] = { &t.audience, &t.nonce, &t.sid, &t.acr, &t.amr, &t.at_hash, &claim.text, &claim.name };

		t.claims = &claim;
		t.claim_n = 1;
		*where[i % 8] = bad[i / 8];
		verdict_is(id_token(s, &t), "sign.lint.text", "text");
	}
	signer_destroy(s);
}

static void a_token_that_is_too_large_is_refused_and_the_next_is_signed(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct sign_claim claim = { STR("picture"), CLAIM_TEXT, { arena_alloc(a, 40000), 40000 }, 0 };
	struct sign_id_token t = good();
	struct signer *s = signer_of();

	memset((char *)(uintptr_t)claim.text.p, 'x', claim.text.n);
	t.claims = &claim;
	t.claim_n = 1;
	verdict_is(id_token(s, &t), "sign.lint.size", "large");
	t = good();
	verdict_is(id_token(s, &t), NULL, "after it");
	signer_destroy(s);
}

static void logout_tokens_hold_or_say_why(void **state)
{
	struct signer *s = signer_of();
	struct sign_logout_token good_one = good_logout(), l;
	const struct { const char *name, *slug; int64_t exp; struct str jti, audience; } cases[] = {
		{ "two minutes",      NULL,                 NOON + 120, STR("j"), STR("c") },
		{ "the longest",      NULL,                 NOON + 300, STR("j"), STR("c") },
		{ "a second too long", "sign.lint.lifetime", NOON + 301, STR("j"), STR("c") },
		{ "no lifetime",      "sign.lint.lifetime", NOON,       STR("j"), STR("c") },
		{ "no jti",           "sign.lint.jti",      NOON + 120, STR_NONE, STR("c") },
		{ "jti no UTF-8",     "sign.lint.text",     NOON + 120, STR("\xff"), STR("c") },
		{ "no audience",      "sign.lint.audience", NOON + 120, STR("j"), STR_NONE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		l = good_one;
		l.expires_at_s = cases[i].exp;
		l.jti = cases[i].jti;
		l.audience = cases[i].audience;
		verdict_is(ask(signer_serve, s, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &l), cases[i].slug, cases[i].name);
	}
	l = good_one;
	l.subject.account = STR_NONE;
	verdict_is(ask(signer_serve, s, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &l), "sign.lint.subject", "of nobody");
	signer_destroy(s);
}

/* ---- roles ---- */

static void each_signer_refuses_the_frames_of_the_other(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct sign_tls digest = { STR("0123456789abcdef0123456789abcdef") };
	struct sign_id_token t = good();
	struct sign_logout_token l = good_logout();
	struct signer *s = signer_of();
	struct tls_signer *tls = NULL;

	assert_false(failed(signer_tls_create(p256_pem(a), &tls)));
	verdict_is(ask(signer_serve, s, SIGN_TLS, ipc_sign_tls_io, &digest), "sign.role", "tls");
	verdict_is(ask(signer_tls_serve, tls, SIGN_ID_TOKEN, ipc_sign_id_token_io, &t), "sign.role", "ID token");
	verdict_is(ask(signer_tls_serve, tls, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &l), "sign.role", "logout token");
	verdict_is(ask(signer_tls_serve, tls, SIGN_KEYS, ipc_empty_io, NULL), "sign.role", "keys");
	verdict_is(ask(signer_tls_serve, tls, SIGN_PSEUDONYM, ipc_sign_subject_io, &t.subject), "sign.role", "pseudonym");
	for (uint16_t type = SIGN_SAML_RESPONSE; type <= SIGN_SAML_METADATA; type++)
		verdict_is(ask(signer_tls_serve, tls, type, ipc_empty_io, NULL), "sign.role", "SAML");
	assert_string_equal(ask(signer_serve, s, 0x30, ipc_empty_io, NULL).slug, "sign.type");
	assert_string_equal(ask(signer_tls_serve, tls, 0x30, ipc_empty_io, NULL).slug, "sign.type");
	assert_string_equal(ask(signer_serve, s, SIGN_ID_TOKEN, ipc_sign_tls_io, &digest).slug, "frame.body");
	assert_string_equal(ask(signer_serve, s, SIGN_KEYS, ipc_sign_tls_io, &digest).slug, "frame.body");
	signer_tls_destroy(tls);
	signer_destroy(s);
}

static bool tls_signs(struct tls_signer *tls, EVP_PKEY *k, struct str digest)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	char *body = arena_alloc(a, 256);
	struct frame f = { .type = SIGN_TLS };
	struct sign_tls t = { digest };
	frame_io_fn *fn;
	void *reply;
	size_t n = 0;
	bool holds;

	assert_false(failed(frame_write_body(ipc_sign_tls_io, &t, body, 256, &n)));
	f.body = (struct str){ body, n };
	assert_false(failed(signer_tls_serve(tls, a, &f, &fn, &reply)));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k, NULL);
	struct str der = *(struct str *)reply;
	holds = EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, (const unsigned char *)der.p, der.n,
		(const unsigned char *)digest.p, digest.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	return holds;
}

static void handshake_digests_are_signed_and_nothing_else(void **state)
{
	static const char bytes[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	EVP_PKEY *k = EVP_EC_gen("P-256");
	struct tls_signer *tls = NULL;

	EVP_PKEY_up_ref(k);
	assert_false(failed(signer_tls_create(pem_of(a, k, NULL), &tls)));
	for (size_t n = 0; n <= 65; n++) {
		struct sign_tls t = { { bytes, n } };

		if (n == 32 || n == 48 || n == 64)
			assert_true(tls_signs(tls, k, t.digest));
		else
			verdict_is(ask(signer_tls_serve, tls, SIGN_TLS, ipc_sign_tls_io, &t), "sign.lint.digest", "digest");
	}
	EVP_PKEY_free(k);
	signer_tls_destroy(tls);
}

/* ---- keys ---- */

static void keys_of_another_kind_or_size_are_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str p256 = p256_pem(a), p384 = pem_of(a, EVP_EC_gen("P-384"), NULL), k1 = pem_of(a, EVP_EC_gen("secp256k1"), NULL);
	struct str rsa = pem_of(a, EVP_RSA_gen(2048), NULL), small = pem_of(a, EVP_RSA_gen(1024), NULL);
	struct str ed = pem_of(a, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
	struct str locked = pem_of(a, EVP_EC_gen("P-256"), EVP_aes_256_cbc());
	const struct { const char *name; enum sign_alg alg; struct str pem; const char *slug; } cases[] = {
		{ "P-256",            SIGN_ES256, p256,     NULL },
		{ "RSA 2048",         SIGN_RS256, rsa,      NULL },
		{ "P-384",            SIGN_ES256, p384,     "signer.key.curve" },
		{ "secp256k1",        SIGN_ES256, k1,       "signer.key.curve" },
		{ "RSA for ES256",    SIGN_ES256, rsa,      "signer.key.kind" },
		{ "P-256 for RS256",  SIGN_RS256, p256,     "signer.key.kind" },
		{ "Ed25519",          SIGN_ES256, ed,       "signer.key.kind" },
		{ "RSA 1024",         SIGN_RS256, small,    "signer.key.size" },
		{ "encrypted",        SIGN_ES256, locked,   "signer.key.pem" },
		{ "empty",            SIGN_ES256, STR_NONE, "signer.key.pem" },
		{ "no key",           SIGN_ES256, STR("hello\n"), "signer.key.pem" },
		{ "cut short",        SIGN_ES256, str_slice(p256, 0, p256.n / 2), "signer.key.pem" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct signer *s = NULL;

		assert_false(failed(signer_create(STR("https://i.example"), SECRET, noon, &s)));
		struct err e = signer_key_add(s, cases[i].alg, SIGN_KEY_CURRENT, 0, cases[i].pem);
		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && strcmp(e.slug, cases[i].slug) != 0))
			fail_msg("%s: %s", cases[i].name, failed(e) ? e.slug : "accepted");
		signer_destroy(s);
	}
	struct tls_signer *tls = NULL;
	assert_string_equal(signer_tls_create(rsa, &tls).slug, "signer.key.kind");
	assert_null(tls);
}

/* A P-256 key whose public half is another key's: it would sign what nobody can verify. */
static void a_key_whose_halves_do_not_match_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct str der_a = STR_NONE, der_b = STR_NONE, pem[2] = { p256_pem(a), p256_pem(a) };
	struct str *const der[] = { &der_a, &der_b };
	struct signer *s = NULL;

	for (size_t i = 0; i < 2; i++) {
		BIO *bio = BIO_new_mem_buf(pem[i].p, (int)pem[i].n);
		EVP_PKEY *k = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
		unsigned char *p = NULL;
		int n = i2d_PrivateKey(k, &p);

		*der[i] = arena_dup(a, (struct str){ (char *)p, (size_t)n });
		OPENSSL_free(p);
		EVP_PKEY_free(k);
		BIO_free(bio);
	}
	/* The public point is the last of the traditional form: 65 bytes at the end. */
	memcpy((char *)(uintptr_t)der_a.p + der_a.n - 65, der_b.p + der_b.n - 65, 65);
	struct str text = arena_printf(a, "-----BEGIN EC PRIVATE KEY-----\n" STR_FMT "\n-----END EC PRIVATE KEY-----\n",
		STR_ARG(b64_encode(a, der_a.p, der_a.n)));
	assert_false(failed(signer_create(STR("https://i.example"), SECRET, noon, &s)));
	assert_string_equal(signer_key_add(s, SIGN_ES256, SIGN_KEY_CURRENT, 0, text).slug, "signer.key.pair");
	signer_destroy(s);
}

static void a_second_key_of_one_algorithm_or_a_short_secret_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct signer *s = signer_of(), *none = NULL;

	assert_string_equal(signer_key_add(s, SIGN_ES256, SIGN_KEY_CURRENT, 0, p256_pem(a)).slug, "signer.key.twice");
	signer_destroy(s);
	assert_string_equal(signer_create(STR("i"), STR("thirty-one-bytes-are-not-enough"), noon, &none).slug, "signer.secret");
	assert_string_equal(signer_create(STR_NONE, SECRET, noon, &none).slug, "signer.issuer");
	assert_null(none);
	signer_destroy(NULL);
	signer_tls_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_hold_or_say_why),
		cmocka_unit_test(a_token_for_nobody_or_of_nobody_is_refused),
		cmocka_unit_test(an_algorithm_without_a_key_is_refused),
		cmocka_unit_test(a_key_that_does_not_sign_yet_signs_nothing),
		cmocka_unit_test(claims_never_speak_for_the_protocol),
		cmocka_unit_test(a_list_is_a_few_different_words),
		cmocka_unit_test(text_that_is_no_utf8_is_refused_wherever_it_stands),
		cmocka_unit_test(a_token_that_is_too_large_is_refused_and_the_next_is_signed),
		cmocka_unit_test(logout_tokens_hold_or_say_why),
		cmocka_unit_test(each_signer_refuses_the_frames_of_the_other),
		cmocka_unit_test(handshake_digests_are_signed_and_nothing_else),
		cmocka_unit_test(keys_of_another_kind_or_size_are_refused),
		cmocka_unit_test(a_key_whose_halves_do_not_match_is_refused),
		cmocka_unit_test(a_second_key_of_one_algorithm_or_a_short_secret_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
