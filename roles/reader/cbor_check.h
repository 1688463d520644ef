/* cbor_check.h - CBOR of strangers, checked before any library reads it.
 *
 * Strict on purpose: what an authenticator must write (CTAP2 canonical form) and nothing else. No length
 * that is not known from the start, no tag, no float, no key twice in a map, at most CBOR_DEPTH levels;
 * so that what libfido2 then reads has one meaning and a bounded cost.
 * Source  RFC 8949; CTAP 2.1 8 (canonical CBOR)
 */
#ifndef ROLES_READER_CBOR_CHECK_H
#define ROLES_READER_CBOR_CHECK_H
#include "base/str.h"

enum { CBOR_DEPTH = 4, CBOR_ITEMS = 64 /* of one map or array */ };

/* One whole item at the beginning of text; what follows it is *ret_rest.
 * Errors  MALFORMED passkey.cbor */
MUST struct err cbor_check(struct str text, struct str *ret_item, struct str *ret_rest);

/* Of a checked map: the item behind a text key, or behind an integer key; empty when there is none. */
struct str cbor_find_text(struct str map, struct str key);
struct str cbor_find_int(struct str map, int64_t key);
/* A checked item as what it should be. MALFORMED passkey.cbor */
MUST struct err cbor_bytes(struct str item, struct str *ret_bytes);
MUST struct err cbor_int(struct str item, int64_t *ret_value);
bool cbor_is_map(struct str item);
#endif
