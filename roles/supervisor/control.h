/* control.h - the socket of guichetctl: the supervisor accepts and checks who it is; the engine
 * does the work. */
#ifndef ROLES_SUPERVISOR_CONTROL_H
#define ROLES_SUPERVISOR_CONTROL_H
#include "roles/supervisor/crew.h"

/* Listen on the path of the row `control`.
 * Errors  CONFLICT control.taken (another supervisor answers there); MALFORMED control.path (too long, or a file
 *         stands there); BROKEN control.socket */
MUST struct err control_open(const struct plan *p, struct buf *complaints, int *ret_fd);
/* Accept one connection and pass it to the engine. */
void control_accept(struct crew *c, int listener);
/* A connected socket. BUSY control.absent */
MUST struct err control_connect(struct str path, int *ret_fd);
#endif
