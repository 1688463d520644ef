/* admit.h - who may in: asked before the handler of a route that wants somebody. */
#ifndef IDP_ADMIT_H
#define IDP_ADMIT_H
#include "idp/idp.h"

/* NULL: the handler may run. Else the way to sign in or to prove a factor again, which leads back here, or
 * the page that says why not. */
struct http_resp *idp_admit(void *app, const struct http_req *req, const struct engine_route *route);
#endif
