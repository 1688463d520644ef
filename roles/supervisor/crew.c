/* crew.c - starting, pairing, replacing and stopping the processes of a daemon; see crew.h. */
#include "roles/supervisor/crew.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000,
	STABLE_MS = 10000,            /* lived so long: its next end is a first one again */
	FRONT_DRAIN_MS = 12000,       /* a request may take 10 s */
	HELPERS_WAIT_MS = 700,
	ENGINE_DRAIN_MS = 7000, HELPER_DRAIN_MS = 10000, STOP_FRONTS_MS = 5000, STOP_ALL_MS = 8000
};

static bool is_helper(enum boot_role role) { return role != ROLE_FRONT && role != ROLE_ENGINE; }

/* ---- looking ---- */

static struct member *find_pid(struct crew *c, pid_t pid)
{
	for (size_t i = 0; pid > 0 && i < CREW_MAX; i++)
		if (c->members[i].pid == pid)
			return &c->members[i];
	return NULL;
}

static size_t count_role(const struct crew *c, enum boot_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < CREW_MAX; i++)
		n += c->members[i].pid && c->members[i].role == role;
	return n;
}

size_t crew_alive(const struct crew *c)
{
	size_t n = 0;

	for (size_t i = 0; i < CREW_MAX; i++)
		n += c->members[i].pid != 0;
	return n;
}

bool crew_is_ready(const struct crew *c)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		for (unsigned slot = 0; slot < c->plan->count[role]; slot++)
			if (!c->seats[role][slot].m || !c->seats[role][slot].m->ready)
				return false;
	return true;
}

struct member *crew_engine(struct crew *c)
{
	struct member *m = c->seats[ROLE_ENGINE][0].m;

	return m && m->ready ? m : NULL;
}

/* ---- telling ---- */

/* A role that does not read what its supervisor says is not working. */
static MUST bool tell(struct crew *c, struct member *m, uint16_t type, frame_io_fn *fn, const void *message)
{
	struct err e = m->boot < 0 ? err_of(BUSY, "frame.gone") : frame_send_now(m->boot, type, 0, fn, message);

	if (failed(e) && strcmp(e.slug, "frame.gone") != 0) {
		log_line("supervisor.tell", log_c("to", boot_role_name(m->role)), log_i("slot", m->slot), log_c("slug", e.slug));
		crew_kill(c, m);
	}
	return !failed(e);
}

void crew_send_tickets(struct crew *c)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid && c->members[i].role == ROLE_FRONT && c->plan->tls)
			(void)!tell(c, &c->members[i], BOOT_TICKETS, ipc_boot_tickets_io, &c->tickets);
}

void crew_close_boot(struct member *m)
{
	if (m->boot >= 0)
		close(m->boot);
	m->boot = -1;
}

/* Root without CAP_KILL, as the units start us, may not signal another user; that user may. */
static bool kill_as_itself(struct crew *c, const struct member *m)
{
	uint32_t uid = c->plan->user[m->role].uid;
	int status = 1;
	pid_t child;

	if (errno != EPERM || uid == 0)
		return false;
	child = fork();
	if (child == 0)
		_exit(setresuid(uid, uid, uid) != 0 || kill(m->pid, SIGKILL) != 0);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void crew_kill(struct crew *c, struct member *m)
{
	if (m->pid > 0 && kill(m->pid, SIGKILL) != 0 && !kill_as_itself(c, m))
		log_line("supervisor.kill", log_i("pid_of_role", m->pid), log_i("errno", errno));
	/* Without the right to kill, closing asks for the same. */
	crew_close_boot(m);
}

/* ---- pairs ---- */

static MUST bool pair_up(struct crew *c, struct member *a, struct member *b)
{
	struct boot_peer to_a = { b->role, b->slot, -1 }, to_b = { a->role, a->slot, -1 };
	int fds[2];
	struct err e = frame_pair(fds);
	bool told;

	if (failed(e)) {
		log_line("supervisor.pair", log_c("slug", e.slug));
		return false;
	}
	to_a.fd = fds[0];
	to_b.fd = fds[1];
	told = tell(c, a, BOOT_PEER, ipc_boot_peer_io, &to_a) && tell(c, b, BOOT_PEER, ipc_boot_peer_io, &to_b);
	close(fds[0]);
	close(fds[1]);
	return told;
}

/* A helper serves one peer in its life. */
static void pair_helpers(struct crew *c, struct member *engine)
{
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct member *m = &c->members[i];
		struct member *peer = m->role == ROLE_TLS_SIGNER ? c->seats[ROLE_FRONT][m->slot].m : engine;

		if (m->pid && is_helper(m->role) && !m->peer && !m->retiring && peer && pair_up(c, m, peer))
			m->peer = peer->pid;
	}
}

