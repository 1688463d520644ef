/* test_store.c - transactions keep their word on both engines, also when the disk or the server goes.
 *
 * Each case runs on SQLite and on a throwaway PostgreSQL (test_store_pg.h), started from Debian's
 * package when it is there; GUICHET_TEST_PG=0 leaves it out, =1 makes its absence a failure.
 * test-store --bench measures instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/clock.h"
#include "tests/unit/test_store_world.h"

/* -- cases -- */

static void what_is_committed_is_there_and_what_failed_is_not(void **state)
{
	struct world *w = *state;
	struct count yes = { .add = 5 }, no = { .add = 100, .fail = "test.no" };

	must(store_tx(w->store, DURABLE, count_tx, &yes));
	refused(store_tx(w->store, DURABLE, count_tx, &no), ERR_DENIED, "test.no");
	refused(store_tx(w->store, QUICK, count_tx, &no), ERR_DENIED, "test.no");
	assert_int_equal(counter(w), 5);
	must(store_tx(w->store, QUICK, count_tx, &yes));
	assert_int_equal(yes.seen, 10);
	must(store_check(w->store));
}

static void thirty_two_threads_on_one_row_lose_nothing(void **state)
{
	struct crowd c = { .w = *state, .rounds = 25 };

	crowd_run(&c, add_many, 32);
	assert_int_equal(c.won, 32 * 25);
	assert_int_equal(counter(c.w), 32 * 25);
}

static void *add_or_fail(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < c->rounds; i++) {
		struct count good = { .add = 1 }, bad = { .add = 1000, .fail = "test.no" };

		if (failed(store_tx(c->w->store, QUICK, count_tx, &bad)))
			atomic_fetch_add(&c->refused_n, 1);
		if (!failed(store_tx(c->w->store, QUICK, count_tx, &good)))
			atomic_fetch_add(&c->won, 1);
	}
	return NULL;
}

static void one_that_fails_takes_only_its_own_work_back(void **state)
{
	struct crowd c = { .w = *state, .rounds = 20 };

	crowd_run(&c, add_or_fail, 16);
	assert_int_equal(c.refused_n, 16 * 20);
	assert_int_equal(c.won, 16 * 20);
	assert_int_equal(counter(c.w), 16 * 20);
}

static void *claim(void *arg)
{
	struct crowd *c = arg;
	struct thing t = { STR("one-code"), STR("mine"), 1, NOON, 0 };

	if (failed(store_tx(c->w->store, QUICK, thing_add_tx, &t)))
		atomic_fetch_add(&c->refused_n, 1);
	else if (t.changed == 1)
		atomic_fetch_add(&c->won, 1);
	return NULL;
}

static void among_sixty_four_exactly_one_claims(void **state)
{
	struct crowd c = { .w = *state };

	crowd_run(&c, claim, 64);
	assert_int_equal(c.refused_n, 0);
	assert_int_equal(c.won, 1);
}

static void a_broken_constraint_is_a_conflict_and_the_store_goes_on(void **state)
{
	struct world *w = *state;
	struct thing t = { STR("x"), STR("w"), 1, NOON, 0 };
	struct count one = { .add = 1 };

	must(store_tx(w->store, QUICK, thing_insert_tx, &t));
	refused(store_tx(w->store, QUICK, thing_insert_tx, &t), ERR_CONFLICT, "store.constraint");
	must(store_tx(w->store, QUICK, count_tx, &one));
}

/* Swallows the error of a statement, as no code should. */
static struct err careless_tx(struct store_tx *tx, void *arg)
{
	struct count one = { .add = 7 };
	struct err e;

	TRY(count_tx(tx, &one));
	e = thing_insert_tx(tx, arg);
	return failed(e) ? NO_ERR : err_of(BROKEN, "test.expected_conflict");
}

static void a_failed_statement_dooms_its_transaction_even_if_nobody_says_so(void **state)
{
	struct world *w = *state;
	struct thing t = { STR("x"), STR("w"), 1, NOON, 0 };

	must(store_tx(w->store, QUICK, thing_insert_tx, &t));
	refused(store_tx(w->store, QUICK, careless_tx, &t), ERR_CONFLICT, "store.constraint");
	assert_int_equal(counter(w), 0);
}

