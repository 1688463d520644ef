/* follow_up.c - see follow_up.h. */
#include "services/kit/follow_up.h"
#include "base/b64.h"
#include "base/printed_code.h"
#include "base/seal.h"

enum { HASH = 32 };

struct str follow_up_code(struct arena *a, struct str secret, struct str form_id)
{
	struct str text = arena_concat(a, (struct str[]){ STR("guichet-kit follow-up code 1:"), form_id }, 2);
	unsigned char mac[HASH];

	hmac_sha256(secret, text, mac);
	return printed_code_format(a, mac);
}

struct str follow_up_hash(struct arena *a, struct str number, struct str code)
{
	unsigned char hash[HASH];

	sha256(arena_concat(a, (struct str[]){ number, STR(":"), code }, 3), hash);
	return hex_encode(a, hash, sizeof hash);
}
