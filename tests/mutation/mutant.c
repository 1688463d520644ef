/* mutant.c - which refusal is switched off, and which ones were met. Only in builds with -Dmutation=true.
 *
 * Both are files of one folder: the environment names it, for tests that run side by side; else it is the one
 * that the build was made with, since roles have no environment. They are opened before main(), while a role
 * may still open files. */
#include "base/err.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SITE_MAX = 512, PATH_BYTES = 1024 };

static char active[SITE_MAX];
static int trace = -1;

static int open_in(const char *folder, const char *name, int flags)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);

	return n > 0 && (size_t)n < sizeof path ? open(path, flags | O_CLOEXEC) : -1;
}

__attribute__((constructor)) static void mutation_begin(void)
{
	const char *folder = getenv("GUICHET_MUTATION");
	ssize_t n = 0;
	int fd;

	if (!folder)
		folder = GUICHET_MUTATION;
	fd = open_in(folder, "active", O_RDONLY);
	if (fd >= 0) {
		n = read(fd, active, sizeof active - 1);
		close(fd);
	}
	active[n > 0 ? n : 0] = '\0';
	fd = open_in(folder, "trace", O_WRONLY | O_APPEND);
	/* Out of the way of the descriptors that a role is started with. */
	if (fd >= 0) {
		trace = fcntl(fd, F_DUPFD_CLOEXEC, 200);
		close(fd);
	}
}

bool err_is_mutant(struct err_site *site, const char *slug)
{
	char line[SITE_MAX];
	const char *file = site->file;
	int n;

	while (strncmp(file, "../", 3) == 0)
		file += 3;
	n = snprintf(line, sizeof line, "%s:%d %s", file, site->line, slug);
	if (n <= 0 || (size_t)n >= sizeof line - 1)
		return false;
	if (trace >= 0 && !site->told) {
		site->told = true;
		line[n] = '\n';
		/* A site that is not told is a mutant that is not run: it shows as such. */
		if (write(trace, line, (size_t)n + 1) < 0)
			site->told = false;
		line[n] = '\0';
	}
	return strcmp(line, active) == 0;
}