static void reading_cannot_write(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };

	refused(store_read(w->store, count_tx, &one), ERR_BROKEN, "store.sql");
	assert_int_equal(counter(w), 0);
}

static struct err thing_seen_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT n FROM thing WHERE id = $1", &row, bytes_(STR("one-code"))));
	*(int64_t *)arg = row_int(&row, 0);
	return NO_ERR;
}

static struct err twice_tx(struct store_tx *tx, void *arg)
{
	TRY(counter_tx(tx, arg));
	return counter_tx(tx, arg);
}

static struct err add_twice_tx(struct store_tx *tx, void *arg)
{
	TRY(thing_add_tx(tx, arg));
	return thing_add_tx(tx, arg);
}

static void one_statement_is_kept_by_itself(void **state)
{
	struct world *w = *state;
	struct thing t = { STR("one-code"), STR("mine"), 7, NOON, 0 };
	int64_t n = 0;

	must(store_tx(w->store, QUICK_ONE, thing_add_tx, &t));
	assert_int_equal(t.changed, 1);
	must(store_tx(w->store, QUICK_ONE, thing_add_tx, &t));
	assert_int_equal(t.changed, 0);
	must(store_read_one(w->store, thing_seen_tx, &n));
	assert_int_equal(n, 7);
	refused(store_tx(w->store, QUICK_ONE, thing_insert_tx, &t), ERR_CONFLICT, "store.constraint");
	must(store_check(w->store));
}

static void where_one_statement_was_said_there_is_no_second(void **state)
{
	struct world *w = *state;
	struct thing t = { STR("one-code"), STR("mine"), 7, NOON, 0 };
	struct count one = { .add = 1 };
	int64_t n = 0;

	refused(store_tx(w->store, QUICK_ONE, add_twice_tx, &t), ERR_BROKEN, "store.second");
	refused(store_read_one(w->store, twice_tx, &n), ERR_BROKEN, "store.second");
	refused(store_read_one(w->store, count_tx, &one), ERR_BROKEN, "store.sql");
	assert_int_equal(counter(w), 0);
}

static struct err nonsense_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "UPDATE nowhere SET n = $1", NULL, int_(1));
}

static struct err too_few_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "UPDATE counter SET n = $1 + $2", NULL, int_(1));
}

static void wrong_sql_is_our_fault_and_harms_nothing(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };

	refused(store_tx(w->store, QUICK, nonsense_tx, NULL), ERR_BROKEN, "store.sql");
	refused(store_read(w->store, nonsense_tx, NULL), ERR_BROKEN, "store.sql");
	refused(store_tx(w->store, QUICK, too_few_tx, NULL), ERR_BROKEN, "store.sql");
	must(store_tx(w->store, QUICK, count_tx, &one));
	assert_int_equal(counter(w), 1);
}

static struct err nested_tx(struct store_tx *tx, void *arg)
{
	struct world *w = arg;
	struct count one = { .add = 1 };

	return store_tx(w->store, QUICK, count_tx, &one);
}

static void a_transaction_inside_another_is_refused(void **state)
{
	struct world *w = *state;

	refused(store_tx(w->store, QUICK, nested_tx, w), ERR_BROKEN, "store.nested");
	assert_int_equal(counter(w), 0);
}

struct seen { int rows; int64_t sum; int stop_at; bool ok; };

static struct err bytes_tx(struct store_tx *tx, void *arg)
{
	static const struct str all = STR_INIT("a\0b\xff\x00\x80");
	struct seen *seen = arg;
	struct store_row row;

