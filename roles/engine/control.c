/* control.c - an engine's start, and what its supervisor tells it. */
#include "roles/engine/engine_impl.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/ipc/ctl.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void wait_until(int64_t next_ms)
{
	int64_t left = next_ms - clock_mono_ms();

	if (left > 0)
		nanosleep(&(struct timespec){ left / 1000, left % 1000 * 1000000 }, NULL);
}

static void *tick_main(void *arg)
{
	struct engine *e = arg;

	while (!atomic_load(&e->draining)) {
		int64_t next_ms = clock_mono_ms() + 1000;

		e->app.tick(e->app.app, clock_wall_s());
		atomic_store(&e->ticked, true);
		wait_until(next_ms);
	}
	return NULL;
}

static void *slow_tick_main(void *arg)
{
	struct engine *e = arg;

	while (!atomic_load(&e->draining)) {
		int64_t next_ms = clock_mono_ms() + 1000;

		e->app.slow_tick(e->app.app, clock_wall_s());
		wait_until(next_ms);
	}
	return NULL;
}

struct ctl_work { struct engine *e; int fd; };

/* What every engine can tell of itself, else what it understands. */
static uint32_t carry_out(struct engine *e, struct arena *a, const struct ctl_request *r, struct ctl_answer *ret)
{
	if (r->argc == 1 && str_eq_c(r->argv[0], "routes")) {
		ret->out = routes_print(e, a);
		return 0;
	}
	return e->app.ctl(e->app.app, a, r->argv, r->argc, r->json, r->actor, r->input, &ret->out, &ret->err);
}

/* One command of guichetctl: one frame in, one frame out, on a thread of its own. */
static void *ctl_main(void *arg)
{
	struct ctl_work *w = arg;
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct ctl_request request = { 0 };
	struct ctl_answer answer = { .exit_code = 1, .err = STR("the request could not be read\n") };
	char *buffer = arena_alloc(a, FRAME_MAX);
	struct frame f;

	if (!failed(frame_recv(w->fd, buffer, clock_mono_ms() + 5000, &f))) {
		if (f.type == CTL_REQUEST && !failed(frame_read(&f, a, ipc_ctl_request_io, &request))) {
			answer.err = STR_NONE;
			answer.exit_code = carry_out(w->e, a, &request, &answer);
		}
		struct err e = frame_send(w->fd, CTL_ANSWER, f.seq, ipc_ctl_answer_io, &answer, clock_mono_ms() + 5000);
		if (failed(e))
			log_line("engine.ctl", log_c("slug", e.slug));
	}
	close(w->fd);
	free(w);
	return NULL;
}

static void on_ctl(struct engine *e, int fd)
{
	struct ctl_work *w = malloc(sizeof *w);

	if (!w)
		abort();
	*w = (struct ctl_work){ e, fd };
	engine_thread(ctl_main, w);
}

static void on_boot_frame(struct engine *e, struct frame *f)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct boot_peer peer;
	int fd = -1;

	switch (f->type) {
	case BOOT_PEER:
		if (failed(frame_read(f, a, ipc_boot_peer_io, &peer)))
			return;
		if (peer.role == ROLE_FRONT)
			fronts_adopt(e, peer.slot, peer.fd);
		else
			pools_adopt(e, peer.role, peer.slot, peer.fd);
		return;
	case BOOT_CTL:
		if (!failed(frame_read(f, a, ipc_boot_ctl_io, &fd)) && fd >= 0)
			on_ctl(e, fd);
		return;
	case BOOT_ROTATED:
		rotate_said(f);
		return;
	case BOOT_DRAIN:
		fronts_drain(e);
		_exit(0);
	default:
		break;
	}
	frame_close_fds(f);
}

_Noreturn void engine_run(struct engine *e, const struct boot *b)
{
	static char buffer[FRAME_MAX];
	int64_t fronts = boot_setting_i64(b, "fronts", 0);
	struct frame f;

	e->boot = b;
	if (fronts <= 0)
		fronts = sysconf(_SC_NPROCESSORS_ONLN);
	e->front_threads = e->threads / (unsigned)fronts > 2 ? e->threads / (unsigned)fronts : 2;
	e->pinned = boot_setting_bool(b, "pin", false);
	engine_thread(tick_main, e);
	if (e->app.slow_tick)
		engine_thread(slow_tick_main, e);
	boot_ready(b);
	for (;;) {
		struct err err = frame_recv(BOOT_FD, buffer, INT64_MAX, &f);

		/* The supervisor is gone, and nobody would replace what dies: so do we. */
		if (failed(err) && str_eq_c(STR("frame.gone"), err.slug))
			_exit(0);
		if (!failed(err))
			on_boot_frame(e, &f);
	}
}
