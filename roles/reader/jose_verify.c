/* jose_verify.c - see jose_verify.h. */
#include "roles/reader/jose_verify.h"
#include <cjose/cjose.h>
#include <stdlib.h>

enum { ES256_COORDINATE = 32, ES256_SIGNATURE = 64, RSA_MIN_BITS = 2048, RSA_MAX_BITS = 4096, RSA_E_MAX = 4 };

struct jose_key {
	enum jose_alg alg;
	size_t signature_bytes;
	cjose_jwk_t *jwk;
};

static struct err key_wrap(enum jose_alg alg, size_t signature_bytes, cjose_jwk_t *jwk, struct jose_key **ret_key)
{
	ENSURE(jwk, DENIED, "jose.key");

	struct jose_key *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	*k = (struct jose_key){ alg, signature_bytes, jwk };
	*ret_key = k;
	return NO_ERR;
}

static size_t bits_of(struct str n)
{
	size_t bits = n.n * 8;

	for (unsigned char top = (unsigned char)n.p[0]; !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

struct err jose_key_create_rs256(struct str n, struct str e, struct jose_key **ret_key)
{
	ENSURE(n.n > 0 && n.n <= RSA_MAX_BITS / 8 && n.p[0] != 0, DENIED, "jose.key");
	ENSURE(bits_of(n) >= RSA_MIN_BITS && (n.p[n.n - 1] & 1), DENIED, "jose.key");
	ENSURE(e.n > 0 && e.n <= RSA_E_MAX && e.p[0] != 0 && (e.p[e.n - 1] & 1), DENIED, "jose.key");
	ENSURE(e.n > 1 || e.p[0] != 1, DENIED, "jose.key");

	cjose_jwk_rsa_keyspec spec = {
		.n = (uint8_t *)(uintptr_t)n.p, .nlen = n.n, .e = (uint8_t *)(uintptr_t)e.p, .elen = e.n,
	};

	return key_wrap(JOSE_RS256, n.n, cjose_jwk_create_RSA_spec(&spec, NULL), ret_key);
}

struct err jose_key_create_es256(struct str x, struct str y, struct jose_key **ret_key)
{
	/*= RFC 7518 6.2.1.2: The length of this octet string MUST be the full size of a coordinate
	 * for the curve specified in the "crv" parameter. */
	ENSURE(x.n == ES256_COORDINATE && y.n == ES256_COORDINATE, DENIED, "jose.key");

	cjose_jwk_ec_keyspec spec = {
		.crv = CJOSE_JWK_EC_P_256,
		.x = (uint8_t *)(uintptr_t)x.p, .xlen = x.n, .y = (uint8_t *)(uintptr_t)y.p, .ylen = y.n,
	};

	return key_wrap(JOSE_ES256, ES256_SIGNATURE, cjose_jwk_create_EC_spec(&spec, NULL), ret_key);
}

void jose_key_destroy(struct jose_key *k)
{
	if (!k)
		return;
	cjose_jwk_release(k->jwk);
	free(k);
}

enum jose_alg jose_key_alg(const struct jose_key *k)
{
	return k->alg;
}

static void jws_releasep(cjose_jws_t **jws)
{
	if (*jws)
		cjose_jws_release(*jws);
}

struct err jose_verify(const struct jose_jws *jws, const struct jose_key *key)
{
	ENSURE(jws->header.alg == key->alg, DENIED, "jose.signature");
	/* cjose halves whatever length it is given: 65 bytes, or DER, must not reach it. */
	ENSURE(jws->signature.n == key->signature_bytes, DENIED, "jose.signature");

	AUTO(jws_releasep) cjose_jws_t *j = cjose_jws_import(jws->token.p, jws->token.n, NULL);

	ENSURE(j, DENIED, "jose.signature");
	ENSURE(cjose_jws_verify(j, key->jwk, NULL), DENIED, "jose.signature");
	return NO_ERR;
}