	TRY(store_exec(tx, "INSERT INTO thing (id, word, n) VALUES ($1, $2, $3)", NULL, bytes_(all), str_(STR("é\"'")), int_(INT64_MIN)));
	TRY(store_exec(tx, "INSERT INTO thing (id, word, n) VALUES ($1, $2, $3)", NULL, bytes_(STR_NONE), null_(), null_()));
	TRY(store_one(tx, "SELECT id, word, n FROM thing WHERE id = $1", &row, bytes_(all)));
	seen->ok = row.found && row.n == 3 && str_eq(row_str(&row, 0), all) && str_eq(row_str(&row, 1), STR("é\"'"))
		&& row_int(&row, 2) == INT64_MIN;
	TRY(store_one(tx, "SELECT id, word, n FROM thing WHERE id = $1", &row, bytes_(STR_NONE)));
	seen->ok &= row.found && !row_null(&row, 0) && row_str(&row, 0).n == 0 && row_null(&row, 1) && row_null(&row, 2)
		&& row_str(&row, 1).n == 0 && row_int(&row, 2) == 0 && row_null(&row, 3);
	return NO_ERR;
}

static void bytes_text_numbers_and_null_come_back_as_they_went(void **state)
{
	struct world *w = *state;
	struct seen seen = { 0 };

	must(store_tx(w->store, QUICK, bytes_tx, &seen));
	assert_true(seen.ok);
}

static struct err text_with_nul_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "UPDATE counter SET name = $1", NULL, str_(STR("a\0b")));
}

static void text_with_a_nul_is_refused(void **state)
{
	struct world *w = *state;

	refused(store_tx(w->store, QUICK, text_with_nul_tx, NULL), ERR_BROKEN, "store.sql");
}

static struct err see_row(const struct store_row *row, void *arg)
{
	struct seen *seen = arg;

	seen->rows++;
	seen->sum += row_int(row, 0);
	ENSURE(seen->rows != seen->stop_at, DENIED, "test.enough");
	return NO_ERR;
}

static struct err ten_tx(struct store_tx *tx, void *arg)
{
	for (int i = 0; i < 10; i++) {
		char id[2] = { 'i', (char)('0' + i) };

		TRY(store_exec(tx, "INSERT INTO thing (id, n) VALUES ($1, $2)", NULL, bytes_(((struct str){ id, 2 })), int_(i)));
	}
	return NO_ERR;
}

static struct err walk_tx(struct store_tx *tx, void *arg)
{
	return store_each(tx, "SELECT n FROM thing WHERE n >= $1 ORDER BY n", see_row, arg, int_(2));
}

static struct err one_of_many_tx(struct store_tx *tx, void *arg)
{
	struct store_row row, none, sum;
	int64_t changed = -1, *ret = arg;

	TRY(store_one(tx, "SELECT n FROM thing ORDER BY n DESC", &row));
	TRY(store_one(tx, "SELECT n FROM thing WHERE n = 99", &none));
	TRY(store_one(tx, "SELECT SUM(n), COUNT(*), SUM(-n * 100000000000) FROM thing", &sum));
	TRY(store_exec(tx, "UPDATE thing SET word = 'x' WHERE n < $1", &changed, int_(4)));
	ret[0] = row.found ? row_int(&row, 0) : -1;
	ret[1] = none.found || none.n;
	ret[2] = changed;
	ret[3] = row_int(&sum, 0);
	ret[4] = row_int(&sum, 1);
	ret[5] = row_int(&sum, 2);
	TRY(store_exec(tx, "UPDATE thing SET word = 'x' WHERE n = $1", &changed, int_(1234)));
	ret[6] = changed;
	return NO_ERR;
}

static void one_takes_the_first_row_and_each_walks_until_told_to_stop(void **state)
{
	struct world *w = *state;
	struct seen all = { 0 }, some = { .stop_at = 3 };
	int64_t v[7] = { 0 };

	must(store_tx(w->store, QUICK, ten_tx, NULL));
	must(store_read(w->store, walk_tx, &all));
	assert_int_equal(all.rows, 8);
	assert_int_equal(all.sum, 44);
	refused(store_read(w->store, walk_tx, &some), ERR_DENIED, "test.enough");
	assert_int_equal(some.rows, 3);
	must(store_tx(w->store, QUICK, one_of_many_tx, v));
	assert_int_equal(v[0], 9);
	assert_int_equal(v[1], 0);
	assert_int_equal(v[2], 4);
	assert_int_equal(v[3], 45);
	assert_int_equal(v[4], 10);
	assert_int_equal(v[5], -4500000000000);
	assert_int_equal(v[6], 0);
}

