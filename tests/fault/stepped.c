/* stepped.c - a wall clock that a test sets while the daemon runs: programs linked with --wrap=clock_wall_s add the
 * seconds that stand in a file. It is mapped before main(), while a role may still open it; reading it then is no
 * system call, so that the sandbox is the one of production. */
#include "base/clock.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define STEP_FILE "/tmp/guichet-fault-clock"

static const volatile int64_t *step;

__attribute__((constructor)) static void step_map(void)
{
	int fd = open(STEP_FILE, O_RDONLY | O_CLOEXEC);
	void *p = fd >= 0 ? mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (p == MAP_FAILED)
		abort();
	step = p;
	close(fd);
}

int64_t __real_clock_wall_s(void);
int64_t __wrap_clock_wall_s(void);

int64_t __wrap_clock_wall_s(void)
{
	return __real_clock_wall_s() + *step;
}
