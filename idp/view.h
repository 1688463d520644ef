/* view.h - from values to pages: with view_agent.h, the only one that knows the generated page functions. */
#ifndef IDP_VIEW_H
#define IDP_VIEW_H
#include "idp/policy/release.h"
#include "idp/session/logout.h"

/* What all pages need. who may be NULL or not live. */
struct view {
	struct idp *idp;
	const struct http_req *req;
	const struct person *who;
	struct str form_action;
};

/* Of both pages; retour: of the agents' alone. forgotten: the browser came without the page's cookie. */
struct view_login { struct str flow, service, name, retour; bool refused, expired, forgotten, throttled; int status; int64_t retry_after_s; };
struct http_resp *view_login(const struct view *v, const struct view_login *l);

struct view_notice { struct str flow; const struct partner *partner; const struct release *release; struct str names; bool consent, again; };
struct http_resp *view_notice(const struct view *v, const struct view_notice *n);

/* Shown only to who has just proven the password of that account. */
struct http_resp *view_account_disabled(const struct view *v, const struct account *account);

/* reason: "service" (the partner's request was wrong), "cookies", "expired", or empty. */
struct http_resp *view_error(const struct view *v, int status, struct str reason, struct err outcome);

struct http_resp *view_home(const struct view *v);
struct http_resp *view_data(const struct view *v);
struct http_resp *view_accessibility(const struct view *v);
struct http_resp *view_account(const struct view *v, const struct session_member *members, size_t n);
struct http_resp *view_logout_confirm(const struct view *v, struct str flow, struct str service);
struct http_resp *view_logged_out(const struct view *v, const struct logout_line *lines, size_t n, struct str back_url, struct str back_name);

/* In a frame of that page: what became of one service. */
struct http_resp *view_logged_out_frame(const struct view *v, const struct logout_line *line);

/* A form that carries one message of ours to a service: it leaves by itself, or by its button. */
struct view_saml_post { struct str action, field, message, relay_state, service; bool has_relay_state, signing_out, framed; };
struct http_resp *view_saml_post(const struct view *v, const struct view_saml_post *p);

/* For the other files of views: what every generated page of agents is given, and the answer with what was written. */
struct page_site;
struct buf;
void view_agent_site(const struct view *v, struct page_site *ret_site);
struct http_resp *view_finish(const struct view *v, int status, struct buf *out);

/* Documents that fronts serve by themselves. */
void view_documents(struct idp *idp, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n);
struct str view_partner_name(const struct partner *p, enum http_lang lang);
#endif