struct snapshot { struct world *w; int64_t before, after; };

static void *add_one(void *arg)
{
	struct count one = { .add = 1 };

	must(store_tx(((struct world *)arg)->store, QUICK, count_tx, &one));
	return NULL;
}

static struct err snapshot_tx(struct store_tx *tx, void *arg)
{
	struct snapshot *s = arg;
	pthread_t t;

	TRY(counter_tx(tx, &s->before));
	pthread_create(&t, NULL, add_one, s->w);
	pthread_join(t, NULL);
	return counter_tx(tx, &s->after);
}

static void a_reader_sees_one_moment_and_never_holds_a_writer_up(void **state)
{
	struct snapshot s = { .w = *state };

	must(store_read(s.w->store, snapshot_tx, &s));
	assert_int_equal(s.before, 0);
	assert_int_equal(s.after, 0);
	assert_int_equal(counter(s.w), 1);
}

static struct err fill_tx(struct store_tx *tx, void *arg)
{
	for (int i = 0; i < 1200; i++) {
		uint32_t id = (uint32_t)i;

		TRY(store_exec(tx, "INSERT INTO thing (id, ends_s) VALUES ($1, $2)", NULL,
			bytes_(((struct str){ (char *)&id, 4 })), int_(i < 1101 ? NOON - 1 : NOON)));
	}
	return NO_ERR;
}

static void the_purge_takes_what_is_over_and_nothing_else(void **state)
{
	static const struct store_expiry expiry[] = { { "thing", "id", "ends_s" }, { "counter", "name, n", "n" } };
	struct world *w = *state;
	int64_t removed = -1;

	must(store_tx(w->store, QUICK, fill_tx, NULL));
	must(store_purge(w->store, expiry, 2, NOON - 1, &removed));
	assert_int_equal(removed, 1);        /* the counter stands at 0, before any time */
	must(store_purge(w->store, expiry, 2, NOON, &removed));
	assert_int_equal(removed, 1101);
	must(store_purge(w->store, expiry, 2, NOON, &removed));
	assert_int_equal(removed, 0);
}

static void a_whole_database_says_so(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct world *w = *state;
	struct str report;

	must(store_tx(w->store, QUICK, ten_tx, NULL));
	must(store_verify(w->store, a, &report));
	assert_true(str_eq_c(report, "ok"));
}

static void opening_again_migrates_only_what_is_missing(void **state)
{
	const struct store_migration more[] = { schema[0], schema[1], { 5, "more", "UPDATE counter SET n = n + 40;\n" } };
	struct world *w = *state;
	struct store_options o = options(w);

	store_close(TAKE(w->store));
	o.migrations = more;
	o.migration_n = 3;
	for (int i = 0; i < 2; i++) {
		must(store_open(&o, &w->store));
		assert_int_equal(counter(w), 40);
		store_close(TAKE(w->store));
	}
	o.migration_n = 2;
	refused(store_open(&o, &w->store), ERR_BROKEN, "store.newer");
	o.migration_n = 3;
	must(store_open(&o, &w->store));
	assert_int_equal(counter(w), 40);
}

static void a_migration_that_fails_leaves_nothing_behind(void **state)
{
	const struct store_migration bad[] = { schema[0], schema[1],
		{ 3, "bad", "UPDATE counter SET n = 9;\nINSERT INTO nowhere VALUES (1);\n" } };
	struct world *w = *state;
	struct store_options o = options(w);

	store_close(TAKE(w->store));
	o.migrations = bad;
	o.migration_n = 3;
	refused(store_open(&o, &w->store), ERR_BROKEN, "store.migration");
	o = options(w);
	must(store_open(&o, &w->store));
	assert_int_equal(counter(w), 0);
}

