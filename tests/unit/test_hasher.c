/* test_hasher.c - the right password matches, everything else does not, and all take the same way.
 * The cost is small here: what is tested does not depend on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <argon2.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "roles/hasher/encoded.h"
#include "roles/hasher/hasher.h"
#include "roles/hasher/memory.h"
#include "wire/ipc/helper.h"

enum { KIB = 256, PASSES = 2 };

static struct hasher *hasher_of(uint32_t kib, uint32_t passes)
{
	struct hasher *h = NULL;

	assert_false(failed(hasher_create(kib, passes, &h)));
	return h;
}

/* As an engine asks: through the frames. */
static struct err ask(struct hasher *h, struct arena *a, uint16_t type, frame_io_fn *fn, const void *message, void **ret_reply)
{
	char *body = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = type };
	frame_io_fn *reply_fn = NULL;
	size_t n = 0;

	assert_false(failed(frame_write_body(fn, message, body, FRAME_MAX, &n)));
	f.body = (struct str){ body, n };
	return hasher_serve(h, a, &f, &reply_fn, ret_reply);
}

static struct str made(struct hasher *h, struct arena *a, struct str password)
{
	struct hash_make m = { password };
	void *reply = NULL;

	assert_false(failed(ask(h, a, HASH_MAKE, ipc_hash_make_io, &m, &reply)));
	return *(struct str *)reply;
}

static struct err verify(struct hasher *h, struct str password, struct str encoded, struct hash_verdict *ret_verdict)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hash_verify v = { password, encoded };
	void *reply = NULL;
	struct err e = ask(h, a, HASH_VERIFY, ipc_hash_verify_io, &v, &reply);

	if (!failed(e))
		*ret_verdict = *(struct hash_verdict *)reply;
	return e;
}

static bool matches(struct hasher *h, struct str password, struct str encoded)
{
	struct hash_verdict v = { true, true };

	assert_false(failed(verify(h, password, encoded, &v)));
	assert_false(v.outdated && !v.matches);
	return v.matches;
}

static void the_password_matches_and_no_other_does(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	struct str stored = made(h, a, STR("un secret bien gardé"));

	assert_true(matches(h, STR("un secret bien gardé"), stored));
	assert_false(matches(h, STR("un secret bien garde"), stored));
	assert_false(matches(h, STR("un secret bien gardé "), stored));
	assert_false(matches(h, STR("Un secret bien gardé"), stored));
	assert_false(matches(h, STR_NONE, stored));
	assert_true(matches(h, STR("un secret bien gardé"), stored));
	hasher_destroy(h);
}

static void an_unknown_account_never_matches(void **state)
{
	struct hasher *h = hasher_of(KIB, PASSES);
	struct hash_verdict v = { true, true };

	assert_false(failed(verify(h, STR("anything"), STR_NONE, &v)));
	assert_false(v.matches);
	assert_false(v.outdated);
	assert_false(matches(h, STR_NONE, STR_NONE));
	hasher_destroy(h);
}

static int64_t verify_us(struct hasher *h, struct str encoded)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t from = clock_mono_us();

		assert_false(matches(h, STR("wrong"), encoded));
		if (clock_mono_us() - from < best)
			best = clock_mono_us() - from;
	}
	return best;
}

static void an_unknown_account_takes_the_time_of_a_known_one(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(8192, 2);
	int64_t known = verify_us(h, made(h, a, STR("right"))), unknown = verify_us(h, STR_NONE);

	assert_true(unknown * 2 > known && known * 2 > unknown);
	hasher_destroy(h);
}

static void a_hash_made_at_a_lower_cost_is_outdated(void **state)
{
	static const struct { uint32_t kib, passes; bool outdated; } cases[] = {
		{ KIB, PASSES, false }, { KIB / 2, PASSES, true }, { KIB, PASSES - 1, true }, { KIB * 2, PASSES - 1, true },
		{ KIB * 2, PASSES + 1, false }, { KIB * 64, PASSES, false },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *today = hasher_of(KIB, PASSES);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hasher *then = hasher_of(cases[i].kib, cases[i].passes);
		struct hash_verdict v = { false, false };
		struct str stored = made(then, a, STR("p"));

		assert_false(failed(verify(today, STR("p"), stored, &v)));
		assert_true(v.matches);
		assert_int_equal(v.outdated, cases[i].outdated);
		assert_false(failed(verify(today, STR("q"), stored, &v)));
		assert_false(v.matches || v.outdated);
		hasher_destroy(then);
	}
	hasher_destroy(today);
}

