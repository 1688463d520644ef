/* hash.c - see hash.h. */
#include "wire/ipc/hash.h"

void ipc_hash_make_io(struct frame_io *io, void *m)
{
	io_str(io, &((struct hash_make *)m)->password);
}

void ipc_hash_verify_io(struct frame_io *io, void *m)
{
	struct hash_verify *v = m;

	io_str(io, &v->password);
	io_str(io, &v->encoded);
}

void ipc_hash_verdict_io(struct frame_io *io, void *m)
{
	struct hash_verdict *v = m;

	io_bool(io, &v->matches);
	io_bool(io, &v->outdated);
}
