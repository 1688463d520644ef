/* saml_idp.h - SAML 2.0 as an identity provider: the endpoints, and what they share. Only this folder
 * includes it, and routes.c, app.c, main.c and admin/trial.c.
 *
 * XML is read by a reader and written by the signer; the engine sees typed fields in between.
 */
#ifndef IDP_SAML_SAML_IDP_H
#define IDP_SAML_SAML_IDP_H
#include "idp/authn/flow.h"
#include "idp/policy/may_issue.h"
#include "idp/policy/release.h"
#include "wire/ipc/check.h"

enum { SAML_RELAY_STATE_MAX = 1024, SAML_FRESH_S = 300, SAML_SKEW_S = 180, SAML_ASSERTION_S = 120, SAML_BACKDATE_S = 30 };

/* Endpoints. The metadata are a document that fronts serve. */
struct http_resp *saml_sso_get(void *app, const struct http_req *req);
struct http_resp *saml_sso_post(void *app, const struct http_req *req);
/* ?partner=ID[&RelayState=]: to a partner that takes it, without a request of its own. */
struct http_resp *saml_initiate_get(void *app, const struct http_req *req);
struct http_resp *saml_slo_get(void *app, const struct http_req *req);
struct http_resp *saml_slo_post(void *app, const struct http_req *req);

/* What main.c registers, and what app.c publishes. */
struct idp_protocol saml_protocol(void);
MUST struct err saml_metadata_make(struct idp *idp, struct arena *a, int64_t deadline_ms, struct str *ret_xml);

/* ---- one message, as it came (receive.c) ---- */

struct saml_received {
	const struct partner *partner;     /* whose Issuer it has; enabled, its metadata in force */
	bool is_signed;                    /* by that partner */
	bool has_relay_state; struct str relay_state;
	struct saml_message message;
};
/* Read it, by the binding that the method says; find its partner; prove its signature, which `must_sign`
 * demands whatever the metadata say; check where it was meant for, and when it was written.
 * path is the endpoint's, roots a mask of SAML_ROOT().
 * Errors  MALFORMED saml.*; DENIED saml.issuer, saml.metadata.expired, saml.signature.missing, saml.signature,
 *         saml.algorithm, saml.destination, saml.message.early, .expired */
MUST struct err saml_receive(struct idp *idp, const struct http_req *req, const char *path, unsigned roots, bool must_sign,
	struct saml_received *ret);

/* ---- an authentication request, proven and reduced to what is left to do ---- */

struct saml_ask {
	struct str id;                     /* empty: nobody asked; the citizen set out from our side */
	struct str issuer, acs, relay_state, subject, context /* class that the answer will state */;
	bool has_relay_state, force_authn, is_passive;
	bool declined;                     /* by the citizen, since */
	enum sign_saml_status status;      /* not SUCCESS: what it asks for cannot be met, and this says so */
};
void saml_ask_io(struct frame_io *io, void *m);

/* sso_rules.c: pure decisions. */
/* DENIED saml.acs, saml.binding */
MUST struct err saml_acs_choose(const struct partner_saml *s, const struct saml_authn_request *r, struct str *ret_location);
/* False: INVALID_NAME_ID_POLICY. */
bool saml_name_policy_holds(const struct partner *p, const struct saml_authn_request *r);
/* Empty: none of what is wanted is what a password is. */
struct str saml_context_choose(const struct saml_authn_request *r);

/* ---- an answer (answer.c) ---- */

struct saml_answer {
	const struct partner *partner;
	const struct saml_ask *ask;
	const struct person *who;         /* NULL with a status that is not SUCCESS */
	const struct release *release;
	enum sign_saml_status status;
};
MUST struct err saml_answer_sign(struct idp *idp, const struct http_req *req, const struct saml_answer *n, struct sign_saml_message *ret);
struct http_resp *saml_answer_page(struct idp *idp, const struct http_req *req, const struct saml_answer *n, struct str xml);
/* The session's name for this service, which an assertion carries as SessionIndex. */
struct str saml_session_index(struct arena *a, const struct person *who, const struct partner *p);

/* The session is still there, no other session was let in by the same request (request_id empty: there was
 * none), and the service is a participant from now on (issue_store.c).
 * DENIED saml.session, saml.replay */
struct saml_issue { const struct person *who; struct str client_id, request_id, subject, session_index; int64_t now_s, keep_until_s; };
MUST struct err saml_issue_claim(struct store *s, const struct saml_issue *i);
/* A partner's LogoutRequest, to be carried out once (issue_store.c). */
struct saml_order { struct str client_id, request_id; int64_t keep_until_s; };
MUST struct err saml_order_is_done(struct store *s, const struct saml_order *o, bool *ret_done);
/* Inside the transaction that carries it out. CONFLICT saml.slo.replayed */
MUST struct err saml_order_done_tx(struct store_tx *tx, void *order);

/* Our own page, and nothing goes anywhere. */
struct http_resp *saml_refuse_here(struct idp *idp, const struct http_req *req, struct str client_id, struct err e);
#endif
