/* offline.h - commands of guichetctl that work on the store of a daemon that is not running. */
#ifndef ROLES_SUPERVISOR_OFFLINE_H
#define ROLES_SUPERVISOR_OFFLINE_H
#include "roles/supervisor/plan.h"

/* db check, db migrate, db purge. */
bool offline_can(char **argv, int argc);
/* Becomes the engine's program, as the engine's user, on the configured store; it takes the store's
 * lock. Returns only when that failed; what is wrong is in complaints. */
void offline_run(const struct supervisor_daemon *d, const struct conf *c, bool json, char **argv, int argc, struct buf *complaints);
#endif
