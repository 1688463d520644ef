/* Filings through the kit: exactly once, with an account and without, and one's own alone. On SQLite and on
 * PostgreSQL. */
#include <pthread.h>
#include "tests/unit/kit_calls.h"

enum { THREADS = 50 };

#define ANSWERED "SELECT COUNT(*) FROM answer"
#define AUDITED  "SELECT COUNT(*) FROM kit_audit WHERE event = 'demande.filed' AND outcome = 'ok'"

/* ---- exactly once ---- */

struct clicker { struct call call; struct kit_demande d; struct err err; pthread_barrier_t *start; };

static void *click(void *arg)
{
	struct clicker *c = arg;

	pthread_barrier_wait(c->start);
	c->err = file(&c->call, &c->d, "lampadaire");
	return NULL;
}

static void fifty_at_once(const char *pseudonym)
{
	static struct clicker v[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int first_n = 0;

	pthread_barrier_init(&start, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		v[i] = (struct clicker){ .d = demande("form-1", pseudonym), .start = &start };
		v[i].call = call_from("192.0.2.1");
		v[i].call.req.arena = v[i].call.arena;
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, click, &v[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < THREADS; i++) {
		must(v[i].err);
		first_n += !v[i].d.already;
		assert_true(str_eq(v[i].d.number, STR("SI-2027-000001")));
		assert_int_equal(v[i].d.follow_up.n, *pseudonym ? 0 : 14);
	}
	for (size_t i = 0; i < THREADS; i++)
		call_done(&v[i].call);
	pthread_barrier_destroy(&start);
	assert_int_equal(first_n, 1);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ANSWERED), 1);
	assert_int_equal(rows(AUDITED), 1);
}

static void fifty_arrivals_at_once_are_one_filing(void **state)
{
	(void)state;
	fifty_at_once("jeanne");
}

static void fifty_arrivals_without_an_account_are_one_filing(void **state)
{
	(void)state;
	fifty_at_once("");
}

static void a_second_arrival_gets_the_first_receipt_and_the_same_code(void **state)
{
	CALL(c);
	struct kit_demande first = demande("form-1", ""), again;

	(void)state;
	must(file(&c, &first, "a"));
	assert_false(first.already);
	w.now_s += 60;
	again = demande("form-1", "");
	must(file(&c, &again, "b"));
	assert_true(again.already);
	assert_true(str_eq(again.number, first.number));
	assert_true(str_eq(again.follow_up, first.follow_up));
	assert_int_equal(again.filed_at_s, NOON);
	assert_int_equal(rows("SELECT COUNT(*) FROM answer WHERE text = 'a'"), 1);
	assert_int_equal(rows(DEMANDES), 1);
}

static void a_form_of_somebody_else_is_refused_and_writes_nothing(void **state)
{
	static const char *const owners[][2] = { { "jeanne", "paul" }, { "jeanne", "" }, { "", "paul" } };
	char form_id[16];
	CALL(c);

	(void)state;
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		snprintf(form_id, sizeof form_id, "form-%zu", i);
		struct kit_demande theirs = demande(form_id, owners[i][0]), mine = demande(form_id, owners[i][1]);

		must(file(&c, &theirs, "a"));
		refused(file(&c, &mine, "b"), ERR_CONFLICT, "kit.demande.not_yours");
		assert_int_equal(mine.number.n, 0);
	}
	assert_int_equal(rows(DEMANDES), 3);
	assert_int_equal(rows("SELECT COUNT(*) FROM answer WHERE text = 'b'"), 0);
}

static void what_the_service_refuses_is_not_filed_and_draws_no_number(void **state)
{
	struct kit_demande d = demande("form-1", "jeanne"), next = demande("form-2", "jeanne");
	CALL(c);

	(void)state;
	refused(file(&c, &d, "refuse"), ERR_DENIED, "test.no");
	assert_int_equal(rows(EVERYTHING), 0);
	must(file(&c, &next, "a"));
	assert_true(str_eq(next.number, STR("SI-2027-000001")));
}

/* ---- one's own alone ---- */

static void another_citizens_number_is_absent_as_one_that_never_was(void **state)
{
	struct kit_demande_view *v;
	struct kit_demande d = demande("form-1", "jeanne");
	struct str text = STR_NONE;
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "a"));
	must(kit_demande_find(w.kit, &c.req, STR("jeanne"), d.number, v, answer_load, &text));
	assert_true(str_eq(text, STR("a")));
	assert_true(str_eq(v->demande.state, STR("filed")));
	assert_string_equal(v->demande.kind, "signalement");
	refused(kit_demande_find(w.kit, &c.req, STR("paul"), d.number, v, NULL, NULL), ERR_ABSENT, "kit.demande");
	refused(kit_demande_find(w.kit, &c.req, STR("jeanne"), STR("SI-2027-000002"), v, NULL, NULL), ERR_ABSENT, "kit.demande");
	refused(kit_demande_find(w.kit, &c.req, STR(""), d.number, v, NULL, NULL), ERR_ABSENT, "kit.demande");
	/* Nor by a code: it was filed with an account. */
	refused(follow(&c, "SI-2027-000001", "", v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "SI-2027-000001", "0000-0000-0000", v), ERR_ABSENT, "kit.demande");
}

static void the_list_holds_ones_own_newest_first(void **state)
{
	struct kit_demande_list *list;
	CALL(c);

	(void)state;
	list = arena_new(c.arena, struct kit_demande_list);
	for (int i = 0; i < 3; i++, w.now_s++) {
		struct kit_demande mine = demande(i == 0 ? "f0" : i == 1 ? "f1" : "f2", i == 1 ? "paul" : "jeanne");

		must(file(&c, &mine, "a"));
	}
	must(kit_demande_list(w.kit, &c.req, STR("jeanne"), list));
	assert_int_equal(list->n, 2);
	assert_true(str_eq(list->v[0].number, STR("SI-2027-000003")));
	assert_true(str_eq(list->v[1].number, STR("SI-2027-000001")));
	must(kit_demande_list(w.kit, &c.req, STR("marie"), list));
	assert_int_equal(list->n, 0);
}

static void what_was_filed_without_an_account_is_in_nobodys_list(void **state)
{
	struct kit_demande_list *list;
	struct kit_demande_view *v;
	struct kit_demande d = demande("form-1", "");
	CALL(c);

	(void)state;
	list = arena_new(c.arena, struct kit_demande_list);
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "a"));
	must(kit_demande_list(w.kit, &c.req, STR(""), list));
	assert_int_equal(list->n, 0);
	refused(kit_demande_find(w.kit, &c.req, STR(""), d.number, v, NULL, NULL), ERR_ABSENT, "kit.demande");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(fifty_arrivals_at_once_are_one_filing), T(fifty_arrivals_without_an_account_are_one_filing),
		T(a_second_arrival_gets_the_first_receipt_and_the_same_code), T(a_form_of_somebody_else_is_refused_and_writes_nothing),
		T(what_the_service_refuses_is_not_filed_and_draws_no_number), T(another_citizens_number_is_absent_as_one_that_never_was),
		T(the_list_holds_ones_own_newest_first), T(what_was_filed_without_an_account_is_in_nobodys_list),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("kit demandes on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("kit demandes on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
