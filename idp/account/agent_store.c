/* agent_store.c - agents as rows: what the directory said of them last. */
#include "idp/account/agent_store.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"
#include "base/ct.h"

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))
#define COLUMNS "g.account, g.key, g.login, g.name, g.rights, g.checked_s, (SELECT COUNT(*) FROM factor f WHERE f.account = g.account)"

/* ---- reading ---- */

static void agent_read(struct arena *a, const struct store_row *row, struct agent *ret)
{
	struct str id = row_str(row, 0);

	memset(ret, 0, sizeof *ret);
	if (id.n == ID_BYTES)
		memcpy(ret->account, id.p, ID_BYTES);
	ret->key = arena_dup(a, row_str(row, 1));
	ret->login = arena_dup(a, row_str(row, 2));
	ret->name = arena_dup(a, row_str(row, 3));
	rights_parse(a, row_str(row, 4), &ret->rights);
	ret->checked_s = row_int(row, 5);
	ret->enrolled = row_int(row, 6) > 0;
}

struct find { struct arena *a; const char *sql; struct store_param by; struct agent *ret; };

static MUST struct err find_tx(struct store_tx *tx, void *arg)
{
	struct find *f = arg;
	struct store_row row;

	TRY(store_one(tx, f->sql, &row, f->by));
	ENSURE(row.found, ABSENT, "agent.unknown");
	agent_read(f->a, &row, f->ret);
	return NO_ERR;
}

struct err agent_load(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], struct agent *ret)
{
	return store_read(s, find_tx, &(struct find){ a, "SELECT " COLUMNS " FROM agent g WHERE g.account = $1", ID(account), ret });
}

struct err agent_store_by_key(struct store *s, struct arena *a, struct str key, struct agent *ret)
{
	return store_read(s, find_tx, &(struct find){ a, "SELECT " COLUMNS " FROM agent g WHERE g.key = $1", str_(key), ret });
}

/* A login that has passed to somebody else is that of whom the directory spoke last. */
struct err agent_find(struct store *s, struct arena *a, struct str login, struct agent *ret)
{
	static const char sql[] = "SELECT " COLUMNS " FROM agent g WHERE g.login = $1 ORDER BY g.checked_s DESC, g.key LIMIT 1";

	return store_read(s, find_tx, &(struct find){ a, sql, str_(agent_login_normalise(a, login)), ret });
}

struct list { struct arena *a; int64_t now_s, before_s; struct agent *v; size_t n, max; };

static MUST struct err list_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;

	if (l->n < l->max)
		agent_read(l->a, row, &l->v[l->n++]);
	return NO_ERR;
}

static MUST struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;

	l->n = 0;
	return store_each(tx, "SELECT " COLUMNS " FROM agent g ORDER BY g.login, g.key LIMIT $1", list_row, l, int_(l->max));
}

struct err agent_list(struct store *s, struct arena *a, size_t max, struct agent **ret_v, size_t *ret_n)
{
	struct list l = { .a = a, .v = arena_array(a, struct agent, max), .max = max };

	TRY(store_read(s, list_tx, &l));
	*ret_v = l.v;
	*ret_n = l.n;
	return NO_ERR;
}

static MUST struct err due_tx(struct store_tx *tx, void *arg)
{
	/* Also those who have not been here for a while: services that they have gone on to still know them. */
	static const char sql[] = "SELECT " COLUMNS " FROM agent g WHERE g.checked_s <= $2 AND EXISTS"
		" (SELECT 1 FROM session s WHERE s.account = g.account AND s.ends_s > $1) ORDER BY g.checked_s LIMIT $3";
	struct list *l = arg;

	l->n = 0;
	return store_each(tx, sql, list_row, l, int_(l->now_s), int_(l->before_s), int_(l->max));
}

struct err agent_store_due(struct store *s, struct arena *a, int64_t now_s, int64_t before_s, size_t max,
	struct agent **ret_v, size_t *ret_n)
{
	struct list l = { .a = a, .now_s = now_s, .before_s = before_s, .v = arena_array(a, struct agent, max), .max = max };

	TRY(store_read(s, due_tx, &l));
	*ret_v = l.v;
	*ret_n = l.n;
	return NO_ERR;
}

static MUST struct err checked_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT MAX(checked_s) FROM agent", &row));
	*(int64_t *)arg = row.found ? row_int(&row, 0) : 0;
	return NO_ERR;
}

