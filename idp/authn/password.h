/* password.h - does this citizen know the password? The same time and the same answer whether the
 * account is unknown, disabled, or the password wrong.
 */
#ifndef IDP_AUTHN_PASSWORD_H
#define IDP_AUTHN_PASSWORD_H
#include "idp/account/account.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 1024 };

/* The proof: exists only once the password has held. */
struct password_proof { struct account account; struct str rehashed; };

/* Errors  DENIED authn.refused (for every cause); DENIED authn.disabled: the password holds, and *ret_proof says whose,
 * but the account may not be used; BUSY engine.helper.*, hasher.busy, store.* */
MUST struct err password_prove(struct idp *idp, const struct http_req *req, struct str identifier, struct str password,
	struct password_proof *ret_proof);
/* An encoded hash of a new password; lives in a. MALFORMED authn.password.length, .text */
MUST struct err password_make(struct idp *idp, struct arena *a, int64_t deadline_ms, struct str password, struct str *ret_encoded);
#endif
