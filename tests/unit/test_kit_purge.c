/* What the two logs of a service keep: a year, and a reading as long as its filing is there. What is left is a
 * chain, and one that was shortened by hand is not. On SQLite and on PostgreSQL. */
#include "tests/unit/kit_calls.h"

enum { YEAR = 365 * DAY };

#define AUDITED  "SELECT COUNT(*) FROM kit_audit"
#define READINGS "SELECT COUNT(*) FROM kit_read_log"

struct entries { int n; int64_t at_s; const char *demande; };

static struct err entries_tx(struct store_tx *tx, void *arg)
{
	const struct entries *e = arg;
	struct kit_audit_entry entry = { "login", "ok", STR("jeanne"), STR_NONE, 1, e->at_s };
	struct kit_reading reading = { str_from_c(e->demande), STR("agnes"), STR("instruction"), e->at_s };

	for (int i = 0; i < e->n; i++)
		TRY(e->demande ? kit_read_log_add(tx, &reading) : kit_audit_add(tx, &entry));
	return NO_ERR;
}

/* Entries of the audit; or readings of a demande. */
static void add(int n, int64_t at_s, const char *demande)
{
	struct entries e = { n, at_s, demande };

	must(store_tx(kit_store(w.kit), QUICK, entries_tx, &e));
}

static struct err verified(void)
{
	struct str report = STR_NONE;
	CALL(c);

	return kit_chain_verify(kit_store(w.kit), c.arena, &report);
}

static struct err run_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, arg, NULL);
}

static void by_hand(const char *sql)
{
	must(store_tx(kit_store(w.kit), QUICK, run_tx, (void *)(uintptr_t)sql));
}

static void entries_go_after_a_year_and_the_others_stay_a_chain(void **state)
{
	(void)state;
	add(2, NOON, NULL);
	add(3, NOON + DAY, NULL);
	kit_tick(w.kit, NOON + YEAR);
	assert_int_equal(rows(AUDITED), 5);
	kit_tick(w.kit, NOON + YEAR + 60);
	assert_int_equal(rows(AUDITED), 3);
	must(verified());
	add(1, NOON + 2 * DAY, NULL);
	must(verified());
	kit_tick(w.kit, NOON + 3 * YEAR);
	assert_int_equal(rows(AUDITED), 0);
	must(verified());
	/* The next one follows those that are gone. */
	add(1, NOON + 3 * YEAR, NULL);
	assert_int_equal(rows("SELECT number FROM kit_audit"), 7);
	must(verified());
}

static void more_than_one_batch_goes_at_once(void **state)
{
	(void)state;
	add(2500, NOON, NULL);
	add(1, NOON + YEAR, NULL);
	kit_tick(w.kit, NOON + YEAR + DAY);
	assert_int_equal(rows(AUDITED), 1);
	must(verified());
}

static void a_reading_stays_as_long_as_its_filing(void **state)
{
	struct kit_demande kept = demande("f1", "jeanne"), transit = demande("f2", "jeanne");
	CALL(c);

	(void)state;
	kept.expires_at_s = 0;
	must(file(&c, &transit, "a"));
	must(file(&c, &kept, "b"));
	add(2, NOON, "SI-2027-000001");
	add(1, NOON, "SI-2027-000002");
	add(1, NOON, "SI-2027-000001");
	/* Its filing is gone, and the year is not over. */
	kit_tick(w.kit, NOON + KEPT_FOR + DAY);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(READINGS), 4);
	kit_tick(w.kit, NOON + YEAR + DAY);
	/* What comes after a kept one waits for it: a chain has no holes. */
	assert_int_equal(rows(READINGS), 2);
	assert_int_equal(rows(READINGS " WHERE demande = 'SI-2027-000002'"), 1);
	must(verified());
	by_hand("DELETE FROM kit_demande");
	kit_tick(w.kit, NOON + YEAR + 2 * DAY);
	assert_int_equal(rows(READINGS), 0);
	must(verified());
}

static void what_somebody_removed_at_the_beginning_shows(void **state)
{
	(void)state;
	add(5, NOON, NULL);
	add(3, NOON, "SI-2027-000001");
	must(verified());
	by_hand("DELETE FROM kit_audit WHERE number <= 2");
	refused(verified(), ERR_CONFLICT, "kit.audit.broken");
}

static void so_does_what_was_removed_beyond_the_purge(void **state)
{
	(void)state;
	add(2, NOON, NULL);
	add(3, NOON + DAY, NULL);
	kit_tick(w.kit, NOON + YEAR + 60);
	must(verified());
	by_hand("DELETE FROM kit_audit WHERE number = 3");
	refused(verified(), ERR_CONFLICT, "kit.audit.broken");
	by_hand("UPDATE kit_chain SET removed = 3 WHERE name = 'audit'");
	refused(verified(), ERR_CONFLICT, "kit.audit.broken");
}

/* Going on behind it would make a hole into the beginning, and the chain into a whole one. */
static void a_hole_is_not_purged_away(void **state)
{
	(void)state;
	add(2, NOON, NULL);
	add(3, NOON + DAY, NULL);
	by_hand("DELETE FROM kit_audit WHERE number = 2");
	refused(kit_purge(kit_store(w.kit), NOON + YEAR + 60, NULL), ERR_CONFLICT, "kit.chain.hole");
	assert_int_equal(rows(AUDITED), 4);
	refused(verified(), ERR_CONFLICT, "kit.audit.broken");
}

static void empty_logs_have_nothing_to_lose(void **state)
{
	(void)state;
	kit_tick(w.kit, NOON + YEAR);
	must(verified());
	add(1, NOON, "SI-2027-000001");
	kit_tick(w.kit, NOON + YEAR + DAY);
	assert_int_equal(rows(READINGS), 0);
	must(verified());
}

static void the_operators_purge_counts_them(void **state)
{
	struct str argv[] = { STR("db"), STR("purge") }, out = STR_NONE, err = STR_NONE;
	CALL(c);

	(void)state;
	add(4, 1000, NULL);
	add(2, 1000, "SI-1970-000001");
	assert_int_equal(kit_ctl(w.kit, c.arena, argv, 2, true, STR("root"), STR_NONE, &out, &err), 0);
	assert_true(str_eq(out, STR("{\"removed\":6}\n")));
	must(verified());
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(entries_go_after_a_year_and_the_others_stay_a_chain), T(more_than_one_batch_goes_at_once),
		T(a_reading_stays_as_long_as_its_filing), T(what_somebody_removed_at_the_beginning_shows),
		T(so_does_what_was_removed_beyond_the_purge), T(a_hole_is_not_purged_away), T(empty_logs_have_nothing_to_lose), T(the_operators_purge_counts_them),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("purge of the logs on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("purge of the logs on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
