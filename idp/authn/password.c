/* password.c - one lookup and one hash for everybody who tries. */
#include "idp/authn/password.h"
#include "wire/ipc/hash.h"
#include "wire/ipc/helper.h"

struct err password_make(struct idp *idp, struct arena *a, int64_t deadline_ms, struct str password, struct str *ret_encoded)
{
	struct hash_make make = { password };

	ENSURE(password.n >= PASSWORD_MIN && password.n <= PASSWORD_MAX, MALFORMED, "authn.password.length");
	return engine_call(idp->engine, a, deadline_ms, ROLE_HASHER, HASH_MAKE, ipc_hash_make_io, &make, ipc_text_io, ret_encoded);
}

struct err password_prove(struct idp *idp, const struct http_req *req, struct str identifier, struct str password,
	struct password_proof *ret_proof)
{
	struct hash_verify verify = { password, STR_NONE };
	struct hash_verdict verdict = { 0 };
	struct account account = { 0 };
	struct str email, encoded = STR_NONE, better = STR_NONE;
	struct err err = account_email_normalise(req->arena, identifier, &email);

	if (!failed(err))
		err = account_find(idp->store, req->arena, email, &account, &encoded);
	if (failed(err) && err.kind != ERR_ABSENT && err.kind != ERR_MALFORMED)
		return err;
	/* Whoever has no account, or none that may be used, is proved against a decoy of the same cost. */
	if (!failed(err) && account.active)
		verify.encoded = encoded;
	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_HASHER, HASH_VERIFY,
		ipc_hash_verify_io, &verify, ipc_hash_verdict_io, &verdict));
	ENSURE(!failed(err) && account.active && encoded.n && verdict.matches, DENIED, "authn.refused");
	/* Not being able to make the better hash now is no reason to refuse the right password. */
	if (verdict.outdated && failed(password_make(idp, req->arena, req->deadline_ms, password, &better)))
		better = STR_NONE;
	*ret_proof = (struct password_proof){ account, better };
	return NO_ERR;
}
