/* b64.h - base64url without padding (RFC 4648 5), base64 with it (RFC 4648 4), and hexadecimal.
 *
 * Decoding is strict: no padding where none belongs, no white space, no other alphabet,
 * and the bits left over are zero, so that every value has one spelling.
 */
#ifndef BASE_B64_H
#define BASE_B64_H
#include "base/arena.h"

struct str b64url_encode(struct arena *a, const void *p, size_t n);   /* lives in a */
MUST struct err b64url_decode(struct arena *a, struct str s, struct str *ret_bytes);  /* MALFORMED b64.alphabet, b64.length */
void b64url_add(struct buf *b, const void *p, size_t n);
struct str b64_encode(struct arena *a, const void *p, size_t n);      /* with padding */
MUST struct err b64_decode(struct arena *a, struct str s, struct str *ret_bytes);
struct str hex_encode(struct arena *a, const void *p, size_t n);      /* lower case */
/* Exactly n bytes into p. MALFORMED hex */
MUST struct err hex_decode(struct str s, void *p, size_t n);
#endif
