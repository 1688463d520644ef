/* agent_store.h - agents as rows; only the agent*.c of this folder include it. */
#ifndef IDP_ACCOUNT_AGENT_STORE_H
#define IDP_ACCOUNT_AGENT_STORE_H
#include "idp/account/agent.h"

/* What the directory says of one agent, with what follows. */
struct agent_word {
	struct idp *idp;
	struct str key, login, name;   /* login and name empty: it did not say (nobody there) */
	struct str rights;             /* as text; empty: none */
	const char *reason;            /* of the audit entry when sessions end by it: a slug */
	struct str actor;              /* an operator, or empty */
	int64_t now_s;
};
/* Writes it. An agent who has lost a right is signed out everywhere in the same transaction, with an audit
 * entry. Nobody is made of a word that gives no right: ABSENT agent.unknown. CONFLICT agent.key
 * *ret_ended: sessions were ended. */
MUST struct err agent_store_word(const struct agent_word *w, bool *ret_ended);

/* Those signed in of whom the directory was not asked since before_s, the longest ago first; live in a. */
MUST struct err agent_store_due(struct store *s, struct arena *a, int64_t now_s, int64_t before_s, size_t max,
	struct agent **ret_v, size_t *ret_n);
/* When the directory last said anything of anybody; 0: never. */
MUST struct err agent_store_checked_s(struct store *s, int64_t *ret_s);
MUST struct err agent_store_by_key(struct store *s, struct arena *a, struct str key, struct agent *ret);
#endif
