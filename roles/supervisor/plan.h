/* plan.h - one configuration, made ready to start roles with: who, how many, as which user, with
 * which files and sockets. A reload makes a second plan; a bad one changes nothing. */
#ifndef ROLES_SUPERVISOR_PLAN_H
#define ROLES_SUPERVISOR_PLAN_H
#include "roles/supervisor/supervisor.h"

enum { PLAN_SLOTS = 16, PLAN_KEYS = 16, PLAN_LISTENERS = 6 * PLAN_SLOTS };

struct plan_user { uint32_t uid, gid; };           /* 0: stay */
struct plan_key { const struct conf_row *row; int fd; };

/* One socket for each address and front (SO_REUSEPORT): the kernel deals out connections, and what
 * waits in a socket waits there for the next process of that slot. */
struct listener {
	struct str address;
	struct str file;       /* "listen.public", "listen.public.1", "listen.metrics", "listen.admin" */
	unsigned slot;
	int fd;
};

struct plan {
	struct arena *arena;
	const struct supervisor_daemon *daemon;
	struct conf *conf;
	unsigned count[ROLE_COUNT];
	struct plan_user user[ROLE_COUNT];
	struct plan_key keys[PLAN_KEYS];
	size_t key_n;
	struct listener listeners[PLAN_LISTENERS];
	size_t listener_n;
	bool tls;
	bool pinned;           /* a front for each core, and each with what serves it on its own */
};

/* Configuration and key files, but no socket: what --check does. Complaints are whole lines.
 * Errors  MALFORMED conf.*, plan.* */
MUST struct err plan_load(const struct supervisor_daemon *d, const char *path, struct buf *complaints, struct plan **ret_plan);
/* Listen. Sockets that `old` (or NULL) has for the same address are taken over.
 * Errors  CONFLICT listen.taken; BROKEN listen.* */
MUST struct err plan_listen(struct plan *p, const struct plan *old, struct buf *complaints);
void plan_destroy(struct plan *p);

/* What a role is told at its start; lives in a, descriptors stay the plan's. */
struct boot_start plan_start(const struct plan *p, struct arena *a, enum boot_role role, unsigned slot);

/* The core that the role keeps to; -1: none. */
int plan_core(const struct plan *p, enum boot_role role, unsigned slot);

/* The name or number of a row "user_*". MALFORMED plan.user */
MUST struct err plan_find_user(const struct conf *c, const char *row, struct buf *complaints, struct plan_user *ret_user);
#endif
