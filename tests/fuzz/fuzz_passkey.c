/* fuzz_passkey.c - what a passkey or its browser may send: the strict check of CBOR, and a registration and a
 * proof with the input as each of their parts (WebAuthn 7.1, 7.2; RFC 8949). */
#include "base/seal.h"
#include "roles/reader/cbor_check.h"
#include "roles/reader/passkey.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 1 << 20 };
#define RP STR("compte.example")
#define CLIENT STR("{\"type\":\"webauthn.create\",\"challenge\":\"AAAA\",\"origin\":\"https://compte.example\"}")
#define MALFORMED_ONES "passkey.size passkey.client passkey.cbor passkey.data"
#define DENIED_ONES "passkey.rp passkey.flags passkey.alg passkey.key passkey.signature"

/* One item and its rest are the input; the item alone is read the same. */
static void try_cbor(struct str text)
{
	struct str item, rest, again, none;

	fuzz_stain(&item, sizeof item);
	struct err e = cbor_check(text, &item, &rest);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "passkey.cbor") && fuzz_is_stained(&item, sizeof item));
		return;
	}
	assert(item.n > 0 && item.n + rest.n == text.n && fuzz_is_inside(item, text));
	assert(!failed(cbor_check(item, &again, &none)) && again.n == item.n && none.n == 0);
	assert(fuzz_is_inside(cbor_find_text(item, STR("authData")), item) && fuzz_is_inside(cbor_find_int(item, -2), item));
}

static void try_new(struct arena *a, struct str client, struct str attestation)
{
	struct passkey_new q = { RP, client, attestation };
	struct passkey_made made;

	fuzz_stain(&made, sizeof made);
	struct err e = passkey_read_new(a, &q, &made);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, MALFORMED_ONES) || fuzz_is_error(e, ERR_DENIED, DENIED_ONES));
		assert(fuzz_is_stained(&made, sizeof made));
		return;
	}
	fuzz_accepted++;
	assert(made.credential.n && made.credential.n <= PASSKEY_ID_MAX && made.key.n && made.key.n <= PASSKEY_KEY_MAX);
	assert(made.alg < PASSKEY_ALG_COUNT && str_is_utf8(made.claims.origin));
}

static void try_proof(struct arena *a, struct str client, struct str data, struct str signature, struct str key)
{
	for (int alg = 0; alg < PASSKEY_ALG_COUNT; alg++) {
		struct passkey_proof q = { RP, client, data, signature, key, (enum passkey_alg)alg };
		struct passkey_held held;

		fuzz_stain(&held, sizeof held);
		/* Nobody here has the key of anything. */
		struct err e = passkey_read_proof(a, &q, &held);
		assert(failed(e) && fuzz_is_stained(&held, sizeof held));
		assert(fuzz_is_error(e, ERR_MALFORMED, MALFORMED_ONES) || fuzz_is_error(e, ERR_DENIED, DENIED_ONES));
	}
}

/* rpIdHash and flags as they should be; the input stands for all that follows. */
static struct str data_of(struct arena *a, struct str rest, unsigned flags)
{
	const char tail[] = { (char)flags, 0, 0, 0, 1 };
	unsigned char hash[32];

	sha256(RP, hash);
	return arena_concat(a, (struct str[]){ { (char *)hash, 32 }, { tail, 5 }, rest }, 3);
}

/* The same as the attestation that carries it. */
static struct str attestation_of(struct arena *a, struct str data)
{
	const char head[] = { 0x59, (char)(data.n >> 8), (char)data.n };

	return arena_concat(a, (struct str[]){ STR("\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData"), { head, 3 }, data }, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct str text = fuzz_str(data, size);
	size_t cut = fuzz_cut(text);

	if (size > PASSKEY_ATTESTATION_MAX)
		return 0;
	try_cbor(text);
	try_new(a, CLIENT, text);
	try_new(a, text, STR("\xa0"));
	try_new(a, CLIENT, attestation_of(a, data_of(a, text, 0x45)));
	try_proof(a, text, data_of(a, STR_NONE, 5), STR("s"), STR("k"));
	try_proof(a, CLIENT, data_of(a, str_slice(text, 0, cut), 0x85), str_slice(text, cut, text.n), text);
	return 0;
}
