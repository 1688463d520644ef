/* crew.h - the processes of a daemon: who is there, who should be, and who talks to whom.
 *
 * A seat is a role and a number that the plan wants filled; a member is a process. A member whose
 * seat was given to another is retiring: it finishes its work and goes.
 */
#ifndef ROLES_SUPERVISOR_CREW_H
#define ROLES_SUPERVISOR_CREW_H
#include <sys/types.h>
#include "roles/supervisor/plan.h"
#include "wire/ipc/rotate.h"

enum { CREW_MAX = 192 };

struct member {
	pid_t pid;                 /* 0: this place is free */
	enum boot_role role;
	unsigned slot;
	int boot;                  /* our end of its BOOT_FD; -1 when closed */
	pid_t peer;                /* front: its engine; tls signer: its front; other helpers: their engine; 0: none yet */
	bool ready, retiring;
	int64_t started_ms;
	int64_t kill_at_ms;        /* retiring: no longer than that; 0: no limit */
};

struct seat {
	struct member *m;          /* NULL: empty */
	int64_t start_at_ms;       /* not before */
	int64_t backoff_ms;
};

struct crew {
	struct plan *plan;         /* the one that new members are started from */
	const char *folder;        /* where the executables are */
	struct seat seats[ROLE_COUNT][PLAN_SLOTS];
	struct member members[CREW_MAX];
	struct boot_tickets tickets;
	bool stopping;
};

/* Start what is missing and may start now; pair up those that are not yet; kill what is late. */
void crew_tend(struct crew *c, int64_t now_ms);
/* When crew_tend() has something to do without an event; INT64_MAX: nothing. */
int64_t crew_next_ms(const struct crew *c, int64_t now_ms);
/* Collect those that ended. */
void crew_reap(struct crew *c, int64_t now_ms);
/* Every member gives up its seat; a new one fills it, from the plan that is current then. */
void crew_replace_all(struct crew *c, int64_t now_ms);
/* Fronts first, then the engine, whose end takes the helpers along. */
void crew_stop(struct crew *c, int64_t now_ms);
void crew_kill_all(struct crew *c);
void crew_kill(struct crew *c, struct member *m);

size_t crew_alive(const struct crew *c);
bool crew_is_ready(const struct crew *c);              /* every seat filled by one that said BOOT_READY */
struct member *crew_engine(struct crew *c);            /* the one in the seat and ready, or NULL */
void crew_send_tickets(struct crew *c);
void crew_close_boot(struct member *m);

/* spawn.c: fork and exec; the child gets `boot` as BOOT_FD and nothing else, and keeps to `core` (-1: to none).
 * -1 on failure. */
pid_t spawn_role(const char *folder, const char *program, const char *title, int core, int boot);
/* A program that is no role, with one socket of ours as BOOT_FD. argv ends with NULL. */
pid_t spawn_command(const char *path, const char *const *argv, int socket);
/* Is every executable there? MALFORMED supervisor.program */
MUST struct err spawn_check(const struct crew *c, struct buf *complaints);
const char *spawn_program(const struct plan *p, enum boot_role role);
#endif
