/* seal.h - sealed values: what we hand to a browser or a partner and take back later.
 *
 * AES-256-GCM with a random 96-bit nonce; the purpose ("flow", "code", "at") is bound as
 * associated data, so that a value of one kind never opens as another (O16). Text form:
 * base64url(key number (1 byte) | nonce | ciphertext | tag). What is inside is described by
 * the same functions as frames. Two keys may be live: the first seals, both open.
 * Source  NIST SP 800-38D; RFC 4648 5
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H
#include "base/frame.h"

struct seal_keys;                /* 1 or 2 keys; wiped on destroy; usable by many threads */

/* secret: at least 32 random bytes (of a key file); each live key is derived from it and
 * `label` by HKDF-SHA-256. previous may be empty. BROKEN seal.key */
MUST struct err seal_keys_create(struct str secret, struct str previous, struct str label, struct seal_keys **ret_keys);
void seal_keys_destroy(struct seal_keys *k);

/* BROKEN seal.size when the message passes 16 KiB. Lives in a. */
MUST struct err seal(struct arena *a, const struct seal_keys *k, struct str purpose,
	frame_io_fn *fn, const void *message, struct str *ret_text);
/* MALFORMED seal.text for every cause: spelling, key, purpose, tag, content. */
MUST struct err unseal(struct arena *a, const struct seal_keys *k, struct str purpose,
	struct str text, frame_io_fn *fn, void *ret_message);

void sha256(struct str in, unsigned char ret_hash[32]);
void hmac_sha256(struct str key, struct str in, unsigned char ret_mac[32]);
#endif
