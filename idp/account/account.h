/* account.h - the account of a citizen or of an agent, and what may be typed to find a citizen's. */
#ifndef IDP_ACCOUNT_ACCOUNT_H
#define IDP_ACCOUNT_ACCOUNT_H
#include "idp/idp.h"

struct account {
	unsigned char id[ID_BYTES];
	bool active;
	struct str given_name, family_name, birth_date /* YYYY-MM-DD */, email, identity_level;
	bool email_verified;
	struct str reason;             /* why disabled; the citizen reads it */
	int64_t created_s, changed_s;  /* changed: its state */
	bool agent;                    /* one of the town's directory; agent.h */
};

/* The columns that account_read() takes, for any SELECT that joins account as `a`. */
#define ACCOUNT_COLUMNS \
	"a.id, a.state, a.given_name, a.family_name, a.birth_date, a.email, a.email_verified_s, a.identity_level, a.reason, a.created_s, a.kind, a.changed_s"
enum { ACCOUNT_COLUMN_N = 12 };
/* Copies into `arena`. */
void account_read(struct arena *arena, const struct store_row *row, size_t col, struct account *ret_account);

/* Trimmed, ASCII lower case. MALFORMED account.identifier (no @, too long, control characters) */
MUST struct err account_email_normalise(struct arena *a, struct str typed, struct str *ret_value);

/* The account behind an identifier and its encoded password. ABSENT account.unknown
 * *ret_encoded is empty when the account has no password. */
MUST struct err account_find(struct store *s, struct arena *a, struct str email, struct account *ret_account, struct str *ret_encoded);
MUST struct err account_load(struct store *s, struct arena *a, const unsigned char id[ID_BYTES], struct account *ret_account);

struct account_new { struct str email, given_name, family_name, birth_date, encoded; };
/* DURABLE. CONFLICT account.exists; MALFORMED account.name, account.birth_date */
MUST struct err account_add(struct idp *idp, const struct account_new *n, struct str actor, int64_t now_s, unsigned char ret_id[ID_BYTES]);
/* Not active: ends every session and token too, services told. DURABLE. ABSENT account.unknown */
MUST struct err account_set_state(struct idp *idp, const unsigned char id[ID_BYTES], bool active, struct str reason, struct str actor, int64_t now_s);
MUST struct err account_remove(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s);
/* A new password, given at the counter. Ends every session and token too, services told. DURABLE */
MUST struct err account_set_password(struct idp *idp, const unsigned char id[ID_BYTES], struct str encoded, struct str actor, int64_t now_s);
/* Inside a transaction: a better hash of the same password. */
MUST struct err account_rehash_tx(struct store_tx *tx, const unsigned char id[ID_BYTES], struct str encoded, int64_t now_s);
#endif
