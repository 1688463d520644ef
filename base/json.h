/* json.h - writing JSON, canonical and escaped; reading is jansson's work, elsewhere.
 *
 * The signer may link no JSON library, so what we sign is written here.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/str.h"

/* "text" with quotes; control characters, quote and backslash escaped; the input is UTF-8. */
void json_add_str(struct buf *b, struct str s);
/* ,"name":  (the comma only after a value) */
void json_add_key(struct buf *b, const char *name);
void json_add_key_str(struct buf *b, struct str name);
/* ["one","two"] of blank-separated words. */
void json_add_words(struct buf *b, struct str words);
void json_field_str(struct buf *b, const char *name, struct str value);
void json_field_c(struct buf *b, const char *name, const char *value);
void json_field_i64(struct buf *b, const char *name, int64_t value);
void json_field_bool(struct buf *b, const char *name, bool value);
#endif
