/* test_rotate_asked.c - what an engine may ask its supervisor to do with keys: one step of one kind, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "roles/supervisor/rotate_asked.h"

enum { NOW_MS = 1000000 };

static struct crew crew;
static struct arena *arena;

static int setup(void **state)
{
	arena = arena_create(1 << 20);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(arena);
	return 0;
}

static struct frame frame_of(const struct rotate_ask *ask)
{
	char *p = arena_alloc(arena, 4096);
	size_t n = 0;

	assert_false(failed(frame_write_body(ipc_rotate_ask_io, ask, p, 4096, &n)));
	return (struct frame){ .type = BOOT_ROTATE, .seq = 7, .body = { p, n } };
}

static void expect(const char *slug, const struct member *from, const struct frame *f, int64_t last_ms)
{
	struct rotate_ask got;
	struct err e = rotate_asked_check(&crew, from, f, arena, last_ms, NOW_MS, &got);

	if (!slug)
		assert_false(failed(e));
	else if (!failed(e) || strcmp(e.slug, slug) != 0)
		fail_msg("%s: %s", slug, failed(e) ? e.slug : "accepted");
}

static void the_engine_in_its_seat_may_ask_and_no_other_process(void **state)
{
	struct frame f = frame_of(&(struct rotate_ask){ ROTATE_ES256, STR("h.vasseur") });
	struct member engine = { .role = ROLE_ENGINE, .ready = true }, other;

	expect(NULL, &engine, &f, 0);
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		other = (struct member){ .role = (enum boot_role)role, .ready = true };
		if (role != ROLE_ENGINE)
			expect("rotate.role", &other, &f, 0);
	}
	other = (struct member){ .role = ROLE_ENGINE, .ready = false };
	expect("rotate.role", &other, &f, 0);
	other = (struct member){ .role = ROLE_ENGINE, .ready = true, .retiring = true };
	expect("rotate.role", &other, &f, 0);
	crew.stopping = true;
	expect("rotate.role", &engine, &f, 0);
	crew.stopping = false;
}

static void what_is_not_a_kind_and_a_name_is_refused(void **state)
{
	static const char *const names[] = { "", "--now", "-", "a b", "../x", "a\n", "$(id)", "a'b" };
	struct member engine = { .role = ROLE_ENGINE, .ready = true };
	struct frame f;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		f = frame_of(&(struct rotate_ask){ ROTATE_RS256, str_from_c(names[i]) });
		expect("rotate.actor", &engine, &f, 0);
	}
	f = frame_of(&(struct rotate_ask){ ROTATE_SAML, STR("x") });
	f.body.n--;
	expect("frame.body", &engine, &f, 0);
	f.body = STR_NONE;
	expect("frame.body", &engine, &f, 0);
	f = frame_of(&(struct rotate_ask){ ROTATE_SAML, STR("x") });
	((char *)(uintptr_t)f.body.p)[0] = ROTATE_KIND_COUNT;
	expect("frame.body", &engine, &f, 0);
}

static void one_is_over_before_the_next_begins(void **state)
{
	struct frame f = frame_of(&(struct rotate_ask){ ROTATE_ES256, STR("h.vasseur") });
	struct member engine = { .role = ROLE_ENGINE, .ready = true };

	expect("rotate.soon", &engine, &f, NOW_MS - 1);
	expect("rotate.soon", &engine, &f, NOW_MS - ROTATE_EVERY_MS + 1);
	expect(NULL, &engine, &f, NOW_MS - ROTATE_EVERY_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_engine_in_its_seat_may_ask_and_no_other_process, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_a_kind_and_a_name_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(one_is_over_before_the_next_begins, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
