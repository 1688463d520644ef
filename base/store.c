/* store.c - what both engines of the store have in common: transactions, rows, expiry.
 * Knows no database; see store_impl.h for what an engine gives.
 */
#include "base/store_impl.h"
#include <stdio.h>
#include "base/log.h"

/* A transaction inside another would wait for itself. */
static _Thread_local bool inside_fn;

struct err store_open(const struct store_options *o, struct store **ret_store)
{
	static const struct str sqlite = STR_INIT("sqlite:");

	if (str_starts(o->url, sqlite))
		return store_sqlite_open(o, str_slice(o->url, sqlite.n, o->url.n), ret_store);
	if (str_starts(o->url, STR("postgresql")) || str_starts(o->url, STR("postgres:")))
		return store_pg_open(o, ret_store);
	return err_of(BROKEN, "store.open");
}

void store_close(struct store *s)
{
	if (s)
		s->engine->close(s);
}

struct err store_tx(struct store *s, enum store_durability d, store_fn *fn, void *arg)
{
	ENSURE(!inside_fn, BROKEN, "store.nested");
	return s->engine->tx(s, d, fn, arg);
}

struct err store_read(struct store *s, store_fn *fn, void *arg)
{
	ENSURE(!inside_fn, BROKEN, "store.nested");
	return s->engine->read(s, false, fn, arg);
}

struct err store_read_one(struct store *s, store_fn *fn, void *arg)
{
	ENSURE(!inside_fn, BROKEN, "store.nested");
	return s->engine->read(s, true, fn, arg);
}

struct err store_fn_run(struct store_tx *tx, store_fn *fn, void *arg)
{
	struct err e;

	tx->doom = NO_ERR;
	tx->spent = false;
	inside_fn = true;
	e = fn(tx, arg);
	inside_fn = false;
	return failed(e) ? e : tx->doom;
}

void store_log_broken(const char *message, const char *sql)
{
	log_line("store.broken", log_c("message", message), log_c("sql", sql));
}

static struct err call_run(struct store_tx *tx, struct store_call *call)
{
	TRY(tx->doom);
	if (tx->one && tx->spent)
		tx->doom = err_of(BROKEN, "store.second");
	/* Outside of a read-only transaction PostgreSQL would let it write. */
	else if (call->n > STORE_PARAM_MAX || (tx->one && tx->reading && !str_starts(str_from_c(call->sql), STR("SELECT "))))
		tx->doom = err_of(BROKEN, "store.sql");
	else
		tx->doom = tx->store->engine->query(tx, call);
	tx->spent = true;
	return tx->doom;
}

struct err store_one_(struct store_tx *tx, const char *sql, struct store_row *ret_row, const struct store_param *p, size_t n)
{
	struct store_call call = { .sql = sql, .p = p, .n = n, .row = ret_row };

	ret_row->found = false;
	ret_row->n = 0;
	return call_run(tx, &call);
}

struct err store_exec_(struct store_tx *tx, const char *sql, int64_t *ret_changed, const struct store_param *p, size_t n)
{
	struct store_call call = { .sql = sql, .p = p, .n = n };

	TRY(call_run(tx, &call));
	if (ret_changed)
		*ret_changed = call.changed;
	return NO_ERR;
}

static struct err each(struct store_tx *tx, struct store_call *call)
{
	struct store_row row;

	row.found = false;
	row.n = 0;
	if (call->fn)
		call->row = &row;
	TRY(call_run(tx, call));
	return call->stopped;
}

struct err store_each_(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg, const struct store_param *p, size_t n)
{
	struct store_call call = { .sql = sql, .p = p, .n = n, .fn = fn, .arg = arg };

	return each(tx, &call);
}

struct err store_once(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg,
	const struct store_param *p, size_t n, int64_t *ret_changed)
{
	struct store_call call = { .sql = sql, .p = p, .n = n, .fn = fn, .arg = arg, .once = true };

	TRY(each(tx, &call));
	if (ret_changed)
		*ret_changed = call.changed;
	return NO_ERR;
}

int64_t row_int(const struct store_row *r, size_t col)
{
	return col < r->n && !r->col[col].null ? r->col[col].i : 0;
}

struct str row_str(const struct store_row *r, size_t col)
{
	return col < r->n && !r->col[col].null ? r->col[col].s : STR_NONE;
}

bool row_null(const struct store_row *r, size_t col)
{
	return col >= r->n || r->col[col].null;
}

static struct err check_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	return store_one(tx, "SELECT 1", &row);
}

struct err store_check(struct store *s)
{
	return store_read_one(s, check_tx, NULL);
}

struct err store_verify(struct store *s, struct arena *a, struct str *ret_report)
{
	ENSURE(!inside_fn, BROKEN, "store.nested");
	return s->engine->verify(s, a, ret_report);
}

struct purge { const char *sql; int64_t now_s, removed; };

static struct err purge_tx(struct store_tx *tx, void *arg)
{
	struct purge *p = arg;
	const struct store_param now = int_(p->now_s);

	return store_once(tx, p->sql, NULL, NULL, &now, 1, &p->removed);
}

/* In batches, so that the sign-ins of this very moment never wait behind a big one. */
static struct err purge_table(struct store *s, const struct store_expiry *e, int64_t now_s, int64_t *removed)
{
	char sql[512];
	struct purge p = { sql, now_s, 0 };
	int n = snprintf(sql, sizeof sql,
		"DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s < $1 LIMIT %d) AND %s < $1",
		e->table, e->key, e->key, e->table, e->column, STORE_BATCH_ROWS, e->column);

	ENSURE(n > 0 && (size_t)n < sizeof sql, BROKEN, "store.sql");
	do {
		TRY(store_tx(s, QUICK, purge_tx, &p));
		*removed += p.removed;
	} while (p.removed >= STORE_BATCH_ROWS);
	return NO_ERR;
}

struct err store_purge(struct store *s, const struct store_expiry *e, size_t n, int64_t now_s, int64_t *ret_removed)
{
	int64_t removed = 0;

	for (size_t i = 0; i < n; i++)
		TRY(purge_table(s, &e[i], now_s, &removed));
	if (ret_removed)
		*ret_removed = removed;
	return NO_ERR;
}
