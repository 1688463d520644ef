/* helpers.c - borrowing the connection of a helper, for one question and one answer. */
#include "roles/engine/engine_impl.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/ipc/helper.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* A signature and a message are a fraction of a millisecond: a burst that finds more than the limit waiting is
 * served within this time. Only one that is stuck makes it wait in vain. */
enum { PATIENCE_MS = 200, LONG_MS = 20, ASKS_MAX = 3 };

void pools_init(struct engine *e)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (size_t k = 0; k < ROLE_COUNT; k++) {
		/* A hash takes long, and whoever signs in waits for one; messages for the reader come in bursts. */
		unsigned share = e->threads / (k == ROLE_HASHER || k == ROLE_READER ? 2 : 4);

		e->pools[k].limit = share ? share : 1;
		e->pools[k].patience_ms = k == ROLE_SIGNER || k == ROLE_READER ? PATIENCE_MS : 0;
		pthread_mutex_init(&e->pools[k].lock, NULL);
		pthread_cond_init(&e->pools[k].changed, &attr);
		for (size_t i = 0; i < CONNECTIONS_MAX; i++)
			e->pools[k].fds[i] = -1;
	}
	pthread_condattr_destroy(&attr);
}

void pools_adopt(struct engine *e, enum boot_role role, uint32_t slot, int fd)
{
	/* Waiting in one system call; the deadline is looked at between slices. */
	struct timeval slice = { 0, 250000 };
	struct pool *p = &e->pools[role];

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof slice);
	pthread_mutex_lock(&p->lock);
	if (slot >= CONNECTIONS_MAX) {
		close(fd);
	} else {
		/* A borrowed old one is closed by its borrower, who sees that it is no longer ours. */
		if (p->fds[slot] >= 0 && !p->borrowed[slot])
			close(p->fds[slot]);
		p->fds[slot] = fd;
		p->borrowed[slot] = false;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
}

static _Thread_local unsigned preferred;

void pools_prefer(unsigned slot)
{
	preferred = slot;
}

/* CONNECTIONS_MAX: none is free. */
static uint32_t find_free(const struct pool *p)
{
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
		uint32_t slot = (preferred + i) % CONNECTIONS_MAX;

		if (p->fds[slot] >= 0 && !p->borrowed[slot])
			return slot;
	}
	return CONNECTIONS_MAX;
}

/* Under the lock. CONNECTIONS_MAX: none was free until then. */
static uint32_t wait_free(struct pool *p, int64_t until_ms)
{
	struct timespec until = { until_ms / 1000, until_ms % 1000 * 1000000 };
	uint32_t slot = CONNECTIONS_MAX;
	int rc = 0;

	while (slot == CONNECTIONS_MAX && rc == 0) {
		rc = pthread_cond_timedwait(&p->changed, &p->lock, &until);
		slot = find_free(p);
	}
	return slot;
}

/* Who is awake takes a free one at once, before those who are being woken: a helper that waited for them each time
 * would do half as much. Only when one of those has waited for long does everybody wait in turn. */
static MUST struct err take_free(struct pool *p, int64_t until_ms, const char *slug, uint32_t *ret_slot)
{
	uint32_t slot = p->starving ? CONNECTIONS_MAX : find_free(p);

	if (slot == CONNECTIONS_MAX) {
		int64_t long_ms = clock_mono_ms() + LONG_MS;

		slot = wait_free(p, long_ms < until_ms ? long_ms : until_ms);
	}
	if (slot == CONNECTIONS_MAX) {
		p->starving++;
		slot = wait_free(p, until_ms);
		p->starving--;
	}
	ENSURE(slot < CONNECTIONS_MAX, BUSY, slug);
	*ret_slot = slot;
	return NO_ERR;
}

static MUST struct err borrow_locked(struct pool *p, int64_t deadline_ms, uint32_t *ret_slot, int *ret_fd)
{
	const char *slug = "engine.helper.gone";
	struct err err;

	if (p->waiting >= p->limit) {
		int64_t patient_ms = clock_mono_ms() + p->patience_ms;

		ENSURE(p->patience_ms, BUSY, "engine.helper.busy");
		if (patient_ms < deadline_ms) {
			deadline_ms = patient_ms;
			slug = "engine.helper.busy";
		}
	}
	p->waiting++;
	err = take_free(p, deadline_ms, slug, ret_slot);
	if (failed(err)) {
		p->waiting--;
		return err;
	}
	p->borrowed[*ret_slot] = true;
	*ret_fd = p->fds[*ret_slot];
	return NO_ERR;
}

static MUST struct err borrow(struct pool *p, int64_t deadline_ms, uint32_t *ret_slot, int *ret_fd)
{
	pthread_mutex_lock(&p->lock);
	struct err err = borrow_locked(p, deadline_ms, ret_slot, ret_fd);
	pthread_mutex_unlock(&p->lock);
	return err;
}

