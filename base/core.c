/* core.c - see core.h. */
#include "base/core.h"
#include <sched.h>

unsigned core_count(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;

	return n > 0 ? (unsigned)n : 1;
}

void core_keep_to(unsigned nth)
{
	cpu_set_t set, one;
	unsigned left = nth % core_count();

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return;
	for (int core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, &set) || left-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(core, &one);
		(void)sched_setaffinity(0, sizeof one, &one);
		return;
	}
}
