/* rotate.c - an administrator's wish to change a key goes to the supervisor, which has the files; one at a time. */
#include "roles/engine/engine_impl.h"
#include <errno.h>
#include <time.h>

enum { COMPLAINT_MAX = 1024 };

/* What the supervisor said last, and to which question. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t said;
	uint32_t asked, answered;
	enum rotate_outcome outcome;
	char complaint[COMPLAINT_MAX];
	size_t complaint_n;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER, .said = PTHREAD_COND_INITIALIZER };

void rotate_said(struct frame *f)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct rotate_said s = { 0 };

	frame_close_fds(f);
	if (failed(frame_read(f, a, ipc_rotate_said_io, &s)))
		return;
	pthread_mutex_lock(&desk.lock);
	desk.answered = f->seq;
	desk.outcome = s.outcome;
	desk.complaint_n = s.complaint.n < COMPLAINT_MAX ? s.complaint.n : COMPLAINT_MAX;
	memcpy(desk.complaint, s.complaint.p ? s.complaint.p : "", desk.complaint_n);
	pthread_cond_broadcast(&desk.said);
	pthread_mutex_unlock(&desk.lock);
}

static MUST struct err wait_for(struct arena *a, uint32_t seq, int64_t deadline_ms, struct rotate_said *ret)
{
	struct timespec until = { deadline_ms / 1000, deadline_ms % 1000 * 1000000 };
	int rc = 0;

	pthread_mutex_lock(&desk.lock);
	while (desk.answered != seq && rc != ETIMEDOUT)
		rc = pthread_cond_clockwait(&desk.said, &desk.lock, CLOCK_MONOTONIC, &until);
	if (desk.answered == seq)
		*ret = (struct rotate_said){ desk.outcome, arena_dup(a, (struct str){ desk.complaint, desk.complaint_n }) };
	else
		rc = -1;
	pthread_mutex_unlock(&desk.lock);
	ENSURE(rc != -1, BUSY, "engine.rotate.late");
	return NO_ERR;
}

static MUST struct err ask_test(struct engine *e, struct arena *a, const struct rotate_ask *ask, struct rotate_said *ret)
{
	char *p = arena_alloc(a, FRAME_MAX);
	struct str body = { p, 0 }, answer = STR_NONE;

	TRY(frame_write_body(ipc_rotate_ask_io, ask, p, FRAME_MAX - FRAME_HEAD, &body.n));
	TRY(e->test_helper(e->test_self, a, ROLE_COUNT, BOOT_ROTATE, body, &answer));
	return frame_read_body(answer, a, ipc_rotate_said_io, ret);
}

struct err engine_rotate(struct engine *e, struct arena *a, int64_t deadline_ms, const struct rotate_ask *ask, struct rotate_said *ret)
{
	uint32_t seq;

	TRY(rotate_ask_check(ask));
	if (e->test_helper)
		return ask_test(e, a, ask, ret);
	pthread_mutex_lock(&desk.lock);
	seq = ++desk.asked;
	pthread_mutex_unlock(&desk.lock);
	TRY(frame_send_now(BOOT_FD, BOOT_ROTATE, seq, ipc_rotate_ask_io, ask));
	return wait_for(a, seq, deadline_ms, ret);
}