static void give_back(struct pool *p, uint32_t slot, int fd, bool usable)
{
	pthread_mutex_lock(&p->lock);
	p->waiting--;
	if (p->fds[slot] != fd) {
		close(fd);
	} else {
		p->borrowed[slot] = false;
		if (!usable) {
			close(fd);
			p->fds[slot] = -1;
		}
	}
	pthread_mutex_unlock(&p->lock);
	/* Whoever wakes finds the lock free. */
	pthread_cond_signal(&p->changed);
}

/* The buffer of a thread's answers; a thread waits for one answer at a time. */
static char *answer_buffer(void)
{
	static _Thread_local char *buffer;

	if (!buffer && !(buffer = malloc(FRAME_MAX)))
		abort();
	return buffer;
}

static MUST struct err wait_answer(int fd, uint32_t seq, int64_t deadline_ms, struct frame *ret_frame)
{
	for (;;) {
		struct err err = frame_recv_slice(fd, answer_buffer(), ret_frame);

		if (!failed(err) && ret_frame->seq == seq)
			return NO_ERR;
		if (!failed(err)) {
			frame_close_fds(ret_frame);
			return err_of(BROKEN, "engine.helper.seq");
		}
		if (!str_eq_c(STR("frame.empty"), err.slug))
			return err;
		ENSURE(clock_mono_ms() < deadline_ms, BUSY, "frame.deadline");
	}
}

static MUST struct err read_answer(struct frame *f, struct arena *a, frame_io_fn *get, void *ret_reply)
{
	struct ipc_refusal refusal;
	char *copy = arena_try(a, f->body.n + 1);

	if (!copy) {
		frame_close_fds(f);
		return err_of(BROKEN, "engine.helper.size");
	}
	memcpy(copy, f->body.p, f->body.n);
	explicit_bzero(answer_buffer(), FRAME_HEAD + f->body.n);
	f->body.p = copy;
	if (f->type == HELPER_OK)
		return frame_read(f, a, get ? get : ipc_empty_io, ret_reply);
	if (failed(frame_read(f, a, ipc_refusal_io, &refusal)))
		return err_of(BROKEN, "engine.helper.answer");
	return ipc_refusal_err(&refusal);
}

static void report_stuck(enum boot_role role, uint32_t slot)
{
	struct boot_peer peer = { role, slot, -1 };
	struct err err = frame_send_now(BOOT_FD, BOOT_STUCK, 0, ipc_boot_peer_io, &peer);

	if (failed(err))
		log_line("engine.stuck", log_c("slug", err.slug));
}

static MUST struct err ask_once(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role,
	uint16_t type, frame_io_fn *put, const void *request, frame_io_fn *get, void *ret_reply, bool *ret_gone)
{
	struct pool *p = &e->pools[role];
	uint32_t slot = 0, seq = atomic_fetch_add(&e->seq, 1);
	struct frame f;
	int fd = -1;
	struct err err;

	TRY(borrow(p, deadline_ms, &slot, &fd));
	err = frame_send(fd, type, seq, put, request, deadline_ms);
	if (!failed(err))
		err = wait_answer(fd, seq, deadline_ms, &f);
	*ret_gone = failed(err) && str_eq_c(STR("frame.gone"), err.slug);
	if (failed(err) && !*ret_gone && strcmp(err.slug, "frame.size") != 0)
		report_stuck(role, slot);
	if (failed(err)) {
		give_back(p, slot, fd, strcmp(err.slug, "frame.size") == 0);
		return err;
	}
	err = read_answer(&f, a, get, ret_reply);
	give_back(p, slot, fd, true);
	return err;
}

static MUST struct err ask_test(struct engine *e, struct arena *a, enum boot_role role, uint16_t type,
	frame_io_fn *put, const void *request, frame_io_fn *get, void *ret_reply)
{
	char *body = arena_alloc(a, FRAME_MAX);
	struct str reply = STR_NONE;
	size_t n = 0;

	TRY(frame_write_body(put ? put : ipc_empty_io, request, body, FRAME_MAX - FRAME_HEAD, &n));
	TRY(e->test_helper(e->test_self, a, role, type, (struct str){ body, n }, &reply));
	return frame_read_body(reply, a, get ? get : ipc_empty_io, ret_reply);
}

struct err engine_call(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role,
	uint16_t type, frame_io_fn *put, const void *request, frame_io_fn *get, void *ret_reply)
{
	/* What these two did may have had an effect; the others' work can be asked for again. (Of a directory too:
	 * at the worst a wrong password counts twice in its own lock-out.) */
	bool may_repeat = role != ROLE_COURIER_HTTP && role != ROLE_COURIER_MAIL;
	bool gone = false;
	struct err err;

	if (e->test_helper)
		return ask_test(e, a, role, type, put, request, get, ret_reply);
	/* A few times: a question that ends whoever reads it must not end them one after the other. */
	for (unsigned asked = 0; asked == 0 || (gone && may_repeat && asked < ASKS_MAX && clock_mono_ms() < deadline_ms); asked++)
		err = ask_once(e, a, deadline_ms, role, type, put, request, get, ret_reply, &gone);
	return gone ? err_of(BUSY, "engine.helper.gone") : err;
}
