/* fuzz_b64.c - base64url, base64 and hexadecimal: every value has one spelling (RFC 4648). The fast
 * decoder of the SAML codecs agrees with the plain one. */
#include "base/b64.h"
#include "tests/fuzz/fuzz.h"
#include "wire/saml/saml_bytes.h"

typedef struct err decode_fn(struct arena *a, struct str s, struct str *ret_bytes);
typedef struct str encode_fn(struct arena *a, const void *p, size_t n);

static void try_text(struct arena *a, decode_fn *decode, encode_fn *encode, struct str text)
{
	struct str bytes;

	fuzz_stain(&bytes, sizeof bytes);
	struct err e = decode(a, text, &bytes);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "b64.alphabet b64.length") && fuzz_is_stained(&bytes, sizeof bytes));
		return;
	}
	fuzz_accepted++;
	assert(str_eq(encode(a, bytes.p, bytes.n), text));
}

static void try_bytes(struct arena *a, decode_fn *decode, encode_fn *encode, struct str bytes)
{
	struct str again = STR_NONE;

	assert(!failed(decode(a, encode(a, bytes.p, bytes.n), &again)) && str_eq(again, bytes));
}

static void try_hex(struct arena *a, struct str in)
{
	char *out = arena_alloc(a, in.n + 1);
	struct str text = hex_encode(a, in.p, in.n);

	assert(!failed(hex_decode(text, out, in.n)) && memcmp(out, in.p, in.n) == 0);
	struct err e = hex_decode(in, out, in.n / 2);
	assert(!failed(e) || fuzz_is_error(e, ERR_MALFORMED, "hex"));
	assert(failed(e) || str_eq_nocase(hex_encode(a, out, in.n / 2), in));
}

static void try_saml(struct arena *a, struct str in)
{
	struct str plain = STR_NONE, strict = STR_NONE, loose = STR_NONE;
	bool refused = failed(b64_decode(a, in, &plain));

	assert(failed(saml_b64_strict(a, in, &strict)) == refused && str_eq(strict, plain));
	/* With white space allowed, what passed before passes still. */
	struct err e = saml_b64_decode(a, in, &loose);
	assert(refused || (!failed(e) && str_eq(loose, plain)));
	assert(!failed(e) || fuzz_is_error(e, ERR_MALFORMED, "b64.alphabet b64.length"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct str in = fuzz_str(data, size);

	try_text(a, b64url_decode, b64url_encode, in);
	try_text(a, b64_decode, b64_encode, in);
	try_bytes(a, b64url_decode, b64url_encode, in);
	try_bytes(a, b64_decode, b64_encode, in);
	try_hex(a, in);
	try_saml(a, in);
	return 0;
}
