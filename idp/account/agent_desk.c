/* agent_desk.c - see agent_desk.h. */
#include "idp/account/agent_desk.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"

enum { COUNTED_MAX = 2048 };
struct count { struct arena *a; int64_t now_s, idle_s; struct agent_sessions *v; size_t n; };

static MUST struct err count_row(const struct store_row *row, void *arg)
{
	struct count *c = arg;

	if (c->n == COUNTED_MAX || row_str(row, 0).n != ID_BYTES)
		return NO_ERR;
	memcpy(c->v[c->n].account, row_str(row, 0).p, ID_BYTES);
	c->v[c->n++].n = row_int(row, 1);
	return NO_ERR;
}

static MUST struct err count_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;

	c->n = 0;
	return store_each(tx, "SELECT s.account, COUNT(*) FROM session s JOIN agent g ON g.account = s.account"
		" WHERE s.ends_s > $1 AND s.last_seen_s > $2 GROUP BY s.account", count_row, c, int_(c->now_s), int_(c->now_s - c->idle_s));
}

struct err agent_sessions_count(struct store *s, struct arena *a, int64_t now_s, int64_t idle_s, struct agent_sessions **ret_v, size_t *ret_n)
{
	struct count c = { a, now_s, idle_s, arena_array(a, struct agent_sessions, COUNTED_MAX), 0 };

	TRY(store_read(s, count_tx, &c));
	*ret_v = c.v;
	*ret_n = c.n;
	return NO_ERR;
}

int64_t agent_sessions_of(const struct agent_sessions *v, size_t n, const unsigned char account[ID_BYTES])
{
	struct str wanted = { (const char *)account, ID_BYTES };

	for (size_t i = 0; i < n; i++)
		if (str_eq((struct str){ (const char *)v[i].account, ID_BYTES }, wanted))
			return v[i].n;
	return 0;
}

struct sign_out { struct idp *idp; const unsigned char *account; struct str actor; int64_t now_s; };

static MUST struct err sign_out_tx(struct store_tx *tx, void *arg)
{
	const struct sign_out *s = arg;
	int64_t sessions;

	TRY(logout_account_tx(tx, s->idp, s->account, s->now_s, &sessions));
	return audit_add_tx(tx, s->idp->audit, &(struct audit_entry){ .event = "agent.sign_out", .account = s->account,
		.actor_text = s->actor, .now_s = s->now_s });
}

struct err agent_sign_out(struct idp *idp, const unsigned char account[ID_BYTES], struct str actor, int64_t now_s)
{
	struct sign_out s = { idp, account, actor, now_s };

	return store_tx(idp->store, DURABLE, sign_out_tx, &s);
}
