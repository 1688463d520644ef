/* supervisor.c - the one loop of a daemon: signals, roles, the control socket. See supervisor.h. */
#include "roles/supervisor/serve.h"
#include "roles/supervisor/control.h"
#include "roles/supervisor/crew.h"
#include "roles/supervisor/rotate_asked.h"
#include "roles/supervisor/tickets.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { COMPLAINTS_MAX = 65536, ENDS_MAX = CREW_MAX + 2 };

struct supervisor {
	const struct supervisor_daemon *daemon;
	const char *path;                 /* of the configuration */
	struct crew crew;
	int signals, control;
	int64_t begun_ms, rotate_ms;
	bool said_ready;
};

static char buffer[FRAME_MAX];

/* ---- what roles say ---- */

static void on_stuck(struct crew *c, const struct member *from, const struct frame *f)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	struct boot_peer peer = { .fd = -1 };
	struct member *m;

	if (from->role != ROLE_ENGINE || failed(frame_read(f, a, ipc_boot_peer_io, &peer)))
		return;
	if (peer.role == ROLE_FRONT || peer.role == ROLE_ENGINE || peer.slot >= PLAN_SLOTS)
		return;
	m = c->seats[peer.role][peer.slot].m;
	/* The complaint may be about one that was replaced since. */
	if (!m || m->peer != from->pid)
		return;
	log_line("supervisor.role.stuck", log_c("of", boot_role_name(m->role)), log_i("slot", m->slot));
	crew_kill(c, m);
}

static void on_member(struct supervisor *s, struct member *m)
{
	struct crew *c = &s->crew;
	struct frame f;
	struct err e = frame_recv_now(m->boot, buffer, &f);

	if (failed(e) && strcmp(e.slug, "frame.empty") == 0)
		return;
	if (failed(e)) {
		crew_close_boot(m);          /* its end is reported by SIGCHLD */
		return;
	}
	frame_close_fds(&f);             /* no role has one to give */
	if (f.type == BOOT_READY)
		m->ready = true;
	else if (f.type == BOOT_STUCK)
		on_stuck(c, m, &f);
	else if (f.type == BOOT_ROTATE)
		rotate_asked(c, m, &f, s->path, clock_mono_ms());
}

/* ---- what the operator says ---- */

static void log_complaints(const struct buf *complaints)
{
	struct str rest = buf_str(complaints), line;

	while (str_split(&rest, '\n', &line))
		if (line.n)
			log_line("supervisor.configuration", log_s("complaint", line));
}

/* Its socket outlives a reload: a new name would lead guichetctl nowhere. */
static MUST struct err check_control(const struct plan *fresh, const struct plan *old, struct buf *complaints)
{
	struct str path = conf_text(old->conf, "control");

	if (str_eq(path, conf_text(fresh->conf, "control")))
		return NO_ERR;
	conf_complain(fresh->conf, "control", complaints, "was " STR_FMT "; a restart changes it, a reload does not", STR_ARG(path));
	return err_of(MALFORMED, "control.path");
}

static void reload(struct supervisor *s, int64_t now_ms)
{
	struct plan *fresh = NULL, *old = s->crew.plan;
	struct buf complaints;
	struct err e;

	buf_init(&complaints, COMPLAINTS_MAX);
	e = plan_load(s->daemon, s->path, &complaints, &fresh);
	if (!failed(e))
		e = check_control(fresh, old, &complaints);
	if (!failed(e))
		e = plan_listen(fresh, old, &complaints);
	if (failed(e)) {
		log_complaints(&complaints);
		log_line("supervisor.reload.refused", log_c("slug", e.slug));
		plan_destroy(fresh);
	} else {
		s->crew.plan = fresh;
		s->begun_ms = now_ms;
		s->said_ready = false;
		crew_replace_all(&s->crew, now_ms);
		plan_destroy(old);
		log_line("supervisor.reload");
	}
	buf_done(&complaints);
}

