/* passkey_soft.c - see passkey_soft.h. */
#include "tests/unit/passkey_soft.h"
#include "base/seal.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct soft_passkey soft_create(struct arena *a, enum passkey_alg alg, const char *id)
{
	struct soft_passkey k = { .alg = alg, .id = arena_dup(a, str_from_c(id)) };

	k.key = alg == PASSKEY_ES256 ? EVP_EC_gen("P-256") : alg == PASSKEY_RS256 ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(k.key);
	return k;
}

void soft_done(struct soft_passkey *k)
{
	EVP_PKEY_free(k->key);
	k->key = NULL;
}

struct str soft_client(struct arena *a, const char *type, struct str challenge, const char *origin)
{
	return arena_printf(a, "{\"type\":\"%s\",\"challenge\":\"" STR_FMT "\",\"origin\":\"%s\",\"crossOrigin\":false}", type, STR_ARG(challenge), origin);
}

struct str soft_cbor_bytes(struct arena *a, struct str bytes)
{
	const char head[] = { 0x59, (char)(bytes.n >> 8), (char)bytes.n };
	const char small[] = { 0x58, (char)bytes.n };
	const char tiny[] = { (char)(0x40 | bytes.n) };

	if (bytes.n < 24)
		return arena_concat(a, (struct str[]){ { tiny, 1 }, bytes }, 2);
	if (bytes.n < 256)
		return arena_concat(a, (struct str[]){ { small, 2 }, bytes }, 2);
	return arena_concat(a, (struct str[]){ { head, 3 }, bytes }, 2);
}

static struct str number(struct arena *a, EVP_PKEY *key, const char *name, int bytes)
{
	unsigned char *p = arena_alloc(a, (size_t)bytes);
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	BN_bn2binpad(n, p, bytes);
	BN_free(n);
	return (struct str){ (const char *)p, (size_t)bytes };
}

struct str soft_cose(struct arena *a, const struct soft_passkey *k)
{
	unsigned char raw[32];
	size_t n = sizeof raw;

	if (k->alg == PASSKEY_ES256)
		return arena_concat(a, (struct str[]){ STR("\xa5\x01\x02\x03\x26\x20\x01\x21"),
			soft_cbor_bytes(a, number(a, k->key, OSSL_PKEY_PARAM_EC_PUB_X, 32)), STR("\x22"),
			soft_cbor_bytes(a, number(a, k->key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)) }, 4);
	if (k->alg == PASSKEY_RS256)
		return arena_concat(a, (struct str[]){ STR("\xa4\x01\x03\x03\x39\x01\x00\x20"),
			soft_cbor_bytes(a, number(a, k->key, OSSL_PKEY_PARAM_RSA_N, 256)), STR("\x21"),
			soft_cbor_bytes(a, number(a, k->key, OSSL_PKEY_PARAM_RSA_E, 3)) }, 4);
	assert_int_equal(EVP_PKEY_get_raw_public_key(k->key, raw, &n), 1);
	return arena_concat(a, (struct str[]){ STR("\xa4\x01\x01\x03\x27\x20\x06\x21"), soft_cbor_bytes(a, (struct str){ (char *)raw, 32 }) }, 2);
}

struct str soft_data(struct arena *a, const char *rp_id, unsigned flags, uint32_t count, struct str more)
{
	const char tail[] = { (char)flags, (char)(count >> 24), (char)(count >> 16), (char)(count >> 8), (char)count };
	unsigned char hash[32];

	sha256(str_from_c(rp_id), hash);
	return arena_concat(a, (struct str[]){ { (char *)hash, 32 }, { tail, 5 }, more }, 3);
}

struct str soft_attested(struct arena *a, struct str id, struct str cose)
{
	const char length[] = { (char)(id.n >> 8), (char)id.n };

	return arena_concat(a, (struct str[]){ STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), { length, 2 }, id, cose }, 4);
}

struct str soft_attestation(struct arena *a, const char *fmt, struct str statement, struct str data)
{
	return arena_concat(a, (struct str[]){ STR("\xa3\x63" "fmt"), arena_printf(a, "%c%s", (int)(0x60 | strlen(fmt)), fmt),
		STR("\x67" "attStmt"), statement, STR("\x68" "authData"), soft_cbor_bytes(a, data) }, 6);
}

struct str soft_sign(struct arena *a, const struct soft_passkey *k, struct str data, struct str client)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char hash[32], *out = arena_alloc(a, 512);
	size_t n = 512;
	struct str text;

	sha256(client, hash);
	text = arena_concat(a, (struct str[]){ data, { (char *)hash, 32 } }, 2);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, k->alg == PASSKEY_EDDSA ? NULL : EVP_sha256(), NULL, k->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &n, (const unsigned char *)text.p, text.n), 1);
	EVP_MD_CTX_free(ctx);
	return (struct str){ (char *)out, n };
}
