/* refusals.h - what never reached the engine, counted and logged at most once a second and kind:
 * a flood must not become a flood of log lines. */
#ifndef ROLES_FRONT_REFUSALS_H
#define ROLES_FRONT_REFUSALS_H

void refusal_count(const char *slug /* literal */, int status);
void refusals_flush(void);
#endif
