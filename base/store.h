/* store.h - SQL on SQLite or PostgreSQL, behind one transaction function.
 *
 * SQLite (WAL): one connection writes and checkpoints (3.40.1 has the WAL-reset bug); a leader
 * commits everybody's waiting work in one transaction (group commit), each piece inside its own
 * savepoint; read-only connections serve store_read(). PostgreSQL: a small pool of connections,
 * no state in the session, SERIALIZABLE-free short transactions, retry on 40001 and 40P01.
 * The SQL is the common dialect: $1 parameters, BIGINT, TEXT, BYTEA, ON CONFLICT, RETURNING.
 *
 * A transaction function may be run again: it writes results into `arg` only, and the caller
 * believes them only after store_tx() said NO_ERR. It may run on the thread of another caller, who
 * commits for both: it uses `arg` and `tx` only, and waits for nothing else than the store.
 * The first statement that fails dooms the transaction on both engines: what may collide is said
 * with ON CONFLICT, not by trying.
 */
#ifndef BASE_STORE_H
#define BASE_STORE_H
#include "base/arena.h"

struct store;
struct store_tx;

enum store_durability {
	QUICK,      /* survives the death of any process; a power cut may take the last moments */
	QUICK_ONE,  /* the same for one statement, which commits itself: what fn says of it takes nothing back.
	             * One round trip on PostgreSQL where QUICK needs two; a second statement is refused */
	DURABLE     /* on disk before it is acknowledged */
};

struct store_migration { int number; const char *name; const char *sql; };   /* generated from schemas/sql/ */

struct store_options {
	struct str url;             /* "sqlite:/path/file.db" or a libpq URI "postgresql://..." */
	unsigned readers;           /* read connections (SQLite) or pool size (PostgreSQL) */
	int64_t busy_ms;            /* how long a locked or full store may hold a request */
	const struct store_migration *migrations; size_t migration_n;
};

/* Opens, takes the file lock (SQLite), applies missing migrations.
 * Errors  BUSY store.locked (another daemon has the file), store.gone (cannot be reached);
 *         BROKEN store.newer (written by a newer program), store.migration, store.open */
MUST struct err store_open(const struct store_options *o, struct store **ret_store);
void store_close(struct store *s);

typedef struct err store_fn(struct store_tx *tx, void *arg);

/* Run fn in a transaction and commit. fn's own error rolls its work back and is returned.
 * Errors  fn's; CONFLICT store.constraint; BUSY store.locked, store.full, store.gone, store.busy;
 *         BROKEN store.sql, store.size (rows beyond 64 MiB), store.corrupt, store.nested (inside another),
 *         store.second (QUICK_ONE) */
MUST struct err store_tx(struct store *s, enum store_durability d, store_fn *fn, void *arg);
/* The same on a read-only snapshot; writing statements fail with BROKEN store.sql. */
MUST struct err store_read(struct store *s, store_fn *fn, void *arg);
/* For fn with one SELECT, which is its own snapshot: no transaction around it. A second is refused. */
MUST struct err store_read_one(struct store *s, store_fn *fn, void *arg);

struct store_param { enum { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BYTES } kind; int64_t i; struct str s; };
#define int_(v)    ((struct store_param){ STORE_INT, (int64_t)(v), { NULL, 0 } })
#define str_(v)    ((struct store_param){ STORE_TEXT, 0, (v) })
#define bytes_(v)  ((struct store_param){ STORE_BYTES, 0, (v) })
#define null_()    ((struct store_param){ STORE_NULL, 0, { NULL, 0 } })

enum { STORE_COLUMNS = 32 };
struct store_row {
	bool found;
	size_t n;
	struct { bool null; int64_t i; struct str s; } col[STORE_COLUMNS];   /* text and bytes live in the tx's arena: until store_tx() returns, unless arg owns an arena and copies */
};
int64_t    row_int(const struct store_row *r, size_t col);      /* 0 when null */
struct str row_str(const struct store_row *r, size_t col);      /* empty when null */
bool       row_null(const struct store_row *r, size_t col);

/* sql must be a literal (or live for ever): statements are cached by its address.
 * store_one: at most one row is used; row.found tells. store_each: fn for each row, an error of
 * fn ends the walk. store_exec: *ret_changed (may be NULL) is the number of rows changed. */
#define store_one(tx, sql, row, ...) \
	store_one_((tx), (sql), (row), STORE_PARAMS(__VA_ARGS__))
#define store_exec(tx, sql, ret_changed, ...) \
	store_exec_((tx), (sql), (ret_changed), STORE_PARAMS(__VA_ARGS__))
#define store_each(tx, sql, fn, arg, ...) \
	store_each_((tx), (sql), (fn), (arg), STORE_PARAMS(__VA_ARGS__))
#define STORE_PARAMS(...) \
	(const struct store_param[]){ __VA_ARGS__ __VA_OPT__(,) { STORE_NULL, 0, { NULL, 0 } } }, \
	sizeof((const struct store_param[]){ __VA_ARGS__ __VA_OPT__(,) { STORE_NULL, 0, { NULL, 0 } } }) / sizeof(struct store_param) - 1

typedef struct err store_row_fn(const struct store_row *row, void *arg);
MUST struct err store_one_(struct store_tx *tx, const char *sql, struct store_row *ret_row, const struct store_param *p, size_t n);
MUST struct err store_exec_(struct store_tx *tx, const char *sql, int64_t *ret_changed, const struct store_param *p, size_t n);
MUST struct err store_each_(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg, const struct store_param *p, size_t n);

/* Is it there and does it answer? For /health. BUSY store.gone ... */
MUST struct err store_check(struct store *s);
/* Integrity as the engine sees it (PRAGMA integrity_check; a read of each table on PostgreSQL).
 * *ret_report lives in a: "ok", or what was found when the answer is BROKEN store.corrupt. */
MUST struct err store_verify(struct store *s, struct arena *a, struct str *ret_report);

/* Expiry: rows of these tables go when their column is before now, in batches. Run by the
 * engine's housekeeping thread and by `guichetctl db purge`. *ret_removed may be NULL. */
struct store_expiry { const char *table, *key, *column; };   /* literals from our own code; key may be "a, b" */
MUST struct err store_purge(struct store *s, const struct store_expiry *e, size_t n, int64_t now_s, int64_t *ret_removed);
#endif
