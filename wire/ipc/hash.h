/* hash.h - what the hasher can be asked. */
#ifndef WIRE_IPC_HASH_H
#define WIRE_IPC_HASH_H
#include "base/frame.h"

enum hash_frame {
	HASH_MAKE = 0x30,     /* hash_make -> text: an encoded Argon2id string ("$argon2id$...") */
	HASH_VERIFY           /* hash_verify -> hash_verdict */
};

struct hash_make { struct str password; };              /* salt from the kernel, cost from settings */
struct hash_verify { struct str password, encoded; };   /* encoded empty: a decoy of the same cost is used, verdict false */
struct hash_verdict { bool matches, outdated; };        /* outdated: made at a lower cost than today's; re-hash */

void ipc_hash_make_io(struct frame_io *io, void *m);
void ipc_hash_verify_io(struct frame_io *io, void *m);
void ipc_hash_verdict_io(struct frame_io *io, void *m);
#endif
