/* audit.h - who did what, when: sign-ins, refusals, notices, logouts, acts of operators.
 *
 * The entry of a success is part of its transaction. The entry of a refusal is not awaited:
 * it is queued in memory, counted together with its like beyond a rate, and written by the
 * engine's tick. Never a name, an address or a secret.
 */
#ifndef IDP_AUDIT_AUDIT_H
#define IDP_AUDIT_AUDIT_H
#include "idp/idp.h"

struct audit_entry {
	const char *event;             /* "login.ok", "oidc.token.refuse"; literal */
	const char *reason;            /* slug, or NULL; literal */
	struct str request, client_id;
	const unsigned char *account;  /* ID_BYTES, or NULL; stands as hexadecimal text */
	struct str actor_text;         /* an operator; before the account, when both stand */
	int64_t now_s;
};

struct audit *audit_create(void);
void audit_destroy(struct audit *a);
MUST struct err audit_add_tx(struct store_tx *tx, struct audit *a, const struct audit_entry *e);
void audit_refuse(struct audit *a, const struct audit_entry *e);
/* Writes what is queued; what could not be written stays for the next time. */
MUST struct err audit_flush(struct audit *a, struct store *s);

/* The tick's clock: from now on, entries take their places after what has settled by then. */
void audit_settle(struct audit *a, int64_t now_s);
/* The chain stands at that block, whose last entry is of that second: new ones come after it, whatever the clock says. */
void audit_reached(struct audit *a, int64_t block, int64_t upto_s);
int64_t audit_block(const struct audit *a);
/* The latest entry in the store had that place in its second: those of this process come after it. */
void audit_follow(struct audit *a, uint32_t place);
/* Less than the id of every entry that was written at t_s or later, more than all others. */
struct str audit_id_before(struct arena *arena, int64_t t_s);
#endif
