/* bearer.h - an access token that was presented, proven alive. */
#ifndef IDP_OIDC_BEARER_H
#define IDP_OIDC_BEARER_H
#include "idp/oidc/grant_store.h"

struct bearer { struct oidc_access token; struct grant grant; const struct partner *partner; unsigned roles; /* of an agent, for this partner */ };

/* Errors  DENIED oidc.bearer.dead for every cause; BUSY, BROKEN store.* */
MUST struct err bearer_load(struct idp *idp, const struct http_req *req, struct str text, struct bearer *ret);
#endif
