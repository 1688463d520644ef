/* follow_up.h - the code that stands for an account: a printed code of base/.
 *
 * Derived from the form's number with a key of the service, so that a second arrival of the form shows
 * the same code and the store holds its hash alone. What is typed is read by printed_code_read().
 */
#ifndef SERVICES_KIT_FOLLOW_UP_H
#define SERVICES_KIT_FOLLOW_UP_H
#include "base/arena.h"

/* Lives in a. secret: the service's sealing secret. */
struct str follow_up_code(struct arena *a, struct str secret, struct str form_id);
/* What is stored: 64 hexadecimal digits, of the code with its number. Lives in a. */
struct str follow_up_hash(struct arena *a, struct str number, struct str code);
#endif
