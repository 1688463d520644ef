/* check.c - see check.h. */
#include "wire/ipc/check.h"

void ipc_check_jws_io(struct frame_io *io, void *m)
{
	struct check_jws *c = m;

	io_str(io, &c->token);
	io_str(io, &c->jwks);
	io_str(io, &c->algs);
	io_str(io, &c->typ);
}

static void claim_io(struct frame_io *io, void *m)
{
	struct check_claim *c = m;

	io_str(io, &c->name);
	io_enum(io, &c->kind, CHECK_KIND_COUNT);
	io_str(io, &c->text);
	io_i64(io, &c->number);
}

void ipc_check_claims_io(struct frame_io *io, void *m)
{
	struct check_claims *c = m;

	io_str(io, &c->alg);
	io_str(io, &c->kid);
	io_str(io, &c->typ);
	io_list(io, &c->v, &c->n, sizeof *c->v, CHECK_CLAIMS_MAX, claim_io);
}
