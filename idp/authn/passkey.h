/* passkey.h - passkeys and security keys: the challenge of a page, and the answer to it.
 *
 * A challenge is 32 random bytes, sealed into the form with whom it is for, in which session, tab and
 * for what; it holds for five minutes and for one answer. The reader checks what the key wrote, we
 * whether it was the answer to this very question.
 */
#ifndef IDP_AUTHN_PASSKEY_H
#define IDP_AUTHN_PASSKEY_H
#include "idp/account/factor.h"
#include "idp/authn/flow.h"

enum passkey_action { PASSKEY_SIGN_IN, PASSKEY_ENROL, PASSKEY_CONFIRM, PASSKEY_ADD, PASSKEY_ACTION_COUNT };

/* What a challenge is bound to, beside the tab. */
struct passkey_bound {
	const unsigned char *account;
	const unsigned char *session;          /* NULL: there is none yet */
	enum passkey_action action;
};

/* For the page. Lives in the request's arena; empty when it does not fit. */
struct passkey_question { struct str sealed, challenge, rp_id, user; };
struct passkey_question passkey_ask(struct idp *idp, const struct http_req *req, const struct tab *tab, const struct passkey_bound *b);

/* The form's answer to "show a key that we know": one of these factors; the mark of its use is made.
 * Errors  MALFORMED passkey.form; DENIED passkey.* (also: expired, unknown, user), factor.used, factor.clone */
MUST struct err passkey_prove(struct idp *idp, const struct http_req *req, const struct passkey_bound *b, const struct factor *v, size_t n);
/* The form's answer to "make a new one": what factor_add() takes; lives in the request's arena.
 * Errors  as above */
MUST struct err passkey_make(struct idp *idp, const struct http_req *req, const struct passkey_bound *b, struct factor *ret_factor,
	struct factor_once *ret_once);
#endif
