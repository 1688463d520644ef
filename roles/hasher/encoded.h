/* encoded.h - the text form of an Argon2id hash, as libargon2 and everybody else write it:
 *
 *   $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>      base64 without padding
 *
 * Read here, because libargon2's reader cannot be told to stay within limits or within our memory.
 */
#ifndef ROLES_HASHER_ENCODED_H
#define ROLES_HASHER_ENCODED_H
#include "base/arena.h"

enum { ENCODED_SALT_MIN = 8, ENCODED_HASH_MIN = 16, ENCODED_BYTES_MAX = 64, ENCODED_LANES_MAX = 16 };

struct encoded {
	uint32_t memory_kib, passes, lanes;
	struct str salt, hash;       /* bytes */
};

/* One spelling only. Source  RFC 9106, PHC string format. BROKEN hash.encoded */
MUST struct err encoded_parse(struct arena *a, struct str text, struct encoded *ret_encoded);
struct str encoded_format(struct arena *a, const struct encoded *e);
#endif
