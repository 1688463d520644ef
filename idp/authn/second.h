/* second.h - the second factor of an agent: asked for, proven, enrolled, changed.
 *
 * /connexion/agent/facteur      after the password: a code, a key, or a recovery code
 * /connexion/agent/confirmer    the same again in a live session, before what is dangerous
 * /connexion/agent/inscription  a printed code, then the first factor and the recovery codes
 * /agent                        the agent's own page, and the changes to the factors
 */
#ifndef IDP_AUTHN_SECOND_H
#define IDP_AUTHN_SECOND_H
#include "idp/account/factor.h"
#include "idp/authn/half.h"
#include "idp/authn/passkey.h"

/* A password has held: 303 to the page that asks for the rest. */
struct http_resp *second_ask(struct idp *idp, const struct http_req *req, const struct half *h);

struct http_resp *second_get(void *app, const struct http_req *req);
struct http_resp *second_post(void *app, const struct http_req *req);
struct http_resp *second_again_get(void *app, const struct http_req *req);
struct http_resp *second_again_post(void *app, const struct http_req *req);
struct http_resp *second_enrol_get(void *app, const struct http_req *req);
struct http_resp *second_enrol_post(void *app, const struct http_req *req);

struct http_resp *agent_home_get(void *app, const struct http_req *req);
struct http_resp *agent_add_get(void *app, const struct http_req *req);
struct http_resp *agent_add_post(void *app, const struct http_req *req);
struct http_resp *agent_remove_get(void *app, const struct http_req *req);
struct http_resp *agent_remove_post(void *app, const struct http_req *req);
struct http_resp *agent_codes_get(void *app, const struct http_req *req);
struct http_resp *agent_codes_post(void *app, const struct http_req *req);
struct http_resp *agent_others_get(void *app, const struct http_req *req);
struct http_resp *agent_others_post(void *app, const struct http_req *req);
struct http_resp *agent_leave_post(void *app, const struct http_req *req);
#endif
