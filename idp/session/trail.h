/* trail.h - what is left of a logout when only the browser can tell some services: who was told, who is
 * still open, and where to go in the end. It travels in a sealed cookie of this browser for a few
 * minutes, since the session that it speaks of is gone; what becomes of each service, in one of its own,
 * since they are told side by side, and no answer must undo another.
 */
#ifndef IDP_SESSION_TRAIL_H
#define IDP_SESSION_TRAIL_H
#include "idp/session/logout.h"

enum { TRAIL_MAX = 16 };

struct trail {
	struct logout_line v[TRAIL_MAX]; size_t n;
	struct str back_url;                              /* the way back, or: */
	struct str back_client, back_request, back_relay; /* the service whose request waits for its answer */
	int64_t expires_s;
	struct str sealed;                                /* cookie's value; set by begin */
};

/* From the lines of a logout, with `back_*` set by the caller. False when nobody is left to be told by the
 * browser (nor, where a service waits for its answer, anybody to be shown as not told), or when it does not
 * fit into a cookie: then no line has a way out any more. */
bool trail_begin(struct idp *idp, const struct http_req *req, struct trail *t, struct logout_line *lines, size_t n);
/* With what became of each line since. ABSENT logout.trail */
MUST struct err trail_load(struct idp *idp, const struct http_req *req, struct trail *ret);
/* Sets the cookie of a trail that was begun just now. */
void trail_set(struct idp *idp, const struct http_req *req, const struct trail *t, struct http_resp *r);
/* What has become of line i: its outcome, and the request that it was told by. */
void trail_line_set(struct idp *idp, const struct http_req *req, const struct trail *t, size_t i, struct http_resp *r);
void trail_clear(struct idp *idp, const struct http_req *req, struct http_resp *r);
#endif
