/* test_signer.c - what the signer says can be checked by anybody, and what it must not say it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "base/b64.h"
#include "base/seal.h"
#include "roles/signer/signer.h"
#include "wire/ipc/helper.h"
#include "wire/jose/jws_write.h"

#define NOON    INT64_C(1800000000)      /* any instant does: time is an argument */
#define ISSUER  STR("https://compte.ville.example")
#define SECRET  STR("TEST-ONLY-pseudonym-secret-of-some-length")
#define ACCOUNT STR("sixteen bytes..!")

static int64_t noon(void) { return NOON; }

/* Keys are made once, here: no private key lies in the repository. */
static EVP_PKEY *p256, *p256_next, *rsa2048;

static int make_keys(void **state)
{
	p256 = EVP_EC_gen("P-256");
	p256_next = EVP_EC_gen("P-256");
	rsa2048 = EVP_RSA_gen(2048);
	return p256 && p256_next && rsa2048 ? 0 : -1;
}

static int free_keys(void **state)
{
	EVP_PKEY *all[] = { p256, p256_next, rsa2048 };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		EVP_PKEY_free(all[i]);
	return 0;
}

static struct str pem_of(struct arena *a, EVP_PKEY *k)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;
	struct str out;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &p);
	out = arena_dup(a, (struct str){ p, (size_t)n });
	BIO_free(bio);
	return out;
}

static struct signer *bare_signer(void)
{
	struct signer *s = NULL;

	assert_false(failed(signer_create(ISSUER, SECRET, noon, &s)));
	return s;
}

static struct signer *signer_of(struct arena *a)
{
	struct signer *s = bare_signer();

	assert_false(failed(signer_key_add(s, SIGN_ES256, SIGN_KEY_CURRENT, 0, pem_of(a, p256))));
	assert_false(failed(signer_key_add(s, SIGN_RS256, SIGN_KEY_CURRENT, 0, pem_of(a, rsa2048))));
	return s;
}

/* As an engine asks: through the frames, both ways. */
static struct err ask_any(struct err (*serve)(void *, struct arena *, const struct frame *, frame_io_fn **, void **), void *self,
	struct arena *a, uint16_t type, frame_io_fn *fn, const void *message, void *ret_reply)
{
	char *body = arena_alloc(a, FRAME_MAX), *back = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = type };
	frame_io_fn *reply_fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	assert_false(failed(frame_write_body(fn, message, body, FRAME_MAX, &n)));
	f.body = (struct str){ body, n };
	TRY(serve(self, a, &f, &reply_fn, &reply));
	assert_false(failed(frame_write_body(reply_fn, reply, back, FRAME_MAX, &n)));
	assert_false(failed(frame_read_body((struct str){ back, n }, a, reply_fn, ret_reply)));
	return NO_ERR;
}

static struct err ask(struct signer *s, struct arena *a, uint16_t type, frame_io_fn *fn, const void *message, void *ret_reply)
{
	return ask_any(signer_serve, s, a, type, fn, message, ret_reply);
}

static struct sign_id_token id_token(enum sign_alg alg)
{
	static struct sign_claim claims[] = {
		{ STR_INIT("given_name"), CLAIM_TEXT, STR_INIT("Zoé \"Zo\" <\\>\n"), 0 },
		{ STR_INIT("updated_at"), CLAIM_NUMBER, { NULL, 0 }, -5 },
		{ STR_INIT("email_verified"), CLAIM_BOOL, { NULL, 0 }, 1 },
	};

	return (struct sign_id_token){
		.alg = alg, .subject = { ACCOUNT, STR("elections"), STR_NONE }, .audience = STR("client-1"),
		.nonce = STR("n-0S6_WzA2Mj"), .sid = STR("sid-1"), .acr = STR("f1"), .amr = STR("pwd otp"), .at_hash = STR("77QmUPtjPfzWtF2AnpK9RQ"),
		.auth_time_s = NOON - 20, .issued_at_s = NOON, .expires_at_s = NOON + 300, .claims = claims, .claim_n = 3,
	};
}

