/* flow.h - what a service asked for, travelling with the browser tab that it belongs to.
 *
 * Sealed into a hidden input (or the address of the notice), bound to a cookie of this browser, so
 * that nobody can have a citizen answer a page that somebody else opened. Nothing is stored: a
 * citizen who only looks leaves no trace.
 */
#ifndef IDP_AUTHN_FLOW_H
#define IDP_AUTHN_FLOW_H
#include "idp/session/session.h"

/* ARRIVED: a proven request, to be looked at once more when the browser brings its cookies; bound to no
 * tab. RESUMED: a page of ours was answered in this tab, and the request goes on by a GET. */
enum flow_kind { FLOW_LOGIN, FLOW_NOTICE, FLOW_LOGOUT, FLOW_ARRIVED, FLOW_RESUMED, FLOW_KIND_COUNT };

struct flow {
	enum flow_kind kind;
	unsigned char tab_hash[32];
	struct str protocol;           /* empty: the citizen's own account page */
	struct str client_id;
	struct str request;            /* as the protocol wrote it */
	struct str form_action;        /* origin that the answer to a form may lead to */
	enum http_lang lang;           /* of the page, and so of the one that answers it */
	int64_t asked_at_s;            /* when the request first came */
	int64_t expires_at_s;
	/* FLOW_NOTICE: exactly what was shown, to whom */
	unsigned char session[ID_BYTES];
	struct str names;
	bool consent;
	bool answered;                 /* not sealed: set by the page's handler */
};

/* The tab cookie's hash; made and set on *r's behalf when the browser has none yet: the caller adds
 * it to its answer with flow_set_tab(). */
struct tab { unsigned char hash[32]; struct str fresh; /* cookie value to set, or empty */ };
void tab_load(const struct idp *idp, const struct http_req *req, struct tab *ret_tab);
void tab_set(const struct idp *idp, const struct http_req *req, const struct tab *tab, struct http_resp *r);

/* Empty when it does not fit. */
struct str flow_seal(struct idp *idp, const struct http_req *req, const struct tab *tab, struct flow *f);
/* Opens; says nothing of time or browser: MALFORMED flow.text */
MUST struct err flow_open(struct idp *idp, const struct http_req *req, enum flow_kind kind, struct str text, struct flow *ret_flow);
/* The request in the language of the page that it answers, unless it chooses one itself. */
struct http_req flow_request(const struct http_req *req, const struct flow *f);
/* DENIED flow.expired, flow.browser */
MUST struct err flow_check(const struct flow *f, const struct tab *tab, int64_t now_s);
#endif
