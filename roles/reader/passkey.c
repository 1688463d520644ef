/* passkey.c - see passkey.h. */
#include "roles/reader/passkey.h"
#include "roles/reader/cbor_check.h"
#include "roles/reader/passkey_key.h"
#include "wire/jose/json_read.h"
#include <fido.h>
#include <openssl/evp.h>

enum { CLIENT_DEPTH = 3, RP_MAX = 253, HASH = 32 };
/* Authenticator data: SHA-256 of the rpId, flags, counter; with AT: AAGUID, length of the id, id, key. */
enum { FLAGS_AT = HASH, COUNT_AT = HASH + 1, ATTESTED_AT = HASH + 5, AAGUID = 16, UP = 0x01, UV = 0x04, AT = 0x40, ED = 0x80 };

void passkey_warm_up(void)
{
	/* Nothing in the environment makes it talk, and no device is ever opened. */
	fido_init(0);
}

static void free_cred(fido_cred_t **c) { fido_cred_free(c); }
static void free_assert(fido_assert_t **f) { fido_assert_free(f); }

static MUST struct err digest(struct str s, unsigned char out[HASH])
{
	ENSURE(EVP_Digest(s.n ? s.p : "", s.n, out, NULL, EVP_sha256(), NULL) == 1, BROKEN, "passkey.digest");
	return NO_ERR;
}

static MUST struct err text_member(struct arena *a, json_t *object, const char *name, struct str *ret_text)
{
	json_t *v = json_object_get(object, name);

	ENSURE(json_is_string(v), MALFORMED, "passkey.client");
	*ret_text = arena_dup(a, jose_json_str(v));
	return NO_ERR;
}

static MUST struct err read_client(struct arena *a, struct str text, struct passkey_claims *ret_claims)
{
	AUTO(json_decrefp) json_t *object = NULL;
	json_t *cross;

	ENSURE(text.n <= PASSKEY_CLIENT_MAX, MALFORMED, "passkey.size");
	ENSURE(!failed(jose_json_read(text, PASSKEY_CLIENT_MAX, CLIENT_DEPTH, &object)), MALFORMED, "passkey.client");
	TRY(text_member(a, object, "type", &ret_claims->type));
	TRY(text_member(a, object, "challenge", &ret_claims->challenge));
	TRY(text_member(a, object, "origin", &ret_claims->origin));
	cross = json_object_get(object, "crossOrigin");
	ENSURE(!cross || json_is_boolean(cross), MALFORMED, "passkey.client");
	ret_claims->cross_origin = json_is_true(cross);
	return NO_ERR;
}

/* For whom it was written, and that somebody was there and was recognised. */
static MUST struct err check_data(struct str data, struct str rp_id)
{
	unsigned char hash[HASH];
	unsigned flags;

	ENSURE(data.n >= ATTESTED_AT && rp_id.n && rp_id.n <= RP_MAX, MALFORMED, "passkey.data");
	TRY(digest(rp_id, hash));
	/*= WebAuthn 7.2 (15): Verify that the rpIdHash in authData is the SHA-256 hash of the RP ID expected by the Relying Party. */
	ENSURE(str_eq(str_slice(data, 0, HASH), (struct str){ (const char *)hash, HASH }), DENIED, "passkey.rp");
	flags = (unsigned char)data.p[FLAGS_AT];
	ENSURE((flags & UP) && (flags & UV), DENIED, "passkey.flags");
	return NO_ERR;
}

/* Extensions that nobody asked for: one map, to the last byte. */
static MUST struct err check_extensions(struct str rest, unsigned flags)
{
	struct str item = STR_NONE, end = rest;

	if (flags & ED)
		TRY(cbor_check(rest, &item, &end));
	ENSURE(!(flags & ED) || cbor_is_map(item), MALFORMED, "passkey.data");
	ENSURE(end.n == 0, MALFORMED, "passkey.data");
	return NO_ERR;
}

/* The key map of attested data, once every byte of it is accounted for. */
static MUST struct err attested_key(struct str data, struct str *ret_cose)
{
	unsigned flags = (unsigned char)data.p[FLAGS_AT];
	struct str rest = str_slice(data, ATTESTED_AT + AAGUID, data.n);
	size_t id_n;

	ENSURE((flags & AT) && rest.n >= 2, MALFORMED, "passkey.data");
	id_n = (size_t)(unsigned char)rest.p[0] << 8 | (unsigned char)rest.p[1];
	/*= WebAuthn 7.1 (25): Verify that the credentialId is ≤ 1023 bytes. */
	ENSURE(id_n && id_n <= PASSKEY_ID_MAX && id_n <= rest.n - 2, MALFORMED, "passkey.data");
	TRY(cbor_check(str_slice(rest, 2 + id_n, rest.n), ret_cose, &rest));
	return check_extensions(rest, flags);
}