static struct sign_logout_token logout_token(enum sign_alg alg)
{
	return (struct sign_logout_token){
		.alg = alg, .subject = { ACCOUNT, STR("elections"), STR_NONE }, .audience = STR("client-1"),
		.sid = STR("sid-1"), .jti = STR("jti-1"), .issued_at_s = NOON, .expires_at_s = NOON + 120,
	};
}

/* ---- checking, with libcrypto and jansson, from the published keys ---- */

static BIGNUM *number_of(struct arena *a, const json_t *jwk, const char *name)
{
	struct str bytes = STR_NONE;

	assert_false(failed(b64url_decode(a, str_from_c(json_string_value(json_object_get(jwk, name))), &bytes)));
	return BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
}

static void push_rsa(struct arena *a, const json_t *jwk, OSSL_PARAM_BLD *b, BIGNUM **n, BIGNUM **e)
{
	*n = number_of(a, jwk, "n");
	*e = number_of(a, jwk, "e");
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, *n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, *e);
}

static void push_ec(struct arena *a, const json_t *jwk, OSSL_PARAM_BLD *b, unsigned char *point)
{
	BIGNUM *x = number_of(a, jwk, "x"), *y = number_of(a, jwk, "y");

	point[0] = 4;
	BN_bn2binpad(x, point + 1, 32);
	BN_bn2binpad(y, point + 33, 32);
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 65);
	BN_free(x);
	BN_free(y);
}

static EVP_PKEY *pkey_of(struct arena *a, const json_t *jwk, bool rsa)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, rsa ? "RSA" : "EC", NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	unsigned char point[65];
	BIGNUM *n = NULL, *e = NULL;
	OSSL_PARAM *params;
	EVP_PKEY *k = NULL;

	if (rsa)
		push_rsa(a, jwk, b, &n, &e);
	else
		push_ec(a, jwk, b, point);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return k;
}

static struct str der_of_raw(struct arena *a, struct str raw)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *p = arena_alloc(a, 128), *at = p;
	int n;

	assert_int_equal(raw.n, 64);
	ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)raw.p, 32, NULL), BN_bin2bn((const unsigned char *)raw.p + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &at);
	ECDSA_SIG_free(sig);
	return (struct str){ (char *)p, (size_t)n };
}

