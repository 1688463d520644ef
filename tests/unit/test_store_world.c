/* test_store_world.c - see test_store_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>
#include "tests/unit/test_store_world.h"

const struct store_migration schema[SCHEMA_N] = {
	{ 1, "ground",
	  "CREATE TABLE counter (name TEXT PRIMARY KEY, n BIGINT NOT NULL);\n"
	  "CREATE TABLE thing (id BYTEA PRIMARY KEY, word TEXT, n BIGINT, ends_s BIGINT NOT NULL DEFAULT 0);\n"
	  "CREATE INDEX thing_ends ON thing (ends_s);\n" },
	{ 2, "counter", "INSERT INTO counter (name, n) VALUES ('a', 0);\n" },
};

struct store_options options(const struct world *w)
{
	return (struct store_options){ .url = str_from_c(w->url), .readers = 4, .busy_ms = 5000,
		.migrations = schema, .migration_n = 2 };
}

void must(struct err e)
{
	if (failed(e))
		fail_msg("got %s", e.slug);
}

void refused(struct err e, enum err_kind kind, const char *slug)
{
	assert_true(failed(e));
	assert_string_equal(e.slug, slug);
	assert_int_equal(e.kind, kind);
}

static int world_open(void **state, bool is_pg)
{
	static int number;
	struct world *w = calloc(1, sizeof *w);
	struct store_options o;

	w->is_pg = is_pg;
	snprintf(w->dir, sizeof w->dir, "/tmp/test-store-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->file, sizeof w->file, "%s/town.db", w->dir);
	if (is_pg)
		test_pg_database(++number, w->url, sizeof w->url);
	else
		snprintf(w->url, sizeof w->url, "sqlite:%s", w->file);
	o = options(w);
	must(store_open(&o, &w->store));
	*state = w;
	return 0;
}

int sqlite_world(void **state) { return world_open(state, false); }
int pg_world(void **state) { return world_open(state, true); }

void remove_files(const char *file)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock", ".away", ".away-wal", ".away-shm" };
	char path[128];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", file, ends[i]);
		unlink(path);
	}
}

int world_close(void **state)
{
	struct world *w = *state;

	store_close(w->store);
	remove_files(w->file);
	rmdir(w->dir);
	free(w);
	return 0;
}

/* -- pieces of work -- */

struct err count_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;
	struct store_row row;

	c->runs++;
	TRY(store_one(tx, "UPDATE counter SET n = n + $1 WHERE name = 'a' RETURNING n", &row, int_(c->add)));
	ENSURE(row.found, ABSENT, "test.counter");
	c->seen = row_int(&row, 0);
	if (c->fail)
		return err_of(DENIED, c->fail);
	return NO_ERR;
}

struct err counter_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT n FROM counter WHERE name = $1", &row, str_(STR("a"))));
	*(int64_t *)arg = row_int(&row, 0);
	return NO_ERR;
}

int64_t counter(struct world *w)
{
	int64_t n = -1;

	must(store_read(w->store, counter_tx, &n));
	return n;
}

struct err thing_add_tx(struct store_tx *tx, void *arg)
{
	struct thing *t = arg;

	return store_exec(tx, "INSERT INTO thing (id, word, n, ends_s) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING", &t->changed,
		bytes_(t->id), str_(t->word), int_(t->n), int_(t->ends_s));
}

struct err thing_insert_tx(struct store_tx *tx, void *arg)
{
	struct thing *t = arg;

	/* $4 stands first: parameters go by their number. */
	return store_exec(tx, "INSERT INTO thing (ends_s, id, word, n) VALUES ($4, $1, $2, $3)", NULL,
		bytes_(t->id), str_(t->word), int_(t->n), int_(t->ends_s));
}

void crowd_run(struct crowd *c, void *(*fn)(void *), int n)
{
	pthread_t t[64];

	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&t[i], NULL, fn, c), 0);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

void *add_many(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < c->rounds; i++) {
		struct count one = { .add = 1 };

		if (!failed(store_tx(c->w->store, i % 8 ? QUICK : DURABLE, count_tx, &one)))
			atomic_fetch_add(&c->won, 1);
	}
	return NULL;
}
