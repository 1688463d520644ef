/* What libguichet-sp has the kit remember: the promises that its hook makes, and the controls of a service that
 * are no command. On SQLite and on PostgreSQL. */
#include "tests/unit/kit_calls.h"

static struct sp_memory about(int op, const char *key)
{
	return (struct sp_memory){ .op = op, .kind = "session", .key = key, .value = "v", .value_n = 1, .tags = { "t1", "t2" },
		.expires_at_s = w.now_s + HOUR, .now_s = w.now_s };
}

static struct sp_result hook(struct call *c, struct sp_memory m)
{
	struct sp_memory copy = m;

	return kit_remember_hook(w.kit, (struct sp_scope *)c->arena, &copy);
}

static void no_such(struct sp_result r, int kind, const char *slug)
{
	if (r.kind != kind || strcmp(r.slug, slug) != 0)
		fail_msg("%s, expected %s", r.kind == SP_OK ? "accepted" : r.slug, slug);
}

static void what_is_not_remembered_is_absent(void **state)
{
	CALL(c);

	(void)state;
	no_such(hook(&c, about(SP_GET, "k1")), SP_ABSENT, "kit.memory.absent");
	no_such(hook(&c, about(SP_TOUCH, "k1")), SP_ABSENT, "kit.memory.absent");
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_memory"), 0);
	assert_int_equal(hook(&c, about(SP_PUT, "k1")).kind, SP_OK);
	assert_int_equal(hook(&c, about(SP_GET, "k1")).kind, SP_OK);
	assert_int_equal(hook(&c, about(SP_TOUCH, "k1")).kind, SP_OK);
	/* One key under another kind is another. */
	struct sp_memory other = about(SP_GET, "k1");
	other.kind = "jti";
	no_such(hook(&c, other), SP_ABSENT, "kit.memory.absent");
	assert_int_equal(hook(&c, about(SP_REMOVE, "k1")).kind, SP_OK);
	no_such(hook(&c, about(SP_TOUCH, "k1")), SP_ABSENT, "kit.memory.absent");
	no_such(hook(&c, about(99, "k1")), SP_BROKEN, "kit.memory.op");
}

static void what_is_claimed_is_claimed_once(void **state)
{
	CALL(c);

	(void)state;
	assert_int_equal(hook(&c, about(SP_CLAIM, "k1")).kind, SP_OK);
	no_such(hook(&c, about(SP_CLAIM, "k1")), SP_CONFLICT, "kit.memory.claimed");
	assert_int_equal(hook(&c, about(SP_CLAIM, "k2")).kind, SP_OK);
}

static void a_tail_has_a_number_of_lines(void **state)
{
	static const char *const numbers[] = { "many", "-1", "12x", "99999999" };
	struct str argv[] = { STR("audit"), STR("tail"), STR("12") }, out = STR_NONE, err = STR_NONE;
	CALL(c);

	(void)state;
	assert_int_equal(kit_ctl(w.kit, c.arena, argv, 3, false, STR("root"), STR_NONE, &out, &err), 0);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		argv[2] = str_from_c(numbers[i]);
		assert_int_equal(kit_ctl(w.kit, c.arena, argv, 3, false, STR("root"), STR_NONE, &out, &err), 1);
		assert_true(str_eq(err, STR("kit.ctl.number\n")));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_not_remembered_is_absent), T(what_is_claimed_is_claimed_once), T(a_tail_has_a_number_of_lines),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("kit memory on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("kit memory on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