static bool has_all_helpers(const struct crew *c, const struct member *engine)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		for (unsigned slot = 0; slot < c->plan->count[role]; slot++) {
			const struct member *m = c->seats[role][slot].m;

			if (is_helper((enum boot_role)role) && role != ROLE_TLS_SIGNER && (!m || !m->ready || m->peer != engine->pid))
				return false;
		}
	return true;
}

/* Fronts hold requests until they have an engine; so they get it when it can do its work, or when a
 * helper keeps it waiting for too long. Those that are retiring get it too: they have requests. */
static void pair_fronts(struct crew *c, struct member *engine, int64_t now_ms)
{
	if (!engine || !engine->ready || (!has_all_helpers(c, engine) && now_ms < engine->started_ms + HELPERS_WAIT_MS))
		return;
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct member *m = &c->members[i];

		if (m->pid && m->role == ROLE_FRONT && m->peer != engine->pid && pair_up(c, m, engine))
			m->peer = engine->pid;
	}
}

/* ---- starting ---- */

static void title_of(const struct crew *c, enum boot_role role, unsigned slot, char *title, size_t max)
{
	if (c->plan->count[role] > 1)
		snprintf(title, max, "%s: %s %u", c->plan->daemon->name, boot_role_name(role), slot);
	else
		snprintf(title, max, "%s: %s", c->plan->daemon->name, boot_role_name(role));
}

static struct member *free_place(struct crew *c)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid == 0)
			return &c->members[i];
	return NULL;
}

static void give_start(struct crew *c, struct member *m)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct boot_start start = plan_start(c->plan, a, m->role, m->slot);

	if (tell(c, m, BOOT_START, ipc_boot_start_io, &start) && m->role == ROLE_FRONT && c->plan->tls)
		(void)!tell(c, m, BOOT_TICKETS, ipc_boot_tickets_io, &c->tickets);
}

static void seat_fill(struct crew *c, enum boot_role role, unsigned slot, int64_t now_ms)
{
	struct seat *seat = &c->seats[role][slot];
	struct member *m = free_place(c);
	char title[96];
	int fds[2];

	seat->start_at_ms = now_ms + BACKOFF_FIRST_MS;       /* should this attempt fail */
	if (!m || failed(frame_pair(fds)))
		return;
	title_of(c, role, slot, title, sizeof title);
	*m = (struct member){ .role = role, .slot = slot, .boot = fds[0], .started_ms = now_ms };
	pid_t pid = spawn_role(c->folder, spawn_program(c->plan, role), title, plan_core(c->plan, role, slot), fds[1]);
	close(fds[1]);
	if (pid < 0) {
		log_line("supervisor.fork", log_i("errno", errno));
		crew_close_boot(m);
		return;
	}
	m->pid = pid;
	seat->m = m;
	give_start(c, m);
}

/* Never two engines on one store: a new one waits until the old one was collected. */
static bool may_start(const struct crew *c, enum boot_role role, unsigned slot, int64_t now_ms)
{
	const struct seat *seat = &c->seats[role][slot];

	return !c->stopping && !seat->m && slot < c->plan->count[role] && now_ms >= seat->start_at_ms
		&& (role != ROLE_ENGINE || count_role(c, ROLE_ENGINE) == 0);
}

/* ---- ending ---- */

static void retire(struct crew *c, struct member *m, int64_t limit_ms, int64_t now_ms)
{
	struct seat *seat = &c->seats[m->role][m->slot];

	if (seat->m == m)
		*seat = (struct seat){ 0 };
	m->retiring = true;
	m->kill_at_ms = now_ms + limit_ms;
	/* Helpers end with the connection that they serve: their peer may still need them. */
	if (!is_helper(m->role) || m->peer == 0)
		(void)!tell(c, m, BOOT_DRAIN, NULL, NULL);
}

static int64_t drain_limit(enum boot_role role)
{
	return role == ROLE_FRONT ? FRONT_DRAIN_MS : role == ROLE_ENGINE ? ENGINE_DRAIN_MS : HELPER_DRAIN_MS + ENGINE_DRAIN_MS;
}

void crew_replace_all(struct crew *c, int64_t now_ms)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid && !c->members[i].retiring)
			retire(c, &c->members[i], drain_limit(c->members[i].role), now_ms);
	memset(c->seats, 0, sizeof c->seats);
}

