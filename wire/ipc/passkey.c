/* passkey.c - see passkey.h. */
#include "wire/ipc/passkey.h"

static void claims_io(struct frame_io *io, struct passkey_claims *c)
{
	io_str(io, &c->type);
	io_str(io, &c->challenge);
	io_str(io, &c->origin);
	io_bool(io, &c->cross_origin);
}

void ipc_passkey_new_io(struct frame_io *io, void *m)
{
	struct passkey_new *q = m;

	io_str(io, &q->rp_id);
	io_str(io, &q->client_data);
	io_str(io, &q->attestation);
}

void ipc_passkey_made_io(struct frame_io *io, void *m)
{
	struct passkey_made *r = m;

	claims_io(io, &r->claims);
	io_str(io, &r->credential);
	io_str(io, &r->key);
	io_enum(io, &r->alg, PASSKEY_ALG_COUNT);
	io_u32(io, &r->count);
}

void ipc_passkey_proof_io(struct frame_io *io, void *m)
{
	struct passkey_proof *q = m;

	io_str(io, &q->rp_id);
	io_str(io, &q->client_data);
	io_str(io, &q->auth_data);
	io_str(io, &q->signature);
	io_str(io, &q->key);
	io_enum(io, &q->alg, PASSKEY_ALG_COUNT);
}

void ipc_passkey_held_io(struct frame_io *io, void *m)
{
	struct passkey_held *r = m;

	claims_io(io, &r->claims);
	io_u32(io, &r->count);
}
