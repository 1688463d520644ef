/* may_issue.c - see may_issue.h. The order of the questions is the policy. */
#include "idp/policy/may_issue.h"
#include "wire/oidc/oidc.h"

#define SAY(a, s) ((struct policy_verdict){ (a), (s) })

/* f1 < f2. The eidas words name identity by a notified means; none is offered here, so all stand above. */
static int acr_rank(struct str acr)
{
	if (str_eq_c(acr, "f1"))
		return 1;
	if (str_eq_c(acr, "f2"))
		return 2;
	return str_starts(acr, STR("eidas")) && acr.n == 6 ? 3 : 0;
}

/* acr_values is a list of wishes: it is unmet only when every word is one of ours and above. */
static bool acr_unmet(struct str values, struct str acr)
{
	struct str word;
	bool any = false;

	while (str_split(&values, ' ', &word)) {
		int rank = acr_rank(word);

		if (!word.n)
			continue;
		if (rank <= acr_rank(acr))
			return false;
		any = true;
	}
	return any;
}

/* What a person of this kind can prove at most: agents have a second factor. */
static struct str acr_best(const struct partner *p)
{
	return p->agents ? STR("f2") : STR("f1");
}

static bool acr_is_low(const struct policy_ask *k)
{
	return acr_rank(k->partner->acr_min) > acr_rank(k->acr) || (k->partner->agents && acr_rank(k->acr) < acr_rank(STR("f2")))
		|| acr_unmet(k->acr_values, k->acr);
}

/* A citizen is nobody to agents' partners, an agent nobody to the others, nor to a service that gives them nothing to do. */
static const char *stranger(const struct policy_ask *k)
{
	if (k->agent != k->partner->agents)
		return "policy.people";
	return k->partner->agents && !k->roles ? "policy.role" : NULL;
}

static struct policy_verdict redeem(const struct policy_ask *k)
{
	if (!k->account_active)
		return SAY(POLICY_REFUSE, "policy.account");
	/* What an agent may do ends with the session, whatever was asked for. */
	if (!k->session_live && (!k->offline || k->agent))
		return SAY(POLICY_REFUSE, "policy.session");
	if (stranger(k))
		return SAY(POLICY_REFUSE, stranger(k));
	return SAY(POLICY_ISSUE, NULL);
}

static bool factor_is_old(const struct policy_ask *k)
{
	if (k->auth_time_s >= k->asked_at_s)
		return false;
	/* max_age=0 asks for a factor now, as prompt=login does (OIDC Core 3.1.2.1). */
	return k->wants_login || k->max_age_s == 0 || (k->max_age_s > 0 && k->now_s - k->auth_time_s > k->max_age_s);
}

static struct policy_verdict notice(const struct policy_ask *k)
{
	bool known = k->was_noticed && oidc_words_within(k->names, k->noticed);

	/* Agents hear from their employer what their tools know of them. */
	if (k->answered || k->agent)
		return SAY(POLICY_ISSUE, NULL);
	if (k->wants_consent)
		return SAY(POLICY_CONSENT, "policy.consent");
	if (k->partner->release == RELEASE_NONE || known)
		return SAY(POLICY_ISSUE, NULL);
	return k->partner->release == RELEASE_CONSENT ? SAY(POLICY_CONSENT, "policy.consent") : SAY(POLICY_NOTICE, "policy.notice");
}

struct policy_verdict policy_may_issue(const struct policy_ask *k)
{
	if (!k->partner || !k->partner->enabled)
		return SAY(POLICY_REFUSE, "policy.partner");
	if (k->redeeming)
		return redeem(k);
	if (acr_unmet(k->acr_values, acr_best(k->partner)) || acr_rank(k->partner->acr_min) > acr_rank(acr_best(k->partner)))
		return SAY(POLICY_REFUSE, "policy.acr");
	if (!k->session_live || !k->account_active)
		return SAY(POLICY_SIGN_IN, "policy.session");
	if (stranger(k))
		return SAY(POLICY_REFUSE, stranger(k));
	if (acr_is_low(k))
		return SAY(POLICY_SIGN_IN, "policy.acr");
	if (factor_is_old(k))
		return SAY(POLICY_SIGN_IN, "policy.factor_age");
	return notice(k);
}
