/* login.h - the one sign-in page, and the notice of what a service receives. */
#ifndef IDP_AUTHN_LOGIN_H
#define IDP_AUTHN_LOGIN_H
#include "idp/authn/flow.h"
#include "idp/policy/release.h"

/* The sign-in page for a request that a protocol has proven; f is filled but for the tab. */
struct http_resp *login_ask(struct idp *idp, const struct http_req *req, struct flow *f, struct str name);
/* The same of an agents' partner, for people of the directory: agent_login.c. */
struct http_resp *agent_login_ask(struct idp *idp, const struct http_req *req, struct flow *f, struct str name);
struct http_resp *agent_login_get(void *app, const struct http_req *req);
struct http_resp *agent_login_post(void *app, const struct http_req *req);

/* The notice (or consent) page for f, whose session and names are filled; to a POST, a 303 to it. */
struct http_resp *notice_ask(struct idp *idp, const struct http_req *req, struct flow *f, const struct person *who,
	const struct partner *p, const struct release *r);

/* GET and POST /connexion, /information */
struct http_resp *login_get(void *app, const struct http_req *req);
struct http_resp *login_post(void *app, const struct http_req *req);
struct http_resp *notice_get(void *app, const struct http_req *req);
struct http_resp *notice_post(void *app, const struct http_req *req);
#endif
