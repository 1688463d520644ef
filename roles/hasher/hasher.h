/* hasher.h - the process that turns passwords into Argon2id strings and compares them.
 *
 * One at a time, in one working memory that is mapped once and kept: mapping it anew for each hash
 * costs half as much again as the hash. While nobody signs in the memory goes back to the system.
 * One hasher belongs to one thread.
 */
#ifndef ROLES_HASHER_H
#define ROLES_HASHER_H
#include "wire/ipc/hash.h"

enum {
	HASHER_ARENA_BYTES = 128 * 1024, HASHER_IDLE_S = 10,
	HASHER_PASSWORD_MAX = 1024,
	HASHER_MEMORY_MIN_KIB = 64, HASHER_MEMORY_MAX_KIB = 256 * 1024, HASHER_PASSES_MAX = 64,
};

struct hasher;

/* Today's cost. Makes the decoy, which is also the first use of everything.
 * Errors  BROKEN hash.cost (outside the limits above), hash.memory */
MUST struct err hasher_create(uint32_t memory_kib, uint32_t passes, struct hasher **ret_hasher);
void hasher_destroy(struct hasher *h);

/* One request; a boot_serve_fn, self is a struct hasher.
 * Errors  MALFORMED hash.password (longer than HASHER_PASSWORD_MAX), hash.type, frame.body;
 *         BROKEN hash.encoded (what is stored is no Argon2id string within the limits), hash.memory */
MUST struct err hasher_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply);

/* Every HASHER_IDLE_S, from a signal handler too: gives the working memory back when nothing was
 * hashed since the last call. */
void hasher_tick(struct hasher *h);
#endif
