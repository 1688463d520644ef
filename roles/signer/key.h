/* key.h - a private key of libcrypto: read, judged, ready to sign digests; its public half as numbers. */
#ifndef ROLES_SIGNER_KEY_H
#define ROLES_SIGNER_KEY_H
#include <openssl/evp.h>
#include "wire/jose/jws_write.h"

enum { KEY_SIGNATURE_MAX = 512 };      /* RSA of 4096 bits */

struct key {
	enum sign_alg alg;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signing;         /* reused: preparing one costs as much as a P-256 signature */
};

/* Errors  BROKEN signer.key.* of signer.h */
MUST struct err key_create(enum sign_alg alg, struct str pem, struct key *ret_key);
void key_done(struct key *k);

/* Of a SHA-256 digest (ECDSA: also 48 and 64 bytes): the signature as libcrypto gives it, DER for
 * ECDSA. ret has room for KEY_SIGNATURE_MAX. BROKEN signer.key.sign */
MUST struct err key_sign(const struct key *k, struct str digest, unsigned char *ret, size_t *ret_n);
/* As JWS wants it: for ES256 r and s, 32 bytes each (RFC 7518 3.4). */
MUST struct err key_sign_jws(const struct key *k, struct str digest, unsigned char *ret, size_t *ret_n);

/* The numbers live in a. BROKEN signer.key.kind */
MUST struct err key_public(const struct key *k, struct arena *a, struct jose_public *ret_public);
#endif
