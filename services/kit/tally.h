/* tally.h - how often something was done in the last hour or day, for a bounded number of doers.
 *
 * In memory, under MACs of a key that dies with the process: no address of anybody is kept. The table
 * forgets the doer with the least when it is full, which is that doer's gain.
 */
#ifndef SERVICES_KIT_TALLY_H
#define SERVICES_KIT_TALLY_H
#include "base/str.h"

struct kit_tally;
struct kit_tally *kit_tally_create(void);
void kit_tally_destroy(struct kit_tally *t);            /* NULL is fine */

/* what: a literal that keeps the kinds of deeds apart. */
struct kit_deed { const char *what; struct str doer; uint32_t max; int64_t window_s; };
/* One more, unless max were done within the window that the first of them began. */
bool kit_tally_take(struct kit_tally *t, const struct kit_deed *d, int64_t now_s);
/* It was not done after all. */
void kit_tally_give_back(struct kit_tally *t, const struct kit_deed *d, int64_t now_s);
#endif
