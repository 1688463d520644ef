/* idp_holder.h - an agent with what she holds, for the tests of second factors: a browser, the application's
 * secret, a key in software, the printed codes; and her way through the pages. */
#ifndef TESTS_UNIT_IDP_HOLDER_H
#define TESTS_UNIT_IDP_HOLDER_H
#include "tests/unit/idp_agents.h"
#include "tests/unit/passkey_soft.h"
#include "idp/account/factor.h"
#include "idp/authn/totp.h"

#define ORIGIN ISSUER
#define RP "compte.ville.test"

struct holder {
	struct world *w; struct browser b; const char *login;
	char secret[TOTP_SECRET]; struct soft_passkey key; struct str codes[RECOVERY_N];
};

/* What one thing may be changed in the answer of a key. */
struct change { const char *type, *origin, *rp; unsigned flags; struct str challenge, defi, id, user; };

struct holder holder_of(void **state, const char *login);
/* What the application shows `steps` steps from now. */
struct str shown(struct holder *h, int64_t steps);
/* The text behind id="..."> on a page, the value of an attribute. */
struct str inside(struct world *w, const struct http_resp *r, const char *id);
struct str attribute(struct world *w, const struct http_resp *r, const char *name);
void read_secret(struct holder *h, const struct http_resp *r);
void read_codes(struct holder *h, const struct http_resp *r);
struct http_resp *go(struct holder *h, const struct http_resp *r);
/* Through the password, to the page of the second factor (or of the enrolment). */
struct http_resp *to_factor(struct holder *h);
struct http_resp *send_form(struct holder *h, const char *path, const struct http_resp *page, struct str fields);
struct http_resp *send_code(struct holder *h, const struct http_resp *page, struct str code);
struct http_resp *send_recovery(struct holder *h, const struct http_resp *page, struct str code);
struct str printed_code(struct holder *h);
/* The printed code, to the page where one chooses. */
struct http_resp *to_choice(struct holder *h);
/* A link of a page, by its id. */
struct http_resp *click(struct holder *h, const struct http_resp *r, const char *id);
struct http_resp *send_draft(struct holder *h, const char *path, const struct http_resp *page, struct str code, const char *name);
struct http_resp *enrolled_page(struct holder *h);
struct http_resp *finish(struct holder *h, const struct http_resp *r);
/* Enrolled, signed in, and a step later: the code of the enrolment is spent. */
void enrol(struct holder *h);
void forget(struct holder *h);
/* The form that adds a key, the one that asks for it. */
struct http_resp *make_key(struct holder *h, const char *path, const struct http_resp *page, const char *name);
struct str key_fields(struct holder *h, const struct http_resp *page, const struct change *c);
struct http_resp *send_key(struct holder *h, const struct http_resp *page, const struct change *c);
void enrol_key(struct holder *h, enum passkey_alg alg, const char *id);
#endif
