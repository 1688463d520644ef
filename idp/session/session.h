/* session.h - the single sign-on session: who is at this browser, since when, by what proof.
 *
 * There are two kinds, each with its own cookie, and never one for the other: a browser may hold a
 * citizen's and an agent's at once, and which of them a request looks at is the caller's to say.
 * The cookie is 32 random bytes, of which only the SHA-256 is stored, and it is new at each
 * sign-in. The session's own id stays when the same citizen proves a factor again, so that the
 * services already joined stay participants; no service ever sees it: each gets a `sid` of its own.
 */
#ifndef IDP_SESSION_SESSION_H
#define IDP_SESSION_SESSION_H
#include "idp/account/account.h"

struct agent;
enum session_kind { SESSION_USAGER, SESSION_AGENT };

/* Who asks. `live` is the only proof of a session; everything else is empty without it. */
struct person {
	bool live;
	unsigned char session[ID_BYTES];
	int64_t auth_time_s, ends_s;
	struct str amr, acr;
	struct account account;
	const struct agent *agent;     /* of an agent's session; NULL: a citizen */
	struct str noticed;            /* for the client asked about: attributes already shown, and */
	bool was_noticed;              /* whether there was a notice at all */
	struct str alias;              /* for the sector asked about */
};

/* The session of the request's cookie; client_id and sector may be empty. One read; at most once
 * a minute one write; an agent's takes a second read. No session is no error: ret_who->live is false.
 * Errors  BUSY, BROKEN store.* */
MUST struct err session_load(struct idp *idp, const struct http_req *req, enum session_kind kind, struct str client_id, struct str sector,
	struct person *ret_who);

struct session_new {
	const struct account *account;
	enum session_kind kind;
	struct str amr, acr;
	struct str rehashed;           /* a better hash of the password just proven, or empty */
};
/* A factor has held: make the session and its cookie's value. The browser's earlier session is
 * carried on when it is the same citizen's, else it ends.
 * ret_who has no notice and no alias: load again for a service. DURABLE: holds the audit entry. */
MUST struct err session_begin(struct idp *idp, const struct http_req *req, const struct session_new *n,
	struct str *ret_cookie, struct person *ret_who);

/* What is known between a citizen who has just signed in and a service: fills noticed, was_noticed, alias. */
MUST struct err session_load_service(struct idp *idp, struct arena *a, struct str client_id, struct str sector, struct person *who);

/* A factor was proven again in this session: its proof is of now, and its cookie new. DURABLE. ABSENT session.gone */
MUST struct err session_prove_again(struct idp *idp, const struct http_req *req, const struct person *who, struct str amr,
	struct str *ret_cookie);

void session_set_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, enum session_kind kind, struct str value);
void session_clear_cookie(const struct idp *idp, const struct http_req *req, struct http_resp *r, enum session_kind kind);

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
MUST struct err session_notice_add(struct idp *idp, const struct http_req *req, const struct person *who, struct str client_id,
	struct str what, bool consent);

/* A sealed value that proves a POST came from a page given to this very session. */
struct str session_form_token(struct idp *idp, struct arena *a, const struct person *who, struct str purpose, int64_t now_s);
bool session_form_token_holds(struct idp *idp, struct arena *a, const struct person *who, struct str purpose, struct str token, int64_t now_s);
#endif
