/* passkey_key.c - see passkey_key.h. */
#include "roles/reader/passkey_key.h"
#include "roles/reader/cbor_check.h"
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { KTY = 1, ALG = 3, KTY_OKP = 1, KTY_EC2 = 2, KTY_RSA = 3, CRV_P256 = 1, CRV_ED25519 = 6,
       COORDINATE = 32, MODULUS = 256, EXPONENT = 3, RSA_BITS = 2048 };

static const struct { int64_t kty, cose; size_t key_bytes; } algs[PASSKEY_ALG_COUNT] = {
	[PASSKEY_ES256] = { KTY_EC2, COSE_ES256, 2 * COORDINATE },
	[PASSKEY_EDDSA] = { KTY_OKP, COSE_EDDSA, COORDINATE },
	[PASSKEY_RS256] = { KTY_RSA, COSE_RS256, MODULUS + EXPONENT },
};

int passkey_cose_number(enum passkey_alg alg)
{
	return (int)algs[alg].cose;
}

static bool is_int(struct str cose, int64_t key, int64_t want)
{
	struct str item = cbor_find_int(cose, key);
	int64_t value;

	return item.n && !failed(cbor_int(item, &value)) && value == want;
}

/* Bytes of exactly that length. */
static MUST struct err part(struct str cose, int64_t key, size_t bytes, struct str *ret_part)
{
	struct str item = cbor_find_int(cose, key);

	ENSURE(item.n && !failed(cbor_bytes(item, ret_part)) && ret_part->n == bytes, DENIED, "passkey.key");
	return NO_ERR;
}

static MUST struct err parts(struct str cose, enum passkey_alg alg, struct str *first, struct str *second)
{
	if (alg == PASSKEY_RS256) {
		TRY(part(cose, -1, MODULUS, first));
		return part(cose, -2, EXPONENT, second);
	}
	ENSURE(is_int(cose, -1, alg == PASSKEY_ES256 ? CRV_P256 : CRV_ED25519), DENIED, "passkey.key");
	TRY(part(cose, -2, COORDINATE, first));
	return alg == PASSKEY_ES256 ? part(cose, -3, COORDINATE, second) : NO_ERR;
}

struct err passkey_key_read(struct arena *a, struct str cose, enum passkey_alg *ret_alg, struct str *ret_key)
{
	struct str first = STR_NONE, second = STR_NONE;
	enum passkey_alg alg = 0;

	ENSURE(cbor_is_map(cose), MALFORMED, "passkey.cbor");
	while (alg < PASSKEY_ALG_COUNT && !is_int(cose, ALG, algs[alg].cose))
		alg++;
	ENSURE(alg < PASSKEY_ALG_COUNT, DENIED, "passkey.alg");
	ENSURE(is_int(cose, KTY, algs[alg].kty), DENIED, "passkey.key");
	TRY(parts(cose, alg, &first, &second));
	*ret_key = arena_concat(a, (struct str[]){ first, second }, 2);
	TRY(passkey_key_check(a, alg, *ret_key));
	*ret_alg = alg;
	return NO_ERR;
}

static void free_es256(void *p) { es256_pk_t *k = p; es256_pk_free(&k); }
static void free_rs256(void *p) { rs256_pk_t *k = p; rs256_pk_free(&k); }
static void free_eddsa(void *p) { eddsa_pk_t *k = p; eddsa_pk_free(&k); }
static void free_pkey(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static void free_ctx(EVP_PKEY_CTX **c) { EVP_PKEY_CTX_free(*c); }
static void free_bn(BIGNUM **n) { BN_free(*n); }

const void *passkey_key_for_fido(struct arena *a, enum passkey_alg alg, struct str key)
{
	void *k = alg == PASSKEY_ES256 ? (void *)es256_pk_new() : alg == PASSKEY_RS256 ? (void *)rs256_pk_new() : (void *)eddsa_pk_new();
	int rc;

	if (!k || key.n != algs[alg].key_bytes)
		rc = FIDO_ERR_INVALID_ARGUMENT;
	else
		rc = alg == PASSKEY_ES256 ? es256_pk_from_ptr(k, key.p, key.n) : alg == PASSKEY_RS256 ? rs256_pk_from_ptr(k, key.p, key.n)
			: eddsa_pk_from_ptr(k, key.p, key.n);
	if (k)
		arena_defer(a, alg == PASSKEY_ES256 ? free_es256 : alg == PASSKEY_RS256 ? free_rs256 : free_eddsa, k);
	return rc == FIDO_OK ? k : NULL;
}

static EVP_PKEY *as_pkey(struct arena *a, enum passkey_alg alg, struct str key)
{
	const void *k = passkey_key_for_fido(a, alg, key);

	return !k ? NULL : alg == PASSKEY_ES256 ? es256_pk_to_EVP_PKEY(k) : alg == PASSKEY_RS256 ? rs256_pk_to_EVP_PKEY(k) : eddsa_pk_to_EVP_PKEY(k);
}

/* Points whose order divides eight verify signatures over anything: y of each, with the sign bit of x cleared,
 * little-endian. 0 and its neighbours; the two of order eight were computed from the curve's equation. */
static const unsigned char small_order[][COORDINATE] = {
	{ 0 }, { 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* Is it a number below 2^255 - 19, with the sign bit cleared? Larger ones are other spellings of small ones. */
static bool is_reduced(const unsigned char y[COORDINATE])
{
	for (size_t i = COORDINATE - 2; i > 0; i--)
		if (y[i] != 0xff)
			return true;
	return y[COORDINATE - 1] != 0x7f || y[0] < 0xed;
}

static MUST struct err check_ed25519(struct str key)
{
	unsigned char y[COORDINATE];

	memcpy(y, key.p, sizeof y);
	y[COORDINATE - 1] &= 0x7f;
	ENSURE(is_reduced(y), DENIED, "passkey.key");
	for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++)
		ENSURE(!str_eq((struct str){ (const char *)y, sizeof y }, (struct str){ (const char *)small_order[i], COORDINATE }), DENIED, "passkey.key");
	return NO_ERR;
}

static MUST struct err check_rsa(struct str key)
{
	AUTO(free_bn) BIGNUM *n = BN_bin2bn((const unsigned char *)key.p, MODULUS, NULL);
	AUTO(free_bn) BIGNUM *e = BN_bin2bn((const unsigned char *)key.p + MODULUS, EXPONENT, NULL);

	ENSURE(n && BN_num_bits(n) == RSA_BITS && BN_is_odd(n), DENIED, "passkey.key");
	ENSURE(e && BN_is_odd(e) && BN_num_bits(e) > 1, DENIED, "passkey.key");
	return NO_ERR;
}

struct err passkey_key_check(struct arena *a, enum passkey_alg alg, struct str key)
{
	ENSURE(key.n == algs[alg].key_bytes, DENIED, "passkey.key");
	if (alg == PASSKEY_EDDSA)
		return check_ed25519(key);
	if (alg == PASSKEY_RS256)
		return check_rsa(key);

	AUTO(free_pkey) EVP_PKEY *pkey = as_pkey(a, alg, key);
	AUTO(free_ctx) EVP_PKEY_CTX *ctx = pkey ? EVP_PKEY_CTX_new(pkey, NULL) : NULL;

	ENSURE(ctx && EVP_PKEY_public_check(ctx) == 1, DENIED, "passkey.key");
	return NO_ERR;
}