static void a_database_of_another_service_is_refused(void **state)
{
	const struct store_migration other[] = { { 1, "other", "SELECT 1;\n" }, schema[1] };
	struct world *w = *state;
	struct store_options o = options(w);

	store_close(TAKE(w->store));
	o.migrations = other;
	refused(store_open(&o, &w->store), ERR_BROKEN, "store.migration");
}

#define SUITE(ON) \
	ON(what_is_committed_is_there_and_what_failed_is_not), \
	ON(thirty_two_threads_on_one_row_lose_nothing), \
	ON(one_that_fails_takes_only_its_own_work_back), \
	ON(among_sixty_four_exactly_one_claims), \
	ON(a_broken_constraint_is_a_conflict_and_the_store_goes_on), \
	ON(a_failed_statement_dooms_its_transaction_even_if_nobody_says_so), \
	ON(reading_cannot_write), \
	ON(one_statement_is_kept_by_itself), \
	ON(where_one_statement_was_said_there_is_no_second), \
	ON(wrong_sql_is_our_fault_and_harms_nothing), \
	ON(a_transaction_inside_another_is_refused), \
	ON(bytes_text_numbers_and_null_come_back_as_they_went), \
	ON(text_with_a_nul_is_refused), \
	ON(one_takes_the_first_row_and_each_walks_until_told_to_stop), \
	ON(a_reader_sees_one_moment_and_never_holds_a_writer_up), \
	ON(the_purge_takes_what_is_over_and_nothing_else), \
	ON(a_whole_database_says_so), \
	ON(opening_again_migrates_only_what_is_missing), \
	ON(a_migration_that_fails_leaves_nothing_behind), \
	ON(a_database_of_another_service_is_refused)

/* -- measuring: test-store --bench -- */

static void measure(struct world *w, const char *what, enum store_durability d, store_fn *fn, bool read, int n)
{
	int64_t from_us = clock_mono_us(), value = 0;
	struct count one = { .add = 1 };

	for (int i = 0; i < n; i++)
		must(read ? store_read(w->store, fn, &value) : store_tx(w->store, d, fn, &one));
	printf("%-10s %-24s %8.1f us\n", w->is_pg ? "postgresql" : "sqlite", what, (double)(clock_mono_us() - from_us) / n);
}

static void measure_all(void **state)
{
	struct world *w = *state;
	struct crowd c = { .w = w, .rounds = 2000 };
	int64_t from_us;

	measure(w, "quick, one statement", QUICK, count_tx, false, 20000);
	measure(w, "durable, one statement", DURABLE, count_tx, false, 2000);
	measure(w, "read, one statement", QUICK, counter_tx, true, 20000);
	from_us = clock_mono_us();
	crowd_run(&c, add_many, 8);
	printf("%-10s %-24s %8.1f us\n", w->is_pg ? "postgresql" : "sqlite", "8 threads, 1/8 durable", (double)(clock_mono_us() - from_us) / 16000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest bench[] = { ON_SQLITE(measure_all), ON_PG(measure_all) };
	const struct CMUnitTest sqlite[] = { SUITE(ON_SQLITE) };
	const struct CMUnitTest pg[] = { SUITE(ON_PG) };
	bool have_pg = test_pg_up();
	int failures;

	if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
		failures = _cmocka_run_group_tests("store", bench, have_pg ? 2 : 1, NULL, NULL);
	} else {
		failures = cmocka_run_group_tests_name("store on SQLite", sqlite, NULL, NULL);
		failures += _cmocka_run_group_tests("outages of SQLite", sqlite_outages, sqlite_outage_n, NULL, NULL);
		if (have_pg) {
			failures += cmocka_run_group_tests_name("store on PostgreSQL", pg, NULL, NULL);
			failures += _cmocka_run_group_tests("outages of PostgreSQL", pg_outages, pg_outage_n, NULL, NULL);
		} else
			puts("store on PostgreSQL: skipped, no server could be started");
	}
	test_pg_down();
	if (!have_pg && getenv("GUICHET_TEST_PG") && strcmp(getenv("GUICHET_TEST_PG"), "1") == 0)
		failures++;
	return failures;
}
