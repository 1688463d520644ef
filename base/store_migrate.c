/* store_migrate.c - brings a database to what this program knows, one numbered file at a time.
 *
 * Each migration is one transaction that looks first what is there, so that several engines may
 * start together on one PostgreSQL. A database written by a newer program is refused untouched.
 */
#include "base/store_impl.h"
#include "base/clock.h"

enum { STATEMENT_MAX = 64 * 1024 };

struct migration { struct store *store; int64_t applied; };

/* Statements end with a semicolon at the end of a line; nothing else in them does. */
static bool next_statement(struct str *rest, struct str *ret_sql)
{
	size_t end = 0;

	*rest = str_trim(*rest);
	while (rest->n && (rest->p[0] == '\n' || rest->p[0] == ' ' || rest->p[0] == '\t'))
		*rest = str_slice(*rest, 1, rest->n);
	while (end < rest->n && !(rest->p[end] == ';' && (end + 1 == rest->n || rest->p[end + 1] == '\n')))
		end++;
	*ret_sql = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end + 1, rest->n);
	return ret_sql->n > 0;
}

static struct err script_run(struct store_tx *tx, const char *script)
{
	struct str rest = str_from_c(script), sql;

	while (next_statement(&rest, &sql)) {
		ENSURE(sql.n < STATEMENT_MAX, BROKEN, "store.migration");
		TRY(store_once(tx, arena_c(tx->arena, sql), NULL, NULL, NULL, 0, NULL));
	}
	return NO_ERR;
}

/* A file of another service has other names under the same numbers. */
static struct err applied_row(const struct store_row *row, void *arg)
{
	struct migration *m = arg;
	const struct store_options *o = &m->store->o;
	int64_t number = row_int(row, 0);
	size_t i = 0;

	while (i < o->migration_n && o->migrations[i].number != number)
		i++;
	ENSURE(i < o->migration_n, BROKEN, "store.newer");
	ENSURE(str_eq_c(row_str(row, 1), o->migrations[i].name), BROKEN, "store.migration");
	m->applied = number;
	return NO_ERR;
}

static struct err look_tx(struct store_tx *tx, struct migration *m)
{
	if (tx->store->engine->migration_lock)
		TRY(store_exec(tx, tx->store->engine->migration_lock, NULL));
	TRY(store_exec(tx, "CREATE TABLE IF NOT EXISTS schema_migration ("
		"number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at_s BIGINT NOT NULL)", NULL));
	m->applied = 0;
	return store_each(tx, "SELECT number, name FROM schema_migration ORDER BY number", applied_row, m);
}

/* Applies the first migration that is missing. */
static struct err migrate_tx(struct store_tx *tx, void *arg)
{
	struct migration *m = arg;
	const struct store_options *o = &m->store->o;
	size_t i = 0;

	TRY(look_tx(tx, m));
	while (i < o->migration_n && o->migrations[i].number <= m->applied)
		i++;
	if (i == o->migration_n)
		return NO_ERR;
	TRY(script_run(tx, o->migrations[i].sql));
	m->applied = o->migrations[i].number;
	return store_exec(tx, "INSERT INTO schema_migration (number, name, applied_at_s) VALUES ($1, $2, $3)", NULL,
		int_(o->migrations[i].number), str_(str_from_c(o->migrations[i].name)), int_(clock_wall_s()));
}

struct err store_migrate(struct store *s, store_tx_runner *run)
{
	struct migration m = { s, 0 };
	const struct store_migration *v = s->o.migrations;
	size_t n = s->o.migration_n;

	for (size_t i = 0; i < n; i++)
		ENSURE(v[i].number > (i ? v[i - 1].number : 0), BROKEN, "store.migration");
	if (!n)
		return NO_ERR;
	do {
		struct err e = run(s, DURABLE, migrate_tx, &m);

		/* Whatever a script does wrong is the script's fault, not the request's. */
		if (failed(e) && e.kind != ERR_BUSY && strncmp(e.slug, "store.", 6) == 0
		    && (strcmp(e.slug, "store.sql") == 0 || strcmp(e.slug, "store.constraint") == 0))
			return err_of(BROKEN, "store.migration");
		TRY(e);
	} while (m.applied < v[n - 1].number);
	return NO_ERR;
}
