/* passkey_key.h - public keys of passkeys: from COSE to the bytes that are kept, and to libfido2. */
#ifndef ROLES_READER_PASSKEY_KEY_H
#define ROLES_READER_PASSKEY_KEY_H
#include "base/arena.h"
#include "wire/ipc/passkey.h"

/* A checked COSE_Key map as passkey.h keeps it; the key itself is good (passkey_key_check). Lives in a.
 * Source  RFC 9052 7, RFC 9053 2, RFC 8230 4
 * Errors  MALFORMED passkey.cbor; DENIED passkey.alg, passkey.key */
MUST struct err passkey_key_read(struct arena *a, struct str cose, enum passkey_alg *ret_alg, struct str *ret_key);
/* A point of P-256; an RSA modulus of 2048 bits with a usable exponent; an Ed25519 point of full order.
 * Errors  DENIED passkey.key */
MUST struct err passkey_key_check(struct arena *a, enum passkey_alg alg, struct str key);

/* For fido_assert_verify(): COSE's number, and a key object that lives in a. NULL when the size is wrong. */
int passkey_cose_number(enum passkey_alg alg);
const void *passkey_key_for_fido(struct arena *a, enum passkey_alg alg, struct str key);
#endif
