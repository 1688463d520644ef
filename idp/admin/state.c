/* state.c - see state.h. */
#include "idp/admin/state.h"
#include "idp/account/agent.h"
#include "idp/audit/audit_chain.h"
#include "idp/policy/partner.h"

struct counts { int64_t now_s; struct house_state *h; };

static MUST struct err count_tx(struct store_tx *tx, void *arg)
{
	struct counts *c = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT (SELECT COUNT(*) FROM session WHERE ends_s > $1), (SELECT COUNT(*) FROM session s JOIN agent g ON g.account = s.account"
		" WHERE s.ends_s > $1), (SELECT COUNT(*) FROM logout_queue WHERE expires_s > $1)", &row, int_(c->now_s)));
	c->h->sessions = row_int(&row, 0);
	c->h->agent_sessions = row_int(&row, 1);
	c->h->waiting = row_int(&row, 2);
	return NO_ERR;
}

void house_state(struct idp *idp, struct arena *a, int64_t now_s, struct house_state *ret)
{
	struct counts c = { now_s, ret };
	size_t partners = 0;

	*ret = (struct house_state){ .keys = (int64_t)idp_keys(idp)->keys.n, .directory_s = idp->set.directory ? agent_directory_reached_s(idp) : 0 };
	(void)partner_list(idp->registry, a, &partners);
	ret->partners = (int64_t)partners;
	ret->store_up = !failed(store_read(idp->store, count_tx, &c)) && !failed(audit_sealed_s(idp->store, a, &ret->sealed_s));
}
