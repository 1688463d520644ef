/* trial.h - a sign-in at a partner, run to its end without the partner: the same sign-in page, the same
 * policy and notice, the same signer, and then a page of ours that says what would have left, or why nothing.
 *
 * Nothing comes of it that could be used: what is signed names us as its audience and is not shown, the
 * partner is told nothing, and the session does not become a participant there.
 */
#ifndef IDP_ADMIN_TRIAL_H
#define IDP_ADMIN_TRIAL_H
#include "idp/policy/partner.h"

enum { TRIAL_TTL_S = 600 };

/* An address of the public pages, good for ten minutes; the act stands in the audit. Lives in a. */
MUST struct err trial_link(struct idp *idp, struct arena *a, const struct partner *p, struct str actor, int64_t now_s, struct str *ret_url);

struct http_resp *trial_get(void *app, const struct http_req *req);             /* GET /essai?lien= */
struct idp_protocol trial_protocol(void);                                       /* what main.c registers */

/* The administration page that makes a link: ?id= */
struct http_resp *partner_trial_get(void *app, const struct http_req *req);
struct http_resp *partner_trial_post(void *app, const struct http_req *req);
#endif
