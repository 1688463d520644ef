/* reader.h - the role that checks strangers' documents; it holds no key, no file and no socket
 * but the one it answers on, and is replaced after READER_REQUESTS documents.
 */
#ifndef ROLES_READER_READER_H
#define ROLES_READER_READER_H
#include "base/frame.h"
#include "wire/ipc/check.h"

/* A memory fault in cjose, jansson, libxml2 or xmlsec that a stranger may have provoked lives at most so long. */
enum { READER_REQUESTS = 20000, READER_ARENA_BYTES = 2 * 1024 * 1024 };

struct reader;

/* Warms the libraries up, by verifying the examples of RFC 7515 A.2 and A.3, so that no file is
 * opened afterwards.
 * Errors  BROKEN reader.selftest */
MUST struct err reader_create(struct reader **ret_reader);
void reader_destroy(struct reader *r);
void reader_destroyp(struct reader **r);
/* Warms up the SAML part too: before that, and without it, its questions are refused.
 * Errors  BROKEN reader.selftest */
MUST struct err reader_enable_saml(struct reader *r);

/* Prove one token: form, algorithm, key, signature; then its payload as typed claims. Which claims
 * are right is the caller's verdict.
 * Source  RFC 7515 5.2; RFC 7517; RFC 8725 3.1, 3.2, 3.10, 3.11
 * Owner   ret_claims lives in `a`
 * Errors  MALFORMED jose.form, jose.header, jose.payload; DENIED jose.alg, jose.typ, jose.key,
 *         jose.signature */
MUST struct err reader_check_jws(struct reader *r, struct arena *a, const struct check_jws *question,
	struct check_claims *ret_claims);

/* The role's boot_serve_fn: CHECK_JWS -> check_claims, CHECK_SAML -> check_saml_result, CHECK_METADATA ->
 * check_metadata_result, and those of wire/ipc/passkey.h. MALFORMED reader.frame for other types. */
struct err reader_serve(void *reader, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply);
#endif