void crew_stop(struct crew *c, int64_t now_ms)
{
	c->stopping = true;
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid && c->members[i].role == ROLE_FRONT)
			retire(c, &c->members[i], STOP_FRONTS_MS, now_ms);
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid && c->members[i].role != ROLE_FRONT)
			c->members[i].kill_at_ms = now_ms + STOP_ALL_MS;
}

void crew_kill_all(struct crew *c)
{
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid)
			crew_kill(c, &c->members[i]);
}

/* Without fronts nobody asks the engine any more; without the engine nobody asks the helpers. */
static void stop_further(struct crew *c)
{
	bool fronts = count_role(c, ROLE_FRONT) > 0, engine = count_role(c, ROLE_ENGINE) > 0;

	for (size_t i = 0; i < CREW_MAX; i++) {
		struct member *m = &c->members[i];

		if (!m->pid || m->retiring || fronts || (engine && m->role != ROLE_ENGINE))
			continue;
		m->retiring = true;
		(void)!tell(c, m, BOOT_DRAIN, NULL, NULL);
	}
}

static void log_end(const struct member *m, int status, bool expected)
{
	bool filtered = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;

	log_line(expected ? "supervisor.role.ended" : "supervisor.role.lost", log_c("of", boot_role_name(m->role)),
		log_i("slot", m->slot), log_i("pid_of_role", m->pid),
		WIFSIGNALED(status) ? log_i("signal", WTERMSIG(status)) : log_i("code", WEXITSTATUS(status)),
		log_c("cause", filtered ? "forbidden system call; its number is in the kernel's log" : ""));
}

/* Helpers leave when their peer does, readers after so many documents: both start again at once. */
static bool was_expected(const struct member *m, int status)
{
	return m->retiring || (is_helper(m->role) && m->ready && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void seat_lost(struct seat *seat, const struct member *m, int64_t now_ms)
{
	int64_t wait_ms = now_ms - m->started_ms > STABLE_MS ? 0 : seat->backoff_ms;

	seat->start_at_ms = now_ms + wait_ms;
	seat->backoff_ms = wait_ms == 0 ? BACKOFF_FIRST_MS : wait_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait_ms * 2;
}

static void ended(struct crew *c, struct member *m, int status, int64_t now_ms)
{
	struct seat *seat = &c->seats[m->role][m->slot];
	bool expected = c->stopping || was_expected(m, status);

	if (!expected || WIFSIGNALED(status))
		log_end(m, status, expected);
	if (seat->m == m) {
		seat->m = NULL;
		seat->start_at_ms = now_ms;
		if (!expected)
			seat_lost(seat, m, now_ms);
	}
	crew_close_boot(m);
	*m = (struct member){ .boot = -1 };
}

void crew_reap(struct crew *c, int64_t now_ms)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct member *m = find_pid(c, pid);

		if (m)
			ended(c, m, status, now_ms);
	}
}

/* ---- tending ---- */

void crew_tend(struct crew *c, int64_t now_ms)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		for (unsigned slot = 0; slot < PLAN_SLOTS; slot++)
			if (may_start(c, (enum boot_role)role, slot, now_ms))
				seat_fill(c, (enum boot_role)role, slot, now_ms);
	if (c->stopping) {
		stop_further(c);
	} else {
		pair_helpers(c, c->seats[ROLE_ENGINE][0].m);
		pair_fronts(c, c->seats[ROLE_ENGINE][0].m, now_ms);
	}
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct member *m = &c->members[i];

		if (m->pid && m->kill_at_ms && now_ms >= m->kill_at_ms) {
			log_line("supervisor.late", log_c("of", boot_role_name(m->role)), log_i("slot", m->slot));
			m->kill_at_ms = 0;
			crew_kill(c, m);
		}
	}
}

int64_t crew_next_ms(const struct crew *c, int64_t now_ms)
{
	const struct member *engine = c->seats[ROLE_ENGINE][0].m;
	int64_t next = INT64_MAX;

	if (engine && engine->started_ms + HELPERS_WAIT_MS > now_ms)
		next = engine->started_ms + HELPERS_WAIT_MS;
	for (size_t i = 0; i < CREW_MAX; i++)
		if (c->members[i].pid && c->members[i].kill_at_ms && c->members[i].kill_at_ms < next)
			next = c->members[i].kill_at_ms;
	for (unsigned role = 0; role < ROLE_COUNT && !c->stopping; role++)
		for (unsigned slot = 0; slot < c->plan->count[role]; slot++)
			if (!c->seats[role][slot].m && c->seats[role][slot].start_at_ms < next
			    && (role != ROLE_ENGINE || count_role(c, ROLE_ENGINE) == 0))
				next = c->seats[role][slot].start_at_ms;
	return next;
}
