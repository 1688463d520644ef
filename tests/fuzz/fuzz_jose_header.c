/* fuzz_jose_header.c - the header of a signed token (RFC 7515 4.1, RFC 8725 3). The input is tried as
 * a whole token, and as the text of a header behind which all else is in order. */
#include "base/b64.h"
#include "tests/fuzz/fuzz.h"
#include "wire/jose/json_read.h"
#include "wire/jose/jws_read.h"

enum { ARENA_BYTES = 1 << 16 };

/* None of these may have passed: each brings a key, or changes what is signed. */
static const char *const never[] = { "crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256" };

static void check_header(struct arena *a, const struct jose_jws *jws)
{
	struct str part = str_slice(jws->token, 0, str_index(jws->token, '.')), bytes = STR_NONE;
	const struct jose_header *h = &jws->header;
	json_t *object = NULL;

	assert(!failed(b64url_decode(a, part, &bytes)) && !failed(jose_json_read(bytes, JOSE_HEADER_MAX, 2, &object)));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert(!json_object_get(object, never[i]));
	assert(h->alg < JOSE_ALG_COUNT && str_eq_c(jose_json_str(json_object_get(object, "alg")), jose_alg_name(h->alg)));
	assert(h->has_kid == (json_object_get(object, "kid") != NULL) && h->kid.n <= JOSE_KID_MAX);
	assert((h->kid.n > 0) == h->has_kid && !str_has_control(h->kid));
	assert(str_eq(h->typ, jose_json_str(json_object_get(object, "typ"))));
	json_decref(object);
}

static bool token_passes(struct arena *a, struct str token, const char *algs, struct jose_jws *ret_jws)
{
	fuzz_stain(ret_jws, sizeof *ret_jws);
	struct err e = jose_jws_read(a, token, str_from_c(algs), STR("JWT at+jwt -"), ret_jws);

	if (!failed(e))
		return true;
	assert(fuzz_is_stained(ret_jws, sizeof *ret_jws));
	assert(fuzz_is_error(e, ERR_MALFORMED, "jose.form jose.header") || fuzz_is_error(e, ERR_DENIED, "jose.alg jose.typ"));
	return false;
}

static void try_token(struct arena *a, struct str token)
{
	struct jose_jws jws, other;

	assert(!token_passes(a, token, "none HS256 HS512", &other));
	if (!token_passes(a, token, "ES256 RS256", &jws)) {
		assert(!token_passes(a, token, "ES256", &other));
		return;
	}
	fuzz_accepted++;
	assert(str_eq(jws.token, token) && jws.payload.n && jws.signature.n);
	check_header(a, &jws);
	/* Asked for one algorithm, the other does not pass. */
	assert(token_passes(a, token, "ES256", &other) == (jws.header.alg == JOSE_ES256));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str in = fuzz_str(data, size);

	if (size > JOSE_HEADER_MAX + 64)
		in = str_slice(in, 0, JOSE_HEADER_MAX + 64);
	try_token(a, in);
	try_token(a, arena_printf(a, STR_FMT ".e30.AAAA", STR_ARG(b64url_encode(a, in.p, in.n))));
	return 0;
}
