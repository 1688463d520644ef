/* memory.h - the working memory of the hasher: mapped once, faulted in once, given back when idle.
 *
 * Measured at 19 MiB and two passes (CPU time of a hash): kept 21.3 ms; given back after each hash
 * 33.8 ms with small pages, 22.3 ms with huge ones. So it is kept while it is in use, and huge pages,
 * where the system grants them, make the first hash after a pause cheap.
 */
#ifndef ROLES_HASHER_MEMORY_H
#define ROLES_HASHER_MEMORY_H
#include <signal.h>
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

struct memory {
	uint8_t *p;
	size_t n;                                      /* mapped bytes */
	volatile sig_atomic_t busy, used, resident;    /* read by memory_tick(), which may interrupt */
};

/* BROKEN hash.memory */
MUST struct err memory_init(struct memory *m, size_t n);
void memory_done(struct memory *m);
/* Between the two the memory is not given back. */
void memory_begin(struct memory *m);
void memory_end(struct memory *m);
void memory_release(struct memory *m);
/* Releases it, if it was not used since the last call. Only system calls: fit for a signal handler. */
void memory_tick(struct memory *m);
#endif
