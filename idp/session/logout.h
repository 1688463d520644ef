/* logout.h - the end of a session, everywhere.
 *
 * The session goes in one transaction, and with it every token that lives by it; the words to
 * its participants are queued in the same transaction, so that none is lost to a crash. Then
 * they are brought: at once as far as two seconds allow, and by the engine's tick until each
 * service has heard or a day has passed. One that is not there costs that time once, not at every
 * logout. Nothing here knows a protocol.
 */
#ifndef IDP_SESSION_LOGOUT_H
#define IDP_SESSION_LOGOUT_H
#include "idp/session/session.h"

struct logout_word {
	unsigned char id[ID_BYTES];
	struct str protocol, client_id, subject, sid;
	int64_t attempts, next_s;
};

/* What became of one participant, for the page that tells it. */
enum logout_outcome {
	LOGOUT_TOLD, LOGOUT_PENDING,
	LOGOUT_NOT_TOLD,               /* the service cannot be told, or not without the browser */
	LOGOUT_UNCONFIRMED,            /* it was told, and did not say that it is done */
	LOGOUT_OUTCOME_COUNT
};
struct logout_line {
	struct str client_id;
	enum logout_outcome outcome;
	bool way_out;                  /* NOT_TOLD, but the browser itself can carry the word */
	struct str subject, sid;       /* by which the service knows citizen and session; only with a way out */
	struct str request_id;         /* of the word that the browser carries, once it does … */
	bool framed;                   /* … in a frame of the result page */
};

enum { LOGOUT_LINES_MAX = 64 };

/* What is written in the transaction that ends a session, or refuses it; its error is logout_session()'s. */
struct logout_with { store_fn *fn; void *arg; };
/* End it. with: NULL, nothing. ABSENT session.gone when somebody was first. *ret_lines live in the request's arena. */
MUST struct err logout_session(struct idp *idp, const struct http_req *req, const struct person *who, const struct logout_with *with,
	struct logout_line **ret_lines, size_t *ret_n);
/* The same inside another transaction, without waiting for deliveries. */
MUST struct err logout_session_tx(struct store_tx *tx, struct idp *idp, const unsigned char session[ID_BYTES], int64_t now_s);
/* All other sessions of the same person, with the audit entry. DURABLE. The tick brings the words. */
MUST struct err logout_others(struct idp *idp, const struct http_req *req, const struct person *who);
/* All sessions of an account, in the transaction of what ends them; its offline tokens are revoked too. */
MUST struct err logout_account_tx(struct store_tx *tx, struct idp *idp, const unsigned char account[ID_BYTES], int64_t now_s,
	int64_t *ret_sessions);
/* Bring what is due; for the tick. */
void logout_deliver_due(struct idp *idp, int64_t now_s);
/* When to try again after so many attempts. */
int64_t logout_backoff_s(int64_t attempts);
#endif
