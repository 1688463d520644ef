/* test_engine_helpers.c - the threads that want a helper: a burst is served, one that is stuck or slow holds no more of
 * them than its share, and a question that ends its readers ends few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "roles/engine/engine_impl.h"
#include "wire/ipc/helper.h"

enum { THREADS = 64, ALL = 60, DEADLINE_MS = 700 };

/* ---- a helper: answers after so long, or never, or goes away with the question ---- */

struct helper { int fd; int64_t us; bool stuck, leaves; unsigned asked; };

static void *help(void *arg)
{
	struct helper *h = arg;
	char *buffer = malloc(FRAME_MAX);
	struct frame f;

	while (!failed(frame_recv(h->fd, buffer, INT64_MAX, &f))) {
		h->asked++;
		if (h->leaves)
			break;
		if (h->stuck)
			continue;
		nanosleep(&(struct timespec){ 0, h->us * 1000 }, NULL);
		assert_false(failed(frame_send(h->fd, HELPER_OK, f.seq, ipc_empty_io, NULL, INT64_MAX)));
	}
	close(h->fd);
	free(buffer);
	return NULL;
}

static pthread_t helper_start(struct engine *e, enum boot_role role, uint32_t slot, struct helper *h)
{
	pthread_t thread;
	int fds[2];

	assert_false(failed(frame_pair(fds)));
	h->fd = fds[1];
	pthread_create(&thread, NULL, help, h);
	pools_adopt(e, role, slot, fds[0]);
	return thread;
}

static void helper_end(struct engine *e, enum boot_role role, uint32_t slot, pthread_t thread)
{
	if (e->pools[role].fds[slot] >= 0)
		close(e->pools[role].fds[slot]);
	pthread_join(thread, NULL);
}

/* ---- a crowd of threads that ask it at the same time ---- */

struct asker { struct engine *e; enum boot_role role; struct err err; int64_t ms; };

static void *ask(void *arg)
{
	struct asker *k = arg;
	struct arena *a = arena_create(1 << 20);
	int64_t began_ms = clock_mono_ms();

	k->err = engine_call(k->e, a, began_ms + DEADLINE_MS, k->role, 100, NULL, NULL, NULL, NULL);
	k->ms = clock_mono_ms() - began_ms;
	arena_destroy(a);
	return NULL;
}

struct outcome { unsigned good, busy, late; int64_t busy_ms; };

static struct outcome crowd(struct engine *e, enum boot_role role)
{
	static struct asker askers[ALL];
	pthread_t threads[ALL];
	struct outcome o = { 0 };

	for (size_t i = 0; i < ALL; i++) {
		askers[i] = (struct asker){ .e = e, .role = role };
		pthread_create(&threads[i], NULL, ask, &askers[i]);
	}
	for (size_t i = 0; i < ALL; i++) {
		pthread_join(threads[i], NULL);
		if (!failed(askers[i].err)) {
			o.good++;
		} else if (strcmp(askers[i].err.slug, "engine.helper.busy") == 0) {
			o.busy++;
			o.busy_ms = askers[i].ms > o.busy_ms ? askers[i].ms : o.busy_ms;
		} else {
			o.late++;
		}
	}
	return o;
}

static struct engine *engine_of(void)
{
	struct engine *e = calloc(1, sizeof *e);

	e->threads = THREADS;
	pools_init(e);
	return e;
}

/* Before the one helper of that role. */
static struct outcome crowd_before(enum boot_role role, struct helper h)
{
	struct engine *e = engine_of();
	pthread_t thread = helper_start(e, role, 0, &h);
	struct outcome o = crowd(e, role);

	assert_int_equal(e->pools[role].waiting, 0);
	helper_end(e, role, 0, thread);
	free(e);
	return o;
}

static void a_burst_of_signatures_is_served_whole(void **state)
{
	struct outcome o = crowd_before(ROLE_SIGNER, (struct helper){ .us = 200 });

	(void)state;
	assert_int_equal(o.good, ALL);
}

static void a_signer_that_is_stuck_holds_a_quarter_of_the_threads(void **state)
{
	struct outcome o = crowd_before(ROLE_SIGNER, (struct helper){ .stuck = true });

	(void)state;
	assert_int_equal(o.good, 0);
	assert_int_equal(o.late, THREADS / 4);
	assert_in_range(o.busy_ms, 1, DEADLINE_MS / 2);
}

static void beyond_half_of_the_threads_nobody_waits_for_a_hash(void **state)
{
	struct outcome o = crowd_before(ROLE_HASHER, (struct helper){ .stuck = true });

	(void)state;
	assert_int_equal(o.late, THREADS / 2);
	assert_int_equal(o.busy, ALL - THREADS / 2);
	assert_in_range(o.busy_ms, 0, 40);
}

/* The supervisor would send a new one each time. */
static void a_question_that_ends_its_readers_ends_three_of_them(void **state)
{
	struct engine *e = engine_of();
	struct helper h[8];
	pthread_t threads[8];
	unsigned asked = 0;
	struct asker k = { .e = e, .role = ROLE_READER };

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		h[i] = (struct helper){ .leaves = true };
		threads[i] = helper_start(e, ROLE_READER, i, &h[i]);
	}
	ask(&k);
	assert_string_equal(k.err.slug, "engine.helper.gone");
	for (uint32_t i = 0; i < 8; i++) {
		helper_end(e, ROLE_READER, i, threads[i]);
		asked += h[i].asked;
	}
	assert_int_equal(asked, 3);
	free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_of_signatures_is_served_whole),
		cmocka_unit_test(a_signer_that_is_stuck_holds_a_quarter_of_the_threads),
		cmocka_unit_test(beyond_half_of_the_threads_nobody_waits_for_a_hash),
		cmocka_unit_test(a_question_that_ends_its_readers_ends_three_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
