/* oidc_idp.h - the OpenID Connect endpoints, and what they share. Only this folder includes it,
 * and routes.c and main.c.
 */
#ifndef IDP_OIDC_OIDC_IDP_H
#define IDP_OIDC_OIDC_IDP_H
#include "idp/authn/flow.h"
#include "idp/policy/may_issue.h"
#include "idp/policy/release.h"
#include "wire/oidc/oidc.h"

/* Endpoints. */
struct http_resp *oidc_authorize_get(void *app, const struct http_req *req);
struct http_resp *oidc_authorize_post(void *app, const struct http_req *req);
struct http_resp *oidc_token(void *app, const struct http_req *req);
struct http_resp *oidc_userinfo(void *app, const struct http_req *req);
struct http_resp *oidc_introspect(void *app, const struct http_req *req);
struct http_resp *oidc_revoke(void *app, const struct http_req *req);
struct http_resp *oidc_logout_get(void *app, const struct http_req *req);
struct http_resp *oidc_logout_post(void *app, const struct http_req *req);
/* Our own page's form, with or without a request of a service behind it. */
struct http_resp *oidc_logout_confirmed(void *app, const struct http_req *req);

/* What main.c registers. */
struct idp_protocol oidc_protocol(void);

/* The one table from our error names to OAuth's. status and error go out; unknown names go by kind. */
struct oidc_answer { int status; const char *error; };
struct oidc_answer oidc_answer_of(struct err e);
/* The JSON answer of the token, introspection and revocation endpoints to an error, with its audit entry. */
struct http_resp *oidc_refuse(struct idp *idp, const struct http_req *req, const char *event, struct str client_id, struct err e);

/* Who calls, by exactly one method, the registered one.
 * Source  RFC 6749 2.3.1
 * Errors  DENIED oidc.client.unknown, .disabled, .method, .secret; MALFORMED oidc.request.auth
 * *ret_claimed is the client_id that was said, for the audit, also on error. */
MUST struct err oidc_client_authenticate(struct idp *idp, const struct http_req *req, const struct partner **ret_partner, struct str *ret_claimed);

/* An ID token that we issued: signature, issuer and shape hold; expiry is not looked at, since a
 * hint may be old. MALFORMED oidc.hint */
struct oidc_hint { struct str audience, subject, sid; };
MUST struct err oidc_hint_read(struct idp *idp, const struct http_req *req, struct str token, struct oidc_hint *ret_hint);
#endif
