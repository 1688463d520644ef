/* agent_desk.h - what an administrator does with agents beside printing a code and resetting factors. */
#ifndef IDP_ACCOUNT_AGENT_DESK_H
#define IDP_ACCOUNT_AGENT_DESK_H
#include "idp/account/agent.h"

struct agent_sessions { unsigned char account[ID_BYTES]; int64_t n; };
/* How many sessions each agent has that are still good; who has none is not listed. Lives in a. */
MUST struct err agent_sessions_count(struct store *s, struct arena *a, int64_t now_s, int64_t idle_s, struct agent_sessions **ret_v, size_t *ret_n);
int64_t agent_sessions_of(const struct agent_sessions *v, size_t n, const unsigned char account[ID_BYTES]);
/* Out everywhere, services told. DURABLE */
MUST struct err agent_sign_out(struct idp *idp, const unsigned char account[ID_BYTES], struct str actor, int64_t now_s);
#endif
