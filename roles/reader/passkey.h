/* passkey.h - what a passkey or a security key wrote: form, algorithm, key, signature.
 *
 * libfido2 reads the authenticator data and verifies the signature; what comes before it, and what it
 * leaves to its caller, is here: sizes, strict CBOR and JSON, one algorithm a key, keys that are points
 * of their curve. Attestation statements are not looked at: nobody here asks who made a key.
 */
#ifndef ROLES_READER_PASSKEY_H
#define ROLES_READER_PASSKEY_H
#include "base/arena.h"
#include "wire/ipc/passkey.h"

/* Before the role is confined. */
void passkey_warm_up(void);

/* Source  WebAuthn Level 2, 7.1 (steps 5 to 20, less the verdict on the client data and the attestation)
 * Owner   results live in `a` or are borrowed from the question
 * Errors  MALFORMED passkey.size, passkey.client, passkey.cbor, passkey.data; DENIED passkey.rp, passkey.flags,
 *         passkey.alg, passkey.key */
MUST struct err passkey_read_new(struct arena *a, const struct passkey_new *q, struct passkey_made *ret_made);
/* Source  WebAuthn Level 2, 7.2 (steps 8 to 20)
 * Errors  the same, and DENIED passkey.signature */
MUST struct err passkey_read_proof(struct arena *a, const struct passkey_proof *q, struct passkey_held *ret_held);
#endif
