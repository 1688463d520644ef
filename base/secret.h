/* secret.h - bytes that are never printed and are wiped when done. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H
#include "base/str.h"

struct secret { char *p; size_t n; };    /* no print function, on purpose */

/* Read all of a descriptor (a key file, at most max bytes), rewound first; the descriptor
 * stays the caller's. Memory is locked and kept out of core dumps where allowed.
 * BROKEN secret.read, secret.size */
MUST struct err secret_read_fd(int fd, size_t max, struct secret *ret_secret);
void secret_done(struct secret *s);
static inline struct str secret_peek(const struct secret *s) { return (struct str){ s->p, s->n }; }
#endif
