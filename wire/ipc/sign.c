/* sign.c - see sign.h. */
#include "wire/ipc/sign.h"

void ipc_sign_subject_io(struct frame_io *io, void *m)
{
	struct sign_subject *s = m;

	io_str(io, &s->account);
	io_str(io, &s->sector);
	io_str(io, &s->alias);
}

static void claim_io(struct frame_io *io, void *m)
{
	struct sign_claim *c = m;

	io_str(io, &c->name);
	io_enum(io, &c->kind, CLAIM_KIND_COUNT);
	io_str(io, &c->text);
	io_i64(io, &c->number);
}

void ipc_sign_id_token_io(struct frame_io *io, void *m)
{
	struct sign_id_token *t = m;

	io_enum(io, &t->alg, SIGN_ALG_COUNT);
	ipc_sign_subject_io(io, &t->subject);
	io_str(io, &t->audience);
	io_str(io, &t->nonce);
	io_str(io, &t->sid);
	io_str(io, &t->acr);
	io_str(io, &t->amr);
	io_str(io, &t->at_hash);
	io_i64(io, &t->auth_time_s);
	io_i64(io, &t->issued_at_s);
	io_i64(io, &t->expires_at_s);
	io_list(io, &t->claims, &t->claim_n, sizeof *t->claims, SIGN_CLAIMS_MAX, claim_io);
}

void ipc_sign_logout_token_io(struct frame_io *io, void *m)
{
	struct sign_logout_token *t = m;

	io_enum(io, &t->alg, SIGN_ALG_COUNT);
	ipc_sign_subject_io(io, &t->subject);
	io_str(io, &t->audience);
	io_str(io, &t->sid);
	io_str(io, &t->jti);
	io_i64(io, &t->issued_at_s);
	io_i64(io, &t->expires_at_s);
}

void ipc_sign_token_io(struct frame_io *io, void *m)
{
	struct sign_token *t = m;

	io_str(io, &t->jws);
	io_str(io, &t->subject);
}

static void key_io(struct frame_io *io, void *m)
{
	struct sign_key *k = m;

	io_enum(io, &k->alg, SIGN_ALG_COUNT);
	io_str(io, &k->kid);
	io_str(io, &k->jwk);
}

void ipc_sign_keys_io(struct frame_io *io, void *m)
{
	struct sign_keys *k = m;

	io_list(io, &k->v, &k->n, sizeof *k->v, 16, key_io);
}

void ipc_sign_tls_io(struct frame_io *io, void *m)
{
	io_str(io, &((struct sign_tls *)m)->digest);
}
