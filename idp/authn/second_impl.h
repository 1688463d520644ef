/* second_impl.h - what the files of second*.c share; nobody else includes it. */
#ifndef IDP_AUTHN_SECOND_IMPL_H
#define IDP_AUTHN_SECOND_IMPL_H
#include "idp/authn/second.h"
#include "idp/authn/totp.h"
#include "idp/view_agent.h"

/* One attempt to prove a factor, or to add one. */
struct second {
	struct idp *idp;
	const struct http_req *req;
	struct passkey_bound bound;
	struct str form_action;        /* half_form_action(), where the page's form may end a sign-in */
	struct factor *factors; size_t factor_n;
	int64_t wait_s;                /* of a THROTTLED */
	struct str amr;                /* of what held: "pwd otp", "pwd hwk" */
};

MUST struct err second_load(struct second *s);
/* What the form of second_page() says: its field "facteur" is code, cle or secours. Audits a refusal.
 * Errors  DENIED totp.*, factor.*, passkey.*, second.form; THROTTLED throttle.*; BUSY, BROKEN */
MUST struct err second_prove(struct second *s);
/* The fields of that form. */
void second_fill(const struct second *s, const struct tab *tab, struct view_second *ret_page);
/* The same page after a refusal, with its status and what to say; a view_error() for what is no refusal. */
struct http_resp *second_refused(const struct second *s, const struct tab *tab, struct view_second *page, struct err e);
/* "code", "key", "spent", "clone", "recovery", "wait", "expired": which sentence a refusal takes; empty: an error of ours. */
struct str second_say(struct err e);

/* A try that must be slow to repeat: with the person's and the source's delay. */
typedef struct err second_try_fn(struct second *s, void *arg);
MUST struct err second_slowly(struct second *s, second_try_fn *fn, void *arg);
void second_audit(const struct second *s, struct err e);

/* An application's secret that is not enrolled yet: it travels in the form, and stays on the page after a refusal unless it
 * is spent. */
struct totp_draft { unsigned char secret[TOTP_SECRET], account[ID_BYTES]; int64_t expires_s; };
MUST struct err second_draft_make(const struct second *s, struct view_add *page, struct str login, bool spent);
MUST struct err second_totp_open(struct idp *idp, struct arena *a, const unsigned char account[ID_BYTES], struct str sealed,
	unsigned char ret_secret[TOTP_SECRET]);

/* To the page that asks for a factor, with the half sign-in as it is: none grows younger on its way. */
struct http_resp *second_to_factor(const struct http_req *req, struct str etape);
/* To the password again, with what was asked for; the page there says that this one was open for too long. */
struct http_resp *second_restart(const struct http_req *req, const struct half *h);

/* From the form of the page that adds a factor ("quoi" is application or cle): what factor_add() takes. */
MUST struct err second_new_factor(struct second *s, struct factor *ret_factor, struct factor_once *ret_once);
/* The page that adds one, again or for the first time; page->what says which. */
struct http_resp *second_add_page(const struct second *s, const struct tab *tab, struct view_add *page, struct str login, struct err e);
#endif