static bool verifies(EVP_PKEY *k, struct str signature, struct str text)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, k) == 1
		&& EVP_DigestVerify(md, (const unsigned char *)signature.p, signature.n, (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

static json_t *json_of(struct arena *a, struct str b64)
{
	struct str text = STR_NONE;
	json_t *j;

	assert_false(failed(b64url_decode(a, b64, &text)));
	j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	return j;
}

static const char *text_of(const json_t *j, const char *name)
{
	const char *text = json_string_value(json_object_get(j, name));

	return text ? text : "";
}

static json_t *published_jwk(struct signer *s, struct arena *a, const char *kid)
{
	struct sign_keys keys = { NULL, 0 };

	assert_false(failed(ask(s, a, SIGN_KEYS, ipc_empty_io, NULL, &keys)));
	for (size_t i = 0; i < keys.n; i++)
		if (str_eq_c(keys.v[i].kid, kid))
			return json_loadb(keys.v[i].jwk.p, keys.v[i].jwk.n, JSON_REJECT_DUPLICATES, NULL);
	return NULL;
}

/* Checks form, header, signature; gives the claims. */
static json_t *proven(struct signer *s, struct arena *a, struct str jws, const char *alg, const char *typ)
{
	struct str rest = jws, head = STR_NONE, payload = STR_NONE, signature = STR_NONE, text;
	bool rsa = strcmp(alg, "RS256") == 0;
	EVP_PKEY *k;
	json_t *h, *jwk;

	assert_true(str_split(&rest, '.', &head) && str_split(&rest, '.', &payload) && !str_has(rest, '.'));
	h = json_of(a, head);
	assert_int_equal(json_object_size(h), 3);
	assert_string_equal(text_of(h, "alg"), alg);
	assert_string_equal(text_of(h, "typ"), typ);
	jwk = published_jwk(s, a, text_of(h, "kid"));
	assert_non_null(jwk);
	assert_string_equal(text_of(jwk, "alg"), alg);
	assert_string_equal(text_of(jwk, "use"), "sig");
	assert_string_equal(text_of(jwk, "kid"), text_of(h, "kid"));
	assert_null(json_object_get(jwk, "d"));
	k = pkey_of(a, jwk, rsa);
	text = str_slice(jws, 0, head.n + 1 + payload.n);
	assert_false(failed(b64url_decode(a, rest, &signature)));
	assert_true(verifies(k, rsa ? signature : der_of_raw(a, signature), text));
	assert_false(verifies(k, rsa ? signature : der_of_raw(a, signature), str_slice(text, 0, text.n - 1)));
	EVP_PKEY_free(k);
	json_decref(h);
	json_decref(jwk);
	return json_of(a, payload);
}

/* ---- what it says ---- */

static void an_id_token_says_what_was_asked_and_verifies(void **state)
{
	for (enum sign_alg alg = 0; alg < SIGN_ALG_COUNT; alg++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
		struct signer *s = signer_of(a);
		struct sign_id_token t = id_token(alg);
		struct sign_token token = { STR_NONE, STR_NONE };

		assert_false(failed(ask(s, a, SIGN_ID_TOKEN, ipc_sign_id_token_io, &t, &token)));
		json_t *claims = proven(s, a, token.jws, sign_alg_name(alg), "JWT");
		assert_string_equal(text_of(claims, "iss"), "https://compte.ville.example");
		assert_true(str_eq_c(token.subject, text_of(claims, "sub")));
		assert_string_equal(text_of(claims, "aud"), "client-1");
		assert_int_equal(json_integer_value(json_object_get(claims, "exp")), NOON + 300);
		assert_int_equal(json_integer_value(json_object_get(claims, "iat")), NOON);
		assert_int_equal(json_integer_value(json_object_get(claims, "auth_time")), NOON - 20);
		assert_string_equal(text_of(claims, "nonce"), "n-0S6_WzA2Mj");
		assert_string_equal(text_of(claims, "acr"), "f1");
		assert_int_equal(json_array_size(json_object_get(claims, "amr")), 2);
		assert_string_equal(json_string_value(json_array_get(json_object_get(claims, "amr"), 1)), "otp");
		assert_string_equal(text_of(claims, "at_hash"), "77QmUPtjPfzWtF2AnpK9RQ");
		assert_string_equal(text_of(claims, "sid"), "sid-1");
		assert_string_equal(text_of(claims, "given_name"), "Zoé \"Zo\" <\\>\n");
		assert_int_equal(json_integer_value(json_object_get(claims, "updated_at")), -5);
		assert_true(json_is_true(json_object_get(claims, "email_verified")));
		json_decref(claims);
		signer_destroy(s);
	}
}

static void what_is_empty_is_left_out_and_the_order_is_fixed(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_id_token full = id_token(SIGN_ES256), t = {
		.alg = SIGN_ES256, .audience = STR("c"), .issued_at_s = 1, .expires_at_s = 2,
	};
	struct buf b;

	buf_init(&b, 4096);
	assert_false(failed(jose_id_token_write(&b, &t, STR("i"), STR("s"))));
	assert_true(str_eq(buf_str(&b), STR("{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"c\",\"exp\":2,\"iat\":1}")));
	buf_reset(&b);
	full.claim_n = 0;
	assert_false(failed(jose_id_token_write(&b, &full, STR("i"), STR("s"))));
	assert_true(str_eq(buf_str(&b), STR("{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"client-1\",\"exp\":1800000300,\"iat\":1800000000,"
		"\"auth_time\":1799999980,\"nonce\":\"n-0S6_WzA2Mj\",\"acr\":\"f1\",\"amr\":[\"pwd\",\"otp\"],"
		"\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\",\"sid\":\"sid-1\"}")));
	buf_done(&b);
}

static void the_writer_refuses_a_claim_of_the_protocol(void **state)
{
	struct sign_claim claim = { STR("sub"), CLAIM_TEXT, STR("somebody else"), 0 };
	struct sign_id_token t = { .audience = STR("c"), .claims = &claim, .claim_n = 1 };
	struct buf b;

	buf_init(&b, 4096);
	assert_string_equal(jose_id_token_write(&b, &t, STR("i"), STR("s")).slug, "jose.claim");
	buf_done(&b);
}

/* Back-Channel Logout 2.4; 2.6 asks the relying party to refuse one with a nonce. */
static void a_logout_token_is_no_id_token(void **state)
{
	for (enum sign_alg alg = 0; alg < SIGN_ALG_COUNT; alg++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
		struct signer *s = signer_of(a);
		struct sign_logout_token t = logout_token(alg);
		struct sign_token token = { STR_NONE, STR_NONE };

		assert_false(failed(ask(s, a, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &t, &token)));
		json_t *claims = proven(s, a, token.jws, sign_alg_name(alg), "logout+jwt");
		const json_t *events = json_object_get(claims, "events");
		assert_int_equal(json_object_size(json_object_get(events, "http://schemas.openid.net/event/backchannel-logout")), 0);
		assert_int_equal(json_object_size(events), 1);
		assert_null(json_object_get(claims, "nonce"));
		assert_string_equal(text_of(claims, "jti"), "jti-1");
		assert_string_equal(text_of(claims, "sid"), "sid-1");
		assert_true(str_eq_c(token.subject, text_of(claims, "sub")));
		assert_int_equal(json_object_size(claims), 8);
		json_decref(claims);
		signer_destroy(s);
	}
}

/* RFC 7638 3.1: the RSA key of the example and its thumbprint. */
static void a_thumbprint_matches_the_published_example(void **state)
{
	static const char n64[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI"
		"SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct jose_public k = { .alg = SIGN_RS256, .b = STR("\1\0\1") };
	unsigned char hash[32];
	struct buf b;

	assert_false(failed(b64url_decode(a, str_from_c(n64), &k.a)));
	buf_init(&b, 4096);
	jose_thumbprint_write(&b, &k);
	sha256(buf_str(&b), hash);
	assert_true(str_eq(b64url_encode(a, hash, 32), STR("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")));
	buf_done(&b);
}

static void the_next_key_is_published_and_does_not_sign(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct signer *s = signer_of(a);
	struct sign_keys keys = { NULL, 0 };
	struct sign_id_token t = id_token(SIGN_ES256);
	struct sign_token token;
	struct str head = STR_NONE;

	assert_false(failed(signer_key_add(s, SIGN_ES256, SIGN_KEY_NEXT, 0, pem_of(a, p256_next))));
	assert_false(failed(signer_key_add(s, SIGN_RS256, SIGN_KEY_NEXT, 0, pem_of(a, rsa2048))));      /* the same: once */
	assert_false(failed(ask(s, a, SIGN_KEYS, ipc_empty_io, NULL, &keys)));
	assert_int_equal(keys.n, 3);
	for (size_t i = 0; i < keys.n; i++)
		assert_int_equal(keys.v[i].kid.n, 16);
	assert_false(str_eq(keys.v[0].kid, keys.v[2].kid));
	assert_false(failed(ask(s, a, SIGN_ID_TOKEN, ipc_sign_id_token_io, &t, &token)));
	assert_true(str_split(&token.jws, '.', &head));
	json_t *h = json_of(a, head);
	assert_true(str_eq_c(keys.v[0].kid, text_of(h, "kid")));
	json_decref(h);
	signer_destroy(s);
}

/* ---- who it speaks of ---- */

static struct str pseudonym(struct signer *s, struct arena *a, struct str account, struct str sector, struct str alias)
{
	struct sign_subject who = { account, sector, alias };
	struct str text = STR_NONE;

	assert_false(failed(ask(s, a, SIGN_PSEUDONYM, ipc_sign_subject_io, &who, &text)));
	return text;
}

static void a_pseudonym_is_the_same_for_the_same_and_for_nobody_else(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct signer *s = signer_of(a), *other = NULL;
	struct str one = pseudonym(s, a, ACCOUNT, STR("elections"), STR_NONE);

	assert_int_equal(one.n, 43);
	assert_true(str_eq(one, pseudonym(s, a, ACCOUNT, STR("elections"), STR_NONE)));
	assert_false(str_eq(one, pseudonym(s, a, ACCOUNT, STR("etat-civil"), STR_NONE)));
	assert_false(str_eq(one, pseudonym(s, a, ACCOUNT, STR("elections2"), STR_NONE)));
	assert_false(str_eq(one, pseudonym(s, a, STR("sixteen bytes..?"), STR("elections"), STR_NONE)));
	assert_false(failed(signer_create(ISSUER, STR("TEST-ONLY-another-secret-of-some-length"), noon, &other)));
	assert_false(str_eq(one, pseudonym(other, a, ACCOUNT, STR("elections"), STR_NONE)));
	signer_destroy(s);
	signer_destroy(other);
}

/* Written down once and for all: a change of the formula would part every citizen from their files. */
static void a_pseudonym_is_the_hmac_of_version_account_and_sector(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct signer *s = signer_of(a);
	unsigned char mac[32];

	hmac_sha256(SECRET, STR("guichet-pseudonym-v1\0sixteen bytes..!\0elections"), mac);
	assert_true(str_eq(pseudonym(s, a, ACCOUNT, STR("elections"), STR_NONE), b64url_encode(a, mac, 32)));
	signer_destroy(s);
}

static void an_alias_takes_precedence(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct signer *s = signer_of(a);
	struct sign_id_token t = id_token(SIGN_ES256);
	struct sign_token token = { STR_NONE, STR_NONE };

	assert_true(str_eq(pseudonym(s, a, ACCOUNT, STR("elections"), STR("imported-42")), STR("imported-42")));
	t.subject.alias = STR("imported-42");
	assert_false(failed(ask(s, a, SIGN_ID_TOKEN, ipc_sign_id_token_io, &t, &token)));
	assert_true(str_eq(token.subject, STR("imported-42")));
	signer_destroy(s);
}

static void a_pseudonym_of_nobody_is_refused(void **state)
{
	const struct sign_subject refused[] = {
		{ STR_NONE, STR("elections"), STR_NONE }, { STR("fifteen bytes.."), STR("elections"), STR_NONE },
		{ STR("seventeen bytes.."), STR("elections"), STR_NONE }, { ACCOUNT, STR_NONE, STR_NONE },
		{ ACCOUNT, STR("elections"), STR("with blank") }, { ACCOUNT, STR("elections"), STR("accentué") },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(2 << 20);
	struct signer *s = signer_of(a);

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct str text = STR_NONE;

		assert_string_equal(ask(s, a, SIGN_PSEUDONYM, ipc_sign_subject_io, &refused[i], &text).slug, "sign.lint.subject");
	}
	signer_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_token_says_what_was_asked_and_verifies),
		cmocka_unit_test(what_is_empty_is_left_out_and_the_order_is_fixed),
		cmocka_unit_test(the_writer_refuses_a_claim_of_the_protocol),
		cmocka_unit_test(a_logout_token_is_no_id_token),
		cmocka_unit_test(a_thumbprint_matches_the_published_example),
		cmocka_unit_test(the_next_key_is_published_and_does_not_sign),
		cmocka_unit_test(a_pseudonym_is_the_same_for_the_same_and_for_nobody_else),
		cmocka_unit_test(a_pseudonym_is_the_hmac_of_version_account_and_sector),
		cmocka_unit_test(an_alias_takes_precedence),
		cmocka_unit_test(a_pseudonym_of_nobody_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
