/* session.h - the single sign-on session: who is at this browser, since when, by what proof.
 *
 * The cookie is 32 random bytes, of which only the SHA-256 is stored, and it is new at each
 * sign-in. The session's own id stays when the same citizen proves a factor again, so that the
 * services already joined stay participants; no service ever sees it: each gets a `sid` of its own.
 */
#ifndef IDP_SESSION_SESSION_H
#define IDP_SESSION_SESSION_H
#include "idp/account/account.h"

/* Who asks. `live` is the only proof of a session; everything else is empty without it. */
struct citizen {
	bool live;
	unsigned char session[ID_BYTES];
	int64_t auth_time_s, ends_s;
	struct str amr, acr;
	struct account account;
	struct str noticed;            /* for the client asked about: attributes already shown, and */
	bool was_noticed;              /* whether there was a notice at all */
	struct str alias;              /* for the sector asked about */
};

/* The session of the request's cookie; client_id and sector may be empty. One read; at most once
 * a minute one write. No session is no error: ret_who->live is false.
 * Errors  BUSY, BROKEN store.* */
MUST struct err session_load(struct idp *idp, const struct http_req *req, struct str client_id, struct str sector,
	struct citizen *ret_who);

struct session_new {
	const struct account *account;
	struct str amr, acr;
	struct str rehashed;           /* a better hash of the password just proven, or empty */
};
/* A factor has held: make the session and its cookie's value. The browser's earlier session is
 * carried on when it is the same citizen's, else it ends.
 * ret_who has no notice and no alias: load again for a service. DURABLE: holds the audit entry. */
MUST struct err session_begin(struct idp *idp, const struct http_req *req, const struct session_new *n,
	struct str *ret_cookie, struct citizen *ret_who);

/* What is known between a citizen who has just signed in and a service: fills noticed, was_noticed, alias. */
MUST struct err session_load_service(struct idp *idp, struct arena *a, struct str client_id, struct str sector, struct citizen *who);

void session_set_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, struct str value);
void session_clear_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r);

/* The session's name for one service: base64url of half a MAC; lives in a. */
struct str session_sid(struct arena *a, const unsigned char session[ID_BYTES], struct str client_id);

/* Inside the transaction that issues to a service for the first time in this session. */
MUST struct err session_join_tx(struct store_tx *tx, const unsigned char session[ID_BYTES], struct str client_id,
	struct str subject, struct str sid, int64_t now_s, int64_t ends_s);
/* The services that this session has signed in to, by name; lives in a. */
struct session_member { struct str client_id; int64_t joined_s; };
MUST struct err session_members(struct store *s, struct arena *a, const unsigned char session[ID_BYTES], size_t max,
	struct session_member **ret_v, size_t *ret_n);

/* The sessions in which a service knows a citizen by this name, as a logout from there speaks of them:
 * those with one of the sids, or with sid_n 0 all. Lives in a. */
struct session_known { unsigned char session[ID_BYTES], account[ID_BYTES]; };
MUST struct err session_find_known(struct store *s, struct arena *a, struct str client_id, struct str subject,
	const struct str *sids, size_t sid_n, size_t max, struct session_known **ret_v, size_t *ret_n);

/* The notice was answered. DURABLE. */
MUST struct err session_notice_add(struct idp *idp, const struct http_req *req, const struct citizen *who, struct str client_id,
	struct str what, bool consent);

/* A sealed value that proves a POST came from a page given to this very session. */
struct str session_form_token(struct idp *idp, struct arena *a, const struct citizen *who, struct str purpose, int64_t now_s);
bool session_form_token_holds(struct idp *idp, struct arena *a, const struct citizen *who, struct str purpose, struct str token, int64_t now_s);
#endif
