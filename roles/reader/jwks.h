/* jwks.h - an issuer's key set, and which of its keys a token means.
 *
 * The set comes with each question. Its keys cost more to read than the signature to check, so
 * the last few sets are kept, found again by their very text.
 */
#ifndef ROLES_READER_JWKS_H
#define ROLES_READER_JWKS_H
#include "roles/reader/jose_verify.h"

enum { JWKS_MAX_BYTES = 32 * 1024, JWKS_MAX_KEYS = 32 };

struct jwks_cache;
struct jwks;

struct jwks_cache *jwks_cache_create(void);
void jwks_cache_destroy(struct jwks_cache *c);

/* Read a set, or find it again. Keys of a kind that we do not use are passed over, but still
 * count as owners of their `kid`.
 * Source  RFC 7517 5
 * Owner   *ret_set is the cache's, until the next call; a is for scratch
 * Errors  DENIED jose.key (no key set, or more than JWKS_MAX_KEYS keys) */
MUST struct err jwks_load(struct jwks_cache *c, struct arena *a, struct str text, const struct jwks **ret_set);

/* The key that a header means: the only one with its `kid`; without a `kid`, the only one that
 * fits the algorithm. Anything ambiguous is refused.
 * Source  RFC 8725 3.10; OpenID Connect Core 1.0 10.1
 * Errors  DENIED jose.key */
MUST struct err jwks_find(const struct jwks *set, const struct jose_header *header, const struct jose_key **ret_key);
#endif
