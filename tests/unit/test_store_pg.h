/* test_store_pg.h - a throwaway PostgreSQL for test_store.c: a temporary folder, a Unix socket, gone after. */
#ifndef TESTS_UNIT_TEST_STORE_PG_H
#define TESTS_UNIT_TEST_STORE_PG_H
#include "base/store.h"

/* Started, or false: not installed, not wanted (GUICHET_TEST_PG=0), or it would not start. */
bool test_pg_up(void);
void test_pg_down(void);
void test_pg_stop(void);
void test_pg_start(void);
/* An empty database of its own. */
void test_pg_database(int number, char *ret_url, size_t size);
/* How many statements the session of one read has prepared. */
int64_t test_pg_prepared(struct store *s);
#endif
