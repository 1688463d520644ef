/* fuzz_jwks.c - an issuer's key set (RFC 7517 5) and the choice of a key from it. */
#include "roles/reader/jwks.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 1 << 17 };

static void try_find(const struct jwks *set, struct jose_header header)
{
	const struct jose_key *key;

	fuzz_stain(&key, sizeof key);
	struct err e = jwks_find(set, &header, &key);
	if (failed(e))
		assert(fuzz_is_error(e, ERR_DENIED, "jose.key") && fuzz_is_stained(&key, sizeof key));
	else
		assert(key && jose_key_alg(key) == header.alg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct jwks_cache *cache = jwks_cache_create();
	struct str in = fuzz_str(data, size);
	const struct jwks *set, *again = NULL;

	fuzz_stain(&set, sizeof set);
	struct err e = jwks_load(cache, a, in, &set);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_DENIED, "jose.key") && fuzz_is_stained(&set, sizeof set));
	} else {
		fuzz_accepted++;
		assert(size <= JWKS_MAX_BYTES);
		assert(!failed(jwks_load(cache, a, in, &again)) && again == set);
		for (int alg = 0; alg < JOSE_ALG_COUNT; alg++) {
			try_find(set, (struct jose_header){ .alg = (enum jose_alg)alg });
			try_find(set, (struct jose_header){ .alg = (enum jose_alg)alg, .has_kid = true, .kid = STR("k1") });
		}
	}
	jwks_cache_destroy(cache);
	return 0;
}
