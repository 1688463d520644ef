/* attempt.h - a name and a password, typed on one of the two sign-in pages: what citizens' and agents' have alike.
 * Whose they are, and what a right one leads to, login.c and agent_login.c know. */
#ifndef IDP_AUTHN_ATTEMPT_H
#define IDP_AUTHN_ATTEMPT_H
#include "idp/authn/login.h"
#include "idp/authn/throttle.h"
#include "idp/view.h"

struct attempt {
	struct idp *idp;
	const struct http_req *req;
	bool agents;                   /* which of the pages */
	struct http_req spoken;        /* the request, in the language of the page */
	struct tab tab;
	struct flow flow;              /* what a service asked for, unsealed */
	struct str name, password, retour;
	struct throttle *throttle;
	struct throttle_keys keys;     /* once admitted */
	int64_t wait_s;                /* of a THROTTLED */
};

/* The page for what is asked in *f; l says the rest. */
struct http_resp *attempt_page(struct idp *idp, const struct http_req *req, bool agents, const struct tab *tab, struct flow *f, struct view_login l);
/* Reads the form; from then on t->req is in the page's language.
 * Errors  MALFORMED flow.text; DENIED flow.browser, flow.expired */
MUST struct err attempt_read(struct attempt *t, size_t name_max);
/* May this name be tried now? Then the outcome must be told to the throttle, with t->keys. THROTTLED throttle.* */
MUST struct err attempt_admit(struct attempt *t, struct throttle *throttle, struct str identifier);
void attempt_tell(const struct attempt *t, enum throttle_outcome o);
/* The page again, with what was typed but for the password, where the person can do something about it; else a page that says so. */
struct http_resp *attempt_refuse(struct attempt *t, struct err e);
#endif
