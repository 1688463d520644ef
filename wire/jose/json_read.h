/* json_read.h - a stranger's JSON, read strictly: the one door to jansson for such text.
 *
 * Jansson alone keeps the last of two equal names and follows 2,048 levels of nesting.
 */
#ifndef WIRE_JOSE_JSON_READ_H
#define WIRE_JOSE_JSON_READ_H
#include <jansson.h>
#include "base/str.h"

/* One JSON object, nothing after it: UTF-8, no NUL, no name twice, integers within 64 bits, at
 * most max_bytes long and max_depth deep (1: no nesting).
 * Source  RFC 8259; RFC 7515 5.2 (4): names within the JOSE header must be unique
 * Owner   *ret_object: the caller, json_decref()
 * Errors  MALFORMED jose.json */
MUST struct err jose_json_read(struct str text, size_t max_bytes, unsigned max_depth, json_t **ret_object);
/* Borrowed from v; STR_NONE when v is no string. */
struct str jose_json_str(const json_t *v);
#endif
