/* jose_verify.h - the one place that calls cjose: a key made of checked numbers, a signature.
 *
 * cjose fixes nothing by itself (it verifies an ES256 header with a P-384 key, and takes RSA keys
 * of 1024 bits), so keys come in through two narrow doors, each for one algorithm, and the
 * algorithm of a key is part of its type here. liboauth2 is left out of this role: what it adds
 * to cjose is a verdict on claims, which is wrong where it exists (no `aud`, an optional `exp`, a
 * cached verdict that outlives the token), and the verdict is the caller's.
 */
#ifndef ROLES_READER_JOSE_VERIFY_H
#define ROLES_READER_JOSE_VERIFY_H
#include "wire/jose/jws_read.h"

struct jose_key;               /* a public key, for one algorithm */

/* n, e: big-endian without leading zeros; 2048 to 4096 bits, e odd, 3 to 2^32.
 * DENIED jose.key */
MUST struct err jose_key_create_rs256(struct str n, struct str e, struct jose_key **ret_key);
/* x, y: 32 bytes each, a point of P-256. DENIED jose.key */
MUST struct err jose_key_create_es256(struct str x, struct str y, struct jose_key **ret_key);
void jose_key_destroy(struct jose_key *k);
enum jose_alg jose_key_alg(const struct jose_key *k);

/* Is the signature by this key? The token's algorithm must be the key's.
 * Errors  DENIED jose.signature */
MUST struct err jose_verify(const struct jose_jws *jws, const struct jose_key *key);
#endif