static void a_password_beyond_the_limit_is_refused_without_hashing(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	struct str longest = { arena_alloc(a, HASHER_PASSWORD_MAX + 1), HASHER_PASSWORD_MAX };
	struct str stored = made(h, a, longest);
	struct hash_verdict v = { false, false };
	struct hash_make m = { { longest.p, longest.n + 1 } };
	void *reply;

	assert_true(matches(h, longest, stored));
	assert_string_equal(verify(h, m.password, stored, &v).slug, "hash.password");
	assert_string_equal(verify(h, m.password, STR_NONE, &v).slug, "hash.password");
	assert_string_equal(ask(h, a, HASH_MAKE, ipc_hash_make_io, &m, &reply).slug, "hash.password");
	hasher_destroy(h);
}

static void two_hashes_of_one_password_differ(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);

	assert_false(str_eq(made(h, a, STR("p")), made(h, a, STR("p"))));
	hasher_destroy(h);
}

/* Accounts move in and out with their hashes: other programs must read ours, and we theirs. */
static void the_library_reads_ours_and_we_read_its(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	char theirs[256];

	assert_int_equal(argon2id_verify(arena_c(a, made(h, a, STR("p"))), "p", 1), ARGON2_OK);
	assert_int_equal(argon2id_hash_encoded(3, 512, 2, "p", 1, "a salt of its own", 17, 24, theirs, sizeof theirs), ARGON2_OK);
	assert_true(matches(h, STR("p"), str_from_c(theirs)));
	assert_false(matches(h, STR("P"), str_from_c(theirs)));
	hasher_destroy(h);
}

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define HASH "RdescudvJCsgt3ub+b4dWRWJTmaaJObGqs6j1kG9HhQ"

