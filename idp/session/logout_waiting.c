/* logout_waiting.c - see logout_waiting.h. */
#include "idp/session/logout_waiting.h"
#include "idp/audit/audit.h"

const char *const logout_drop_words[LOGOUT_DROP_COUNT] = { "closed", "told", "other" };
static const char *const drop_events[LOGOUT_DROP_COUNT] = { "logout.drop.closed", "logout.drop.told", "logout.drop.other" };

struct list { struct arena *a; int64_t now_s; struct logout_waiting *v; size_t n, max; int64_t total; };

static struct err list_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;
	struct logout_waiting *w;

	if (l->n == l->max || row_str(row, 0).n != ID_BYTES)
		return NO_ERR;
	w = &l->v[l->n++];
	memcpy(w->id, row_str(row, 0).p, ID_BYTES);
	w->client_id = arena_dup(l->a, row_str(row, 1));
	w->protocol = arena_dup(l->a, row_str(row, 2));
	w->created_s = row_int(row, 3);
	w->attempts = row_int(row, 4);
	w->next_s = row_int(row, 5);
	w->expires_s = row_int(row, 6);
	return NO_ERR;
}

static MUST struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;
	struct store_row row;

	l->n = 0;
	TRY(store_each(tx, "SELECT id, client_id, protocol, created_s, attempts, next_s, expires_s FROM logout_queue WHERE expires_s > $1"
		" ORDER BY created_s, id LIMIT $2", list_row, l, int_(l->now_s), int_(l->max)));
	TRY(store_one(tx, "SELECT COUNT(*) FROM logout_queue WHERE expires_s > $1", &row, int_(l->now_s)));
	l->total = row_int(&row, 0);
	return NO_ERR;
}

struct err logout_waiting_list(struct store *s, struct arena *a, int64_t now_s, size_t max, struct logout_waiting **ret_v, size_t *ret_n,
	int64_t *ret_total)
{
	struct list l = { a, now_s, arena_array(a, struct logout_waiting, max + 1), 0, max, 0 };

	TRY(store_read(s, list_tx, &l));
	*ret_v = l.v;
	*ret_n = l.n;
	*ret_total = l.total;
	return NO_ERR;
}

struct load { const unsigned char *id; struct list list; };

static MUST struct err load_tx(struct store_tx *tx, void *arg)
{
	struct load *l = arg;

	l->list.n = 0;
	return store_each(tx, "SELECT id, client_id, protocol, created_s, attempts, next_s, expires_s FROM logout_queue WHERE id = $1",
		list_row, &l->list, bytes_(((struct str){ (const char *)l->id, ID_BYTES })));
}

struct err logout_waiting_load(struct store *s, struct arena *a, const unsigned char id[ID_BYTES], struct logout_waiting *ret)
{
	struct load l = { id, { .a = a, .v = ret, .max = 1 } };

	TRY(store_read(s, load_tx, &l));
	ENSURE(l.list.n == 1, ABSENT, "logout.waiting");
	return NO_ERR;
}

struct act { struct idp *idp; const unsigned char *id; const char *event; bool drop; struct str actor; int64_t now_s; };

static MUST struct err act_tx(struct store_tx *tx, void *arg)
{
	const struct act *t = arg;
	struct store_param id = bytes_(((struct str){ (const char *)t->id, ID_BYTES }));
	struct store_row row;

	if (t->drop)
		TRY(store_one(tx, "DELETE FROM logout_queue WHERE id = $1 RETURNING client_id", &row, id));
	else
		TRY(store_one(tx, "UPDATE logout_queue SET next_s = $2 WHERE id = $1 RETURNING client_id", &row, id, int_(t->now_s)));
	ENSURE(row.found, ABSENT, "logout.waiting");
	return audit_add_tx(tx, t->idp->audit, &(struct audit_entry){ .event = t->event, .client_id = row_str(&row, 0),
		.actor_text = t->actor, .now_s = t->now_s });
}

struct err logout_waiting_hurry(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s)
{
	struct act t = { idp, id, "logout.hurry", false, actor, now_s };

	return store_tx(idp->store, DURABLE, act_tx, &t);
}

struct err logout_waiting_drop(struct idp *idp, const unsigned char id[ID_BYTES], struct str word, struct str actor, int64_t now_s)
{
	struct act t = { idp, id, NULL, true, actor, now_s };

	for (size_t i = 0; i < LOGOUT_DROP_COUNT; i++)
		if (str_eq_c(word, logout_drop_words[i]))
			t.event = drop_events[i];
	ENSURE(t.event, MALFORMED, "logout.drop");
	return store_tx(idp->store, DURABLE, act_tx, &t);
}
