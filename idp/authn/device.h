/* device.h - a browser that has signed in with this identifier before: a stranger's wrong passwords
 * do not slow it down. No proof of anything else. */
#ifndef IDP_AUTHN_DEVICE_H
#define IDP_AUTHN_DEVICE_H
#include "idp/idp.h"

/* The throttle's key of an identifier, for this browser; lives in the request's arena. */
struct str device_key(struct idp *idp, const struct http_req *req, struct str identifier, bool *ret_known);
void device_remember(struct idp *idp, const struct http_req *req, struct str identifier, struct http_resp *r);
#endif
