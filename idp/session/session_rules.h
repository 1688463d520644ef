/* session_rules.h - when a session has ended, from facts and now. */
#ifndef IDP_SESSION_SESSION_RULES_H
#define IDP_SESSION_SESSION_RULES_H
#include <stdbool.h>
#include <stdint.h>

static inline bool session_is_over(int64_t last_seen_s, int64_t ends_s, int64_t idle_s, int64_t now_s)
{
	return now_s >= ends_s || now_s - last_seen_s >= idle_s;
}
#endif
