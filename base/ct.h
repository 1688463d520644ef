/* ct.h - comparisons whose time tells nothing, and the kernel's randomness. */
#ifndef BASE_CT_H
#define BASE_CT_H
#include "base/str.h"

/* Everything secret or guessable is compared here: MAC, token, code, CSRF value, hash. */
bool ct_equal(const void *a, const void *b, size_t n);
bool ct_str_equal(struct str a, struct str b);  /* the lengths are not secret */
/* getrandom(2); aborts if the kernel has none to give. */
void random_bytes(void *p, size_t n);
#endif
