/* control.c - the attempts without any sandbox, one line each: an attempt that does not work here proves
 * nothing when it is refused there. */
#include "tests/containment/attempts.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void make_victim(void)
{
	int fd = open(ATTEMPT_VICTIM, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static void remove_traces(void)
{
	static const char *const ends[] = { "", ".away", ".link", ".symlink", ".dev", ".new" };
	char path[96];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, ATTEMPT_VICTIM "%s", ends[i]);
		unlink(path);
	}
	rmdir(ATTEMPT_VICTIM ".d");
}

int main(void)
{
	attempt_sibling = fork();
	if (attempt_sibling == 0) {
		pause();
		_exit(0);
	}
	attempt_supervisor = getppid();
	for (size_t i = 0; i < attempt_n; i++) {
		make_victim();
		printf("%s %s\n", attempts[i].name, attempt_try(&attempts[i], NULL, NULL));
		fflush(stdout);
		remove_traces();
	}
	kill(attempt_sibling, SIGKILL);
	return 0;
}