static void what_is_no_argon2id_text_within_the_limits_is_refused(void **state)
{
	static const char *const refused[] = {
		"x", "$", "$argon2id$", "$argon2id$v=19$", "$argon2id$v=19$m=256,t=2,p=1", "$argon2id$v=19$m=256,t=2,p=1$" SALT,
		"$argon2i$v=19$m=256,t=2,p=1$" SALT "$" HASH, "$argon2d$v=19$m=256,t=2,p=1$" SALT "$" HASH,
		"$argon2id$v=16$m=256,t=2,p=1$" SALT "$" HASH, "$argon2id$m=256,t=2,p=1$" SALT "$" HASH,
		"$argon2id$v=19$t=2,m=256,p=1$" SALT "$" HASH, "$argon2id$v=19$m=256,t=2$" SALT "$" HASH,
		"$argon2id$v=19$m=0256,t=2,p=1$" SALT "$" HASH, "$argon2id$v=19$m=-256,t=2,p=1$" SALT "$" HASH,
		"$argon2id$v=19$m=256,t=0,p=1$" SALT "$" HASH, "$argon2id$v=19$m=256,t=65,p=1$" SALT "$" HASH,
		"$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH, "$argon2id$v=19$m=64,t=2,p=9$" SALT "$" HASH,
		"$argon2id$v=19$m=4294967295,t=2,p=1$" SALT "$" HASH, "$argon2id$v=19$m=262145,t=2,p=1$" SALT "$" HASH,
		"$argon2id$v=19$m=256,t=2,p=17$" SALT "$" HASH, "$argon2id$v=19$m=256,t=2,p=1,k=1$" SALT "$" HASH,
		"$argon2id$v=19$m=256,t=2,p=1$$" HASH, "$argon2id$v=19$m=256,t=2,p=1$" SALT "$",
		"$argon2id$v=19$m=256,t=2,p=1$" SALT "==$" HASH, "$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "=",
		"$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "$", "$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH " ",
		"$argon2id$v=19$m=256,t=2,p=1$" SALT "$Rdescudv", "$argon2id$v=19$m=256,t=2,p=1$c29t$" HASH,
		"$argon2id$v=19$m=256,t=2,p=1$" SALT "$RdescudvJCsgt3ub-b4dWRWJTmaaJObGqs6j1kG9HhQ",
		"$argon2id$v=19$m=256,t=2,p=1$" SALT "$RdescudvJCsgt3ub+b4dWRWJTmaaJObGqs6j1kG9HhR",
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	struct hash_verdict v = { false, false };
	struct encoded e;

	assert_false(failed(encoded_parse(a, STR("$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH), &e)));
	assert_true(str_eq(encoded_format(a, &e), STR("$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH)));
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct err err = verify(h, STR("p"), str_from_c(refused[i]), &v);

		if (err.kind != ERR_BROKEN || strcmp(err.slug, "hash.encoded") != 0)
			fail_msg("%s: %s", refused[i], failed(err) ? err.slug : "accepted");
	}
	hasher_destroy(h);
}

static void other_frames_are_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	struct hash_make m = { STR("p") };
	void *reply;

	assert_string_equal(ask(h, a, 0x20, ipc_hash_make_io, &m, &reply).slug, "hash.type");
	assert_string_equal(ask(h, a, HASH_VERIFY, ipc_hash_make_io, &m, &reply).slug, "frame.body");
	hasher_destroy(h);
}

static void a_cost_beyond_the_limits_does_not_start(void **state)
{
	static const struct { uint32_t kib, passes; } refused[] = {
		{ 0, 2 }, { HASHER_MEMORY_MIN_KIB - 1, 2 }, { HASHER_MEMORY_MAX_KIB + 1, 2 }, { KIB, 0 }, { KIB, HASHER_PASSES_MAX + 1 },
	};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct hasher *h = NULL;

		assert_string_equal(hasher_create(refused[i].kib, refused[i].passes, &h).slug, "hash.cost");
		assert_null(h);
	}
	hasher_destroy(NULL);
}

static bool is_resident(const struct memory *m)
{
	unsigned char pages[1024];

	assert_true(m->n / 4096 <= sizeof pages);
	assert_int_equal(mincore(m->p, m->n, pages), 0);
	for (size_t i = 0; i < m->n / 4096; i++)
		if (pages[i] & 1)
			return true;
	return false;
}

static void memory_goes_back_after_a_pause_and_never_in_the_middle(void **state)
{
	struct memory m;

	assert_false(failed(memory_init(&m, 1 << 20)));
	assert_false(is_resident(&m));
	memory_begin(&m);
	m.p[0] = 1;
	for (int i = 0; i < 3; i++)
		memory_tick(&m);                 /* a hash is under way */
	assert_int_equal(m.p[0], 1);
	memory_end(&m);
	memory_tick(&m);                         /* used since the last tick */
	assert_true(is_resident(&m));
	memory_tick(&m);
	assert_false(is_resident(&m));
	memory_begin(&m);
	m.p[0] = 2;
	memory_end(&m);
	assert_true(is_resident(&m));
	memory_done(&m);
}

static void hashing_goes_on_after_the_memory_went_back(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct hasher *h = hasher_of(KIB, PASSES);
	struct str stored = made(h, a, STR("p"));

	for (int i = 0; i < 4; i++) {
		hasher_tick(h);
		hasher_tick(h);
		assert_true(matches(h, STR("p"), stored));
		assert_false(matches(h, STR("q"), stored));
	}
	hasher_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_matches_and_no_other_does),
		cmocka_unit_test(an_unknown_account_never_matches),
		cmocka_unit_test(an_unknown_account_takes_the_time_of_a_known_one),
		cmocka_unit_test(a_hash_made_at_a_lower_cost_is_outdated),
		cmocka_unit_test(a_password_beyond_the_limit_is_refused_without_hashing),
		cmocka_unit_test(two_hashes_of_one_password_differ),
		cmocka_unit_test(the_library_reads_ours_and_we_read_its),
		cmocka_unit_test(what_is_no_argon2id_text_within_the_limits_is_refused),
		cmocka_unit_test(other_frames_are_refused),
		cmocka_unit_test(a_cost_beyond_the_limits_does_not_start),
		cmocka_unit_test(memory_goes_back_after_a_pause_and_never_in_the_middle),
		cmocka_unit_test(hashing_goes_on_after_the_memory_went_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
