/* rotate_asked.h - an engine asks to change a key: guichetctl key rotate is started for it, and nothing else. */
#ifndef ROLES_SUPERVISOR_ROTATE_ASKED_H
#define ROLES_SUPERVISOR_ROTATE_ASKED_H
#include "roles/supervisor/crew.h"

enum { ROTATE_EVERY_MS = 20000 };

/* What an engine may ask, now: last_ms is when one was started last (0: never).
 * Errors  MALFORMED frame.body, rotate.actor; DENIED rotate.role; BUSY rotate.soon */
MUST struct err rotate_asked_check(const struct crew *c, const struct member *from, const struct frame *f, struct arena *a,
	int64_t last_ms, int64_t now_ms, struct rotate_ask *ret);
/* Check, and start it, as a process of its own that answers the engine by itself. path: of the configuration. */
void rotate_asked(struct crew *c, struct member *from, const struct frame *f, const char *path, int64_t now_ms);
#endif
