/* recent.h - what happened lately, and how often: a small table in memory that forgets, first of all what is
 * oldest. For limits whose loss harms nobody; what must be kept is in the store. Usable by many threads.
 */
#ifndef IDP_SESSION_RECENT_H
#define IDP_SESSION_RECENT_H
#include "base/str.h"

struct recent;
struct recent *recent_create(void);
void recent_destroy(struct recent *r);

/* It happened once more: how often since the window that is open for this key began. what: a literal. */
uint32_t recent_add(struct recent *r, const char *what, struct str a, struct str b, int64_t window_s, int64_t now_s);
bool recent_has(struct recent *r, const char *what, struct str a, struct str b, int64_t window_s, int64_t now_s);
#endif
