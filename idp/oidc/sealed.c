/* sealed.c - see sealed.h. */
#include "idp/oidc/sealed.h"

static void code_io(struct frame_io *io, void *m)
{
	struct oidc_code *c = m;

	io_bytes(io, c->id, sizeof c->id);
	io_str(io, &c->client_id);
	io_bytes(io, c->redirect_hash, sizeof c->redirect_hash);
	io_bytes(io, c->account, sizeof c->account);
	io_bytes(io, c->session, sizeof c->session);
	io_i64(io, &c->auth_time_s);
	io_i64(io, &c->expires_s);
	io_bool(io, &c->tells_auth_time);
	io_str(io, &c->nonce);
	io_str(io, &c->scope);
	io_str(io, &c->acr);
	io_str(io, &c->amr);
	io_bytes(io, c->challenge, sizeof c->challenge);
}

static void access_io(struct frame_io *io, void *m)
{
	struct oidc_access *t = m;

	io_bytes(io, t->id, sizeof t->id);
	io_str(io, &t->client_id);
	io_str(io, &t->scope);
	io_bool(io, &t->machine);
	io_i64(io, &t->issued_s);
	io_i64(io, &t->expires_s);
}

static void refresh_io(struct frame_io *io, void *m)
{
	struct oidc_refresh *t = m;

	io_bytes(io, t->id, sizeof t->id);
	io_str(io, &t->client_id);
	io_i64(io, &t->n);
	io_i64(io, &t->expires_s);
	io_bool(io, &t->tells_auth_time);
}

static struct str seal_with(struct idp *idp, struct arena *a, struct str prefix, struct str purpose, frame_io_fn *fn, const void *m)
{
	struct str text;

	if (failed(seal(a, idp->keys, purpose, fn, m, &text)))
		return STR_NONE;
	return arena_concat(a, (struct str[]){ prefix, text }, 2);
}

static MUST struct err open_with(struct idp *idp, struct arena *a, struct str prefix, struct str purpose, struct str text,
	frame_io_fn *fn, void *ret)
{
	ENSURE(str_starts(text, prefix) && text.n <= 8192, MALFORMED, "oidc.sealed");
	ENSURE(!failed(unseal(a, idp->keys, purpose, str_slice(text, prefix.n, text.n), fn, ret)), MALFORMED, "oidc.sealed");
	return NO_ERR;
}

struct str oidc_code_seal(struct idp *idp, struct arena *a, const struct oidc_code *c)
{
	return seal_with(idp, a, STR("ville_ac_"), STR("code"), code_io, c);
}

struct err oidc_code_open(struct idp *idp, struct arena *a, struct str text, struct oidc_code *ret)
{
	return open_with(idp, a, STR("ville_ac_"), STR("code"), text, code_io, ret);
}

struct str oidc_access_seal(struct idp *idp, struct arena *a, const struct oidc_access *t)
{
	return seal_with(idp, a, STR("ville_at_"), STR("at"), access_io, t);
}

struct err oidc_access_open(struct idp *idp, struct arena *a, struct str text, struct oidc_access *ret)
{
	return open_with(idp, a, STR("ville_at_"), STR("at"), text, access_io, ret);
}

struct str oidc_refresh_seal(struct idp *idp, struct arena *a, const struct oidc_refresh *t)
{
	return seal_with(idp, a, STR("ville_rt_"), STR("rt"), refresh_io, t);
}

struct err oidc_refresh_open(struct idp *idp, struct arena *a, struct str text, struct oidc_refresh *ret)
{
	return open_with(idp, a, STR("ville_rt_"), STR("rt"), text, refresh_io, ret);
}
