/* store_impl.h - what the common half of the store and its two engines share; nobody else includes it.
 *
 * store.c knows transactions and rows; an engine (store_sqlite.c, store_pg.c) knows connections and
 * gives the few functions of struct store_engine.
 */
#ifndef BASE_STORE_IMPL_H
#define BASE_STORE_IMPL_H
#include "base/store.h"

enum {
	STORE_PARAM_MAX   = 32,
	STORE_ARENA_BYTES = 64 << 20,   /* what the rows of one transaction may hold */
	STORE_SLOTS       = 256,        /* statements cached by connection */
	STORE_PROBES      = 32,         /* where a statement is looked for */
	STORE_BATCH_ROWS  = 500         /* rows that a purge removes in one transaction */
};

/* One statement on its way through an engine. */
struct store_call {
	const char *sql;
	const struct store_param *p; size_t n;
	struct store_row *row;      /* where each row is put; NULL: rows are not looked at */
	store_row_fn *fn; void *arg;/* for each row; NULL: the first row is enough */
	bool once;                  /* sql is not a literal: not cached */
	int64_t changed;            /* out: rows changed */
	struct err stopped;         /* out: what fn said */
};

struct store_engine {
	struct err (*tx)(struct store *s, enum store_durability d, store_fn *fn, void *arg);
	struct err (*read)(struct store *s, bool one, store_fn *fn, void *arg);
	struct err (*query)(struct store_tx *tx, struct store_call *call);
	struct err (*verify)(struct store *s, struct arena *a, struct str *ret_report);
	/* First statement of a migration: keeps other programs of this database out. NULL: none. */
	const char *migration_lock;
	void (*close)(struct store *s);
};

struct store {
	const struct store_engine *engine;
	struct store_options o;
};

struct store_tx {
	struct store *store;
	struct arena *arena;
	/* The first statement that failed dooms the transaction, on both engines alike: PostgreSQL
	 * would refuse everything after it, so SQLite must not go on either. */
	struct err doom;
	bool reading;
	bool one, spent;            /* a single statement, and it was run */
};

typedef struct err store_tx_runner(struct store *s, enum store_durability d, store_fn *fn, void *arg);

MUST struct err store_sqlite_open(const struct store_options *o, struct str path, struct store **ret_store);
MUST struct err store_pg_open(const struct store_options *o, struct store **ret_store);

/* Run fn on this thread: refuses nesting, and gives the doom when fn forgot it. */
MUST struct err store_fn_run(struct store_tx *tx, store_fn *fn, void *arg);
/* Apply what is missing, each migration in a transaction of its own, run by `run`. */
MUST struct err store_migrate(struct store *s, store_tx_runner *run);
/* A statement that is not a literal: never cached. */
MUST struct err store_once(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg,
	const struct store_param *p, size_t n, int64_t *ret_changed);
/* The engine's own words for a statement that is our fault; the slug cannot carry them. */
void store_log_broken(const char *message, const char *sql);
#endif
