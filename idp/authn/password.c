/* password.c - one lookup and one hash for everybody who tries. */
#include "idp/authn/password.h"
#include "wire/ipc/hash.h"
#include "wire/ipc/helper.h"
#include <utf8proc.h>

/* The same letters typed on another keyboard may be other bytes: é, or e and an accent.
 * Source  RFC 8265 4.2.2 (OpaqueString); NIST SP 800-63B 3.1.1.2
 * Errors  MALFORMED authn.password.text */
static MUST struct err one_spelling(struct arena *a, struct str typed, struct str *ret_password)
{
	/* A letter comes apart into at most four under NFC, and never into none. */
	size_t room = typed.n * 4 + 1;
	utf8proc_int32_t *letters = arena_array(a, utf8proc_int32_t, room);
	utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)typed.p, (utf8proc_ssize_t)typed.n, letters,
		(utf8proc_ssize_t)room, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	ENSURE(n >= 0 && (size_t)n < room, MALFORMED, "authn.password.text");
	n = utf8proc_reencode(letters, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	ENSURE(n >= 0 && n <= PASSWORD_MAX, MALFORMED, "authn.password.text");
	*ret_password = (struct str){ (const char *)letters, (size_t)n };
	return NO_ERR;
}

struct err password_make(struct idp *idp, struct arena *a, int64_t deadline_ms, struct str password, struct str *ret_encoded)
{
	struct hash_make make;

	ENSURE(password.n >= PASSWORD_MIN && password.n <= PASSWORD_MAX, MALFORMED, "authn.password.length");
	TRY(one_spelling(a, password, &make.password));
	return engine_call(idp->engine, a, deadline_ms, ROLE_HASHER, HASH_MAKE, ipc_hash_make_io, &make, ipc_text_io, ret_encoded);
}

struct err password_prove(struct idp *idp, const struct http_req *req, struct str identifier, struct str password,
	struct password_proof *ret_proof)
{
	struct hash_verify verify = { STR_NONE, STR_NONE };
	struct hash_verdict verdict = { 0 };
	struct account account = { 0 };
	struct str email, encoded = STR_NONE, better = STR_NONE;
	struct err err = account_email_normalise(req->arena, identifier, &email);

	ENSURE(!failed(one_spelling(req->arena, password, &verify.password)), DENIED, "authn.refused");
	if (!failed(err))
		err = account_find(idp->store, req->arena, email, &account, &encoded);
	if (failed(err) && err.kind != ERR_ABSENT && err.kind != ERR_MALFORMED)
		return err;
	/* Whoever has no account is proved against a decoy of the same cost. */
	if (!failed(err))
		verify.encoded = encoded;
	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_HASHER, HASH_VERIFY,
		ipc_hash_verify_io, &verify, ipc_hash_verdict_io, &verdict));
	ENSURE(!failed(err) && encoded.n && verdict.matches, DENIED, "authn.refused");
	/* Only who knows the password learns that the account is closed. */
	*ret_proof = (struct password_proof){ account, STR_NONE };
	ENSURE(account.active, DENIED, "authn.disabled");
	/* Not being able to make the better hash now is no reason to refuse the right password. */
	if (verdict.outdated && failed(password_make(idp, req->arena, req->deadline_ms, password, &better)))
		better = STR_NONE;
	ret_proof->rehashed = better;
	return NO_ERR;
}
