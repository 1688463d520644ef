/* offline.c - see offline.h. */
#include "roles/supervisor/offline.h"
#include "wire/ipc/ctl.h"
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

bool offline_can(char **argv, int argc)
{
	return argc >= 2 && strcmp(argv[0], "db") == 0
		&& (strcmp(argv[1], "check") == 0 || strcmp(argv[1], "migrate") == 0 || strcmp(argv[1], "purge") == 0);
}

/* Files that root would make could not be written by the daemon afterwards. */
static bool become(struct plan_user user)
{
	return user.uid == 0 || (setgroups(0, NULL) == 0 && setresgid(user.gid, user.gid, user.gid) == 0
		&& setresuid(user.uid, user.uid, user.uid) == 0);
}

/* Beside ourselves, in the libexec of the same tree, or where the package puts it. */
static void find_engine(const struct supervisor_daemon *d, char *path, size_t max)
{
	static const char *const places[] = { "", "/../libexec/guichet" };
	char self[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, max, "%s%s/%s", self, places[i], d->engine);
		if (access(path, X_OK) == 0)
			return;
	}
	snprintf(path, max, "%s/%s", GUICHET_PROGRAMS, d->engine);
}

void offline_run(const struct supervisor_daemon *d, const struct conf *c, bool json, char **argv, int argc, struct buf *complaints)
{
	const char *args[CTL_ARGS_MAX + 6] = { d->engine, "--offline", conf_text(c, "store").p };
	struct plan_user user;
	char path[4096];
	int n = 3;

	for (int i = 0; i < argc && i < CTL_ARGS_MAX; i++)
		args[n++] = argv[i];
	if (json)
		args[n++] = "--json";
	if (failed(plan_find_user(c, "user_engine", complaints, &user)))
		return;
	find_engine(d, path, sizeof path);
	if (become(user))
		execv(path, (char **)(uintptr_t)args);
	buf_addf(complaints, "%s: %s\n", path, strerror(errno));
}
