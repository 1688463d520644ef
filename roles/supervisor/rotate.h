/* rotate.h - guichetctl key rotate: the key files are root's, so guichetctl itself moves them one step, has
 * the supervisor read them again, and waits until the engine sees what was meant.
 */
#ifndef ROLES_SUPERVISOR_ROTATE_H
#define ROLES_SUPERVISOR_ROTATE_H
#include "roles/supervisor/guichetctl.h"

bool rotate_is(char **argv, int argc);
/* An exit code; the answer is printed, complaints say what was wrong. */
int rotate_run(struct arena *a, const struct conf *c, bool json, char **argv, int argc, struct buf *complaints);
#endif
