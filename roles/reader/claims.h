/* claims.h - the payload of a proven token, as typed claims. */
#ifndef ROLES_READER_CLAIMS_H
#define ROLES_READER_CLAIMS_H
#include "base/arena.h"
#include "wire/ipc/check.h"

enum { CLAIM_NAME_MAX = 256, CLAIMS_MAX_BYTES = 40 * 1024, CLAIMS_DEPTH = 16 };

/* Top-level members in the order of the payload: strings, integers and booleans as such; a list of
 * strings as one CHECK_LIST each; all else (an empty list, null, real numbers) as its JSON text.
 * Source  RFC 7519 4; RFC 8259
 * Owner   ret_claims->v lives in `a`
 * Errors  MALFORMED jose.payload: not one strict JSON object; beyond CHECK_CLAIMS_MAX entries,
 *         CLAIM_NAME_MAX bytes a name, CLAIMS_MAX_BYTES in all */
MUST struct err claims_read(struct arena *a, struct str payload, struct check_claims *ret_claims);
#endif
