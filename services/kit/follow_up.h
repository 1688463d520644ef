/* follow_up.h - the code that stands for an account: 60 bits, "K7QX-M2RD-9F4T".
 *
 * Derived from the form's number with a key of the service, so that a second arrival of the form shows
 * the same code and the store holds its hash alone. Letters and digits that look alike are one when it
 * is read: O is 0, I and L are 1; there is no U.
 */
#ifndef SERVICES_KIT_FOLLOW_UP_H
#define SERVICES_KIT_FOLLOW_UP_H
#include "base/arena.h"

/* Lives in a. secret: the service's sealing secret. */
struct str follow_up_code(struct arena *a, struct str secret, struct str form_id);
/* "k7qxm2rd 9f4t" -> "K7QX-M2RD-9F4T"; empty when it is none. Lives in a. */
struct str follow_up_read(struct arena *a, struct str typed);
/* What is stored: 64 hexadecimal digits, of the code with its number. Lives in a. */
struct str follow_up_hash(struct arena *a, struct str number, struct str code);
#endif
