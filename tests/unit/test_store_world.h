/* test_store_world.h - a fresh database on one engine or the other, and the work that the cases of
 * test_store.c and test_store_outage.c do on it.
 */
#ifndef TESTS_UNIT_TEST_STORE_WORLD_H
#define TESTS_UNIT_TEST_STORE_WORLD_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/store.h"
#include "tests/unit/test_store_pg.h"

enum { NOON = 1800000000, SCHEMA_N = 2 };

/* 1: tables counter and thing; 2: counter 'a' at 0. */
extern const struct store_migration schema[SCHEMA_N];

/* One engine under test: a fresh database for each case. */
struct world {
	bool is_pg;
	char dir[64], file[96], url[200];
	struct store *store;
};

int sqlite_world(void **state);
int pg_world(void **state);
int world_close(void **state);
#define ON_SQLITE(f) { "sqlite: " #f, f, sqlite_world, world_close, NULL }
#define ON_PG(f)     { "postgresql: " #f, f, pg_world, world_close, NULL }
struct store_options options(const struct world *w);
void remove_files(const char *file);

void must(struct err e);
void refused(struct err e, enum err_kind kind, const char *slug);

/* Adds to counter 'a'; then fails with that slug. */
struct count { int64_t add, seen; int runs; const char *fail; };
struct err count_tx(struct store_tx *tx, void *arg);
/* Reads it into the int64_t at arg. */
struct err counter_tx(struct store_tx *tx, void *arg);
int64_t counter(struct world *w);

struct thing { struct str id, word; int64_t n, ends_s, changed; };
struct err thing_add_tx(struct store_tx *tx, void *arg);       /* unless it is there */
struct err thing_insert_tx(struct store_tx *tx, void *arg);

/* Many threads at the same work. */
struct crowd { struct world *w; int rounds; atomic_int won, refused_n; };
void crowd_run(struct crowd *c, void *(*fn)(void *), int n);
void *add_many(void *arg);

/* Cases of one engine alone: outages, full disks, conflicts. test_store_outage.c */
extern const struct CMUnitTest sqlite_outages[], pg_outages[];
extern const size_t sqlite_outage_n, pg_outage_n;
#endif