static MUST struct err attested_data(struct str attestation, struct str *ret_data)
{
	struct str map, rest, item;

	ENSURE(attestation.n <= PASSKEY_ATTESTATION_MAX, MALFORMED, "passkey.size");
	TRY(cbor_check(attestation, &map, &rest));
	ENSURE(rest.n == 0 && cbor_is_map(map), MALFORMED, "passkey.cbor");
	item = cbor_find_text(map, STR("authData"));
	ENSURE(item.n, MALFORMED, "passkey.cbor");
	return cbor_bytes(item, ret_data);
}

static MUST struct err read_with_fido(struct arena *a, struct str data, enum passkey_alg alg, struct passkey_made *made)
{
	AUTO(free_cred) fido_cred_t *cred = fido_cred_new();

	ENSURE(cred && fido_cred_set_type(cred, passkey_cose_number(alg)) == FIDO_OK
	       && fido_cred_set_authdata_raw(cred, (const unsigned char *)data.p, data.n) == FIDO_OK, MALFORMED, "passkey.data");
	made->credential = arena_dup(a, (struct str){ (const char *)fido_cred_id_ptr(cred), fido_cred_id_len(cred) });
	made->count = fido_cred_sigcount(cred);
	/* Two readers of one key must have read the same. */
	ENSURE(str_eq(made->key, (struct str){ (const char *)fido_cred_pubkey_ptr(cred), fido_cred_pubkey_len(cred) }), DENIED, "passkey.key");
	return NO_ERR;
}

struct err passkey_read_new(struct arena *a, const struct passkey_new *q, struct passkey_made *ret_made)
{
	struct passkey_made made = { 0 };
	struct str data, cose;

	TRY(read_client(a, q->client_data, &made.claims));
	TRY(attested_data(q->attestation, &data));
	TRY(check_data(data, q->rp_id));
	TRY(attested_key(data, &cose));
	TRY(passkey_key_read(a, cose, &made.alg, &made.key));
	TRY(read_with_fido(a, data, made.alg, &made));
	*ret_made = made;
	return NO_ERR;
}

static MUST struct err verify(struct arena *a, const struct passkey_proof *q, uint32_t *ret_count)
{
	AUTO(free_assert) fido_assert_t *f = fido_assert_new();
	const void *key = passkey_key_for_fido(a, q->alg, q->key);
	unsigned char hash[HASH];

	TRY(digest(q->client_data, hash));
	ENSURE(key, DENIED, "passkey.key");
	ENSURE(f && fido_assert_set_rp(f, arena_c(a, q->rp_id)) == FIDO_OK && fido_assert_set_clientdata_hash(f, hash, sizeof hash) == FIDO_OK
	       && fido_assert_set_count(f, 1) == FIDO_OK && fido_assert_set_up(f, FIDO_OPT_TRUE) == FIDO_OK
	       && fido_assert_set_uv(f, FIDO_OPT_TRUE) == FIDO_OK
	       && fido_assert_set_authdata_raw(f, 0, (const unsigned char *)q->auth_data.p, q->auth_data.n) == FIDO_OK
	       && fido_assert_set_sig(f, 0, (const unsigned char *)q->signature.p, q->signature.n) == FIDO_OK, MALFORMED, "passkey.data");
	ENSURE(fido_assert_verify(f, 0, passkey_cose_number(q->alg), key) == FIDO_OK, DENIED, "passkey.signature");
	*ret_count = fido_assert_sigcount(f, 0);
	return NO_ERR;
}

struct err passkey_read_proof(struct arena *a, const struct passkey_proof *q, struct passkey_held *ret_held)
{
	struct passkey_held held = { 0 };
	struct str data = q->auth_data;

	ENSURE(data.n <= PASSKEY_AUTH_MAX && q->signature.n && q->signature.n <= PASSKEY_SIGNATURE_MAX, MALFORMED, "passkey.size");
	TRY(read_client(a, q->client_data, &held.claims));
	TRY(check_data(data, q->rp_id));
	/* A proof brings no key along. */
	ENSURE(!((unsigned char)data.p[FLAGS_AT] & AT), MALFORMED, "passkey.data");
	TRY(check_extensions(str_slice(data, ATTESTED_AT, data.n), (unsigned char)data.p[FLAGS_AT]));
	TRY(passkey_key_check(a, q->alg, q->key));
	TRY(verify(a, q, &held.count));
	*ret_held = held;
	return NO_ERR;
}
