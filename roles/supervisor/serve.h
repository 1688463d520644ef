/* serve.h - from a checked plan to a running daemon. */
#ifndef ROLES_SUPERVISOR_SERVE_H
#define ROLES_SUPERVISOR_SERVE_H
#include "roles/supervisor/plan.h"

/* Runs until SIGTERM or SIGINT; takes the plan over. Exit code: 0, or 1 with complaints. */
int supervisor_serve(struct plan *plan, const char *path, const char *folder, struct buf *complaints);
#endif
