/* test_idp_audit_chain.c - a change, a removal or an addition in the audit is found, on both engines. */
#include "tests/unit/idp_world.h"
#include "base/clock.h"
#include "base/ct.h"
#include "idp/audit/audit_chain.h"
#include "idp/audit/audit_search.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static void seal_all(struct world *w)
{
	bool more = true;

	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	while (more)
		assert_false(failed(audit_seal(w->idp->audit, w->idp->store, w->idp->keys, w->now_s, &more)));
}

static struct audit_verdict verdict(struct world *w)
{
	struct audit_verdict v;

	assert_false(failed(audit_verify(w->idp->audit, w->idp->store, w->idp->keys, w->a, 0, clock_mono_ms() + 10000, &v)));
	return v;
}

static void expect_broken(struct world *w, const char *what)
{
	struct audit_verdict v = verdict(w);

	if (!v.broken || strcmp(v.broken, what) != 0)
		fail_msg("%s: %s", what, v.broken ? v.broken : "unbroken");
}

/* Three blocks, a quarter of an hour apart. */
static void some_days(struct world *w)
{
	for (int i = 0; i < 3; i++) {
		(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
		(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody-else");
		w->now_s += 900;
		seal_all(w);
	}
}

static void nothing_yet_is_unbroken(void **state)
{
	struct audit_verdict v = verdict(*state);

	assert_null(v.broken);
	assert_true(v.whole && v.entries == 0 && v.blocks == 0 && v.upto_s == 0);
}

static void entries_are_sealed_once_nothing_can_come_before_them(void **state)
{
	struct world *w = *state;
	struct audit_verdict v;
	int64_t before;

	/* what the set-up did lies further back */
	seal_all(w);
	before = verdict(w).entries;
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	seal_all(w);
	assert_int_equal(verdict(w).entries, before);
	w->now_s += AUDIT_SETTLED_S - 1;
	seal_all(w);
	assert_int_equal(verdict(w).entries, before);
	w->now_s += 2;
	seal_all(w);
	v = verdict(w);
	assert_null(v.broken);
	assert_int_equal(v.entries, count_rows(w, "SELECT COUNT(*) FROM audit"));
	assert_int_equal(v.upto_s, NOON);
	/* once and not again */
	seal_all(w);
	assert_int_equal(verdict(w).blocks, v.blocks);
}

static void an_entry_that_was_changed_is_found(void **state)
{
	static const char *const changes[] = {
		"UPDATE audit SET actor = 'somebody' WHERE id = (SELECT MIN(id) FROM audit)",
		"UPDATE audit SET reason = 'other' WHERE id = (SELECT MAX(id) FROM audit)",
		"UPDATE audit SET at_s = at_s + 1 WHERE id = (SELECT MIN(id) FROM audit)",
		"UPDATE audit SET n = n + 1 WHERE id = (SELECT MIN(id) FROM audit)",
		"UPDATE audit SET event = 'account.ad', reason = 'd' WHERE event = 'account.add'",
		"UPDATE audit SET client_id = client_id || 'x' WHERE id = (SELECT MAX(id) FROM audit)",
		"UPDATE audit SET request = 'x' WHERE id = (SELECT MAX(id) FROM audit)" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		void *other = NULL;

		if (i && world_setup(&other))
			fail();
		w = other ? other : w;
		some_days(w);
		assert_null(verdict(w).broken);
		assert_int_equal(change_rows(w, changes[i]), 1);
		expect_broken(w, "audit.entry.changed");
		if (other)
			world_teardown(&other);
	}
}

static void an_entry_that_was_removed_is_found_and_when(void **state)
{
	struct world *w = *state;
	struct audit_verdict v;

	some_days(w);
	assert_int_equal(change_rows(w, "DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit WHERE at_s > 1800000000)"), 1);
	v = verdict(w);
	assert_string_equal(v.broken, "audit.entry.missing");
	assert_true(v.bad_from_s <= NOON + 900 && v.bad_upto_s >= NOON + 900);
	assert_int_equal(v.number, 1);
}

static void an_entry_that_was_added_afterwards_is_found(void **state)
{
	struct world *w = *state;

	some_days(w);
	assert_int_equal(change_rows(w, "INSERT INTO audit (id, at_s, event, reason, request, client_id, actor, n)"
		" SELECT MIN(id) || 'a', 1800000000, 'login.ok', '', '', '', 'x', 1 FROM audit"), 1);
	expect_broken(w, "audit.entry.added");
}

static void blocks_that_were_removed_at_the_end_or_in_the_middle_are_found(void **state)
{
	struct world *w = *state;

	some_days(w);
	assert_int_equal(change_rows(w, "DELETE FROM audit_seal WHERE number = 2"), 1);
	expect_broken(w, "audit.block.missing");
	change_rows(w, "DELETE FROM audit_seal WHERE number = 3");
	change_rows(w, "DELETE FROM audit WHERE at_s > 1800000000");
	change_rows(w, "UPDATE audit_head SET number = 1");
	expect_broken(w, "audit.head");
}

static void a_chain_that_was_written_anew_without_the_key_is_found(void **state)
{
	struct world *w = *state;
	struct seal_keys *theirs = NULL;
	bool more = true;

	some_days(w);
	assert_int_equal(change_rows(w, "UPDATE audit SET actor = 'nobody' WHERE event = 'account.add'"), 1);
	change_rows(w, "DELETE FROM audit_seal WHERE number > 0");
	change_rows(w, "UPDATE audit_head SET number = 0, base = 0, seal = ''");
	assert_false(failed(seal_keys_create(STR("TEST-ONLY-another-seal-key-of-32-bytes"), STR_NONE, STR("guichet-idp"), &theirs)));
	while (more)
		assert_false(failed(audit_seal(w->idp->audit, w->idp->store, theirs, w->now_s, &more)));
	seal_keys_destroy(theirs);
	expect_broken(w, "audit.head");
	/* and once the engine has gone on from it, it says since when */
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	w->now_s += 900;
	seal_all(w);
	assert_null(verdict(w).broken);
	assert_int_equal(verdict(w).doubt_s, w->now_s);
}

static void what_was_kept_for_its_year_goes_and_the_rest_stays_provable(void **state)
{
	struct world *w = *state;
	int64_t removed = 0, all;
	struct audit_verdict v;

	some_days(w);
	all = count_rows(w, "SELECT COUNT(*) FROM audit");
	for (int i = 0; i < 3; i++)
		assert_false(failed(audit_purge(w->idp->store, w->idp->keys, NOON + 1000, &removed)));
	assert_int_equal(removed, all - 2);
	v = verdict(w);
	assert_null(v.broken);
	assert_int_equal(v.entries, 2);
	assert_int_equal(v.from_s, NOON + 1800);
	/* the beginning cannot be cut off by somebody else */
	change_rows(w, "UPDATE audit_head SET base = 3");
	expect_broken(w, "audit.head");
}

static void an_entry_of_before_takes_its_place_after_what_is_sealed(void **state)
{
	struct world *w = *state;

	some_days(w);
	w->now_s -= 4000;              /* the clock went back */
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_null(verdict(w).broken);
	w->now_s += 8000;
	seal_all(w);
	assert_null(verdict(w).broken);
	assert_int_equal(verdict(w).entries, count_rows(w, "SELECT COUNT(*) FROM audit"));
}

static void an_engine_that_starts_with_its_clock_behind_adds_nothing_to_what_is_sealed(void **state)
{
	struct world *w = *state;

	some_days(w);
	w->now_s -= 4000;
	audit_destroy(w->idp->audit);
	w->idp->audit = audit_create();
	assert_false(failed(audit_resume(w->idp->audit, w->idp->store)));
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_null(verdict(w).broken);
	/* nor once the clock is right again, and goes back by less than what settles */
	w->now_s += 8000;
	seal_all(w);
	w->now_s -= AUDIT_SETTLED_S / 2;
	seal_all(w);
	w->now_s -= AUDIT_SETTLED_S;
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_null(verdict(w).broken);
}

static void an_engine_that_starts_again_within_a_second_goes_on_behind_what_was_written(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	audit_destroy(w->idp->audit);
	w->idp->audit = audit_create();
	assert_false(failed(audit_resume(w->idp->audit, w->idp->store)));
	audit_refuse(w->idp->audit, &(struct audit_entry){ .event = "latest", .reason = "x", .now_s = w->now_s });
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'latest' AND id = (SELECT MAX(id) FROM audit)"), 1);
}

/* Whoever can write the store puts back what stood there: an earlier head, whose seal is a true one, or none. */
static void a_chain_that_was_put_back_is_found_while_the_engine_runs(void **state)
{
	static const char *const forgets[] = {
		"UPDATE audit_head SET number = 1, base = 0, seal = (SELECT seal FROM kept)",
		"UPDATE audit_head SET number = 0, base = 0, seal = ''" };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		void *other = NULL;

		if (i && world_setup(&other))
			fail();
		w = other ? other : w;
		seal_all(w);
		change_rows(w, "CREATE TABLE kept AS SELECT seal FROM audit_head");
		some_days(w);
		assert_int_equal(change_rows(w, forgets[i]), 1);
		change_rows(w, i ? "DELETE FROM audit_seal WHERE number > 0" : "DELETE FROM audit_seal WHERE number > 1");
		change_rows(w, "DELETE FROM audit WHERE at_s > 1800000000");
		expect_broken(w, "audit.head");
		/* and once the engine has gone on from it, it says since when */
		(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
		w->now_s += 900;
		seal_all(w);
		assert_null(verdict(w).broken);
		assert_int_equal(verdict(w).doubt_s, w->now_s);
		if (other)
			world_teardown(&other);
	}
}

/* One block a minute: what is kept of each while it is followed must not add up over a year. */
static void a_chain_of_many_blocks_fits_into_the_memory_of_a_request(void **state)
{
	struct world *w = *state;
	AUTO(arena_destroyp) struct arena *small = arena_create(16 * 1024);
	struct audit_verdict v;
	bool more;

	for (int i = 0; i < 600; i++) {
		struct audit_entry entry = { .event = "audit.verify", .now_s = w->now_s };

		audit_refuse(w->idp->audit, &entry);
		assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
		w->now_s += 61;
		assert_false(failed(audit_seal(w->idp->audit, w->idp->store, w->idp->keys, w->now_s, &more)));
	}
	assert_false(failed(audit_verify(w->idp->audit, w->idp->store, w->idp->keys, small, 0, clock_mono_ms() + 20000, &v)));
	assert_true(v.whole && !v.broken && v.blocks >= 599);
}

static void a_long_chain_is_followed_in_pieces(void **state)
{
	struct world *w = *state;
	struct audit_verdict v;

	some_days(w);
	assert_false(failed(audit_verify(w->idp->audit, w->idp->store, w->idp->keys, w->a, 0, clock_mono_ms() - 1, &v)));
	assert_true(!v.whole && !v.broken && v.number == 0);
	assert_false(failed(audit_verify(w->idp->audit, w->idp->store, w->idp->keys, w->a, 2, clock_mono_ms() + 10000, &v)));
	assert_true(v.whole && !v.broken && v.blocks == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_yet_is_unbroken),
		TEST(entries_are_sealed_once_nothing_can_come_before_them),
		TEST(an_entry_that_was_changed_is_found),
		TEST(an_entry_that_was_removed_is_found_and_when),
		TEST(an_entry_that_was_added_afterwards_is_found),
		TEST(blocks_that_were_removed_at_the_end_or_in_the_middle_are_found),
		TEST(a_chain_that_was_written_anew_without_the_key_is_found),
		TEST(what_was_kept_for_its_year_goes_and_the_rest_stays_provable),
		TEST(an_entry_of_before_takes_its_place_after_what_is_sealed),
		TEST(an_engine_that_starts_with_its_clock_behind_adds_nothing_to_what_is_sealed),
		TEST(an_engine_that_starts_again_within_a_second_goes_on_behind_what_was_written),
		TEST(a_chain_that_was_put_back_is_found_while_the_engine_runs),
		TEST(a_chain_of_many_blocks_fits_into_the_memory_of_a_request),
		TEST(a_long_chain_is_followed_in_pieces),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
