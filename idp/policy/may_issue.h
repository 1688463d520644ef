/* may_issue.h - the one place that knows whether something may be issued to a partner about a person.
 *
 * Every protocol asks here before it writes a code, a token or an assertion, and again when a code
 * or a refresh token is redeemed. A pure decision over facts; the caller loads them.
 */
#ifndef IDP_POLICY_MAY_ISSUE_H
#define IDP_POLICY_MAY_ISSUE_H
#include "idp/policy/partner.h"

enum policy_answer {
	POLICY_REFUSE = 0,     /* and nothing the person can do now changes it */
	POLICY_SIGN_IN,        /* a factor must be proven (again) */
	POLICY_NOTICE,         /* show what the service receives */
	POLICY_CONSENT,        /* ask */
	POLICY_ISSUE
};

struct policy_ask {
	const struct partner *partner;      /* NULL: gone */
	/* the person */
	bool agent;                         /* of the directory */
	unsigned roles;                     /* of an agent, in the partner's sector: bits of enum agent_role */
	bool session_live, account_active;
	int64_t auth_time_s;
	struct str acr;
	/* what is to be released, and what of it was shown or allowed before */
	struct str names, noticed;
	bool was_noticed;
	/* what the partner wishes */
	bool wants_login, wants_consent;
	int64_t max_age_s;                  /* -1: none */
	struct str acr_values;
	int64_t asked_at_s;                 /* a factor proven since then answers wants_login and max_age */
	bool answered;                      /* the citizen has just answered the page about these names */
	/* redemption of what was already decided: wishes and notice are not asked again */
	bool redeeming, offline;
	int64_t now_s;
};

struct policy_verdict { enum policy_answer answer; const char *slug; };
struct policy_verdict policy_may_issue(const struct policy_ask *ask);
#endif
