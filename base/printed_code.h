/* printed_code.h - a code that people read off paper, type, and say on the telephone: 60 bits,
 * "K7QX-M2RD-9F4T".
 *
 * Letters and digits that look alike are one when it is read: O is 0, I and L are 1; there is no U.
 */
#ifndef BASE_PRINTED_CODE_H
#define BASE_PRINTED_CODE_H
#include "base/arena.h"

enum { PRINTED_CODE_BYTES = 8 };

/* Of 60 of these 64 bits, random or of a MAC. Lives in a. */
struct str printed_code_format(struct arena *a, const unsigned char bytes[PRINTED_CODE_BYTES]);
/* "k7qxm2rd 9f4t" -> "K7QX-M2RD-9F4T"; empty when it is none. Lives in a. */
struct str printed_code_read(struct arena *a, struct str typed);
#endif
