/* half.h - a password that has held, with no second factor yet.
 *
 * Sealed into the address of the pages that ask for the second factor, and bound to this tab for ten
 * minutes: it is no session, opens nothing, and nothing of it is stored.
 */
#ifndef IDP_AUTHN_HALF_H
#define IDP_AUTHN_HALF_H
#include "idp/authn/flow.h"

struct half {
	unsigned char account[ID_BYTES];
	struct str flow;               /* sealed FLOW_LOGIN text, or empty */
	struct str retour;             /* path of ours, or empty */
	int64_t expires_s;             /* set by half_seal() */
};

/* Empty when it does not fit. */
struct str half_seal(struct idp *idp, const struct http_req *req, const struct tab *tab, const struct half *h);
/* MALFORMED half.text; DENIED half.browser; half.expired, and *ret_half is filled: what was asked for can be asked again. */
MUST struct err half_open(struct idp *idp, const struct http_req *req, struct str text, struct half *ret_half);

/* Where the form of a page between the two factors may lead, for the view: a browser follows no other answer. */
struct str half_form_action(struct idp *idp, const struct http_req *req, const struct half *h);
/* All factors hold: session, cookie, and on with what was asked for. amr: "pwd otp", "pwd hwk". */
struct http_resp *half_finish(struct idp *idp, const struct http_req *req, const struct half *h, struct str amr);

/* "/admin/audit?page=2": a path of this site that a browser may be led to after signing in. */
bool half_is_path(struct str retour);
#endif
