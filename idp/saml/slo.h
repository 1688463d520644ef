/* slo.h - what the two directions of SAML logout share. */
#ifndef IDP_SAML_SLO_H
#define IDP_SAML_SLO_H
#include "idp/saml/saml_idp.h"
#include "idp/session/trail.h"

/* Where a partner takes words of logout: by redirect when it can. NULL: it cannot. */
const struct partner_endpoint *saml_slo_endpoint(const struct partner *p);
bool saml_has_way_out(const struct partner *p);

/* A signed message on its way through the browser: a 303, or a form. */
struct saml_carried { const struct partner *partner; bool by_post, is_response, framed; struct str location, text, relay_state; };
struct http_resp *saml_slo_carry(struct idp *idp, const struct http_req *req, const struct saml_carried *c);

/* The answer to a service that asked for the logout: Success, or PartialLogout when a line says less. */
struct saml_farewell { const struct partner *partner; struct str request_id, relay_state; const struct logout_line *lines; size_t line_n; };
struct http_resp *saml_slo_farewell(struct idp *idp, const struct http_req *req, const struct saml_farewell *f);

/* ---- slo_out.c: words that the browser carries to the other services ---- */

struct http_resp *saml_slo_show(struct idp *idp, const struct http_req *req, const struct trail *t);
/* A LogoutResponse, proven to be its partner's. */
struct http_resp *saml_slo_answered(struct idp *idp, const struct http_req *req, const struct saml_received *m);
/* GET with a query of our own: ?sortir=N sends the browser to a service, ?resultat= brings it back from
 * there (&cadre=1: in a frame of the result page), ?fin=1 goes back to the service that began. NULL: it is none of these. */
struct http_resp *saml_slo_own(struct idp *idp, const struct http_req *req);
#endif
