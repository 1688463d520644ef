/* boot_impl.h - what the files of boot share; nobody else includes it. */
#ifndef ROLES_BOOT_IMPL_H
#define ROLES_BOOT_IMPL_H
#include "roles/boot/boot.h"

/* One receive buffer for the whole life of the process: first for the supervisor's frames, then
 * for the requests. Its content is wiped after each use. */
extern char boot_buffer[FRAME_MAX];

/* Says why the process cannot go on, and exits 1. */
_Noreturn void boot_die(const char *event, const char *slug);

/* What a role may open once it serves. Landlock narrows it to paths; this is the shape. */
enum calls_files {
	FILES_NONE,        /* opening and looking answers EPERM: libraries probe, and live without */
	FILES_READ,        /* read-only opening */
	FILES_WRITE
};

/* The system calls of one role. A name is "poll", or "poll/ppoll": the first that the machine's
 * architecture has. */
struct calls {
	const char *const *lists[10];      /* each ends with NULL; the last list is NULL */
	enum calls_files files;
	bool threads;                      /* may start threads (never processes) */
	bool sockets;                      /* may make sockets and connect outward */
};

/* In every role's lists, and for its last moments alone. */
extern const char *const calls_dying[];

/* store: the engine's setting of that name, since PostgreSQL needs sockets and SQLite does not. */
const struct calls *calls_of(enum boot_role role, struct str store);
#endif