struct err agent_store_checked_s(struct store *s, int64_t *ret_s)
{
	return store_read(s, checked_tx, ret_s);
}

/* ---- writing ---- */

struct write {
	const struct agent_word *w;
	struct arena *a;
	struct rights gives;
	unsigned char fresh[ID_BYTES];  /* the account's id, if one has to be made */
	bool touched, ended;
};

static MUST struct err add_tx(struct store_tx *tx, struct write *t)
{
	const struct agent_word *w = t->w;
	int64_t changed = 0;

	ENSURE(w->rights.n, ABSENT, "agent.unknown");
	/* The key first: its index decides between two sign-ins of one agent. */
	TRY(store_exec(tx, "INSERT INTO agent (account, key, login, name, rights, checked_s) VALUES ($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT DO NOTHING", &changed, ID(t->fresh), str_(w->key), str_(w->login), str_(w->name), str_(w->rights), int_(w->now_s)));
	ENSURE(changed == 1, CONFLICT, "agent.key");
	TRY(store_exec(tx, "INSERT INTO account (id, state, given_name, family_name, created_s, changed_s, kind)"
		" VALUES ($1, 'active', '', $2, $3, $3, 'agent')", NULL, ID(t->fresh), str_(w->name), int_(w->now_s)));
	return audit_add_tx(tx, w->idp->audit, &(struct audit_entry){ .event = "agent.add", .actor_text = w->actor,
		.account = t->fresh, .now_s = w->now_s });
}

static MUST struct err end_tx(struct store_tx *tx, struct write *t, const struct agent *g)
{
	int64_t sessions = 0;

	TRY(logout_account_tx(tx, t->w->idp, g->account, t->w->now_s, &sessions));
	t->ended = sessions > 0;
	return audit_add_tx(tx, t->w->idp->audit, &(struct audit_entry){ .event = sessions ? "agent.ended" : "agent.less",
		.reason = t->w->reason, .actor_text = t->w->actor, .account = g->account, .now_s = t->w->now_s });
}

static MUST struct err update_tx(struct store_tx *tx, struct write *t, const struct agent *g)
{
	const struct agent_word *w = t->w;
	struct str login = w->login.n ? w->login : g->login, name = w->name.n ? w->name : g->name;

	TRY(store_exec(tx, "UPDATE agent SET login = $2, name = $3, rights = $4, checked_s = $5 WHERE account = $1", NULL,
		ID(g->account), str_(login), str_(name), str_(w->rights), int_(w->now_s)));
	if (!str_eq(name, g->name))
		TRY(store_exec(tx, "UPDATE account SET family_name = $2, changed_s = $3 WHERE id = $1", NULL, ID(g->account), str_(name), int_(w->now_s)));
	if (!rights_hold_all(&t->gives, &g->rights))
		return end_tx(tx, t, g);
	return rights_hold_all(&g->rights, &t->gives) ? NO_ERR
		: audit_add_tx(tx, w->idp->audit, &(struct audit_entry){ .event = "agent.more", .actor_text = w->actor,
			.account = g->account, .now_s = w->now_s });
}

static MUST struct err write_tx(struct store_tx *tx, void *arg)
{
	struct write *t = arg;
	struct store_row row;
	struct agent g;

	t->ended = false;
	TRY(store_one(tx, "SELECT " COLUMNS " FROM agent g WHERE g.key = $1", &row, str_(t->w->key)));
	if (!row.found)
		return add_tx(tx, t);
	agent_read(t->a, &row, &g);
	return update_tx(tx, t, &g);
}

/* Nothing new but the hour: no word to wait for the disk with. */
static MUST struct err touch_tx(struct store_tx *tx, void *arg)
{
	struct write *t = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE agent SET checked_s = $5 WHERE key = $1 AND login = $2 AND name = $3 AND rights = $4", &changed,
		str_(t->w->key), str_(t->w->login), str_(t->w->name), str_(t->w->rights), int_(t->w->now_s)));
	t->touched = changed == 1;
	return NO_ERR;
}

struct err agent_store_word(const struct agent_word *w, bool *ret_ended)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct write t = { .w = w, .a = a };

	random_bytes(t.fresh, sizeof t.fresh);
	rights_parse(a, w->rights, &t.gives);
	TRY(store_tx(w->idp->store, QUICK, touch_tx, &t));
	if (!t.touched)
		TRY(store_tx(w->idp->store, DURABLE, write_tx, &t));
	*ret_ended = t.ended;
	return NO_ERR;
}
