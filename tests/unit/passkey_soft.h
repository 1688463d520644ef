/* passkey_soft.h - a passkey in software, for tests: writes what an authenticator and a browser write, and can be
 * told to write it wrongly. */
#ifndef TESTS_UNIT_PASSKEY_SOFT_H
#define TESTS_UNIT_PASSKEY_SOFT_H
#include <openssl/evp.h>
#include "base/arena.h"
#include "wire/ipc/passkey.h"

enum { SOFT_UP = 1, SOFT_UV = 4, SOFT_AT = 0x40, SOFT_ED = 0x80 };

struct soft_passkey { EVP_PKEY *key; enum passkey_alg alg; struct str id; uint32_t count; };

/* key's memory is the caller's: soft_done(). id lives in a. */
struct soft_passkey soft_create(struct arena *a, enum passkey_alg alg, const char *id);
void soft_done(struct soft_passkey *k);

struct str soft_client(struct arena *a, const char *type, struct str challenge, const char *origin);
/* COSE_Key, as CBOR. */
struct str soft_cose(struct arena *a, const struct soft_passkey *k);
/* rpIdHash, flags, counter; more: what follows. */
struct str soft_data(struct arena *a, const char *rp_id, unsigned flags, uint32_t count, struct str more);
/* AAGUID, length and id, key. */
struct str soft_attested(struct arena *a, struct str id, struct str cose);
/* fmt, attStmt (CBOR), authData. */
struct str soft_attestation(struct arena *a, const char *fmt, struct str statement, struct str data);
struct str soft_sign(struct arena *a, const struct soft_passkey *k, struct str data, struct str client);
struct str soft_cbor_bytes(struct arena *a, struct str bytes);
#endif
