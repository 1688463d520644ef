/* state.h - how the house stands, for guichetctl status and for its page. */
#ifndef IDP_ADMIN_STATE_H
#define IDP_ADMIN_STATE_H
#include "idp/idp.h"

struct house_state {
	bool store_up;
	int64_t keys, partners;        /* keys 0: the signer has not answered */
	int64_t directory_s;           /* when the directory was last reached; 0: not since the start, or there is none */
	int64_t sessions, agent_sessions, waiting;    /* of the store; 0 when it is down */
	int64_t sealed_s;              /* how far the audit's chain reaches; 0: nowhere yet */
};
void house_state(struct idp *idp, struct arena *a, int64_t now_s, struct house_state *ret);
#endif