static void on_signal(struct supervisor *s, int64_t now_ms)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP && !s->crew.stopping)
			reload(s, now_ms);
		if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT)
			continue;
		log_line("supervisor.stop", log_i("signal", info.ssi_signo));
		if (s->crew.stopping)
			crew_kill_all(&s->crew);
		else
			crew_stop(&s->crew, now_ms);
	}
}

/* ---- the loop ---- */

static void say_ready(struct supervisor *s, int64_t now_ms)
{
	if (s->said_ready || s->crew.stopping || !crew_is_ready(&s->crew))
		return;
	s->said_ready = true;
	log_line("supervisor.ready", log_i("ms", now_ms - s->begun_ms), log_i("processes", (int64_t)crew_alive(&s->crew)));
}

static void wait_for_events(struct supervisor *s, int64_t now_ms)
{
	struct pollfd ends[ENDS_MAX] = { { .fd = s->signals, .events = POLLIN }, { .fd = s->control, .events = POLLIN } };
	struct member *owners[ENDS_MAX] = { NULL };
	int64_t next = crew_next_ms(&s->crew, now_ms);
	nfds_t n = 2;

	for (size_t i = 0; i < CREW_MAX; i++)
		if (s->crew.members[i].pid && s->crew.members[i].boot >= 0) {
			owners[n] = &s->crew.members[i];
			ends[n] = (struct pollfd){ .fd = owners[n]->boot, .events = POLLIN };
			n++;
		}
	next = next < s->rotate_ms ? next : s->rotate_ms;
	if (poll(ends, n, next <= now_ms ? 0 : next - now_ms > INT32_MAX ? INT32_MAX : (int)(next - now_ms)) <= 0)
		return;
	for (nfds_t i = 2; i < n; i++)
		if (ends[i].revents && owners[i]->boot == ends[i].fd)
			on_member(s, owners[i]);
	if (ends[1].revents)
		control_accept(&s->crew, s->control);
	if (ends[0].revents)
		on_signal(s, clock_mono_ms());
}

static void rotate_tickets(struct supervisor *s, int64_t now_ms)
{
	if (now_ms < s->rotate_ms)
		return;
	s->rotate_ms = now_ms + TICKETS_EVERY_MS;
	tickets_rotate(&s->crew.tickets);
	crew_send_tickets(&s->crew);
}

static void run(struct supervisor *s)
{
	while (!s->crew.stopping || crew_alive(&s->crew)) {
		int64_t now_ms = clock_mono_ms();

		rotate_tickets(s, now_ms);
		crew_reap(&s->crew, now_ms);
		crew_tend(&s->crew, now_ms);
		say_ready(s, now_ms);
		if (!s->crew.stopping || crew_alive(&s->crew))
			wait_for_events(s, now_ms);
	}
}

static int watch_signals(void)
{
	static const int watched[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		sigaddset(&set, watched[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* It holds the ticket keys: no dump of it, and nobody attaches to it. */
static void keep_to_itself(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int supervisor_serve(struct plan *plan, const char *path, const char *folder, struct buf *complaints)
{
	struct supervisor *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	*s = (struct supervisor){ .daemon = plan->daemon, .path = path, .signals = -1, .control = -1, .begun_ms = clock_mono_ms() };
	s->crew.plan = plan;
	s->crew.folder = folder;
	log_init(plan->daemon->name, "supervisor");
	keep_to_itself();
	/* A packet that arrives does not interrupt a signature half-way: 5 to 10 % of what one costs. Roles inherit
	 * it. Where it is not permitted, nothing but that is lost. */
	(void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
	s->signals = watch_signals();
	bool ok = s->signals >= 0 && !failed(spawn_check(&s->crew, complaints)) && !failed(plan_listen(plan, NULL, complaints))
		&& !failed(control_open(plan, complaints, &s->control));
	if (ok) {
		run(s);
		(void)unlink(conf_text(s->crew.plan->conf, "control").p);
		log_line("supervisor.stopped");
	}
	tickets_wipe();
	plan_destroy(s->crew.plan);
	free(s);
	return ok ? 0 : 1;
}
