/* core.h - the cores that this process may use, and keeping to one of them. */
#ifndef BASE_CORE_H
#define BASE_CORE_H

unsigned core_count(void);
/* This thread, and what it starts, runs on the nth of them from now on (counted from 0, and again from the
 * first one beyond the last). Safe between fork and exec. Where it is not permitted, nothing changes. */
void core_keep_to(unsigned nth);
#endif
