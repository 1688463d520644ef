/* factor_enrol.c - the beginning and the end of somebody's factors: the printed code, the reset, and the
 * sessions that they opened. */
#include "idp/account/factor.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"
#include "base/ct.h"

enum { TRIES_MAX = 10, SESSIONS_MAX = 20 };

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))

struct check { const struct factor_act *act; const unsigned char *hash; bool found, right; };

static MUST struct err look_tx(struct store_tx *tx, void *arg)
{
	struct check *c = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT code_hash FROM enrolment WHERE account = $1 AND expires_s > $2 AND tries < $3", &row,
		ID(c->act->account), int_(c->act->now_s), int_(TRIES_MAX)));
	c->found = row.found;
	c->right = row.found && ct_str_equal(row_str(&row, 0), (struct str){ (const char *)c->hash, FACTOR_HASH });
	return NO_ERR;
}

static MUST struct err wrong_tx(struct store_tx *tx, void *arg)
{
	const struct check *c = arg;

	return store_exec(tx, "UPDATE enrolment SET tries = tries + 1 WHERE account = $1", NULL, ID(c->act->account));
}

struct err enrolment_check(const struct factor_act *act, const unsigned char hash[FACTOR_HASH])
{
	struct check c = { act, hash, false, false };

	TRY(store_read(act->idp->store, look_tx, &c));
	ENSURE(c.found, DENIED, "factor.enrol.none");
	if (!c.right)
		TRY(store_tx(act->idp->store, QUICK, wrong_tx, &c));
	ENSURE(c.right, DENIED, "factor.enrol.wrong");
	return NO_ERR;
}

struct err factor_forget_tx(struct store_tx *tx, const unsigned char account[ID_BYTES])
{
	TRY(store_exec(tx, "DELETE FROM factor WHERE account = $1", NULL, ID(account)));
	TRY(store_exec(tx, "DELETE FROM recovery_code WHERE account = $1", NULL, ID(account)));
	return store_exec(tx, "DELETE FROM enrolment WHERE account = $1", NULL, ID(account));
}

struct reset { struct idp *idp; const unsigned char *account; struct str actor; int64_t now_s; };

static MUST struct err reset_tx(struct store_tx *tx, void *arg)
{
	const struct reset *r = arg;
	int64_t sessions;

	TRY(factor_forget_tx(tx, r->account));
	TRY(logout_account_tx(tx, r->idp, r->account, r->now_s, &sessions));
	return audit_add_tx(tx, r->idp->audit, &(struct audit_entry){ .event = "factor.reset", .actor_text = r->actor,
		.account = r->account, .now_s = r->now_s });
}

struct err factor_reset(struct idp *idp, const unsigned char account[ID_BYTES], struct str actor, int64_t now_s)
{
	struct reset r = { idp, account, actor, now_s };

	return store_tx(idp->store, DURABLE, reset_tx, &r);
}

struct sessions { struct arena *a; const unsigned char *account; int64_t now_s; struct factor_session *v; size_t n; };

static MUST struct err session_row(const struct store_row *row, void *arg)
{
	struct sessions *s = arg;

	if (s->n == SESSIONS_MAX || row_str(row, 0).n != ID_BYTES)
		return NO_ERR;
	memcpy(s->v[s->n].id, row_str(row, 0).p, ID_BYTES);
	s->v[s->n].created_s = row_int(row, 1);
	s->v[s->n++].last_seen_s = row_int(row, 2);
	return NO_ERR;
}

static MUST struct err sessions_tx(struct store_tx *tx, void *arg)
{
	struct sessions *s = arg;

	s->n = 0;
	return store_each(tx, "SELECT id, created_s, last_seen_s FROM session WHERE account = $1 AND ends_s > $2 ORDER BY last_seen_s DESC",
		session_row, s, ID(s->account), int_(s->now_s));
}

struct err factor_sessions(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], int64_t now_s,
	struct factor_session **ret_v, size_t *ret_n)
{
	struct sessions l = { a, account, now_s, arena_array(a, struct factor_session, SESSIONS_MAX), 0 };

	TRY(store_read(s, sessions_tx, &l));
	*ret_v = l.v;
	*ret_n = l.n;
	return NO_ERR;
}
