/* guichetctl.h - what the parts of guichetctl share. */
#ifndef ROLES_SUPERVISOR_GUICHETCTL_H
#define ROLES_SUPERVISOR_GUICHETCTL_H
#include "roles/supervisor/supervisor.h"
#include "wire/ipc/ctl.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_ABSENT = 3 };

/* One command to the engine behind the control socket at path.
 * Errors  BUSY control.absent, DENIED control.denied, frame.* */
MUST struct err ctl_ask(struct arena *a, struct str path, const struct ctl_request *request, struct ctl_answer *ret_answer);
/* Who types: the name in the audit log. */
struct str ctl_actor(struct arena *a);
#endif
